//! A policy in plain words, a sentence a line: what administrators read
//! before they sign, and members when they ask.

use kith_api::Sentence;
use kith_proto::id::PersonId;
use kith_proto::names::escape_for_display;
use kith_proto::policy::cap::{Cap, Duties, Duty, Preset};
use kith_proto::policy::document::{KeySet, PolicyBody, PolicyHeader};
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::roles::{Power, Powers, Role};
use kith_proto::policy::rule::{
    Capacities, Capacity, Direction, Directions, GroupNumber, Party, Rule,
};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::technology::{Technologies, Technology};

/// Days in a period, for a sentence.
#[must_use]
pub fn days(d: core::time::Duration) -> String {
    match d.as_secs() / 86_400 {
        1 => "1 day".into(),
        n => format!("{n} days"),
    }
}

/// A scope as the object of a sentence.
#[must_use]
pub const fn scope(s: Scope) -> &'static str {
    match s {
        Scope::Nothing => "nothing",
        Scope::Window => "one window",
        Scope::Application => "one application",
        Scope::Applications => "chosen applications",
        Scope::Desktop => "the desktop",
    }
}

const fn right(r: Right) -> &'static str {
    match r {
        Right::View => "the picture",
        Right::Pointer => "the pointer",
        Right::Keyboard => "the keyboard",
        Right::ClipboardToViewer => "copying to the viewer",
        Right::ClipboardFromViewer => "pasting from the viewer",
        Right::Audio => "sound",
        Right::Recording => "recording",
        Right::Pointing => "pointing",
    }
}

const fn duty(d: Duty) -> &'static str {
    match d {
        Duty::Notify => "the sharer is notified",
        Duty::Accept => "the sharer accepts each time",
        Duty::Trial => "a trial picture arrives first",
        Duty::Purpose => "a purpose is given",
        Duty::Reference => "a reference is given",
        Duty::PatientConsent => "it is said who obtained the patient’s consent",
        Duty::NoStarters => "no program is controlled that can start others",
        Duty::Meeting => "it is in a moderated room",
    }
}

const fn power(p: Power) -> &'static str {
    match p {
        Power::View => "view",
        Power::Share => "share",
        Power::GrantControl => "grant control",
        Power::ReceiveControl => "receive control",
        Power::ChangeControl => "change control",
        Power::OpenMeeting => "open meetings",
        Power::OpenRoom => "open rooms to everybody",
    }
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

/// Duties as a list.
#[must_use]
pub fn duties(d: Duties) -> String {
    list(d.iter().map(duty))
}

/// Powers as a list.
#[must_use]
pub fn powers(p: Powers) -> String {
    match p.is_empty() {
        true => "nothing".into(),
        false => list(p.iter().map(power)),
    }
}

/// Whether a settled cap takes all, nothing, or some.
fn kind(settled: Cap) -> &'static str {
    let all = settled.is_within(Preset::Everything.cap().settled())
        && settled.view == Scope::Desktop
        && settled.control == Scope::Desktop
        && settled.rights == Rights::ALL;
    match all {
        _ if settled.is_off() => "off",
        true => "all",
        false => "some",
    }
}

/// What is missing in a settled cap of the rights that usually go with it.
fn lacking(settled: Cap) -> Rights {
    let expected = match settled.control {
        Scope::Nothing => Rights::VIEW,
        _ => Rights::ALL,
    };
    expected.difference(settled.rights)
}

/// A cap as the predicate of a sentence.
#[must_use]
pub fn cap(c: Cap) -> String {
    let settled = c.settled();
    let mut text = match kind(settled) {
        "off" => "no sharing".to_owned(),
        "all" => "everything".to_owned(),
        _ => {
            let mut text = format!(
                "seeing at most {}, control of {}",
                scope(settled.view),
                match settled.control {
                    Scope::Nothing => "nothing".to_owned(),
                    s => format!("at most {}", scope(s)),
                }
            );
            let without = lacking(settled);
            if !without.is_empty() {
                text += &format!(", without {}", list(without.iter().map(right)));
            }
            text
        }
    };
    if !c.demands.is_empty() {
        text += &format!("; {}", duties(c.demands));
    }
    text
}

/// Names for ids that stand in a policy.
pub trait Names {
    /// How a person is called.
    fn person(&self, id: &PersonId) -> String;

