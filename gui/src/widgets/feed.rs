//! A long list of which only the visible part is built, laid out from where
//! the reader stands, not from the top: nothing above has to be measured, and
//! what arrives elsewhere moves nothing.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::Operation;
use iced::advanced::widget::{Tree, Widget};
use iced::advanced::{Clipboard, Renderer as _, Shell, overlay, renderer};
use iced::{
    Background, Element, Event, Length, Point, Rectangle, Renderer, Size, Theme, Vector, border,
    mouse,
};

use crate::theme::colors;

/// Where the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Stand {
    /// At the end, and what arrives is followed.
    #[default]
    End,
    /// The lower edge of the view is `below` pixels above the lower edge of
    /// the item with this number.
    At {
        /// The item's number in the whole list.
        item: usize,
        /// Pixels of it that are below the view; negative: it ends before the
        /// view does.
        below: f32,
    },
}

/// How many items are built above the one at the lower edge: more than fit on
/// a large screen at the smallest height.
const ABOVE: usize = 70;
/// How many are built below it, so that a turn of the wheel finds them.
const BELOW: usize = 20;
/// Pixels that one notch of the wheel is worth.
const NOTCH: f32 = 56.0;

/// Which items of `total` have to be built.
pub(crate) fn built(stand: Stand, total: usize) -> core::ops::Range<usize> {
    let lowest = match stand {
        Stand::End => total,
        Stand::At { item, .. } => item.min(total),
    };
    lowest.saturating_sub(ABOVE)..(lowest + BELOW).min(total)
}

/// The list. `items` are those of [`built`].
pub(crate) struct Feed<'a, Message> {
    items: Vec<Element<'a, Message>>,
    first: usize,
    total: usize,
    stand: Stand,
    spacing: f32,
    on_scroll: Box<dyn Fn(Stand) -> Message + 'a>,
}

impl<'a, Message> Feed<'a, Message> {
    /// The part of a list of `total` items that begins with number `first`.
    pub(crate) fn new(
        items: Vec<Element<'a, Message>>,
        first: usize,
        total: usize,
        stand: Stand,
        on_scroll: impl Fn(Stand) -> Message + 'a,
    ) -> Self {
        Self {
            items,
            first,
            total,
            stand,
            spacing: 2.0,
            on_scroll: Box::new(on_scroll),
        }
    }

    /// Where the uppermost item begins, when the reader has come `by` pixels
    /// further down, with the ends of the list kept to the view.
    fn top(&self, heights: &[f32], view: f32, by: f32) -> f32 {
        let all: f32 = heights.iter().map(|h| h + self.spacing).sum();
        let ends = self.first + heights.len() == self.total;
        let begins = self.first == 0;
        let mut top = match self.stand {
            Stand::End => view - all,
            Stand::At { item, below } => {
                let upto: f32 = heights
                    .iter()
                    .take((item + 1).saturating_sub(self.first))
                    .map(|h| h + self.spacing)
                    .sum();
                view + below - upto
            }
        } - by;
        if begins {
            top = top.min(0.0);
        }
        if ends || top + all < view {
            top = top.max(view - all);
        }
        top
    }

    /// Where the reader stands then.
    fn stand_at(&self, heights: &[f32], view: f32, top: f32) -> Stand {
        let mut bottom = top;
        for (i, height) in heights.iter().enumerate() {
            bottom += height + self.spacing;
            if bottom >= view - 0.5 {
                let last = self.first + i + 1 == self.total;
                return match last && bottom - view < 2.0 {
                    true => Stand::End,
                    false => Stand::At {
                        item: self.first + i,
                        below: bottom - view,
                    },
                };
            }
        }
        Stand::End
    }

