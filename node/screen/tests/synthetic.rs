//! The synthetic source keeps the contract of every source.

mod capture;

use capture::contract::{self, Trial};
use kith_codec::geometry::Size;
use kith_codec::synthetic::Desktop;
use kith_screen::synthetic::SyntheticSource;

#[test]
fn it_keeps_the_contract() {
    let size = Size::new(400, 300).unwrap();
    let (source, input) = SyntheticSource::new(Desktop::new(size, 3));
    let mut letters = ('a'..='z').cycle();
    contract::holds(Trial {
        source,
        draw: &mut || input.key(letters.next().unwrap()),
    });
}
