use kith_proto::person::PersonLog;
use kith_proto::room::entry::EntryIn;
use kith_proto::room::log::BodyState;
use kith_proto::signed::Cosigned;

use super::*;
use crate::store::{Store, own};

const NOW: u64 = 1_790_000_000;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

fn now() -> Timestamp {
    Timestamp::from_secs(NOW)
}

async fn annas() -> Store {
    let store = Store::in_memory().unwrap();
    store
        .write(|tx| {
            Account::create(tx, &Name::from_typed("Anna").unwrap(), None, now()).unwrap();
            Ok(())
        })
        .await
        .unwrap();
    store
}

async fn taken(store: &Store) -> Backup {
    store
        .read(|tx| Ok(Backup::take(tx, "mdns = \"off\"\n".into(), now()).unwrap()))
        .await
        .unwrap()
}

async fn file() -> (Store, Vec<u8>) {
    let store = annas().await;
    let backup = taken(&store).await;
    let file = backup
        .seal_with(&secret("four unusual words"), Stretch::cheap())
        .unwrap();
    (store, file)
}

#[tokio::test]
async fn a_restore_is_the_same_person_on_a_new_device() {
    let (store, file) = file().await;
    let old = store
        .read(|tx| Ok(Account::load(tx, now()).unwrap()))
        .await
        .unwrap();
    let backup = Backup::open(&file, &secret("four unusual words")).unwrap();
    assert_eq!(backup.settings(), "mdns = \"off\"\n");

    let fresh = Store::in_memory().unwrap();
    let later = Timestamp::from_secs(NOW + 1000);
    let new = fresh
        .write(move |tx| Ok(backup.restore(tx, later).unwrap()))
        .await
        .unwrap();
    assert_eq!(new.person(), old.person());
    assert_eq!(new.name(), old.name());
    assert_ne!(new.device(), old.device());
    assert_eq!(new.cert().payload().device, new.device());
    assert_eq!(new.log().seq(), old.log().seq() + 1);
    let listed: Vec<_> = new.log().state().devices.iter().map(|l| l.device).collect();
    assert!(listed.contains(&old.device()) && listed.contains(&new.device()));
    assert!(new.person_key().is_some());

    // Whoever knows the old log takes the new entry.
    let mut known: PersonLog = old.log().clone();
    let entry = Cosigned::parse(new.entries().last().unwrap()).unwrap();
    let clock = kith_proto::clock::JudgedTime::from_wall(later);
    assert!(known.apply(entry, &clock).is_ok());
}

/// ID-5: nothing of a device's secrets is in a backup.
#[tokio::test]
async fn no_key_of_a_device_is_in_it() {
    let (store, file) = file().await;
    let plain = format::open(&file, &secret("four unusual words")).unwrap();
    for name in ["device-key", "kem-x25519", "kem-x-wing"] {
        let key = store
            .read(move |tx| own::get(tx, name))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(key.len(), 32);
        assert!(!plain.windows(32).any(|w| w == key), "{name}");
    }
    // The search would find what is there.
    let key = store
        .read(|tx| own::get(tx, "person-key"))
        .await
        .unwrap()
        .unwrap();
    assert!(plain.windows(32).any(|w| w == key));
    assert!(!file.windows(32).any(|w| w == key));
}

#[tokio::test]
async fn every_prefix_and_every_changed_byte_is_told_as_damage() {
    let (_, file) = file().await;
    let passphrase = secret("four unusual words");
    for len in 0..file.len() {
        let told = Backup::open(&file[..len], &passphrase).err();
        assert!(
            matches!(told, Some(BackupError::Damaged)),
            "{len}: {told:?}"
        );
    }
    for at in 0..file.len() {
        let mut bad = file.clone();
        bad[at] ^= 1;
        let told = Backup::open(&bad, &passphrase).err();
        match at {
            0..8 => assert!(
                matches!(told, Some(BackupError::NotABackup)),
                "{at}: {told:?}"
            ),
            _ => assert!(matches!(told, Some(BackupError::Damaged)), "{at}: {told:?}"),
        }
    }
    let mut longer = file.clone();
    longer.push(0);
    assert!(matches!(
        Backup::open(&longer, &passphrase),
        Err(BackupError::Damaged)
    ));
}

/// The digest keeps nobody out; the cipher does, also of the header.
#[tokio::test]
async fn a_change_by_hand_is_refused_wherever_it_is() {
    let (_, file) = file().await;
    let passphrase = secret("four unusual words");
    for at in 8..file.len() - 32 {
        let mut bad = file.clone();
        bad[at] ^= 1;
        format::redigest(&mut bad);
        let told = Backup::open(&bad, &passphrase).err();
        let named = matches!(
            told,
            Some(BackupError::WrongPassphrase | BackupError::Damaged | BackupError::Newer(_))
        );
        assert!(named, "{at}: {told:?}");
    }
}

