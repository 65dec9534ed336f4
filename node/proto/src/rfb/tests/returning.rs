//! What a server says.

use super::*;

/// What gets to a viewer that has asked for a picture with pixels of this
/// form, beyond the server's first word.
fn returned(format: [u8; 16], pieces: &[&[u8]]) -> Result<Vec<u8>, RfbFault> {
    let (mut middle, mut out) = (begun(), Vec::new());
    let asked = [&set_format(format)[..], &REFRESH].concat();
    middle.hears(&asked, Hands::Bound, &mut out).unwrap();
    out.clear();
    for piece in pieces {
        middle.server(piece, &mut out)?;
    }
    Ok(out)
}

const CUT: &[u8] = b"\x03\0\0\0\0\0\0\x06secret";

fn rect(w: u16, h: u16, encoding: i32, data: &[u8]) -> Vec<u8> {
    let size = [[0; 2], [0; 2], w.to_be_bytes(), h.to_be_bytes()];
    [&size.concat()[..], &encoding.to_be_bytes(), data].concat()
}

fn update(rects: &[Vec<u8>]) -> Vec<u8> {
    let n = u16::try_from(rects.len()).unwrap().to_be_bytes();
    [&[0, 0, n[0], n[1]][..], &rects.concat()].concat()
}

/// One byte more or less, and the clipboard behind it would not be found.
fn ends_there(format: [u8; 16], picture: Vec<u8>) {
    let update = update(&[picture.clone(), rect(1, 1, 1, &[9; 4])]);
    let all = [&update[..], CUT, &update, &[2], CUT].concat();
    let kept = [&update[..], &update, &[2]].concat();
    assert_eq!(returned(format, &[&all]), Ok(kept), "{picture:?}");
}

const LOW_COLOUR: [u8; 16] = [8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0];
const FORMATS: [([u8; 16], usize, usize); 3] =
    [(TRUE_COLOUR, 4, 3), (HIGH_COLOUR, 2, 2), (LOW_COLOUR, 1, 1)];

#[test]
fn plain_pictures_end_where_they_end() {
    for (format, pixel, _) in FORMATS {
        ends_there(format, rect(5, 7, 0, &vec![3; 35 * pixel]));
        ends_there(format, rect(0, 7, 0, &[]));
        ends_there(format, rect(5, 7, 1, &[3; 4]));
        for (kind, place) in [(2, 8), (4, 4)] {
            let data = vec![3; pixel + 2 * (pixel + place)];
            ends_there(
                format,
                rect(5, 7, kind, &[&[0, 0, 0, 2][..], &data].concat()),
            );
        }
        for kind in [6, 16] {
            ends_there(format, rect(5, 7, kind, &[0, 0, 0, 3, 3, 3, 3]));
        }
    }
}

#[test]
fn tiles_end_where_they_end() {
    for (format, pixel, _) in FORMATS {
        // 20×18: tiles of 16×16, 4×16, 16×2 and 4×2.
        let raw = |n: usize| [&[1][..], &vec![3; n * pixel]].concat();
        let colours = |flags: u8, n: usize| [&[flags][..], &vec![3; n * pixel]].concat();
        let some = [&colours(2 | 4 | 8, 2)[..], &[2], &[3; 4]].concat();
        let coloured = [&colours(8 | 16, 0)[..], &[2], &vec![3; 2 * (pixel + 2)]].concat();
        let tiles = [raw(256), colours(2, 1), coloured, raw(8)].concat();
        ends_there(format, rect(20, 18, 5, &tiles));
        let tiles = [colours(0, 0), some.clone(), colours(6, 2), some].concat();
        ends_there(format, rect(20, 18, 5, &tiles));
        ends_there(format, rect(16, 16, 5, &raw(256)));
        ends_there(format, rect(17, 1, 5, &[raw(16), raw(1)].concat()));
        ends_there(format, rect(1, 17, 5, &[raw(16), raw(1)].concat()));
        ends_there(format, rect(0, 17, 5, &[]));
    }
}

