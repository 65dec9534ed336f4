//! Organisations with real processes (issue “Agreeing to share”): policies
//! signed by several people through files and the network, installed, spread, forked and
//! healed (POL-1, POL-4, POL-7, POL-8, DISC-5, XFER-1, rule R2), and the
//! audit log (UI-4).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a panic is a failed test"
)]

use kith_api::{Event, Joining, PolicyInfo, PolicyRequest, Reply, Request};
use kith_tests::{Organisation, Person, Program, Scratch, id, policy, wait_for_policy};

/// The name of the organisation in these tests.
const ORG: &str = "Praxis Nord";

struct Files<'a>(&'a Scratch);

impl Files<'_> {
    fn at(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

fn json(person: &Person, args: &[&str]) -> serde_json::Value {
    let told = person.kith(args).arg("--json").ok();
    serde_json::from_str(&told.stdout).unwrap_or_else(|e| panic!("{e}: {}", told.stdout))
}

/// Anna and Ben found an organisation that both must sign for; Clara is its
/// third member. All have joined it, and Anna knows the two others.
fn founded(files: &Files<'_>) -> (Person, Person, Person) {
    let folder = files.0.path();
    let mut anna = Person::new("Anna", folder);
    let mut ben = Person::new("Ben", folder);
    let mut clara = Person::new("Clara", folder);
    for person in [&mut anna, &mut ben, &mut clara] {
        person.up();
    }
    anna.meet(&mut ben);
    anna.meet(&mut clara);

    let key = json(&ben, &["org", "key", "--new", "Ben"])["org-keys"][0]["key"].clone();
    let key = key.as_str().unwrap();
    anna.kith(&["org", "new", ORG]).ok();
    anna.kith(&["org", "admin", "add", ORG, key, "--name", "Ben"])
        .ok();
    anna.kith(&["org", "admin", "needed", ORG, "2"]).ok();
    anna.kith(&["org", "group", "add", ORG, "doctors"]).ok();
    for who in ["me", "Ben"] {
        let member = ["org", "member", "add", ORG, who, "--role", "organiser"];
        anna.kith(&member).args(["--group", "doctors"]).ok();
    }
    let claras = id(&mut clara);
    anna.kith(&["org", "member", "add", ORG, &claras, "--role", "sharer"])
        .args(["--name", "Clara Weiß"])
        .ok();
    anna.kith(&["org", "rule", "add", ORG, "--for", "not-group:doctors"])
        .args([
            "--as",
            "viewer",
            "--control",
            "nothing",
            "--demand",
            "purpose",
        ])
        .ok();
    let secret = files.at("passphrase");
    std::fs::write(&secret, "four unusual words here\n").unwrap();
    anna.kith(&["org", "recovery", ORG, "--keys", "2", "--needed", "2"])
        .args(["--folder", folder.to_str().unwrap()])
        .args(["--passphrase-file", &secret])
        .ok();

    anna.kith(&["org", "sign", ORG, "--yes", "--out", &files.at("half")])
        .ok();
    ben.kith(&[
        "org",
        "sign",
        &files.at("half"),
        "--yes",
        "--out",
        &files.at("whole"),
    ])
    .ok();
    anna.kith(&["org", "publish", &files.at("whole"), &files.at("policy-0")])
        .ok();
    for person in [&ben, &clara] {
        person
            .kith(&["policy", "install", &files.at("policy-0"), "--join"])
            .ok();
    }
    (anna, ben, clara)
}

/// Signs a change that was made by `first`, through files, by both.
fn signed(files: &Files<'_>, first: &Person, second: &Person, name: &str) -> String {
    let (half, whole) = (
        files.at(&format!("{name}-1")),
        files.at(&format!("{name}-2")),
    );
    first
        .kith(&["org", "sign", ORG, "--yes", "--out", &half])
        .ok();
    second
        .kith(&["org", "sign", &half, "--yes", "--out", &whole])
        .ok();
    whole
}

#[test]
fn each_mistake_in_signing_is_named() {
    let scratch = Scratch::new("org-mistakes");
    let files = Files(&scratch);
    let (anna, ben, clara) = founded(&files);
    let (half, out) = (files.at("half"), files.at("out"));

    // One of two.
    let told = anna.kith(&["org", "publish", &half, &out]).code(7);
    assert!(told.stderr.contains("in force already"), "{}", told.stderr);
    anna.kith(&["org", "group", "add", ORG, "nurses"]).ok();
    let told = anna.kith(&["org", "publish", ORG, &out]).code(8);
    assert!(
        told.stderr.contains("0 of 2 have signed"),
        "{}",
        told.stderr
    );
    let next = files.at("next");
    anna.kith(&["org", "sign", ORG, "--yes", "--out", &next])
        .ok();
    let told = anna.kith(&["org", "publish", &next, &out]).code(8);
    assert!(
        told.stderr
            .contains("1 of 2 have signed; still missing: Ben"),
        "{}",
        told.stderr
    );
    // Twice by the same.
    let told = anna
        .kith(&["org", "sign", &next, "--yes", "--out", &out])
        .code(8);
    assert!(
        told.stderr.contains("signed this already"),
        "{}",
        told.stderr
    );
    // Not an administrator, with no key and with one.
    let sign = ["org", "sign", next.as_str(), "--yes", "--out", out.as_str()];
    let told = clara.kith(&sign).code(8);
    assert!(told.stderr.contains("none of your keys"), "{}", told.stderr);
    clara.kith(&["org", "key", "--new", "Clara"]).ok();
    clara.kith(&sign).code(8);
    // No such file, and no such organisation.
    let none = files.at("none");
    for command in [
        &["org", "sign", &none, "--yes", "--out", &out][..],
        &["org", "sign", &none, "--out", &out],
        &["org", "publish", &none, &out],
    ] {
        let told = anna.kith(command).code(4);
        assert!(told.stderr.contains("can’t be read"), "{}", told.stderr);
    }
    // What couldn't be written isn't signed, nor put in force: the next try
    // isn't refused as the second.
    std::fs::write(&out, "something else").unwrap();
    ben.kith(&["org", "sign", &next, "--yes", "--out", &out])
        .code(3);
    let told = anna.kith(&["org", "publish", &next, &out]).code(3);
    assert!(told.stderr.contains("exists already"), "{}", told.stderr);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "something else");
    std::fs::remove_file(&out).unwrap();
    // A lost file of what is written here is made again.
    std::fs::remove_file(&next).unwrap();
    anna.kith(&["org", "sign", ORG, "--yes", "--out", &next])
        .ok();
    // Keys for nothing aren't left behind, nor are others written over.
    let stick = files.at("stick");
    std::fs::create_dir(&stick).unwrap();
    let keys = ["org", "recovery", "Nobody", "--keys", "2", "--needed", "1"];
    anna.kith(&keys)
        .args(["--folder", &stick])
        .args(["--passphrase-file", &files.at("passphrase")])
        .code(4);
    assert_eq!(std::fs::read_dir(&stick).unwrap().count(), 0);
    // Unasked where nobody can answer.
    let told = ben.kith(&["org", "sign", &next, "--out", &out]).code(3);
    assert!(
        told.stderr.contains("A new group, “nurses”."),
        "{}",
        told.stderr
    );
    // Altered on the way.
    let mut bytes = std::fs::read(&next).unwrap();
    let at = bytes.windows(6).position(|w| w == b"nurses").unwrap();
    bytes[at] = b'N';
    let altered = files.at("altered");
    std::fs::write(&altered, bytes).unwrap();
    clara.kith(&["import", &altered]).code(6);
    let told = ben
        .kith(&["org", "sign", &altered, "--yes", "--out", &out])
        .code(6);
    assert!(
        told.stderr.contains("doesn't hold together"),
        "{}",
        told.stderr
    );
    // More must sign than there are; a group that isn't there; a wrong word.
    anna.kith(&["org", "admin", "needed", ORG, "3"]).code(3);
    anna.kith(&["org", "member", "add", ORG, "me", "--group", "cooks"])
        .code(4);
    let told = anna
        .kith(&["org", "rule", "add", ORG, "--view", "everything"])
        .code(3);
    assert!(
        told.stderr.contains("window, application"),
        "{}",
        told.stderr
    );
    // None of it left a file, and none changed the draft.
    assert!(!std::path::Path::new(&out).exists());
    ben.kith(&["org", "sign", &next, "--yes", "--out", &out])
        .ok();
    ben.kith(&["org", "publish", &out, &files.at("policy-1")])
        .ok();
}

