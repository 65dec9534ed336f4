//! A part of the screen, chosen on a small picture of it: dragged with the
//! pointer, or moved and sized with the arrow keys.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::{Focusable, Operation};
use iced::advanced::widget::{Id, Tree, Widget, tree};
use iced::advanced::{Clipboard, Renderer as _, Shell, renderer};
use iced::keyboard::{self, Key, key::Named};
use iced::{
    Background, Color, Element, Event, Length, Point, Rectangle, Renderer, Size, Theme, border,
    mouse, window,
};

use crate::theme::colors;

/// Left, top, width, height in pixels of the screen.
pub(crate) type Area = (u16, u16, u16, u16);

/// How much an arrow key moves or sizes, in pixels of the screen.
const STEP: i32 = 16;
/// The smallest part, in pixels of the screen.
const SMALLEST: i32 = 32;
/// How near to a corner counts as the corner, in pixels of the picture.
const NEAR: f32 = 9.0;

/// A picture of a screen on which a part is chosen.
pub(crate) struct Chooser<'a, Message> {
    content: Element<'a, Message>,
    id: Id,
    /// How large the screen is, in its pixels.
    screen: (u16, u16),
    area: Option<Area>,
    on_choice: Box<dyn Fn(Area) -> Message + 'a>,
}

/// A choice on `content`, which is a picture of a screen of this size.
pub(crate) fn chooser<'a, Message>(
    id: &'static str,
    content: impl Into<Element<'a, Message>>,
    screen: (u16, u16),
    area: Option<Area>,
    on_choice: impl Fn(Area) -> Message + 'a,
) -> Chooser<'a, Message> {
    Chooser {
        content: content.into(),
        id: Id::new(id),
        screen,
        area,
        on_choice: Box::new(on_choice),
    }
}

/// What a drag does.
#[derive(Debug, Clone, Copy)]
enum Drag {
    /// Spans a part from this place on the screen.
    Span(i32, i32),
    /// Moves the part, taken so far from its upper left.
    Move(i32, i32),
}

#[derive(Debug, Default)]
struct State {
    focused: bool,
    drag: Option<Drag>,
}

impl Focusable for State {
    fn is_focused(&self) -> bool {
        self.focused
    }
    fn focus(&mut self) {
        self.focused = true;
    }
    fn unfocus(&mut self) {
        self.focused = false;
    }
}

/// The part between two places, at least the smallest, within the screen.
fn between((ax, ay): (i32, i32), (bx, by): (i32, i32), (w, h): (u16, u16)) -> Area {
    let side = |a: i32, b: i32, all: u16| {
        let all = i32::from(all);
        let from = a.min(b).clamp(0, (all - SMALLEST).max(0));
        let to = a.max(b).clamp(from, all);
        (from, (to - from).max(SMALLEST.min(all)))
    };
    let ((x, w), (y, h)) = (side(ax, bx, w), side(ay, by, h));
    // All of them lie within the screen.
    let n = |n: i32| u16::try_from(n).unwrap_or_default();
    (n(x), n(y), n(w), n(h))
}

/// The part of the same size at another place, within the screen.
fn moved((_, _, w, h): Area, (x, y): (i32, i32), (all_w, all_h): (u16, u16)) -> Area {
    let within = |at: i32, size: u16, all: u16| {
        let most = i32::from(all) - i32::from(size);
        u16::try_from(at.clamp(0, most.max(0))).unwrap_or_default()
    };
    (within(x, w, all_w), within(y, h, all_h), w, h)
}

