use std::cell::Cell;

use super::*;
use crate::local::Cause;
use kith_codec::input::{Asking, Button, Motion, Place};
use kith_codec::message::{EndReason, MessageError, Update};
use proptest::prelude::*;

fn fed(session: &mut Session, lane: Lane, bytes: &[u8]) {
    let mut frames = Vec::new();
    frame::put(lane, bytes, &mut frames);
    session.feed(&frames, || Moment(0));
}

fn greet(session: &mut Session) {
    let hello = ToViewer::Hello(Hello::ours()).to_bytes();
    fed(session, Lane::Control, &hello);
    assert_eq!(session.over(), None);
}

fn update(sequence: u32, reset: Option<Size>) -> Vec<u8> {
    ToViewer::Update(Update {
        sequence,
        reset,
        more: false,
        exact: true,
        chunk: &[],
        films: vec![],
    })
    .to_bytes()
}

fn size() -> Option<Size> {
    Size::new(64, 32)
}

/// What the session said in the control lane since the last call.
fn said(session: &mut Session) -> Vec<u8> {
    let mut reader = frame::Reader::new();
    reader.push(session.output());
    let mut bytes = Vec::new();
    while let Some((lane, piece)) = reader.next_frame().unwrap() {
        if lane == Lane::Control {
            bytes.extend_from_slice(piece);
        }
    }
    let all = session.output().len();
    session.written(all);
    bytes
}

fn status(controller: Controller) -> Vec<u8> {
    Notice::Status(Status {
        controller,
        asking: Asking::Open,
        paused: false,
        watchers: 1,
    })
    .to_bytes()
}

#[test]
fn it_greets_decodes_and_acknowledges_when_painted() {
    let mut s = Session::new();
    assert_eq!(said(&mut s), ToSharer::Hello(Hello::ours()).to_bytes());
    greet(&mut s);
    let mut frames = Vec::new();
    frame::put(Lane::Picture, &update(1, size()), &mut frames);
    let clock = Cell::new(100);
    s.feed(&frames, || {
        clock.set(clock.get() + 5);
        Moment(clock.get())
    });
    assert!(s.is_exact() && s.wants_paint());
    let news = s.take_news();
    assert!(news.size && news.damage.bounds() == Rect::new(0, 0, 64, 32));
    assert!(
        said(&mut s).is_empty(),
        "nothing is painted: nothing to acknowledge"
    );
    s.painted(Moment(400));
    let ack = ToSharer::Ack {
        sequence: 1,
        spent: 400 - 105,
    };
    assert_eq!(said(&mut s), ack.to_bytes());
    s.painted(Moment(500));
    assert!(said(&mut s).is_empty(), "once is enough");
    assert_eq!(s.statistics().updates, 1);
    assert_eq!(s.statistics().decode, Micros(5));
}

/// Lane and message of all that the session said since the last call.
fn said_where(session: &mut Session) -> Vec<(Lane, Vec<u8>)> {
    let mut reader = frame::Reader::new();
    reader.push(session.output());
    let mut all = Vec::new();
    while let Some((lane, piece)) = reader.next_frame().unwrap() {
        all.push((lane, piece.to_vec()));
    }
    session.written(session.output().len());
    all
}

#[test]
fn little_is_acknowledged_late_and_not_too_much_of_it() {
    let mut s = Session::new();
    greet(&mut s);
    said_where(&mut s);
    let each = update(2, None).len();
    let mut late = 0;
    for sequence in 1..=200 {
        fed(
            &mut s,
            Lane::Picture,
            &update(sequence, size().filter(|_| sequence == 1)),
        );
        s.painted(Moment(0));
        let ack = ToSharer::Ack { sequence, spent: 0 }.to_bytes();
        let [(lane, bytes)] = &said_where(&mut s)[..] else {
            panic!("one acknowledgement each")
        };
        assert_eq!(*bytes, ack);
        if sequence == 1 {
            assert_eq!(*lane, Lane::Control, "a reset point at once");
        } else if late + each <= LATE_BYTES {
            assert_eq!(*lane, Lane::Late);
            late += each;
        } else {
            assert_eq!(*lane, Lane::Control);
            late = 0;
        }
    }
    // Many that are painted at once are not little.
    for sequence in 201..=240 {
        fed(&mut s, Lane::Picture, &update(sequence, None));
    }
    s.painted(Moment(0));
    assert_eq!(said_where(&mut s)[0].0, Lane::Control);
    // What waits of one path is void on the next.
    fed(&mut s, Lane::Local, &FromNode::Restart.to_bytes());
    assert_eq!(said(&mut s), ToSharer::Hello(Hello::ours()).to_bytes());
    // And nobody sends us any.
    fed(&mut s, Lane::Late, &[0x20]);
    assert_eq!(s.over(), Some(Over::Fault(Fault::Lane)));
}

