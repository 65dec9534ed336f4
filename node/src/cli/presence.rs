//! `kith presence`: what others see, who may see it, and who is waited for
//! (DISC-4).

use std::fmt::Write as _;

use kith_api::{Audience, Event, PresenceInfo, PresenceRequest, PresenceState, Reply, Request};

use super::args::{PresenceArg, PresenceArgs, VisibleArg};
use super::place::connect;
use super::{Common, Fail, note, print, show};

pub(super) fn run(common: &Common, args: PresenceArgs) -> Result<(), Fail> {
    let mut node = connect(common)?;
    if let Some(state) = args.state {
        let state = match state {
            PresenceArg::Available => PresenceState::Available,
            PresenceArg::Away => PresenceState::Away,
            PresenceArg::Busy => PresenceState::Busy,
            PresenceArg::Hidden => PresenceState::Hidden,
        };
        node.ask(Request::Presence { state })?;
    }
    let audience = match (args.visible, args.only, args.hide_from) {
        (Some(VisibleArg::Contacts), ..) => Some(Audience::Contacts),
        (Some(VisibleArg::Nobody), ..) => Some(Audience::Nobody),
        (None, only, _) if !only.is_empty() => Some(Audience::Only(only)),
        (None, _, except) if !except.is_empty() => Some(Audience::Except(except)),
        _ => None,
    };
    if let Some(audience) = audience {
        node.ask(Request::PresenceRules(PresenceRequest::Audience(audience)))?;
    }
    match args.tell_me {
        Some(who) => tell_me(common, who),
        None => {
            let reply = node.ask(Request::PresenceRules(PresenceRequest::Show))?;
            show::reply(common, &reply)
        }
    }
}

/// Waits until somebody is there. The wish stays with the node when this is
/// ended before.
fn tell_me(common: &Common, who: String) -> Result<(), Fail> {
    let events = connect(common)?.subscribe()?;
    let mut node = connect(common)?;
    let Reply::Contact(contact) = node.ask(Request::Contact { who })? else {
        return Ok(());
    };
    let id = contact.person.id;
    let who = id.to_string();
    let asked = node.ask(Request::PresenceRules(PresenceRequest::TellMe { who }))?;
    let waits = matches!(&asked, Reply::Presence(p) if p.tell_me.iter().any(|p| p.id == id));
    if waits && !common.json {
        note(&format!(
            "Waiting for {}. Ctrl-C ends it.",
            contact.person.name
        ));
    }
    for event in events {
        let Event::Arrived(person) = event else {
            continue;
        };
        if person.id == id {
            let text = match common.json {
                true => serde_json::json!({ "arrived": person }).to_string() + "\n",
                false => format!("{} is there.\n", person.name),
            };
            return print(text.as_bytes());
        }
    }
    Err(kith_api::ClientError::Closed.into())
}

/// Presence and its rules, for people.
pub(super) fn info(out: &mut String, p: &PresenceInfo) -> std::fmt::Result {
    writeln!(out, "You are {}.", show::presence(p.state))?;
    match &p.audience {
        Audience::Contacts => writeln!(out, "Every contact may see that.")?,
        Audience::Nobody => writeln!(out, "Nobody may see that.")?,
        Audience::Only(who) => writeln!(out, "Only these may see that: {}.", who.join(", "))?,
        Audience::Except(who) => {
            writeln!(
                out,
                "Every contact may see that, but not: {}.",
                who.join(", ")
            )?;
        }
    }
    p.tell_me
        .iter()
        .try_for_each(|p| writeln!(out, "You will be told when {} is there.", p.name))
}
