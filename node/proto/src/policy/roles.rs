//! Roles and what they carry (POL-2a; spec 04, "Roles").

use crate::registry::registry;

registry! {
    /// What somebody is in an organisation; each is above the one before.
    enum Role;
    /// A set of roles.
    set Roles;
    /// Watches, and controls where it is granted.
    Participant = 1, "participant";
    /// Also shares own applications, and grants control of them.
    Sharer = 2, "sharer";
    /// Also opens moderated meetings and rooms for the whole organisation.
    Organiser = 3, "organiser";
    /// Answers for the policy. Signing it takes an administrator's key
    /// (POL-1): the role alone signs nothing.
    Administrator = 4, "administrator";
}

registry! {
    /// What a role may carry.
    enum Power;
    /// A set of powers.
    set Powers;
    /// See others' shares.
    View = 1, "view";
    /// Show own applications.
    Share = 2, "share";
    /// Let somebody control what one shares.
    GrantControl = 3, "grant-control";
    /// Be given control.
    ReceiveControl = 4, "receive-control";
    /// Hand control from one person to another in a meeting.
    ChangeControl = 5, "change-control";
    /// Open a moderated meeting.
    OpenMeeting = 6, "open-meeting";
    /// Open a room to the whole organisation (MSG-1).
    OpenRoom = 7, "open-room";
}

impl Role {
    /// What the role carries where the policy doesn't say less.
    #[must_use]
    pub const fn powers(self) -> Powers {
        const PARTICIPANT: Powers = Powers::of(&[Power::View, Power::ReceiveControl]);
        const SHARER: Powers = PARTICIPANT.with(Power::Share).with(Power::GrantControl);
        match self {
            Self::Participant => PARTICIPANT,
            Self::Sharer => SHARER,
            Self::Organiser | Self::Administrator => Powers::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_includes_the_one_below() {
        for pair in Role::ALL.windows(2) {
            assert!(pair[0].powers().is_subset(pair[1].powers()), "{pair:?}");
        }
        assert!(!Role::Participant.powers().contains(Power::Share));
        assert!(!Role::Sharer.powers().contains(Power::OpenMeeting));
    }
}
