//! What the keyboard comes to is seen: whatever is scrolled around it goes there.

use iced::advanced::widget::Id;
use iced::advanced::widget::operation::{Focusable, Operation, Outcome, Scrollable};
use iced::widget::scrollable::AbsoluteOffset;
use iced::{Rectangle, Vector};

/// How much is seen above and below it, in pixels.
const MARGIN: f32 = 8.0;

/// Scrolls to what has the keyboard.
pub(crate) fn reveal() -> impl Operation {
    Look::default()
}

/// Something that is scrolled, by its place among all, and how it stands.
#[derive(Debug, Clone, Copy)]
struct Around {
    number: usize,
    bounds: Rectangle,
    /// How far it can be scrolled, and is, in pixels.
    most: f32,
    now: f32,
}

/// Looks for what has the keyboard, and what is around that.
#[derive(Debug, Default)]
struct Look {
    seen: usize,
    next: Option<Around>,
    around: Vec<Around>,
    to: Vec<(usize, f32)>,
}

impl Operation for Look {
    fn scrollable(
        &mut self,
        _id: Option<&Id>,
        bounds: Rectangle,
        content: Rectangle,
        translation: Vector,
        _state: &mut dyn Scrollable,
    ) {
        self.next = Some(Around {
            number: self.seen,
            bounds,
            most: (content.height - bounds.height).max(0.0),
            now: translation.y,
        });
        self.seen += 1;
    }

    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        // What is scrolled is told just before what is in it.
        let into = self.next.take();
        self.around.extend(into);
        operate(self);
        if into.is_some() {
            self.around.pop();
        }
    }

    fn focusable(&mut self, _id: Option<&Id>, bounds: Rectangle, state: &mut dyn Focusable) {
        if !state.is_focused() {
            return;
        }
        let (mut top, height) = (bounds.y, bounds.height);
        for around in self.around.iter().rev() {
            let above = top - MARGIN - around.bounds.y;
            let below = top + height + MARGIN - around.bounds.y - around.bounds.height;
            // What is too high for it is seen from its beginning.
            let to = around.now.max(below).min(above).clamp(0.0, around.most);
            self.to.push((around.number, to));
            top -= to;
        }
    }

    fn finish(&self) -> Outcome<()> {
        match self.to.is_empty() {
            true => Outcome::None,
            false => Outcome::Chain(Box::new(Go {
                seen: 0,
                to: self.to.clone(),
            })),
        }
    }
}

/// Scrolls there.
#[derive(Debug)]
struct Go {
    seen: usize,
    to: Vec<(usize, f32)>,
}

impl Operation for Go {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        operate(self);
    }

    fn scrollable(
        &mut self,
        _id: Option<&Id>,
        _bounds: Rectangle,
        _content: Rectangle,
        _translation: Vector,
        state: &mut dyn Scrollable,
    ) {
        if let Some((_, y)) = self.to.iter().find(|(number, _)| *number == self.seen) {
            let (x, y) = (None, Some(*y));
            state.scroll_to(AbsoluteOffset { x, y });
        }
        self.seen += 1;
    }
}

#[cfg(test)]
mod tests {
    use iced::widget::{Column, column, scrollable, text};
    use iced::{Element, Size, Theme};
    use iced_test::core::widget::operation::{black_box, focusable};
    use iced_test::runtime::user_interface::{Cache, UserInterface};
    use iced_test::selector::{Selector as _, is_focused};

    use super::*;
    use crate::theme::{FONT, size};
    use crate::widgets::press::press;

    type Screen<'a> = UserInterface<'a, u32, Theme, iced::Renderer>;

    fn operate(screen: &mut Screen<'_>, renderer: &iced::Renderer, first: Box<dyn Operation>) {
        let mut next = Some(first);
        while let Some(mut operation) = next.take() {
            screen.operate(renderer, operation.as_mut());
            if let Outcome::Chain(chained) = operation.finish() {
                next = Some(chained);
            }
        }
    }

    /// UI-1: what Tab comes to is seen, also in a list that is in a list, and at the
    /// beginning again.
    #[test]
    fn what_the_keyboard_comes_to_is_on_the_screen() {
        let all = |range: std::ops::Range<u32>| {
            Column::with_children(range.map(|n| press(text(n)).on_press(n).into()))
        };
        let list = column![all(0..20), scrollable(all(20..40)).height(120), all(40..50)];
        let view: Element<'_, u32> = scrollable(list).into();
        let mut renderer = iced::Renderer::new(FONT, size::BODY.into());
        let space = Size::new(120.0, 200.0);
        let mut screen: Screen<'_> =
            UserInterface::build(view, space, Cache::default(), &mut renderer);
        let mut reached = 0;
        for n in 0..60 {
            operate(&mut screen, &renderer, Box::new(focusable::focus_next()));
            operate(&mut screen, &renderer, Box::new(reveal()));
            let mut find = is_focused().find();
            screen.operate(&renderer, &mut black_box(&mut find));
            // After the last nothing has it, then the first.
            let Outcome::Some(Some(found)) = find.finish() else {
                continue;
            };
            reached += 1;
            let seen = found.visible_bounds().map_or(0.0, |b| b.height);
            let hidden = found.bounds().height - seen;
            assert!(hidden.abs() < 0.1, "{hidden} of {n} can't be seen");
        }
        assert_eq!(reached, 59);
    }
}
