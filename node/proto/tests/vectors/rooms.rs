use kith_proto::digest::Digest;
use kith_proto::file::Hashing;
use kith_proto::id::{DeviceId, OrgId, PersonId};
use kith_proto::room::body::{Body, Content, FileOffer, Salt, Toggle};
use kith_proto::room::change::{Action, ChangeBody, Retention, Role, RoomKind};
use kith_proto::room::clock::Clock;
use kith_proto::room::entry::{Entry, EntryError, EntryId, EntryIn};
use kith_proto::room::kind::KindCode;
use kith_proto::room::log::{Author, Head, Log, Verdict, Witness, heads_digest, open};
use kith_proto::room::message::{HeadLine, Part, Range, RefusedCode, Scope, SyncMessage, Why};
use kith_proto::room::receipt::{Receipt, ReceiptLine};
use kith_proto::signed::{Signed, Unverified};
use kith_proto::time::Timestamp;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::{hex, key, published, unhex};

struct Anyone;

impl Witness for Anyone {
    fn device(&self, _: &PersonId, _: &DeviceId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn revoked(&self, _: &PersonId, _: &DeviceId) -> Verdict {
        Verdict::Holds
    }
}

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

fn rng(n: u64) -> rand_chacha::ChaCha20Rng {
    rand_chacha::ChaCha20Rng::seed_from_u64(n)
}

/// Person and device `n`: seed 32 times the byte `n`.
fn write(log: &Log, n: u8, body: &Body, secs: u64) -> Entry {
    let author = Author {
        person: person(n),
        key: &key(n),
    };
    log.compose(author, body, Timestamp::from_secs(secs), &mut rng(secs))
        .unwrap()
}

fn text(t: &str) -> Body {
    Body::Content(Content::Text {
        text: t.into(),
        reply_to: None,
    })
}

/// Anna (1) opens, Ben (2) is admin, Carol (3) a member; Anna removes Carol
/// while Ben makes her admin, and invites her again; Carol's clock runs an hour ahead.
fn conversation() -> (Vec<Entry>, Log) {
    let author = Author {
        person: person(1),
        key: &key(1),
    };
    let action = Action::Open {
        nonce: [7; 16],
        title: "ward round".into(),
        kind: RoomKind::Group,
        retention: Retention::Forever,
    };
    let opening = open(author, action, Timestamp::from_secs(1_000_000), &mut rng(0)).unwrap();
    let mut log = Log::begin(&opening, key(9).public().into()).unwrap();
    let mut all = vec![opening];
    let mut put = |log: &mut Log, e: Entry| {
        log.insert(e.clone(), &Anyone, Timestamp::from_secs(2_000_000));
        all.push(e);
    };
    for (n, role) in [(2, Role::Admin), (3, Role::Member)] {
        let invite = log.change(Action::Invite {
            person: person(n),
            role,
        });
        let e = write(&log, 1, &invite, 1_000_000 + u64::from(n));
        put(&mut log, e);
        let accept = log.change(Action::Accept);
        let e = write(&log, n, &accept, 1_000_010 + u64::from(n));
        put(&mut log, e);
    }
    let e = write(&log, 3, &text("an hour ahead"), 1_003_600);
    put(&mut log, e);
    let e = write(&log, 2, &text("answer"), 1_000_030);
    put(&mut log, e);
    let cut = log.cut_of(&person(3));
    let reason = "moved".to_owned();
    let remove = log.change(Action::Remove {
        person: person(3),
        cut,
        reason,
    });
    let remove = write(&log, 1, &remove, 1_000_040);
    let add = log.change(Action::Add {
        person: person(3),
        role: Role::Admin,
    });
    let add = write(&log, 2, &add, 1_000_041);
    let unaware = write(&log, 3, &text("unaware"), 1_003_601);
    put(&mut log, remove);
    put(&mut log, add);
    // An invitation alone doesn't bring her back.
    let again = log.change(Action::Invite {
        person: person(3),
        role: Role::Member,
    });
    let again = write(&log, 1, &again, 1_000_050);
    put(&mut log, again);
    put(&mut log, unaware);
    (all, log)
}

/// Two people are made admins by different others, and remove each other.
fn quarrel() -> (Vec<Entry>, Log) {
    let author = Author {
        person: person(1),
        key: &key(1),
    };
    let action = Action::Open {
        nonce: [8; 16],
        title: "quarrel".into(),
        kind: RoomKind::Group,
        retention: Retention::Forever,
    };
    let opening = open(author, action, Timestamp::from_secs(1_000_000), &mut rng(0)).unwrap();
    let mut log = Log::begin(&opening, key(9).public().into()).unwrap();
    let mut all = vec![opening];
    let put = |log: &mut Log, e: &Entry| {
        log.insert(e.clone(), &Anyone, Timestamp::from_secs(2_000_000));
    };
    for (n, role) in [(2, Role::Member), (3, Role::Member), (4, Role::Admin)] {
        let invite = log.change(Action::Invite {
            person: person(n),
            role,
        });
        all.push(write(&log, 1, &invite, 1_000_000 + u64::from(n)));
        put(&mut log, &all[all.len() - 1]);
        let accept = log.change(Action::Accept);
        all.push(write(&log, n, &accept, 1_000_010 + u64::from(n)));
        put(&mut log, &all[all.len() - 1]);
    }
    let islands = [(1, 2, 3), (4, 3, 2)].map(|(by, admin, gone)| {
        let mut island = log.clone();
        let promote = island.change(Action::Add {
            person: person(admin),
            role: Role::Admin,
        });
        let promote = write(&island, by, &promote, 1_000_020);
        put(&mut island, &promote);
        let remove = island.change(Action::Remove {
            person: person(gone),
            cut: island.cut_of(&person(gone)),
            reason: String::new(),
        });
        let remove = write(&island, admin, &remove, 1_000_030);
        [promote, remove]
    });
    for e in islands.into_iter().flatten() {
        put(&mut log, &e);
        all.push(e);
    }
    (all, log)
}

fn standing(log: &Log) -> Vec<Value> {
    let shown = |how: &str| how.to_lowercase();
    log.membership()
        .people()
        .map(|(p, how)| json!({ "seed_byte": p.as_bytes()[0], "standing": shown(&format!("{:?}", how.standing)) }))
        .collect()
}

fn shown(e: &Entry) -> Value {
    let h = e.header();
    json!({
        "seed_byte": h.person.as_bytes()[0], "seq": h.seq, "kind": h.kind.name(),
        "clock": [h.clock.wall.as_millis(), h.clock.counter], "epoch": h.epoch,
        "id": hex(e.id().0.as_bytes()),
        "header": hex(e.header_bytes()), "body": e.body_bytes().map(hex),
    })
}

fn error(e: &EntryError) -> &'static str {
    match e {
        EntryError::Header(_) => "header",
        EntryError::OtherDevice => "other-device",
        EntryError::OtherBody => "other-body",
        EntryError::BodyMissing => "body-missing",
        EntryError::Change(_) => "change",
    }
}

