//! A network that keeps devices apart, as Wi-Fi for guests does: it is told,
//! and only where it is so (DISC-7). Real processes behind one router, on a
//! switch whose ports are isolated.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use kith_api::{Reply, Request};
use kith_tests::{Nat, Passing, Person, Scratch, World, public, through_router};

/// What the switch does between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    Joins,
    Isolates,
}

/// Anna and Ben on one local network; two contacts of both in public, so that
/// each learns from which address it comes.
fn network(switch: Switch) -> Option<World> {
    let mut world = World::new(&["nft"])?;
    world.add_switch("net");
    public(&mut world, "net", "paula", "45.67.0.10");
    public(&mut world, "net", "cleo", "45.67.0.11");
    let plain = (Nat::Plain, Passing::Both);
    through_router(
        &mut world,
        "net",
        ("anna", "192.168.1"),
        "45.67.1.21",
        plain,
    );
    world.add("ben");
    world.plug("lanna", "ben", "eth0", "192.168.1.3/24");
    world.ip("ben", "route add default via 192.168.1.1");
    if switch == Switch::Isolates {
        for port in ["pannaeth0", "pbeneth0"] {
            world.ip(
                "lanna",
                &format!("link set {port} type bridge_slave isolated on"),
            );
        }
    }
    Some(world)
}

/// Everybody there is, the two being contacts.
fn people(world: &World, folder: &Scratch) -> (Person, Person, Vec<Person>) {
    let person = |name: &'static str| {
        let netns = world.full(&name.to_lowercase());
        let mut person = Person::inside(netns, name, folder.path());
        person.up_with(&["--port", "4001"]);
        person
    };
    let (mut anna, mut ben) = (person("Anna"), person("Ben"));
    let mut servers = vec![person("Paula"), person("Cleo")];
    for server in &mut servers {
        server.meet(&mut anna);
        server.meet(&mut ben);
        server.wait_for_finding("public");
    }
    anna.wait_for_finding("relayed");
    ben.wait_for_finding("relayed");
    anna.meet(&mut ben);
    (anna, ben, servers)
}

/// What the doctor finds that the network does to devices.
fn findings(person: &mut Person) -> Vec<String> {
    let Reply::Doctor(found) = person.ask(Request::Doctor) else {
        panic!("no findings");
    };
    let mut codes: Vec<String> = found.into_iter().map(|f| f.code).collect();
    codes.retain(|c| c.starts_with("kept-apart"));
    codes
}

#[test]
fn netns_a_network_that_keeps_devices_apart_is_told() {
    let Some(world) = network(Switch::Isolates) else {
        return;
    };
    let folder = Scratch::new("apart");
    let (mut anna, mut ben, _servers) = people(&world, &folder);
    ben.send("Anna", "through the relay");
    anna.wait_for_text("Ben", "through the relay");
    let way = ben.way_to("Anna").unwrap();
    assert!(way.starts_with("through "), "{way}");
    // Ben has tried the address in Anna's invite; she may try none of his, for
    // nothing but his word says that he is near (rule R4).
    ben.wait_for_finding("kept-apart");
    anna.wait_for_finding("kept-apart-perhaps");
}

#[test]
fn netns_a_network_that_joins_devices_is_not_blamed() {
    let Some(world) = network(Switch::Joins) else {
        return;
    };
    let folder = Scratch::new("joined");
    let (mut anna, mut ben, _servers) = people(&world, &folder);
    anna.wait_for_way("Ben", |way| way == "directly");
    ben.wait_for_way("Anna", |way| way == "directly");
    for person in [&mut anna, &mut ben] {
        assert_eq!(findings(person), [""; 0]);
    }
}
