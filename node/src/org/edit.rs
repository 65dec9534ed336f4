//! What an administrator changes of a draft, one thing at a time.

use core::time::Duration;

use kith_api::{OrgEdit, RuleSpec};
use kith_proto::id::{AdminKeyId, PersonId};
use kith_proto::keys::PublicKey;
use kith_proto::names::{Name, escape_for_display};
use kith_proto::policy::application::AppPattern;
use kith_proto::policy::cap::{Cap, Duties, Duty, Preset};
use kith_proto::policy::document::{Group, Member, PolicyBody};
use kith_proto::policy::hosted::{HostedNetwork, Ports, Prefix};
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::roles::Role;
use kith_proto::policy::rule::{
    Capacities, Capacity, Direction, Directions, GroupNumber, Party, Rule,
};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::technology::{Technologies, Technology};
use thiserror::Error;

use super::draft::{Admin, DAY, Draft};

/// Why a change isn't made: the administrator's input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// What was named isn't there.
    #[error("there is no {what} “{name}”")]
    Missing {
        /// A member, a group, …
        what: &'static str,
        /// What was typed; escaped.
        name: String,
    },
    /// It is there already.
    #[error("there is a {what} “{name}” already")]
    Exists {
        /// A member, a group, …
        what: &'static str,
        /// What was typed; escaped.
        name: String,
    },
    /// Rules or members still name the group.
    #[error("the group is still named by rule {0}")]
    GroupInUse(u32),
    /// A word that isn't one of those possible.
    #[error("“{given}” is none of: {expected}")]
    Word {
        /// What was typed; escaped.
        given: String,
        /// What there is.
        expected: String,
    },
    /// A name that can't be used.
    #[error("the name “{0}” can't be used")]
    Name(String),
    /// Not a key, a network, or ports.
    #[error("“{given}” isn't {what}")]
    Malformed {
        /// What was expected.
        what: &'static str,
        /// What was typed; escaped.
        given: String,
    },
    /// More must sign than there are.
    #[error("{needed} can't sign: there are {keys}")]
    Needed {
        /// How many must.
        needed: u8,
        /// How many there are.
        keys: usize,
    },
    /// The person who is meant isn't known.
    #[error("{0}")]
    Who(String),
    /// Without an own key there is nothing to rotate.
    #[error("none of your keys is an administrator's of this organisation")]
    NoOwnKey,
}

/// A person as an administrator means them.
#[derive(Debug, Clone)]
pub struct Found {
    /// Who.
    pub person: PersonId,
    /// What they call themselves.
    pub name: Name,
}

/// Who is meant by a name or an id, beyond those that the draft lists.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Result<Found, String>;

fn shown(text: &str) -> String {
    escape_for_display(text)
}

fn name(text: &str) -> Result<Name, EditError> {
    Name::from_typed(text).map_err(|_| EditError::Name(shown(text)))
}

fn word<T: Copy>(
    given: &str,
    all: &[T],
    called: impl Fn(T) -> &'static str,
) -> Result<T, EditError> {
    let wanted = given.trim().to_lowercase();
    let found = all.iter().copied().find(|t| called(*t) == wanted);
    found.ok_or_else(|| EditError::Word {
        given: shown(given),
        expected: all
            .iter()
            .map(|t| called(*t))
            .collect::<Vec<_>>()
            .join(", "),
    })
}

fn key(text: &str) -> Result<PublicKey, EditError> {
    let id = text.trim().parse::<AdminKeyId>().ok();
    id.and_then(|id| id.public_key().ok())
        .ok_or_else(|| EditError::Malformed {
            what: "an administrator’s key (kithk1…)",
            given: shown(text),
        })
}

/// `KEY`, or `KEY=NAME`.
fn named_key(text: &str) -> Result<Admin, EditError> {
    let (id, label) = match text.split_once('=') {
        Some((id, label)) => (id, Some(name(label)?)),
        None => (text, None),
    };
    Ok(Admin {
        key: key(id)?,
        label,
    })
}

fn duties(all: &[String]) -> Result<Duties, EditError> {
    all.iter().map(|d| word(d, Duty::ALL, Duty::name)).collect()
}

fn technologies(all: &[String]) -> Result<Technologies, EditError> {
    match all.is_empty() {
        true => Ok(Technologies::ALL),
        false => all
            .iter()
            .map(|t| word(t, Technology::ALL, Technology::name))
            .collect(),
    }
}

