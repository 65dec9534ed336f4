use core::convert::Infallible;
use core::time::Duration;

use kith_proto::address::{Address, Relay};
use kith_proto::armor::{self, ArmorError, ArmorKind};
use kith_proto::cbor::to_bytes;
use kith_proto::clock::JudgedTime;
use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::names::{Name, NameError, escape_for_display};
use kith_proto::pair::{Direction, Half, PairSecret, Period, Rendezvous};
use kith_proto::safety::{Card, SafetyCode, SafetyNumber};
use kith_proto::sas::{Binding, Initiator, Party, Responder, SasMessage};
use kith_proto::signed::Signed;
use kith_proto::ticket::{
    Evidence, Hints, Introduction, Invite, Outcome, Pending, Purpose, Reading, Taken, from_text,
    qr_text, read, to_text,
};
use kith_proto::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::{hex, key, published, unhex};

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

fn rng(n: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([n; 32])
}

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

fn name(text: &str) -> Name {
    Name::from_wire(text).unwrap()
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap()
}

fn name_error(e: NameError) -> &'static str {
    match e {
        NameError::Empty => "empty",
        NameError::NoLetter => "no-letter",
        NameError::TooLong(_) => "too-long",
        NameError::Forbidden(_) => "forbidden",
        NameError::StrayMark => "stray-mark",
        NameError::TooManyMarks => "too-many-marks",
        NameError::NotNormal => "not-normal",
    }
}

fn names() -> Value {
    let typed = [
        ("  Anna\t Karlsson\n", "Anna Karlsson"),
        ("Mu\u{308}ller", "M\u{fc}ller"),
        ("\u{212b}sa", "\u{c5}sa"),
        ("Anna\u{a0}\u{3000}K", "Anna K"),
        (
            "\u{5c71}\u{7530} \u{592a}\u{90ce}",
            "\u{5c71}\u{7530} \u{592a}\u{90ce}",
        ),
    ];
    let long = "a".repeat(65);
    let wire = [
        "",
        " ",
        "Anna ",
        "An  na",
        "An\tna",
        "Mu\u{308}ller",
        "--",
        &long,
        "An\0na",
        "An\u{1b}na",
        "An\u{202e}na",
        "An\u{200b}na",
        "An\u{ad}na",
        "An\u{e000}na",
        "An\u{378}na",
        "An\u{fe0f}na",
        "An\u{3164}na",
        "An\u{2800}na",
        "\u{301}Anna",
        "b\u{338}\u{338}\u{338}\u{338}\u{338}",
    ];
    let escaped = [
        "a\u{1b}[2J",
        "x\r\ny",
        "\u{202e}gpj.exe",
        "a\u{200b}b",
        "p\u{e4}ss",
    ]
    .map(|t| json!({ "text": t, "shown": escape_for_display(t) }));
    json!({
        "typed": typed.iter().map(|(t, n)| json!({ "typed": t, "name": n })).collect::<Vec<_>>(),
        "wire_invalid": wire.iter().map(|w| json!({
            "text": w, "error": name_error(Name::from_wire(w).unwrap_err()),
        })).collect::<Vec<_>>(),
        "escaped": escaped,
    })
}

fn check_names(v: &Value) {
    for v in v["typed"].as_array().unwrap() {
        let made = Name::from_typed(text(&v["typed"])).unwrap();
        assert_eq!(made.as_str(), text(&v["name"]));
    }
    for v in v["wire_invalid"].as_array().unwrap() {
        let error = Name::from_wire(text(&v["text"])).unwrap_err();
        assert_eq!(name_error(error), text(&v["error"]));
    }
    for v in v["escaped"].as_array().unwrap() {
        assert_eq!(escape_for_display(text(&v["text"])), text(&v["shown"]));
    }
}

fn armor_error(e: ArmorError) -> &'static str {
    match e {
        ArmorError::NotKith => "not-kith",
        ArmorError::UnknownKind => "unknown-kind",
        ArmorError::OtherKind { .. } => "other-kind",
        ArmorError::Malformed => "malformed",
        ArmorError::Checksum => "checksum",
        ArmorError::TooLong => "too-long",
    }
}

