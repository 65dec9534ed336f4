//! What isn't taken from a face while somebody else controls this screen
//! (GUARD-9): they may sit in a terminal and type it.

use kith_api::{
    AccountRequest, AuditRequest, ConsentRequest, ControlChange, Decision, InputRequest,
    LimitsRequest, MeetingRequest, ModeratedRequest, OrgRequest, OwnRulesRequest, PolicyRequest,
    PresenceRequest, Request, ShareRequest, Verification, WindowMark,
};

/// Whether a request is taken from whoever can type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Always: it reads, talks, takes away, or stops.
    Always,
    /// Not while somebody else controls: it widens rights, lets people in,
    /// changes policy or settings, signs, or takes data out.
    Alone,
}

/// What is always taken is named; a new request waits until somebody has
/// thought about it.
pub(super) const fn taken(request: &Request) -> Taken {
    use Taken::{Alone, Always};
    match request {
        Request::Status
        | Request::Identity
        | Request::Stop
        | Request::Lock
        | Request::Unlock { .. }
        | Request::Subscribe
        | Request::Invites
        | Request::InviteRevoke { .. }
        | Request::InviteLook { .. }
        | Request::ContactDecide {
            decision: Decision::Decline,
            ..
        }
        | Request::ContactRemove { .. }
        | Request::Contacts
        | Request::Contact { .. }
        | Request::Features { .. }
        | Request::Probe { .. }
        | Request::Safety { .. }
        | Request::Card
        | Request::Verify {
            outcome: Verification::Unverified,
            ..
        }
        | Request::Rooms
        | Request::Room { .. }
        | Request::Moderated(ModeratedRequest::Show { .. })
        | Request::RoomDecide {
            decision: Decision::Decline,
            ..
        }
        | Request::RoomLeave { .. }
        | Request::Send { .. }
        | Request::Edit { .. }
        | Request::Delete { .. }
        | Request::React { .. }
        | Request::MarkRead { .. }
        | Request::History { .. }
        | Request::Search { .. }
        | Request::FileFetch { .. }
        | Request::Presence { .. }
        | Request::PresenceRules(
            PresenceRequest::Show
            | PresenceRequest::TellMe { .. }
            | PresenceRequest::DontTellMe { .. },
        )
        | Request::Config
        | Request::Doctor
        | Request::Environment
        | Request::Meeting(MeetingRequest::List)
        | Request::Share(
            ShareRequest::List
            | ShareRequest::Ended
            | ShareRequest::Check(_)
            | ShareRequest::Screens
            | ShareRequest::Deny { .. }
            | ShareRequest::Question { .. }
            | ShareRequest::Control {
                // What is given is pressed in a window of its own (ASK-2).
                change: ControlChange::Ask
                    | ControlChange::End
                    | ControlChange::One
                    | ControlChange::Give,
                ..
            }
            | ShareRequest::Stop { .. }
            | ShareRequest::Mark {
                mark: WindowMark::Private,
                ..
            }
            | ShareRequest::Panic
            | ShareRequest::Window { .. }
            | ShareRequest::Figures { .. }
            | ShareRequest::Trace { .. },
        )
        | Request::Policy(
            PolicyRequest::List
            | PolicyRequest::Show { .. }
            | PolicyRequest::Look { .. }
            | PolicyRequest::Explain { .. }
            | PolicyRequest::Directory { .. }
            | PolicyRequest::Mine(OwnRulesRequest::Show | OwnRulesRequest::Add(_)),
        )
        | Request::Org(
            OrgRequest::Keys | OrgRequest::List | OrgRequest::Show { .. } | OrgRequest::Look { .. },
        )
        | Request::Consent(ConsentRequest::List | ConsentRequest::End { .. })
        | Request::Input(InputRequest::List | InputRequest::Remove { .. })
        | Request::Account(AccountRequest::List | AccountRequest::Remove { .. })
        // What is set is looked at: only what bars more from them is taken.
        | Request::Limits(LimitsRequest::List | LimitsRequest::Set { .. })
        | Request::Audit(AuditRequest::Show { .. } | AuditRequest::Verify) => Always,
        _ => Alone,
    }
}

#[cfg(test)]
mod tests {
    use kith_api::{OrgEdit, Press, Secret, Signable, WindowsOf};

    use super::*;

    #[test]
    fn what_widens_signs_or_takes_out_waits_until_nobody_else_controls() {
        let who = || "Anna".to_owned();
        let alone = [
            Request::InviteNew { lifetime_secs: 60 },
            Request::Verify {
                who: who(),
                outcome: Verification::Verified,
            },
            Request::Backup {
                passphrase: Secret::new(String::new()),
            },
            Request::Import {
                content: Vec::new(),
            },
            Request::ConfigSet {
                key: String::new(),
                value: None,
            },
            Request::Org(OrgRequest::KeyNew { label: who() }),
            Request::Org(OrgRequest::Edit {
                org: who(),
                edit: OrgEdit::Renew,
            }),
            Request::Org(OrgRequest::Sign {
                what: Signable::Draft(who()),
                recovery: None,
            }),
            Request::Policy(PolicyRequest::Leave { org: who() }),
            Request::Policy(PolicyRequest::ClockWasWrong { org: who() }),
            Request::Policy(PolicyRequest::Mine(OwnRulesRequest::Remove(1))),
            Request::Policy(PolicyRequest::Mine(OwnRulesRequest::Demand(Vec::new()))),
            Request::Audit(AuditRequest::Export { from: 0 }),
            Request::Input(InputRequest::Enrol {
                kind: kith_api::InputKind::Keyboard,
            }),
            Request::Account(AccountRequest::Keep {
                server: who(),
                password: Secret::new(String::new()),
            }),
            // Their titles and pictures, of windows that aren't shared.
            Request::Share(ShareRequest::Windows {
                thumbnail: 0,
                of: WindowsOf::All,
                press: Press::Asked,
            }),
            Request::Share(ShareRequest::Windows {
                thumbnail: 100,
                of: WindowsOf::Shareable,
                press: Press::Spared,
            }),
            Request::Share(ShareRequest::Mark {
                window: 1,
                process: None,
                mark: WindowMark::Open,
            }),
        ];
        let control = |change| {
            Request::Share(ShareRequest::Control {
                which: who(),
                change,
            })
        };
        assert_eq!(taken(&control(ControlChange::Together)), Taken::Alone);
        for change in [ControlChange::One, ControlChange::Give] {
            assert_eq!(taken(&control(change)), Taken::Always);
        }
        for request in alone {
            assert_eq!(taken(&request), Taken::Alone, "{request:?}");
        }
        let always = [
            Request::Share(ShareRequest::Panic),
            Request::Share(ShareRequest::Mark {
                window: 1,
                process: None,
                mark: WindowMark::Private,
            }),
            Request::Share(ShareRequest::Stop { which: None }),
            Request::Share(ShareRequest::Control {
                which: who(),
                change: ControlChange::End,
            }),
            Request::Lock,
            Request::Org(OrgRequest::List),
            Request::Audit(AuditRequest::Verify),
        ];
        for request in always {
            assert_eq!(taken(&request), Taken::Always, "{request:?}");
        }
    }
}
