//! The direct way's link goes down in the middle of a share and comes up again: a
//! relay takes over and gives back, though the connection may have outlived it all;
//! nothing ends (SHARE-4). With seconds:
//! `cargo test -p kith-tests --test netns_paths -- --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "in a test a panic is a failed test, and figures are shown"
)]

use std::time::{Duration, Instant};

use kith_api::{Reply, Request, SharePhase, ShareRequest};
use kith_tests::shares::shown;
use kith_tests::{Nat, PATIENCE, Passing, Person, Scratch, World, public, through_router};
use kith_view::headless::Headless;
use kith_view::local::PathKind;
use kith_view::session::Session;

/// Paula in public; Anna and Ben behind routers through which only a relay
/// helps, and on a network of their own.
fn world() -> Option<World> {
    let mut world = World::new(&["nft"])?;
    world.add_switch("net");
    public(&mut world, "net", "paula", "45.67.0.10");
    let random = (Nat::Random, Passing::Both);
    through_router(
        &mut world,
        "net",
        ("anna", "192.168.1"),
        "45.67.1.21",
        random,
    );
    through_router(
        &mut world,
        "net",
        ("ben", "192.168.2"),
        "45.67.2.22",
        random,
    );
    world.add_switch("lan");
    world.plug("lan", "anna", "eth1", "10.77.1.1/24");
    world.plug("lan", "ben", "eth1", "10.77.1.2/24");
    Some(world)
}

#[test]
fn netns_a_relay_takes_over_when_the_link_goes_down() {
    let Some(world) = world() else { return };
    let folder = Scratch::new("paths");
    let person = |name: &'static str| {
        let netns = world.full(&name.to_lowercase());
        let mut person = Person::inside(netns, name, folder.path());
        person.up_with(&["--port", "4001"]);
        person
    };
    let (mut paula, mut anna, mut ben) = (person("Paula"), person("Anna"), person("Ben"));
    paula.meet(&mut anna);
    paula.meet(&mut ben);
    paula.wait_for_finding("public");
    anna.wait_for_finding("relayed");
    ben.wait_for_finding("relayed");
    anna.meet(&mut ben);
    ben.wait_for_way("Anna", |way| way == "directly");
    let window = shown(&mut anna, &mut ben, folder.path());
    let mut viewer = Headless::new(window).unwrap();
    let direct = |s: &Session| s.path().0 == PathKind::Direct && s.is_exact();
    assert!(viewer.run_until(PATIENCE, direct).unwrap(), "directly");
    let mut seconds = Vec::new();
    for (link, kind) in [("down", PathKind::Relayed), ("up", PathKind::Direct)] {
        let before = viewer.session().statistics().updates;
        let begin = Instant::now();
        world.ip("ben", &format!("link set eth1 {link}"));
        if kind == PathKind::Relayed {
            let lost = |s: &Session| s.path().0 != PathKind::Direct;
            assert!(viewer.run_until(PATIENCE, lost).unwrap(), "people are told");
            seconds.push(begin.elapsed());
        }
        let there =
            |s: &Session| s.path().0 == kind && s.is_exact() && s.statistics().updates > before;
        assert!(viewer.run_until(PATIENCE, there).unwrap(), "{link}");
        assert_eq!(viewer.session().over(), None);
        seconds.push(begin.elapsed());
    }
    let [told, relayed, back]: [Duration; 3] = seconds.try_into().unwrap();
    eprintln!(
        "link down: told after {told:.1?}, pictures through the relay after {relayed:.1?}; \
         link up: directly again after {back:.1?}"
    );
    for person in [&mut anna, &mut ben] {
        let Reply::Shares(all) = person.ask(Request::Share(ShareRequest::List)) else {
            panic!("no list")
        };
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].phase, SharePhase::Running);
    }
}
