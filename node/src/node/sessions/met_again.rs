//! What a crash left (SEAL-3; spec 09, "Crash"): everything of it ends, the audit
//! log says so, and the other side hears of it once it is met again. The end of
//! what ran is signed by both then.

use std::collections::BTreeMap;

use kith_proto::audit::{AuditEntry, By, Event, Outcome, Share};
use kith_proto::id::{DeviceId, SessionId};
use kith_proto::session::{
    Effect, Kept, MEET_AGAIN, Message, PathId, Phase, Real, Reason, Session, Who, recover,
};

use super::super::link::LinkId;
use super::super::open::Open;
use super::One;
use crate::store::{audit as audit_rows, sessions as rows};
use crate::swarm::ConnId;

/// So many of the newest entries may be of what was only asked for: each session
/// that is open has a few, and few are open at once.
const LOOKED_AT: u32 = 512;

impl Open {
    /// Whatever a crash left is over: nothing of it runs, and the audit log
    /// says so (SEAL-3).
    pub(in super::super) async fn recover_sessions(&mut self) {
        self.load_hands().await;
        crate::hosted::forget_leftovers(&self.folder);
        let Ok(left) = self.store.read(rows::open).await else {
            return;
        };
        for (who, kept) in left {
            self.recovered(who, kept).await;
        }
        self.end_what_was_only_asked().await;
    }

    async fn recovered(&mut self, who: Who, kept: Option<Kept>) {
        let share = self.written_of(&who).await;
        let ran = kept.as_ref().map(|kept| kept.terms.clone());
        let (session, effects) = recover::<Real>(who, ran, self.sessions.clock());
        let Some(kept) = kept else {
            self.sessions.crashed.push(who);
            for effect in effects {
                if let Effect::Over {
                    by, reason, ran, ..
                } = effect
                {
                    self.over(share.clone(), (by, reason, ran), None).await;
                }
            }
            return;
        };
        let mut one = One::new(who, kept.terms, None);
        one.course = Some(kept.course);
        one.crashed = Some(share);
        one.session = Some(session);
        self.sessions.all.insert(who.session, one);
        self.do_session(who.session, effects).await;
    }

    /// What was asked for, and stored nowhere but in the audit log, has an end
    /// there too.
    async fn end_what_was_only_asked(&mut self) {
        let newest = self
            .store
            .read(|tx| audit_rows::newest(tx, None, LOOKED_AT));
        let Ok(found) = newest.await else {
            return;
        };
        let entries = found.iter().flat_map(|b| AuditEntry::from_bytes(b));
        let mut asked = only_asked(entries);
        asked.retain(|session, _| !self.sessions.all.contains_key(session));
        let whom = |(session, share): (&SessionId, &Share)| (*session, share.device);
        self.sessions.unanswered = asked.iter().map(whom).collect();
        let ends = asked.into_values().map(|share| Event::Refused {
            share,
            by: By::Program,
            reason: Reason::Crashed.code(),
        });
        self.write_entries(ends).await;
    }

    /// A contact's device greets us on a new connection.
    pub(in super::super) async fn sessions_met(&mut self, link: LinkId, peer: DeviceId) {
        let Some(conn) = self.links.get(&link).map(|l| l.conn) else {
            return;
        };
        if !self.may_share(&peer) {
            return;
        }
        // What stood before may be of a program that has crashed, and not be known
        // to be dead. What is being settled stays on its connection.
        let mut all = self.sessions.all.values();
        let settles = |one: &One| {
            let phase = one.session.as_ref().map(Session::phase);
            one.who.device == peer && phase == Some(Phase::Settling)
        };
        if !all.any(settles) {
            self.sessions.heard.remove(&peer);
        }
        let all = self.of_earlier(&peer).into_iter();
        for message in all.chain(self.unanswered_by(&peer)) {
            self.say_on(conn, peer, &message).await;
        }
    }