impl<Message> Chooser<'_, Message> {
    /// A place in the picture as one on the screen.
    fn on_screen(&self, at: Point, bounds: Rectangle) -> (i32, i32) {
        let side = |at: f32, size: f32, all: u16| {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "a place on a screen; what is outside is cut off later"
            )]
            let pixel = (at / size.max(1.0) * f32::from(all)) as i32;
            pixel
        };
        (
            side(at.x - bounds.x, bounds.width, self.screen.0),
            side(at.y - bounds.y, bounds.height, self.screen.1),
        )
    }

    /// Where the part is in the picture.
    fn in_picture(&self, (x, y, w, h): Area, bounds: Rectangle) -> Rectangle {
        let (sx, sy) = (
            bounds.width / f32::from(self.screen.0.max(1)),
            bounds.height / f32::from(self.screen.1.max(1)),
        );
        Rectangle {
            x: bounds.x + f32::from(x) * sx,
            y: bounds.y + f32::from(y) * sy,
            width: f32::from(w) * sx,
            height: f32::from(h) * sy,
        }
    }

    /// What a press there begins: at a corner the part is spanned anew from the
    /// one across, inside it is moved, elsewhere another is begun.
    fn grabbed(&self, at: Point, bounds: Rectangle) -> Drag {
        let (px, py) = self.on_screen(at, bounds);
        let Some(area) = self.area else {
            return Drag::Span(px, py);
        };
        let shown = self.in_picture(area, bounds);
        let (x, y) = (i32::from(area.0), i32::from(area.1));
        let (right, below) = (x + i32::from(area.2), y + i32::from(area.3));
        let corners = [
            (shown.x, shown.y, (right, below)),
            (shown.x + shown.width, shown.y, (x, below)),
            (shown.x, shown.y + shown.height, (right, y)),
            (shown.x + shown.width, shown.y + shown.height, (x, y)),
        ];
        let near = |a: f32, b: f32| (a - b).abs() < NEAR;
        let corner = corners
            .into_iter()
            .find(|(cx, cy, _)| near(at.x, *cx) && near(at.y, *cy));
        match corner {
            Some((_, _, (ox, oy))) => Drag::Span(ox, oy),
            None if shown.contains(at) => Drag::Move(px - x, py - y),
            None => Drag::Span(px, py),
        }
    }

    /// What a key makes of it.
    fn key(&self, key: &Key, sizes: bool) -> Option<Area> {
        let Key::Named(named) = key else { return None };
        let by = match named {
            Named::ArrowLeft => (-STEP, 0),
            Named::ArrowRight => (STEP, 0),
            Named::ArrowUp => (0, -STEP),
            Named::ArrowDown => (0, STEP),
            Named::Enter | Named::Space if self.area.is_none() => (0, 0),
            _ => return None,
        };
        let (w, h) = self.screen;
        let Some(area) = self.area else {
            // The middle of the screen, to begin with.
            return Some((w / 4, h / 4, w / 2, h / 2));
        };
        let (x, y) = (i32::from(area.0), i32::from(area.1));
        if !sizes {
            return Some(moved(area, (x + by.0, y + by.1), self.screen));
        }
        let to = |from: i32, size: u16, by: i32| from + (i32::from(size) + by).max(SMALLEST);
        let corner = (to(x, area.2, by.0), to(y, area.3, by.1));
        Some(between((x, y), corner, self.screen))
    }
}

