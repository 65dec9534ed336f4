//! Between a viewer and a server of VNC: whatever either says, in whatever
//! pieces, it ends or it passes the same; and no more passes than came.
#![no_main]

use std::time::Duration;

use kith_proto::rfb::{Hands, Middle, RfbFault};
use libfuzzer_sys::fuzz_target;

/// A screen of 32 bits a pixel, a list of what may be asked for, a picture
/// asked for.
const SCREEN: &[u8] = &[
    0, 64, 0, 48, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 0,
];
const ASKED: &[u8] = &[3, 0, 0, 0, 0, 0, 0, 64, 0, 48];

/// What passed each way: pieces alternate, the longer ones come from the
/// server.
fn run(all: &[u8], most: usize) -> Result<[Vec<u8>; 2], RfbFault> {
    let mut middle = Middle::default();
    let (mut there, mut back) = (Vec::new(), Vec::new());
    middle.server(SCREEN, &mut back)?;
    middle.viewer(ASKED, Hands::Bound, Duration::ZERO, &mut there)?;
    // A millisecond for each piece.
    let mut now = Duration::ZERO;
    let mut rest = all;
    while let [head, later @ ..] = rest {
        let hands = [Hands::Bound, Hands::Free][usize::from(head & 1)];
        let n = usize::from(head >> 2).min(later.len());
        let (piece, after) = later.split_at(n);
        for part in piece.chunks(most) {
            match head & 2 {
                0 => {
                    let mut part = part;
                    while !part.is_empty() {
                        let used = middle.viewer(part, hands, now, &mut there)?;
                        part = &part[used..];
                    }
                }
                _ => middle.server(part, &mut back)?,
            }
        }
        rest = after;
        now += Duration::from_millis(1);
    }
    Ok([there, back])
}

fuzz_target!(|all: &[u8]| {
    let whole = run(all, usize::MAX);
    if let Ok([there, back]) = &whole {
        let came = all.len() + SCREEN.len() + ASKED.len();
        assert!(there.len() + back.len() <= came);
    }
    assert_eq!(whole, run(all, 1));
});
