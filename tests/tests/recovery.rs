//! The recovery sheet with the real program: a person whose devices are all
//! lost or stolen comes back as the same person (ID-6).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::path::Path;

use kith_api::{Event, Reply, Request, Verification};
use kith_tests::{Finished, Person, Program, Scratch};

struct World {
    folder: Scratch,
    anna: Person,
    ben: Person,
    /// Anna's only device.
    device: String,
    person: String,
}

impl World {
    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

fn identity(person: &mut Person) -> (String, String) {
    match person.ask(Request::Identity) {
        Reply::Identity(me) => (me.person.to_string(), me.device.to_string()),
        other => panic!("{other:?}"),
    }
}

/// Anna has a recovery sheet; she and Ben have verified each other and talked.
fn world(name: &str) -> World {
    let folder = Scratch::new(name);
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    let sheet = folder.path().join("sheet").display().to_string();
    anna.kith(&["id", "--recovery-sheet", &sheet]).ok();
    // It is written once, never over another.
    anna.kith(&["id", "--recovery-sheet", &sheet]).code(3);
    anna.meet(&mut ben);
    for (person, other) in [(&mut anna, "Ben"), (&mut ben, "Anna")] {
        person.ask(Request::Verify {
            who: other.into(),
            outcome: Verification::Verified,
        });
    }
    anna.send("Ben", "before it was stolen");
    ben.wait_for_text("Anna", "before it was stolen");
    std::fs::write(folder.path().join("words"), "four unusual words here\n").unwrap();
    let (person, device) = identity(&mut anna);
    World {
        folder,
        anna,
        ben,
        device,
        person,
    }
}

fn says(told: &Finished, what: &str) {
    assert!(told.stderr.contains(what), "{}", told.stderr);
}

fn wait_for_revocation(person: &mut Person, of: &str, device: &str) {
    let revoked = |person: &mut Person| match person.ask(Request::Contact { who: of.into() }) {
        Reply::Contact(c) => {
            let mut devices = c.devices.iter();
            devices.any(|d| d.id.to_string() == device && d.state == "revoked")
        }
        other => panic!("{other:?}"),
    };
    while !revoked(person) {
        person.wait("the revocation", |e| matches!(e, Event::Contact(_)));
    }
}

/// With a backup everything is there again; the stolen device, which still
/// runs, is let in no more, and the sheet is used up.
#[test]
fn a_sheet_and_a_backup_bring_everything_back() {
    let mut test = world("sheet-backup");
    let (sheet, next) = (test.at("sheet"), test.at("next"));
    let (file, words) = (test.at("backup"), test.at("words"));
    test.anna
        .kith(&["backup", &file, "--passphrase-file", &words])
        .ok();
    let args = ["--sheet", &sheet, "--new-sheet", &next, &file];
    let mut anna = Person::recovered("Anna", test.folder.path(), &args, &words);
    anna.up();
    let (person, device) = identity(&mut anna);
    assert_eq!(person, test.person);
    assert_ne!(device, test.device);
    anna.send("Ben", "it was stolen");
    test.ben.wait_for_text("Anna", "it was stolen");
    wait_for_revocation(&mut test.ben, "Anna", &test.device);
    test.ben.send("Anna", "good that you have the sheet");
    anna.wait_for_text("Ben", "good that you have the sheet");
    assert!(
        anna.texts("Ben")
            .iter()
            .any(|(_, t)| t == "before it was stolen")
    );

    // The thief writes; it stays with him.
    test.anna.send("Ben", "I am Anna");
    anna.send("Ben", "still me");
    test.ben.wait_for_text("Anna", "still me");
    let texts = test.ben.texts("Anna");
    assert!(!texts.iter().any(|(_, t)| t == "I am Anna"), "{texts:?}");

    // The newest log, which Ben has, no longer takes the old sheet.
    let log = test.at("from-ben");
    test.ben.kith(&["export", "Anna", &log]).ok();
    let third = test.at("third");
    let refused = Program::built("kith")
        .args(["recover", "--profile", &test.at("again")])
        .args(["--sheet", &sheet, "--new-sheet", &third])
        .args(["--name", "Anna", "--passphrase-file", &words, &log])
        .code(6);
    says(&refused, "a newer one took its place");
    assert!(!Path::new(&test.at("again")).exists());
    assert!(!Path::new(&third).exists());
}

/// Without a backup, a file from one contact is enough to be the same person;
/// contacts are invited again, and for them she stays verified.
#[test]
fn a_sheet_and_a_contacts_file_are_enough() {
    let mut test = world("sheet-contact");
    test.anna.down();
    let (sheet, next) = (test.at("sheet"), test.at("next"));
    let (log, words) = (test.at("from-ben"), test.at("words"));
    test.ben.kith(&["export", "Anna", &log]).ok();
    // As typed off the paper: only the words.
    let printed = std::fs::read_to_string(&sheet).unwrap();
    let typed = printed.split_once(&test.person).unwrap().1;
    let typed = typed.split_once("The same as a code").unwrap().0;
    let paper = test.at("paper");
    std::fs::write(&paper, typed).unwrap();
    let args = [
        "--sheet",
        &paper,
        "--new-sheet",
        &next,
        "--name",
        "Anna",
        &log,
    ];
    let mut anna = Person::recovered("Anna", test.folder.path(), &args, &words);
    anna.up();
    assert_eq!(identity(&mut anna).0, test.person);

    let invite = anna.invite();
    test.ben.ask(Request::InviteAccept {
        invite,
        petname: None,
    });
    anna.is_answered();
    anna.kith(&["contacts", "Ben", "--accept"]).ok();
    anna.send("Ben", "it is me again");
    test.ben.wait_for_text("Anna", "it is me again");
    test.ben.send("Anna", "so I see");
    anna.wait_for_text("Ben", "so I see");
    wait_for_revocation(&mut test.ben, "Anna", &test.device);
    let Reply::Contact(seen) = test.ben.ask(Request::Contact { who: "Anna".into() }) else {
        panic!("no contact");
    };
    assert_eq!(seen.person.id.to_string(), test.person);
    assert_eq!(seen.person.verified, Verification::Verified);
    // A sheet that is mistyped says which word.
    std::fs::write(&paper, typed.replacen(" 3 ", " 3 kith", 1)).unwrap();
    let wrong = Program::built("kith")
        .args(["recover", "--profile", &test.at("again")])
        .args(["--sheet", &paper, "--new-sheet", &test.at("x"), &log])
        .code(6);
    assert!(wrong.stderr.contains("word"), "{}", wrong.stderr);
}

/// Only a sheet that was printed can still count after the next one.
#[test]
fn the_first_sheet_replaces_none() {
    let folder = Scratch::new("sheet-first");
    let mut anna = Person::new("Anna", folder.path());
    anna.up();
    let [first, second, third] = ["first", "second", "third"].map(|s| folder.path().join(s));
    let print = |sheet: &Path| anna.kith(&["id", "--recovery-sheet"]).arg(sheet).run();
    let told = print(&first);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    assert!(!told.stderr.contains("thirty days"), "{}", told.stderr);
    let told = print(&second);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    says(
        &told,
        "The sheet before this one still counts for thirty days.",
    );
    let told = print(&third);
    assert_eq!(told.code, Some(3), "{}", told.stderr);
    assert!(!third.exists());
}

/// A backup that was made before the sheet doesn't know it; a file from a
/// contact beside it does. A sheet of somebody else is told from that.
#[test]
fn a_backup_older_than_the_sheet_needs_a_newer_file() {
    let folder = Scratch::new("sheet-older");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    let (words, file, sheet, log) = (at("words"), at("backup"), at("sheet"), at("from-ben"));
    std::fs::write(&words, "four unusual words here\n").unwrap();
    anna.kith(&["backup", &file, "--passphrase-file", &words])
        .ok();
    anna.kith(&["id", "--recovery-sheet", &sheet]).ok();
    anna.meet(&mut ben);
    let person = identity(&mut anna).0;
    anna.down();
    ben.kith(&["export", "Anna", &log]).ok();

    let recover = |sheet: &str| {
        Program::built("kith")
            .args(["recover", "--profile", &at("again"), "--sheet", sheet])
            .args(["--new-sheet", &at("never"), "--passphrase-file", &words])
            .arg(&file)
            .code(6)
    };
    let told = recover(&sheet);
    says(&told, "doesn’t fit: what you gave is older than the sheet");
    says(&told, "kith export");
    // Off the paper: whose sheet it is stands only in its code.
    let printed = std::fs::read_to_string(&sheet).unwrap();
    let typed = printed.split_once(&person).unwrap().1;
    let typed = typed.split_once("The same as a code").unwrap().0;
    std::fs::write(at("paper"), typed).unwrap();
    let told = recover(&at("paper"));
    says(&told, "somebody else’s, or what you gave is older");
    let cem = at("sheet-of-cem");
    Program::built("kith")
        .args(["init", "Cem", "--no-passphrase", "--profile", &at("cem")])
        .args(["--recovery-sheet", &cem])
        .ok();
    says(&recover(&cem), "doesn’t fit: it is somebody else’s");

    let args = ["--sheet", &sheet, "--new-sheet", &at("next"), &file, &log];
    let mut anna = Person::recovered("Anna", folder.path(), &args, &words);
    anna.up();
    assert_eq!(identity(&mut anna).0, person);
}
