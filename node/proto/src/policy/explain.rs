//! A derivation in plain words (POL-4, UI-6): a stable code for every reason,
//! and an English sentence for it. Faces that speak other languages translate
//! the code.

use super::cap::{Cap, Duties, Duty};
use super::chain::Unusable;
use super::decide::{Certainty, Decision, Source, Stage, Step};
use super::lenient::Understood;
use super::meeting::MeetingGap;
use super::roles::Power;
use super::rule::Level;
use crate::rights::{Right, Scope};

impl Stage {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Organisation => "organisation",
            Self::LocalProfile => "local-profile",
            Self::RemoteProfile => "remote-profile",
        }
    }
}

impl Unusable {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "policy-expired",
            Self::Forked => "policy-forked",
            Self::NeedsUpdate => "policy-needs-update",
            Self::Broken => "policy-broken",
            Self::Full => "policy-full",
        }
    }
}

impl Source {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NothingAsked => "nothing-asked",
            Self::Mismatch => "mismatch",
            Self::Policy(why) => why.code(),
            Self::PolicyNotUnderstood => "policy-not-understood",
            Self::Outsider(_) => "outsider",
            Self::MemberNotUnderstood(_) => "member-not-understood",
            Self::Role(..) => "role",
            Self::HostNotListed => "host-not-listed",
            Self::PolicyDemands => "policy-demands",
            Self::Rule(_, _, Understood::Wholly) => "rule",
            Self::Rule(_, _, Understood::Partly) => "rule-not-understood",
            Self::OutsideMeetings => "outside-meetings",
            Self::MeetingGap(MeetingGap::NotSet) => "meeting-not-set",
            Self::MeetingGap(MeetingGap::Contested) => "meeting-contested",
            Self::Meeting => "meeting",
            Self::MeetingPerson(_) => "meeting-person",
            Self::ProfileDemands => "profile-demands",
            Self::ProfileRule(_, _, Understood::Wholly) => "profile-rule",
            Self::ProfileRule(_, _, Understood::Partly) => "profile-rule-not-understood",
            Self::Terms => "terms",
            Self::TermsOver => "terms-over",
        }
    }

    /// What took something, as the subject of a sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::NothingAsked => "the request, which asks for nothing".into(),
            Self::Mismatch => "a record that belongs to another share".into(),
            Self::Policy(why) => format!("the organisation's policy ({why})"),
            Self::PolicyNotUnderstood => {
                "a part of the policy that only a newer Kith understands".into()
            }
            Self::Outsider(c) => {
                format!("the policy, because the {} isn't a member", c.name())
            }
            Self::MemberNotUnderstood(c) => format!(
                "the {}'s entry in the policy, which only a newer Kith understands",
                c.name()
            ),
            Self::Role(c, role, power) => format!(
                "the {}'s role ({}), which may not {}",
                c.name(),
                role.name(),
                verb(*power)
            ),
            Self::HostNotListed => "the policy, which doesn't list that server".into(),
            Self::PolicyDemands => "the policy".into(),
            Self::Rule(n, level, u) => format!("rule {n} of the policy{}", about(*level, *u)),
            Self::OutsideMeetings => {
                "the demand for a moderated room, in which this wouldn't be".into()
            }
            Self::MeetingGap(gap) => format!("the meeting ({gap})"),
            Self::Meeting => "the organiser's setting for this meeting (level C)".into(),
            Self::MeetingPerson(c) => {
                format!("the organiser's setting for the {} (level C)", c.name())
            }
            Self::ProfileDemands => "your profile".into(),
            Self::ProfileRule(n, level, u) => {
                format!("rule {n} of your profile{}", about(*level, *u))
            }
            Self::Terms => "what the other person allows you".into(),
            Self::TermsOver => {
                "what the other person allowed you, which is over until you two meet again".into()
            }
        }
    }
}

