//! What is told outside of the window while it isn't looked at. Quiet by
//! default where it could be seen by others: nothing while somebody sees this
//! screen, and never what was written, what a room or a file is called, or a
//! name that nobody checked.

use kith_api::{Contact, ContactState, PresenceState, Room, ShareInfo, SharePart, SharePhase};

use super::{Effect, Model, Stage};

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// What it is about: a newer one about the same takes its place.
    pub(crate) about: String,
    /// What is said.
    pub(crate) words: String,
}

/// Whether anything is told outside of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Notices {
    /// Yes.
    #[default]
    Shown,
    /// No.
    Off,
}

/// A name in a notice is no longer than this, in characters.
const LONGEST: usize = 40;

impl Model {
    /// Whether something may be told now.
    fn may_tell(&self) -> bool {
        let home = &self.home;
        let busy = home.status.as_ref().map(|s| s.presence) == Some(PresenceState::Busy);
        matches!(self.stage, Stage::Home)
            && self.prefs.notices == Notices::Shown
            && !self.focused
            && !busy
            && home.shares.live().next().is_none()
    }

    fn tell(&self, about: String, key: &str, name: &str) -> Vec<Effect> {
        if !self.may_tell() {
            return Vec::new();
        }
        let name = crate::widgets::short(name, LONGEST);
        let words = self.words.with(key, &[("name", name.into())]);
        vec![Effect::Notify(Notice { about, words })]
    }
}

/// A room has more that is unread than it had.
pub(super) fn of_room(model: &Model, room: &Room, before: u32) -> Vec<Effect> {
    if room.unread <= before {
        return Vec::new();
    }
    let about = room.room.id.to_string();
    match model.home.person_of(&room.room.id) {
        Some(contact) => model.tell(about, "notice-message", &contact.person.name),
        None => model.tell(about, "notice-room", ""),
    }
}

/// Somebody begins to wait for an answer.
pub(super) fn of_share(
    model: &Model,
    share: &ShareInfo,
    before: Option<SharePhase>,
) -> Vec<Effect> {
    if share.phase != SharePhase::Asked || before == Some(SharePhase::Asked) {
        return Vec::new();
    }
    let key = match share.part {
        SharePart::Sharer => "notice-asks",
        SharePart::Viewer => "notice-invites",
    };
    model.tell(share.session.to_string(), key, &share.person.name)
}

/// Somebody has answered an invite. Their name is only what they say.
pub(super) fn of_contact(
    model: &Model,
    contact: &Contact,
    before: Option<ContactState>,
) -> Vec<Effect> {
    let asks = contact.state == ContactState::Asks && before != Some(ContactState::Asks);
    match asks {
        true => model.tell(contact.person.id.to_string(), "notice-contact", ""),
        false => Vec::new(),
    }
}
