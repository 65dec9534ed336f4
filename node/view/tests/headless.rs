//! The headless viewer against a real encoder over a socket pair.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a failed helper is a failed test

mod common;

use std::time::Duration;

use common::Sharer;
use kith_codec::geometry::{Rect, Size};
use kith_codec::input::{Asking, Controller, Input, Key, Keysym, Motion, Notice, Place, Status};
use kith_codec::message::{EndReason, MessageError, ToViewer};
use kith_codec::synthetic::Kind;
use kith_codec::time::{Micros, Moment};
use kith_view::frame::{self, Lane};
use kith_view::headless::Headless;
use kith_view::local::{Cause, FromNode, FromView, PathKind};
use kith_view::session::{Fault, Over};

const LONG: Duration = Duration::from_secs(60);

fn pair(w: u16, h: u16) -> (Sharer, Headless) {
    let (sharer, socket) = Sharer::new(Size::new(w, h).unwrap());
    (sharer, Headless::new(socket).unwrap())
}

/// Waits until the picture is that of the source, exactly (SHARE-3).
fn assert_exact(sharer: &Sharer, viewer: &mut Headless) {
    let source = sharer.picture();
    let same = viewer
        .run_until(LONG, |s| s.is_exact() && s.picture() == Some(&source))
        .unwrap();
    assert!(same, "not exact: {:?}", viewer.session().over());
}

#[test]
fn at_rest_the_picture_is_bit_equal() {
    let (sharer, mut viewer) = pair(800, 500);
    assert_exact(&sharer, &mut viewer);
    assert_eq!(
        sharer.locals.recv_timeout(LONG).unwrap(),
        FromView::Ready {
            files: false,
            calls: false
        }
    );
    for step in 0..40u16 {
        sharer.act(move |d, _| {
            d.press(150 + step, 45);
            d.step(Kind::Terminal);
            d.step(Kind::Player);
        });
        if step % 10 == 0 {
            assert_exact(&sharer, &mut viewer);
        }
    }
    assert_exact(&sharer, &mut viewer);
    // Film runs, then rests.
    sharer.act(|d, _| d.animate(Kind::Player, true, Moment(0)));
    assert!(
        !viewer
            .run_until(Duration::from_millis(700), |_| false)
            .unwrap()
    );
    sharer.act(|d, _| d.animate(Kind::Player, false, Moment(0)));
    assert_exact(&sharer, &mut viewer);
    assert!(viewer.session().statistics().updates > 10);
}

#[test]
fn a_picture_is_saved_and_read_back() {
    let (sharer, mut viewer) = pair(320, 200);
    assert_exact(&sharer, &mut viewer);
    let path = std::env::temp_dir().join(format!("kith-view-{}.png", std::process::id()));
    viewer.save_png(&path).unwrap();
    let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!((info.width, info.height), (320, 200));
    let pixels: Vec<u32> = rgb
        .chunks(3)
        .map(|p| u32::from_be_bytes([0, p[0], p[1], p[2]]))
        .collect();
    assert_eq!(pixels, sharer.picture().pixels());
}

#[test]
fn scripted_input_arrives_in_order_once_control_is_given() {
    let (sharer, mut viewer) = pair(320, 200);
    assert_exact(&sharer, &mut viewer);
    assert!(
        !viewer.click(Place { x: 1, y: 1 }),
        "nobody gave us control"
    );
    assert!(viewer.send(&Input::Ask));
    viewer.run_until(LONG, |s| s.output().is_empty()).unwrap();
    assert_eq!(sharer.input(), Input::Ask);
    sharer.notice(Notice::Status(Status {
        controller: Controller::You,
        asking: Asking::Open,
        paused: false,
        watchers: 1,
    }));
    assert!(viewer.run_until(LONG, |s| s.controls()).unwrap());
    assert!(viewer.type_text("É\n"));
    viewer.run_until(LONG, |s| s.output().is_empty()).unwrap();
    let key = |n, motion, character| {
        Input::Key(Key {
            keysym: Keysym::new(n).unwrap(),
            motion,
            character,
        })
    };
    for expected in [
        key(0xc9, Motion::Down, Some('É')),
        key(0xc9, Motion::Up, None),
        key(0xff0d, Motion::Down, None),
        key(0xff0d, Motion::Up, None),
    ] {
        assert_eq!(sharer.input(), expected);
    }
}