/// Who types all the time gets no acknowledgement of its own, either: beats take
/// along what waits.
#[test]
fn what_went_with_a_beat_waits_no_more() {
    let mut s = Session::new();
    greet(&mut s);
    let mut bytes = 0;
    for sequence in 1..=200 {
        let update = update(sequence, size().filter(|_| sequence == 1));
        bytes += update.len();
        fed(&mut s, Lane::Picture, &update);
        said_where(&mut s);
        s.painted(Moment(u64::from(sequence) * 50_000));
        if sequence > 1 {
            assert_eq!(said_where(&mut s)[0].0, Lane::Late, "update {sequence}");
        }
    }
    assert!(bytes > LATE_BYTES);
}

#[test]
fn what_is_in_the_wrong_lane_or_order_ends_it() {
    let cases: [(&str, Lane, Vec<u8>, Fault); 6] = [
        (
            "an update in the control lane",
            Lane::Control,
            update(1, size()),
            Fault::Lane,
        ),
        (
            "an end in the picture lane",
            Lane::Picture,
            ToViewer::End(EndReason::Stopped).to_bytes(),
            Fault::Lane,
        ),
        (
            "a second greeting",
            Lane::Control,
            ToViewer::Hello(Hello::ours()).to_bytes(),
            Fault::Greeting,
        ),
        (
            "input to a viewer",
            Lane::Control,
            Input::Ask.to_bytes(),
            Fault::Message(MessageError::Unknown(0x36)),
        ),
        (
            "an acknowledgement to a viewer",
            Lane::Control,
            ToSharer::Reset.to_bytes(),
            Fault::Message(MessageError::Unknown(0x21)),
        ),
        ("a local message", Lane::Local, vec![77], {
            Fault::Local(crate::local::LocalError)
        }),
    ];
    for (what, lane, bytes, fault) in cases {
        let mut s = Session::new();
        greet(&mut s);
        fed(&mut s, lane, &bytes);
        assert_eq!(s.over(), Some(Over::Fault(fault)), "{what}");
        assert!(s.take_news().told);
        // Nothing more is believed.
        fed(&mut s, Lane::Picture, &update(1, size()));
        assert!(s.picture().is_none(), "{what}");
    }
}

#[test]
fn no_common_version_is_said() {
    let mut s = Session::new();
    let hello = Hello {
        min: 9,
        max: 9,
        features: 0,
    };
    fed(&mut s, Lane::Control, &ToViewer::Hello(hello).to_bytes());
    assert_eq!(s.over(), Some(Over::Fault(Fault::Version)));
    assert!(s.over().unwrap().words().contains("too old or too new"));
}

/// GUARD-5, GUARD-6: nothing acts without control, letting go always may.
#[test]
fn input_needs_control() {
    let mut s = Session::new();
    greet(&mut s);
    said(&mut s);
    let go = Input::Move(Place { x: 1, y: 2 });
    assert!(!s.send(&go));
    assert!(s.send(&Input::Ask));
    assert!(s.send(&Input::ReleaseAll));
    said(&mut s);
    fed(&mut s, Lane::Control, &status(Controller::You));
    assert!(s.controls() && s.send(&go));
    assert_eq!(said(&mut s), go.to_bytes());
    fed(&mut s, Lane::Control, &status(Controller::Somebody));
    assert!(!s.send(&go));
    fed(&mut s, Lane::Control, &status(Controller::You));
    fed(
        &mut s,
        Lane::Local,
        &FromNode::Ended(Cause::Policy).to_bytes(),
    );
    assert!(!s.controls() && !s.send(&go) && !s.send(&Input::ReleaseAll));
    assert_eq!(s.over(), Some(Over::Node(Cause::Policy)));
}

