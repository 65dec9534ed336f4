//! What follows when both people say that they see the same code: a contact is
//! verified; somebody nearby gets an invite, and becomes a contact by it.

use kith_api::{MeetingWith, Sentence, Verification};
use kith_proto::id::PersonId;
use kith_proto::meet::{Compared, Message};

use super::super::link::LinkId;
use super::super::open::Open;
use super::{Part, Step};
use crate::swarm::DeviceId;

impl Open {
    /// Goes on if both have said that they see the same.
    pub(super) async fn both_agree(&mut self, device: &DeviceId) {
        let Some(meeting) = self.meetings.all.get_mut(device) else {
            return;
        };
        if !matches!(meeting.step, Step::Agreed) || meeting.theirs != Some(Compared::Same) {
            return;
        }
        let (person, with, part, link) = (meeting.person, meeting.with, meeting.part, meeting.link);
        meeting.step = Step::Both;
        match (with, part) {
            (MeetingWith::Contact, _) => self.meeting_done(device, &person).await,
            // Whoever began gives the other an invite, which is accepted on
            // both sides without another word: both have just agreed.
            (MeetingWith::Nearby, Part::Initiator) => match self.invite_for_meeting().await {
                Ok(ticket) => self.send(link, Message::Ticket(ticket).to_bytes()).await,
                Err(e) => self.fail_meeting(device, fault(&e)),
            },
            (MeetingWith::Nearby, Part::Responder) => {}
        }
    }

    /// An invite from whom a code was compared with: taken only from that
    /// very device and person.
    pub(in crate::node) async fn take_ticket(
        &mut self,
        link: LinkId,
        peer: DeviceId,
        ticket: &[u8],
    ) {
        let expected = self.meetings.all.get(&peer).is_some_and(|m| {
            matches!(m.step, Step::Both)
                && m.with == MeetingWith::Nearby
                && m.part == Part::Responder
                && m.link == link
        });
        let person = self.meetings.all.get(&peer).map(|m| m.person);
        let ticket = kith_proto::ticket::read(ticket).ok().filter(|t| {
            expected && DeviceId::from(t.signer()) == peer && Some(t.payload().person) == person
        });
        let Some(ticket) = ticket else {
            return self.drop_link(link).await;
        };
        let text = kith_proto::ticket::to_text(&ticket);
        if let Err(e) = self.invite_accept(&text, None).await {
            self.fail_meeting(&peer, fault(&e));
            return;
        }
        for (ticket, sealed) in self.invites.answers_to(&peer) {
            self.send(link, Message::Answer { ticket, sealed }.to_bytes())
                .await;
        }
    }

    /// Somebody answered an invite of mine. If it is whom a code was just
    /// compared with, they are let in.
    pub(in crate::node) async fn answered_after_meeting(
        &mut self,
        person: &PersonId,
        device: &DeviceId,
    ) {
        let agreed = self.meetings.all.get(device).is_some_and(|m| {
            m.person == *person && matches!(m.step, Step::Both) && m.part == Part::Initiator
        });
        if agreed && let Err(e) = self.decide(person, kith_api::Decision::Accept).await {
            self.fail_meeting(device, fault(&e));
        }
    }

    /// Somebody has become a contact: if by a code, they are verified too.
    pub(in crate::node) async fn contact_after_meeting(&mut self, person: &PersonId) {
        self.no_stranger(person);
        let met = self.meetings.all.iter();
        let met = met
            .filter(|(_, m)| m.person == *person && matches!(m.step, Step::Both))
            .map(|(d, _)| *d);
        for device in met.collect::<Vec<_>>() {
            self.meeting_done(&device, person).await;
        }
    }

    async fn meeting_done(&mut self, device: &DeviceId, person: &PersonId) {
        let verified = self
            .verify(&person.to_string(), Verification::Verified)
            .await;
        match (verified, self.meetings.all.get_mut(device)) {
            (Ok(_), Some(meeting)) => {
                meeting.step = Step::Done;
                self.tell_meeting(device);
            }
            (Err(e), _) => self.fail_meeting(device, fault(&e)),
            (Ok(_), None) => {}
        }
    }
}

/// Something of ours failed, not of theirs.
fn fault(e: &impl ToString) -> Sentence {
    Sentence::new("code-fault", e.to_string())
}
