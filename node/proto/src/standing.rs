//! What can be shared with one device of a contact, in which direction, and
//! what stands against the rest: the part of the negotiation that goes on
//! while a contact is selected, before anybody asks for anything (CAP-2,
//! POL-4, PORT-2, PORT-5; spec 15).
//!
//! [`features()`] is the judgement: a pure function of what is known
//! ([`Facts`]). It collects every reason, not only the first, so that a
//! person sees all that would have to change. [`Standing`] adds the trial of
//! the path: when it is due, that a late result doesn't count, and what is
//! news.

mod machine;
mod words;

pub use machine::{AGAIN, ASKED, Effect, Event, HOLDS, SELECTED, Standing, TrialNumber};

use crate::capability::{Capability, Impossible, Means, Sharer, possible};
use crate::id::{PersonId, RoomId};
use crate::paths::Verdict;
use crate::policy::application::What;
use crate::policy::cap::{Cap, Duties, Duty};
use crate::policy::decide::{Ask, Context, Decision, Side, Source, Stage, Wish, decide};
use crate::policy::hosted::Target;
use crate::policy::meeting::MeetingState;
use crate::policy::rule::{Direction, Directions};
use crate::rights::{Rights, Scope};
use crate::technology::Technology;

/// How two people stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bond {
    /// Both accepted each other.
    Contacts,
    /// They didn't, or not yet.
    NotYet,
    /// The contact's log doesn't let this device of theirs speak (any more).
    DeviceBarred,
}

/// What the other device said of itself.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// Nothing: the two devices have not met since it could.
    Nothing,
    /// Something that has run out.
    RunOut,
    /// This, and it holds.
    Holds(&'a Capability),
}

/// Whether the two devices talk just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// They do.
    Talking,
    /// They don't.
    Offline,
    /// They can't: no version of the protocol is common to both.
    NoCommonVersion,
}

/// What came of trying the ways to the other device (PORT-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trial {
    /// Nobody tried since the two began to talk or the network changed.
    Untried,
    /// They are being tried.
    Running,
    /// This.
    Done(Verdict),
}

/// What came of the trial picture that a policy may demand (PORT-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pictured {
    /// None was tried, or it is too long ago.
    #[default]
    Not,
    /// It came through.
    Passed,
    /// It didn't.
    Failed,
}

/// Everything that the features with one device depend on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Our person.
    pub me: PersonId,
    /// The contact.
    pub them: PersonId,
    /// How the two stand to each other.
    pub bond: Bond,
    /// What our device can do; `None` until it has looked at itself.
    pub mine: Option<&'a Capability>,
    /// What theirs can do.
    pub theirs: Said<'a>,
    /// What our side decides by. Whose side it is counts for each direction
    /// by itself, and where it would be for each room; what is given here of
    /// both is ignored.
    pub rules: Context<'a>,
    /// The moderated rooms that both people belong to.
    pub meetings: &'a [&'a MeetingState],
    /// Whether they talk.
    pub link: Link,
    /// The trial picture that we showed, and the one that they did.
    pub pictured: [Pictured; 2],
}

/// Why a feature is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// They aren't contacts.
    NotContacts,
    /// The device isn't theirs any more.
    DeviceBarred,
    /// Our device is still being looked at.
    NotLooked,
    /// The other device has said nothing yet.
    NotMet,
    /// What it said has run out; the two must meet again.
    RunOut,
    /// One of the two devices can't, or they have nothing in common.
    Impossible(Impossible, Whose),
    /// A policy or profile denies it, whoever begins; with what says so.
    Denied(Stage, Source),
    /// The devices don't talk.
    Offline,
    /// They can't: one of them is too old.
    NoCommonVersion,
    /// No way leads there.
    NoPath(Verdict),
    /// A trial picture is demanded, and none came through.
    NoTrial,
}

/// At which of the two devices something lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    /// At ours.
    Ours,
    /// At theirs.
    Theirs,
    /// At both together.
    Both,
}

/// What a feature comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be asked for.
    Enabled(Room),
    /// So it could, once the way is known to work.
    Checking(Room),
    /// It can't, for all of these; never empty, the nearest to our person
    /// first, each once.
    Disabled(Vec<Reason>),
}

/// How much there is room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// How much may be seen at most.
    pub view: Scope,
    /// How much may be controlled at most.
    pub control: Scope,
    /// The rights that the devices can give and use, and the policies allow.
    pub rights: Rights,
    /// Who may begin; never empty.
    pub begins: Directions,
    /// What must happen before it runs, whoever begins.
    pub duties: Duties,
    /// The moderated rooms in which alone it can be, where that is demanded;
    /// empty where it can be anywhere.
    pub only_in: Vec<RoomId>,
}

