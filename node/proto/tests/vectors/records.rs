use std::time::Duration;

use ciborium::Value as Cbor;
use kith_proto::address::{Address, AddressRecord, Relay};
use kith_proto::capability::{
    Capability, Codec, Codecs, Features, Means, Offer, OsKind, Screen, SessionKind, Sharer,
    possible,
};
use kith_proto::cbor::{Decode, DecodeError, Encode};
use kith_proto::clock::JudgedTime;
use kith_proto::device::{ByDevice, CertError, DeviceCert, Live, LiveError};
use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::person::{Denial, PersonLog, Reason};
use kith_proto::profile::Profile;
use kith_proto::rights::{Right, Rights};
use kith_proto::seal::KemList;
use kith_proto::signed::{Kind, Payload, RecordError, Signed, Unverified};
use kith_proto::technology::{HostedKind, Technology};
use kith_proto::time::Timestamp;
use kith_proto::validity::{Validity, ValidityError};
use serde_json::{Value, json};

use crate::person::{DAY, day, device, person_key, start};
use crate::{hex, key, published, unhex};

fn person() -> PersonId {
    start().id()
}

fn profile() -> Profile {
    Profile {
        person: person(),
        device: device(1),
        seq: 3,
        issued: day(1),
        name: Name::from_typed("Ada Löwe").unwrap(),
        avatar: Some(Digest::from_bytes([7; 32])),
        statement: Some("back at noon".into()),
    }
}

fn addresses() -> AddressRecord {
    let address = |n| Address::new(vec![4, 192, 0, 2, n, 145, 2, 17, 92, 205, 3]).unwrap();
    AddressRecord {
        device: device(1),
        seq: 7,
        validity: Validity::starting(day(1), DAY),
        addresses: vec![address(1), address(2)],
        relays: vec![Relay {
            device: device(2),
            addresses: vec![address(3)],
        }],
    }
}

const RDP: Means = Means::Hosted(Technology::Rdp, HostedKind::Join);

fn capability(n: u8) -> Capability {
    let native = Offer {
        means: Means::Native,
        share: Some(Rights::ALL),
        join: Some(Rights::ALL),
    };
    Capability {
        person: person(),
        device: device(n),
        seq: 1,
        validity: Validity::starting(day(1), DAY),
        session: SessionKind::Local,
        os: OsKind::Linux,
        os_version: Some("Debian 13".into()),
        offers: vec![native],
        unknown_offers: 0,
        codecs: Codecs::ALL,
        kems: KemList::supported(),
        screens: vec![Screen {
            width: 1920,
            height: 1080,
        }],
        features: Features::ALL,
    }
}

/// Devices that differ in what they can.
fn capabilities() -> Vec<Capability> {
    let view = Rights::of(&[Right::View]);
    let view_only = Capability {
        offers: vec![Offer {
            means: Means::Native,
            share: Some(view),
            join: None,
        }],
        codecs: Codecs::of(&[Codec::Tiles]),
        kems: KemList::decode(numbers(&[0x20, 0x9999]).unwrap()).unwrap(),
        ..capability(2)
    };
    let hosted = Capability {
        session: SessionKind::Rdp,
        offers: vec![
            Offer {
                means: Means::Native,
                share: None,
                join: Some(view),
            },
            Offer {
                means: RDP,
                share: Some(Rights::ALL),
                join: None,
            },
        ],
        codecs: Codecs::of(&[Codec::H264]),
        ..capability(3)
    };
    let client = Capability {
        os: OsKind::Windows,
        offers: vec![
            Offer {
                means: Means::Native,
                share: Some(Rights::of(&[Right::Audio])),
                join: Some(Rights::ALL),
            },
            Offer {
                means: RDP,
                share: None,
                join: Some(view.with(Right::Pointer)),
            },
        ],
        features: Features::NONE,
        screens: vec![],
        os_version: None,
        ..capability(4)
    };
    let nothing = Capability {
        session: SessionKind::Headless,
        offers: vec![],
        codecs: Codecs::NONE,
        ..capability(5)
    };
    vec![capability(1), view_only, hosted, client, nothing]
}

/// Any CBOR under the name of a kind of record.
macro_rules! raw {
    ($name:ident, $of:ty) => {
        struct $name(Cbor);

        impl Encode for $name {
            fn encode(&self) -> Cbor {
                self.0.clone()
            }
        }

        impl Decode for $name {
            fn decode(value: Cbor) -> Result<Self, DecodeError> {
                Ok(Self(value))
            }
        }

        impl Payload for $name {
            const KIND: Kind = <$of>::KIND;
        }

        impl $name {
            /// The bytes of `base` with field `field` set or taken out.
            fn with(base: &$of, signer: &SigningKey, field: i64, value: Option<Cbor>) -> Vec<u8> {
                let Cbor::Map(mut m) = base.encode() else {
                    panic!("a map")
                };
                m.retain(|(k, _)| *k != Cbor::from(field));
                m.extend(value.map(|v| (Cbor::from(field), v)));
                m.sort_by_key(|(k, _)| {
                    let k = i64::decode(k.clone()).unwrap();
                    (k < 0, k.unsigned_abs())
                });
                let signed = Signed::sign(&Self(Cbor::Map(m)), signer).unwrap();
                signed.bytes().to_vec()
            }
        }
    };
}
raw!(RawProfile, Profile);
raw!(RawAddress, AddressRecord);
raw!(RawCapability, Capability);
raw!(RawCert, DeviceCert);

