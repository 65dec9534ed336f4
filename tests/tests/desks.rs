//! Two people at two desks, each with the desktop program: from nothing to a
//! terminal that one shows and the other types into, and its end. Everything
//! is done as a person does it, by keyboard (UI-1) and, in the shared window,
//! with the mouse; the nodes are only asked what came of it.
//!
//! A picture of each step is kept in `target/tmp/two-desks`.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kith_api::{
    AuditRequest, MeetingInfo, MeetingRequest, MeetingState, Reply, Request, ShareInfo, SharePhase,
    ShareRequest, Verification,
};
use kith_codec::geometry::Size;
use kith_codec::picture::{Picture, PixelView};
use kith_tests::{Desks, PATIENCE, Person, Running, Scratch, World, built};

const ANNA: usize = 0;
const BEN: usize = 1;

/// The desktop program's colour of the one thing to do, and of its stop.
const MAIN: u32 = 0x001b_62c9;

const PASSPHRASE: &str = "four unusual words";

/// How long one try of something may take before a person tries again.
const TRY: Duration = Duration::from_secs(12);

/// Pictures of the steps, numbered.
struct Album {
    folder: PathBuf,
    number: usize,
}

impl Album {
    #[allow(clippy::print_stderr, reason = "a test says where its pictures are")]
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("two-desks");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        eprintln!("pictures: {}", folder.display());
        let number = 0;
        Self { folder, number }
    }

    fn take(&mut self, desks: &Desks, what: &str) {
        desks.settle(ANNA);
        desks.settle(BEN);
        self.number += 1;
        let seen = desks.pixels();
        let (width, height) = (seen.width, seen.rows.len() / usize::from(seen.width));
        let size = Size::new(width, u16::try_from(height).unwrap()).unwrap();
        let view = PixelView::new(&seen.rows, size, usize::from(width)).unwrap();
        let file = self.folder.join(format!("{:02}-{what}.png", self.number));
        kith_view::headless::save_png(&Picture::copy_of(&view), &file).unwrap();
    }
}

