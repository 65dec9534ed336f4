//! What people do in rooms: each request about rooms finds its part.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kith_api::{
    ApiError, Code, Content as Shown, Decision, Edited, LegalHold, Message, MessageRef, Package,
    Reply, Request, Sent,
};
use kith_proto::id::{DeviceId, RoomId};
use kith_proto::names::escape_for_display;
use kith_proto::room::body::{Body, Content, Toggle};
use kith_proto::room::change::{Action, Retention, Role, RoomKind};
use kith_proto::room::entry::{EntryId, Pos};
use kith_proto::room::kind::KindCode;
use kith_proto::room::log::{BodyState, Line};
use kith_proto::room::membership::Standing;
use kith_proto::room::sync::RoomSync;

use super::error::{bad, fault};
use super::invites::hex;
use super::open::Open;
use super::rooms::no_room;
use super::titles;
use super::typed;
use crate::store::rooms::Rooms as Stored;

/// The most messages in one answer.
const MESSAGES_MAX: u32 = 500;
/// The shortest beginning of a message's id that is looked for.
const PREFIX_MIN: usize = 6;
/// The shortest text that is searched for, in characters.
const SEARCH_MIN: usize = 2;

impl Open {
    pub(super) async fn answer_about_rooms(&mut self, request: Request) -> Result<Reply, ApiError> {
        match request {
            Request::Rooms => Ok(Reply::Rooms(self.room_list().await?)),
            Request::Room { room } => {
                let id = self.find_room(&room)?;
                self.room_in_full(&id).map(Reply::Room).ok_or_else(no_room)
            }
            Request::RoomNew { title, members } => self.room_new(title, &members).await,
            Request::Moderated(about) => self.answer_moderated(about).await,
            Request::RoomInvite { room, who } => {
                let (room, who) = (self.find_room(&room)?, self.find(&who)?);
                self.change_room(
                    &room,
                    Action::Invite {
                        person: who,
                        role: Role::Member,
                    },
                )
                .await
            }
            Request::RoomDecide { room, decision } => self.room_decide(&room, decision).await,
            Request::RoomRemove { room, who } => {
                let (room, who) = (self.find_room(&room)?, self.find(&who)?);
                let sync = self
                    .rooms
                    .rooms
                    .get(&room)
                    .ok_or_else(|| self.not_in(&room))?;
                let cut = sync.log().cut_of(&who);
                let action = Action::Remove {
                    person: who,
                    cut,
                    reason: String::new(),
                };
                self.change_room(&room, action).await
            }
            Request::RoomLeave { room } => {
                let room = self.find_room(&room)?;
                self.change_room(&room, Action::Leave { cut: Vec::new() })
                    .await
            }
            Request::RoomRetention { room, days } => {
                let room = self.find_room(&room)?;
                let most = Retention::MAX / 86_400;
                if days.is_some_and(|d| u64::from(d) > most) {
                    let said = format!("messages are kept for {most} days at most, or for ever");
                    return Err(bad(said));
                }
                let keep = days.map_or(Retention::Forever, |d| {
                    Retention::For(std::time::Duration::from_secs(u64::from(d) * 86_400))
                });
                self.change_room(&room, Action::Retention(keep)).await
            }
            Request::RoomHold { room, hold } => {
                let room = self.find_room(&room)?;
                let hold = match hold {
                    LegalHold::Set => Toggle::Set,
                    LegalHold::Lifted => Toggle::Clear,
                    LegalHold::Unknown => return Err(bad("that isn’t known here")),
                };
                let done = self.change_room(&room, Action::Hold(hold)).await?;
                // What was asked for meanwhile is due now.
                self.erase_due(&room).await;
                Ok(done)
            }
            Request::Send { to, text, reply_to } => {
                let room = self.find_room(&to)?;
                let reply_to = match reply_to {
                    Some(of) => Some(self.find_message(&room, &of)?.1),
                    None => None,
                };
                self.say(
                    &room,
                    Content::Text {
                        text: typed::message(text)?,
                        reply_to,
                    },
                )
                .await
            }
            Request::Edit { of, text } => {
                let (room, target) = self.own_message(&of)?;
                self.say(
                    &room,
                    Content::Edit {
                        target,
                        text: typed::message(text)?,
                    },
                )
                .await
            }
            Request::Delete { of } => {
                let room = self.find_room(&of.room)?;
                let (pos, target) = self.find_message(&room, &of.message)?;
                self.not_deleted(&room, &pos, &target)?;
                let sync = self
                    .rooms
                    .rooms
                    .get(&room)
                    .ok_or_else(|| self.not_in(&room))?;
                sync.log()
                    .may_erase(&self.account.person(), &target)
                    .map_err(|e| ApiError::new(Code::Denied, e.to_string()))?;
                let pos = self
                    .write_entry(&room, |_| Body::Erase(vec![target]))
                    .await?;
                self.erase_due(&room).await;
                self.sent(&room, &pos)
            }
            Request::React { of, emoji } => self.react(&of, &emoji).await,
            Request::MarkRead { room } => {
                let room = self.find_room(&room)?;
                let Some(sync) = self.rooms.rooms.get(&room) else {
                    return Ok(Reply::Done);
                };
                let read = sync
                    .log()
                    .heads()
                    .iter()
                    .map(|(d, h)| (*d, h.len))
                    .collect();
                self.acknowledge(&room, &read).await;
                self.tell_room(&room);
                Ok(Reply::Done)
            }
            Request::History {
                room,
                before,
                limit,
            } => self.history(&room, before.as_deref(), limit).await,
            Request::Search { text, room, limit } => {
                self.search(&text, room.as_deref(), limit).await
            }
            Request::ExportRoom { room } => {
                let id = self.find_room(&room)?;
                let content = self.package_room(&id).await?;
                let name = format!("room-{}.kith", hex(&id.as_bytes()[..4]));
                Ok(Reply::Package(Package { name, content }))
            }
            Request::ExportHistory { room } => self.export_history(&room).await,
            _ => Err(fault("a request that nobody answers")),
        }
    }

