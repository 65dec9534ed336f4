//! Choosing windows by clicking them (GUARD-2): mouse and keyboard are the
//! warden's while it lasts, so that a click acts on no program, and no program
//! and no viewer can click. What a click would do is outlined and written out
//! before; only what was, when the button went down, is done. Where a part of the
//! screen is shown, a click moves the window into it or out of it.

use kith_codec::time::{Micros, Moment};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, EventMask, PropMode, Timestamp};
use x11rb::wrapper::ConnectionExt as _;

use super::Sign;
use super::bring::{Goes, goes};
use super::layout::title_at;
use super::outline::Outline;
use super::window::private_window;
use crate::guard::{Area, Own, Point, Secrecy, ShareId, Shared, What};
use crate::warden::paint::Rgb;
use crate::warden::protocol::Change;
use crate::warden::words::{Words, fill};
use crate::warden::x11::{Screen, ScreenError};

/// The outline of what a click would show.
const ADD: Rgb = 0x1f_6fd0;
/// And of what it would take out.
const REMOVE: Rgb = 0x20_2020;
/// Choosing ends when nothing was done for this long: a mouse that does
/// something else than usual must not stay so.
const PATIENCE: Micros = Micros::from_millis(30_000);
/// Clicks so soon after one that was heeded are part of it, milliseconds of the
/// X server: a double click doesn't take out again what it added.
const TOGETHER: Timestamp = 500;
/// The property of the marker.
const MARK: AtomEnum = AtomEnum::WM_COMMAND;

/// A window under the pointer, and what a click does to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Under {
    pub(super) shared: Shared,
    pub(super) area: Area,
    pub(super) name: String,
    pub(super) click: Click,
}

/// What a click on a window does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Click {
    Change(Change),
    /// It goes into the part that is shown, or out of it.
    Move(Goes),
    /// It can't be shown.
    Nothing,
}

/// What a person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chose {
    This(Shared, Change),
    /// This goes there, in which it is shown or not.
    Move(Shared, Change, Point),
    End,
}

#[derive(Debug)]
pub(super) struct Choosing {
    pub(super) share: ShareId,
    /// The title of the share's frame: its owner of the grabs.
    title: u32,
    pub(super) under: Option<Under>,
    outline: Outline,
    /// A window that is never seen. Drawing an outline changes a property of
    /// it, of which the server tells in its order: what was pressed before
    /// that was pressed when the outline wasn't there.
    marker: u32,
    /// How many of those changes weren't told yet.
    unseen: u32,
    /// When the last click was that was heeded.
    heeded: Option<Timestamp>,
    pub(super) until: Moment,
    /// The outline and the words are those of `under`.
    told: bool,
}

impl Choosing {
    /// Takes mouse and keyboard; `None` if somebody else has them.
    pub(super) fn begin(
        screen: &Screen,
        share: ShareId,
        title: u32,
        now: Moment,
    ) -> Result<Option<Self>, ScreenError> {
        if !screen.hold_devices(title)? {
            return Ok(None);
        }
        Ok(Some(Self {
            share,
            title,
            under: None,
            outline: Outline::default(),
            marker: private_window(screen, EventMask::PROPERTY_CHANGE)?,
            unseen: 0,
            heeded: None,
            until: now + PATIENCE,
            told: true,
        }))
    }

    pub(super) fn end(self, screen: &Screen) {
        screen.let_devices_go();
        self.outline.end(screen);
        let _ = screen.conn.destroy_window(self.marker);
        let _ = screen.flush();
    }

