//! Over which connection a session is agreed on, and so runs (PORT-1): the
//! viewer accepts over the best that a trial has measured and that stands; the
//! sharer nominates what the acceptance came on.

use kith_proto::paths::{self, Attempt, Course, Transport, Working};
use kith_proto::session::PathId;

use super::super::open::Open;
use crate::swarm::{Connected, DeviceId, Link, Via};

/// The better of where the other side was just heard and what was measured:
/// direct before relayed, then the quicker one.
fn best<C: Copy + PartialEq>(heard: Option<(C, Working)>, measured: &[(C, Working)]) -> Option<C> {
    let of = |conn: C| measured.iter().find(|(c, _)| *c == conn);
    let heard = heard.map(|(conn, guess)| of(conn).copied().unwrap_or((conn, guess)));
    let all: Vec<(C, Working)> = heard.into_iter().chain(measured.iter().copied()).collect();
    let attempts: Vec<Attempt> = all.iter().map(|(_, w)| Attempt::Works(*w)).collect();
    all.get(paths::best(&attempts)?).map(|(conn, _)| *conn)
}

/// What is known of a connection that no trial has measured.
fn guess(c: &Connected) -> Working {
    Working {
        transport: match c.remote.as_ref().map(crate::swarm::Addr::link) {
            Some(Link::Quic) => Transport::Quic,
            _ => Transport::Tcp,
        },
        course: match c.via {
            Via::Direct => Course::Direct,
            Via::Relay(_) => Course::Relayed,
        },
        round_trip: c.handshake,
        rate: None,
    }
}

impl Open {
    /// The best way to a device. One that is neither measured nor was just
    /// heard on may be dead, and isn't taken.
    pub(super) async fn best_way(&mut self, peer: &DeviceId) -> Option<PathId> {
        let all = self.swarm.status().await.ok()?.connections;
        let live: Vec<Connected> = all.into_iter().filter(|c| c.peer == *peer).collect();
        let heard = self.sessions.heard.get(peer);
        let heard = heard.and_then(|l| self.links.get(l)).map(|l| l.conn);
        let heard = live.iter().find(|c| Some(c.conn) == heard);
        let heard = heard.map(|c| (c.conn, guess(c)));
        let rows = self.standings.table(peer).map_or(&[][..], |t| &t.rows);
        let measured: Vec<_> = rows
            .iter()
            .filter_map(|row| match (row.conn, row.attempt) {
                (Some(conn), Attempt::Works(w)) => Some((conn, w)),
                _ => None,
            })
            .filter(|(conn, _)| live.iter().any(|c| c.conn == *conn))
            .collect();
        let conn = best(heard, &measured)?;
        Some(PathId(self.sessions.path_of(conn)))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn way(transport: Transport, course: Course, ms: u64) -> Working {
        Working {
            transport,
            course,
            round_trip: Duration::from_millis(ms),
            rate: None,
        }
    }

    #[test]
    fn what_was_measured_best_is_taken_and_what_was_heard_otherwise() {
        use Course::{Direct, Relayed};
        use Transport::{Quic, Tcp};
        let relayed = (1, way(Quic, Relayed, 5));
        let tcp = (2, way(Tcp, Direct, 30));
        let quic = (3, way(Quic, Direct, 40));
        assert_eq!(best::<u8>(None, &[]), None);
        assert_eq!(best(Some(relayed), &[]), Some(1), "heard there just now");
        assert_eq!(best(Some(relayed), &[tcp]), Some(2), "direct comes first");
        assert_eq!(best(Some(tcp), &[relayed]), Some(2));
        assert_eq!(
            best(Some(tcp), &[quic, relayed]),
            Some(2),
            "then the quicker"
        );
        // The measured time of the one that was heard counts, not the guess.
        let slow = (2, way(Tcp, Direct, 300));
        assert_eq!(best(Some(tcp), &[slow, quic]), Some(3));
    }
}
