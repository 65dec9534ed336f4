//! Backup and restore with the real program (ID-5): a restored person is a
//! new device, which contacts accept by the person's log.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use kith_api::{
    Audience, Content, Delivery, Event, LimitsRequest, Mine, PresenceRequest, Reach, Reply, Request,
};
use kith_tests::{Organisation, Person, Scratch};

const PASSPHRASE: &str = "four unusual words here\n";

struct Backup {
    folder: Scratch,
    anna: Person,
    ben: Person,
}

/// Anna and Ben are contacts and have talked; Anna has made a backup.
fn backed_up(name: &str) -> Backup {
    let folder = Scratch::new(name);
    let mut anna = Person::new("Anna", folder.path());
    let mut ben = Person::new("Ben", folder.path());
    anna.up();
    ben.up();
    anna.meet(&mut ben);
    anna.send("Ben", "before the backup");
    ben.wait_for_text("Anna", "before the backup");
    ben.send("Anna", "an answer");
    anna.wait_for_text("Ben", "an answer");
    std::fs::write(folder.path().join("words"), PASSPHRASE).unwrap();
    anna.kith(&["config", "lock-after-minutes", "17"]).ok();
    narrow(&mut anna, folder.path());
    let made = Backup { folder, anna, ben };
    let (file, words) = (made.at("backup"), made.at("words"));
    made.anna
        .kith(&["backup", &file, "--passphrase-file", &words])
        .ok();
    made
}

const ORG: &str = "Practice";

/// Anna says in each way there is what others may not do. Ben still sees her,
/// so that they find each other.
fn narrow(anna: &mut Person, folder: &std::path::Path) {
    anna.kith(&["policy", "mine", "add", "--for", "person:Ben"])
        .args(["--as", "viewer", "--view", "nothing"])
        .ok();
    anna.kith(&["limits", "set", "Ben", "--per-second", "20"])
        .ok();
    anna.kith(&["presence", "--only", "Ben"]).ok();
    let org = Organisation::found(anna, ORG, folder);
    org.organisers(anna, &["me"]);
    org.publish(anna, "policy-0");
}

/// What is narrowed, as the program tells.
fn narrowed(person: &mut Person) -> [String; 4] {
    let rules = person.kith(&["policy", "mine", "show"]).ok().stdout;
    let Reply::Limits(limits) = person.ask(Request::Limits(LimitsRequest::List)) else {
        panic!("no limits");
    };
    let Reply::Presence(presence) = person.ask(Request::PresenceRules(PresenceRequest::Show))
    else {
        panic!("no presence");
    };
    let policies = person.kith(&["policy", "list"]).ok().stdout;
    assert!(rules.contains("Rule 1"), "{rules}");
    assert_eq!(limits.len(), 1);
    assert_eq!(presence.audience, Audience::Only(vec!["Ben".into()]));
    assert!(policies.contains(ORG), "{policies}");
    [
        rules,
        format!("{limits:?}"),
        format!("{:?}", presence.audience),
        // How old it is changes meanwhile.
        policies.split("usable until").skip(1).collect(),
    ]
}

impl Backup {
    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Anna's profile is gone, as with a lost machine.
    fn lose_anna(&mut self) {
        self.anna.kill();
        std::fs::remove_dir_all(self.anna.profile()).unwrap();
    }
}

fn room_of(person: &mut Person, with: &str) -> String {
    let Reply::Contact(contact) = person.ask(Request::Contact { who: with.into() }) else {
        panic!("no contact");
    };
    format!("{:?}", contact.room)
}

