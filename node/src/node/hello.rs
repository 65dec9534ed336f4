//! The hello stream: which versions both speak, then how an invite is
//! answered, and what contacts tell each other first (spec 07, "Meeting").

use kith_api::Event;
use kith_proto::hello::Hello;
use kith_proto::id::PersonId;
use kith_proto::meet::{self, Message};
use kith_proto::ticket::Evidence;

use super::answers::Replied;
use super::features::Common;
use super::link::{LinkId, Talk};
use super::open::{Open, ROOM};
use super::words::Away;
use crate::swarm::{Aim, ConnId, DeviceId, Protocol, Side, Stream, Via};

/// The most frames that a stranger may send on one stream: its hello, answers
/// to invites, its log.
const STRANGER_FRAMES: u32 = 32;

/// How far the conversation on a hello stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Conversation {
    /// Our hello is sent; theirs hasn't come.
    Greeting,
    /// Both understand each other.
    Talking,
}

impl Open {
    /// Opens our hello on a connection, unless one is there already.
    pub(super) fn open_hello(&mut self, peer: DeviceId, conn: ConnId) {
        if self.reach.begin_hello(peer, conn) {
            self.open_stream(peer, conn, Protocol::HELLO);
        }
    }

    pub(super) async fn start_hello(&mut self, stream: Stream) {
        let link = self.ears.paced(stream, meet::MAX_MESSAGE, Talk::Hello);
        let (id, peer) = (link.id, link.peer);
        self.links.insert(id, link);
        self.hellos.insert(id, Conversation::Greeting);
        self.reach.hello_open(peer);
        // Fellows are when rooms are, and contacts when they say how they are: the
        // other may not count us as one.
        if !self.is_fellow(&peer) && !self.is_contact(&peer) {
            self.reach.settled(&peer);
        }
        // A name of fixed form: it is always one that a hello may carry.
        if let Ok(hello) = Hello::ours(concat!("kith/", env!("CARGO_PKG_VERSION"))) {
            self.send(id, hello.to_bytes()).await;
        }
    }

    pub(super) fn hello_ended(&mut self, peer: DeviceId) {
        let remains = self
            .hellos
            .keys()
            .any(|l| self.links.get(l).is_some_and(|l| l.peer == peer));
        if !remains {
            self.reach.hello_over(&peer);
            self.tell_about_device(&peer);
        }
    }

    pub(super) async fn handle_hello(&mut self, link: LinkId, bytes: &[u8]) {
        let Some(heard) = self.links.get_mut(&link) else {
            return;
        };
        heard.heard = heard.heard.saturating_add(1);
        let (peer, heard) = (heard.peer, heard.heard);
        if heard > STRANGER_FRAMES && !self.is_contact(&peer) && !self.is_fellow(&peer) {
            return self.drop_link(link).await;
        }
        match self.hellos.get(&link) {
            Some(Conversation::Greeting) => {
                let ours = Hello::ours(concat!("kith/", env!("CARGO_PKG_VERSION")));
                let common = Hello::from_bytes(bytes)
                    .and_then(|theirs| ours.map(|ours| ours.common(&theirs)));
                match common {
                    Ok(Ok(_)) => {
                        self.standings.compared(peer, Common::Some);
                        self.hellos.insert(link, Conversation::Talking);
                        self.keep_hello(link, bytes);
                        self.greeted(link, peer).await;
                    }
                    Ok(Err(e)) => {
                        self.reach.refuse(&peer, Away::Version(e.to_string()));
                        self.standings.compared(peer, Common::None);
                        self.tell_about_device(&peer);
                        self.drop_link(link).await;
                    }
                    Err(_) => self.drop_link(link).await,
                }
            }
            Some(Conversation::Talking) => match Message::from_bytes(bytes) {
                Ok(Some(message)) => self.handle_meeting(link, peer, message).await,
                // Newer programs may say more; a stranger only answers.
                Ok(None) if self.is_contact(&peer) || self.is_fellow(&peer) => {}
                Ok(None) | Err(_) => self.drop_link(link).await,
            },
            None => {}
        }
    }

