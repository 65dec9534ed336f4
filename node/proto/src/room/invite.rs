//! Coming into a room by an invitation (MSG-1; spec 08, "Invitation").

use thiserror::Error;

use super::body::Body;
use super::change::{Action, RoomKind};
use super::entry::{Entry, EntryError, EntryIn};
use super::log::{Log, Refusal};
use super::membership::Standing;
use crate::id::{DeviceId, PersonId, RoomId};

/// Why an invitation isn't shown to a person. Its sender's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvitationError {
    /// One of its entries isn't believed.
    #[error("the invitation: {0}")]
    Entry(#[from] EntryError),
    /// The first entry opens no room.
    #[error("it doesn't begin with the entry that opens a room")]
    NoOpening,
    /// The second entry is of another room, or no invitation.
    #[error("it isn't an invitation into that room")]
    NoInvitation,
    /// It doesn't let this person in.
    #[error("it is for somebody else")]
    ForSomebodyElse,
}

/// An invitation whose signatures fit. Whether its devices belong to the
/// persons that it names is for the caller to ask, before a person sees it.
#[derive(Debug, Clone)]
pub struct Invitation {
    opening: Entry,
    invite: Option<Entry>,
    log: Log,
}

impl Invitation {
    /// Reads the invitation that came for `person`, on the device `me`.
    ///
    /// # Errors
    /// See [`InvitationError`].
    pub fn read(
        opening: EntryIn,
        invite: Option<EntryIn>,
        person: &PersonId,
        me: DeviceId,
    ) -> Result<Self, InvitationError> {
        let opening = opening.verify()?;
        let invite = invite.map(EntryIn::verify).transpose()?;
        let mut log = Log::begin(&opening, me).ok_or(InvitationError::NoOpening)?;
        if let Some(invite) = &invite {
            log.insert_invitation(invite)
                .map_err(|_: Refusal| InvitationError::NoInvitation)?;
        }
        let invited = log.membership().standing(person) == Standing::Invited;
        let open = matches!(log.membership().kind(), RoomKind::Organisation(_));
        if !invited && !open {
            return Err(InvitationError::ForSomebodyElse);
        }
        Ok(Self {
            opening,
            invite,
            log,
        })
    }

    /// Which room.
    #[must_use]
    pub fn room(&self) -> RoomId {
        self.log.room()
    }

    /// The room's title; a pair has none.
    #[must_use]
    pub fn title(&self) -> &str {
        self.log.membership().title()
    }

    /// Who may come in.
    #[must_use]
    pub fn kind(&self) -> RoomKind {
        self.log.membership().kind()
    }

    /// Who opened the room, and who invites, each with the device: to be
    /// checked against what is known of them.
    pub fn authors(&self) -> impl Iterator<Item = (PersonId, DeviceId)> {
        let entries = [Some(&self.opening), self.invite.as_ref()];
        entries.into_iter().flatten().map(|e| {
            let h = e.header();
            (h.person, h.device)
        })
    }

    /// The entry that opens the room, and the one that invites: for
    /// [`super::store::RoomStore::begin`].
    #[must_use]
    pub fn entries(&self) -> (&Entry, Option<&Entry>) {
        (&self.opening, self.invite.as_ref())
    }

    /// The log to go on with, and the answer to compose and insert first.
    #[must_use]
    pub fn accept(self) -> (Log, Body) {
        let answer = self.log.change(Action::Accept);
        (self.log, answer)
    }

    /// The log that carries the refusal back, and the answer to compose and
    /// insert.
    #[must_use]
    pub fn decline(self) -> (Log, Body) {
        let answer = self.log.change(Action::Decline);
        (self.log, answer)
    }
}
