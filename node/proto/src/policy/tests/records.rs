//! Records that belong to another question.

use core::time::Duration;

use crate::policy::application::{Starts, What};
use crate::policy::cap::{Duties, Preset};
use crate::policy::consent::{GivenConsent, Verification};
use crate::policy::decide::{Ask, Decision, Side, Source, Wish};
use crate::policy::hosted::Target;
use crate::policy::profile::Profile;
use crate::policy::rule::Direction;
use crate::policy::testing::{CONSENT, NOW, World, app, consent_for, person};
use crate::rights::{Rights, Scope};
use crate::technology::Technology;
use crate::validity::Validity;

fn ask() -> Ask {
    Ask {
        sharer: person(1),
        viewer: person(2),
        room: None,
        technology: Technology::Native,
        direction: Direction::Invite,
        what: What::Applications(vec![app("editor", Starts::Nothing)]),
        wish: Wish {
            view: Scope::Application,
            control: Scope::Application,
            rights: Rights::ALL,
        },
        target: Target::Peer,
    }
}

#[test]
fn terms_are_those_of_the_other_one_for_oneself() {
    let mut w = World::new(ask());
    for (side, of, to, ours) in [
        (Side::Sharer, 2, 1, true),
        (Side::Viewer, 1, 2, true),
        (Side::Sharer, 1, 2, false),
        (Side::Sharer, 3, 1, false),
        (Side::Sharer, 2, 3, false),
        (Side::Viewer, 3, 2, false),
        (Side::Viewer, 1, 3, false),
    ] {
        w.side = side;
        let validity = Validity::starting(NOW, Duration::from_secs(60));
        w.remote = Some(Profile::open(person(of), NOW).terms_for(person(to), validity));
        match w.decide() {
            Decision::Granted(_) => assert!(ours, "{side:?} {of} {to}"),
            Decision::Denied(d) => {
                assert!(!ours, "{side:?} {of} {to}");
                assert_eq!(d.source, Source::Mismatch);
            }
        }
    }
}

#[test]
fn a_consent_covers_the_sharers_own_device_alone() {
    let given = consent_for(&ask(), Preset::OneApplication.cap(), Duties::BUILT_IN);
    let given = GivenConsent::assumed(CONSENT, given);
    let covers = |a: &Ask| given.covers(a, Verification::Verified, NOW);
    assert!(covers(&ask()));
    let target = Target::Server {
        addr: [10, 1, 2, 3].into(),
        port: 3389,
    };
    assert!(!covers(&Ask { target, ..ask() }));
    for technology in Technology::ALL {
        let technology = *technology;
        let native = technology == Technology::Native;
        assert_eq!(
            covers(&Ask {
                technology,
                ..ask()
            }),
            native
        );
    }
}