#[test]
fn a_restored_person_goes_on_in_the_same_room_as_a_new_device() {
    let mut test = backed_up("restored");
    let (file, words) = (test.at("backup"), test.at("words"));
    let room = room_of(&mut test.anna, "Ben");
    let forbidden = narrowed(&mut test.anna);
    // What the backup doesn't hold, Ben does.
    test.anna.send("Ben", "after the backup");
    test.ben.wait_for_text("Anna", "after the backup");
    test.lose_anna();

    let mut anna = Person::restored("Anna", test.folder.path(), &file, &words);
    anna.up();
    assert_eq!(room_of(&mut anna, "Ben"), room);
    anna.send("Ben", "on a new device");
    test.ben.wait_for_text("Anna", "on a new device");
    anna.wait_for_text("Ben", "after the backup");
    test.ben.send("Anna", "welcome back");
    anna.wait_for_text("Ben", "welcome back");

    let said = [
        (Mine::Yes, "before the backup"),
        (Mine::No, "an answer"),
        (Mine::Yes, "after the backup"),
        (Mine::Yes, "on a new device"),
        (Mine::No, "welcome back"),
    ];
    let mut here = anna.texts("Ben");
    let mut there = test.ben.texts("Anna");
    // By which of two devices something was written first isn't always known.
    here.sort_by(|a, b| a.1.cmp(&b.1));
    there.sort_by(|a, b| a.1.cmp(&b.1));
    let mut wanted = said.map(|(m, t)| (m, t.to_owned()));
    wanted.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(here, wanted);
    let texts = |all: &[(Mine, String)]| all.iter().map(|(_, t)| t.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&there), texts(&wanted));

    // The devices of Anna, as she and as Ben sees them.
    let Reply::Identity(me) = anna.ask(Request::Identity) else {
        panic!("nobody");
    };
    assert_eq!(me.devices.len(), 2);
    let Reply::Contact(seen) = test.ben.ask(Request::Contact { who: "Anna".into() }) else {
        panic!("no contact");
    };
    assert_eq!(seen.devices.len(), 2);

    // Ben, who was away, finds the new device by himself.
    test.ben.kill();
    anna.send("Ben", "are you there?");
    test.ben.up();
    test.ben.wait_for_text("Anna", "are you there?");

    // What she had forbidden still is, and her own log says what binds.
    assert_eq!(narrowed(&mut anna), forbidden);
    let audit = anna.kith(&["audit", "show"]).ok().stdout;
    assert!(audit.contains("Policy 0 of Practice"), "{audit}");
    anna.kith(&["audit", "verify"]).ok();

    // Settings came along.
    let settings = anna.kith(&["--json", "config", "lock-after-minutes"]).ok();
    assert!(settings.stdout.contains("17"), "{}", settings.stdout);
}

/// What a message of the restored device says of itself is true: it is
/// delivered when Ben has it, and not before.
#[test]
fn a_restored_device_claims_no_delivery_that_the_old_one_had() {
    let mut test = backed_up("delivery");
    let (file, words) = (test.at("backup"), test.at("words"));
    test.ben.kill();
    test.lose_anna();
    let mut anna = Person::restored("Anna", test.folder.path(), &file, &words);
    anna.up();
    anna.send("Ben", "nobody has this yet");
    let request = Request::History {
        room: "Ben".into(),
        before: None,
        limit: 500,
    };
    let Reply::Messages(all) = anna.ask(request) else {
        panic!("no messages");
    };
    let mine = all
        .iter()
        .find(|m| matches!(&m.content, Content::Text(t) if t == "nobody has this yet"));
    assert_eq!(mine.unwrap().delivery, Some(Delivery::Queued));
    test.ben.up();
    anna.wait("the delivery", |e| {
        matches!(e, Event::Message(m) if m.delivery == Some(Delivery::Delivered)
            && matches!(&m.content, Content::Text(t) if t == "nobody has this yet"))
    });
}

#[test]
fn what_goes_wrong_is_named_and_leaves_nothing() {
    let mut test = backed_up("wrong");
    let (file, words) = (test.at("backup"), test.at("words"));
    test.anna.down();
    test.ben.kill();
    let restore = |file: &str, words: &str, into: &str, status: i32| {
        let args = [
            "--profile",
            into,
            "restore",
            file,
            "--passphrase-file",
            words,
        ];
        let done = kith_tests::Program::built("kith").args(args).code(status);
        done.stderr
    };
    let fresh = test.at("fresh");
    std::fs::write(test.at("other-words"), "four other words here\n").unwrap();
    let told = restore(&file, &test.at("other-words"), &fresh, 10);
    assert!(told.contains("passphrase of the backup is wrong"), "{told}");

    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(test.at("damaged"), &bytes).unwrap();
    let told = restore(&test.at("damaged"), &words, &fresh, 6);
    assert!(told.contains("damaged"), "{told}");

    let told = restore(&words, &words, &fresh, 6);
    assert!(told.contains("isn’t a backup"), "{told}");
    restore(&test.at("missing"), &words, &fresh, 4);
    assert!(!std::path::Path::new(&fresh).exists());

    // A profile that is there stays as it is.
    let annas = test.anna.profile().display().to_string();
    let before = std::fs::read(test.anna.profile().join("key")).unwrap();
    let told = restore(&file, &words, &annas, 3);
    assert!(told.contains("already"), "{told}");
    assert_eq!(
        std::fs::read(test.anna.profile().join("key")).unwrap(),
        before
    );
    test.anna.up();
    assert_eq!(test.anna.texts("Ben").len(), 2);
}

