//! A button that the keyboard reaches too: Tab comes to it, a ring shows it,
//! Enter and Space press it. (iced's own button can't be focused.)

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::{Focusable, Operation};
use iced::advanced::widget::{Id, Tree, Widget, tree};
use iced::advanced::{Clipboard, Renderer as _, Shell, overlay, renderer};
use iced::border::{self, Border};
use iced::keyboard::{self, key};
use iced::{
    Alignment, Background, Color, Element, Event, Length, Padding, Rectangle, Renderer, Size,
    Theme, Vector, mouse, touch, window,
};

use crate::theme::{Colors, RADIUS, colors};

/// What a button is for; decides its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Role {
    /// The one thing to do here.
    Main,
    /// One of several.
    #[default]
    Plain,
    /// Beside others: no box until the pointer comes.
    Quiet,
    /// A line of a list.
    Row,
    /// The chosen line of a list.
    Chosen,
    /// Ends that somebody sees this screen.
    Stop,
    /// The same, on a red ground.
    StopOnLive,
}

/// A button.
pub(crate) struct Press<'a, Message> {
    content: Element<'a, Message>,
    id: Option<Id>,
    about: Option<String>,
    on_press: Option<Message>,
    role: Role,
    width: Length,
    padding: Padding,
}

/// A button around `content`.
pub(crate) fn press<'a, Message>(content: impl Into<Element<'a, Message>>) -> Press<'a, Message> {
    Press {
        content: content.into(),
        id: None,
        about: None,
        on_press: None,
        role: Role::Plain,
        width: Length::Shrink,
        padding: Padding::from([8.0, 14.0]),
    }
}

impl<Message> Press<'_, Message> {
    /// What it says when pressed; without this it is disabled.
    pub(crate) fn on_press(mut self, message: Message) -> Self {
        self.on_press = Some(message);
        self
    }

    /// The same, if there is something to say.
    pub(crate) fn on_press_maybe(mut self, message: Option<Message>) -> Self {
        self.on_press = message;
        self
    }

    /// What it is for.
    pub(crate) const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// By which name tests and the keyboard find it.
    pub(crate) fn id(mut self, id: impl Into<Id>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// What it answers. Where a button about something else comes to stand in
    /// its place, that one has neither its focus nor a press that has begun.
    pub(crate) fn about(mut self, about: String) -> Self {
        self.about = Some(about);
        self
    }

    /// How wide it is.
    pub(crate) fn width(mut self, width: impl Into<Length>) -> Self {
        self.width = width.into();
        self
    }

    /// The distance between its edge and what is in it.
    pub(crate) fn padding(mut self, padding: impl Into<Padding>) -> Self {
        self.padding = padding.into();
        self
    }
}

