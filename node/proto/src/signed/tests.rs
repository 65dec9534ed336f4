use coset::{CoseSign1Builder, HeaderBuilder};
use proptest::prelude::*;

use super::*;
use crate::cbor::{MapBuilder, MapReader};
use crate::testing::{key, rng};

#[derive(Debug, Clone, PartialEq, Eq)]
struct Note(String);

impl Encode for Note {
    fn encode(&self) -> Value {
        MapBuilder::new().put(0, &1u64).put(1, &self.0).build()
    }
}

impl Decode for Note {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let note = Self(r.req(1)?);
        let _ = r.finish()?;
        Ok(note)
    }
}

impl Payload for Note {
    const KIND: Kind = Kind {
        name: "test-note",
        version: 1,
        max: 600,
    };
}

/// The same bytes under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Other(Note);

impl Encode for Other {
    fn encode(&self) -> Value {
        self.0.encode()
    }
}

impl Decode for Other {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Note::decode(value).map(Self)
    }
}

impl Payload for Other {
    const KIND: Kind = Kind {
        name: "test-other",
        version: 1,
        max: 600,
    };
}

fn note() -> Signed<Note> {
    Signed::sign(&Note("hello".into()), &key(1)).unwrap()
}

fn read(bytes: &[u8]) -> Result<Signed<Note>, RecordError> {
    Unverified::parse(bytes)?.verify(&key(1).public())
}

#[test]
fn a_record_comes_back_with_its_bytes() {
    let note = note();
    let back = read(note.bytes()).unwrap();
    assert_eq!(back, note);
    assert_eq!(back.payload().0, "hello");
    assert_eq!(back.signer(), key(1).public());
}

/// R1: not one bit of a record can be changed (issue: "flip every bit").
#[test]
fn every_flipped_bit_is_refused() {
    let note = note();
    for bit in 0..note.bytes().len() * 8 {
        let mut bytes = note.bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&bytes).is_err(), "bit {bit} of {}", bytes.len() * 8);
        let claimed = Unverified::<Note>::parse(&bytes).and_then(Unverified::verify_claimed);
        assert!(claimed.is_err(), "bit {bit} under the key it claims");
    }
}

#[test]
fn every_prefix_and_every_longer_form_is_refused() {
    let note = note();
    for n in 0..note.bytes().len() {
        assert!(read(&note.bytes()[..n]).is_err(), "{n} bytes");
    }
    assert!(read(&[note.bytes(), &[0]].concat()).is_err());
}

#[test]
fn another_signer_and_another_kind_are_told_apart() {
    let note = note();
    let unverified = Unverified::<Note>::parse(note.bytes()).unwrap();
    assert_eq!(unverified.claimed_signer(), key(1).public());
    assert_eq!(
        unverified.verify(&key(2).public()),
        Err(RecordError::OtherSigner)
    );
    assert_eq!(
        Unverified::<Other>::parse(note.bytes()).err(),
        Some(RecordError::OtherKind)
    );
    assert_ne!(
        Signed::sign(&Other(Note("hello".into())), &key(1))
            .unwrap()
            .digest(),
        note.digest()
    );
}

#[test]
fn a_record_that_is_too_long_is_not_made() {
    let long = Note("x".repeat(Note::KIND.max));
    assert!(matches!(
        Signed::sign(&long, &key(1)),
        Err(RecordError::TooLarge { max: 600, .. })
    ));
}

/// A record signed well by its key, but with the header that `change` makes.
fn with_header(change: impl FnOnce(HeaderBuilder) -> HeaderBuilder) -> Vec<u8> {
    let base = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .content_type(Note::KIND.content_type())
        .key_id(key(1).public().as_bytes().to_vec());
    let sign1 = CoseSign1Builder::new()
        .protected(change(base).build())
        .payload(cbor::to_bytes(&Note("hello".into())))
        .create_signature(Note::KIND.domain().as_bytes(), |m| key(1).sign(m).to_vec())
        .build();
    tagged(sign1).unwrap()
}

