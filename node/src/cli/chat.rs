//! `kith chat`: a conversation in the terminal. One connection asks, another
//! listens; what arrives is printed above the line that is being written.

mod head;
mod marks;

use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use kith_api::{Content, Event, Message, Mine, Reply, Request};
use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, ExternalPrinter as _};

use self::head::Head;
use self::marks::Marks;
use super::place::connect;
use super::{Common, Fail, print, show};

/// How many events wait while the terminal is slow.
const EVENTS: usize = 256;
/// How long to wait when there is nothing to be shown later.
const LONG: Duration = Duration::from_secs(3600);
/// How much of the past is shown first.
const PAST: u32 = 20;

const HELP: &str = "\
  /reply ID TEXT   answer a message       /edit ID TEXT   change one of yours
  /delete ID       delete one *           /react ID 👍    react to one
  /file PATH       offer a file           /fetch ID PATH  fetch one
  /who             who is here            /quit           leave (Ctrl-D)
A line that starts with two slashes is sent with one.
* one of yours, for everybody; as an admin of a room of several, anybody's.";

pub(super) fn run(common: &Common, with: &str) -> Result<(), Fail> {
    if !std::io::stdin().is_terminal() {
        return Err(Fail::usage("chat needs a terminal to write in").hint(
            "“kith send NAME TEXT” sends one message, or with “-” what standard input gives; “kith \
             history NAME” shows what was said",
        ));
    }
    let mut node = connect(common)?;
    let past = Request::History {
        room: with.to_owned(),
        before: None,
        limit: PAST,
    };
    let Reply::Messages(past) = node.ask(past)? else {
        return Ok(());
    };
    let Reply::Room(room) = node.ask(Request::Room {
        room: with.to_owned(),
    })?
    else {
        return Ok(());
    };
    let id = room.room.id;
    let Reply::Contacts(contacts) = node.ask(Request::Contacts)? else {
        return Ok(());
    };
    let head = Head::new(room, contacts);
    past.iter()
        .try_for_each(|m| print(format!("{}\n", show::message(m)).as_bytes()))?;
    node.ask(Request::MarkRead {
        room: id.to_string(),
    })?;

    let mut editor = DefaultEditor::new().map_err(terminal)?;
    let mut printer = editor.create_external_printer().map_err(terminal)?;
    let events = connect(common)?.subscribe()?;
    let mut reader = connect(common)?;
    let shown = move |line: String| match std::io::stdout().is_terminal() {
        true => printer.print(line + "\n").is_ok(),
        false => print((line + "\n").as_bytes()).is_ok(),
    };
    super::note(&format!("{}\n/help shows what you can do.", head.said()));
    std::thread::spawn(move || listen(events, &mut reader, id, head, shown));

    loop {
        let line = match editor.readline("> ") {
            Ok(line) => line,
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
            Err(e) => return Err(terminal(e)),
        };
        if line.trim().is_empty() {
            continue;
        }
        let _ = editor.add_history_entry(&line);
        match parse(&id.to_string(), &line) {
            Line::Quit => return Ok(()),
            Line::Help => super::note(HELP),
            Line::Wrong(why) => super::note(why),
            Line::Ask(request) => match node.ask(request) {
                Ok(Reply::Sent(_) | Reply::Done) => {}
                Ok(reply) => show::reply(common, &reply)?,
                Err(kith_api::ClientError::Refused(e)) => super::note(&format!("not done: {e}")),
                Err(e) => return Err(e.into()),
            },
        }
    }
}

fn terminal(e: ReadlineError) -> Fail {
    Fail::new(
        kith_api::Code::Internal,
        format!("the terminal can't be used: {e}"),
    )
}

/// Prints what arrives in the room, and marks it as read; and how the others
/// are, when that changes. The mark of a
/// message of mine is shown when its delivery has changed and settled.
fn listen(
    events: kith_api::Events,
    reader: &mut kith_api::Client,
    room: kith_proto::id::RoomId,
    mut head: Head,
    mut show_line: impl FnMut(String) -> bool,
) {
    let (tell, told) = mpsc::sync_channel(EVENTS);
    std::thread::spawn(move || {
        for event in events {
            if tell.send(event).is_err() {
                return;
            }
        }
    });
    let mut marks = Marks::default();
    loop {
        let until = marks
            .due()
            .map_or(LONG, |at| at.saturating_duration_since(Instant::now()));
        let event = match told.recv_timeout(until) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if !marks
            .settled(Instant::now())
            .into_iter()
            .all(&mut show_line)
        {
            return;
        }
        if let Some(line) = event.as_ref().and_then(|e| head.heard(e))
            && !show_line(format!("* {line}"))
        {
            return;
        }
        let Some(Event::Message(message)) = event else {
            continue;
        };
        if message.room.id != room {
            continue;
        }
        let line = line_of(&message);
        // My own text stands in the terminal already.
        if is_mark(&message) {
            marks.heard(message.id, line, Instant::now());
            continue;
        }
        if !show_line(line) {
            return;
        }
        if message.mine == Mine::No {
            let _ = reader.ask(Request::MarkRead {
                room: room.to_string(),
            });
        }
    }
}

