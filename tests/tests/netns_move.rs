//! A share outlives the network that it runs over (SHARE-4, PORT-1): where two
//! people have two networks in common and one goes away, another path is
//! taken, and nothing ends. Nor where somebody gets another address.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is a failed test"
)]

use std::time::Duration;

use kith_api::{Reply, Request, ShareLevel, SharePhase, ShareRequest};
use kith_tests::shares::{allowed, both_signed, invite, share_once_reached, shown, wait_for};
use kith_tests::{PATIENCE, Person, Scratch, World};
use kith_view::headless::Headless;
use kith_view::local::PathKind;
use kith_view::session::Session;

/// Anna and Ben in two networks at once, without any way out.
fn two_networks() -> Option<World> {
    let mut world = World::new(&[])?;
    for switch in ["one", "two"] {
        world.add_switch(switch);
    }
    for (name, number) in [("anna", 1), ("ben", 2)] {
        world.add(name);
        world.plug("one", name, "eth0", &format!("10.77.1.{number}/24"));
        world.plug("two", name, "eth1", &format!("10.77.2.{number}/24"));
        assert!(!world.has_default_route(name), "{name} has a way out");
    }
    Some(world)
}

/// How long a network that carries nothing may be gone before the next one
/// goes: a share notices silence after three seconds.
const UNNOTICED: Duration = Duration::from_secs(20);

#[test]
fn netns_a_share_moves_to_the_other_network() {
    let Some(world) = two_networks() else { return };
    let folder = Scratch::new("move");
    let person = |name: &'static str| {
        let mut person = Person::inside(world.full(&name.to_lowercase()), name, folder.path());
        person.up();
        person
    };
    let (mut anna, mut ben) = (person("Anna"), person("Ben"));
    anna.meet(&mut ben);
    let window = shown(&mut anna, &mut ben, folder.path());
    let mut viewer = Headless::new(window).unwrap();
    assert!(viewer.run_until(PATIENCE, Session::is_exact).unwrap());
    // Each network goes in its turn: one of them carries the share.
    let mut moved = 0;
    for device in ["eth0", "eth1"] {
        let before = viewer.session().statistics().updates;
        world.ip("ben", &format!("link set {device} down"));
        let lost = |s: &Session| s.path().0 == PathKind::Interrupted;
        if viewer.run_until(UNNOTICED, lost).unwrap() {
            // The picture begins anew on the other path.
            let goes_on = |s: &Session| {
                s.path().0 == PathKind::Direct && s.is_exact() && s.statistics().updates > before
            };
            assert_eq!(viewer.session().over(), None);
            assert!(viewer.run_until(PATIENCE, goes_on).unwrap(), "{device}");
            moved += 1;
        }
        world.ip("ben", &format!("link set {device} up"));
    }
    assert!(moved > 0, "neither network carried it");
    for person in [&mut anna, &mut ben] {
        let Reply::Shares(all) = person.ask(Request::Share(ShareRequest::List)) else {
            panic!("no list")
        };
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].phase, SharePhase::Running);
    }
    anna.kith(&["stop"]).ok();
    for person in [&mut anna, &mut ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("stopped"));
    }
}

/// Ben's network gives him another address.
fn renumber(world: &World, from: u8, to: u8) {
    world.ip("ben", &format!("addr del 10.77.1.{from}/24 dev eth0"));
    world.ip("ben", &format!("addr add 10.77.1.{to}/24 dev eth0"));
}

/// While a request waits for an answer, and while a share runs: the answer arrives from
/// another address than the one it was asked at, and the pictures go on to a third.
#[test]
fn netns_a_request_and_a_share_outlive_an_address() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    world.add_switch("one");
    for (name, number) in [("anna", 1), ("ben", 2)] {
        world.add(name);
        world.plug("one", name, "eth0", &format!("10.77.1.{number}/24"));
    }
    let folder = Scratch::new("renumber");
    let person = |name: &'static str| {
        let mut person = Person::inside(world.full(&name.to_lowercase()), name, folder.path());
        person.up();
        person
    };
    let (mut anna, mut ben) = (person("Anna"), person("Ben"));
    anna.meet(&mut ben);
    share_once_reached(&mut anna, &invite(ShareLevel::View));
    wait_for(&mut ben, "an invitation", SharePhase::Asked);
    renumber(&world, 2, 22);
    let mut viewer = Headless::new(allowed(&mut ben, folder.path())).unwrap();
    assert!(viewer.run_until(PATIENCE, Session::is_exact).unwrap());
    let before = viewer.session().statistics().updates;
    renumber(&world, 22, 32);
    let goes_on = |s: &Session| {
        s.path().0 == PathKind::Direct && s.is_exact() && s.statistics().updates > before
    };
    assert!(viewer.run_until(PATIENCE, goes_on).unwrap());
    assert_eq!(viewer.session().over(), None);
    anna.kith(&["stop"]).ok();
    for person in [&mut anna, &mut ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.reason.as_deref(), Some("stopped"));
        both_signed(person, 1);
    }
}
