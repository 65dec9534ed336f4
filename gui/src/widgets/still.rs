//! Quiet by default: the mark at which one writes blinks while somebody is
//! there, then it stays. Each blink draws, so a window that is only left open
//! would keep the processor awake twice a second.
//!
//! And a key with Ctrl does something, wherever the keyboard is: it never
//! writes a sign into a field as well.

use std::time::Duration;

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, overlay, renderer};
use iced::time::Instant;
use iced::window::{self, RedrawRequest};
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, Vector, keyboard, mouse};

/// How long after the last key or movement the mark goes on blinking.
const REST: Duration = Duration::from_secs(10);

/// A whole window that comes to rest.
pub(crate) struct Still<'a, Message> {
    content: Element<'a, Message>,
}

/// Lets a whole window come to rest.
pub(crate) fn still<'a, Message>(content: impl Into<Element<'a, Message>>) -> Still<'a, Message> {
    let content = content.into();
    Still { content }
}

#[derive(Debug, Default)]
struct State {
    /// When somebody did something here.
    touched: Option<Instant>,
}

/// A key with Ctrl, without the sign that some systems give it ("=" and "+").
fn without_text(event: &Event) -> Option<Event> {
    let Event::Keyboard(key) = event else {
        return None;
    };
    let mut key = key.clone();
    match &mut key {
        keyboard::Event::KeyPressed {
            modifiers, text, ..
        } if modifiers.control() && !modifiers.alt() && text.is_some() => *text = None,
        _ => return None,
    }
    Some(Event::Keyboard(key))
}

impl<Message> Widget<Message, Theme, Renderer> for Still<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.content)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(std::slice::from_ref(&self.content));
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
        let content = self.content.as_widget_mut();
        content.layout(&mut tree.children[0], renderer, limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        let content = self.content.as_widget_mut();
        content.operate(&mut tree.children[0], layout, renderer, operation);
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
        let chord = without_text(event);
        let event = chord.as_ref().unwrap_or(event);
        let (before, child) = (shell.redraw_request(), &mut tree.children[0]);
        let mut tell = |event: &Event, shell: &mut Shell<'_, Message>| {
            self.content.as_widget_mut().update(
                child, event, layout, cursor, renderer, clipboard, shell, viewport,
            );
        };
        tell(event, shell);
        let state = tree.state.downcast_mut::<State>();
        let Event::Window(window::Event::RedrawRequested(now)) = event else {
            state.touched = None;
            return;
        };
        let touched = *state.touched.get_or_insert(*now);
        // Only what waits for a moment: what draws all the time has a reason.
        let blinks =
            before == RedrawRequest::Wait && matches!(shell.redraw_request(), RedrawRequest::At(_));
        if blinks && now.saturating_duration_since(touched) >= REST {
            // A field that hears this shows its mark, and does until it asks to
            // be drawn anew: which it is not.
            tell(&Event::Window(window::Event::Focused), shell);
            tell(event, shell);
            Shell::replace_redraw_request(shell, before);
        }
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
        let (content, child) = (self.content.as_widget(), &tree.children[0]);
        content.draw(child, renderer, theme, style, layout, cursor, viewport);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        let (content, child) = (self.content.as_widget(), &tree.children[0]);
        content.mouse_interaction(child, layout, cursor, viewport, renderer)
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        let (content, child) = (self.content.as_widget_mut(), &mut tree.children[0]);
        content.overlay(child, layout, renderer, viewport, translation)
    }
}

impl<'a, Message: 'a> From<Still<'a, Message>> for Element<'a, Message> {
    fn from(still: Still<'a, Message>) -> Self {
        Self::new(still)
    }
}

#[cfg(test)]
mod tests {
    use iced::keyboard::key::Named;
    use iced::widget::text_input;
    use iced_test::core::clipboard;
    use iced_test::runtime::user_interface::{Cache, State as Ui, UserInterface};

    use super::*;

    /// When a window with a field in it, which has the keyboard, wants to be
    /// drawn again after these moments, in seconds; `None`: a key is pressed.
    fn drawn(at: &[Option<u64>]) -> Vec<bool> {
        let mut renderer = Renderer::new(iced::Font::default(), 16.into());
        let mut cache = Cache::default();
        let begun = Instant::now();
        let mut again = Vec::new();
        let size = Size::new(200.0, 60.0);
        let at_field = mouse::Cursor::Available(iced::Point::new(20.0, 10.0));
        let click = iced_test::simulator::click().collect();
        let key = || iced_test::simulator::tap_key(Named::ArrowLeft, None).collect();
        let frame = |s| {
            let now = begun + Duration::from_secs(s);
            vec![Event::Window(window::Event::RedrawRequested(now))]
        };
        let all: Vec<Vec<Event>> = std::iter::once(click)
            .chain(at.iter().map(|at| at.map_or_else(key, frame)))
            .collect();
        for events in all {
            let field = still(text_input("", "text").on_input(|_| ()));
            let mut screen = UserInterface::build(field, size, cache, &mut renderer);
            let (state, _) = screen.update(
                &events,
                at_field,
                &mut renderer,
                &mut clipboard::Null,
                &mut Vec::new(),
            );
            if let Ui::Updated { redraw_request, .. } = state {
                again.push(redraw_request != RedrawRequest::Wait);
            }
            cache = screen.into_cache();
        }
        again.split_off(1)
    }

    #[test]
    fn the_mark_blinks_for_a_while_and_again_after_a_key() {
        let seen = drawn(&[
            Some(0),
            Some(5),
            Some(11),
            Some(12),
            None,
            Some(13),
            Some(30),
        ]);
        assert_eq!(seen, [true, true, false, false, true, true, false]);
    }
}
