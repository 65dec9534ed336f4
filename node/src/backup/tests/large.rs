//! Backups of any size, and what damages them (ID-5).

use std::io::Cursor;

use kith_proto::id::RoomId;
use kith_proto::room::log::{Log, open};
use kith_proto::room::store::RoomStore as _;

use super::rooms::{at, author, stored, ward, write};
use super::*;
use crate::backup::pieces::PIECE;
use crate::store::rooms::Rooms;

/// What sealing adds to a piece, and the digest at the end.
const SEALED: usize = PIECE + 16;
const DIGEST: usize = 32;

/// A store with a room in which so many texts of so many bytes were said, of
/// which the first was erased.
async fn talkative(texts: u64, bytes: usize) -> (Store, RoomId) {
    let store = annas().await;
    let me = store
        .read(|tx| Ok(Account::load(tx, now()).unwrap()))
        .await
        .unwrap();
    let opening = open(author(&me), ward(), at(0), &mut crate::random::system()).unwrap();
    let mut log = Log::begin(&opening, me.device()).unwrap();
    let mut entries = vec![(stored(&opening), BodyState::Here)];
    for n in 0..texts {
        let text = format!("{n} {}", "x".repeat(bytes));
        let mut entry = stored(&write(&me, &mut log, &text, at(n + 1)));
        let state = match n {
            0 => BodyState::Erased,
            _ => BodyState::Here,
        };
        entry.body = entry.body.filter(|_| n != 0);
        entries.push((entry, state));
    }
    let copy = copy::RoomCopy {
        opening: stored(&opening),
        entries,
        alone: Vec::new(),
        forks: Vec::new(),
        receipts: Vec::new(),
    };
    let room = store.write(move |tx| Rooms(tx).paste(copy)).await.unwrap();
    (store, room)
}

async fn written(store: &Store) -> Vec<u8> {
    let sealer = Sealer::with(&secret("four unusual words"), Stretch::cheap()).unwrap();
    store
        .read(move |tx| Ok(Backup::write(tx, String::new(), now(), sealer, Vec::new()).unwrap()))
        .await
        .unwrap()
}

fn read(file: Vec<u8>) -> Result<Backup, BackupError> {
    Backup::read(Cursor::new(file), &secret("four unusual words"))
}

/// Reads it whole, as a restore does.
async fn restored(file: Vec<u8>) -> Result<Store, BackupError> {
    let backup = read(file)?;
    let fresh = Store::in_memory().unwrap();
    let later = Timestamp::from_secs(NOW + 1000);
    let done = fresh
        .write(move |tx| Ok(backup.restore(tx, later).map(drop)))
        .await;
    done.unwrap().map(|()| fresh)
}

async fn copied(store: &Store, room: RoomId) -> copy::RoomCopy {
    let copy = store.read(move |tx| Rooms(tx).copy(&room)).await;
    copy.unwrap().unwrap()
}

#[tokio::test]
async fn a_profile_of_more_than_one_frame_is_backed_up_and_comes_back() {
    let (store, room) = talkative(1_100, 30_000).await;
    let whole = store
        .read(|tx| Ok(Backup::take(tx, String::new(), now()).err()))
        .await
        .unwrap();
    assert!(matches!(whole, Some(BackupError::TooLarge)));
    let file = written(&store).await;
    assert!(file.len() as u64 > LARGEST_WRITTEN);
    let fresh = restored(file).await.unwrap();
    assert_eq!(copied(&fresh, room).await, copied(&store, room).await);
    let found = fresh
        .read(|tx| Rooms(tx).search("1099 xxx", None, 0, 10, |_, _| true))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let all = fresh.read(|tx| Rooms(tx).rooms()).await.unwrap();
    assert_eq!(all, [room]);
}

#[tokio::test]
async fn what_was_done_to_the_pieces_is_noticed() {
    let (store, _) = talkative(20, 20_000).await;
    let file = written(&store).await;
    assert!(restored(file.clone()).await.is_ok());
    let head = 10 + usize::from(u16::from_be_bytes([file[8], file[9]]));
    let piece = |n: usize| head + n * SEALED..head + (n + 1) * SEALED;
    assert!(
        piece(3).end + DIGEST < file.len(),
        "too short for this test"
    );

    // Damage: the digest tells.
    for at in [head, head + SEALED, file.len() / 2, file.len() - 1] {
        let mut bad = file.clone();
        bad[at] ^= 1;
        assert!(matches!(read(bad), Err(BackupError::Damaged)), "{at}");
    }
    for len in [head, piece(1).end, file.len() - 1] {
        let cut = read(file[..len].to_vec());
        assert!(matches!(cut, Err(BackupError::Damaged)), "{len}");
    }

    // Somebody who knows what he does makes the digest right again.
    let forged = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bad = file.clone();
        change(&mut bad);
        format::redigest(&mut bad);
        bad
    };
    let swapped = forged(&|f| {
        let first = f[piece(1)].to_vec();
        f.copy_within(piece(2), piece(1).start);
        f[piece(2)].copy_from_slice(&first);
    });
    let without_one = forged(&|f| drop(f.drain(piece(1))));
    let without_the_end = forged(&|f| drop(f.drain(piece(2).end..f.len() - DIGEST)));
    let twice = forged(&|f| {
        let again = f[piece(1)].to_vec();
        f.splice(piece(1).end..piece(1).end, again);
    });
    let other_cost = forged(&|f| f[head - 1] ^= 1);
    for bad in [swapped, without_one, without_the_end, twice, other_cost] {
        let told = restored(bad).await.err();
        assert!(
            matches!(told, Some(BackupError::WrongPassphrase)),
            "{told:?}"
        );
    }
    let wrong = Backup::read(Cursor::new(file), &secret("four unusual word"));
    assert!(matches!(wrong, Err(BackupError::WrongPassphrase)));
}

/// Spec 16, "Example".
#[test]
fn a_header_is_as_the_chapter_shows_it() {
    let salt = [&[0x02, 0x50][..], &[1; 16]].concat();
    let cost = [0x03, 0x1a, 0, 1, 0, 0, 0x04, 0x03, 0x05, 0x04];
    let nonce = [&[0x06, 0x47][..], &[2; 7]].concat();
    let example = [&[0xa6, 0, 2][..], &salt, &cost, &nonce].concat();
    assert_eq!(example.len(), 0x28);
    let read: format::Header<2, 7> = cbor::from_bytes(&example, format::HEADER_MAX).unwrap();
    assert_eq!(read.nonce, [2; 7]);
    assert_eq!(cbor::to_bytes(&read), example);
    // More memory than a machine should bear for a file.
    let mut costly = example;
    costly[23..27].copy_from_slice(&u32::MAX.to_be_bytes());
    let refused = cbor::from_bytes::<format::Header<2, 7>>(&costly, format::HEADER_MAX);
    assert!(matches!(refused, Err(cbor::DecodeError::OutOfRange)));
}

/// A backup that an older Kith made, in one piece.
#[tokio::test]
async fn a_backup_in_one_piece_is_read_too() {
    let (_, file) = file().await;
    assert!(!Backup::is_large(Cursor::new(file.clone())).unwrap());
    assert!(restored(file).await.is_ok());
    let other = read(b"a letter to my aunt".to_vec());
    assert!(matches!(other, Err(BackupError::NotABackup)));
}
