//! When a session that runs through a relay goes back to a direct connection
//! (SHARE-4). A connection may outlive an outage of its link, and nobody says
//! when it carries again: so it is asked, at first soon, then seldom.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::event::PathKind;
use super::probe::first_alive;
use super::watching::{Path, known, path_over};
use crate::swarm::{ConnId, DeviceId, SwarmHandle, Via};

/// The first pause between two looks; it doubles each time. Without outages
/// behind it a session is back after at most about as long as the outage took.
const FIRST: Duration = Duration::from_secs(2);
/// The longest pause: a look at what answers nothing is a few packets, and
/// may go on for hours.
const LONGEST: Duration = Duration::from_secs(60);
/// How often in a row a connection must answer before pictures move to it.
const ECHOES: u32 = 3;
/// The pause between two of these.
const APART: Duration = Duration::from_millis(500);
/// A direct path that is lost sooner after the session went back to it has not
/// lasted.
const LASTING: Duration = Duration::from_secs(60);

/// What is known of going back: each direct path that didn't last makes the
/// next one wait twice as long, or a link that comes and goes would take the
/// picture away each time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Back {
    /// Whether the direct path in use was gone back to.
    went: bool,
    /// How many in a row didn't last.
    short: u32,
}

impl Back {
    /// The session moves from a relay to a direct connection.
    pub(super) const fn went(&mut self) {
        self.went = true;
    }

    /// A direct path is lost, so long after it was taken.
    pub(super) fn lost(&mut self, after: Duration) {
        if after >= LASTING {
            self.short = 0;
        } else if self.went {
            self.short = self.short.saturating_add(1);
        }
        self.went = false;
    }

    /// How long no direct connection is taken, whatever the news.
    fn hold(self) -> Duration {
        match self.short {
            0 => Duration::ZERO,
            _ => self.pause(0),
        }
    }

    /// The pause after so many looks.
    fn pause(self, looks: u32) -> Duration {
        let doublings = self.short.saturating_add(looks).min(10);
        FIRST.saturating_mul(1 << doublings).min(LONGEST)
    }
}

/// Waits until a session that runs through a relay could run directly. `news`
/// tells of another connection with the sharer, or another network of ours.
pub(super) async fn direct(
    swarm: &SwarmHandle,
    sharer: DeviceId,
    news: &Notify,
    now: PathKind,
    back: Back,
) -> Path {
    if now.via == Via::Direct {
        return std::future::pending().await;
    }
    sleep(back.hold()).await;
    let mut looks = 0;
    loop {
        if let Some(conn) = steady(swarm, sharer).await {
            return path_over(swarm, sharer, conn, &[]).await;
        }
        // News come once, and then the pause counts again.
        let _ = timeout(back.pause(looks), news.notified()).await;
        looks = looks.saturating_add(1);
    }
}

/// A direct connection that answers several times in a row. Which may stand is
/// the swarm's to say: it closes those that aren't permitted any more.
async fn steady(swarm: &SwarmHandle, sharer: DeviceId) -> Option<ConnId> {
    let conns = known(swarm, sharer).await;
    let direct = conns.iter().filter(|c| c.via == Via::Direct);
    let direct: Vec<ConnId> = direct.map(|c| c.conn).collect();
    let conn = first_alive(swarm, &direct).await?;
    for _ in 1..ECHOES {
        sleep(APART).await;
        first_alive(swarm, &[conn]).await?;
    }
    Some(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOMENT: Duration = Duration::from_secs(5);

    fn pauses(back: Back) -> Vec<u64> {
        (0..7).map(|n| back.pause(n).as_secs()).collect()
    }

    #[test]
    fn looks_become_seldom_and_never_stop() {
        let back = Back::default();
        assert_eq!(back.hold(), Duration::ZERO);
        assert_eq!(pauses(back), [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back.pause(u32::MAX), LONGEST);
    }

    #[test]
    fn a_direct_path_that_comes_and_goes_is_left_alone_longer_each_time() {
        let mut back = Back::default();
        // Lost for the first time: nothing was gone back to.
        back.lost(MOMENT);
        assert_eq!(back.hold(), Duration::ZERO);
        for hold in [4, 8, 16, 32, 60, 60] {
            back.went();
            back.lost(MOMENT);
            assert_eq!(back.hold(), Duration::from_secs(hold));
        }
        assert_eq!(pauses(back)[0], 60);
        // Another loss in between says nothing of going back.
        back.lost(MOMENT);
        assert_eq!(back.hold(), LONGEST);
        // One that lasted ends it.
        back.went();
        back.lost(LASTING);
        assert_eq!(back.hold(), Duration::ZERO);
        assert_eq!(pauses(back)[0], 2);
    }
}
