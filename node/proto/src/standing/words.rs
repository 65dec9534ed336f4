//! Reasons as codes and in plain words (UI-6; spec 15, "Reasons").

use super::{Reason, Whose};
use crate::capability::Impossible;
use crate::policy::decide::{Source, Stage};

impl Reason {
    /// Where it was found, as a code.
    #[must_use]
    pub const fn step(&self) -> &'static str {
        match self {
            Self::NotContacts | Self::DeviceBarred => "contact",
            Self::NotLooked | Self::Impossible(_, Whose::Ours) => "device",
            Self::NotMet | Self::RunOut | Self::Impossible(_, Whose::Theirs | Whose::Both) => {
                "their-device"
            }
            Self::Denied(Stage::Request | Stage::Organisation, _) => "policy",
            Self::Denied(Stage::LocalProfile, _) => "profile",
            Self::Denied(Stage::RemoteProfile, _) => "their-profile",
            Self::Offline => "presence",
            Self::NoCommonVersion => "version",
            Self::NoPath(_) => "path",
            Self::NoTrial => "trial",
        }
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotContacts => "not-contacts",
            Self::DeviceBarred => "device-barred",
            Self::NotLooked => "not-looked",
            Self::NotMet => "not-met",
            Self::RunOut => "run-out",
            Self::Impossible(why, _) => why.name(),
            Self::Denied(_, source) => source.code(),
            Self::Offline => "offline",
            Self::NoCommonVersion => "no-common-version",
            Self::NoPath(verdict) => verdict.code(),
            Self::NoTrial => "no-trial",
        }
    }

    /// In an English sentence without its full stop; `name` is what the
    /// contact is called, escaped.
    #[must_use]
    pub fn words(&self, name: &str) -> String {
        match self {
            Self::NotContacts => format!("{name} and you aren’t contacts yet"),
            Self::DeviceBarred => {
                format!("the device isn’t {name}’s any more, or its certificate has run out")
            }
            Self::NotLooked => "this device is still being looked at".into(),
            Self::NotMet => {
                format!("it isn’t known what {name}’s device can do: it must meet yours first")
            }
            Self::RunOut => format!(
                "what {name}’s device can do was said too long ago: it must meet yours again"
            ),
            Self::Impossible(why, whose) => {
                let device = match whose {
                    Whose::Ours => "your device".to_owned(),
                    Whose::Theirs => format!("{name}’s device"),
                    Whose::Both => "the two devices".to_owned(),
                };
                let what = match why {
                    Impossible::SharerCannot => "can’t show anything this way",
                    Impossible::ViewerCannot => "has nothing to view it with",
                    Impossible::NoCommonRight => "have no right in common",
                    Impossible::NoCommonCodec => "have no codec in common",
                    Impossible::NoCommonKem => "have no way of sealing in common",
                };
                format!("{device} {what}")
            }
            Self::Denied(_, Source::OutsideMeetings) => {
                format!("only in a moderated room; {name} and you are in none where it is allowed")
            }
            Self::Denied(_, source) => format!("denied by {}", source.describe()),
            Self::Offline => format!("{name}’s device can’t be reached now"),
            Self::NoCommonVersion => {
                format!("{name}’s Kith and yours have no version of the protocol in common")
            }
            Self::NoPath(verdict) => verdict.words().to_owned(),
            Self::NoTrial => {
                "a trial picture is demanded first, and none came through between the two devices"
                    .into()
            }
        }
    }

    /// What would help, where something would that a person can do.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotContacts => Some("“kith contacts” shows who waits for an answer"),
            Self::NoCommonVersion => Some("install the newest Kith on both sides"),
            Self::Denied(_, Source::OutsideMeetings) => Some(
                "whoever may open meetings opens one: “kith rooms new TITLE NAME --moderated view”",
            ),
            Self::Denied(_, Source::Meeting | Source::MeetingPerson(_) | Source::MeetingGap(_)) => {
                Some("“kith rooms moderate ROOM” says what is allowed there, and who says so")
            }
            Self::Denied(Stage::Organisation, _) => {
                Some("“kith policy explain NAME” shows the whole derivation")
            }
            Self::NoPath(_) => Some(
                "a contact whose device is reachable from outside could pass it on; “kith doctor” \
                 says what is in the way here",
            ),
            _ => None,
        }
    }
}
