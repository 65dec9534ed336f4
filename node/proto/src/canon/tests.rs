use proptest::prelude::*;

use super::*;
use crate::testing::hex_vec;

fn check(hex: &str) -> Result<(), CanonError> {
    scan(&hex_vec(hex), MAX_RECORD)
}

#[test]
fn what_rfc_8949_appendix_a_shows_of_our_subset_is_accepted() {
    for hex in [
        "00",
        "17",
        "1818",
        "1903e8",
        "1a000f4240",
        "1b000000e8d4a51000",
        "1bffffffffffffffff",
        "3bffffffffffffffff",
        "20",
        "3863",
        "f4",
        "f5",
        "f6",
        "40",
        "4401020304",
        "60",
        "6449455446",
        "62c3bc",
        "64f0908591",
        "80",
        "83010203",
        "8301820203820405",
        "a0",
        "a201020304",
        "a26161016162820203",
    ] {
        assert_eq!(check(hex), Ok(()), "{hex}");
    }
}

#[test]
fn every_departure_is_named() {
    use CanonError::*;
    for (hex, error) in [
        ("", Truncated),
        ("18", Truncated),
        ("4401", Truncated),
        ("5bffffffffffffffff", Truncated),
        ("9bffffffffffffffff", Truncated),
        ("bbffffffffffffffff", Truncated),
        ("8201", Truncated),
        ("a101", Truncated),
        ("0000", Trailing(1)),
        ("1817", NotShortest(0)),
        ("190017", NotShortest(0)),
        ("1a0000ffff", NotShortest(0)),
        ("1b00000000ffffffff", NotShortest(0)),
        ("580100", NotShortest(0)),
        ("5f4101ff", Indefinite(0)),
        ("9f01ff", Indefinite(0)),
        ("bf0101ff", Indefinite(0)),
        ("ff", Indefinite(0)),
        ("1c", Reserved(0)),
        ("fc", Reserved(0)),
        ("f93c00", Float(0)),
        ("fa47c35000", Float(0)),
        ("fb3ff199999999999a", Float(0)),
        ("f7", Simple(0)),
        ("f0", Simple(0)),
        ("f818", Simple(0)),
        ("c000", Tag(0)),
        ("81d200", Tag(1)),
        ("d2d200", Tag(1)),
        ("62c328", NotUtf8(0)),
        ("a1810101", KeyKind(1)),
        ("a1f401", KeyKind(1)),
        ("a201000100", KeyOrder(3)),
        ("a202000100", KeyOrder(3)),
        ("a220000000", KeyOrder(3)),
    ] {
        assert_eq!(check(hex), Err(error), "{hex}");
    }
}

#[test]
fn the_tag_of_a_record_is_accepted_around_everything_only() {
    assert_eq!(check("d280"), Ok(()));
    assert_eq!(check("d380"), Err(CanonError::Tag(0)));
}

#[test]
fn nesting_is_limited() {
    let nested = |n: usize| [vec![0x81; n], vec![0x00]].concat();
    assert_eq!(scan(&nested(MAX_DEPTH), MAX_RECORD), Ok(()));
    assert_eq!(
        scan(&nested(MAX_DEPTH + 1), MAX_RECORD),
        Err(CanonError::TooDeep)
    );
    assert_eq!(scan(&nested(60_000), MAX_RECORD), Err(CanonError::TooDeep));
}

#[test]
fn length_is_limited_before_anything_else() {
    let long = [&[0x59, 0x01, 0x00][..], &[0; 256]].concat();
    assert_eq!(scan(&long, 259), Ok(()));
    assert_eq!(
        scan(&long, 258),
        Err(CanonError::TooLong { len: 259, max: 258 })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Accepted bytes are the only encoding of their value: reading and
    /// writing them again, with keys sorted, gives the same bytes.
    #[test]
    fn accepted_bytes_are_their_values_only_form(bytes in likely_cbor()) {
        if scan(&bytes, MAX_RECORD).is_ok() {
            let value: ciborium::Value = ciborium::from_reader(&bytes[..]).unwrap();
            let mut again = Vec::new();
            ciborium::into_writer(&value, &mut again).unwrap();
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn any_bytes_are_scanned_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = scan(&bytes, MAX_RECORD);
    }
}

/// Bytes that are often canonical: small numbers, short strings and shallow
/// containers are likely.
fn likely_cbor() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        (0u8..24).prop_map(|n| vec![n]),
        (0x20u8..0x38).prop_map(|n| vec![n]),
        any::<u8>().prop_map(|n| vec![0x18, n]),
        Just(vec![0xf5]),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(|b| [
            vec![0x40 + u8::try_from(b.len()).unwrap()],
            b
        ]
        .concat()),
        "[a-z]{0,3}".prop_map(|t| [vec![0x60 + u8::try_from(t.len()).unwrap()], t.into()].concat()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| {
                [vec![0x80 + u8::try_from(v.len()).unwrap()], v.concat()].concat()
            }),
            prop::collection::vec((0u8..6, inner), 0..4).prop_map(|v| {
                let mut out = vec![0xa0 + u8::try_from(v.len()).unwrap()];
                v.into_iter().for_each(|(k, x)| {
                    out.push(k);
                    out.extend(x);
                });
                out
            }),
        ]
    })
}