impl<Message> Widget<Message, Theme, Renderer> for Chooser<'_, Message> {
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
        let child = &mut tree.children[0];
        let inner = self.content.as_widget_mut().layout(child, renderer, limits);
        layout::Node::with_children(inner.size(), vec![inner])
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        _renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        let state = tree.state.downcast_mut::<State>();
        operation.focusable(Some(&self.id), layout.bounds(), state);
        operation.container(Some(&self.id), layout.bounds());
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _renderer: &Renderer,
        _clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        _viewport: &Rectangle,
    ) {
        let bounds = layout.bounds();
        let state = tree.state.downcast_mut::<State>();
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                state.focused = cursor.is_over(bounds);
                if let Some(at) = cursor.position_over(bounds) {
                    state.drag = Some(self.grabbed(at, bounds));
                    shell.capture_event();
                }
                shell.request_redraw();
            }
            Event::Mouse(mouse::Event::CursorMoved { .. }) => {
                let (Some(drag), Some(at)) = (state.drag, cursor.position()) else {
                    return;
                };
                let (px, py) = self.on_screen(at, bounds);
                let area = match (drag, self.area) {
                    (Drag::Span(x, y), _) => between((x, y), (px, py), self.screen),
                    (Drag::Move(dx, dy), Some(area)) => {
                        moved(area, (px - dx, py - dy), self.screen)
                    }
                    (Drag::Move(..), None) => return,
                };
                if Some(area) != self.area {
                    shell.publish((self.on_choice)(area));
                }
                shell.capture_event();
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left))
                if state.drag.take().is_some() =>
            {
                shell.capture_event();
            }
            Event::Window(window::Event::Unfocused) => state.drag = None,
            Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. })
                if state.focused
                    && (modifiers.is_empty() || *modifiers == keyboard::Modifiers::SHIFT) =>
            {
                if let Some(area) = self.key(key, modifiers.shift()) {
                    shell.publish((self.on_choice)(area));
                    shell.capture_event();
                }
            }
            _ => {}
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
        let bounds = layout.bounds();
        let c = colors(theme);
        let state = tree.state.downcast_ref::<State>();
        if let Some(inner) = layout.children().next() {
            let child = &tree.children[0];
            let content = self.content.as_widget();
            content.draw(child, renderer, theme, style, inner, cursor, viewport);
        }
        // Pictures are drawn over boxes: these need a layer of their own.
        renderer.with_layer(bounds, |renderer| {
            let mut quad = |bounds, width, line, ground: Color| {
                renderer.fill_quad(
                    renderer::Quad {
                        bounds,
                        border: border::width(width).color(line),
                        ..renderer::Quad::default()
                    },
                    Background::Color(ground),
                );
            };
            if let Some(area) = self.area {
                let shown = self.in_picture(area, bounds);
                quad(shown, 2.0, c.accent, c.accent.scale_alpha(0.22));
                let corner =
                    |x, y| Rectangle::new(Point::new(x - 4.0, y - 4.0), Size::new(8.0, 8.0));
                for x in [shown.x, shown.x + shown.width] {
                    for y in [shown.y, shown.y + shown.height] {
                        quad(corner(x, y), 0.0, c.accent, c.accent);
                    }
                }
            }
            if state.focused {
                quad(bounds, 2.0, c.accent, Color::TRANSPARENT);
            }
        });
    }

    fn mouse_interaction(
        &self,
        _tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _viewport: &Rectangle,
        _renderer: &Renderer,
    ) -> mouse::Interaction {
        match cursor.is_over(layout.bounds()) {
            true => mouse::Interaction::Crosshair,
            false => mouse::Interaction::default(),
        }
    }
}

impl<'a, Message: 'a> From<Chooser<'a, Message>> for Element<'a, Message> {
    fn from(chooser: Chooser<'a, Message>) -> Self {
        Self::new(chooser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: (u16, u16) = (800, 600);

    #[test]
    fn a_part_lies_within_the_screen_and_is_never_too_small() {
        for (from, to, wanted) in [
            ((100, 100), (300, 200), (100, 100, 200, 100)),
            ((300, 200), (100, 100), (100, 100, 200, 100)),
            ((-50, -50), (900, 900), (0, 0, 800, 600)),
            ((10, 10), (10, 10), (10, 10, 32, 32)),
            ((800, 600), (800, 600), (768, 568, 32, 32)),
            ((i32::MIN, i32::MAX), (i32::MAX, i32::MIN), (0, 0, 800, 600)),
        ] {
            assert_eq!(between(from, to, SCREEN), wanted, "{from:?} {to:?}");
        }
        assert_eq!(between((0, 0), (5, 5), (10, 0)), (0, 0, 10, 0));
        let area = (100, 100, 200, 100);
        assert_eq!(moved(area, (-9, 9999), SCREEN), (0, 500, 200, 100));
    }

    #[test]
    fn keys_begin_in_the_middle_then_move_and_size() {
        let pressed = |area, key, sizes| {
            let chooser = chooser("", iced::widget::space(), SCREEN, area, |_| ());
            chooser.key(&Key::Named(key), sizes)
        };
        let first = pressed(None, Named::Enter, false);
        assert_eq!(first, Some((200, 150, 400, 300)));
        let right = pressed(first, Named::ArrowRight, false);
        assert_eq!(right, Some((216, 150, 400, 300)));
        let taller = pressed(first, Named::ArrowDown, true);
        assert_eq!(taller, Some((200, 150, 400, 316)));
        assert_eq!(pressed(first, Named::Enter, false), None);
        let least = pressed(Some((0, 0, 32, 32)), Named::ArrowLeft, true);
        assert_eq!(least, Some((0, 0, 32, 32)));
    }
}