    async fn room_new(&mut self, title: String, members: &[String]) -> Result<Reply, ApiError> {
        let room = self.room_for(title, RoomKind::Group, members).await?;
        self.shown_room(&room).map(Reply::Room).ok_or_else(no_room)
    }

    /// Opens a room and invites people.
    pub(super) async fn room_for(
        &mut self,
        title: String,
        kind: RoomKind,
        members: &[String],
    ) -> Result<RoomId, ApiError> {
        let title = typed::title(&title)?;
        if titles::is_id(&title) {
            return Err(bad("a room’s title can’t be an id"));
        }
        let mut people = Vec::new();
        for who in members {
            people.push(self.find(who)?);
        }
        let room = self.open_room(title, kind).await?;
        for person in people {
            self.change_room(
                &room,
                Action::Invite {
                    person,
                    role: Role::Member,
                },
            )
            .await?;
        }
        self.tell_room(&room);
        Ok(room)
    }

    async fn change_room(&mut self, room: &RoomId, action: Action) -> Result<Reply, ApiError> {
        self.write_entry(room, |log| log.change(action)).await?;
        self.tell_room(room);
        Ok(Reply::Done)
    }

    async fn room_decide(&mut self, room: &str, decision: Decision) -> Result<Reply, ApiError> {
        let id = self.find_invitation(room)?;
        let Some((_, invitation)) = self.rooms.invitations.get(&id) else {
            return Err(ApiError::new(
                Code::NotFound,
                "you aren’t invited to that room",
            ));
        };
        let invitation = invitation.clone();
        match decision {
            _ if self.rooms.rooms.contains_key(&id) => {
                let answer = match decision {
                    Decision::Accept => Action::Accept,
                    Decision::Decline => Action::Decline,
                };
                self.answer_again(&id, &invitation, answer).await?;
            }
            Decision::Accept => drop(self.join(invitation).await?),
            Decision::Decline => self.decline_room(invitation).await?,
        }
        self.rooms.invitations.remove(&id);
        self.shown_room(&id).map(Reply::Room).ok_or_else(no_room)
    }

    pub(super) async fn say(&mut self, room: &RoomId, content: Content) -> Result<Reply, ApiError> {
        let pos = self.write_entry(room, |_| Body::Content(content)).await?;
        self.sent(room, &pos)
    }

    fn sent(&self, room: &RoomId, pos: &Pos) -> Result<Reply, ApiError> {
        let sync = self
            .rooms
            .rooms
            .get(room)
            .ok_or_else(|| self.not_in(room))?;
        let row = sync
            .log()
            .row(pos)
            .ok_or_else(|| fault("a message that was stored is gone"))?;
        Ok(Reply::Sent(Sent {
            room: self.room_ref(room),
            message: hex(row.id.0.as_bytes()),
            delivery: self.delivery(sync, pos),
        }))
    }

