//! Invites in the node (ID-2): what is stored before what is said, and who is
//! believed. The rules themselves are `kith_proto::ticket`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kith_api::{ApiError, Code, ContactState, Invitation, Invite as Shown, Reply, Warning};
use kith_proto::clock::JudgedTime;
use kith_proto::digest::Digest;
use kith_proto::id::PersonId;
use kith_proto::meet::{Message, Refused};
use kith_proto::names::escape_for_display;
use kith_proto::package::{self, Frame};
use kith_proto::pair::Rendezvous;
use kith_proto::person::Purpose as Trust;
use kith_proto::qr::{Ground, Qr};
use kith_proto::signed::Signed;
use kith_proto::ticket::{
    self, Claim, Hints, Introduction, Invite, Met, Pending, Purpose, Reading, Refusal, State,
    StoredInvite, StoredPending, Taken, Ticket,
};
use rusqlite::Transaction;
use zeroize::Zeroizing;

use super::error::{bad, fault};
use super::open::Open;
use super::over::Over;
use super::people::{Learnt, People, Person, learn, row_of};
use super::rendezvous::dialable;
use crate::store::invites::{self as rows, Side};
use crate::store::{StoreError, people as people_rows};
use crate::swarm::{Addr, DeviceId};

/// How many invites may be open at a time: each is a door.
const OPEN_MAX: usize = 64;

/// My invites, and my answers to others'.
#[derive(Debug, Default)]
pub(super) struct Invites {
    pub(super) mine: BTreeMap<Digest, Invite>,
    pub(super) pending: BTreeMap<Digest, Pending>,
    /// Tickets whose inviter's node refused the answer: asking again before
    /// the next start is useless.
    pub(super) refused: BTreeSet<Digest>,
    /// Others' invites of which nothing comes any more.
    pub(super) over: Over,
}

impl Invites {
    pub(super) fn load(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let damaged = || StoreError::Content("an invite".into());
        let mut all = Self {
            over: Over::load(tx)?,
            ..Self::default()
        };
        for (public, secret) in rows::all(tx, Side::Mine)? {
            let secret = Zeroizing::new(secret.try_into().map_err(|_| damaged())?);
            let invite =
                Invite::from_stored(&StoredInvite { public, secret }).map_err(|_| damaged())?;
            all.mine.insert(invite.id(), invite);
        }
        for (public, secret) in rows::all(tx, Side::Theirs)? {
            let secret = Zeroizing::new(secret.try_into().map_err(|_| damaged())?);
            let pending =
                Pending::from_stored(&StoredPending { public, secret }).map_err(|_| damaged())?;
            all.pending.insert(pending.ticket().digest(), pending);
        }
        Ok(all)
    }

    /// Puts the inviters' devices to them who aren't contacts: how far they can
    /// be reached is told of them too, also after a restart.
    pub(super) fn introduce(&self, people: &mut People) {
        for ticket in self.pending.values().map(Pending::ticket) {
            let t = ticket.payload();
            let known = people.get(&t.person).map(|p| p.state);
            if known.is_some_and(|state| state != ContactState::Contact) {
                people.put_device(ticket.signer().into(), t.person, addresses(&t.hints));
            }
        }
    }

    /// The answers that wait to be heard by this device.
    pub(super) fn answers_to(&self, device: &DeviceId) -> Vec<(Digest, Vec<u8>)> {
        self.pending
            .iter()
            .filter(|(id, p)| {
                DeviceId::from(p.ticket().signer()) == *device && !self.refused.contains(id)
            })
            .map(|(id, p)| (*id, p.sealed().to_vec()))
            .collect()
    }

    /// Devices whose invite I answered, and where they said they are.
    pub(super) fn inviters(&self) -> Vec<(DeviceId, Vec<Addr>)> {
        self.pending
            .iter()
            .filter(|(id, _)| !self.refused.contains(id))
            .map(|(_, p)| {
                let ticket = p.ticket();
                (ticket.signer().into(), addresses(&ticket.payload().hints))
            })
            .collect()
    }

    /// Where who holds an invite of mine looks for this device: until the
    /// invite is done with, which an accepted one is once the new contact has
    /// heard of it, and has shown their profile.
    pub(super) fn open_places(&self, people: &People, now: &JudgedTime) -> Vec<Rendezvous> {
        let unheard = |i: &Invite| {
            let met = i.answered_by().and_then(|m| people.get(&m.person));
            met.is_some_and(|p| p.state == ContactState::Contact && p.profile.is_none())
        };
        let sought = |i: &&Invite| {
            let validity = &i.ticket().payload().validity;
            let waits = match i.state() {
                State::Open | State::Answered => true,
                State::Accepted => unheard(i),
                State::Declined | State::Revoked | State::Expired => false,
            };
            waits && validity.check(ticket::LONGEST, now).is_ok()
        };
        let mine = self.mine.values().filter(sought);
        mine.map(|i| i.ticket().payload().secret.rendezvous())
            .collect()
    }