#[test]
fn every_way_to_end_is_told() {
    let ended = |act: &dyn Fn(&Sharer)| {
        let (sharer, mut viewer) = pair(200, 100);
        assert_exact(&sharer, &mut viewer);
        act(&sharer);
        assert!(!viewer.run_until(LONG, |_| false).unwrap());
        viewer.session().over().unwrap()
    };
    assert_eq!(ended(&Sharer::close), Over::NodeGone);
    assert_eq!(
        ended(&|s| s.act(|_, share| {
            share
                .end_viewer(kith_codec::share::ViewerId(1), EndReason::Revoked)
                .unwrap();
        })),
        Over::Sharer(EndReason::Revoked)
    );
    assert_eq!(
        ended(&|s| s.local(FromNode::Ended(Cause::Locked))),
        Over::Node(Cause::Locked)
    );
}

#[test]
fn the_node_tells_about_path_and_people() {
    let (sharer, mut viewer) = pair(200, 100);
    sharer.local(FromNode::Title {
        person: "Anna".into(),
        what: "LibreOffice".into(),
    });
    sharer.local(FromNode::Path {
        kind: PathKind::Relayed,
        round_trip: Micros(42_000),
    });
    let done = viewer.run_until(LONG, |s| s.path().0 == PathKind::Relayed);
    assert!(done.unwrap());
    assert_eq!(viewer.session().person(), "Anna");
    assert_eq!(viewer.session().what(), "LibreOffice");
    assert_exact(&sharer, &mut viewer);
}

#[test]
fn hostile_bytes_end_it_with_a_reason() {
    let lane = |lane, bytes: &[u8]| {
        let mut out = Vec::new();
        frame::put(lane, bytes, &mut out);
        out
    };
    let noise: Vec<u8> = (0..100_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let mut huge = vec![0x02, 0xff, 0xff, 0xff];
    huge.resize(200_000, 0xff);
    let cases = [
        ("noise instead of frames", noise.clone()),
        ("noise as control", lane(Lane::Control, &noise)),
        ("noise as pictures", lane(Lane::Picture, &noise)),
        (
            "a message longer than its kind",
            lane(Lane::Control, &[0x05, 0xff, 0xff, 0xff]),
        ),
        (
            "an update out of turn",
            lane(Lane::Picture, &{
                ToViewer::Update(kith_codec::message::Update {
                    sequence: 77,
                    reset: None,
                    more: false,
                    exact: false,
                    chunk: b"x",
                    films: vec![],
                })
                .to_bytes()
            }),
        ),
        (
            "a grey area too many",
            lane(
                Lane::Control,
                &ToViewer::Masks(vec![Rect::new(0, 0, 1, 1); 256])
                    .to_bytes()
                    .iter()
                    .enumerate()
                    .map(|(i, b)| if i == 4 { 255 } else { *b })
                    .collect::<Vec<u8>>(),
            ),
        ),
    ];
    for (what, bytes) in cases {
        let (sharer, mut viewer) = pair(200, 100);
        assert_exact(&sharer, &mut viewer);
        sharer.raw(bytes);
        assert!(!viewer.run_until(LONG, |_| false).unwrap(), "{what}");
        let over = viewer.session().over();
        assert!(matches!(over, Some(Over::Fault(_))), "{what}: {over:?}");
        // What is right afterwards changes nothing.
        assert!(!viewer.run_until(LONG, |_| false).unwrap());
        assert_eq!(viewer.session().over(), over);
    }
    // A long message that never ends is only waited for.
    let (sharer, mut viewer) = pair(200, 100);
    assert_exact(&sharer, &mut viewer);
    sharer.raw(lane(Lane::Picture, &huge));
    assert!(
        !viewer
            .run_until(Duration::from_millis(300), |_| false)
            .unwrap()
    );
    assert_eq!(viewer.session().over(), None);
}

#[test]
fn a_fault_names_what_was_wrong() {
    let (sharer, mut viewer) = pair(200, 100);
    let mut bytes = Vec::new();
    frame::put(Lane::Control, &[0x7f, 0, 0, 0], &mut bytes);
    assert_exact(&sharer, &mut viewer);
    sharer.raw(bytes);
    assert!(!viewer.run_until(LONG, |_| false).unwrap());
    assert_eq!(
        viewer.session().over(),
        Some(Over::Fault(Fault::Message(MessageError::Unknown(0x7f))))
    );
}
