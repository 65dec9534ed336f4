//! What a device may do on the strength of its person's log (ID-1; spec 01,
//! "What expiry ends").

use thiserror::Error;

use crate::clock::JudgedTime;
use crate::id::DeviceId;
use crate::time::Timestamp;

use super::entry::Reason;
use super::log::PersonLog;

/// How a device stands in its person's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceStatus {
    /// Certified.
    Valid {
        /// Until just before this.
        until: Timestamp,
    },
    /// Listed, but its time is over.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// Revoked, for good and whatever the time.
    Revoked {
        /// From when on nothing of it is to be believed.
        since: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Not one of this person's devices, as far as is known here.
    Unknown,
}

/// What a device is to be trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Something new: accepting a contact, verifying one, a device that was
    /// never met before.
    Meet,
    /// Going on talking with a contact that was accepted.
    Talk,
    /// Showing or seeing a screen, and everything on the way there.
    Share,
}

/// A device may do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Without reserve.
    Certified {
        /// Until just before this; then ask again.
        until: Timestamp,
    },
    /// Although its certificate has run out: only for [`Purpose::Talk`]; the
    /// expiry is shown.
    Lapsed {
        /// Since when.
        since: Timestamp,
    },
    /// Although the log is forked, because both branches list it: only for
    /// [`Purpose::Talk`]; the fork is shown.
    Contested,
}

/// Why a device may not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denial {
    /// Its certificate has run out: it has to be renewed.
    #[error("the device's certificate has run out and must be renewed")]
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// Its person has revoked it.
    #[error("its person has revoked the device")]
    Revoked {
        /// From when on.
        since: Timestamp,
    },
    /// It isn't listed: not this person's, or the log known here is old.
    #[error("not a device of this person, as far as is known here")]
    Unknown,
    /// Two histories of this person were signed: nothing new is believed
    /// until a recovery ends that.
    #[error("two histories of this person were signed: nothing new is believed")]
    Forked,
}

impl PersonLog {
    /// How `device` stands at `at`, by the branch that was known first.
    #[must_use]
    pub fn device_status(&self, device: &DeviceId, at: &JudgedTime) -> DeviceStatus {
        let state = self.state();
        if let Some(r) = state.revocation(device) {
            return DeviceStatus::Revoked {
                since: r.since,
                reason: r.reason,
            };
        }
        match state.device(device) {
            None => DeviceStatus::Unknown,
            Some(d) if at.now() < d.expires => DeviceStatus::Valid { until: d.expires },
            Some(d) => DeviceStatus::Expired { since: d.expires },
        }
    }

    /// Whether `device` may be trusted for `purpose`.
    ///
    /// Expiry ends what is new and what shows a screen; it never ends a
    /// conversation, so that a LAN without Internet can't fall silent as a
    /// whole because the one device with the person key is away. What ends a
    /// conversation is a revocation.
    ///
    /// # Errors
    /// See [`Denial`].
    pub fn permits(
        &self,
        device: &DeviceId,
        purpose: Purpose,
        at: &JudgedTime,
    ) -> Result<Permit, Denial> {
        let status = self.device_status(device, at);
        if let Some(fork) = self.fork() {
            let theirs = fork.theirs.payload();
            if let Some(r) = theirs.revocation(device) {
                return Err(Denial::Revoked { since: r.since });
            }
            return match status {
                DeviceStatus::Revoked { since, .. } => Err(Denial::Revoked { since }),
                DeviceStatus::Unknown => Err(Denial::Unknown),
                _ if purpose == Purpose::Talk && theirs.device(device).is_some() => {
                    Ok(Permit::Contested)
                }
                _ => Err(Denial::Forked),
            };
        }
        match status {
            DeviceStatus::Valid { until } => Ok(Permit::Certified { until }),
            DeviceStatus::Expired { since } if purpose == Purpose::Talk => {
                Ok(Permit::Lapsed { since })
            }
            DeviceStatus::Expired { since } => Err(Denial::Expired { since }),
            DeviceStatus::Revoked { since, .. } => Err(Denial::Revoked { since }),
            DeviceStatus::Unknown => Err(Denial::Unknown),
        }
    }
}
