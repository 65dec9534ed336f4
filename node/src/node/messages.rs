//! Rooms and messages as people see them, and what people do with them.

use std::collections::{BTreeMap, BTreeSet};

use kith_api::{
    ApiError, Code, ContactState, Content as Shown, Delivery, Doubt, Edited, Erasable,
    Event as Told, FileState, LegalHold, Message, Mine, PersonRef, Room, RoomRef, Verification,
};
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::names::{escape_for_display, escape_lines_for_display};
use kith_proto::room::body::{Body, Content, Toggle};
use kith_proto::room::change::{Retention, RoomKind};
use kith_proto::room::entry::{EntryId, EntryIn, Pos};
use kith_proto::room::kind::{Class, KindCode};
use kith_proto::room::log::BodyState;
use kith_proto::room::membership::Standing;
use kith_proto::room::store::RoomStore as _;
use kith_proto::room::sync::{News, Received, RoomSync};
use kith_proto::time::Timestamp;

use super::error::fault;
use super::invites::hex;
use super::not_yet::no_room_with;
use super::open::Open;
use super::rooms::no_room;
use super::titles;
use crate::store::files;
use crate::store::rooms::Rooms as Stored;

/// Which entries are shown as lines of a conversation.
pub(super) fn is_line(kind: KindCode) -> bool {
    kind.class() == Class::Change || matches!(kind, KindCode::TEXT | KindCode::FILE)
}

/// Among which rooms a title is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Titled {
    Joined,
    /// Those that our person is only invited to.
    Invited,
}

impl Open {
    /// The room that `who` means: a room's title or id, or a contact (then
    /// our room of two). Others choose titles, so a title never takes a
    /// person's place: ids come first, then whole titles of our rooms and
    /// people, of which only one may fit; what isn't called so by any of them
    /// may be a room that our person is only invited to, or the beginning of a
    /// title.
    pub(super) fn find_room(&self, who: &str) -> Result<RoomId, ApiError> {
        let who = who.trim();
        if let Ok(id) = who.parse::<RoomId>() {
            let known =
                self.rooms.rooms.contains_key(&id) || self.rooms.invitations.contains_key(&id);
            return match known {
                true => Ok(id),
                false => Err(no_room()),
            };
        }
        if let Ok(id) = who.parse::<PersonId>()
            && self.people.get(&id).is_some()
        {
            return self.room_of_two(&id);
        }
        let wanted = who.to_lowercase();
        let same = |t: &str| !t.is_empty() && t.to_lowercase() == wanted;
        let begins = |t: &str| !t.is_empty() && t.to_lowercase().starts_with(&wanted);
        let people = self.fitting(who);
        // Somebody who only shares a room chose the name alone.
        let contact = people.iter().any(|p| p.state != ContactState::Fellow);
        let joined = self.titled(&same, Titled::Joined);
        if !joined.is_empty() {
            return match contact {
                true => Err(
                    ApiError::new(Code::Ambiguous, "a person and a room are called so")
                        .hint("use an id: “kith contacts” and “kith rooms show” have them"),
                ),
                false => self.only(&joined),
            };
        }
        if !people.is_empty() {
            let person = self.find(who)?;
            return self.room_of_two(&person);
        }
        let mut found = [
            (&same as &dyn Fn(&str) -> bool, Titled::Invited),
            (&begins, Titled::Joined),
            (&begins, Titled::Invited),
        ]
        .into_iter()
        .map(|(is_it, which)| self.titled(is_it, which));
        match found.find(|rooms| !rooms.is_empty()) {
            Some(rooms) => self.only(&rooms),
            // Says that nobody is called so either.
            None => Err(self.find(who).err().unwrap_or_else(no_room)),
        }
    }

    /// The room that our person is invited to and `who` means.
    pub(super) fn find_invitation(&self, who: &str) -> Result<RoomId, ApiError> {
        let wanted = who.trim().to_lowercase();
        let asked = self.titled(&|t| t.to_lowercase() == wanted, Titled::Invited);
        match asked.is_empty() {
            true => self.find_room(who),
            false => self.only(&asked),
        }
    }

