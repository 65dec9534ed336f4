//! Tokens that remember whether they were come by honestly.

use super::super::Reason;
use super::super::machine::Session;
use super::super::tokens::{Desk, PathNonce, Side, Tokens, Who};
use crate::audit::By;

/// A check that a mutant leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// The sharer's policy.
    SharerDecision,
    /// The viewer's policy.
    ViewerDecision,
    /// The sharer's person.
    SharerConsent,
    /// The viewer's person.
    ViewerConsent,
    /// Whether the session id is fresh.
    Fresh,
    /// Whether the path was echoed.
    Nonce,
    /// Destroying at the end.
    Destroy,
    /// Destroying after a crash.
    Recover,
    /// Whether an offer is within what was asked.
    Within,
    /// Deciding anew when policy changes.
    Still,
    /// Whether a running share still shows the same.
    Sight,
    /// Whether the sharer has taken control back.
    TakenBack,
    /// Whether the screen has the control that was agreed on before it counts.
    Counts,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Toy;

/// How much: 1 to see, 2 to control, 3 to control something else.
pub(super) type Level = u8;

/// What is seen at a level.
pub(super) const fn sight(level: Level) -> u8 {
    level / 3
}

/// Something that is true or was made up, about a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Proof {
    pub(super) level: Level,
    pub(super) honest: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grant {
    pub(super) level: Level,
    pub(super) decided: bool,
    pub(super) consented: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToyAccept {
    pub(super) level: Level,
    pub(super) key: u8,
}

/// Who signed the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Signed {
    Sharer,
    Both,
}

impl Tokens for Toy {
    type Terms = Level;
    type Decision = Proof;
    type Consent = Proof;
    type Grant = Grant;
    type Key = u8;
    type Accept = ToyAccept;
    type Claim = ();
    type Sealed = ToyAccept;
    type Opened = ();
    type Params = ();
    type Mark = ();
    type Record = Signed;
}

/// One side's security process, as far as it lasts over a crash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ToyDesk {
    /// How much its policy allows now.
    pub(super) policy: Level,
    /// Keys and nonces are never the same twice.
    pub(super) fresh: u8,
    /// How much a standing consent of its person allows.
    pub(super) standing: Level,
    /// The person has taken control back: what they said before is void.
    pub(super) taken: bool,
    pub(super) mutant: Option<Check>,
}

impl ToyDesk {
    fn number(&mut self) -> u8 {
        self.fresh += 1;
        self.fresh
    }

    fn skips_decision(&self, who: &Who) -> bool {
        match who.side {
            Side::Sharer => self.skips(Check::SharerDecision),
            Side::Viewer => self.skips(Check::ViewerDecision),
        }
    }
}

/// The nonce with this number in it.
pub(super) fn nonce(n: u8) -> PathNonce {
    PathNonce::from_bytes([n; 16])
}

impl Desk<Toy> for ToyDesk {
    fn decide(&mut self, who: &Who, terms: &Level) -> Result<Proof, Reason> {
        let honest = *terms <= self.policy;
        match honest || self.skips_decision(who) {
            true => Ok(Proof {
                level: *terms,
                honest,
            }),
            false => Err(Reason::Denied),
        }
    }

    fn still(&mut self, who: &Who, terms: &Level) -> Result<(), Reason> {
        match self.skips(Check::Still) {
            true => Ok(()),
            false => self.decide(who, terms).map(|_| ()),
        }
    }

    fn consented(&mut self, who: &Who, terms: &Level, _: &Proof) -> Option<Proof> {
        let skipped = match who.side {
            Side::Sharer => self.skips(Check::SharerConsent),
            Side::Viewer => self.skips(Check::ViewerConsent),
        };
        let stands = who.side == Side::Sharer && *terms <= self.standing;
        (skipped || stands).then_some(Proof {
            level: *terms,
            honest: stands && !self.taken,
        })
    }

    fn grant(&mut self, _: &Who, terms: &Level, d: Proof, c: Proof) -> Result<Grant, Reason> {
        // Nothing is refused here: what is not honest shall be found.
        Ok(Grant {
            level: *terms,
            decided: d.honest && d.level == *terms,
            consented: c.honest && c.level >= *terms,
        })
    }

    fn reduce(&mut self, _: &Who, from: &Level, to: &Level) -> Result<Grant, Reason> {
        match to <= from {
            true => Ok(Grant {
                level: *to,
                decided: true,
                consented: true,
            }),
            false => Err(Reason::MoreThanAsked),
        }
    }

    fn within(&self, offered: &Level, asked: &Level) -> bool {
        offered <= asked || self.skips(Check::Within)
    }

    fn same_sight(&self, a: &Level, b: &Level) -> bool {
        sight(*a) == sight(*b) || self.skips(Check::Sight)
    }

    fn seen_only(&self, terms: &Level) -> Option<Level> {
        (*terms == 2).then_some(1)
    }

    fn accept(&mut self, _: &Who, terms: &Level) -> Result<(u8, ToyAccept), Reason> {
        let key = self.number();
        Ok((key, ToyAccept { level: *terms, key }))
    }

    fn seal(
        &mut self,
        _: &Who,
        terms: &Level,
        accept: ToyAccept,
        (): &(),
    ) -> Result<(ToyAccept, ()), Reason> {
        match accept.level == *terms {
            true => Ok((accept, ())),
            false => Err(Reason::Misbehaved),
        }
    }

    fn open(&mut self, _: &Who, terms: &Level, key: u8, sealed: ToyAccept) -> Result<(), Reason> {
        match sealed.key == key && sealed.level == *terms {
            true => Ok(()),
            false => Err(Reason::SealFailed),
        }
    }

    fn release(&mut self, (): (), (): ()) -> Result<(), Reason> {
        Ok(())
    }

    fn nonce(&mut self) -> PathNonce {
        nonce(self.number())
    }

    fn mark(&mut self) {}

    fn record(&mut self, _: &Who, _: &Level, _: (By, Reason), _: Option<()>) -> Option<Signed> {
        Some(Signed::Sharer)
    }

    fn cosign(&mut self, _: &Who, _: &Level, record: Signed) -> Option<Signed> {
        (record == Signed::Sharer).then_some(Signed::Both)
    }

    fn whole(&mut self, _: &Who, record: &Signed) -> bool {
        *record == Signed::Both
    }

    fn skips(&self, check: Check) -> bool {
        self.mutant == Some(check)
    }
}

// A real session is never copied or compared; the walk does both.
impl Clone for Session<Toy> {
    fn clone(&self) -> Self {
        Self {
            who: self.who,
            state: self.state.clone(),
        }
    }
}

impl PartialEq for Session<Toy> {
    fn eq(&self, other: &Self) -> bool {
        self.who == other.who && self.state == other.state
    }
}

impl Eq for Session<Toy> {}

impl core::hash::Hash for Session<Toy> {
    fn hash<H: core::hash::Hasher>(&self, h: &mut H) {
        self.who.hash(h);
        self.state.hash(h);
    }
}
