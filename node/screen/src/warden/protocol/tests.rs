use std::num::NonZeroU32;
use std::time::Duration;

use kith_codec::input::{Button, Input, Motion, Place};
use kith_proto::cbor::{Decode, DecodeError, Encode};
use kith_proto::rights::Rights;
use proptest::prelude::*;

use super::*;
use crate::guard::{
    Area, ClientId, Limits, Owner, Part, ProcessId, Reason, ShareId, Shared, ViewerId, What,
    WindowId,
};
use crate::look::{Language, Look, Scale};
use crate::source::Placement;
use crate::warden::hands::Origin;
use crate::x11::InputKind;

fn owner(n: u32) -> Owner {
    Owner {
        client: ClientId(n),
        process: ProcessId(NonZeroU32::new(n + 1).unwrap()),
    }
}

fn part() -> Part {
    Part::new(Area::new(-5, 6, 70, 80), [Area::new(0, 10, 9, 9)]).unwrap()
}

fn to_warden() -> Vec<ToWarden> {
    let (share, viewer, ask) = (ShareId(3), ViewerId(9), AskId(4));
    let who = Who {
        name: "Anna".into(),
        verified: Verified::Yes,
        organisation: Some("Klinik".into()),
    };
    let offer = Offer {
        rights: Rights::CONTROL,
        limits: Limits::default(),
        lasts: Some(Duration::from_secs(60)),
    };
    let whats = [
        What::Windows(vec![Shared {
            id: WindowId(7),
            owner: owner(8),
        }]),
        What::Applications(vec![owner(1), owner(2)]),
        What::Region(part()),
        What::Desktop,
    ];
    let mut all: Vec<ToWarden> = whats
        .into_iter()
        .flat_map(|what| {
            [
                ToWarden::Open {
                    share,
                    what: what.clone(),
                    controllers: Controllers::Many,
                    title: Some("Editor".into()),
                },
                ToWarden::Change { share, what },
            ]
        })
        .collect();
    for purpose in [
        Purpose::View,
        Purpose::Other,
        Purpose::Control(offer.clone()),
        Purpose::Wish(offer.clone()),
    ] {
        all.push(ToWarden::Ask {
            ask,
            share,
            viewer,
            who: who.clone(),
            purpose,
            lines: vec!["One".into(), "Two".into()],
        });
    }
    for origin in [
        Origin::Window(WindowId(5)),
        Origin::Screen(Placement { x: -3, y: 4 }),
    ] {
        all.push(ToWarden::Input {
            share,
            viewer,
            origin,
            input: Input::Button {
                at: Place { x: 1, y: 2 },
                button: Button::Menu,
                motion: Motion::Down,
            },
        });
    }
    all.extend([
        ToWarden::Hello {
            processes: [owner(5).process].into(),
            panic_key: 0xff1b,
        },
        ToWarden::Processes([owner(6).process].into()),
        ToWarden::Enrolled {
            kinds: InputKind::ALL.into(),
            wait: Duration::from_secs(300),
        },
        ToWarden::Look(Look {
            language: Language::Chinese,
            scale: Scale::percent(150),
        }),
        ToWarden::Watchers {
            share,
            list: vec![Watcher {
                viewer,
                name: "Ben".into(),
            }],
        },
        ToWarden::Withdraw(ask),
        ToWarden::Recall,
        ToWarden::Give {
            ask,
            share,
            viewer,
            who: who.clone(),
            offer: offer.clone(),
            word: Word::Advance,
            lines: Vec::new(),
        },
        ToWarden::Give {
            ask,
            share,
            viewer,
            who,
            offer,
            word: Word::Press,
            lines: vec!["One".into()],
        },
        ToWarden::Limit {
            share,
            viewer,
            limits: Limits::default(),
        },
        ToWarden::Release { share, viewer },
        ToWarden::Revoke { share, viewer },
        ToWarden::Close(share),
        ToWarden::Say(share, Note::Another),
        ToWarden::Bar(share, Bar::Shortcuts),
    ]);
    all
}