#[test]
fn a_policy_spreads_and_a_member_is_removed() {
    let scratch = Scratch::new("org-spreads");
    let files = Files(&scratch);
    let (mut anna, mut ben, mut clara) = founded(&files);

    // Joining takes a word; without it, the name and the id are shown.
    let mut dora = Person::new("Dora", scratch.path());
    dora.up();
    let content = std::fs::read(files.at("policy-0")).unwrap();
    for (person, joined) in [(&mut dora, Joining::No), (&mut clara, Joining::Yes)] {
        let content = content.clone();
        let look = person.ask(Request::Policy(PolicyRequest::Look { content }));
        let Reply::PolicyLook(look) = look else {
            panic!("{look:?}");
        };
        assert_eq!(
            (look.name.as_str(), look.joined, look.my_role),
            (ORG, joined, None)
        );
    }
    let told = dora
        .kith(&["policy", "install", &files.at("policy-0")])
        .code(8);
    assert!(
        told.stderr.contains(ORG) && told.stderr.contains("doesn’t list you"),
        "{}",
        told.stderr
    );

    // Clara belongs to it: what she may do, and why not more.
    let explained = json(&anna, &["policy", "explain", "Clara", "--as", "sharer"]);
    let case = &explained["explained"]["cases"][0];
    assert_eq!(case["outcome"], "allowed");
    assert_eq!(case["control"], "nothing");
    let lines = case["lines"].to_string();
    assert!(
        lines.contains("organisation: rule 1 of the policy (level B: a group)"),
        "{lines}"
    );
    assert!(case["duties"].to_string().contains("purpose"), "{case}");
    // The directory lists her by the organisation's name for her.
    let found = json(&anna, &["contacts", "--directory", "weiß"]);
    assert_eq!(found["directory"][0]["listed_as"], "Clara Weiß");
    assert_eq!(found["directory"][0]["known"], "contact");

    // While Ben is away, Clara is removed; both have signed before.
    anna.kith(&["org", "member", "remove", ORG, "Clara Weiß"])
        .ok();
    let whole = signed(&files, &anna, &ben, "removal");
    ben.down();
    anna.kith(&["org", "publish", &whole, &files.at("policy-1")])
        .ok();
    let explained = json(&anna, &["policy", "explain", "Clara"]);
    for case in explained["explained"]["cases"].as_array().unwrap() {
        assert_eq!(case["outcome"], "denied", "{case}");
        assert_eq!(case["step"], "organisation", "{case}");
        assert_eq!(case["reason"], "outsider", "{case}");
    }

    // Ben comes back, they meet, and his policy is the new one.
    ben.up();
    assert_eq!(policy(&mut ben).number, 0);
    wait_for_policy(&mut ben, 1, "in-force");
    assert_eq!(policy(&mut ben).members, 2);
    // Clara is no longer given it, though she meets Anna and says what she has; she
    // is told that it is there, which leaves her out.
    clara.down();
    clara.up();
    clara.send("Anna", "am I still there?");
    anna.wait_for_text("Clara", "am I still there?");
    let told = |p: &PolicyInfo| p.warnings.iter().any(|w| w.words.contains("been removed"));
    let told = |e: &Event| matches!(e, Event::Policy(p) if told(p));
    clara.wait("what left her out", told);
    assert_eq!(policy(&mut clara).number, 0);
    // It survives a power cut, and nothing older comes back.
    ben.kill();
    ben.up();
    assert_eq!(policy(&mut ben).number, 1);
    let told = ben
        .kith(&["policy", "install", &files.at("policy-0")])
        .code(7);
    assert!(
        told.stderr.contains("number 1 is known already"),
        "{}",
        told.stderr
    );
    assert_eq!(policy(&mut ben).number, 1);
    // Leaving and joining again with the old file brings nothing older.
    ben.kith(&["policy", "leave", ORG]).ok();
    ben.kith(&["policy", "install", &files.at("policy-0"), "--join"])
        .ok();
    assert_eq!(policy(&mut ben).number, 1);

    // Both have noted it; the logs are sound, also as a file.
    let shown = json(&ben, &["audit", "show"]);
    let kinds: Vec<_> = shown["audit"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.len() >= 2 && kinds.iter().all(|k| *k == "policy-in-force"),
        "{kinds:?}"
    );
    let sound = json(&ben, &["audit", "verify"]);
    let entries = sound["audit-sound"]["entries"].as_u64().unwrap();
    assert_eq!(entries, kinds.len() as u64);
    let file = files.at("audit");
    ben.kith(&["audit", "export", &file]).ok();
    let told = clara.kith(&["import", &file]).ok();
    assert!(told.stdout.contains("it is sound"), "{}", told.stdout);
    ben.down();
    let program = |file: &str| Program::built("kith").args(["audit", "verify", file]);
    program(&file).ok();
    let mut bytes = std::fs::read(&file).unwrap();
    let last = bytes.len() - 100;
    bytes[last] ^= 1;
    let altered = files.at("audit-altered");
    std::fs::write(&altered, bytes).unwrap();
    program(&altered).code(6);
}

