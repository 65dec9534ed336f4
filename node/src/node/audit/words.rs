//! An entry of the audit log as an English sentence: who did what, with which
//! technology, how much of what, and by whose word.

use std::collections::{BTreeMap, BTreeSet};

use kith_proto::audit::{AuditEntry, By, Code, Event, Extent, Outcome, Share};
use kith_proto::id::SessionId;
use kith_proto::names::escape_for_display;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::policy::rule::{Capacity, Direction};
use kith_proto::rights::Scope;
use kith_proto::session::Reason;
use kith_proto::technology::Technology;

use super::super::limits::bars_in_words;
use super::super::open::Open;
use super::facts::server_text;

/// How far a session was when an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The rules were asked once more, before it took effect.
    Again,
    /// The share ran, and more was asked for.
    Running,
}

impl Moment {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Running => "running",
        }
    }
}

/// How sessions went: where in the log they were asked for, and began.
#[derive(Debug, Default)]
pub(super) struct Courses {
    asked: BTreeSet<u64>,
    started: BTreeMap<SessionId, u64>,
}

impl Courses {
    pub(super) fn learn(&mut self, entry: &AuditEntry) {
        match entry.event() {
            Event::Asked { .. } => {
                self.asked.insert(entry.place());
            }
            Event::Started { share } => {
                self.started.insert(share.session, entry.place());
            }
            _ => {}
        }
    }

    /// What is asked for is decided about in the next entry; whatever else is
    /// decided was asked for before.
    pub(super) fn moment(&self, entry: &AuditEntry) -> Option<Moment> {
        match entry.event() {
            Event::Asked { share, .. } | Event::Refused { share, .. } => {
                let started = self.started.get(&share.session);
                let runs = started.is_some_and(|s| *s < entry.place());
                runs.then_some(Moment::Running)
            }
            Event::Decided { .. } => {
                let first = entry.place().checked_sub(1);
                let first = first.is_some_and(|p| self.asked.contains(&p));
                (!first).then_some(Moment::Again)
            }
            _ => None,
        }
    }
}

