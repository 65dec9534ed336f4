//! Every scenario at its small size.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use kith_sim::check;
use kith_sim::plot;
use kith_sim::scenario::Scenario;

fn scenario(name: &str) -> Scenario {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(format!("{name}.toml"));
    Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn holds(name: &str) {
    let s = scenario(name).small();
    assert_eq!(s.name, name);
    for people in &s.people {
        for seed in &s.seeds {
            let o = check::run(&s, *people, *seed).unwrap();
            assert!(o.said > 0);
            assert_eq!(o.wrong, Vec::<String>::new(), "{name} {people} {seed}");
            assert!(
                o.settled_s.is_some(),
                "{name} {people} {seed} never settled"
            );
        }
    }
}

#[test]
fn bridge() {
    holds("room-sync-bridge");
}

#[test]
fn rough() {
    holds("room-sync-rough");
}

#[test]
fn removals() {
    holds("room-sync-removals");
}

#[test]
fn quarrel() {
    holds("room-sync-quarrel");
}

#[test]
fn large() {
    holds("room-sync-large");
}

#[test]
fn every_scenario_is_tested() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let here = include_str!("scenarios.rs");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".toml").unwrap();
        assert!(here.contains(&format!("holds(\"{name}\")")), "{name}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let s = scenario("room-sync-rough").small();
    let a = check::run(&s, 3, 7).unwrap();
    let b = check::run(&s, 3, 7).unwrap();
    let c = check::run(&s, 3, 8).unwrap();
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
    assert_ne!(a.bytes, c.bytes);
    assert!(plot::svg(&s, &[a]).contains("<polyline"));
}