    /// Where a device leaves its addresses whose invites I answered.
    pub(super) fn places_of(&self, device: &DeviceId) -> impl Iterator<Item = Rendezvous> {
        let waiting = self.pending.iter().filter(|(id, p)| {
            !self.refused.contains(id) && DeviceId::from(p.ticket().signer()) == *device
        });
        waiting.map(|(_, p)| p.ticket().payload().secret.rendezvous())
    }

    /// Whose device it is whose invite I answered.
    pub(super) fn inviter(&self, device: &DeviceId) -> Option<PersonId> {
        let tickets = self.pending.values().map(Pending::ticket);
        let mut from = tickets.filter(|t| DeviceId::from(t.signer()) == *device);
        from.next().map(|t| t.payload().person)
    }

    /// The tickets of a person that I answered and who hasn't decided.
    pub(super) fn answered(&self, inviter: &PersonId) -> impl Iterator<Item = Digest> {
        let of = |p: &Pending| p.ticket().payload().person == *inviter;
        self.pending
            .iter()
            .filter(move |(_, p)| of(p))
            .map(|(id, _)| *id)
    }

    fn answered_by(&self, person: &PersonId) -> Option<Digest> {
        self.mine
            .iter()
            .find(|(_, i)| {
                i.state() == State::Answered && i.answered_by().is_some_and(|m| m.person == *person)
            })
            .map(|(id, _)| *id)
    }
}

/// What hints say, as addresses to dial.
pub(super) fn addresses(hints: &Hints) -> Vec<Addr> {
    dialable(hints.addresses(), hints.relays())
}

/// Whether a claimed device is its person's, as far as the evidence and what
/// is known here go; and what was learnt about the person.
pub(super) fn judge(
    claim: &Claim<'_>,
    people: &People,
    now: &JudgedTime,
) -> Result<Learnt, &'static str> {
    let learnt = learn(
        claim.person,
        people.get(claim.person),
        claim.evidence.parts(),
        now,
    )
    .ok_or("their identity isn't shown, or is wrong")?;
    match learnt.log.permits(claim.device, Trust::Meet, now) {
        Ok(_) => Ok(learnt),
        Err(_) => Err("the device isn't one of that person's"),
    }
}

impl Open {
    /// Where whoever reads an invite finds us: it isn't known who does.
    fn hints(&self) -> Hints {
        Hints::choose(self.signed_addresses(), self.signed_relays())
    }

    /// Where this inviter finds us, as far as they may know (DISC-8).
    pub(super) fn hints_for(&self, inviter: &PersonId) -> Hints {
        let (addresses, relays) = self.told(inviter);
        Hints::choose(addresses, relays)
    }

    pub(super) async fn invite_new(&mut self, lifetime_secs: u64) -> Result<Reply, ApiError> {
        let now = self.now();
        let judged = *self.account.judge(now);
        let open = self
            .invites
            .mine
            .values()
            .filter(|i| !i.state().is_final())
            .count();
        if open >= OPEN_MAX {
            return Err(ApiError::new(
                Code::TooMuch,
                format!("{OPEN_MAX} invites are open already"),
            )
            .hint("revoke some with “kith invite --revoke ID”"));
        }
        let me = Introduction {
            person: self.account.person(),
            name: self.account.name().clone(),
            hints: self.hints(),
            device: self.account.device_key(),
        };
        let lasts = Duration::from_secs(lifetime_secs);
        let mut rng = crate::random::system();
        let invite = Invite::issue(me, Purpose::Contact, lasts, &judged, &mut rng)
            .map_err(|e| bad(e.to_string()))?;
        let text = ticket::to_text(invite.ticket());
        let qr = Qr::new(&ticket::qr_text(invite.ticket()))
            .ok()
            .map(|q| q.to_text(Ground::Dark));
        self.store_invite(&invite).await?;
        let shown = Shown {
            text: Some(text),
            qr,
            ..shown(&invite)
        };
        self.invites.mine.insert(invite.id(), invite);
        self.reach.publish_soon();
        Ok(Reply::Invite(shown))
    }

    /// An invite for whom a code was compared with: short-lived, and given
    /// to them only.
    pub(super) async fn invite_for_meeting(&mut self) -> Result<Vec<u8>, ApiError> {
        const LASTS: u64 = 600;
        let Reply::Invite(made) = self.invite_new(LASTS).await? else {
            return Err(fault("no invite"));
        };
        let text = made.text.ok_or_else(|| fault("no text"))?;
        Ok(read(&text)?.bytes().to_vec())
    }

