use kith_proto::digest::Digest;
use kith_proto::id::{OrgId, PersonId};
use kith_proto::meet::{Compared, Message, Refused};
use kith_proto::policy::spread::{MAX_PIECE, MAX_PIECES, Newest, Piece};
use kith_proto::presence::{Presence, Reason, State};
use kith_proto::ticket::{Evidence, MAX_EVIDENCE};
use kith_proto::time::Timestamp;
use serde_json::{Value, json};

use crate::{error, hex, published, unhex};

fn ticket() -> Digest {
    Digest::from_bytes([0x11; 32])
}

fn entries(parts: &[Vec<u8>]) -> Evidence {
    Evidence::new(parts.to_vec()).unwrap()
}

fn hexes(parts: &[Vec<u8>]) -> Vec<String> {
    parts.iter().map(|p| hex(p)).collect()
}

/// A message in the words of the vectors.
fn told(message: &Message) -> Value {
    match message {
        Message::Answer { ticket, sealed } => {
            json!({ "kind": 1, "ticket": hex(ticket.as_bytes()), "sealed": hex(sealed) })
        }
        Message::Reply { ticket, sealed } => {
            json!({ "kind": 2, "ticket": hex(ticket.as_bytes()), "sealed": hex(sealed) })
        }
        Message::Refused { ticket, why } => {
            let why = match why {
                Refused::Unknown => 1,
                Refused::Used => 2,
                Refused::Revoked => 3,
                Refused::Expired => 4,
                Refused::NotBelieved => 5,
            };
            json!({ "kind": 3, "ticket": hex(ticket.as_bytes()), "why": why })
        }
        Message::Log(e) => json!({ "kind": 4, "entries": hexes(e.parts()) }),
        Message::Presence(p) => {
            let state = match p.state {
                State::Available => 1,
                State::Away => 2,
                State::Busy => 3,
                State::Sharing => 4,
                State::Hidden => 5,
            };
            match p.since {
                None => json!({ "kind": 5, "state": state }),
                Some(t) => json!({
                    "kind": 5, "state": state, "reason": p.reason.0, "since": t.as_millis(),
                }),
            }
        }
        Message::Fellow {
            person,
            entries,
            profile,
        } => {
            let mut told = json!({
                "kind": 6, "entries": hexes(entries.parts()), "person": hex(person.as_bytes()),
            });
            if let Some(profile) = profile {
                told["profile"] = hex(profile).into();
            }
            told
        }
        Message::Addresses(record) => json!({ "kind": 7, "record": hex(record) }),
        Message::Capability(record) => json!({ "kind": 8, "record": hex(record) }),
        Message::PolicyNewest(n) => json!({
            "kind": 9, "org": hex(n.org.as_bytes()), "number": n.seq,
            "digest": hex(n.digest.as_bytes()),
        }),
        Message::PolicyPiece(p) => json!({
            "kind": 10, "org": hex(p.org.as_bytes()), "index": p.index, "count": p.count,
            "piece": hex(&p.bytes),
        }),
        Message::Here { entries, profile } => json!({
            "kind": 11, "entries": hexes(entries.parts()), "profile": hex(profile),
        }),
        Message::Code(step) => json!({ "kind": 12, "record": hex(step) }),
        Message::Compared(said) => json!({ "kind": 13, "outcome": match said {
            Compared::Same => 1,
            Compared::Ended => 2,
        } }),
        Message::Ticket(record) => json!({ "kind": 14, "record": hex(record) }),
        Message::Profile(record) => json!({ "kind": 15, "record": hex(record) }),
        Message::Terms(record) => json!({ "kind": 16, "record": hex(record) }),
    }
}

