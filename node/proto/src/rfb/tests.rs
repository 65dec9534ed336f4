use proptest::prelude::*;

use super::from_viewer::MAX_HELD;
use super::pace::BURST;
use super::*;

impl Middle {
    /// All of it, at the session's first moment.
    fn hears(&mut self, bytes: &[u8], hands: Hands, out: &mut Vec<u8>) -> Result<(), RfbFault> {
        self.hears_at(Duration::ZERO, bytes, hands, out)
    }

    fn hears_at(
        &mut self,
        now: Duration,
        mut bytes: &[u8],
        hands: Hands,
        out: &mut Vec<u8>,
    ) -> Result<(), RfbFault> {
        while !bytes.is_empty() {
            bytes = &bytes[self.viewer(bytes, hands, now, out)?..];
        }
        Ok(())
    }
}

/// A server's first word: 64×48, 32 bits a pixel, 24 of them colour.
pub(super) fn init() -> Vec<u8> {
    let mut init = vec![0, 64, 0, 48];
    init.extend_from_slice(&TRUE_COLOUR);
    init.extend_from_slice(&[0, 0, 0, 4]);
    init.extend_from_slice(b"Anna");
    init
}

const TRUE_COLOUR: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
const HIGH_COLOUR: [u8; 16] = [16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0];

/// One that has heard of the server's screen.
fn begun() -> Middle {
    let (mut middle, mut out) = (Middle::default(), Vec::new());
    middle.server(&init(), &mut out).unwrap();
    assert_eq!(out, init());
    middle
}

fn passed(pieces: &[&[u8]], hands: Hands) -> Result<Vec<u8>, RfbFault> {
    let (mut middle, mut out) = (begun(), Vec::new());
    for piece in pieces {
        middle.hears(piece, hands, &mut out)?;
    }
    Ok(out)
}

const KEY_DOWN: [u8; 8] = [4, 1, 0, 0, 0, 0, 0, 0x61];
const KEY_UP: [u8; 8] = [4, 0, 0, 0, 0, 0, 0, 0x61];
const CLICK: [u8; 6] = [5, 1, 0, 20, 0, 30];
const REFRESH: [u8; 10] = [3, 1, 0, 0, 0, 0, 1, 0, 1, 0];

fn set_format(format: [u8; 16]) -> Vec<u8> {
    [&[0; 4][..], &format].concat()
}

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
    let all: Vec<u8> = [&KEY_DOWN[..], &CLICK, &REFRESH, &KEY_UP].concat();
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

fn list(all: &[i32]) -> Vec<u8> {
    let n = u16::try_from(all.len()).unwrap().to_be_bytes();
    let numbers = all.iter().flat_map(|n| n.to_be_bytes());
    [2, 0, n[0], n[1]].into_iter().chain(numbers).collect()
}

/// The list of TigerVNC's viewer, and what QEMU and others have beside it.
#[test]
fn what_cant_be_judged_is_not_asked_for() {
    let wish = [
        7,
        1,
        16,
        5,
        2,
        0,
        -223,
        -308,
        -224,
        -239,
        -240,
        -314,
        0x574d_5664,
        -307,
        -261,
        0x574d_5668,
        -313,
        -312,
        -258,
        -259,
        -309,
        -305,
        0xC0A1_E5CE_u32 as i32,
        50,
        15,
        -254,
        -24,
        -412,
        -763,
        99,
    ];
    let kept = [
        7,
        1,
        16,
        5,
        2,
        0,
        -223,
        -224,
        -239,
        -240,
        0x574d_5664,
        -254,
        -24,
        -412,
        -763,
    ];
    assert_eq!(passed(&[&list(&wish)], Hands::Free), Ok(list(&kept)));
    assert_eq!(passed(&[&list(&[-308])], Hands::Free), Ok(list(&[])));
}