    /// Whether it is whoever reads the sentence.
    fn is_reader(&self, _id: &PersonId) -> bool {
        false
    }
}

/// Names from the policy's own directory.
#[derive(Debug, Clone, Copy)]
pub struct Directory<'a>(pub &'a PolicyBody);

impl Names for Directory<'_> {
    fn person(&self, id: &PersonId) -> String {
        match self.0.member(id) {
            Some(m) => escape_for_display(m.name.as_str()),
            None => id.to_string(),
        }
    }
}

fn group_name(body: &PolicyBody, number: GroupNumber) -> String {
    let found = body.groups.iter().find(|g| g.number == number);
    found.map_or_else(
        || number.0.to_string(),
        |g| format!("“{}”", escape_for_display(g.name.as_str())),
    )
}

/// The name of a group.
#[must_use]
pub fn group(body: &PolicyBody, number: GroupNumber) -> String {
    format!("group {}", group_name(body, number))
}

fn party(p: &Party, body: &PolicyBody, names: &impl Names) -> String {
    match p {
        Party::Everybody => "everybody".into(),
        Party::Group(g) => group(body, *g),
        Party::Meeting(room) => format!("meeting {room}"),
        Party::Person(id) => names.person(id),
        Party::Role(role) => format!("everybody who is {}", role.name()),
        Party::Outsiders => "people outside the organisation".into(),
        Party::NotGroup(g) => format!("everybody outside {}", group(body, *g)),
        Party::NotPerson(id) => format!("everybody but {}", names.person(id)),
    }
}

/// A party by its code, and by what it is called if it has a name.
fn of_party(p: &Party, body: &PolicyBody, names: &impl Names) -> (&'static str, Option<String>) {
    match p {
        Party::Everybody => ("everybody", None),
        Party::Group(g) => ("group", Some(group_name(body, *g))),
        Party::Meeting(room) => ("meeting", Some(room.to_string())),
        Party::Person(id) if names.is_reader(id) => ("me", None),
        Party::Person(id) => ("person", Some(names.person(id))),
        Party::Role(role) => ("role", Some(role.name().to_owned())),
        Party::Outsiders => ("outsiders", None),
        Party::NotGroup(g) => ("not-group", Some(group_name(body, *g))),
        Party::NotPerson(id) if names.is_reader(id) => ("not-me", None),
        Party::NotPerson(id) => ("not-person", Some(names.person(id))),
    }
}

/// One rule in a sentence, with its parts.
#[must_use]
pub fn rule_said(r: &Rule, body: &PolicyBody, names: &impl Names) -> Sentence {
    let (subject, subject_name) = of_party(&r.subject, body, names);
    let (other, other_name) = of_party(&r.other, body, names);
    let towards = Some(other).filter(|_| r.other != Party::Everybody);
    // What says nothing stands for all.
    let parts = Some(r.capacities).filter(|all| *all != Capacities::ALL);
    let technologies = Some(r.technologies).filter(|all| *all != Technologies::ALL);
    let directions = Some(r.directions).filter(|all| *all != Directions::ALL);
    let newer = (r.understood == Understood::Partly).then_some("newer");
    let said = Sentence::new("rule", rule(r, body, names))
        .put("number", [r.number])
        .put("subject", [subject])
        .put("subject-name", subject_name)
        .put(
            "parts",
            parts
                .into_iter()
                .flat_map(Capacities::iter)
                .map(Capacity::name),
        )
        .put("towards", towards)
        .put("towards-name", other_name)
        .put(
            "technologies",
            technologies
                .into_iter()
                .flat_map(Technologies::iter)
                .map(Technology::name),
        )
        .put(
            "directions",
            directions
                .into_iter()
                .flat_map(Directions::iter)
                .map(Direction::name),
        )
        .put(
            "applications",
            r.applications
                .iter()
                .map(|a| escape_for_display(a.as_str())),
        )
        .put("newer", newer);
    with_cap(said, r.cap)
}

/// A sentence with a cap in it.
fn with_cap(said: Sentence, c: Cap) -> Sentence {
    let settled = c.settled();
    let without = lacking(settled);
    said.put("cap", [kind(settled)])
        .put("view", [settled.view.name()])
        .put("control", [settled.control.name()])
        .put("without", without.iter().map(Right::name))
        .put("demands", c.demands.iter().map(Duty::name))
}

