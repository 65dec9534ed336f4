//! Whom a policy or a profile binds to moderated meetings (POL-2, level C).

use core::time::Duration;

use super::examples::{denied, under};
use crate::policy::cap::{Cap, Duties, Duty, Preset};
use crate::policy::decide::{Decision, Side, Source, Stage};
use crate::policy::explain::explain;
use crate::policy::meeting::MeetingTerms;
use crate::policy::profile::Profile;
use crate::policy::roles::{Power, Powers, Role};
use crate::policy::rule::{Capacity, Party, Rule};
use crate::policy::testing::{NOW, person, room};
use crate::rights::Scope;
use crate::validity::Validity;

/// POL-2, level C: whom a policy binds to moderated meetings doesn't escape the
/// organiser's settings by sharing elsewhere.
#[test]
fn sharing_can_be_bound_to_moderated_meetings() {
    let mut only = Rule::new(1, Party::Everybody, Cap::OPEN);
    only.cap.demands = Duties::of(&[Duty::Meeting]);
    let mut w = under(vec![only]);
    for elsewhere in [None, Some(room(1))] {
        w.ask.room = elsewhere;
        let d = w.decide();
        assert_eq!(denied(&d).source, Source::OutsideMeetings);
        assert_eq!(
            explain(&d),
            [
                "organisation: rule 1 of the policy (level A: everybody) demands that it must be \
                 in a moderated room.",
                "organisation: the demand for a moderated room, in which this wouldn't be allows \
                 nothing.",
                "Denied at step “organisation” by the demand for a moderated room, in which this \
                 wouldn't be.",
            ]
        );
    }
    let settings = Preset::ViewOnly.cap();
    w.meeting = Some(MeetingTerms::new(room(1), person(3), NOW, settings));
    let cap = w.decide().cap();
    assert_eq!(
        (cap.view, cap.control),
        (Scope::Application, Scope::Nothing)
    );
    // Who opens one must be allowed to by the same policy.
    w.policies[0].roles = vec![(Role::Organiser, Powers::of(&[Power::Share, Power::View]))];
    assert_eq!(
        denied(&w.decide()).source,
        Source::Role(Capacity::Organiser, Role::Organiser, Power::OpenMeeting)
    );
}

/// A demand of one's own holds for both sides, and is told to the other one.
#[test]
fn a_profile_can_bind_sharing_to_moderated_meetings() {
    for side in [Side::Sharer, Side::Viewer] {
        let mut w = under(vec![]);
        w.side = side;
        let (me, other) = match side {
            Side::Sharer => (w.ask.sharer, w.ask.viewer),
            Side::Viewer => (w.ask.viewer, w.ask.sharer),
        };
        let demands = Duties::of(&[Duty::Meeting]);
        let of = |person| Profile::new(person, NOW, vec![], vec![], demands).unwrap();
        let mut local = w.clone();
        local.local = Some(of(me));
        assert_eq!(denied(&local.decide()).stage, Stage::LocalProfile);
        let validity = Validity::starting(NOW, Duration::from_secs(60));
        w.remote = Some(of(other).terms_for(me, validity));
        assert_eq!(denied(&w.decide()).stage, Stage::RemoteProfile);
        for mut w in [local, w] {
            w.ask.room = Some(room(1));
            w.meeting = Some(MeetingTerms::new(room(1), person(3), NOW, Cap::OPEN));
            assert!(matches!(w.decide(), Decision::Granted(_)));
        }
    }
}