#[derive(Debug, Default)]
struct State {
    about: Option<String>,
    pressed: bool,
    focused: bool,
    hovered: bool,
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

impl<Message: Clone> Widget<Message, Theme, Renderer> for Press<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State {
            about: self.about.clone(),
            ..State::default()
        })
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.content)]
    }

    fn diff(&self, tree: &mut Tree) {
        let state = tree.state.downcast_mut::<State>();
        if state.about != self.about {
            *state = State {
                about: self.about.clone(),
                ..State::default()
            };
        }
        tree.diff_children(std::slice::from_ref(&self.content));
    }

    fn size(&self) -> Size<Length> {
        Size::new(self.width, Length::Shrink)
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        layout::positioned(
            limits,
            self.width,
            Length::Shrink,
            self.padding,
            |limits| {
                let child = &mut tree.children[0];
                let limits = &limits.loose();
                self.content.as_widget_mut().layout(child, renderer, limits)
            },
            |content, size| content.align(Alignment::Center, Alignment::Center, size),
        )
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        if self.on_press.is_some() {
            let state = tree.state.downcast_mut::<State>();
            operation.focusable(self.id.as_ref(), layout.bounds(), state);
        }
        operation.container(self.id.as_ref(), layout.bounds());
        operation.traverse(&mut |operation| {
            if let Some(inner) = layout.children().next() {
                let child = &mut tree.children[0];
                self.content
                    .as_widget_mut()
                    .operate(child, inner, renderer, operation);
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
        if let Some(inner) = layout.children().next() {
            self.content.as_widget_mut().update(
                &mut tree.children[0],
                event,
                inner,
                cursor,
                renderer,
                clipboard,
                shell,
                viewport,
            );
        }
        if shell.is_event_captured() {
            return;
        }
        let Some(message) = &self.on_press else {
            return;
        };
        let state = tree.state.downcast_mut::<State>();
        let over = cursor.is_over(layout.bounds());
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left))
            | Event::Touch(touch::Event::FingerPressed { .. }) => {
                state.focused = false;
                if over {
                    state.pressed = true;
                    shell.capture_event();
                    shell.request_redraw();
                }
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left))
            | Event::Touch(touch::Event::FingerLifted { .. })
                if state.pressed =>
            {
                state.pressed = false;
                if over {
                    shell.publish(message.clone());
                }
                shell.capture_event();
                shell.request_redraw();
            }
            Event::Touch(touch::Event::FingerLost { .. }) => state.pressed = false,
            Event::Keyboard(keyboard::Event::KeyPressed {
                key: keyboard::Key::Named(key::Named::Enter | key::Named::Space),
                modifiers,
                repeat: false,
                ..
            }) if state.focused && modifiers.is_empty() => {
                shell.publish(message.clone());
                shell.capture_event();
            }
            Event::Mouse(_) | Event::Window(window::Event::Unfocused) if state.hovered != over => {
                state.hovered = over;
                shell.request_redraw();
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
        let state = tree.state.downcast_ref::<State>();
        let over = self.on_press.is_some() && cursor.is_over(bounds);
        let looks = looks(self.role, colors(theme), self.on_press.is_some(), over);
        if looks.background.is_some() || looks.border.width > 0.0 {
            renderer.fill_quad(
                renderer::Quad {
                    bounds,
                    border: looks.border,
                    ..renderer::Quad::default()
                },
                Background::Color(looks.background.unwrap_or(Color::TRANSPARENT)),
            );
        }
        if state.focused {
            renderer.fill_quad(
                renderer::Quad {
                    bounds: bounds.shrink(1),
                    border: border::rounded(RADIUS).width(2).color(looks.ring),
                    ..renderer::Quad::default()
                },
                Background::Color(Color::TRANSPARENT),
            );
        }
        if let Some(inner) = layout.children().next() {
            let style = renderer::Style {
                text_color: looks.text.unwrap_or(style.text_color),
            };
            self.content.as_widget().draw(
                &tree.children[0],
                renderer,
                theme,
                &style,
                inner,
                cursor,
                viewport,
            );
        }
    }

    fn mouse_interaction(
        &self,
        _tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _viewport: &Rectangle,
        _renderer: &Renderer,
    ) -> mouse::Interaction {
        match self.on_press.is_some() && cursor.is_over(layout.bounds()) {
            true => mouse::Interaction::Pointer,
            false => mouse::Interaction::default(),
        }
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        self.content.as_widget_mut().overlay(
            &mut tree.children[0],
            layout.children().next()?,
            renderer,
            viewport,
            translation,
        )
    }
}

struct Looks {
    background: Option<Color>,
    border: Border,
    text: Option<Color>,
    ring: Color,
}

fn looks(role: Role, c: Colors, enabled: bool, over: bool) -> Looks {
    let mix = |a: Color, b: Color| Color {
        r: a.r * 0.88 + b.r * 0.12,
        g: a.g * 0.88 + b.g * 0.12,
        b: a.b * 0.88 + b.b * 0.12,
        a: 1.0,
    };
    let round = border::rounded(RADIUS);
    let solid = |ground: Color, text: Color| Looks {
        background: Some(if over { mix(ground, c.text) } else { ground }),
        border: round,
        text: Some(text),
        ring: c.text,
    };
    let lined = |line: Color, text: Option<Color>| Looks {
        background: over.then_some(c.hover),
        border: round
            .color(line)
            .width(if line.a > 0.0 { 1.0 } else { 0.0 }),
        text,
        ring: c.accent,
    };
    match (role, enabled) {
        (Role::Main, true) => solid(c.accent, c.on_accent),
        (Role::Stop, true) => solid(c.live, c.on_live),
        (Role::StopOnLive, true) => solid(c.on_live, c.live),
        (Role::Chosen, _) => Looks {
            background: Some(c.chosen),
            ..lined(Color::TRANSPARENT, Some(c.text))
        },
        (Role::Plain, true) => lined(c.line, Some(c.text)),
        (Role::Quiet, true) => lined(Color::TRANSPARENT, Some(c.muted)),
        (Role::Row, _) => lined(Color::TRANSPARENT, Some(c.text)),
        (Role::Main | Role::Stop | Role::StopOnLive, false) => Looks {
            background: Some(c.hover),
            ..lined(Color::TRANSPARENT, Some(c.muted))
        },
        (Role::Plain | Role::Quiet, false) => lined(c.line, Some(c.muted)),
    }
}

impl<'a, Message: Clone + 'a> From<Press<'a, Message>> for Element<'a, Message> {
    fn from(press: Press<'a, Message>) -> Self {
        Self::new(press)
    }
}
