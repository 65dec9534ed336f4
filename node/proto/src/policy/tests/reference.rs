//! A second reading of the policy, written the other way round: instead of
//! meeting caps, it asks for every single permission whether anything at all
//! speaks against it. No index, no early end, no derivation.

use crate::clock::MAX_SKEW;
use crate::policy::application::{Starts, What};
use crate::policy::cap::{Cap, Duties, Duty};
use crate::policy::decide::{Decision, Side};
use crate::policy::document::PolicyBody;
use crate::policy::hosted::Target;
use crate::policy::profile::Terms;
use crate::policy::roles::{Power, Role};
use crate::policy::rule::{Capacity, GroupNumber, Party, Rule};
use crate::policy::testing::{NOW, World};
use crate::rights::{Right, Rights, Scope};
use crate::technology::Technology;

/// What comes out: how much is seen and controlled, rights, duties; `None`
/// where it is denied.
pub(super) type Outcome = Option<(Scope, Scope, Rights, Duties)>;

pub(super) fn outcome(d: &Decision) -> Outcome {
    match d {
        Decision::Granted(g) => Some((g.cap.view, g.cap.control, g.cap.rights, g.duties)),
        Decision::Denied(_) => None,
    }
}

/// Who somebody is, as one policy or profile sees it.
struct Who {
    bytes: [u8; 32],
    role: Option<&'static str>,
    groups: Vec<GroupNumber>,
    listed: bool,
}

fn means(p: &Party, w: &Who) -> bool {
    match p {
        Party::Everybody => true,
        Party::Group(g) => w.groups.contains(g),
        Party::NotGroup(g) => !w.groups.contains(g),
        Party::Person(x) => x.as_bytes() == &w.bytes,
        Party::NotPerson(x) => x.as_bytes() != &w.bytes,
        Party::Role(r) => w.role == Some(r.name()),
        Party::Outsiders => !w.listed,
        Party::Meeting(_) => false,
    }
}

fn in_policy(b: &PolicyBody, p: &crate::id::PersonId) -> Who {
    let m = b.members.iter().find(|m| m.person == *p);
    Who {
        bytes: *p.as_bytes(),
        role: m.map(|m| m.role.name()),
        groups: m.map(|m| m.groups.clone()).unwrap_or_default(),
        listed: m.is_some(),
    }
}

/// Everything about one question that rules look at.
struct Scene<'a> {
    w: &'a World,
    sharer: Who,
    viewer: Who,
    organiser: Option<Who>,
}

impl Scene<'_> {
    fn other(&self, r: &Rule, who: &Who) -> bool {
        match &r.other {
            Party::Meeting(m) => self.w.ask.room.as_ref() == Some(m),
            p => means(p, who),
        }
    }

    fn concerned(&self, r: &Rule) -> bool {
        let ask = &self.w.ask;
        let apps = match what(self.w) {
            _ if r.applications.is_empty() => true,
            None => false,
            Some(names) if names.is_empty() => true,
            Some(names) => names
                .iter()
                .any(|(n, _)| r.applications.iter().any(|p| glob(p.as_str(), n))),
        };
        let plain = r.technologies.iter().any(|t| t == ask.technology)
            && r.directions.iter().any(|d| d == ask.direction)
            && apps;
        if !plain {
            return false;
        }
        let any_other = self.other(r, &self.sharer) || self.other(r, &self.viewer);
        if let Party::Meeting(m) = &r.subject {
            return ask.room.as_ref() == Some(m) && any_other;
        }
        r.capacities.iter().any(|c| match c {
            Capacity::Sharer => means(&r.subject, &self.sharer) && self.other(r, &self.viewer),
            Capacity::Viewer => means(&r.subject, &self.viewer) && self.other(r, &self.sharer),
            Capacity::Organiser => {
                any_other
                    && self
                        .organiser
                        .as_ref()
                        .is_some_and(|o| means(&r.subject, o))
            }
        })
    }
}

fn glob(p: &str, n: &str) -> bool {
    match p.split_once('*') {
        None => p == n,
        Some((head, tail)) => n.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|k| rest.is_char_boundary(k) && glob(tail, &rest[k..]))
        }),
    }
}

/// Names and whether they start others; `None` where nothing was chosen,
/// empty where it may be anything.
fn what(w: &World) -> Option<Vec<(String, bool)>> {
    match &w.ask.what {
        What::NotChosen => None,
        What::Applications(list) if w.ask.wish.view != Scope::Desktop => Some(
            list.iter()
                .map(|a| (a.name.as_str().to_owned(), a.starts == Starts::Others))
                .collect(),
        ),
        _ => Some(Vec::new()),
    }
}

