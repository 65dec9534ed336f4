//! Taking in files that were carried by hand (XFER-1): each frame as if it had
//! come by network (spec 07, "Files carried by hand").
//!
//! By network only contacts bring anything. A file may come from anybody, so
//! what is in it has to concern us: a room that our person belongs to, or into
//! which somebody known invites them; the logs of people who are known, or are
//! in such a room. Strangers of others' rooms don't become known (rule R7).

use std::collections::{BTreeMap, BTreeSet};

use kith_api::{ApiError, AuditSound, Code, Imported, Reply};
use kith_proto::digest::Digest;
use kith_proto::id::{PersonId, RoomId};
use kith_proto::meet::{Message, Refused};
use kith_proto::package::{self, Frame};
use kith_proto::policy::chain::PolicyUpdate;
use kith_proto::room::membership::Standing;
use kith_proto::ticket::Invite;

use super::answers::Replied;
use super::open::Open;
use super::people::{Person, learn};
use crate::audit_file;
use crate::given;

/// What came of a frame of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Entries, invitations and bodies of messages: so many are new, and so
    /// many entries of the frame are damaged.
    Taken { new: u64, damaged: u64, shut: Shut },
    /// Who has what: some of it is newer than what was known.
    Told,
    /// An invitation that is new.
    Invitation(RoomId),
    /// Our person is invited there and hasn't answered: nothing more of the
    /// room is taken before (MSG-1).
    Unanswered(RoomId),
    /// Of a room that our person isn't in, nor validly invited to.
    Foreign,
}

impl Came {
    /// Nothing is new.
    pub(super) const KNOWN: Self = Self::taken(0, 0);
    /// A thing that is new.
    pub(super) const NEW: Self = Self::taken(1, 0);
    /// It can't be read.
    pub(super) const DAMAGED: Self = Self::damaged(1);

    /// Nothing is new, and so many parts can't be read.
    pub(super) const fn damaged(parts: u64) -> Self {
        Self::taken(0, parts)
    }

    const fn taken(new: u64, damaged: u64) -> Self {
        let shut = Shut::Nothing;
        Self::Taken { new, damaged, shut }
    }
}

/// What of a frame is closed to our person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shut {
    Nothing,
    /// What was written since the person went.
    Later(RoomId, Standing),
}

/// A person's log, entry by entry.
type Log = (PersonId, Vec<Vec<u8>>);

/// What came of a file.
#[derive(Debug, Default)]
struct Found {
    /// How many entries, invitations, people's logs, answers and so on are new.
    new: u64,
    /// How many frames brought nothing new of these.
    known: u64,
    /// Whether it is newer than what was known of who has what.
    told: bool,
    /// How many entries and frames are damaged.
    damaged: u64,
    /// How many frames are of rooms that our person isn't in.
    foreign: u64,
    invited: BTreeSet<RoomId>,
    unanswered: BTreeSet<RoomId>,
    /// Rooms that our person is no longer in, of which something was left out.
    shut: BTreeMap<RoomId, Standing>,
    /// The same, said.
    left_out: Vec<String>,
    /// Of what kinds the frames are.
    kinds: BTreeSet<&'static str>,
    said: Vec<String>,
    /// Why an answer, or a reply, is worth nothing.
    worthless: Option<ApiError>,
}

impl Found {
    fn fresh(&mut self, said: impl Into<String>) {
        self.new += 1;
        self.said.push(said.into());
    }

    fn nothing_new(&mut self, said: impl Into<String>) {
        self.known += 1;
        self.said.push(said.into());
    }

    /// Why nothing, or not all, was taken in.
    fn failure(&mut self) -> Option<ApiError> {
        if self.damaged > 0 {
            let parts = match self.damaged {
                1 => "a part of that file is damaged".to_owned(),
                n => format!("{n} parts of that file are damaged"),
            };
            let taken = match self.new {
                0 => "nothing else in it is new".to_owned(),
                n => format!("what is whole was taken in, {n} new"),
            };
            let mut message = format!("{parts}; {taken}");
            for said in &self.said {
                message = format!("{message}. {}", said.trim_end_matches('.'));
            }
            let hint = "have it brought again: what is here already does no harm";
            return Some(ApiError::new(Code::Invalid, message).hint(hint));
        }
        if self.new > 0 {
            return None;
        }
        if !self.left_out.is_empty() {
            return Some(ApiError::new(Code::Denied, self.left_out.join("; ")));
        }
        if self.foreign > 0 && self.known == 0 && self.worthless.is_none() {
            let why = "you aren’t in the room of that file, nor does anybody whom you know invite \
                       you there";
            let hint = "somebody in it can invite you: “kith rooms invite”";
            return Some(ApiError::new(Code::Denied, why).hint(hint));
        }
        self.worthless.take()
    }
}

