//! What a command does, in the words of the window in which it is pressed.
//! Nothing secret stands there, and names are escaped (R9).

use kith_api::{
    ConsentRequest, ControlChange, InputKind, InputRequest, LimitsRequest, OrgRequest,
    PolicyRequest, Request, ShareControllers, ShareLevel, ShareRequest, ShareWhat, Verification,
    WindowMark,
};
use kith_proto::names::escape_for_display;
use kith_screen::warden::protocol::{MAX_LINE, MAX_NAME, Verified};

use super::super::open::Open;

/// The most that is shown of a text from outside, in bytes.
const SHOWN: usize = 120;

/// Cut where it would be too long for a window; escaped.
fn short(text: &str) -> String {
    let mut text = escape_for_display(text);
    if text.len() > SHOWN {
        let end = (0..=SHOWN).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

/// What several controllers are to the person who lets them.
const AT_ONCE: &str = "Several may control it AT ONCE; you are asked about each, and Esc ends all.";

const _: () = assert!(MAX_NAME >= 2 * SHOWN && MAX_LINE >= 2 * SHOWN);

fn level(level: ShareLevel) -> &'static str {
    match level {
        ShareLevel::View => "They only see it.",
        ShareLevel::Control => "With control: for that you are asked again when it begins.",
    }
}

fn shown(what: Option<&ShareWhat>) -> String {
    match what {
        Some(ShareWhat::Desktop) => "your WHOLE DESKTOP".to_owned(),
        Some(ShareWhat::Region(..)) => "a part of your screen".to_owned(),
        Some(ShareWhat::Application(name)) => format!("the application “{}”", short(name)),
        Some(ShareWhat::ApplicationOf(_)) => "an application".to_owned(),
        Some(ShareWhat::WindowOf(_)) => "a window".to_owned(),
        Some(ShareWhat::Window(title)) => format!("the window “{}”", short(title)),
        Some(ShareWhat::VncServer { .. }) => "a VNC server of yours".to_owned(),
        Some(ShareWhat::Synthetic) => "a toy desktop".to_owned(),
        None => "what they ask for".to_owned(),
    }
}

impl Open {
    /// A headline, and what is to be known beside it.
    pub(super) fn in_words(&self, request: &Request) -> (String, Vec<String>) {
        let (headline, mut lines) = match request {
            Request::Share(share) => self.share_in_words(share),
            Request::Consent(ConsentRequest::Give {
                who,
                application,
                level: said,
                days,
            }) => {
                let level = match said {
                    ShareLevel::View => "see",
                    ShareLevel::Control => "see and CONTROL",
                };
                let lines = vec![
                    self.whom(who),
                    format!("The application “{}”", short(application)),
                    format!("For {days} days, without asking you again."),
                ];
                (format!("Let somebody {level} an application"), lines)
            }
            Request::Consent(_) => (
                "Let a standing consent count again".to_owned(),
                vec!["They get in without asking you.".to_owned()],
            ),
            Request::ContactDecide { who, .. } => {
                ("Accept a contact".to_owned(), vec![self.whom(who)])
            }
            Request::Verify {
                who,
                outcome: Verification::Verified,
            } => ("Mark somebody as verified".to_owned(), vec![self.whom(who)]),
            Request::InviteNew { .. } => ("Make an invite".to_owned(), Vec::new()),
            Request::InviteAccept { .. } => ("Accept an invite".to_owned(), Vec::new()),
            Request::ContactRename { who, .. } => (
                "Give a contact another name".to_owned(),
                vec![self.whom(who)],
            ),
            Request::Meeting(_) => ("Meet somebody nearby".to_owned(), Vec::new()),
            Request::ConfigSet { key, .. } => (
                "Change a setting of Kith’s".to_owned(),
                vec![format!("“{}”", short(key))],
            ),
            Request::Limits(LimitsRequest::Set { .. } | LimitsRequest::Revoke { .. }) => {
                ("Loosen what viewers are barred from".to_owned(), Vec::new())
            }
            Request::Input(InputRequest::Enrol { kind }) => {
                let what = match kind {
                    InputKind::Keyboard => "keys",
                    InputKind::Pointer => "clicks",
                };
                let lines = vec![
                    format!("ANY PROGRAM on this computer can then press {what} in this window."),
                    "For x11vnc, an on-screen keyboard and the like, which press as programs do."
                        .to_owned(),
                    "Until you take it back. Not while somebody else has control.".to_owned(),
                ];
                (
                    format!("Let {what} that programs make count as yours"),
                    lines,
                )
            }
            Request::Policy(PolicyRequest::Mine(_)) => {
                ("Change your own rules".to_owned(), Vec::new())
            }
            Request::Policy(_) => ("Change the policies that bind you".to_owned(), Vec::new()),
            Request::Org(OrgRequest::Sign { .. }) => {
                ("SIGN something for an organisation".to_owned(), Vec::new())
            }
            Request::Org(_) => ("Change an organisation".to_owned(), Vec::new()),
            Request::Backup { .. } => (
                "Take out a backup of everything".to_owned(),
                vec!["With it somebody who knows its passphrase becomes you.".to_owned()],
            ),
            Request::ExportRoom { .. } | Request::ExportHistory { .. } => {
                ("Take out what was written in a room".to_owned(), Vec::new())
            }
            Request::Audit(_) => ("Take out the audit log".to_owned(), Vec::new()),
            Request::Import { .. } => ("Take in a file of Kith’s".to_owned(), Vec::new()),
            Request::FileSend { to, path } => (
                "Send a file".to_owned(),
                vec![
                    format!("To {}", short(to)),
                    short(&path.display().to_string()),
                ],
            ),
            Request::RoomNew { .. } | Request::RoomInvite { .. } | Request::RoomDecide { .. } => (
                "Let somebody into a room, or enter one".to_owned(),
                Vec::new(),
            ),
            Request::Account(_) => (
                "Keep what opens a server, for hosted sessions".to_owned(),
                Vec::new(),
            ),
            Request::Moderated(_) => ("Say what may be shared in a room".to_owned(), Vec::new()),
            Request::RoomRemove { .. } | Request::RoomRetention { .. } => {
                ("Change a room".to_owned(), Vec::new())
            }
            Request::DeviceRevoke { .. } | Request::RecoveryKey { .. } => (
                "Change your devices or your recovery sheet".to_owned(),
                Vec::new(),
            ),
            Request::PresenceRules(_) => (
                "Change who sees whether you are there".to_owned(),
                Vec::new(),
            ),
            _ => (
                "Something that gives rights, signs or takes data out".to_owned(),
                Vec::new(),
            ),
        };
        lines.push("It was typed on this computer, or asked for by a program.".to_owned());
        if self.hands().may_be_others() {
            lines.push("Somebody else has or had control here: it may be THEIR command.".into());
        }
        (headline, lines)
    }

    fn share_in_words(&self, request: &ShareRequest) -> (String, Vec<String>) {
        match request {
            ShareRequest::Limited { limits, request } => {
                let (headline, mut lines) = self.share_in_words(request);
                let together = limits.controllers == Some(ShareControllers::Together);
                lines.extend(together.then(|| AT_ONCE.to_owned()));
                (headline, lines)
            }
            ShareRequest::Control {
                which,
                change: ControlChange::Together,
            } => (
                "Let several people control it at once".to_owned(),
                vec![
                    format!("What you show {}", short(which)),
                    AT_ONCE.to_owned(),
                ],
            ),
            ShareRequest::InRoom { room, request } => {
                let (headline, mut lines) = self.share_in_words(request);
                lines.push(format!("In the room “{}”", short(room)));
                (headline, lines)
            }
            ShareRequest::Invite {
                who,
                what,
                level: said,
                ..
            } => (
                format!("Show {}", shown(Some(what))),
                vec![self.whom(who), level(*said).to_owned()],
            ),
            ShareRequest::Allow { which, what, .. } => {
                let who = self.meant_by_allow(which).map(|(id, _)| id);
                let who = who.and_then(|id| self.share_info(&id));
                let who =
                    who.map_or_else(String::new, |info| self.whom(&info.person.id.to_string()));
                let lines = vec![who].into_iter().filter(|l| !l.is_empty());
                (format!("Show {}", shown(what.as_ref())), lines.collect())
            }
            ShareRequest::Mark {
                mark: WindowMark::Open,
                ..
            } => (
                "Show a window that was marked private".to_owned(),
                Vec::new(),
            ),
            ShareRequest::Place { which, area } => {
                let (left, top, width, height) = area;
                let line = format!("{width} × {height} pixels, at {left}, {top}");
                (
                    "Show another part of your screen".to_owned(),
                    vec![self.whom(which), line],
                )
            }
            ShareRequest::Windows { .. } => (
                "Tell a program which windows are open".to_owned(),
                Vec::new(),
            ),
            ShareRequest::Join { who, .. } | ShareRequest::JoinApplication { who, .. } => (
                "Ask somebody to show you something".to_owned(),
                vec![self.whom(who)],
            ),
            _ => ("A change of what is shared".to_owned(), Vec::new()),
        }
    }

    /// Who is meant, with the mark of verification and the organisation.
    fn whom(&self, who: &str) -> String {
        let Ok(person) = self.find(who) else {
            return format!("To “{}”", short(who));
        };
        let asker = self.asker(&person);
        let mark = match asker.verified {
            Verified::Yes => "✓ verified",
            Verified::No => "✗ NOT verified",
        };
        match asker.organisation {
            Some(organisation) => format!("{} ({mark}), {organisation}", asker.name),
            None => format!("{} ({mark})", asker.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R9: what somebody else wrote neither fills the window nor hides in it.
    #[test]
    fn foreign_text_is_short_and_plain() {
        assert_eq!(short("Letter"), "Letter");
        let long = short(&"ä".repeat(500));
        assert!(long.len() <= SHOWN + '…'.len_utf8(), "{}", long.len());
        assert!(long.ends_with('…'));
        assert!(!short("a\u{202e}b\nc").chars().any(char::is_control));
    }
}
