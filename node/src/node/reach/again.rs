//! What is tried again.
//!
//! An address that refuses may only begin to listen now, or let in only whom
//! its own side calls at the same moment. Where both sides may be trying it is
//! asked again while others are still tried, so that they find each other at
//! once. Everybody who is away would cost too much like this.
//!
//! A hello may have begun on a connection which the other side didn't keep.
//! Several addresses are tried at once, and several of them answer. Somebody
//! who doesn't know us yet keeps only some of these connections
//! ([`crate::swarm::Limits::per_stranger`]), and which ones we learn only when
//! the others are closed.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Reach, Way};
use crate::node::open::{Done, Open};
use crate::swarm::{
    Candidate, ConnId, DeviceId, Outcome, Probe, ProbeResult, Side, SwarmHandle, Via,
};

/// How long after a refusal the address is asked again; each time twice as
/// long as before, so that whoever isn't there costs little.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How often an address that refuses is asked in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Once,
    Again,
}

impl Way {
    /// After news, or while it is there through a relay, the other side is
    /// likely to try at this moment too. Rounds that look whether somebody has
    /// come back meanwhile ask once.
    pub(super) const fn asking(&self) -> Asking {
        match self.tries == 0 || self.greeted {
            true => Asking::Again,
            false => Asking::Once,
        }
    }
}

impl Reach {
    /// Both count each other as somebody to talk with: should this end, the
    /// device is tried again soon.
    pub(in crate::node) fn settled(&mut self, peer: &DeviceId) {
        if let Some(way) = self.ways.get_mut(peer) {
            way.tries = 0;
        }
    }

    /// Whether we opened a connection.
    pub(in crate::node) fn is_dialled(&self, peer: &DeviceId, conn: ConnId) -> bool {
        let conn = self.ways.get(peer).and_then(|w| w.conns.get(&conn));
        conn.is_some_and(|c| c.side == Side::Dialled)
    }

    /// A connection for a hello where none is spoken or being opened: one of
    /// those that we opened, a direct one first.
    fn left_over(&self, peer: &DeviceId) -> Option<ConnId> {
        let way = self.ways.get(peer)?;
        if way.greeted || way.hello.is_some() {
            return None;
        }
        way.conns
            .values()
            .filter(|c| c.side == Side::Dialled)
            .min_by_key(|c| matches!(c.via, Via::Relay(_)))
            .map(|c| c.conn)
    }
}

impl Open {
    /// Tries all candidates of a device; what came of it is told by
    /// [`Done::Probed`].
    pub(super) async fn probe_all(
        &mut self,
        peer: DeviceId,
        candidates: Vec<Candidate>,
        asking: Asking,
    ) {
        let Ok(probe) = self.swarm.probe(peer, candidates.clone()).await else {
            return;
        };
        let (swarm, told) = (self.swarm.clone(), self.results_to.clone());
        tokio::spawn(async move {
            let results = match asking {
                Asking::Once => probe.all().await,
                Asking::Again => patiently(&swarm, peer, &candidates, probe).await,
            };
            let _ = told.send(Done::Probed { peer, results }).await;
        });
    }

    /// A connection ended: if the hello was to go over that one, it goes over
    /// another that is there. To dial anew would only be refused, for as long
    /// as the other side keeps those. Each round needs one that ended, so it
    /// comes to an end.
    pub(in crate::node) fn hello_again(&mut self, peer: DeviceId) {
        if self.is_met(&peer)
            && let Some(conn) = self.reach.left_over(&peer)
        {
            self.open_hello(peer, conn);
        }
    }
}

