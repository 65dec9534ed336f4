//! The streams of `/kith/session/1`: who speaks on them, and which message
//! goes where.

use kith_api::ShareWhat;
use kith_proto::capability::Capability;
use kith_proto::device::Live;
use kith_proto::id::{DeviceId, SessionId};
use kith_proto::policy::application::AppName;
use kith_proto::policy::consent::GivenConsent;
use kith_proto::session::{
    Event, MAX_MESSAGE, Message, PathId, Reason, Received, Session, Side, Terms, Who,
};
use kith_proto::signed::Unverified;

use super::super::link::{LinkId, Talk};
use super::super::open::Open;
use super::display::subject_of;
use super::trial::Begins;
use super::written::{Whose, audit_share, share_of};
use super::{MAX_OF_ONE, MAX_OPEN, MAX_WAITING, One, SESSION};
use crate::share::Subject;
use crate::store::sessions as rows;
use crate::swarm::{ConnId, Protocol, Stream};

impl Open {
    /// A stream that was opened by either side. Strangers have nothing to say
    /// here.
    pub(in super::super) async fn start_session_link(&mut self, stream: Stream) {
        if !self.may_share(&stream.peer()) {
            return;
        }
        let link = self.ears.paced(stream, MAX_MESSAGE, Talk::Session);
        let (id, peer, conn) = (link.id, link.peer, link.conn);
        self.links.insert(id, link);
        self.sessions.links.insert(id, peer);
        self.sessions.heard.entry(peer).or_insert(id);
        let waiting = self.sessions.waiting.remove(&(peer, conn));
        for frame in waiting.unwrap_or_default() {
            self.send(id, frame).await;
        }
    }

    pub(in super::super) fn is_session_link(&self, link: &LinkId) -> bool {
        self.sessions.links.contains_key(link)
    }

    pub(in super::super) fn session_link_ended(&mut self, link: LinkId) {
        if let Some(peer) = self.sessions.links.remove(&link)
            && self.sessions.heard.get(&peer) == Some(&link)
        {
            self.sessions.heard.remove(&peer);
            let other = self.sessions.links.iter().find(|(_, p)| **p == peer);
            if let Some((other, _)) = other.map(|(l, p)| (*l, *p)) {
                self.sessions.heard.insert(peer, other);
            }
        }
    }

    /// No stream could be opened: what waits there is lost, and whoever rings
    /// there rings in vain, unless the device was met on another connection.
    pub(in super::super) async fn session_not_opened(&mut self, peer: DeviceId, conn: ConnId) {
        self.sessions.waiting.remove(&(peer, conn));
        let speaks = self.sessions.heard.contains_key(&peer);
        let opens = self.sessions.waiting.keys().any(|(p, _)| *p == peer);
        if !speaks && !opens {
            self.device_gone(peer).await;
        }
    }

    /// A device has no connection any more.
    pub(in super::super) async fn device_gone(&mut self, peer: DeviceId) {
        let all: Vec<SessionId> = self.sessions.all.keys().copied().collect();
        for id in all {
            self.session_event(&id, Event::Gone(peer)).await;
        }
    }

    /// The newest connection to a device that talks with us: older ones may be of
    /// a program that isn't there any more.
    pub(super) fn connection_to(&self, peer: &DeviceId) -> Option<ConnId> {
        let newest = self.hellos.keys().rev();
        let mut talking = newest.filter_map(|l| self.links.get(l));
        talking.find(|l| l.peer == *peer).map(|l| l.conn)
    }

    /// The stream to a device on a connection. Where both sides have opened one, that
    /// on which it was last heard: what follows each other must not overtake.
    fn session_link_on(&self, peer: &DeviceId, conn: ConnId) -> Option<LinkId> {
        let on = |l: &&LinkId| self.links.get(l).is_some_and(|l| l.conn == conn);
        let heard = self.sessions.heard.get(peer).filter(on);
        let link = heard.or_else(|| self.sessions.links.keys().find(on));
        link.copied()
    }