/// What a reader says who expects a record of `device` and the person.
fn judged<T: ByDevice>(bytes: &[u8], device: &DeviceId, now: Timestamp) -> &'static str {
    let read = Unverified::<T>::parse(bytes).map_err(LiveError::from);
    let now = JudgedTime::from_wall(now);
    match read.and_then(|r| Live::check(r, device, &person(), &now)) {
        Ok(_) => "valid",
        Err(LiveError::OtherDevice) => "other-device",
        Err(LiveError::OtherPerson) => "other-person",
        Err(LiveError::Validity(e)) => validity(e),
        Err(LiveError::Record(e)) => record(e),
    }
}

fn validity(e: ValidityError) -> &'static str {
    match e {
        ValidityError::Span => "span",
        ValidityError::NotYet => "not-yet",
        ValidityError::Expired => "expired",
    }
}

fn record(e: RecordError) -> &'static str {
    match e {
        RecordError::OtherSigner => "other-signer",
        RecordError::Content(_) => "content",
        e => panic!("{e}"),
    }
}

struct Reader<'a> {
    kind: &'a str,
    judge: fn(&[u8], &DeviceId, Timestamp) -> &'static str,
    made: &'a mut Vec<Value>,
}

impl Reader<'_> {
    fn case(&mut self, name: &str, bytes: &[u8], now: Timestamp) {
        let result = (self.judge)(bytes, &device(1), now);
        self.made.push(json!({
            "kind": self.kind, "name": name, "device": hex(device(1).as_bytes()),
            "person": hex(person().as_bytes()), "now": now.as_millis(),
            "bytes": hex(bytes), "result": result,
        }));
    }
}

fn text(n: usize) -> Option<Cbor> {
    Some(Cbor::Text("x".repeat(n)))
}

fn numbers(n: &[u16]) -> Option<Cbor> {
    Some(Cbor::Array(n.iter().map(|n| Cbor::from(*n)).collect()))
}

fn profiles(made: &mut Vec<Value>) {
    let mut r = Reader {
        kind: "profile",
        judge: judged::<Profile>,
        made,
    };
    let sign = |p: &Profile, k: u8| Signed::sign(p, &key(k)).unwrap().bytes().to_vec();
    r.case("whole", &sign(&profile(), 1), day(2));
    let bare = Profile {
        avatar: None,
        statement: None,
        ..profile()
    };
    r.case("bare", &sign(&bare, 1), day(2));
    r.case("by another device", &sign(&profile(), 2), day(2));
    let of_another = Profile {
        device: device(2),
        ..profile()
    };
    r.case("about another device", &sign(&of_another, 1), day(2));
    let stranger = Profile {
        person: PersonId::from_bytes([9; 32]),
        ..profile()
    };
    r.case("of another person", &sign(&stranger, 1), day(2));
    r.case(
        "two days early",
        &sign(&profile(), 1),
        day(1).before(DAY * 2),
    );
    r.case("a clock a day behind", &sign(&profile(), 1), day(0));
    r.case("after ten years", &sign(&profile(), 1), day(3661));
    let with = |f, v| RawProfile::with(&profile(), &key(1), f, v);
    r.case("an unknown field", &with(50, text(1)), day(2));
    r.case("an unknown critical field", &with(-1, text(1)), day(2));
    r.case("another version", &with(0, Some(2.into())), day(2));
    r.case("no name", &with(5, None), day(2));
    r.case(
        "a name with a bidi control",
        &with(5, Some("Ada\u{202e}".into())),
        day(2),
    );
    r.case("a statement of 512 bytes", &with(7, text(512)), day(2));
    r.case("a statement of 513 bytes", &with(7, text(513)), day(2));
    r.case("an empty statement", &with(7, text(0)), day(2));
    r.case(
        "an avatar of 31 bytes",
        &with(6, Some(Cbor::Bytes(vec![1; 31]))),
        day(2),
    );
}

