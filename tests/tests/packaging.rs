//! What a package is made of (issue “The main job on a fresh machine”): pages,
//! completions, and the files that it installs.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic here is a failed test"
)]

use kith_tests::{Program, Scratch, root};

#[test]
fn there_is_a_page_and_a_completion_for_every_command() {
    let folder = Scratch::new("man");
    let man = folder.path().join("man");
    Program::built("kith").args(["man", "--all"]).arg(&man).ok();
    let page = |name: &str| std::fs::read_to_string(man.join(name)).unwrap();
    let all = page("kith.1");
    let pages = std::fs::read_dir(&man).unwrap().count();
    assert!(pages > 20, "{pages} pages");
    for command in ["init", "up", "invite", "send", "chat", "doctor", "backup"] {
        assert!(all.contains(&format!("kith\\-{command}(1)")), "{command}");
        assert!(page(&format!("kith-{command}.1")).contains(".SH NAME"));
    }
    for shell in ["bash", "zsh", "fish"] {
        let done = Program::built("kith").args(["completions", shell]).ok();
        assert!(done.stdout.contains("invite"), "{shell}");
    }
}

#[test]
fn what_the_package_installs_is_there_and_well_formed() {
    let manifest = std::fs::read_to_string(root().join("node/Cargo.toml")).unwrap();
    let manifest: toml::Value = toml::from_str(&manifest).unwrap();
    let assets = manifest["package"]["metadata"]["deb"]["assets"]
        .as_array()
        .unwrap();
    let named: Vec<&str> = assets.iter().map(|a| a[0].as_str().unwrap()).collect();
    for path in named.iter().filter(|p| !p.contains("target/")) {
        assert!(root().join("node").join(path).exists(), "{path}");
    }
    let of = |name: &str| {
        let path = root().join("node/packaging").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    assert!(of("kith.service").contains("ExecStart=/usr/bin/kith up"));
    let desktop = of("kith.desktop");
    for line in desktop.lines().skip(1) {
        assert!(line.contains('='), "{line}");
    }
    let svg = of("kith.svg");
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
}
