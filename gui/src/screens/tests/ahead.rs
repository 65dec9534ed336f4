//! What is said yes to in advance (ASK-3).

use super::*;
use crate::state::standing;

fn give(effects: &[Effect]) -> Option<ConsentRequest> {
    effects.iter().find_map(|e| match e {
        Effect::Ask(_, Tag::Given, Request::Consent(request)) => Some(request.clone()),
        _ => None,
    })
}

#[test]
fn a_yes_in_advance_says_whom_what_how_far_and_until_when() {
    let mut model = at_home();
    model.update(Message::Home(HomeDo::Page(Page::Agreed)));
    answer(&mut model, Tag::Consents, Ok(Reply::Consents(Vec::new())));
    let effects = press(&mut model, "Give one …");
    // What is open is listed for a help alone: nobody is asked at the screen for it.
    let spared = |e: &Effect| {
        matches!(
            e,
            Effect::Ask(
                _,
                Tag::Applications,
                Request::Share(ShareRequest::Windows {
                    press: Press::Spared,
                    thumbnail: 0,
                    ..
                })
            )
        )
    };
    assert!(effects.iter().any(spared), "{effects:?}");
    answer(&mut model, Tag::Applications, Ok(Reply::Windows(windows())));
    let nothing = |model: &Model| {
        let mut screen = ui(model);
        screen.click(id("standing-go")).unwrap();
        assert_eq!(screen.into_messages().count(), 0, "something is missing");
    };
    nothing(&model);
    press(&mut model, "xterm");
    nothing(&model);
    press(&mut model, "Ben");
    press(&mut model, "See and control");
    shows(
        &model,
        &[
            "Whoever controls a terminal, a file manager or a browser controls practically your account.",
        ],
    );
    press(&mut model, "7 days");
    let effects = press(&mut model, "Say yes");
    let wanted = ConsentRequest::Give {
        who: person(2).to_string(),
        application: "xterm".into(),
        level: ShareLevel::Control,
        days: 7,
    };
    assert_eq!(give(&effects), Some(wanted));
    shows(
        &model,
        &["If Kith asks in its window at the screen, answer there."],
    );
    nothing(&model);
    let refused = ApiError::new(Code::Denied, "refused at the screen");
    answer(&mut model, Tag::Given, Err(refused));
    shows(&model, &["refused at the screen", "See and control"]);
    assert!(give(&press(&mut model, "Say yes")).is_some());
    let given = vec![a_consent(None)];
    let effects = answer(&mut model, Tag::Given, Ok(Reply::Consents(given)));
    assert!(model.home.dialog.is_none());
    let listed = |e: &Effect| matches!(e, Effect::Ask(_, Tag::Consents, _));
    assert!(effects.iter().any(listed), "{effects:?}");
}

/// ID-3: only whom one has verified is trusted in advance, and the way there is
/// beside it.
#[test]
fn somebody_unverified_is_not_trusted_in_advance() {
    let mut model = talking();
    let mut ben = contact(2, "Ben", ContactState::Contact);
    ben.person.verified = Verification::Unverified;
    event(&mut model, Event::Contact(ben));
    model.update(Message::Home(HomeDo::Panel));
    press(&mut model, "Say yes in advance …");
    type_into(&mut model, standing::APPLICATION, "x");
    let says = "Only somebody whom you have verified can be trusted in advance. Compare the safety number with Ben first.";
    shows(&model, &[says]);
    let go = Message::Standing(standing::Message::Go);
    assert_eq!(give(&model.update(go)), None);
    let compare = |e: &Effect| matches!(e, Effect::Ask(_, Tag::Safety, _));
    model.update(Message::Home(HomeDo::Panel));
    let effects = press(&mut model, "Compare the safety number");
    assert!(effects.iter().any(compare), "{effects:?}");
}
