//! Shares, from being asked to being over, and what is told of them outside of
//! the window.

use super::*;

#[test]
fn a_request_to_see_something_asks_what_before_anything_is_allowed() {
    let mut model = at_home();
    let share = a_share(SharePart::Sharer, SharePhase::Asked, "nothing");
    event(&mut model, Event::Share(share));
    assert_eq!(model.home.shares.asking().count(), 1);
    model.now_ms += STANDS_MS;
    let effects = model.update(Message::Share(ShareDo::Allow(session(7))));
    let looks = |r: &&Request| {
        matches!(
            r,
            Request::Share(ShareRequest::Windows { .. }) | Request::Limits(LimitsRequest::List)
        )
    };
    assert!(asked(&effects).iter().all(looks), "{effects:?}");
    model.update(Message::Share(ShareDo::What("xterm".into())));
    let effects = model.update(Message::Share(ShareDo::Go));
    let [Request::Share(ShareRequest::Allow { what, .. })] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*what, Some(ShareWhat::Application("xterm".into())));
    assert!(
        model.update(Message::Share(ShareDo::Go)).is_empty(),
        "once is enough"
    );
}

/// R5: a yes is taken only for a request that has stood in its place for a
/// while; a no always.
#[test]
fn a_request_that_just_came_or_moved_is_not_allowed_yet() {
    let asks = |n| ShareInfo {
        session: session(n),
        ..a_share(SharePart::Viewer, SharePhase::Asked, "nothing")
    };
    let over = |n| ShareInfo {
        phase: SharePhase::Over,
        ..asks(n)
    };
    let counts = |model: &mut Model, n| {
        let effects = model.update(Message::Share(ShareDo::Allow(session(n))));
        let allows = |r: &&Request| matches!(r, Request::Share(ShareRequest::Allow { .. }));
        let allowed = asked(&effects).iter().any(allows);
        assert_ne!(
            allowed,
            effects.iter().any(|e| matches!(e, Effect::Later(_)))
        );
        allowed
    };
    let mut model = at_home();
    for n in [1, 2, 3] {
        event(&mut model, Event::Share(asks(n)));
    }
    model.now_ms += STANDS_MS - 1;
    assert!(!counts(&mut model, 1), "it just came");
    model.now_ms += 1;
    assert!(counts(&mut model, 1) && counts(&mut model, 3));
    // What comes below moves nothing; what goes above moves what is below.
    event(&mut model, Event::Share(asks(4)));
    assert!(counts(&mut model, 3) && !counts(&mut model, 4));
    event(&mut model, Event::Share(over(2)));
    assert!(counts(&mut model, 1) && !counts(&mut model, 3));
    let no = model.update(Message::Share(ShareDo::Deny(session(3))));
    let no = asked(&no);
    assert!(matches!(
        no[..],
        [Request::Share(ShareRequest::Deny { .. })]
    ));
    model.now_ms += STANDS_MS;
    assert!(counts(&mut model, 3) && counts(&mut model, 4));
    // The same session with another question.
    let more = ShareInfo {
        control: "application".into(),
        ..asks(4)
    };
    event(&mut model, Event::Share(more));
    assert!(counts(&mut model, 3) && !counts(&mut model, 4));
    // A bar above comes or goes; another page.
    type Change = fn(&mut Model);
    let changes: [Change; 3] = [
        |m| drop(m.update(Message::Link(News::Silent))),
        |m| drop(m.update(Message::Home(HomeDo::Page(crate::state::Page::Shares)))),
        |m| {
            let runs = a_share(SharePart::Sharer, SharePhase::Running, "nothing");
            event(m, Event::Share(runs));
        },
    ];
    for change in changes {
        model.now_ms += STANDS_MS;
        assert!(counts(&mut model, 1));
        change(&mut model);
        assert!(!counts(&mut model, 1));
    }
    // A clock that is set back delays nothing.
    model.now_ms -= 3_600_000;
    assert!(counts(&mut model, 1));
}

