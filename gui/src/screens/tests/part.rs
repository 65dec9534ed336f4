//! A part of the screen, chosen on a picture of it.

use super::*;
use crate::state::part;

/// SHARE-1, UI-1: a part of the screen is dragged on a picture of it, and set by
/// keys as well.
#[test]
fn a_part_of_the_screen_is_chosen_on_its_picture() {
    use iced::mouse::{Button, Event as Mouse};
    use iced::{Event as Happens, Point};
    let mut model = talking();
    let offer = ShareDo::Offer(person(2), ShareLevel::View);
    model.update(Message::Share(offer));
    answer(&mut model, Tag::Windows, Ok(Reply::Windows(windows())));
    let effects = press(&mut model, "Area");
    let asks = |e: &Effect| matches!(e, Effect::Ask(_, Tag::Screens, _));
    assert!(effects.iter().any(asks), "{effects:?}");
    let how = "Drag over the picture of the screen, or use the arrow keys: they move the area, with Shift they change its size.";
    lacks(&model, &[how]);
    let screens = vec![(0, 0, 800, 600), (800, 0, 800, 600)];
    answer(&mut model, Tag::Screens, Ok(Reply::Screens(screens)));
    shows(&model, &[how]);
    let chosen = |model: &Model| match &model.home.dialog {
        Some(Dialog::Share(offer)) => offer.part().unwrap(),
        other => panic!("{other:?}"),
    };
    let drag = |model: &mut Model, from: (f32, f32), to: (f32, f32)| {
        let mut ui = ui(model);
        let found = ui.find(id(part::PART)).unwrap();
        let all = found.visible_bounds().unwrap();
        let at = |(x, y): (f32, f32)| Point::new(all.x + all.width * x, all.y + all.height * y);
        let mouse = |event| [Happens::Mouse(event)];
        ui.point_at(at(from));
        ui.simulate(mouse(Mouse::ButtonPressed(Button::Left)));
        ui.point_at(at(to));
        let position = at(to);
        ui.simulate(mouse(Mouse::CursorMoved { position }));
        ui.simulate(mouse(Mouse::ButtonReleased(Button::Left)));
        let said: Vec<Message> = ui.into_messages().collect();
        for message in said {
            model.update(message);
        }
        chosen(model)
    };
    let near = |(x, y, w, h): (u16, u16, u16, u16), wanted: [u16; 4]| {
        let is = [x, y, w, h].into_iter().zip(wanted);
        assert!(
            is.clone().all(|(a, b)| a.abs_diff(b) < 8),
            "{x} {y} {w} {h}: {wanted:?}"
        );
    };
    near(
        drag(&mut model, (0.25, 0.25), (0.5, 0.75)),
        [400, 150, 400, 300],
    );
    // Taken by its middle it moves, and stays on the screen.
    near(
        drag(&mut model, (0.4, 0.5), (0.9, 0.5)),
        [1200, 150, 400, 300],
    );
    // A corner goes with the pointer.
    near(
        drag(&mut model, (0.75, 0.25), (0.5, 0.5)),
        [800, 300, 800, 150],
    );
    let before = chosen(&model);
    // A press on it gives it the keyboard, as Tab does.
    let mut there = ui(&model);
    there.click(id(part::PART)).unwrap();
    there.tap_key(Named::ArrowLeft);
    let said: Vec<Message> = there.into_messages().collect();
    for message in said {
        model.update(message);
    }
    let wanted = (before.0 - 16, before.1, before.2, before.3);
    assert_eq!(chosen(&model), wanted);
    let go = model.update(Message::Share(ShareDo::Go));
    let (area, cuts) = (chosen(&model), Vec::new());
    let wanted = ShareWhat::Region { area, cuts };
    let asked = of_share(&go);
    assert!(
        matches!(&asked[..], [ShareRequest::Invite { what, .. }] if *what == wanted),
        "{asked:?}"
    );
}
