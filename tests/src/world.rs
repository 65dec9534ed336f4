//! Network namespaces, for what loopback can't show, and captures of what
//! passes in them. Needs root. Nothing has a way out, and everything is
//! removed when the test ends, also when it fails.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Runs a command; its error output otherwise.
fn run(line: &str) -> Result<(), String> {
    let mut words = line.split_whitespace();
    let program = words.next().ok_or("no command")?;
    let output = Command::new(program).args(words).output();
    let output = output.map_err(|error| format!("{line}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{line}: {}", said.trim()))
        }
    }
}

/// Some namespaces; removed when dropped.
#[derive(Debug)]
pub struct World {
    prefix: String,
    names: Vec<String>,
}

impl World {
    /// An empty world, or `None` with a word on the test's output where
    /// namespaces are not permitted or one of these programs is missing.
    #[must_use]
    #[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
    pub fn new(programs: &[&str]) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut world = Self {
            prefix: format!("kt{}x{nth}", std::process::id()),
            names: Vec::new(),
        };
        let missing = programs
            .iter()
            .find_map(|p| run(&format!("{p} --version")).err());
        match world.try_add("try").err().or(missing) {
            None => Some(world),
            Some(why) => {
                eprintln!("SKIPPED: no network namespaces here: {why}");
                None
            }
        }
    }

    /// The namespace's name as the system knows it.
    #[must_use]
    pub fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn try_add(&mut self, name: &str) -> Result<(), String> {
        let full = self.full(name);
        run(&format!("ip netns add {full}"))?;
        self.names.push(full.clone());
        run(&format!("ip -n {full} link set lo up"))
    }

    /// Adds a namespace.
    ///
    /// # Panics
    /// When that fails.
    pub fn add(&mut self, name: &str) {
        self.try_add(name).expect("a namespace");
    }

    /// Runs `ip -n NAMESPACE …`.
    ///
    /// # Panics
    /// When that fails.
    pub fn ip(&self, name: &str, rest: &str) {
        run(&format!("ip -n {} {rest}", self.full(name))).expect("a setting of the network");
    }

    /// Adds a namespace that is a switch: everything plugged in is one network.
    ///
    /// # Panics
    /// When that fails.
    pub fn add_switch(&mut self, name: &str) {
        self.add(name);
        // Multicast goes to everybody, as on a plain switch.
        self.ip(name, "link add br0 type bridge mcast_snooping 0");
        self.ip(name, "link set br0 up");
    }

    /// Plugs a namespace into a switch, as `device` with this address.
    ///
    /// # Panics
    /// When that fails.
    pub fn plug(&self, switch: &str, name: &str, device: &str, address: &str) {
        let (full, port) = (self.full(name), format!("p{name}{device}"));
        self.ip(
            switch,
            &format!("link add {port} type veth peer name {device} netns {full}"),
        );
        self.ip(switch, &format!("link set {port} master br0 up"));
        // No address of its own: what is given here is all there is.
        self.ip(name, &format!("link set {device} addrgenmode none"));
        self.ip(name, &format!("addr add {address} dev {device}"));
        self.ip(name, &format!("link set {device} up"));
    }

    /// Loads firewall rules.
    ///
    /// # Panics
    /// When that fails.
    pub fn nft(&self, name: &str, rules: &str) {
        let mut nft = Command::new("ip")
            .args(["netns", "exec", &self.full(name), "nft", "-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("nft starts");
        let mut input = nft.stdin.take().expect("its input");
        input.write_all(rules.as_bytes()).expect("it reads");
        drop(input);
        let status = nft.wait().expect("nft ends");
        assert!(status.success(), "nft refused: {rules}");
    }

    /// Whether a namespace could send anywhere outside its own networks.
    ///
    /// # Panics
    /// When that can't be found out.
    #[must_use]
    pub fn has_default_route(&self, name: &str) -> bool {
        let full = self.full(name);
        ["-4", "-6"].iter().any(|family| {
            let args = [family, "-n", &full, "route", "show", "default"];
            let output = Command::new("ip").args(args).output().expect("ip runs");
            !output.stdout.is_empty()
        })
    }

    /// Does something on a thread of its own inside a namespace.
    ///
    /// # Panics
    /// When it does, or the namespace can't be entered.
    pub fn inside<T: Send + 'static>(
        &self,
        name: &str,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let file = File::open(format!("/var/run/netns/{}", self.full(name))).expect("a namespace");
        let inside = thread::spawn(move || {
            let network = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(file.as_fd(), network).expect("inside of it");
            what()
        });
        inside.join().expect("what is done there")
    }

    /// Begins to capture everything that passes a switch.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn capture(&self, switch: &str) -> Capture {
        let mut tcpdump = Command::new("ip")
            .args(["netns", "exec", &self.full(switch), "tcpdump"])
            .args(["--immediate-mode", "-U", "-Z", "root", "-n", "-s", "0"])
            .args(["-B", "32768", "-i", "br0", "-w", "-"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("tcpdump starts");
        let mut said = BufReader::new(tcpdump.stderr.take().expect("its words"));
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            let len = said.read_line(&mut line).expect("tcpdump's words");
            assert!(len > 0, "tcpdump ended");
        }
        let out = tcpdump.stdout.take().expect("its output");
        Capture {
            tcpdump: Ended(tcpdump),
            said,
            reader: thread::spawn(move || read_to_mark(out)),
        }
    }
}

