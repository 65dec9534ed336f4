use thiserror::Error;

use super::MeetingTerms;
use crate::blame::Blame;
use crate::id::{PersonId, RoomId};
use crate::policy::checked::Checked;

/// What is known of one moderated meeting: the newest settings of its
/// organiser. Older ones are refused, so that nobody brings back what was
/// allowed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingState {
    room: RoomId,
    organiser: PersonId,
    newest: Option<Checked<MeetingTerms>>,
    /// Other settings with the same number: evidence.
    rival: Option<Checked<MeetingTerms>>,
}

/// Why there is nothing of the organiser to decide by: then nothing is
/// allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum MeetingGap {
    /// Nothing was heard of the organiser yet.
    #[error("its organiser hasn't said yet what is allowed")]
    NotSet,
    /// Two settings have one number.
    #[error("its organiser has said two different things at once: they must be set again")]
    Contested,
}

/// What settings did to a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetingNews {
    /// They are known.
    AlreadyKnown,
    /// They hold from now on: store them, then act on them.
    Set,
}

/// Why settings aren't taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MeetingError {
    /// Of another room, or of somebody else than its organiser.
    #[error("settings of another meeting")]
    OtherMeeting,
    /// Newer ones are known.
    #[error("old settings: number {newest} is known already")]
    Older {
        /// The newest number known.
        newest: u64,
    },
    /// Different ones with the same number are known. Both are kept, and
    /// nothing is allowed until higher ones come: store them.
    #[error("two different settings with one number")]
    Contested,
}

impl MeetingError {
    /// The stable code (spec 04, "Errors").
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherMeeting => "other-meeting",
            Self::Older { .. } => "older",
            Self::Contested => "meeting-contested",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::OtherMeeting => Blame::Misbehaved,
            // Whoever passes on what is old may not know better; two devices
            // of the organiser may have set it at once.
            Self::Older { .. } | Self::Contested => Blame::Circumstance,
        }
    }
}

impl MeetingState {
    /// A meeting of which nothing is known but its room and who opened it, as
    /// the room's log says.
    #[must_use]
    pub fn new(room: RoomId, organiser: PersonId) -> Self {
        Self {
            room,
            organiser,
            newest: None,
            rival: None,
        }
    }

    /// Takes over settings that are newer than what is known. After a restart
    /// the stored [`MeetingState::records`] go through here again.
    ///
    /// # Errors
    /// See [`MeetingError`].
    pub fn apply(&mut self, next: Checked<MeetingTerms>) -> Result<MeetingNews, MeetingError> {
        let terms = next.get();
        if terms.room != self.room || next.person() != self.organiser {
            return Err(MeetingError::OtherMeeting);
        }
        if let Some(newest) = &self.newest {
            let number = newest.get().seq;
            if terms.seq < number {
                return Err(MeetingError::Older { newest: number });
            }
            if terms.seq == number {
                if next.digest() == newest.digest() {
                    return Ok(MeetingNews::AlreadyKnown);
                }
                self.rival.get_or_insert(next);
                return Err(MeetingError::Contested);
            }
        }
        self.newest = Some(next);
        self.rival = None;
        Ok(MeetingNews::Set)
    }

    /// The settings in force.
    ///
    /// # Errors
    /// See [`MeetingGap`].
    pub fn set(&self) -> Result<&MeetingTerms, MeetingGap> {
        match (&self.newest, &self.rival) {
            (Some(_), Some(_)) => Err(MeetingGap::Contested),
            (Some(newest), None) => Ok(newest.get()),
            (None, _) => Err(MeetingGap::NotSet),
        }
    }

    /// The number of the next settings, for the organiser's own device.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        let newest = self.newest.as_ref().map(|n| n.get().seq);
        newest.map_or(0, |seq| seq.saturating_add(1))
    }

    /// In which room.
    #[must_use]
    pub fn room(&self) -> RoomId {
        self.room
    }

    /// Who opened it.
    #[must_use]
    pub fn organiser(&self) -> PersonId {
        self.organiser
    }

    /// The records to store and pass on: the newest, and what contests it.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.newest.iter().chain(&self.rival).map(Checked::bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::cap::{Cap, Preset};
    use crate::policy::testing::{NOW, person, room};

    fn said(r: u8, organiser: u8, seq: u64, cap: Cap) -> Checked<MeetingTerms> {
        let mut m = MeetingTerms::new(room(r), person(organiser), NOW, cap);
        m.seq = seq;
        Checked::assumed(m, person(organiser))
    }

    #[test]
    fn the_highest_number_counts() {
        let mut m = MeetingState::new(room(1), person(1));
        assert_eq!((m.set(), m.next_seq()), (Err(MeetingGap::NotSet), 0));
        let view = Preset::ViewOnly.cap();
        assert_eq!(m.apply(said(1, 1, 3, Cap::OPEN)), Ok(MeetingNews::Set));
        assert_eq!(m.apply(said(1, 1, 4, view)), Ok(MeetingNews::Set));
        assert_eq!(m.apply(said(1, 1, 4, view)), Ok(MeetingNews::AlreadyKnown));
        assert_eq!(
            m.apply(said(1, 1, 3, Cap::OPEN)),
            Err(MeetingError::Older { newest: 4 })
        );
        assert_eq!(m.set().unwrap().cap, view);
        assert_eq!((m.next_seq(), m.records().count()), (5, 1));
    }

    #[test]
    fn two_with_one_number_allow_nothing_until_a_higher_one() {
        let mut m = MeetingState::new(room(1), person(1));
        m.apply(said(1, 1, 4, Cap::OPEN)).unwrap();
        for _ in 0..2 {
            let rival = said(1, 1, 4, Preset::ViewOnly.cap());
            assert_eq!(m.apply(rival), Err(MeetingError::Contested));
        }
        assert_eq!(m.set(), Err(MeetingGap::Contested));
        // Not the first one again, nor an older one.
        assert!(m.apply(said(1, 1, 4, Cap::OPEN)).is_ok());
        assert!(m.apply(said(1, 1, 3, Cap::OPEN)).is_err());
        assert_eq!(m.set(), Err(MeetingGap::Contested));
        assert_eq!(m.records().count(), 2);
        m.apply(said(1, 1, 5, Cap::OPEN)).unwrap();
        assert!(m.set().is_ok());
    }

    #[test]
    fn only_the_organiser_speaks_and_of_this_room() {
        let mut m = MeetingState::new(room(1), person(1));
        for other in [said(2, 1, 0, Cap::OPEN), said(1, 2, 0, Cap::OPEN)] {
            assert_eq!(m.apply(other), Err(MeetingError::OtherMeeting));
        }
        assert_eq!(m.set(), Err(MeetingGap::NotSet));
    }
}
