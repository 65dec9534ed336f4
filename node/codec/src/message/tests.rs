use super::*;
use crate::film::FilmId;
use crate::geometry::{Rect, Size};
use proptest::prelude::*;

fn to_viewer(bytes: &[u8]) -> Result<Option<ToViewer<'_>>, MessageError> {
    let (envelope, used) = Envelope::split(bytes)?.expect("whole");
    assert_eq!(used, bytes.len());
    ToViewer::parse(envelope)
}

fn to_sharer(bytes: &[u8]) -> Result<Option<ToSharer>, MessageError> {
    let (envelope, used) = Envelope::split(bytes)?.expect("whole");
    assert_eq!(used, bytes.len());
    ToSharer::parse(envelope)
}

#[test]
fn every_message_to_the_viewer_comes_back() {
    let film = |n, action| FilmPiece {
        id: FilmId::new(n).unwrap(),
        action,
    };
    let all = [
        ToViewer::Hello(Hello::ours()),
        ToViewer::Update(Update {
            sequence: 7,
            reset: Size::new(640, 480),
            more: true,
            exact: false,
            chunk: b"abc",
            films: vec![
                film(
                    0,
                    FilmAction::Key {
                        rect: Rect::new(1, 2, 16, 18),
                        bytes: b"key",
                    },
                ),
                film(1, FilmAction::Delta { bytes: b"delta" }),
                film(3, FilmAction::Close),
            ],
        }),
        ToViewer::Update(Update {
            sequence: 1,
            reset: None,
            more: false,
            exact: true,
            chunk: b"",
            films: vec![],
        }),
        ToViewer::CursorShape(CursorShape {
            slot: 3,
            w: 2,
            h: 1,
            hot_x: 1,
            hot_y: 0,
            pixels: vec![1, 0xff00_ff00],
        }),
        ToViewer::Cursor {
            shape: Some(3),
            x: 5,
            y: 6,
        },
        ToViewer::Cursor {
            shape: None,
            x: 0,
            y: 0,
        },
        ToViewer::Masks(vec![Rect::new(1, 2, 3, 4); 3]),
        ToViewer::Masks(vec![]),
        ToViewer::Source(SourceState::Minimised),
        ToViewer::End(EndReason::Revoked),
    ];
    for m in all {
        assert_eq!(to_viewer(&m.to_bytes()), Ok(Some(m.clone())), "{m:?}");
    }
}

#[test]
fn every_message_to_the_sharer_comes_back() {
    for m in [
        ToSharer::Hello(Hello {
            min: 1,
            max: 3,
            features: 9,
        }),
        ToSharer::Ack {
            sequence: 3,
            spent: 900,
        },
        ToSharer::Reset,
        ToSharer::Shown(true),
        ToSharer::Shown(false),
        ToSharer::Report(Report {
            painted: 1,
            decode: 2,
            paint: 3,
        }),
    ] {
        assert_eq!(to_sharer(&m.to_bytes()), Ok(Some(m)), "{m:?}");
    }
}

#[test]
fn golden_bytes() {
    assert_eq!(
        ToSharer::Ack {
            sequence: 258,
            spent: 3
        }
        .to_bytes(),
        [0x20, 8, 0, 0, 2, 1, 0, 0, 3, 0, 0, 0]
    );
    let u = Update {
        sequence: 1,
        reset: Size::new(64, 32),
        more: false,
        exact: true,
        chunk: &[9],
        films: vec![],
    };
    assert_eq!(
        ToViewer::Update(u).to_bytes(),
        [2, 13, 0, 0, 1, 0, 0, 0, 21, 64, 0, 32, 0, 1, 0, 0, 9]
    );
}

#[test]
fn unknown_kinds_go_by_their_range() {
    assert_eq!(
        to_viewer(&[0x7f, 0, 0, 0]),
        Err(MessageError::Unknown(0x7f))
    );
    assert_eq!(to_viewer(&[0x80, 1, 0, 0, 5]), Ok(None));
    assert_eq!(to_sharer(&[0xff, 0, 0, 0]), Ok(None));
    // Reserved, and the other direction's.
    assert_eq!(
        to_sharer(&[0x40, 0, 0, 0]),
        Err(MessageError::Unknown(0x40))
    );
    assert_eq!(to_sharer(&[2, 0, 0, 0]), Err(MessageError::Unknown(2)));
    assert_eq!(
        to_viewer(&[0x21, 0, 0, 0]),
        Err(MessageError::Unknown(0x21))
    );
}

#[test]
fn lengths_are_refused_from_the_head() {
    assert_eq!(
        Envelope::split(&[0x20, 9, 0, 0]),
        Err(MessageError::TooLong(0x20))
    );
    assert_eq!(
        Envelope::split(&[0x90, 1, 0, 1]),
        Err(MessageError::TooLong(0x90))
    );
    assert_eq!(Envelope::split(&[0x20, 8, 0]), Ok(None));
    assert_eq!(Envelope::split(&[0x20, 8, 0, 0, 1]), Ok(None));
}

#[test]
fn values_out_of_range_are_refused() {
    let range = |k| Err(MessageError::Range(k));
    assert_eq!(
        to_sharer(&[0x22, 1, 0, 0, 2]),
        Err(MessageError::Range(0x22))
    );
    assert_eq!(to_viewer(&[6, 1, 0, 0, 3]), range(6));
    assert_eq!(to_viewer(&[4, 5, 0, 0, 16, 0, 0, 0, 0]), range(4));
    // Update: number 0, unknown flag, no size, empty chunk, too many films.
    assert_eq!(to_viewer(&[2, 5, 0, 0, 0, 0, 0, 0, 0]), range(2));
    assert_eq!(to_viewer(&[2, 5, 0, 0, 1, 0, 0, 0, 32]), range(2));
    assert_eq!(
        to_viewer(&[2, 9, 0, 0, 1, 0, 0, 0, 1, 0, 0, 9, 0]),
        range(2)
    );
    assert_eq!(to_viewer(&[2, 8, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0]), range(2));
    assert_eq!(to_viewer(&[2, 6, 0, 0, 1, 0, 0, 0, 8, 9]), range(2));
    assert_eq!(to_viewer(&[7, 1, 0, 0, 9]), range(7));
    assert_eq!(
        to_sharer(&[1, 6, 0, 0, 2, 1, 0, 0, 0, 0]),
        Err(MessageError::Range(1))
    );
    // A pointer that points outside itself.
    let s = CursorShape {
        slot: 0,
        w: 1,
        h: 1,
        hot_x: 1,
        hot_y: 0,
        pixels: vec![0],
    };
    assert_eq!(to_viewer(&ToViewer::CursorShape(s).to_bytes()), range(3));
}

#[test]
fn versions_agree_on_the_newest_common_one() {
    let h = |min, max| Hello {
        min,
        max,
        features: 0,
    };
    assert_eq!(h(1, 3).agree(h(2, 5)), Some(3));
    assert_eq!(h(1, 1).agree(h(2, 5)), None);
    assert_eq!(h(2, 5).agree(h(1, 1)), None);
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0u8..=8) {
        if let Ok(Some((e, _))) = Envelope::split(&bytes) {
            let _ = ToViewer::parse(e);
            let _ = ToSharer::parse(e);
        }
        let e = Envelope { kind, body: &bytes };
        if let Ok(Some(m)) = ToViewer::parse(e)
            && !matches!(m, ToViewer::Hello(_))
        {
            // What is read is written the same: one form for each message.
            let again = m.to_bytes();
            prop_assert_eq!(&again[HEAD..], &bytes[..]);
        }
    }
}