#[test]
fn unknown_and_impossible_messages_end_it() {
    // Fences, updates without asking, sizes, QEMU, xvp and gii among them.
    for kind in (0..=255).filter(|kind| ![0, 2, 3, 4, 5, 6].contains(kind)) {
        let message = [&[kind][..], &[0; 40]].concat();
        assert_eq!(
            passed(&[&message], Hands::Free),
            Err(RfbFault::Message(kind))
        );
    }
    let long = [2, 0, 1, 1];
    assert_eq!(passed(&[&long], Hands::Free), Err(RfbFault::Message(2)));
}

/// When a server begins to use another form of pixels can't be seen.
#[test]
fn the_form_of_pixels_is_agreed_on_before_the_first_picture() {
    let high = set_format(HIGH_COLOUR);
    let all = [&high[..], &REFRESH, &high].concat();
    assert_eq!(passed(&[&all], Hands::Bound), Ok(all));
    // The same length, other colours.
    let mut other = TRUE_COLOUR;
    (other[10], other[12]) = (0, 16);
    let all = [&REFRESH[..], &set_format(other)].concat();
    assert_eq!(passed(&[&all], Hands::Bound), Ok(all));
    let late = [&REFRESH[..], &high].concat();
    assert_eq!(passed(&[&late], Hands::Bound), Err(RfbFault::Format));
    for (at, bad) in [(0, 24), (0, 0), (3, 0), (10, 15)] {
        let mut format = TRUE_COLOUR;
        format[at] = bad;
        let wish = passed(&[&set_format(format)], Hands::Bound);
        assert_eq!(wish, Err(RfbFault::Format), "{format:?}");
    }
    // Before the server has told of its screen there is nothing to ask for.
    for early in [&REFRESH[..], &high] {
        let done = Middle::default().hears(early, Hands::Bound, &mut Vec::new());
        assert_eq!(done, Err(RfbFault::Format));
    }
}

#[test]
fn what_is_held_is_let_go() {
    let (mut sieve, mut out) = (begun(), Vec::new());
    let shift = [4, 1, 0, 0, 0, 0, 0xff, 0xe1];
    for message in [&KEY_DOWN[..], &shift, &CLICK, &KEY_UP] {
        sieve.hears(message, Hands::Free, &mut out).unwrap();
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
            .hears(&[4, 1, 0, 0, 0, 0, 1, key], Hands::Free, &mut out)
            .unwrap();
    }
    assert_eq!(out.len(), 8 * MAX_HELD);
}

/// Keys and pointer have a pace; letting go has none (GUARD-4, GUARD-6).
#[test]
fn a_flood_passes_only_at_its_pace() {
    let (mut middle, mut out) = (begun(), Vec::new());
    let burst = usize::try_from(BURST).unwrap();
    let second = Duration::from_secs(1);
    let flood = KEY_DOWN.repeat(3 * burst);
    middle.hears(&flood, Hands::Free, &mut out).unwrap();
    assert_eq!(out, KEY_DOWN.repeat(burst));
    // The key that is held goes up; one that isn't has nothing to let go.
    out.clear();
    middle
        .hears(&KEY_UP.repeat(9), Hands::Free, &mut out)
        .unwrap();
    assert_eq!(out, KEY_UP);
    // Nothing else waits for it.
    out.clear();
    middle.hears(&REFRESH, Hands::Free, &mut out).unwrap();
    assert_eq!(out, REFRESH);
    // A hundredth of a second later there are four more, however long it is
    // never more than at first, and no clock that goes back gives any.
    for (now, more) in [
        (second / 100, 4),
        (second / 200, 0),
        (second / 100, 0),
        (9 * second, burst),
        (Duration::MAX, burst),
    ] {
        out.clear();
        let at = |n: u8| [5, 0, 0, n, 0, 30];
        let moves = [at(1), at(2)].concat().repeat(burst);
        middle.hears_at(now, &moves, Hands::Free, &mut out).unwrap();
        assert_eq!(out.len(), 6 * more, "{now:?}");
    }
    // Who only sees uses nothing up.
    let mut middle = begun();
    middle.hears(&flood, Hands::Bound, &mut out).unwrap();
    out.clear();
    middle.hears(&flood, Hands::Free, &mut out).unwrap();
    assert_eq!(out.len(), 8 * burst);
}

