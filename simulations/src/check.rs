//! What must hold at the end of a run (MSG-4, R10).

use std::collections::{BTreeMap, BTreeSet};

use crate::world::World;

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// People.
    pub people: usize,
    /// Seed.
    pub seed: u64,
    /// Texts that their authors had committed.
    pub said: usize,
    /// Messages on the wire.
    pub messages: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// Losses of power.
    pub restarts: u64,
    /// Seconds after the end of the talk until all had all; negative if
    /// before; `None` if never.
    pub settled_s: Option<f64>,
    /// Milliseconds from author to other: half, 19 of 20, the longest.
    pub latency_ms: [u64; 3],
    /// What was wrong; empty if nothing.
    pub wrong: Vec<String>,
    /// Seconds, and how much was missing.
    pub samples: Vec<(f64, u64)>,
}

/// Judges a world whose run is over.
#[must_use]
pub fn judge(world: &World, seed: u64) -> Outcome {
    let mut wrong = world.counts.faults.clone();
    if world.counts.disconnects > 0 {
        wrong.push(format!(
            "{} honest peers sent away",
            world.counts.disconnects
        ));
    }
    let members: Vec<usize> = world.members().collect();
    same_logs(world, &members, &mut wrong);
    texts(world, &members, &mut wrong);
    let mut latencies = world.latencies.clone();
    latencies.sort_unstable();
    let at = |share: usize| match latencies.len() {
        0 => 0,
        n => latencies[(n * share / 100).min(n - 1)],
    };
    Outcome {
        people: world.nodes.len(),
        seed,
        said: world.said.len(),
        messages: world.counts.messages,
        bytes: world.counts.bytes,
        restarts: world.counts.restarts,
        settled_s: world
            .complete_at
            .map(|at| (at as f64 - world.talk_end() as f64) / 1000.0),
        latency_ms: [at(50), at(95), at(100)],
        wrong,
        samples: world.samples.clone(),
    }
}

/// All logs are equal, in the same order, with the same members.
fn same_logs(world: &World, members: &[usize], wrong: &mut Vec<String>) {
    let Some(first) = members.first() else {
        return;
    };
    let Some(a) = world.nodes[*first].sync.as_ref() else {
        wrong.push(format!("node {first} is off"));
        return;
    };
    for other in &members[1..] {
        let Some(b) = world.nodes[*other].sync.as_ref() else {
            wrong.push(format!("node {other} is off"));
            continue;
        };
        if a.log().heads() != b.log().heads() {
            wrong.push(format!("nodes {first} and {other} have different logs"));
        } else if a.log().ordered() != b.log().ordered() {
            wrong.push(format!("nodes {first} and {other} have different orders"));
        }
        if a.log().membership() != b.log().membership() {
            wrong.push(format!("nodes {first} and {other} have different members"));
        }
        let forks = b.log().forks().count();
        if forks > 0 {
            wrong.push(format!("node {other} sees {forks} forks"));
        }
    }
}

/// Nothing that was committed is lost, nothing is shown twice.
fn texts(world: &World, members: &[usize], wrong: &mut Vec<String>) {
    let here: BTreeSet<usize> = members.iter().copied().collect();
    let expected = world
        .said
        .values()
        .filter(|(_, by)| here.contains(by))
        .count();
    let mut reference: Option<Vec<String>> = None;
    for node in members {
        let shown = world.shown(*node);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for text in &shown {
            *times.entry(text).or_default() += 1;
        }
        let twice = times.values().filter(|n| **n > 1).count();
        if twice > 0 {
            wrong.push(format!("node {node} shows {twice} texts twice"));
        }
        let by_members = shown
            .iter()
            .filter(|t| {
                t.split('/')
                    .next()
                    .and_then(|n| n.parse().ok())
                    .is_some_and(|n| here.contains(&n))
            })
            .count();
        if by_members != expected {
            wrong.push(format!(
                "node {node} shows {by_members} of {expected} texts"
            ));
        }
        match &reference {
            None => reference = Some(shown),
            Some(r) if *r != shown => wrong.push(format!("node {node} shows another order")),
            Some(_) => {}
        }
    }
}

/// Runs one world and judges it.
#[must_use]
pub fn run(scenario: &crate::scenario::Scenario, people: usize, seed: u64) -> Option<Outcome> {
    let mut world = World::new(scenario, people, seed)?;
    world.run();
    Some(judge(&world, seed))
}
