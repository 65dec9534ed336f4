//! Any frames from the node, any bytes in each lane, with input between them.
#![no_main]

use kith_codec::input::{Input, Place};
use kith_codec::message::{Hello, ToViewer};
use kith_codec::time::Moment;
use kith_view::frame::{self, Lane};
use kith_view::session::Session;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut session = Session::new();
    let mut frames = Vec::new();
    let hello = ToViewer::Hello(Hello::ours()).to_bytes();
    frame::put(Lane::Control, &hello, &mut frames);
    session.feed(&frames, || Moment(0));
    // Pieces: what to do with it, its length, its bytes.
    let mut rest = data;
    while let [what, length, tail @ ..] = rest {
        let (piece, tail) = tail.split_at(tail.len().min(usize::from(*length)));
        rest = tail;
        frames.clear();
        match what % 5 {
            0 => frame::put(Lane::Control, piece, &mut frames),
            1 => frame::put(Lane::Picture, piece, &mut frames),
            2 => frame::put(Lane::Local, piece, &mut frames),
            3 => frames.extend_from_slice(piece),
            _ => {
                session.send(&Input::Move(Place { x: 1, y: 1 }));
                session.painted(Moment(7));
                let said = session.output().len();
                session.written(said);
            }
        }
        session.feed(&frames, || Moment(3));
        let _ = session.take_news();
        if let (Some(size), Some(picture)) = (session.size(), session.picture()) {
            assert_eq!(picture.pixels().len(), size.pixels());
        }
    }
    assert!(session.output().len() < 64 * 1024);
});