    /// The one room of those that a title fits.
    fn only(&self, rooms: &[RoomId]) -> Result<RoomId, ApiError> {
        const LISTED: usize = 5;
        match rooms {
            [room] => Ok(*room),
            _ => {
                let ids = rooms.iter().take(LISTED).map(ToString::to_string);
                let ids = ids.collect::<Vec<_>>().join(", ");
                Err(ApiError::new(
                    Code::Ambiguous,
                    format!("several rooms are called so: {ids}"),
                )
                .hint("use the id of the one that you mean; “kith rooms show ID” tells more"))
            }
        }
    }

    /// The rooms whose title is such.
    fn titled(&self, is_it: &dyn Fn(&str) -> bool, which: Titled) -> Vec<RoomId> {
        match which {
            Titled::Joined => {
                let all = self.rooms.rooms.iter();
                let fit = all.filter(|(_, s)| is_it(s.log().membership().title()));
                fit.map(|(id, _)| *id).collect()
            }
            Titled::Invited => {
                let all = self.rooms.invitations.iter();
                let fit = all.filter(|(_, (_, i))| is_it(i.title()));
                fit.map(|(id, _)| *id).collect()
            }
        }
    }

    /// The room that we have with somebody.
    fn room_of_two(&self, person: &PersonId) -> Result<RoomId, ApiError> {
        let known = self.people.get(person).ok_or_else(|| fault("no person"))?;
        known.room.ok_or_else(|| no_room_with(known))
    }

    pub(super) fn reference(&self, person: &PersonId) -> PersonRef {
        if *person == self.account.person() {
            return PersonRef {
                id: *person,
                name: escape_for_display(self.account.name().as_str()),
                verified: Verification::Verified,
            };
        }
        match self.people.get(person) {
            Some(p) => p.reference(),
            None => PersonRef {
                id: *person,
                name: person.to_string().chars().take(14).collect(),
                verified: Verification::Unverified,
            },
        }
    }

    pub(super) fn room_ref(&self, id: &RoomId) -> RoomRef {
        let title = match self.rooms.rooms.get(id) {
            Some(sync) => self.title_of(sync),
            None => {
                let invitation = self.rooms.invitations.get(id);
                invitation
                    .map(|(_, i)| titles::shown(i.title()))
                    .unwrap_or_default()
            }
        };
        RoomRef { id: *id, title }
    }

    fn title_of(&self, sync: &RoomSync) -> String {
        let membership = sync.log().membership();
        match membership.kind() {
            RoomKind::Pair(_) => {
                let me = self.account.person();
                let other = membership.people().map(|(p, _)| *p).find(|p| *p != me);
                other.map(|p| self.reference(&p).name).unwrap_or_default()
            }
            _ => titles::shown(membership.title()),
        }
    }

    pub(super) fn shown_room(&self, id: &RoomId) -> Option<Room> {
        if let Some((from, invitation)) = self.rooms.invitations.get(id) {
            return Some(Room {
                room: RoomRef {
                    id: *id,
                    title: titles::shown(invitation.title()),
                },
                kind: kind_name(invitation.kind()).into(),
                me: "invited".into(),
                members: vec![self.reference(from)],
                invited: Vec::new(),
                admins: Vec::new(),
                unread: 0,
                latest_ms: 0,
                hold: LegalHold::Lifted,
                retention_s: None,
                warnings: self.title_warnings(id, invitation.title()),
            });
        }
        let sync = self.rooms.rooms.get(id)?;
        let membership = sync.log().membership();
        let me = self.account.person();
        let counting = sync.log().rows().filter(|(pos, _)| sync.log().shows(pos));
        let latest = counting.map(|(_, r)| r.clock.wall).max();
        Some(Room {
            room: self.room_ref(id),
            kind: kind_name(membership.kind()).into(),
            me: match membership.standing(&me) {
                _ if self.rooms.gone.contains(id) => "removed",
                _ if self.parted_in(id).is_some() => "parted",
                Standing::Member => "member",
                Standing::Invited => "invited",
                Standing::Declined => "declined",
                Standing::Left => "left",
                Standing::Removed => "removed",
                Standing::Stranger => "stranger",
            }
            .into(),
            members: membership.members().map(|p| self.reference(p)).collect(),
            invited: membership
                .people()
                .filter(|(_, person)| person.standing == Standing::Invited)
                .map(|(p, _)| self.reference(p))
                .collect(),
            admins: membership
                .members()
                .filter(|p| membership.is_admin(p))
                .map(|p| self.reference(p))
                .collect(),
            unread: self.unread(sync),
            latest_ms: latest.unwrap_or(Timestamp::EPOCH).as_millis(),
            hold: match membership.hold() {
                Toggle::Set => LegalHold::Set,
                Toggle::Clear => LegalHold::Lifted,
            },
            retention_s: match membership.retention() {
                Retention::Forever => None,
                Retention::For(time) => Some(time.as_secs()),
            },
            warnings: Vec::new(),
        })
    }

