//! What an entry says, by name: for programs that read the log.

use std::net::SocketAddr;

use kith_proto::audit::{Event, EventKind, Extent, Outcome, Server};
use kith_proto::names::escape_for_display;
use kith_proto::policy::case::Case;
use kith_proto::policy::reference::PolicyRef;

use super::super::invites::hex;
use super::super::limits::bars_in_words;

/// What an event says, by name.
pub(super) struct Facts<'a> {
    pub(super) kind: String,
    pub(super) extent: Option<&'a Extent>,
    pub(super) details: Vec<(String, String)>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        let number = event.kind();
        let kind = EventKind::from_number(number)
            .map_or_else(|| format!("kind-{number}"), |k| k.name().to_owned());
        let mut details = Vec::new();
        let mut say = |name: &str, value: String| details.push((name.to_owned(), value));
        let extent = match event {
            Event::Asked {
                extent,
                direction,
                case,
                ..
            } => {
                say("direction", direction.name().into());
                case_facts(case, &mut say);
                Some(extent)
            }
            Event::Decided {
                policies, outcome, ..
            } => {
                policies
                    .as_slice()
                    .iter()
                    .for_each(|p| say("policy", policy_text(p)));
                match outcome {
                    Outcome::Allowed(extent) => Some(extent),
                    Outcome::Denied { stage, reason } => {
                        say("stage", stage.as_str().into());
                        say("reason", reason.as_str().into());
                        None
                    }
                }
            }
            Event::Refused { by, reason, .. } => {
                say("by", by.name().into());
                say("reason", reason.as_str().into());
                None
            }
            Event::Granted {
                extent,
                consent,
                case,
                ..
            } => {
                if let Some(consent) = consent {
                    say("consent", hex(consent.as_bytes()));
                }
                case_facts(case, &mut say);
                Some(extent)
            }
            Event::Escalated { extent, by, .. } => {
                say("by", by.name().into());
                Some(extent)
            }
            Event::Reduced {
                extent, by, reason, ..
            } => {
                say("by", by.name().into());
                say("reason", reason.as_str().into());
                Some(extent)
            }
            Event::Ended {
                by, reason, record, ..
            } => {
                say("by", by.name().into());
                say("reason", reason.as_str().into());
                if let Some(record) = record {
                    say("record", hex(record.as_bytes()));
                }
                None
            }
            Event::PolicyInForce { policy } | Event::ClockCorrected { policy } => {
                say("policy", policy_text(policy));
                None
            }
            Event::ConsentGiven { consent, person } => {
                say("consent", hex(consent.as_bytes()));
                say("person", person.to_string());
                None
            }
            Event::ConsentEnded { consent } | Event::ConsentResumed { consent } => {
                say("consent", hex(consent.as_bytes()));
                None
            }
            Event::ConsentHeld { consent, reason } => {
                say("reason", reason.as_str().into());
                say("consent", hex(consent.as_bytes()));
                None
            }
            Event::LimitsChanged { fits, bars } => {
                if let Some(person) = fits.person {
                    say("person", person.to_string());
                }
                if let Some(device) = fits.device {
                    say("device", device.to_string());
                }
                if let Some(application) = &fits.application {
                    say("application", escape_for_display(application.as_str()));
                }
                match bars {
                    Some(bars) => say("barred", bars_in_words(bars)),
                    None => say("forgotten", String::new()),
                }
                None
            }
            Event::AccountKept { server, how } | Event::AccountRemoved { server, how } => {
                say("server", server_text(server));
                say("how", how.as_str().into());
                None
            }
            Event::InputEnrolled { input, how } | Event::InputRemoved { input, how } => {
                say("input", input.name().into());
                say("how", how.as_str().into());
                None
            }
            Event::ControlGiven { how, .. } => {
                say("how", how.as_str().into());
                None
            }
            Event::AtScreen {
                answer,
                command,
                person,
                left_out,
            } => {
                say("how", answer.as_str().into());
                say("command", command.as_str().into());
                if let Some(person) = person {
                    say("person", person.to_string());
                }
                if let Some(count) = left_out {
                    say("count", count.to_string());
                }
                None
            }
            Event::LeftOut { by, count, .. } => {
                say("by", by.name().into());
                say("count", count.to_string());
                None
            }
            Event::Started { .. } | Event::Later { .. } => None,
        };
        Self {
            kind,
            extent,
            details,
        }
    }
}

pub(super) fn server_text(server: &Server) -> String {
    let place = SocketAddr::from((server.address, server.port));
    format!("{} server {place}", server.technology.name())
}

fn policy_text(p: &PolicyRef) -> String {
    format!("{}/{}", p.org, p.sequence)
}

fn case_facts(case: &Case, say: &mut impl FnMut(&str, String)) {
    let fields = [
        ("purpose", &case.purpose),
        ("reference", &case.reference),
        ("patient-consent", &case.patient_consent),
    ];
    for (name, text) in fields {
        if let Some(text) = text {
            say(name, escape_for_display(text.as_str()));
        }
    }
}