#[tokio::test]
async fn a_wrong_passphrase_and_other_files_are_named() {
    let (_, file) = file().await;
    assert!(matches!(
        Backup::open(&file, &secret("four unusual word")),
        Err(BackupError::WrongPassphrase)
    ));
    assert!(matches!(
        Backup::open(b"a letter to my aunt", &secret("x")),
        Err(BackupError::NotABackup)
    ));
}

#[tokio::test]
async fn a_key_that_isnt_the_logs_and_a_clock_behind_are_named() {
    let (_, file) = file().await;
    let open = || Backup::open(&file, &secret("four unusual words")).unwrap();
    let mut foreign = open();
    foreign.person = SigningKey::from_seed(&[7; 32]);
    let mut headless = open();
    headless.content.log.clear();
    let store = Store::in_memory().unwrap();
    let told = store
        .write(move |tx| {
            let early = Timestamp::from_secs(NOW - 10 * 24 * 3600);
            Ok([
                foreign.restore(tx, now()).err(),
                headless.restore(tx, now()).err(),
                Backup::open(&file, &secret("four unusual words"))
                    .unwrap()
                    .restore(tx, early)
                    .err(),
            ])
        })
        .await
        .unwrap();
    let [foreign, headless, early] = told;
    let log = |e: &Option<BackupError>| matches!(e, Some(BackupError::Account(AccountError::Log)));
    assert!(log(&foreign), "{foreign:?}");
    assert!(log(&headless), "{headless:?}");
    assert!(
        matches!(early, Some(BackupError::Account(AccountError::Clock))),
        "{early:?}"
    );
}

#[tokio::test]
async fn a_device_without_the_person_key_makes_none() {
    let store = annas().await;
    let told = store
        .write(|tx| {
            own::remove(tx, "person-key")?;
            Ok(Backup::take(tx, String::new(), now()).err())
        })
        .await
        .unwrap();
    assert!(matches!(told, Some(BackupError::NoPersonKey)), "{told:?}");
}

/// The records as such: what was written is read, whatever is in it.
#[tokio::test]
async fn records_come_back_as_they_were() {
    let mut content = taken(&annas().await).await.content;
    let entry = |n: u8, body: Option<u8>| EntryIn {
        header: vec![n; 40],
        body: body.map(|b| vec![b; 10]),
    };
    let id = kith_proto::id::PersonId::from_bytes([1; 32]);
    let device = kith_proto::id::DeviceId::from_bytes([2; 32]);
    content.people = vec![people::Row {
        id,
        state: 2,
        name: "Ben".into(),
        petname: Some("Benjamin".into()),
        verified: 1,
        entries: vec![vec![1, 2], vec![3]],
        pair: Some(vec![5; 32]),
        room: Some([6; 32]),
        added: 77,
        profile: Some(vec![8; 70]),
    }];
    content.devices = vec![(device, id, "a\nb".into())];
    content.rooms = vec![copy::RoomCopy {
        opening: entry(1, Some(1)),
        entries: vec![
            (entry(1, Some(1)), BodyState::Here),
            (entry(2, None), BodyState::Missing),
            (entry(3, None), BodyState::Erased),
        ],
        alone: vec![entry(4, None)],
        forks: vec![copy::ForkCopy {
            device,
            seq: 9,
            ids: [[7; 32], [8; 32]],
            first: Some(entry(5, None)),
            second: entry(6, Some(6)),
        }],
        receipts: vec![vec![9; 50]],
    }];
    let bytes = cbor::to_bytes(&content);
    let back: Content = cbor::from_bytes(&bytes, bytes.len()).unwrap();
    assert_eq!(back.rooms, content.rooms);
    assert_eq!(back.devices, content.devices);
    assert_eq!(
        format!("{:?}", back.people),
        format!("{:?}", content.people)
    );
    for len in 0..bytes.len() {
        assert!(cbor::from_bytes::<Content>(&bytes[..len], bytes.len()).is_err());
    }
}

/// Two restores of one backup fork the person's log. Whoever has seen both
/// can still read what they stored, and sees the fork.
#[tokio::test]
async fn two_restores_of_one_backup_are_a_fork_that_can_be_stored() {
    let (store, file) = file().await;
    let old = store
        .read(|tx| Ok(Account::load(tx, now()).unwrap()))
        .await
        .unwrap();
    let mut newest = Vec::new();
    for n in [1000, 2000] {
        let backup = Backup::open(&file, &secret("four unusual words")).unwrap();
        let account = Store::in_memory()
            .unwrap()
            .write(move |tx| {
                let at = Timestamp::from_secs(NOW + n);
                Ok(backup.restore(tx, at).unwrap())
            })
            .await
            .unwrap();
        newest.push(account.entries().last().unwrap().clone());
    }
    let stored = [old.entries().to_vec(), newest].concat();
    let log = crate::account::resume(old.person(), &stored).unwrap();
    assert!(log.fork().is_some());
    let clean = crate::account::resume(old.person(), &stored[..2]).unwrap();
    assert!(clean.fork().is_none());
}
