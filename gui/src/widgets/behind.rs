//! What lies behind a dialog: drawn, but out of the keyboard's reach, and without
//! the look of having it.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::focusable::unfocus;
use iced::advanced::widget::{Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, renderer};
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, mouse};

/// An element that Tab doesn't come to while `hidden`.
pub(crate) struct Behind<'a, Message> {
    content: Element<'a, Message>,
    hidden: bool,
}

/// Takes the keyboard away from an element while `hidden`.
pub(crate) fn behind<'a, Message>(
    content: impl Into<Element<'a, Message>>,
    hidden: bool,
) -> Behind<'a, Message> {
    Behind {
        content: content.into(),
        hidden,
    }
}

impl<Message> Widget<Message, Theme, Renderer> for Behind<'_, Message> {
    fn tag(&self) -> tree::Tag {
        self.content.as_widget().tag()
    }

    fn state(&self) -> tree::State {
        self.content.as_widget().state()
    }

    fn children(&self) -> Vec<Tree> {
        self.content.as_widget().children()
    }

    fn diff(&self, tree: &mut Tree) {
        self.content.as_widget().diff(tree);
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        self.content.as_widget_mut().layout(tree, renderer, limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn iced::advanced::widget::Operation,
    ) {
        if !self.hidden {
            let content = self.content.as_widget_mut();
            content.operate(tree, layout, renderer, operation);
        }
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        if self.hidden {
            // A field that had the keyboard would be drawn as if it still had.
            let content = self.content.as_widget_mut();
            content.operate(tree, layout, renderer, &mut unfocus::<()>());
            if matches!(event, Event::Keyboard(_)) {
                return;
            }
        }
        self.content.as_widget_mut().update(
            tree, event, layout, cursor, renderer, clipboard, shell, viewport,
        );
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let content = self.content.as_widget();
        content.draw(tree, renderer, theme, style, layout, cursor, viewport);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        let content = self.content.as_widget();
        content.mouse_interaction(tree, layout, cursor, viewport, renderer)
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: iced::Vector,
    ) -> Option<iced::advanced::overlay::Element<'b, Message, Theme, Renderer>> {
        let content = self.content.as_widget_mut();
        content.overlay(tree, layout, renderer, viewport, translation)
    }
}

impl<'a, Message: 'a> From<Behind<'a, Message>> for Element<'a, Message> {
    fn from(behind: Behind<'a, Message>) -> Self {
        Self::new(behind)
    }
}

#[cfg(test)]
mod tests {
    use iced::widget::text_input;
    use iced_test::core::clipboard;
    use iced_test::runtime::user_interface::{Cache, UserInterface};

    use super::*;

    /// A field that has the keyboard loses it when a dialog comes above it.
    #[test]
    fn what_lies_behind_has_the_keyboard_no_more() {
        let mut renderer = Renderer::new(iced::Font::default(), 16.into());
        let mut cache = Cache::default();
        let size = Size::new(200.0, 60.0);
        let at_field = mouse::Cursor::Available(iced::Point::new(20.0, 10.0));
        let click: Vec<Event> = iced_test::simulator::click().collect();
        let key = || iced_test::simulator::typewrite("a").collect::<Vec<Event>>();
        // Clicked and typed in; then behind a dialog; then typed in again.
        let steps = [
            (false, click),
            (false, key()),
            (true, key()),
            (false, key()),
        ];
        let mut typed = Vec::new();
        for (hidden, events) in steps {
            let field = behind(text_input("", "").on_input(|text| text), hidden);
            let mut screen = UserInterface::build(field, size, cache, &mut renderer);
            let mut said = Vec::new();
            let (renderer_, clipboard_) = (&mut renderer, &mut clipboard::Null);
            let _ = screen.update(&events, at_field, renderer_, clipboard_, &mut said);
            typed.push(said.len());
            cache = screen.into_cache();
        }
        assert_eq!(typed, [0, 1, 0, 0]);
    }
}
