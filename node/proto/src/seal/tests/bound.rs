//! Another context, or a single other bit, opens nothing.

use super::*;

/// The context with one field replaced, for each field.
fn replaced(base: &SealContext) -> Vec<(&'static str, SealContext)> {
    // Without `..`: a new field doesn't compile until it is replaced here.
    let SealContext {
        session: _,
        sender: _,
        recipient: _,
        sender_kems: _,
        recipient_kems: _,
        policies: _,
        technology: _,
        hosted: _,
        view: _,
        control: _,
        applications: _,
        rights: _,
        challenge: _,
    } = base;
    macro_rules! with {
        ($($field:ident = $value:expr),* $(,)?) => {
            vec![$((stringify!($field), {
                let mut c = base.clone();
                c.$field = $value;
                assert_ne!(c, *base, stringify!($field));
                c
            })),*]
        };
    }
    let other = PolicyRef {
        digest: Digest::from_bytes([5; 32]),
        ..policy(2, 3)
    };
    with! {
        session = SessionId::from_bytes([8; 16]),
        sender = key(3).public().into(),
        recipient = key(3).public().into(),
        sender_kems = KemList::of(&[base_kem(base)]),
        recipient_kems = KemList::of(&[Kem::X25519, Kem::XWing][usize::from(base_kem(base) == Kem::XWing)..]),
        policies = PolicyRefs::default(),
        policies = PolicyRefs::new(vec![policy(1, 12)]).unwrap(),
        policies = PolicyRefs::new(vec![policy(1, 13), policy(2, 3)]).unwrap(),
        policies = PolicyRefs::new(vec![policy(1, 12), policy(3, 3)]).unwrap(),
        policies = PolicyRefs::new(vec![policy(1, 12), other]).unwrap(),
        technology = Technology::Vnc,
        hosted = None,
        hosted = Some(HostedKind::Join),
        view = Scope::Desktop,
        control = Scope::Nothing,
        applications = names(&[]),
        applications = names(&["viewer", "writer"]),
        applications = names(&["writer"]),
        rights = base.rights.with(Right::Keyboard),
        rights = base.rights.without(Right::Pointer),
        challenge = Challenge::from_bytes([10; 32]),
    }
}

fn base_kem(context: &SealContext) -> Kem {
    best_common(&context.sender_kems, &context.recipient_kems).unwrap()
}

#[test]
fn another_context_opens_nothing() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let message = case.seal(parameters());
        let mut fields = BTreeSet::new();
        for (field, context) in replaced(&case.context) {
            let opened = message.clone().open(case.accept(), &context, NOW, CLOCK);
            assert!(opened.is_err(), "{kem:?} {field}");
            fields.insert(field);
            // Also with the checks before HPKE passed by: each is in `info`.
            let info = context.info(
                KeyThumbprint::of_signer(&key(SHARER).public()),
                KeyThumbprint::of_kem(case.accept().public()),
                case.expires,
            );
            assert!(
                !decrypts(&case, message.payload(), &info),
                "{kem:?} {field}"
            );
        }
        assert_eq!(fields.len(), 13);
        assert!(decrypts(&case, message.payload(), &case.info()));
    }
}

/// Whether HPKE alone opens `message` under `info`.
fn decrypts(case: &Case, message: &SealedMessage, info: &[u8]) -> bool {
    let (enc, mut ct) = message.parts();
    let at = ct.len() - 16;
    let (ciphertext, tag) = ct.split_at_mut(at);
    case.pair.decrypt(info, &enc, ciphertext, tag).is_ok()
}

#[test]
fn every_field_of_info_is_bound() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let message = case.seal(parameters());
        let Value::Map(map) = ciborium::from_reader(&*case.info()).unwrap() else {
            panic!()
        };
        // All seventeen are there in this case, the optional ones included.
        let keys: Vec<i128> = map
            .iter()
            .map(|(k, _)| k.as_integer().unwrap().into())
            .collect();
        assert_eq!(keys, (0..=16).collect::<Vec<_>>());
        for at in 0..map.len() {
            let mut other = map.clone();
            other[at].1 = Value::Null;
            assert!(!decrypts(
                &case,
                message.payload(),
                &value_bytes(&Value::Map(other))
            ));
            let mut without = map.clone();
            without.remove(at);
            assert!(!decrypts(
                &case,
                message.payload(),
                &value_bytes(&Value::Map(without))
            ));
        }
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let bytes = case.seal(parameters()).bytes().to_vec();
        assert!(case.receive(&bytes).is_ok());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(case.receive(&flipped).is_err(), "{kem:?} bit {bit}");
        }
    }
}

#[test]
fn every_flipped_bit_under_a_good_signature_is_noticed() {
    // As if the sender itself, or somebody with its key, had altered it.
    let case = Case::new(Kem::X25519);
    let payload = crate::cbor::to_bytes(case.seal(parameters()).payload());
    let (mut unread, mut unopened) = (0, 0);
    for bit in 0..payload.len() * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let read = crate::cbor::from_bytes::<SealedMessage>(&flipped, 10_000);
        let Ok(message) = read else {
            unread += 1;
            continue;
        };
        // Signing takes long, and is the same for every bit further back.
        if bit / 8 < 120 {
            let message = Signed::sign(&message, &key(SHARER)).unwrap();
            assert!(case.open(message).is_err(), "bit {bit}");
        } else {
            assert!(!decrypts(&case, &message, &case.info()), "bit {bit}");
        }
        unopened += 1;
    }
    assert!(unread > 100 && unopened > 16_000, "{unread} {unopened}");
}

#[test]
fn every_flipped_bit_of_an_encapsulated_key_is_noticed() {
    // X-Wing never refuses one: it must lead to another secret.
    let case = Case::new(Kem::XWing);
    let payload = crate::cbor::to_bytes(case.seal(parameters()).payload());
    let message = crate::cbor::from_bytes::<SealedMessage>(&payload, 10_000).unwrap();
    let info = case.info();
    assert!(decrypts(&case, &message, &info));
    let end = payload.len() - 2064 - 4;
    for bit in (end - 1120) * 8..end * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let message = crate::cbor::from_bytes::<SealedMessage>(&flipped, 10_000).unwrap();
        assert!(!decrypts(&case, &message, &info), "bit {bit}");
    }
}
