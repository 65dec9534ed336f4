//! They meet and talk.

use std::path::Path;
use std::time::Instant;

use kith_api::{
    ContactState, Content, Decision, Delivery, Edited, Event, Level, MeetingRequest, Message,
    MessageRef, Mine, NearbyPerson, Reply, Request, Verification,
};

use super::super::Fail;
use super::person::{DEADLINE, Person};
use super::scene::GLANCE;
use super::show::{Checks, Show};

/// How many messages wait for Ben while he is away.
const AWAY: usize = 100;
/// A word that may not stand anywhere on the disk.
const SECRET: &str = "Zwischenfallprotokoll";

/// By mDNS, where the network carries it, the two see each other before they
/// know anything: no address, no invite.
pub(super) fn nearby(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
    if !anna.hears_others() {
        return Ok(());
    }
    let ask = |person: &mut Person, open_secs| -> Result<Vec<NearbyPerson>, Fail> {
        let request = Request::Meeting(MeetingRequest::Nearby { open_secs });
        match person.ask(request)? {
            Reply::Nearby(nearby) => Ok(nearby.people),
            _ => Ok(Vec::new()),
        }
    };
    let finds = |person: &mut Person, name: &str| -> Result<bool, Fail> {
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            let found = ask(person, None)?;
            if found.iter().any(|p| p.person.name == name) {
                return Ok(true);
            }
            std::thread::sleep(GLANCE);
        }
        Ok(false)
    };
    show.step("nearby", |_| {
        ask(anna, Some(60))?;
        ask(ben, Some(60))?;
        let checks = Checks::default()
            .that("Anna finds Ben by mDNS", finds(anna, "Ben")?)
            .that("Ben finds Anna by mDNS", finds(ben, "Anna")?);
        Ok((
            checks,
            "both want to be met: by mDNS each finds the other, without any address".into(),
        ))
    })
}

pub(super) fn meet(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
    let mut text = String::new();
    show.step("invite", |_| {
        let reply = anna.ask(Request::InviteNew { lifetime_secs: 600 })?;
        if let Reply::Invite(invite) = reply {
            text = invite.text.unwrap_or_default();
        }
        let look = ben.ask(Request::InviteLook {
            invite: text.clone(),
        })?;
        let right = matches!(look, Reply::Invitation(i) if i.name == "Anna");
        Ok((
            Checks::default().that("the invite names Anna", right),
            "Anna makes an invite; Ben looks at it, which doesn't use it up".into(),
        ))
    })?;
    show.step("answer", |_| {
        ben.ask(Request::InviteAccept {
            invite: text.clone(),
            petname: None,
        })?;
        anna.wait(
            "Ben's answer",
            |e| matches!(e, Event::Contact(c) if c.state == ContactState::Asks),
        )?;
        Ok((
            Checks::default()
                .that(
                    "Anna's node lists Ben as asking",
                    anna.has("Ben", ContactState::Asks)?,
                )
                .that(
                    "Ben's node waits for her yes",
                    ben.has("Anna", ContactState::Answered)?,
                ),
            "Ben answers; the two devices find each other".into(),
        ))
    })?;
    show.step("contact", |_| {
        let decision = Decision::Accept;
        anna.ask(Request::ContactDecide {
            who: "Ben".into(),
            decision,
        })?;
        ben.wait("Anna's decision", |e| {
            matches!(e, Event::Contact(c) if c.state == ContactState::Contact && c.room.is_some())
        })?;
        Ok((
            Checks::default()
                .that(
                    "Ben is Anna's contact",
                    anna.has("Ben", ContactState::Contact)?,
                )
                .that(
                    "Anna is Ben's contact",
                    ben.has("Anna", ContactState::Contact)?,
                ),
            "Anna accepts; now they are contacts, and share a secret".into(),
        ))
    })?;
    show.step("verify", |_| {
        let number = |p: &mut Person, who: &str| -> Result<String, Fail> {
            match p.ask(Request::Safety { who: who.into() })? {
                Reply::Safety(s) => Ok(s.number),
                _ => Ok(String::new()),
            }
        };
        let (one, other) = (number(anna, "Ben")?, number(ben, "Anna")?);
        let outcome = Verification::Verified;
        anna.ask(Request::Verify {
            who: "Ben".into(),
            outcome,
        })?;
        ben.ask(Request::Verify {
            who: "Anna".into(),
            outcome,
        })?;
        Ok((
            Checks::default().that("one number", one == other && one.len() > 60),
            format!("both see {}…", one.get(..17).unwrap_or("")),
        ))
    })?;
    Ok(())
}

