mod recovery;

use ciborium::Value as Cbor;
use kith_proto::cbor::{Decode, DecodeError, Encode};
use kith_proto::clock::JudgedTime;
use kith_proto::digest::Digest;
use kith_proto::id::{OrgId, PersonId};
use kith_proto::names::Name;
use kith_proto::policy::chain::{Applied, PolicyChain, PolicyState, PolicyUpdate};
use kith_proto::policy::document::{Member, PolicyBody, PolicyHeader, Previous};
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::roles::Role;
use kith_proto::signed::{Cosigned, Kind, Payload};
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;
use serde_json::{Value, json};

use super::{DAY, NOW, header, keys, sign};
use crate::{hex, key, unhex};

fn body(n: u8) -> (Vec<u8>, Digest) {
    let member = Member {
        person: PersonId::from_bytes([n; 32]),
        name: Name::from_typed(&format!("Member {n}")).unwrap(),
        role: Role::Sharer,
        groups: vec![],
        understood: Understood::Wholly,
    };
    let b = PolicyBody {
        members: vec![member],
        ..PolicyBody::default()
    };
    b.to_bytes().unwrap()
}

/// One chain: what is sent when, and what comes of it.
struct Story {
    name: String,
    org: OrgId,
    chain: Option<PolicyChain>,
    updates: Vec<Value>,
}

impl Story {
    fn new(name: impl Into<String>, org: OrgId) -> Self {
        Self {
            name: name.into(),
            org,
            chain: None,
            updates: Vec::new(),
        }
    }

    fn send(mut self, now: Timestamp, headers: &[Vec<u8>], body: &[u8]) -> Self {
        let update = PolicyUpdate {
            headers: headers.to_vec(),
            body: body.to_vec(),
        };
        let mut seen = json!({
            "now": now.as_millis(),
            "headers": headers.iter().map(|h| hex(h)).collect::<Vec<_>>(),
            "body": hex(body),
        });
        let result = apply(&mut self.chain, self.org, &update, now);
        let seen_map = seen.as_object_mut().unwrap();
        for (k, v) in result.as_object().unwrap() {
            seen_map.insert(k.clone(), v.clone());
        }
        self.updates.push(seen);
        self
    }

    /// The person says that the clock was wrong.
    fn clock_was_wrong(mut self, now: Timestamp) -> Self {
        let mut said = json!({ "now": now.as_millis(), "clock_was_wrong": true });
        let result = corrected(self.chain.as_mut().unwrap(), now);
        let map = said.as_object_mut().unwrap();
        map.extend(result.as_object().unwrap().clone());
        self.updates.push(said);
        self
    }

    fn done(self) -> Value {
        json!({
            "name": self.name,
            "org": hex(self.org.as_bytes()),
            "updates": self.updates,
        })
    }
}

fn apply(
    chain: &mut Option<PolicyChain>,
    org: OrgId,
    update: &PolicyUpdate,
    now: Timestamp,
) -> Value {
    let by = JudgedTime::from_wall(now);
    let result = match chain {
        None => PolicyChain::join(org, update, &by).map(|c| {
            let seq = c.head().payload().seq();
            *chain = Some(c);
            Applied::Advanced { seq }
        }),
        Some(c) => c.apply(update, &by),
    };
    let result = match &result {
        Ok(Applied::AlreadyKnown) => "known",
        Ok(Applied::Advanced { .. }) => "advanced",
        Err(e) => e.code(),
    };
    stands(chain.as_ref(), result, &by)
}

fn corrected(chain: &mut PolicyChain, now: Timestamp) -> Value {
    let by = JudgedTime::from_wall(now);
    let result = match chain.clock_was_wrong(&by) {
        Ok(()) => "counts-again",
        Err(why) => why.code(),
    };
    stands(Some(chain), result, &by)
}

fn stands(chain: Option<&PolicyChain>, result: &str, by: &JudgedTime) -> Value {
    let state = chain.map(|c| match c.status(by).state {
        PolicyState::InForce => "in-force",
        PolicyState::Grace => "grace",
        PolicyState::Unusable(why) => why.code(),
    });
    let seq = chain.map(|c| c.head().payload().seq());
    json!({ "result": result, "seq": seq, "state": state })
}

