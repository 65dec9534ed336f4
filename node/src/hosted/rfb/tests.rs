use proptest::prelude::*;

use super::*;

fn passed(pieces: &[&[u8]], hands: Hands) -> Result<Vec<u8>, RfbFault> {
    let (mut sieve, mut out) = (Sieve::default(), Vec::new());
    for piece in pieces {
        sieve.pass(piece, hands, &mut out)?;
    }
    Ok(out)
}

const KEY_DOWN: [u8; 8] = [4, 1, 0, 0, 0, 0, 0, 0x61];
const KEY_UP: [u8; 8] = [4, 0, 0, 0, 0, 0, 0, 0x61];
const CLICK: [u8; 6] = [5, 1, 0, 20, 0, 30];
const REFRESH: [u8; 10] = [3, 1, 0, 0, 0, 0, 1, 0, 1, 0];
const RESIZE: [u8; 24] = [
    251, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

#[test]
fn greetings_are_judged() {
    assert_eq!(greeting(b"RFB 003.008\n"), Ok(Version::V8));
    assert_eq!(greeting(b"RFB 003.889\n"), Ok(Version::V8));
    assert_eq!(greeting(b"RFB 004.001\n"), Ok(Version::V8));
    assert_eq!(greeting(b"RFB 003.007\n"), Ok(Version::V7));
    assert_eq!(greeting(b"RFB 003.006\n"), Ok(Version::V3));
    assert_eq!(greeting(b"RFB 003.003\n"), Ok(Version::V3));
    for old in [b"RFB 003.002\n", b"RFB 002.009\n"] {
        assert_eq!(greeting(old), Err(RfbFault::Version));
    }
    for bad in [
        b"RFB 003.00x\n",
        b"SSH-2.0-Open",
        b"RFB 003 008\n",
        b"RFB 003.0080",
    ] {
        assert_eq!(greeting(bad), Err(RfbFault::Greeting), "{bad:?}");
    }
    for version in [Version::V3, Version::V7, Version::V8] {
        assert_eq!(greeting(&version.bytes()), Ok(version));
    }
}

#[test]
fn who_only_sees_moves_nothing() {
    let all: Vec<u8> = [&KEY_DOWN[..], &CLICK, &REFRESH, &RESIZE, &KEY_UP].concat();
    assert_eq!(passed(&[&all], Hands::Bound), Ok(REFRESH.to_vec()));
    assert_eq!(passed(&[&all], Hands::Free), Ok(all));
}

#[test]
fn no_clipboard_goes_there() {
    for hands in [Hands::Bound, Hands::Free] {
        let text = [&[6, 0, 0, 0, 0, 0, 0, 5][..], b"aaaaa", &REFRESH].concat();
        assert_eq!(passed(&[&text], hands), Ok(REFRESH.to_vec()));
        // The extended form says its length as a negative number; its bytes
        // come in several parts.
        let head = [&[6, 0, 0, 0][..], &(-8i32).to_be_bytes(), &[0; 3]].concat();
        let rest = [&[0; 5][..], &REFRESH].concat();
        assert_eq!(passed(&[&head, &rest], hands), Ok(REFRESH.to_vec()));
    }
    let large = [&[6, 0, 0, 0][..], &i32::MIN.to_be_bytes()].concat();
    assert_eq!(passed(&[&large], Hands::Free), Err(RfbFault::Message(6)));
}

#[test]
fn what_cant_be_judged_is_not_asked_for() {
    let list = |all: &[i32]| {
        let n = u16::try_from(all.len()).unwrap().to_be_bytes();
        let numbers = all.iter().flat_map(|n| n.to_be_bytes());
        [2, 0, n[0], n[1]]
            .into_iter()
            .chain(numbers)
            .collect::<Vec<u8>>()
    };
    let wish = list(&[7, -258, 16, BARRED[3], -308, -309]);
    assert_eq!(passed(&[&wish], Hands::Free), Ok(list(&[7, 16, -308])));
}

#[test]
fn unknown_and_impossible_messages_end_it() {
    for kind in [1, 7, 249, 250, 252, 255] {
        let message = [&[kind][..], &[0; 40]].concat();
        assert_eq!(
            passed(&[&message], Hands::Free),
            Err(RfbFault::Message(kind))
        );
    }
    for long in [
        &[2, 0, 2, 0][..],
        &[248, 0, 0, 0, 0, 0, 0, 0, 65],
        &[251, 0, 0, 0, 0, 0, 17],
    ] {
        assert_eq!(
            passed(&[long], Hands::Free),
            Err(RfbFault::Message(long[0]))
        );
    }
}

#[test]
fn what_is_held_is_let_go() {
    let (mut sieve, mut out) = (Sieve::default(), Vec::new());
    let shift = [4, 1, 0, 0, 0, 0, 0xff, 0xe1];
    for message in [&KEY_DOWN[..], &shift, &CLICK, &KEY_UP] {
        sieve.pass(message, Hands::Free, &mut out).unwrap();
    }
    out.clear();
    sieve.let_go(&mut out);
    assert_eq!(out, [4, 0, 0, 0, 0, 0, 0xff, 0xe1, 5, 0, 0, 20, 0, 30]);
    out.clear();
    sieve.let_go(&mut out);
    assert!(out.is_empty());
    // More than anybody's fingers.
    for key in 0..100u8 {
        sieve
            .pass(&[4, 1, 0, 0, 0, 0, 1, key], Hands::Free, &mut out)
            .unwrap();
    }
    assert_eq!(out.len(), 8 * MAX_HELD);
}

fn messages() -> impl Strategy<Value = Vec<u8>> {
    let one = prop_oneof![
        Just(KEY_DOWN.to_vec()),
        Just(KEY_UP.to_vec()),
        Just(CLICK.to_vec()),
        Just(REFRESH.to_vec()),
        Just(RESIZE.to_vec()),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|text| {
            let n = u32::try_from(text.len()).unwrap().to_be_bytes();
            [&[6, 0, 0, 0][..], &n, &text].concat()
        }),
        prop::collection::vec(any::<i32>(), 0..6).prop_map(|all| {
            let n = u16::try_from(all.len()).unwrap().to_be_bytes();
            let numbers = all.iter().flat_map(|n| n.to_be_bytes());
            [2, 0, n[0], n[1]].into_iter().chain(numbers).collect()
        }),
    ];
    prop::collection::vec(one, 0..12).prop_map(|all| all.concat())
}

proptest! {
    /// However the bytes are cut up, the same gets through.
    #[test]
    fn cutting_changes_nothing(all in messages(), cuts in prop::collection::vec(0usize..40, 0..20)) {
        let whole = passed(&[&all], Hands::Free).unwrap();
        let mut pieces = Vec::new();
        let mut rest = &all[..];
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            pieces.push(now);
            rest = later;
        }
        pieces.push(rest);
        prop_assert_eq!(passed(&pieces, Hands::Free).unwrap(), whole);
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(all in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = passed(&[&all], Hands::Free);
        let held = passed(&[&all], Hands::Bound).unwrap_or_default();
        // Whatever it is: neither keys, nor pointer, nor clipboard.
        prop_assert!(held.is_empty() || ![4, 5, 6, 251].contains(&held[0]));
    }
}
