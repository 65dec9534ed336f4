//! A device that was lost is there again, or we are, after a crash: sessions of
//! which one side alone still knows end at once (SEAL-3; spec 09, "Crash").

use core::time::Duration;

use kith_proto::audit::By;
use kith_proto::id::{DeviceId, SessionId};
use kith_proto::session::{Message, PathId, Phase, Reason, Session};

use super::super::link::LinkId;
use super::super::open::Open;
use crate::swarm::ConnId;

/// For how long after the start others are told what a crash ended. Whoever
/// comes back later has long given up the connection, and the session with it.
const TOLD: Duration = Duration::from_secs(600);

impl Open {
    /// A contact's device greets us on a new connection.
    pub(in super::super) async fn sessions_met(&mut self, link: LinkId, peer: DeviceId) {
        let Some(conn) = self.links.get(&link).map(|l| l.conn) else {
            return;
        };
        if !self.may_share(&peer) {
            return;
        }
        for message in self.of_earlier(&peer) {
            self.say_on(conn, peer, &message).await;
        }
    }

    /// What a device must hear again, or for the first time.
    fn of_earlier(&self, peer: &DeviceId) -> Vec<Message> {
        let told = self.sessions.began.elapsed() < TOLD;
        let crashed = self.sessions.crashed.iter();
        let crashed = crashed.filter(|who| told && who.device == *peer);
        let over = crashed.map(|who| Message::Over {
            session: who.session,
            by: By::Program,
            reason: Reason::Crashed,
            log: self.audit.position(),
        });
        // Of what was only asked, whoever asked has stored nothing: they say so
        // when they are asked whether they know of it.
        let all = self.sessions.all.values();
        let ringing = all.filter(|one| {
            let phase = one.session.as_ref().map(Session::phase);
            one.who.device == *peer && phase == Some(Phase::Ringing)
        });
        let rings = ringing.map(|one| Message::Rings(one.who.session));
        over.chain(rings).collect()
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
