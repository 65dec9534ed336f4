//! Changes: entries that decide who belongs to a room and how it is run
//! (MSG-1, MSG-7; spec 08, "Changes").
//!
//! Each change names the changes that it follows (its parents), so that
//! everybody can tell what its author knew and what happened at the same
//! time. What follows from them is in [`super::membership`].

use core::time::Duration;

use ciborium::Value;

use super::body::{Parent, Toggle};
use super::entry::{Pos, seq_in_range};
use super::kind::KindCode;
use super::{MAX_CUT, MAX_PARENTS, MAX_REASON, MAX_TITLE};
use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::{DeviceId, OrgId, PersonId};

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomKind {
    /// Two people, for ever: the opener and this one, who is invited by the
    /// opening entry itself.
    Pair(PersonId),
    /// By invitation of an admin.
    Group,
    /// Whoever belongs to this organisation may join.
    Organisation(OrgId),
    /// By invitation, like a group; what may be shown there, its opener says
    /// (POL-2, level C; SCEN-3).
    Meeting,
}

/// What a member may do in the room. Numbers on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 0: talks.
    Member,
    /// 1: also invites, removes, sets retention, erases others' messages.
    Admin,
}

impl Encode for Role {
    fn encode(&self) -> Value {
        match self {
            Self::Member => 0u8,
            Self::Admin => 1,
        }
        .encode()
    }
}

impl Decode for Role {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match u8::decode(value)? {
            0 => Ok(Self::Member),
            1 => Ok(Self::Admin),
            _ => Err(DecodeError::OutOfRange),
        }
    }
}

/// How long bodies are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Until somebody erases them.
    Forever,
    /// This long after their clock; whole seconds, a minute to a hundred
    /// years.
    For(Duration),
}

impl Retention {
    const MIN: u64 = 60;
    /// The longest, in seconds: a hundred years.
    pub const MAX: u64 = 100 * 366 * 24 * 3600;

    fn to_wire(self) -> Option<u64> {
        match self {
            Self::Forever => None,
            Self::For(d) => Some(d.as_secs()),
        }
    }

    fn from_wire(secs: Option<u64>) -> Result<Self, DecodeError> {
        match secs {
            None => Ok(Self::Forever),
            Some(s @ Self::MIN..=Self::MAX) => Ok(Self::For(Duration::from_secs(s))),
            Some(_) => Err(DecodeError::OutOfRange),
        }
    }
}

/// The last entry of a device that still counts.
pub type Cut = Vec<Pos>;

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens the room. The opener is its first admin.
    Open {
        /// Sixteen random bytes: no two rooms are the same.
        nonce: [u8; 16],
        /// For people, at most [`MAX_TITLE`] bytes; empty in a pair.
        title: String,
        /// Who may come in.
        kind: RoomKind,
        /// How long bodies are kept.
        retention: Retention,
    },
    /// Invites a person, who answers with [`Action::Accept`] or
    /// [`Action::Decline`].
    Invite {
        /// Who.
        person: PersonId,
        /// As what.
        role: Role,
    },
    /// Accepts an invitation, or joins a room open to the organisation.
    Accept,
    /// Declines an invitation.
    Decline,
    /// Leaves.
    Leave {
        /// The last entries of one's other devices that count; devices that
        /// aren't listed have none. One's own device's is this entry.
        cut: Cut,
    },
    /// Changes a member's role, or takes a removed person back.
    Add {
        /// Who.
        person: PersonId,
        /// As what.
        role: Role,
    },
    /// Removes a person. Entries after the cut are refused.
    Remove {
        /// Who.
        person: PersonId,
        /// The last entries that count; devices that aren't listed have none.
        cut: Cut,
        /// For people, at most [`MAX_REASON`] bytes; may be empty.
        reason: String,
    },
    /// Ends the log of a device of one's own that is revoked (ID-1).
    CutDevice {
        /// The device.
        device: DeviceId,
        /// How many of its entries count.
        keep: u64,
    },
    /// Sets how long bodies are kept.
    Retention(Retention),
    /// Sets or lifts a legal hold: while set, nothing is erased (MSG-7).
    Hold(Toggle),
    /// Renames the room.
    Title(String),
}

impl Action {
    /// The kind of entry.
    #[must_use]
    pub fn kind(&self) -> KindCode {
        match self {
            Self::Open { .. } => KindCode::OPEN,
            Self::Invite { .. } => KindCode::INVITE,
            Self::Accept => KindCode::ACCEPT,
            Self::Decline => KindCode::DECLINE,
            Self::Leave { .. } => KindCode::LEAVE,
            Self::Add { .. } => KindCode::ADD,
            Self::Remove { .. } => KindCode::REMOVE,
            Self::CutDevice { .. } => KindCode::CUT_DEVICE,
            Self::Retention(_) => KindCode::RETENTION,
            Self::Hold(_) => KindCode::HOLD,
            Self::Title(_) => KindCode::TITLE,
        }
    }

