//! What happened in a room, in words and by a code (UI-6).

use kith_api::Happened;
use kith_proto::id::PersonId;
use kith_proto::room::body::Toggle;
use kith_proto::room::change::{Action, Retention, RoomKind};

use super::open::Open;
use super::titles;

impl Open {
    /// A change of the room; `None` for what isn't worth a line.
    pub(super) fn happened(
        &self,
        author: &PersonId,
        action: &Action,
    ) -> Option<(String, Happened)> {
        let by = self.reference(author).name;
        let name = |p: &PersonId| self.reference(p).name;
        let nobody = String::new;
        let (code, about) = match action {
            Action::Open {
                kind: RoomKind::Pair(_),
                ..
            } => return None,
            Action::Open { .. } => ("opened", nobody()),
            Action::Invite { person, .. } => ("invited", name(person)),
            Action::Accept => ("accepted", nobody()),
            Action::Decline => ("declined", nobody()),
            Action::Leave { .. } => ("left", nobody()),
            Action::Add { person, .. } => ("role", name(person)),
            Action::Remove { person, .. } => ("removed", name(person)),
            Action::CutDevice { .. } => ("device", nobody()),
            Action::Retention(Retention::Forever) => ("kept", nobody()),
            Action::Retention(Retention::For(d)) => {
                ("kept-days", (d.as_secs() / 86_400).to_string())
            }
            Action::Hold(Toggle::Set) => ("hold", nobody()),
            Action::Hold(Toggle::Clear) => ("hold-lifted", nobody()),
            Action::Title(title) => ("renamed", titles::shown(title)),
        };
        let words = match code {
            "opened" => format!("{by} opened the room"),
            "invited" => format!("{by} invited {about}"),
            "accepted" => format!("{by} came in"),
            "declined" => format!("{by} declined the invitation"),
            "left" => format!("{by} left"),
            "role" => format!("{by} changed the role of {about}"),
            "removed" => format!("{by} removed {about}"),
            "device" => format!("{by} ended a device"),
            "kept" => format!("{by}: messages are kept"),
            "kept-days" => format!("{by}: messages are kept for {about} days"),
            "hold" => format!("{by}: nothing is erased (legal hold)"),
            "hold-lifted" => format!("{by}: the legal hold is lifted"),
            _ => format!("{by} renamed the room to {about}"),
        };
        let code = code.to_owned();
        Some((words, Happened { code, about }))
    }
}
