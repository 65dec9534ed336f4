//! When ways are tried, and which results count.

use super::*;

#[test]
fn ways_are_tried_again_when_the_network_changes() {
    let mut known = Known::new();
    let mut s = Standing::default();
    let at = Monotonic::from_millis;
    let mut say = |known: &Known, event, ms| known.with(|f| s.handle(event, f, at(ms)));
    assert_eq!(
        say(&known, Event::News, 0),
        [Effect::Changed],
        "nobody looks"
    );
    let first = say(&known, Event::Selected, 0);
    assert_eq!(first, [Effect::Try(TrialNumber(0))]);
    // What it finds is heard, and tried anew by itself, but not too soon.
    assert_eq!(say(&known, Event::NetworkChanged, 100), []);
    let overtaken = Event::Tried(TrialNumber(0), Verdict::Direct);
    assert_eq!(say(&known, overtaken, 200), [Effect::Changed]);
    assert_eq!(say(&known, Event::Tick, 10_199), []);
    let again = say(&known, Event::Tick, 10_200);
    assert_eq!(again, [Effect::Try(TrialNumber(1)), Effect::Changed]);
    let other = Event::Tried(TrialNumber(0), Verdict::Direct);
    assert_eq!(say(&known, other, 10_300), [], "of another trial");
    let bad = Event::Tried(TrialNumber(1), Verdict::Blocked);
    assert_eq!(say(&known, bad, 11_000), [Effect::Changed]);
    assert_eq!(say(&known, Event::Selected, 12_000), [], "it still holds");
    // Whoever asks hears it anew, unless it was tried just now.
    assert_eq!(say(&known, Event::Asked, 12_199), []);
    let asked = [Effect::Try(TrialNumber(2)), Effect::Changed];
    assert_eq!(say(&known, Event::Asked, 12_200), asked);
    assert_eq!(say(&known, Event::Asked, 15_000), [], "it is being tried");
    let works = Event::Tried(TrialNumber(2), Verdict::Direct);
    assert_eq!(say(&known, works, 12_500), [Effect::Changed]);
    // Away and back: that is another network, as far as anybody knows.
    known.link = Link::Offline;
    assert_eq!(say(&known, Event::News, 13_000), [Effect::Changed]);
    known.link = Link::Talking;
    let back = say(&known, Event::News, 30_000);
    assert_eq!(back, [Effect::Try(TrialNumber(3)), Effect::Changed]);
    let done = Event::Tried(TrialNumber(3), Verdict::Relayed);
    assert_eq!(say(&known, done, 31_000), [Effect::Changed]);
    // It holds for ten minutes, and goes on while somebody looks.
    assert_eq!(say(&known, Event::Selected, 600_000), []);
    let over = say(&known, Event::Tick, 631_000);
    assert_eq!(over, [Effect::Try(TrialNumber(4)), Effect::Changed]);
}

/// What was found of a device that is away says nothing once it is back, and a trial
/// that found a way there nothing once it is gone.
#[test]
fn a_device_that_is_away_is_tried_where_our_person_asks() {
    let mut known = Known::new();
    known.link = Link::Offline;
    let mut s = Standing::default();
    let at = Monotonic::from_millis;
    let mut say = |known: &Known, event, ms| {
        let effects = known.with(|f| s.handle(event, f, at(ms)));
        (
            effects.iter().any(|e| matches!(e, Effect::Try(_))),
            s.trial(),
        )
    };
    assert_eq!(say(&known, Event::Asked, 0), (true, Trial::Running));
    let none = Event::Tried(TrialNumber(0), Verdict::NotRunning);
    let found = Trial::Done(Verdict::NotRunning);
    assert_eq!(say(&known, none, 1_000), (false, found));
    assert_eq!(say(&known, Event::Selected, 5_000), (false, found));
    known.link = Link::Talking;
    assert_eq!(say(&known, Event::News, 20_000), (true, Trial::Running));
    known.link = Link::Offline;
    assert_eq!(say(&known, Event::News, 20_500), (false, Trial::Running));
    let works = Event::Tried(TrialNumber(1), Verdict::Direct);
    assert_eq!(say(&known, works, 21_000), (false, Trial::Untried));
}

#[test]
fn nobody_is_tried_who_could_not_share_anyway() {
    let mut known = Known::new();
    known.policy = policy(vec![Rule::new(1, Party::Everybody, Preset::Off.cap())]);
    let mut s = Standing::default();
    let now = Monotonic::from_millis(0);
    let effects = known.with(|f| s.handle(Event::Selected, f, now));
    assert_eq!(effects, [Effect::Changed]);
}
