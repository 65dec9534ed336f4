//! A person with a profile and, at times, a running node: the real program.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kith_api::{Client, ClientError, Content, Event, Message, Mine, Reach, Reply, Request};
use rustix::process::{Pid, Signal, kill_process};

use crate::{Bus, Clock, Program};

/// How long one thing may take to happen on a loaded machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who uses Kith. The node is killed when this is dropped.
#[derive(Debug)]
pub struct Person {
    name: &'static str,
    profile: PathBuf,
    /// Where the passphrase stands, if the profile has one.
    passphrase: Option<PathBuf>,
    /// The network namespace in which everything of this person runs.
    netns: Option<String>,
    /// The display on which the node finds itself.
    display: Option<String>,
    /// A folder of programs that come before those of the machine.
    programs: Option<PathBuf>,
    /// Where the node finds what the system offers (D-Bus).
    system_bus: Option<String>,
    /// By which the node lives, if not by the machine's.
    clock: Option<Arc<Clock>>,
    node: Option<Child>,
    ask: Option<Client>,
    events: Option<Client>,
}

impl Person {
    /// Makes a profile without a passphrase below `folder`.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn new(name: &'static str, folder: &Path) -> Self {
        let person = Self::at(name, folder.join(name.to_lowercase()), None, None);
        person.kith(&["init", name, "--no-passphrase"]).ok();
        person
    }

    /// The same with a passphrase, which stands in the file `passphrase`.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn guarded(name: &'static str, folder: &Path, passphrase: &Path) -> Self {
        let profile = folder.join(name.to_lowercase());
        let person = Self::at(name, profile, Some(passphrase.into()), None);
        person
            .kith(&["init", name, "--passphrase-file"])
            .arg(passphrase)
            .ok();
        person
    }

    /// The same inside a network namespace, by its full name. The control
    /// socket is a file, so it is reached from outside too.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn inside(netns: String, name: &'static str, folder: &Path) -> Self {
        let person = Self::at(name, folder.join(name.to_lowercase()), None, Some(netns));
        person.kith(&["init", name, "--no-passphrase"]).ok();
        person
    }

    /// Makes a profile from a backup, below `folder`; `passphrase` is the file
    /// in which the backup's passphrase stands.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn restored(name: &'static str, folder: &Path, backup: &str, passphrase: &str) -> Self {
        let profile = folder.join(format!("{}-restored", name.to_lowercase()));
        let person = Self::at(name, profile, Some(passphrase.into()), None);
        person
            .kith(&["restore", backup, "--passphrase-file", passphrase])
            .ok();
        person
    }

    /// Makes a profile by a recovery sheet, below `folder`: `args` are those of
    /// `kith recover`; `passphrase` as in [`Person::restored`].
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn recovered(name: &'static str, folder: &Path, args: &[&str], passphrase: &str) -> Self {
        let profile = folder.join(format!("{}-recovered", name.to_lowercase()));
        let person = Self::at(name, profile, Some(passphrase.into()), None);
        person
            .kith(&["recover", "--passphrase-file", passphrase])
            .args(args)
            .ok();
        person
    }

    /// Whose node another program has started, or will: waits until it
    /// answers. It is ended with this.
    ///
    /// # Panics
    /// When there is none for too long.
    #[must_use]
    pub fn of_program(name: &'static str, profile: &Path) -> Self {
        let mut person = Self::at(name, profile.into(), None, None);
        let until = Instant::now() + PATIENCE;
        let socket = profile.join("socket");
        while Client::connect(&socket, "test").is_err() {
            assert!(Instant::now() < until, "{name}'s node doesn't come");
            std::thread::sleep(Duration::from_millis(50));
        }
        person.listen();
        person
    }

    fn listen(&mut self) {
        let connect = || Client::connect(&self.profile.join("socket"), "test").expect("a socket");
        let mut events = connect();
        events.set_timeout(Some(PATIENCE)).expect("a timeout");
        events.ask(Request::Subscribe).expect("a subscription");
        let ask = connect();
        self.events = Some(events);
        self.ask = Some(ask);
    }

    const fn at(
        name: &'static str,
        profile: PathBuf,
        passphrase: Option<PathBuf>,
        netns: Option<String>,
    ) -> Self {
        Self {
            name,
            profile,
            passphrase,
            netns,
            display: None,
            programs: None,
            system_bus: None,
            clock: None,
            node: None,
            ask: None,
            events: None,
        }
    }

    /// A command of this person's, ready to run.
    #[must_use]
    pub fn kith(&self, args: &[&str]) -> Program {
        let kith = Program::path_of_built("kith");
        let program = match &self.netns {
            None => Program::new(kith),
            Some(netns) => Program::new("ip").args(["netns", "exec", netns]).arg(kith),
        };
        program.arg("--profile").arg(&self.profile).args(args)
    }

    /// The node finds itself on this display from its next start.
    pub fn sit_at(&mut self, display: &str) {
        self.display = Some(display.to_owned());
    }

    /// The node finds the programs of this folder before others, from its next
    /// start.
    pub fn finds_programs_in(&mut self, folder: &Path) {
        self.programs = Some(folder.to_path_buf());
    }

    /// The node finds this bus for the system's, from its next start; without, none.
    pub fn has_system_bus(&mut self, bus: &Bus) {
        self.system_bus = Some(bus.address().to_owned());
    }

    /// The node takes this clock for the machine's, from its next start.
    pub fn lives_by(&mut self, clock: &Arc<Clock>) {
        self.clock = Some(Arc::clone(clock));
    }

    /// Starts the node and waits until it is ready.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn up(&mut self) {
        self.up_with(&["--loopback", "--no-mdns"]);
    }

    /// Starts the node with these options and waits until it is ready.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn up_with(&mut self, options: &[&str]) {
        let kith = Program::path_of_built("kith");
        let mut command = match &self.netns {
            None => Command::new(kith),
            Some(netns) => {
                // It becomes the program that it runs: one process to kill.
                let mut ip = Command::new("ip");
                ip.args(["netns", "exec", netns]).arg(kith);
                ip
            }
        };
        if let Some(file) = &self.passphrase {
            command.arg("--passphrase-file").arg(file);
        }
        // Whoever runs the tests may sit at a screen; the person doesn't.
        match &self.display {
            Some(display) => command.env("DISPLAY", display),
            None => command.env_remove("DISPLAY"),
        };
        command.env_remove("WAYLAND_DISPLAY");
        let nowhere = "unix:path=/dev/null";
        let bus = self.system_bus.as_deref().unwrap_or(nowhere);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", bus);
        if let Some(clock) = &self.clock {
            clock.give_to(&mut command);
        }
        if let Some(folder) = &self.programs {
            let others = std::env::var_os("PATH").unwrap_or_default();
            let others = std::env::split_paths(&others);
            let all = std::env::join_paths([folder.clone()].into_iter().chain(others));
            command.env("PATH", all.expect("folders"));
        }
        let mut node = command
            .arg("--profile")
            .arg(&self.profile)
            .args(["--json", "up"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the node starts");
        let out = node.stdout.take().expect("its output");
        self.node = Some(node);
        let mut line = String::new();
        BufReader::new(out)
            .read_line(&mut line)
            .expect("its first line");
        assert!(line.starts_with('{'), "{} isn't ready: {line:?}", self.name);
        self.listen();
    }

    /// Kills the node, as a power cut would.
    pub fn kill(&mut self) {
        self.ask = None;
        self.events = None;
        if let Some(mut node) = self.node.take() {
            let _ = node.kill();
            let _ = node.wait();
        }
    }

    /// Ends the node in good order.
    ///
    /// # Panics
    /// When it doesn't end well.
    pub fn down(&mut self) {
        self.ask(Request::Stop);
        self.ask = None;
        self.events = None;
        if let Some(mut node) = self.node.take() {
            let status = node.wait().expect("the node ends");
            assert!(status.success(), "{}'s node: {status}", self.name);
        }
    }

    /// Asks the node.
    ///
    /// # Errors
    /// As the node answers.
    ///
    /// # Panics
    /// When no node runs.
    pub fn try_ask(&mut self, request: Request) -> Result<Reply, ClientError> {
        self.ask.as_mut().expect("a running node").ask(request)
    }

    /// Asks the node, which must do it.
    ///
    /// # Panics
    /// When it refuses.
    pub fn ask(&mut self, request: Request) -> Reply {
        let shown = format!("{request:?}");
        self.try_ask(request)
            .unwrap_or_else(|e| panic!("{}: {shown}: {e}", self.name))
    }

    /// Waits for an event.
    ///
    /// # Panics
    /// When it doesn't come.
    pub fn wait(&mut self, what: &str, is_it: impl Fn(&Event) -> bool) {
        self.wait_for(what, |event| is_it(event).then_some(()));
    }

    /// Waits for an event, and gives what was wanted of it.
    ///
    /// # Panics
    /// When it doesn't come.
    pub fn wait_for<T>(&mut self, what: &str, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        let events = self.events.as_mut().expect("a running node");
        let mut others = Vec::new();
        while Instant::now() < until {
            match events.next_event() {
                Ok(event) => match wanted(&event) {
                    Some(found) => return found,
                    None => others.push(event),
                },
                Err(e) => {
                    let seen = others.iter().map(|e| format!("\n  {e:?}"));
                    let seen: String = seen.collect();
                    panic!("{} waits for {what}: {e}; saw{seen}", self.name);
                }
            }
        }
        panic!("{} waits in vain for {what}; saw {others:#?}", self.name);
    }

    /// Writes a message; returns once it is stored here.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn send(&mut self, to: &str, text: &str) {
        self.ask(Request::Send {
            to: to.into(),
            text: text.into(),
            reply_to: None,
        });
    }

    /// The newest texts in a room, oldest first, with whether they are mine.
    ///
    /// # Panics
    /// When there is no such room.
    pub fn texts(&mut self, room: &str) -> Vec<(Mine, String)> {
        texts_of(self.page(room, None))
    }

    /// All texts in a room, oldest first.
    ///
    /// # Panics
    /// When there is no such room.
    pub fn all_texts(&mut self, room: &str) -> Vec<String> {
        let mut pages = Vec::new();
        let mut page = self.page(room, None);
        while let Some(oldest) = page.first().map(|m| m.id.clone()) {
            pages.push(page);
            page = self.page(room, Some(oldest));
        }
        let all = pages.into_iter().rev().flat_map(texts_of);
        all.map(|(_, text)| text).collect()
    }

    fn page(&mut self, room: &str, before: Option<String>) -> Vec<Message> {
        let request = Request::History {
            room: room.into(),
            before,
            limit: 500,
        };
        let Reply::Messages(all) = self.ask(request) else {
            panic!("no messages")
        };
        all
    }

    /// Waits until a text is in a room.
    ///
    /// # Panics
    /// When it doesn't come.
    pub fn wait_for_text(&mut self, room: &str, text: &str) {
        while !self.texts(room).iter().any(|(_, t)| t == text) {
            self.wait(text, |e| matches!(e, Event::Message(_) | Event::Room(_)));
        }
    }

    /// How somebody is reached now, in the words of `kith contacts`; `None`
    /// while it isn't connected.
    ///
    /// # Panics
    /// When there is no such contact.
    pub fn way_to(&mut self, name: &str) -> Option<String> {
        let Reply::Contacts(all) = self.ask(Request::Contacts) else {
            panic!("no contacts");
        };
        let mut all = all.into_iter();
        let contact = all.find(|c| c.own_name == name).expect("a contact");
        match contact.reach {
            Reach::Online { via, .. } => Some(via),
            Reach::Offline { .. } => None,
        }
    }

    /// Waits until somebody is reached in a certain way.
    ///
    /// # Panics
    /// When it doesn't come to that.
    pub fn wait_for_way(&mut self, name: &str, is_it: impl Fn(&str) -> bool) {
        while !self.way_to(name).is_some_and(|via| is_it(&via)) {
            self.wait(
                "another way",
                |e| matches!(e, Event::Contact(c) if c.own_name == name),
            );
        }
    }

    /// Waits until `kith doctor` finds something: nothing tells of it, so it
    /// is asked again and again.
    ///
    /// # Panics
    /// When it doesn't find it.
    pub fn wait_for_finding(&mut self, code: &str) {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            let Reply::Doctor(found) = self.ask(Request::Doctor) else {
                panic!("no findings");
            };
            if found.iter().any(|f| f.code == code) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{}: the doctor doesn't find {code}", self.name);
    }

    /// The number of the node's process.
    ///
    /// # Panics
    /// When no node runs.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.node.as_ref().expect("a running node").id()
    }

    /// Stops the node where it stands, until [`Self::go_on`].
    ///
    /// # Panics
    /// When no node runs.
    pub fn halt(&self) {
        self.signal(Signal::STOP);
    }

    /// After [`Self::halt`].
    ///
    /// # Panics
    /// When no node runs.
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let node = self.node.as_ref().expect("a running node");
        kill_process(Pid::from_child(node), signal).expect("the node is told");
    }

    /// Where the profile is.
    #[must_use]
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        if self.node.is_none()
            && let Some(node) = &mut self.ask
        {
            let _ = node.ask(Request::Stop);
        }
        self.kill();
    }
}

fn texts_of(all: Vec<Message>) -> Vec<(Mine, String)> {
    let text = |m: Message| match m.content {
        Content::Text(text) => Some((m.mine, text)),
        _ => None,
    };
    all.into_iter().filter_map(text).collect()
}