    /// The same, with what is suspicious about the title.
    pub(super) fn room_in_full(&self, id: &RoomId) -> Option<Room> {
        let mut room = self.shown_room(id)?;
        if let Some(sync) = self.rooms.rooms.get(id) {
            room.warnings = self.title_warnings(id, sync.log().membership().title());
        }
        Some(room)
    }

    fn unread(&self, sync: &RoomSync) -> u32 {
        let me = self.account.person();
        let read = sync.read_by(&self.account.device());
        let new = sync.log().rows().filter(|(pos, row)| {
            matches!(row.kind, KindCode::TEXT | KindCode::FILE)
                && sync.log().shows(pos)
                && sync.log().person_of(&pos.device) != Some(me)
                && pos.seq >= read.get(&pos.device).copied().unwrap_or(0)
        });
        u32::try_from(new.count()).unwrap_or(u32::MAX)
    }

    pub(super) async fn room_list(&mut self) -> Result<Vec<Room>, ApiError> {
        // Whoever was removed can be invited again: then it is in both.
        let joined = self.rooms.rooms.keys();
        // What was said with whoever was forgotten is erased.
        let forgotten = |id: &RoomId| {
            let with = self.parted_in(id).map(|p| p.state);
            with == Some(ContactState::Fellow)
        };
        let all = joined.chain(self.rooms.invitations.keys());
        let ids: BTreeSet<RoomId> = all.filter(|id| !forgotten(id)).copied().collect();
        let mut all: Vec<Room> = ids.iter().filter_map(|id| self.room_in_full(id)).collect();
        all.sort_by_key(|r| std::cmp::Reverse(r.latest_ms));
        Ok(all)
    }

    pub(super) fn delivery(&self, sync: &RoomSync, pos: &Pos) -> Delivery {
        let d = sync.delivery(pos);
        if d.people.is_empty() && d.held_by.is_empty() {
            return Delivery::Queued;
        }
        match d.everybody() {
            Received::Read if !d.people.is_empty() => Delivery::Read,
            Received::Delivered => Delivery::Delivered,
            _ if d.is_queued() => Delivery::Queued,
            _ => {
                let of = |d: &DeviceId| self.in_rooms_of(d).or_else(|| sync.log().person_of(d));
                let people: BTreeSet<PersonId> = d.held_by.iter().filter_map(of).collect();
                let mut by: Vec<String> = people
                    .iter()
                    .map(|person| self.reference(person).name)
                    .collect();
                by.dedup();
                Delivery::Held(by)
            }
        }
    }

