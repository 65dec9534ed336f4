//! What a document would change, in sentences: read before signing.

use std::collections::BTreeMap;

use kith_proto::names::escape_for_display;
use kith_proto::policy::document::{Member, PolicyBody};
use kith_proto::policy::rule::GroupNumber;

use super::draft::{Admin, Draft};
use super::words::{self, Directory};

/// What the draft changes; for the first document, all that it says.
#[must_use]
pub fn changes(draft: &Draft) -> Vec<String> {
    let mut said = Vec::new();
    let Some((header, old)) = draft.before() else {
        said.push(format!(
            "A new organisation, “{}”.",
            escape_for_display(draft.name.as_str())
        ));
        said.push(format!(
            "{} of {} administrators must sign every change: {}.",
            draft.needed,
            draft.admins.len(),
            labels(&draft.admins)
        ));
        said.push(format!(
            "It gets old after {}, may be used for {} more, and ends after {}.",
            words::days(draft.max_age),
            words::days(draft.grace),
            words::days(draft.lifetime)
        ));
        match &draft.recovery {
            None => said.push("There are no recovery keys.".into()),
            Some((keys, needed)) => said.push(format!(
                "{needed} of {} recovery keys can replace the administrators.",
                keys.len()
            )),
        }
        said.extend(draft.body.members.iter().map(|m| added(m, &draft.body)));
        let all = words::body(&draft.body, &Directory(&draft.body));
        said.extend(all.into_iter().map(|s| s.words));
        return said;
    };
    let h = header.payload();
    if h.name != draft.name {
        said.push(format!(
            "The organisation is renamed to “{}”.",
            escape_for_display(draft.name.as_str())
        ));
    }
    admins(&mut said, h.admins.keys(), draft);
    if h.admins.needed() != draft.needed {
        let who = match draft.needed {
            1 => "administrator",
            _ => "administrators",
        };
        said.push(format!(
            "{} {who} must sign from then on, instead of {}.",
            draft.needed,
            h.admins.needed()
        ));
    }
    recovery(&mut said, h.recovery.as_ref(), draft);
    let times = (
        h.max_age,
        h.grace,
        h.validity.expires.since(h.validity.issued),
    );
    if times != (draft.max_age, draft.grace, draft.lifetime) {
        said.push(format!(
            "It gets old after {}, may be used for {} more, and ends after {}.",
            words::days(draft.max_age),
            words::days(draft.grace),
            words::days(draft.lifetime)
        ));
    }
    members(&mut said, &old, &draft.body);
    groups(&mut said, &old, &draft.body);
    rest(&mut said, &old, &draft.body);
    if said.is_empty() {
        said.push("Nothing but its date: it is renewed.".into());
    }
    said
}

fn labels(all: &[Admin]) -> String {
    let names: Vec<_> = all.iter().map(Admin::to_string).collect();
    names.join(", ")
}

fn admins(said: &mut Vec<String>, old: &[kith_proto::keys::PublicKey], draft: &Draft) {
    for key in old {
        if !draft.admins.iter().any(|a| a.key == *key) {
            said.push(format!(
                "The administrator’s key {} signs nothing any more.",
                draft.label(key)
            ));
        }
    }
    for admin in &draft.admins {
        if !old.contains(&admin.key) {
            said.push(format!(
                "A new administrator’s key: {} ({}).",
                admin.called(),
                kith_proto::id::AdminKeyId::from(admin.key)
            ));
        }
    }
}

fn recovery(
    said: &mut Vec<String>,
    old: Option<&kith_proto::policy::document::KeySet>,
    draft: &Draft,
) {
    let new = draft.recovery.as_ref();
    let same = match (old, new) {
        (None, None) => true,
        (Some(o), Some((keys, needed))) => {
            let mut keys: Vec<_> = keys.iter().map(|a| a.key).collect();
            keys.sort();
            o.keys() == keys && o.needed() == *needed
        }
        _ => false,
    };
    match (same, new) {
        (true, _) => {}
        (false, None) => said.push("The recovery keys are given up.".into()),
        (false, Some((keys, needed))) => said.push(format!(
            "{needed} of {} new recovery keys can replace the administrators; older ones no \
             longer can.",
            keys.len()
        )),
    }
}

