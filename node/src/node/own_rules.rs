//! What our person allows by rules of their own, and what contacts let us know
//! of theirs (POL-3, POL-4; spec 04, "Profiles"). Like a policy, both can only
//! take away.

use std::collections::BTreeMap;

use kith_api::{ApiError, OwnRules, OwnRulesRequest, Reply};
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::meet::Message;
use kith_proto::policy::checked::Checked;
use kith_proto::policy::document::PolicyBody;
use kith_proto::policy::profile::{MAX_PROFILE_RULES, MAX_TERMS, Profile, Terms};
use kith_proto::policy::rule::{Capacity, Direction};
use kith_proto::signed::Unverified;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;

use super::error::{bad, fault};
use super::link::LinkId;
use super::open::Open;
use crate::org::edit::own_rule;
use crate::org::words::{self, Names};
use crate::own_profile;
use crate::store::{own, terms as rows};

/// The own rules and those of contacts.
#[derive(Debug, Default)]
pub(super) struct Allowed {
    mine: Option<Profile>,
    /// By the device that signed: nothing yet brings the devices of one
    /// person to the same profile.
    theirs: BTreeMap<DeviceId, Checked<Terms>>,
    /// When terms were signed last: each is newer than the one before.
    said: Timestamp,
}

impl Allowed {
    /// The own person's profile.
    pub(super) fn mine(&self) -> Option<&Profile> {
        self.mine.as_ref()
    }

    /// The newest that a device let us know of its person's.
    pub(super) fn of(&self, device: &DeviceId) -> Option<&Checked<Terms>> {
        self.theirs.get(device)
    }

    /// The newest of any device of a person.
    pub(super) fn of_person(&self, person: &PersonId) -> Option<&Checked<Terms>> {
        let all = self.theirs.values().filter(|t| t.person() == *person);
        all.max_by_key(|t| t.get().validity.issued)
    }
}

/// Contacts by their own names.
struct Called<'a>(&'a Open);

impl Names for Called<'_> {
    fn person(&self, id: &PersonId) -> String {
        match self.is_reader(id) {
            true => "you".to_owned(),
            false => self.0.named(id).name,
        }
    }

    fn is_reader(&self, id: &PersonId) -> bool {
        *id == self.0.account.person()
    }
}

impl Open {
    /// Reads what was kept.
    pub(super) async fn load_allowed(&mut self) {
        self.read_all_moderated().await;
        let kept = self
            .store
            .read(|tx| Ok((own::get(tx, own_profile::NAME)?, rows::all(tx)?)));
        let Ok((mine, theirs)) = kept.await else {
            // What can't be read forbids.
            self.allowed.mine = Some(own_profile::closed(self.account.person(), self.now()));
            return;
        };
        let (me, key) = (self.account.person(), self.account.device_key().public());
        let now = self.now();
        self.allowed.mine = mine.map(|m| own_profile::read(&m, &key, me, now));
        let judged = self.judged();
        for bytes in theirs {
            let Ok(said) = Unverified::<Terms>::parse(&bytes) else {
                continue;
            };
            let device = DeviceId::from(said.claimed_signer());
            let log = self.people.owner(&device).and_then(|p| p.log.as_ref());
            let checked = log.and_then(|log| Checked::check(said, log, &judged).ok());
            if let Some(checked) = checked {
                self.allowed.theirs.insert(device, checked);
            }
        }
    }

    pub(super) async fn answer_own_rules(
        &mut self,
        request: OwnRulesRequest,
    ) -> Result<Reply, ApiError> {
        let me = self.account.person();
        let old = self.allowed.mine.clone();
        let old = old.unwrap_or_else(|| Profile::open(me, Timestamp::from_secs(0)));
        let (mut rules, mut demands) = (old.rules().to_vec(), old.demands());
        match request {
            OwnRulesRequest::Show => return Ok(Reply::OwnRules(self.own_rules())),
            OwnRulesRequest::Add(spec) => {
                if rules.len() >= MAX_PROFILE_RULES {
                    return Err(bad(format!("{MAX_PROFILE_RULES} rules are the most")));
                }
                let last = rules.last().map_or(0, |r| r.number);
                let lookup = |who: &str| self.found(who);
                rules.push(own_rule(last.saturating_add(1), &spec, &lookup)?);
            }
            OwnRulesRequest::Remove(number) => {
                let before = rules.len();
                rules.retain(|r| r.number != number);
                if rules.len() == before {
                    return Err(bad(format!("you have no rule {number}"))
                        .hint("“kith policy mine show” lists them"));
                }
            }
            OwnRulesRequest::Demand(words) => demands = crate::org::edit::demands(&words)?,
        }
        let wall = self.now();
        let now = *self.account.judge(wall);
        let issued = now
            .now()
            .max(old.issued().after(core::time::Duration::from_millis(1)));
        let profile =
            Profile::new(me, issued, old.groups().to_vec(), rules, demands).map_err(|_| {
                bad("such a rule isn’t for one person’s own: name people, or everybody")
            })?;
        let said = Checked::sign(
            &profile,
            self.account.device_key(),
            self.account.log(),
            &now,
        )
        .map_err(fault)?;
        let bytes = said.bytes().to_vec();
        // Stored before it counts.
        self.store
            .write(move |tx| own::put(tx, own_profile::NAME, &bytes))
            .await?;
        self.allowed.mine = Some(profile);
        self.say_terms_to_all().await;
        self.sessions_decide_anew().await;
        Ok(Reply::OwnRules(self.own_rules()))
    }

