use kith_codec::time::{Micros, Moment};
use proptest::prelude::*;

use super::prompt::{ARMING, Choice, Prompt, Seen, Source, THREE, TWO, Touch};
use crate::warden::protocol::Answer;

const PERSON: Source = Source::Person;
const WHOLLY: Seen = Seen::Wholly;

fn at(ms: u64) -> Moment {
    Moment(1) + Micros::from_millis(ms)
}

#[test]
fn deny_is_the_default_and_allow_needs_a_step() {
    let mut p = Prompt::new(TWO, at(0));
    assert_eq!(
        p.touch(Touch::Confirm, PERSON, WHOLLY, at(2_000)),
        Some(Answer::Denied)
    );
    let mut p = Prompt::new(TWO, at(0));
    assert_eq!(p.touch(Touch::Switch, PERSON, WHOLLY, at(2_000)), None);
    assert_eq!(
        p.touch(Touch::Confirm, PERSON, WHOLLY, at(2_100)),
        Some(Answer::Allowed)
    );
}

/// ASK-2: of three the least is where one begins, and the most is farthest on.
#[test]
fn of_three_answers_only_view_lies_between() {
    use Touch::{Back, Confirm, Switch};
    for (touches, answer) in [
        (&[][..], Answer::Denied),
        (&[Switch], Answer::OnlyView),
        (&[Switch, Switch], Answer::Allowed),
        (&[Switch, Switch, Switch], Answer::Denied),
        (&[Back], Answer::Allowed),
        (&[Back, Back], Answer::OnlyView),
    ] {
        let mut p = Prompt::new(THREE, at(0));
        for touch in touches {
            assert_eq!(p.touch(*touch, PERSON, WHOLLY, at(2_000)), None);
        }
        assert_eq!(p.touch(Confirm, PERSON, WHOLLY, at(2_100)), Some(answer));
    }
}

#[test]
fn nothing_counts_before_it_is_armed_and_typing_puts_that_off() {
    let mut p = Prompt::new(TWO, at(0));
    assert_eq!(p.touch(Touch::Switch, PERSON, WHOLLY, at(1_000)), None);
    assert_eq!(p.focus, Choice::Deny);
    assert_eq!(p.touch(Touch::Confirm, PERSON, WHOLLY, at(2_000)), None);
    assert_eq!(
        p.touch(Touch::Refuse, PERSON, WHOLLY, at(2_001)),
        Some(Answer::Denied)
    );
}

#[test]
fn a_click_is_press_and_release_on_the_same_button() {
    let click = |from, to| {
        let mut p = Prompt::new(TWO, at(0));
        assert_eq!(p.touch(Touch::Press(from), PERSON, WHOLLY, at(2_000)), None);
        p.touch(Touch::Release(to), PERSON, WHOLLY, at(2_050))
    };
    let (allow, deny) = (Some(Choice::Allow), Some(Choice::Deny));
    assert_eq!(click(allow, allow), Some(Answer::Allowed));
    assert_eq!(click(deny, deny), Some(Answer::Denied));
    assert_eq!(click(deny, allow), None);
    assert_eq!(click(None, allow), None);
    assert_eq!(click(allow, None), None);
    // Pressed before it was armed: not a click on what is there now.
    let mut p = Prompt::new(TWO, at(0));
    p.touch(Touch::Press(allow), PERSON, WHOLLY, at(100));
    assert_eq!(
        p.touch(Touch::Release(allow), PERSON, WHOLLY, at(3_000)),
        None
    );
}

/// UI-1: who was typing elsewhere when the keyboard came has chosen nothing;
/// who brought it with a click goes on.
#[test]
fn where_the_keyboard_comes_nothing_counts_at_first() {
    use Touch::{Confirm, Press, Release, Switch};
    let mut p = Prompt::new(TWO, at(0));
    assert_eq!(p.touch(Switch, PERSON, WHOLLY, at(2_000)), None);
    p.keyboard_came(at(2_100));
    assert_eq!(p.touch(Confirm, PERSON, WHOLLY, at(2_200)), None);
    assert!(!p.is_armed(at(3_600)));
    assert_eq!(
        p.touch(Confirm, PERSON, WHOLLY, at(3_800)),
        Some(Answer::Denied)
    );
    let allow = Some(Choice::Allow);
    let clicked = || {
        let mut p = Prompt::new(TWO, at(0));
        assert_eq!(p.touch(Press(allow), PERSON, WHOLLY, at(2_000)), None);
        p.keyboard_came(at(2_010));
        p
    };
    let mut p = clicked();
    assert_eq!(
        p.touch(Release(allow), PERSON, WHOLLY, at(2_050)),
        Some(Answer::Allowed)
    );
    let mut p = clicked();
    for touch in [Switch, Confirm, Release(allow)] {
        assert_eq!(p.touch(touch, PERSON, WHOLLY, at(2_050)), None);
    }
}

fn touch() -> impl Strategy<Value = Touch> {
    let choice = || {
        prop_oneof![
            Just(None),
            Just(Some(Choice::Allow)),
            Just(Some(Choice::View)),
            Just(Some(Choice::Deny))
        ]
    };
    prop_oneof![
        Just(Touch::Switch),
        Just(Touch::Back),
        Just(Touch::Confirm),
        Just(Touch::Refuse),
        Just(Touch::Key),
        choice().prop_map(Touch::Press),
        choice().prop_map(Touch::Release),
    ]
}

proptest! {
    #[test]
    fn programs_and_covered_windows_never_say_yes(
        steps in prop::collection::vec((touch(), any::<bool>(), any::<bool>(), 0u64..4_000), 0..60),
        choices in prop_oneof![Just(TWO), Just(THREE)],
    ) {
        let mut p = Prompt::new(choices, at(0));
        let (mut now, mut quiet_since) = (0, 0);
        for (touch, program, covered, pause) in steps {
            now += pause;
            let source = if program { Source::Program } else { PERSON };
            let seen = if covered { Seen::Covered } else { WHOLLY };
            let answer = p.touch(touch, source, seen, at(now));
            if program || covered {
                prop_assert_eq!(answer, None);
            }
            if matches!(answer, Some(Answer::Allowed | Answer::OnlyView)) {
                prop_assert!(Micros::from_millis(now - quiet_since) >= ARMING);
            }
            if answer.is_some() {
                break;
            }
            if !program && covered {
                quiet_since = now;
            }
        }
    }
}
