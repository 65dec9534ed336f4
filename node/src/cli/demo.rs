//! `kith demo`: two people, each with a process and a fresh, encrypted
//! profile of their own, meet and talk on this machine. Every step is checked,
//! and told with its time as it happens.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kith_api::{
    Client, Code, ContactState, Content, Decision, Delivery, Event, Level, Message, MessageRef,
    Mine, Reply, Request, Verification,
};
use serde::Serialize;

use super::args::Demo;
use super::{Common, Fail, note, print};
use crate::profile::Profile;

/// How long any one step may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How many messages wait for Ben while he is away.
const AWAY: usize = 100;
/// A word that may not stand anywhere on the disk.
const SECRET: &str = "Zwischenfallprotokoll";

/// One step and what came of it.
#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    holds: bool,
    ms: u64,
    said: String,
}

/// A node in a process of its own, and two connections to it.
struct Person {
    name: &'static str,
    profile: Profile,
    passphrase: PathBuf,
    node: Option<Child>,
    ask: Option<Client>,
    events: Option<Client>,
}

/// Runs the demonstration.
pub(super) fn run(common: &Common, demo: &Demo) -> Result<(), Fail> {
    let folder = std::env::temp_dir().join(format!("kith-demo-{}", std::process::id()));
    std::fs::create_dir(&folder).map_err(|e| Fail::file(&folder, &e))?;
    let mut show = Show {
        json: common.json,
        began: Instant::now(),
        steps: Vec::new(),
    };
    show.say("Two people, two processes, two encrypted profiles, no server.");
    let mut anna = Person::new("Anna", &folder);
    let mut ben = Person::new("Ben", &folder);
    let went = story(&mut show, &mut anna, &mut ben, &folder);
    anna.end();
    ben.end();
    if demo.keep {
        show.say(&format!(
            "The two profiles are kept in {}.",
            folder.display()
        ));
        show.say(&format!(
            "Try: kith -p {0}/anna up --loopback --passphrase-file {0}/anna.passphrase",
            folder.display()
        ));
    } else {
        let _ = std::fs::remove_dir_all(&folder);
    }
    let all = went.is_ok() && show.steps.iter().all(|s| s.holds);
    show.finish(all)?;
    went?;
    match all {
        true => Ok(()),
        false => Err(Fail::new(
            Code::Internal,
            "not every step of the demonstration held",
        )),
    }
}

fn story(show: &mut Show, anna: &mut Person, ben: &mut Person, folder: &Path) -> Result<(), Fail> {
    show.step("profiles", |_| {
        anna.init()?;
        ben.init()?;
        Ok((
            true,
            "each has a person, a device and an encrypted database".into(),
        ))
    })?;
    show.step("nodes", |_| {
        anna.start()?;
        ben.start()?;
        Ok((true, "both run; each listens on this machine only".into()))
    })?;
    meet(show, anna, ben)?;
    talk(show, anna, ben)?;
    away(show, anna, ben)?;
    show.step("at-rest", |_| {
        let found = holds_text(folder, SECRET.as_bytes());
        Ok((
            !found,
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
            sound(anna)? && sound(ben)?,
            "both databases pass their full check".into(),
        ))
    })?;
    show.say("Not in this version yet: agreeing to share, and the share itself.");
    Ok(())
}

fn meet(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
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
            right,
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
        Ok((true, "Ben answers; the two devices find each other".into()))
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
            true,
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
            one == other && one.len() > 60,
            format!("both see {}…", one.get(..17).unwrap_or("")),
        ))
    })?;
    Ok(())
}

fn talk(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
    let mut message = String::new();
    show.step("message", |_| {
        message = anna.send("Ben", &format!("Here is the {SECRET}."))?;
        ben.wait("the message", |e| is_text(e, SECRET))?;
        anna.wait(
            "the receipt",
            |e| matches!(e, Event::Message(m) if m.delivery == Some(Delivery::Delivered)),
        )?;
        Ok((true, "Anna writes; Ben has it, and Anna knows".into()))
    })?;
    show.step("answer-back", |_| {
        ben.send("Anna", "Thank you. 谢谢")?;
        anna.wait("the answer", |e| is_text(e, "谢谢"))?;
        Ok((true, "Ben answers".into()))
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
        ben.ask(Request::React {
            of: of("Anna"),
            emoji: "👍".into(),
        })?;
        anna.wait(
            "the reaction",
            |e| matches!(e, Event::Message(m) if !m.reactions.is_empty()),
        )?;
        anna.ask(Request::Delete { of: of("Ben") })?;
        ben.wait(
            "the deletion",
            |e| matches!(e, Event::Message(m) if m.content == Content::Erased),
        )?;
        Ok((
            true,
            "changed, answered with 👍, and deleted on both sides".into(),
        ))
    })?;
    Ok(())
}

fn away(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
    show.step("away", |_| {
        ben.end();
        for n in 0..AWAY {
            anna.send("Ben", &format!("{SECRET} {n}"))?;
        }
        let Reply::Status(status) = anna.ask(Request::Status)? else {
            return Ok((false, "".into()));
        };
        let said = format!(
            "Ben's process is killed; {} messages wait at Anna's",
            status.queued
        );
        Ok((status.queued == AWAY as u64, said))
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
            got == wanted,
            format!("Ben comes back: all {AWAY}, once each, in order"),
        ))
    })?;
    Ok(())
}

fn is_text(event: &Event, part: &str) -> bool {
    matches!(event, Event::Message(Message { content: Content::Text(t), .. }) if t.contains(part))
}

