//! What a command does, in the words of the window in which it is pressed.
//! Nothing secret stands there, and names are escaped (R9).

use kith_api::{
    ConsentRequest, ControlChange, InputKind, InputRequest, LimitsRequest, OrgRequest,
    PolicyRequest, Request, ScreenArea, ShareControllers, ShareLevel, ShareRequest, ShareWhat,
    Verification, WindowMark,
};
use kith_proto::names::escape_for_display;
use kith_screen::look::fill;
use kith_screen::warden::protocol::{MAX_LINE, MAX_NAME, Verified};

use super::super::open::Open;
use super::super::sessions::{Meant, least};
use super::super::texts::{Texts, texts};

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

const _: () = assert!(MAX_NAME >= 2 * SHOWN && MAX_LINE >= 2 * SHOWN);

/// How far somebody may go, and what that comes to (GUARD-9).
fn level(level: ShareLevel, texts: &Texts) -> Vec<String> {
    let said: &[_] = match level {
        ShareLevel::View => &[texts.level_view],
        ShareLevel::Control => &[texts.level_control, texts.as_you],
    };
    said.iter().map(|line| (*line).to_owned()).collect()
}

fn shown(what: Option<&ShareWhat>, texts: &Texts) -> String {
    let what = match what {
        Some(ShareWhat::Application(name)) => fill(texts.application, &[&short(name)]),
        Some(ShareWhat::Window(title)) => fill(texts.window, &[&short(title)]),
        Some(ShareWhat::Desktop) => texts.desktop.to_owned(),
        Some(ShareWhat::Region { .. }) => texts.region.to_owned(),
        Some(ShareWhat::ApplicationOf(_)) => texts.an_application.to_owned(),
        Some(ShareWhat::WindowOf(_)) => texts.a_window.to_owned(),
        Some(ShareWhat::VncServer { .. }) => texts.vnc_server.to_owned(),
        Some(ShareWhat::Synthetic) => texts.toy.to_owned(),
        None => texts.what_they_ask.to_owned(),
    };
    fill(texts.show, &[&what])
}

/// Where that part of the screen is.
fn at((left, top, width, height): ScreenArea, texts: &Texts) -> String {
    let (size, at) = (format!("{width} × {height}"), format!("{left}, {top}"));
    fill(texts.pixels, &[&size, &at])
}

fn place(what: &ShareWhat, texts: &Texts) -> Option<String> {
    match what {
        ShareWhat::Region { area, .. } => Some(at(*area, texts)),
        _ => None,
    }
}

/// What most commands do is said in one line.
const fn headline(request: &Request, t: &Texts) -> &'static str {
    match request {
        Request::ContactDecide { .. } => t.accept_contact,
        Request::Verify {
            outcome: Verification::Verified,
            ..
        } => t.mark_verified,
        Request::InviteNew { .. } => t.make_invite,
        Request::InviteAccept { .. } => t.accept_invite,
        Request::ContactRename { .. } => t.rename,
        Request::Meeting(_) => t.meet,
        Request::ConfigSet { .. } => t.setting,
        Request::Limits(LimitsRequest::Set { .. } | LimitsRequest::Revoke { .. }) => t.loosen,
        Request::Policy(PolicyRequest::Mine(_)) => t.own_rules,
        Request::Policy(_) => t.policies,
        Request::Org(OrgRequest::Sign { .. }) => t.sign,
        Request::Org(_) => t.organisation,
        Request::Backup { .. } => t.backup,
        Request::ExportRoom { .. } | Request::ExportHistory { .. } => t.export_room,
        Request::Audit(_) => t.audit,
        Request::Import { .. } => t.import,
        Request::FileSend { .. } => t.send_file,
        Request::RoomNew { .. } | Request::RoomInvite { .. } | Request::RoomDecide { .. } => {
            t.enter_room
        }
        Request::Account(_) => t.account,
        Request::Moderated(_) => t.moderated,
        Request::RoomRemove { .. } | Request::RoomRetention { .. } => t.change_room,
        Request::DeviceRevoke { .. } | Request::RecoveryKey { .. } => t.devices,
        Request::PresenceRules(_) => t.presence_rules,
        _ => t.something,
    }
}

