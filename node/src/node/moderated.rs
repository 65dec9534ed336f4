//! Moderated rooms: whoever opened one says what may be shown there, at most
//! (POL-2, level C; SCEN-3; spec 04, "Meetings"). What was said lies in the
//! room's log, and comes and goes with it.

use kith_api::{ApiError, Code, Moderated, ModeratedLevel, ModeratedRequest, Reply};
use kith_proto::id::{PersonId, RoomId};
use kith_proto::policy::cap::{Cap, Preset};
use kith_proto::policy::checked::Checked;
use kith_proto::policy::meeting::{MeetingState, MeetingTerms};
use kith_proto::rights::Scope;
use kith_proto::room::body::Body;
use kith_proto::room::change::RoomKind;
use kith_proto::room::entry::Pos;
use kith_proto::room::kind::KindCode;
use kith_proto::room::membership::Standing;
use kith_proto::room::store::RoomStore as _;
use kith_proto::room::sync::News;
use kith_proto::signed::Unverified;

use super::error::{bad, fault};
use super::open::Open;
use super::rooms::no_room;
use crate::store::rooms::Rooms as Stored;

/// How many of the newest settings are looked at: the highest number counts,
/// and each is higher than the one before. More are needed only where several
/// devices of the organiser say things without hearing of each other.
const LOOKED_AT: usize = 64;

const fn cap_of(level: ModeratedLevel) -> Cap {
    match level {
        ModeratedLevel::Nothing => Preset::Off,
        ModeratedLevel::View => Preset::ViewOnly,
        ModeratedLevel::Control => Preset::Everything,
    }
    .cap()
}

fn level_of(cap: Cap) -> ModeratedLevel {
    match (cap.is_off(), cap.control) {
        (true, _) => ModeratedLevel::Nothing,
        (false, Scope::Nothing) => ModeratedLevel::View,
        (false, _) => ModeratedLevel::Control,
    }
}

impl Open {
    pub(super) async fn answer_moderated(
        &mut self,
        request: ModeratedRequest,
    ) -> Result<Reply, ApiError> {
        match request {
            ModeratedRequest::Open {
                title,
                members,
                level,
            } => {
                let room = self.room_for(title, RoomKind::Meeting, &members).await?;
                self.say_moderated(room, None, level).await?;
                self.shown_room(&room).map(Reply::Room).ok_or_else(no_room)
            }
            ModeratedRequest::Show { room } => {
                let room = self.find_room(&room)?;
                self.read_moderated(&room).await;
                self.show_moderated(room)
            }
            ModeratedRequest::Allow { room, who, level } => {
                let room = self.find_room(&room)?;
                let who = match who.as_deref() {
                    Some("me") => Some(self.account.person()),
                    Some(who) => Some(self.find(who)?),
                    None => None,
                };
                self.say_moderated(room, who, level).await?;
                self.show_moderated(room)
            }
        }
    }

    fn show_moderated(&self, room: RoomId) -> Result<Reply, ApiError> {
        let state = self.moderated(Some(room)).ok_or_else(not_moderated)?;
        let mut shown = Moderated {
            organiser: self.reference(&state.organiser()),
            number: None,
            everybody: ModeratedLevel::Nothing,
            people: Vec::new(),
            gap: None,
        };
        match state.set() {
            Ok(set) => {
                shown.number = Some(set.seq);
                shown.everybody = level_of(set.cap);
                let people = set.people();
                shown.people = people
                    .map(|(p, cap)| (self.reference(p), level_of(*cap)))
                    .collect();
            }
            Err(gap) => shown.gap = Some(gap.to_string()),
        }
        Ok(Reply::Moderated(shown))
    }

    /// Our person, who opened the room, says what is allowed there from now on.
    async fn say_moderated(
        &mut self,
        room: RoomId,
        who: Option<PersonId>,
        level: ModeratedLevel,
    ) -> Result<(), ApiError> {
        self.read_moderated(&room).await;
        let state = self.moderated(Some(room)).ok_or_else(not_moderated)?;
        let me = self.account.person();
        if state.organiser() != me {
            let name = self.reference(&state.organiser()).name;
            return Err(ApiError::new(
                Code::Denied,
                format!("{name} opened this room, and says what is allowed there"),
            ));
        }
        let judged = self.judged();
        let old = state.set().ok();
        let everybody = match (old, who) {
            (Some(old), Some(_)) => old.cap,
            (None, Some(_)) => Cap::OFF,
            (_, None) => cap_of(level),
        };
        let mut terms = MeetingTerms::new(room, me, judged.now(), everybody);
        terms.seq = state.next_seq();
        let kept = old.into_iter().flat_map(MeetingTerms::people);
        let full = |_| bad("so many people can't have a setting of their own");
        for (person, cap) in kept {
            terms.set(*person, *cap).map_err(full)?;
        }
        if let Some(who) = who {
            terms.set(who, cap_of(level)).map_err(full)?;
        }
        let (key, log) = (self.account.device_key(), self.account.log());
        let said = Checked::sign(&terms, key, log, &judged).map_err(fault)?;
        let record = said.bytes().to_vec();
        self.write_entry(&room, |_| Body::MeetingSettings(record))
            .await?;
        self.read_moderated(&room).await;
        self.sessions_decide_anew_in(room).await;
        Ok(())
    }

