//! What the window shows and does: winit's events in, pixels and input out.

mod events;

use std::fmt;
use std::num::NonZeroU32;
use std::rc::Rc;

use kith_codec::geometry::{MAX_SIDE, Rect, Region, Size};
use kith_codec::input::{Input, Refusal};
use kith_codec::message::CursorShape;
use kith_codec::time::{Micros, Moment};
use kith_display::look::Look;
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event_loop::{ActiveEventLoop, OwnedDisplayHandle};
use winit::keyboard::ModifiersState;
use winit::platform::x11::WindowAttributesExtX11 as _;
use winit::window::{CustomCursor, Window};

use super::canvas::{Canvas, Font};
use super::figures::{self, Figures};
use super::grab::Grab;
use super::keys::Keys;
use super::layout::{Layout, Mode};
use super::pointer::Pointer;
use super::private;
use super::scene::{Scene, panel_rect};
use super::strip::{self, Mood};
use super::{Options, WindowError};
use crate::session::Session;
use crate::words::{Texts, texts};

/// Size of the window before the first picture, in pixels.
const FIRST: (u32, u32) = (960, 640);

/// Smallest window in pixels: the strip says who controls.
const LEAST: (u32, u32) = (320, 160);

/// Part of the screen that a window takes at most by itself.
const ROOM: f64 = 0.9;

/// How long the arrows stay lit after input took effect, and half their
/// blinking.
const LIT: Micros = Micros::from_millis(300);
const BLINK: Micros = Micros::from_millis(150);

/// How long it stays written why input was dropped.
const SAID: Micros = Micros::from_millis(2_500);

type Surface = softbuffer::Surface<OwnedDisplayHandle, Rc<Window>>;

/// The window and all that is known about it.
pub(super) struct Face {
    pub(super) session: Session,
    display: OwnedDisplayHandle,
    look: Look,
    window: Option<Rc<Window>>,
    surface: Option<Surface>,
    failed: Option<WindowError>,
    closed: bool,
    /// The window's size in pixels.
    size: Size,
    scale: f64,
    mode: Mode,
    whole_screen: bool,
    scroll: (i32, i32),
    /// What is to be painted, in the window's pixels.
    dirty: Region,
    /// What the window system lost, though it is painted.
    exposed: bool,
    keys: Keys,
    pointer: Pointer,
    modifiers: ModifiersState,
    grab: Grab,
    /// Keys go to the other side while it lets us control.
    captured: bool,
    controlled: bool,
    focused: bool,
    /// What is dragged: the picture or a scroll bar.
    drag: Option<events::Drag>,
    hover: Option<strip::Button>,
    lit: Option<Moment>,
    /// Whether they were lit when last looked at.
    arrows: bool,
    refused: Option<(Refusal, Moment)>,
    figures: Option<Figures>,
    figures_due: Moment,
    /// Where the sharer's pointer was painted.
    cursor_at: Rect,
    /// The sharer's pointer is to become ours.
    cursor_news: bool,
    custom: Option<CustomCursor>,
    own_cursor: bool,
    titled: String,
    /// Whether the window was made to fit the first picture.
    fitted: bool,
    now: Moment,
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Face({:?})", self.session)
    }
}

impl Face {
    pub(super) fn new(options: Options, display: OwnedDisplayHandle) -> Self {
        Self {
            session: Session::new(),
            display,
            look: options.look,
            window: None,
            surface: None,
            failed: None,
            closed: false,
            size: FALLBACK,
            scale: 1.0,
            mode: options.mode,
            whole_screen: false,
            scroll: (0, 0),
            dirty: Region::new(),
            exposed: false,
            keys: Keys::default(),
            pointer: Pointer::default(),
            modifiers: ModifiersState::empty(),
            grab: Grab::new(),
            captured: false,
            controlled: false,
            focused: false,
            drag: None,
            hover: None,
            lit: None,
            arrows: false,
            refused: None,
            figures: None,
            figures_due: Moment::default(),
            cursor_at: Rect::default(),
            cursor_news: false,
            custom: None,
            own_cursor: false,
            titled: String::new(),
            fitted: false,
            now: Moment::default(),
        }
    }

