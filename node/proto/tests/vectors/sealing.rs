//! `sealing.json`: seals made by this crate, and what must not open.
//! `sealing_python.json`: seals made by `protocol-spec/check/make_sealing.py`.

mod parameters;

use std::net::IpAddr;
use std::num::NonZeroU16;

use ciborium::Value as Cbor;
use kith_proto::cbor::{self, Decode, DecodeError, Encode};
use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, OrgId, SessionId};
use kith_proto::keys::SigningKey;
use kith_proto::policy::application::{AppName, AppNames};
use kith_proto::policy::reference::{PolicyRef, PolicyRefs};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::seal::{
    AcceptKey, Challenge, Endpoint, Kem, KemKeyPair, KemList, KeyThumbprint, OneTimeKey, Screen,
    SealContext, SealError, SealedMessage, SecretText, SharingParameters, best_common, seal,
};
use kith_proto::signed::{Kind, Payload, RecordError, Signed, Unverified};
use kith_proto::technology::{HostedKind, Technology};
use kith_proto::time::{Monotonic, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::{hex, key, published, read, unhex};

const NOW: u64 = 1_800_000_000_000;
const EXPIRES: u64 = NOW + 120_000;
const MADE: u64 = 5_000;
/// The recipient's device: only its id matters here.
const RECIPIENT: u8 = 2;

fn kems(numbers: &[u16]) -> KemList {
    cbor::from_bytes(&cbor::to_bytes(&numbers.to_vec()), 100).unwrap()
}

/// What `best_common` must say; also the source of the lists below.
const COMMON: &[(&[u16], &[u16], Option<u16>)] = &[
    (&[0x20, 0x647a], &[0x20, 0x647a], Some(0x647a)),
    (&[0x20, 0x647a], &[0x20], Some(0x20)),
    (&[0x20], &[0x20, 0x50, 0x647a], Some(0x20)),
    (
        &[0x10, 0x20, 0x647a, 0xf000],
        &[0x647a, 0xf000],
        Some(0x647a),
    ),
    (&[0x20], &[0x647a], None),
    (&[0xf000], &[0xf000], None),
];

fn common() -> Vec<Value> {
    COMMON
        .iter()
        .map(|(a, b, best)| {
            let made = best_common(&kems(a), &kems(b)).map(|k| k.id().0);
            assert_eq!(made, *best);
            json!({ "a": a, "b": b, "best": best })
        })
        .collect()
}

fn policy(org: u8, sequence: u64, digest: u8) -> Value {
    json!({ "org": hex(&[org; 32]), "sequence": sequence, "digest": hex(&[digest; 32]) })
}

/// A case as the file says it: everything both sides know, and the message.
fn hosted() -> Value {
    json!({
        "name": "an RDP session under a policy, sealed with X-Wing",
        "sender_seed": hex(&[1; 32]),
        "accept_ikm": hex(&[0x33; 32]),
        "made": MADE, "now": NOW, "expires": EXPIRES,
        "context": {
            "session": hex(&[7; 16]),
            "sender": hex(key(1).public().as_bytes()),
            "recipient": hex(key(RECIPIENT).public().as_bytes()),
            "sender_kems": [0x20, 0x647a, 0xf000],
            "recipient_kems": [0x20, 0x647a],
            "policies": [policy(1, 12, 4), policy(2, 3, 5)],
            "technology": 2, "hosted": 1, "view": 2, "control": 1,
            "applications": ["viewer", "writer"], "rights": [1, 2],
            "challenge": hex(&[9; 32]),
        },
        "parameters": {
            "endpoints": [
                { "technology": 2, "address": "192.0.2.1", "port": 3389 },
                { "technology": 2, "address": "2001:db8::1", "port": 443 },
            ],
            "hosted_session": "4", "account": "share-17",
            "password": "correct horse battery staple",
            "screen": [1920, 1080, 24],
            "one_time_key": hex(&[0x5a; 32]),
        },
    })
}

fn native() -> Value {
    json!({
        "name": "a native share without a policy, sealed with X25519",
        "sender_seed": hex(&[1; 32]),
        "accept_ikm": hex(&[0x44; 32]),
        "made": MADE, "now": NOW, "expires": EXPIRES,
        "context": {
            "session": hex(&[8; 16]),
            "sender": hex(key(1).public().as_bytes()),
            "recipient": hex(key(RECIPIENT).public().as_bytes()),
            "sender_kems": [0x20, 0x647a],
            "recipient_kems": [0x20],
            "policies": [],
            "technology": 1, "hosted": null, "view": 4, "control": 0,
            "applications": [], "rights": [1],
            "challenge": hex(&[10; 32]),
        },
        "parameters": { "one_time_key": hex(&[0x5b; 32]) },
    })
}

fn bytes<const N: usize>(v: &Value) -> [u8; N] {
    unhex(v.as_str().unwrap()).try_into().unwrap()
}

fn u16_of(v: &Value) -> u16 {
    u16::try_from(v.as_u64().unwrap()).unwrap()
}

fn time(v: &Value) -> Timestamp {
    Timestamp::from_millis(v.as_u64().unwrap()).unwrap()
}

fn list(v: &Value) -> Vec<u16> {
    v.as_array().unwrap().iter().map(u16_of).collect()
}

fn some<T>(v: &Value, f: impl Fn(&Value) -> T) -> Option<T> {
    (!v.is_null()).then(|| f(v))
}

fn context(v: &Value) -> SealContext {
    SealContext {
        session: SessionId::from_bytes(bytes(&v["session"])),
        sender: DeviceId::from_bytes(bytes(&v["sender"])),
        recipient: DeviceId::from_bytes(bytes(&v["recipient"])),
        sender_kems: kems(&list(&v["sender_kems"])),
        recipient_kems: kems(&list(&v["recipient_kems"])),
        policies: PolicyRefs::new(
            v["policies"]
                .as_array()
                .unwrap()
                .iter()
                .map(|p| PolicyRef {
                    org: OrgId::from_bytes(bytes(&p["org"])),
                    sequence: p["sequence"].as_u64().unwrap(),
                    digest: Digest::from_bytes(bytes(&p["digest"])),
                })
                .collect(),
        )
        .unwrap(),
        technology: Technology::from_number(u16_of(&v["technology"])).unwrap(),
        hosted: some(&v["hosted"], |h| {
            HostedKind::from_number(u16_of(h)).unwrap()
        }),
        view: Scope::from_number(u16_of(&v["view"])).unwrap(),
        control: Scope::from_number(u16_of(&v["control"])).unwrap(),
        applications: AppNames::new(
            v["applications"]
                .as_array()
                .unwrap()
                .iter()
                .map(|n| AppName::new(n.as_str().unwrap()).unwrap())
                .collect(),
        )
        .unwrap(),
        rights: list(&v["rights"])
            .into_iter()
            .map(|r| Right::from_number(r).unwrap())
            .collect::<Rights>(),
        challenge: Challenge::from_bytes(bytes(&v["challenge"])),
    }
}

fn text<const MAX: usize>(v: &Value) -> Option<SecretText<MAX>> {
    some(v, |t| SecretText::new(t.as_str().unwrap().into()).unwrap())
}

fn parameters(v: &Value) -> SharingParameters {
    let endpoints = v["endpoints"].as_array().map_or(&[][..], Vec::as_slice);
    let endpoint = |e: &Value| {
        let address: IpAddr = e["address"].as_str().unwrap().parse().unwrap();
        let technology = Technology::from_number(u16_of(&e["technology"])).unwrap();
        let port = NonZeroU16::new(u16_of(&e["port"])).unwrap();
        Endpoint::new(technology, address, port).unwrap()
    };
    SharingParameters {
        endpoints: endpoints.iter().map(endpoint).collect(),
        hosted_session: text(&v["hosted_session"]),
        account: text(&v["account"]),
        password: text(&v["password"]),
        screen: some(&v["screen"], |s| {
            let [w, h, d] = list(s).try_into().unwrap();
            Screen::new(w, h, d).unwrap()
        }),
        one_time_key: some(&v["one_time_key"], |k| OneTimeKey::from_bytes(&bytes(k))),
    }
}

fn same(a: &SharingParameters, b: &SharingParameters) -> bool {
    let text = |p: &SharingParameters| {
        [
            p.hosted_session.as_ref().map(|t| t.expose().to_owned()),
            p.account.as_ref().map(|t| t.expose().to_owned()),
            p.password.as_ref().map(|t| t.expose().to_owned()),
        ]
    };
    let rest = |p: &SharingParameters| {
        let ends = p.endpoints.iter();
        (
            ends.map(|e| (e.technology(), e.address(), e.port()))
                .collect::<Vec<_>>(),
            p.screen.as_ref().map(Screen::size),
            p.one_time_key.as_ref().map(|k| k.expose().to_vec()),
        )
    };
    text(a) == text(b) && rest(a) == rest(b)
}

fn accept(case: &Value) -> AcceptKey {
    let c = context(&case["context"]);
    let kem = best_common(&c.sender_kems, &c.recipient_kems).unwrap();
    let pair = KemKeyPair::derive(kem, &unhex(case["accept_ikm"].as_str().unwrap()));
    let made = Monotonic::from_millis(case["made"].as_u64().unwrap());
    AcceptKey::from_parts(c.session, c.challenge, pair, made)
}

fn sender(case: &Value) -> SigningKey {
    SigningKey::from_seed(&bytes(&case["sender_seed"]))
}

/// The case with its message, and what leads to it.
fn sealed(mut case: Value) -> Value {
    let (c, accept, sender) = (context(&case["context"]), accept(&case), sender(&case));
    let message = seal(
        &c,
        accept.public(),
        parameters(&case["parameters"]),
        &sender,
        time(&case["now"]),
        time(&case["expires"]),
        &mut ChaCha20Rng::from_seed([6; 32]),
    )
    .unwrap();
    let info = c.info(
        KeyThumbprint::of_signer(&sender.public()),
        KeyThumbprint::of_kem(accept.public()),
        time(&case["expires"]),
    );
    case["accept_public"] = hex(accept.public().as_bytes()).into();
    case["info"] = hex(&info).into();
    case["message"] = hex(message.bytes()).into();
    case
}

/// What stands in the way of a message, as the vectors call it.
fn name(e: &SealError) -> &'static str {
    match e {
        SealError::Mismatch(_) => "mismatch",
        SealError::NoCommonKem => "no-common-kem",
        SealError::WeakerKem => "weaker-kem",
        SealError::Expired => "expired",
        SealError::ClockAhead => "clock-ahead",
        SealError::TooLate => "too-late",
        SealError::Closed => "closed",
        SealError::Content(_) => "content",
        SealError::Record(RecordError::OtherSigner) => "other-signer",
        SealError::Record(RecordError::BadSignature) => "bad-signature",
        SealError::Record(RecordError::OtherKind) => "other-kind",
        SealError::Record(RecordError::Content(_)) => "malformed",
        other => panic!("{other:?} has no name"),
    }
}

