//! My presence, who may see it, and being told when somebody comes (DISC-4;
//! spec 07, "Presence").

use std::collections::BTreeSet;

use kith_api::{
    ApiError, Audience as Asked, Event, PersonRef, PresenceInfo, PresenceRequest, PresenceState,
    Reply,
};
use kith_proto::id::{PersonId, RoomId};
use kith_proto::meet::Message;
use kith_proto::presence::{self, Audience, Reason, Rules, State};
use kith_proto::room::membership::Standing;
use rusqlite::Transaction;

use super::error::{bad, fault};
use super::link::LinkId;
use super::open::Open;
use super::reach::Known;
use crate::config::OnOff;
use crate::store::own::{PRESENCE_AUDIENCE as AUDIENCE, PRESENCE_TELL_ME as TELL_ME};
use crate::store::{StoreError, own};
use crate::swarm::Switch;

/// Somebody, or everybody in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Person(PersonId),
    Room(RoomId),
}

/// The person's own rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Rule {
    #[default]
    Contacts,
    Only(BTreeSet<Part>),
    Except(BTreeSet<Part>),
    Nobody,
}

impl Rule {
    /// As it is stored: a word, then a line for each part.
    fn to_text(&self) -> String {
        let (word, parts) = match self {
            Self::Contacts => ("contacts", None),
            Self::Only(parts) => ("only", Some(parts)),
            Self::Except(parts) => ("except", Some(parts)),
            Self::Nobody => ("nobody", None),
        };
        let lines = parts.into_iter().flatten().map(|p| match p {
            Part::Person(id) => id.to_string(),
            Part::Room(id) => id.to_string(),
        });
        let all: Vec<String> = core::iter::once(word.to_owned()).chain(lines).collect();
        all.join("\n")
    }

    /// What can't be read hides: the safe side.
    fn from_text(text: &str) -> Self {
        let mut lines = text.lines();
        let word = lines.next().unwrap_or_default();
        let part = |line: &str| match line.parse() {
            Ok(id) => Some(Part::Person(id)),
            Err(_) => line.parse().ok().map(Part::Room),
        };
        let parts = lines.map(part).collect::<Option<_>>();
        match (word, parts) {
            ("contacts", Some(_)) => Self::Contacts,
            ("only", Some(parts)) => Self::Only(parts),
            ("except", Some(parts)) => Self::Except(parts),
            _ => Self::Nobody,
        }
    }
}

/// Rules and wishes, as stored.
#[derive(Debug, Default)]
pub(super) struct Presences {
    rule: Rule,
    tell_me: BTreeSet<PersonId>,
    /// What was said last to those who may see it.
    said: Option<State>,
}

impl Presences {
    pub(super) fn load(tx: &Transaction<'_>) -> Result<Self, StoreError> {
        let text = |name| -> Result<Option<String>, StoreError> {
            Ok(own::get(tx, name)?.map(|b| String::from_utf8_lossy(&b).into_owned()))
        };
        let tell_me = text(TELL_ME)?.unwrap_or_default();
        Ok(Self {
            rule: text(AUDIENCE)?.map_or(Rule::Contacts, |t| Rule::from_text(&t)),
            tell_me: tell_me.lines().filter_map(|l| l.parse().ok()).collect(),
            said: None,
        })
    }

    /// Whether this device may be announced at all.
    pub(super) fn may_publish(&self) -> bool {
        self.rule != Rule::Nobody
    }

    /// Whether mDNS says where this device is, from the first packet on.
    pub(super) fn announced(&self, presence: PresenceState, wanted: OnOff) -> Switch {
        let may = presence != PresenceState::Hidden && self.may_publish();
        match may && wanted == OnOff::On {
            true => Switch::On,
            false => Switch::Off,
        }
    }
}

impl Open {
    pub(super) async fn answer_presence(
        &mut self,
        about: PresenceRequest,
    ) -> Result<Reply, ApiError> {
        match about {
            PresenceRequest::Show => {}
            PresenceRequest::Audience(asked) => self.set_audience(asked).await?,
            PresenceRequest::TellMe { who } => self.tell_me(&who).await?,
            PresenceRequest::DontTellMe { who } => {
                let id = self.find(&who)?;
                self.dont_tell_of(&id).await?;
            }
        }
        Ok(Reply::Presence(self.presence_info()))
    }