#[test]
fn tight_ends_where_it_ends() {
    for (format, _, tight) in FORMATS {
        let colours = |n: usize| vec![3; n * tight];
        let of = |w, h, parts: &[&[u8]]| ends_there(format, rect(w, h, 7, &parts.concat()));
        of(9, 9, &[&[0x80], &colours(1)]);
        of(9, 9, &[&[0x90, 3], &[3; 3]]);
        of(9, 9, &[&[0x90, 0x83, 1], &[3; 131]]);
        of(9, 9, &[&[0x90, 0x81, 0x80, 1], &[3; 16385]]);
        // Streams are begun anew, and one is named.
        for control in [0x00, 0x0f, 0x31] {
            of(9, 9, &[&[control, 2], &[3; 2]]);
        }
        of(3, 1, &[&[0x00], &colours(3)]);
        for filter in [0, 2] {
            of(9, 9, &[&[0x50, filter, 2], &[3; 2]]);
            of(1, 3, &[&[0x40, filter], &colours(3)]);
        }
        // Palettes: one bit a pixel, or eight.
        of(9, 5, &[&[0x40, 1, 1], &colours(2), &[3; 10]]);
        of(9, 6, &[&[0x40, 1, 1], &colours(2), &[2], &[3; 2]]);
        of(11, 1, &[&[0x60, 1, 2], &colours(3), &[3; 11]]);
        of(12, 1, &[&[0x60, 1, 255], &colours(256), &[2], &[3; 2]]);
    }
    // Four bytes, where the fourth says something.
    let mut deep = TRUE_COLOUR;
    (deep[1], deep[4], deep[5], deep[10]) = (30, 3, 255, 20);
    ends_there(deep, rect(9, 9, 7, &[0x80, 3, 3, 3, 3]));
}

/// As libvncserver, QEMU and TigerVNC count the bytes of a pixel in Tight:
/// where two of them differ nobody can say where it ends.
#[test]
fn tight_passes_only_where_all_agree_how_long_it_is() {
    // Bits, depth, largest value of a colour, first shift; how long.
    for (bits, depth, max, shift, tight) in [
        (32, 24, 255, 16, Some(3)),
        (32, 24, 255, 15, None),
        (32, 32, 255, 16, None),
        (32, 16, 255, 16, None),
        (32, 24, 127, 16, Some(4)),
        (16, 24, 255, 16, None),
        (16, 16, 255, 16, Some(2)),
        (16, 24, 31, 11, Some(2)),
        (8, 24, 255, 16, None),
        (8, 8, 255, 16, Some(1)),
        (8, 8, 7, 0, Some(1)),
    ] {
        let (m, s) = (max, shift);
        let format = [bits, depth, 0, 1, 0, m, 0, m, 0, m, s, 8, 0, 0, 0, 0];
        let row = format!("{format:?}");
        let colour = update(&[rect(9, 9, 7, &[0x80, 3, 3, 3, 3])]);
        // A viewer may choose only what is known.
        let wish = passed(&[&set_format(format)], Hands::Bound);
        assert_eq!(wish.is_ok(), tight.is_some(), "{row}");
        // A server's own form is taken as it is, and back, without Tight.
        let (mut middle, mut out) = (Middle::default(), Vec::new());
        let mut own = init();
        own[4..20].copy_from_slice(&format);
        middle.server(&own, &mut out).unwrap();
        out.clear();
        let asks = [&list(&[16, 7])[..], &set_format(format), &REFRESH].concat();
        middle.hears(&asks, Hands::Bound, &mut out).unwrap();
        let kept = list(if tight.is_some() { &[16, 7] } else { &[16] });
        assert!(out.starts_with(&kept), "{row}");
        out.clear();
        let n = usize::try_from(tight.unwrap_or(0)).unwrap();
        let came = middle.server(&colour[..17 + n], &mut out);
        let wanted = match tight {
            Some(_) => Ok(()),
            None => Err(RfbFault::Encoding(7)),
        };
        assert_eq!(came, wanted, "{row}");
        if tight.is_some() {
            out.clear();
            middle.server(CUT, &mut out).unwrap();
            assert!(out.is_empty(), "{row}");
        }
        // Nor by way of one that is known.
        let mut middle = Middle::default();
        middle.server(&own, &mut out).unwrap();
        let back = [set_format(HIGH_COLOUR), list(&[7]), set_format(format)].concat();
        let back = middle.hears(&back, Hands::Bound, &mut out);
        assert_eq!(back.is_ok(), tight.is_some(), "{row}");
    }
}

#[test]
fn cursors_end_where_they_end() {
    for (format, pixel, _) in FORMATS {
        ends_there(format, rect(9, 3, -239, &vec![3; 27 * pixel + 6]));
        ends_there(format, rect(9, 3, -240, &[3; 6 + 12]));
        ends_there(format, rect(0, 0, -240, &[]));
        let cursor = [&[0, 0][..], &vec![3; 54 * pixel]].concat();
        ends_there(format, rect(9, 3, 0x574d_5664, &cursor));
        let alpha = [&[1, 0][..], &[3; 108]].concat();
        ends_there(format, rect(9, 3, 0x574d_5664, &alpha));
        for nothing in [-223, -232] {
            ends_there(format, rect(9, 3, nothing, &[]));
        }
    }
}

#[test]
fn an_update_may_say_which_is_its_last() {
    let rects = [rect(1, 1, 1, &[3; 4]), rect(0, 0, -224, &[])].concat();
    let endless = [&[0, 0, 0xff, 0xff][..], &rects].concat();
    let early = [&[0, 0, 0, 9][..], &rects].concat();
    for update in [endless, early] {
        let all = [&update[..], CUT, &[2]].concat();
        let kept = [&update[..], &[2]].concat();
        assert_eq!(returned(TRUE_COLOUR, &[&all]), Ok(kept));
    }
}