    /// Both understand each other: say what is to be said first.
    async fn greeted(&mut self, link: LinkId, peer: DeviceId) {
        self.say_answers(link, peer).await;
        if self.is_contact(&peer) {
            self.greet_contact(link, peer).await;
            if let Some(conn) = self.links.get(&link).map(|l| l.conn) {
                self.talks_on(peer, conn);
            }
            self.sessions_met(link, peer).await;
        } else {
            if self.is_fellow(&peer) {
                self.greet_fellow(link).await;
            }
            self.say_here(link).await;
        }
        self.leave_relay(link, peer).await;
    }

    /// What our person has answered to a device's invites, and it hasn't taken.
    async fn say_answers(&mut self, link: LinkId, peer: DeviceId) {
        let answers = self.invites.answers_to(&peer);
        if let Some(inviter) = self.invites.inviter(&peer)
            && !answers.is_empty()
        {
            self.answer_goes_out(&inviter).await;
        }
        for (ticket, sealed) in answers {
            self.send(link, Message::Answer { ticket, sealed }.to_bytes())
                .await;
        }
    }

    /// An invite was answered just now: a device that talks with us already,
    /// as those nearby do, isn't greeted again.
    pub(super) async fn answered_just_now(&mut self, peer: DeviceId) {
        let mut talking = self.talking_to(&peer).into_iter();
        let link = talking.find(|l| self.hellos.get(l) == Some(&Conversation::Talking));
        match link {
            Some(link) => self.say_answers(link, peer).await,
            None => {
                // Connections of an answer that was refused may stand still,
                // and then no further ones are let in.
                self.hello_again(peer);
                if !self.reach.has_hello(&peer) {
                    self.reach_now(peer);
                }
            }
        }
    }

    /// Rooms are to be brought together again. Two streams for it can end each
    /// other, when both sides begin at the same moment on two connections.
    pub(super) fn mend_rooms(&mut self, peer: DeviceId) {
        let talking = self.talking_to(&peer);
        let known = talking.into_iter().filter(|l| {
            self.hellos.get(l) == Some(&Conversation::Talking) && !self.rooms_linked(&peer)
        });
        let relayed = |l: &LinkId| {
            let conn = self.links.get(l).map(|l| l.conn);
            conn.and_then(|c| self.reach.via(&peer, c)) != Some(Via::Direct)
        };
        if let Some(link) = known.min_by_key(relayed)
            && (self.is_contact(&peer) || self.is_fellow(&peer))
        {
            self.open_rooms(link, peer);
        }
    }

    /// Once both talk directly, nothing is said through a relay any more: the
    /// relayed connection is left to end by itself.
    async fn leave_relay(&mut self, link: LinkId, peer: DeviceId) {
        let via = |open: &Self, link| {
            let conn = open.links.get(&link)?.conn;
            open.reach.via(&peer, conn)
        };
        if via(self, link) != Some(Via::Direct) {
            return;
        }
        let relayed = self.talking_to(&peer);
        for old in relayed {
            if matches!(via(self, old), Some(Via::Relay(_))) {
                self.drop_link(old).await;
            }
        }
    }

    /// Our addresses have changed: contacts who are there hear it at once, as
    /// far as they may see us (DISC-4).
    pub(super) async fn say_addresses(&mut self) {
        let rules = self.rules();
        let admits = |peer: &DeviceId| self.people.owner(peer).is_some_and(|p| rules.admits(&p.id));
        let talking = self
            .hellos
            .iter()
            .filter(|(_, c)| **c == Conversation::Talking);
        let now = self.now();
        let told: Vec<(LinkId, Vec<u8>)> = talking
            .filter_map(|(l, _)| {
                let peer = self.links.get(l)?.peer;
                let person = self.people.owner(&peer)?.id;
                let record = || self.address_record(&person, now);
                let told = self.is_contact(&peer) && admits(&peer);
                Some((*l, told.then(record).flatten()?))
            })
            .collect();
        for (link, record) in told {
            self.send(link, Message::Addresses(record).to_bytes()).await;
        }
    }

