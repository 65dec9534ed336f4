//! What a command is worth while somebody else has, or lately had, their hands
//! on what is ours (GUARD-9, ASK-2; spec 12, "Commands while somebody
//! controls").
//!
//! A viewer who controls a terminal can type any command, also one that ends
//! their own control first and then asks for more. So whatever widens is taken
//! from a command only where nobody's hands can have typed it; else a person
//! must press it in the window that programs can't press, or it is refused.

use core::time::Duration;

/// For how long after somebody's control has ended commands are still weighed
/// as theirs. What was typed then and waits longer than this is a program of
/// the same user: no rule here stops that (spec 12).
pub const AFTERMATH: Duration = Duration::from_secs(300);

/// Whose hands there are, beside the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hands {
    /// Nobody else's have been there.
    Own,
    /// Somebody else's, until that long ago.
    Gone(Duration),
    /// Somebody else's are.
    Others,
}

impl Hands {
    /// Whether what comes now can have been typed by somebody else.
    #[must_use]
    pub const fn may_be_others(self) -> bool {
        match self {
            Self::Own => false,
            Self::Gone(ago) => ago.as_millis() < AFTERMATH.as_millis(),
            Self::Others => true,
        }
    }
}

/// Whether a person can be asked in a window that programs can't press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asking {
    /// There is a screen for it.
    Possible,
    /// There is none.
    Impossible,
}

/// Whether something of this screen is shown to somebody already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Nothing is.
    Nothing,
    /// Something is.
    Something,
}

/// What a command would bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// It reads, talks, takes away or stops.
    Narrows,
    /// It lets people in, changes policy or settings, signs, or takes data out.
    Widens,
    /// It begins to show something of this screen.
    Shows,
    /// It says yes to what will be asked later (ASK-3).
    InAdvance,
    /// It lets somebody who sees this screen control it.
    GivesControl,
}

/// What becomes of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weighed {
    /// It is taken as it is.
    Taken,
    /// A person presses it in the window, or it doesn't happen.
    Asked,
    /// It is refused: nobody can be asked.
    Refused,
}

/// Weighs a command.
#[must_use]
pub const fn weigh(deed: Deed, hands: Hands, shown: Shown, asking: Asking) -> Weighed {
    let asked = match asking {
        Asking::Possible => Weighed::Asked,
        Asking::Impossible => Weighed::Refused,
    };
    match (deed, shown) {
        (Deed::Narrows, _) => Weighed::Taken,
        _ if hands.may_be_others() => asked,
        // Nobody else's hands are there. What is an escalation all the same is
        // pressed where it can be (ASK-2).
        (Deed::InAdvance | Deed::GivesControl, _) | (Deed::Shows, Shown::Something) => match asking
        {
            Asking::Possible => Weighed::Asked,
            Asking::Impossible => Weighed::Taken,
        },
        (Deed::Widens, _) | (Deed::Shows, Shown::Nothing) => Weighed::Taken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDE: [Deed; 4] = [
        Deed::Widens,
        Deed::Shows,
        Deed::InAdvance,
        Deed::GivesControl,
    ];

    fn shown() -> impl Strategy<Value = Shown> {
        prop_oneof![Just(Shown::Nothing), Just(Shown::Something)]
    }

    fn asking() -> impl Strategy<Value = Asking> {
        prop_oneof![Just(Asking::Possible), Just(Asking::Impossible)]
    }

    proptest! {
        /// GUARD-9: nothing that injected input types while it is injected, or
        /// within [`AFTERMATH`], widens by itself; whatever narrows is taken.
        #[test]
        fn what_others_may_have_typed_never_widens_by_itself(
            ago in prop::option::of(0..AFTERMATH.as_millis() as u64),
            shown in shown(),
            asking in asking(),
        ) {
            let hands = ago.map_or(Hands::Others, |ms| Hands::Gone(Duration::from_millis(ms)));
            for deed in WIDE {
                let weighed = weigh(deed, hands, shown, asking);
                prop_assert_eq!(weighed, match asking {
                    Asking::Possible => Weighed::Asked,
                    Asking::Impossible => Weighed::Refused,
                });
            }
            prop_assert_eq!(weigh(Deed::Narrows, hands, shown, asking), Weighed::Taken);
        }

        /// Somebody alone at a machine is never locked out by this.
        #[test]
        fn who_is_alone_is_never_refused(
            ago in prop::option::of(AFTERMATH.as_millis() as u64..u64::MAX / 2),
            shown in shown(),
            asking in asking(),
        ) {
            let hands = ago.map_or(Hands::Own, |ms| Hands::Gone(Duration::from_millis(ms)));
            for deed in WIDE {
                prop_assert_ne!(weigh(deed, hands, shown, asking), Weighed::Refused);
            }
        }
    }

    /// ASK-2: who is alone presses what escalates, where there is a screen.
    #[test]
    fn escalations_are_pressed_where_there_is_a_screen() {
        use {Asking as A, Deed as D, Shown as S, Weighed as W};
        let alone = |deed, shown, asking| weigh(deed, Hands::Own, shown, asking);
        for (deed, shown, weighed) in [
            (D::GivesControl, S::Something, W::Asked),
            (D::InAdvance, S::Nothing, W::Asked),
            (D::Shows, S::Something, W::Asked),
            (D::Shows, S::Nothing, W::Taken),
            (D::Widens, S::Something, W::Taken),
        ] {
            assert_eq!(alone(deed, shown, A::Possible), weighed, "{deed:?}");
            assert_eq!(alone(deed, shown, A::Impossible), W::Taken, "{deed:?}");
        }
    }
}
