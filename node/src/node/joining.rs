//! How rooms begin: opened by me, or by an invitation (MSG-1).

use kith_api::{ApiError, Code, ContactState};
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::room::change::{Action, Retention, RoomKind};
use kith_proto::room::entry::{Entry, EntryIn};
use kith_proto::room::invite::Invitation;
use kith_proto::room::log::{self, Author, Verdict, Witness as _};
use kith_proto::room::store::RoomStore as _;
use kith_proto::room::sync::Event;

use super::error::fault;
use super::open::Open;
use super::people::{Person, row_of};
use super::rooms::{Known, no_room, restore};
use crate::store::people as people_rows;
use crate::store::rooms::Rooms as Stored;

/// How many invitations to rooms may wait for an answer.
const INVITATIONS_MAX: usize = 64;

impl Open {
    /// Opens a room, with me as its first member.
    pub(super) async fn open_room(
        &mut self,
        title: String,
        kind: RoomKind,
    ) -> Result<RoomId, ApiError> {
        let now = self.now();
        let mut nonce = [0; 16];
        let mut rng = crate::random::system();
        rand_core::Rng::fill_bytes(&mut rng, &mut nonce);
        let author = Author {
            person: self.account.person(),
            key: self.account.device_key(),
        };
        let open = Action::Open {
            nonce,
            title,
            kind,
            retention: Retention::Forever,
        };
        let opening = log::open(author, open, now, &mut rng).map_err(fault)?;
        self.begin_room(&opening, None).await
    }

    /// Stores the beginning of a room and takes it in.
    async fn begin_room(
        &mut self,
        opening: &Entry,
        invite: Option<&Entry>,
    ) -> Result<RoomId, ApiError> {
        let room: RoomId = opening.id().into();
        let (me, person) = (self.account.device(), self.account.person());
        let (opening, invite) = (opening.clone(), invite.cloned());
        let sync = self
            .store
            .write(move |tx| {
                let mut stored = Stored(tx);
                stored.begin(&opening, invite.as_ref())?;
                restore(&stored, &room, me, person)
            })
            .await?
            .ok_or_else(|| fault("a room that was stored isn't there"))?;
        self.rooms.rooms.insert(room, sync);
        let peers: Vec<DeviceId> = self.rooms.links.keys().copied().collect();
        for peer in peers {
            if self.is_room_for(&room, &peer)
                && let Some(person) = self.in_rooms_of(&peer)
            {
                self.room_event(&room, Event::Connected { peer, person })
                    .await;
            }
        }
        Ok(room)
    }

    /// Opens our room of two.
    pub(super) async fn open_pair_room(&mut self, who: &PersonId) -> Result<(), ApiError> {
        if self.people.get(who).is_none_or(|p| p.room.is_some()) {
            return Ok(());
        }
        let room = self.open_room(String::new(), RoomKind::Pair(*who)).await?;
        self.set_pair_room(who, room).await
    }

    async fn set_pair_room(&mut self, who: &PersonId, room: RoomId) -> Result<(), ApiError> {
        let Some(person) = self.people.get_mut(who) else {
            return Ok(());
        };
        person.room = Some(room);
        let row = row_of(person);
        self.store
            .write(move |tx| people_rows::put(tx, &row))
            .await?;
        self.tell_about(who);
        self.tell_room(&room);
        Ok(())
    }