/// All caps that speak about a question; `None` where something denies it.
fn caps(w: &World) -> Option<Vec<Cap>> {
    let ask = &w.ask;
    let no_control = Cap {
        control: Scope::Nothing,
        ..Cap::OPEN
    };
    let mut caps = vec![ask.wish.cap()];
    // Of a meeting or a person that has said nothing that holds, nothing is
    // allowed.
    let late = |t: &Terms| NOW >= t.validity.expires || t.validity.issued > NOW.after(MAX_SKEW);
    if w.gap.is_some() && ask.room.is_some() || w.remote.as_ref().is_some_and(late) {
        return None;
    }
    if let Some(m) = &w.meeting {
        caps.push(m.cap);
        caps.extend([ask.sharer, ask.viewer].iter().filter_map(|p| m.cap_of(p)));
    }
    if w.policies.is_empty() && ask.target != Target::Peer {
        return None;
    }
    if w.unusable.is_some_and(|(at, _)| at < w.policies.len()) {
        return None;
    }
    for b in &w.policies {
        let organiser = w.meeting.as_ref().map(|m| m.organiser);
        let s = Scene {
            w,
            sharer: in_policy(b, &ask.sharer),
            viewer: in_policy(b, &ask.viewer),
            organiser: organiser.map(|o| in_policy(b, &o)),
        };
        let has = |who: &Who, power: Power| {
            // An outsider is as a participant, at most.
            let member = b.members.iter().find(|m| m.person.as_bytes() == &who.bytes);
            let role = member.map_or(Role::Participant, |m| m.role);
            let mut less = b.roles.iter().filter(|(r, _)| *r == role);
            role.powers().contains(power) && less.all(|(_, p)| p.contains(power))
        };
        for who in [Some(&s.sharer), Some(&s.viewer), s.organiser.as_ref()] {
            caps.extend(who.filter(|w| !w.listed).map(|_| b.outsiders));
        }
        let denied = !has(&s.sharer, Power::Share)
            || !has(&s.viewer, Power::View)
            || s.organiser
                .as_ref()
                .is_some_and(|o| !has(o, Power::OpenMeeting));
        if denied {
            return None;
        }
        if !has(&s.sharer, Power::GrantControl) || !has(&s.viewer, Power::ReceiveControl) {
            caps.push(no_control);
        }
        if let Target::Server { addr, port } = ask.target {
            let listed = b.hosted.iter().any(|n| {
                n.prefix.contains(addr)
                    && n.technologies.contains(ask.technology)
                    && n.ports.iter().any(|p| p.contains(port))
            });
            if ask.technology == Technology::Native || !listed {
                return None;
            }
        }
        caps.push(Cap::OPEN.demanding(b.demands));
        caps.extend(b.rules.iter().filter(|r| s.concerned(r)).map(|r| r.cap));
    }
    if let Some(p) = &w.local {
        let who = |id: &crate::id::PersonId| Who {
            bytes: *id.as_bytes(),
            role: None,
            groups: p
                .groups()
                .iter()
                .filter(|g| g.people.contains(id))
                .map(|g| g.number)
                .collect(),
            listed: true,
        };
        let s = Scene {
            w,
            sharer: who(&ask.sharer),
            viewer: who(&ask.viewer),
            organiser: w.meeting.as_ref().map(|m| who(&m.organiser)),
        };
        caps.push(Cap::OPEN.demanding(p.demands()));
        caps.extend(p.rules().iter().filter(|r| s.concerned(r)).map(|r| r.cap));
    }
    if let Some(t) = &w.remote {
        let theirs = match w.side {
            Side::Sharer => Capacity::Viewer,
            Side::Viewer => Capacity::Sharer,
        };
        caps.push(t.cap(theirs, ask.direction));
    }
    Some(caps)
}

/// The second reading.
pub(super) fn read(w: &World) -> Outcome {
    let caps = caps(w)?;
    let demanded: Duties = Duty::ALL
        .iter()
        .copied()
        .filter(|d| caps.iter().any(|c| c.demands.contains(*d)))
        .collect();
    // No single permission may be spoken against.
    let in_place = w.meeting.is_some() || !demanded.contains(Duty::Meeting);
    let may_view = |s: Scope| {
        s != Scope::Nothing
            && in_place
            && caps
                .iter()
                .all(|c| s <= c.view && c.rights.contains(Right::View))
    };
    let starters_in_reach = |s: Scope| match what(w) {
        None => s == Scope::Desktop,
        Some(names) => s == Scope::Desktop || names.is_empty() || names.iter().any(|n| n.1),
    };
    let may_move = |r: Right| caps.iter().all(|c| c.rights.contains(r));
    let may_control = |s: Scope| {
        s != Scope::Nothing
            && may_view(s)
            && caps.iter().all(|c| s <= c.control)
            && (may_move(Right::Pointer) || may_move(Right::Keyboard))
            && !(demanded.contains(Duty::NoStarters) && starters_in_reach(s))
    };
    let most = |may: &dyn Fn(Scope) -> bool| {
        let allowed = Scope::ALL.iter().copied().filter(|s| may(*s));
        allowed.max().unwrap_or(Scope::Nothing)
    };
    let (view, control) = (most(&may_view), most(&may_control));
    if view == Scope::Nothing {
        return None;
    }
    let rights = Right::ALL
        .iter()
        .copied()
        .filter(|r| may_move(*r))
        .filter(|r| control != Scope::Nothing || !Rights::CONTROL.contains(*r))
        .collect();
    let consent = w.consents.iter().find(|c| covers(c, w));
    let built_in = Duties::BUILT_IN
        .iter()
        .filter(|d| consent.is_none_or(|c| !c.waives.contains(*d)));
    Some((
        view,
        control,
        rights,
        built_in.chain(demanded.iter()).collect(),
    ))
}

fn covers(c: &crate::policy::consent::StandingConsent, w: &World) -> bool {
    use crate::policy::consent::Verification;
    let What::Applications(list) = &w.ask.what else {
        return false;
    };
    let wish = w.ask.wish.cap().settled();
    w.viewer == Verification::Verified
        && w.ask.technology == Technology::Native
        && w.ask.target == Target::Peer
        && list.len() == 1
        && list[0].name == c.application
        && wish.view <= c.allows.view
        && wish.control <= c.allows.control
        && wish.rights.iter().all(|r| c.allows.rights.contains(r))
}
