use kith_proto::audit::{By, Bys, Code as Reason, Share, read_export};
use kith_proto::id::OrgId;
use kith_proto::keys::SigningKey;
use kith_proto::policy::case::Case;
use kith_proto::policy::reference::{PolicyRef, PolicyRefs};
use kith_proto::policy::rule::Capacity;
use kith_proto::rights::Scope;
use kith_proto::technology::Technology;
use kith_proto::time::Timestamp;

use super::*;
use crate::store::Store;

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

fn device(n: u8) -> DeviceId {
    DeviceId::from(key(n).public())
}

fn share(n: u8) -> Share {
    Share {
        session: SessionId::from_bytes([n; 16]),
        role: Capacity::Sharer,
        person: PersonId::from_bytes([7; 32]),
        device: device(2),
        technology: Technology::Native,
        part: None,
    }
}

async fn add(store: &Store, log: &mut AuditLog, at: u64, event: Event) {
    let time = Timestamp::from_secs(1_790_000_000 + at);
    let entry = log.append(time, event).unwrap();
    let head = log.head(time, &key(1)).unwrap().unwrap();
    store
        .write(move |tx| stored::append(tx, &entry, &head))
        .await
        .unwrap();
}

/// A stored log of six entries, with the end record of its session.
async fn written() -> (Store, AuditLog) {
    let store = Store::in_memory().unwrap();
    let mut log = AuditLog::resume(device(1), Position::START);
    for n in 0..4 {
        add(&store, &mut log, n, Event::Started { share: share(1) }).await;
    }
    let extent = Extent {
        view: Scope::Window,
        control: Scope::Nothing,
        rights: Default::default(),
        applications: Default::default(),
    };
    let record = EndRecord {
        session: share(1).session,
        sharer: PersonId::from_bytes([6; 32]),
        sharer_device: device(1),
        viewer: PersonId::from_bytes([7; 32]),
        viewer_device: device(2),
        technology: Technology::Native,
        started: Timestamp::from_secs(1_790_000_000),
        ended: Timestamp::from_secs(1_790_000_009),
        extent,
        policies: PolicyRefs::default(),
        by: By::Viewer,
        reason: Reason::new("done").unwrap(),
        case: Case::default(),
        sharer_log: log.position(),
        viewer_log: Position::START,
    };
    let mut record = Cosigned::new(record, &key(1)).unwrap();
    record.add_signature(&key(2)).unwrap();
    let digest = record.digest();
    store
        .write(move |tx| stored::put_end_record(tx, &record))
        .await
        .unwrap();
    let ended = Event::Ended {
        share: share(1),
        by: By::Viewer,
        reason: Reason::new("done").unwrap(),
        record: Some(digest),
    };
    add(&store, &mut log, 4, ended).await;
    add(&store, &mut log, 5, Event::Started { share: share(3) }).await;
    (store, log)
}

async fn copy(store: &Store) -> Copy {
    store
        .read(|tx| {
            Ok(Copy {
                entries: stored::all(tx)?,
                records: stored::end_records(tx)?,
                head: stored::head(tx)?,
            })
        })
        .await
        .unwrap()
}