    /// Somebody invites me into a room. A contact's room of two I accept at
    /// once: being contacts is the consent. All else waits for me (MSG-1).
    pub(super) async fn take_invitation(
        &mut self,
        from: PersonId,
        opening: EntryIn,
        invite: Option<EntryIn>,
    ) {
        let me = (self.account.person(), self.account.device());
        let Ok(invitation) = Invitation::read(opening, invite, &me.0, me.1) else {
            return;
        };
        let now = self.now();
        let known = Known {
            me: self.account.log(),
            people: &self.people,
        };
        let believed = invitation
            .authors()
            .all(|(person, device)| known.device(&person, &device, now) == Verdict::Holds);
        if !believed {
            return;
        }
        let room = invitation.room();
        if self.rooms.rooms.contains_key(&room) && !self.asks_again(&invitation) {
            return;
        }
        let opener = invitation.entries().0.header().person;
        let pair = matches!(invitation.kind(), RoomKind::Pair(_));
        let contact = self.people.get(&opener).is_some_and(|p| {
            let fits = |known| known == room || self.is_stale(p, &known);
            p.state == ContactState::Contact && p.room.is_none_or(fits)
        });
        if pair && contact {
            if self.join(invitation).await.is_ok() {
                let _ = self.set_pair_room(&opener, room).await;
            }
        } else if !pair && self.rooms.invitations.len() < INVITATIONS_MAX {
            let new = self
                .rooms
                .invitations
                .insert(room, (from, invitation))
                .is_none();
            if new {
                self.tell_room(&room);
            }
        }
    }

    /// Whether nobody of that person's can write in our room of two any more:
    /// all their devices in it were revoked, as by a recovery sheet (ID-6).
    fn is_stale(&self, person: &Person, room: &RoomId) -> bool {
        let (Some(log), Some(sync)) = (&person.log, self.rooms.rooms.get(room)) else {
            return false;
        };
        let theirs = sync.log().membership().people();
        let belongs = theirs.into_iter().any(|(p, _)| *p == person.id);
        let heads = sync.log().heads();
        belongs && !heads.keys().any(|d| log.state().device(d).is_some())
    }

    /// Whether an invitation is to be shown for a room that is known already.
    fn asks_again(&self, invitation: &Invitation) -> bool {
        let room = invitation.room();
        let sync = self.rooms.rooms.get(&room).zip(invitation.entries().1);
        sync.is_some_and(|(s, invite)| s.asks_again(invite, self.rooms.gone.contains(&room)))
    }

    /// Answers an invitation into a room that our person was in before.
    pub(super) async fn answer_again(
        &mut self,
        room: &RoomId,
        invitation: &Invitation,
        answer: Action,
    ) -> Result<(), ApiError> {
        let now = self.now();
        let invite = invitation.entries().1.cloned();
        let (Some(sync), Some(invite)) = (self.rooms.rooms.get_mut(room), invite) else {
            return Err(no_room());
        };
        let author = Author {
            person: self.account.person(),
            key: self.account.device_key(),
        };
        let known = Known {
            me: self.account.log(),
            people: &self.people,
        };
        let rng = &mut crate::random::system();
        let (pos, effects) = sync
            .answer_again(author, invite, answer, &known, now, rng)
            .map_err(|e| ApiError::new(Code::Denied, e.to_string()))?;
        self.carry_out(room, effects).await;
        self.is_stored(room, &pos)?;
        self.rooms.gone.remove(room);
        self.gone_changed(room).await;
        Ok(())
    }

    /// Accepts an invitation.
    pub(super) async fn join(&mut self, invitation: Invitation) -> Result<RoomId, ApiError> {
        let (opening, invite) = invitation.entries();
        let (opening, invite) = (opening.clone(), invite.cloned());
        let room = self.begin_room(&opening, invite.as_ref()).await?;
        self.write_entry(&room, |log| log.change(Action::Accept))
            .await?;
        self.tell_room(&room);
        Ok(room)
    }

    /// Declines an invitation; the refusal travels back.
    pub(super) async fn decline_room(&mut self, invitation: Invitation) -> Result<(), ApiError> {
        let (opening, invite) = invitation.entries();
        let (opening, invite) = (opening.clone(), invite.cloned());
        let room = self.begin_room(&opening, invite.as_ref()).await?;
        self.write_entry(&room, |log| log.change(Action::Decline))
            .await?;
        Ok(())
    }
}