impl Open {
    /// The texts of the warden's windows, in their language.
    pub(in crate::node) fn texts(&self) -> &'static Texts {
        texts(self.sessions.shares().look_now().language)
    }

    /// A headline, and what is to be known beside it.
    pub(super) fn in_words(&self, request: &Request) -> (String, Vec<String>) {
        let t = self.texts();
        let (headline, mut lines) = match request {
            Request::Share(share) => self.share_in_words(share, None),
            Request::Consent(ConsentRequest::Give {
                who,
                application,
                level,
                days,
            }) => {
                let headline = match level {
                    ShareLevel::View => t.let_see,
                    ShareLevel::Control => t.let_control,
                };
                let mut lines = vec![
                    self.whom(who),
                    fill(t.the_application, &[&short(application)]),
                    fill(t.for_days, &[&days.to_string()]),
                ];
                lines.extend((*level == ShareLevel::Control).then(|| t.as_you.to_owned()));
                (headline.to_owned(), lines)
            }
            Request::Consent(_) => (t.count_again.to_owned(), vec![t.without_asking.to_owned()]),
            Request::Input(InputRequest::Enrol { kind }) => {
                let (headline, any) = match kind {
                    InputKind::Keyboard => (t.keys_count, t.any_keys),
                    InputKind::Pointer => (t.clicks_count, t.any_clicks),
                };
                let lines = [any, t.inputs_for, t.inputs_until];
                (headline.to_owned(), lines.map(str::to_owned).into())
            }
            request => {
                let lines = match request {
                    Request::ContactDecide { who, .. }
                    | Request::ContactRename { who, .. }
                    | Request::Verify { who, .. } => vec![self.whom(who)],
                    Request::ConfigSet { key, .. } => vec![format!("“{}”", short(key))],
                    Request::Backup { .. } => vec![t.backup_more.to_owned()],
                    Request::FileSend { to, path } => vec![
                        fill(t.to, &[&short(to)]),
                        short(&path.display().to_string()),
                    ],
                    _ => Vec::new(),
                };
                (headline(request, t).to_owned(), lines)
            }
        };
        lines.push(t.typed.to_owned());
        if self.hands().may_be_others() {
            lines.push(t.perhaps_theirs.to_owned());
        }
        (headline, lines)
    }

    /// `most`: up to what was said besides.
    fn share_in_words(
        &self,
        request: &ShareRequest,
        most: Option<ShareLevel>,
    ) -> (String, Vec<String>) {
        let t = self.texts();
        let said = |headline: &str, lines| (headline.to_owned(), lines);
        match request {
            ShareRequest::Limited { limits, request } => {
                let most = limits.level.or(most);
                let (headline, mut lines) = self.share_in_words(request, most);
                let together = limits.controllers == Some(ShareControllers::Together);
                lines.extend(together.then(|| t.at_once.to_owned()));
                (headline, lines)
            }
            ShareRequest::Control {
                which,
                change: ControlChange::Together,
            } => said(
                t.several,
                vec![
                    fill(t.shown_to, &[&short(which)]),
                    t.at_once.to_owned(),
                    t.as_you.to_owned(),
                ],
            ),
            ShareRequest::InRoom { room, request } => {
                let (headline, mut lines) = self.share_in_words(request, most);
                lines.push(fill(t.in_room, &[&short(room)]));
                (headline, lines)
            }
            ShareRequest::Invite {
                who,
                what,
                level: said,
                ..
            } => {
                let lines = place(what, t).into_iter().chain([self.whom(who)]);
                let lines = lines.chain(level(least(*said, most), t));
                (shown(Some(what), t), lines.collect())
            }
            ShareRequest::Allow { which, what, .. } => {
                let (id, meant) = self.meant_by_allow(which).unzip();
                let asks = id.and_then(|id| self.share_info(&id));
                let who = asks.as_ref().map(|s| self.whom(&s.person.id.to_string()));
                let other = match meant {
                    Some(Meant::Seeing) => Some((t.see_theirs, t.comes_here)),
                    Some(Meant::ControlElsewhere) => Some((t.let_control_it, t.as_you)),
                    Some(Meant::Showing | Meant::Control) | None => None,
                };
                if let Some((headline, line)) = other {
                    return said(headline, who.into_iter().chain([line.to_owned()]).collect());
                }
                let shows = asks.filter(|_| meant == Some(Meant::Showing));
                let level = shows.map(|s| match s.control.as_str() {
                    "nothing" => level(ShareLevel::View, t),
                    _ => level(least(ShareLevel::Control, most), t),
                });
                let place = what.as_ref().and_then(|what| place(what, t));
                let lines = place.into_iter().chain(who);
                let lines = lines.chain(level.into_iter().flatten());
                (shown(what.as_ref(), t), lines.collect())
            }
            ShareRequest::Mark {
                mark: WindowMark::Open,
                ..
            } => said(t.show_private, Vec::new()),
            ShareRequest::Place { which, area, .. } => {
                said(t.show_part, vec![self.whom(which), at(*area, t)])
            }
            ShareRequest::Windows { .. } => said(t.tell_windows, Vec::new()),
            ShareRequest::Join { who, .. } | ShareRequest::JoinApplication { who, .. } => {
                said(t.ask_to_see, vec![self.whom(who)])
            }
            _ => said(t.change_shown, Vec::new()),
        }
    }

    /// Who is meant, with the mark of verification and the organisation.
    fn whom(&self, who: &str) -> String {
        let t = self.texts();
        let Ok(person) = self.find(who) else {
            return fill(t.to, &[&format!("“{}”", short(who))]);
        };
        let asker = self.asker(&person);
        let mark = match asker.verified {
            Verified::Yes => t.verified,
            Verified::No => t.not_verified,
        };
        let whom = fill(t.whom, &[&asker.name, mark]);
        match asker.organisation {
            Some(organisation) => format!("{whom}, {organisation}"),
            None => whom,
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
