//! Commands about rooms.

use std::fmt::{self, Write};

use kith_api::{Decision, LegalHold, Moderated, ModeratedLevel, ModeratedRequest, Request};

use super::args::{Allowed, RoomAction, SwitchArg};

pub(super) fn request(action: Option<RoomAction>) -> Request {
    match action {
        None => Request::Rooms,
        Some(RoomAction::New {
            title,
            members,
            moderated: None,
        }) => Request::RoomNew { title, members },
        Some(RoomAction::New {
            title,
            members,
            moderated: Some(level),
        }) => Request::Moderated(ModeratedRequest::Open {
            title,
            members,
            level: moderated(level),
        }),
        Some(RoomAction::Moderate {
            room, level: None, ..
        }) => Request::Moderated(ModeratedRequest::Show { room }),
        Some(RoomAction::Moderate {
            room,
            level: Some(level),
            who,
        }) => Request::Moderated(ModeratedRequest::Allow {
            room,
            who,
            level: moderated(level),
        }),
        Some(RoomAction::Show { room }) => Request::Room { room },
        Some(RoomAction::Invite { room, who }) => Request::RoomInvite { room, who },
        Some(RoomAction::Join { room }) => Request::RoomDecide {
            room,
            decision: Decision::Accept,
        },
        Some(RoomAction::Decline { room }) => Request::RoomDecide {
            room,
            decision: Decision::Decline,
        },
        Some(RoomAction::Remove { room, who }) => Request::RoomRemove { room, who },
        Some(RoomAction::Leave { room }) => Request::RoomLeave { room },
        Some(RoomAction::Keep { room, days }) => Request::RoomRetention {
            room,
            days: (days > 0).then_some(days),
        },
        Some(RoomAction::Hold { room, state }) => Request::RoomHold {
            room,
            hold: match state {
                SwitchArg::On => LegalHold::Set,
                SwitchArg::Off => LegalHold::Lifted,
            },
        },
    }
}

const fn moderated(level: Allowed) -> ModeratedLevel {
    match level {
        Allowed::Nothing => ModeratedLevel::Nothing,
        Allowed::View => ModeratedLevel::View,
        Allowed::Control => ModeratedLevel::Control,
    }
}

/// What is allowed in a moderated room.
pub(super) fn shown(out: &mut String, m: &Moderated) -> fmt::Result {
    if let Some(gap) = &m.gap {
        return writeln!(out, "Nothing may be shared in this room: {gap}.");
    }
    let may = |level| match level {
        ModeratedLevel::Nothing => "share nothing",
        ModeratedLevel::View => "show and see, without control",
        ModeratedLevel::Control => "show, see and control",
    };
    writeln!(
        out,
        "{} says what may be shared in this room.",
        m.organiser.name
    )?;
    writeln!(out, "  everybody may {}", may(m.everybody))?;
    m.people
        .iter()
        .try_for_each(|(who, level)| writeln!(out, "  {} may at most {}", who.name, may(*level)))?;
    writeln!(
        out,
        "What policies and your own rules forbid stays forbidden."
    )
}
