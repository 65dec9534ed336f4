//! What a person sees of a room (MSG-2): messages with their edits, replies,
//! reactions and files, and what happened in between.
//!
//! A view is built from the log and the bodies, and can be thrown away and
//! built again at any time. Entries may be added in any order; the result is
//! the same.

use std::collections::{BTreeMap, BTreeSet};

use super::body::{Body, Content, FileOffer, Toggle};
use super::change::Action;
use super::entry::{Entry, EntryId, Pos};
use super::log::{Erasure, Log};
use super::order::OrderKey;
use crate::id::{DeviceId, PersonId, SessionId};
use crate::time::Timestamp;

/// What stands in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Text, as last edited by its author.
    Text(String),
    /// A file.
    File(FileOffer),
    /// A share has begun.
    ShareStarted {
        /// Which.
        session: SessionId,
        /// What is shown.
        label: String,
    },
    /// A share has ended.
    ShareEnded(SessionId),
    /// The body was erased, or its erasure asked for.
    Erased,
    /// The body isn't here (yet).
    Missing,
    /// Of a kind or form that this version can't show.
    Unknown,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: EntryId,
    /// Where it stands in its author's log.
    pub pos: Pos,
    /// Who says it.
    pub person: PersonId,
    /// When, as shown: a clock that ran ahead is clamped.
    pub at: Timestamp,
    /// Whether the clock was clamped.
    pub clamped: bool,
    /// What it says.
    pub said: Said,
    /// How often it was edited.
    pub edits: usize,
    /// The message that it answers.
    pub reply_to: Option<EntryId>,
    /// Reactions, each with who has set it.
    pub reactions: BTreeMap<String, BTreeSet<PersonId>>,
}

/// One line of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A message.
    Message(Message),
    /// A change of members or settings, by whom. Those that don't count
    /// aren't shown.
    Change {
        /// Which.
        id: EntryId,
        /// By whom.
        person: PersonId,
        /// When, as shown.
        at: Timestamp,
        /// What it did.
        action: Action,
    },
}

#[derive(Debug, Clone)]
struct Edit {
    key: OrderKey,
    person: PersonId,
    text: String,
}

#[derive(Debug, Clone)]
struct Reaction {
    key: OrderKey,
    toggle: Toggle,
}

#[derive(Debug, Clone)]
struct Line {
    id: EntryId,
    person: PersonId,
    body: Option<Body>,
    known: bool,
}

/// Everything said in a room, or in the part of it whose entries were added.
#[derive(Debug, Clone, Default)]
pub struct View {
    lines: BTreeMap<OrderKey, Line>,
    edits: BTreeMap<EntryId, Vec<Edit>>,
    reactions: BTreeMap<(EntryId, PersonId, String), Reaction>,
}

