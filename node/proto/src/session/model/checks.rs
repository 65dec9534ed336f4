//! The walks, and the mutants.

use stateright::{Checker as _, HasDiscoveries, Model as _};

use super::toy::Check;
use super::world::Rules;

fn honest(begins: usize) -> Rules {
    Rules {
        begins: vec![begins],
        liar: None,
        mutant: None,
        policies: 0,
        crashes: false,
        wants: 0,
        presses: false,
        at_first: 2,
        asks: 2,
        standing: 0,
        begun: 1,
    }
}

fn lying(liar: usize) -> Rules {
    Rules {
        liar: Some(liar),
        begins: vec![1 - liar],
        ..honest(0)
    }
}

/// The honest side never begins: it answers a liar.
fn only_liar(liar: usize) -> Rules {
    Rules {
        begins: Vec::new(),
        begun: 2,
        ..lying(liar)
    }
}

/// The chapter that says how far each walk goes.
const CHAPTER: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../protocol-spec/09-negotiation.md"
));

fn walk(name: &str, rules: Rules) {
    let start = std::time::Instant::now();
    let checker = rules.checker().threads(2).spawn_bfs().join();
    let states = checker.unique_state_count();
    println!(
        "{name}: {states} states, depth {}, {:.1?}",
        checker.max_depth(),
        start.elapsed()
    );
    checker.assert_properties();
    assert!(
        CHAPTER.contains(&format!("| {name} | {states} |")),
        "chapter 09 says otherwise: | {name} | {states} |"
    );
}

/// Whether the walk finds something wrong once `check` is taken out.
fn found(rules: Rules, check: Check) -> Vec<&'static str> {
    let rules = Rules {
        mutant: Some(check),
        ..rules
    };
    let checker = rules
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let wrong = checker.discoveries().into_keys();
    let good = |name: &&str| name.starts_with("both ") || *name == "control was granted";
    wrong.filter(|name| !good(name)).collect()
}

#[test]
fn an_invitation_keeps_every_promise() {
    walk("invitation", honest(0));
}

#[test]
fn a_request_keeps_every_promise() {
    walk("request", honest(1));
}

#[test]
fn crashes_and_policies_break_no_promise() {
    for (begins, name) in [(0, "invitation"), (1, "request")] {
        let rules = Rules {
            crashes: true,
            policies: 1,
            presses: begins == 0,
            ..honest(begins)
        };
        walk(&format!("{name}, crashes, newer policies"), rules);
    }
}

#[test]
fn wishes_for_more_break_no_promise() {
    for (begins, name) in [(0, "invitation"), (1, "request")] {
        let rules = Rules {
            wants: 1,
            presses: true,
            ..honest(begins)
        };
        walk(&format!("{name}, more and less"), rules);
    }
}

/// The policy allows three levels, the third of which shows something else.
fn wide() -> Rules {
    Rules {
        at_first: 3,
        asks: 1,
        ..lying(1)
    }
}

#[test]
fn a_lying_viewer_never_gets_to_see_something_else() {
    walk("lying viewer, something else", wide());
}

/// The sharer has consented in advance to seeing and controlling.
fn trusting() -> Rules {
    Rules {
        standing: 2,
        begun: 1,
        ..only_liar(1)
    }
}

#[test]
fn a_standing_consent_ends_where_control_is_taken_back() {
    walk("lying viewer, standing consent", trusting());
}

#[test]
fn a_lying_viewer_gets_nothing_out_of_crashes() {
    let rules = Rules {
        crashes: true,
        policies: 1,
        ..only_liar(1)
    };
    walk("replaying viewer, crashes, newer policies", rules);
}

#[test]
fn a_replaying_sharer_gets_nothing() {
    walk("replaying sharer", only_liar(0));
}

#[test]
fn a_replaying_viewer_gets_nothing() {
    walk("replaying viewer", only_liar(1));
}

#[test]
fn a_lying_sharer_gets_nothing() {
    walk("lying sharer", lying(0));
}

#[test]
fn a_lying_viewer_gets_nothing() {
    walk("lying viewer", lying(1));
}

/// Each check in turn is taken out, and the walk notices.
macro_rules! mutants {
    ($($name:ident: $check:ident in $rules:expr;)*) => {$(
        #[test]
        fn $name() {
            let wrong = found($rules, Check::$check);
            println!("without {:?}: {wrong:?}", Check::$check);
            assert!(!wrong.is_empty(), "nobody notices");
        }
    )*};
}

mutants! {
    without_the_sharer_s_decision: SharerDecision in Rules { at_first: 1, asks: 1, ..lying(1) };
    without_the_viewer_s_decision: ViewerDecision in Rules { at_first: 1, asks: 1, ..lying(0) };
    without_the_sharer_s_consent: SharerConsent in only_liar(1);
    without_the_viewer_s_consent: ViewerConsent in only_liar(0);
    without_a_fresh_session_id: Fresh in only_liar(0);
    without_a_fresh_session_id_here: Fresh in only_liar(1);
    without_the_echo: Nonce in lying(1);
    without_destruction: Destroy in honest(0);
    without_recovery: Recover in Rules { crashes: true, ..honest(0) };
    without_bounds_of_an_offer: Within in Rules { asks: 1, ..lying(0) };
    without_waiting_until_control_counts: Counts in Rules { presses: true, ..honest(0) };
    without_taking_back: TakenBack in trusting();
    without_the_same_sight: Sight in wide();
    without_newer_policy: Still in Rules { policies: 1, ..honest(0) };
}