const fn verb(power: Power) -> &'static str {
    match power {
        Power::View => "view",
        Power::Share => "share",
        Power::GrantControl => "grant control",
        Power::ReceiveControl => "receive control",
        Power::ChangeControl => "change control",
        Power::OpenMeeting => "open meetings",
        Power::OpenRoom => "open rooms to everybody",
    }
}

fn about(level: Level, understood: Understood) -> String {
    let whom = match level {
        Level::Everybody => "everybody",
        Level::Group => "a group",
        Level::Meeting => "this meeting",
        Level::Person => "one person",
    };
    let newer = match understood {
        Understood::Wholly => "",
        Understood::Partly => "; written for a newer Kith, so it allows nothing here",
    };
    format!(" (level {}: {whom}{newer})", level.letter())
}

const fn scope(s: Scope) -> &'static str {
    match s {
        Scope::Nothing => "nothing",
        Scope::Window => "one window",
        Scope::Application => "one application",
        Scope::Applications => "chosen applications",
        Scope::Desktop => "the desktop",
    }
}

const fn right(r: Right) -> &'static str {
    match r {
        Right::View => "seeing the picture",
        Right::Pointer => "the pointer",
        Right::Keyboard => "the keyboard",
        Right::ClipboardToViewer => "copying to the viewer",
        Right::ClipboardFromViewer => "pasting from the viewer",
        Right::Audio => "sound",
        Right::Recording => "recording",
        Right::Pointing => "pointing",
    }
}

const fn duty(d: Duty) -> &'static str {
    match d {
        Duty::Notify => "the sharer is notified",
        Duty::Accept => "the sharer must accept",
        Duty::Trial => "a trial picture must arrive first",
        Duty::Purpose => "a purpose must be given",
        Duty::Reference => "a reference must be given",
        Duty::PatientConsent => "it must be said who obtained the patient's consent",
        Duty::NoStarters => "no control of programs that can start others",
        Duty::Meeting => "it must be in a moderated room",
    }
}

fn list(items: impl Iterator<Item = &'static str>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn duties(d: Duties) -> String {
    list(d.iter().map(duty))
}

/// What a step changed, as the predicate of a sentence.
fn change(before: Cap, after: Cap) -> String {
    if after.is_off() {
        return "allows nothing".into();
    }
    let mut parts = Vec::new();
    if after.view < before.view {
        parts.push(format!("limits viewing to {}", scope(after.view)));
    }
    if after.control < before.control {
        parts.push(format!("limits control to {}", scope(after.control)));
    }
    let lost = before.rights.difference(after.rights);
    if !lost.is_empty() {
        parts.push(format!("takes away {}", list(lost.iter().map(right))));
    }
    let new = after.demands.difference(before.demands);
    if !new.is_empty() {
        parts.push(format!("demands that {}", duties(new)));
    }
    parts.join("; ")
}

impl Step {
    /// The step in one English sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let change = change(self.before, self.after);
        format!("{} {change}.", self.source.describe())
    }
}

/// The whole derivation, a line a step, the outcome last.
#[must_use]
pub fn explain(decision: &Decision) -> Vec<String> {
    let mut lines: Vec<String> = decision
        .steps()
        .iter()
        .map(|s| format!("{}: {}", s.stage.code(), s.sentence()))
        .collect();
    lines.push(match decision {
        Decision::Denied(d) => format!(
            "Denied at step “{}” by {}.",
            d.stage.code(),
            d.source.describe()
        ),
        Decision::Granted(g) => {
            let mut text = format!(
                "Allowed: viewing of {}, control of {}",
                scope(g.cap.view),
                scope(g.cap.control)
            );
            if !g.duties.is_empty() {
                text += &format!("; {}", duties(g.duties));
            }
            if g.consent.is_some() {
                text += "; a standing consent was used";
            }
            if g.certainty == Certainty::Preliminary {
                text += "; rules about single applications were not looked at yet";
            }
            text + "."
        }
    });
    lines
}
