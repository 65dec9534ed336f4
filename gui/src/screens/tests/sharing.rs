//! Asking for a share, allowing it, what shows while it runs.

use super::*;
use crate::state::prefs::Change;

#[test]
fn what_is_impossible_says_why_and_what_would_help() {
    let mut model = talking();
    press(&mut model, "Share");
    event(&mut model, Event::Features(features()));
    shows(
        &model,
        &[
            "Ben’s machine has no screen",
            "Ben could use another machine",
        ],
    );
    let mut screen = ui(&model);
    screen.click("Ask to see something").unwrap();
    assert_eq!(screen.into_messages().count(), 0, "it is disabled");
    press(&mut model, "Show something");
    assert!(matches!(model.home.dialog, Some(Dialog::Share(_))));
    shows(
        &model,
        &["Name, or choose below", "Only see", "See and control"],
    );
    press(&mut model, "Desktop");
    shows(
        &model,
        &[
            "Everything on your screen will be seen, whatever comes up on it. An application is safer.",
        ],
    );
    let effects = press(&mut model, "Invite");
    assert!(matches!(
        &effects[..],
        [Effect::Ask(
            _,
            Tag::ShareDone,
            Request::Share(ShareRequest::Invite {
                what: ShareWhat::Desktop,
                ..
            })
        )]
    ));
}

#[test]
fn the_way_to_stop_is_on_every_screen() {
    let mut model = talking();
    let running = a_share(SharePart::Sharer, SharePhase::Running, "application");
    event(&mut model, Event::Share(running));
    let stop = |model: &mut Model| {
        let mut screen = ui(model);
        screen.click(id("stop-all")).expect("the red stop");
        let said: Vec<Message> = screen.into_messages().collect();
        assert!(
            matches!(said[..], [Message::Share(ShareDo::StopAll)]),
            "{said:?}"
        );
    };
    for page in PAGES {
        model.update(Message::Home(HomeDo::Page(page)));
        stop(&mut model);
    }
    // Also while something else is chosen.
    for dialog in [
        Message::Share(ShareDo::Offer(person(2), ShareLevel::View)),
        Message::Dialog(dialog::Message::Keys),
    ] {
        model.update(dialog);
        stop(&mut model);
        assert!(model.home.dialog.is_some());
    }
}

/// No share outlives its node, nor a lock: nobody is said to see what they don't.
#[test]
fn what_ended_with_its_node_is_said_to_be_over() {
    let ended = "Ended: Kith was locked or isn’t running. Nothing is shown or seen any more.";
    let locked = || {
        let lock = LockState::Locked;
        News::Event(Box::new(Event::Status(Status { lock, ..status() })))
    };
    for end in [locked(), News::Lost, News::Failed("it went away".into())] {
        let mut model = talking();
        let running = a_share(SharePart::Sharer, SharePhase::Running, "application");
        event(&mut model, Event::Share(running));
        model.update(Message::Dialog(dialog::Message::Keys));
        let lock = matches!(end, News::Event(_));
        model.update(Message::Link(end));
        shows(&model, &[ended]);
        lacks(&model, &["Ben sees and controls xterm", "Stop sharing"]);
        assert_eq!(model.home.dialog.is_some(), !lock);
        model.update(Message::Home(HomeDo::Escape));
        match lock {
            true => shows(&model, &["Kith is locked"]),
            false => shows(&model, &["Start again"]),
        }
        // What the node that comes back doesn't know stays to be seen.
        model.update(Message::Link(News::Connected));
        answer(&mut model, Tag::Shares, Ok(Reply::Shares(Vec::new())));
        model.update(Message::Home(HomeDo::Page(Page::Shares)));
        shows(&model, &["With Ben: Kith was closed or locked."]);
    }
}

