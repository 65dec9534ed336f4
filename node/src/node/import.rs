//! Taking in files that were carried by hand (XFER-1): each frame as if it had
//! come by network (spec 07, "Files carried by hand").
//!
//! By network only contacts bring anything. A file may come from anybody, so
//! what is in it has to concern us: a room that our person belongs to, or into
//! which somebody known invites them; the logs of people who are known, or are
//! in such a room. Strangers of others' rooms don't become known (rule R7).

use std::collections::BTreeSet;

use kith_api::{ApiError, Code, Imported, Reply};
use kith_proto::id::{PersonId, RoomId};
use kith_proto::meet::Message;
use kith_proto::package::{self, Frame};

use super::open::Open;
use crate::given;

/// What came of a frame of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// So many entries are new.
    New(u64),
    /// Nothing is.
    Known,
    /// An invitation that is new.
    Invitation(RoomId),
    /// Our person is invited there and hasn't answered: nothing more of the
    /// room is taken before (MSG-1).
    Unanswered(RoomId),
    /// Of a room that our person isn't in, nor validly invited to.
    Foreign,
}

/// A person's log, entry by entry.
type Log = (PersonId, Vec<Vec<u8>>);

/// What came of the rooms and people of a file.
#[derive(Debug, Default)]
struct Found {
    /// How many entries, invitations and people's logs were new.
    items: u64,
    /// How many frames brought something new.
    fresh: u64,
    /// How many frames are of rooms that our person isn't in.
    foreign: usize,
    invited: BTreeSet<RoomId>,
    unanswered: BTreeSet<RoomId>,
}

impl Open {
    /// Takes in a file.
    pub(super) async fn import(&mut self, content: &[u8]) -> Result<Reply, ApiError> {
        let frames = package::read(content)
            .map_err(|e| given::damaged("a file that another Kith wrote", e))?;
        let (mut new, mut known) = (0, 0);
        let mut said = Vec::new();
        let mut kinds = BTreeSet::new();
        let (mut people, mut rooms) = (Vec::new(), Vec::new());
        for frame in frames {
            let (kind, fresh) = match frame {
                Frame::Meet(bytes) => self.import_meeting(&bytes, &mut said).await,
                Frame::Policy(bytes) => ("policy", self.import_policy(&bytes, &mut said).await),
                Frame::Person(person, entries) => {
                    people.push((person, entries));
                    continue;
                }
                Frame::Room(bytes) => {
                    rooms.push(bytes);
                    continue;
                }
            };
            kinds.insert(kind);
            match fresh {
                Some(n) => new += n,
                None => known += 1,
            }
        }
        if !people.is_empty() {
            kinds.insert("identity");
        }
        if !rooms.is_empty() {
            kinds.insert("room entries");
        }
        let (frames, others) = ((people.len() + rooms.len()) as u64, new + known);
        let found = self.import_rooms(people, &rooms).await;
        new += found.items;
        known += frames.saturating_sub(found.fresh);
        if found.foreign > 0 && new + others == 0 {
            let why = "you aren’t in the room of that file, nor does anybody whom you know invite \
                       you there";
            return Err(ApiError::new(Code::Denied, why)
                .hint("somebody in it can invite you: “kith rooms invite”"));
        }
        let title = |room: &RoomId| self.room_ref(room).title;
        said.extend(found.invited.iter().map(|room| {
            let title = title(room);
            format!("You are invited to “{title}”: “kith rooms join” accepts.")
        }));
        said.extend(found.unanswered.iter().map(|room| {
            let title = title(room);
            format!(
                "You are invited to “{title}” and haven’t answered. Join it, then import the file \
                 again."
            )
        }));
        if found.foreign > 0 {
            said.push("What is of rooms that you aren’t in was left out.".into());
        }
        if said.is_empty() {
            said.push(match new {
                0 => "Nothing new in it.".to_owned(),
                _ => "Taken in.".to_owned(),
            });
        }
        Ok(Reply::Imported(Imported {
            kind: kinds.into_iter().collect::<Vec<_>>().join(", "),
            new,
            known,
            message: said.join(" "),
        }))
    }

    /// People's logs and rooms. What is in a room says whose logs are needed,
    /// and the logs say whose entries count: one after the other, until there
    /// is nothing new.
    async fn import_rooms(&mut self, mut people: Vec<Log>, rooms: &[Vec<u8>]) -> Found {
        let mut found = Found::default();
        let mut fresh = BTreeSet::new();
        let mut learnt = self.import_people(&mut people).await;
        loop {
            (found.foreign, found.unanswered) = (0, BTreeSet::new());
            for (at, bytes) in rooms.iter().enumerate() {
                match self.import_room(bytes).await {
                    Came::New(n) => {
                        found.items += n;
                        fresh.insert(at);
                    }
                    Came::Invitation(room) => {
                        found.items += 1;
                        found.invited.insert(room);
                        fresh.insert(at);
                    }
                    Came::Unanswered(room) => drop(found.unanswered.insert(room)),
                    Came::Foreign => found.foreign += 1,
                    Came::Known => {}
                }
            }
            match self.import_people(&mut people).await {
                0 => break,
                more => learnt += more,
            }
        }
        found
            .unanswered
            .retain(|room| !found.invited.contains(room));
        found.items += learnt;
        found.fresh = fresh.len() as u64 + learnt;
        found
    }

    /// Takes the logs of those who are known or in a room of ours; the others
    /// stay in `people`. Returns how many had news.
    async fn import_people(&mut self, people: &mut Vec<Log>) -> u64 {
        let mut learnt = 0;
        for (person, entries) in std::mem::take(people) {
            let known = self.people.get(&person).is_some();
            match known || !self.rooms.shared_rooms(&person).is_empty() {
                true => learnt += u64::from(self.learn_of(&person, &entries).await),
                false => people.push((person, entries)),
            }
        }
        learnt
    }

    /// One frame of a meeting that came as a file: an answer to an invite of
    /// mine, or the reply to an answer of mine.
    async fn import_meeting(
        &mut self,
        bytes: &[u8],
        said: &mut Vec<String>,
    ) -> (&'static str, Option<u64>) {
        match Message::from_bytes(bytes) {
            Ok(Some(Message::Answer { ticket, sealed })) => {
                let before = self.people.iter().count();
                match self.take_answer(&ticket, &sealed).await {
                    None if self.people.iter().count() > before => {
                        said.push("Somebody asks to be your contact: see “kith contacts”.".into());
                        ("answer", Some(1))
                    }
                    Some(Message::Refused { .. }) => {
                        said.push("The answer fits no open invite of yours.".into());
                        ("answer", None)
                    }
                    _ => ("answer", None),
                }
            }
            Ok(Some(Message::Reply { ticket, sealed })) => {
                match self.take_reply(&ticket, &sealed).await {
                    true => {
                        said.push("You are contacts now.".into());
                        ("reply", Some(1))
                    }
                    false => ("reply", None),
                }
            }
            _ => ("unknown", None),
        }
    }
}
