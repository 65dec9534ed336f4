//! Policy: documents, chains, and decisions of random worlds.

mod chains;
mod decisions;
mod headers;
mod people;
mod said;

use core::time::Duration;

use kith_proto::id::OrgId;
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::policy::document::{KeySet, PolicyHeader, Previous};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;
use serde_json::json;

use crate::{key, published};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn keys(seeds: &[u8], needed: u8) -> KeySet {
    KeySet::new(seeds.iter().map(|n| key(*n).public()).collect(), needed).unwrap()
}

/// A header of administrators 1 to 3 (two must sign) and recovery keys 11 to
/// 13 (two must).
fn header(
    previous: Option<&Cosigned<PolicyHeader>>,
    org: OrgId,
    body: kith_proto::digest::Digest,
) -> PolicyHeader {
    PolicyHeader {
        previous: previous.map(|p| Previous {
            org,
            seq: p.payload().seq() + 1,
            digest: p.digest(),
        }),
        name: Name::from_typed("Praxis am Markt").unwrap(),
        validity: Validity::starting(NOW, DAY * 300),
        max_age: DAY * 100,
        grace: DAY * 20,
        admins: keys(&[1, 2, 3], 2),
        recovery: Some(keys(&[11, 12, 13], 2)),
        body,
    }
}

fn sign(h: &PolicyHeader, seeds: &[u8]) -> Cosigned<PolicyHeader> {
    let by: Vec<SigningKey> = seeds.iter().map(|n| key(*n)).collect();
    let mut doc = Cosigned::new(h.clone(), &by[0]).unwrap();
    by[1..].iter().for_each(|k| doc.add_signature(k).unwrap());
    doc
}

#[test]
fn policy() {
    let made = json!({
        "spec": "04-policy.md",
        "now": NOW.as_millis(),
        "chains": chains::made(),
        "headers_invalid": headers::headers_invalid(),
        "bodies_invalid": decisions::bodies_invalid(),
        "said": said::said(),
        "meetings": said::meetings(),
        "decisions": decisions::made(),
    });
    let file = published("policy", &made);
    chains::replay(&file["chains"]);
    headers::replay_invalid(&file["headers_invalid"]);
    said::replay(&file);
    decisions::replay_invalid(&file["bodies_invalid"]);
}
