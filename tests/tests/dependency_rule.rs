//! The dependency rule of the design, held against what cargo resolves:
//! which crate of this workspace may use which other, and which libraries a
//! crate must never reach, however indirectly.
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a panic is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};

use kith_tests::{Program, root};

/// A crate of the workspace, the crates of the workspace it may name, and the
/// libraries that must not be anywhere below it. A trailing `*` matches any end.
struct Rule {
    name: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        name: "kith-proto",
        may_use: &[],
        never: &["tokio", "libp2p*", "rusqlite", "x11rb"],
    },
    Rule {
        name: "kith-codec",
        may_use: &[],
        never: &["x11rb", "tokio"],
    },
    Rule {
        name: "kith-screen",
        may_use: &["kith-codec", "kith-display", "kith-proto"],
        never: &["tokio", "libp2p*"],
    },
    Rule {
        name: "kith-display",
        may_use: &[],
        never: &["tokio", "libp2p*", "rusqlite"],
    },
    Rule {
        name: "kith-view",
        may_use: &["kith-codec", "kith-display"],
        never: &["kith-screen", "tokio", "libp2p*", "rusqlite"],
    },
    Rule {
        name: "kith-api",
        may_use: &["kith-proto"],
        never: &[],
    },
    Rule {
        name: "kith",
        may_use: &[
            "kith-proto",
            "kith-codec",
            "kith-display",
            "kith-screen",
            "kith-view",
            "kith-api",
        ],
        never: &[],
    },
    Rule {
        name: "kith-gui",
        may_use: &["kith-api", "kith-display"],
        never: &["kith"],
    },
    // It is built before anything else can be.
    Rule {
        name: "kith-setup",
        may_use: &[],
        never: &["*"],
    },
    Rule {
        name: "kith-sim",
        may_use: &["kith-proto"],
        never: &[],
    },
    Rule {
        name: "kith-tests",
        may_use: &["kith-api", "kith-proto"],
        never: &[],
    },
];

/// Who names whom directly, from `cargo tree --prefix depth`: each line is the
/// depth, then the name. A crate shown before has its dependencies left out
/// the second time, so one pass over all lines finds every edge.
fn edges(tree: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut path: Vec<String> = Vec::new();
    for line in tree.lines().filter(|line| !line.trim().is_empty()) {
        let digits = line.chars().take_while(char::is_ascii_digit).count();
        let depth: usize = line[..digits].parse().expect("a depth before each name");
        let name = line[digits..]
            .split_whitespace()
            .next()
            .expect("a name")
            .to_owned();
        path.truncate(depth);
        found.entry(name.clone()).or_default();
        if let Some(parent) = path.last() {
            found
                .entry(parent.clone())
                .or_default()
                .insert(name.clone());
        }
        path.push(name);
    }
    found
}

/// Everything below `name`, each with one way that leads to it.
fn below(edges: &BTreeMap<String, BTreeSet<String>>, name: &str) -> BTreeMap<String, Vec<String>> {
    let mut ways: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open = vec![(name.to_owned(), vec![name.to_owned()])];
    while let Some((at, way)) = open.pop() {
        for next in edges.get(&at).into_iter().flatten() {
            if !ways.contains_key(next) {
                let longer: Vec<String> = way.iter().chain([next]).cloned().collect();
                ways.insert(next.clone(), longer.clone());
                open.push((next.clone(), longer));
            }
        }
    }
    ways
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |start| name.starts_with(start))
}

/// What is wrong with one crate, given its tree.
fn violations(rules: &[Rule], name: &str, members: &[String], tree: &str) -> Vec<String> {
    let Some(rule) = rules.iter().find(|rule| rule.name == name) else {
        return vec![format!("{name} has no line in the dependency rule")];
    };
    let edges = edges(tree);
    let mut wrong = Vec::new();
    for used in edges.get(name).into_iter().flatten() {
        if members.contains(used) && !rule.may_use.contains(&used.as_str()) {
            wrong.push(format!("{name} must not use {used}"));
        }
    }
    for (found, way) in below(&edges, name) {
        if rule.never.iter().any(|pattern| matches(pattern, &found)) {
            wrong.push(format!(
                "{name} must not reach {found}: {}",
                way.join(" → ")
            ));
        }
    }
    wrong
}

fn members() -> Vec<String> {
    let metadata = Program::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .dir(root())
        .ok();
    let metadata: serde_json::Value = serde_json::from_str(&metadata.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| package["name"].as_str().expect("a name").to_owned())
        .collect()
}

#[test]
fn every_crate_keeps_to_the_dependency_rule() {
    let members = members();
    let mut wrong = Vec::new();
    for name in &members {
        // `--target all`: what only Windows or macOS pulls in counts too.
        let tree = Program::new(env!("CARGO"))
            .args(["tree", "--locked", "--edges", "normal", "--target", "all"])
            .args(["--prefix", "depth", "--format", " {p}", "--package", name])
            .dir(root())
            .ok();
        wrong.extend(violations(RULES, name, &members, &tree.stdout));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

mod the_checker {
    use super::*;

    fn check(name: &str, tree: &str) -> Vec<String> {
        let members: Vec<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
        violations(RULES, name, &members, tree)
    }

    #[test]
    fn accepts_an_honest_tree() {
        let tree =
            "0 kith-view v0.1.0 (/x)\n1 kith-codec v0.1.0 (/y)\n2 zstd v0.14.0\n1 winit v0.30.0\n";
        assert_eq!(check("kith-view", tree), Vec::<String>::new());
    }

    #[test]
    fn refuses_an_edge_between_crates() {
        let tree = "0 kith-gui v0.1.0 (/x)\n1 kith-api v0.1.0 (/y)\n2 kith-proto v0.1.0 (/z)\n1 kith-proto v0.1.0 (/z)\n";
        assert_eq!(
            check("kith-gui", tree),
            ["kith-gui must not use kith-proto"]
        );
    }

    #[test]
    fn refuses_a_library_far_below_and_shows_the_way() {
        let tree = "0 kith-proto v0.1.0\n1 helper v1.0.0\n2 glue v2.0.0\n3 tokio v1.50.0\n1 sha2 v0.11.0\n";
        assert_eq!(
            check("kith-proto", tree),
            ["kith-proto must not reach tokio: kith-proto → helper → glue → tokio"]
        );
    }

    #[test]
    fn sees_through_what_cargo_leaves_out_the_second_time() {
        // `glue` is expanded only under the first of its users.
        let tree = "0 kith-proto v0.1.0\n1 a v1.0.0\n2 glue v2.0.0\n3 libp2p-core v0.44.0\n1 b v1.0.0\n2 glue v2.0.0 (*)\n";
        let wrong = check("kith-proto", tree);
        assert_eq!(wrong.len(), 1);
        assert!(
            wrong[0].starts_with("kith-proto must not reach libp2p-core"),
            "{wrong:?}"
        );
    }

    #[test]
    fn refuses_view_reaching_screen() {
        let tree = "0 kith-view v0.1.0\n1 kith-codec v0.1.0\n2 kith-screen v0.1.0\n";
        assert_eq!(check("kith-view", tree).len(), 1);
    }

    #[test]
    fn refuses_a_crate_that_the_rule_does_not_know() {
        assert_eq!(
            check("kith-extra", "0 kith-extra v0.1.0\n"),
            ["kith-extra has no line in the dependency rule"]
        );
    }
}
