//! Records of people: who is believed, and which settings of a meeting count.

use kith_proto::clock::JudgedTime;
use kith_proto::digest::Digest;
use kith_proto::id::{PersonId, RoomId};
use kith_proto::person::PersonLog;
use kith_proto::policy::application::AppName;
use kith_proto::policy::cap::{Cap, Duties, Preset};
use kith_proto::policy::checked::{CheckError, Checked, Said};
use kith_proto::policy::consent::{ConsentEnd, StandingConsent};
use kith_proto::policy::meeting::{MeetingNews, MeetingState, MeetingTerms};
use kith_proto::policy::profile::{Profile, Terms};
use kith_proto::signed::{Payload, Signed, Unverified};
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;
use serde_json::{Value, json};

use super::people::{at, id, person};
use super::{DAY, NOW};
use crate::{hex, unhex};

const ROOM: RoomId = RoomId::from_bytes([1; 32]);

fn terms(of: PersonId, issued: Timestamp) -> Terms {
    Profile::open(of, NOW).terms_for(id(2), Validity::starting(issued, DAY))
}

fn settings(of: PersonId, seq: u64, cap: Cap) -> MeetingTerms {
    let mut m = MeetingTerms::new(ROOM, of, NOW, cap);
    m.seq = seq;
    m
}

fn consent(of: PersonId) -> StandingConsent {
    StandingConsent {
        sharer: of,
        viewer: id(2),
        application: AppName::new("editor").unwrap(),
        allows: Preset::OneApplication.cap(),
        validity: Validity::starting(NOW, DAY * 30),
        waives: Duties::BUILT_IN,
    }
}

fn end() -> ConsentEnd {
    ConsentEnd {
        consent: Digest::from_bytes([7; 32]),
        issued: NOW,
    }
}

fn entries(log: &PersonLog) -> Vec<String> {
    let all = log.before().into_iter().chain([log.head()]);
    all.map(|e| hex(&e.to_bytes())).collect()
}

fn code<T>(result: &Result<T, CheckError>) -> &'static str {
    match result {
        Ok(_) => "believed",
        Err(e) => e.code(),
    }
}

fn check<T: Said>(bytes: &[u8], log: &PersonLog, now: &JudgedTime) -> &'static str {
    let read = Unverified::<T>::parse(bytes).map_err(CheckError::from);
    code(&read.and_then(|r| Checked::check(r, log, now)))
}

/// A record that device `by` signed, judged by `log` after some days.
fn one<T: Said>(why: &str, payload: &T, by: u8, log: &PersonLog, days: u32) -> Value {
    let record = Signed::sign(payload, &person(by).key()).unwrap();
    judged::<T>(why, record.bytes(), log, days)
}

fn judged<T: Said>(why: &str, bytes: &[u8], log: &PersonLog, days: u32) -> Value {
    json!({
        "why": why,
        "kind": <T as Payload>::KIND.name,
        "bytes": hex(bytes),
        "log": entries(log),
        "now": at(days).now().as_millis(),
        "result": check::<T>(bytes, log, &at(days)),
    })
}