    /// What contacts tell each other first; also when one has just become one.
    pub(super) async fn greet_contact(&mut self, link: LinkId, peer: DeviceId) {
        let log = Message::Log(self.evidence());
        self.send(link, log.to_bytes()).await;
        if let Some(profile) = self.own_profile().await {
            self.send(link, Message::Profile(profile).to_bytes()).await;
        }
        let mut addresses = None;
        if let Some(person) = self.people.owner(&peer).map(|p| p.id) {
            let presence = self.presence_for(&person);
            self.send(link, presence).await;
            let record = || self.address_record(&person, self.now());
            addresses = self.rules().admits(&person).then(record).flatten();
        }
        if let Some(record) = addresses {
            self.send(link, Message::Addresses(record).to_bytes()).await;
        }
        if let Some(record) = self.capability_message() {
            self.send(link, record).await;
        }
        if let Some(person) = self.people.owner(&peer).map(|p| p.id) {
            self.say_policies(link, &person).await;
            self.say_terms(link, person).await;
            // They are many, and heard at a pace: nothing waits behind them.
            self.tell_fellows(link).await;
        }
        self.remember_address(peer).await;
        self.tell_about_device(&peer);
    }

    /// Opens the room stream; the device with the lower id does. The other
    /// has sent its log, so it counts us as a contact and will accept.
    pub(super) fn open_rooms(&mut self, link: LinkId, peer: DeviceId) {
        let conn = self.links.get(&link).map(|l| l.conn);
        if let Some(conn) = conn
            && self.account.device() < peer
            && self.in_rooms_of(&peer).is_some()
            && let Ok(protocol) = Protocol::new("room", 1)
            && !self.has_room_link_on(&peer, conn)
        {
            debug_assert_eq!(protocol.as_str(), ROOM);
            self.open_stream(peer, conn, protocol);
        }
    }

    async fn handle_meeting(&mut self, link: LinkId, peer: DeviceId, message: Message) {
        match message {
            Message::Answer { ticket, sealed } => {
                if let Some(reply) = self.take_answer(&ticket, &sealed).await {
                    let refused = matches!(reply, Message::Refused { .. });
                    self.send(link, reply.to_bytes()).await;
                    match self.is_contact(&peer) {
                        // What we said first, it passed over.
                        true if !refused => self.greet_contact(link, peer).await,
                        // Whoever guesses at tickets pays with a stream a guess.
                        false if refused => self.drop_link(link).await,
                        _ => {}
                    }
                }
            }
            Message::Reply { ticket, sealed } => {
                // A reply counts whoever brings it; who is greeted is a contact.
                let replied = self.take_reply(&ticket, &sealed).await;
                if replied == Replied::Contacts && self.is_contact(&peer) {
                    self.greet_contact(link, peer).await;
                }
            }
            Message::Refused { ticket, why } => self.answer_refused(&peer, &ticket, why).await,
            Message::Log(evidence) if self.is_contact(&peer) => {
                if let Some(id) = self.people.owner(&peer).map(|p| p.id) {
                    self.learn_of(&id, evidence.parts()).await;
                }
                self.open_rooms(link, peer);
            }
            Message::Log(evidence) => match self.is_new_device(&peer, &evidence).await {
                true => {
                    self.greet_contact(link, peer).await;
                    self.open_rooms(link, peer);
                }
                // Perhaps we haven't heard yet that they are in a room with us.
                false if self.is_of_fellow(&peer, &evidence).await => {
                    // It may have been nobody's until now.
                    self.tell_fellows(link).await;
                    self.open_rooms(link, peer);
                }
                false => {}
            },
            Message::Addresses(record) if self.is_contact(&peer) => {
                self.take_addresses(&peer, &record).await;
            }
            Message::Fellow {
                person,
                entries,
                profile,
            } if self.is_contact(&peer) || self.is_fellow(&peer) => {
                if !self.hears_of(&peer, &person) {
                    return;
                }
                self.learn_of(&person, entries.parts()).await;
                if let Some(profile) = profile {
                    self.take_profile(&person, &profile).await;
                }
            }
            Message::Profile(profile) if self.is_contact(&peer) => {
                if let Some(id) = self.people.owner(&peer).map(|p| p.id) {
                    self.take_profile(&id, &profile).await;
                }
            }
            Message::Presence(presence) if self.is_contact(&peer) => {
                self.reach.set_presence(&peer, presence.state);
                self.reach.settled(&peer);
                self.tell_about_device(&peer);
                if let Some(person) = self.people.owner(&peer).map(|p| p.id) {
                    self.look_for_arrival(&person).await;
                }
            }
            Message::PolicyNewest(newest) if self.is_contact(&peer) => {
                self.policy_newest(link, peer, newest).await;
            }
            Message::PolicyPiece(piece) if self.is_contact(&peer) => {
                self.policy_piece(link, peer, &piece).await;
            }
            Message::Capability(record) if self.is_contact(&peer) => {
                self.take_capability(&peer, &record).await;
            }
            Message::Terms(record) if self.is_contact(&peer) => {
                self.take_terms(&peer, &record).await;
            }
            Message::Here { entries, profile } if !self.is_contact(&peer) => {
                self.take_here(link, peer, entries, &profile).await;
            }
            Message::Code(step) => self.take_code(link, peer, &step).await,
            Message::Compared(said) => self.take_compared(link, peer, said).await,
            Message::Ticket(ticket) => self.take_ticket(link, peer, &ticket).await,
            // Who has become a contact meanwhile needs no introduction.
            Message::Here { .. } => {}
            // Whom our person has removed as a contact may not know it; and who
            // has accepted our answer may be about to tell.
            Message::Presence(_)
            | Message::Addresses(_)
            | Message::Capability(_)
            | Message::Profile(_)
            | Message::Terms(_)
            | Message::PolicyNewest(_)
            | Message::PolicyPiece(_)
                if self.is_fellow(&peer) || self.invites.inviter(&peer).is_some() => {}
            // Said by a stranger: not for them to say.
            Message::Presence(_)
            | Message::Addresses(_)
            | Message::Fellow { .. }
            | Message::Capability(_)
            | Message::Profile(_)
            | Message::Terms(_)
            | Message::PolicyNewest(_)
            | Message::PolicyPiece(_) => self.drop_link(link).await,
        }
    }