pub(super) fn replay(chains: &Value) {
    for story in chains.as_array().unwrap() {
        let bytes: [u8; 32] = unhex(story["org"].as_str().unwrap()).try_into().unwrap();
        let org = OrgId::from_bytes(bytes);
        let mut chain = None;
        for u in story["updates"].as_array().unwrap() {
            let now = Timestamp::from_millis(u["now"].as_u64().unwrap()).unwrap();
            let seen = if u["clock_was_wrong"] == true {
                corrected(chain.as_mut().unwrap(), now)
            } else {
                let headers = u["headers"].as_array().unwrap().iter();
                let update = PolicyUpdate {
                    headers: headers.map(|h| unhex(h.as_str().unwrap())).collect(),
                    body: unhex(u["body"].as_str().unwrap()),
                };
                apply(&mut chain, org, &update, now)
            };
            for k in ["result", "seq", "state"] {
                assert_eq!(seen[k], u[k], "{}: {k}", story["name"]);
            }
        }
    }
}

/// A document whose list of signatures was changed by `change`.
fn resigned(doc: &Cosigned<PolicyHeader>, change: fn(&mut Vec<Cbor>)) -> Vec<u8> {
    let mut parts: Cbor = ciborium::from_reader(&doc.to_bytes()[..]).unwrap();
    change(parts.as_array_mut().unwrap()[1].as_array_mut().unwrap());
    let mut out = Vec::new();
    ciborium::into_writer(&parts, &mut out).unwrap();
    out
}

/// Any payload under the policy's kind.
#[derive(Debug)]
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
    const KIND: Kind = PolicyHeader::KIND;
}

/// A header with one field changed, signed by 1 and 2.
pub(super) fn odd(h: &PolicyHeader, field: i64, v: Option<Cbor>) -> Vec<u8> {
    odd_by(h, field, v, [1, 2])
}

fn odd_by(h: &PolicyHeader, field: i64, v: Option<Cbor>, by: [u8; 2]) -> Vec<u8> {
    let Cbor::Map(mut map) = h.encode() else {
        unreachable!("headers are maps")
    };
    map.retain(|(k, _)| *k != Cbor::from(field));
    if let Some(v) = v {
        let key = Cbor::from(field);
        let order = |k: &Cbor| {
            let n = i128::from(k.as_integer().unwrap());
            (n < 0, n.unsigned_abs())
        };
        let at = map.partition_point(|(k, _)| order(k) < order(&key));
        map.insert(at, (key, v));
    }
    let mut doc = Cosigned::new(Any(Cbor::Map(map)), &key(by[0])).unwrap();
    doc.add_signature(&key(by[1])).unwrap();
    doc.to_bytes()
}

