//! What of a share a viewer may not do, though it has control (GUARD-4). What
//! of that is remembered (GUARD-8) is [`kith_proto::limits`].

use ciborium::Value;
use kith_codec::input::Keysym;
use kith_proto::cbor::{Decode, DecodeError, Encode, Extra, MapBuilder, MapReader};
use kith_proto::limits::{Bars, Limit};

use super::desk::{Area, Point, WindowId};

/// Most barred places of a share.
pub const MAX_BARRED: usize = 64;
/// Most rectangles of the area that takes input.
pub const MAX_AREAS: usize = 32;
/// Most keys barred one by one.
pub const MAX_BARRED_KEYS: usize = 64;

/// Whether something may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Allow {
    /// It may.
    Allowed,
    /// It may not.
    Barred,
}

impl Allow {
    /// The tighter of both.
    #[must_use]
    pub const fn meet(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allowed, Self::Allowed) => Self::Allowed,
            _ => Self::Barred,
        }
    }
}

/// Which keys pass. Keys of the desktop never do, see [`super::keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keys {
    /// None.
    Nothing,
    /// Text and the keys for editing and moving in it; no shortcuts with
    /// Control or Alt, no function keys.
    Text,
    /// Everything that isn't barred by itself.
    All,
}

/// How much input, how fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Events a second in the long run; at least 1.
    pub per_second: u16,
    /// Events at once; at least 1.
    pub burst: u16,
}

impl Default for Rate {
    /// A fast mouse gives up to 250 moves a second after the viewer has left
    /// out what is out of date; a fast typist 25 keys.
    fn default() -> Self {
        Self {
            per_second: 400,
            burst: 400,
        }
    }
}

/// A place that takes no input: a menu entry, a button, a part of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Barred {
    /// Relative to the top left of this window; `None`: to the screen. Only
    /// for the running share: a remembered limit names no window.
    pub window: Option<WindowId>,
    /// Where.
    pub area: Area,
}

impl Barred {
    pub(super) fn covers(self, window: WindowId, origin: Point, p: Point) -> bool {
        let at = match self.window {
            None => p,
            Some(w) if w == window => Point {
                x: p.x.saturating_sub(origin.x),
                y: p.y.saturating_sub(origin.y),
            },
            Some(_) => return false,
        };
        self.area.contains(at)
    }
}

/// All limits of one viewer in one share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Menus and pop-ups.
    pub menus: Allow,
    /// Dialogs that open or save files.
    pub file_dialogs: Allow,
    /// The button for menus, usually the right one.
    pub right_click: Allow,
    /// Borders and title bars: move, resize, close. Those that a program
    /// draws by itself included.
    pub borders: Allow,
    /// Which keys pass.
    pub keys: Keys,
    /// Keys barred one by one.
    pub barred_keys: Vec<Keysym>,
    /// How much, how fast.
    pub rate: Rate,
    /// Where on the screen input is taken; `None`: everywhere that is shared.
    /// Smaller than what is seen, or pointless.
    pub area: Option<Vec<Area>>,
    /// Places that take no input.
    pub barred: Vec<Barred>,
}

impl Default for Limits {
    /// Everything inside the windows; their borders stay the sharer's.
    fn default() -> Self {
        Self {
            menus: Allow::Allowed,
            file_dialogs: Allow::Allowed,
            right_click: Allow::Allowed,
            borders: Allow::Barred,
            keys: Keys::All,
            barred_keys: Vec::new(),
            rate: Rate::default(),
            area: None,
            barred: Vec::new(),
        }
    }
}

/// Why limits are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// More areas, places or keys than a share may have, or a rate of 0.
    #[error("the limits are outside of their own limits")]
    TooMany,
}

impl Limits {
    /// Checks the bounds of every list.
    ///
    /// # Errors
    /// [`LimitsError`]; our own mistake, or an older or damaged store.
    pub fn check(&self) -> Result<(), LimitsError> {
        let areas = self.area.as_ref().map_or(0, Vec::len);
        let fits = self.barred.len() <= MAX_BARRED
            && self.barred_keys.len() <= MAX_BARRED_KEYS
            && areas <= MAX_AREAS
            && self.rate.per_second > 0
            && self.rate.burst > 0;
        if fits {
            Ok(())
        } else {
            Err(LimitsError::TooMany)
        }
    }

    /// These, and what else is barred (GUARD-4, GUARD-8). Only ever tighter.
    #[must_use]
    pub fn narrowed(mut self, bars: &Bars) -> Self {
        let limits = bars.limits();
        for (limit, allow) in [
            (Limit::Menus, &mut self.menus),
            (Limit::FileDialogs, &mut self.file_dialogs),
            (Limit::RightClick, &mut self.right_click),
            (Limit::Borders, &mut self.borders),
        ] {
            if limits.contains(limit) {
                *allow = Allow::Barred;
            }
        }
        if limits.contains(Limit::Shortcuts) {
            self.keys = self.keys.min(Keys::Text);
        }
        // What is no keysym can't be pressed either.
        let keys = bars.keys().iter().filter_map(|k| Keysym::new(*k));
        self.barred_keys.extend(keys);
        self.barred_keys.sort_unstable();
        self.barred_keys.dedup();
        // What has no room can't be left out without loosening.
        let full = self.barred_keys.len() > MAX_BARRED_KEYS;
        if full || limits.contains(Limit::Keyboard) || self.keys == Keys::Nothing {
            self.keys = Keys::Nothing;
            self.barred_keys.clear();
        }
        if let Some(per_second) = bars.per_second() {
            self.rate.per_second = self.rate.per_second.min(per_second);
            self.rate.burst = self.rate.burst.min(per_second);
        }
        self
    }

