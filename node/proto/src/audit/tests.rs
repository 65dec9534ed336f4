use proptest::prelude::*;

use super::*;
use crate::cbor::{DecodeError, from_bytes, to_bytes};
use crate::digest::Digest;
use crate::id::{DeviceId, OrgId, PersonId, SessionId};
use crate::limits::{Bars, Fits, Limit, Limits};
use crate::policy::application::{AppName, AppNames, MAX_SHARED};
use crate::policy::case::{Case, CaseText};
use crate::policy::reference::{MAX_POLICIES, PolicyRef, PolicyRefs};
use crate::policy::rule::{Capacity, Direction};
use crate::rights::{Right, Rights, Scope};
use crate::signed::{Cosigned, Signed};
use crate::technology::Technology;
use crate::testing::key;
use crate::time::Timestamp;

const SHARER: u64 = 1;
const VIEWER: u64 = 2;

mod file;

fn device(n: u64) -> DeviceId {
    key(n).public().into()
}

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

fn digest(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn time(n: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + n)
}

fn policy(org: u8) -> PolicyRef {
    PolicyRef {
        org: OrgId::from_bytes([org; 32]),
        sequence: 7,
        digest: digest(org),
    }
}

fn share() -> Share {
    Share {
        session: SessionId::from_bytes([7; 16]),
        role: Capacity::Sharer,
        person: person(2),
        device: device(VIEWER),
        technology: Technology::Native,
        part: Part::new(800, 600),
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

fn case() -> Case {
    Case {
        purpose: Some(CaseText::new("second opinion").unwrap()),
        reference: Some(CaseText::new("case 17").unwrap()),
        patient_consent: Some(CaseText::new("Dr. Ada Ng").unwrap()),
    }
}

/// One event of each kind.
fn events() -> Vec<Event> {
    let (share, extent) = (share(), extent());
    let s = || share.clone();
    let e = || extent.clone();
    vec![
        Event::PolicyInForce { policy: policy(1) },
        Event::ConsentGiven {
            consent: digest(8),
            person: person(2),
        },
        Event::Asked {
            share: s(),
            extent: e(),
            direction: Direction::Request,
            case: case(),
        },
        Event::Decided {
            share: s(),
            policies: PolicyRefs::new(vec![policy(1), policy(2)]).unwrap(),
            outcome: Outcome::Allowed(e()),
        },
        Event::Decided {
            share: s(),
            policies: PolicyRefs::default(),
            outcome: Outcome::Denied {
                stage: code("organisation"),
                reason: code("rule"),
            },
        },
        Event::Refused {
            share: s(),
            by: By::Viewer,
            reason: code("busy"),
        },
        Event::Granted {
            share: s(),
            extent: e(),
            consent: Some(digest(8)),
            case: case(),
        },
        Event::Started { share: s() },
        Event::Escalated {
            share: s(),
            extent: e(),
            by: By::Sharer,
        },
        Event::Reduced {
            share: s(),
            extent: e(),
            by: By::Sharer,
            reason: code("panic"),
        },
        Event::Ended {
            share: s(),
            by: By::Program,
            reason: code("connection-lost"),
            record: Some(end_record().digest()),
        },
        Event::ConsentHeld {
            consent: digest(8),
            reason: code("panic"),
        },
        Event::ConsentResumed { consent: digest(8) },
        Event::LimitsChanged {
            fits: Fits {
                application: Some(AppName::new("xterm").unwrap()),
                ..Fits::default()
            },
            bars: Some(Bars::new(Limits::of(&[Limit::Menus]), vec![0xffff], Some(9)).unwrap()),
        },
        Event::ConsentEnded { consent: digest(8) },
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
        Event::LeftOut {
            share: share.clone(),
            by: By::Viewer,
            count: 4,
        },
        Event::ControlGiven {
            share: share.clone(),
            how: Said::InAdvance.code(),
        },
        Event::AtScreen {
            answer: Pressed::No.code(),
            command: code("share"),
            person: Some(person(2)),
            left_out: None,
        },
        Event::AtScreen {
            answer: Pressed::TakenBack.code(),
            command: code("config"),
            person: None,
            left_out: Some(8),
        },
        Event::ClockCorrected { policy: policy(1) },
        Event::Later { kind: 40 },
    ]
}

fn end() -> EndRecord {
    EndRecord {
        session: SessionId::from_bytes([7; 16]),
        sharer: person(1),
        sharer_device: device(SHARER),
        viewer: person(2),
        viewer_device: device(VIEWER),
        technology: Technology::Native,
        started: time(1),
        ended: time(60),
        extent: extent(),
        policies: PolicyRefs::new(vec![policy(1)]).unwrap(),
        by: By::Viewer,
        reason: code("done"),
        case: case(),
        sharer_log: log_of(vec![Event::PolicyInForce { policy: policy(1) }])
            .0
            .position(),
        viewer_log: Position::START,
    }
}

fn end_record() -> Cosigned<EndRecord> {
    let mut doc = Cosigned::new(end(), &key(SHARER)).unwrap();
    doc.add_signature(&key(VIEWER)).unwrap();
    doc
}

fn log_of(events: Vec<Event>) -> (AuditLog, Vec<Vec<u8>>) {
    let mut log = AuditLog::resume(device(SHARER), Position::START);
    let bytes = (0..)
        .zip(events)
        .map(|(n, event)| log.append(time(n), event).unwrap().bytes().to_vec())
        .collect();
    (log, bytes)
}

fn chain(entries: &[Vec<u8>]) -> Result<Verified, ChainError> {
    verify(
        device(SHARER),
        Position::START,
        entries.iter().map(Vec::as_slice),
    )
}

fn head(log: &AuditLog) -> Signed<AuditHead> {
    log.head(time(100), &key(SHARER)).unwrap().unwrap()
}

#[test]
fn what_was_written_is_read() {
    let (log, entries) = log_of(events());
    let read = chain(&entries).unwrap();
    let said: Vec<Event> = read.entries().iter().map(|e| e.event().clone()).collect();
    assert_eq!(said, events());
    assert_eq!(read.position(), log.position());
    assert_eq!(read.against(&head(&log)), Ok(0));
    // Every kind that is known stands among them.
    for kind in EventKind::ALL {
        assert!(
            said.iter().any(|e| e.kind() == kind.number()),
            "{}",
            kind.name()
        );
    }
}

#[test]
fn a_log_goes_on_where_it_stood() {
    let (mut log, mut entries) = log_of(events());
    let old = head(&log);
    let more = log.append(time(90), Event::Later { kind: 41 }).unwrap();
    entries.push(more.bytes().to_vec());
    let read = chain(&entries).unwrap();
    assert_eq!(read.against(&old), Ok(1));
    assert_eq!(read.against(&head(&log)), Ok(0));
    // From the old head on, without the entries before it.
    let tail = verify(device(SHARER), old.payload().position(), [more.bytes()]).unwrap();
    assert_eq!(tail.against(&head(&log)), Ok(0));
    assert_eq!(tail.against(&old), Ok(1));
    // A head from before the tail's beginning says nothing about it.
    let (short, _) = log_of(events()[..2].to_vec());
    assert_eq!(tail.against(&head(&short)), Err(HeadError::Older));
}

#[test]
fn every_kind_of_tampering_has_its_name() {
    let (log, entries) = log_of(events());
    let signed = head(&log);
    let wrong = |entries: &[Vec<u8>]| {
        let e = chain(entries).unwrap_err();
        (e.place, e.wrong)
    };

    let mut removed = entries.clone();
    removed.remove(3);
    assert_eq!(wrong(&removed), (3, Wrong::Missing { found: 4 }));
    let mut beheaded = entries.clone();
    beheaded.remove(0);
    assert_eq!(wrong(&beheaded), (0, Wrong::Missing { found: 1 }));
    let mut swapped = entries.clone();
    swapped.swap(4, 5);
    assert_eq!(wrong(&swapped), (4, Wrong::Missing { found: 5 }));
    let mut repeated = entries.clone();
    repeated.insert(5, entries[4].clone());
    assert_eq!(wrong(&repeated), (5, Wrong::OutOfOrder { found: 4 }));
    let mut altered = entries.clone();
    altered[5] = AuditEntry::new(
        device(SHARER),
        chain(&entries[..5]).unwrap().position(),
        time(5),
        Event::Started { share: share() },
    )
    .bytes()
    .to_vec();
    assert_eq!(wrong(&altered), (6, Wrong::BrokenLink));
    let mut foreign = entries.clone();
    foreign[2] = AuditEntry::new(
        device(VIEWER),
        chain(&entries[..2]).unwrap().position(),
        time(2),
        Event::Started { share: share() },
    )
    .bytes()
    .to_vec();
    assert_eq!(wrong(&foreign), (2, Wrong::OtherLog));

    let cut = chain(&entries[..10]).unwrap();
    assert_eq!(
        cut.against(&signed),
        Err(HeadError::Truncated {
            missing: entries.len() as u64 - 10
        })
    );
    // Rewritten from some entry on: a chain by itself, but not this head's.
    let mut other = events();
    other[6] = Event::Started { share: share() };
    let (rewritten, entries) = log_of(other);
    let read = chain(&entries).unwrap();
    assert_eq!(read.against(&signed), Err(HeadError::OtherHistory));
    assert!(conflict(&signed, &head(&rewritten)));
    assert!(!conflict(&signed, &signed));
}

#[test]
fn a_head_of_another_device_says_nothing() {
    let (log, entries) = log_of(events());
    let read = chain(&entries).unwrap();
    let own = head(&log).into_payload();
    // Signed by another device, in the name of this one.
    let forged = Signed::sign(&own, &key(VIEWER)).unwrap();
    assert_eq!(read.against(&forged), Err(HeadError::OtherLog));
    assert!(!conflict(&forged, &head(&log)));
    assert!(log.head(time(1), &key(VIEWER)).is_err());
    let empty = AuditLog::resume(device(SHARER), Position::START);
    assert_eq!(empty.head(time(1), &key(SHARER)), Ok(None));
}

#[test]
fn an_entry_that_no_reader_would_take_is_not_made() {
    let names = (0..MAX_SHARED).map(|n| AppName::new(&format!("{n:0>128}")).unwrap());
    let policies = (0..MAX_POLICIES).map(|n| policy(u8::try_from(n).unwrap()));
    let largest = Extent {
        applications: AppNames::new(names.collect()).unwrap(),
        rights: Rights::ALL,
        ..extent()
    };
    let text = || Some(CaseText::new(&"\u{10ffff}".repeat(200)).unwrap());
    let events = [
        Event::Granted {
            share: share(),
            extent: largest.clone(),
            consent: Some(digest(1)),
            case: Case {
                purpose: text(),
                reference: text(),
                patient_consent: text(),
            },
        },
        Event::Decided {
            share: share(),
            policies: PolicyRefs::new(policies.collect()).unwrap(),
            outcome: Outcome::Allowed(largest),
        },
    ];
    // The largest of what the types allow fits.
    let (_, entries) = log_of(events.into());
    assert!(chain(&entries).is_ok());
    let mut full = AuditLog::resume(
        device(SHARER),
        Position {
            length: MAX_LENGTH,
            last: Some(digest(1)),
        },
    );
    assert!(full.append(time(1), Event::Later { kind: 40 }).is_err());
}

#[test]
fn entries_have_one_form() {
    let (_, entries) = log_of(events());
    let mut first = entries[0].clone();
    // The version.
    assert_eq!(first[1..3], [0, 1]);
    first[2] = 2;
    assert_eq!(AuditEntry::from_bytes(&first), Err(DecodeError::Version(2)));
    for bytes in &entries {
        assert!(AuditEntry::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
    for bad in ["", "A", "9a", "-a", "a b", "a_b", "é", &"a".repeat(49)] {
        assert_eq!(Code::new(bad), Err(DecodeError::OutOfRange), "{bad}");
    }
    assert!(Code::new(&"a".repeat(48)).is_ok());
    // The codes of a decision are codes.
    for stage in ["request", "organisation", "local-profile", "remote-profile"] {
        assert!(Code::new(stage).is_ok());
    }
}

#[test]
fn both_sides_sign_the_end() {
    let doc = end_record();
    assert_eq!(judge(&doc), Ok(Completeness::Both));
    let again = Cosigned::<EndRecord>::parse(&doc.to_bytes()).unwrap();
    assert_eq!(again, doc);
    let one = |n| judge(&Cosigned::new(end(), &key(n)).unwrap());
    assert_eq!(one(SHARER), Ok(Completeness::SharerOnly));
    assert_eq!(one(VIEWER), Ok(Completeness::ViewerOnly));
    assert_eq!(one(3), Err(EndError::Stranger));
    let mut three = end_record();
    three.add_signature(&key(3)).unwrap();
    assert_eq!(judge(&three), Err(EndError::Stranger));
    let mut pair = Cosigned::new(end(), &key(SHARER)).unwrap();
    pair.add_signature(&key(3)).unwrap();
    assert_eq!(judge(&pair), Err(EndError::Stranger));
}

#[test]
fn an_end_record_makes_sense_or_is_refused() {
    assert_eq!(
        from_bytes::<EndRecord>(&to_bytes(&end()), 20_000),
        Ok(end())
    );
    let refused = |change: fn(&mut EndRecord)| {
        let mut record = end();
        change(&mut record);
        from_bytes::<EndRecord>(&to_bytes(&record), 20_000).is_err()
    };
    assert!(refused(|r| r.ended = time(0)));
    assert!(refused(|r| r.viewer_device = r.sharer_device));
    assert!(refused(|r| r.sharer_log.last = None));
    assert!(refused(|r| r.viewer_log.last = Some(digest(1))));
    assert!(refused(|r| r.sharer_log.length = MAX_LENGTH + 1));
    assert!(!refused(|r| r.ended = r.started));
}

#[test]
fn case_fields_are_in_both_audits_and_in_no_debug_output() {
    let (_, entries) = log_of(events());
    let read = chain(&entries).unwrap();
    let shown = format!("{read:?} {:?}", end_record());
    for text in ["second opinion", "case 17", "Ada Ng"] {
        assert!(!shown.contains(text), "{text}");
    }
    let said = read.entries().iter().filter_map(|e| match e.event() {
        Event::Asked { case, .. } | Event::Granted { case, .. } => Some(case.clone()),
        _ => None,
    });
    assert_eq!(said.collect::<Vec<_>>(), [case(), case()]);
    assert_eq!(end_record().payload().case, case());
}

fn any_log() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(proptest::sample::select(events()), 2..30)
}

proptest! {
    #[test]
    fn any_log_is_verified_and_its_tampering_found(
        events in any_log(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(),
        how in 0..5,
    ) {
        let (log, entries) = log_of(events);
        let whole = chain(&entries).unwrap();
        let signed = head(&log);
        prop_assert_eq!(whole.against(&signed), Ok(0));
        let (a, b) = (a.index(entries.len()), b.index(entries.len()));
        let mut changed = entries.clone();
        match how {
            0 => { changed.remove(a); }
            1 => { changed.swap(a, b); }
            2 => { changed.insert(a, entries[b].clone()); }
            3 => { changed.truncate(a); }
            _ => {
                let byte = changed[a].len() - 1;
                changed[a][byte] ^= 1;
            }
        }
        prop_assume!(changed != entries);
        let found = match chain(&changed) {
            Err(_) => true,
            Ok(read) => read.against(&signed).is_err(),
        };
        prop_assert!(found);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = AuditEntry::from_bytes(&bytes);
        let _ = read_export(&bytes);
        let mut file = MAGIC.to_vec();
        file.extend(&bytes);
        let _ = read_export(&file);
    }
}
