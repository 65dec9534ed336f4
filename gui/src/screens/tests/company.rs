//! Rooms of several, and moderated ones (POL-2, level C).

use super::*;

fn moderated(effects: &[Effect]) -> ModeratedRequest {
    match effects {
        [Effect::Ask(_, _, Request::Moderated(request))] => request.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_moderated_room_is_opened() {
    let mut model = at_home();
    model.update(Message::Dialog(dialog::Message::Room));
    type_into(&mut model, dialog::TITLE, "Ward 3");
    press(&mut model, "Show and see");
    let ModeratedRequest::Open { title, level, .. } =
        moderated(&press(&mut model, "Make the room"))
    else {
        panic!("no room is opened");
    };
    assert_eq!((title.as_str(), level), ("Ward 3", ModeratedLevel::View));
}

#[test]
fn whoever_opened_it_says_what_may_be_shared() {
    let mut model = in_company(person_ref(1, "Anna Berg"));
    shows(
        &model,
        &[
            "You opened this room, and say what may be shared here.",
            "Ben: Control too",
            "Ben, at most:",
        ],
    );
    // The first row is everybody's.
    let room_id = room(8).to_string();
    let nothing = ModeratedRequest::Allow {
        room: room_id.clone(),
        who: None,
        level: ModeratedLevel::Nothing,
    };
    assert_eq!(moderated(&press(&mut model, "Nothing")), nothing);
    let one = Company::Allow(room(8), Some(person(2)), ModeratedLevel::Nothing);
    let one = model.update(Message::Company(one));
    assert_eq!(
        moderated(&one),
        ModeratedRequest::Allow {
            room: room_id,
            who: Some(person(2).to_string()),
            level: ModeratedLevel::Nothing,
        }
    );
    // A refusal is told, and what is known stays.
    let denied = ApiError::new(Code::Denied, "Cem opened this room");
    answer(&mut model, Tag::Moderated(room(8)), Err(denied));
    shows(&model, &["Cem opened this room", "Ben: Control too"]);
}

/// ID-3: whoever has the same name isn't the same person.
#[test]
fn a_namesake_of_the_organisers_organises_nothing() {
    let model = in_company(person_ref(3, "Anna Berg"));
    shows(&model, &["Anna Berg says what may be shared here."]);
    lacks(&model, &["Nothing", "Ben, at most:"]);
}

#[test]
fn who_is_in_it_sees_what_is_allowed_and_shares_in_it() {
    let mut model = in_company(person_ref(3, "Cem"));
    shows(
        &model,
        &[
            "Cem says what may be shared here.",
            "Show and see",
            "Dora",
            "invited",
        ],
    );
    lacks(&model, &["Nothing", "Ben, at most:"]);
    press(&mut model, "Show something");
    shows(
        &model,
        &["In the room “Ward 3”: what is allowed there counts too."],
    );
    model.update(Message::Share(ShareDo::Kind(share::Kind::Desktop)));
    let go = press(&mut model, "Invite");
    let [
        ShareRequest::InRoom {
            room: within,
            request,
        },
    ] = &of_share(&go)[..]
    else {
        panic!("{go:?}");
    };
    assert_eq!(*within, room(8).to_string());
    assert!(matches!(**request, ShareRequest::Invite { .. }));
    // With the same person alone, no room counts.
    let mut model = talking();
    model.update(Message::Share(ShareDo::OfferOpen));
    model.update(Message::Share(ShareDo::Kind(share::Kind::Desktop)));
    let go = model.update(Message::Share(ShareDo::Go));
    assert!(matches!(&of_share(&go)[..], [ShareRequest::Invite { .. }]));
}

/// CAP-2: what is bound to moderated rooms is offered there alone, and said
/// elsewhere.
#[test]
fn what_is_bound_to_a_moderated_room_is_offered_there() {
    let bound = |model: &mut Model| {
        let mut known = features();
        known.all[0].only_in = vec![RoomRef {
            id: room(8),
            title: "Ward 3".into(),
        }];
        model.home.features.insert(person(2), known);
    };
    let mut model = talking();
    press(&mut model, "Share");
    bound(&mut model);
    shows(&model, &["Only in a moderated room: choose Ben in Ward 3."]);
    let mut there = ui(&model);
    there.click("Show something").unwrap();
    assert_eq!(there.into_messages().count(), 0);
    let mut model = in_company(person_ref(3, "Cem"));
    bound(&mut model);
    lacks(&model, &["Only in a moderated room: choose Ben in Ward 3."]);
    press(&mut model, "Show something");
    shows(
        &model,
        &["In the room “Ward 3”: what is allowed there counts too."],
    );
}

#[test]
fn what_is_allowed_has_its_loading_and_its_failed_state() {
    let mut model = in_company(person_ref(3, "Cem"));
    model.home.company.moderated.clear();
    shows(&model, &["One moment …"]);
    let lost = ApiError::new(Code::Storage, "the disk can’t be read");
    answer(&mut model, Tag::Moderated(room(8)), Err(lost));
    shows(&model, &["the disk can’t be read"]);
}

/// CAP-2: what isn't allowed in a room is not offered there, and why not is said.
#[test]
fn what_is_not_allowed_in_a_room_is_not_offered_there() {
    let pressed = |level, own: &[(u8, ModeratedLevel)], words: &str| {
        let mut model = in_company(person_ref(3, "Cem"));
        let said = Moderated {
            organiser: person_ref(3, "Cem"),
            number: Some(3),
            everybody: level,
            people: own.iter().map(|(n, l)| (person_ref(*n, "x"), *l)).collect(),
            gap: None,
        };
        answer(
            &mut model,
            Tag::Moderated(room(8)),
            Ok(Reply::Moderated(said)),
        );
        let mut there = ui(&model);
        there.click(words).unwrap();
        (there.into_messages().count(), model)
    };
    use ModeratedLevel::{Control, Nothing, View};
    // Everybody, or one of the two alone.
    for (level, own) in [(Nothing, None), (Control, Some(1)), (Control, Some(2))] {
        let own: Vec<_> = own.map(|n| (n, Nothing)).into_iter().collect();
        let (count, model) = pressed(level, &own, "Show something");
        assert_eq!(count, 0, "{level:?} {own:?}");
        shows(
            &model,
            &["In this room nothing may be shared with Ben: whoever opened it says so."],
        );
    }
    let (count, model) = pressed(View, &[], "Show, and let them control");
    assert_eq!(count, 0);
    shows(&model, &["In this room control isn’t allowed with Ben."]);
    assert_eq!(pressed(View, &[], "Show something").0, 1);
    // Somebody else's setting is theirs.
    let (count, _) = pressed(Control, &[(5, Nothing)], "Show, and let them control");
    assert_eq!(count, 1);
}