fn messages() -> Vec<Message> {
    let why = [
        Refused::Unknown,
        Refused::Used,
        Refused::Revoked,
        Refused::Expired,
        Refused::NotBelieved,
    ];
    let states = [
        State::Available,
        State::Away,
        State::Busy,
        State::Sharing,
        State::Hidden,
    ];
    let mut all = vec![
        Message::Answer {
            ticket: ticket(),
            sealed: vec![0xaa; 40],
        },
        Message::Reply {
            ticket: ticket(),
            sealed: vec![0xbb; 300],
        },
        Message::Log(entries(&[vec![1, 2, 3], vec![4; 30]])),
        Message::Log(Evidence::default()),
        Message::Fellow {
            person: PersonId::from_bytes([0x22; 32]),
            entries: entries(&[vec![5; 24]]),
            profile: None,
        },
        Message::Fellow {
            person: PersonId::from_bytes([0x22; 32]),
            entries: entries(&[vec![5; 24]]),
            profile: Some(vec![6; 24]),
        },
        // Whether it is a record of that device is judged afterwards.
        Message::Addresses(vec![0xcc; 90]),
        Message::Capability(vec![0xdd; 90]),
        Message::PolicyNewest(Newest {
            org: OrgId::from_bytes([0x33; 32]),
            seq: 300,
            digest: ticket(),
        }),
        Message::PolicyPiece(Piece {
            org: OrgId::from_bytes([0x33; 32]),
            index: 1,
            count: u16::try_from(MAX_PIECES).unwrap(),
            bytes: vec![0xee; 24],
        }),
        Message::Here {
            entries: entries(&[vec![5; 24]]),
            profile: vec![6; 24],
        },
        Message::Code(vec![7; 40]),
        Message::Compared(Compared::Same),
        Message::Compared(Compared::Ended),
        Message::Ticket(vec![8; 90]),
        Message::Profile(vec![6; 24]),
        Message::Terms(vec![7; 24]),
    ];
    all.extend(why.map(|why| Message::Refused {
        ticket: ticket(),
        why,
    }));
    all.extend(states.map(|s| Message::Presence(Presence::of(s))));
    all.push(Message::Presence(Presence {
        state: State::Busy,
        reason: Reason::CALL,
        since: Some(Timestamp::from_secs(1_800_000_000)),
    }));
    all
}

/// Bytes that no message has, and why.
fn invalid() -> Vec<(String, &'static str)> {
    let t = format!("5820{}", "11".repeat(32));
    let p = format!("5820{}", "22".repeat(32));
    let o = format!("5820{}", "33".repeat(32));
    let many = format!("a20004019841{}", "4100".repeat(65));
    let own = |s: &str| s.to_owned();
    vec![
        (own(""), "empty"),
        (own("8105"), "not a map"),
        (own("a0"), "no kind"),
        (own("a10005"), "presence without a state"),
        (own("a1000b"), "here without a profile"),
        (own("a1000c"), "a code without a step"),
        (own("a1000d"), "compared without an outcome"),
        (own("a2000d0120"), "a negative outcome"),
        (own("a2000e01f6"), "a ticket that is null"),
        (own("a1000f"), "a profile without a record"),
        (own("a10010"), "terms without a record"),
        (
            own("a3000501010200"),
            "the reason “none”, which is left out",
        ),
        (own("a30005010102f6"), "a reason that is null"),
        (own("a300050101021a00010000"), "a reason beyond 65,535"),
        (own("a200656f74686572"), "the bytes end inside an item"),
        (own("a20061610101"), "a kind that is text"),
        (own("a20020 0101").replace(' ', ""), "a negative kind"),
        (own("a2000501f5"), "a state that is true"),
        (own("a200050120"), "a negative state"),
        (
            own("a20005190101"),
            "a number not in its shortest form, cut",
        ),
        (own("a2000501180a00"), "not in its shortest form"),
        (own("a201010005"), "keys out of order"),
        (own("a3000501012001"), "an unknown critical field"),
        (own("a2000501 0100").replace(' ', ""), "a byte too many"),
        (format!("a2000101{t}"), "an answer without its content"),
        (own("a20001024100"), "an answer without its ticket"),
        (
            format!("a3000101581f{}024100", "11".repeat(31)),
            "a ticket of 31 bytes",
        ),
        (format!("a3000101{t}026161"), "content that is text"),
        (format!("a2000301{t}"), "refused without a reason"),
        (own("a200040180"), "an empty list of entries"),
        (own("a2000401814261"), "an entry that ends too late"),
        (
            own("a200040181 6161").replace(' ', ""),
            "an entry that is text",
        ),
        (own("a20006018141aa"), "a fellow without a person"),
        (
            format!("a3000601 8141aa02{}", &p[..p.len() - 2]).replace(' ', ""),
            "a person of 31 bytes, cut",
        ),
        (own("a10007"), "addresses without a record"),
        (own("a200070180"), "addresses that are a list"),
        (many, "65 entries"),
        (own("a10008"), "a capability without a record"),
        (format!("a3000901{o}0201"), "a newest policy without digest"),
        (
            format!("a500 0a01{o}020103010441aa").replace(' ', ""),
            "a piece behind the last",
        ),
        (
            format!("a5000a01{o}020003{:02x}{:02x}0441aa", 0x18, MAX_PIECES + 1),
            "too many pieces",
        ),
        (format!("a4000a01{o}02000301"), "a piece without bytes"),
    ]
}

