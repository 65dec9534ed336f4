//! Where sharing is bound to moderated rooms.

use super::*;
use crate::policy::checked::Checked;
use crate::policy::meeting::MeetingTerms;
use crate::policy::testing::room;

/// Whoever opened the room, the first person, says so there.
fn meeting(number: u8, cap: Cap) -> MeetingState {
    let mut state = MeetingState::new(room(number), person(1));
    let terms = MeetingTerms::new(room(number), person(1), NOW, cap);
    state.apply(Checked::assumed(terms, person(1))).unwrap();
    state
}

/// Where a moderated room is demanded, the feature is there in those alone
/// that allow it, and it is told in which; without one, why not (POL-2, CAP-2).
#[test]
fn a_demanded_moderated_room_is_where_the_feature_is() {
    let mut known = Known::new();
    let ours = Sharer::First;
    known.meetings = vec![meeting(7, Preset::ViewOnly.cap())];
    let State::Enabled(anywhere) = known.native(works(), ours) else {
        panic!("nobody demands anything");
    };
    assert_eq!(
        (anywhere.only_in, anywhere.control),
        (vec![], Scope::Desktop)
    );

    known.policy = policy(Vec::new()).map(|p| {
        p.map(|mut body| {
            for m in &mut body.members {
                m.role = Role::Organiser;
            }
            body.demands = Duties::of(&[Duty::Meeting]);
            body
        })
    });
    // The others allow nothing, or nobody said so yet.
    known.meetings.extend([
        meeting(8, Cap::OFF),
        MeetingState::new(room(9), person(1)),
        meeting(3, Cap::OPEN),
    ]);
    let State::Enabled(there) = known.native(works(), ours) else {
        panic!("two rooms allow it");
    };
    assert_eq!(there.only_in, [room(7), room(3)]);
    assert_eq!(
        (there.view, there.control),
        (Scope::Desktop, Scope::Desktop)
    );
    assert!(there.duties.contains(Duty::Meeting));
    assert_eq!(there.begins, Directions::ALL);
    known.meetings.pop();
    let State::Checking(there) = known.native(Trial::Untried, ours) else {
        panic!("one room allows it");
    };
    assert_eq!(there.only_in, [room(7)]);
    assert_eq!(
        (there.view, there.control),
        (Scope::Desktop, Scope::Nothing)
    );
    known.meetings.remove(0);
    assert_eq!(
        against(known.native(works(), ours)),
        ["outside-meetings", "meeting", "meeting-not-set"]
    );
    known.meetings.clear();
    let State::Disabled(why) = known.native(works(), ours) else {
        panic!("there is no room");
    };
    let [only] = &why[..] else { panic!("{why:?}") };
    assert_eq!((only.step(), only.code()), ("policy", "outside-meetings"));
    assert!(only.words("Ben").starts_with("only in a moderated room"));
    assert!(only.hint().unwrap().contains("--moderated"));
}