fn texts() -> Value {
    let kinds = [
        ArmorKind::Invite,
        ArmorKind::Answer,
        ArmorKind::Reply,
        ArmorKind::Safety,
    ];
    let good = armor::to_text(ArmorKind::Invite, b"hello");
    let body = &good["kith:invite:".len()..];
    let invalid = [
        String::new(),
        body.to_owned(),
        "kith:later:aaaa".to_owned(),
        good.replace("invite", "answer"),
        good[..good.len() - 1].to_owned(),
        format!("{good}="),
        good.replacen(&body[..1], "1", 1).replace("k1th", "kith"),
        format!("{}b", &good[..good.len() - 1]),
    ];
    let valid = kinds.map(|k| {
        json!({
            "kind": k.word(), "bytes": hex(b"hello"),
            "text": armor::to_text(k, b"hello"), "qr": armor::to_qr_text(k, b"hello"),
        })
    });
    json!({
        "valid": valid,
        "tolerated": [
            good.to_ascii_uppercase(),
            format!("> {}\r\n> {}\r\n", &good[..14], &good[14..]),
            format!("<{good}>"),
        ],
        "invalid": invalid.iter().map(|t| json!({
            "text": t, "error": armor_error(armor::from_text(t).unwrap_err()),
        })).collect::<Vec<_>>(),
    })
}

fn check_texts(v: &Value) {
    for v in v["valid"].as_array().unwrap() {
        for form in ["text", "qr"] {
            let (kind, bytes) = armor::from_text(text(&v[form])).unwrap();
            assert_eq!(kind.word(), text(&v["kind"]));
            assert_eq!(hex(&bytes), text(&v["bytes"]));
        }
    }
    for v in v["tolerated"].as_array().unwrap() {
        assert_eq!(armor::from_text(text(v)).unwrap().1, b"hello");
    }
    for v in v["invalid"].as_array().unwrap() {
        let error = armor::from_text(text(&v["text"])).unwrap_err();
        assert_eq!(armor_error(error), text(&v["error"]));
    }
}

/// Anna invites Ben; everything that goes over the wire, and what both end
/// with.
fn exchange() -> Value {
    let now = JudgedTime::from_wall(START);
    let (anna, ben) = (key(1), key(2));
    let address = Address::new(vec![4, 192, 0, 2, 7, 0x91, 2, 0x23, 0x28, 0xcc, 3]).unwrap();
    let relay = Relay {
        device: DeviceId::from(key(3).public()),
        addresses: vec![address.clone()],
    };
    let me = Introduction {
        person: person(0x11),
        name: name("Anna"),
        hints: Hints::choose([address], [relay]),
        device: &anna,
    };
    let week = Duration::from_secs(7 * 86_400);
    let mut invite = Invite::issue(me, Purpose::Contact, week, &now, &mut rng(1)).unwrap();
    let bytes = invite.ticket().bytes().to_vec();
    let ticket = read(&bytes).unwrap();
    let seed = hex(&invite.to_stored().secret[..32]);
    let me = Introduction {
        person: person(0x22),
        name: name("Ben"),
        hints: Hints::default(),
        device: &ben,
    };
    let entries = Evidence::new(vec![b"entry 1".to_vec(), b"entry 2".to_vec()]).unwrap();
    let pending = Pending::answer(read(&bytes).unwrap(), me, entries, &now, &mut rng(2)).unwrap();
    let Ok(Reading::Fresh(opened)) = invite.open(pending.sealed()) else {
        panic!("the answer does not open");
    };
    let believed = opened.judge(|_| Ok::<(), Infallible>(())).unwrap();
    assert!(matches!(invite.take(believed, &now), Taken::New(_)));
    let mut other = Invite::from_stored(&invite.to_stored()).unwrap();
    let declined = other.decline(&anna, &now, &mut rng(4)).unwrap();
    let entries = Evidence::new(vec![b"entry 3".to_vec()]).unwrap();
    let accepted = invite.accept(&anna, entries, &now, &mut rng(3)).unwrap();
    let device = DeviceId::from(ticket.signer());
    let left = records(
        &ticket.payload().secret.rendezvous(),
        &device,
        &[(20_833, Direction::FromInviter, "hello")],
    );
    json!({
        "ticket": {
            "device_seed": hex(&[1; 32]), "person": hex(&[0x11; 32]), "name": "Anna",
            "seed": seed, "secret": hex(ticket.payload().secret.as_bytes()),
            "issued": START.as_millis(), "expires": START.after(week).as_millis(),
            "bytes": hex(ticket.bytes()), "digest": hex(ticket.digest().as_bytes()),
            "text": to_text(&ticket), "qr": qr_text(&ticket),
        },
        "answer": {
            "device_seed": hex(&[2; 32]), "person": hex(&[0x22; 32]), "name": "Ben",
            "half": hex(&*pending.to_stored().secret), "digest": hex(pending.id().as_bytes()),
            "evidence": [hex(b"entry 1"), hex(b"entry 2")], "bytes": hex(pending.sealed()),
        },
        "reply": { "evidence": [hex(b"entry 3")], "bytes": hex(&accepted.reply) },
        "declined": { "bytes": hex(&declined) },
        "pair_secret": hex(&*accepted.secret.to_bytes()),
        "pending": hex(&pending.to_stored().public),
        "records": left,
    })
}

