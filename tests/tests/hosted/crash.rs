//! A program ends in the middle of a hosted session.

use kith_api::SharePhase;
use kith_tests::shares::{audit, both_signed, wait_for};

use super::stage;

/// Whichever program is killed, both logs have the end, signed by both, and nobody
/// is said to have stopped it (SEAL-3, UI-4).
#[test]
fn xvfb_a_crash_is_told_as_one_and_both_sign_it() {
    let mut stage = stage("hosted-crash");
    for times in 1..=2 {
        stage.begin(&[]);
        stage.same_picture();
        let killed = match times {
            1 => &mut stage.anna,
            _ => &mut stage.ben,
        };
        killed.kill();
        killed.up();
        for person in [&mut stage.anna, &mut stage.ben] {
            wait_for(person, "the end", SharePhase::Over);
            both_signed(person, times);
            let ended = audit(person, None);
            let mut ended = ended.iter().filter(|entry| entry.kind == "ended");
            let last = ended.next_back().unwrap();
            let by = ("by".to_owned(), "program".to_owned());
            assert!(last.details.contains(&by), "{last:?}");
        }
    }
}
