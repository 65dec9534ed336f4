//! What a policy says in the end: a cap on each axis and duties on top, the
//! lattice that all levels meet in (POL-2, POL-2a, POL-3; spec 04, "Caps").

use ciborium::Value;

use super::lenient::{Fields, Understood};
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder};
use crate::registry::registry;
use crate::rights::{Right, Rights, Scope};

registry! {
    /// Something that must happen, or be kept, where a share is allowed. More
    /// duties are tighter.
    enum Duty;
    /// A set of duties.
    set Duties;
    /// The sharer is told of the request (POL-3).
    Notify = 1, "notify";
    /// The sharer must accept it (POL-3). Everybody starts with this duty,
    /// and a standing consent may stand for the acceptance; where a rule
    /// demands it, the person accepts each time (ASK-3).
    Accept = 2, "accept";
    /// The viewer must first have decoded a trial picture (PORT-5).
    Trial = 3, "trial";
    /// A purpose must be given (CASE-1).
    Purpose = 4, "purpose";
    /// A reference, such as a case number, must be given (CASE-1).
    Reference = 5, "reference";
    /// It must be said who obtained the patient's consent (CASE-1).
    PatientConsent = 6, "patient-consent";
    /// No control of a program that can start others (GUARD-9), hence none
    /// of a desktop.
    NoStarters = 7, "no-starters";
    /// It is in a moderated meeting, whose organiser says what is allowed
    /// there. Elsewhere nothing is (POL-2, level C).
    Meeting = 8, "moderated-room";
}

impl Duties {
    /// Those that the built-in personal policy starts from: ask always
    /// (POL-6).
    pub const BUILT_IN: Self = Self::of(&[Duty::Notify, Duty::Accept]);
    /// Those that are met by giving case fields (CASE-1).
    pub const CASE: Self = Self::of(&[Duty::Purpose, Duty::Reference, Duty::PatientConsent]);
}

/// An upper bound for one share: how much may be seen, how much controlled,
/// which rights, and which duties go with it.
///
/// Caps form a lattice: [`Cap::meet`] is commutative, associative and
/// idempotent, [`Cap::OPEN`] changes nothing, [`Cap::OFF`] allows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cap {
    /// How much may be seen.
    pub view: Scope,
    /// How much may be controlled.
    pub control: Scope,
    /// What else may be done inside these scopes.
    pub rights: Rights,
    /// What must happen.
    pub demands: Duties,
}

impl Cap {
    /// No bound at all.
    pub const OPEN: Self = Self {
        view: Scope::Desktop,
        control: Scope::Desktop,
        rights: Rights::ALL,
        demands: Duties::NONE,
    };
    /// Nothing is allowed.
    pub const OFF: Self = Self {
        view: Scope::Nothing,
        control: Scope::Nothing,
        rights: Rights::NONE,
        demands: Duties::NONE,
    };

    /// What both allow, and what either demands.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        Self {
            view: self.view.min(other.view),
            control: self.control.min(other.control),
            rights: self.rights.intersection(other.rights),
            demands: self.demands.union(other.demands),
        }
    }

    /// [`Cap::OFF`] and the demands, where seeing nothing leaves nothing.
    #[must_use]
    fn off_is_off(self) -> Self {
        if self.view != Scope::Nothing && self.rights.contains(Right::View) {
            return self;
        }
        Self {
            demands: self.demands,
            ..Self::OFF
        }
    }

    /// Without what means nothing by itself: seeing nothing is nothing, one
    /// doesn't control what one doesn't see, rights of control need a scope
    /// of control and the other way round.
    #[must_use]
    pub fn settled(self) -> Self {
        let mut cap = self.off_is_off();
        cap.control = cap.control.min(cap.view);
        let moves = Rights::of(&[Right::Pointer, Right::Keyboard]);
        if cap.control == Scope::Nothing || cap.rights.intersection(moves).is_empty() {
            cap.control = Scope::Nothing;
            cap.rights = cap.rights.difference(Rights::CONTROL);
        }
        cap
    }

    /// Whether nothing is allowed.
    #[must_use]
    pub fn is_off(self) -> bool {
        self.settled().view == Scope::Nothing
    }

    /// Whether `other` allows everything that this allows, and demands
    /// nothing that this doesn't.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        self.view <= other.view
            && self.control <= other.control
            && self.rights.is_subset(other.rights)
            && other.demands.is_subset(self.demands)
    }

    /// With these demands added.
    #[must_use]
    pub fn demanding(mut self, duties: Duties) -> Self {
        self.demands = self.demands.union(duties);
        self
    }
}

/// The four settings that a person meets in Kith's pages (POL-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Sharing is off.
    Off,
    /// See, up to the desktop; control nothing.
    ViewOnly,
    /// See and control one application.
    OneApplication,
    /// See and control, up to the desktop.
    Everything,
}

impl Preset {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self::Off,
        Self::ViewOnly,
        Self::OneApplication,
        Self::Everything,
    ];

    /// What it caps.
    #[must_use]
    pub const fn cap(self) -> Cap {
        match self {
            Self::Off => Cap::OFF,
            Self::ViewOnly => Cap {
                control: Scope::Nothing,
                rights: Rights::VIEW,
                ..Cap::OPEN
            },
            Self::OneApplication => Cap {
                view: Scope::Application,
                control: Scope::Application,
                ..Cap::OPEN
            },
            Self::Everything => Cap::OPEN,
        }
    }
}

const VIEW: i64 = 0;
const CONTROL: i64 = 1;
const RIGHTS: i64 = 2;
const DEMANDS: i64 = 3;

