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

/// What a person types after `cargo install`.
#[test]
fn a_user_gets_pages_completions_menu_and_service() {
    let home = Scratch::new("packaging-home");
    let bin = home.path().join("rust/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(Program::path_of_built("kith"), bin.join("kith")).unwrap();
    let install = || {
        Program::new(root().join("node/packaging/user"))
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("HOME", home.path())
            .env("XDG_DATA_HOME", home.path().join(".local/share"))
            .env("XDG_CONFIG_HOME", home.path().join(".config"))
            .ok()
    };
    assert!(install().stdout.contains("no entry in menus"));
    let gui = Program::path_of_built("kith-gui");
    std::os::unix::fs::symlink(gui, bin.join("kith-gui")).unwrap();
    install();
    for (file, says) in [
        ("rust/share/man/man1/kith-share.1", ".SH NAME"),
        ("rust/share/man/man1/kith-gui.1", "language"),
        (".local/share/bash-completion/completions/kith", "invite"),
        (".local/share/fish/vendor_completions.d/kith.fish", "invite"),
        (".local/share/zsh/site-functions/_kith", "invite"),
        (".config/systemd/user/kith.service", "/rust/bin/kith up"),
        (
            ".local/share/applications/kith.desktop",
            "/rust/bin/kith-gui",
        ),
        (
            ".local/share/icons/hicolor/scalable/apps/kith.svg",
            "</svg>",
        ),
    ] {
        let content = std::fs::read_to_string(home.path().join(file)).unwrap();
        assert!(content.contains(says), "{file}");
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
    // What Debian's own checks ask for: who answers for it, and its changelog.
    let deb = &manifest["package"]["metadata"]["deb"];
    let maintainer = deb["maintainer"].as_str().unwrap();
    assert!(maintainer.ends_with('>') && maintainer.contains(" <"));
    let changelog = root().join("node").join(deb["changelog"].as_str().unwrap());
    let changelog = std::fs::read_to_string(changelog).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let revision = deb["revision"].as_str().unwrap();
    assert!(changelog.starts_with(&format!("kith ({version}-{revision}) ")));
    // Programs that aren't named so keep what only a debugger reads.
    assert!(named.contains(&"target/release/kith-gui"));
    let copyright = deb["license-file"][0].as_str().unwrap();
    let copyright = std::fs::read_to_string(root().join("node").join(copyright)).unwrap();
    for line in [
        "Format: https://",
        "Copyright: ",
        "/usr/share/common-licenses/Apache-2.0",
    ] {
        assert!(copyright.contains(line), "{line}");
    }
    let synopsis = manifest["package"]["description"].as_str().unwrap();
    assert!(!synopsis.starts_with("Kith") && synopsis.len() < 80);
    assert!(changelog.contains(&format!("\n -- {maintainer}  ")));
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