    /// The tighter of both in every respect.
    /// Areas of both are kept where only one has any; where both have, those
    /// of `self` that lie inside one of `other`.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let mut barred_keys = self.barred_keys.clone();
        barred_keys.extend(&other.barred_keys);
        barred_keys.sort_unstable();
        barred_keys.dedup();
        let mut barred = self.barred.clone();
        for b in &other.barred {
            if !barred.contains(b) {
                barred.push(*b);
            }
        }
        let area = match (&self.area, &other.area) {
            (None, a) | (a, None) => a.clone(),
            (Some(a), Some(b)) => Some(
                a.iter()
                    .filter(|a| b.iter().any(|b| within(**a, *b)))
                    .copied()
                    .collect(),
            ),
        };
        // What no longer fits can't be left out without loosening: then
        // nothing may be typed or clicked at all.
        let full = barred.len() > MAX_BARRED || barred_keys.len() > MAX_BARRED_KEYS;
        Self {
            menus: self.menus.meet(other.menus),
            file_dialogs: self.file_dialogs.meet(other.file_dialogs),
            right_click: self.right_click.meet(other.right_click),
            borders: self.borders.meet(other.borders),
            keys: if full {
                Keys::Nothing
            } else {
                self.keys.min(other.keys)
            },
            barred_keys: if full { Vec::new() } else { barred_keys },
            rate: Rate {
                per_second: self.rate.per_second.min(other.rate.per_second),
                burst: self.rate.burst.min(other.rate.burst),
            },
            area: if full { Some(Vec::new()) } else { area },
            barred: if full { Vec::new() } else { barred },
        }
    }
}

fn within(inner: Area, outer: Area) -> bool {
    let end = |at: i32, len: u32| i64::from(at) + i64::from(len);
    inner.x >= outer.x
        && inner.y >= outer.y
        && end(inner.x, inner.w) <= end(outer.x, outer.w)
        && end(inner.y, inner.h) <= end(outer.y, outer.h)
}

impl Encode for Allow {
    fn encode(&self) -> Value {
        Value::from(match self {
            Self::Allowed => 1u8,
            Self::Barred => 0,
        })
    }
}

impl Decode for Allow {
    /// A number that means nothing here bars: it is newer, and tighter.
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(match u8::decode(value)? {
            1 => Self::Allowed,
            _ => Self::Barred,
        })
    }
}

impl Encode for Keys {
    fn encode(&self) -> Value {
        Value::from(match self {
            Self::Nothing => 0u8,
            Self::Text => 1,
            Self::All => 2,
        })
    }
}

impl Decode for Keys {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(match u8::decode(value)? {
            1 => Self::Text,
            2 => Self::All,
            _ => Self::Nothing,
        })
    }
}

/// A number that may be negative, as the writer of areas needs it.
fn signed(n: i32) -> i64 {
    i64::from(n)
}

fn int32(value: i64) -> Result<i32, DecodeError> {
    i32::try_from(value).map_err(|_| DecodeError::OutOfRange)
}

impl Encode for Area {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &signed(self.x))
            .put(1, &signed(self.y))
            .put(2, &self.w)
            .put(3, &self.h)
            .build()
    }
}

impl Decode for Area {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let area = Self {
            x: int32(m.req(0)?)?,
            y: int32(m.req(1)?)?,
            w: m.req(2)?,
            h: m.req(3)?,
        };
        exact(m)?;
        Ok(area)
    }
}

impl Encode for Barred {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put_opt(0, self.window.map(|w| w.0).as_ref())
            .put(1, &self.area)
            .build()
    }
}

impl Decode for Barred {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        let barred = Self {
            window: m.opt(0)?.map(WindowId),
            area: m.req(1)?,
        };
        exact(m)?;
        Ok(barred)
    }
}

/// A limit that isn't understood can't be kept, so nothing is left over.
fn exact(m: MapReader) -> Result<(), DecodeError> {
    match m.finish()? {
        Extra::None => Ok(()),
        Extra::Ignored => Err(DecodeError::OutOfRange),
    }
}

impl Encode for Limits {
    fn encode(&self) -> Value {
        let keys: Vec<u32> = self.barred_keys.iter().map(|k| k.get()).collect();
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.menus)
            .put(2, &self.file_dialogs)
            .put(3, &self.right_click)
            .put(4, &self.borders)
            .put(5, &self.keys)
            .put_list(6, &keys)
            .put(7, &self.rate.per_second)
            .put(8, &self.rate.burst)
            .put_opt(9, self.area.as_ref())
            .put_list(10, &self.barred)
            .build()
    }
}

impl Decode for Limits {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut m = MapReader::new(value)?;
        m.version(0, 1)?;
        let limits = Self {
            menus: m.req(1)?,
            file_dialogs: m.req(2)?,
            right_click: m.req(3)?,
            borders: m.req(4)?,
            keys: m.req(5)?,
            barred_keys: m
                .list::<u32>(6, MAX_BARRED_KEYS)?
                .into_iter()
                .map(|k| Keysym::new(k).ok_or(DecodeError::OutOfRange))
                .collect::<Result<_, _>>()?,
            rate: Rate {
                per_second: m.req(7)?,
                burst: m.req(8)?,
            },
            area: m.opt(9)?,
            barred: m.list(10, MAX_BARRED)?,
        };
        exact(m)?;
        limits.check().map_err(|_| DecodeError::OutOfRange)?;
        Ok(limits)
    }
}