impl Open {
    pub(super) fn sentence(&self, event: &Event, moment: Option<Moment>) -> String {
        match event {
            Event::Asked {
                share,
                extent,
                direction,
                ..
            } => {
                let name = self.named(&share.person).name;
                let what = shown(share, extent, Known::NotYet);
                match (is_viewer(share), direction, moment) {
                    (true, _, Some(_)) => format!("You asked {name} for more: to {what}."),
                    (false, _, Some(_)) => format!("{name} asked you for more: to {what}."),
                    (true, Direction::Request, None) => {
                        format!("You asked {name} to let you {what}.")
                    }
                    (false, Direction::Request, None) => {
                        format!("{name} asked you to let them {what}.")
                    }
                    (true, Direction::Invite, None) => format!("{name} invited you to {what}."),
                    (false, Direction::Invite, None) => format!("You invited {name} to {what}."),
                }
            }
            Event::Decided {
                share,
                policies,
                outcome,
            } => {
                let rules = self.decided_by(policies);
                let again = match moment {
                    Some(_) => ", asked once more before it took effect,",
                    None => "",
                };
                match outcome {
                    Outcome::Allowed(extent) => {
                        let may = self.may(share, extent, Known::NotYet);
                        format!("{rules}{again} allow it: {may}.")
                    }
                    Outcome::Denied { stage, reason } => format!(
                        "{rules}{again} refuse {}, at step “{}”: {}.",
                        self.with(share),
                        stage.as_str(),
                        why(reason)
                    ),
                }
            }
            Event::Refused { share, by, reason } => {
                // What is refused while it runs is what was asked for beyond it.
                let what = match moment {
                    Some(_) => "control in ",
                    None => "",
                };
                format!(
                    "Refused by {}: {what}{}, because {}.",
                    self.by(share, *by),
                    self.with(share),
                    why(reason)
                )
            }
            Event::Granted {
                share,
                extent,
                consent,
                ..
            } => {
                let said = match consent {
                    Some(_) => "Your standing consent counts",
                    None => "Agreed on your side",
                };
                format!("{said}: {}.", self.may(share, extent, Known::Now))
            }
            Event::Started { share } => format!("Pictures of {} go over.", self.with(share)),
            Event::Escalated { share, extent, by } => format!(
                "Widened by {}: {}.",
                self.by(share, *by),
                self.may(share, extent, Known::Now)
            ),
            Event::Reduced {
                share,
                extent,
                by,
                reason,
            } => format!(
                "Reduced by {}, because {}: {}.",
                self.by(share, *by),
                why(reason),
                self.may(share, extent, Known::Now)
            ),
            Event::Ended {
                share, by, reason, ..
            } => format!(
                "Ended by {}: {}, because {}.",
                self.by(share, *by),
                self.with(share),
                why(reason)
            ),
            Event::ControlGiven { share, how } => format!(
                "Control counts from here on ({}): {}.",
                how.as_str(),
                self.with(share)
            ),
            Event::LeftOut { share, by, count } => format!(
                "Too many requests by {} came to nothing; they aren’t written down one by one: \
                 {count} up to here.",
                self.by(share, *by)
            ),
            Event::PolicyInForce { policy } => format!(
                "Policy {} of {} counts from here on.",
                policy.sequence,
                self.org_name(&policy.org)
            ),
            Event::ClockCorrected { policy } => format!(
                "Policy {} of {} counts again: you said that the clock was wrong.",
                policy.sequence,
                self.org_name(&policy.org)
            ),
            Event::ConsentGiven { person, .. } => {
                format!("Standing consent given to {}.", self.named(person).name)
            }
            Event::ConsentEnded { .. } => "A standing consent was taken back.".to_owned(),
            Event::ConsentHeld { reason, .. } => format!(
                "A standing consent doesn't count until you say so, because {}.",
                why(reason)
            ),
            Event::ConsentResumed { .. } => "A standing consent counts again.".to_owned(),
            Event::LimitsChanged { fits, bars } => {
                let fits = self.fits_in_words(fits);
                match bars {
                    Some(bars) => format!("Barred for {fits}: {}.", bars_in_words(bars)),
                    None => format!("Limits forgotten for {fits}."),
                }
            }
            Event::AccountKept { server, how } => format!(
                "What opens the {} is kept from here on ({}).",
                server_text(server),
                how.as_str()
            ),
            Event::AccountRemoved { server, how } => format!(
                "What opens the {} is forgotten ({}).",
                server_text(server),
                how.as_str()
            ),
            Event::InputEnrolled { input, how } => format!(
                "What programs press on the {} counts as this person’s from here on ({}).",
                input.name(),
                how.as_str()
            ),
            Event::InputRemoved { input, how } => format!(
                "What programs press on the {} counts no more ({}).",
                input.name(),
                how.as_str()
            ),
            Event::AtScreen {
                answer,
                command,
                person,
                left_out,
            } => {
                let whom = person.map(|p| format!(", {}", self.named(&p).name));
                let many = left_out.map(|n| {
                    format!(" {n} such up to here, in a row, aren’t written down one by one.")
                });
                format!(
                    "Kith’s window at the screen asked you about “{}”{}: {}.{}",
                    command.as_str(),
                    whom.unwrap_or_default(),
                    pressed(answer),
                    many.unwrap_or_default()
                )
            }
            Event::Later { kind } => {
                format!("Something that only a newer Kith understands (kind {kind}).")
            }
        }
    }

    /// The share, by whose it is and its technology.
    fn with(&self, share: &Share) -> String {
        let name = self.named(&share.person).name;
        let technology = technology(share.technology);
        match is_viewer(share) {
            true => format!("{name}’s share ({technology})"),
            false => format!("the share with {name} ({technology})"),
        }
    }

    /// What somebody may do.
    fn may(&self, share: &Share, extent: &Extent, known: Known) -> String {
        let name = self.named(&share.person).name;
        let what = shown(share, extent, known);
        match is_viewer(share) {
            true => format!("at {name}’s, you may {what}"),
            false => format!("{name} may {what}"),
        }
    }

