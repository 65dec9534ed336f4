//! What a restored device writes in a room, and what the old one still wrote
//! (ID-5, MSG-4).

use kith_proto::id::{DeviceId, RoomId};
use kith_proto::room::body::{Body, Content};
use kith_proto::room::change::{Action, Retention, RoomKind};
use kith_proto::room::entry::Entry;
use kith_proto::room::log::{Author, Log, Outcome, Verdict, Witness, open};
use kith_proto::room::store::RoomStore as _;

use super::*;
use crate::store::rooms::Rooms;

/// Believes in everybody.
struct Everybody;

impl Witness for Everybody {
    fn device(&self, _: &PersonId, _: &DeviceId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn revoked(&self, _: &PersonId, _: &DeviceId) -> Verdict {
        Verdict::Unknown
    }
}

/// A room for a group is opened, which keeps everything.
pub(super) fn ward() -> Action {
    Action::Open {
        nonce: [1; 16],
        title: "ward".into(),
        kind: RoomKind::Group,
        retention: Retention::Forever,
    }
}

pub(super) fn stored(entry: &Entry) -> EntryIn {
    EntryIn {
        header: entry.header_bytes().to_vec(),
        body: entry.body_bytes().map(<[u8]>::to_vec),
    }
}

pub(super) fn author(account: &Account) -> Author<'_> {
    Author {
        person: account.person(),
        key: account.device_key(),
    }
}

pub(super) fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(NOW + secs)
}

/// Writes into the device's own log.
pub(super) fn write(account: &Account, log: &mut Log, text: &str, now: Timestamp) -> Entry {
    let body = Body::Content(Content::Text {
        text: text.to_owned(),
        reply_to: None,
    });
    let rng = &mut crate::random::system();
    let entry = log.compose(author(account), &body, now, rng).unwrap();
    let told = log.insert(entry.clone(), &Everybody, now);
    assert_eq!(told.outcome, Outcome::Accepted);
    entry
}

/// A backup is old: the device went on writing, and goes on where it wasn't
/// lost after all, while the restored one writes too, with a clock that is
/// behind. Neither writes a number of the other's log, nor a clock that its
/// own log had.
#[tokio::test]
async fn the_old_device_and_the_restored_one_write_in_one_room_without_a_fork() {
    let store = annas().await;
    let old = store
        .read(|tx| Ok(Account::load(tx, now()).unwrap()))
        .await
        .unwrap();
    let rng = &mut crate::random::system();
    let opening = open(author(&old), ward(), at(0), rng).unwrap();
    let room: RoomId = opening.id().into();
    let mut old_log = Log::begin(&opening, old.device()).unwrap();
    let mut all = vec![opening.clone()];
    // The last one by a clock that was ahead.
    for (text, secs) in [("one", 10), ("two", 20), ("three", 90)] {
        all.push(write(&old, &mut old_log, text, at(secs)));
    }
    let copy = copy::RoomCopy {
        opening: stored(&opening),
        entries: all.iter().map(|e| (stored(e), BodyState::Here)).collect(),
        alone: Vec::new(),
        forks: Vec::new(),
        receipts: Vec::new(),
    };
    store.write(move |tx| Rooms(tx).paste(copy)).await.unwrap();
    let backup = taken(&store).await;
    let held = old_log.ordered();
    let newest = old_log.row(held.last().unwrap()).unwrap().clock;

    for (text, secs) in [("four", 100), ("five", 200)] {
        all.push(write(&old, &mut old_log, text, at(secs)));
    }
    let fresh = Store::in_memory().unwrap();
    let (new, loaded) = fresh
        .write(move |tx| {
            let new = backup.restore(tx, at(40)).unwrap();
            Ok((new, Rooms(tx).load(&room)?.unwrap()))
        })
        .await
        .unwrap();
    assert_ne!(new.device(), old.device());
    let sync = loaded.restore(new.device(), new.person()).unwrap().unwrap();
    let mut new_log = sync.log().clone();
    assert_eq!(new_log.ordered(), held);

    let first = write(&new, &mut new_log, "six", at(50));
    assert_eq!((first.pos().device, first.pos().seq), (new.device(), 0));
    assert_eq!(first.header().previous, None);
    assert!(first.header().clock > newest);
    let second = write(&new, &mut new_log, "seven", at(60));
    assert_eq!(second.pos().seq, 1);
    assert!(second.header().clock > first.header().clock);
    all.extend([first, second]);

    // A third node, in whichever order it hears of them, and the two.
    let third = || Log::begin(&opening, DeviceId::from_bytes([9; 32])).unwrap();
    let mut logs = [third(), third(), old_log, new_log];
    for (n, log) in logs.iter_mut().enumerate() {
        let mut offered = all.clone();
        if n % 2 == 1 {
            offered.reverse();
        }
        for entry in offered {
            log.insert(entry, &Everybody, at(300));
        }
        assert_eq!(log.forks().count(), 0);
        assert_eq!(log.held(), 0);
        assert_eq!(log.len(&old.device()), 6);
        assert_eq!(log.len(&new.device()), 2);
    }
    let [told, others @ ..] = &logs;
    for log in others {
        assert_eq!(log.heads(), told.heads());
        assert_eq!(log.ordered(), told.ordered());
    }
    assert_eq!(told.ordered().len(), all.len());
}