/// One rule in an English sentence.
#[must_use]
pub fn rule(r: &Rule, body: &PolicyBody, names: &impl Names) -> String {
    let mut text = format!("Rule {}: for {}", r.number, party(&r.subject, body, names));
    let parts = r.capacities;
    if parts != Capacities::ALL {
        text += &format!(" as {}", list(parts.iter().map(Capacity::name)));
    }
    if r.other != Party::Everybody {
        text += &format!(" towards {}", party(&r.other, body, names));
    }
    if r.technologies != Technologies::ALL {
        text += &format!(
            " over {}",
            list(r.technologies.iter().map(Technology::name))
        );
    }
    if r.directions != Directions::ALL {
        let how = |d| match d {
            Direction::Invite => "where the sharer invites",
            Direction::Request => "where the viewer asks",
        };
        text += &format!(" {}", list(r.directions.iter().map(how)));
    }
    if !r.applications.is_empty() {
        let apps: Vec<_> = r
            .applications
            .iter()
            .map(|a| escape_for_display(a.as_str()))
            .collect();
        text += &format!(" for the applications {}", apps.join(", "));
    }
    text += &format!(": {}.", cap(r.cap));
    if r.understood == Understood::Partly {
        text += " (Written for a newer Kith: here it allows nothing.)";
    }
    text
}

/// “2 of 3”.
#[must_use]
pub fn of(keys: &KeySet) -> String {
    format!("{} of {}", keys.needed(), keys.keys().len())
}

/// The header in sentences.
#[must_use]
pub fn header(h: &PolicyHeader) -> Vec<Sentence> {
    let in_days = |d: core::time::Duration| [d.as_secs() / 86_400];
    let signing = |code, keys: &KeySet, words: String| {
        Sentence::new(code, words)
            .put("n", [keys.needed()])
            .put("of", [keys.keys().len()])
    };
    vec![
        signing(
            "admins",
            &h.admins,
            format!("{} administrators must sign a change.", of(&h.admins)),
        ),
        Sentence::new(
            "age",
            format!(
                "It is old after {}, and may still be used for {} after that.",
                days(h.max_age),
                days(h.grace)
            ),
        )
        .put("days", in_days(h.max_age))
        .put("grace", in_days(h.grace)),
        match &h.recovery {
            Some(r) => signing(
                "recovery",
                r,
                format!("{} recovery keys can replace the administrators.", of(r)),
            ),
            None => Sentence::new(
                "no-recovery",
                "There are no recovery keys: whoever loses the administrators’ keys must begin a \
                 new organisation.",
            ),
        },
    ]
}

/// The content in sentences: what is demanded, roles, outsiders, rules, hosts.
#[must_use]
pub fn body(b: &PolicyBody, names: &impl Names) -> Vec<Sentence> {
    let mut said = Vec::new();
    if !b.demands.is_empty() {
        let words = format!("For every share: {}.", duties(b.demands));
        let demands = b.demands.iter().map(Duty::name);
        said.push(Sentence::new("demands", words).put("demands", demands));
    }
    for (role, carried) in &b.roles {
        let carried = carried.intersection(role.powers());
        let words = format!(
            "Whoever is {} may {} and nothing else.",
            role.name(),
            powers(carried)
        );
        said.push(
            Sentence::new("role", words)
                .put("role", [role.name()])
                .put("powers", carried.iter().map(Power::name)),
        );
    }
    let words = format!(
        "With people outside the organisation: {}.",
        cap(b.outsiders)
    );
    said.push(with_cap(Sentence::new("outsiders", words), b.outsiders));
    if b.rules.is_empty() {
        said.push(Sentence::new(
            "no-rules",
            "No rules: each role carries what it usually does.",
        ));
    }
    said.extend(b.rules.iter().map(|r| rule_said(r, b, names)));
    if !b.hosted.is_empty() {
        let n = b.hosted.len();
        let words = format!("Servers in {n} networks may be used for hosted sessions.");
        said.push(Sentence::new("hosts", words).put("n", [n]));
    }
    if b.understood == Understood::Partly {
        said.push(Sentence::new(
            "newer",
            "A part of it needs a newer Kith: until then it allows nothing here.",
        ));
    }
    said
}

/// A role from what somebody typed.
#[must_use]
pub fn role_named(text: &str) -> Option<Role> {
    let wanted = text.trim().to_lowercase();
    Role::ALL.iter().copied().find(|r| r.name() == wanted)
}