    fn by(&self, share: &Share, by: By) -> String {
        let mine = match share.role {
            Capacity::Viewer => By::Viewer,
            _ => By::Sharer,
        };
        match by {
            By::Sharer | By::Viewer if by == mine => "you".to_owned(),
            By::Sharer | By::Viewer => self.named(&share.person).name,
            By::Organiser => "whoever moderates the room".to_owned(),
            By::Policy => "a policy or rule".to_owned(),
            By::Program => "a program".to_owned(),
        }
    }

    /// Whose rules decided: each log has its own side's decisions.
    fn decided_by(&self, policies: &PolicyRefs) -> String {
        let policies = policies.as_slice().iter();
        let named = policies.map(|p| format!("policy {} of {}", p.sequence, self.org_name(&p.org)));
        let mut all: Vec<String> = named.collect();
        all.push("your side’s own rules".to_owned());
        let text = all.join(" and ");
        let mut chars = text.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + chars.as_str()
    }
}

/// Whether the sharer has chosen what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// A request says what is wished for at most.
    NotYet,
    Now,
}

fn is_viewer(share: &Share) -> bool {
    share.role == Capacity::Viewer
}

const fn technology(technology: Technology) -> &'static str {
    match technology {
        Technology::Native => "Kith’s own share",
        Technology::Rdp => "RDP",
        Technology::Vnc => "VNC",
        Technology::X11 => "X11",
        Technology::Ica => "ICA",
    }
}

/// “see the application xterm (Kith’s own share)”.
fn shown(share: &Share, extent: &Extent, known: Known) -> String {
    let deed = match extent.control {
        Scope::Nothing => "see",
        _ => "see and control",
    };
    let apps = extent.applications.as_slice().iter();
    let apps: Vec<_> = apps.map(|a| escape_for_display(a.as_str())).collect();
    let apps = apps.join(", ");
    let chosen = known == Known::Now && !is_viewer(share);
    let what = match (extent.view, share.technology, share.part) {
        (_, Technology::Native, Some(part)) => {
            let (width, height) = part.size();
            format!("a part of the screen, {width} × {height}")
        }
        (Scope::Nothing, ..) => "nothing".to_owned(),
        (Scope::Window, ..) if apps.is_empty() => "a window".to_owned(),
        (Scope::Window, ..) => format!("a window of {apps}"),
        (Scope::Application | Scope::Applications, ..) if apps.is_empty() => {
            "an application".to_owned()
        }
        (Scope::Application, ..) => format!("the application {apps}"),
        (Scope::Applications, ..) => format!("the applications {apps}"),
        (Scope::Desktop, Technology::Native, None) if chosen => "the whole screen".to_owned(),
        (Scope::Desktop, Technology::Native, None) => "up to the whole screen".to_owned(),
        (Scope::Desktop, ..) => "all of a server’s session".to_owned(),
    };
    format!("{deed} {what} ({})", technology(share.technology))
}

/// What came of a question about a command, in words.
fn pressed(answer: &Code) -> &str {
    match answer.as_str() {
        "pressed" => "you pressed yes",
        "declined" => "you pressed no",
        "no-answer" => "nobody answered in time, and nothing was done",
        "taken-back" => "it was taken back before an answer",
        "pretended" => "a program pressed in your place, and nothing was done",
        "window-closed" => "a program closed the window, and nothing was done",
        "not-shown" => "the window could not be shown",
        other => other,
    }
}

/// A reason in words: of a session, or of a rule that decided.
fn why(code: &Code) -> String {
    let code = code.as_str();
    if let Some(reason) = Reason::from_name(code) {
        return reason.words().to_owned();
    }
    let words = match code {
        "profile-rule" | "profile-rule-not-understood" => "a rule of your own",
        "profile-demands" => "your own rules demand what isn’t so",
        "terms" => "the other person’s rules, as they told you",
        "terms-over" => "what the other person allowed is over until you two meet again",
        "rule" | "rule-not-understood" => "a rule of the policy",
        "policy-demands" => "the policy demands what isn’t so",
        "policy-expired" => "the policy has expired",
        "outsider" => "one of the two is no member",
        "role" => "the role of one of the two",
        "host-not-listed" => "the policy doesn’t list that server",
        "outside-meetings" => "only in a moderated room",
        "meeting" | "meeting-person" => "whoever moderates the room allows less",
        other => return other.to_owned(),
    };
    format!("{words} ({code})")
}