/// Opens `message` as the recipient of `case`, knowing `c`, at these times.
fn open(
    case: &Value,
    message: &[u8],
    c: &SealContext,
    now: &Value,
    clock: &Value,
) -> Result<SharingParameters, SealError> {
    let sender = DeviceId::public_key(&context(&case["context"]).sender).unwrap();
    let message = Unverified::<SealedMessage>::parse(message)?.verify(&sender)?;
    let clock = Monotonic::from_millis(clock.as_u64().unwrap());
    let opened = message.open(accept(case), c, time(now), clock)?;
    let claimed = kith_proto::seal::Claimed::durably(opened.session());
    opened.release(claimed, clock)
}

fn refusal(case: &Value, message: &[u8]) -> &'static str {
    let c = context(&case["context"]);
    name(&open(case, message, &c, &case["now"], &case["made"]).unwrap_err())
}

/// A sealed message with any content, to sign what no honest sender would.
struct Any(Cbor);

impl Encode for Any {
    fn encode(&self) -> Cbor {
        self.0.clone()
    }
}

impl Decode for Any {
    fn decode(value: Cbor) -> Result<Self, DecodeError> {
        Ok(Self(value))
    }
}

impl Payload for Any {
    const KIND: Kind = SealedMessage::KIND;
}

struct AnyOther(Cbor);

