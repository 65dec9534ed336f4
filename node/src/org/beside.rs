//! Whether a draft may be the next document of a chain: never the second of
//! its number, which would end all new shares (rule R2), but where recovery
//! keys replace one that is of no use (POL-8).

use kith_proto::policy::chain::PolicyChain;
use kith_proto::signed::Cosigned;

use super::draft::{Draft, DraftError};

impl Draft {
    /// Why it can't be the next one of `chain`, as it is signed so far. A fork
    /// that is known is settled by whatever the recovery keys sign behind it.
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
        match chain.replaceable(number) {
            true if self.only_recovery_keys_signed() => None,
            true => Some(DraftError::Replaceable { newest, why }),
            false => Some(DraftError::Beside { newest, why }),
        }
    }

    fn only_recovery_keys_signed(&self) -> bool {
        let (Some((before, _)), Some(signing)) = (self.before(), &self.signing) else {
            return false;
        };
        let h = before.payload();
        let count = Cosigned::signers(signing).len();
        signing.signed_by(h.admins.keys()) == 0
            && h.recovery
                .as_ref()
                .is_some_and(|r| signing.signed_by(r.keys()) == count)
    }
}
