//! Answering others' invites, and hearing what they decided (ID-2).

use kith_api::{Accepted, ApiError, Code, ContactState, Reply};
use kith_proto::digest::Digest;
use kith_proto::id::PersonId;
use kith_proto::meet::{Message, Refused};
use kith_proto::names::Name;
use kith_proto::package::{self, Frame};
use kith_proto::signed::Signed;
use kith_proto::ticket::{Introduction, Outcome, Pending, Ticket, TicketError};

use super::error::{bad, fault};
use super::invites::{addresses, judge, met_person, read};
use super::open::Open;
use super::people::{Person, row_of};
use super::reach::Known;
use crate::store::invites::{self as rows, Side};
use crate::store::people as people_rows;
use crate::swarm::DeviceId;

/// What an inviter's reply says to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replied {
    /// We are contacts now.
    Contacts,
    /// They declined.
    Declined,
    /// To no answer of ours that waits: it was heard before, or is for
    /// somebody else.
    Foreign,
    /// It doesn't open, or isn't the inviter's.
    Unbelieved,
    /// It couldn't be stored, so it wasn't heard.
    Unstored,
}

/// How many answers may wait for their inviters.
const PENDING_MAX: usize = 256;

impl Open {
    pub(super) async fn invite_accept(
        &mut self,
        text: &str,
        petname: Option<&str>,
    ) -> Result<Reply, ApiError> {
        let ticket = read(text)?;
        let petname = petname
            .map(Name::from_typed)
            .transpose()
            .map_err(|e| bad(format!("that name can't be used: {e}")))?;
        let inviter = ticket.payload().person;
        // Who has lost all devices and come back by the recovery sheet (ID-6)
        // invites contacts again, from a device that is new to them; and who has
        // removed us, which nobody tells us, from one that we don't reach.
        let device = DeviceId::from(ticket.signer());
        if let Some(known) = self.people.get(&inviter)
            && known.state == ContactState::Contact
            && self.people.device(&device).is_some()
            && self.known_of(known) != Known::Offline
        {
            return Err(bad(format!("{} is your contact already", known.shown())));
        }
        let id = ticket.digest();
        if let Some(why) = self.is_over(&ticket) {
            return Err(why);
        }
        if let Some(name) = &petname {
            self.is_free(name, &inviter)?;
        }
        if !self.invites.pending.contains_key(&id) {
            self.answer_ticket(ticket, petname).await?;
        }
        let Some(pending) = self.invites.pending.get(&id) else {
            return Err(fault("no answer"));
        };
        let answer = answer_file(&id, pending.sealed());
        self.answered_just_now(device).await;
        let person = self
            .people
            .get(&inviter)
            .ok_or_else(|| fault("no person"))?;
        Ok(Reply::Accepted(Accepted {
            person: person.reference(),
            state: person.state,
            answer,
        }))
    }

    /// Stores an answer, and the inviter as somebody who is waited for.
    async fn answer_ticket(
        &mut self,
        ticket: Signed<Ticket>,
        petname: Option<Name>,
    ) -> Result<(), ApiError> {
        if self.invites.pending.len() >= PENDING_MAX {
            return Err(ApiError::new(
                Code::TooMuch,
                "too many answers wait for their inviters",
            ));
        }
        let now = self.now();
        let judged = *self.account.judge(now);
        let me = Introduction {
            person: self.account.person(),
            name: self.account.name().clone(),
            hints: self.hints_for(&ticket.payload().person),
            device: self.account.device_key(),
        };
        let evidence = self.evidence();
        let pending = Pending::answer(ticket, me, evidence, &judged, &mut crate::random::system())
            .map_err(|e| not_answered(&e))?;
        let t = pending.ticket();
        let id = t.digest();
        // Who shares a room with us is known already.
        let known = self.people.get(&t.payload().person);
        let person = Person {
            id: t.payload().person,
            state: ContactState::Waiting,
            name: t.payload().name.clone(),
            petname: petname.or_else(|| known?.petname.clone()),
            verified: known.map_or(kith_api::Verification::Unverified, |p| p.verified),
            log: known.and_then(|p| p.log.clone()),
            entries: known.map(|p| p.entries.clone()).unwrap_or_default(),
            pair: None,
            // Who was a contact once has one.
            room: known.and_then(|p| p.room),
            added: known.map_or(now, |p| p.added),
            profile: known.and_then(|p| p.profile.clone()),
            shared_name: false,
        };
        let kept = pending.to_stored();
        let contact = self.is_person_contact(&person.id);
        let row = (!contact).then(|| row_of(&person));
        self.store
            .write(move |tx| {
                if let Some(row) = row {
                    people_rows::put(tx, &row)?;
                }
                rows::put(tx, &id, Side::Theirs, &kept.public, &*kept.secret)
            })
            .await?;
        let (who, device) = (person.id, DeviceId::from(t.signer()));
        let told = addresses(&t.payload().hints);
        if !contact {
            self.people.insert(person);
            self.people.put_device(device, who, told);
        }
        self.invites.pending.insert(id, pending);
        Ok(())
    }