#[test]
fn what_waits_for_a_stuck_node_is_bounded() {
    let mut s = Session::new();
    greet(&mut s);
    fed(&mut s, Lane::Control, &status(Controller::You));
    let mut sent = 0;
    for i in 0..1_000_000u32 {
        sent += u32::from(s.send(&Input::Move(Place { x: i as u16, y: 0 })));
    }
    assert!(sent > 1000 && s.output().len() <= MAX_WAITING + 64);
    assert!(s.send(&Input::ReleaseAll), "letting go is never dropped");
}

/// SHARE-4, GUARD-5: what is done during an interruption is not done later,
/// but nothing stays pressed.
#[test]
fn an_interruption_takes_no_input() {
    let mut s = Session::new();
    greet(&mut s);
    fed(&mut s, Lane::Control, &status(Controller::You));
    let path = |kind| {
        FromNode::Path {
            kind,
            round_trip: Micros(0),
        }
        .to_bytes()
    };
    let button = |motion| Input::Button {
        at: Place::default(),
        button: Button::Main,
        motion,
    };
    assert!(s.send(&button(Motion::Down)));
    fed(&mut s, Lane::Local, &path(PathKind::Interrupted));
    said(&mut s);
    assert!(!s.send(&button(Motion::Down)) && !s.send(&Input::Ask));
    assert!(s.send(&button(Motion::Up)));
    assert_eq!(said(&mut s), button(Motion::Up).to_bytes());
    fed(&mut s, Lane::Local, &path(PathKind::Direct));
    assert!(s.send(&button(Motion::Down)));
}

/// SHARE-4: after a change of path all begins anew, the picture stays.
#[test]
fn a_restart_keeps_the_picture_until_there_is_another() {
    let mut s = Session::new();
    greet(&mut s);
    fed(&mut s, Lane::Picture, &update(1, size()));
    fed(&mut s, Lane::Control, &status(Controller::You));
    // In the middle of a message the path breaks.
    fed(&mut s, Lane::Picture, &[0x02, 0xff]);
    said(&mut s);
    fed(&mut s, Lane::Local, &FromNode::Restart.to_bytes());
    assert_eq!(said(&mut s), ToSharer::Hello(Hello::ours()).to_bytes());
    assert_eq!(s.size(), size());
    assert!(!s.controls() && !s.is_exact());
    greet(&mut s);
    let _ = s.take_news();
    // Twice in a row: still the same picture.
    fed(&mut s, Lane::Local, &FromNode::Restart.to_bytes());
    greet(&mut s);
    assert_eq!(s.size(), size());
    fed(&mut s, Lane::Picture, &update(1, Size::new(8, 8)));
    assert_eq!(s.size(), Size::new(8, 8));
    assert!(s.take_news().size);
    assert!(s.before.is_none());
}

#[test]
fn names_are_made_fit_to_show() {
    let mut s = Session::new();
    let title = FromNode::Title {
        person: "Anna\u{202e}\u{1b}[31m".into(),
        what: "a\nb".into(),
    };
    fed(&mut s, Lane::Local, &title.to_bytes());
    assert_eq!(s.person(), "Anna\u{fffd}\u{fffd}[31m");
    assert_eq!(s.what(), "a b");
}

proptest! {
    /// Any bytes in any lane, cut anywhere: it goes on or says why not, and
    /// holds little.
    #[test]
    fn no_bytes_harm_it(
        greeted in any::<bool>(),
        pieces in prop::collection::vec((0u8..4, prop::collection::vec(any::<u8>(), 0..200)), 0..20),
    ) {
        let mut s = Session::new();
        if greeted {
            greet(&mut s);
        }
        for (lane, bytes) in &pieces {
            match lane {
                0 => fed(&mut s, Lane::Control, bytes),
                1 => fed(&mut s, Lane::Picture, bytes),
                2 => fed(&mut s, Lane::Local, bytes),
                _ => s.feed(bytes, || Moment(0)),
            }
            s.painted(Moment(1));
        }
        prop_assert!(s.output().len() < 4096);
        if let Some(over) = s.over() {
            prop_assert!(over.words().ends_with('.'));
        }
    }
}