    /// The entries at these places as people see them, in this order.
    pub(super) async fn messages(
        &self,
        room: &RoomId,
        at: &[Pos],
    ) -> Result<Vec<Message>, ApiError> {
        let (id, wanted) = (*room, at.to_vec());
        let Some(sync) = self.rooms.rooms.get(room) else {
            return Err(self.not_in(room));
        };
        let ids: Vec<EntryId> = at
            .iter()
            .filter_map(|pos| sync.log().readable(pos))
            .map(|(_, r)| r.id)
            .collect();
        let (entries, about, files) = self
            .store
            .read(move |tx| {
                let stored = Stored(tx);
                let entries = stored.read(&id, &wanted)?;
                let mut about = Vec::new();
                for target in ids {
                    let found = stored.about(&id, &target)?;
                    if !found.is_empty() {
                        about.push((target, found));
                    }
                }
                let mut files = BTreeMap::new();
                for (pos, _) in &entries {
                    files.extend(files::state_at(tx, &id, pos)?.map(|s| (*pos, s)));
                }
                Ok((entries, about, files))
            })
            .await?;
        let about: BTreeMap<EntryId, Vec<(Pos, EntryIn)>> = about.into_iter().collect();
        Ok(entries
            .iter()
            .filter_map(|(pos, entry)| {
                let mut message = self.message(room, sync, pos, entry, &about)?;
                if let Shown::File { state, .. } = &mut message.content {
                    *state = match files.get(pos) {
                        Some(files::State::Here) => FileState::Here,
                        Some(files::State::Coming) => FileState::Coming,
                        None => FileState::Offered,
                    };
                }
                Some(message)
            })
            .collect())
    }

    fn message(
        &self,
        room: &RoomId,
        sync: &RoomSync,
        pos: &Pos,
        entry: &EntryIn,
        about: &BTreeMap<EntryId, Vec<(Pos, EntryIn)>>,
    ) -> Option<Message> {
        let (author, row) = sync.log().readable(pos)?;
        let mine = author == self.account.person();
        let body = entry
            .body
            .as_ref()
            .and_then(|b| Body::decode(row.kind, b).ok());
        let deleted_by = sync.log().erasure_by(&row.id);
        let may = sync.log().may_erase(&self.account.person(), &row.id);
        let mut shown = Message {
            id: hex(row.id.0.as_bytes()),
            room: self.room_ref(room),
            author: self.reference(&author),
            mine: match mine {
                true => Mine::Yes,
                false => Mine::No,
            },
            at_ms: row.clock.wall.as_millis(),
            content: Shown::Missing,
            happened: None,
            reply_to: None,
            edited: Edited::No,
            reactions: Vec::new(),
            delivery: mine.then(|| self.delivery(sync, pos)),
            erasable: match may {
                Ok(()) if deleted_by.is_none() && row.state != BodyState::Erased => Erasable::Yes,
                _ => Erasable::No,
            },
            deleted_by: deleted_by.map(|p| self.reference(&p)),
            doubt: match sync.log().is_behind(pos) {
                true => Doubt::Fork,
                false => Doubt::None,
            },
        };
        shown.content = match (body, row.state) {
            (_, BodyState::Erased) => Shown::Erased,
            _ if deleted_by.is_some() => Shown::Erased,
            (Some(Body::Content(Content::Text { text, reply_to })), _) => {
                shown.reply_to = reply_to.map(|id| hex(id.0.as_bytes()));
                Shown::Text(escape_lines_for_display(&text))
            }
            (Some(Body::Content(Content::File(f))), _) => Shown::File {
                name: escape_for_display(&f.name),
                size: f.size,
                state: FileState::Offered,
            },
            (Some(Body::Change(change)), _) => {
                shown.delivery = None;
                let (words, happened) = self.happened(&author, &change.action)?;
                shown.happened = Some(happened);
                Shown::Notice(words)
            }
            (Some(_), _) => return None,
            (None, _) if row.kind.class() == Class::Content => Shown::Missing,
            (None, _) => return None,
        };
        let about = about.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        self.apply_about(sync, &author, about, &mut shown);
        Some(shown)
    }