fn in_groups(m: &Member, body: &PolicyBody) -> String {
    let names: Vec<_> = m.groups.iter().map(|g| words::group(body, *g)).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(", in {}", names.join(", ")),
    }
}

fn added(m: &Member, body: &PolicyBody) -> String {
    format!(
        "{} becomes a member, as {}{} ({}).",
        escape_for_display(m.name.as_str()),
        m.role.name(),
        in_groups(m, body),
        m.person
    )
}

fn members(said: &mut Vec<String>, old: &PolicyBody, new: &PolicyBody) {
    let name = |m: &Member| escape_for_display(m.name.as_str());
    for m in &old.members {
        let Some(now) = new.member(&m.person) else {
            said.push(format!(
                "{} is no longer a member: shares with {} end as soon as the news arrives.",
                name(m),
                name(m)
            ));
            continue;
        };
        if now.name != m.name {
            said.push(format!("{} is listed as {} now.", name(m), name(now)));
        }
        if now.role != m.role {
            said.push(format!(
                "{} is {} now, instead of {}.",
                name(now),
                now.role.name(),
                m.role.name()
            ));
        }
        for g in &m.groups {
            if !now.groups.contains(g) {
                said.push(format!("{} leaves {}.", name(now), words::group(old, *g)));
            }
        }
        for g in &now.groups {
            if !m.groups.contains(g) {
                said.push(format!("{} joins {}.", name(now), words::group(new, *g)));
            }
        }
    }
    for m in &new.members {
        if old.member(&m.person).is_none() {
            said.push(added(m, new));
        }
    }
}

fn groups(said: &mut Vec<String>, old: &PolicyBody, new: &PolicyBody) {
    let by_number = |b: &PolicyBody| -> BTreeMap<GroupNumber, String> {
        b.groups
            .iter()
            .map(|g| (g.number, escape_for_display(g.name.as_str())))
            .collect()
    };
    let (before, after) = (by_number(old), by_number(new));
    for (number, name) in &before {
        match after.get(number) {
            None => said.push(format!("The group “{name}” is gone.")),
            Some(now) if now != name => {
                said.push(format!("The group “{name}” is called “{now}” now."));
            }
            Some(_) => {}
        }
    }
    for (number, name) in &after {
        if !before.contains_key(number) {
            said.push(format!("A new group, “{name}”."));
        }
    }
}

fn rest(said: &mut Vec<String>, old: &PolicyBody, new: &PolicyBody) {
    for r in &old.rules {
        match new.rules.iter().find(|n| n.number == r.number) {
            None => said.push(format!(
                "No longer: {}",
                words::rule(r, old, &Directory(old))
            )),
            Some(n) if n != r => said.push(format!(
                "Changed: {} (Before: {})",
                words::rule(n, new, &Directory(new)),
                words::rule(r, old, &Directory(old))
            )),
            Some(_) => {}
        }
    }
    for r in &new.rules {
        if !old.rules.iter().any(|o| o.number == r.number) {
            said.push(format!("New: {}", words::rule(r, new, &Directory(new))));
        }
    }
    if old.demands != new.demands {
        said.push(match new.demands.is_empty() {
            true => "Nothing is demanded of every share any more.".into(),
            false => format!(
                "For every share from then on: {}.",
                words::duties(new.demands)
            ),
        });
    }
    if old.outsiders != new.outsiders {
        said.push(format!(
            "With people outside the organisation: {}, instead of: {}.",
            words::cap(new.outsiders),
            words::cap(old.outsiders)
        ));
    }
    if old.roles != new.roles {
        said.push("What roles carry is changed.".into());
        said.extend(new.roles.iter().map(|(role, powers)| {
            format!(
                "Whoever is {} may {} and nothing else.",
                role.name(),
                words::powers(*powers)
            )
        }));
    }
    if old.hosted != new.hosted {
        said.push(format!(
            "Servers for hosted sessions: {} networks, before: {}.",
            new.hosted.len(),
            old.hosted.len()
        ));
    }
}
