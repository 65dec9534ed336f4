//! Whether control can be asked for: both sides have a say.

use kith_codec::input::Asking;

use super::Session;
use crate::local::MayAsk;

impl Session {
    /// By both sides. What was asked for already stays so.
    #[must_use]
    pub const fn asking(&self) -> Asking {
        match (self.may_ask, self.status.asking) {
            (MayAsk::No, Asking::Open | Asking::Declined) => Asking::Barred,
            (_, asking) => asking,
        }
    }
}