#[test]
fn headers_have_exactly_one_form() {
    assert_eq!(with_header(|h| h), note().bytes());
    assert_eq!(
        read(&with_header(|h| h.algorithm(iana::Algorithm::ES256))),
        Err(RecordError::Envelope("the algorithm isn't EdDSA"))
    );
    assert_eq!(
        read(&with_header(|h| h.key_id(vec![1; 31]))),
        Err(RecordError::Envelope("the key id has not 32 bytes"))
    );
    assert_eq!(
        read(&with_header(|h| h.key_id(vec![0; 32]))),
        Err(RecordError::Envelope("the key id is no key"))
    );
    let extra = Err(RecordError::Envelope("a header that isn't allowed"));
    assert_eq!(read(&with_header(|h| h.value(100, Value::from(1)))), extra);
    assert_eq!(read(&with_header(|h| h.iv(vec![1]))), extra);
    let crit = with_header(|h| h.add_critical(iana::HeaderParameter::Alg));
    assert_eq!(read(&crit), extra);
}

/// A record whose protected header has these bytes, signed well.
fn with_protected(protected: &[u8]) -> Vec<u8> {
    let payload = cbor::to_bytes(&Note("hello".into()));
    let bytes = |b: &[u8]| Value::Bytes(b.to_vec());
    let signed = cbor::value_bytes(&Value::Array(vec![
        Value::Text("Signature1".into()),
        bytes(protected),
        bytes(Note::KIND.domain().as_bytes()),
        bytes(&payload),
    ]));
    let signature = key(1).sign(&signed);
    cbor::value_bytes(&Value::Tag(
        canon::TAG_SIGN1,
        Box::new(Value::Array(vec![
            bytes(protected),
            Value::Map(Vec::new()),
            bytes(&payload),
            bytes(&signature),
        ])),
    ))
}

/// R1: the protected header has one form too, although COSE hides it in a
/// byte string where the record's own scan doesn't look.
#[test]
fn a_protected_header_in_another_form_is_refused() {
    let record = CoseSign1::from_tagged_slice(note().bytes()).unwrap();
    let good = record.protected.original_data.unwrap();
    assert_eq!(with_protected(&good), note().bytes());
    // { 1: -8, 3: content type, 4: key id }: the same in other forms.
    assert_eq!(good[..3], [0xa3, 0x01, 0x27]);
    let indefinite = [&[0xbf], &good[1..], &[0xff]].concat();
    let long_count = [&[0xb8, 0x03], &good[1..]].concat();
    let long_value = [&[0xa3, 0x01, 0x38, 0x07], &good[3..]].concat();
    let moved = [&[0xa3], &good[3..], &good[1..3]].concat();
    for other in [indefinite, long_count, long_value, moved] {
        let refused = read(&with_protected(&other));
        assert!(matches!(refused, Err(RecordError::Canon(_))), "{refused:?}");
    }
}

#[test]
fn unprotected_headers_and_missing_payloads_are_refused() {
    let base = || CoseSign1Builder::new().protected(header(&Note::KIND, &key(1).public()));
    let sign = |b: CoseSign1Builder| {
        let domain = Note::KIND.domain();
        tagged(
            b.create_signature(domain.as_bytes(), |m| key(1).sign(m).to_vec())
                .build(),
        )
        .unwrap()
    };
    let unprotected = base()
        .unprotected(HeaderBuilder::new().key_id(vec![1]).build())
        .payload(cbor::to_bytes(&Note("hello".into())));
    assert_eq!(
        read(&sign(unprotected)),
        Err(RecordError::Envelope("a header that isn't allowed"))
    );
    assert_eq!(
        read(&sign(base())),
        Err(RecordError::Envelope("the payload is missing"))
    );
}

#[test]
fn well_signed_nonsense_is_refused() {
    for payload in [
        &b"\xa0"[..],
        b"\xa1\x00\x02",
        b"\x18\x01",
        b"",
        b"\xa3\x00\x01\x01\x60\x20\x01",
    ] {
        let sign1 = CoseSign1Builder::new()
            .protected(header(&Note::KIND, &key(1).public()))
            .payload(payload.to_vec())
            .create_signature(Note::KIND.domain().as_bytes(), |m| key(1).sign(m).to_vec())
            .build();
        let read = read(&tagged(sign1).unwrap());
        assert!(
            matches!(read, Err(RecordError::Content(_))),
            "{payload:02x?}: {read:?}"
        );
    }
}

