//! Contacts as faces see them, and what faces change about them.

use kith_api::{
    ApiError, Code, Contact, ContactState, Device, Identity, Package, PresenceState, Reach, Reply,
    RoomRef, Safety, Verification, Warning,
};
use kith_proto::id::PersonId;
use kith_proto::names::{Name, escape_for_display};
use kith_proto::package::{self, Frame};
use kith_proto::person::{DeviceStatus, PersonLog};
use kith_proto::presence::State;
use kith_proto::qr::Ground;
use kith_proto::safety::{Card, SafetyCode, SafetyNumber};

use super::error::{bad, fault};
use super::invites::hex;
use super::link::LinkId;
use super::open::Open;
use super::people::{Person, row_of};
use super::reach::Known;
use crate::store::people as rows;
use crate::swarm::{DeviceId, Via};

/// How many names an ambiguity lists.
const LISTED: usize = 8;
/// Somebody signed two histories of one person: a key was stolen, or a backup
/// was continued twice.
const FORKED: &str = "there are two different lists of this person’s devices: somebody may have \
    their key, or a backup was restored twice. Ask them in person; their recovery sheet settles it";

impl Open {
    /// Everybody whom `who` may mean: by a whole name, or else by how a name or
    /// an id begins.
    pub(super) fn fitting(&self, who: &str) -> Vec<&Person> {
        let wanted = who.to_lowercase();
        let names = |p: &Person| {
            let own = p
                .petname
                .iter()
                .chain([&p.name])
                .map(|n| n.as_str().to_lowercase());
            let shown = [p.shown().to_lowercase(), p.id.to_string()];
            own.chain(shown).collect::<Vec<_>>()
        };
        let matching = |f: &dyn Fn(&str) -> bool| -> Vec<&Person> {
            self.people
                .iter()
                .filter(|p| names(p).iter().any(|n| f(n)))
                .collect()
        };
        let mut found = matching(&|n| n == wanted);
        if found.is_empty() {
            found = matching(&|n| n.starts_with(&wanted));
        }
        // Somebody who only shares a room chose the name alone: it takes no
        // contact's place.
        if found.iter().any(|p| p.state != ContactState::Fellow) {
            found.retain(|p| p.state != ContactState::Fellow);
        }
        found
    }

    /// The person that `who` means: an id, a petname or a name, or the
    /// beginning of one of these that fits nobody else.
    pub(super) fn find(&self, who: &str) -> Result<PersonId, ApiError> {
        let who = who.trim();
        if who.is_empty() {
            return Err(bad("say whom you mean"));
        }
        let found = self.fitting(who);
        match found[..] {
            [p] => Ok(p.id),
            [] => Err(ApiError::new(
                Code::NotFound,
                format!("you know nobody as “{}”", escape_for_display(who)),
            )
            .hint("“kith contacts” lists everyone")),
            _ => {
                let listed: Vec<String> = found
                    .iter()
                    .take(LISTED)
                    .map(|p| format!("{} ({})", p.shown(), p.id))
                    .collect();
                Err(
                    ApiError::new(Code::Ambiguous, format!("that fits: {}", listed.join(", ")))
                        .hint("use more of the name, or the id"),
                )
            }
        }
    }

    pub(super) fn contacts(&self) -> Vec<Contact> {
        let mut all: Vec<Contact> = self.people.iter().map(|p| self.contact_of(p)).collect();
        all.sort_by_key(|c| c.person.name.to_lowercase());
        all
    }

    pub(super) fn contact_of(&self, p: &Person) -> Contact {
        let known = match p.state {
            ContactState::Contact => self.known_of(p),
            // Connected perhaps, but not to talk yet.
            _ => Known::Offline,
        };
        let reach = match known {
            Known::Offline => {
                let why = self.why_offline(p);
                Reach::Offline {
                    why: why.words().to_owned(),
                    code: why.code().to_owned(),
                }
            }
            Known::Online { presence, via } => Reach::Online {
                presence: match presence {
                    State::Available => PresenceState::Available,
                    State::Away => PresenceState::Away,
                    State::Busy => PresenceState::Busy,
                    State::Sharing => PresenceState::Sharing,
                    State::Hidden => PresenceState::Hidden,
                },
                relay: match via {
                    Via::Direct => None,
                    Via::Relay(device) => {
                        let owner = self.people.owner(&device);
                        Some(owner.map(Person::shown).unwrap_or_default())
                    }
                },
                via: match via {
                    Via::Direct => "directly".into(),
                    Via::Relay(device) => match self.people.owner(&device) {
                        Some(p) => format!("through {}’s device", p.shown()),
                        None => "through a relay".into(),
                    },
                },
            },
        };
        Contact {
            person: p.reference(),
            own_name: escape_for_display(p.name.as_str()),
            warnings: self.warnings(p),
            state: p.state,
            reach,
            room: p.room.map(|id| RoomRef {
                id,
                title: p.shown(),
            }),
            devices: p.log.as_ref().map(|l| self.devices(l)).unwrap_or_default(),
            features: Vec::new(),
            routes: self.routes(&p.id),
        }
    }

    /// What is suspicious about a person: the name, and two lists of devices
    /// where there should be one (spec 01, "A fork").
    fn warnings(&self, p: &Person) -> Vec<Warning> {
        let mut warnings = self.people.warnings(&p.id, &p.name);
        if p.log.as_ref().is_some_and(|l| l.fork().is_some()) {
            warnings.push(Warning::new("forked", FORKED));
        }
        warnings.extend(self.fork_warning(&p.id));
        warnings
    }

