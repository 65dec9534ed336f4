//! What the window at the screen asked about a command, in the audit log (UI-4):
//! also what came to nothing, and before it takes effect.

use kith_api::{ApiError, ConsentRequest, InputRequest, Request, ShareRequest};
use kith_proto::audit::{Code, Event, Pressed};
use kith_proto::id::PersonId;
use tokio::time::Instant;

use super::super::open::Open;
use super::super::sessions::{Whose, Written};
use super::{Weight, allowed};
use crate::store::audit as rows;

/// What a question is about: what may be kept while the command itself is covered.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub(super) weight: Weight,
    pub(super) command: &'static str,
    pub(super) person: Option<PersonId>,
}

/// A command's stable name (UI-6).
const fn name(request: &Request) -> &'static str {
    match request {
        Request::Share(share) => of_share(share),
        Request::Consent(ConsentRequest::Give { .. }) => "consent-give",
        Request::Consent(_) => "consent-resume",
        Request::Input(InputRequest::Enrol { .. }) => "input-enrol",
        Request::ContactDecide { .. } => "contact-accept",
        Request::ContactRename { .. } => "contact-rename",
        Request::Verify { .. } => "verify",
        Request::InviteNew { .. } => "invite",
        Request::InviteAccept { .. } => "accept",
        Request::Meeting(_) => "meet",
        Request::ConfigSet { .. } => "config",
        Request::Limits(_) => "limits",
        Request::Policy(_) => "policy",
        Request::Org(_) => "org",
        Request::Backup { .. } => "backup",
        Request::ExportRoom { .. } | Request::ExportHistory { .. } => "export",
        Request::Audit(_) => "audit",
        Request::Import { .. } => "import",
        Request::FileSend { .. } => "send-file",
        Request::Account(_) => "account",
        Request::DeviceRevoke { .. } | Request::RecoveryKey { .. } => "devices",
        Request::PresenceRules(_) => "presence",
        _ => "other",
    }
}

const fn of_share(share: &ShareRequest) -> &'static str {
    match share {
        ShareRequest::Limited { request, .. } | ShareRequest::InRoom { request, .. } => {
            of_share(request)
        }
        ShareRequest::Invite { .. } => "share",
        ShareRequest::Allow { .. } => "allow",
        ShareRequest::Join { .. } | ShareRequest::JoinApplication { .. } => "join",
        ShareRequest::Control { .. } => "control",
        ShareRequest::Place { .. } => "frame",
        ShareRequest::Mark { .. } => "windows",
        _ => "other",
    }
}

/// Whom a command names.
fn whom(request: &Request) -> Option<&str> {
    match request {
        Request::Share(share) => match share {
            ShareRequest::Limited { request, .. } | ShareRequest::InRoom { request, .. } => {
                match &**request {
                    ShareRequest::Invite { who, .. } => Some(who),
                    _ => None,
                }
            }
            ShareRequest::Invite { who, .. }
            | ShareRequest::Join { who, .. }
            | ShareRequest::JoinApplication { who, .. } => Some(who),
            _ => None,
        },
        Request::Consent(ConsentRequest::Give { who, .. })
        | Request::ContactDecide { who, .. }
        | Request::ContactRename { who, .. }
        | Request::Verify { who, .. } => Some(who),
        _ => None,
    }
}

impl Open {
    /// What the log says a command is about.
    pub(super) fn about(&self, request: &mut Request) -> About {
        let asks = allowed(request).and_then(|(which, _)| {
            let (id, _) = self.meant_by_allow(which)?;
            Some(self.share_info(&id)?.person.id)
        });
        About {
            weight: Weight::of(request),
            command: name(request),
            person: asks.or_else(|| self.find(whom(request)?).ok()),
        }
    }

    /// Writes down what came of a question. A list of windows shares nothing, and is
    /// asked for often; of what programs bring about there is only so much in a row.
    pub(super) async fn write_pressed(
        &mut self,
        about: About,
        pressed: Pressed,
    ) -> Result<(), ApiError> {
        if about.weight == Weight::Tells {
            return Ok(());
        }
        let mut left_out = None;
        if !pressed.is_a_person_s() {
            let me = self.account.person();
            match self.sessions.room_for(me, Whose::Ours, Instant::now()) {
                Written::Singly => {}
                Written::LeftOut(None) => return Ok(()),
                Written::LeftOut(count) => left_out = count,
            }
        }
        let (entry, head, log) = self.next_entry(Event::AtScreen {
            answer: pressed.code(),
            command: Code::new(about.command).map_err(super::fault)?,
            person: about.person,
            left_out,
        })?;
        self.store
            .write(move |tx| rows::append(tx, &entry, &head))
            .await?;
        self.audit = log;
        Ok(())
    }

    /// The same, where nothing rests on it.
    pub(super) async fn note_pressed(&mut self, about: About, pressed: Pressed) {
        if let Err(error) = self.write_pressed(about, pressed).await {
            tracing::error!(%error, "what was asked at the screen can't be written down");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R9, UI-6: nothing of a command but a code gets into the log.
    #[test]
    fn a_command_has_a_name_that_a_log_can_hold() {
        let share = ShareRequest::Limited {
            limits: kith_api::ShareLimits::default(),
            request: Box::new(ShareRequest::Stop { which: None }),
        };
        let resume = ConsentRequest::Resume {
            consent: "ab".into(),
        };
        for (request, said) in [
            (Request::Share(share), "other"),
            (Request::Consent(resume), "consent-resume"),
            (Request::Stop, "other"),
        ] {
            assert_eq!(name(&request), said);
            assert!(Code::new(name(&request)).is_ok());
        }
    }
}