fn check_exchange(v: &Value) {
    let ticket = read(&unhex(text(&v["ticket"]["bytes"]))).unwrap();
    assert_eq!(from_text(text(&v["ticket"]["text"])).as_ref(), Ok(&ticket));
    assert_eq!(from_text(text(&v["ticket"]["qr"])).as_ref(), Ok(&ticket));
    check_records(&ticket.payload().secret.rendezvous(), &v["records"]);
    let stored = kith_proto::ticket::StoredPending {
        public: unhex(text(&v["pending"])),
        secret: zeroize(text(&v["answer"]["half"])),
    };
    let pending = Pending::from_stored(&stored).unwrap();
    let finish = |reply: &Value| {
        let opened = pending.finish(&unhex(text(&reply["bytes"]))).unwrap();
        opened.judge(|_| Ok::<(), Infallible>(())).unwrap()
    };
    let Outcome::Accepted { secret, .. } = finish(&v["reply"]) else {
        panic!("not accepted");
    };
    assert_eq!(hex(&*secret.to_bytes()), text(&v["pair_secret"]));
    assert!(matches!(finish(&v["declined"]), Outcome::Declined));
}

fn zeroize(hex: &str) -> zeroize::Zeroizing<[u8; 32]> {
    zeroize::Zeroizing::new(unhex(hex).try_into().unwrap())
}

type Fields = Vec<(ciborium::Value, ciborium::Value)>;

/// Tickets that must be refused, each with the reason.
fn tickets_invalid(good: &Value) -> Value {
    let bytes = unhex(text(&good["ticket"]["bytes"]));
    let ticket = read(&bytes).unwrap().into_payload();
    let raw = |change: &dyn Fn(&mut Fields)| {
        let value: ciborium::Value = ciborium::from_reader(&to_bytes(&ticket)[..]).unwrap();
        let ciborium::Value::Map(mut map) = value else {
            panic!("not a map");
        };
        change(&mut map);
        hex(&sign_anything(ciborium::Value::Map(map)))
    };
    let set =
        |at: usize, value: ciborium::Value| raw(&move |m: &mut Fields| m[at].1 = value.clone());
    let over = START.after(Duration::from_secs(30 * 86_400)).as_millis() + 1;
    let mut altered = bytes.clone();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    let cases = [
        (hex(&altered), "the signature altered"),
        (hex(&bytes[..last]), "cut short"),
        (set(0, 2.into()), "version 2"),
        (set(2, "An\u{202e}na".into()), "a name that is not allowed"),
        (set(2, " Anna".into()), "a name not in its normal form"),
        (
            set(3, ciborium::Value::Bytes(vec![0; 31])),
            "a secret of 31 bytes",
        ),
        (set(6, START.as_millis().into()), "expires when issued"),
        (set(6, over.into()), "lasts longer than 30 days"),
        (set(7, 2.into()), "an unknown purpose"),
        (set(8, ciborium::Value::Array(vec![])), "an empty list"),
        (
            set(
                8,
                ciborium::Value::Array(vec![ciborium::Value::Bytes(vec![4; 11]); 5]),
            ),
            "five addresses",
        ),
        (
            set(
                8,
                ciborium::Value::Array(vec![ciborium::Value::Bytes(vec![4; 49])]),
            ),
            "an address of 49 bytes",
        ),
        (
            raw(&|m| m.push(((-1).into(), 0.into()))),
            "an unknown critical field",
        ),
        (
            raw(&|m| {
                m.remove(4);
            }),
            "no key",
        ),
    ];
    for (bytes, why) in &cases {
        assert!(read(&unhex(bytes)).is_err(), "{why}");
    }
    // The same way of making them makes a good one.
    assert_eq!(raw(&|_| ()), hex(&bytes));
    json!(cases.map(|(bytes, why)| json!({ "bytes": bytes, "why": why })))
}