/// ID-1: a device that was lost is revoked from another one of the same
/// person. From then on nobody whom the news has reached lets it in, and what
/// it writes arrives nowhere.
#[test]
fn a_revoked_device_is_let_in_nowhere() {
    let mut test = backed_up("revoked");
    let (file, words) = (test.at("backup"), test.at("words"));
    let Reply::Identity(old) = test.anna.ask(Request::Identity) else {
        panic!("nobody");
    };
    test.anna.kill();
    let mut anna = Person::restored("Anna", test.folder.path(), &file, &words);
    anna.up();
    anna.send("Ben", "my old machine is gone");
    test.ben.wait_for_text("Anna", "my old machine is gone");

    let old = old.device.to_string();
    let this = anna.kith(&["id", "--revoke", "kithd1qqqqqqqq"]).code(4);
    assert!(this.stderr.contains("no such device"), "{}", this.stderr);
    let told = anna
        .kith(&["id", "--revoke", &old, "--reason", "stolen"])
        .ok();
    assert!(told.stdout.contains("(revoked)"), "{}", told.stdout);
    let again = anna.kith(&["id", "--revoke", &old]).code(3);
    assert!(again.stderr.contains("already"), "{}", again.stderr);
    test.ben.wait("the revocation", |e| match e {
        Event::Contact(c) => c
            .devices
            .iter()
            .any(|d| d.id.to_string() == old && d.state == "revoked"),
        _ => false,
    });
    // And this very device isn't revoked by accident.
    let Reply::Identity(new) = anna.ask(Request::Identity) else {
        panic!("nobody");
    };
    let myself = new.device.to_string();
    anna.kith(&["id", "--revoke", &myself]).code(3);

    // Whoever has the old machine tries.
    test.anna.up();
    test.anna.send("Ben", "it is me, really");
    test.anna.wait("being left alone", |e| {
        matches!(e, Event::Contact(c) if c.own_name == "Ben"
            && matches!(c.reach, Reach::Offline { .. }))
    });
    anna.send("Ben", "still me");
    test.ben.wait_for_text("Anna", "still me");
    let texts = test.ben.texts("Anna");
    assert!(
        !texts.iter().any(|(_, t)| t.contains("really")),
        "{texts:?}"
    );
    // Also after a restart of the one who heard of it.
    test.ben.kill();
    test.ben.up();
    anna.send("Ben", "and still");
    test.ben.wait_for_text("Anna", "and still");
    let texts = test.ben.texts("Anna");
    assert!(
        !texts.iter().any(|(_, t)| t.contains("really")),
        "{texts:?}"
    );
}

/// Two restores of one backup look like a theft: neither new device is
/// believed, and whoever sees both keeps working, also after a restart.
#[test]
fn a_second_restore_of_one_backup_is_seen_as_a_fork() {
    let mut test = backed_up("twice");
    let (file, words) = (test.at("backup"), test.at("words"));
    test.lose_anna();
    let mut first = Person::restored("Anna", test.folder.path(), &file, &words);
    first.up();
    first.send("Ben", "the first");
    test.ben.wait_for_text("Anna", "the first");

    let other = test.folder.path().join("other");
    let mut second = Person::restored("Anna", &other, &file, &words);
    second.up();
    let forked = |c: &kith_api::Contact| {
        c.warnings
            .iter()
            .any(|w| w.words.contains("two different lists"))
    };
    test.ben.wait(
        "the fork to be shown",
        |e| matches!(e, Event::Contact(c) if forked(c)),
    );
    test.ben.kill();
    test.ben.up();
    let Reply::Contact(seen) = test.ben.ask(Request::Contact { who: "Anna".into() }) else {
        panic!("no contact");
    };
    assert!(forked(&seen), "{seen:?}");
    assert!(test.ben.texts("Anna").iter().any(|(_, t)| t == "the first"));
}

/// ID-1, XFER-1: whoever doesn't hear of a revocation by network has it from a
/// file.
#[test]
fn a_revocation_travels_as_a_file() {
    let mut test = backed_up("revoked-file");
    let (file, words) = (test.at("backup"), test.at("words"));
    let Reply::Identity(old) = test.anna.ask(Request::Identity) else {
        panic!("nobody");
    };
    let old = old.device.to_string();
    test.anna.kill();
    test.ben.down();
    let mut anna = Person::restored("Anna", test.folder.path(), &file, &words);
    anna.up();
    anna.kith(&["id", "--revoke", &old]).ok();
    let carried = test.at("devices.kith");
    anna.kith(&["id", "--export", &carried]).ok();
    anna.down();

    test.ben.up();
    let revoked = |ben: &mut Person| match ben.ask(Request::Contact { who: "Anna".into() }) {
        Reply::Contact(c) => {
            let mut devices = c.devices.iter();
            devices.any(|d| d.id.to_string() == old && d.state == "revoked")
        }
        other => panic!("{other:?}"),
    };
    assert!(!revoked(&mut test.ben));
    for news in ["1 new", "0 new"] {
        let told = test.ben.kith(&["import", &carried]).ok();
        assert!(told.stdout.contains(news), "{}", told.stdout);
        assert!(revoked(&mut test.ben));
    }
}
