//! The thread of one share: its source, its encoder, and the near ends of its
//! viewers' lanes. It sleeps in the source's own wait; while the source is
//! still and nobody says anything, it never wakes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kith_codec::message::EndReason;
use kith_codec::share::{Lane, Share, ShareConfig, ViewerId};
use kith_codec::time::Moment;
use kith_screen::source::{Source, SourceError};

use super::event::Ending;
use super::live::Live;
use super::mailbox::{Order, Port, PortEnd, Post, Room};
use super::wire::Bye;

/// Messages of one viewer that are handled before it is another's turn.
const TURN: usize = 32;

/// Runs a share until it is stopped or fails; says why it ended.
pub(super) fn run(mut source: Box<dyn Source>, live: &Live) -> Ending {
    let mailbox = &live.mailbox;
    mailbox.set_waker(source.waker());
    let share = match Share::new(source.size(), ShareConfig::default()) {
        Ok(share) => share,
        Err(error) => {
            tracing::warn!(%error, "a share can't begin");
            return Ending::Encoder;
        }
    };
    let mut runner = Runner {
        share,
        ports: BTreeMap::new(),
        start: Instant::now(),
    };
    loop {
        let mut post = mailbox.take();
        if let Some(reason) = post.stop {
            // Who came in the same moment is told, too.
            runner.attach_all(&mut post);
            let ending = Ending::Here(Bye::from(reason));
            live.ends(ending);
            runner.end_all(reason);
            return ending;
        }
        runner.deliver(post);
        runner.listen();
        match runner.round(source.as_mut(), live) {
            Ok(()) => {}
            Err(ending) => {
                live.ends(ending);
                runner.end_all(match ending {
                    Ending::Here(bye) => bye.reason(),
                    _ => EndReason::Failed,
                });
                return ending;
            }
        }
    }
}

struct Runner {
    share: Share,
    ports: BTreeMap<ViewerId, Port>,
    start: Instant,
}

impl Runner {
    fn now(&self) -> Moment {
        let micros = self.start.elapsed().as_micros();
        Moment(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    fn attach_all(&mut self, post: &mut Post) {
        for order in post.orders.drain(..) {
            match order {
                Order::Attach(port) => self.attach(port),
                Order::Statistics(viewer, answer) => {
                    if let Some(now) = self.share.statistics(viewer) {
                        let _ = answer.send(now);
                    }
                }
            }
        }
    }

    fn deliver(&mut self, mut post: Post) {
        self.attach_all(&mut post);
        for (viewer, reason) in post.ended {
            let _ = self.share.end_viewer(viewer, reason);
            self.drain(viewer);
            self.forget(viewer);
        }
        for viewer in post.detached {
            self.forget(viewer);
        }
    }

    fn attach(&mut self, port: Port) {
        let now = self.now();
        // Refused only beyond the limit on viewers, which the desk keeps
        // already: then the lanes close at once.
        match self.share.add_viewer(port.viewer, now) {
            Ok(()) => drop(self.ports.insert(port.viewer, port)),
            Err(_) => drop(port.end.send(PortEnd::Full)),
        }
    }

    fn forget(&mut self, viewer: ViewerId) {
        if self.ports.remove(&viewer).is_some() {
            let _ = self.share.remove_viewer(viewer);
        }
    }

    fn end_all(&mut self, reason: EndReason) {
        let viewers: Vec<ViewerId> = self.ports.keys().copied().collect();
        for viewer in viewers {
            let _ = self.share.end_viewer(viewer, reason);
            self.drain(viewer);
        }
        self.ports.clear();
    }

    /// Takes what the viewers say, in turn.
    fn listen(&mut self) {
        let now = self.now();
        let mut gone = Vec::new();
        for (viewer, port) in &mut self.ports {
            for _ in 0..TURN {
                let Ok(message) = port.messages.try_recv() else {
                    break;
                };
                if let Err(fault) = self.share.handle(*viewer, message, now) {
                    tracing::debug!(%fault, ?viewer, "a viewer misbehaved");
                    gone.push(*viewer);
                    break;
                }
            }
        }
        for viewer in gone {
            if let Some(port) = self.ports.remove(&viewer) {
                let _ = port.end.send(PortEnd::Fault);
            }
            let _ = self.share.remove_viewer(viewer);
        }
    }

    /// Whether some viewer has said more than was its turn.
    fn more_to_hear(&self) -> bool {
        self.ports.values().any(|port| !port.messages.is_empty())
    }

    /// Makes and hands out what viewers can take, then waits for news.
    fn round(&mut self, source: &mut dyn Source, live: &Live) -> Result<(), Ending> {
        let moved = self.encode(source)?;
        // More can be made at once, or somebody has said more than was its
        // turn: only a look at the source in between.
        let until = if self.more_to_hear() || (moved && self.share.wants_source(self.now())) {
            Some(Instant::now())
        } else {
            let at = self.share.poll_at();
            at.map(|m| self.start + Duration::from_micros(m.0))
        };
        let changes = source.wait(until).map_err(ending_of)?;
        if let Some(at) = changes.placed {
            live.placed(at);
        }
        if let Some(part) = &changes.part {
            live.shows(part);
        }
        changes.apply(&mut self.share);
        Ok(())
    }

    /// `true` if something went into a lane.
    fn encode(&mut self, source: &mut dyn Source) -> Result<bool, Ending> {
        if self.share.wants_source(self.now()) {
            let view = source.view().map_err(ending_of)?;
            let now = self.now();
            self.share.encode(&view, now).map_err(|error| {
                tracing::warn!(%error, "a share failed");
                Ending::Encoder
            })?;
        }
        let viewers: Vec<ViewerId> = self.ports.keys().copied().collect();
        let mut moved = false;
        for viewer in viewers {
            match self.drain(viewer) {
                Some(any) => moved |= any,
                None => self.forget(viewer),
            }
        }
        Ok(moved)
    }

    /// Moves what is ready into the viewer's lanes as far as there is room,
    /// and says whether that was anything; `None` if the lanes are gone.
    fn drain(&mut self, viewer: ViewerId) -> Option<bool> {
        let port = self.ports.get(&viewer)?;
        let mut any = false;
        for (to, lane) in [
            (&port.control, Lane::Control),
            (&port.picture, Lane::Picture),
        ] {
            loop {
                match to.room() {
                    Room::Yes(permit) => match self.share.poll(viewer, lane) {
                        Some(transmit) => permit.send(transmit),
                        None => break,
                    },
                    Room::No => break,
                    Room::Gone => return None,
                }
                any = true;
            }
        }
        Some(any)
    }
}

/// Why a failed source ends the share.
fn ending_of(error: SourceError) -> Ending {
    tracing::info!(%error, "a share's source ended");
    match error {
        SourceError::Gone => Ending::Here(Bye::SourceGone),
        _ => Ending::Source,
    }
}