/// Makes one change. Signatures that the draft had no longer count.
/// `fresh` is a key for [`OrgEdit::Rotate`], `mine` are the keys here.
///
/// # Errors
/// See [`EditError`]; then nothing is changed.
pub fn apply(
    draft: &mut Draft,
    edit: &OrgEdit,
    lookup: Lookup<'_>,
    mine: &[PublicKey],
    fresh: Option<&Admin>,
) -> Result<(), EditError> {
    let mut next = draft.clone();
    next.signing = None;
    match edit {
        OrgEdit::Renew => {}
        OrgEdit::Rename(to) => next.name = name(to)?,
        OrgEdit::Needed(n) => next.needed = *n,
        OrgEdit::AdminAdd { key: text, label } => {
            let admin = Admin {
                key: key(text)?,
                label: label.as_deref().map(name).transpose()?,
            };
            if next.admins.iter().any(|a| a.key == admin.key) {
                return Err(exists("administrator", text));
            }
            next.admins.push(admin);
        }
        OrgEdit::AdminRemove { who } => {
            let at = admin_at(&next, who)?;
            next.admins.remove(at);
            next.needed = next
                .needed
                .min(u8::try_from(next.admins.len()).unwrap_or(u8::MAX));
        }
        OrgEdit::Rotate => {
            let old = next.admins.iter_mut().find(|a| mine.contains(&a.key));
            match (old, fresh) {
                (Some(old), Some(new)) => {
                    old.key = new.key;
                    if old.label.is_none() {
                        old.label.clone_from(&new.label);
                    }
                }
                _ => return Err(EditError::NoOwnKey),
            }
        }
        OrgEdit::Recovery { keys, needed } => {
            let keys: Vec<Admin> = keys
                .iter()
                .map(|k| named_key(k))
                .collect::<Result<_, _>>()?;
            enough(*needed, keys.len(), keys.is_empty())?;
            next.recovery = (!keys.is_empty()).then_some((keys, *needed));
        }
        OrgEdit::Recover {
            admins,
            needed,
            retired: _,
        } => {
            next.admins = admins
                .iter()
                .map(|k| named_key(k))
                .collect::<Result<_, _>>()?;
            next.needed = *needed;
        }
        OrgEdit::Times {
            max_age,
            grace,
            lifetime,
        } => {
            let days = |n: u32| -> Duration { DAY * n };
            next.max_age = max_age.map_or(next.max_age, days);
            next.grace = grace.map_or(next.grace, days);
            next.lifetime = lifetime.map_or(next.lifetime, days);
        }
        OrgEdit::Member {
            who,
            name: listed,
            role,
            join,
            leave,
        } => member(
            &mut next.body,
            who,
            listed.as_deref(),
            role.as_deref(),
            join,
            leave,
            lookup,
        )?,
        OrgEdit::MemberRemove { who } => {
            let person = listed(&next.body, who).ok_or_else(|| missing("member", who))?;
            next.body.members.retain(|m| m.person != person);
        }
        OrgEdit::GroupAdd(text) => {
            if group(&next.body, text).is_ok() {
                return Err(exists("group", text));
            }
            let number = (1..=u16::MAX)
                .map(GroupNumber)
                .find(|n| !next.body.groups.iter().any(|g| g.number == *n));
            next.body.groups.push(Group {
                number: number.ok_or_else(|| missing("free number for", text))?,
                name: name(text)?,
                understood: Understood::Wholly,
            });
        }
        OrgEdit::GroupRemove(text) => {
            let number = group(&next.body, text)?;
            let names = |p: &Party| p.group() == Some(number);
            if let Some(r) = next
                .body
                .rules
                .iter()
                .find(|r| names(&r.subject) || names(&r.other))
            {
                return Err(EditError::GroupInUse(r.number));
            }
            next.body.groups.retain(|g| g.number != number);
            for m in &mut next.body.members {
                m.groups.retain(|g| *g != number);
            }
        }
        OrgEdit::RuleAdd(spec) => {
            let last = next.body.rules.iter().map(|r| r.number).max().unwrap_or(0);
            let made = rule(last.saturating_add(1), spec, &next.body, lookup)?;
            next.body.rules.push(made);
        }
        OrgEdit::RuleRemove(number) => {
            let before = next.body.rules.len();
            next.body.rules.retain(|r| r.number != *number);
            if next.body.rules.len() == before {
                return Err(missing("rule", &number.to_string()));
            }
        }
        OrgEdit::Demands(all) => next.body.demands = duties(all)?,
        OrgEdit::Outsiders(preset) => next.body.outsiders = preset_cap(preset)?,
        OrgEdit::HostAdd {
            network,
            technologies: over,
            ports,
        } => next.body.hosted.push(HostedNetwork {
            prefix: prefix(network)?,
            technologies: technologies(over)?.intersection(Technologies::HOSTED),
            ports: ports
                .iter()
                .map(|p| port_range(p))
                .collect::<Result<_, _>>()?,
            understood: Understood::Wholly,
        }),
        OrgEdit::HostRemove(network) => {
            let wanted = prefix(network)?;
            let before = next.body.hosted.len();
            next.body.hosted.retain(|h| h.prefix != wanted);
            if next.body.hosted.len() == before {
                return Err(missing("network", network));
            }
        }
    }
    enough(next.needed, next.admins.len(), false)?;
    next.body.sort();
    *draft = next;
    Ok(())
}