impl View {
    /// Of a room, from all its entries.
    #[must_use]
    pub fn build<'a>(log: &Log, entries: impl Iterator<Item = &'a Entry>) -> Self {
        let mut view = Self::default();
        entries.for_each(|e| view.add(log, e));
        view
    }

    /// Adds an entry that is in the log. Build the view anew after entries
    /// were voided, the order has changed, or a body came late.
    pub fn add(&mut self, log: &Log, entry: &Entry) {
        let pos = entry.pos();
        let Some(key) = log.key(&pos).filter(|_| log.shows(&pos)) else {
            return;
        };
        let person = entry.header().person;
        let body = entry.body();
        match body {
            Some(Body::Content(Content::Edit { target, text })) => {
                self.edits
                    .entry(target)
                    .or_default()
                    .push(Edit { key, person, text });
            }
            Some(Body::Content(Content::Reaction {
                target,
                what,
                toggle,
            })) => {
                let new = Reaction { key, toggle };
                let r = self
                    .reactions
                    .entry((target, person, what))
                    .or_insert_with(|| new.clone());
                // The last word counts.
                if r.key < new.key {
                    *r = new;
                }
            }
            Some(Body::Erase(_) | Body::Erased(_) | Body::MeetingSettings(_)) => {}
            body => {
                let line = Line {
                    id: entry.id(),
                    person,
                    known: body.is_some() || entry.body_bytes().is_none(),
                    body,
                };
                self.lines.insert(key, line);
            }
        }
    }

    /// The lines, in the order in which everybody sees them.
    #[must_use]
    pub fn items(&self, log: &Log) -> Vec<Item> {
        self.lines
            .iter()
            .filter_map(|(key, line)| self.item(log, key, line))
            .collect()
    }

    fn item(&self, log: &Log, key: &OrderKey, line: &Line) -> Option<Item> {
        let at = key.clock().wall;
        if let Some(Body::Change(change)) = &line.body {
            return log.membership().counts(&line.id).then(|| Item::Change {
                id: line.id,
                person: line.person,
                at,
                action: change.action.clone(),
            });
        }
        // An edit or reaction without its body can't be told from a message
        // by its body; its kind tells.
        let kind = log.row(&key.pos())?.kind;
        if matches!(
            kind,
            super::kind::KindCode::EDIT | super::kind::KindCode::REACTION
        ) {
            return None;
        }
        let edits: Vec<&Edit> = self
            .edits
            .get(&line.id)
            .into_iter()
            .flatten()
            .filter(|e| e.person == line.person)
            .collect();
        let newest = edits.iter().max_by_key(|e| e.key);
        let reply_to = match &line.body {
            Some(Body::Content(Content::Text { reply_to, .. })) => *reply_to,
            _ => None,
        };
        let erased = log.erasure(&line.id) != Erasure::None;
        let state = log.row(&key.pos())?.state;
        let said = match &line.body {
            _ if erased || state == super::log::BodyState::Erased => Said::Erased,
            Some(Body::Content(Content::Text { text, .. })) => {
                Said::Text(newest.map_or(text, |e| &e.text).clone())
            }
            Some(Body::Content(Content::File(offer))) => Said::File(offer.clone()),
            Some(Body::Content(Content::ShareStarted { session, label })) => Said::ShareStarted {
                session: *session,
                label: label.clone(),
            },
            Some(Body::Content(Content::ShareEnded { session })) => Said::ShareEnded(*session),
            None if line.known => Said::Missing,
            _ => Said::Unknown,
        };
        let reactions = match erased {
            true => BTreeMap::new(),
            false => self.reactions_to(&line.id),
        };
        Some(Item::Message(Message {
            id: line.id,
            pos: key.pos(),
            person: line.person,
            at,
            clamped: key.is_clamped(),
            said,
            edits: edits.len(),
            reply_to,
            reactions,
        }))
    }

    fn reactions_to(&self, target: &EntryId) -> BTreeMap<String, BTreeSet<PersonId>> {
        let mut all: BTreeMap<String, BTreeSet<PersonId>> = BTreeMap::new();
        let from = (*target, PersonId::from_bytes([0; 32]), String::new());
        let of = self
            .reactions
            .range(from..)
            .take_while(|((t, ..), _)| t == target);
        for ((_, person, what), reaction) in of {
            if reaction.toggle == Toggle::Set {
                all.entry(what.clone()).or_default().insert(*person);
            }
        }
        all
    }

    /// How many messages of others stand after what was read of each log.
    #[must_use]
    pub fn unread(&self, log: &Log, me: &PersonId, read: &BTreeMap<DeviceId, u64>) -> usize {
        let new = |pos: &Pos| read.get(&pos.device).is_none_or(|n| pos.seq >= *n);
        self.lines
            .iter()
            .filter(|(key, line)| line.person != *me && new(&key.pos()))
            .filter(|(key, line)| matches!(self.item(log, key, line), Some(Item::Message(_))))
            .count()
    }
}

#[cfg(test)]
mod tests;