    fn own_rules(&self) -> OwnRules {
        let Some(mine) = self.allowed.mine() else {
            return OwnRules::default();
        };
        let (none, names) = (PolicyBody::default(), Called(self));
        OwnRules {
            rules: mine
                .rules()
                .iter()
                .map(|r| (r.number, words::rule_said(r, &none, &names)))
                .collect(),
            demands: mine.demands().iter().map(|d| d.name().to_owned()).collect(),
        }
    }

    /// Contacts who are there hear at once what we allow them.
    pub(super) async fn say_terms_to_all(&mut self) {
        let talking: Vec<(LinkId, DeviceId)> = self
            .hellos
            .keys()
            .filter_map(|l| self.links.get(l).map(|link| (*l, link.peer)))
            .filter(|(_, peer)| self.is_contact(peer))
            .collect();
        for (link, peer) in talking {
            if let Some(person) = self.people.owner(&peer).map(|p| p.id) {
                self.say_terms(link, person).await;
            }
        }
    }

    /// Tells a contact what our person allows them at most, made anew at each
    /// meeting.
    pub(super) async fn say_terms(&mut self, link: LinkId, contact: PersonId) {
        let wall = self.now();
        let now = *self.account.judge(wall);
        let next = self
            .allowed
            .said
            .after(core::time::Duration::from_millis(1));
        let issued = now.now().max(next);
        self.allowed.said = issued;
        let validity = Validity::starting(issued, MAX_TERMS);
        let open;
        let mine = match self.allowed.mine() {
            Some(mine) => mine,
            None => {
                open = Profile::open(self.account.person(), issued);
                &open
            }
        };
        let terms = mine.terms_for(contact, validity);
        let (key, log) = (self.account.device_key(), self.account.log());
        if let Ok(said) = Checked::sign(&terms, key, log, &now) {
            let message = Message::Terms(said.bytes().to_vec());
            self.send(link, message.to_bytes()).await;
        }
    }

    /// A contact's device says what its person allows us. Stored before it
    /// counts; older terms change nothing.
    pub(super) async fn take_terms(&mut self, peer: &DeviceId, record: &[u8]) {
        let judged = self.judged();
        let Some(log) = self.people.owner(peer).and_then(|p| p.log.as_ref()) else {
            return;
        };
        let Some(said) = Unverified::<Terms>::parse(record)
            .ok()
            .and_then(|said| Checked::check(said, log, &judged).ok())
        else {
            return;
        };
        let (issued, device) = (said.get().validity.issued, said.device());
        let known = self.allowed.of(peer).map(Checked::get);
        let decides = changes(known, said.get(), judged.now());
        let known = known.map(|t| t.validity.issued);
        let ours = device == *peer && said.get().to == self.account.person();
        if !ours || known.is_some_and(|k| issued <= k) {
            return;
        }
        let bytes = said.bytes().to_vec();
        let stored = self.store.write(move |tx| rows::put(tx, &device, &bytes));
        if stored.await.is_err() {
            return;
        }
        let person = said.person();
        self.allowed.theirs.insert(device, said);
        self.tell_about(&person);
        if decides == Changes::What {
            self.sessions_decide_anew_with(&person).await;
        }
    }
}

/// What newer terms change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changes {
    /// What is allowed.
    What,
    /// Only until when.
    When,
}

/// Terms come at each meeting, and as often as somebody likes: only those that
/// allow other things than the last are worth deciding anew for.
fn changes(known: Option<&Terms>, newer: &Terms, now: Timestamp) -> Changes {
    let parts = [Capacity::Sharer, Capacity::Viewer];
    let same = |old: &&Terms| {
        parts.iter().all(|part| {
            let cap = |t: &Terms, begun| t.cap(*part, begun);
            let mut begun = Direction::ALL.iter();
            begun.all(|b| cap(old, *b) == cap(newer, *b))
        })
    };
    // What doesn't hold allows nothing.
    match known.filter(|t| t.hold(now)).filter(same) {
        Some(_) => Changes::When,
        None => Changes::What,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_terms_that_allow_other_things_are_decided_by_anew() {
        let (me, them) = (PersonId::from_bytes([1; 32]), PersonId::from_bytes([2; 32]));
        let at = Timestamp::from_secs;
        let open = Profile::open(me, at(0));
        let terms = |profile: &Profile, from| {
            profile.terms_for(them, Validity::starting(at(from), MAX_TERMS))
        };
        let old = terms(&open, 100);
        let again = terms(&open, 200);
        assert_eq!(changes(Some(&old), &again, at(200)), Changes::When);
        assert_eq!(changes(None, &again, at(200)), Changes::What);
        let other = terms(&own_profile::closed(me, at(0)), 200);
        assert_eq!(changes(Some(&old), &other, at(200)), Changes::What);
        assert_eq!(changes(Some(&other), &again, at(200)), Changes::What);
        // The old ones have run out.
        let late = at(200).after(MAX_TERMS);
        assert_eq!(changes(Some(&old), &again, late), Changes::What);
    }
}