    pub(super) fn presence_info(&self) -> PresenceInfo {
        let names = |parts: &BTreeSet<Part>| -> Vec<String> {
            let name = |p: &Part| match p {
                Part::Person(id) => self.reference(id).name,
                Part::Room(id) => self.room_ref(id).title,
            };
            parts.iter().map(name).collect()
        };
        let ids = |parts: &BTreeSet<Part>| -> Vec<String> {
            let id = |p: &Part| match p {
                Part::Person(id) => id.to_string(),
                Part::Room(id) => id.to_string(),
            };
            parts.iter().map(id).collect()
        };
        PresenceInfo {
            state: self.shown_presence(),
            ids: match &self.presences.rule {
                Rule::Contacts | Rule::Nobody => Vec::new(),
                Rule::Only(parts) | Rule::Except(parts) => ids(parts),
            },
            audience: match &self.presences.rule {
                Rule::Contacts => Asked::Contacts,
                Rule::Only(parts) => Asked::Only(names(parts)),
                Rule::Except(parts) => Asked::Except(names(parts)),
                Rule::Nobody => Asked::Nobody,
            },
            tell_me: self
                .presences
                .tell_me
                .iter()
                .map(|id| self.reference(id))
                .collect::<Vec<PersonRef>>(),
        }
    }

    /// My presence: sharing says itself, unless I am hidden.
    pub(super) fn shown_presence(&self) -> PresenceState {
        match self.presence {
            PresenceState::Available | PresenceState::Away | PresenceState::Busy
                if self.sessions.is_sharing() =>
            {
                PresenceState::Sharing
            }
            other => other,
        }
    }

    async fn set_audience(&mut self, asked: Asked) -> Result<(), ApiError> {
        let rule = match asked {
            Asked::Contacts => Rule::Contacts,
            Asked::Nobody => Rule::Nobody,
            Asked::Only(who) => Rule::Only(self.parts(&who)?),
            Asked::Except(who) => Rule::Except(self.parts(&who)?),
        };
        let text = rule.to_text();
        self.store
            .write(move |tx| own::put(tx, AUDIENCE, text.as_bytes()))
            .await?;
        self.presences.rule = rule;
        self.announce().await?;
        self.reach.publish_soon();
        self.say_presence().await;
        Ok(())
    }

    fn parts(&self, who: &[String]) -> Result<BTreeSet<Part>, ApiError> {
        let part = |who: &String| match self.find(who) {
            Ok(id) => Ok(Part::Person(id)),
            Err(e) => match self.find_room(who) {
                Ok(room) => Ok(Part::Room(room)),
                Err(_) => Err(e),
            },
        };
        who.iter().map(part).collect()
    }

    async fn tell_me(&mut self, who: &str) -> Result<(), ApiError> {
        let id = self.find(who)?;
        if !self.is_person_contact(&id) {
            return Err(bad(format!(
                "{} isn't your contact: their presence isn't seen",
                self.reference(&id).name
            )));
        }
        self.presences.tell_me.insert(id);
        self.keep_tell_me().await?;
        self.look_for_arrival(&id).await;
        Ok(())
    }

    /// Nobody is told any more when this person comes.
    pub(super) async fn dont_tell_of(&mut self, who: &PersonId) -> Result<(), ApiError> {
        match self.presences.tell_me.remove(who) {
            true => self.keep_tell_me().await,
            false => Ok(()),
        }
    }

    async fn keep_tell_me(&self) -> Result<(), ApiError> {
        let lines: Vec<String> = self
            .presences
            .tell_me
            .iter()
            .map(ToString::to_string)
            .collect();
        let text = lines.join("\n");
        let kept = self
            .store
            .write(move |tx| own::put(tx, TELL_ME, text.as_bytes()));
        Ok(kept.await?)
    }

    /// Tells, once, that somebody is there of whom that was wanted.
    pub(super) async fn look_for_arrival(&mut self, who: &PersonId) {
        if !self.presences.tell_me.contains(who) {
            return;
        }
        let here = self.people.get(who).map(|p| self.known_of(p));
        let seen = matches!(
            here,
            Some(Known::Online { presence, .. }) if presence != State::Hidden
        );
        if seen && self.presences.tell_me.remove(who) {
            // Not kept: it is told again after a restart, rather than never.
            let _ = self.keep_tell_me().await;
            let who = self.reference(who);
            self.tell(Event::Arrived(who));
        }
    }

    /// What others see of me (DISC-4). Hidden: not a packet of mDNS and
    /// nothing in the DHT; who is connected stays so, and is told once.
    pub(super) async fn set_presence(&mut self, state: PresenceState) -> Result<Reply, ApiError> {
        if state == PresenceState::Sharing {
            return Err(bad("that says itself, while something is shared"));
        }
        let was_hidden = self.presence == PresenceState::Hidden;
        self.presence = state;
        self.announce().await?;
        self.keep_hidden(state).await?;
        if was_hidden && state != PresenceState::Hidden {
            // What was not published meanwhile is now.
            self.reach.publish_soon();
        }
        self.say_presence().await;
        Ok(Reply::Done)
    }

    /// Keeps whether the person is hidden for the next start.
    async fn keep_hidden(&self, state: PresenceState) -> Result<(), ApiError> {
        let keep = self.store.write(move |tx| match state {
            PresenceState::Hidden => own::put(tx, own::HIDDEN, &[]),
            _ => own::remove(tx, own::HIDDEN),
        });
        Ok(keep.await?)
    }

