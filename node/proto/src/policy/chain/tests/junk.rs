//! What strangers add or make up costs nothing and stays nowhere.

use super::*;
use crate::policy::chain::{ChainState, MAX_CHAIN};
use crate::signed::RecordError;
use ciborium::Value;

/// Any content under a policy's name.
fn made_up(h: &PolicyHeader, change: impl FnOnce(&mut Vec<(Value, Value)>)) -> Vec<u8> {
    let Value::Map(mut map) = crate::cbor::Encode::encode(h) else {
        unreachable!()
    };
    change(&mut map);
    let doc = Cosigned::new(Newer(Value::Map(map)), &key(1)).unwrap();
    doc.to_bytes()
}

#[test]
fn nobody_pads_a_document_with_other_signatures() {
    let (chain, genesis) = founded();
    let h = next(&chain, &body(2));
    let extra = Err(ChainError::ExtraSignature);
    let lean = sign(&h, &[1, 2]);
    for padding in [&[1, 2, 100][..], &[1, 2, 3, 11, 12, 100, 101]] {
        let mut c = chain.clone();
        let padded = sign(&h, padding);
        assert_eq!(c.apply(&update(&[&padded], body(2)), &at(NOW)), extra);
        assert_eq!(c, chain);
        // The document itself is taken over, and stays as lean as it was.
        c.apply(&update(&[&lean], body(2)), &at(NOW)).unwrap();
        let again = c.apply(&update(&[&padded], body(2)), &at(NOW));
        assert_eq!(again, Ok(Applied::AlreadyKnown));
        assert_eq!(c.update_after(Some(1)).headers, [lean.to_bytes()]);
        // Nor is a padded rival evidence, or a padded one of a newer version.
        let rival = sign(&next(&chain, &body(3)), padding);
        let refused = c.apply(&update(&[&rival], body(3)), &at(NOW));
        assert_eq!(refused, Err(ChainError::Rollback { newest: 1 }));
        assert!(in_force(&c, 2, NOW));
        let mut c = chain.clone();
        let u = raw(vec![newer(&h, padding).to_bytes()], body(2));
        assert_eq!(c.apply(&u, &at(NOW)), extra);
        assert_eq!(c, chain);
    }
    // Everybody who may sign may also be among many.
    let mut c = chain.clone();
    let all = sign(&h, &[1, 2, 3, 11, 12, 13]);
    assert!(c.apply(&update(&[&all], body(2)), &at(NOW)).is_ok());
    // Nor can a stored or a first document be padded.
    let padded = sign(genesis.payload(), &[1, 2, 100]);
    let u = update(&[&padded], body(1));
    assert_eq!(
        PolicyChain::join(chain.org(), &u, &at(NOW)).err(),
        extra.err()
    );
}

#[test]
fn a_header_that_leads_nowhere_is_not_unpacked() {
    let (mut chain, genesis) = founded();
    let before = chain.clone();
    let no_key = |map: &mut Vec<(Value, Value)>| {
        let zero = Value::Array(vec![Value::Bytes(vec![0; 32])]);
        map.iter_mut().find(|(k, _)| *k == 9.into()).unwrap().1 = zero;
    };
    let mut refused = |headers: Vec<Vec<u8>>, e: ChainError| {
        assert_eq!(chain.apply(&raw(headers, body(2)), &at(NOW)), Err(e));
        assert_eq!(chain, before);
    };
    // None of these keys is one; nobody looks at them.
    let mut far = next(&before, &body(2));
    far.previous.as_mut().unwrap().seq = 7;
    let far = made_up(&far, no_key);
    refused(vec![far.clone()], ChainError::Gap);
    refused(vec![genesis.to_bytes(), far], ChainError::Gap);
    let mut beside = next(&before, &body(2));
    beside.previous.as_mut().unwrap().org = NO_ORG;
    refused(
        vec![made_up(&beside, no_key)],
        ChainError::WrongOrganisation,
    );
    // Where one fits in, they are.
    let fits = made_up(&next(&before, &body(2)), no_key);
    let Err(ChainError::Record(RecordError::Content(_))) =
        before.clone().apply(&raw(vec![fits], body(2)), &at(NOW))
    else {
        panic!("keys that are none");
    };
    // Each follows the one before it: nothing comes twice, however often.
    let many = vec![genesis.to_bytes(); MAX_CHAIN];
    refused(many, ChainError::Gap);
    let a = sign(&next(&before, &body(2)), &[1, 2]);
    let b = sign(&next(&before, &body(3)), &[1, 3]);
    let after_b = sign(&header(Some(&b), before.org(), &body(3)), &[1, 3]);
    refused(vec![a.to_bytes(), b.to_bytes()], ChainError::Gap);
    refused(
        vec![a.to_bytes(), after_b.to_bytes()],
        ChainError::NotLinked,
    );
    refused(vec![a.to_bytes(), genesis.to_bytes()], ChainError::Gap);
    // A state that was tampered with isn't restored.
    let padded = sign(genesis.payload(), &[1, 2, 100]);
    let mut chain = before.clone();
    chain.headers[0] = padded;
    let stored = ChainState::from_bytes(&chain.state().to_bytes()).unwrap();
    let restored = PolicyChain::restore(&stored);
    assert_eq!(restored, Err(ChainError::ExtraSignature));
}