    /// The mark that shows where in the list the view is.
    fn mark(&self, bounds: Rectangle) -> Option<Rectangle> {
        let visible = 12.0_f32;
        #[allow(clippy::cast_precision_loss, reason = "a mark of some pixels")]
        let total = self.total as f32;
        if total <= visible {
            return None;
        }
        #[allow(clippy::cast_precision_loss, reason = "a mark of some pixels")]
        let at = match self.stand {
            Stand::End => total,
            Stand::At { item, .. } => item as f32,
        };
        let height = (bounds.height * visible / total).clamp(28.0, bounds.height);
        let y = (bounds.height - height) * ((at - visible) / (total - visible)).clamp(0.0, 1.0);
        Some(Rectangle {
            x: bounds.x + bounds.width - 8.0,
            y: bounds.y + y,
            width: 5.0,
            height,
        })
    }
}

fn heights(layout: Layout<'_>) -> Vec<f32> {
    layout.children().map(|c| c.bounds().height).collect()
}

/// The list with what the widget remembers of the pointer.
#[derive(Debug, Default)]
struct State {
    /// The mark is being dragged.
    dragged: bool,
}

impl<Message> Widget<Message, Theme, Renderer> for Feed<'_, Message> {
    fn tag(&self) -> iced::advanced::widget::tree::Tag {
        iced::advanced::widget::tree::Tag::of::<State>()
    }

    fn state(&self) -> iced::advanced::widget::tree::State {
        iced::advanced::widget::tree::State::new(State::default())
    }

    fn children(&self) -> Vec<Tree> {
        self.items.iter().map(Tree::new).collect()
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(&self.items);
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fill, Length::Fill)
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        let size = limits.max();
        let inner = layout::Limits::new(Size::ZERO, Size::new(size.width, f32::INFINITY));
        let mut nodes: Vec<layout::Node> = self
            .items
            .iter_mut()
            .zip(&mut tree.children)
            .map(|(item, tree)| item.as_widget_mut().layout(tree, renderer, &inner))
            .collect();
        let heights: Vec<f32> = nodes.iter().map(|n| n.size().height).collect();
        let mut y = self.top(&heights, size.height, 0.0);
        for (node, height) in nodes.iter_mut().zip(&heights) {
            node.move_to_mut(Point::new(0.0, y));
            y += height + self.spacing;
        }
        layout::Node::with_children(size, nodes)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        let view = layout.bounds();
        operation.container(None, view);
        operation.traverse(&mut |operation| {
            let all = self.items.iter_mut().zip(&mut tree.children);
            for ((item, tree), inner) in all.zip(layout.children()) {
                if inner.bounds().intersects(&view) {
                    item.as_widget_mut()
                        .operate(tree, inner, renderer, operation);
                }
            }
        });
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
        let view = layout.bounds();
        let inside = match cursor.is_over(view) {
            true => cursor,
            false => mouse::Cursor::Unavailable,
        };
        let all = self.items.iter_mut().zip(&mut tree.children);
        for ((item, tree), inner) in all.zip(layout.children()) {
            if inner.bounds().intersects(&view) {
                item.as_widget_mut().update(
                    tree, event, inner, inside, renderer, clipboard, shell, viewport,
                );
            }
        }
        if shell.is_event_captured() {
            return;
        }
        let state = tree.state.downcast_mut::<State>();
        match event {
            Event::Mouse(mouse::Event::WheelScrolled { delta }) if cursor.is_over(view) => {
                let by = match *delta {
                    mouse::ScrollDelta::Lines { y, .. } => -y * NOTCH,
                    mouse::ScrollDelta::Pixels { y, .. } => -y,
                };
                let heights = heights(layout);
                let top = self.top(&heights, view.height, by);
                let stand = self.stand_at(&heights, view.height, top);
                if stand != self.stand {
                    shell.publish((self.on_scroll)(stand));
                }
                shell.capture_event();
            }
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                let edge = Rectangle {
                    x: view.x + view.width - 12.0,
                    width: 12.0,
                    ..view
                };
                if cursor.is_over(edge) && self.mark(view).is_some() {
                    state.dragged = true;
                    shell.capture_event();
                }
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                state.dragged = false;
            }
            Event::Mouse(mouse::Event::CursorMoved { position }) if state.dragged => {
                let part = ((position.y - view.y) / view.height).clamp(0.0, 1.0);
                #[allow(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a place in the list, to the item"
                )]
                let item = (part * self.total as f32) as usize;
                let stand = match part >= 0.995 || item >= self.total {
                    true => Stand::End,
                    false => Stand::At { item, below: 0.0 },
                };
                if stand != self.stand {
                    shell.publish((self.on_scroll)(stand));
                }
                shell.capture_event();
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
        let view = layout.bounds();
        let Some(clip) = view.intersection(viewport) else {
            return;
        };
        let inside = match cursor.is_over(view) {
            true => cursor,
            false => mouse::Cursor::Unavailable,
        };
        renderer.with_layer(clip, |renderer| {
            let all = self.items.iter().zip(&tree.children);
            for ((item, tree), inner) in all.zip(layout.children()) {
                if inner.bounds().intersects(&clip) {
                    item.as_widget()
                        .draw(tree, renderer, theme, style, inner, inside, &clip);
                }
            }
        });
        if let Some(bounds) = self.mark(view) {
            renderer.with_layer(clip, |renderer| {
                renderer.fill_quad(
                    renderer::Quad {
                        bounds,
                        border: border::rounded(3),
                        ..renderer::Quad::default()
                    },
                    Background::Color(colors(theme).line),
                );
            });
        }
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        if !cursor.is_over(layout.bounds()) {
            return mouse::Interaction::default();
        }
        let all = self.items.iter().zip(&tree.children);
        all.zip(layout.children())
            .map(|((item, tree), inner)| {
                item.as_widget()
                    .mouse_interaction(tree, inner, cursor, viewport, renderer)
            })
            .max()
            .unwrap_or_default()
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        overlay::from_children(
            &mut self.items,
            tree,
            layout,
            renderer,
            viewport,
            translation,
        )
    }
}