/// What was asked and isn't answered is seen without the panel, and asked once.
#[test]
fn what_waits_for_the_other_says_so() {
    let mut model = talking();
    let waits = a_share(SharePart::Sharer, SharePhase::Waiting, "nothing");
    event(&mut model, Event::Share(waits));
    shows(&model, &["You invited Ben to see xterm."]);
    let back = of_share(&press(&mut model, "Take it back"));
    assert!(matches!(back[..], [ShareRequest::Stop { .. }]), "{back:?}");
    let asked = a_share(SharePart::Viewer, SharePhase::RunningAsked, "nothing");
    event(&mut model, Event::Share(asked));
    let says = "Ben shows you xterm, and was asked to let you control it.";
    shows(&model, &[says]);
    lacks(&model, &["Refuse", "Allow", "Take it back"]);
    model.update(Message::Home(HomeDo::Panel));
    shows(&model, &[says, "Stop watching"]);
    lacks(&model, &["Ask for control", "Refuse", "Allow"]);
}

/// ID-3: what warns of a name is said wherever something is decided by it.
#[test]
fn a_name_that_looks_like_another_is_warned_of_where_it_counts() {
    let careful = "the name looks like Anna, who is somebody else";
    let warn = |model: &mut Model, n, name: &str, state| {
        let warned = Contact {
            warnings: vec![Warning::new("said-only", careful)],
            ..contact(n, name, state)
        };
        event(model, Event::Contact(warned));
    };
    let mut model = at_home();
    warn(&mut model, 3, "Аnna", ContactState::Asks);
    shows(&model, &[careful]);
    let mut model = talking();
    lacks(&model, &[careful]);
    warn(&mut model, 2, "Аnna", ContactState::Contact);
    for phase in [SharePhase::Asked, SharePhase::RunningAsked] {
        let asks = a_share(SharePart::Sharer, phase, "nothing");
        event(&mut model, Event::Share(asks));
        shows(&model, &[careful]);
        let over = a_share(SharePart::Sharer, SharePhase::Over, "nothing");
        event(&mut model, Event::Share(over));
        lacks(&model, &[careful]);
    }
    for open in [
        Message::Home(HomeDo::Panel),
        Message::Share(ShareDo::Offer(person(2), ShareLevel::View)),
        Message::Dialog(dialog::Message::Room),
    ] {
        model.update(open.clone());
        shows(&model, &[careful]);
        if matches!(open, Message::Home(_)) {
            model.update(open);
            lacks(&model, &[careful]);
        }
    }
}

/// GUARD-7: who controls is named, and nobody who only sees.
#[test]
fn several_who_see_are_told_from_who_controls() {
    let mut model = talking();
    for (n, name, control) in [
        (7, "Ben", "application"),
        (8, "Cem", "nothing"),
        (9, "Dora", "nothing"),
    ] {
        let share = ShareInfo {
            session: session(n),
            person: person_ref(n, name),
            ..a_share(SharePart::Sharer, SharePhase::Running, control)
        };
        event(&mut model, Event::Share(share));
    }
    shows(
        &model,
        &["Ben sees and controls xterm · Cem, Dora see xterm"],
    );
    model.update(Message::Prefs(Change::Language("de")));
    shows(
        &model,
        &["Ben sieht und steuert xterm · Cem, Dora sehen xterm"],
    );
}

/// What would help belongs to a reason, or to all that are found at a step.
#[test]
fn what_would_help_is_said_in_the_language_of_the_program() {
    let mut model = talking();
    press(&mut model, "Share");
    model.update(Message::Prefs(Change::Language("de")));
    for (step, code, said) in [
        (
            "policy",
            "meeting-person",
            "im moderierten Raum steht, was dort erlaubt ist und wer das sagt",
        ),
        ("policy", "rule", "„Regeln“ zeigt, woraus das folgt"),
        ("device", "x", "Ben could use another machine"),
    ] {
        let mut known = features();
        for why in known.all.iter_mut().flat_map(|f| &mut f.reasons) {
            (why.step, why.code) = (step.into(), code.into());
        }
        event(&mut model, Event::Features(known));
        shows(&model, &[said]);
    }
}