/// One means of sharing, in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// By which means.
    pub means: Means,
    /// Who shares: [`Sharer::First`] is our person.
    pub sharer: Sharer,
    /// What it comes to.
    pub state: State,
}

/// What can be shared with the device: every means known here, in both
/// directions, in a fixed order.
#[must_use]
pub fn features(facts: &Facts<'_>, trial: Trial) -> Vec<Feature> {
    let ways = match (facts.mine, facts.theirs) {
        (Some(mine), Said::Holds(theirs)) => possible(mine, theirs),
        _ => Vec::new(),
    };
    Means::all()
        .flat_map(|means| [Sharer::First, Sharer::Second].map(|sharer| (means, sharer)))
        .map(|(means, sharer)| {
            let way = ways
                .iter()
                .find(|w| w.means == means && w.sharer == sharer)
                .map(|w| w.outcome.map(|p| p.rights));
            Feature {
                means,
                sharer,
                state: one(facts, trial, means, sharer, way),
            }
        })
        .collect()
}

fn one(
    facts: &Facts<'_>,
    trial: Trial,
    means: Means,
    sharer: Sharer,
    way: Option<Result<Rights, Impossible>>,
) -> State {
    let mut against = Vec::new();
    match facts.bond {
        Bond::Contacts => {}
        Bond::NotYet => against.push(Reason::NotContacts),
        Bond::DeviceBarred => against.push(Reason::DeviceBarred),
    }
    if facts.mine.is_none() {
        against.push(Reason::NotLooked);
    }
    let able = match way {
        Some(Ok(rights)) => rights,
        Some(Err(why)) => {
            against.push(Reason::Impossible(why, whose(why, sharer)));
            Rights::NONE
        }
        None => Rights::NONE,
    };
    let allowed = match allowed(facts, means, sharer) {
        Ok(room) => Some(room),
        Err(denials) => {
            against.extend(denials);
            None
        }
    };
    // What the other device says of itself is asked only for what our own
    // side doesn't bar already: somebody who may not isn't told to wait.
    match facts.theirs {
        Said::Nothing => against.push(Reason::NotMet),
        Said::RunOut => against.push(Reason::RunOut),
        Said::Holds(_) => {}
    }
    match (facts.link, trial) {
        (Link::Offline, _) => against.push(Reason::Offline),
        (Link::NoCommonVersion, _) => against.push(Reason::NoCommonVersion),
        (Link::Talking, Trial::Done(v)) if !v.works() => against.push(Reason::NoPath(v)),
        (Link::Talking, _) => {}
    }
    // What comes of hosted servers is another program's to show: none can be
    // tried there.
    let demanded = allowed
        .as_ref()
        .is_some_and(|r| r.duties.contains(Duty::Trial));
    let [ours, theirs] = facts.pictured;
    let pictured = match (means, sharer) {
        _ if !demanded => Pictured::Passed,
        (Means::Hosted(..), _) => Pictured::Failed,
        (Means::Native, Sharer::First) => ours,
        (Means::Native, Sharer::Second) => theirs,
    };
    if pictured == Pictured::Failed {
        against.push(Reason::NoTrial);
    }
    let room = allowed.map(|room| Room {
        rights: room.rights.intersection(able),
        ..room
    });
    match (room.map(Room::settled), &against[..]) {
        (Some(Some(room)), []) => match (means, trial, pictured) {
            // What a hosted session needs is tried once its parameters are
            // unsealed; that the two talk is all there is to know before.
            (Means::Hosted(..), ..) | (Means::Native, Trial::Done(_), Pictured::Passed) => {
                State::Enabled(room)
            }
            (Means::Native, ..) => State::Checking(room),
        },
        (Some(None), []) => State::Disabled(vec![Reason::Impossible(
            Impossible::NoCommonRight,
            Whose::Both,
        )]),
        _ => State::Disabled(against),
    }
}

impl Room {
    /// What one or the other leaves; what is demanded one way only is no
    /// demand yet.
    fn or(self, other: Self) -> Self {
        let mut only_in = self.only_in;
        only_in.extend(other.only_in);
        only_in.dedup();
        Self {
            view: self.view.max(other.view),
            control: self.control.max(other.control),
            rights: self.rights.union(other.rights),
            begins: self.begins.union(other.begins),
            duties: self.duties.intersection(other.duties),
            only_in,
        }
    }