    pub(super) async fn invite_list(&mut self) -> Result<Reply, ApiError> {
        let now = self.now();
        let judged = *self.account.judge(now);
        for invite in self.invites.mine.values_mut() {
            invite.expire(&judged);
        }
        let open = self.invites.mine.values().filter(|i| !i.state().is_final());
        Ok(Reply::Invites(open.map(shown).collect()))
    }

    pub(super) async fn invite_revoke(&mut self, id: &str) -> Result<Reply, ApiError> {
        let found: Vec<Digest> = self
            .invites
            .mine
            .keys()
            .filter(|d| hex(d.as_bytes()).starts_with(&id.to_ascii_lowercase()))
            .copied()
            .collect();
        let [id] = found[..] else {
            return Err(match found.len() {
                0 => ApiError::new(Code::NotFound, "there is no such invite")
                    .hint("“kith invite --list” shows the open ones"),
                _ => ApiError::new(Code::Ambiguous, "several invites begin so"),
            });
        };
        let Some(invite) = self.invites.mine.get_mut(&id) else {
            return Ok(Reply::Done);
        };
        invite
            .revoke()
            .map_err(|e| ApiError::new(Code::Expired, e.to_string()))?;
        let (public, secret) = stored(invite);
        self.store
            .write(move |tx| rows::put(tx, &id, Side::Mine, &public, &*secret))
            .await?;
        Ok(Reply::Done)
    }

    async fn store_invite(&self, invite: &Invite) -> Result<(), ApiError> {
        let (public, secret) = stored(invite);
        let id = invite.id();
        Ok(self
            .store
            .write(move |tx| rows::put(tx, &id, Side::Mine, &public, &*secret))
            .await?)
    }

    pub(super) fn invite_look(&mut self, text: &str) -> Result<Reply, ApiError> {
        let ticket = read(text)?;
        let t = ticket.payload();
        let now = self.now();
        let judged = *self.account.judge(now);
        let mut warnings = self.people.warnings(&t.person, &t.name);
        if let Err(e) = t.validity.check(ticket::LONGEST, &judged) {
            warnings.push(Warning::new("invite-time", &format!("the invite: {e}")));
        }
        if t.person == self.account.person() {
            warnings.push(Warning::new("invite-own", "this is an invite of your own"));
        }
        Ok(Reply::Invitation(Invitation {
            person: t.person,
            name: escape_for_display(t.name.as_str()),
            warnings,
            expires_ms: t.validity.expires.as_millis(),
        }))
    }

    /// Takes the answer to an invite of mine, by network or from a file.
    /// Returns what to say to it.
    pub(super) async fn take_answer(&mut self, id: &Digest, sealed: &[u8]) -> Option<Message> {
        let refused = |why| Some(Message::Refused { ticket: *id, why });
        let now = self.now();
        let judged = *self.account.judge(now);
        let Some(invite) = self.invites.mine.get_mut(id) else {
            return refused(Refused::Unknown);
        };
        let opened = match invite.open(sealed) {
            Err(_) => return refused(Refused::NotBelieved),
            Ok(Reading::Known(reply)) => {
                return reply.map(|sealed| Message::Reply {
                    ticket: *id,
                    sealed,
                });
            }
            Ok(Reading::Closed(refusal)) => return refused(code(refusal)),
            Ok(Reading::Fresh(opened)) => opened,
        };
        let mut learnt = None;
        let believed = opened.judge(|claim| {
            learnt = Some(judge(&claim, &self.people, &judged)?);
            Ok::<_, &'static str>(())
        });
        let (Ok(believed), Some(learnt)) = (believed, learnt) else {
            return refused(Refused::NotBelieved);
        };
        match invite.take(believed, &judged) {
            Taken::Repeated => None,
            Taken::Refused(refusal, _) => refused(code(refusal)),
            Taken::New(met) => {
                let (public, secret) = stored(invite);
                let person = met_person(&met, learnt, ContactState::Asks, now, &self.people);
                let (id, row) = (*id, row_of(&person));
                let who = person.id;
                let written = self.store.write(move |tx| {
                    people_rows::put(tx, &row)?;
                    rows::put(tx, &id, Side::Mine, &public, &*secret)
                });
                if written.await.is_err() {
                    // Not stored: not taken. The answer will come again.
                    self.reload_invite(&id).await;
                    return None;
                }
                self.people.insert(person);
                self.put_device_of(&met).await;
                self.fellows_changed().await;
                self.tell_about(&who);
                self.answered_after_meeting(&who, &met.device).await;
                None
            }
        }
    }

    /// An invite as the store has it, after a write failed.
    async fn reload_invite(&mut self, id: &Digest) {
        if let Ok(stored) = self.store.read(Invites::load).await
            && let Some(invite) = { stored }.mine.remove(id)
        {
            self.invites.mine.insert(*id, invite);
        }
    }