#[test]
fn an_area_is_understood_or_not_offered() {
    let offer = |text: &str| Offer {
        purpose: Purpose::Invite(person(2)),
        room: None,
        person: person(2),
        asked: None,
        case: ShareCase::default(),
        bounds: crate::state::bounds::Bounds::default(),
        name: String::new(),
        kind: crate::state::share::Kind::Region,
        server: crate::state::server::Server::default(),
        see: crate::state::joining::See::default(),
        text: text.into(),
        windows: Step::Coming,
        screens: Vec::new(),
        opened_ms: 0,
        looking: crate::state::windows::Looking::default(),
        looks: false,
        picked: None,
        level: ShareLevel::View,
        busy: false,
        wrong: None,
    };
    let area = Some(ShareWhat::Region {
        area: (10, 20, 800, 600),
        cuts: Vec::new(),
    });
    assert_eq!(offer("800x600+10+20").what(), area);
    for wrong in ["", "800x600", "800x600+1", "-1x5+0+0", "99999x1+0+0"] {
        assert_eq!(offer(wrong).what(), None, "{wrong}");
    }
}

#[test]
fn what_there_is_is_chosen_by_number_and_process() {
    let mut model = at_home();
    let effects = model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    assert!(matches!(
        asked(&effects)[..],
        [
            Request::Share(ShareRequest::Windows { thumbnail: 1.., .. }),
            Request::Limits(LimitsRequest::List)
        ]
    ));
    let all = vec![
        window(0x11, 1, "writer", "Letter"),
        window(0x12, 1, "writer", "Report"),
        window(0x21, 2, "xterm", "top"),
    ];
    let answer = Ok(Reply::Windows(all));
    model.update(Message::Link(News::Answer(Tag::Windows, Box::new(answer))));
    let choices = |model: &Model| -> Vec<u32> {
        let Some(Dialog::Share(offer)) = &model.home.dialog else {
            panic!("no dialog")
        };
        offer.choices().iter().map(|w| w.is.number).collect()
    };
    assert_eq!(choices(&model), [0x11, 0x21], "one of each application");
    model.update(Message::Share(ShareDo::What("rep".into())));
    assert_eq!(choices(&model), [0x12]);
    model.update(Message::Share(ShareDo::What(String::new())));
    model.update(Message::Share(ShareDo::Kind(
        crate::state::share::Kind::Window,
    )));
    assert_eq!(choices(&model), [0x11, 0x12, 0x21]);
    let report = WindowRef {
        number: 0x12,
        process: 1,
    };
    model.update(Message::Share(ShareDo::Pick(report)));
    let effects = model.update(Message::Share(ShareDo::Go));
    let [Request::Share(ShareRequest::Invite { what, .. })] = asked(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(*what, ShareWhat::WindowOf(report));
}

/// The number of a window that was closed may be another program's in the next
/// list.
#[test]
fn what_was_chosen_and_is_gone_is_chosen_no_more() {
    let mut model = at_home();
    model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    let lists = |model: &mut Model, all| {
        answer(model, Tag::Windows, Ok(Reply::Windows(all)));
        match &model.home.dialog {
            Some(Dialog::Share(offer)) => (offer.what(), offer.wrong.is_some()),
            other => panic!("{other:?}"),
        }
    };
    let report = window(0x12, 1, "writer", "Report");
    lists(&mut model, vec![report.clone()]);
    model.update(Message::Share(ShareDo::What("rep".into())));
    model.update(Message::Share(ShareDo::Pick(report.to_ref())));
    let chosen = Some(ShareWhat::ApplicationOf(report.to_ref()));
    let again = vec![window(0x21, 2, "xterm", "report"), report];
    assert_eq!(lists(&mut model, again), (chosen, false));
    let other = vec![window(0x12, 2, "xterm", "report")];
    assert_eq!(lists(&mut model, other), (None, true));
}

/// The list of the dialog: numbers in their order, and the picture of each.
fn listed(model: &Model) -> Vec<(u32, Option<iced::advanced::image::Id>)> {
    let Some(Dialog::Share(Offer {
        windows: Step::Here(all),
        ..
    })) = &model.home.dialog
    else {
        panic!("{:?}", model.home.dialog)
    };
    let picture = |w: &crate::state::windows::Window| w.picture.as_ref().map(|p| p.id());
    all.iter().map(|w| (w.is.number, picture(w))).collect()
}

/// What stood in the list stays where it was, whatever is raised meanwhile; a
/// picture is drawn anew only if it changed.
#[test]
fn the_list_shows_what_there_is_now() {
    let mut model = at_home();
    model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    let lists = |model: &mut Model, all: &[&WindowChoice]| {
        let all = all.iter().map(|w| (*w).clone()).collect();
        answer(model, Tag::Windows, Ok(Reply::Windows(all)));
        listed(model)
    };
    let letter = window(0x11, 1, "writer", "Letter");
    let top = window(0x21, 2, "xterm", "top");
    let first = lists(&mut model, &[&letter, &top]);
    let raised = lists(&mut model, &[&top, &letter]);
    assert_eq!(raised, first);
    let mut scrolled = top.clone();
    scrolled.thumbnail.as_mut().unwrap().pixels[0] = 0;
    let new = window(0x31, 3, "viewer", "Scan");
    let changed = lists(&mut model, &[&new, &scrolled, &letter]);
    assert_eq!(changed[0], first[0]);
    assert_eq!((changed[1].0, changed[2].0), (0x21, 0x31));
    assert_ne!(changed[1].1, first[1].1);
    // A closed window goes, and another program's with its number is new.
    let other = window(0x11, 4, "mail", "Inbox");
    let last = lists(&mut model, &[&other, &new, &scrolled]);
    assert_eq!(
        last.iter().map(|l| l.0).collect::<Vec<_>>(),
        [0x21, 0x31, 0x11]
    );
}

#[test]
fn windows_are_looked_at_again_only_while_one_is_chosen() {
    let mut model = at_home();
    model.now_ms = NOON;
    let offer = Message::Share(ShareDo::Offer(person(2), ShareLevel::View));
    model.update(offer.clone());
    let again = |opened| Message::Share(ShareDo::LookAgain(opened));
    let comes = |model: &mut Model| answer(model, Tag::Windows, Ok(Reply::Windows(Vec::new())));
    let waits = [Effect::LookAgain(NOON)];
    assert_eq!(comes(&mut model), waits);
    assert!(comes(&mut model).is_empty(), "one is on its way");
    let asks = |effects: &[Effect]| {
        let look = |r: &&Request| matches!(r, Request::Share(ShareRequest::Windows { .. }));
        asked(effects).iter().filter(|r| look(r)).count()
    };
    assert_eq!(asks(&model.update(again(NOON))), 1);
    assert_eq!(comes(&mut model), waits);
    // Whoever does something else has no use for it.
    model.update(Message::Focused(false));
    assert_eq!(model.update(again(NOON)), waits);
    model.update(Message::Focused(true));
    model.update(Message::Share(ShareDo::Kind(
        crate::state::share::Kind::Desktop,
    )));
    assert_eq!(model.update(again(NOON)), waits);
    // Another dialog has its own.
    model.now_ms += 1;
    model.home.dialog = None;
    assert!(model.update(again(NOON)).is_empty());
    model.update(offer);
    assert!(model.update(again(NOON)).is_empty());
    // After a failure a person asks.
    let error = ApiError::new(Code::Storage, "no display");
    assert!(answer(&mut model, Tag::Windows, Err(error)).is_empty());
    assert_eq!(asks(&model.update(Message::Share(ShareDo::Look))), 1);
}

/// GUARD-9: where a look is pressed at the screen, a person wants each, and goes on
/// without, after a refusal too.
#[test]
fn what_must_be_pressed_is_asked_once_and_by_a_person() {
    let mut model = at_home();
    model.now_ms = NOON;
    let offer = Message::Share(ShareDo::Offer(person(2), ShareLevel::View));
    let presses = |effects: &[Effect]| -> Vec<Press> {
        let of = |r: &&Request| match r {
            Request::Share(ShareRequest::Windows { press, .. }) => Some(*press),
            _ => None,
        };
        asked(effects).iter().filter_map(of).collect()
    };
    assert_eq!(presses(&model.update(offer)), [Press::Spared]);
    let must = |model: &mut Model| answer(model, Tag::Windows, Ok(Reply::MustBePressed));
    let look = |model: &mut Model| presses(&model.update(Message::Share(ShareDo::Look)));
    assert!(must(&mut model).is_empty(), "no second look by itself");
    assert_eq!(look(&mut model), [Press::Asked]);
    assert!(look(&mut model).is_empty(), "that stands at the screen");
    let refused = ApiError::new(Code::Denied, "it was refused");
    assert!(answer(&mut model, Tag::Windows, Err(refused.clone())).is_empty());
    assert_eq!(look(&mut model), [Press::Asked], "there is a way on");
    let listed = || Ok(Reply::Windows(vec![window(0x11, 1, "writer", "Letter")]));
    assert!(
        answer(&mut model, Tag::Windows, listed()).is_empty(),
        "no second look"
    );
    // What is listed stays, to be chosen.
    assert_eq!(look(&mut model), [Press::Asked]);
    answer(&mut model, Tag::Windows, Err(refused));
    let Some(Dialog::Share(offer)) = &model.home.dialog else {
        panic!("no dialog")
    };
    assert_eq!(offer.choices().len(), 1);
    // The question goes with the dialog that it is for, and only then.
    let taken_back = |effects: Vec<Effect>| effects.contains(&Effect::TakeBack);
    let close = || Message::Dialog(DialogDo::Close);
    assert_eq!(look(&mut model), [Press::Asked]);
    assert!(!taken_back(model.update(Message::Focused(false))));
    assert!(taken_back(model.update(close())));
    assert!(!taken_back(model.update(close())));
}

#[test]
fn stopping_never_waits_behind_anything() {
    let mut model = at_home();
    for press in [ShareDo::StopAll, ShareDo::Panic, ShareDo::Stop(session(7))] {
        let effects = model.update(Message::Share(press));
        assert!(
            matches!(effects[..], [Effect::Ask(Lane::Aside, ..)]),
            "{effects:?}"
        );
    }
}

#[test]
fn what_is_over_is_kept_for_a_while() {
    let mut model = at_home();
    for n in 0..40 {
        let mut share = a_share(SharePart::Sharer, SharePhase::Over, "nothing");
        share.session = session(n);
        event(&mut model, Event::Share(share));
    }
    assert_eq!(model.home.shares.over().count(), 20);
    assert_eq!(
        model.home.shares.over().next().unwrap().session,
        session(39)
    );
}

fn told(effects: &[Effect]) -> Vec<&str> {
    let words = |e: &&Effect| matches!(e, Effect::Notify(_));
    let notices = effects.iter().filter(words).map(|e| match e {
        Effect::Notify(notice) => notice.words.as_str(),
        _ => unreachable!(),
    });
    notices.collect()
}

/// Nothing secret outside of the window, and nothing at all while somebody sees
/// this screen.
#[test]
fn notices_say_who_and_never_what_and_rest_while_sharing() {
    let mut model = at_home();
    let unread = |n, unread| Event::Room(a_room(n, "Operation of Mr. Smith", unread, NOON));
    assert!(
        told(&event(&mut model, unread(8, 1))).is_empty(),
        "it is looked at"
    );
    model.update(Message::Focused(false));
    let effects = event(&mut model, unread(8, 2));
    assert_eq!(told(&effects), ["A message in one of your rooms"]);
    let effects = event(&mut model, unread(8, 2));
    assert!(told(&effects).is_empty(), "nothing is new");
    let effects = event(&mut model, unread(2, 3));
    assert_eq!(told(&effects), ["A message from Ben"]);
    let asks = contact(6, "Eve <script>", ContactState::Asks);
    let effects = event(&mut model, Event::Contact(asks));
    assert_eq!(told(&effects), ["Somebody wants to talk with you"]);
    let invites = a_share(SharePart::Viewer, SharePhase::Asked, "nothing");
    let effects = event(&mut model, Event::Share(invites.clone()));
    assert_eq!(told(&effects), ["Ben wants to show you something"]);
    assert!(told(&event(&mut model, Event::Share(invites))).is_empty());
    // Whoever sees the screen sees no notice, old or new.
    let mut running = a_share(SharePart::Sharer, SharePhase::Running, "nothing");
    let effects = event(&mut model, Event::Share(running.clone()));
    assert!(effects.contains(&Effect::Hush));
    assert!(told(&event(&mut model, unread(2, 4))).is_empty());
    running.phase = SharePhase::Over;
    event(&mut model, Event::Share(running));
    assert_eq!(told(&event(&mut model, unread(2, 5))).len(), 1);
    let busy = Status {
        presence: PresenceState::Busy,
        ..status()
    };
    event(&mut model, Event::Status(busy));
    assert!(told(&event(&mut model, unread(2, 6))).is_empty());
    event(&mut model, Event::Status(status()));
    model.update(Message::Prefs(Change::Notices(Notices::Off)));
    assert!(told(&event(&mut model, unread(2, 7))).is_empty());
    let kept = Prefs::read(&model.prefs.write());
    assert_eq!(kept.notices, Notices::Off);
    assert!(model.update(Message::Focused(true)).contains(&Effect::Hush));
}
