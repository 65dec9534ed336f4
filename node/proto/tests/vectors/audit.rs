//! `audit.json`: one entry of each kind, a head, an end record, a file; and
//! what must be refused.

use kith_proto::audit::{
    AuditEntry, AuditHead, AuditLog, By, ChainError, Code, Completeness, EndRecord, Event,
    EventKind, ExportError, Extent, HeadError, MAGIC, Outcome, Part, Position, Pressed, Presses,
    Said, Server, Share, Verified, Wrong, judge, read_export, verify, write_export,
};
use kith_proto::cbor::{MapBuilder, to_bytes};
use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, OrgId, PersonId, SessionId};
use kith_proto::limits::{Bars, Fits, Limit, Limits};
use kith_proto::policy::application::{AppName, AppNames};
use kith_proto::policy::case::{Case, CaseText};
use kith_proto::policy::reference::{PolicyRef, PolicyRefs};
use kith_proto::policy::rule::{Capacity, Direction};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::signed::{Cosigned, Payload, Signed, Unverified};
use kith_proto::technology::Technology;
use kith_proto::time::Timestamp;
use serde_json::{Value, json};

use crate::{hex, key, published, unhex};

fn device(n: u8) -> DeviceId {
    key(n).public().into()
}

fn time(n: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + n)
}

fn digest(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn policy(n: u8) -> PolicyRef {
    PolicyRef {
        org: OrgId::from_bytes([n; 32]),
        sequence: 7,
        digest: digest(n),
    }
}

fn case() -> Case {
    Case {
        purpose: Some(CaseText::new("second opinion").unwrap()),
        reference: Some(CaseText::new("case 17").unwrap()),
        patient_consent: Some(CaseText::new("Dr. Ada Ng").unwrap()),
    }
}

fn extent() -> Extent {
    Extent {
        view: Scope::Application,
        control: Scope::Window,
        rights: Rights::of(&[Right::View, Right::Pointer]),
        applications: AppNames::new(vec![AppName::new("viewer").unwrap()]).unwrap(),
    }
}

/// Signed by the sharer's device, key 1, and by the viewer's, key 2.
fn end_record(seeds: &[u8]) -> Cosigned<EndRecord> {
    let (first, _) = chained(vec![Event::PolicyInForce { policy: policy(1) }]);
    let record = EndRecord {
        session: SessionId::from_bytes([7; 16]),
        sharer: PersonId::from_bytes([1; 32]),
        sharer_device: device(1),
        viewer: PersonId::from_bytes([2; 32]),
        viewer_device: device(2),
        technology: Technology::Native,
        started: time(5),
        ended: time(60),
        extent: extent(),
        policies: PolicyRefs::new(vec![policy(1)]).unwrap(),
        by: By::Viewer,
        reason: code("done"),
        case: case(),
        sharer_log: first.position(),
        viewer_log: Position::START,
    };
    let mut doc = Cosigned::new(record, &key(seeds[0])).unwrap();
    for n in &seeds[1..] {
        doc.add_signature(&key(*n)).unwrap();
    }
    doc
}

fn events() -> Vec<Event> {
    let share = || Share {
        session: SessionId::from_bytes([7; 16]),
        role: Capacity::Sharer,
        person: PersonId::from_bytes([2; 32]),
        device: device(2),
        technology: Technology::Native,
        part: None,
    };
    let (consent, person) = (digest(8), PersonId::from_bytes([2; 32]));
    vec![
        Event::PolicyInForce { policy: policy(1) },
        Event::ConsentGiven { consent, person },
        Event::Asked {
            share: share(),
            extent: extent(),
            direction: Direction::Request,
            case: case(),
        },
        Event::Decided {
            share: share(),
            policies: PolicyRefs::new(vec![policy(1), policy(2)]).unwrap(),
            outcome: Outcome::Allowed(extent()),
        },
        Event::Decided {
            share: share(),
            policies: PolicyRefs::default(),
            outcome: Outcome::Denied {
                stage: code("organisation"),
                reason: code("rule"),
            },
        },
        Event::Refused {
            share: share(),
            by: By::Viewer,
            reason: code("busy"),
        },
        Event::Granted {
            share: share(),
            extent: extent(),
            consent: Some(consent),
            case: case(),
        },
        Event::Started { share: share() },
        Event::Escalated {
            share: share(),
            extent: extent(),
            by: By::Sharer,
        },
        Event::Reduced {
            share: share(),
            extent: Extent {
                control: Scope::Nothing,
                rights: Rights::NONE,
                applications: AppNames::default(),
                ..extent()
            },
            by: By::Sharer,
            reason: code("panic"),
        },
        Event::Ended {
            share: share(),
            by: By::Viewer,
            reason: code("done"),
            record: Some(end_record(&[1, 2]).digest()),
        },
        Event::ConsentEnded { consent },
        Event::ConsentHeld {
            consent,
            reason: code("panic"),
        },
        Event::ConsentResumed { consent },
        Event::Later { kind: 40 },
        Event::LimitsChanged {
            fits: Fits {
                person: Some(person),
                device: Some(device(2)),
                application: Some(AppName::new("viewer").unwrap()),
            },
            bars: Some(Bars::new(Limits::of(&[Limit::Menus]), vec![0xffff], Some(20)).unwrap()),
        },
        Event::AccountKept {
            server: Server {
                technology: Technology::Vnc,
                address: [127, 0, 0, 1].into(),
                port: 5901,
            },
            how: Said::Typed.code(),
        },
        Event::AccountRemoved {
            server: Server {
                technology: Technology::Vnc,
                address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 5].into(),
                port: 5900,
            },
            how: Said::Pressed.code(),
        },
        Event::InputEnrolled {
            input: Presses::Keyboard,
            how: Said::AtStart.code(),
        },
        Event::InputRemoved {
            input: Presses::Pointer,
            how: Said::Typed.code(),
        },
        Event::Granted {
            share: Share {
                part: Part::new(800, 600),
                ..share()
            },
            extent: Extent {
                view: Scope::Desktop,
                control: Scope::Nothing,
                rights: Rights::of(&[Right::View]),
                applications: AppNames::default(),
            },
            consent: None,
            case: Case::default(),
        },
        Event::LeftOut {
            share: share(),
            by: By::Viewer,
            count: 4,
        },
        Event::ControlGiven {
            share: share(),
            how: Said::Pressed.code(),
        },
        Event::AtScreen {
            answer: Pressed::No.code(),
            command: code("share"),
            person: Some(person),
            left_out: None,
        },
        Event::AtScreen {
            answer: Pressed::TakenBack.code(),
            command: code("config"),
            person: None,
            left_out: Some(8),
        },
        Event::ClockCorrected { policy: policy(1) },
    ]
}