    fn open(&mut self, event_loop: &ActiveEventLoop) -> Result<(), WindowError> {
        let attributes = Window::default_attributes()
            .with_title("Kith")
            // By this name a window manager's rules find it.
            .with_name("kith-view", "kith-view")
            .with_visible(false)
            .with_inner_size(PhysicalSize::new(FIRST.0, FIRST.1))
            .with_min_inner_size(PhysicalSize::new(LEAST.0, LEAST.1))
            .with_max_inner_size(PhysicalSize::new(MAX_SIDE, MAX_SIDE));
        let window = Rc::new(event_loop.create_window(attributes)?);
        private::mark(&window)?;
        window.set_visible(true);
        self.scale = window.scale_factor();
        let context = softbuffer::Context::new(self.display.clone())?;
        self.surface = Some(Surface::new(&context, Rc::clone(&window))?);
        let inner = window.inner_size();
        self.window = Some(window);
        self.resized(inner);
        Ok(())
    }

    /// Makes room for the largest window now: once confined, no shared memory
    /// can be had. Untouched room costs nothing.
    pub(super) fn reserve(&mut self) -> Result<(), WindowError> {
        if let Some(e) = self.failed.take() {
            return Err(e);
        }
        let Some(surface) = &mut self.surface else {
            return Ok(());
        };
        let sides = |w: u16, h: u16| Some((NonZeroU32::new(w.into())?, NonZeroU32::new(h.into())?));
        let most = sides(RESERVED.0, RESERVED.1);
        for (w, h) in most
            .into_iter()
            .chain(sides(self.size.width(), self.size.height()))
        {
            surface.resize(w, h)?;
        }
        Ok(())
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    fn words(&self) -> &'static Texts {
        texts(self.look.language)
    }

    fn font(&self) -> Font {
        Font::for_scale(self.scale * f64::from(self.look.scale.factor()))
    }

    fn strip_height(&self) -> u16 {
        strip::height(self.font(), self.size.width())
    }

    fn layout(&self) -> Layout {
        let picture = self.session.size().unwrap_or(self.size);
        Layout::new(
            self.size,
            self.strip_height(),
            picture,
            self.mode,
            self.scroll,
        )
    }

    fn mood(&self) -> Mood {
        // Off at the beginning of each blink's second half.
        let arrows = self.lit.is_some_and(|since| {
            let gone = (self.now - since).0;
            gone < LIT.0 && (gone / BLINK.0).is_multiple_of(2)
        });
        Mood {
            words: self.words(),
            arrows,
            captured: self.captured,
            mode: self.mode,
            whole_screen: self.whole_screen,
            hover: self.hover,
            refused: self.refused.map(|(why, _)| why),
        }
    }

    fn all_dirty(&mut self) {
        self.dirty.clear();
        self.dirty.add(self.size.bounds());
    }

    fn strip_dirty(&mut self) {
        self.dirty.add(self.layout().strip);
    }

    fn resized(&mut self, inner: PhysicalSize<u32>) {
        let side = |n: u32| u16::try_from(n).unwrap_or(MAX_SIDE).clamp(1, MAX_SIDE);
        let (w, mut h) = (side(inner.width), side(inner.height));
        // Within what is reserved.
        let most = u32::from(RESERVED.0) * u32::from(RESERVED.1);
        h = h.min(u16::try_from(most / u32::from(w)).unwrap_or(u16::MAX));
        if let Some(size) = Size::new(w, h) {
            self.size = size;
            self.all_dirty();
        }
    }

    /// After events and news: everything that follows from them.
    pub(super) fn settle(&mut self, now: Moment) {
        self.now = now;
        let news = self.session.take_news();
        if news.size {
            self.fit_window();
            self.all_dirty();
        }
        let layout = self.layout();
        for r in news.damage.rects() {
            self.dirty.add(layout.on_window(*r));
        }
        if news.masks {
            self.dirty.add(layout.view);
        }
        if news.told {
            if self.session.over().is_some() {
                self.session.forget_picture();
            }
            self.all_dirty();
            self.retitle();
        }
        if news.trip {
            self.strip_dirty();
        }
        if let Some(order) = news.order {
            self.obey(order);
        }
        if news.activity.is_some() {
            // Goes on blinking where it is.
            let since = self.lit.filter(|s| now - *s < LIT).unwrap_or(now);
            self.lit = Some(since);
        }
        if let Some(why) = news.refused {
            self.refused = Some((why, now));
            self.strip_dirty();
        }
        self.control_changed();
        if news.cursor || self.dirty_cursor() {
            self.cursor_news |= news.cursor;
            self.move_cursor();
        }
        self.timers(now);
        if let Some(input) = self.pointer.take_move() {
            self.session.send(&input);
        }
    }

    /// Control came or went.
    fn control_changed(&mut self) {
        let controls = self.session.controls();
        if controls != self.controlled {
            self.controlled = controls;
            self.captured = controls;
            self.let_go();
            self.cursor_news = true;
            self.all_dirty();
        }
        let grab = self.captured && self.focused && controls;
        if let Some(window) = &self.window {
            self.grab.set(window, grab);
        }
    }