/// The same with so many zero bytes at the end, which the files leave out.
fn long() -> [(String, usize, &'static str); 3] {
    let entry = MAX_EVIDENCE + 1;
    let ticket = "11".repeat(32);
    [
        (
            format!("a20004018159{entry:04x}"),
            entry,
            "an entry of 49,153 bytes",
        ),
        (
            format!(
                "a5000a015820{}020003010459{:04x}",
                "33".repeat(32),
                MAX_PIECE + 1
            ),
            MAX_PIECE + 1,
            "a piece of 49,153 bytes",
        ),
        (
            format!("a30001015820{ticket}025a00010000"),
            65_536,
            "longer than 65,536 bytes",
        ),
    ]
}

fn refusal(begin: &str, zeros: usize, why: &str) -> Value {
    let bytes = [unhex(begin), vec![0; zeros]].concat();
    let read = Message::from_bytes(&bytes);
    let Err(e) = read else {
        panic!("{why}: {begin}: {read:?}");
    };
    let mut v = json!({ "bytes": begin, "why": why, "error": error(&e) });
    if zeros > 0 {
        v["zeros"] = zeros.into();
    }
    v
}

/// Messages that are read as others, or passed over.
fn lenient() -> (Vec<Value>, Vec<Value>) {
    let t = format!("5820{}", "11".repeat(32));
    let read_as = [
        ("a3000501021863f5".to_owned(), "a field of later times"),
        (format!("a3000301{t}021863"), "a reason of later times"),
        ("a2000d011863".to_owned(), "an outcome of later times"),
    ];
    let over = [
        ("a1001863", "a kind of later times"),
        ("a2000001f5", "kind 0"),
        ("a20005011863", "a presence with a state of later times"),
        ("a3000501000201", "a presence with the state 0"),
        ("a300050106021863", "a state and a reason of later times"),
        (
            "a2001863 2001",
            "a kind of later times, with a critical field",
        ),
    ];
    let read_as = read_as
        .iter()
        .map(|(bytes, why)| {
            let read = Message::from_bytes(&unhex(bytes));
            let Ok(Some(message)) = read else {
                panic!("{why}: {bytes}: {read:?}");
            };
            json!({ "bytes": bytes, "why": why, "reads": told(&message) })
        })
        .collect();
    let over = over
        .iter()
        .map(|(bytes, why)| {
            let bytes = bytes.replace(' ', "");
            assert_eq!(Message::from_bytes(&unhex(&bytes)), Ok(None), "{why}");
            json!({ "bytes": bytes, "why": why })
        })
        .collect();
    (read_as, over)
}

#[test]
fn meetings() {
    let valid: Vec<Value> = messages()
        .iter()
        .map(|m| {
            let mut v = told(m);
            v["bytes"] = hex(&m.to_bytes()).into();
            v
        })
        .collect();
    let refused: Vec<Value> = invalid()
        .iter()
        .map(|(bytes, why)| refusal(bytes, 0, why))
        .chain(long().map(|(begin, zeros, why)| refusal(&begin, zeros, why)))
        .collect();
    let (read_as, passed_over) = lenient();
    let made = json!({
        "spec": "07-discovery.md, Meeting",
        "valid": valid,
        "read_as": read_as,
        "passed_over": passed_over,
        "invalid": refused,
    });
    let file = published("meet", &made);
    for v in file["valid"].as_array().unwrap() {
        let bytes = unhex(v["bytes"].as_str().unwrap());
        let read = Message::from_bytes(&bytes).unwrap().unwrap();
        assert_eq!(read.to_bytes(), bytes);
    }
}
