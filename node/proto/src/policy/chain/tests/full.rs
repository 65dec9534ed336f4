//! A chain that is full says so, and stays readable (rule R2).

use super::*;
use crate::cbor::{Decode, DecodeError, Encode};
use crate::policy::chain::{ChainState, HEADER_OVERHEAD, MAX_HEADERS, MAX_UPDATE};
use ciborium::Value;

/// A header with a remark in it, as large as need be.
#[derive(Debug)]
struct Large(Value);

impl Encode for Large {
    fn encode(&self) -> Value {
        self.0.clone()
    }
}

impl Decode for Large {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(Self(value))
    }
}

impl Payload for Large {
    const KIND: crate::signed::Kind = PolicyHeader::KIND;
}

/// The next header, of `len` bytes all in all.
fn large(previous: &Cosigned<PolicyHeader>, org: OrgId, b: &[u8], len: usize) -> Vec<u8> {
    let made = |remark: usize| {
        let Value::Map(mut map) = header(Some(previous), org, b).encode() else {
            unreachable!()
        };
        map.push((1_000.into(), Value::Bytes(vec![0; remark])));
        let mut doc = Cosigned::new(Large(Value::Map(map)), &key(1)).unwrap();
        doc.add_signature(&key(2)).unwrap();
        doc.to_bytes()
    };
    let guess = made(len - 2_000).len();
    let bytes = made(len - 2_000 + (len - guess));
    assert_eq!(bytes.len(), len);
    bytes
}

/// A chain with room for a last document of exactly `LAST` bytes.
fn nearly_full() -> (PolicyChain, Vec<Vec<u8>>) {
    const EACH: usize = 65_000;
    let (chain, genesis) = founded();
    let mut headers = vec![genesis.to_bytes()];
    let mut tip = genesis;
    let mut left = MAX_HEADERS - headers[0].len() - HEADER_OVERHEAD - LAST - HEADER_OVERHEAD;
    while left > 0 {
        // The last but one takes what is left over.
        let take = match left {
            n if n > 2 * EACH => EACH,
            n if n > EACH => n / 2,
            n => n,
        };
        let bytes = large(&tip, chain.org(), &body(1), take - HEADER_OVERHEAD);
        left -= take;
        tip = Cosigned::parse(&bytes).unwrap();
        headers.push(bytes);
    }
    let u = PolicyUpdate {
        headers: headers.clone(),
        body: body(1),
    };
    let full = PolicyChain::join(chain.org(), &u, &at(NOW)).unwrap();
    (full, headers)
}

const LAST: usize = 10_000;

#[test]
fn what_can_be_taken_over_can_be_stored_and_passed_on() {
    let (chain, headers) = nearly_full();
    let last = |len| PolicyUpdate {
        headers: vec![large(chain.head(), chain.org(), &body(1), len)],
        body: body(1),
    };
    // To the last byte.
    let mut fits = chain.clone();
    let seq = u64::try_from(headers.len()).unwrap();
    assert_eq!(
        fits.apply(&last(LAST), &at(NOW)),
        Ok(Applied::Advanced { seq })
    );
    let bytes = fits.state().to_bytes();
    let back = PolicyChain::restore(&ChainState::from_bytes(&bytes).unwrap()).unwrap();
    assert_eq!(back, fits);
    // Whatever its body, up to the largest.
    let all = fits.update_after(None);
    let largest = PolicyUpdate {
        body: vec![0; MAX_BODY],
        ..all.clone()
    };
    assert!(largest.to_bytes().len() <= MAX_UPDATE);
    assert!(PolicyUpdate::from_bytes(&largest.to_bytes()).is_ok());
    // One byte more ends the policy, and says why: who was removed by that
    // document doesn't stay in by its size.
    let mut full = chain.clone();
    assert_eq!(
        full.apply(&last(LAST + 1), &at(NOW)),
        Err(ChainError::Unusable(Unusable::Full))
    );
    assert_eq!(full.in_force(&at(NOW)), Err(Unusable::Full));
    assert_eq!(full.headers(), chain.headers());
    let bytes = full.state().to_bytes();
    let back = PolicyChain::restore(&ChainState::from_bytes(&bytes).unwrap()).unwrap();
    assert_eq!(back, full);
    // Nobody joins such a chain either.
    let mut too_long = headers;
    too_long.extend(last(LAST + 1).headers);
    let u = PolicyUpdate {
        headers: too_long,
        body: body(1),
    };
    assert_eq!(
        PolicyChain::join(chain.org(), &u, &at(NOW)),
        Err(ChainError::Unusable(Unusable::Full))
    );
    // Unsigned, a long document ends nothing.
    let mut few = chain.clone();
    let one = sign(&next(&chain, &body(1)), &[1]);
    assert!(few.apply(&update(&[&one], body(1)), &at(NOW)).is_err());
    assert!(few.in_force(&at(NOW)).is_ok());
}