    /// Everything held there is let go (GUARD-5).
    fn let_go(&mut self) {
        let keys = self.keys.clear();
        if self.pointer.clear() || keys {
            self.session.send(&Input::ReleaseAll);
        }
    }

    fn timers(&mut self, now: Moment) {
        self.lit = self.lit.filter(|since| now - *since < LIT);
        // Painted when they change, not all the while that they blink.
        let arrows = self.mood().arrows;
        if arrows != std::mem::replace(&mut self.arrows, arrows) {
            self.strip_dirty();
        }
        if self.refused.is_some_and(|(_, at)| now - at >= SAID) {
            self.refused = None;
            self.strip_dirty();
        }
        let (layout, font, words) = (self.layout(), self.font(), self.words());
        if let Some(figures) = &mut self.figures
            && now >= self.figures_due
        {
            let before = panel_rect(&layout, font, &figures.lines, false);
            figures.look(&self.session, words, now);
            let after = panel_rect(&layout, font, &figures.lines, false);
            self.figures_due = now + figures::PERIOD;
            self.dirty.add(before.union(after));
        }
    }

    /// When something happens by itself.
    pub(super) fn next_moment(&self) -> Option<Moment> {
        let lit = self.lit.map(|since| {
            let half = since + BLINK;
            if self.now < half { half } else { since + LIT }
        });
        let said = self.refused.map(|(_, at)| at + SAID);
        let figures = self.figures.as_ref().map(|_| self.figures_due);
        [lit, said, figures].into_iter().flatten().min()
    }

    /// The window as large as the picture, if the screen has room.
    fn fit_window(&mut self) {
        let (Some(window), Some(size), false) = (&self.window, self.session.size(), self.fitted)
        else {
            return;
        };
        self.fitted = true;
        let room = window
            .current_monitor()
            .map_or(PhysicalSize::new(1920, 1080), |m| m.size());
        let within =
            |want: u32, room: u32, least: u32| want.min((f64::from(room) * ROOM) as u32).max(least);
        let width = within(size.width().into(), room.width, LEAST.0);
        let strip = strip::height(self.font(), u16::try_from(width).unwrap_or(u16::MAX));
        let height = u32::from(size.height()) + u32::from(strip);
        let want = PhysicalSize::new(width, within(height, room.height, LEAST.1));
        keep_on_screen(window, want);
        if let Some(now) = window.request_inner_size(want) {
            self.resized(now);
        }
    }

    fn retitle(&mut self) {
        let s = &self.session;
        let over = match s.over() {
            Some(_) => format!(" ({})", self.words().title_ended),
            None => String::new(),
        };
        let title = match (s.person(), s.what()) {
            ("", _) => format!("Kith{over}"),
            (person, "") => format!("{person}{over} \u{b7} Kith"),
            (person, what) => format!("{what} \u{b7} {person}{over} \u{b7} Kith"),
        };
        if title != self.titled {
            if let Some(window) = &self.window {
                window.set_title(&title);
            }
            self.titled = title;
        }
    }

    // The sharer's pointer.

    /// While we control, ours has the sharer's shape and the sharer's is not
    /// painted: it would only trail behind.
    fn paints_pointer(&self) -> bool {
        !self.session.controls() && self.session.over().is_none()
    }

    fn cursor_now(&self) -> Rect {
        let shown = self.session.cursor().filter(|_| self.paints_pointer());
        shown.map_or(Rect::default(), |(shape, x, y)| {
            Scene::cursor_rect(&self.layout(), shape, x, y)
        })
    }

    fn dirty_cursor(&self) -> bool {
        self.cursor_now() != self.cursor_at
    }

    fn move_cursor(&mut self) {
        let now = self.cursor_now();
        self.dirty.add(self.cursor_at);
        self.dirty.add(now);
        self.cursor_at = now;
    }

    /// Our pointer over the picture takes the sharer's shape while we control.
    fn dress_pointer(&mut self, event_loop: &ActiveEventLoop) {
        let Some(window) = self.window.clone() else {
            return;
        };
        if std::mem::take(&mut self.cursor_news) {
            let shape = self.session.cursor().filter(|_| self.session.controls());
            self.custom = shape
                .and_then(|(shape, ..)| custom_cursor(shape))
                .map(|source| event_loop.create_custom_cursor(source));
            self.own_cursor = false;
        }
        let (x, y) = self.pointer.at;
        let over = self.layout().place(x, y).is_some();
        match &self.custom {
            Some(custom) if over && !self.own_cursor => {
                window.set_cursor(custom.clone());
                self.own_cursor = true;
            }
            Some(_) if over => (),
            _ if self.own_cursor || self.custom.is_none() => {
                window.set_cursor(winit::window::CursorIcon::Default);
                self.own_cursor = false;
            }
            _ => (),
        }
    }

