//! A person of the demonstration: a process of their own and two connections
//! to it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use kith_api::{
    Client, Code, Contact, ContactState, Content, Event, Message, Mine, Reply, Request,
};

use super::super::{Fail, place};
use super::children::{Children, Running};
use super::network::Network;
use super::scene::GLANCE;
use crate::profile::Profile;

/// How long any one step may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);

/// A node in a process of its own, and two connections to it.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) profile: Profile,
    passphrase: PathBuf,
    /// What its node gets of an X display.
    pub(super) screen: Vec<(&'static str, PathBuf)>,
    node: Option<Running>,
    children: Children,
    network: Rc<Network>,
    ask: Option<Client>,
    events: Option<Client>,
}

impl Person {
    pub(super) fn new(
        name: &'static str,
        folder: &Path,
        children: &Children,
        network: &Rc<Network>,
    ) -> Self {
        let lower = name.to_lowercase();
        Self {
            name,
            profile: Profile::at(folder.join(&lower)),
            passphrase: folder.join(format!("{lower}.passphrase")),
            screen: Vec::new(),
            node: None,
            children: children.clone(),
            network: network.clone(),
            ask: None,
            events: None,
        }
    }

    /// A command of this person's, by which `program` starts.
    fn command(&self, program: impl FnOnce(&Path) -> Command) -> Result<Command, Fail> {
        let kith = std::env::current_exe()
            .map_err(|e| Fail::new(Code::Internal, format!("where is this program? {e}")))?;
        let mut command = program(&kith);
        command
            .arg("--profile")
            .arg(self.profile.dir())
            .arg("--passphrase-file")
            .arg(&self.passphrase)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        Ok(command)
    }

    /// A command of this person's, as they would type it.
    pub(super) fn kith(&self, args: &[&str]) -> Result<(), Fail> {
        let mut command = self.command(|kith| Command::new(kith))?;
        command
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let done = self.children.spawn(&mut command).and_then(Running::finish);
        match done {
            Ok((status, _)) if status.success() => Ok(()),
            Ok((_, said)) => Err(Fail::new(
                Code::Internal,
                format!("kith {}: {said}", args.join(" ")),
            )),
            Err(e) => Err(Fail::new(Code::Internal, e.to_string())),
        }
    }

    /// Whether the network that it is in carries multicast.
    pub(super) fn hears_others(&self) -> bool {
        matches!(*self.network, Network::Own(_))
    }

    pub(super) fn init(&self) -> Result<(), Fail> {
        use rand_core::Rng as _;
        let words = crate::random::system().next_u64();
        place::write_file(&self.passphrase, format!("{words:016x}\n").as_bytes())?;
        self.kith(&["init", self.name])
    }

    pub(super) fn start(&mut self) -> Result<(), Fail> {
        let mut command = self.command(|kith| self.network.command(kith))?;
        command.env_remove("WAYLAND_DISPLAY").env_remove("DISPLAY");
        command.envs(self.screen.iter().map(|(name, value)| (name, value)));
        command
            .arg("--json")
            .args(self.network.up())
            .stdout(Stdio::piped());
        let mut node = self
            .children
            .spawn(&mut command)
            .map_err(|e| Fail::new(Code::Internal, e.to_string()))?;
        let out = node.stdout();
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
    pub(super) fn end(&mut self) {
        self.ask = None;
        self.events = None;
        self.node = None;
    }

    pub(super) fn ask(&mut self, request: Request) -> Result<Reply, Fail> {
        match &mut self.ask {
            Some(client) => Ok(client.ask(request)?),
            None => Err(Fail::new(
                Code::Internal,
                format!("{}'s node isn't there", self.name),
            )),
        }
    }

    pub(super) fn send(&mut self, to: &str, text: &str) -> Result<String, Fail> {
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
    pub(super) fn texts(&mut self) -> Result<Vec<String>, Fail> {
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

    /// How a message stands in the room with the other one, by what this node
    /// says now; once `is_so`, or as it is at the deadline.
    pub(super) fn message(
        &mut self,
        with: &str,
        id: &str,
        is_so: impl Fn(&Message) -> bool,
    ) -> Result<bool, Fail> {
        let until = Instant::now() + DEADLINE;
        loop {
            let request = Request::History {
                room: with.into(),
                before: None,
                limit: 500,
            };
            let Reply::Messages(all) = self.ask(request)? else {
                return Ok(false);
            };
            if all.iter().any(|m| m.id == id && is_so(m)) {
                return Ok(true);
            }
            if Instant::now() > until {
                return Ok(false);
            }
            std::thread::sleep(GLANCE);
        }
    }

    /// Whether this node has somebody of that name in this state, by its list.
    pub(super) fn has(&mut self, who: &str, state: ContactState) -> Result<bool, Fail> {
        match self.ask(Request::Contacts)? {
            Reply::Contacts(all) => {
                let is = |c: &Contact| c.person.name == who && c.state == state;
                Ok(all.iter().filter(|c| is(c)).count() == 1)
            }
            _ => Ok(false),
        }
    }

    /// Waits for an event, with a deadline.
    pub(super) fn wait(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) -> Result<(), Fail> {
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