/// Takes the newest file that somebody sent, as a person does; gives where.
fn fetched(person: &mut Person, from: &str, name: &str, to: &str) -> String {
    let ask = || Request::History {
        room: from.into(),
        before: None,
        limit: 500,
    };
    let of = loop {
        let Reply::Messages(all) = person.ask(ask()) else {
            panic!("no messages")
        };
        let offers = |m: &&kith_api::Message| matches!(&m.content, kith_api::Content::File { name: n, .. } if n == name);
        match all.iter().rfind(offers) {
            Some(message) => break message.id.clone(),
            None => person.wait(name, |e| matches!(e, Event::Message(_))),
        }
    };
    person.kith(&["message", from, &of, "fetch", to]).ok();
    to.to_owned()
}

/// POL-1: two administrators on two nodes sign one document by the network
/// alone, and the members have it without any file.
#[test]
fn two_administrators_sign_over_the_network() {
    let scratch = Scratch::new("org-network");
    let files = Files(&scratch);
    let (mut anna, mut ben, mut clara) = founded(&files);
    anna.kith(&["org", "group", "add", ORG, "nurses"]).ok();
    let (half, whole) = (files.at("by-anna"), files.at("by-both"));
    anna.kith(&["org", "sign", ORG, "--yes", "--out", &half, "--send", "Ben"])
        .ok();
    // One signature is not enough.
    let told = anna.kith(&["org", "publish", &half, &files.at("early")]);
    let told = told.code(8);
    assert!(
        told.stderr.contains("1 of 2 have signed"),
        "{}",
        told.stderr
    );

    let came = fetched(&mut ben, "Anna", "by-anna", &files.at("at-ben"));
    let looked = ben.kith(&["org", "look", &came]).ok().stdout;
    assert!(looked.contains("nurses"), "{looked}");
    let told = ben.kith(&["org", "sign", &came, "--yes", "--out", &whole]);
    let told = told.args(["--send", "Anna"]).ok();
    assert!(told.stderr.contains("Sent to Anna"), "{}", told.stderr);

    let back = fetched(&mut anna, "Ben", "by-both", &files.at("at-anna"));
    anna.kith(&["org", "publish", &back, &files.at("policy-1")])
        .ok();
    for person in [&mut anna, &mut ben, &mut clara] {
        wait_for_policy(person, 1, "in-force");
    }
}

