//! A recovery sheet that was replaced, in the hands of whoever found it
//! (ID-6): he dates his recovery back to when it still counted.

use super::*;
use crate::person::{PersonError, Purpose};

/// The sheet is replaced on day 1: until day 31 the old one counts.
fn replaced() -> (PersonLog, Doc) {
    let mut log = log(true);
    let entry = step(&log, 1, &[&person_key(0)], |e| {
        let new = e.clone().replace_recovery(Some(sheet_key(5).public()));
        *e = new.unwrap();
    });
    takes(&mut log, 1, entry);
    let finder = recovery(&log, 1, &sheet_key(0));
    (log, finder)
}

/// An entry that keeps the old key, though it needn't: as a program may that
/// doesn't drop it.
fn keeps(log: &PersonLog, n: u32, more: u64) -> Doc {
    let outgoing = log.state().outgoing;
    plain(log, n, |e| {
        e.outgoing = outgoing;
        e.list(listing(more, e.issued));
    })
}

/// Nothing tells a recovery that was made in time and comes late from one
/// that was dated back: until the entry that drops the key is known, it counts.
#[test]
fn a_recovery_that_comes_late_counts_while_nothing_dropped_its_key() {
    let (log, finder) = replaced();
    for n in [30, 32, 180, 400] {
        takes(&mut log.clone(), n, finder.clone());
    }
    let due = |n| log.state().outgoing_over(day(n));
    assert!(!due(30) && due(31) && due(400));
}

/// P1: the entry that the person's program writes when the time is over.
#[test]
fn the_entry_that_drops_a_key_ends_every_recovery_by_it() {
    let (mut log, finder) = replaced();
    grow(&mut log, 31, |l| plain(l, 31, |_| {}));
    assert!(log.state().outgoing.is_none() && !log.state().outgoing_over(day(400)));
    for n in [31, 32, 180, 400] {
        refuses(&log, n, finder.clone(), PersonError::Outranked);
        assert!(log.permits(&device(9), Purpose::Share, &at(n)).is_err());
    }
    // The same where the later entry still names the key.
    let (mut log, finder) = replaced();
    grow(&mut log, 31, |l| keeps(l, 31, 2));
    refuses(&log, 180, finder, PersonError::Outranked);
    // The sheet in force is as good as before.
    grow(&mut log, 180, |l| recovery(l, 180, &sheet_key(5)));
}

/// P2: neither does it take the head's place, nor close the log, whatever
/// kind of step the head is.
#[test]
fn a_recovery_dated_back_takes_no_later_heads_place() {
    let (before, finder) = replaced();
    let mut log = before.clone();
    grow(&mut log, 100, |l| plain(l, 100, |_| {}));
    refuses(&log, 180, finder.clone(), PersonError::Outranked);
    let mut log = before.clone();
    grow(&mut log, 100, |l| recovery(l, 100, &sheet_key(5)));
    refuses(&log, 180, finder.clone(), PersonError::Outranked);
    // Against an entry from while the key counted it wins: that is what the
    // thirty days are for.
    let mut log = before.clone();
    grow(&mut log, 30, |l| plain(l, 30, |_| {}));
    takes(&mut log, 180, finder);
    // And the sheet in force isn't bound by any of this.
    let mut log = before.clone();
    grow(&mut log, 100, |l| plain(l, 100, |_| {}));
    takes(&mut log, 180, recovery(&before, 50, &sheet_key(5)));
}

/// A fork of entries that still name the key, from after its time.
#[test]
fn a_recovery_dated_back_ends_no_fork_of_later_entries() {
    let (before, finder) = replaced();
    let mut log = before.clone();
    grow(&mut log, 40, |l| keeps(l, 40, 2));
    let theirs = keeps(&before, 41, 3);
    assert_eq!(log.apply(theirs, &at(41)), Ok(Applied::Forked));
    refuses(&log, 180, finder, PersonError::Forked);
    takes(&mut log, 180, recovery(&before, 180, &sheet_key(5)));
}