fn log() -> (AuditLog, Vec<Vec<u8>>) {
    chained(events())
}

fn chained(events: Vec<Event>) -> (AuditLog, Vec<Vec<u8>>) {
    let mut log = AuditLog::resume(device(1), Position::START);
    let entries = (0..)
        .zip(events)
        .map(|(n, event)| log.append(time(n), event).unwrap().bytes().to_vec())
        .collect();
    (log, entries)
}

fn chain(entries: &[Vec<u8>]) -> Result<Verified, ChainError> {
    verify(
        device(1),
        Position::START,
        entries.iter().map(Vec::as_slice),
    )
}

fn head(log: &AuditLog) -> Signed<AuditHead> {
    log.head(time(100), &key(1)).unwrap().unwrap()
}

fn name(wrong: &Wrong) -> &'static str {
    match wrong {
        Wrong::Malformed(_) => "malformed",
        Wrong::OtherLog => "other-log",
        Wrong::Missing { .. } => "missing",
        Wrong::OutOfOrder { .. } => "out-of-order",
        Wrong::BrokenLink => "broken-link",
    }
}

fn head_name(e: HeadError) -> &'static str {
    match e {
        HeadError::OtherLog => "other-log",
        HeadError::Truncated { .. } => "truncated",
        HeadError::Older => "older",
        HeadError::OtherHistory => "other-history",
    }
}

fn hexes(entries: &[Vec<u8>]) -> Vec<String> {
    entries.iter().map(|e| hex(e)).collect()
}

