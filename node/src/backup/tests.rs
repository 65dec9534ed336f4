use kith_proto::person::PersonLog;
use kith_proto::room::entry::EntryIn;
use kith_proto::room::log::BodyState;
use kith_proto::signed::Cosigned;

use kith_proto::clock::JudgedTime;
use kith_proto::id::{OrgId, PersonId};
use kith_proto::limits::{Bars, Fits, Limits};
use kith_proto::policy::cap::{Cap, Duties};
use kith_proto::policy::chain::{ChainState, PolicyChain};
use kith_proto::policy::rule::{Party, Rule};

use super::*;
use crate::account::NEWEST_SIGNED;
use crate::org::draft::{Admin, Draft};
use crate::store::policies::Bond;
use crate::store::{Store, audit, limits, own, policies};

mod large;
mod rooms;

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
    let clock = JudgedTime::from_wall(later);
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
    let id = PersonId::from_bytes([1; 32]);
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
    content.narrowed = Some(Narrowed {
        rules: Some(vec![1; 9]),
        own: [
            None,
            Some(vec![2; 3]),
            Some(Vec::new()),
            Some(vec![4]),
            Some(vec![5]),
        ],
        limits: vec![limits::Row {
            number: 7,
            fits: vec![5],
            bars: vec![6],
            changed: 8,
        }],
        chains: [Bond::Left, Bond::Joined]
            .map(|bond| narrowed::Chain {
                bond,
                state: vec![9; 4],
            })
            .into(),
    });
    let bytes = cbor::to_bytes(&content);
    let back: Content = cbor::from_bytes(&bytes, bytes.len()).unwrap();
    assert_eq!(back.rooms, content.rooms);
    assert_eq!(back.devices, content.devices);
    assert_eq!(back.narrowed, content.narrowed);
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

/// A chain whose document was seen to expire, though the clock says later
/// that it hasn't.
fn expired() -> PolicyChain {
    let key = SigningKey::from_seed(&[9; 32]);
    let admin = Admin {
        key: key.public(),
        label: None,
    };
    let mut draft = Draft::new(Name::from_typed("Praxis").unwrap(), admin);
    draft.sign(&[key], now()).unwrap();
    let update = draft.finish(now()).unwrap();
    let clock = JudgedTime::from_wall(now());
    let mut chain = PolicyChain::join(draft.org().unwrap(), &update, &clock).unwrap();
    for days in 0..800 {
        let then = Timestamp::from_secs(NOW + days * 86_400);
        let _ = chain.observe(&JudgedTime::from_wall(then));
    }
    chain
}

fn left() -> PolicyChain {
    let key = SigningKey::from_seed(&[8; 32]);
    let admin = Admin {
        key: key.public(),
        label: None,
    };
    let mut draft = Draft::new(Name::from_typed("Verein").unwrap(), admin);
    draft.sign(&[key], now()).unwrap();
    let update = draft.finish(now()).unwrap();
    let clock = JudgedTime::from_wall(now());
    PolicyChain::join(draft.org().unwrap(), &update, &clock).unwrap()
}

/// Anna has narrowed in every way there is; returns her rules.
async fn narrowed(store: &Store) -> Profile {
    store
        .write(|tx| {
            let account = Account::load(tx, now()).unwrap();
            let ben = PersonId::from_bytes([2; 32]);
            let rule = Rule::new(4, Party::Person(ben), Cap::OFF);
            let rules = Profile::new(
                account.person(),
                now(),
                Vec::new(),
                vec![rule],
                Duties::NONE,
            )
            .unwrap();
            own_profile::keep(tx, &rules, account.device_key()).unwrap();
            own::put(tx, own::PRESENCE_AUDIENCE, b"nobody")?;
            own::put(tx, own::HIDDEN, &[])?;
            own::put(tx, NEWEST_SIGNED, &JudgedTime::from_wall(now()).to_stored())?;
            let bars = Bars::new(Limits::NONE, vec![0xffff], Some(5)).unwrap();
            let fits = |person| {
                cbor::to_bytes(&Fits {
                    person,
                    device: None,
                    application: None,
                })
            };
            let gone = limits::put(tx, &fits(None), &cbor::to_bytes(&bars), now())?;
            limits::put(tx, &fits(Some(ben)), &cbor::to_bytes(&bars), now())?;
            limits::remove(tx, gone)?;
            for (chain, bond) in [(expired(), Bond::Joined), (left(), Bond::Left)] {
                policies::put(tx, &chain.org(), bond, &chain.state())?;
            }
            Ok(rules)
        })
        .await
        .unwrap()
}