fn address_records(made: &mut Vec<Value>) {
    let mut r = Reader {
        kind: "address",
        judge: judged::<AddressRecord>,
        made,
    };
    let sign = |a: &AddressRecord| Signed::sign(a, &key(1)).unwrap().bytes().to_vec();
    r.case("whole", &sign(&addresses()), day(1));
    let hidden = AddressRecord {
        addresses: vec![],
        ..addresses()
    };
    r.case("relays only", &sign(&hidden), day(1));
    r.case(
        "its last moment",
        &sign(&addresses()),
        day(2).before(Duration::from_millis(1)),
    );
    r.case("a day later", &sign(&addresses()), day(2));
    let long = AddressRecord {
        validity: Validity::starting(day(1), DAY + Duration::from_millis(1)),
        ..addresses()
    };
    r.case("longer than a day", &sign(&long), day(1));
    let empty = AddressRecord {
        validity: Validity::starting(day(1), Duration::ZERO),
        ..addresses()
    };
    r.case("for no time", &sign(&empty), day(1));
    let with = |f, v| RawAddress::with(&addresses(), &key(1), f, v);
    let list = |n, len| Some(Cbor::Array(vec![Cbor::Bytes(vec![1; len]); n]));
    r.case("32 addresses", &with(5, list(32, 1)), day(1));
    r.case("33 addresses", &with(5, list(33, 1)), day(1));
    r.case("an address of 256 bytes", &with(5, list(1, 256)), day(1));
    r.case("an address of 257 bytes", &with(5, list(1, 257)), day(1));
    r.case("an empty address", &with(5, list(1, 0)), day(1));
    let relay = addresses().relays[0].encode();
    let twice = Cbor::Array(vec![relay.clone(), relay]);
    r.case("a relay twice", &with(6, Some(twice)), day(1));
    r.case("an empty list of relays", &with(6, list(0, 0)), day(1));
}

fn capability_records(made: &mut Vec<Value>) {
    let mut r = Reader {
        kind: "capability",
        judge: judged::<Capability>,
        made,
    };
    let base = capability(1);
    let sign = |c: &Capability| Signed::sign(c, &key(1)).unwrap().bytes().to_vec();
    r.case("whole", &sign(&base), day(1));
    r.case("a day later", &sign(&base), day(2));
    let with = |f, v| RawCapability::with(&base, &key(1), f, v);
    let map = |entries: &[(u16, Cbor)]| {
        let entries = entries.iter().map(|(k, v)| (Cbor::from(*k), v.clone()));
        Cbor::Map(entries.collect())
    };
    let offer = |t: u16| map(&[(0, t.into()), (2, numbers(&[1]).unwrap())]);
    let offers = |o: Vec<Cbor>| Some(Cbor::Array(o));
    r.case("an unknown session", &with(6, Some(60.into())), day(1));
    r.case("an unknown system", &with(7, Some(60.into())), day(1));
    r.case(
        "an unknown technology",
        &with(9, offers(vec![offer(1), offer(50)])),
        day(1),
    );
    r.case(
        "offers out of order",
        &with(9, offers(vec![offer(50), offer(1)])),
        day(1),
    );
    r.case(
        "an offer twice",
        &with(9, offers(vec![offer(1), offer(1)])),
        day(1),
    );
    let silent = map(&[(0, 1.into())]);
    r.case(
        "an offer of nothing",
        &with(9, offers(vec![silent])),
        day(1),
    );
    let rightless = map(&[(0, 1.into()), (2, Cbor::Array(vec![]))]);
    let rightless = with(9, offers(vec![rightless]));
    r.case("an offer without a right", &rightless, day(1));
    r.case(
        "33 offers",
        &with(9, offers((1..=33).map(offer).collect())),
        day(1),
    );
    r.case("an unknown codec", &with(10, numbers(&[1, 60])), day(1));
    r.case("codecs out of order", &with(10, numbers(&[2, 1])), day(1));
    r.case("an empty list of codecs", &with(10, numbers(&[])), day(1));
    r.case(
        "an unknown KEM",
        &with(11, numbers(&[0x20, 0x9999])),
        day(1),
    );
    r.case("no X25519", &with(11, numbers(&[0x647a])), day(1));
    r.case("no KEMs", &with(11, None), day(1));
    let screen = |w: u32| {
        Cbor::Array(vec![Cbor::Map(vec![
            (0.into(), w.into()),
            (1.into(), 1.into()),
        ])])
    };
    r.case("a screen of no width", &with(12, Some(screen(0))), day(1));
    r.case("a screen too wide", &with(12, Some(screen(65_536))), day(1));
}

fn means_name(m: Means) -> Value {
    match m {
        Means::Native => json!([1]),
        Means::Hosted(t, k) => json!([t.number(), k.number()]),
    }
}

