mod attacks;
mod chains;
mod clock;
mod full;
mod junk;
mod orders;
mod orgs;
mod recovery;
mod rivals;

use core::time::Duration;

use super::*;
use crate::keys::SigningKey;
use crate::policy::document::{KeySet, Previous};
use crate::policy::testing::{NOW, name, person};
use crate::signed::{Cosigned, Payload};
use crate::validity::Validity;

const DAY: Duration = Duration::from_secs(86_400);

fn at(t: Timestamp) -> JudgedTime {
    JudgedTime::from_wall(t)
}

/// A key for tests; making one costs a multiplication of points.
fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

fn keys(seeds: &[u8], needed: u8) -> KeySet {
    KeySet::new(seeds.iter().map(|n| key(*n).public()).collect(), needed).unwrap()
}

/// A body that differs from others by who is in it.
fn body(n: u8) -> Vec<u8> {
    let b = PolicyBody {
        members: vec![crate::policy::testing::member(
            n,
            crate::policy::roles::Role::Sharer,
            &[],
        )],
        ..PolicyBody::default()
    };
    b.to_bytes().unwrap().0
}

/// A header with administrators 1 to 3, two of whom must sign, and recovery
/// keys 11 to 13, two of whom must.
fn header(previous: Option<&Cosigned<PolicyHeader>>, org: OrgId, body: &[u8]) -> PolicyHeader {
    PolicyHeader {
        previous: previous.map(|p| Previous {
            org,
            seq: p.payload().seq() + 1,
            digest: p.digest(),
        }),
        name: name("Praxis am Markt"),
        validity: Validity::starting(NOW, 300 * DAY),
        max_age: 100 * DAY,
        grace: 20 * DAY,
        admins: keys(&[1, 2, 3], 2),
        recovery: Some(keys(&[11, 12, 13], 2)),
        body: PolicyBody::digest(body),
    }
}

fn sign(h: &PolicyHeader, seeds: &[u8]) -> Cosigned<PolicyHeader> {
    let mut doc = Cosigned::new(h.clone(), &key(seeds[0])).unwrap();
    for n in &seeds[1..] {
        doc.add_signature(&key(*n)).unwrap();
    }
    doc
}

/// A header with a field that isn't known here, as a newer version might
/// make it.
#[derive(Debug)]
struct Newer(ciborium::Value);

impl crate::cbor::Encode for Newer {
    fn encode(&self) -> ciborium::Value {
        self.0.clone()
    }
}

impl crate::cbor::Decode for Newer {
    fn decode(value: ciborium::Value) -> Result<Self, DecodeError> {
        Ok(Self(value))
    }
}

impl Payload for Newer {
    const KIND: crate::signed::Kind = PolicyHeader::KIND;
}

/// `h` as a newer version might make it, signed by these.
fn newer(h: &PolicyHeader, seeds: &[u8]) -> Cosigned<Newer> {
    with_field(h, -1, seeds)
}

/// `h` with one field more, that isn't known here.
fn with_field(h: &PolicyHeader, field: i64, seeds: &[u8]) -> Cosigned<Newer> {
    let ciborium::Value::Map(mut map) = crate::cbor::Encode::encode(h) else {
        unreachable!()
    };
    map.push((field.into(), ciborium::Value::Null));
    let mut doc = Cosigned::new(Newer(ciborium::Value::Map(map)), &key(seeds[0])).unwrap();
    for n in &seeds[1..] {
        doc.add_signature(&key(*n)).unwrap();
    }
    doc
}

/// An update of documents that are bytes already.
fn raw(headers: Vec<Vec<u8>>, body: Vec<u8>) -> PolicyUpdate {
    PolicyUpdate { headers, body }
}

fn update(headers: &[&Cosigned<PolicyHeader>], body: Vec<u8>) -> PolicyUpdate {
    PolicyUpdate {
        headers: headers.iter().map(|h| h.to_bytes()).collect(),
        body,
    }
}

const NO_ORG: OrgId = OrgId::from_bytes([0; 32]);

/// A chain with one document, and that document.
fn founded() -> (PolicyChain, Cosigned<PolicyHeader>) {
    let genesis = sign(&header(None, NO_ORG, &body(1)), &[1, 2]);
    let org = OrgId::from(genesis.digest());
    let chain = PolicyChain::join(org, &update(&[&genesis], body(1)), &at(NOW)).unwrap();
    (chain, genesis)
}

/// The next document of a chain, with other members.
fn next(chain: &PolicyChain, b: &[u8]) -> PolicyHeader {
    header(Some(chain.head()), chain.org(), b)
}

fn in_force(chain: &PolicyChain, n: u8, t: Timestamp) -> bool {
    let member = |c: &Compiled| c.may(&person(n), crate::policy::roles::Power::Share);
    chain.in_force(&at(t)).is_ok_and(member)
}