fn enough(needed: u8, keys: usize, none_is_fine: bool) -> Result<(), EditError> {
    let fine = (needed > 0 && usize::from(needed) <= keys) || (none_is_fine && keys == 0);
    match fine {
        true => Ok(()),
        false => Err(EditError::Needed { needed, keys }),
    }
}

fn missing(what: &'static str, text: &str) -> EditError {
    EditError::Missing {
        what,
        name: shown(text),
    }
}

fn exists(what: &'static str, text: &str) -> EditError {
    EditError::Exists {
        what,
        name: shown(text),
    }
}

fn admin_at(draft: &Draft, who: &str) -> Result<usize, EditError> {
    let wanted = who.trim().to_lowercase();
    let fits = |a: &Admin| {
        AdminKeyId::from(a.key).to_string() == wanted
            || a.label
                .as_ref()
                .is_some_and(|l| l.as_str().to_lowercase() == wanted)
    };
    draft
        .admins
        .iter()
        .position(fits)
        .ok_or_else(|| missing("administrator", who))
}

/// Somebody whom the body lists, by id or name.
fn listed(body: &PolicyBody, who: &str) -> Option<PersonId> {
    let wanted = who.trim().to_lowercase();
    let by = |f: &dyn Fn(&Member) -> bool| {
        let mut found = body.members.iter().filter(|m| f(m)).map(|m| m.person);
        match (found.next(), found.next()) {
            (Some(one), None) => Some(one),
            _ => None,
        }
    };
    by(&|m| m.person.to_string() == wanted)
        .or_else(|| by(&|m| m.name.as_str().to_lowercase() == wanted))
}

fn group(body: &PolicyBody, text: &str) -> Result<GroupNumber, EditError> {
    let wanted = text.trim().to_lowercase();
    body.groups
        .iter()
        .find(|g| g.name.as_str().to_lowercase() == wanted)
        .map(|g| g.number)
        .ok_or_else(|| missing("group", text))
}

fn member(
    body: &mut PolicyBody,
    who: &str,
    listed_as: Option<&str>,
    role: Option<&str>,
    join: &[String],
    leave: &[String],
    lookup: Lookup<'_>,
) -> Result<(), EditError> {
    let role = role.map(|r| word(r, Role::ALL, Role::name)).transpose()?;
    let join: Vec<_> = join
        .iter()
        .map(|g| group(body, g))
        .collect::<Result<_, _>>()?;
    let leave: Vec<_> = leave
        .iter()
        .map(|g| group(body, g))
        .collect::<Result<_, _>>()?;
    let new_name = listed_as.map(name).transpose()?;
    let (person, own_name) = match listed(body, who) {
        Some(person) => (person, None),
        None => {
            let found = lookup(who).map_err(EditError::Who)?;
            (found.person, Some(found.name))
        }
    };
    if !body.members.iter().any(|m| m.person == person) {
        let name = new_name.clone().or(own_name);
        body.members.push(Member {
            person,
            name: name.ok_or_else(|| EditError::Name(shown(who)))?,
            role: Role::Participant,
            groups: Vec::new(),
            understood: Understood::Wholly,
        });
    }
    let Some(m) = body.members.iter_mut().find(|m| m.person == person) else {
        return Ok(());
    };
    m.role = role.unwrap_or(m.role);
    m.name = new_name.unwrap_or_else(|| m.name.clone());
    m.groups.retain(|g| !leave.contains(g));
    m.groups.extend(join);
    m.groups.sort();
    m.groups.dedup();
    Ok(())
}