impl Encode for AnyOther {
    fn encode(&self) -> Cbor {
        self.0.clone()
    }
}

impl Decode for AnyOther {
    fn decode(value: Cbor) -> Result<Self, DecodeError> {
        Ok(Self(value))
    }
}

impl Payload for AnyOther {
    const KIND: Kind = Kind {
        name: "example",
        ..SealedMessage::KIND
    };
}

fn payload(message: &[u8]) -> Vec<(Cbor, Cbor)> {
    let read = Unverified::<Any>::parse(message).unwrap();
    let Cbor::Map(map) = read.verify_claimed().unwrap().into_payload().0 else {
        panic!("not a map");
    };
    map
}

fn resigned(message: &[u8], change: impl Fn(&mut Vec<(Cbor, Cbor)>)) -> Vec<u8> {
    let mut map = payload(message);
    change(&mut map);
    let signed = Signed::sign(&Any(Cbor::Map(map)), &key(1)).unwrap();
    signed.bytes().to_vec()
}

fn flip(v: &mut Cbor) {
    let Cbor::Bytes(b) = v else {
        panic!("not bytes");
    };
    b[0] ^= 1;
}

fn cut(v: &mut Cbor) {
    let Cbor::Bytes(b) = v else {
        panic!("not bytes");
    };
    b.pop();
}

