//! Network namespaces of our own, for what loopback can't show.
//!
//! Needs root. Names are unique to this run, nothing has a way out, and
//! everything is removed when the test ends, also when it fails.

use std::{
    fs::File,
    io::Write,
    os::fd::AsFd,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use kith::swarm::*;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::harness::Node;

/// Runs a command; its error output otherwise.
pub(crate) fn run(line: &str) -> Result<(), String> {
    let mut words = line.split_whitespace();
    let program = words.next().ok_or("no command")?;
    let output = Command::new(program).args(words).output();
    let output = output.map_err(|error| format!("{line}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{line}: {}", said.trim()))
    }
}

/// Some namespaces; removed when dropped.
pub(crate) struct World {
    prefix: String,
    names: Vec<String>,
}

impl World {
    /// An empty world, or `None` with a word on the test's output where
    /// namespaces are not permitted.
    pub(crate) fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut world = Self {
            prefix: format!("kith{}x{nth}", std::process::id()),
            names: Vec::new(),
        };
        match world.try_add("try") {
            Ok(()) => Some(world),
            Err(why) => {
                eprintln!("SKIPPED: network namespaces are not permitted here: {why}");
                None
            }
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn try_add(&mut self, name: &str) -> Result<(), String> {
        let full = self.full(name);
        run(&format!("ip netns add {full}"))?;
        self.names.push(full.clone());
        run(&format!("ip -n {full} link set lo up"))
    }

    /// Adds a namespace.
    pub(crate) fn add(&mut self, name: &str) {
        self.try_add(name).unwrap();
    }

    /// Runs `ip -n NAMESPACE …`.
    pub(crate) fn ip(&self, name: &str, rest: &str) {
        run(&format!("ip -n {} {rest}", self.full(name))).unwrap();
    }

    /// Adds a namespace that is a switch: everything plugged in is one network.
    pub(crate) fn add_switch(&mut self, name: &str) {
        self.add(name);
        // Multicast goes to everybody, as on a plain switch.
        self.ip(name, "link add br0 type bridge mcast_snooping 0");
        self.ip(name, "link set br0 up");
    }

    /// Plugs a namespace into a switch, as `device` with this address.
    pub(crate) fn plug(&self, switch: &str, name: &str, device: &str, address: &str) {
        let (full, port) = (self.full(name), format!("p{name}{device}"));
        self.ip(
            switch,
            &format!("link add {port} type veth peer name {device} netns {full}"),
        );
        self.ip(switch, &format!("link set {port} master br0 up"));
        self.ip(name, &format!("addr add {address} dev {device}"));
        self.ip(name, &format!("link set {device} up"));
    }

    /// Loads firewall rules.
    pub(crate) fn nft(&self, name: &str, rules: &str) {
        let mut nft = Command::new("ip")
            .args(["netns", "exec", &self.full(name), "nft", "-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = nft.stdin.take().unwrap();
        input.write_all(rules.as_bytes()).unwrap();
        drop(input);
        assert!(nft.wait().unwrap().success(), "nft refused: {rules}");
    }

    /// Whether a namespace could send anywhere outside its own networks.
    pub(crate) fn has_default_route(&self, name: &str) -> bool {
        let args = ["-n", &self.full(name), "route", "show", "default"];
        let output = Command::new("ip").args(args).output().unwrap();
        !output.stdout.is_empty()
    }

    /// Does something on a thread of its own inside a namespace.
    pub(crate) fn inside<T: Send + 'static>(
        &self,
        name: &str,
        what: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let file = File::open(format!("/var/run/netns/{}", self.full(name))).unwrap();
        thread::spawn(move || {
            let network = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(file.as_fd(), network).unwrap();
            what()
        })
    }

    /// Starts a swarm inside a namespace, with a runtime of its own there.
    pub(crate) fn start(&self, name: &str, config: Config) -> Node {
        let (tell, started) = std::sync::mpsc::sync_channel(1);
        self.inside(name, move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let key = Zeroizing::new(rand::random());
                let (swarm, mut events) = Swarm::start(config, key).unwrap();
                let (keep, kept) = mpsc::channel(4096);
                tell.send((swarm, kept)).unwrap();
                while let Some(event) = events.recv().await {
                    if keep.send(event).await.is_err() {
                        break;
                    }
                }
            });
        });
        let (swarm, events) = started.recv().unwrap();
        Node::new(swarm, events)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for name in &self.names {
            if let Err(error) = run(&format!("ip netns del {name}")) {
                eprintln!("left behind: {error}");
            }
        }
    }
}
