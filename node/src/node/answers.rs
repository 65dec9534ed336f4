//! Answering others' invites, and hearing what they decided (ID-2).

use kith_api::{Accepted, ApiError, Code, ContactState, Reply};
use kith_proto::digest::Digest;
use kith_proto::meet::{Message, Refused};
use kith_proto::names::Name;
use kith_proto::package::{self, Frame};
use kith_proto::signed::Signed;
use kith_proto::ticket::{Introduction, Outcome, Pending, Ticket, TicketError};

use super::error::{bad, fault};
use super::invites::{addresses, judge, met_person, read};
use super::open::Open;
use super::people::{Person, row_of};
use crate::store::invites::{self as rows, Side};
use crate::store::people as people_rows;
use crate::swarm::DeviceId;

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
        // invites contacts again, from a device that is new to them.
        let device = DeviceId::from(ticket.signer());
        if let Some(known) = self.people.get(&inviter)
            && known.state == ContactState::Contact
            && self.people.device(&device).is_some()
        {
            return Err(bad(format!("{} is your contact already", known.shown())));
        }
        let id = ticket.digest();
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
        let person = Person {
            id: t.payload().person,
            state: ContactState::Waiting,
            name: t.payload().name.clone(),
            petname,
            verified: kith_api::Verification::Unverified,
            log: None,
            entries: Vec::new(),
            pair: None,
            room: None,
            added: now,
            profile: None,
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

    /// Takes the inviter's decision. `true`: we are contacts now.
    pub(super) async fn take_reply(&mut self, id: &Digest, sealed: &[u8]) -> bool {
        let now = self.now();
        let judged = *self.account.judge(now);
        let Some(pending) = self.invites.pending.get(id) else {
            return false;
        };
        let Ok(opened) = pending.finish(sealed) else {
            return false;
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
                    return false;
                };
                known.state = ContactState::Declined;
                let (id, row) = (*id, row_of(known));
                let _ = self
                    .store
                    .write(move |tx| {
                        people_rows::put(tx, &row)?;
                        rows::remove(tx, &id)
                    })
                    .await;
                self.invites.pending.remove(&id);
                self.tell_about(&inviter);
                return false;
            }
            _ => return false,
        };
        let (id, row) = (*id, row_of(&person));
        let written = self.store.write(move |tx| {
            people_rows::put(tx, &row)?;
            rows::remove(tx, &id)
        });
        if written.await.is_err() {
            return false;
        }
        self.invites.pending.remove(&id);
        self.people.insert(person);
        if let Some(met) = met {
            self.put_device_of(&met).await;
        }
        self.rejudge_devices(&inviter).await;
        self.tell_about(&inviter);
        self.contact_after_meeting(&inviter).await;
        true
    }

    /// The inviter's node says that the ticket is worth nothing. It is only
    /// said, not proven; but asking again is useless.
    pub(super) async fn answer_refused(&mut self, peer: &DeviceId, id: &Digest, why: Refused) {
        let Some(pending) = self.invites.pending.get(id) else {
            return;
        };
        if DeviceId::from(pending.ticket().signer()) != *peer {
            return;
        }
        let words = match why {
            Refused::Unknown => "their node doesn't know the invite",
            Refused::Used => "the invite was used by somebody already",
            Refused::Revoked => "the invite was taken back",
            Refused::Expired => "the invite has expired",
            Refused::NotBelieved => "their node didn't believe the answer",
        };
        let inviter = pending.ticket().payload().person;
        self.invites.refused.insert(*id);
        self.reach.refuse(peer, words.into());
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