/// All results of a probe, in the order of its candidates. Whatever refuses
/// is asked again until all others have answered, or one has connected.
async fn patiently(
    swarm: &SwarmHandle,
    peer: DeviceId,
    candidates: &[Candidate],
    mut probe: Probe,
) -> Vec<ProbeResult> {
    let mut all: BTreeMap<usize, ProbeResult> = BTreeMap::new();
    let mut wait = ASK_AGAIN;
    let mut pause = std::pin::pin!(tokio::time::sleep(wait));
    // Who is asked again, and the probe that does.
    let mut again: Option<(Vec<usize>, Probe)> = None;
    loop {
        tokio::select! {
            result = probe.next() => match result {
                Some(result) => drop(all.insert(result.index, result)),
                None => break,
            },
            result = next_of(&mut again), if again.is_some() => match result {
                // That it refused before says more than silence now.
                Some(result) if !result.outcome.answers() => {}
                Some(result) => drop(all.insert(result.index, result)),
                None => {
                    again = None;
                    pause.as_mut().reset(tokio::time::Instant::now() + wait);
                }
            },
            () = &mut pause, if again.is_none() => {
                wait = wait.saturating_mul(2);
                pause.as_mut().reset(tokio::time::Instant::now() + wait);
                again = ask_again(swarm, peer, candidates, &all).await;
            }
        }
    }
    all.into_values().collect()
}

/// The next result of who is asked again, numbered as among all.
async fn next_of(again: &mut Option<(Vec<usize>, Probe)>) -> Option<ProbeResult> {
    let (which, probe) = again.as_mut()?;
    let result = probe.next().await?;
    let index = *which.get(result.index)?;
    Some(ProbeResult { index, ..result })
}

async fn ask_again(
    swarm: &SwarmHandle,
    peer: DeviceId,
    candidates: &[Candidate],
    so_far: &BTreeMap<usize, ProbeResult>,
) -> Option<(Vec<usize>, Probe)> {
    let connected = |r: &ProbeResult| matches!(r.outcome, Outcome::Connected { .. });
    let refused = so_far.iter().filter(|(_, r)| r.outcome == Outcome::Refused);
    let which: Vec<usize> = refused.map(|(index, _)| *index).collect();
    if which.is_empty() || so_far.values().any(connected) {
        return None;
    }
    let those = which.iter().filter_map(|i| candidates.get(*i).cloned());
    let probe = swarm.probe(peer, those.collect()).await.ok()?;
    Some((which, probe))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::{Aim, Connected};

    /// DISC-3: a connection that ended before the round did is no reason to
    /// wait for news.
    #[test]
    fn a_round_that_leaves_no_connection_is_followed_by_another() {
        let over = |greeted, connected| {
            let mut way = Way {
                probing: true,
                greeted,
                ..Way::default()
            };
            way.probed(connected);
            assert!(!way.probing);
            way.next.is_some()
        };
        assert!(over(false, false), "nobody was there");
        assert!(over(false, true), "what connected has ended");
        assert!(!over(true, false) && !over(true, true), "they talk");
        let conn = Connected {
            peer: DeviceId::from_bytes([1; 32]),
            conn: ConnId::from_number(1),
            side: Side::Dialled,
            aim: Aim::Reaching,
            via: Via::Direct,
            remote: None,
            handshake: Duration::ZERO,
        };
        let mut way = Way {
            conns: [(conn.conn, conn)].into(),
            ..Way::default()
        };
        way.probed(true);
        assert!(way.next.is_none(), "they are about to talk");
    }

    /// DISC-3: who isn't there costs one dial an address and round; news, and
    /// a relayed way, bring both sides to try at the same moment.
    #[test]
    fn refusals_are_asked_again_only_where_both_may_try() {
        let peer = DeviceId::from_bytes([1; 32]);
        let mut reach = Reach::default();
        let asking = |reach: &Reach| reach.ways.get(&peer).map(Way::asking);
        reach.try_now(peer);
        assert_eq!(asking(&reach), Some(Asking::Again));
        for _ in 0..3 {
            reach.ways.entry(peer).or_default().retry();
            assert_eq!(asking(&reach), Some(Asking::Once));
        }
        // News: an address that wasn't known, or mDNS.
        let addr = "/ip4/192.0.2.1/tcp/4001".parse::<crate::swarm::Addr>();
        reach.found(peer, addr);
        assert_eq!(asking(&reach), Some(Asking::Again));
        reach.ways.entry(peer).or_default().retry();
        reach.try_now(peer);
        assert_eq!(asking(&reach), Some(Asking::Again));
        // Through a relay a direct way is looked for at both ends.
        reach.hello_open(peer);
        reach.ways.entry(peer).or_default().tries = 4;
        assert_eq!(asking(&reach), Some(Asking::Again));
    }
}