pub(super) fn made() -> Value {
    let (b1, d1) = body(1);
    let (b2, d2) = body(2);
    let (b3, d3) = body(3);
    let genesis = sign(&header(None, OrgId::from_bytes([0; 32]), d1), &[1, 2]);
    let org = OrgId::from(genesis.digest());
    let g = genesis.to_bytes();
    let next = |p: &Cosigned<PolicyHeader>, d| header(Some(p), org, d);
    let second = sign(&next(&genesis, d2), &[2, 3]);
    let story = |name| Story::new(name, org).send(NOW, core::slice::from_ref(&g), &b1);
    let mut stories = Vec::new();

    let third = sign(&next(&second, d3), &[1, 2, 3]);
    stories.push(
        story("two more documents, then all again, then too old, then over")
            .send(NOW, &[second.to_bytes()], &b2)
            .send(NOW, &[g.clone(), second.to_bytes(), third.to_bytes()], &b3)
            .send(NOW.after(DAY * 100), &[third.to_bytes()], &b3)
            .send(NOW.after(DAY * 120), &[third.to_bytes()], &b3),
    );
    stories.push(Story::new("a newcomer gets all at once", org).send(
        NOW,
        &[g.clone(), second.to_bytes(), third.to_bytes()],
        &b3,
    ));
    let one = sign(&next(&genesis, d2), &[1]);
    stories.push(story("one signature too few").send(NOW, &[one.to_bytes()], &b2));
    let twice = resigned(&one, |list| list.push(list[0].clone()));
    stories.push(story("the same signer twice").send(NOW, &[twice], &b2));
    let strangers = sign(&next(&genesis, d2), &[1, 7, 8]);
    stories.push(story("strangers make up the number").send(NOW, &[strangers.to_bytes()], &b2));
    let padded = sign(&next(&genesis, d2), &[2, 3, 7]);
    let first = sign(genesis.payload(), &[1, 2, 7]);
    stories.push(
        story("a stranger's signature beside enough others")
            .send(NOW, &[padded.to_bytes()], &b2)
            .send(NOW, &[second.to_bytes()], &b2)
            .send(NOW, &[first.to_bytes(), padded.to_bytes()], &b2),
    );
    stories.push(
        story("headers that don't follow one another")
            .send(NOW, &[g.clone(), g.clone()], &b1)
            .send(NOW, &[second.to_bytes(), g.clone()], &b1)
            .send(NOW, &[g.clone(), third.to_bytes()], &b3),
    );
    let foreign = sign(
        &header(Some(&genesis), OrgId::from_bytes([5; 32]), d2),
        &[1, 2],
    );
    stories.push(story("another organisation").send(NOW, &[foreign.to_bytes()], &b2));
    let mut h = next(&genesis, d2);
    h.previous = h.previous.map(|p| Previous {
        digest: Digest::from_bytes([7; 32]),
        ..p
    });
    stories.push(
        story("a number left out; one that follows another; nothing")
            .send(NOW, &[third.to_bytes()], &b3)
            .send(NOW, &[sign(&h, &[1, 2]).to_bytes()], &b2)
            .send(NOW, &[], &b2),
    );
    let mut h = next(&second, d3);
    h.previous = h.previous.map(|p| Previous {
        digest: Digest::from_bytes([7; 32]),
        ..p
    });
    stories.push(
        story("the administrators went on from another document: a fork")
            .send(NOW, &[second.to_bytes()], &b2)
            .send(NOW, &[sign(&h, &[1]).to_bytes()], &b3)
            .send(NOW, &[sign(&h, &[1, 2]).to_bytes()], &b3),
    );
    let mut h = next(&genesis, d2);
    h.admins = keys(&[4, 5], 2);
    let rotated = sign(&h, &[1, 2]);
    let by_old = sign(&next(&rotated, d3), &[1, 2, 3]);
    let mut h = next(&rotated, d3);
    h.admins = keys(&[4, 5], 2);
    let by_new = sign(&h, &[4, 5]);
    let old_fork = sign(&next(&genesis, d3), &[1, 2]);
    stories.push(
        story("keys change; the old ones sign nothing any more, the new ones do")
            .send(NOW, &[rotated.to_bytes()], &b2)
            .send(NOW, &[by_old.to_bytes()], &b3)
            .send(NOW, &[by_new.to_bytes()], &b3)
            .send(NOW, &[old_fork.to_bytes()], &b3),
    );
    let mut h = next(&genesis, d2);
    h.validity = Validity::starting(NOW, DAY);
    let short = sign(&h, &[1, 2]);
    stories.push(
        story("expired before it came: the old one ends too")
            .send(NOW.after(DAY * 2), &[short.to_bytes()], &b2)
            .send(
                NOW.after(DAY * 2),
                &[sign(&next(&short, d3), &[1, 2]).to_bytes()],
                &b3,
            )
            .send(
                NOW.after(DAY * 2),
                &[
                    short.to_bytes(),
                    sign(&next(&short, d3), &[1, 2]).to_bytes(),
                ],
                &b3,
            ),
    );
    let mut h = next(&genesis, d2);
    h.validity = Validity::starting(NOW.after(DAY * 3), DAY * 30);
    stories.push(
        story("signed three days ahead: one of the clocks is wrong").send(
            NOW,
            &[sign(&h, &[1, 2]).to_bytes()],
            &b2,
        ),
    );
    stories.push(story("the body of another").send(NOW, &[second.to_bytes()], &b3));
    let rival = sign(&next(&genesis, d3), &[1, 3]);
    let mut h = next(&second, d2);
    h.admins = keys(&[8, 9], 2);
    let heal = sign(&h, &[11, 12]);
    stories.push(
        story("a fork, more of the same, and the recovery keys that settle it")
            .send(NOW, &[second.to_bytes()], &b2)
            .send(NOW, &[rival.to_bytes()], &b3)
            .send(NOW, &[third.to_bytes()], &b3)
            .send(NOW, &[heal.to_bytes()], &b2)
            .send(NOW, &[rival.to_bytes()], &b3),
    );
    stories.push(
        story("a fork, settled for the other branch")
            .send(NOW, &[rival.to_bytes()], &b3)
            .send(NOW, &[second.to_bytes()], &b2)
            .send(NOW, &[second.to_bytes(), heal.to_bytes()], &b2),
    );
    let mut h = next(&genesis, d1);
    h.admins = keys(&[8, 9], 1);
    stories.push(story("recovery keys replace the administrators").send(
        NOW,
        &[sign(&h, &[12, 13]).to_bytes()],
        &b1,
    ));
    h.body = d2;
    stories.push(story("recovery keys can't change the rules").send(
        NOW,
        &[sign(&h, &[12, 13]).to_bytes()],
        &b2,
    ));
    stories.push(other_recovery_keys(story, &genesis));
    let newer = odd(&next(&genesis, d2), -1, Some(Cbor::Null));
    stories
        .push(story("a header from a newer version ends the old policy").send(NOW, &[newer], &b2));
    let later = odd(&next(&genesis, d2), 99, Some(Cbor::Null));
    stories.push(story("an unknown field is ignored").send(NOW, &[later], &b2));
    for (name, extra) in [
        ("a body from a newer version ends the old policy", -1),
        ("a broken body ends the old policy", 1),
    ] {
        let Cbor::Map(mut map) = PolicyBody::default().encode() else {
            unreachable!("bodies are maps")
        };
        map.push((extra.into(), Cbor::Null));
        let bytes = kith_proto::cbor::to_bytes(&Cbor::Map(map));
        let doc = sign(&next(&genesis, PolicyBody::digest(&bytes)), &[1, 2]);
        stories.push(story(name).send(NOW, &[doc.to_bytes()], &bytes));
    }
    stories.extend(rivals(&genesis, &b1));
    stories.extend(recovery::stories(&genesis, &b1));
    stories.extend(clocks(&genesis, &b1));
    stories.into_iter().map(Story::done).collect()
}

