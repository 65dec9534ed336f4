//! A policy whose end a clock has shown, through a real node whose clock goes
//! wrong: it stays over, until the person says that the clock was wrong
//! (POL-9).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: a panic is a failed test"
)]

use std::sync::Arc;
use std::time::Duration;

use kith_api::{PolicyInfo, PolicyRequest, Reply, Request};
use kith_tests::shares::kinds;
use kith_tests::{Clock, Organisation, Person, Scratch};

const ORG: &str = "Praxis Nord";
const DAY: Duration = Duration::from_secs(86_400);

fn policy(person: &mut Person) -> PolicyInfo {
    match person.ask(Request::Policy(PolicyRequest::List)) {
        Reply::Policies(list) => list.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn says(person: &mut Person, what: &str) -> bool {
    policy(person)
        .warnings
        .iter()
        .any(|w| w.words.contains(what))
}

fn restart(person: &mut Person) {
    person.kill();
    person.up();
}

/// How often the audit log says that a policy was taken in, and that one counts again.
fn logged(person: &mut Person) -> [usize; 2] {
    let kinds = kinds(person);
    ["policy-in-force", "clock-corrected"]
        .map(|wanted| kinds.iter().filter(|k| *k == wanted).count())
}

#[test]
fn what_was_over_stays_over_until_the_person_says_that_the_clock_was_wrong() {
    let folder = Scratch::new("clock");
    let clock = Arc::new(Clock::new(folder.path()));
    let mut anna = Person::new("Anna", folder.path());
    anna.lives_by(&clock);
    anna.up();
    let org = Organisation::found(&anna, ORG, folder.path());
    org.organisers(&anna, &["me"]);
    org.publish(&anna, "policy");
    assert_eq!(policy(&mut anna).state, "in-force");
    assert_eq!(logged(&mut anna), [1, 0]);
    let was_wrong = ["policy", "clock-was-wrong", ORG];

    // It is old after 90 days and over after 30 more.
    clock.set_ahead(100 * DAY);
    assert_eq!(policy(&mut anna).state, "grace");
    clock.set_ahead(130 * DAY);
    assert_eq!(policy(&mut anna).state, "policy-expired");
    // By this clock it is: nobody's word changes that.
    let refused = anna.kith(&was_wrong).run();
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("by this clock too"), "{refused:?}");
    assert_eq!(policy(&mut anna).state, "policy-expired");

    // Set back, and after a power cut: over, and it says what helps.
    clock.set_ahead(Duration::ZERO);
    for _ in 0..2 {
        assert_eq!(policy(&mut anna).state, "policy-expired");
        assert!(says(&mut anna, "kith policy clock-was-wrong"));
        restart(&mut anna);
    }
    assert_eq!(logged(&mut anna), [1, 0]);

    anna.kith(&was_wrong).ok();
    for _ in 0..2 {
        assert_eq!(policy(&mut anna).state, "in-force");
        assert!(!says(&mut anna, "kith policy clock-was-wrong"));
        // The audit log shows it.
        assert_eq!(logged(&mut anna), [1, 1]);
        restart(&mut anna);
    }

    // Once more, and a newer document heals it as well; years ahead too.
    clock.set_ahead(9_000 * DAY);
    restart(&mut anna);
    assert_eq!(policy(&mut anna).state, "policy-expired");
    clock.set_ahead(Duration::ZERO);
    restart(&mut anna);
    assert_eq!(policy(&mut anna).state, "policy-expired");
    anna.kith(&["org", "renew", ORG]).ok();
    org.publish(&anna, "renewed");
    let now = policy(&mut anna);
    assert_eq!((now.number, now.state.as_str()), (1, "in-force"));
}