/// POL-7: who was taken in while a member was away brings that member the
/// document that says so, although the one that the member has doesn't list them.
#[test]
fn a_new_member_brings_the_newer_policy() {
    let scratch = Scratch::new("org-newcomer");
    let folder = scratch.path();
    let [mut anna, mut ben, mut dora] = ["Anna", "Ben", "Dora"].map(|n| Person::new(n, folder));
    for person in [&mut anna, &mut ben, &mut dora] {
        person.up();
    }
    anna.meet(&mut ben);
    anna.meet(&mut dora);
    ben.meet(&mut dora);
    let org = Organisation::found(&anna, ORG, folder);
    org.organisers(&anna, &["me", "Ben"]);
    let first = org.publish(&anna, "policy-0");
    ben.kith(&["policy", "install", &first, "--join"]).ok();

    ben.down();
    org.organisers(&anna, &["Dora"]);
    let second = org.publish(&anna, "policy-1");
    dora.kith(&["policy", "install", &second, "--join"]).ok();
    anna.down();
    ben.up();
    wait_for_policy(&mut ben, 1, "in-force");
    assert_eq!(policy(&mut ben).members, 3);
}

/// CAP-1, CAP-2, ENV-3: two devices that meet tell each other what they can
/// do; each way is on, or off for a reason that is theirs or ours.
#[test]
fn devices_that_meet_know_what_is_possible() {
    let scratch = Scratch::new("capabilities");
    let mut anna = Person::new("Anna", scratch.path());
    let mut ben = Person::new("Ben", scratch.path());
    let doctor = {
        anna.up();
        json(&anna, &["doctor"])
    };
    let environment = &doctor["environment"];
    assert!(
        doctor["doctor"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["code"] == "session")
    );
    assert!(environment["processors"].as_u64().unwrap() > 0);
    assert_eq!(environment["sharing_account"], "no");
    let told = anna.kith(&["doctor"]).ok().stdout;
    assert!(told.contains("No account for hosted sessions"), "{told}");
    let means = environment["flags"].as_array().unwrap();
    assert!(
        means.iter().any(|f| f["means"] == "native"),
        "{environment}"
    );

    ben.up();
    anna.meet(&mut ben);
    let met = |c: &kith_api::Contact| {
        !c.features.is_empty()
            && c.features.iter().all(|f| {
                let reason = f.reason.as_deref();
                reason != Some("not-met") && reason != Some("not-looked")
            })
    };
    let contact =
        |person: &mut Person, who: &str| match person.ask(Request::Contact { who: who.into() }) {
            Reply::Contact(c) => c,
            other => panic!("{other:?}"),
        };
    while !met(&contact(&mut anna, "Ben")) {
        anna.wait("a capability", |e| matches!(e, Event::Contact(_)));
    }
    // What this machine can or can't do itself is no fault of Ben's, and
    // both ways agree with the flags.
    let native = means.iter().find(|f| f["means"] == "native").unwrap();
    let can_share = native["why_not_share"].is_null();
    for f in contact(&mut anna, "Ben").features {
        if f.means == "native" && f.direction == "i-share" {
            assert_eq!(f.state != "disabled", can_share, "{f:?}");
            assert_eq!(f.reason.is_none(), can_share, "{f:?}");
        }
    }
    // It is still known when Ben is away, and after a restart.
    ben.down();
    anna.kill();
    anna.up();
    while !met(&contact(&mut anna, "Ben")) {
        anna.wait("the look around", |e| matches!(e, Event::Contact(_)));
    }
}

