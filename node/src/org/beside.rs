//! Whether a draft may be the next document of a chain: never the second of
//! its number, which would end all new shares (rule R2).

use kith_proto::policy::chain::PolicyChain;

use super::draft::{Draft, DraftError};

impl Draft {
    /// Why it can't be the next one of `chain`, whoever signs it. A fork that
    /// is known is settled by whatever the recovery keys sign behind it.
    #[must_use]
    pub fn overtaken(&self, chain: &PolicyChain) -> Option<DraftError> {
        let (number, newest) = (self.number(), chain.head().payload().seq());
        if newest >= number {
            return Some(DraftError::Older { newest });
        }
        if chain.fork().is_some_and(|f| f.seq < number) {
            return None;
        }
        let (newest, why) = chain.ahead().filter(|(seq, _)| *seq >= number)?;
        Some(DraftError::Beside { newest, why })
    }
}