/// Does what a thief of the key with an SQL shell could do.
async fn tamper(store: &Store, sql: &'static str) {
    store
        .write(move |tx| {
            tx.execute_batch("DROP TRIGGER audit_never_changes; DROP TRIGGER audit_never_shrinks")?;
            Ok(tx.execute_batch(sql)?)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_log_comes_back_and_is_sound() {
    let (store, log) = written().await;
    let found = check(device(1), &copy(&store).await).unwrap();
    assert_eq!(found.log.entries().len(), 6);
    assert_eq!(found.records.len(), 1);
    assert_eq!(found.records[0].1, Completeness::Both);
    let back = store.read(|tx| resume(tx, device(1))).await.unwrap();
    assert_eq!(back, log);
    let of_three = store
        .read(|tx| stored::newest(tx, Some(&share(3).session), 10))
        .await
        .unwrap();
    assert_eq!(of_three.len(), 1);
}

#[tokio::test]
async fn the_database_itself_refuses_changes() {
    let (store, _) = written().await;
    for sql in [
        "DELETE FROM audit WHERE place = 5",
        "UPDATE audit SET bytes = x'00' WHERE place = 2",
    ] {
        let refused = store.write(move |tx| Ok(tx.execute_batch(sql)?)).await;
        assert!(refused.is_err(), "{sql}");
    }
    assert!(check(device(1), &copy(&store).await).is_ok());
}

#[tokio::test]
async fn each_kind_of_tampering_is_found_and_named() {
    for (sql, said) in [
        ("DELETE FROM audit WHERE place = 2", "entry 2: missing"),
        ("DELETE FROM audit WHERE place = 5", "1 entries are missing"),
        ("DELETE FROM audit", "6 entries are missing"),
        (
            "UPDATE audit SET bytes = (SELECT bytes FROM audit WHERE place = 1) WHERE place = 3",
            "entry 3: out of order",
        ),
        ("UPDATE audit SET bytes = x'a0' WHERE place = 0", "entry 0:"),
        (
            "DELETE FROM own WHERE name = 'audit-head'",
            "its signed head is missing",
        ),
        (
            "UPDATE own SET value = x'00' WHERE name = 'audit-head'",
            "its signed head is damaged",
        ),
        (
            "UPDATE end_record SET bytes = substr(bytes, 1, 100)",
            "changed",
        ),
        ("DELETE FROM end_record", "the end record of session"),
    ] {
        let (store, _) = written().await;
        tamper(&store, sql).await;
        let wrong = check(device(1), &copy(&store).await).err().unwrap();
        assert_eq!(wrong.code, Code::Invalid);
        assert!(wrong.message.contains(said), "{sql}: {}", wrong.message);
    }
}

/// Whoever has the device's key can write another history and sign it; what
/// the other side signed at the end of a share still shows it.
#[tokio::test]
async fn another_history_with_a_good_head_is_found_by_the_end_record() {
    let (store, _) = written().await;
    tamper(&store, "DELETE FROM audit; DELETE FROM own").await;
    let mut log = AuditLog::resume(device(1), Position::START);
    for n in 0..6 {
        add(&store, &mut log, n, Event::Started { share: share(9) }).await;
    }
    let wrong = check(device(1), &copy(&store).await).err().unwrap();
    assert!(
        wrong.message.contains("end of session"),
        "{}",
        wrong.message
    );
}

/// A log whose end was cut off goes on behind its head: the gap stays.
#[tokio::test]
async fn a_cut_log_never_becomes_sound_again() {
    let (store, _) = written().await;
    tamper(&store, "DELETE FROM audit WHERE place > 3").await;
    let mut log = store.read(|tx| resume(tx, device(1))).await.unwrap();
    assert_eq!(log.position().length, 6);
    add(&store, &mut log, 9, Event::Started { share: share(4) }).await;
    let wrong = check(device(1), &copy(&store).await).err().unwrap();
    assert!(
        wrong.message.contains("entry 4: missing"),
        "{}",
        wrong.message
    );
}

#[tokio::test]
async fn an_export_of_a_part_reads_back() {
    let (store, _) = written().await;
    let found = check(device(1), &copy(&store).await).unwrap();
    let entries = found.log.entries();
    let start = Position {
        length: 2,
        last: Some(entries[1].digest()),
    };
    let part = verify(device(1), start, entries[2..].iter().map(AuditEntry::bytes)).unwrap();
    let records: Vec<_> = found.records.into_iter().map(|(r, _)| r).collect();
    let file = write_export(start, &part, &records, &found.head.unwrap()).unwrap();
    let back = read_export(&file).unwrap();
    assert_eq!(back.log.entries().len(), 4);
    assert_eq!(back.end_records.len(), 1);
    let sound = audit_file::checked(&file).unwrap();
    assert_eq!(sound.before, 2);
    let said = audit_file::in_words(&sound);
    assert!(
        said.contains("what stands before (2 entries) isn’t in it"),
        "{said}"
    );
}

#[test]
fn every_kind_of_event_has_its_facts() {
    let extent = Extent {
        view: Scope::Desktop,
        control: Scope::Nothing,
        rights: Default::default(),
        applications: Default::default(),
    };
    let reduced = Event::Reduced {
        share: share(1),
        extent: extent.clone(),
        by: By::Sharer,
        reason: Reason::new("panic").unwrap(),
    };
    let facts = Facts::of(&reduced);
    assert_eq!(facts.kind, "reduced");
    assert_eq!(facts.extent, Some(&extent));
    let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
    assert_eq!(
        facts.details,
        [pair("by", "sharer"), pair("reason", "panic")]
    );
    let policy = Event::PolicyInForce {
        policy: PolicyRef {
            org: OrgId::from_bytes([1; 32]),
            sequence: 3,
            digest: kith_proto::digest::Digest::from_bytes([2; 32]),
        },
    };
    assert!(Facts::of(&policy).details[0].1.ends_with("/3"));
    assert_eq!(Facts::of(&Event::Later { kind: 50 }).kind, "kind-50");
    assert!(!Bys::ALL.is_empty());
}