impl Encode for Cap {
    /// A bound that bounds nothing is left out. Whatever allows nothing has
    /// one form: both scopes, no list of rights, since an empty list can't be
    /// told from an absent one (spec 00, "Growth").
    fn encode(&self) -> Value {
        let cap = self.off_is_off();
        let rights = Some(cap.rights).filter(|r| *r != Rights::ALL && !r.is_empty());
        let demands = Some(cap.demands).filter(|d| !d.is_empty());
        MapBuilder::new()
            .put_opt(VIEW, Some(&cap.view).filter(|s| **s != Scope::Desktop))
            .put_opt(
                CONTROL,
                Some(&cap.control).filter(|s| **s != Scope::Desktop),
            )
            .put_opt(RIGHTS, rights.as_ref())
            .put_opt(DEMANDS, demands.as_ref())
            .build()
    }
}

impl Cap {
    /// Reads a cap; whatever isn't known here makes it [`Cap::OFF`] and is
    /// reported.
    pub(super) fn read(value: Value) -> Result<(Self, Understood), DecodeError> {
        let mut f = Fields::new(value)?;
        let cap = Self {
            view: f.scope(VIEW)?,
            control: f.scope(CONTROL)?,
            // A right that isn't known here isn't granted here anyway.
            rights: f
                .set(RIGHTS, Rights::read)?
                .map_or(Rights::ALL, |known| known.set),
            demands: f.known_set(DEMANDS, Duties::read)?.unwrap_or_default(),
        };
        match f.finish()? {
            Understood::Wholly => Ok((cap.off_is_off(), Understood::Wholly)),
            Understood::Partly => Ok((Self::OFF, Understood::Partly)),
        }
    }
}

impl Decode for Cap {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Self::read(value).map(|(cap, _)| cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::cap;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn meet_is_a_meet(a in cap(), b in cap(), c in cap()) {
            prop_assert_eq!(a.meet(b), b.meet(a));
            prop_assert_eq!(a.meet(b).meet(c), a.meet(b.meet(c)));
            prop_assert_eq!(a.meet(a), a);
            prop_assert_eq!(a.meet(Cap::OPEN), a);
            prop_assert!(a.meet(b).is_within(a) && a.meet(b).is_within(b));
            // The greatest lower bound: whatever is within both is within it.
            prop_assert_eq!(c.is_within(a) && c.is_within(b), c.is_within(a.meet(b)));
        }

        #[test]
        fn settling_keeps_the_order(a in cap(), b in cap()) {
            prop_assert!(a.settled().is_within(a));
            prop_assert_eq!(a.settled().settled(), a.settled());
            prop_assert!(a.meet(b).settled().is_within(b.settled()));
            prop_assert_eq!(
                a.settled().meet(b.settled()).settled(),
                a.meet(b).settled()
            );
        }

        #[test]
        fn a_cap_comes_back(a in cap()) {
            let back = Cap::decode(a.encode()).unwrap();
            prop_assert_eq!(back, if a.is_off() { a.settled() } else { a });
            prop_assert!(back.is_within(a));
            prop_assert_eq!(back.encode(), a.encode());
        }
    }

    #[test]
    fn what_allows_nothing_has_one_form() {
        let form = Value::Map(vec![(0.into(), 0.into()), (1.into(), 0.into())]);
        let blind = Cap {
            rights: Rights::CONTROL,
            ..Cap::OPEN
        };
        let nothing = Cap {
            view: Scope::Nothing,
            ..Cap::OPEN
        };
        for off in [Cap::OFF, blind, nothing] {
            assert_eq!(off.encode(), form);
        }
        let others = [
            vec![(VIEW, 0.into())],
            vec![(RIGHTS, Value::Array(vec![2.into(), 3.into()]))],
            vec![(VIEW, 0.into()), (RIGHTS, Value::Array(vec![1.into()]))],
        ];
        for other in others {
            let map = other.into_iter().map(|(k, v)| (k.into(), v)).collect();
            assert_eq!(Cap::decode(Value::Map(map)), Ok(Cap::OFF));
        }
        assert_eq!(Cap::decode(form), Ok(Cap::OFF));
    }

    #[test]
    fn unknown_means_off() {
        let map = |k: i64, v: Value| Value::Map(vec![(k.into(), v)]);
        for strange in [
            map(VIEW, 9.into()),
            map(CONTROL, 9.into()),
            map(DEMANDS, Value::Array(vec![60.into()])),
            map(17, Value::Null),
        ] {
            assert_eq!(Cap::read(strange), Ok((Cap::OFF, Understood::Partly)));
        }
        // A remark is no rule.
        assert_eq!(
            Cap::read(map(1000, Value::Null)),
            Ok((Cap::OPEN, Understood::Wholly))
        );
        assert_eq!(
            Cap::read(map(-1, Value::Null)),
            Err(DecodeError::Critical(-1))
        );
        let unknown_right = map(RIGHTS, Value::Array(vec![1.into(), 9.into()]));
        let (cap, _) = Cap::read(unknown_right).unwrap();
        assert_eq!(cap.rights, Rights::of(&[Right::View]));
    }

    #[test]
    fn presets_are_as_in_the_specification() {
        let shown: Vec<_> = Preset::ALL
            .iter()
            .map(|p| p.cap().settled())
            .map(|c| (c.view.name(), c.control.name()))
            .collect();
        assert_eq!(
            shown,
            [
                ("nothing", "nothing"),
                ("desktop", "nothing"),
                ("application", "application"),
                ("desktop", "desktop"),
            ]
        );
    }
}