    /// Switches mDNS, and asking the router, as presence and settings want it.
    async fn announce(&mut self) -> Result<(), ApiError> {
        let asking = self.presences.asking(self.presence, &self.config);
        self.swarm.set_router(asking).await.map_err(fault)?;
        let switch = self.presences.announced(self.presence, self.config.mdns);
        self.swarm.set_mdns(switch).await.map_err(fault)
    }

    fn state(&self) -> State {
        match self.shown_presence() {
            PresenceState::Available => State::Available,
            PresenceState::Hidden => State::Hidden,
            PresenceState::Away => State::Away,
            PresenceState::Busy => State::Busy,
            PresenceState::Sharing => State::Sharing,
        }
    }

    /// Whether a contact may see my presence.
    pub(super) fn is_seen_by(&self, person: &PersonId) -> bool {
        self.rules().shown_to(person, &self.said()).state != State::Hidden
    }

    fn said(&self) -> presence::Presence {
        let reason = match self.state() {
            State::Away | State::Busy => Reason::BY_HAND,
            _ => Reason::NONE,
        };
        presence::Presence {
            reason,
            ..presence::Presence::of(self.state())
        }
    }

    pub(super) fn rules(&self) -> Rules {
        let people = |parts: &BTreeSet<Part>| -> BTreeSet<PersonId> {
            let of = |part: &Part| match part {
                Part::Person(id) => vec![*id],
                Part::Room(id) => self.members(id),
            };
            parts.iter().flat_map(of).collect()
        };
        Rules {
            own: match &self.presences.rule {
                Rule::Contacts => Audience::Contacts,
                Rule::Only(parts) => Audience::Only(people(parts)),
                Rule::Except(parts) => Audience::Except(people(parts)),
                Rule::Nobody => Audience::Nobody,
            },
            policy: Audience::Contacts,
        }
    }

    fn members(&self, room: &RoomId) -> Vec<PersonId> {
        let Some(sync) = self.rooms.rooms.get(room) else {
            return Vec::new();
        };
        let book = sync.log().membership().people();
        book.filter(|(_, b)| b.standing == Standing::Member)
            .map(|(p, _)| *p)
            .collect()
    }

    /// What a contact is told of my presence.
    pub(super) fn presence_for(&self, person: &PersonId) -> Vec<u8> {
        Message::Presence(self.rules().shown_to(person, &self.said())).to_bytes()
    }

    /// Says my presence to every contact who is there, as far as they may see
    /// it.
    async fn say_presence(&mut self) {
        self.presences.said = Some(self.state());
        let links = self.hellos.keys().filter_map(|l| {
            let peer = self.links.get(l)?.peer;
            let person = self.people.owner(&peer)?;
            self.is_contact(&peer).then_some((*l, person.id))
        });
        for (link, person) in links.collect::<Vec<(LinkId, PersonId)>>() {
            let message = self.presence_for(&person);
            self.send(link, message).await;
        }
        let info = self.presence_info();
        self.tell(Event::Presence(info));
    }

    /// Says it if it has changed by itself: something is shared, or no more.
    pub(super) async fn presence_follows(&mut self) {
        let state = self.state();
        match self.presences.said {
            None => self.presences.said = Some(state),
            Some(said) if said != state => self.say_presence().await,
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hides_from_everybody_is_not_announced_from_the_start() {
        let of = |rule| Presences {
            rule,
            ..Presences::default()
        };
        for (rule, presence, wanted, announced) in [
            (Rule::Contacts, PresenceState::Busy, OnOff::On, Switch::On),
            (Rule::Contacts, PresenceState::Busy, OnOff::Off, Switch::Off),
            (
                Rule::Contacts,
                PresenceState::Hidden,
                OnOff::On,
                Switch::Off,
            ),
            (
                Rule::Nobody,
                PresenceState::Available,
                OnOff::On,
                Switch::Off,
            ),
        ] {
            let text = format!("{rule:?} {presence:?} {wanted:?}");
            assert_eq!(of(rule).announced(presence, wanted), announced, "{text}");
        }
    }

    #[test]
    fn rules_come_back_and_damaged_ones_hide() {
        let parts: BTreeSet<Part> = [
            Part::Person(PersonId::from_bytes([1; 32])),
            Part::Room(RoomId::from_bytes([2; 32])),
        ]
        .into();
        for rule in [
            Rule::Contacts,
            Rule::Nobody,
            Rule::Only(parts.clone()),
            Rule::Except(parts.clone()),
            Rule::Only(BTreeSet::new()),
        ] {
            assert_eq!(Rule::from_text(&rule.to_text()), rule);
        }
        for damaged in ["", "all", "only\nsomebody", "except\n\n"] {
            assert_eq!(Rule::from_text(damaged), Rule::Nobody, "{damaged:?}");
        }
    }
}