fn party(text: &str, body: &PolicyBody, lookup: Lookup<'_>) -> Result<Party, EditError> {
    let person = |who: &str| match listed(body, who) {
        Some(person) => Ok(person),
        None => lookup(who).map(|f| f.person).map_err(EditError::Who),
    };
    match text.split_once(':') {
        None if text == "everybody" => Ok(Party::Everybody),
        None if text == "outsiders" => Ok(Party::Outsiders),
        Some(("group", g)) => Ok(Party::Group(group(body, g)?)),
        Some(("not-group", g)) => Ok(Party::NotGroup(group(body, g)?)),
        Some(("role", r)) => Ok(Party::Role(word(r, Role::ALL, Role::name)?)),
        Some(("person", who)) => Ok(Party::Person(person(who)?)),
        Some(("not-person", who)) => Ok(Party::NotPerson(person(who)?)),
        _ => Err(EditError::Word {
            given: shown(text),
            expected: "everybody, outsiders, group:NAME, not-group:NAME, role:ROLE, person:WHO, \
                       not-person:WHO"
                .into(),
        }),
    }
}

fn rule(
    number: u32,
    spec: &RuleSpec,
    body: &PolicyBody,
    lookup: Lookup<'_>,
) -> Result<Rule, EditError> {
    let scope = |text: &str| word(text, Scope::ALL, Scope::name);
    let without: Rights = spec
        .without
        .iter()
        .map(|r| word(r, Right::ALL, Right::name))
        .collect::<Result<_, _>>()?;
    let cap = Cap {
        view: scope(&spec.view)?,
        control: scope(&spec.control)?,
        rights: Rights::ALL.difference(without),
        demands: duties(&spec.demands)?,
    };
    let mut made = Rule::new(number, party(&spec.subject, body, lookup)?, cap)
        .over(technologies(&spec.technologies)?);
    if !spec.parts.is_empty() {
        let parts = spec
            .parts
            .iter()
            .map(|p| word(p, Capacity::ALL, Capacity::name));
        made = made.acting_as(parts.collect::<Result<Capacities, _>>()?);
    }
    if let Some(other) = &spec.towards {
        made = made.towards(party(other, body, lookup)?);
    }
    if !spec.directions.is_empty() {
        let all = spec
            .directions
            .iter()
            .map(|d| word(d, Direction::ALL, Direction::name));
        made = made.when(all.collect::<Result<Directions, _>>()?);
    }
    let patterns = spec.applications.iter().map(|a| {
        AppPattern::new(a).map_err(|_| EditError::Malformed {
            what: "the name of an application",
            given: shown(a),
        })
    });
    Ok(made.about(patterns.collect::<Result<_, _>>()?))
}

/// A rule of a person's own profile, which knows people and no roles.
///
/// # Errors
/// See [`EditError`].
pub fn own_rule(number: u32, spec: &RuleSpec, lookup: Lookup<'_>) -> Result<Rule, EditError> {
    rule(number, spec, &PolicyBody::default(), lookup)
}

/// What is demanded of every share, by the words for it.
///
/// # Errors
/// See [`EditError`].
pub fn demands(words: &[String]) -> Result<Duties, EditError> {
    duties(words)
}

fn preset_cap(text: &str) -> Result<Cap, EditError> {
    let called = |p: Preset| match p {
        Preset::Off => "off",
        Preset::ViewOnly => "view-only",
        Preset::OneApplication => "one-application",
        Preset::Everything => "everything",
    };
    word(text, &Preset::ALL, called).map(Preset::cap)
}

fn prefix(text: &str) -> Result<Prefix, EditError> {
    let parsed = text.split_once('/').and_then(|(addr, len)| {
        Prefix::new(addr.trim().parse().ok()?, len.trim().parse().ok()?).ok()
    });
    parsed.ok_or_else(|| EditError::Malformed {
        what: "a network such as 10.20.0.0/16",
        given: shown(text),
    })
}

fn port_range(text: &str) -> Result<Ports, EditError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let parsed = first
        .trim()
        .parse()
        .ok()
        .zip(last.trim().parse().ok())
        .and_then(|(a, b)| Ports::new(a, b).ok());
    parsed.ok_or_else(|| EditError::Malformed {
        what: "a port or a range such as 5900-5999",
        given: shown(text),
    })
}