impl Open {
    /// Takes in a file.
    pub(super) async fn import(&mut self, content: &[u8]) -> Result<Reply, ApiError> {
        if audit_file::is_one(content) {
            return audit_file::checked(content).map(checked);
        }
        let frames = package::read(content)
            .map_err(|e| given::damaged("a file that another Kith wrote", e))?;
        let mut found = Found::default();
        let (mut people, mut rooms) = (Vec::new(), Vec::new());
        for frame in frames {
            match frame {
                Frame::Meet(bytes) => self.import_meeting(&bytes, &mut found).await,
                Frame::Policy(bytes) => {
                    found.kinds.insert("policy");
                    match PolicyUpdate::from_bytes(&bytes) {
                        Ok(update) => match self.import_policy(&update, &mut found.said).await {
                            Some(n) => found.new += n,
                            None => found.known += 1,
                        },
                        Err(_) => found.damaged += 1,
                    }
                }
                Frame::Person(person, entries) => {
                    found.kinds.insert("identity");
                    people.push((person, entries));
                }
                Frame::Room(bytes) => {
                    found.kinds.insert("room entries");
                    rooms.push(bytes);
                }
            }
        }
        self.import_rooms(people, &rooms, &mut found).await;
        let title = |room: &RoomId| self.room_ref(room).title;
        let invited: Vec<String> = found.invited.iter().map(title).collect();
        found.said.extend(
            invited
                .iter()
                .map(|title| format!("You are invited to “{title}”: “kith rooms join” accepts.")),
        );
        let unanswered: Vec<String> = found.unanswered.iter().map(title).collect();
        found.said.extend(unanswered.iter().map(|title| {
            format!(
                "You are invited to “{title}” and haven’t answered. Join it, then import the file \
                 again."
            )
        }));
        let left_out = found.shut.iter().map(|(room, standing)| {
            let how = match standing {
                Standing::Removed => "were removed from",
                Standing::Left => "have left",
                _ => "aren’t in",
            };
            let title = title(room);
            format!("you {how} “{title}”, and what was said there since isn’t for you")
        });
        found.left_out = left_out.collect();
        if let Some(failure) = found.failure() {
            return Err(failure);
        }
        if found.foreign > 0 {
            let left = "What is of rooms that you aren’t in was left out.";
            found.said.push(left.into());
        }
        let left_out = found.left_out.iter();
        found
            .said
            .extend(left_out.map(|why| format!("Left out: {why}.")));
        found.said.extend(
            found
                .worthless
                .map(|e| format!("Not taken: {}.", e.message)),
        );
        if found.said.is_empty() {
            let said = match (found.new, found.told) {
                (0, false) => "Nothing new in it.",
                (0, true) => "Nothing new in it but which messages have arrived.",
                _ => "Taken in.",
            };
            found.said.push(said.to_owned());
        }
        Ok(Reply::Imported(Imported {
            kind: found.kinds.into_iter().collect::<Vec<_>>().join(", "),
            new: found.new,
            known: found.known,
            message: found.said.join(" "),
        }))
    }

    /// People's logs and rooms. What is in a room says whose logs are needed,
    /// and the logs say whose entries count: one after the other, until there
    /// is nothing new.
    async fn import_rooms(&mut self, mut people: Vec<Log>, rooms: &[Vec<u8>], found: &mut Found) {
        let mut fresh = BTreeSet::new();
        self.import_people(&mut people, found).await;
        loop {
            let (mut known, mut damaged) = (0, 0);
            (found.foreign, found.unanswered) = (0, BTreeSet::new());
            let closed = self.closed_rooms(rooms);
            for (at, bytes) in rooms.iter().enumerate() {
                match self.import_room(bytes, &closed).await {
                    Came::Taken {
                        new,
                        damaged: bad,
                        shut,
                    } => {
                        if let Shut::Later(room, standing) = shut {
                            found.shut.insert(room, standing);
                        }
                        found.new += new;
                        damaged += bad;
                        if new > 0 {
                            fresh.insert(at);
                        }
                        known += u64::from(bad == 0 && !fresh.contains(&at));
                    }
                    Came::Told => {
                        found.told = true;
                        known += 1;
                    }
                    Came::Invitation(room) => {
                        found.new += 1;
                        found.invited.insert(room);
                        fresh.insert(at);
                    }
                    Came::Unanswered(room) => drop(found.unanswered.insert(room)),
                    Came::Foreign => found.foreign += 1,
                }
            }
            if self.import_people(&mut people, found).await == 0 {
                found.known += known;
                found.damaged += damaged;
                break;
            }
        }
        found
            .unanswered
            .retain(|room| !found.invited.contains(room));
    }

