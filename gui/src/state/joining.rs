//! Asking somebody to show something: whatever they choose, one application of
//! theirs, which a standing consent may cover (ASK-3), or a VNC server (HOST-1).

use kith_api::id::PersonId;
use kith_api::{ShareRequest, ShareShow};

use super::share::Offer;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum See {
    /// Whatever they choose.
    #[default]
    Anything,
    /// One application of theirs.
    Application,
    /// A VNC server of theirs.
    Server,
}

impl Offer {
    /// What is asked of somebody; `None` while something is missing.
    pub(super) fn join(&self, person: PersonId) -> Option<ShareRequest> {
        let who = person.to_string();
        let (level, case) = (self.level, self.case.clone());
        let application = self.text.trim();
        Some(match self.see {
            See::Application if application.is_empty() => return None,
            See::Application => ShareRequest::JoinApplication {
                who,
                application: application.to_owned(),
                level,
                show: ShareShow::Window,
                case,
            },
            See::Anything | See::Server => ShareRequest::Join {
                who,
                level,
                show: match self.see {
                    See::Server => ShareShow::VncServer,
                    See::Anything | See::Application => ShareShow::Window,
                },
                case,
            },
        })
    }
}