fn invalid_messages(case: &Value) -> Vec<Value> {
    let good = unhex(case["message"].as_str().unwrap());
    let other = Signed::sign(&Any(Cbor::Map(payload(&good))), &key(3)).unwrap();
    let kind = Signed::sign(&AnyOther(Cbor::Map(payload(&good))), &key(1)).unwrap();
    let mut altered = good.clone();
    *altered.last_mut().unwrap() ^= 1;
    let set = |at: usize, v: Cbor| resigned(&good, move |m| m[at].1 = v.clone());
    let id = |n: u8, len: usize| Cbor::Bytes(vec![n; len]);
    let made = [
        ("the signature altered", altered),
        ("signed by another device", other.bytes().to_vec()),
        ("another kind of record", kind.bytes().to_vec()),
        ("version 2", set(0, 2.into())),
        ("another session", set(1, id(1, 16))),
        ("another recipient", set(2, id(1, 32))),
        ("a mechanism that nobody knows", set(3, 0xf000.into())),
        (
            "another mechanism than the key's length",
            set(3, 0x647a.into()),
        ),
        (
            "another expiry under the signature",
            set(4, (EXPIRES - 1).into()),
        ),
        (
            "an encapsulated key too short",
            resigned(&good, |m| cut(&mut m[5].1)),
        ),
        (
            "the encapsulated key altered",
            resigned(&good, |m| flip(&mut m[5].1)),
        ),
        ("an encapsulated key of small order", set(5, id(0, 32))),
        (
            "a ciphertext of no size class",
            resigned(&good, |m| cut(&mut m[6].1)),
        ),
        (
            "the ciphertext altered",
            resigned(&good, |m| flip(&mut m[6].1)),
        ),
        (
            "a field missing",
            resigned(&good, |m| {
                m.pop();
            }),
        ),
        (
            "an unknown critical field",
            resigned(&good, |m| {
                m.push((Cbor::from(-1), Cbor::Null));
            }),
        ),
    ];
    made.into_iter()
        .map(|(why, bytes)| json!({ "why": why, "error": refusal(case, &bytes), "message": hex(&bytes) }))
        .collect()
}