    /// What a device was asked or offered and hasn't answered: its program may have
    /// crashed before it heard that, on a connection that isn't known to be dead.
    fn unanswered_by(&mut self, peer: &DeviceId) -> Vec<Message> {
        let waits = |one: &One| {
            let session = one.session.as_ref();
            session.is_some_and(|s| s.unanswered(peer).is_some())
        };
        if !self.sessions.all.values().any(waits) {
            return Vec::new();
        }
        let capability = self.signed_capability();
        let all = self.sessions.all.values();
        let sessions = all.filter_map(|one| one.session.as_ref());
        sessions
            .filter_map(|s| Some(s.say(s.unanswered(peer)?, &capability)))
            .collect()
    }

    /// How a session ended here that somebody asks for, if it did: they haven't heard
    /// of it, or ask again because a connection was lost.
    pub(super) fn ended_before(&self, id: &SessionId, peer: &DeviceId) -> Option<Reason> {
        let mut past = self.sessions.past.iter();
        let past = past.find(|(who, _)| who.session == *id && who.device == *peer);
        let crashed = (*id, *peer);
        let crashed = self.sessions.unanswered.contains(&crashed);
        past.and_then(|(_, trace)| trace.over)
            .or(crashed.then_some(Reason::Crashed))
    }

    /// What a device must hear again, or for the first time.
    fn of_earlier(&self, peer: &DeviceId) -> Vec<Message> {
        let told = self.sessions.began.elapsed() < MEET_AGAIN;
        let all = self.sessions.all.values();
        // Whose end isn't signed yet, and what never ran.
        let crashed = all.clone().filter(|one| one.crashed.is_some());
        let crashed = crashed.map(|one| &one.who).chain(&self.sessions.crashed);
        let crashed = crashed.filter(|who| told && who.device == *peer);
        let over = crashed.map(|who| Message::Over {
            session: who.session,
            by: By::Program,
            reason: Reason::Crashed,
            log: self.audit.position(),
        });
        let unanswered = self.sessions.unanswered.iter();
        let unanswered = unanswered.filter(|(_, device)| told && device == peer);
        let leave = unanswered.map(|(session, _)| Message::Leave(*session, Reason::Crashed));
        // Of what was only asked, whoever asked has stored nothing: they say so
        // when they are asked whether they know of it.
        let ringing = all.filter(|one| {
            let phase = one.session.as_ref().map(Session::phase);
            one.who.device == *peer && phase == Some(Phase::Ringing)
        });
        let rings = ringing.map(|one| Message::Rings(one.who.session));
        over.chain(leave).chain(rings).collect()
    }

    /// Somebody rings here for a session of ours that isn't known any more.
    pub(super) async fn rings_in_vain(&mut self, id: SessionId, peer: DeviceId) {
        if self.sessions.trials.has(&id) {
            return;
        }
        let mut past = self.sessions.past.iter();
        let reason = match past.any(|(who, _)| who.session == id) {
            true => Reason::Cancelled,
            false => Reason::Crashed,
        };
        let leave = Message::Leave(id, reason).to_bytes();
        self.session_say(peer, None, leave).await;
    }

    /// Says it on this connection: others may be dead, and not be known to be.
    async fn say_on(&mut self, conn: ConnId, peer: DeviceId, message: &Message) {
        let path = PathId(self.sessions.path_of(conn));
        self.session_say(peer, Some(path), message.to_bytes()).await;
    }
}

/// The shares that were asked for, and of which nothing says how that ended.
fn only_asked(entries: impl Iterator<Item = AuditEntry>) -> BTreeMap<SessionId, Share> {
    let mut asked = BTreeMap::new();
    for entry in entries {
        match entry.event() {
            Event::Asked { share, .. }
            | Event::Granted { share, .. }
            | Event::Decided {
                share,
                outcome: Outcome::Allowed(_),
                ..
            } => {
                asked.insert(share.session, share.clone());
            }
            event => {
                if let Some(share) = event.share() {
                    asked.remove(&share.session);
                }
            }
        }
    }
    asked
}