    /// Lays edits by the author, and everybody's reactions, over a message.
    fn apply_about(
        &self,
        sync: &RoomSync,
        author: &PersonId,
        about: &[(Pos, EntryIn)],
        shown: &mut Message,
    ) {
        let mut about: Vec<_> = about
            .iter()
            .filter(|(pos, _)| sync.log().shows(pos))
            .filter_map(|(pos, e)| Some((sync.log().key(pos)?, pos, e)))
            .collect();
        about.sort_by_key(|(key, ..)| *key);
        let mut reactions: BTreeMap<String, Vec<PersonId>> = BTreeMap::new();
        for (_, pos, entry) in about {
            let (Some(row), Some(by)) = (sync.log().row(pos), sync.log().person_of(&pos.device))
            else {
                continue;
            };
            let body = entry
                .body
                .as_ref()
                .and_then(|b| Body::decode(row.kind, b).ok());
            match body {
                Some(Body::Content(Content::Edit { text, .. })) if by == *author => {
                    if let Shown::Text(now) = &mut shown.content {
                        *now = escape_lines_for_display(&text);
                        shown.edited = Edited::Yes;
                    }
                }
                Some(Body::Content(Content::Reaction { what, toggle, .. })) => {
                    let who = reactions.entry(escape_for_display(&what)).or_default();
                    who.retain(|p| *p != by);
                    if toggle == Toggle::Set {
                        who.push(by);
                    }
                }
                _ => {}
            }
        }
        shown.reactions = reactions
            .into_iter()
            .filter(|(_, who)| !who.is_empty())
            .map(|(what, who)| (what, who.iter().map(|p| self.reference(p).name).collect()))
            .collect();
    }

    /// Tells faces of messages that are new or changed.
    pub(super) async fn tell_messages(&mut self, room: &RoomId, at: &[Pos]) {
        let Ok(messages) = self.messages(room, at).await else {
            return;
        };
        for message in messages {
            self.tell(Told::Message(message));
        }
    }

    /// What became visible in a room.
    pub(super) async fn tell_news(&mut self, room: &RoomId, news: News) {
        let mut at = Vec::new();
        let Some(sync) = self.rooms.rooms.get(room) else {
            return;
        };
        let all = news.entries.iter().chain(&news.bodies);
        for pos in all.chain(&news.behind) {
            let Some((_, row)) = sync.log().readable(pos) else {
                continue;
            };
            if is_line(row.kind) {
                at.push(*pos);
            }
        }
        let about = self.targets(room, &news.entries).await;
        at.extend(about);
        at.dedup();
        self.tell_messages(room, &at).await;
        self.tell_forks(room, &news.forks);
        if news.members {
            Box::pin(self.fellows_changed()).await;
            self.introduce_fellows(room).await;
            self.tell_removed(room).await;
        }
        self.moderation_news(room, &news).await;
        self.tell_room(room);
    }

    /// The messages that these edits, reactions and erasures are about.
    pub(super) async fn targets(&self, room: &RoomId, entries: &[Pos]) -> Vec<Pos> {
        let Some(sync) = self.rooms.rooms.get(room) else {
            return Vec::new();
        };
        let about: Vec<Pos> = entries
            .iter()
            .filter(|pos| {
                let kind = sync.log().row(pos).map(|r| r.kind);
                matches!(
                    kind,
                    Some(KindCode::EDIT | KindCode::REACTION | KindCode::ERASE)
                )
            })
            .copied()
            .collect();
        if about.is_empty() {
            return about;
        }
        let id = *room;
        let read = self
            .store
            .read(move |tx| Stored(tx).read(&id, &about))
            .await;
        let ids = read
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(pos, entry)| {
                let kind = sync.log().row(&pos).map(|r| r.kind);
                let body = kind
                    .zip(entry.body)
                    .and_then(|(k, b)| Body::decode(k, &b).ok());
                match body {
                    Some(Body::Content(
                        Content::Edit { target, .. } | Content::Reaction { target, .. },
                    )) => vec![target],
                    Some(Body::Erase(ids)) => ids,
                    _ => Vec::new(),
                }
            });
        ids.filter_map(|id| sync.log().place_of(&id)).collect()
    }
}

/// What kind of room it is, as faces know it.
const fn kind_name(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Pair(_) => "pair",
        RoomKind::Group => "group",
        RoomKind::Organisation(_) => "organisation",
        RoomKind::Meeting => "meeting",
    }
}