#[test]
fn buttons_go_up_whatever_the_pace() {
    let (mut middle, mut out) = (begun(), Vec::new());
    let burst = usize::try_from(BURST).unwrap();
    // Two buttons, then moves until nothing is left.
    let drag = [5, 3, 0, 20, 0, 30].repeat(2 * burst);
    middle.hears(&drag, Hands::Free, &mut out).unwrap();
    assert_eq!(out.len(), 6 * burst);
    out.clear();
    // One goes up, and a third down: only the first half of that.
    let other = [5, 5, 0, 21, 0, 31];
    middle
        .hears(&other.repeat(3), Hands::Free, &mut out)
        .unwrap();
    assert_eq!(out, [5, 1, 0, 21, 0, 31]);
    out.clear();
    let none = [5, 0, 0, 22, 0, 32];
    middle
        .hears(&none.repeat(3), Hands::Free, &mut out)
        .unwrap();
    assert_eq!(out, none);
    out.clear();
    middle.let_go(&mut out);
    assert!(out.is_empty());
}

/// What the viewer may do can change between any two of its messages.
#[test]
fn messages_are_taken_one_by_one() {
    let (mut middle, mut out) = (begun(), Vec::new());
    let all = [
        &[6, 0, 0, 0, 0, 0, 0, 1, 9][..],
        &KEY_DOWN,
        &CLICK,
        &REFRESH,
    ]
    .concat();
    let mut take = |hands, from: usize| {
        out.clear();
        let used = middle.viewer(&all[from..], hands, Duration::ZERO, &mut out);
        (used.unwrap(), out.clone())
    };
    assert_eq!(take(Hands::Free, 0), (17, KEY_DOWN.to_vec()));
    assert_eq!(take(Hands::Bound, 17), (16, REFRESH.to_vec()));
    assert_eq!(take(Hands::Free, 33), (0, Vec::new()));
    for (message, does) in [
        (&KEY_DOWN[..], true),
        (&KEY_UP, false),
        (&CLICK, true),
        (&[5, 0, 0, 20, 0, 30], false),
        (&REFRESH, false),
        (&[], false),
    ] {
        assert_eq!(presses(message), does, "{message:?}");
    }
}

fn messages() -> impl Strategy<Value = Vec<u8>> {
    let one = prop_oneof![
        Just(KEY_DOWN.to_vec()),
        Just(KEY_UP.to_vec()),
        Just(CLICK.to_vec()),
        Just(REFRESH.to_vec()),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|text| {
            let n = u32::try_from(text.len()).unwrap().to_be_bytes();
            [&[6, 0, 0, 0][..], &n, &text].concat()
        }),
        prop::collection::vec(any::<i32>(), 0..6).prop_map(|all| list(&all)),
        Just(set_format(TRUE_COLOUR)),
    ];
    prop::collection::vec(one, 0..12).prop_map(|all| all.concat())
}

/// The same bytes in pieces.
fn cut<'a>(all: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = all;
    for cut in cuts {
        let (now, later) = rest.split_at((*cut).min(rest.len()));
        pieces.push(now);
        rest = later;
    }
    pieces.push(rest);
    pieces
}

proptest! {
    /// However the bytes are cut up, the same gets through.
    #[test]
    fn cutting_changes_nothing(all in messages(), cuts in prop::collection::vec(0usize..40, 0..20)) {
        let whole = passed(&[&all], Hands::Free).unwrap();
        prop_assert_eq!(passed(&cut(&all, &cuts), Hands::Free).unwrap(), whole);
    }

    #[test]
    fn any_bytes_are_taken_without_a_panic(all in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = passed(&[&all], Hands::Free);
        let held = passed(&[&all], Hands::Bound).unwrap_or_default();
        // Whatever it is: neither keys, nor pointer, nor clipboard.
        prop_assert!(held.is_empty() || [0, 2, 3].contains(&held[0]));
    }
}

mod returning;