    /// Says something: on the connection that is named, or where the device
    /// was last heard.
    pub(super) async fn session_say(&mut self, to: DeviceId, path: Option<PathId>, frame: Vec<u8>) {
        let conn = path.and_then(|p| self.sessions.paths.get(&p.0).copied());
        let link = match (path, conn) {
            (Some(_), None) => return,
            (_, Some(conn)) => self.session_link_on(&to, conn),
            (None, None) => self.sessions.heard.get(&to).copied(),
        };
        if let Some(link) = link {
            return self.send(link, frame).await;
        }
        let conn = conn.or_else(|| self.connection_to(&to));
        let (Some(conn), Ok(protocol)) = (conn, Protocol::new("session", 1)) else {
            return Box::pin(self.device_gone(to)).await;
        };
        debug_assert_eq!(protocol.as_str(), SESSION);
        let waiting = self.sessions.waiting.entry((to, conn)).or_default();
        let first = waiting.is_empty();
        if waiting.len() < MAX_WAITING {
            waiting.push_back(frame);
        }
        if first {
            self.open_stream(to, conn, protocol);
        }
    }

    /// A message came.
    pub(in super::super) async fn session_frame(&mut self, link: LinkId, bytes: &[u8]) {
        let Some((peer, conn)) = self.links.get(&link).map(|l| (l.peer, l.conn)) else {
            return;
        };
        // Somebody may have stopped being a contact since the stream opened.
        if !self.may_share(&peer) {
            return self.drop_link(link).await;
        }
        let message = match Message::from_bytes(bytes) {
            Ok(Some(message)) => message,
            Ok(None) => return,
            Err(_) => return self.drop_link(link).await,
        };
        self.sessions.heard.insert(peer, link);
        let id = message.session();
        let path = PathId(self.sessions.path_of(conn));
        match self.sessions.all.contains_key(&id) {
            true => self.session_heard(&id, peer, path, message).await,
            false => self.session_asked(peer, message).await,
        }
    }

    async fn session_heard(
        &mut self,
        id: &SessionId,
        peer: DeviceId,
        path: PathId,
        message: Message,
    ) {
        // The sharer's capability comes with the offer.
        let said = match &message {
            Message::Offer { capability, .. } => self.capability_of(&peer, capability),
            _ => None,
        };
        self.ended_here_first(id).await;
        if matches!(message, Message::More(..)) && !self.has_room_for_more(id, peer).await {
            return;
        }
        let Some(one) = self.sessions.all.get_mut(id) else {
            return;
        };
        if said.is_some() && one.theirs.is_none() {
            one.theirs = said;
        }
        let heard = one.session.as_ref().map(|s| s.hear(message, peer));
        if let Some(Ok(told)) = heard {
            let received = Received {
                from: peer,
                path,
                told,
            };
            self.session_event(id, Event::Received(received)).await;
        }
    }

    /// Whether a wish for more or less, in a share that runs, is heard at all.
    async fn has_room_for_more(&mut self, id: &SessionId, peer: DeviceId) -> bool {
        let one = self.sessions.all.get(id);
        let Some(one) = one.filter(|one| one.who.device == peer) else {
            return true;
        };
        let share = share_of(one);
        let room = self.has_room(share, Whose::Theirs).await;
        if !room {
            let refused = Message::NoMore(*id, Reason::TooMany).to_bytes();
            self.session_say(peer, None, refused).await;
        }
        room
    }

    /// What a device says it can do, if it may be believed.
    fn capability_of(&mut self, peer: &DeviceId, bytes: &[u8]) -> Option<Capability> {
        let person = self.people.owner(peer)?.id;
        let now = self.now();
        let judged = *self.account.judge(now);
        let record = Unverified::<Capability>::parse(bytes).ok()?;
        let live = Live::check(record, peer, &person, &judged).ok()?;
        Some(live.record().payload().clone())
    }