    /// Paints what is dirty. Whether something was shown.
    pub(super) fn paint(&mut self, now: Moment) -> Result<bool, WindowError> {
        if let Some(e) = self.failed.take() {
            return Err(e);
        }
        let nothing = self.dirty.is_empty() && !self.exposed;
        if nothing && self.session.wants_paint() {
            // An update without visible change: painted as it is.
            return Ok(true);
        }
        if nothing {
            return Ok(false);
        }
        self.now = now;
        let layout = self.layout();
        let figures: &[String] = self.figures.as_ref().map_or(&[], |f| &f.lines);
        let scene = Scene {
            session: &self.session,
            layout,
            font: self.font(),
            mood: self.mood(),
            pointer: self.paints_pointer(),
            figures,
        };
        let Some(surface) = &mut self.surface else {
            return Ok(false);
        };
        let (w, h) = (self.size.width(), self.size.height());
        if let (Some(w), Some(h)) = (NonZeroU32::new(w.into()), NonZeroU32::new(h.into())) {
            surface.resize(w, h)?;
        }
        let mut buffer = surface.buffer_mut()?;
        if buffer.age() != 1 {
            // What was painted before is not in there.
            self.dirty.clear();
            self.dirty.add(self.size.bounds());
        }
        for r in self.dirty.rects() {
            scene.paint(&mut Canvas::new(&mut buffer, w, *r));
        }
        if std::mem::take(&mut self.exposed) {
            self.dirty.clear();
            self.dirty.add(self.size.bounds());
        }
        let damage: Vec<softbuffer::Rect> = self
            .dirty
            .rects()
            .iter()
            .filter_map(|r| shown(*r))
            .collect();
        self.dirty.clear();
        buffer.present_with_damage(&damage)?;
        // Waits until it is on the screen: only then may it be said so.
        let _ = surface.buffer_mut()?;
        Ok(true)
    }
}

/// Room for pixels that is reserved, as sides: 128 MiB of address space.
const RESERVED: (u16, u16) = (MAX_SIDE, 4096);

/// Before the window exists.
const FALLBACK: Size = match Size::new(FIRST.0 as u16, FIRST.1 as u16) {
    Some(size) => size,
    None => panic!("a size of constants"),
};

/// A window that grows stays where all of it can be seen.
fn keep_on_screen(window: &Window, want: PhysicalSize<u32>) {
    let (Some(monitor), Ok(at)) = (window.current_monitor(), window.outer_position()) else {
        return;
    };
    let (inner, outer) = (window.inner_size(), window.outer_size());
    let side = |at: i32, from: i32, room: u32, want: u32, border: u32| {
        let last = i64::from(from) + i64::from(room) - i64::from(want) - i64::from(border);
        // Within what both can be.
        i64::from(at).min(last).max(i64::from(from)) as i32
    };
    let (from, room) = (monitor.position(), monitor.size());
    let to = PhysicalPosition::new(
        side(
            at.x,
            from.x,
            room.width,
            want.width,
            outer.width.saturating_sub(inner.width),
        ),
        side(
            at.y,
            from.y,
            room.height,
            want.height,
            outer.height.saturating_sub(inner.height),
        ),
    );
    if to != at {
        window.set_outer_position(to);
    }
}

fn shown(r: Rect) -> Option<softbuffer::Rect> {
    Some(softbuffer::Rect {
        x: r.x.into(),
        y: r.y.into(),
        width: NonZeroU32::new(r.w.into())?,
        height: NonZeroU32::new(r.h.into())?,
    })
}

/// The shape for the window system, which wants colours without the alpha
/// worked in.
fn custom_cursor(shape: &CursorShape) -> Option<winit::window::CustomCursorSource> {
    let rgba: Vec<u8> = shape
        .pixels
        .iter()
        .flat_map(|p| {
            let alpha = p >> 24;
            let plain = |shift: u32| {
                let c = (p >> shift & 0xff) * 255;
                c.checked_div(alpha).unwrap_or(0).min(255) as u8
            };
            [plain(16), plain(8), plain(0), alpha as u8]
        })
        .collect();
    CustomCursor::from_rgba(rgba, shape.w, shape.h, shape.hot_x, shape.hot_y).ok()
}
