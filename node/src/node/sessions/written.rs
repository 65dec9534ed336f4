//! What of sessions goes into the audit log: facts as they stand there, and
//! refusals for which there is no session (spec 10).

use std::collections::BTreeMap;
use std::time::Duration;

use kith_proto::audit::{self, By, Outcome, Said};
use kith_proto::id::{PersonId, SessionId};
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::policy::rule::Capacity;
use kith_proto::session::{Event, Fact, Noted, Real, Reason, Side, Terms, Who};
use kith_proto::technology::Technology;
use kith_screen::warden::protocol::Word;
use tokio::time::Instant;

use super::super::open::Open;
use super::{One, Pressed};
use crate::share::Subject;
use crate::store::audit as rows;

/// So many refusals with one person, from one side, are written down in a row.
const BURST: u32 = 64;
/// And one more each minute: some 1,500 a day at most, a few entries each.
const EVERY: Duration = Duration::from_secs(60);

/// Who began what came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::node) enum Whose {
    Ours,
    Theirs,
}

/// How much room the log has for what comes to nothing. Kept for contacts
/// alone, and forgotten when a pace is at full again.
#[derive(Debug, Default)]
pub(super) struct Room {
    of: BTreeMap<(PersonId, Whose), Pace>,
}

#[derive(Debug)]
struct Pace {
    /// When there is room for [`BURST`] again.
    full: Instant,
    /// How many were left out since there was none.
    left_out: u32,
}

/// Whether one more is written down by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::node) enum Written {
    /// It is.
    Singly,
    /// It isn't; at a power of two, how many there were is.
    LeftOut(Option<u32>),
}

impl Room {
    pub(super) fn take(&mut self, person: PersonId, whose: Whose, now: Instant) -> Written {
        self.of.retain(|_, pace| pace.full > now);
        let pace = self.of.entry((person, whose)).or_insert(Pace {
            full: now,
            left_out: 0,
        });
        if pace.full.saturating_duration_since(now) <= EVERY * (BURST - 1) {
            pace.full = pace.full.max(now) + EVERY;
            return Written::Singly;
        }
        pace.left_out = pace.left_out.saturating_add(1);
        Written::LeftOut(Some(pace.left_out).filter(|n| n.is_power_of_two()))
    }

    /// What they asked for came to something: people have agreed.
    pub(super) fn came_about(&mut self, person: PersonId) {
        self.of.remove(&(person, Whose::Theirs));
    }
}

impl Open {
    /// Writes down what our own side refuses before anybody hears of it. What
    /// no rule refused, because nobody was there or too much is open, isn't a
    /// decision.
    pub(super) async fn write_refused_here(&mut self, one: &One, terms: &Terms, reason: Reason) {
        let decided = !matches!(
            reason,
            Reason::NoPath | Reason::TooMany | Reason::Storage | Reason::NoTrial
        );
        if !decided || !self.has_room(share_of(one), Whose::Ours).await {
            return;
        }
        let (policies, noted) = (self.policies.references(), self.sessions.noted);
        let mut facts = vec![Fact::Decided(terms.clone(), Err(reason))];
        // What runs, or rings, was asked for before.
        if one.session.is_none() {
            facts.insert(0, Fact::Asked(terms.clone()));
        }
        let event = |fact| fact_event(fact, share_of(one), &policies, noted);
        self.write_entries(facts.into_iter().map(event)).await;
    }

    /// Writes down that a request from outside is refused unseen.
    pub(super) async fn write_refused_unseen(&mut self, who: &Who, terms: &Terms, reason: Reason) {
        let share = audit_share(who, terms.technology, None);
        let asked = audit::Event::Asked {
            share: share.clone(),
            direction: terms.direction,
            extent: terms.extent.clone(),
            case: terms.case.clone(),
        };
        let refused = audit::Event::Refused {
            share,
            by: By::Program,
            reason: reason.code(),
        };
        self.write_entries([asked, refused].into_iter()).await;
    }

    /// Control that was agreed on with the share counts: a press at the screen is
    /// the last word on it. It is written down, and the viewer hears it.
    pub(super) async fn control_counts(&mut self, id: &SessionId) {
        let one = self.sessions.all.get_mut(id);
        let Some(one) = one.filter(|one| one.pressed == Pressed::Awaited) else {
            return;
        };
        one.pressed = Pressed::Written;
        let how = match (one.word(), one.is_on_screen()) {
            (Word::Advance, _) => Said::InAdvance,
            (Word::Press, true) => Said::Pressed,
            // A toy desktop has no screen to press at.
            (Word::Press, false) => Said::Typed,
        };
        self.session_event(id, Event::Counts(how)).await;
    }