    /// Without what means nothing by itself; `None` if nothing is left.
    fn settled(self) -> Option<Self> {
        let cap = Cap {
            view: self.view,
            control: self.control,
            rights: self.rights,
            demands: Duties::NONE,
        };
        let cap = cap.settled();
        (!cap.is_off()).then_some(Self {
            view: cap.view,
            control: cap.control,
            rights: cap.rights,
            ..self
        })
    }
}

const fn whose(why: Impossible, sharer: Sharer) -> Whose {
    match (why, sharer) {
        (Impossible::SharerCannot, Sharer::First) | (Impossible::ViewerCannot, Sharer::Second) => {
            Whose::Ours
        }
        (Impossible::SharerCannot, Sharer::Second) | (Impossible::ViewerCannot, Sharer::First) => {
            Whose::Theirs
        }
        _ => Whose::Both,
    }
}

/// What the policies leave, whoever begins; or each denial, once. Where a
/// moderated room is demanded, that is what they leave in those that there are.
fn allowed(facts: &Facts<'_>, means: Means, sharer: Sharer) -> Result<Room, Vec<Reason>> {
    let mut denials = match allowed_in(None, facts, means, sharer) {
        Ok(room) => return Ok(room),
        Err(denials) => denials,
    };
    let outside = |r: &Reason| matches!(r, Reason::Denied(_, Source::OutsideMeetings));
    if !denials.iter().any(outside) {
        return Err(denials);
    }
    let mut room: Option<Room> = None;
    for meeting in facts.meetings.iter().copied() {
        match (allowed_in(Some(meeting), facts, means, sharer), room.take()) {
            (Ok(one), None) => room = Some(one),
            (Ok(one), Some(others)) => room = Some(others.or(one)),
            (Err(why), others) => {
                let new: Vec<Reason> = why.into_iter().filter(|r| !denials.contains(r)).collect();
                denials.extend(new);
                room = others;
            }
        }
    }
    room.ok_or(denials)
}

fn allowed_in(
    meeting: Option<&MeetingState>,
    facts: &Facts<'_>,
    means: Means,
    sharer: Sharer,
) -> Result<Room, Vec<Reason>> {
    let place = meeting.map(MeetingState::room);
    let rules = Context {
        side: side(sharer),
        meeting,
        ..facts.rules
    };
    let mut room: Option<Room> = None;
    let mut denials = Vec::new();
    for direction in [Direction::Invite, Direction::Request] {
        let ask = Ask {
            room: place,
            ..question(facts, means, sharer, direction)
        };
        match decide(&rules, &ask) {
            Decision::Granted(g) => {
                let one = Room {
                    view: g.cap.view,
                    control: g.cap.control,
                    rights: g.cap.rights,
                    begins: Directions::of(&[direction]),
                    duties: g.duties,
                    only_in: place.into_iter().collect(),
                };
                room = Some(match room {
                    None => one,
                    Some(other) => other.or(one),
                });
            }
            Decision::Denied(d) => {
                let reason = Reason::Denied(d.stage, d.source);
                if !denials.contains(&reason) {
                    denials.push(reason);
                }
            }
        }
    }
    room.ok_or(denials)
}

const fn side(sharer: Sharer) -> Side {
    match sharer {
        Sharer::First => Side::Sharer,
        Sharer::Second => Side::Viewer,
    }
}

/// The question of the dry run: as much as there is, of nothing definite.
fn question(facts: &Facts<'_>, means: Means, sharer: Sharer, direction: Direction) -> Ask {
    let (shares, views) = match sharer {
        Sharer::First => (facts.me, facts.them),
        Sharer::Second => (facts.them, facts.me),
    };
    Ask {
        sharer: shares,
        viewer: views,
        room: None,
        technology: match means {
            Means::Native => Technology::Native,
            Means::Hosted(t, _) => t,
        },
        direction,
        what: What::NotChosen,
        wish: Wish::ALL,
        target: Target::Peer,
    }
}

/// All devices of a contact taken together: for each feature what the best of
/// them makes possible; where none does, what stands against the one that is
/// nearest to it. `None` for a contact without devices.
#[must_use]
pub fn together<'a>(devices: impl Iterator<Item = &'a [Feature]>) -> Option<Vec<Feature>> {
    let rank = |s: &State| match s {
        State::Enabled(_) => 0,
        State::Checking(_) => 1,
        State::Disabled(against) => 1 + against.len(),
    };
    let mut best: Option<Vec<Feature>> = None;
    for features in devices {
        let Some(best) = &mut best else {
            best = Some(features.to_vec());
            continue;
        };
        for (have, new) in best.iter_mut().zip(features) {
            if rank(&new.state) < rank(&have.state) {
                *have = new.clone();
            }
        }
    }
    best
}

#[cfg(test)]
mod tests;