fn invalid_entries(all: &[Entry]) -> Vec<Value> {
    let last = all.last().unwrap().to_wire();
    let change = all[1].to_wire();
    let mut forged = last.clone();
    *forged.header.last_mut().unwrap() ^= 1;
    let mut body = last.clone();
    *body.body.as_mut().unwrap().last_mut().unwrap() ^= 1;
    let cases = [
        ("the signature altered", forged),
        ("the body altered", body),
        (
            "the body of a change left out",
            EntryIn {
                body: None,
                ..change.clone()
            },
        ),
        (
            "the body of another entry",
            EntryIn {
                body: last.body,
                ..change
            },
        ),
    ];
    cases
        .into_iter()
        .map(|(why, e)| {
            let err = e.clone().verify().unwrap_err();
            json!({
                "why": why, "header": hex(&e.header), "body": e.body.as_deref().map(hex),
                "error": error(&err),
            })
        })
        .collect()
}

fn bodies() -> Vec<Body> {
    let id = EntryId(Digest::from_bytes([5; 32]));
    let session = kith_proto::id::SessionId::from_bytes([6; 16]);
    let change = |action: Action| {
        let opens = matches!(action, Action::Open { .. });
        Body::Change(ChangeBody {
            parents: match opens {
                true => Vec::new(),
                false => conversation().1.membership().heads().to_vec(),
            },
            action,
        })
    };
    vec![
        change(Action::Open {
            nonce: [1; 16],
            title: String::new(),
            kind: RoomKind::Pair(person(2)),
            retention: Retention::For(core::time::Duration::from_secs(86_400)),
        }),
        change(Action::Open {
            nonce: [1; 16],
            title: "all".into(),
            kind: RoomKind::Organisation(OrgId::from_bytes([8; 32])),
            retention: Retention::Forever,
        }),
        change(Action::Open {
            nonce: [1; 16],
            title: "consult".into(),
            kind: RoomKind::Meeting,
            retention: Retention::Forever,
        }),
        change(Action::Decline),
        change(Action::Leave { cut: Vec::new() }),
        change(Action::CutDevice {
            device: key(2).public().into(),
            keep: 3,
        }),
        change(Action::Retention(Retention::Forever)),
        change(Action::Hold(Toggle::Set)),
        change(Action::Title("new".into())),
        Body::Erase(vec![id]),
        Body::Erased(vec![id]),
        Body::MeetingSettings(vec![7; 9]),
        text("grüezi"),
        Body::Content(Content::Text {
            text: "yes".into(),
            reply_to: Some(id),
        }),
        Body::Content(Content::Edit {
            target: id,
            text: "no".into(),
        }),
        Body::Content(Content::Reaction {
            target: id,
            what: "👍".into(),
            toggle: Toggle::Set,
        }),
        Body::Content(Content::File(FileOffer {
            name: "scan.dcm".into(),
            size: 1_000_000,
            hash: [4; 32],
            chunk_log2: 16,
        })),
        Body::Content(Content::ShareStarted {
            session,
            label: "viewer".into(),
        }),
        Body::Content(Content::ShareEnded { session }),
    ]
}