fn cosigned(keys: &[u64]) -> Cosigned<Note> {
    let mut doc = Cosigned::new(Note("rules".into()), &key(keys[0])).unwrap();
    keys[1..]
        .iter()
        .for_each(|k| doc.add_signature(&key(*k)).unwrap());
    doc
}

#[test]
fn signatures_are_collected_in_any_order_to_the_same_bytes() {
    let one = cosigned(&[1, 2, 3]);
    let mut other = cosigned(&[3, 1]);
    other.merge(&cosigned(&[2, 3])).unwrap();
    assert_eq!(one.to_bytes(), other.to_bytes());
    let back = Cosigned::<Note>::parse(&one.to_bytes()).unwrap();
    assert_eq!(back, one);
    let keys = [
        key(1).public(),
        key(3).public(),
        key(3).public(),
        key(9).public(),
    ];
    assert_eq!(back.signed_by(&keys), 2);
}

#[test]
fn another_document_is_not_merged() {
    let mut one = cosigned(&[1]);
    let other = Cosigned::new(Note("laws".into()), &key(2)).unwrap();
    assert_eq!(one.merge(&other), Err(RecordError::OtherKind));
    assert_eq!(one, cosigned(&[1]));
}

#[test]
fn repeated_unsorted_foreign_and_attached_signatures_are_refused() {
    let doc = cosigned(&[1, 2]);
    let with = |signatures: Vec<Vec<u8>>| {
        let list = signatures.into_iter().map(Value::Bytes).collect();
        cbor::value_bytes(&Value::Array(vec![
            Value::Bytes(doc.payload_bytes.clone()),
            Value::Array(list),
        ]))
    };
    let parse = |bytes: &[u8]| Cosigned::<Note>::parse(bytes).map(|_| ());
    let (a, b) = (doc.signatures[0].1.clone(), doc.signatures[1].1.clone());
    assert_eq!(parse(&with(vec![a.clone(), b.clone()])), Ok(()));
    assert_eq!(
        parse(&with(vec![a.clone(), a.clone()])),
        Err(RecordError::RepeatedSigner)
    );
    assert!(matches!(
        parse(&with(vec![b, a])),
        Err(RecordError::Envelope(_))
    ));
    assert_eq!(parse(&with(vec![])), Err(RecordError::SignatureCount));
    let foreign = Cosigned::new(Note("laws".into()), &key(3))
        .unwrap()
        .signatures[0]
        .1
        .clone();
    assert_eq!(parse(&with(vec![foreign])), Err(RecordError::BadSignature));
    let attached = Signed::sign(&Note("rules".into()), &key(3)).unwrap();
    assert!(matches!(
        parse(&with(vec![attached.bytes().to_vec()])),
        Err(RecordError::Envelope(_))
    ));
}

#[test]
fn every_flipped_bit_of_a_document_is_refused() {
    let bytes = cosigned(&[1, 2]).to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(Cosigned::<Note>::parse(&changed).is_err(), "bit {bit}");
    }
}

#[test]
fn there_is_a_largest_number_of_signatures() {
    let mut doc = Cosigned::new(Other(Note("x".into())), &key(0)).unwrap();
    let failed = (1..).find_map(|k| doc.add_signature(&key(k)).err());
    assert!(matches!(failed, Some(RecordError::TooLarge { .. })));
    assert!(Cosigned::<Other>::parse(&doc.to_bytes()).is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = Cosigned::<Note>::parse(&bytes);
    }

    #[test]
    fn any_note_comes_back(text in ".{0,100}", seed in any::<u64>()) {
        let k = SigningKey::generate(&mut rng(seed));
        let made = Signed::sign(&Note(text), &k).unwrap();
        let back = Unverified::parse(made.bytes()).unwrap().verify_claimed().unwrap();
        prop_assert_eq!(back, made);
    }
}