/// Chains that are none, each with where and how it breaks.
fn broken(entries: &[Vec<u8>]) -> Vec<Value> {
    let changed = |f: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut other = entries[..5].to_vec();
        f(&mut other);
        other
    };
    let other = |n: u8, place: u64, last: Option<Digest>| {
        let mut log = AuditLog::resume(
            device(n),
            Position {
                length: place,
                last,
            },
        );
        let event = Event::Later { kind: 50 };
        log.append(time(1), event).unwrap().bytes().to_vec()
    };
    let link = |n: usize| AuditEntry::from_bytes(&entries[n]).unwrap().previous();
    let versioned = |mut e: Vec<u8>| {
        e[2] = 2;
        e
    };
    [
        ("the first taken out", changed(&|e| drop(e.remove(0)))),
        ("one taken out", changed(&|e| drop(e.remove(2)))),
        ("two changed places", changed(&|e| e.swap(1, 2))),
        ("one repeated", changed(&|e| e.insert(3, e[2].clone()))),
        ("one replaced", changed(&|e| e[2] = other(1, 2, link(2)))),
        (
            "a wrong link",
            changed(&|e| e[2] = other(1, 2, Some(digest(1)))),
        ),
        (
            "one of another device",
            changed(&|e| e[2] = other(2, 2, link(2))),
        ),
        (
            "one of version 2",
            changed(&|e| e[2] = versioned(e[2].clone())),
        ),
        ("one cut off", changed(&|e| e[2].truncate(40))),
    ]
    .into_iter()
    .map(|(why, entries)| {
        let e = chain(&entries).unwrap_err();
        json!({ "why": why, "place": e.place, "error": name(&e.wrong), "entries": hexes(&entries) })
    })
    .collect()
}

fn heads(log: &AuditLog, entries: &[Vec<u8>]) -> Vec<Value> {
    let whole = chain(entries).unwrap();
    let half = AuditLog::resume(device(1), chain(&entries[..6]).unwrap().position());
    let further = AuditLog::resume(
        device(1),
        Position {
            length: 40,
            last: Some(digest(1)),
        },
    );
    let otherwise = AuditLog::resume(
        device(1),
        Position {
            length: 6,
            last: Some(digest(1)),
        },
    );
    let forged = Signed::sign(head(log).payload(), &key(2)).unwrap();
    [
        ("the last", head(log)),
        ("an earlier one", head(&half)),
        ("more entries than there are", head(&further)),
        ("another entry at its place", head(&otherwise)),
        ("signed by another device", forged),
    ]
    .into_iter()
    .map(|(why, head)| {
        let judged = whole.against(&head);
        json!({
            "why": why, "head": hex(head.bytes()),
            "uncovered": judged.ok(), "error": judged.err().map(head_name),
        })
    })
    .collect()
}

fn end_records() -> Vec<Value> {
    [
        ("both", vec![1, 2]),
        ("the sharer alone", vec![1]),
        ("the viewer alone", vec![2]),
        ("a stranger", vec![3]),
        ("both and a stranger", vec![1, 2, 3]),
    ]
    .into_iter()
    .map(|(why, seeds)| {
        let doc = end_record(&seeds);
        let signed_by = match judge(&doc) {
            Ok(Completeness::Both) => "both",
            Ok(Completeness::SharerOnly) => "sharer",
            Ok(Completeness::ViewerOnly) => "viewer",
            Err(_) => "stranger",
        };
        json!({
            "why": why, "bytes": hex(&doc.to_bytes()), "digest": hex(doc.digest().as_bytes()),
            "signed_by": signed_by,
        })
    })
    .collect()
}

/// End records whose content contradicts itself.
fn invalid_end_records() -> Vec<Value> {
    let with = |change: fn(&mut EndRecord)| {
        let mut record = end_record(&[1]).payload().clone();
        change(&mut record);
        assert!(Cosigned::new(record.clone(), &key(1)).is_err());
        hex(&to_bytes(&record))
    };
    vec![
        json!({ "why": "ended before it started", "payload": with(|r| r.ended = time(4)) }),
        json!({ "why": "one device on both sides", "payload": with(|r| r.viewer_device = r.sharer_device) }),
        json!({ "why": "a length without a last entry", "payload": with(|r| r.sharer_log.last = None) }),
        json!({ "why": "a last entry of no entries", "payload": with(|r| r.viewer_log.last = Some(digest(1))) }),
    ]
}

/// A file from place 0 on that nobody checked before it was written.
fn unchecked(events: Vec<Event>, records: &[Cosigned<EndRecord>]) -> Vec<u8> {
    let (log, entries) = chained(events);
    let header = MapBuilder::new().put(0, &1u64).put(1, &device(1)).build();
    let typed = |kind: u8, bytes: Vec<u8>| {
        ciborium::Value::Array(vec![kind.into(), ciborium::Value::Bytes(bytes)])
    };
    let mut parts = vec![header];
    parts.extend(entries.into_iter().map(|e| typed(1, e)));
    parts.extend(records.iter().map(|r| typed(2, r.to_bytes())));
    parts.push(typed(3, head(&log).bytes().to_vec()));
    let mut file = MAGIC.to_vec();
    for part in parts.iter().map(to_bytes) {
        file.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
        file.extend(part);
    }
    file
}