    /// Takes the logs of those who are known or in a room of ours; the others
    /// stay in `people`. Returns how many had news.
    async fn import_people(&mut self, people: &mut Vec<Log>, found: &mut Found) -> u64 {
        let mut learnt = 0;
        for (person, entries) in std::mem::take(people) {
            let known = self.people.get(&person).is_some();
            if !known && self.rooms.shared_rooms(&person).is_empty() {
                people.push((person, entries));
            } else if self.learn_of(&person, &entries).await {
                learnt += 1;
            } else if entries.is_empty() || learn(&person, None, &entries, &self.judged()).is_some()
            {
                found.known += 1;
            } else {
                found.damaged += 1;
            }
        }
        found.new += learnt;
        learnt
    }

    /// One frame of a meeting that came as a file: an answer to an invite of
    /// mine, or the reply to an answer of mine.
    async fn import_meeting(&mut self, bytes: &[u8], found: &mut Found) {
        match Message::from_bytes(bytes) {
            Ok(Some(Message::Answer { ticket, sealed })) => {
                found.kinds.insert("answer");
                self.import_answer(&ticket, &sealed, found).await;
            }
            Ok(Some(Message::Reply { ticket, sealed })) => {
                found.kinds.insert("reply");
                self.import_reply(&ticket, &sealed, found).await;
            }
            // Of a newer Kith, or nothing that a file says.
            Ok(_) => {
                found.kinds.insert("unknown");
                found.known += 1;
            }
            Err(_) => found.damaged += 1,
        }
    }

    async fn import_answer(&mut self, ticket: &Digest, sealed: &[u8], found: &mut Found) {
        let state = |open: &Self| open.invites.mine.get(ticket).map(Invite::state);
        let before = state(self);
        let said = self.take_answer(ticket, sealed).await;
        match said {
            Some(Message::Refused { why, .. }) => found.worthless = Some(no_answer(why)),
            None if state(self) != before => {
                found.fresh("Somebody asks to be your contact: see “kith contacts”.");
            }
            None => found.nothing_new("You have that answer already: see “kith contacts”."),
            Some(_) => found.nothing_new("You have decided about that answer already."),
        }
    }

    async fn import_reply(&mut self, ticket: &Digest, sealed: &[u8], found: &mut Found) {
        let pending = self.invites.pending.get(ticket);
        let inviter = pending.map(|p| p.ticket().payload().person);
        let replied = self.take_reply(ticket, sealed).await;
        let inviter = inviter.and_then(|id| self.people.get(&id));
        let name = inviter.map(Person::shown).unwrap_or_default();
        match replied {
            Replied::Contacts => found.fresh(format!(
                "You and {name} are contacts now. The room of you two comes when your devices \
                 meet; without a network by a file that {name} makes with “kith export YOUR-NAME \
                 FILE”."
            )),
            Replied::Declined => found.fresh(format!("{name} declined.")),
            Replied::Foreign => found.nothing_new(
                "The reply in it is to no answer of yours that waits: you had it before, or it is \
                 meant for somebody else.",
            ),
            Replied::Unbelieved => {
                let why = "it isn’t theirs, or not to your answer";
                found.worthless = Some(given::damaged("a reply to you", why));
            }
            Replied::Unstored => {
                let why = "the reply couldn’t be stored";
                found.worthless = Some(ApiError::new(Code::Storage, why));
            }
        }
    }
}

/// A log of shares is only checked: nobody's log takes in another's.
fn checked(sound: AuditSound) -> Reply {
    Reply::Imported(Imported {
        kind: "audit".into(),
        new: 0,
        known: sound.entries,
        message: format!(
            "A log of shares, and it is sound: {}. It is the log of {}. Nothing of it was taken in.",
            audit_file::in_words(&sound),
            sound.device
        ),
    })
}

/// Why an answer to an invite of mine is worth nothing.
fn no_answer(why: Refused) -> ApiError {
    const ANEW: &str = "“kith invite” makes a new one";
    match why {
        Refused::Unknown => {
            let why = "the answer in it fits no invite of yours";
            ApiError::new(Code::NotFound, why).hint("it may be meant for somebody else")
        }
        Refused::Used => {
            let why = "it answers an invite that was used already";
            ApiError::new(Code::Expired, why).hint(ANEW)
        }
        Refused::Revoked => {
            let why = "it answers an invite that you took back";
            ApiError::new(Code::Expired, why).hint(ANEW)
        }
        Refused::Expired => {
            let why = "it answers an invite that has expired";
            ApiError::new(Code::Expired, why).hint(ANEW)
        }
        Refused::NotBelieved => {
            let why = "it doesn’t open, or who made it isn’t shown to be that person";
            given::damaged("an answer to your invite", why)
        }
    }
}
