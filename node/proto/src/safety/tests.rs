use proptest::prelude::*;

use super::*;

fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 32])
}

#[test]
fn both_sides_see_the_same_sixty_digits() {
    let number = SafetyNumber::of(&person(1), &person(2));
    assert_eq!(number, SafetyNumber::of(&person(2), &person(1)));
    assert_ne!(number, SafetyNumber::of(&person(1), &person(3)));
    let shown = number.to_string();
    assert_eq!(shown.split(' ').count(), 12);
    assert!(shown.split(' ').all(|g| g.len() == 5));
    assert!(number.is(&shown) && number.is(&shown.replace(' ', "\n")));
    assert!(!number.is(&shown[1..]) && !number.is(""));
}

#[test]
fn a_number_is_made_of_two_cards() {
    let name = Name::from_typed("Anna").unwrap();
    let (a, b) = (
        Card::of(&person(1), name.clone()).unwrap(),
        Card::of(&person(2), name).unwrap(),
    );
    let number = SafetyNumber::of(&person(1), &person(2)).to_string();
    assert!(number.contains(&a.digits) && number.contains(&b.digits));
    assert_eq!(a.words.split('-').count(), 7);
    assert!(Card::is_of(&person(1), &a.digits));
    assert!(Card::is_of(&person(1), &a.words.to_uppercase()));
    for wrong in ["", &b.digits, &b.words, &a.digits[6..], &a.words[6..]] {
        assert!(!Card::is_of(&person(1), wrong), "{wrong}");
    }
    assert_eq!(a.person.parse(), Ok(person(1)));
    assert!(a.qr.size() <= 37, "{}", a.qr.size());
}

#[test]
fn a_scanned_code_is_compared_both_ways() {
    let (us, them, other) = (person(1), person(2), person(3));
    let code = |shown_to| {
        let code = SafetyCode {
            shown_by: them,
            shown_to,
        };
        SafetyCode::from_text(&code.qr_text()).unwrap()
    };
    assert_eq!(code(None).compare(&us, &them), Compared::Same);
    assert_eq!(code(Some(us)).compare(&us, &them), Compared::Same);
    assert_eq!(code(None).compare(&us, &other), Compared::OtherPerson);
    assert_eq!(
        code(Some(other)).compare(&us, &them),
        Compared::TakesUsForAnother
    );
}

#[test]
fn other_texts_are_no_safety_codes() {
    let invite = armor::to_qr_text(ArmorKind::Invite, &[1, 2, 3]);
    assert!(matches!(
        SafetyCode::from_text(&invite),
        Err(SafetyError::Armor(ArmorError::OtherKind { .. }))
    ));
    let empty = armor::to_qr_text(ArmorKind::Safety, &[0xA0]);
    assert_eq!(
        SafetyCode::from_text(&empty),
        Err(SafetyError::Content(DecodeError::Missing(0)))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn persons_that_differ_in_one_bit_have_other_digits(bytes: [u8; 32], bit in 0usize..256) {
        let mut other = bytes;
        other[bit / 8] ^= 1 << (bit % 8);
        let (a, b) = (
            Fingerprint::of(&PersonId::from_bytes(bytes)),
            Fingerprint::of(&PersonId::from_bytes(other)),
        );
        prop_assert_ne!(a.groups(), b.groups());
        prop_assert_ne!(a.words(), b.words());
        prop_assert!(a.groups().iter().all(|g| *g < 100_000));
    }
}