/// Rule R2: two documents with one number end all new shares, and nothing but
/// the recovery keys heals it.
#[test]
fn a_fork_fails_closed_and_recovery_keys_heal_it() {
    let scratch = Scratch::new("org-fork");
    let files = Files(&scratch);
    let (mut anna, mut ben, _clara) = founded(&files);

    anna.kith(&["org", "group", "add", ORG, "nurses"]).ok();
    ben.kith(&["org", "group", "add", ORG, "cooks"]).ok();
    // Each signs both, which honest administrators would not do.
    let of_ben = signed(&files, &ben, &anna, "cooks");
    let of_anna = signed(&files, &anna, &ben, "nurses");
    ben.down();
    anna.kith(&["org", "publish", &of_anna, &files.at("nurses")])
        .ok();
    anna.down();
    ben.up();
    ben.kith(&["org", "publish", &of_ben, &files.at("cooks")])
        .ok();
    assert_eq!(policy(&mut ben).number, 1);

    // By file: refused, named, kept; and no share any more.
    anna.up();
    wait_for_policy(&mut anna, 1, "policy-forked");
    wait_for_policy(&mut ben, 1, "policy-forked");
    let told = anna
        .kith(&["policy", "install", &files.at("cooks")])
        .code(8);
    assert!(
        told.stderr
            .contains("two different policies with one number"),
        "{}",
        told.stderr
    );
    let shown = json(&anna, &["policy", "show"]);
    assert_eq!(shown["policy"]["refused"][0]["code"], "policy-forked");
    assert!(
        shown["policy"]["info"]["warnings"]
            .to_string()
            .contains("evidence")
    );
    let explained = json(&anna, &["policy", "explain", "Ben", "--as", "sharer"]);
    let case = &explained["explained"]["cases"][0];
    assert_eq!(
        (&case["step"], &case["reason"]),
        (&"organisation".into(), &"policy-forked".into())
    );
    assert!(anna.kith(&["status"]).ok().stdout.contains("NOT USABLE"));
    let found = anna.kith(&["doctor"]).ok().stdout;
    assert!(found.contains("only recovery keys settle it"), "{found}");
    // The recovery keys: one isn't enough, and they may do nothing else.
    let key = json(&anna, &["org", "key", "--new", "Anna again"])["org-keys"][1]["key"].clone();
    let admin = format!("{}=Anna", key.as_str().unwrap());
    let recover = ["org", "recover", ORG, "--admin", &admin];
    anna.kith(&recover).ok();
    let sign = |what: &str, key: &str, out: &str| {
        anna.kith(&[
            "org",
            "sign",
            what,
            "--yes",
            "--out",
            out,
            "--recovery-key",
            key,
        ])
        .args(["--passphrase-file", &files.at("passphrase")])
    };
    let [first, second] = ["recovery-1.kith-key", "recovery-2.kith-key"].map(|n| files.at(n));
    anna.kith(&["org", "group", "add", ORG, "guests"]).ok();
    let told = sign(ORG, &first, &files.at("more")).code(8);
    assert!(told.stderr.contains("nothing else"), "{}", told.stderr);
    anna.kith(&["org", "group", "remove", ORG, "guests"]).ok();
    sign(ORG, &first, &files.at("recover-1")).ok();
    anna.kith(&["org", "publish", &files.at("recover-1"), &files.at("no")])
        .code(8);
    sign(&files.at("recover-1"), &second, &files.at("recover-2")).ok();
    anna.kith(&[
        "org",
        "publish",
        &files.at("recover-2"),
        &files.at("healed"),
    ])
    .ok();
    assert_eq!(policy(&mut anna).state, "in-force");
    // And it heals the other side where they meet.
    wait_for_policy(&mut ben, 2, "in-force");
    assert_eq!(policy(&mut ben).admins, (1, 1));

    // The key that was replaced comes back only where somebody says so.
    let old = json(&anna, &["org", "key"])["org-keys"][0]["key"].clone();
    let recover = ["org", "recover", ORG, "--admin", old.as_str().unwrap()];
    let told = anna.kith(&recover).run();
    assert_eq!(told.code, Some(3), "{}", told.stderr);
    assert!(told.stderr.contains("may still have it"), "{}", told.stderr);
    let told = anna.kith(&[&recover[..], &["--retired"]].concat()).ok();
    assert!(told.stdout.contains("may still have it"), "{}", told.stdout);
}