fn line_of(message: &Message) -> String {
    match is_mark(message) {
        true => show::mark(message),
        false => show::message(message),
    }
}

/// Whether only its mark is news.
fn is_mark(message: &Message) -> bool {
    matches!(
        (&message.mine, &message.content),
        (Mine::Yes, Content::Text(_))
    )
}

#[derive(Debug, PartialEq)]
enum Line {
    Ask(Request),
    Help,
    Quit,
    Wrong(&'static str),
}

/// What a line means.
fn parse(room: &str, line: &str) -> Line {
    let of = |message: &str| kith_api::MessageRef {
        room: room.into(),
        message: message.into(),
    };
    let Some(command) = line.strip_prefix('/') else {
        return Line::Ask(Request::Send {
            to: room.into(),
            text: line.into(),
            reply_to: None,
        });
    };
    if let Some(rest) = command.strip_prefix('/') {
        let text = format!("/{rest}");
        return Line::Ask(Request::Send {
            to: room.into(),
            text,
            reply_to: None,
        });
    }
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    let (first, second) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let second = second.trim();
    match (word, first, second) {
        ("quit" | "q", "", "") => Line::Quit,
        ("help" | "h", ..) => Line::Help,
        ("who", "", "") => Line::Ask(Request::Room { room: room.into() }),
        ("delete", id, "") if !id.is_empty() => Line::Ask(Request::Delete { of: of(id) }),
        ("file", path, "") if !path.is_empty() => match std::path::absolute(path) {
            Ok(path) => Line::Ask(Request::FileSend {
                to: room.into(),
                path,
            }),
            Err(_) => Line::Wrong("that path can't be used"),
        },
        ("reply", id, text) if !text.is_empty() => Line::Ask(Request::Send {
            to: room.into(),
            text: text.into(),
            reply_to: Some(id.into()),
        }),
        ("edit", id, text) if !text.is_empty() => Line::Ask(Request::Edit {
            of: of(id),
            text: text.into(),
        }),
        ("react", id, emoji) if !emoji.is_empty() => Line::Ask(Request::React {
            of: of(id),
            emoji: emoji.into(),
        }),
        ("fetch", id, path) if !path.is_empty() => match std::path::absolute(path) {
            Ok(path) => Line::Ask(Request::FileFetch { of: of(id), path }),
            Err(_) => Line::Wrong("that path can't be used"),
        },
        _ => Line::Wrong("not understood; /help shows what you can do"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(line: &str) -> Option<(String, Option<String>)> {
        match parse("r", line) {
            Line::Ask(Request::Send { text, reply_to, .. }) => Some((text, reply_to)),
            _ => None,
        }
    }

    /// Rule R9: no line of a message can look like a message of somebody
    /// else's.
    #[test]
    fn further_lines_of_a_message_are_indented() {
        let person = kith_api::PersonRef {
            id: kith_proto::id::PersonId::from_bytes([1; 32]),
            name: "Ben".into(),
            verified: kith_api::Verification::Unverified,
        };
        let room = kith_api::RoomRef {
            id: kith_proto::id::RoomId::from_bytes([2; 32]),
            title: "Ben".into(),
        };
        let message = Message {
            id: "ab".repeat(32),
            room,
            author: person,
            mine: Mine::No,
            at_ms: 0,
            content: Content::Text("yes\n2026-11-22 07:37 7ca6d079 Anna: I agree".into()),
            reply_to: None,
            edited: kith_api::Edited::No,
            reactions: Vec::new(),
            delivery: None,
            erasable: kith_api::Erasable::No,
            happened: None,
            deleted_by: None,
            doubt: kith_api::Doubt::None,
        };
        let shown = line_of(&message);
        let mut lines = shown.lines();
        assert!(lines.next().unwrap().ends_with("Ben: yes"), "{shown}");
        assert!(lines.all(|l| l.starts_with("    ")), "{shown}");
        let mine = Message {
            mine: Mine::Yes,
            delivery: Some(kith_api::Delivery::Delivered),
            ..message
        };
        assert_eq!(line_of(&mine), "    abababab delivered");
    }

    #[test]
    fn text_is_sent_and_commands_are_not() {
        assert_eq!(sent("hello /there"), Some(("hello /there".into(), None)));
        assert_eq!(
            sent("//etc is a folder"),
            Some(("/etc is a folder".into(), None))
        );
        assert_eq!(
            sent("/reply ab12 yes, at  nine"),
            Some(("yes, at  nine".into(), Some("ab12".into())))
        );
        for line in [
            "/edit ab12",
            "/reply",
            "/unknown",
            "/",
            "/delete",
            "/quit now",
            "/react ab",
        ] {
            assert!(matches!(parse("r", line), Line::Wrong(_)), "{line}");
        }
        assert_eq!(parse("r", "/quit"), Line::Quit);
    }
}
