//! Presence between real processes: who may see it, and being told when
//! somebody comes (DISC-4).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::net::{Ipv6Addr, TcpListener, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use kith_api::{
    Audience, Event, PresenceInfo, PresenceRequest, PresenceState, Reach, Reply, Request,
};
use kith_tests::{PATIENCE, Person, Scratch};

/// After so long, somebody who is looked for is looked for again.
const AGAIN: Duration = Duration::from_millis(1500);

fn seen(person: &mut Person, who: &str) -> Option<PresenceState> {
    match person.ask(Request::Contact { who: who.into() }) {
        Reply::Contact(c) => match c.reach {
            Reach::Online { presence, .. } => Some(presence),
            Reach::Offline { .. } => None,
        },
        other => panic!("{other:?}"),
    }
}

fn wait_until_seen(person: &mut Person, who: &str, presence: PresenceState) {
    while seen(person, who) != Some(presence) {
        person.wait("a presence", |e| matches!(e, Event::Contact(_)));
    }
}

fn rules(person: &mut Person, about: PresenceRequest) -> PresenceInfo {
    match person.ask(Request::PresenceRules(about)) {
        Reply::Presence(info) => info,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rules_say_who_sees_it() {
    let folder = Scratch::new("presence");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let mut cleo = Person::new("Cleo", folder.path());
    anna.up();
    ben.up();
    cleo.up();
    anna.meet(&mut ben);
    anna.meet(&mut cleo);

    let said = anna.kith(&["presence", "away", "--hide-from", "Cleo"]).ok();
    assert!(said.stdout.contains("You are away"), "{}", said.stdout);
    assert!(said.stdout.contains("but not: Cleo"), "{}", said.stdout);
    wait_until_seen(&mut ben, "Anna", PresenceState::Away);
    wait_until_seen(&mut cleo, "Anna", PresenceState::Hidden);

    // The members of a room, as they are at any time.
    anna.opens("Ward 3", &["Cleo"]);
    cleo.joins("Ward 3");
    cleo.send("Ward 3", "here");
    anna.wait_for_text("Ward 3", "here");
    let only = Audience::Only(vec!["Ward 3".into()]);
    let info = rules(&mut anna, PresenceRequest::Audience(only.clone()));
    assert_eq!((info.audience, info.state), (only, PresenceState::Away));
    wait_until_seen(&mut cleo, "Anna", PresenceState::Away);
    wait_until_seen(&mut ben, "Anna", PresenceState::Hidden);

    // It holds over a restart, and for whoever comes after it.
    anna.down();
    anna.up();
    anna.kith(&["presence", "busy"]).ok();
    wait_until_seen(&mut cleo, "Anna", PresenceState::Busy);
    wait_until_seen(&mut ben, "Anna", PresenceState::Hidden);
    anna.kith(&["presence", "--visible", "contacts"]).ok();
    wait_until_seen(&mut ben, "Anna", PresenceState::Busy);
    anna.kith(&["presence", "--only", "Nobody Known"]).code(4);
}

#[test]
fn one_is_told_when_somebody_comes() {
    let folder = Scratch::new("tell-me");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    // Already there: told at once, and no longer waited for.
    wait_until_seen(&mut anna, "Ben", PresenceState::Available);
    let told = anna.kith(&["presence", "--tell-me", "Ben"]).ok();
    assert!(told.stdout.contains("Ben is there"), "{}", told.stdout);

    ben.down();
    while seen(&mut anna, "Ben").is_some() {
        anna.wait("an end", |e| matches!(e, Event::Contact(_)));
    }
    let who = || "Ben".to_owned();
    let info = rules(&mut anna, PresenceRequest::TellMe { who: who() });
    assert_eq!(info.tell_me.len(), 1);
    // The wish outlives the node.
    anna.kill();
    anna.up();
    let waits = anna.kith(&["presence", "--tell-me", "Ben"]);
    let waits = thread::spawn(move || waits.ok());
    ben.up();
    let told = waits.join().unwrap();
    assert!(told.stdout.contains("Ben is there"), "{}", told.stdout);
    anna.wait(
        "the news",
        |e| matches!(e, Event::Arrived(p) if p.name == "Ben"),
    );
    assert_eq!(rules(&mut anna, PresenceRequest::Show).tell_me, []);
}

/// Where somebody might be looked for, over TCP and UDP.
#[derive(Debug)]
struct Door(TcpListener, UdpSocket);

impl Door {
    fn at(port: u16) -> Self {
        // Both families: which of them is used is seen only then.
        let tcp = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).unwrap();
        let udp = UdpSocket::bind(tcp.local_addr().unwrap()).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        Self(tcp, udp)
    }

    /// Whether somebody has come; waits a moment.
    fn is_knocked_at(&self) -> bool {
        self.0.accept().is_ok() || self.1.recv(&mut [0; 2000]).is_ok()
    }

    /// Waits until somebody has come again after a while: whoever looks for a
    /// node dials all that they know at once, and again when that came to
    /// nothing.
    fn wait(&self) {
        let (began, mut first) = (Instant::now(), None);
        loop {
            assert!(began.elapsed() < PATIENCE, "nobody comes to {self:?}");
            if self.is_knocked_at() && first.get_or_insert_with(Instant::now).elapsed() > AGAIN {
                return;
            }
        }
    }
}

/// A port that nothing uses now.
fn free_port() -> u16 {
    Door::at(0).0.local_addr().unwrap().port()
}

fn up_at(person: &mut Person, port: u16) {
    person.up_with(&["--loopback", "--no-mdns", "--port", &port.to_string()]);
}

/// Whom I hide from gets no packet of mine, also after a restart; and if they
/// come to me, they don't hear where else I am. (DISC-4)
#[test]
fn who_it_is_hidden_from_is_not_looked_for() {
    let folder = Scratch::new("unseen");
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    let mut cleo = Person::new("Cleo", folder.path());
    let [annas, bens, cleos] = [(); 3].map(|()| free_port());
    up_at(&mut anna, annas);
    // Who serves the DHT says to everybody where it is.
    anna.kith(&["config", "dht", "off"]).ok();
    up_at(&mut ben, bens);
    up_at(&mut cleo, cleos);
    for (person, name) in [(&mut ben, "Ben"), (&mut cleo, "Cleo")] {
        anna.meet(person);
        // Each has told where it is, before this arrives.
        anna.send(name, "hello");
        person.wait_for_text("Anna", "hello");
        person.send("Anna", "hello");
        anna.wait_for_text(name, "hello");
    }
    anna.kith(&["presence", "--hide-from", "Ben"]).ok();
    let elsewhere = Door::at(0);
    let port = elsewhere.0.local_addr().unwrap().port();
    let addr = format!("/ip4/127.0.0.1/tcp/{port}");
    anna.kith(&["config", "external-addresses", &addr]).ok();
    for person in [&mut anna, &mut ben, &mut cleo] {
        person.down();
    }

    // Anna looks for Cleo, who isn't there, and not for Ben.
    let (at_bens, at_cleos) = (Door::at(bens), Door::at(cleos));
    up_at(&mut anna, annas);
    at_cleos.wait();
    assert!(!at_bens.is_knocked_at());
    drop((at_bens, at_cleos));

    // Ben comes to her: they can talk, and that is all.
    ben.up();
    ben.send("Anna", "I am here");
    anna.wait_for_text("Ben", "I am here");
    anna.send("Ben", "so am I");
    ben.wait_for_text("Anna", "so am I");
    wait_until_seen(&mut ben, "Anna", PresenceState::Hidden);
    anna.down();
    let at_annas = Door::at(annas);
    at_annas.wait();
    assert!(!elsewhere.is_knocked_at());
    drop(at_annas);
    ben.down();

    // Cleo hears of the other address.
    up_at(&mut anna, annas);
    cleo.up();
    wait_until_seen(&mut cleo, "Anna", PresenceState::Available);
    cleo.send("Anna", "I am here");
    anna.wait_for_text("Cleo", "I am here");
    anna.down();
    elsewhere.wait();
}