#[test]
fn no_clipboard_comes_from_there() {
    let extended = [&[3, 0, 0, 0][..], &(-6i32).to_be_bytes(), b"secret"].concat();
    let colours = [&[1, 0, 0, 0, 0, 2][..], &[3; 12]].concat();
    let empty = update(&[]);
    let all = [CUT, &colours, &extended, &empty, CUT].concat();
    let kept = [&colours[..], &empty].concat();
    assert_eq!(returned(TRUE_COLOUR, &[&all]), Ok(kept));
    // Neither before anything was asked for.
    let (mut middle, mut out) = (begun(), Vec::new());
    middle.server(&[CUT, &[2]].concat(), &mut out).unwrap();
    assert_eq!(out, [2]);
}

#[test]
fn what_nobody_asked_for_ends_it() {
    for kind in 4..=255 {
        assert_eq!(
            returned(TRUE_COLOUR, &[&[kind]]),
            Err(RfbFault::Message(kind))
        );
    }
    for other in [
        3,
        15,
        50,
        -260,
        -261,
        -307,
        -308,
        -309,
        -312,
        -313,
        -314,
        i32::MAX,
    ] {
        let update = update(&[rect(1, 1, other, &[])]);
        assert_eq!(
            returned(TRUE_COLOUR, &[&update]),
            Err(RfbFault::Encoding(other))
        );
    }
    for bad in [&[0xa0][..], &[0xf0], &[0x40, 3], &[0x40, 1, 0]] {
        let update = update(&[rect(1, 1, 7, bad)]);
        assert_eq!(
            returned(TRUE_COLOUR, &[&update]),
            Err(RfbFault::Encoding(7))
        );
    }
    let cursor = update(&[rect(1, 1, 0x574d_5664, &[2, 0])]);
    let fault = RfbFault::Encoding(0x574d_5664);
    assert_eq!(returned(TRUE_COLOUR, &[&cursor]), Err(fault));
    // A picture that nobody asked for: nobody knows how long it is.
    let picture = update(&[rect(1, 1, 0, &[3; 4])]);
    let done = begun().server(&picture, &mut Vec::new());
    assert_eq!(done, Err(RfbFault::Format));
    let size = update(&[rect(1, 1, -223, &[])]);
    assert_eq!(begun().server(&size, &mut Vec::new()), Ok(()));
}

#[test]
fn a_screen_is_told_of_in_bounds() {
    let mut long = init();
    (long[22], long[23]) = (0x10, 0);
    assert_eq!(Middle::default().server(&long, &mut Vec::new()), Ok(()));
    long[23] = 1;
    let done = Middle::default().server(&long, &mut Vec::new());
    assert_eq!(done, Err(RfbFault::Message(0)));
    let mut strange = init();
    strange[4] = 24;
    let done = Middle::default().server(&strange, &mut Vec::new());
    assert_eq!(done, Err(RfbFault::Format));
}

fn pictures() -> impl Strategy<Value = Vec<u8>> {
    let some = |n: usize| prop::collection::vec(any::<u8>(), n);
    let one = prop_oneof![
        Just(vec![2]),
        Just(CUT.to_vec()),
        (1u16..9, 1u16..9).prop_flat_map(move |(w, h)| {
            let data = some(usize::from(w) * usize::from(h) * 4);
            data.prop_map(move |data| update(&[rect(w, h, 0, &data)]))
        }),
        (0u8..99).prop_flat_map(move |n| {
            let data = some(n.into());
            data.prop_map(move |data| {
                update(&[rect(9, 9, 16, &[&[0, 0, 0, n][..], &data].concat())])
            })
        }),
        some(18).prop_map(|data| update(&[rect(16, 16, 5, &[&[8, 9][..], &data].concat())])),
    ];
    prop::collection::vec(one, 0..12).prop_map(|all| all.concat())
}

proptest! {
    #[test]
    fn cutting_pictures_changes_nothing(
        all in pictures(),
        cuts in prop::collection::vec(0usize..60, 0..20),
    ) {
        let whole = returned(TRUE_COLOUR, &[&all]).unwrap();
        prop_assert_eq!(returned(TRUE_COLOUR, &cut(&all, &cuts)).unwrap(), whole);
    }

    #[test]
    fn any_words_of_a_server_are_taken_without_a_panic(
        all in prop::collection::vec(any::<u8>(), 0..300),
        begins in 0u8..4,
    ) {
        let all = [&[begins][..], &all].concat();
        if let Ok(out) = returned(TRUE_COLOUR, &[&all]) {
            prop_assert!(out.len() <= all.len());
        }
    }
}