type Rows = (
    Vec<Option<Vec<u8>>>,
    Vec<limits::Row>,
    Vec<(OrgId, Bond, ChainState)>,
);

async fn rows(store: &Store) -> Rows {
    let names = [
        own::PRESENCE_AUDIENCE,
        own::PRESENCE_TELL_ME,
        own::HIDDEN,
        NEWEST_SIGNED,
    ];
    store
        .read(move |tx| {
            let own = names.iter().map(|name| own::get(tx, name));
            Ok((
                own.collect::<Result<_, _>>()?,
                limits::all(tx)?,
                policies::all(tx)?,
            ))
        })
        .await
        .unwrap()
}

async fn restored(backup: Backup) -> Store {
    let store = Store::in_memory().unwrap();
    store
        .write(move |tx| {
            let later = Timestamp::from_secs(NOW + 1000);
            backup.restore(tx, later).unwrap();
            Ok(())
        })
        .await
        .unwrap();
    store
}

/// The rules that a device goes by; `None` where it has none.
async fn rules(store: &Store) -> Option<Profile> {
    store
        .read(|tx| {
            let account = Account::load(tx, now()).unwrap();
            let key = account.device_key().public();
            let kept = own::get(tx, own_profile::NAME)?;
            Ok(kept.map(|b| own_profile::read(&b, &key, account.person(), now())))
        })
        .await
        .unwrap()
}

/// ID-5: after a restore nobody may do more than the person had said.
#[tokio::test]
async fn what_the_person_has_narrowed_comes_back() {
    let store = annas().await;
    let said = narrowed(&store).await;
    let file = taken(&store)
        .await
        .seal_with(&secret("four unusual words"), Stretch::cheap())
        .unwrap();
    let backup = Backup::open(&file, &secret("four unusual words")).unwrap();
    assert_eq!(backup.narrowing(), Narrowing::Held);
    let fresh = restored(backup).await;

    assert_eq!(rules(&fresh).await, Some(said));
    let (before, after) = (rows(&store).await, rows(&fresh).await);
    assert_eq!(after, before);
    assert_eq!((before.1.len(), before.2.len()), (1, 2));
    // What has expired stays so, whatever the new machine's clock says.
    let joined = after.2.iter().find(|(_, bond, _)| *bond == Bond::Joined);
    let chain = PolicyChain::restore(&joined.unwrap().2).unwrap();
    let clock = JudgedTime::from_wall(now());
    let fresh_one = PolicyChain::join(chain.org(), &chain.update_after(None), &clock).unwrap();
    assert!(fresh_one.in_force(&clock).is_ok() && chain.in_force(&clock).is_err());
    // The new device's own log begins with what binds.
    let told = fresh.read(audit::last).await.unwrap();
    assert!(told.is_some());
}

/// Who had narrowed nothing has nothing narrowed.
#[tokio::test]
async fn nothing_comes_of_nothing() {
    let fresh = restored(taken(&annas().await).await).await;
    assert_eq!(rules(&fresh).await, None);
    assert_eq!(fresh.read(audit::last).await.unwrap(), None);
}

/// Of older backups it isn't known what was forbidden, and of rules that
/// can't be read neither.
#[tokio::test]
async fn what_is_not_known_is_forbidden() {
    let store = annas().await;
    narrowed(&store).await;
    let mut older = taken(&store).await;
    older.content.narrowed = None;
    let bytes = cbor::to_bytes(&older.content);
    older.content = cbor::from_bytes(&bytes, bytes.len()).unwrap();
    assert_eq!(older.narrowing(), Narrowing::Unknown);

    let mut damaged = taken(&store).await;
    damaged.content.narrowed.as_mut().unwrap().rules = Some(vec![0xa0]);
    store
        .write(|tx| own::put(tx, own_profile::NAME, b"not signed"))
        .await
        .unwrap();
    let unsigned = taken(&store).await;
    for backup in [older, damaged, unsigned] {
        let kept = rules(&restored(backup).await).await.unwrap();
        assert_eq!(kept.rules(), [Rule::new(1, Party::Everybody, Cap::OFF)]);
    }
}

/// An older Kith doesn't read a backup of which it would forget the half.
#[tokio::test]
async fn what_is_narrowed_is_another_version() {
    let content = taken(&annas().await).await.content;
    for (narrowed, version) in [(content.narrowed.clone(), 2), (None, 1)] {
        let content = Content {
            narrowed,
            name: content.name.clone(),
            log: Vec::new(),
            people: Vec::new(),
            devices: Vec::new(),
            rooms: Vec::new(),
            settings: String::new(),
        };
        let value = cbor::to_bytes(&content);
        // A map; the first field is the version.
        assert_eq!(value[1..3], [0, version]);
    }
}
