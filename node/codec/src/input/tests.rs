use super::*;
use crate::message::{ToSharer, ToViewer};
use proptest::prelude::*;

fn envelope(bytes: &[u8]) -> Result<Envelope<'_>, MessageError> {
    let (envelope, used) = Envelope::split(bytes)?.expect("whole");
    assert_eq!(used, bytes.len());
    assert!(envelope.is_input());
    Ok(envelope)
}

fn input(bytes: &[u8]) -> Result<Input, MessageError> {
    Input::parse(envelope(bytes)?)
}

fn notice(bytes: &[u8]) -> Result<Notice, MessageError> {
    Notice::parse(envelope(bytes)?)
}

fn place() -> impl Strategy<Value = Place> {
    (any::<u16>(), any::<u16>()).prop_map(|(x, y)| Place { x, y })
}

fn motion() -> impl Strategy<Value = Motion> {
    prop_oneof![Just(Motion::Up), Just(Motion::Down)]
}

fn character() -> impl Strategy<Value = char> {
    any::<char>().prop_filter("no control characters", |c| !c.is_control())
}

fn any_input() -> impl Strategy<Value = Input> {
    let wheel = -MAX_WHEEL..=MAX_WHEEL;
    let keysym = (1u32..0x2000_0000).prop_filter_map("no locks", Keysym::new);
    prop_oneof![
        place().prop_map(Input::Move),
        (place(), 0..Button::ALL.len(), motion()).prop_map(|(at, b, motion)| Input::Button {
            at,
            button: Button::ALL[b],
            motion
        }),
        (place(), wheel.clone(), wheel)
            .prop_filter("some step", |(_, dx, dy)| (*dx, *dy) != (0, 0))
            .prop_map(|(at, dx, dy)| Input::Wheel { at, dx, dy }),
        (keysym.clone(), proptest::option::of(character())).prop_map(|(keysym, character)| {
            Input::Key(Key {
                keysym,
                motion: Motion::Down,
                character,
            })
        }),
        keysym.prop_map(|keysym| Input::Key(Key {
            keysym,
            motion: Motion::Up,
            character: None
        })),
        prop::collection::vec(character(), 1..=MAX_TEXT / 4)
            .prop_map(|c| Input::Text(Text::new(c.into_iter().collect()).expect("fits"))),
        Just(Input::ReleaseAll),
        Just(Input::Ask),
        Just(Input::GiveBack),
    ]
}