#[test]
fn no_red_where_nobody_sees() {
    let mut model = talking();
    for (part, phase) in [
        (SharePart::Sharer, SharePhase::Waiting),
        (SharePart::Sharer, SharePhase::Over),
        (SharePart::Viewer, SharePhase::Running),
    ] {
        event(
            &mut model,
            Event::Share(a_share(part, phase, "application")),
        );
        assert!(
            ui(&model).find(id("stop-all")).is_err(),
            "{part:?} {phase:?}"
        );
    }
}

#[test]
fn somebody_who_asks_is_answered_on_every_page() {
    for page in PAGES {
        let mut model = at_home();
        let invites = a_share(SharePart::Viewer, SharePhase::Asked, "nothing");
        event(&mut model, Event::Share(invites));
        model.update(Message::Home(HomeDo::Page(page)));
        shows(&model, &["Ben wants to show you xterm."]);
        model.now_ms += STANDS_MS;
        let effects = press(&mut model, "Allow");
        assert!(matches!(
            &effects[..],
            [Effect::Ask(
                _,
                _,
                Request::Share(ShareRequest::Allow { what: None, .. })
            )]
        ));
    }
}

/// What the warden's window says of whom it asks about is said here too (ASK-2).
#[test]
fn before_an_answer_it_is_said_who_asks_for_what_and_for_how_long() {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    let mut asks = a_share(SharePart::Viewer, SharePhase::Asked, "nothing");
    asks.organisation = Some("Clinic".into());
    asks.case.purpose = Some("Mr Doe’s X-ray".into());
    event(&mut model, Event::Share(asks.clone()));
    let said = [
        "Verified",
        "Clinic",
        "Ben wants to show you xterm.",
        "You see it until one of you ends it, 12 hours at most. Nothing of yours is shown.",
        "What for: Mr Doe’s X-ray",
    ];
    shows(&model, &said);
    asks.person.verified = Verification::Unverified;
    asks.part = SharePart::Sharer;
    event(&mut model, Event::Share(asks));
    let lasts = "This counts once: until one of you ends it, 12 hours at most.";
    shows(&model, &["Not verified", "Clinic", lasts]);
}

#[test]
fn the_shares_page_has_what_runs_and_what_is_over() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Shares)));
    shows(&model, &["Nothing is shared"]);
    let mut over = a_share(SharePart::Viewer, SharePhase::Over, "nothing");
    over.words = Some("Ben ended it".into());
    event(&mut model, Event::Share(over));
    shows(&model, &["Over", "With Ben: Ben ended it."]);
    lacks(&model, &["Now"]);
}

#[test]
fn an_offer_says_why_it_failed() {
    let mut model = talking();
    model.update(Message::Share(ShareDo::Offer(person(2), ShareLevel::View)));
    type_into(&mut model, share::WHAT, "x");
    press(&mut model, "Invite");
    let error = ApiError::new(Code::NotFound, "no such application runs");
    answer(&mut model, Tag::ShareDone, Err(error));
    shows(&model, &["no such application runs"]);
}

/// GUARD-4, GUARD-8: what is barred goes with the share, and into the next.
#[test]
fn limits_are_chosen_with_control_and_remembered() {
    let mut model = talking();
    let open = Message::Share(ShareDo::Offer(person(2), ShareLevel::View));
    let effects = model.update(open);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Ask(_, Tag::Limits, _)))
    );
    event(&mut model, Event::Limits(vec![a_limit(2)]));
    assert!(ui(&model).find(id("bounds")).is_err(), "nothing to limit");
    press(&mut model, "See and control");
    press(&mut model, "Limits");
    shows(&model, &["Remembered from before:"]);
    lacks(&model, &["Remember it for the next time"]);
    press(&mut model, "no menus");
    press(&mut model, "no right click");
    press(&mut model, "no menus");
    press(&mut model, "Remember it for the next time");
    shows(&model, &["Limits: 1"]);
    type_into(&mut model, share::WHAT, "x");
    let [ShareRequest::Limited { limits, request }] = &of_share(&press(&mut model, "Invite"))[..]
    else {
        panic!("no limits")
    };
    assert_eq!(limits.set.barred, ["right-click"]);
    assert_eq!((limits.remember, limits.level), (Remember::Always, None));
    let level = ShareLevel::Control;
    assert!(matches!(&**request, ShareRequest::Invite { level: l, .. } if *l == level));
}