    /// My own log, to show who I am.
    pub(super) fn evidence(&self) -> Evidence {
        Evidence::new(self.account.entries().to_vec()).unwrap_or_default()
    }

    /// Whether there is something to say to a device.
    pub(super) fn is_met(&self, device: &DeviceId) -> bool {
        self.is_contact(device)
            || !self.invites.answers_to(device).is_empty()
            || self.may_be_stranger(device)
            || self.is_fellow(device)
    }

    pub(super) fn tell_about_device(&mut self, device: &DeviceId) {
        if let Some(id) = self.people.owner(device).map(|p| p.id) {
            self.tell_about(&id);
        }
    }

    pub(super) fn tell_about(&mut self, person: &PersonId) {
        if let Some(contact) = self.people.get(person).map(|p| self.contact_in_full(p)) {
            self.tell(Event::Contact(contact));
        }
        self.features_news(person);
        self.tell_renamed();
    }

    /// Who else is shown in another way now (ID-3).
    pub(super) fn tell_renamed(&mut self) {
        for id in std::mem::take(&mut self.people.renamed) {
            if let Some(contact) = self.people.get(&id).map(|p| self.contact_in_full(p)) {
                self.tell(Event::Contact(contact));
            }
            for room in self.rooms.shared_rooms(&id) {
                self.tell_room(&room);
            }
        }
    }

    pub(super) async fn handle_connected(&mut self, c: crate::swarm::Connected) {
        self.reach.connected(&c);
        // Whoever dialled begins; one hello a device is enough, unless this
        // connection is better than the one in use.
        if !self.is_met(&c.peer) || c.side != Side::Dialled {
            return;
        }
        let better = self.reach.is_relayed(&c.peer) && matches!(c.via, Via::Direct);
        // Over a relayed one a direct one may be punched, over one that we
        // opened it may be tested whether we are reachable, and over one that
        // we were asked for whether the other is: these are left to end by
        // themselves.
        let spare = matches!(c.via, Via::Direct)
            && c.aim == Aim::Reaching
            && !self.standings.on_trial(&c.peer)
            && self.reach.reachability != crate::swarm::Reachability::Unknown;
        match self.reach.has_hello(&c.peer) && !better {
            true if spare => drop(self.swarm.close(c.conn).await),
            true => {}
            false => self.open_hello(c.peer, c.conn),
        }
    }
}