    /// Whether words and outline have to follow.
    pub(super) fn has_news(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// Looks at an event.
    pub(super) fn handle(
        &mut self,
        screen: &mut Screen,
        own: &Own,
        what: &What,
        event: &Event,
        now: Moment,
    ) -> Result<Option<Chose>, ScreenError> {
        match event {
            Event::PropertyNotify(e) if e.window == self.marker && e.atom == MARK.into() => {
                self.unseen = self.unseen.saturating_sub(1);
                Ok(None)
            }
            Event::XinputMotion(e)
                if e.event == self.title && screen.devices.is_persons(e.sourceid) =>
            {
                self.until = now + PATIENCE;
                self.look(screen, own, what, (e.root_x >> 16, e.root_y >> 16))?;
                Ok(None)
            }
            Event::XinputButtonPress(e)
                if e.event == self.title && screen.devices.is_persons(e.sourceid) =>
            {
                self.until = now + PATIENCE;
                let (x, y) = (e.event_x >> 16, e.event_y >> 16);
                let over_title = title_at(screen.face.scale).contains(Point { x, y });
                if e.detail != 1 || over_title {
                    return Ok(Some(Chose::End));
                }
                let again = |at| e.time.wrapping_sub(at) < TOGETHER;
                if self.unseen > 0 || self.heeded.is_some_and(again) {
                    return Ok(None);
                }
                let before = self.under.clone();
                self.look(screen, own, what, (e.root_x >> 16, e.root_y >> 16))?;
                // Only what the person saw outlined: a window that came just
                // before the click isn't it.
                let same = self.under.as_ref().filter(|u| {
                    before
                        .as_ref()
                        .is_some_and(|b| b.shared == u.shared && b.click == u.click)
                });
                let chose = same.and_then(|u| match u.click {
                    Click::Change(change) => Some(Chose::This(u.shared, change)),
                    Click::Move(goes) => {
                        let (change, to) = goes.change()?;
                        Some(Chose::Move(u.shared, change, to))
                    }
                    Click::Nothing => None,
                });
                if chose.is_some() {
                    self.heeded = Some(e.time);
                }
                Ok(chose)
            }
            Event::XinputKeyPress(e)
                if e.event == self.title && screen.devices.is_persons(e.sourceid) =>
            {
                let sym = screen.sym_of(u8::try_from(e.detail).unwrap_or(0));
                Ok((sym == 0xff1b).then_some(Chose::End))
            }
            _ => Ok(None),
        }
    }

    /// What a click does may have changed without the pointer.
    pub(super) fn look_again(
        &mut self,
        screen: &Screen,
        own: &Own,
        what: &What,
    ) -> Result<(), ScreenError> {
        let at = screen.conn.query_pointer(screen.root)?.reply()?;
        self.look(screen, own, what, (at.root_x.into(), at.root_y.into()))
    }

    /// What is under the pointer now, outlined.
    pub(super) fn look(
        &mut self,
        screen: &Screen,
        own: &Own,
        what: &What,
        (x, y): (i32, i32),
    ) -> Result<(), ScreenError> {
        let spot = screen.spot(x, y)?;
        let whole = screen.whole()?;
        let outer = spot
            .as_ref()
            .map(|s| screen.outer(s.window.0))
            .transpose()?;
        let outer = outer.flatten();
        let under = spot.map(|s| {
            let shared = Shared {
                id: s.window,
                owner: s.owner,
            };
            let barred =
                own.is_kith(s.owner) || own.is_claimed(&s.says) || s.says.secrecy != Secrecy::Open;
            Under {
                shared,
                area: s.area,
                name: s.name,
                click: match what {
                    _ if barred => Click::Nothing,
                    What::Region(part) => {
                        Click::Move(goes(outer.unwrap_or(s.area), part.area(), whole))
                    }
                    _ => Click::Change(change(what, shared)),
                },
            }
        });
        if under != self.under {
            self.under = under;
            self.told = false;
            self.draw(screen)?;
        }
        Ok(())
    }

    fn draw(&mut self, screen: &Screen) -> Result<(), ScreenError> {
        // In one go with the outline.
        screen.conn.change_property8(
            PropMode::REPLACE,
            self.marker,
            MARK,
            AtomEnum::STRING,
            &[],
        )?;
        self.unseen += 1;
        let under = self.under.as_ref();
        let change = under.and_then(|u| u.click.change());
        let around = under.filter(|_| change.is_some()).map(|u| u.area);
        let colour = match change {
            Some(Change::Remove) => REMOVE,
            _ => ADD,
        };
        self.outline.draw(screen, around.as_slice(), colour)
    }

    /// The title while it lasts: what to do first, names last. Esc is the panic
    /// key as well (GUARD-6).
    pub(super) fn words(&self, sign: &Sign, words: &Words) -> String {
        let esc = match sign.controllers.is_empty() {
            true => words.esc_ends,
            false => words.esc_ends_all,
        };
        match &self.under {
            Some(u) => match u.click {
                Click::Change(Change::Add) => fill(words.click_shows, &[esc, &u.name]),
                Click::Change(Change::Remove) => fill(words.click_takes_out, &[esc, &u.name]),
                Click::Move(Goes::Into(_)) => fill(words.click_into, &[esc, &u.name]),
                Click::Move(Goes::OutOf(_)) => fill(words.click_out_of, &[esc, &u.name]),
                Click::Move(Goes::Nowhere) => fill(words.click_no_room, &[esc]),
                Click::Nothing => fill(words.click_not, &[esc]),
            },
            None if matches!(sign.what, What::Region(_)) => fill(words.click_in_or_out, &[esc]),
            None => fill(words.click_any, &[esc]),
        }
    }
}

impl Click {
    const fn change(self) -> Option<Change> {
        match self {
            Self::Change(change) => Some(change),
            Self::Move(goes) => match goes.change() {
                Some((change, _)) => Some(change),
                None => None,
            },
            Self::Nothing => None,
        }
    }
}

/// What a click on a window does.
fn change(what: &What, window: Shared) -> Change {
    let shown = match what {
        What::Windows(list) => list.contains(&window),
        What::Applications(owners) => owners.iter().any(|o| o.process == window.owner.process),
        What::Region(_) | What::Desktop => true,
    };
    match shown {
        true => Change::Remove,
        false => Change::Add,
    }
}