    /// A request or invitation for a session that isn't known here.
    async fn session_asked(&mut self, peer: DeviceId, message: Message) {
        let Some(person) = self.people.owner(&peer).map(|p| p.id) else {
            return;
        };
        if let Message::Leave(id, _) = &message {
            self.unpark(id, &peer);
        }
        if let Message::Rings(id) = &message {
            return self.rings_in_vain(*id, peer).await;
        }
        let Some((side, terms, capability)) = message.begins() else {
            // Late words of a session that is over, or nonsense.
            return;
        };
        let id = terms.session;
        let refuse = |reason| Message::Leave(id, reason).to_bytes();
        if let Some(reason) = self.ended_before(&id, &peer) {
            return self.session_say(peer, None, refuse(reason)).await;
        }
        let who = Who {
            session: id,
            side,
            person,
            device: peer,
        };
        let share = audit_share(&who, terms.technology, None);
        if !self.has_room(share, Whose::Theirs).await {
            let refused = refuse(Reason::TooMany);
            return self.session_say(peer, None, refused).await;
        }
        let used = self.store.read(move |tx| rows::used(tx, &id)).await;
        let of_one = self
            .sessions
            .all
            .values()
            .filter(|o| o.who.person == person);
        let trials = &self.sessions.trials;
        let reason = match used {
            Ok(true) => Some(Reason::SessionUsed),
            Ok(false) if trials.has(&id) => return,
            Err(_) => Some(Reason::Storage),
            Ok(false) if self.sessions.all.len() + trials.parked(None) >= MAX_OPEN => {
                Some(Reason::TooMany)
            }
            Ok(false) if of_one.count() + trials.parked(Some(&person)) >= MAX_OF_ONE => {
                Some(Reason::TooMany)
            }
            Ok(false) => None,
        };
        let theirs = self.capability_of(&peer, &capability);
        let reason = reason.or(theirs.is_none().then_some(Reason::NotPossible));
        if let Some(reason) = reason {
            self.write_refused_unseen(&who, &terms, reason).await;
            return self.session_say(peer, None, refuse(reason)).await;
        }
        if self.crossed(&person, side, &terms).await == Crossed::OursGoesOn {
            // They may have asked after ours had reached them; then they
            // don't know that theirs yields.
            let yields = refuse(Reason::Crossed);
            return self.session_say(peer, None, yields).await;
        }
        if let Some(room) = terms.room {
            self.read_moderated(&room).await;
        }
        let mut one = One::new(who, terms.clone(), theirs);
        if side == Side::Sharer {
            one.what = self.shown_in_advance(&person, &terms).await;
        }
        let begun = self.begin_tried(one, terms, Begins::Theirs).await;
        if let Err(reason) = begun {
            self.session_say(peer, None, refuse(reason)).await;
        }
    }

    /// What is shown where a standing consent may cover it (ASK-3): the
    /// program of exactly that name. Nobody else makes us look for windows.
    async fn shown_in_advance(
        &self,
        person: &kith_proto::id::PersonId,
        terms: &Terms,
    ) -> Option<Subject> {
        let [name] = terms.extent.applications.as_slice() else {
            return None;
        };
        let allowed = self.consents.iter().map(GivenConsent::consent);
        let mut allowed = allowed.filter(|c| c.viewer == *person && c.application == *name);
        let _ = allowed.next()?;
        let wanted = ShareWhat::Application(name.as_str().to_owned());
        let subject = subject_of(&wanted).await.ok()?;
        match &subject {
            Subject::Windows(chosen) if AppName::new(chosen.program()).as_ref() == Ok(name) => {
                Some(subject)
            }
            _ => None,
        }
    }

    /// Both asked for the same at once: the lower session id yields.
    async fn crossed(
        &mut self,
        person: &kith_proto::id::PersonId,
        side: Side,
        terms: &Terms,
    ) -> Crossed {
        let ours = self.sessions.all.values().find(|o| {
            let waits = o.session.as_ref().map(Session::phase);
            o.who.person == *person
                && o.who.side == side
                && waits == Some(kith_proto::session::Phase::Waiting)
        });
        let parked = self.parked_with(person, side);
        let Some(ours) = ours.map(|o| o.who.session).or(parked) else {
            return Crossed::No;
        };
        if ours > terms.session {
            return Crossed::OursGoesOn;
        }
        self.drop_parked(&ours);
        let stop = Event::Stop(kith_proto::audit::By::Program, Reason::Crossed);
        self.session_event(&ours, stop).await;
        Crossed::OursYields
    }
}

/// What comes of two requests for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crossed {
    No,
    OursGoesOn,
    OursYields,
}
