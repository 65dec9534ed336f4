//! Payloads of what people say about policy that every reader refuses; and
//! the whole ones that they were made from.

use ciborium::Value as Cbor;
use kith_proto::cbor::{Decode, Encode, from_bytes, to_bytes};
use kith_proto::digest::Digest;
use kith_proto::id::{PersonId, RoomId};
use kith_proto::policy::application::AppName;
use kith_proto::policy::cap::{Cap, Duties, Duty, Preset};
use kith_proto::policy::consent::{ConsentEnd, StandingConsent};
use kith_proto::policy::meeting::MeetingTerms;
use kith_proto::policy::profile::Profile;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;
use serde_json::{Value, json};

use crate::{error, hex, published, unhex};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

/// `whole` with field `key` replaced, or taken out.
type Change = (&'static str, i64, Option<Cbor>);

fn changed(whole: &Cbor, key: i64, value: Option<Cbor>) -> String {
    let mut map = whole.as_map().unwrap().clone();
    map.retain(|(k, _)| *k != Cbor::from(key));
    map.extend(value.map(|v| (Cbor::from(key), v)));
    map.sort_by_key(|(k, _)| {
        let k = i64::try_from(k.as_integer().unwrap()).unwrap();
        (k < 0, k.unsigned_abs())
    });
    hex(&to_bytes(&Cbor::Map(map)))
}

fn kind<T: Encode + Decode + PartialEq + core::fmt::Debug>(
    name: &str,
    whole: &T,
    changes: Vec<Change>,
) -> Value {
    let value = whole.encode();
    assert_eq!(
        from_bytes::<T>(&to_bytes(whole), 65_536).as_ref(),
        Ok(whole)
    );
    let always = [
        ("version 2", 0, Some(2.into())),
        ("no version", 0, None),
        ("a critical field", -1, Some(Cbor::Null)),
        ("a first field that is text", 1, Some("x".into())),
        ("no first field", 1, None),
        ("no second field", 2, None),
    ];
    let invalid = always.into_iter().chain(changes).map(|(why, key, new)| {
        let bytes = changed(&value, key, new);
        let Err(e) = from_bytes::<T>(&unhex(&bytes), 65_536) else {
            panic!("{name}: {why} is accepted");
        };
        json!({ "why": why, "bytes": bytes, "error": error(&e) })
    });
    json!({
        "kind": name,
        "bytes": hex(&to_bytes(whole)),
        "invalid": invalid.collect::<Vec<_>>(),
    })
}

#[test]
fn payloads() {
    let consent = StandingConsent {
        sharer: person(1),
        viewer: person(2),
        application: AppName::new("org.gimp.GIMP").unwrap(),
        allows: Preset::OneApplication.cap(),
        validity: Validity::starting(NOW, core::time::Duration::from_secs(86_400)),
        waives: Duties::of(&[Duty::Accept]),
    };
    let desktop = Cap::OPEN.encode();
    let end = ConsentEnd {
        consent: Digest::from_bytes([7; 32]),
        issued: NOW,
    };
    let terms = Profile::open(person(1), NOW).terms_for(person(2), consent.validity);
    let profile = Profile::open(person(1), NOW);
    let mut meeting = MeetingTerms::new(RoomId::from_bytes([3; 32]), person(1), NOW, Cap::OPEN);
    meeting
        .set(person(4), Preset::OneApplication.cap())
        .unwrap();
    meeting.set(person(5), Cap::OPEN).unwrap();
    let setting = |n| Cbor::Array(vec![person(n).encode(), Cap::OPEN.encode()]);
    let empty = || Some(Cbor::Array(Vec::new()));
    let millis = |t: u64| Some(Cbor::from(NOW.as_millis() + t));
    let day = 86_400_000;
    let made = json!({
        "spec": "04-policy.md",
        "payloads": [
            kind("consent", &consent, vec![
                ("more than one application", 4, Some(desktop)),
                ("no level", 4, None),
                ("over before it begins", 6, millis(0)),
                ("longer than 366 days", 6, millis(366 * day + 1)),
                ("no end", 6, None),
                ("duties twice", 7, Some(Cbor::Array(vec![2.into(), 2.into()]))),
                ("a field that may narrow it", 8, Some(Cbor::Null)),
            ]),
            kind("terms", &terms, vec![
                ("over before they begin", 4, millis(0)),
                ("a cap that is a number", 5, Some(1.into())),
                ("without the cap for sharing to whoever asks", 6, None),
            ]),
            kind("sharing-profile", &profile, vec![
                ("an empty list of groups", 3, empty()),
                ("an empty list of rules", 4, empty()),
                ("a rule that is a number", 4, Some(Cbor::Array(vec![1.into()]))),
            ]),
            kind("meeting", &meeting, vec![
                ("no number", 3, None),
                ("a negative number", 3, Some((-1).into())),
                ("no level", 5, None),
                ("an empty list of people", 6, empty()),
                ("people out of order", 6, Some(Cbor::Array(vec![setting(5), setting(4)]))),
                ("a person twice", 6, Some(Cbor::Array(vec![setting(4), setting(4)]))),
            ]),
            kind("consent-end", &end, vec![
                ("a digest of 31 bytes", 1, Some(Cbor::Bytes(vec![7; 31]))),
                ("a time that is text", 2, Some("now".into())),
                ("a negative time", 2, Some((-1).into())),
            ]),
        ],
    });
    let _ = published("policy-payloads", &made);
}