pub(super) fn talk(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
    let mut message = String::new();
    show.step("message", |_| {
        message = anna.send("Ben", &format!("Here is the {SECRET}."))?;
        ben.wait("the message", |e| is_text(e, SECRET))?;
        anna.wait(
            "the receipt",
            |e| matches!(e, Event::Message(m) if m.delivery == Some(Delivery::Delivered)),
        )?;
        Ok((
            Checks::default()
                .that(
                    "Ben's node has it",
                    ben.message("Anna", &message, |m| says(m, SECRET) && m.mine == Mine::No)?,
                )
                .that(
                    "Anna's node knows",
                    anna.message("Ben", &message, |m| {
                        matches!(m.delivery, Some(Delivery::Delivered | Delivery::Read))
                    })?,
                ),
            "Anna writes; Ben has it, and Anna knows".into(),
        ))
    })?;
    show.step("answer-back", |_| {
        let answer = ben.send("Anna", "Thank you. 谢谢")?;
        anna.wait("the answer", |e| is_text(e, "谢谢"))?;
        Ok((
            Checks::default()
                .that(
                    "Anna's node has it, as written",
                    anna.message("Ben", &answer, |m| {
                        says(m, "Thank you. 谢谢") && m.mine == Mine::No
                    })?,
                )
                .that(
                    "Ben's node knows",
                    ben.message("Anna", &answer, |m| {
                        matches!(m.delivery, Some(Delivery::Delivered | Delivery::Read))
                    })?,
                ),
            "Ben answers".into(),
        ))
    })?;
    show.step("edit-react-delete", |_| {
        let of = |room: &str| MessageRef {
            room: room.into(),
            message: message.clone(),
        };
        anna.ask(Request::Edit {
            of: of("Ben"),
            text: format!("The {SECRET}, page 2."),
        })?;
        ben.wait("the edit", |e| is_text(e, "page 2"))?;
        let changed = ben.message("Anna", &message, |m| {
            says(m, "page 2") && m.edited == Edited::Yes
        })?;
        ben.ask(Request::React {
            of: of("Anna"),
            emoji: "👍".into(),
        })?;
        anna.wait(
            "the reaction",
            |e| matches!(e, Event::Message(m) if !m.reactions.is_empty()),
        )?;
        let liked = anna.message("Ben", &message, |m| {
            m.reactions.iter().any(|(emoji, _)| emoji == "👍")
        })?;
        anna.ask(Request::Delete { of: of("Ben") })?;
        ben.wait(
            "the deletion",
            |e| matches!(e, Event::Message(m) if m.content == Content::Erased),
        )?;
        let erased = |m: &Message| m.content == Content::Erased;
        Ok((
            Checks::default()
                .that("Ben's node has the change", changed)
                .that("Anna's node has his 👍", liked)
                .that("gone at Anna's", anna.message("Ben", &message, erased)?)
                .that("gone at Ben's", ben.message("Anna", &message, erased)?),
            "changed, answered with 👍, and deleted on both sides".into(),
        ))
    })?;
    Ok(())
}

pub(super) fn away(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
    show.step("away", |_| {
        ben.end();
        for n in 0..AWAY {
            anna.send("Ben", &format!("{SECRET} {n}"))?;
        }
        let Reply::Status(status) = anna.ask(Request::Status)? else {
            return Ok((Checks::default().that("so", false), "".into()));
        };
        let said = format!(
            "Ben's process is killed; {} messages wait at Anna's",
            status.queued
        );
        Ok((
            Checks::default().that("all wait", status.queued == AWAY as u64),
            said,
        ))
    })?;
    show.step("back", |_| {
        ben.start()?;
        let last = format!("{SECRET} {}", AWAY - 1);
        let mut texts = ben.texts()?;
        while !texts.contains(&last) {
            ben.wait("what waited", |e| is_text(e, SECRET))?;
            texts = ben.texts()?;
        }
        let wanted: Vec<String> = (0..AWAY).map(|n| format!("{SECRET} {n}")).collect();
        let got: Vec<String> = texts.into_iter().filter(|t| wanted.contains(t)).collect();
        Ok((
            Checks::default().that("all, once, in order", got == wanted),
            format!("Ben comes back: all {AWAY}, once each, in order"),
        ))
    })?;
    Ok(())
}

/// Nothing can be read from the disk, and both databases are whole.
pub(super) fn at_rest(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    folder: &Path,
) -> Result<(), Fail> {
    show.step("at-rest", |_| {
        let found = holds_text(folder, SECRET.as_bytes());
        Ok((
            Checks::default().that("nowhere readable", !found),
            "what was said is nowhere on the disk in readable form".into(),
        ))
    })?;
    show.step("sound", |_| {
        let sound = |p: &mut Person| -> Result<bool, Fail> {
            let Reply::Doctor(found) = p.ask(Request::Doctor)? else {
                return Ok(false);
            };
            Ok(found
                .iter()
                .any(|f| f.code == "store-sound" && f.level == Level::Good))
        };
        Ok((
            Checks::default().that("both are sound", sound(anna)? && sound(ben)?),
            "both databases pass their full check".into(),
        ))
    })?;
    Ok(())
}

fn is_text(event: &Event, part: &str) -> bool {
    matches!(event, Event::Message(Message { content: Content::Text(t), .. }) if t.contains(part))
}

fn says(message: &Message, part: &str) -> bool {
    matches!(&message.content, Content::Text(text) if text.contains(part))
}

/// Whether any file below `folder` holds these bytes.
fn holds_text(folder: &Path, bytes: &[u8]) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|e| {
        let path = e.path();
        if path.is_dir() {
            return holds_text(&path, bytes);
        }
        // A pipe or a socket would be waited for, and keeps nothing.
        path.is_file()
            && std::fs::read(&path)
                .is_ok_and(|content| content.windows(bytes.len()).any(|w| w == bytes))
    })
}
