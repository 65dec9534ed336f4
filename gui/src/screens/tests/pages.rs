//! The pages beside conversations and shares: what was agreed, rules, log,
//! diagnosis, settings.

use super::*;

#[test]
fn settings_change_looks_and_language() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    press(&mut model, "Dark");
    assert_eq!(model.prefs.scheme, Scheme::Dark);
    press(&mut model, "Deutsch");
    shows(&model, &["Aussehen", "Sprache"]);
    let effects = press(&mut model, "Verborgen");
    let hidden = PresenceState::Hidden;
    assert!(
        matches!(&effects[..], [Effect::Ask(_, _, Request::Presence { state })] if *state == hidden)
    );
}

#[test]
fn rules_log_and_diagnosis_are_asked_for_when_they_are_opened() {
    for page in [Page::Rules, Page::Log, Page::Diagnosis] {
        let mut model = at_home();
        let effects = model.update(Message::Home(HomeDo::Page(page)));
        assert!(
            effects
                .iter()
                .any(|e| matches!(e, Effect::Ask(_, Tag::Page(p), _) if *p == page))
        );
        shows(&model, &["One moment …"]);
        let error = ApiError::new(Code::Locked, "locked");
        answer(&mut model, Tag::Page(page), Err(error));
        shows(&model, &["locked"]);
    }
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Diagnosis)));
    let finding = Finding {
        code: "udp".into(),
        level: Level::Limited,
        message: "UDP is blocked here".into(),
        hint: Some("a contact could relay".into()),
        about: Vec::new(),
    };
    answer(
        &mut model,
        Tag::Page(Page::Diagnosis),
        Ok(Reply::Doctor(vec![finding.clone()])),
    );
    shows(&model, &["UDP is blocked here", "a contact could relay"]);
    // In the reader's language where the code says all (UI-6).
    model.words = crate::i18n::Words::for_wish("de");
    let nobody = Finding {
        code: "nobody".into(),
        ..finding
    };
    let page = Tag::Page(Page::Diagnosis);
    answer(&mut model, page, Ok(Reply::Doctor(vec![nobody])));
    let invite = "laden Sie jemanden ein, oder beantworten Sie eine Einladung";
    shows(&model, &["Sie haben noch keine Kontakte.", invite]);
    model.words = crate::i18n::Words::for_wish("en");
    model.update(Message::Home(HomeDo::Page(Page::Rules)));
    answer(
        &mut model,
        Tag::Page(Page::Rules),
        Ok(Reply::Policies(Vec::new())),
    );
    shows(&model, &["You belong to no organisation"]);
    model.update(Message::Home(HomeDo::Page(Page::Log)));
    let (length, entries) = (0, Vec::new());
    answer(
        &mut model,
        Tag::Page(Page::Log),
        Ok(Reply::Audit(AuditPage { length, entries })),
    );
    shows(&model, &["Nothing was shared or asked for yet."]);
    press(&mut model, "Check the log");
    answer(
        &mut model,
        Tag::Sound,
        Err(ApiError::new(Code::Invalid, "entry 3 was changed")),
    );
    shows(&model, &["entry 3 was changed"]);
}

/// Every word of it: technology, what, whose rules; and what there are no words
/// for here as the node says it (UI-4, UI-6).
#[test]
fn the_log_speaks_the_readers_language() {
    let mut model = at_home();
    model.words = crate::i18n::Words::for_wish("de");
    model.update(Message::Home(HomeDo::Page(Page::Log)));
    let page = Ok(Reply::Audit(a_log()));
    answer(&mut model, Tag::Page(Page::Log), page);
    shows(
        &model,
        &[
            "Ben hat Sie gebeten – nur sehen: bis zum ganzen Bildschirm (Kith).",
            "Die Regeln Ihrer Seite erlauben, noch einmal gefragt, bevor es gilt, was Sie Ben \
             zeigen (Kith) – nur sehen: ein Teil des Bildschirms, 800 × 600 (Kith).",
            "Die Regeln Ihrer Seite verbieten, was Sie Ben zeigen (VNC), beim Schritt \
             „local-profile“: eine Regel Ihres Profils erlaubt es nicht.",
            "Beendet von Ihnen: was Sie Ben zeigen (Kith); jemand hat es beendet.",
            "as the node says it",
        ],
    );
}