/// A ticket's envelope around any content, signed well.
fn sign_anything(content: ciborium::Value) -> Vec<u8> {
    use kith_proto::cbor::{Decode, DecodeError, Encode};
    use kith_proto::signed::{Kind, Payload};
    use kith_proto::ticket::Ticket;
    struct Anything(ciborium::Value);
    impl Encode for Anything {
        fn encode(&self) -> ciborium::Value {
            self.0.clone()
        }
    }
    impl Decode for Anything {
        fn decode(value: ciborium::Value) -> Result<Self, DecodeError> {
            Ok(Self(value))
        }
    }
    impl Payload for Anything {
        const KIND: Kind = Ticket::KIND;
    }
    Signed::sign(&Anything(content), &key(1))
        .unwrap()
        .bytes()
        .to_vec()
}

fn safety() -> Value {
    let one = |n: u8| {
        let card = Card::of(&person(n), name("Anna")).unwrap();
        json!({
            "person": hex(&[n; 32]), "digits": card.digits, "words": card.words,
            "qr": SafetyCode { shown_by: person(n), shown_to: None }.qr_text(),
        })
    };
    let number = |a, b| {
        json!({
            "persons": [hex(&[a; 32]), hex(&[b; 32])],
            "number": SafetyNumber::of(&person(a), &person(b)).to_string(),
        })
    };
    let shown = SafetyCode {
        shown_by: person(0x11),
        shown_to: Some(person(0x22)),
    };
    json!({
        "cards": [one(0x11), one(0x22), one(0)],
        "numbers": [number(0x11, 0x22), number(0x22, 0x11), number(0x11, 0)],
        "shown": { "by": hex(&[0x11; 32]), "to": hex(&[0x22; 32]), "qr": shown.qr_text() },
    })
}

fn check_safety(v: &Value) {
    let person = |v: &Value| PersonId::from_bytes(unhex(text(v)).try_into().unwrap());
    for v in v["cards"].as_array().unwrap() {
        let owner = person(&v["person"]);
        assert!(Card::is_of(&owner, text(&v["digits"])));
        assert!(Card::is_of(&owner, text(&v["words"])));
        assert_eq!(
            SafetyCode::from_text(text(&v["qr"])).unwrap().shown_by,
            owner
        );
    }
    for v in v["numbers"].as_array().unwrap() {
        let number = SafetyNumber::of(&person(&v["persons"][0]), &person(&v["persons"][1]));
        assert!(number.is(text(&v["number"])));
    }
}

fn sas() -> Value {
    let binding = Binding {
        initiator: Party {
            person: person(0x11),
            device: DeviceId::from(key(1).public()),
        },
        responder: Party {
            person: person(0x22),
            device: DeviceId::from(key(2).public()),
        },
        context: Digest::of("kith/1/example", b"hello"),
    };
    let runs: Vec<Value> = (0..4u8)
        .map(|n| {
            let (i, commit) = Initiator::start(binding, &mut rng(n)).unwrap();
            let (r, nonce) = Responder::start(binding, commit, &mut rng(n + 100)).unwrap();
            let (a, reveal) = i.take(nonce).unwrap();
            let b = r.take(reveal).unwrap();
            assert_eq!(a.code(), b.code());
            json!({
                "commit": hex(&to_bytes(&commit)), "nonce": hex(&to_bytes(&nonce)),
                "reveal": hex(&to_bytes(&reveal)), "code": a.code().digits(),
            })
        })
        .collect();
    let invalid = [
        "",
        "a0",
        "a30001010002412a",
        "a3000101040258200000000000000000000000000000000000000000000000000000000000000000",
        "a30002010102582000000000000000000000000000000000000000000000000000000000000000 00",
    ];
    let invalid = invalid.map(|h| h.replace(' ', ""));
    for h in &invalid {
        assert!(
            kith_proto::cbor::from_bytes::<SasMessage>(&unhex(h), 256).is_err(),
            "{h}"
        );
    }
    json!({
        "initiator": { "person": hex(&[0x11; 32]), "device": hex(key(1).public().as_bytes()) },
        "responder": { "person": hex(&[0x22; 32]), "device": hex(key(2).public().as_bytes()) },
        "context": hex(binding.context.as_bytes()),
        "runs": runs,
        "invalid": invalid,
    })
}