    /// An answer of ours goes out to the inviter's device now.
    pub(super) async fn answer_goes_out(&mut self, inviter: &PersonId) {
        let person = self.people.get_mut(inviter);
        let Some(person) = person.filter(|p| p.state == ContactState::Waiting) else {
            return;
        };
        person.state = ContactState::Answered;
        let row = row_of(person);
        // Not stored: it goes out again after the next start.
        let _ = self.store.write(move |tx| people_rows::put(tx, &row)).await;
        self.tell_about(inviter);
    }

    /// Takes the inviter's decision.
    pub(super) async fn take_reply(&mut self, id: &Digest, sealed: &[u8]) -> Replied {
        let now = self.now();
        let judged = *self.account.judge(now);
        let Some(pending) = self.invites.pending.get(id) else {
            return Replied::Foreign;
        };
        let Ok(opened) = pending.finish(sealed) else {
            return Replied::Unbelieved;
        };
        let mut learnt = None;
        let outcome = opened.judge(|claim| {
            learnt = Some(judge(&claim, &self.people, &judged)?);
            Ok::<_, &'static str>(())
        });
        let inviter = pending.ticket().payload().person;
        let (person, met) = match (outcome, learnt) {
            (Ok(Outcome::Accepted { met, secret }), Some(learnt)) => {
                let state = ContactState::Contact;
                let mut person = met_person(&met, learnt, state, now, &self.people);
                person.pair = Some(secret);
                (person, Some(met))
            }
            (Ok(Outcome::Declined), _) => {
                let Some(known) = self.people.get_mut(&inviter) else {
                    return Replied::Foreign;
                };
                known.state = ContactState::TurnedAway;
                let (id, row) = (*id, row_of(known));
                let over = self.invites.over.note(id, ContactState::TurnedAway);
                let _ = self
                    .store
                    .write(move |tx| {
                        people_rows::put(tx, &row)?;
                        over.keep(tx)?;
                        rows::remove(tx, &id)
                    })
                    .await;
                self.invites.pending.remove(&id);
                self.tell_about(&inviter);
                return Replied::Declined;
            }
            _ => return Replied::Unbelieved,
        };
        let (id, row) = (*id, row_of(&person));
        let written = self.store.write(move |tx| {
            people_rows::put(tx, &row)?;
            rows::remove(tx, &id)
        });
        if written.await.is_err() {
            return Replied::Unstored;
        }
        self.invites.pending.remove(&id);
        self.people.insert(person);
        if let Some(met) = met {
            self.put_device_of(&met).await;
        }
        self.rejudge_devices(&inviter).await;
        self.tell_about(&inviter);
        self.contact_after_meeting(&inviter).await;
        Replied::Contacts
    }

    /// The inviter's node says that the ticket is worth nothing. It says so by
    /// the very device that signed the ticket, and nothing leads out of a
    /// ticket's final state (spec 03): the answer is forgotten. Only whom it
    /// doesn't believe now it may believe later; that answer is kept.
    pub(super) async fn answer_refused(&mut self, peer: &DeviceId, id: &Digest, why: Refused) {
        let Some(pending) = self.invites.pending.get(id) else {
            return;
        };
        if DeviceId::from(pending.ticket().signer()) != *peer {
            return;
        }
        let inviter = pending.ticket().payload().person;
        self.invites.refused.insert(*id);
        let (state, kept) = match why {
            Refused::Unknown => (ContactState::InviteUnknown, false),
            Refused::Used => (ContactState::InviteUsed, false),
            Refused::Revoked => (ContactState::InviteRevoked, false),
            Refused::Expired => (ContactState::InviteExpired, false),
            Refused::NotBelieved => (ContactState::NotBelieved, true),
        };
        // Another invite of theirs may still be answered; and who is a contact
        // stays one.
        let others = self.invites.answered(&inviter).any(|other| other != *id);
        let Some(person) = self.people.get_mut(&inviter) else {
            return;
        };
        let answered = matches!(person.state, ContactState::Waiting | ContactState::Answered);
        let waited = answered || person.state.is_refused();
        if waited && !others {
            person.state = state;
        }
        let (id, row) = (*id, row_of(person));
        let over = (!kept).then(|| self.invites.over.note(id, state));
        let stored = self.store.write(move |tx| {
            people_rows::put(tx, &row)?;
            let Some(over) = over else { return Ok(()) };
            over.keep(tx)?;
            rows::remove(tx, &id)
        });
        // Not stored: it is asked again after the next start, and told again.
        let _ = stored.await;
        if !kept {
            self.invites.pending.remove(&id);
        }
        self.tell_about(&inviter);
    }
}

/// Why an invite can't be answered: one's own isn't, whenever it is tried.
fn not_answered(e: &TicketError) -> ApiError {
    let code = match e {
        TicketError::Validity(_) => Code::Expired,
        TicketError::Own => Code::BadRequest,
        TicketError::Envelope(_) | TicketError::Record(_) => Code::Internal,
    };
    let error = ApiError::new(code, e.to_string());
    match e {
        TicketError::Own => error.hint("give it to the person whom you want to meet"),
        _ => error,
    }
}

/// The answer as a file, to be carried by hand.
fn answer_file(ticket: &Digest, sealed: &[u8]) -> Vec<u8> {
    let message = Message::Answer {
        ticket: *ticket,
        sealed: sealed.to_vec(),
    };
    package::write(&[Frame::Meet(message.to_bytes())])
}