    /// Decides about somebody who answered my invite (MSG-1).
    pub(super) async fn decide(
        &mut self,
        who: &PersonId,
        accept: kith_api::Decision,
    ) -> Result<Reply, ApiError> {
        let id = self.invites.answered_by(who).ok_or_else(|| {
            ApiError::new(
                Code::NotFound,
                "that person doesn't wait for an answer of yours",
            )
        })?;
        let now = self.now();
        let judged = *self.account.judge(now);
        let evidence = self.evidence();
        let mut rng = crate::random::system();
        let Some(invite) = self.invites.mine.get_mut(&id) else {
            return Err(fault("no invite"));
        };
        let key = self.account.device_key();
        let person = self.people.get_mut(who).ok_or_else(|| fault("no person"))?;
        let device = invite.answered_by().map(|m| m.device);
        let (reply, state, pair) = match accept {
            kith_api::Decision::Accept => {
                let done = invite
                    .accept(key, evidence, &judged, &mut rng)
                    .map_err(fault)?;
                (done.reply, ContactState::Contact, Some(done.secret))
            }
            kith_api::Decision::Decline => {
                let reply = invite.decline(key, &judged, &mut rng).map_err(fault)?;
                (reply, ContactState::Declined, None)
            }
        };
        person.state = state;
        person.pair = pair;
        let (row, (public, secret)) = (row_of(person), stored(invite));
        self.store
            .write(move |tx| {
                people_rows::put(tx, &row)?;
                rows::put(tx, &id, Side::Mine, &public, &*secret)
            })
            .await?;
        self.tell_about(who);
        let Some(device) = device else {
            return Ok(Reply::Done);
        };
        if state == ContactState::Contact {
            self.rejudge_devices(who).await;
            // Whoever invited opens the room of two; the other joins it.
            self.open_pair_room(who).await?;
            self.contact_after_meeting(who).await;
        }
        let message = Message::Reply {
            ticket: id,
            sealed: reply.clone(),
        };
        for link in self.talking_to(&device) {
            self.send(link, message.to_bytes()).await;
            if state == ContactState::Contact {
                self.greet_contact(link, device).await;
            }
        }
        if state == ContactState::Declined {
            // Ends what both shared, and the connection: after the reply.
            self.fellows_changed().await;
        }
        Ok(Reply::Package(kith_api::Package {
            name: "reply.kith".into(),
            content: reply_file(&id, &reply),
        }))
    }

    pub(super) async fn put_device_of(&mut self, met: &Met) {
        self.told_addresses(met.device, met.person, addresses(&met.hints))
            .await;
    }
}

pub(super) fn met_person(
    met: &Met,
    learnt: Learnt,
    state: ContactState,
    now: kith_proto::time::Timestamp,
    people: &People,
) -> Person {
    let known = people.get(&met.person);
    Person {
        id: met.person,
        state,
        name: met.name.clone(),
        petname: known.and_then(|p| p.petname.clone()),
        verified: known.map_or(kith_api::Verification::Unverified, |p| p.verified),
        log: Some(learnt.log),
        entries: learnt.entries,
        pair: None,
        room: known.and_then(|p| p.room),
        added: known.map_or(now, |p| p.added),
        profile: known.and_then(|p| p.profile.clone()),
        shared_name: false,
    }
}

const fn code(refusal: Refusal) -> Refused {
    match refusal {
        Refusal::Second | Refusal::Used => Refused::Used,
        Refusal::Revoked => Refused::Revoked,
        Refusal::Expired => Refused::Expired,
    }
}

fn stored(invite: &Invite) -> (Vec<u8>, Zeroizing<[u8; 64]>) {
    let StoredInvite { public, secret } = invite.to_stored();
    (public, secret)
}

fn shown(invite: &Invite) -> Shown {
    Shown {
        id: hex(&invite.id().as_bytes()[..8]),
        text: None,
        qr: None,
        expires_ms: invite.ticket().payload().validity.expires.as_millis(),
        state: match invite.state() {
            State::Open => "open",
            State::Answered => "answered",
            State::Accepted => "accepted",
            State::Declined => "declined",
            State::Revoked => "revoked",
            State::Expired => "expired",
        }
        .into(),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn read(text: &str) -> Result<Signed<Ticket>, ApiError> {
    ticket::from_text(text).map_err(|e| {
        ApiError::new(Code::Invalid, format!("that isn't a whole invite: {e}"))
            .hint("copy it again from “kith:” to its end, or use the file or QR code")
    })
}

/// The reply likewise.
fn reply_file(ticket: &Digest, sealed: &[u8]) -> Vec<u8> {
    let message = Message::Reply {
        ticket: *ticket,
        sealed: sealed.to_vec(),
    };
    package::write(&[Frame::Meet(message.to_bytes())])
}