fn files(log: &AuditLog, entries: &[Vec<u8>]) -> Value {
    let whole = chain(entries).unwrap();
    let file = write_export(Position::START, &whole, &[end_record(&[1, 2])], &head(log)).unwrap();
    let from = chain(&entries[..8]).unwrap().position();
    let tail = verify(device(1), from, entries[8..].iter().map(Vec::as_slice)).unwrap();
    let part = write_export(from, &tail, &[end_record(&[1, 2])], &head(log)).unwrap();
    let mut altered = file.clone();
    let at = altered.len() / 2;
    altered[at] ^= 1;
    let mut magic = file.clone();
    magic[11] = b'2';
    let longer = [&file[..], &[0]].concat();
    let mut otherwise = events();
    otherwise[0] = Event::PolicyInForce { policy: policy(2) };
    let invalid = [
        ("another version", magic, "magic"),
        ("a byte altered", altered, "altered"),
        ("cut off", file[..file.len() - 1].to_vec(), "cut-off"),
        ("something after the head", longer, "trailing"),
        (
            "its end record taken out",
            unchecked(events(), &[]),
            "no-record",
        ),
        (
            "another log than the one that was signed about",
            unchecked(otherwise, &[end_record(&[1, 2])]),
            "other-history",
        ),
    ];
    let invalid: Vec<Value> = invalid
        .into_iter()
        .map(|(why, file, error)| {
            let e = read_export(&file).unwrap_err();
            let fits = match error {
                "magic" => e == ExportError::Magic,
                "cut-off" => e == ExportError::CutOff,
                "trailing" => e == ExportError::Trailing,
                "no-record" => matches!(e, ExportError::NoRecord(_)),
                "other-history" => matches!(e, ExportError::OtherHistory(_)),
                _ => true,
            };
            assert!(fits, "{why}: {e}");
            json!({ "why": why, "error": error, "file": hex(&file) })
        })
        .collect();
    json!({
        "valid": [
            { "name": "the whole log", "file": hex(&file), "entries": entries.len(), "end_records": 1 },
            { "name": "from an earlier head on", "file": hex(&part), "entries": entries.len() - 8, "end_records": 1 },
        ],
        "invalid": invalid,
    })
}

#[test]
fn audit_logs() {
    let (log, entries) = log();
    let whole = chain(&entries).unwrap();
    let digests: Vec<String> = whole
        .entries()
        .iter()
        .map(|e| hex(e.digest().as_bytes()))
        .collect();
    let kinds: Vec<Value> = EventKind::ALL
        .iter()
        .map(|k| json!({ "number": k.number(), "name": k.name() }))
        .collect();
    let made = json!({
        "spec": "10-audit.md",
        "kinds": kinds,
        "records": { "head": AuditHead::KIND.domain(), "end": EndRecord::KIND.domain() },
        "device": hex(device(1).as_bytes()),
        "entries": hexes(&entries),
        "digests": digests,
        "broken": broken(&entries),
        "heads": heads(&log, &entries),
        "end_records": end_records(),
        "invalid_end_records": invalid_end_records(),
        "files": files(&log, &entries),
    });
    let file = published("audit", &made);
    let bytes = |v: &Value| unhex(v.as_str().unwrap());
    let entries: Vec<Vec<u8>> = file["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(bytes)
        .collect();
    assert_eq!(chain(&entries).unwrap(), whole);
    for v in file["broken"].as_array().unwrap() {
        let entries: Vec<Vec<u8>> = v["entries"].as_array().unwrap().iter().map(bytes).collect();
        let e = chain(&entries).unwrap_err();
        assert_eq!(
            (json!(e.place), json!(name(&e.wrong))),
            (v["place"].clone(), v["error"].clone())
        );
    }
    for v in file["heads"].as_array().unwrap() {
        let head = Unverified::<AuditHead>::parse(&bytes(&v["head"])).unwrap();
        let judged = whole.against(&head.verify_claimed().unwrap());
        assert_eq!(json!(judged.err().map(head_name)), v["error"]);
    }
    for v in file["files"]["valid"].as_array().unwrap() {
        let read = read_export(&bytes(&v["file"])).unwrap();
        assert_eq!(json!(read.log.entries().len()), v["entries"]);
        assert_eq!(json!(read.end_records.len()), v["end_records"]);
    }
    for v in file["files"]["invalid"].as_array().unwrap() {
        assert!(read_export(&bytes(&v["file"])).is_err(), "{}", v["why"]);
    }
}
