//! Others' invites of which nothing comes any more: they were used, taken back,
//! have expired, or the inviter declined (ID-2). Whoever answers one again is
//! told so at once.

use std::collections::BTreeMap;

use kith_api::{ApiError, Code, ContactState};
use kith_proto::digest::Digest;
use kith_proto::names::escape_for_display;
use kith_proto::signed::Signed;
use kith_proto::ticket::Ticket;
use rusqlite::Transaction;

use super::open::Open;
use super::people::{Person, state_number, state_of};
use crate::store::StoreError;
use crate::store::own::{self, INVITES_OVER};

/// How many are remembered; of more, some are forgotten, and answering those
/// again is refused by the inviter's node.
const MAX: usize = 256;
/// A ticket's digest and the state.
const LINE: usize = 33;

/// What became of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Over(BTreeMap<Digest, ContactState>);

impl Over {
    pub(super) fn load(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let bytes = own::get(tx, INVITES_OVER)?.unwrap_or_default();
        let line = |line: &[u8]| {
            let (state, digest) = line.split_last()?;
            let digest = Digest::from_bytes(digest.try_into().ok()?);
            Some((digest, state_of(i64::from(*state))))
        };
        Ok(Self(bytes.chunks_exact(LINE).filter_map(line).collect()))
    }

    /// Remembers it; what is returned is to be kept.
    pub(super) fn note(&mut self, ticket: Digest, state: ContactState) -> Self {
        if self.0.len() >= MAX {
            self.0.pop_first();
        }
        self.0.insert(ticket, state);
        self.clone()
    }

    pub(super) fn keep(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        let mut bytes = Vec::with_capacity(self.0.len() * LINE);
        for (ticket, state) in &self.0 {
            bytes.extend_from_slice(ticket.as_bytes());
            bytes.extend(u8::try_from(state_number(*state)).ok());
        }
        own::put(tx, INVITES_OVER, &bytes)
    }
}

impl Open {
    /// Why it is of no use to answer this invite, if that is known.
    pub(super) fn is_over(&self, ticket: &Signed<Ticket>) -> Option<ApiError> {
        let (id, invited) = (ticket.digest(), ticket.payload());
        let known = self.people.get(&invited.person).map(Person::shown);
        let name = known.unwrap_or_else(|| escape_for_display(invited.name.as_str()));
        let refused = self.invites.refused.contains(&id);
        let told = self.invites.over.0.get(&id).copied();
        let state = told.or(refused.then_some(ContactState::NotBelieved))?;
        let (code, why) = match state {
            ContactState::TurnedAway => (Code::Denied, "declined your answer to this invite"),
            ContactState::InviteUsed => (Code::Expired, "says that this invite was used already"),
            ContactState::InviteRevoked => (Code::Expired, "has taken this invite back"),
            ContactState::InviteExpired => (Code::Expired, "says that this invite has expired"),
            ContactState::NotBelieved => {
                let why = "has a device that doesn’t believe your answer to this invite";
                (Code::Denied, why)
            }
            _ => (Code::Expired, "has a device that doesn’t know this invite"),
        };
        let hint = format!("ask {name} for a new invite");
        Some(ApiError::new(code, format!("{name} {why}")).hint(hint))
    }
}