fn from_warden() -> Vec<FromWarden> {
    let (share, viewer) = (ShareId(3), ViewerId(9));
    vec![
        FromWarden::Ready,
        FromWarden::Answer(AskId(1), Answer::Impossible),
        FromWarden::Granted(share, viewer),
        FromWarden::Ended(share, viewer, Ended::HandedOver),
        FromWarden::Refused {
            share,
            viewer,
            why: Reason::ForeignFocus,
            count: 12,
        },
        FromWarden::Acting(share, viewer),
        FromWarden::Local(Pause::Paused),
        FromWarden::Panic(PanicStage::Everything),
        FromWarden::Stop(share),
        FromWarden::Gone(share),
        FromWarden::Choose {
            share,
            window: Shared {
                id: WindowId(7),
                owner: owner(8),
            },
            change: Change::Remove,
        },
        FromWarden::SendAway(share, viewer),
        FromWarden::Barred(share, Bar::Menus),
        FromWarden::Place(share, part()),
    ]
}

/// Sends them in pieces of `piece` bytes, and reads them again.
fn through<T: Encode + Decode>(messages: &[T], piece: usize) -> Vec<T> {
    let bytes: Vec<u8> = messages.iter().flat_map(frame).collect();
    let (mut frames, mut out) = (Frames::new(), Vec::new());
    for p in bytes.chunks(piece) {
        frames.push(p);
        while let Some(m) = frames.take().unwrap() {
            out.push(m);
        }
    }
    out
}

#[test]
fn every_message_comes_back() {
    for piece in [1, 3, 100, 100_000] {
        assert_eq!(through(&to_warden(), piece), to_warden());
        assert_eq!(through(&from_warden(), piece), from_warden());
    }
}

#[test]
fn frames_and_texts_are_bounded() {
    let mut frames = Frames::new();
    frames.push(&u32::MAX.to_le_bytes());
    assert!(matches!(
        frames.take::<ToWarden>(),
        Err(ProtocolError::TooLong(_))
    ));
    let too_long = ToWarden::Open {
        share: ShareId(1),
        what: What::Desktop,
        controllers: Controllers::One,
        title: Some("x".repeat(MAX_LINE + 1)),
    };
    let mut frames = Frames::new();
    frames.push(&frame(&too_long));
    assert!(matches!(
        frames.take::<ToWarden>(),
        Err(ProtocolError::Message(DecodeError::OutOfRange))
    ));
    let controls = ToWarden::Open {
        share: ShareId(1),
        what: What::Desktop,
        controllers: Controllers::One,
        title: Some("a\u{1b}[2J".into()),
    };
    let mut frames = Frames::new();
    frames.push(&frame(&controls));
    assert!(frames.take::<ToWarden>().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut frames = Frames::new();
        frames.push(&bytes);
        while let Ok(Some(_)) = frames.take::<ToWarden>() {}
        let _ = cbor::from_bytes::<ToWarden>(&bytes, MAX_FRAME);
        let _ = cbor::from_bytes::<FromWarden>(&bytes, MAX_FRAME);
    }

    /// Real messages with a few bytes changed: refused or read, never more.
    #[test]
    fn damaged_messages_do_not_panic(
        i in 0usize..64, at in prop::collection::vec((0usize..400, any::<u8>()), 1..4),
    ) {
        let all = to_warden();
        let mut bytes = frame(&all[i % all.len()]);
        for (at, to) in at {
            let n = bytes.len();
            bytes[at % n] = to;
        }
        let mut frames = Frames::new();
        frames.push(&bytes);
        if let Ok(Some(m)) = frames.take::<ToWarden>() {
            prop_assert_eq!(through(std::slice::from_ref(&m), 64), vec![m]);
        }
    }
}
