//! Who else shares a room with a contact: told once a link, and again only
//! where there is news (spec 07, "The first words").
//!
//! A room of many sends many such messages and the other side hears them at a
//! pace, so they never take more than half of a link's queue: terms, policies
//! and revocations find room, and the link lasts.

use std::collections::BTreeMap;
use std::time::Duration;

use kith_proto::digest::Digest;
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::meet::{self, Message};
use kith_proto::room::change::RoomKind;
use kith_proto::ticket::Evidence;
use tokio::time::Instant;

use super::hello::Conversation;
use super::link::{Link, LinkId};
use super::open::Open;
use super::people::Person;

/// The domain of the digests by which a profile is remembered; they stay here.
const DOMAIN: &str = "kith/1/fellow-told";

/// Which fellows were told over a link, and as what.
#[derive(Debug, Default)]
pub(super) struct Told {
    of: BTreeMap<PersonId, News>,
    /// When the others are told, for whom there was no room in the queue.
    rest: Option<Instant>,
}

/// What of a person there was to tell: how many entries, which profile.
type News = (usize, Option<Digest>);

/// How long those wait who found no room in the queue: the other side hears
/// some thirty in it.
const AGAIN: Duration = Duration::from_secs(1);

impl Told {
    /// Whether there is something to tell of a person; it counts as told then.
    fn is_news(&mut self, person: PersonId, entries: usize, profile: Option<&[u8]>) -> bool {
        let news = (entries, profile.map(|p| Digest::of(DOMAIN, p)));
        self.of.insert(person, news) != Some(news)
    }
}

impl Open {
    /// Somebody came into a room: those who share it are told who they are.
    pub(super) async fn introduce_fellows(&mut self, room: &RoomId) {
        let Some(sync) = self.rooms.rooms.get(room) else {
            return;
        };
        let membership = sync.log().membership();
        if matches!(membership.kind(), RoomKind::Pair(_)) {
            return;
        }
        let is_member = |peer: &DeviceId| {
            let person = self.people.owner(peer).map(|p| p.id);
            person.is_some_and(|p| membership.members().any(|m| *m == p))
        };
        // Who is greeted only after this is told everyone then.
        let talking = self
            .hellos
            .iter()
            .filter(|(_, c)| **c == Conversation::Talking);
        let links: Vec<LinkId> = talking
            .filter(|(l, _)| self.links.get(l).is_some_and(|l| is_member(&l.peer)))
            .map(|(l, _)| *l)
            .collect();
        for link in links {
            Box::pin(self.tell_fellows(link)).await;
        }
    }

    /// When [`Self::fellows_due`] has something to do.
    pub(super) fn fellows_wait(&self) -> Option<Instant> {
        self.links.values().filter_map(|l| l.told.rest).min()
    }

    /// Tells of those for whom there was no room in the queue.
    pub(super) async fn fellows_due(&mut self) {
        let now = Instant::now();
        let due = |l: &&Link| l.told.rest.is_some_and(|at| at <= now);
        let links: Vec<LinkId> = self.links.values().filter(due).map(|l| l.id).collect();
        for link in links {
            if let Some(due) = self.links.get_mut(&link) {
                due.told.rest = None;
            }
            self.tell_fellows(link).await;
        }
    }

    /// Tells a contact's device the logs of all who share a room with it, as
    /// far as it wasn't told over this link, and the queue is not half full.
    pub(super) async fn tell_fellows(&mut self, link: LinkId) {
        let Some(peer) = self.links.get(&link).map(|l| l.peer) else {
            return;
        };
        let with = self.people.owner(&peer).map(|p| p.id);
        let Some(with) = with.filter(|_| self.is_contact(&peer)) else {
            return;
        };
        let shared = self.rooms.shared_with(&with);
        let mut news = Vec::new();
        if let Some(ours) = self.links.get_mut(&link) {
            let room = ours.room();
            let fellows = shared.iter().filter(|p| **p != with);
            for fellow in fellows.filter_map(|p| self.people.get(p)) {
                if news.len() >= room {
                    ours.told.rest = Some(Instant::now() + AGAIN);
                    break;
                }
                let (entries, profile) = (fellow.entries.len(), fellow.profile.as_deref());
                if ours.told.is_news(fellow.id, entries, profile) {
                    news.extend(introduction(fellow));
                }
            }
        }
        for frame in news {
            self.send(link, frame).await;
        }
    }
}

/// Who a fellow is, as a contact is told.
fn introduction(fellow: &Person) -> Option<Vec<u8>> {
    let entries = Evidence::new(fellow.entries.clone())?;
    let message = Message::Fellow {
        person: fellow.id,
        entries,
        profile: fellow.profile.clone(),
    };
    let frame = message.to_bytes();
    debug_assert!(frame.len() <= meet::MAX_MESSAGE);
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R7: a room of a hundred in which thirty come in one after another costs
    /// each link one message a person, not one a person and change.
    #[test]
    fn a_fellow_is_told_once_and_again_with_news() {
        let person = |n| PersonId::from(Digest::of(DOMAIN, &[n]));
        let mut told = Told::default();
        let mut frames = 0;
        for members in 70..=100 {
            frames += (0..members)
                .filter(|n| told.is_news(person(*n), 1, None))
                .count();
        }
        assert_eq!(frames, 100);
        // A device more, a profile, another profile: each is told once.
        for (entries, profile) in [
            (2, None),
            (2, Some(&[1][..])),
            (2, Some(&[2][..])),
            (3, Some(&[2][..])),
        ] {
            assert!(told.is_news(person(7), entries, profile));
            assert!(!told.is_news(person(7), entries, profile));
        }
    }
}