/// Documents after the first that nobody can use, by enough of its
/// administrators: what is wrong, the header, and the body.
fn of_no_use(genesis: &Cosigned<PolicyHeader>) -> [(&'static str, Vec<u8>, Vec<u8>); 3] {
    let org = OrgId::from(genesis.digest());
    let (b3, d3) = body(3);
    let next = |d| header(Some(genesis), org, d);
    let newer = odd_by(&next(d3), -1, Some(Cbor::Null), [2, 3]);
    let mut over = next(d3);
    over.validity = Validity::starting(NOW, DAY * 5);
    let over = sign(&over, &[2, 3]).to_bytes();
    let junk = vec![0xf6];
    let broken = sign(&next(PolicyBody::digest(&junk)), &[2, 3]).to_bytes();
    [
        ("of a newer version", newer, b3.clone()),
        ("that is over", over, b3),
        ("with a broken body", broken, junk),
    ]
}

/// Two documents with one number, one of which can't be used: a fork,
/// whichever comes first.
fn rivals(genesis: &Cosigned<PolicyHeader>, b1: &[u8]) -> Vec<Story> {
    let org = OrgId::from(genesis.digest());
    let now = NOW.after(DAY * 10);
    let [(b2, d2), (b3, d3)] = [body(2), body(3)];
    let next = |d| header(Some(genesis), org, d);
    let good = sign(&next(d2), &[1, 2]).to_bytes();
    let story = |name| Story::new(name, org).send(now, &[genesis.to_bytes()], b1);
    let mut stories: Vec<Story> = of_no_use(genesis)
        .iter()
        .flat_map(|(what, odd, b)| {
            [
                story(format!("a document {what}, then another with its number"))
                    .send(now, core::slice::from_ref(odd), b)
                    .send(now, core::slice::from_ref(&good), &b2)
                    .send(now, core::slice::from_ref(odd), b),
                story(format!("a document, then one {what} with its number"))
                    .send(now, core::slice::from_ref(&good), &b2)
                    .send(now, core::slice::from_ref(odd), b),
            ]
        })
        .collect();
    let first = sign(&next(d2), &[1, 2]);
    let after = |p: &Cosigned<PolicyHeader>, d| header(Some(p), org, d);
    let odd = odd(&after(&first, d3), -1, Some(Cbor::Null));
    let other = sign(&next(d3), &[1, 3]);
    let second = sign(&after(&first, d3), &[1, 3]);
    let mut h = after(&other, d3);
    h.admins = keys(&[8, 9], 2);
    let heal = sign(&h, &[11, 12]);
    stories.push(
        story("another in the place of one that led to a document of no use, settled".to_owned())
            .send(now, &[first.to_bytes(), odd.clone()], &b3)
            .send(now, &[other.to_bytes()], &b3)
            .send(now, &[first.to_bytes()], &b2)
            .send(now, &[other.to_bytes(), heal.to_bytes()], &b3)
            .send(now, &[first.to_bytes(), odd.clone()], &b3),
    );
    stories.push(
        story("the one before a document of no use comes, then a rival".to_owned())
            .send(now, &[first.to_bytes(), odd], &b3)
            .send(now, &[first.to_bytes()], &b2)
            .send(now, &[second.to_bytes()], &b3),
    );
    let critical = |h: &PolicyHeader, by| odd_by(h, -1, Some(Cbor::Null), by);
    stories.push(
        story("recovery keys of a newer version end the policy".to_owned()).send(
            now,
            &[critical(&next(d2), [11, 12])],
            &b2,
        ),
    );
    let mut elsewhere = next(d2);
    elsewhere.previous = elsewhere.previous.map(|p| Previous { seq: 2, ..p });
    let mut unlinked = next(d2);
    unlinked.previous = unlinked.previous.map(|p| Previous {
        digest: Digest::from_bytes([7; 32]),
        ..p
    });
    stories.push(
        story("headers of a newer version in the wrong place, and by too few".to_owned())
            .send(now, &[critical(&elsewhere, [1, 2])], &b2)
            .send(now, &[critical(&unlinked, [1, 7])], &b2)
            .send(now, &[critical(&next(d2), [1, 11])], &b2)
            .send(now, &[critical(&unlinked, [1, 2])], &b2),
    );
    stories
}

/// The administrators change the recovery keys; nobody else does.
fn other_recovery_keys(
    story: impl Fn(&'static str) -> Story,
    genesis: &Cosigned<PolicyHeader>,
) -> Story {
    let org = OrgId::from(genesis.digest());
    let (b1, d1) = body(1);
    let mut h = header(Some(genesis), org, d1);
    h.recovery = Some(keys(&[21, 22], 2));
    // By themselves: enough of the recovery keys, with their successors.
    h.admins = keys(&[4, 5], 2);
    let by_recovery = sign(&h, &[11, 12]);
    h.admins = keys(&[1, 2, 3], 2);
    let changed = sign(&h, &[1, 3]);
    let mut h = header(Some(&changed), org, d1);
    h.recovery = Some(keys(&[21, 22], 2));
    h.admins = keys(&[4, 5], 2);
    let by_old = sign(&h, &[11, 12, 13]);
    let by_new = sign(&h, &[21, 22]);
    h.recovery = None;
    let without = sign(&h, &[21, 22]);
    story("administrators change the recovery keys; the old ones replace nobody any more")
        .send(NOW, &[by_recovery.to_bytes()], &b1)
        .send(NOW, &[changed.to_bytes()], &b1)
        .send(NOW, &[by_old.to_bytes()], &b1)
        .send(NOW, &[without.to_bytes()], &b1)
        .send(NOW, &[by_new.to_bytes()], &b1)
}

/// What clocks do to a chain whose first document is over after 120 days: the
/// same document comes again and again, and shows what is judged.
fn clocks(genesis: &Cosigned<PolicyHeader>, b1: &[u8]) -> Vec<Story> {
    let org = OrgId::from(genesis.digest());
    let told = |name, days: &[u32]| {
        days.iter().fold(Story::new(name, org), |story, n| {
            story.send(NOW.after(DAY * *n), &[genesis.to_bytes()], b1)
        })
    };
    let mut stories = vec![
        told(
            "seen to be over, then the clock is set back",
            &[0, 30, 60, 90, 119, 120, 119, 0],
        ),
        told(
            "the clock leaps ahead, is taken back, leaps again",
            &[0, 9_000, 1, 9_001, 1],
        ),
        told(
            "the clock leaps ahead and stays there for a day",
            &[0, 9_000, 9_001, 1],
        ),
        told(
            "a clock that is itself behind takes no leap back",
            &[0, 20, 9_000, 3, 9_001, 20],
        ),
    ];
    let (b2, d2) = body(2);
    let mut h = header(Some(genesis), org, d2);
    h.validity = Validity::starting(NOW.after(DAY * 50), DAY * 20);
    let late = sign(&h, &[1, 2]).to_bytes();
    let at = |n| NOW.after(DAY * n);
    stories.push(
        told("a document that was over when it came", &[0, 30, 60])
            .send(at(80), core::slice::from_ref(&late), &b2)
            .send(at(55), core::slice::from_ref(&late), &b2),
    );
    stories.push(
        told("the same, but by a clock that had leapt", &[0, 30, 50])
            .send(at(9_000), core::slice::from_ref(&late), &b2)
            .send(at(51), core::slice::from_ref(&late), &b2)
            .clock_was_wrong(at(51))
            .send(at(51), core::slice::from_ref(&late), &b2),
    );
    stories.push(
        told("it is withheld until it is over", &[0, 30, 60, 90, 119]).send(at(55), &[late], &b2),
    );
    stories.push(
        told(
            "off for a month, over, then set back; the person says that it was wrong",
            &[0, 30, 60, 88, 120, 89],
        )
        .clock_was_wrong(at(120))
        .clock_was_wrong(at(89))
        .send(at(120), &[genesis.to_bytes()], b1)
        .send(at(89), &[genesis.to_bytes()], b1),
    );
    stories
}
