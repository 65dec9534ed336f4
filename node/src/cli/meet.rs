//! Comparing a spoken code (ID-2, ID-3): `kith verify NAME --code`, `kith
//! meet`, `kith nearby`. Both people run it; both see the same six digits.

use std::io::{BufRead as _, Write as _};

use kith_api::{
    Client, ClientError, Code, CodeOutcome, Event, Events, MeetingInfo, MeetingRequest,
    MeetingState, MeetingWith, Nearby, Reply, Request,
};

use super::place::connect;
use super::{Common, Fail, note, show};

/// What is said and asked while two people compare.
struct Talk<'a> {
    common: &'a Common,
    node: Client,
    events: Events,
}

/// Compares a code with a contact.
pub(super) fn verify(common: &Common, who: String) -> Result<(), Fail> {
    let mut talk = Talk::begin(common)?;
    let meeting = talk.ask(MeetingRequest::Verify { who })?;
    let waiting = format!(
        "Waiting for {}’s device. They run “kith verify YOUR-NAME --code” too.",
        meeting.name
    );
    talk.go_on(meeting, &waiting)
}

/// Shows who is nearby and wants to be met; until the time is over, or only
/// once.
pub(super) fn nearby(common: &Common, minutes: u16, close: bool) -> Result<(), Fail> {
    let mut node = connect(common)?;
    let secs = match close {
        true => 0,
        false => u32::from(minutes) * 60,
    };
    let reply = node.ask(Request::Meeting(MeetingRequest::Nearby {
        open_secs: Some(secs),
    }))?;
    show::reply(common, &reply)
}

/// Meets somebody nearby: whoever begins, or `who`.
pub(super) fn meet(common: &Common, who: Option<String>) -> Result<(), Fail> {
    const OPEN_SECS: u32 = 600;
    let mut talk = Talk::begin(common)?;
    let open = MeetingRequest::Nearby {
        open_secs: Some(OPEN_SECS),
    };
    let reply = talk.node.ask(Request::Meeting(open))?;
    if !common.json {
        note(
            "For ten minutes everybody on this network can see your name. The other person runs \
             “kith meet” too.",
        );
    }
    if let Reply::Nearby(nearby) = &reply {
        talk.show_nearby(nearby)?;
    }
    if let Some(meeting) = talk.try_meet(who.as_ref())? {
        return talk.go_on(meeting, "Waiting for their device.");
    }
    // They began before this was run.
    if who.is_none()
        && let Some(meeting) = talk.begun()?
    {
        return talk.go_on(meeting, "Somebody nearby wants to meet you.");
    }
    while let Some(event) = talk.events.next() {
        match event {
            Event::Nearby(nearby) if nearby.open_until_ms.is_none() => break,
            Event::Nearby(nearby) => {
                talk.show_nearby(&nearby)?;
                if let Some(meeting) = talk.try_meet(who.as_ref())? {
                    return talk.go_on(meeting, "Waiting for their device.");
                }
            }
            // They began.
            Event::Meeting(m) if who.is_none() && m.with == MeetingWith::Nearby => {
                return talk.go_on(m, "Somebody nearby wants to meet you.");
            }
            _ => {}
        }
    }
    Err(Fail::new(
        Code::Unreachable,
        "the time for meeting is over, and nobody was met",
    )
    .hint("run it again; both must be on the same network, with their nodes running"))
}

impl<'a> Talk<'a> {
    fn begin(common: &'a Common) -> Result<Self, Fail> {
        Ok(Self {
            common,
            node: connect(common)?,
            events: connect(common)?.subscribe()?,
        })
    }

    fn ask(&mut self, about: MeetingRequest) -> Result<MeetingInfo, Fail> {
        match self.node.ask(Request::Meeting(about))? {
            Reply::Meeting(meeting) => Ok(meeting),
            _ => Err(Fail::new(Code::Version, "the node answered something else")),
        }
    }

