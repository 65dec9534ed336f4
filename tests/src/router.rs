//! A router that opens ports when it is asked: a real `miniupnpd` in the
//! namespace of a router of [`crate::through_router`].

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::World;

/// The daemon; it ends with this, and forgets what it has opened.
#[derive(Debug)]
pub struct Upnp(Child);

impl Drop for Upnp {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Upnp {
    /// Starts it on the router of this person, whose network is `inside`.0/24;
    /// it answers when this returns.
    ///
    /// # Panics
    /// When it doesn't start.
    #[must_use]
    pub fn start(world: &World, (name, inside): (&str, &str), folder: &Path) -> Self {
        let router = format!("r{name}");
        world.nft(
            &router,
            "table inet upnp {
               chain forward {
                 type filter hook forward priority 0
                 jump asked
               }
               chain asked { }
               chain in {
                 type nat hook prerouting priority -100
                 jump asked_in
               }
               chain out {
                 type nat hook postrouting priority 90
                 jump asked_out
               }
               chain asked_in { }
               chain asked_out { }
             }",
        );
        let config = folder.join(format!("{router}.conf"));
        let text = format!(
            "ext_ifname=wan0\nlistening_ip=lan0\nenable_upnp=yes\nenable_natpmp=no\n\
             secure_mode=yes\nport=5000\nuuid=00000000-0000-0000-0000-000000000001\n\
             upnp_table_name=upnp\nupnp_nat_table_name=upnp\nupnp_forward_chain=asked\n\
             upnp_nat_chain=asked_in\nupnp_nat_postrouting_chain=asked_out\n\
             allow 1024-65535 {inside}.0/24 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535\n"
        );
        fs::write(&config, text).expect("its settings");
        // `ip` becomes the program that it runs: one process to kill.
        let mut daemon = Command::new("ip")
            .args(["netns", "exec", &world.full(&router), "miniupnpd", "-d"])
            .arg("-f")
            .arg(&config)
            .arg("-P")
            .arg(folder.join(format!("{router}.pid")))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("miniupnpd starts");
        let mut said = BufReader::new(daemon.stderr.take().expect("its words"));
        let daemon = Self(daemon);
        let (mut all, mut line) = (String::new(), String::new());
        while !line.contains("HTTP listening") {
            line.clear();
            let len = said.read_line(&mut line).expect("its words");
            all.push_str(&line);
            assert!(len > 0, "miniupnpd ended: {all}");
        }
        thread::spawn(move || said.lines().for_each(drop));
        daemon
    }

    /// What the router passes on now, in the firewall's words: a line each.
    ///
    /// # Panics
    /// When that can't be found out.
    #[must_use]
    pub fn opened(world: &World, name: &str) -> Vec<String> {
        let netns = world.full(&format!("r{name}"));
        let list = ["nft", "list", "chain", "inet", "upnp", "asked_in"];
        let output = Command::new("ip")
            .args(["netns", "exec", &netns])
            .args(list)
            .output()
            .expect("nft runs");
        assert!(output.status.success(), "nft lists");
        let text = String::from_utf8(output.stdout).expect("text");
        let rules = text.lines().filter(|line| line.contains("dnat"));
        rules.map(|line| line.trim().to_owned()).collect()
    }
}
