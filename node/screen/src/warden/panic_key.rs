//! The panic key (GUARD-6): what a press of it by a person means.

use kith_codec::time::{Micros, Moment};

use super::protocol::PanicStage;

/// How soon a second press ends all sharing.
pub(super) const SECOND: Micros = Micros::from_millis(2_000);

/// Follows the presses.
#[derive(Debug, Default)]
pub(super) struct PanicKey {
    /// When control was ended by the first press.
    first: Option<Moment>,
}

impl PanicKey {
    /// A person pressed it; `control`: somebody had control until now. Where
    /// nobody has, Esc is the sharer's own business (an editor's, a dialog's),
    /// unless it ended control a moment ago.
    pub(super) fn pressed(&mut self, control: bool, now: Moment) -> Option<PanicStage> {
        let second = self.first.take().is_some_and(|first| now - first <= SECOND);
        if second {
            return Some(PanicStage::Everything);
        }
        control.then(|| {
            self.first = Some(now);
            PanicStage::Control
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ends_control_and_the_second_everything() {
        let ms = |ms| Moment(0) + Micros::from_millis(ms);
        let mut key = PanicKey::default();
        assert_eq!(key.pressed(false, ms(0)), None);
        assert_eq!(key.pressed(true, ms(100)), Some(PanicStage::Control));
        assert_eq!(key.pressed(false, ms(2_100)), Some(PanicStage::Everything));
        assert_eq!(key.pressed(false, ms(2_200)), None);
        assert_eq!(key.pressed(true, ms(5_000)), Some(PanicStage::Control));
        assert_eq!(key.pressed(false, ms(7_001)), None);
        assert_eq!(key.pressed(true, ms(8_000)), Some(PanicStage::Control));
        assert_eq!(key.pressed(true, ms(11_000)), Some(PanicStage::Control));
    }
}