pub(super) fn said() -> Value {
    let mine = &person(1).log;
    let revoked = person(1).revoked();
    let view = Preset::ViewOnly.cap();
    let mut broken = person(1).says(&terms(id(1), NOW)).bytes().to_vec();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let ahead = |ms| NOW.after(DAY + core::time::Duration::from_millis(ms));
    json!([
        one("terms", &terms(id(1), NOW), 1, mine, 0),
        one("settings", &settings(id(1), 0, view), 1, mine, 0),
        one("a consent", &consent(id(1)), 1, mine, 0),
        one("its end", &end(), 1, mine, 0),
        judged::<Terms>("an altered signature", &broken, mine, 0),
        one(
            "terms, by somebody else's device",
            &terms(id(1), NOW),
            2,
            mine,
            0
        ),
        one(
            "settings, by somebody else's device",
            &settings(id(1), 0, view),
            2,
            mine,
            0
        ),
        one(
            "a consent, by somebody else's device",
            &consent(id(1)),
            2,
            mine,
            0
        ),
        one("an end, by somebody else's device", &end(), 2, mine, 0),
        one("terms of somebody else", &terms(id(3), NOW), 1, mine, 0),
        one(
            "settings of somebody else",
            &settings(id(3), 0, view),
            1,
            mine,
            0
        ),
        one("a consent of somebody else", &consent(id(3)), 1, mine, 0),
        one(
            "terms of a revoked device",
            &terms(id(1), NOW),
            1,
            &revoked,
            0
        ),
        one("an end by a revoked device", &end(), 1, &revoked, 0),
        one("terms of a lapsed device", &terms(id(1), NOW), 1, mine, 400),
        one("an end by a lapsed device", &end(), 1, mine, 400),
        one(
            "settings by a lapsed device",
            &settings(id(1), 0, view),
            1,
            mine,
            400
        ),
        one(
            "a consent by a lapsed device",
            &consent(id(1)),
            1,
            mine,
            400
        ),
        one("a day ahead", &terms(id(1), ahead(0)), 1, mine, 0),
        one("more than a day ahead", &terms(id(1), ahead(1)), 1, mine, 0),
        one(
            "over, and believed to have been said",
            &terms(id(1), NOW),
            1,
            mine,
            2
        ),
    ])
}

fn apply(state: &mut MeetingState, said: Checked<MeetingTerms>) -> Value {
    let result = match state.apply(said) {
        Ok(MeetingNews::Set) => "set",
        Ok(MeetingNews::AlreadyKnown) => "known",
        Err(e) => e.code(),
    };
    let seq = state.set().map(|m| m.seq).ok();
    json!({ "result": result, "in_force": seq })
}

/// Settings one after the other in the meeting of person 1 in room 1.
pub(super) fn meetings() -> Value {
    let (open, view) = (Cap::OPEN, Preset::ViewOnly.cap());
    let other_room = MeetingTerms::new(RoomId::from_bytes([2; 32]), id(1), NOW, open);
    let stories: [(&str, Vec<MeetingTerms>); 4] = [
        (
            "the highest number counts",
            vec![
                settings(id(1), 0, open),
                settings(id(1), 3, view),
                settings(id(1), 2, open),
                settings(id(1), 0, open),
                settings(id(1), 3, view),
            ],
        ),
        (
            "two with one number allow nothing, until a higher one",
            vec![
                settings(id(1), 1, open),
                settings(id(1), 1, view),
                settings(id(1), 1, open),
                settings(id(1), 0, open),
                settings(id(1), 2, open),
            ],
        ),
        ("by somebody else", vec![settings(id(2), 5, open)]),
        ("of another room", vec![other_room]),
    ];
    let told = stories.into_iter().map(|(name, list)| {
        let mut state = MeetingState::new(ROOM, id(1));
        let steps = list.into_iter().map(|m| {
            let said = super::people::of(m.organiser).says(&m);
            let mut step = json!({ "bytes": hex(said.bytes()) });
            let seen = apply(&mut state, said);
            let map = step.as_object_mut().unwrap();
            map.extend(seen.as_object().unwrap().clone());
            step
        });
        let steps: Vec<Value> = steps.collect();
        json!({
            "name": name,
            "room": hex(ROOM.as_bytes()),
            "organiser": hex(id(1).as_bytes()),
            "settings": steps,
        })
    });
    told.collect()
}

pub(super) fn replay(file: &Value) {
    for v in file["said"].as_array().unwrap() {
        let bytes = unhex(v["bytes"].as_str().unwrap());
        let log = match v["log"].as_array().unwrap().len() {
            1 => person(1).log.clone(),
            _ => person(1).revoked(),
        };
        let now = Timestamp::from_millis(v["now"].as_u64().unwrap()).unwrap();
        let now = JudgedTime::from_wall(now);
        let result = match v["kind"].as_str().unwrap() {
            "terms" => check::<Terms>(&bytes, &log, &now),
            "meeting" => check::<MeetingTerms>(&bytes, &log, &now),
            "consent" => check::<StandingConsent>(&bytes, &log, &now),
            "consent-end" => check::<ConsentEnd>(&bytes, &log, &now),
            other => panic!("{other}"),
        };
        assert_eq!(v["result"], result, "{}", v["why"]);
    }
}