#[test]
fn what_was_agreed_is_listed_taken_back_and_let_count_again() {
    let mut model = at_home();
    let asked = |effects: &[Effect]| -> Vec<Request> {
        let request = |e: &Effect| match e {
            Effect::Ask(_, _, request) => Some(request.clone()),
            _ => None,
        };
        effects.iter().filter_map(request).collect()
    };
    let effects = model.update(Message::Home(HomeDo::Page(Page::Agreed)));
    assert_eq!(
        asked(&effects),
        [
            Request::Consent(ConsentRequest::List),
            Request::Limits(LimitsRequest::List),
            Request::Input(InputRequest::List),
            Request::Account(AccountRequest::List),
        ]
    );
    shows(&model, &["Agreed in advance", "One moment …"]);
    let lost = ApiError::new(Code::Storage, "the disk can't be read");
    answer(&mut model, Tag::Limits, Err(lost));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(Vec::new())));
    shows(
        &model,
        &[
            "the disk can't be read",
            "Nobody may see anything without asking you.",
        ],
    );
    let held = a_consent(Some("panic"));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(vec![held])));
    event(&mut model, Event::Limits(vec![a_limit(1)]));
    shows(
        &model,
        &[
            "Ben may see libreoffice",
            "Held since you pressed the panic key. It doesn’t count.",
            "Everybody, with xterm",
            "no menus · no shortcuts · not the keys Delete · at most 20 inputs a second",
        ],
    );
    let consent = || "c0ffee".to_owned();
    let effects = press(&mut model, "Let it count again");
    let resume = ConsentRequest::Resume { consent: consent() };
    assert_eq!(asked(&effects), [Request::Consent(resume)]);
    let mut screen = ui(&model);
    screen.click("Let it count again").unwrap();
    assert_eq!(screen.into_messages().count(), 0, "it is under way");
    let tag = Tag::Agreed(consent());
    // Whatever came of it, what counts now is asked for.
    let effects = answer(&mut model, tag, Ok(Reply::Done));
    assert_eq!(asked(&effects).len(), 4);
    let counts = a_consent(None);
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(vec![counts])));
    lacks(&model, &["Let it count again"]);
    let effects = press(&mut model, "Take it back");
    let end = ConsentRequest::End { consent: consent() };
    assert_eq!(asked(&effects), [Request::Consent(end)]);
    let effects = press(&mut model, "Forget it");
    let number = 1;
    assert_eq!(
        asked(&effects),
        [Request::Limits(LimitsRequest::Revoke { number })]
    );
}

/// GUARD-6: what the panic key holds is seen without looking for it.
#[test]
fn a_consent_that_is_held_shows_on_every_page() {
    let mut model = at_home();
    let over = a_share(SharePart::Sharer, SharePhase::Over, "nothing");
    let effects = event(&mut model, Event::Share(over));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Ask(_, Tag::Consents, _)))
    );
    let held = a_consent(Some("stopped"));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(vec![held])));
    assert_eq!(model.home.agreed.held(), 1);
    for page in PAGES {
        model.update(Message::Home(HomeDo::Page(page)));
        let mut screen = ui(&model);
        screen.click("Agreed").expect("the way there");
        let said: Vec<Message> = screen.into_messages().collect();
        assert!(matches!(
            said[..],
            [Message::Home(HomeDo::Page(Page::Agreed))]
        ));
    }
}

/// POL-4: what is allowed, and why not, in plain words.
#[test]
fn rules_say_what_is_allowed_with_whom_and_why_not() {
    let mut model = with_rules();
    shows(
        &model,
        &[
            "Clinic",
            "In force",
            "Nobody controls a desktop.",
            "it ends in 7 days",
            "Cem may not ask to see anything.",
            "It demands: what for",
            "You show Ben something",
            "Allowed: one application, only to see.",
            "Ben asks to see something of yours",
            "Clinic: denied",
        ],
    );
    // An answer about somebody who is no longer chosen is dropped.
    let lost = ApiError::new(Code::NotFound, "nobody of that name");
    answer(&mut model, Tag::Explained(person(5)), Err(lost));
    lacks(&model, &["nobody of that name"]);
    let effects = press(&mut model, "Take it back");
    let mine = Request::Policy(PolicyRequest::Mine(OwnRulesRequest::Remove(4)));
    assert!(matches!(&effects[..], [Effect::Ask(_, Tag::OwnRules, r)] if *r == mine));
    let why = ApiError::new(Code::Denied, "somebody controls your screen");
    answer(&mut model, Tag::OwnRules, Err(why));
    shows(
        &model,
        &[
            "somebody controls your screen",
            "Cem may not ask to see anything.",
        ],
    );
}