/// Whether any file below `folder` holds these bytes.
fn holds_text(folder: &Path, bytes: &[u8]) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|e| {
        let path = e.path();
        match path.is_dir() {
            true => holds_text(&path, bytes),
            false => std::fs::read(&path)
                .is_ok_and(|content| content.windows(bytes.len()).any(|w| w == bytes)),
        }
    })
}

impl Person {
    fn new(name: &'static str, folder: &Path) -> Self {
        let lower = name.to_lowercase();
        Self {
            name,
            profile: Profile::at(folder.join(&lower)),
            passphrase: folder.join(format!("{lower}.passphrase")),
            node: None,
            ask: None,
            events: None,
        }
    }

    fn command(&self) -> Result<Command, Fail> {
        let program = std::env::current_exe()
            .map_err(|e| Fail::new(Code::Internal, format!("where is this program? {e}")))?;
        let mut command = Command::new(program);
        command
            .arg("--profile")
            .arg(self.profile.dir())
            .arg("--passphrase-file")
            .arg(&self.passphrase)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        Ok(command)
    }

    fn init(&self) -> Result<(), Fail> {
        use rand_core::Rng as _;
        let words = crate::random::system().next_u64();
        super::place::write_file(&self.passphrase, format!("{words:016x}\n").as_bytes())?;
        let done = self
            .command()?
            .args(["init", self.name])
            .stdout(Stdio::null())
            .status()
            .map_err(|e| Fail::new(Code::Internal, e.to_string()))?;
        match done.success() {
            true => Ok(()),
            false => Err(Fail::new(
                Code::Internal,
                format!("{}'s profile can't be made", self.name),
            )),
        }
    }

    fn start(&mut self) -> Result<(), Fail> {
        let mut node = self
            .command()?
            .args(["--json", "up", "--loopback", "--no-mdns"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| Fail::new(Code::Internal, e.to_string()))?;
        let out = node.stdout.take();
        self.node = Some(node);
        // One line says that it is ready; the end of output, that it failed.
        let mut line = String::new();
        let read = out.map(|out| BufReader::new(out).read_line(&mut line));
        if !matches!(read, Some(Ok(n)) if n > 0) {
            return Err(Fail::new(
                Code::Internal,
                format!("{}'s node doesn't start", self.name),
            ));
        }
        let socket = self.profile.socket();
        let mut events = Client::connect(&socket, "kith demo")?;
        events
            .set_timeout(Some(DEADLINE))
            .map_err(|e| Fail::file(&socket, &e))?;
        events.ask(Request::Subscribe)?;
        self.events = Some(events);
        self.ask = Some(Client::connect(&socket, "kith demo")?);
        Ok(())
    }

    /// Kills the process: nothing that was acknowledged may be lost by it.
    fn end(&mut self) {
        self.ask = None;
        self.events = None;
        if let Some(mut node) = self.node.take() {
            let _ = node.kill();
            let _ = node.wait();
        }
    }

    fn ask(&mut self, request: Request) -> Result<Reply, Fail> {
        match &mut self.ask {
            Some(client) => Ok(client.ask(request)?),
            None => Err(Fail::new(
                Code::Internal,
                format!("{}'s node isn't there", self.name),
            )),
        }
    }

    fn send(&mut self, to: &str, text: &str) -> Result<String, Fail> {
        let request = Request::Send {
            to: to.into(),
            text: text.into(),
            reply_to: None,
        };
        match self.ask(request)? {
            Reply::Sent(sent) => Ok(sent.message),
            _ => Ok(String::new()),
        }
    }

    /// The texts of others in the room with the other one, oldest first.
    fn texts(&mut self) -> Result<Vec<String>, Fail> {
        let request = Request::History {
            room: "Anna".into(),
            before: None,
            limit: 500,
        };
        let Reply::Messages(all) = self.ask(request)? else {
            return Ok(Vec::new());
        };
        let text = |m: Message| match (m.mine, m.content) {
            (Mine::No, Content::Text(text)) => Some(text),
            _ => None,
        };
        Ok(all.into_iter().filter_map(text).collect())
    }

    /// Waits for an event, with a deadline.
    fn wait(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) -> Result<(), Fail> {
        let Some(events) = &mut self.events else {
            return Err(Fail::new(Code::Internal, "no node"));
        };
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            match events.next_event() {
                Ok(event) if is_it(&event) => return Ok(()),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        Err(Fail::new(
            Code::Unreachable,
            format!("{} waited in vain for {what}", self.name),
        ))
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is shown.
struct Show {
    json: bool,
    began: Instant,
    steps: Vec<Step>,
}

impl Show {
    fn say(&self, text: &str) {
        if !self.json {
            note(text);
        }
    }

    fn step(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Self) -> Result<(bool, String), Fail>,
    ) -> Result<(), Fail> {
        let began = Instant::now();
        let done = work(self);
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (holds, said, failed) = match done {
            Ok((holds, said)) => (holds, said, None),
            Err(fail) => (false, fail.to_string(), Some(fail)),
        };
        if !self.json {
            let mark = if holds { "ok " } else { "NO " };
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{mark} {ms:>6} ms  {name:<18} {said}");
        }
        self.steps.push(Step {
            name,
            holds,
            ms,
            said,
        });
        failed.map_or(Ok(()), Err)
    }

    fn finish(&self, all: bool) -> Result<(), Fail> {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !self.json {
            self.say(&format!(
                "{} in {:.1} s.",
                if all { "All held" } else { "NOT all held" },
                ms as f64 / 1000.0
            ));
            return Ok(());
        }
        let data = serde_json::json!({ "all": all, "ms": ms, "steps": self.steps });
        print(format!("{data:#}\n").as_bytes())
    }
}