impl<'a, Message: 'a> From<Feed<'a, Message>> for Element<'a, Message> {
    fn from(feed: Feed<'a, Message>) -> Self {
        Self::new(feed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(first: usize, n: usize, total: usize, stand: Stand) -> Feed<'static, Stand> {
        let items = (0..n).map(|_| iced::widget::space().into()).collect();
        Feed::new(items, first, total, stand, |s| s)
    }

    #[test]
    fn only_what_is_near_is_built() {
        assert_eq!(built(Stand::End, 50_000), 49_930..50_000);
        let middle = Stand::At {
            item: 25_000,
            below: 3.0,
        };
        assert_eq!(built(middle, 50_000), 24_930..25_020);
        assert_eq!(built(Stand::End, 3), 0..3);
        assert_eq!(
            built(
                Stand::At {
                    item: 99,
                    below: 0.0
                },
                0
            ),
            0..0
        );
    }

    #[test]
    fn going_up_and_down_again_ends_where_it_began() {
        let heights = vec![30.0; 90];
        let begun = Stand::At {
            item: 500,
            below: 7.0,
        };
        let list = feed(430, 90, 1000, begun);
        let up = list.stand_at(&heights, 600.0, list.top(&heights, 600.0, -200.0));
        let list = feed(430, 90, 1000, up);
        let back = list.stand_at(&heights, 600.0, list.top(&heights, 600.0, 200.0));
        assert_eq!(back, begun);
    }

    #[test]
    fn the_ends_stay_at_the_edges_of_the_view() {
        let heights = vec![30.0; 50];
        let list = feed(0, 50, 50, Stand::End);
        let top = list.top(&heights, 600.0, -100_000.0);
        assert!((top - 0.0).abs() < f32::EPSILON, "{top}");
        let down = list.top(&heights, 600.0, 100_000.0);
        assert_eq!(list.stand_at(&heights, 600.0, down), Stand::End);
        // A few items stand at the lower edge.
        let few = feed(0, 2, 2, Stand::End);
        assert!((few.top(&[30.0, 30.0], 600.0, 0.0) - 536.0).abs() < 0.1);
        assert_eq!(few.stand_at(&[30.0, 30.0], 600.0, 536.0), Stand::End);
    }
}