fn any_notice() -> impl Strategy<Value = Notice> {
    prop_oneof![
        (0..3usize, 0..4usize, any::<bool>(), any::<u8>()).prop_map(|(c, a, paused, watchers)| {
            Notice::Status(Status {
                controller: [Controller::Nobody, Controller::You, Controller::Somebody][c],
                asking: [
                    Asking::Barred,
                    Asking::Open,
                    Asking::Waiting,
                    Asking::Declined,
                ][a],
                paused,
                watchers,
            })
        }),
        prop_oneof![Just(Actor::You), Just(Actor::Somebody)].prop_map(Notice::Activity),
        (0u8..9, any::<u16>()).prop_map(|(why, count)| {
            let [low, high] = count.to_le_bytes();
            notice(&[0x3a, 3, 0, 0, why, low, high]).expect("a refusal")
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_the_same(i in any_input()) {
        prop_assert_eq!(input(&i.to_bytes()), Ok(i));
    }

    #[test]
    fn notices_come_back(n in any_notice()) {
        prop_assert_eq!(notice(&n.to_bytes()), Ok(n));
    }

    #[test]
    fn a_character_is_that_of_its_keysym(c in character()) {
        prop_assert_eq!(Keysym::of(c).and_then(Keysym::character), Some(c));
    }

    #[test]
    fn a_keysyms_character_is_never_a_control(n in 1u32..0x2000_0000) {
        let c = Keysym::new(n).and_then(Keysym::character);
        prop_assert!(c.is_none_or(|c| !c.is_control()));
    }

    /// There is one way to write each message: what is read is written the
    /// same.
    #[test]
    fn what_is_read_is_written_the_same(k in 0x30u8..0x40, body in prop::collection::vec(any::<u8>(), 0..12)) {
        let mut bytes = vec![k, body.len() as u8, 0, 0];
        bytes.extend(&body);
        if let Ok(i) = input(&bytes) {
            prop_assert_eq!(i.to_bytes(), bytes.clone());
        }
        if let Ok(n) = notice(&bytes) {
            prop_assert_eq!(n.to_bytes(), bytes);
        }
    }

    #[test]
    fn any_text_is_cut_into_pieces_that_are_valid(text in "\\PC{0,300}|[\\x00-\\x20é€😀]{0,300}") {
        let pieces = Text::pieces(&text);
        for p in &pieces {
            prop_assert_eq!(Text::new(p.as_str().to_owned()), Some(p.clone()));
        }
        let all: String = pieces.iter().map(Text::as_str).collect();
        let printable: String = text.chars().filter(|c| !c.is_control()).collect();
        prop_assert_eq!(all, printable);
    }
}

/// GUARD-5: keys that switch or latch a state cannot be sent.
#[test]
fn lock_keys_cannot_be_sent() {
    let locks = [
        0xffe5, 0xffe6, 0xff7f, 0xff14, 0xff2d, 0xff30, 0xfe01, 0xfe02, 0xfe04, 0xfe05, 0xfe06,
        0xfe07, 0xfe08, 0xfe09, 0xfe0a, 0xfe0b, 0xfe0c, 0xfe0d, 0xfe0e, 0xfe0f, 0xfe12, 0xfe13,
    ];
    for lock in locks {
        assert_eq!(Keysym::new(lock), None, "{lock:#x}");
        let mut bytes = vec![0x33, 9, 0, 0];
        bytes.extend(u32::to_le_bytes(lock));
        bytes.extend([1, 0, 0, 0, 0]);
        assert_eq!(input(&bytes), Err(MessageError::Range(0x33)), "{lock:#x}");
    }
    for plain in [0x41, 0xffe1, 0xffe3, 0xffe9, 0xfe03, 0xff7e, 0x0100_20ac] {
        assert!(Keysym::new(plain).is_some(), "{plain:#x}");
    }
    assert_eq!(Keysym::new(0), None);
    assert_eq!(Keysym::new(0x2000_0000), None);
}

#[test]
fn keysyms_of_characters() {
    let of = |c| Keysym::of(c).map(Keysym::get);
    assert_eq!(of('a'), Some(0x61));
    assert_eq!(of('ü'), Some(0xfc));
    assert_eq!(of('€'), Some(0x0100_20ac));
    assert_eq!(of('😀'), Some(0x0101_f600));
    assert_eq!(of('\r'), None);
    assert_eq!(of('\u{9b}'), None);
}

#[test]
fn values_out_of_range_are_refused() {
    let refused: &[(&str, &[u8])] = &[
        ("button 5", &[0x31, 6, 0, 0, 1, 0, 1, 0, 5, 1]),
        ("motion 2", &[0x31, 6, 0, 0, 1, 0, 1, 0, 0, 2]),
        ("no step", &[0x32, 8, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]),
        (
            "a huge step",
            &[0x32, 8, 0, 0, 1, 0, 1, 0, 0, 0, 0x01, 0x0f],
        ),
        (
            "a huge step back",
            &[0x32, 8, 0, 0, 1, 0, 1, 0, 0, 0x80, 0, 0],
        ),
        (
            "a release with a character",
            &[0x33, 9, 0, 0, 0x61, 0, 0, 0, 0, 0x61, 0, 0, 0],
        ),
        (
            "a control character",
            &[0x33, 9, 0, 0, 0x0d, 0xff, 0, 0, 1, 0x0d, 0, 0, 0],
        ),
        (
            "a surrogate",
            &[0x33, 9, 0, 0, 0x61, 0, 0, 0, 1, 0, 0xd8, 0, 0],
        ),
        ("no text", &[0x34, 0, 0, 0]),
        ("half a character", &[0x34, 1, 0, 0, 0xc3]),
        ("text with a line end", &[0x34, 2, 0, 0, b'a', b'\n']),
    ];
    for (what, bytes) in refused {
        assert_eq!(input(bytes), Err(MessageError::Range(bytes[0])), "{what}");
    }
    for (what, bytes) in [
        ("controller 3", &[0x38, 4, 0, 0, 3, 0, 0, 1][..]),
        ("asking 4", &[0x38, 4, 0, 0, 0, 4, 0, 1]),
        ("paused 2", &[0x38, 4, 0, 0, 0, 0, 2, 1]),
        ("actor 2", &[0x39, 1, 0, 0, 2]),
        ("refusal 9", &[0x3a, 3, 0, 0, 9, 1, 0]),
    ] {
        assert_eq!(notice(bytes), Err(MessageError::Range(bytes[0])), "{what}");
    }
}

#[test]
fn lengths_are_held_to_before_the_body_is_there() {
    for k in 0x30..=0x3a {
        let longest = limit(k).expect("a kind") as u32;
        let over = (longest + 1).to_le_bytes();
        assert_eq!(
            Envelope::split(&[k, over[0], over[1], over[2]]),
            Err(MessageError::TooLong(k))
        );
    }
    for k in 0x3b..=0x3f {
        assert_eq!(
            Envelope::split(&[k, 0, 0, 0]),
            Err(MessageError::Unknown(k))
        );
    }
    let text = Text::new("x".repeat(MAX_TEXT)).expect("fits");
    assert!(input(&Input::Text(text).to_bytes()).is_ok());
    assert_eq!(Text::new("x".repeat(MAX_TEXT + 1)), None);
}

/// What belongs to the other direction, or to another reader, is refused.
#[test]
fn directions_are_kept_apart() {
    let ask = Input::Ask.to_bytes();
    let status = Notice::Status(Status::default()).to_bytes();
    let envelopes = [
        envelope(&ask).expect("one"),
        envelope(&status).expect("one"),
    ];
    for e in envelopes {
        assert_eq!(ToSharer::parse(e), Err(MessageError::Unknown(e.kind)));
        assert_eq!(ToViewer::parse(e), Err(MessageError::Unknown(e.kind)));
    }
    assert_eq!(
        Notice::parse(envelopes[0]),
        Err(MessageError::Unknown(0x36))
    );
    assert_eq!(Input::parse(envelopes[1]), Err(MessageError::Unknown(0x38)));
}