fn invalid_bodies() -> Vec<Value> {
    let file = |name: &str, chunk_log2, size| {
        Body::Content(Content::File(FileOffer {
            name: name.into(),
            size,
            hash: [4; 32],
            chunk_log2,
        }))
    };
    let long = "x".repeat(32 * 1024 + 1);
    let cases = [
        ("empty text", text("")),
        ("text of 32 KiB and a byte", text(&long)),
        ("a file name with a slash", file("../x", 16, 1)),
        ("a file name that is two dots", file("..", 16, 1)),
        ("a chunk size that isn't allowed", file("x", 20, 1)),
        ("more chunks than allowed", file("x", 16, (32 << 31) + 1)),
        ("an erasure of nothing", Body::Erase(Vec::new())),
        (
            "settings of a meeting without a record",
            Body::MeetingSettings(Vec::new()),
        ),
        (
            "an invitation that follows nothing",
            Body::Change(ChangeBody {
                parents: Vec::new(),
                action: Action::Accept,
            }),
        ),
    ];
    cases
        .into_iter()
        .map(|(why, body)| {
            let bytes = body.to_bytes(Salt([2; 16]));
            assert!(Body::decode(body.kind(), &bytes).is_err(), "{why}");
            let bytes = match bytes.len() {
                0..4096 => json!(hex(&bytes)),
                _ => json!({ "text_of_bytes": long.len() }),
            };
            json!({ "why": why, "kind": body.kind().number(), "bytes": bytes })
        })
        .collect()
}

fn messages(log: &Log, all: &[Entry]) -> Vec<Vec<u8>> {
    let device: DeviceId = key(1).public().into();
    let head = log.heads()[&device];
    let line = |head: Option<Head>, receipt| HeadLine {
        device,
        head,
        receipt,
    };
    let parts = [
        Part::Heads {
            scope: Scope::Full,
            lines: vec![line(Some(head), 4)],
        },
        Part::Heads {
            scope: Scope::Changed,
            lines: vec![line(None, 1)],
        },
        Part::Want(vec![Range {
            device,
            from: 0,
            to: 3,
        }]),
        Part::Entries {
            why: Why::Asked,
            entries: Vec::new(),
        },
        Part::Entries {
            why: Why::Pushed,
            entries: vec![all[5].to_wire(), all[5].clone().without_body().to_wire()],
        },
        Part::WantBodies(vec![all[5].pos()]),
        Part::Bodies(vec![(all[5].pos(), all[5].body_bytes().unwrap().to_vec())]),
        Part::Receipts(vec![receipt(log).bytes().to_vec()]),
        Part::Invitation {
            opening: all[0].to_wire(),
            invite: Some(all[1].to_wire()),
        },
        Part::Refused(RefusedCode::Gone),
    ];
    let room = log.room();
    parts
        .into_iter()
        .map(|part| SyncMessage { room, part }.to_bytes())
        .collect()
}

fn receipt(log: &Log) -> Signed<Receipt> {
    let receipt = Receipt {
        room: log.room(),
        person: person(2),
        device: key(2).public().into(),
        number: 1,
        at: Timestamp::from_secs(1_000_050),
        lines: vec![ReceiptLine {
            author: key(1).public().into(),
            held: 4,
            read: 3,
        }],
    };
    Signed::sign(&receipt, &key(2)).unwrap()
}

