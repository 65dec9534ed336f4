use super::*;
use kith_api::ShareShow;

/// ASK-2: what is pressed is what stood in the window, whatever "Ben" asks
/// for by then.
#[test]
fn what_is_pressed_is_what_was_asked() {
    let letter = || Some(ShareWhat::Application("Letter".into()));
    let id = SessionId::from_bytes([7; 16]);
    let pinned = |said: Option<ShareWhat>, limited: bool| {
        let mut allow = ShareRequest::Allow {
            which: "Ben".into(),
            what: said,
            show: ShareShow::default(),
        };
        if limited {
            allow = ShareRequest::Limited {
                limits: ShareLimits::default(),
                request: Box::new(allow),
            };
        }
        let mut request = Request::Share(allow);
        let (which, what) = allowed(&mut request).unwrap();
        pin(which, what, &id, letter());
        let (which, what) = allowed(&mut request).unwrap();
        (which.clone(), what.clone())
    };
    for limited in [false, true] {
        assert_eq!(pinned(None, limited), (id.to_string(), letter()));
        let desktop = Some(ShareWhat::Desktop);
        assert_eq!(pinned(desktop.clone(), limited).1, desktop);
    }
    assert!(allowed(&mut Request::Status).is_none());
}

/// GUARD-9: what a command brings about is seen through what it comes in.
#[test]
fn a_command_is_weighed_by_what_is_in_it() {
    let invite = || ShareRequest::Invite {
        who: "Ben".into(),
        what: ShareWhat::Desktop,
        level: ShareLevel::View,
        case: kith_api::ShareCase::default(),
    };
    let allow = || ShareRequest::Allow {
        which: "Ben".into(),
        what: None,
        show: ShareShow::default(),
    };
    let stop = || ShareRequest::Stop { which: None };
    let limited = |level, request| ShareRequest::Limited {
        limits: ShareLimits {
            level,
            ..ShareLimits::default()
        },
        request: Box::new(request),
    };
    let in_room = |request| ShareRequest::InRoom {
        room: "Ward 3".into(),
        request: Box::new(request),
    };
    let view = Some(ShareLevel::View);
    let together = |request| ShareRequest::Limited {
        limits: ShareLimits {
            level: view,
            controllers: Some(ShareControllers::Together),
            ..ShareLimits::default()
        },
        request: Box::new(request),
    };
    let question = ShareRequest::Question {
        which: "Ben".into(),
    };
    let table = [
        (invite(), None, Deed::Shows),
        (limited(view, invite()), None, Deed::Shows),
        (
            together(allow()),
            Some(Meant::ControlElsewhere),
            Deed::Widens,
        ),
        (in_room(invite()), None, Deed::Shows),
        (in_room(limited(None, invite())), None, Deed::Shows),
        (allow(), Some(Meant::Showing), Deed::Shows),
        (allow(), Some(Meant::Control), Deed::GivesControl),
        (
            limited(None, allow()),
            Some(Meant::Control),
            Deed::GivesControl,
        ),
        (in_room(allow()), Some(Meant::Control), Deed::GivesControl),
        (limited(view, allow()), Some(Meant::Control), Deed::Narrows),
        (limited(view, allow()), Some(Meant::Showing), Deed::Shows),
        (allow(), Some(Meant::ControlElsewhere), Deed::Widens),
        (allow(), Some(Meant::Seeing), Deed::Widens),
        (allow(), None, Deed::Narrows),
        (question, None, Deed::Narrows),
        (stop(), None, Deed::Narrows),
    ];
    for (share, meant, brings) in table {
        let request = Request::Share(share);
        assert_eq!(deed(&request, |_| meant, |_| false), brings, "{request:?}");
    }
    let resume = Request::Consent(ConsentRequest::Resume {
        consent: "1".into(),
    });
    assert_eq!(deed(&resume, |_| None, |_| false), Deed::InAdvance);
}

fn asked_about(asker: Asker, until: Instant) -> Commands {
    Commands {
        waiting: Some(Waiting {
            number: 7,
            about: About {
                weight: Weight::Full,
                command: "other",
                person: None,
            },
            request: Covered::new(&Request::Status).unwrap(),
            asker,
            until,
        }),
        ..Commands::default()
    }
}

/// Nobody is at the screen: what was said, a password perhaps, isn't kept for
/// longer than a person is given to think.
#[tokio::test]
async fn a_command_that_nobody_answers_is_over() {
    let (asker, _answered) = oneshot::channel();
    let mut commands = asked_about(asker, Instant::now());
    assert_eq!(commands.forsaken().await, 7);
}

/// A command whose face is gone is noticed, and is the one that is asked
/// about.
#[tokio::test]
async fn a_command_that_nobody_waits_for_is_noticed() {
    let (asker, answered) = oneshot::channel();
    let mut commands = asked_about(asker, Instant::now() + THINKS);
    let early = tokio::time::timeout(Duration::ZERO, commands.forsaken());
    assert!(early.await.is_err());
    drop(answered);
    assert_eq!(commands.forsaken().await, 7);
}

/// What shows, admits or changes is never put off by a list of what is open.
#[test]
fn a_list_weighs_less_than_anything_else() {
    let windows = |press| {
        Request::Share(ShareRequest::Windows {
            thumbnail: 0,
            of: kith_api::WindowsOf::All,
            press,
        })
    };
    let other = Weight::of(&Request::InviteNew { lifetime_secs: 60 });
    for press in [Press::Asked, Press::Spared] {
        assert!(Weight::of(&windows(press)) < other);
        assert_eq!(Open::spared(&windows(press)), press == Press::Spared);
    }
    assert!(!Open::spared(&Request::Status));
}

/// GUARD-9: a node that was killed in between doesn't forget.
#[test]
fn what_was_kept_is_never_longer_ago_than_it_is() {
    let at = |ms| Timestamp::from_millis(ms).unwrap();
    let kept = |ms: i64| ms.to_be_bytes();
    assert_eq!(ago(&kept(STILL), at(1_000)), Duration::ZERO);
    assert_eq!(ago(&kept(400), at(1_000)), Duration::from_millis(600));
    assert_eq!(ago(&kept(2_000), at(1_000)), Duration::ZERO);
    assert_eq!(ago(b"?", at(1_000)), Duration::ZERO);
}