    /// The message whose id is `prefix` or begins so.
    pub(super) fn find_message(
        &self,
        room: &RoomId,
        prefix: &str,
    ) -> Result<(Pos, EntryId), ApiError> {
        let prefix = prefix.to_ascii_lowercase();
        if prefix.len() < PREFIX_MIN {
            return Err(bad(format!(
                "use {PREFIX_MIN} or more letters of the message's id"
            )));
        }
        let sync = self
            .rooms
            .rooms
            .get(room)
            .ok_or_else(|| self.not_in(room))?;
        let log = sync.log();
        let mut found = log
            .all_readable()
            .filter(|(_, row)| hex(row.id.0.as_bytes()).starts_with(&prefix))
            .map(|(pos, row)| (pos, row.id));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => Err(ApiError::new(
                Code::NotFound,
                "there is no such message here",
            )),
            _ => Err(ApiError::new(Code::Ambiguous, "several messages begin so")),
        }
    }

    fn own_message(&self, of: &MessageRef) -> Result<(RoomId, EntryId), ApiError> {
        let room = self.find_room(&of.room)?;
        let (pos, id) = self.find_message(&room, &of.message)?;
        let author = self
            .rooms
            .rooms
            .get(&room)
            .and_then(|s| s.log().readable(&pos))
            .map(|(author, _)| author);
        match author == Some(self.account.person()) {
            true => self.not_deleted(&room, &pos, &id).map(|()| (room, id)),
            false => Err(ApiError::new(Code::Denied, "that message isn’t yours")),
        }
    }

    /// What was deleted is neither changed nor answered any more.
    fn not_deleted(&self, room: &RoomId, pos: &Pos, id: &EntryId) -> Result<(), ApiError> {
        let sync = self
            .rooms
            .rooms
            .get(room)
            .ok_or_else(|| self.not_in(room))?;
        let erased = sync.log().readable(pos).map(|(_, row)| row.state) == Some(BodyState::Erased);
        match erased || sync.log().erasure_by(id).is_some() {
            true => Err(ApiError::new(Code::Denied, "that message was deleted")),
            false => Ok(()),
        }
    }

    async fn react(&mut self, of: &MessageRef, emoji: &str) -> Result<Reply, ApiError> {
        let emoji = typed::reaction(emoji)?;
        let room = self.find_room(&of.room)?;
        let (pos, target) = self.find_message(&room, &of.message)?;
        self.not_deleted(&room, &pos, &target)?;
        let shown = self.messages(&room, &[pos]).await?;
        let me = self.reference(&self.account.person()).name;
        let mine = shown
            .iter()
            .flat_map(|m| &m.reactions)
            .any(|(what, who)| *what == escape_for_display(&emoji) && who.contains(&me));
        let toggle = match mine {
            true => Toggle::Clear,
            false => Toggle::Set,
        };
        self.say(
            &room,
            Content::Reaction {
                target,
                what: emoji,
                toggle,
            },
        )
        .await
    }

    async fn history(
        &mut self,
        room: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Reply, ApiError> {
        let id = self.find_room(room)?;
        let before = match before {
            Some(prefix) => Some(match self.find_fork(&id, prefix) {
                Some(notice) => notice,
                None => Line::Entry(self.find_message(&id, prefix)?.0),
            }),
            None => None,
        };
        if !self.rooms.rooms.contains_key(&id) {
            return Ok(Reply::Messages(Vec::new()));
        }
        let lines = self.lines(&id)?.into_iter();
        let mut lines: Vec<Line> = lines.take_while(|line| Some(*line) != before).collect();
        let limit = limit.min(MESSAGES_MAX) as usize;
        lines.drain(..lines.len().saturating_sub(limit));
        Ok(Reply::Messages(self.messages_of(&id, &lines).await?))
    }

    async fn search(
        &mut self,
        text: &str,
        room: Option<&str>,
        limit: u32,
    ) -> Result<Reply, ApiError> {
        if text.chars().count() < SEARCH_MIN {
            return Err(bad(format!("look for {SEARCH_MIN} characters or more")));
        }
        let room = room.map(|r| self.find_room(r)).transpose()?;
        let limit = limit.min(MESSAGES_MAX) as usize;
        // What doesn't count takes no place among what is found.
        let mut counts: BTreeMap<(RoomId, DeviceId), u64> = BTreeMap::new();
        let mut behind: BTreeSet<(RoomId, Pos)> = BTreeSet::new();
        for (id, sync) in &self.rooms.rooms {
            let log = sync.log();
            counts.extend(log.devices().map(|(d, _)| ((*id, *d), log.shown_of(d))));
            behind.extend(log.all_behind().map(|pos| (*id, pos)));
        }
        let behind = Arc::new(behind);
        let counts = Arc::new(counts);
        let (mut all, mut skip) = (Vec::new(), 0);
        loop {
            let (words, counts) = (text.to_owned(), Arc::clone(&counts));
            let behind = Arc::clone(&behind);
            let found = self
                .store
                .read(move |tx| {
                    let shows = |room: &RoomId, pos: &Pos| {
                        let n = counts.get(&(*room, pos.device));
                        n.is_some_and(|n| pos.seq < *n) || behind.contains(&(*room, *pos))
                    };
                    Stored(tx).search(&words, room.as_ref(), skip, limit, shows)
                })
                .await?;
            skip += found.len();
            let last = found.len() < limit;
            self.read_as_they_are(&found, text, &mut all).await?;
            if last || all.len() >= limit {
                break;
            }
        }
        all.sort_by_key(|m| m.at_ms);
        all.drain(..all.len().saturating_sub(limit));
        Ok(Reply::Messages(all))
    }

    /// The messages at these places, or that the edits there changed, as they
    /// read now: a text that was replaced isn't found any more. Those that
    /// `into` has aren't added again.
    async fn read_as_they_are(
        &self,
        found: &[(RoomId, Pos)],
        words: &str,
        into: &mut Vec<Message>,
    ) -> Result<(), ApiError> {
        let mut by_room: BTreeMap<RoomId, Vec<Pos>> = BTreeMap::new();
        for (room, pos) in found {
            by_room.entry(*room).or_default().push(*pos);
        }
        let reads = |m: &Message| match (&m.edited, &m.content) {
            (Edited::Yes, Shown::Text(text)) => holds(text, words),
            _ => false,
        };
        for (room, at) in by_room {
            let changed = self.targets(&room, &at).await;
            let said = self.messages(&room, &at).await?.into_iter();
            let said = said.filter(|m| m.edited == Edited::No || reads(m));
            let changed = self.messages(&room, &changed).await?.into_iter();
            for message in said.chain(changed.filter(reads)) {
                if !into.iter().any(|m| m.id == message.id) {
                    into.push(message);
                }
            }
        }
        Ok(())
    }

    async fn export_history(&mut self, room: &str) -> Result<Reply, ApiError> {
        let id = self.find_room(room)?;
        let lines = self.lines(&id)?;
        let mut text = String::new();
        for chunk in lines.chunks(MESSAGES_MAX as usize) {
            for m in self.messages_of(&id, chunk).await? {
                text.push_str(&crate::cli::message_line(&m));
                text.push('\n');
            }
        }
        Ok(Reply::Text(text))
    }

    /// My messages that nobody else holds yet.
    pub(super) fn queued(&self) -> u64 {
        let me = self.account.device();
        let is_message = |sync: &RoomSync, pos: &Pos| {
            let kind = sync.log().row(pos).map(|r| r.kind);
            matches!(kind, Some(KindCode::TEXT | KindCode::FILE))
        };
        let count = |sync: &RoomSync| {
            let book = sync.log().membership().people();
            if book
                .filter(|(_, p)| matches!(p.standing, Standing::Invited | Standing::Member))
                .count()
                < 2
            {
                return 0;
            }
            // Whoever holds one of mine holds all before it.
            (0..sync.stored(&me))
                .rev()
                .map(|seq| Pos { device: me, seq })
                .take_while(|pos| sync.delivery(pos).is_queued())
                .filter(|pos| is_message(sync, pos) && sync.log().shows(pos))
                .count() as u64
        };
        self.rooms.rooms.values().map(count).sum()
    }
}

/// Whether a text has these words in it, whatever their case; as the index of
/// texts looks.
fn holds(text: &str, words: &str) -> bool {
    let folded = |s: &str| s.chars().flat_map(char::to_lowercase).collect::<String>();
    folded(text).contains(&folded(words))
}