/// What is sent last, so that the capture is known to be whole.
const MARK: &[u8] = b"end-of-the-capture";

fn read_to_mark(mut from: impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0; 65536];
    loop {
        let len = from.read(&mut part).unwrap_or(0);
        // The mark may lie across two parts.
        let begin = all.len().saturating_sub(MARK.len());
        all.extend_from_slice(&part[..len]);
        if len == 0 || all[begin..].windows(MARK.len()).any(|w| w == MARK) {
            return all;
        }
    }
}

impl Drop for World {
    #[allow(clippy::print_stderr, reason = "what is left behind must be told")]
    fn drop(&mut self) {
        for name in &self.names {
            if let Err(error) = run(&format!("ip netns del {name}")) {
                eprintln!("left behind: {error}");
            }
        }
    }
}

/// A process that doesn't outlive its test.
#[derive(Debug)]
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running capture.
#[derive(Debug)]
pub struct Capture {
    tcpdump: Ended,
    said: BufReader<ChildStderr>,
    reader: JoinHandle<Vec<u8>>,
}

impl Capture {
    /// Ends it, with a mark that `from` sends to everybody on that network;
    /// every frame that passed.
    ///
    /// # Panics
    /// When frames were lost.
    #[must_use]
    pub fn end(self, world: &World, from: &str, everybody: Ipv4Addr) -> Vec<Frame> {
        const DISCARD: u16 = 9;
        world.inside(from, move || {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
            socket.set_broadcast(true).expect("to everybody");
            let sent = socket.send_to(MARK, (everybody, DISCARD));
            sent.expect("the mark is sent");
        });
        let Self {
            mut tcpdump,
            mut said,
            reader,
        } = self;
        let file = reader.join().expect("the capture");
        let pid = Pid::from_child(&tcpdump.0);
        kill_process(pid, Signal::INT).expect("tcpdump is told to end");
        let mut line = String::new();
        while said.read_line(&mut line).expect("its words") > 0 {
            let lost = line.contains("dropped by kernel") && !line.starts_with("0 ");
            assert!(!lost, "{line}");
            line.clear();
        }
        let _ = tcpdump.0.wait();
        frames(&file)
    }
}

/// One Ethernet frame as it passed.
#[derive(Debug)]
pub struct Frame(Vec<u8>);

impl Frame {
    /// All its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Sender, ports of sender and receiver, and payload of a UDP packet.
    /// Fragments and IPv6 extension headers aren't looked into.
    #[must_use]
    pub fn udp(&self) -> Option<(IpAddr, u16, u16, &[u8])> {
        let kind = u16::from_be_bytes(self.0.get(12..14)?.try_into().ok()?);
        let ip = self.0.get(14..)?;
        let (from, protocol, udp) = match kind {
            0x0800 => {
                let from: [u8; 4] = ip.get(12..16)?.try_into().ok()?;
                let header = usize::from(ip.first()? & 15) * 4;
                (Ipv4Addr::from(from).into(), *ip.get(9)?, ip.get(header..)?)
            }
            0x86dd => {
                let from: [u8; 16] = ip.get(8..24)?.try_into().ok()?;
                (IpAddr::from(from), *ip.get(6)?, ip.get(40..)?)
            }
            _ => return None,
        };
        let port = |at: usize| Some(u16::from_be_bytes(udp.get(at..at + 2)?.try_into().ok()?));
        (protocol == 17).then_some(())?;
        Some((from, port(0)?, port(2)?, udp.get(8..)?))
    }
}

/// The frames in a file of libpcap's classic format, written on this machine.
fn frames(file: &[u8]) -> Vec<Frame> {
    const HEADER: usize = 24;
    const EACH: usize = 16;
    let number = |at: usize| -> Option<usize> {
        let bytes = file.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_ne_bytes(bytes)).ok()
    };
    assert_eq!(number(0), Some(0xa1b2_c3d4), "not a capture");
    assert_eq!(number(20), Some(1), "not Ethernet");
    let mut all = Vec::new();
    let mut at = HEADER;
    // The last one, after the mark, may be cut off.
    while number(at + 8).is_some_and(|len| at + EACH + len <= file.len()) {
        let (kept, was) = (number(at + 8), number(at + 12));
        assert_eq!(kept, was, "a frame is cut off");
        let from = at + EACH;
        at = from + kept.expect("a whole frame");
        all.push(Frame(file.get(from..at).expect("a whole frame").to_vec()));
    }
    all
}