/// Does something again and again, as a person would, until it has come to
/// what was wanted.
fn until(what: &str, mut act: impl FnMut(), mut came: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE * 2;
    while Instant::now() < end {
        act();
        let again = Instant::now() + TRY;
        while Instant::now() < again {
            if came() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    panic!("{what} never came");
}

fn wait(what: &str, came: impl FnMut() -> bool) {
    until(what, || {}, came);
}

/// Begins with Kith on a machine where it never ran: a name, a passphrase.
fn first_run(desks: &Desks, desk: usize, name: &'static str, profile: &Path) -> Person {
    let screen = desks.screen(desk);
    desks.sit(desk);
    wait("the first run", || {
        screen.in_front().as_deref() == Some("kith") && screen.count(MAIN) > 2000
    });
    desks.settle(desk);
    desks.write(name);
    for _ in 0..2 {
        desks.keys(&["Tab"]);
        desks.write(PASSPHRASE);
    }
    desks.keys(&["Return"]);
    Person::of_program(name, profile)
}

fn meeting(person: &mut Person, state: MeetingState) -> Option<MeetingInfo> {
    match person.ask(Request::Meeting(MeetingRequest::List)) {
        Reply::Meetings(all) => all.into_iter().find(|m| m.state == state),
        other => panic!("{other:?}"),
    }
}

/// Somebody nearby is chosen, and the code compared on both screens.
fn meet(desks: &Desks, album: &mut Album, anna: &mut Person, ben: &mut Person) {
    desks.sit(ANNA);
    desks.keys(&["ctrl+m"]);
    desks.sit(BEN);
    until(
        "the spoken code",
        || {
            desks.keys(&["Escape", "ctrl+m"]);
            desks.settle(BEN);
            // The last thing that can be pressed: somebody, once there is.
            desks.keys(&["shift+Tab"]);
            desks.settle(BEN);
            album.take(desks, "nearby");
            desks.keys(&["Return"]);
        },
        || meeting(ben, MeetingState::Compare).is_some(),
    );
    let mut code = None;
    wait("the code at Anna's desk", || {
        code = meeting(anna, MeetingState::Compare).and_then(|m| m.code);
        code.is_some()
    });
    assert_eq!(meeting(ben, MeetingState::Compare).unwrap().code, code);
    album.take(desks, "code");
    for (desk, person) in [(ANNA, &mut *anna), (BEN, &mut *ben)] {
        desks.sit(desk);
        until(
            "that the code is the same",
            || {
                desks.settle(desk);
                // The keyboard is at "They differ".
                desks.keys(&["shift+Tab", "Return"]);
            },
            || meeting(person, MeetingState::Compare).is_none(),
        );
    }
    for (person, other) in [(&mut *anna, "Ben"), (&mut *ben, "Anna")] {
        wait("verification", || {
            let who = other.into();
            match person.try_ask(Request::Contact { who }) {
                Ok(Reply::Contact(c)) => {
                    c.person.verified == Verification::Verified && c.room.is_some()
                }
                _ => false,
            }
        });
    }
    album.take(desks, "verified");
    for desk in [ANNA, BEN] {
        desks.sit(desk);
        desks.keys(&["Escape"]);
    }
}

fn says(desks: &Desks, desk: usize, text: &str, reader: &mut Person, from: &str) {
    desks.sit(desk);
    until(
        text,
        || {
            desks.keys(&["Escape", "alt+Down"]);
            desks.settle(desk);
            desks.write(text);
            desks.keys(&["Return"]);
        },
        || reader.texts(from).iter().any(|(_, t)| t == text),
    );
}

/// The newest share of a person.
fn share(person: &mut Person) -> Option<ShareInfo> {
    match person.ask(Request::Share(ShareRequest::List)) {
        Reply::Shares(mut all) => all.pop(),
        other => panic!("{other:?}"),
    }
}

fn runs(person: &mut Person, control: bool) -> bool {
    share(person)
        .is_some_and(|s| s.phase == SharePhase::Running && (s.control != "nothing") == control)
}

#[test]
fn xvfb_two_people_at_two_desks() {
    let Some(mut world) = World::new(&[]) else {
        return;
    };
    world.add_switch("lan");
    for (name, address) in [("anna", "10.77.0.1/24"), ("ben", "10.77.0.2/24")] {
        world.add(name);
        world.plug("lan", name, "eth0", address);
        assert!(!world.has_default_route(name), "{name} has a way out");
    }
    let folder = Scratch::new("desks");
    let desks = Desks::new(2);
    let mut album = Album::new();
    let typed = folder.path().join("typed");
    let script = format!("exec cat > {}", typed.display());
    let terminal = [
        "xterm",
        "-T",
        "Letter",
        "-geometry",
        "70x20+1100+120",
        "-e",
        "sh",
        "-c",
        &script,
    ];
    let netns = |name: &str| world.full(name);
    let _terminal = Running::at(desks.screen(ANNA), &netns("anna"), folder.path(), &terminal);
    wait("the terminal", || {
        desks.screen(ANNA).in_front().as_deref() == Some("XTerm")
    });

    let program = |desk, name: &str| {
        let profile = folder.path().join(name);
        let home = folder.path().join(format!("home of {name}"));
        fs::create_dir_all(&home).unwrap();
        let kith = built("kith-gui");
        let profile_text = profile.display().to_string();
        let args = [
            kith.as_str(),
            "--language",
            "en",
            "--profile",
            &profile_text,
        ];
        (
            Running::at(desks.screen(desk), &netns(name), &home, &args),
            profile,
        )
    };
    let (_hers, her_profile) = program(ANNA, "anna");
    let (_his, his_profile) = program(BEN, "ben");
    let mut anna = first_run(&desks, ANNA, "Anna", &her_profile);
    let mut ben = first_run(&desks, BEN, "Ben", &his_profile);
    album.take(&desks, "first-run");

    meet(&desks, &mut album, &mut anna, &mut ben);
    says(&desks, ANNA, "hello ben", &mut ben, "Anna");
    says(&desks, BEN, "hello anna", &mut anna, "Ben");
    album.take(&desks, "chat");

    desks.sit(ANNA);
    until(
        "an invitation",
        || {
            desks.keys(&["Escape", "ctrl+s"]);
            desks.settle(ANNA);
            desks.write("xterm");
            // Back over what kinds there are, to "See and control".
            desks.keys(&["shift+Tab"; 5]);
            desks.keys(&["space", "Tab", "Tab", "Tab", "Tab", "Tab"]);
            // On to the only one in the list of that name.
            desks.keys(&["Tab", "Tab", "space"]);
            album.take(&desks, "offer");
            desks.keys(&["Tab", "Return"]);
        },
        || share(&mut anna).is_some(),
    );
    wait("the question", || share(&mut ben).is_some());
    album.take(&desks, "asked");
    desks.sit(BEN);
    until(
        "the share",
        || {
            desks.keys(&["Escape", "ctrl+g"]);
            desks.settle(BEN);
            desks.keys(&["Tab", "Return"]);
        },
        || runs(&mut ben, true),
    );
    wait("the share", || runs(&mut anna, true));
    wait("the viewer's window", || {
        desks.screen(BEN).in_front().as_deref() == Some("kith-view")
    });
    album.take(&desks, "shared");
    let arrived = |text: &str| fs::read_to_string(&typed).is_ok_and(|t| t.contains(text));
    let types = |album: &mut Album, text: &str| {
        let line = format!("{text}\n");
        until(
            text,
            || {
                // Where one clicks, there one writes.
                let (x, y) = desks.screen(BEN).middle_of_front().unwrap();
                desks.click(BEN, x, y);
                desks.settle(BEN);
                desks.write(text);
                desks.keys(&["Return"]);
                album.take(&desks, "types");
            },
            || arrived(&line),
        );
    };
    types(&mut album, "Hello from Ben");
    album.take(&desks, "typed");

    // All keys go to the other side now, also those of a window manager: there
    // they would close the terminal. They are of its border, and refused.
    desks.keys(&["alt+F4"]);
    album.take(&desks, "border-refused");
    types(&mut album, "Still here");
    album.take(&desks, "still-there");

    // Her Esc ends control at once, whatever has the keyboard.
    desks.sit(ANNA);
    desks.keys(&["Escape"]);
    wait("the end of control", || {
        runs(&mut anna, false) && runs(&mut ben, false)
    });
    album.take(&desks, "esc");
    desks.sit(BEN);
    // Letters would be orders to the viewer's window now.
    desks.write("1234567890");
    desks.keys(&["Return"]);
    album.take(&desks, "nothing-arrives");

    desks.sit(ANNA);
    until(
        "the end",
        || {
            // The terminal has the keyboard: Ben has clicked into it.
            if desks.screen(ANNA).in_front().as_deref() != Some("kith") {
                desks.keys(&["alt+Tab"]);
                desks.settle(ANNA);
            }
            desks.keys(&["ctrl+shift+x"]);
        },
        || share(&mut anna).is_none() && share(&mut ben).is_none(),
    );
    for desk in [ANNA, BEN] {
        desks.sit(desk);
        wait("the program", || {
            desks.screen(desk).in_front().as_deref() == Some("kith")
        });
        desks.keys(&["ctrl+2"]);
    }
    album.take(&desks, "over");
    assert!(!arrived("123"));
    for (person, name) in [(&mut anna, "anna"), (&mut ben, "ben")] {
        match person.ask(Request::Audit(AuditRequest::Verify)) {
            Reply::AuditSound(sound) => {
                assert_eq!((sound.end_records, sound.signed_by_both), (1, 1), "{name}");
            }
            other => panic!("{other:?}"),
        }
    }
}