fn invalid_contexts(case: &Value) -> Vec<Value> {
    let good = unhex(case["message"].as_str().unwrap());
    let changes = [
        ("session", json!(hex(&[1; 16]))),
        ("sender", json!(hex(key(3).public().as_bytes()))),
        ("recipient", json!(hex(key(3).public().as_bytes()))),
        ("sender_kems", json!([0x20, 0x647a])),
        ("sender_kems", json!([0x20])),
        ("recipient_kems", json!([0x647a])),
        ("policies", json!([])),
        ("policies", json!([policy(1, 12, 4)])),
        ("policies", json!([policy(1, 13, 4), policy(2, 3, 5)])),
        ("policies", json!([policy(1, 12, 4), policy(2, 3, 6)])),
        ("policies", json!([policy(1, 12, 4), policy(3, 3, 5)])),
        ("technology", json!(3)),
        ("hosted", json!(2)),
        ("hosted", Value::Null),
        ("view", json!(4)),
        ("control", json!(0)),
        ("applications", json!(["viewer"])),
        ("applications", json!([])),
        ("rights", json!([1])),
        ("rights", json!([])),
        ("rights", json!([1, 2, 3])),
        ("challenge", json!(hex(&[1; 32]))),
    ];
    // Every field of the context is there.
    for field in case["context"].as_object().unwrap().keys() {
        assert!(changes.iter().any(|(f, _)| f == field), "{field}");
    }
    changes
        .into_iter()
        .map(|(field, value)| {
            let mut c = case["context"].clone();
            c[field] = value.clone();
            let opened = open(case, &good, &context(&c), &case["now"], &case["made"]);
            json!({ "field": field, "value": value, "error": name(&opened.unwrap_err()) })
        })
        .collect()
}

fn times(case: &Value) -> Vec<Value> {
    let good = unhex(case["message"].as_str().unwrap());
    let c = context(&case["context"]);
    let day = 24 * 3600 * 1000;
    [
        (NOW, MADE + 120_000),
        (NOW, MADE + 120_001),
        (EXPIRES + day, MADE),
        (EXPIRES + day + 1, MADE),
        (NOW - day, MADE),
        (NOW - day - 1, MADE),
    ]
    .into_iter()
    .map(|(now, clock)| {
        let error = open(case, &good, &c, &now.into(), &clock.into())
            .err()
            .map(|e| name(&e));
        json!({ "now": now, "clock": clock, "error": error })
    })
    .collect()
}

fn replay(case: &Value) {
    let message = unhex(case["message"].as_str().unwrap());
    let c = context(&case["context"]);
    let out = open(case, &message, &c, &case["now"], &case["made"]).unwrap();
    let why = case["name"].as_str().unwrap();
    assert!(same(&out, &parameters(&case["parameters"])), "{why}");
}

#[test]
fn seals() {
    let valid = [sealed(hosted()), sealed(native())];
    let good = unhex(valid[1]["message"].as_str().unwrap());
    let extended = resigned(&good, |m| m.push((Cbor::from(99), Cbor::Null)));
    let mut later = valid[1].clone();
    later["name"] = "an unknown field that isn't critical".into();
    later["message"] = hex(&extended).into();
    let made = json!({
        "spec": "05-sealing.md",
        "kinds": { "name": SealedMessage::KIND.name, "domain": SealedMessage::KIND.domain() },
        "best_common": common(),
        "valid": [&valid[0], &valid[1], later],
        "invalid_messages": { "case": 1, "messages": invalid_messages(&valid[1]) },
        "invalid_contexts": { "case": 0, "changes": invalid_contexts(&valid[0]) },
        "times": { "case": 1, "at": times(&valid[1]) },
        "invalid_parameters": parameters::invalid(),
    });
    let file = published("sealing", &made);
    for case in file["valid"].as_array().unwrap() {
        replay(case);
    }
}

#[test]
fn seals_made_elsewhere() {
    let file = read("sealing_python");
    let cases = file["valid"].as_array().unwrap();
    for case in cases {
        replay(case);
    }
    let of = |kem: Kem| {
        let n = accept(&cases[0]).public().kem() == kem;
        usize::from(n) + usize::from(accept(&cases[1]).public().kem() == kem)
    };
    assert_eq!((cases.len(), of(Kem::XWing), of(Kem::X25519)), (2, 1, 1));
}
