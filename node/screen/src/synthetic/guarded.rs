//! Input for the desktop made of numbers, through the same engine and the same
//! guard as the warden's: only what is looked at is simpler.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use kith_codec::geometry::Rect;
use kith_codec::input::{Button, Input, Keysym, Place};
use kith_codec::synthetic::{Desktop, Kind as Shows, TITLE_BAR};
use kith_codec::time::Micros;
use kith_proto::rights::Rights;

use super::SyntheticInput;
use crate::guard::{
    Area, ClientId, ControlGrant, Focus, Grab, Inject, Limits, Own, Owner, Point, ProcessId,
    Reason, ShareId, Sight, ViewerId, What, Window, WindowId,
};
use crate::source::{Placement, Pointer};
use crate::warden::{Engine, Hands, Origin};

/// There is only one share of such a desktop.
const SHARE: ShareId = ShareId(0);

/// X11's numbers of the two keys without a character that the editor knows.
const RETURN: u32 = 0xff0d;
const BACKSPACE: u32 = 0xff08;

/// Who may act on a synthetic desktop, and how. Its windows are what is shared;
/// its ground is not, and the title bars of its windows are their borders.
#[derive(Debug)]
pub struct SyntheticGuard {
    engine: Engine,
    hands: Numbers,
}

impl SyntheticGuard {
    /// Guards this desktop. Nobody may do anything yet.
    #[must_use]
    pub fn new(input: SyntheticInput) -> Self {
        Self {
            engine: Engine::new(Own::default()),
            hands: Numbers {
                input,
                keys: BTreeMap::new(),
            },
        }
    }

    /// Gives a viewer control. Only for this kind of desktop, which belongs to
    /// nobody: no person is asked.
    pub fn give(
        &mut self,
        viewer: ViewerId,
        rights: Rights,
        limits: Limits,
        lasts: Option<Duration>,
    ) {
        let now = self.hands.input.now();
        let micros = |d: Duration| Micros(u64::try_from(d.as_micros()).unwrap_or(u64::MAX));
        let until = lasts.map(|d| now + micros(d));
        let what = What::Applications(Shows::ALL.into_iter().filter_map(owner).collect());
        let grant = ControlGrant::new(SHARE, viewer, rights, what, limits, until);
        self.engine.arm(&mut self.hands, grant, now);
    }

    /// Bars more for a viewer that has control.
    pub fn limit(&mut self, viewer: ViewerId, limits: Limits) {
        let now = self.hands.input.now();
        self.engine.set_limits(SHARE, viewer, limits, now);
    }

    /// Takes it back, letting go of what is held.
    pub fn take(&mut self, viewer: ViewerId) {
        self.engine.disarm(&mut self.hands, SHARE, viewer);
    }

    /// Lets go of what a viewer holds.
    pub fn release(&mut self, viewer: ViewerId) {
        self.engine.release(&mut self.hands, SHARE, viewer);
    }

    /// Decides on one input and does it.
    ///
    /// # Errors
    /// Why it was refused.
    pub fn input(&mut self, viewer: ViewerId, input: &Input) -> Result<(), Reason> {
        let now = self.hands.input.now();
        self.engine.expire(&mut self.hands, now);
        let origin = Origin::Screen(Placement::default());
        self.engine
            .input(&mut self.hands, SHARE, viewer, origin, input, now)?;
        let mut result = Ok(());
        while let Some(outcome) = self.engine.step(&mut self.hands, now) {
            result = result.and(outcome.result);
        }
        result
    }
}

/// Each kind of window is a program of its own.
fn owner(of: Shows) -> Option<Owner> {
    let number = NonZeroU32::new(1 + of as u32)?;
    Some(Owner {
        client: ClientId(number.get() << 21),
        process: ProcessId(number),
    })
}

fn window((of, rect): (Shows, Rect)) -> Window {
    let area = Area::new(rect.x.into(), rect.y.into(), rect.w.into(), rect.h.into());
    let mut window = Window::plain(WindowId(1 + of as u32), owner(of), area);
    window.own_borders.top = TITLE_BAR.into();
    window
}

/// The hands on a desktop of numbers.
#[derive(Debug)]
struct Numbers {
    input: SyntheticInput,
    /// What the held keys type.
    keys: BTreeMap<Keysym, char>,
}

impl Numbers {
    fn go(&self, at: Point) {
        let part = |n: i32| u16::try_from(n.max(0)).unwrap_or(u16::MAX);
        self.input.point(part(at.x), part(at.y));
    }
}

impl Hands for Numbers {
    fn freeze(&mut self) -> Result<(), Reason> {
        // Nobody but viewers does anything to it.
        Ok(())
    }

    fn locate(&mut self, _: Origin, place: Place) -> Result<Point, Reason> {
        let spot = Rect::new(place.x, place.y, 1, 1);
        let screen = self.input.with(|d| d.picture().size().bounds());
        screen
            .contains(spot)
            .then(|| Point {
                x: place.x.into(),
                y: place.y.into(),
            })
            .ok_or(Reason::OutsideArea)
    }

    fn look(&mut self, at: Option<Point>) -> Result<Sight, Reason> {
        let at = at.or_else(|| match self.input.pointer() {
            Pointer::At { x, y } => Some(Point {
                x: x.into(),
                y: y.into(),
            }),
            _ => None,
        });
        let windows: Vec<Window> = self.input.with(|d: &mut Desktop| {
            let topmost_first = d.windows();
            topmost_first.map(window).collect()
        });
        let under = windows
            .iter()
            .find(|w| at.is_some_and(|at| w.area.contains(at)));
        let focus = windows.first().cloned();
        Ok(Sight {
            under: under.cloned().into_iter().collect(),
            focus: focus.map_or(Focus::Nothing, |w| Focus::Window(vec![w])),
            pointer: Grab::Free,
            keyboard: Grab::Free,
            fresh: Vec::new(),
        })
    }

    fn act(&mut self, inject: Inject) -> Result<(), Reason> {
        match inject {
            Inject::Move(at) | Inject::Wheel { at, .. } => self.go(at),
            Inject::Press(at, Button::Main) => {
                self.go(at);
                self.input.press();
            }
            Inject::Press(..) => return Err(Reason::Button),
            Inject::Release(at, _) => {
                if let Some(at) = at {
                    self.go(at);
                }
                self.input.release();
            }
            Inject::KeyDown { key, character } => {
                let types = match (key.get(), character) {
                    (RETURN, _) => '\n',
                    (BACKSPACE, _) => '\u{8}',
                    (_, Some(character)) => character,
                    _ if key.is_modifier() => return Ok(()),
                    _ => return Err(Reason::Untypable),
                };
                self.keys.insert(key, types);
                self.input.key(types);
            }
            Inject::KeyAgain(key) => {
                if let Some(types) = self.keys.get(&key) {
                    self.input.key(*types);
                }
            }
            Inject::KeyUp(key) => {
                self.keys.remove(&key);
            }
            Inject::Type(character) => self.input.key(character),
            Inject::Nothing => {}
        }
        Ok(())
    }

    fn quench(&mut self) {}

    fn flush(&mut self) {}

    fn thaw(&mut self) {}

    fn release_all(&mut self) {
        self.keys.clear();
        self.input.release();
    }
}