/// What `device` leaves at these places.
fn records(places: &Rendezvous, device: &DeviceId, what: &[(u64, Direction, &str)]) -> Vec<Value> {
    let record = |(period, direction, content): &(u64, Direction, &str)| {
        let slot = places.slot(Period::from_number(*period), *direction, device);
        let value = slot.seal(content.as_bytes(), &mut rng(9)).unwrap();
        json!({
            "period": period, "direction": *direction as u8, "device": hex(device.as_bytes()),
            "key": hex(slot.record_key().as_bytes()), "content": hex(content.as_bytes()),
            "value": hex(&value),
        })
    };
    what.iter().map(record).collect()
}

fn check_records(places: &Rendezvous, records: &Value) {
    for v in records.as_array().unwrap() {
        let direction = match v["direction"].as_u64() {
            Some(0) => Direction::FromLower,
            Some(1) => Direction::FromHigher,
            _ => Direction::FromInviter,
        };
        let device = DeviceId::from_bytes(unhex(text(&v["device"])).try_into().unwrap());
        let period = Period::from_number(v["period"].as_u64().unwrap());
        let slot = places.slot(period, direction, &device);
        assert_eq!(hex(slot.record_key().as_bytes()), text(&v["key"]));
        let content = slot.open(&unhex(text(&v["value"]))).unwrap();
        assert_eq!(hex(&content), text(&v["content"]));
    }
}

fn pair() -> Value {
    let (low, high) = (person(0x11), person(0x22));
    let ticket = Digest::from_bytes([5; 32]);
    let halves = [Half::from_bytes(&[6; 32]), Half::from_bytes(&[7; 32])];
    let secret = PairSecret::agree(&ticket, (&high, &halves[1]), (&low, &halves[0])).unwrap();
    let places = secret.rendezvous();
    let periods = [0, 1, 1_800_000_000, 1_800_050_000, 4_000_000_000].map(|s| {
        let at = Timestamp::from_secs(s);
        let period = places.period_at(at);
        json!({
            "at": at.as_millis(), "period": period.number(),
            "ends": places.period_end(period).as_millis(),
        })
    });
    let device = DeviceId::from(key(1).public());
    let records = records(
        &places,
        &device,
        &[
            (20_833, Direction::FromLower, "hello"),
            (20_834, Direction::FromLower, "hello"),
            (20_833, Direction::FromHigher, ""),
        ],
    );
    json!({
        "ticket": hex(ticket.as_bytes()),
        "low": { "person": hex(&[0x11; 32]), "half": hex(&[6; 32]) },
        "high": { "person": hex(&[0x22; 32]), "half": hex(&[7; 32]) },
        "half_digest": hex(halves[0].digest().as_bytes()),
        "secret": hex(&*secret.to_bytes()),
        "periods": periods,
        "records": records,
    })
}

fn check_pair(v: &Value) {
    let secret = PairSecret::from_bytes(&unhex(text(&v["secret"])).try_into().unwrap());
    check_records(&secret.rendezvous(), &v["records"]);
}

#[test]
fn invites() {
    let exchange = exchange();
    let made = json!({
        "spec": "03-invites.md",
        "names": names(),
        "texts": texts(),
        "tickets_invalid": tickets_invalid(&exchange),
        "exchange": exchange,
        "safety": safety(),
        "sas": sas(),
        "pair": pair(),
    });
    let file = published("invites", &made);
    check_names(&file["names"]);
    check_texts(&file["texts"]);
    check_exchange(&file["exchange"]);
    check_safety(&file["safety"]);
    check_pair(&file["pair"]);
    for v in file["tickets_invalid"].as_array().unwrap() {
        assert!(read(&unhex(text(&v["bytes"]))).is_err(), "{}", v["why"]);
    }
}
