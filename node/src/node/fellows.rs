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

    /// Whom of these there is something to tell of now, for whom there is room;
    /// the others wait.
    fn take_turn<'a>(
        &mut self,
        fellows: impl Iterator<Item = &'a Person>,
        room: usize,
        now: Instant,
    ) -> Vec<&'a Person> {
        let mut turn = Vec::new();
        for fellow in fellows {
            if turn.len() >= room {
                self.rest = Some(now + AGAIN);
                break;
            }
            let (entries, profile) = (fellow.entries.len(), fellow.profile.as_deref());
            if self.is_news(fellow.id, entries, profile) {
                turn.push(fellow);
            }
        }
        turn
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
            let person = self.in_rooms_of(peer);
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

    /// Tells a contact's or a fellow's device the logs of all who share a room with it, as
    /// far as it wasn't told over this link, and the queue is not half full.
    pub(super) async fn tell_fellows(&mut self, link: LinkId) {
        let Some(peer) = self.links.get(&link).map(|l| l.peer) else {
            return;
        };
        let with = self.in_rooms_of(&peer);
        let met = self.is_contact(&peer) || self.is_fellow(&peer);
        let Some(with) = with.filter(|_| met) else {
            return;
        };
        let shared = self.rooms.shared_with(&with);
        let mut news = Vec::new();
        if let Some(ours) = self.links.get_mut(&link) {
            let room = ours.room();
            let fellows = shared.iter().filter(|p| **p != with);
            let fellows = fellows.filter_map(|p| self.people.get(p));
            let turn = ours.told.take_turn(fellows, room, Instant::now());
            news.extend(turn.into_iter().filter_map(introduction));
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
    use kith_proto::time::Timestamp;
    use tokio::sync::mpsc;

    use super::*;
    use crate::node::link::{OUTBOX, room_in};

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

    /// R7: a room of many leaves half of the queue to what is urgent, and
    /// everybody is told once in the end, however full it was.
    #[test]
    fn fellows_leave_half_of_the_queue_to_others() {
        let (out, mut queue) = mpsc::channel(OUTBOX);
        let fellow = |n: u32| {
            let id = PersonId::from(Digest::of(DOMAIN, &n.to_be_bytes()));
            Person::fellow(id, Timestamp::from_secs(0)).unwrap()
        };
        let all: Vec<Person> = (0..700).map(fellow).collect();
        let (mut told, now) = (Told::default(), Instant::now());
        let mut heard = 0;
        // One that goes out while half of the queue is urgent already.
        for urgent in [0, 10, OUTBOX / 2, 0, 0, 0, 0] {
            for _ in 0..urgent {
                assert!(out.try_send(Vec::new()).is_ok());
            }
            told.rest = None;
            let turn = told.take_turn(all.iter(), room_in(&out), now);
            assert_eq!(turn.len(), (OUTBOX / 2 - urgent).min(700 - heard));
            assert_eq!(told.rest, (heard + turn.len() < 700).then_some(now + AGAIN));
            heard += turn.len();
            for _ in turn {
                assert!(out.try_send(vec![1]).is_ok());
            }
            // No more than half waits, and the other half is free.
            assert!(heard == 700 || room_in(&out) == 0);
            for _ in 0..OUTBOX / 2 {
                assert!(
                    out.try_send(Vec::new()).is_ok(),
                    "what is urgent finds room"
                );
            }
            while queue.try_recv().is_ok() {}
        }
        assert_eq!(heard, 700);
    }
}