    /// Begins with `who`, if they are there by now.
    fn try_meet(&mut self, who: Option<&String>) -> Result<Option<MeetingInfo>, Fail> {
        let Some(who) = who else {
            return Ok(None);
        };
        let about = MeetingRequest::Meet { who: who.clone() };
        match self.node.ask(Request::Meeting(about)) {
            Ok(Reply::Meeting(meeting)) => Ok(Some(meeting)),
            Ok(_) => Ok(None),
            Err(ClientError::Refused(e)) if e.code == Code::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// What somebody nearby has begun.
    fn begun(&mut self) -> Result<Option<MeetingInfo>, Fail> {
        let all = match self.node.ask(Request::Meeting(MeetingRequest::List))? {
            Reply::Meetings(all) => all,
            _ => Vec::new(),
        };
        Ok(all.into_iter().find(|m| {
            let waits = matches!(m.state, MeetingState::Begun | MeetingState::Compare);
            waits && m.with == MeetingWith::Nearby
        }))
    }

    /// Who is there; that nobody is was said in other words already.
    fn show_nearby(&self, nearby: &Nearby) -> Result<(), Fail> {
        match self.common.json || nearby.people.is_empty() {
            true => Ok(()),
            false => show::reply(self.common, &Reply::Nearby(nearby.clone())),
        }
    }

    /// One line of JSON for scripts.
    fn line(&self, meeting: &MeetingInfo) -> Result<(), Fail> {
        let text = serde_json::to_string(meeting).map_err(|e| Fail::output(e.into()))?;
        super::print(format!("{text}\n").as_bytes())
    }

    /// From the beginning of a comparison to its end.
    fn go_on(&mut self, mut meeting: MeetingInfo, waiting: &str) -> Result<(), Fail> {
        if meeting.state == MeetingState::Begun && !self.common.json {
            note(waiting);
        }
        loop {
            match meeting.state {
                MeetingState::Begun | MeetingState::Waiting => {
                    meeting = self.next_of(&meeting.id)?;
                }
                MeetingState::Compare => {
                    let outcome = self.compare(&meeting)?;
                    let id = meeting.id.clone();
                    meeting = self.ask(MeetingRequest::Confirm {
                        meeting: id,
                        outcome,
                    })?;
                    if meeting.state == MeetingState::Waiting && !self.common.json {
                        note("Waiting until they say so too.");
                    }
                }
                MeetingState::Done => {
                    if self.common.json {
                        return self.line(&meeting);
                    }
                    let done = match meeting.with {
                        MeetingWith::Contact => format!("{} is verified.\n", meeting.name),
                        MeetingWith::Nearby => {
                            format!("You and {} are contacts, and verified.\n", meeting.name)
                        }
                    };
                    return super::print(done.as_bytes());
                }
                MeetingState::Failed => {
                    let why = meeting.why.map(|w| w.words).unwrap_or_default();
                    return Err(Fail::new(Code::Denied, format!("not verified: {why}"))
                        .hint("if you both saw other digits, don’t try again on this network"));
                }
            }
        }
    }

    /// The next news of a comparison.
    fn next_of(&mut self, id: &str) -> Result<MeetingInfo, Fail> {
        for event in self.events.by_ref() {
            match event {
                Event::Meeting(m) if m.id == id => return Ok(m),
                // They began anew; or both began, and theirs goes on.
                Event::Meeting(m) if m.state == MeetingState::Begun => return Ok(m),
                _ => {}
            }
        }
        Err(ClientError::Closed.into())
    }

    fn compare(&self, meeting: &MeetingInfo) -> Result<CodeOutcome, Fail> {
        let code = meeting.code.clone().unwrap_or_default();
        match self.common.json {
            true => self.line(meeting)?,
            false => {
                let mut said = format!("\n  {code}\n\n");
                for warning in &meeting.warnings {
                    said.push_str(&format!("  careful: {warning}\n"));
                }
                said.push_str(&format!(
                    "Ask {}, aloud, which digits they see. Don’t send them in a message.\nThe \
                     same? [yes/no] ",
                    meeting.name
                ));
                super::print(said.as_bytes())?;
            }
        }
        loop {
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            let read = read.map_err(|e| Fail::file(std::path::Path::new("standard input"), &e))?;
            if let Some(outcome) = understood(&line, read == 0) {
                return Ok(outcome);
            }
            let _ = write!(
                std::io::stderr(),
                "“yes” if they see the same digits, “no” if others: "
            );
        }
    }
}

/// What a typed line means: yes, no, or the digits that the other read aloud.
fn understood(line: &str, ended: bool) -> Option<CodeOutcome> {
    let line = line.trim().to_lowercase();
    let digits = line.chars().filter(char::is_ascii_digit).count();
    match line.as_str() {
        "yes" | "y" | "same" => Some(CodeOutcome::Same),
        "no" | "n" | "different" => Some(CodeOutcome::Different),
        _ if ended => Some(CodeOutcome::Different),
        _ if digits == kith_proto::sas::DIGITS => Some(CodeOutcome::Typed(line)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_word_counts() {
        assert_eq!(understood("Yes\n", false), Some(CodeOutcome::Same));
        assert_eq!(understood("n\n", false), Some(CodeOutcome::Different));
        assert_eq!(
            understood("123 456\n", false),
            Some(CodeOutcome::Typed("123 456".into()))
        );
        for unclear in ["", "ok", "12345", "y e s"] {
            assert_eq!(understood(unclear, false), None, "{unclear}");
        }
        // A closed input is no consent.
        assert_eq!(understood("", true), Some(CodeOutcome::Different));
    }
}