/// ID-1: a device that is gone is revoked, for a reason; never this one.
#[test]
fn another_device_is_revoked_for_a_reason() {
    let mut model = at_home();
    let device = |n, state: &str| Device {
        id: DeviceId::from_bytes([n; 32]),
        state: state.into(),
        until_ms: NOON,
        forked_in: Vec::new(),
    };
    let me = |third: &str| Identity {
        person: person(1),
        device: DeviceId::from_bytes([9; 32]),
        name: "Anna Berg".into(),
        devices: vec![device(9, "valid"), device(3, third)],
        old_sheet_until_ms: None,
        sheet: Sheet::Made,
    };
    answer(&mut model, Tag::Me, Ok(Reply::Identity(me("valid"))));
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    shows(&model, &["This device", "Another device"]);
    press(&mut model, "Revoke …");
    let mut screen = ui(&model);
    screen.click(id("revoke-go")).unwrap();
    assert_eq!(screen.into_messages().count(), 0, "it was not said why");
    press(&mut model, "It was stolen");
    let effects = press(&mut model, "Revoke it");
    let [
        Effect::Ask(
            _,
            Tag::Revoked,
            Request::DeviceRevoke {
                device: which,
                reason,
            },
        ),
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    let third = DeviceId::from_bytes([3; 32]).to_string();
    assert_eq!((which, *reason), (&third, RevokeReason::Stolen));
    let why = ApiError::new(Code::Denied, "this device can't say that");
    answer(&mut model, Tag::Revoked, Err(why));
    shows(&model, &["this device can't say that"]);
    answer(&mut model, Tag::Revoked, Ok(Reply::Identity(me("revoked"))));
    shows(&model, &["Revoked"]);
    lacks(&model, &["Revoke …"]);
}

#[test]
fn settings_of_the_node_are_shown_and_changed() {
    let mut model = at_home();
    let effects = model.update(Message::Home(HomeDo::Page(Page::Settings)));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Ask(_, Tag::Config, Request::Config)))
    );
    let setting = |key: &str, value: &str, from: &str| Setting {
        key: key.into(),
        value: value.into(),
        from: from.into(),
        help: format!("What {key} does"),
    };
    let all = vec![
        setting("dht", "on", "default"),
        setting("mdns", "off", "flag"),
        setting("port", "0", "file"),
    ];
    answer(&mut model, Tag::Config, Ok(Reply::Config(all)));
    shows(
        &model,
        &[
            "What dht does",
            "off – said by flag, and not changed here",
            "Use the default",
        ],
    );
    let set = |effects: &[Effect]| match effects {
        [Effect::Ask(_, Tag::ConfigSet(_), Request::ConfigSet { key, value })] => {
            (key.clone(), value.clone())
        }
        other => panic!("{other:?}"),
    };
    let off = model.update(Message::Config(Configure::To(
        "dht".into(),
        Some("off".into()),
    )));
    assert_eq!(set(&off), ("dht".into(), Some("off".into())));
    model.update(Message::Config(Configure::Typed(
        "port".into(),
        "4001 ".into(),
    )));
    shows(&model, &["Set"]);
    let port = model.update(Message::Config(Configure::Set("port".into())));
    assert_eq!(set(&port), ("port".into(), Some("4001".into())));
    let why = ApiError::new(Code::Invalid, "port can't be that");
    answer(&mut model, Tag::ConfigSet("port".into()), Err(why));
    shows(&model, &["port can't be that", "Set"]);
    let effects = answer(&mut model, Tag::ConfigSet("port".into()), Ok(Reply::Done));
    assert!(matches!(effects[..], [Effect::Ask(_, Tag::Config, _)]));
    lacks(&model, &["Set"]);
}

/// ASK-3: what programs press is enrolled and removed; what that means is said.
#[test]
fn what_programs_press_is_enrolled_and_removed() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Agreed)));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(Vec::new())));
    event(&mut model, Event::Limits(Vec::new()));
    shows(&model, &["One moment …"]);
    let silent = ApiError::new(Code::Invalid, "the screen doesn’t answer");
    answer(&mut model, Tag::Inputs, Err(silent));
    shows(&model, &["the screen doesn’t answer"]);
    answer(&mut model, Tag::Inputs, Ok(Reply::Inputs(inputs(&[]))));
    shows(
        &model,
        &[
            "TigerVNC keyboard",
            "Counts",
            "Pressed by programs: doesn’t count",
        ],
    );
    lacks(
        &model,
        &["Any program on this computer can press Kith’s questions."],
    );
    let kind = InputKind::Keyboard;
    let asked = |effects: &[Effect]| match effects {
        [Effect::Ask(_, _, Request::Input(request))] => request.clone(),
        other => panic!("{other:?}"),
    };
    // The keyboard's comes first.
    let effects = press(&mut model, "Enrol");
    assert_eq!(asked(&effects), InputRequest::Enrol { kind });
    shows(&model, &["Answer in Kith’s window on your screen."]);
    let done = Ok(Reply::Inputs(inputs(&[kind])));
    let tag = Tag::Agreed(crate::state::agreed::of_input(kind));
    answer(&mut model, tag, done);
    answer(&mut model, Tag::Inputs, Ok(Reply::Inputs(inputs(&[kind]))));
    shows(
        &model,
        &[
            "Pressed by programs: enrolled",
            "Any program on this computer can press Kith’s questions.",
        ],
    );
    let effects = press(&mut model, "Remove");
    assert_eq!(asked(&effects), InputRequest::Remove { kind });
}

/// UI-6: where no font has the letters of a language, it is neither spoken nor
/// offered, and why not is said.
#[test]
fn a_language_that_cannot_be_read_is_not_spoken() {
    let mut model = at_home();
    model.words = crate::i18n::Words::for_wish("zh-CN");
    model.only(&crate::i18n::LANGUAGES[..2]);
    model.update(Message::Home(HomeDo::Page(Page::Settings)));
    shows(
        &model,
        &[
            "Settings",
            "No font on this computer has all Chinese letters, so Chinese isn’t offered. Install one, such as fonts-noto-cjk.",
        ],
    );
    lacks(&model, &["简体中文"]);
}