fn pairs() -> Value {
    let all = capabilities();
    let records: Vec<Value> = all
        .iter()
        .zip(1u8..)
        .map(|(c, n)| json!(hex(Signed::sign(c, &key(n)).unwrap().bytes())))
        .collect();
    let mut outcomes = Vec::new();
    for (i, a) in all.iter().enumerate() {
        for (j, b) in all.iter().enumerate().skip(i + 1) {
            let ways: Vec<Value> = possible(a, b)
                .iter()
                .map(|w| {
                    let sharer = if w.sharer == Sharer::First { 1 } else { 2 };
                    let outcome = match w.outcome {
                        Ok(p) => json!({
                            "rights": p.rights.iter().map(Right::number).collect::<Vec<_>>(),
                            "codecs": p.codecs.iter().map(Codec::number).collect::<Vec<_>>(),
                            "kem": p.kem.id().0,
                        }),
                        Err(reason) => json!(reason.number()),
                    };
                    json!([means_name(w.means), sharer, outcome])
                })
                .collect();
            outcomes.push(json!({ "first": i, "second": j, "ways": ways }));
        }
    }
    json!({ "capabilities": records, "outcomes": outcomes })
}

fn certs() -> Vec<Value> {
    let log = start();
    let mut newer = log.clone();
    let mut e = newer.draft(day(2)).unwrap();
    e.revoke(device(1), day(2), Reason::LOST);
    let entry = e.sign(&[&person_key(0)]).unwrap();
    let _ = newer.apply(entry, &JudgedTime::from_wall(day(2))).unwrap();
    let base = DeviceCert::from_log(&log, &device(1), day(1)).unwrap();
    let sign = |c: &DeviceCert, k: &SigningKey| c.sign(k).unwrap().bytes().to_vec();
    let right = sign(&base, &person_key(0));
    let mut made = Vec::new();
    let mut case = |name: &str, bytes: &[u8], log: &PersonLog, now: Timestamp| {
        let read = Unverified::<DeviceCert>::parse(bytes).map_err(CertError::from);
        let checked = read.and_then(|r| DeviceCert::check(r, log, &JudgedTime::from_wall(now)));
        let result = match checked {
            Ok(_) => "valid",
            Err(CertError::Record(e)) => record(e),
            Err(CertError::OtherPerson) => "other-person",
            Err(CertError::Validity(e)) => validity(e),
            Err(CertError::LogBehind { .. }) => "log-behind",
            Err(CertError::Denied(Denial::Revoked { .. })) => "revoked",
            Err(CertError::Denied(Denial::Expired { .. })) => "expired",
            Err(CertError::Denied(Denial::Unknown)) => "unknown",
            Err(CertError::Denied(Denial::Forked)) => "forked",
            Err(CertError::Outdated) => "outdated",
        };
        made.push(json!({
            "name": name, "head": hex(&log.head().to_bytes()), "person": hex(log.id().as_bytes()),
            "now": now.as_millis(), "bytes": hex(bytes), "result": result,
        }));
    };
    case("right", &right, &log, day(1));
    case("by another key", &sign(&base, &person_key(1)), &log, day(1));
    case("run out", &right, &log, day(365));
    case("two days early", &right, &log, day(1).before(DAY * 2));
    case("revoked since", &right, &newer, day(2));
    let changed = |f: &dyn Fn(&mut DeviceCert)| {
        let mut c = base.clone();
        f(&mut c);
        sign(&c, &person_key(0))
    };
    case(
        "of another person",
        &changed(&|c| c.person = PersonId::from_bytes([9; 32])),
        &log,
        day(1),
    );
    case(
        "of an unknown device",
        &changed(&|c| c.device = device(7)),
        &log,
        day(1),
    );
    case("from a newer entry", &changed(&|c| c.seq = 1), &log, day(1));
    case("another name", &changed(&|c| c.name = None), &log, day(1));
    let longest = Duration::from_secs(731 * 86_400 + 1);
    case(
        "for too long",
        &changed(&|c| c.validity = Validity::starting(day(1), longest)),
        &log,
        day(1),
    );
    let raw = |f, v| RawCert::with(&base, &person_key(0), f, v);
    case("an unknown field", &raw(50, text(1)), &log, day(1));
    case("an unknown critical field", &raw(-1, text(1)), &log, day(1));
    case("no KEM keys", &raw(3, None), &log, day(1));
    made
}

#[test]
fn records_of_devices() {
    let mut cases = Vec::new();
    profiles(&mut cases);
    address_records(&mut cases);
    capability_records(&mut cases);
    let made = json!({
        "spec": "02-records.md",
        "keys": "as in person.json; the person is that of its entry \"genesis\"",
        "records": cases,
        "certificates": certs(),
        "possible": pairs(),
    });
    let file = published("records", &made);
    for v in file["possible"]["capabilities"].as_array().unwrap() {
        let bytes = unhex(v.as_str().unwrap());
        let read = Unverified::<Capability>::parse(&bytes).unwrap();
        assert!(read.verify_claimed().is_ok());
    }
}