/// Whoever asks for control and is to see only must not get what they asked.
#[test]
fn less_than_was_asked_for_is_given_and_more_is_not_offered() {
    let asked = |control| {
        let mut model = talking();
        let asks = a_share(SharePart::Sharer, SharePhase::Asked, control);
        event(&mut model, Event::Share(asks));
        model.now_ms += STANDS_MS;
        press(&mut model, "Choose what to show");
        type_into(&mut model, share::WHAT, "x");
        model
    };
    let mut model = asked("application");
    press(&mut model, "Only see");
    let [ShareRequest::Limited { limits, request }] =
        &of_share(&press(&mut model, "Show this"))[..]
    else {
        panic!("all of it is given")
    };
    assert_eq!(limits.level, Some(ShareLevel::View));
    assert!(matches!(**request, ShareRequest::Allow { .. }));
    let mut model = asked("application");
    let all = of_share(&press(&mut model, "Show this"));
    assert!(matches!(all[..], [ShareRequest::Allow { .. }]), "{all:?}");
    let model = asked("nothing");
    lacks(&model, &["See and control"]);
}

#[test]
fn whoever_asks_for_control_gets_it_within_limits_or_from_somebody_else() {
    let mut model = talking();
    let mut ben = a_share(SharePart::Sharer, SharePhase::RunningAsked, "nothing");
    ben.wanted = Some("application".into());
    event(&mut model, Event::Share(ben));
    lacks(&model, &["Hand it over"]);
    model.now_ms += STANDS_MS;
    press(&mut model, "With limits …");
    shows(&model, &["What they may not do"]);
    lacks(&model, &["What", "Only see"]);
    press(&mut model, "no keys at all");
    let all = of_share(&press(&mut model, "Allow"));
    let [ShareRequest::Limited { request, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert!(matches!(**request, ShareRequest::Allow { what: None, .. }));
    model.update(Message::Home(HomeDo::Escape));
    let eva = ShareInfo {
        session: session(9),
        person: person_ref(4, "Eva"),
        ..a_share(SharePart::Sharer, SharePhase::Running, "application")
    };
    event(&mut model, Event::Share(eva));
    model.now_ms += STANDS_MS;
    let all = of_share(&press(&mut model, "Hand it over"));
    let [
        ShareRequest::Control {
            which: from,
            change: ControlChange::End,
        },
        ShareRequest::Allow { which: to, .. },
    ] = &all[..]
    else {
        panic!("{all:?}")
    };
    assert_eq!(
        (from, to),
        (&session(9).to_string(), &session(7).to_string())
    );
}

/// ASK-2: where no program can give control, none offers to; it shows where a
/// person can.
#[test]
fn control_that_a_person_gives_at_the_screen_is_not_offered_here() {
    let mut ben = a_share(SharePart::Sharer, SharePhase::RunningAsked, "nothing");
    ben.answered_at_screen = true;
    let mut model = talking();
    event(&mut model, Event::Share(ben));
    let eva = ShareInfo {
        session: session(9),
        person: person_ref(4, "Eva"),
        ..a_share(SharePart::Sharer, SharePhase::Running, "application")
    };
    event(&mut model, Event::Share(eva));
    model.now_ms += STANDS_MS;
    lacks(&model, &["Allow"]);
    let there = |all: &[ShareRequest]| match all {
        [.., ShareRequest::Question { which }] => *which == session(7).to_string(),
        _ => false,
    };
    let all = of_share(&press(&mut model, "Answer in Kith’s window"));
    assert!(there(&all) && all.len() == 1, "{all:?}");
    let all = of_share(&press(&mut model, "Hand it over"));
    assert!(there(&all) && all.len() == 2, "{all:?}");
    press(&mut model, "With limits …");
    press(&mut model, "no keys at all");
    lacks(&model, &["Allow"]);
    let all = of_share(&model.update(Message::Share(ShareDo::Go)));
    let [ShareRequest::Limited { request, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert!(there(core::slice::from_ref(request)));
}

/// CASE-1: what a policy demands to be said can be said.
#[test]
fn what_it_is_for_is_asked_where_somebody_demands_it() {
    let mut model = talking();
    model.update(Message::Home(HomeDo::Panel));
    let mut known = features();
    known.all = ["i-share", "they-share"]
        .map(|d| feature(d, "enabled"))
        .into();
    for feature in &mut known.all {
        feature.duties = vec!["accept".into(), "purpose".into(), "patient-consent".into()];
    }
    event(&mut model, Event::Features(known));
    assert!(of_share(&press(&mut model, "Ask to see something")).is_empty());
    shows(&model, &["What for", "Who obtained the patient’s consent"]);
    lacks(&model, &["Case number or reference", "Application"]);
    let say = |case, text: &str| Message::Share(ShareDo::Case(case, text.into()));
    model.update(say(share::Case::Purpose, "Second opinion"));
    let all = of_share(&press(&mut model, "Ask"));
    let [ShareRequest::Join { case, .. }] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!(case.purpose.as_deref(), Some("Second opinion"));
    model.update(Message::Home(HomeDo::Escape));
    press(&mut model, "Show something");
    shows(&model, &["What for"]);
}

/// GUARD-6: where nobody could hear the panic key that is said, before it is
/// allowed and while it runs.
#[test]
fn without_a_panic_key_that_is_said() {
    let says = "No panic key: this machine has no screen on which Esc could be heard. Only the buttons of this program take control back.";
    let mut model = talking();
    let mut asks = a_share(SharePart::Sharer, SharePhase::Asked, "desktop");
    asks.without_panic_key = true;
    event(&mut model, Event::Share(asks.clone()));
    shows(&model, &[says]);
    asks.phase = SharePhase::Running;
    event(&mut model, Event::Share(asks.clone()));
    for page in PAGES {
        model.update(Message::Home(HomeDo::Page(page)));
        shows(
            &model,
            &["Esc isn’t heard here: end it with these buttons."],
        );
        lacks(&model, &["Press Esc to take control back"]);
    }
    model.update(Message::Home(HomeDo::Page(Page::Shares)));
    shows(&model, &[says]);
    asks.phase = SharePhase::Over;
    event(&mut model, Event::Share(asks));
    lacks(&model, &[says]);
}

/// GUARD-7: that several may control is said at the share, with the way back.
#[test]
fn that_several_may_control_is_said_and_ended() {
    let says = "Several people may control this at once. You are asked about each.";
    let mut model = talking();
    let mut shown = a_share(SharePart::Sharer, SharePhase::Running, "application");
    model.update(Message::Home(HomeDo::Page(Page::Shares)));
    for (controllers, said) in [
        (ShareControllers::One, false),
        (ShareControllers::Together, true),
    ] {
        shown.controllers = Some(controllers);
        event(&mut model, Event::Share(shown.clone()));
        match said {
            true => shows(&model, &[says]),
            false => lacks(&model, &[says, "Only one at a time"]),
        }
    }
    let all = of_share(&press(&mut model, "Only one at a time"));
    let one = matches!(
        &all[..],
        [ShareRequest::Control {
            change: ControlChange::One,
            ..
        }]
    );
    assert!(one, "{all:?}");
}