    /// The same, with what can be shared (CAP-2).
    pub(super) fn contact_in_full(&self, p: &Person) -> Contact {
        Contact {
            features: self.features(p),
            ..self.contact_of(p)
        }
    }

    fn devices(&self, log: &PersonLog) -> Vec<Device> {
        let now = self.judged();
        let listed = log.state().devices.iter().map(|l| {
            let (state, until) = match log.device_status(&l.device, &now) {
                DeviceStatus::Valid { until } => ("valid", until),
                DeviceStatus::Expired { since } => ("expired", since),
                DeviceStatus::Revoked { since, .. } => ("revoked", since),
                DeviceStatus::Unknown => ("unknown", l.expires),
            };
            Device {
                id: l.device,
                state: state.into(),
                until_ms: until.as_millis(),
                forked_in: self.forked_in(&l.device),
            }
        });
        let revoked = log.state().revoked.iter().map(|r| Device {
            id: r.device,
            state: "revoked".into(),
            until_ms: r.since.as_millis(),
            forked_in: self.forked_in(&r.device),
        });
        listed.chain(revoked).collect()
    }

    pub(super) fn identity(&self) -> Identity {
        Identity {
            devices: self.devices(self.account.log()),
            ..self.account.identity()
        }
    }

    pub(super) async fn rename(&mut self, who: &str, petname: &str) -> Result<Reply, ApiError> {
        let id = self.find(who)?;
        let petname =
            Name::from_typed(petname).map_err(|e| bad(format!("that name can't be used: {e}")))?;
        self.is_free(&petname, &id)?;
        self.change(&id, |p| p.petname = Some(petname)).await
    }

    /// Whether a name can be given to a person: nobody else may be called so,
    /// or the two couldn't be told apart (ID-3).
    pub(super) fn is_free(&self, name: &Name, of: &PersonId) -> Result<(), ApiError> {
        let mut others = self.people.iter().filter(|p| p.id != *of);
        match others.find(|p| p.is_named(name)) {
            None => Ok(()),
            Some(p) => Err(
                bad(format!("{} ({}) is called so already", p.shown(), p.id))
                    .hint("choose another name, or rename them first"),
            ),
        }
    }

    pub(super) async fn verify(
        &mut self,
        who: &str,
        outcome: Verification,
    ) -> Result<Reply, ApiError> {
        let id = self.find(who)?;
        if self.people.get(&id).is_some_and(|p| p.log.is_none()) {
            return Err(bad(
                "that person hasn't been met yet: nothing could be compared",
            ));
        }
        self.change(&id, |p| p.verified = outcome).await
    }

    /// Changes a person, in the store first.
    async fn change(
        &mut self,
        id: &PersonId,
        change: impl FnOnce(&mut Person),
    ) -> Result<Reply, ApiError> {
        let person = self.people.get_mut(id).ok_or_else(|| fault("no person"))?;
        let before = row_of(person);
        change(person);
        let row = row_of(person);
        self.people.tell_apart();
        if let Err(e) = self.store.write(move |tx| rows::put(tx, &row)).await {
            // What faces see is what is stored.
            let person = self.people.get_mut(id).ok_or_else(|| fault("no person"))?;
            person.petname = before.petname.and_then(|n| Name::from_wire(&n).ok());
            person.verified = match before.verified {
                0 => Verification::Unverified,
                _ => Verification::Verified,
            };
            self.people.tell_apart();
            return Err(e.into());
        }
        self.tell_about(id);
        Ok(Reply::Done)
    }

    pub(super) fn safety(&self, who: &str) -> Result<Reply, ApiError> {
        let id = self.find(who)?;
        let person = self.people.get(&id).ok_or_else(|| fault("no person"))?;
        let number = SafetyNumber::of(&self.account.person(), &id);
        Ok(Reply::Safety(Safety {
            person: person.reference(),
            number: number.to_string(),
            card: self.card()?.text,
        }))
    }

    /// My card, to print and hand over (ID-3): nothing on it is secret.
    pub(super) fn card(&self) -> Result<kith_api::Card, ApiError> {
        let person = self.account.person();
        let card = Card::of(&person, self.account.name().clone()).map_err(fault)?;
        let text = format!(
            "{}\n{}\n{}\n{}\n\n{}",
            card.name.as_str(),
            card.person,
            card.digits,
            card.words,
            card.qr.to_text(Ground::Light)
        );
        let code = SafetyCode {
            shown_by: person,
            shown_to: None,
        };
        Ok(kith_api::Card {
            digits: card.digits,
            words: card.words,
            code: code.qr_text(),
            text,
        })
    }

    /// The log of my devices for those who don't hear of it by network: what
    /// every contact's node is given when the two meet.
    pub(super) fn identity_file(&self) -> Package {
        let person = self.account.person();
        let frame = Frame::Person(person, self.account.entries().to_vec());
        let name = format!("identity-{}.kith", hex(&person.as_bytes()[..4]));
        let content = package::write(&[frame]);
        Package { name, content }
    }

    /// The links on which a device and we talk.
    pub(super) fn talking_to(&self, device: &DeviceId) -> Vec<LinkId> {
        self.hellos
            .keys()
            .filter(|l| self.links.get(l).is_some_and(|l| l.peer == *device))
            .copied()
            .collect()
    }

    /// Tries to reach a device at once, at its invite's addresses.
    pub(super) fn reach_now(&mut self, device: DeviceId) {
        self.reach.try_now(device);
    }
}