fn files() -> Vec<Value> {
    [0usize, 1, 65_536, 65_537, 200_000]
        .into_iter()
        .map(|len| {
            let data: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let mut h = Hashing::new("x".into(), len as u64).unwrap();
            h.update(&data).unwrap();
            let (offer, chunks) = h.finish().unwrap();
            json!({
                "bytes": len, "content": "byte i is i mod 251", "chunk_log2": offer.chunk_log2,
                "hash": hex(&offer.hash), "chunks": chunks.iter().map(|c| hex(c)).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// What each person may take in of a carried file: the entries that aren't closed.
fn open_to(log: &Log, all: &[Entry]) -> Value {
    let open = |n: u8| {
        let closed = log.closed_to(&person(n));
        let admitted = all
            .iter()
            .filter(|e| closed.as_ref().is_none_or(|c| c.admits(e)));
        let ids: Vec<String> = admitted.map(|e| hex(e.id().0.as_bytes())).collect();
        json!({ "person": n, "entries": ids })
    };
    (1..=5).map(open).collect()
}

#[test]
fn rooms_and_files() {
    let (all, log) = conversation();
    let (quarrel_entries, quarrelled) = quarrel();
    let counting: Vec<Value> = quarrel_entries
        .iter()
        .map(Entry::id)
        .filter(|id| quarrelled.membership().counts(id))
        .map(|id| json!(hex(id.0.as_bytes())))
        .collect();
    let order: Vec<Value> = log
        .ordered()
        .iter()
        .map(|p| json!(hex(log.row(p).unwrap().id.0.as_bytes())))
        .collect();
    let messages = messages(&log, &all);
    let mut cut_short = messages[0].clone();
    cut_short.pop();
    let made = json!({
        "spec": "08-rooms.md",
        "room": hex(log.room().as_bytes()),
        "entries": all.iter().map(shown).collect::<Vec<_>>(),
        "entries_invalid": invalid_entries(&all),
        "conversation": {
            "standing": standing(&log), "order": order,
            "heads_digest": hex(heads_digest(&log.heads()).as_bytes()),
            "hidden": [hex(all.last().unwrap().id().0.as_bytes())],
            "open_to": open_to(&log, &all),
        },
        "quarrel": {
            "entries": quarrel_entries.iter().map(shown).collect::<Vec<_>>(),
            "standing": standing(&quarrelled), "counting": counting,
            "open_to": open_to(&quarrelled, &quarrel_entries),
        },
        "bodies": bodies().iter().map(|b| json!({
            "kind": b.kind().number(), "bytes": hex(&b.to_bytes(Salt([2; 16]))),
        })).collect::<Vec<_>>(),
        "bodies_invalid": invalid_bodies(),
        "messages": messages.iter().map(|m| hex(m)).collect::<Vec<_>>(),
        "messages_invalid": [
            { "why": "cut short", "bytes": hex(&cut_short) },
            { "why": "an unknown number", "bytes": "a200181e015820".to_owned() + &"00".repeat(32) },
        ],
        "files": files(),
    });
    let file = published("rooms", &made);
    let field = |v: &Value, f: &str| unhex(v[f].as_str().unwrap());
    // Who removed each other: the one let in first stays.
    let stands = |n: u64| &file["quarrel"]["standing"][n as usize - 1]["standing"];
    assert_eq!([stands(2), stands(3)], ["member", "removed"]);
    for v in file["entries"].as_array().unwrap() {
        let entry = EntryIn {
            header: field(v, "header"),
            body: Some(field(v, "body")),
        };
        assert_eq!(hex(entry.verify().unwrap().id().0.as_bytes()), v["id"]);
    }
    for v in file["bodies"].as_array().unwrap() {
        let kind = KindCode::from_number(v["kind"].as_u64().unwrap() as u16).unwrap();
        assert!(Body::decode(kind, &field(v, "bytes")).is_ok(), "{kind:?}");
    }
    for v in file["messages"].as_array().unwrap() {
        SyncMessage::from_bytes(&unhex(v.as_str().unwrap())).unwrap();
    }
    for v in file["messages_invalid"].as_array().unwrap() {
        assert!(
            SyncMessage::from_bytes(&field(v, "bytes")).is_err(),
            "{}",
            v["why"]
        );
    }
    let read = Unverified::<Receipt>::parse(receipt(&log).bytes()).unwrap();
    assert!(read.verify(&key(2).public()).is_ok());
    // The clock that runs ahead is clamped by the answer that names it.
    let ahead = log.key(&all[5].pos()).unwrap();
    assert!(
        ahead.is_clamped()
            && ahead.clock()
                < Clock {
                    wall: Timestamp::from_secs(1_000_100),
                    counter: 0
                }
    );
}