    fn is_valid(&self) -> bool {
        let text = |t: &str, max: usize| t.len() <= max && !t.contains(char::is_control);
        match self {
            Self::Open { title, .. } | Self::Title(title) => text(title, MAX_TITLE),
            Self::Leave { cut } => sorted(cut),
            Self::Remove { cut, reason, .. } => sorted(cut) && text(reason, MAX_REASON),
            Self::CutDevice { keep, .. } => seq_in_range(*keep).is_ok(),
            _ => true,
        }
    }
}

fn sorted(cut: &[Pos]) -> bool {
    cut.is_sorted_by(|a, b| a.device < b.device)
}

/// The body of a change: what it follows, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBody {
    /// The newest changes that the author had, up to [`MAX_PARENTS`]; none
    /// in the opening entry. Sorted.
    pub parents: Vec<Parent>,
    /// What it does.
    pub action: Action,
}

pub(super) fn encode_change(body: &ChangeBody) -> Value {
    let m = MapBuilder::new().put_list(1, &body.parents);
    match &body.action {
        Action::Open {
            nonce,
            title,
            kind,
            retention,
        } => {
            let m = m
                .put(0, nonce)
                .put(2, title)
                .put_opt(4, retention.to_wire().as_ref());
            match kind {
                RoomKind::Group => m.put(3, &0u8),
                RoomKind::Pair(with) => m.put(3, &1u8).put(5, with),
                RoomKind::Organisation(org) => m.put(3, &2u8).put(6, org),
                RoomKind::Meeting => m.put(3, &3u8),
            }
        }
        Action::Invite { person, role } | Action::Add { person, role } => {
            m.put(2, person).put(3, role)
        }
        Action::Accept | Action::Decline => m,
        Action::Leave { cut } => m.put_list(4, cut),
        Action::Remove {
            person,
            cut,
            reason,
        } => m.put(2, person).put_list(4, cut).put(5, reason),
        Action::CutDevice { device, keep } => m.put(2, device).put(3, keep),
        Action::Retention(r) => m.put_opt(2, r.to_wire().as_ref()),
        Action::Hold(t) => m.put(2, t),
        Action::Title(t) => m.put(2, t),
    }
    .build()
}

pub(super) fn decode_change(kind: KindCode, value: Value) -> Result<ChangeBody, DecodeError> {
    let mut r = MapReader::new(value)?;
    let parents: Vec<Parent> = r.list(1, MAX_PARENTS)?;
    let action = match kind {
        KindCode::OPEN => Action::Open {
            nonce: r.req(0)?,
            title: r.req(2)?,
            kind: match r.req::<u8>(3)? {
                0 => RoomKind::Group,
                1 => RoomKind::Pair(r.req(5)?),
                2 => RoomKind::Organisation(r.req(6)?),
                3 => RoomKind::Meeting,
                _ => return Err(DecodeError::OutOfRange),
            },
            retention: Retention::from_wire(r.opt(4)?)?,
        },
        KindCode::INVITE => Action::Invite {
            person: r.req(2)?,
            role: r.req(3)?,
        },
        KindCode::ACCEPT => Action::Accept,
        KindCode::DECLINE => Action::Decline,
        KindCode::LEAVE => Action::Leave {
            cut: r.list(4, MAX_CUT)?,
        },
        KindCode::ADD => Action::Add {
            person: r.req(2)?,
            role: r.req(3)?,
        },
        KindCode::REMOVE => Action::Remove {
            person: r.req(2)?,
            cut: r.list(4, MAX_CUT)?,
            reason: r.req(5)?,
        },
        KindCode::CUT_DEVICE => Action::CutDevice {
            device: r.req(2)?,
            keep: r.req(3)?,
        },
        KindCode::RETENTION => Action::Retention(Retention::from_wire(r.opt(2)?)?),
        KindCode::HOLD => Action::Hold(r.req(2)?),
        KindCode::TITLE => Action::Title(r.req(2)?),
        // Whoever can't read a change can't know who belongs to the room.
        _ => return Err(DecodeError::Critical(i64::from(kind.number()))),
    };
    let _ = r.finish()?;
    let opens = kind == KindCode::OPEN;
    let consistent =
        parents.is_empty() == opens && parents.is_sorted_by(|a, b| a < b) && action.is_valid();
    match consistent {
        true => Ok(ChangeBody { parents, action }),
        false => Err(DecodeError::OutOfRange),
    }
}