    /// Whether one more that may come to nothing is written down by itself;
    /// otherwise how many there were is, now and then.
    pub(super) async fn has_room(&mut self, share: audit::Share, whose: Whose) -> bool {
        let (person, now) = (share.person, Instant::now());
        match self.sessions.room.take(person, whose, now) {
            Written::Singly => return true,
            Written::LeftOut(None) => {}
            Written::LeftOut(Some(count)) => {
                let sharer = (share.role == Capacity::Sharer) == (whose == Whose::Ours);
                let by = match sharer {
                    true => By::Sharer,
                    false => By::Viewer,
                };
                let left_out = audit::Event::LeftOut { share, by, count };
                self.write_entries(core::iter::once(left_out)).await;
            }
        }
        false
    }

    /// Writes entries that no step of a session waits for. Where the disk refuses,
    /// the log goes on behind what it has.
    pub(super) async fn write_entries(&mut self, events: impl Iterator<Item = audit::Event>) {
        let Ok((entries, log)) = self.next_entries(events) else {
            return;
        };
        let append = move |tx: &rusqlite::Transaction<'_>| {
            let mut all = entries.iter();
            all.try_for_each(|(entry, head)| rows::append(tx, entry, head))
        };
        match self.store.write(append).await {
            Ok(()) => self.audit = log,
            Err(error) => tracing::error!(%error, "a refusal could not be written down"),
        }
    }

    /// Which share a session was, as the log has it: for what a crash left.
    pub(super) async fn written_of(&self, who: &Who) -> audit::Share {
        let session = who.session;
        let found = self
            .store
            .read(move |tx| rows::newest(tx, Some(&session), 1))
            .await;
        let entry = found.ok().and_then(|all| {
            let entry = audit::AuditEntry::from_bytes(all.first()?).ok()?;
            entry.event().share().cloned()
        });
        entry.unwrap_or_else(|| audit_share(who, Technology::Native, None))
    }
}

/// A fact as it stands in the audit log. How it was said that control counts, the
/// sharer's side knows; the viewer's was told.
pub(super) fn fact_event(
    fact: Fact<Real>,
    share: audit::Share,
    policies: &PolicyRefs,
    noted: Noted,
) -> audit::Event {
    match fact {
        Fact::Asked(terms) => audit::Event::Asked {
            share,
            direction: terms.direction,
            extent: terms.extent,
            case: terms.case,
        },
        Fact::Decided(terms, outcome) => audit::Event::Decided {
            share,
            policies: policies.clone(),
            outcome: match outcome {
                Ok(()) => Outcome::Allowed(terms.extent),
                Err(reason) => denial(reason, noted),
            },
        },
        Fact::Refused(by, reason) => audit::Event::Refused {
            share,
            by,
            reason: reason.code(),
        },
        Fact::Granted(terms) => audit::Event::Granted {
            share,
            extent: terms.extent,
            consent: noted.consent,
            case: terms.case,
        },
        Fact::Started(_) => audit::Event::Started { share },
        Fact::Escalated(terms, by) => audit::Event::Escalated {
            share,
            extent: terms.extent,
            by,
        },
        Fact::Reduced(terms, by, reason) => audit::Event::Reduced {
            share,
            extent: terms.extent,
            by,
            reason: reason.code(),
        },
        Fact::Counts(_, how) => audit::Event::ControlGiven {
            share,
            how: how.unwrap_or(Said::Told).code(),
        },
    }
}

/// What an audit log says of a refusal: the step of the derivation (POL-4),
/// or that it never came to the policy.
fn denial(reason: Reason, noted: Noted) -> Outcome {
    let of_policy = noted.denied.filter(|_| reason == Reason::Denied);
    match of_policy.map(|(stage, source)| (stage.code(), source)) {
        Some((stage, source)) => Outcome::Denied {
            stage: audit::Code::new(stage).unwrap_or_else(|_| reason.code()),
            reason: audit::Code::new(source.code()).unwrap_or_else(|_| reason.code()),
        },
        None => Outcome::Denied {
            stage: audit::Code::new("devices").unwrap_or_else(|_| reason.code()),
            reason: reason.code(),
        },
    }
}

/// The share of a session as the log names it: on the sharer's side with the
/// part of the screen that was chosen.
pub(super) fn share_of(one: &One) -> audit::Share {
    if let Some(share) = &one.crashed {
        return share.clone();
    }
    let part = match &one.what {
        Some(Subject::Region(part)) => {
            let around = part.area().rect();
            around.and_then(|r| audit::Part::new(r.w, r.h))
        }
        _ => None,
    };
    audit_share(&one.who, one.last.technology, part)
}

pub(super) fn audit_share(
    who: &Who,
    technology: Technology,
    part: Option<audit::Part>,
) -> audit::Share {
    audit::Share {
        session: who.session,
        role: match who.side {
            Side::Sharer => Capacity::Sharer,
            Side::Viewer => Capacity::Viewer,
        },
        person: who.person,
        device: who.device,
        technology,
        part,
    }
}

#[cfg(test)]
mod tests;