    /// What is known of a moderated room; `None` for any other. One whose
    /// settings weren't read or heard of allows nothing.
    pub(super) fn moderated(&self, room: Option<RoomId>) -> Option<MeetingState> {
        let room = room?;
        let log = self.rooms.rooms.get(&room)?.log();
        match log.membership().kind() {
            RoomKind::Meeting => {
                let known = self.rooms.moderated.get(&room).cloned();
                known.or_else(|| Some(MeetingState::new(room, log.opener()?)))
            }
            _ => None,
        }
    }

    /// The room of a share, if our person and the other one belong to it.
    pub(super) fn common_room(&self, room: Option<RoomId>, other: &PersonId) -> Option<RoomId> {
        let room = room?;
        let membership = self.rooms.rooms.get(&room)?.log().membership();
        let me = self.account.person();
        let both = [&me, other].map(|p| membership.standing(p) == Standing::Member);
        (both == [true, true] && !self.rooms.gone.contains(&room)).then_some(room)
    }

    /// The room in which something of ours is to begin.
    pub(super) async fn room_to_share_in(&mut self, room: &str) -> Result<RoomId, ApiError> {
        let room = self.find_room(room)?;
        self.read_moderated(&room).await;
        Ok(room)
    }

    /// At the start: what is known of all moderated rooms.
    pub(super) async fn read_all_moderated(&mut self) {
        let all: Vec<RoomId> = self.rooms.rooms.keys().copied().collect();
        for room in all {
            self.read_moderated(&room).await;
        }
    }

    /// Reads what was said in a room by whoever opened it, and verifies it as
    /// of now. Others' word counts for nothing (spec 04, "Meetings").
    pub(super) async fn read_moderated(&mut self, room: &RoomId) {
        let Some(log) = self.rooms.rooms.get(room).map(|s| s.log()) else {
            return;
        };
        let (RoomKind::Meeting, Some(opener)) = (log.membership().kind(), log.opener()) else {
            return;
        };
        let by_opener = |pos: &Pos| log.person_of(&pos.device) == Some(opener);
        let said = log.rows().filter(|(pos, row)| {
            row.kind == KindCode::MEETING_SETTINGS && by_opener(pos) && log.shows(pos)
        });
        let mut said: Vec<_> = said.map(|(pos, row)| (row.clock, pos)).collect();
        said.sort_by_key(|(clock, _)| *clock);
        let newest = said.split_off(said.len().saturating_sub(LOOKED_AT));
        let newest: Vec<Pos> = newest.into_iter().map(|(_, pos)| pos).collect();
        let id = *room;
        let read = self.store.read(move |tx| Stored(tx).read(&id, &newest));
        let Ok(read) = read.await else {
            // What can't be read allows nothing.
            self.rooms.moderated.remove(room);
            return;
        };
        let mut state = MeetingState::new(*room, opener);
        let judged = self.judged();
        let by = match opener == self.account.person() {
            true => Some(self.account.log()),
            false => self.people.get(&opener).and_then(|p| p.log.as_ref()),
        };
        for (_, entry) in read {
            let body = entry.body.as_deref().unwrap_or_default();
            let Ok(Body::MeetingSettings(record)) = Body::decode(KindCode::MEETING_SETTINGS, body)
            else {
                continue;
            };
            let record = Unverified::<MeetingTerms>::parse(&record).ok();
            let said = record
                .zip(by)
                .and_then(|(r, log)| Checked::check(r, log, &judged).ok());
            if let Some(said) = said {
                // Older ones and those of another room change nothing.
                let _ = state.apply(said);
            }
        }
        self.rooms.moderated.insert(*room, state);
    }

    /// Something new in a room: what runs there is decided anew where it was
    /// said what is allowed, or who belongs to it changed.
    pub(super) async fn moderation_news(&mut self, room: &RoomId, news: &News) {
        let log = self.rooms.rooms.get(room).map(|s| s.log());
        let kind = |pos: &Pos| log.and_then(|l| l.row(pos)).map(|r| r.kind);
        let said = news.entries.iter().filter_map(kind);
        let said = said.filter(|k| *k == KindCode::MEETING_SETTINGS).count() > 0;
        if said || news.members || !news.voided.is_empty() {
            self.read_moderated(room).await;
            Box::pin(self.sessions_decide_anew_in(*room)).await;
        }
    }
}

fn not_moderated() -> ApiError {
    bad("whoever is in that room shows what they like: it isn’t moderated")
        .hint("“kith rooms new TITLE … --moderated view” opens one that is")
}
