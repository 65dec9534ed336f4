//! What a viewer with control still may not do, and what of that is
//! remembered (GUARD-4, GUARD-8; spec 12, "Remembered limits").
//!
//! Limits only take away. Everything here adds them up: [`Bars::meet`] is the
//! tighter of both in every respect, and [`Book::bars`] the tightest of all
//! that is remembered and fits. There is nothing that subtracts.

use ciborium::Value;

use crate::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::id::{DeviceId, PersonId};
use crate::policy::application::{AppName, AppNames};
use crate::registry::registry;

#[cfg(test)]
mod tests;

/// Most keys barred one by one. Somebody who wants more bars shortcuts.
pub const MAX_KEYS: usize = 64;

/// Most limits that are remembered: nobody oversees more, and each is looked
/// at whenever control is given.
pub const MAX_REMEMBERED: usize = 256;

/// Largest encoded [`Bars`], in bytes: 64 keys of up to 5 bytes, and the rest.
pub const MAX_BYTES: usize = 1024;

registry! {
    /// Something that a viewer with control still can't do (GUARD-4).
    enum Limit;
    /// A set of limits: more is tighter.
    set Limits;
    /// Menus take no clicks.
    Menus = 1, "menus";
    /// Dialogs that choose files are barred.
    FileDialogs = 2, "file-dialogs";
    /// No right click.
    RightClick = 3, "right-click";
    /// Title bars and borders take no clicks: no moving, resizing, closing.
    Borders = 4, "borders";
    /// Letters, digits and editing keys alone; no shortcuts.
    Shortcuts = 5, "shortcuts";
    /// No keys at all.
    Keyboard = 6, "keyboard";
}

/// All that is barred.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Bars {
    limits: Limits,
    /// Keysyms as X numbers them; sorted, each once.
    keys: Vec<u32>,
    per_second: Option<u16>,
}

impl Bars {
    /// These limits, these keys (as keysyms), and at most so many inputs a
    /// second.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`]: more than [`MAX_KEYS`] keys, or a rate
    /// of 0.
    pub fn new(
        limits: Limits,
        mut keys: Vec<u32>,
        per_second: Option<u16>,
    ) -> Result<Self, DecodeError> {
        keys.sort_unstable();
        keys.dedup();
        if keys.len() > MAX_KEYS || per_second == Some(0) {
            return Err(DecodeError::OutOfRange);
        }
        Ok(Self {
            limits,
            keys,
            per_second,
        })
    }

    /// What of the [`Limit`]s is barred.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Keys barred one by one, as keysyms; sorted.
    #[must_use]
    pub fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// The most inputs a second; `None`: as many as anybody's.
    #[must_use]
    pub const fn per_second(&self) -> Option<u16> {
        self.per_second
    }

    /// Whether nothing is barred.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The tighter of both in every respect. Where both together bar more
    /// keys one by one than fit, all keys are barred: nothing may get looser.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let mut limits = self.limits.union(other.limits);
        let mut keys = [&self.keys[..], &other.keys].concat();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() > MAX_KEYS {
            limits = limits.with(Limit::Keyboard);
            keys.clear();
        }
        let rates = [self.per_second, other.per_second];
        Self {
            limits,
            keys,
            per_second: rates.into_iter().flatten().min(),
        }
    }

    /// Whether this bars everything that `other` bars.
    #[must_use]
    pub fn bars_all_of(&self, other: &Self) -> bool {
        let slow = |rate: Option<u16>| rate.unwrap_or(u16::MAX);
        let no_keys = self.limits.contains(Limit::Keyboard);
        other.limits.is_subset(self.limits)
            && (no_keys || other.keys.iter().all(|k| self.keys.contains(k)))
            && slow(self.per_second) <= slow(other.per_second)
    }
}

impl Encode for Bars {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &1u64)
            .put(1, &self.limits)
            .put_list(2, &self.keys)
            .put_opt(3, self.per_second.as_ref())
            .build()
    }
}

impl Decode for Bars {
    /// What a newer version wrote and isn't known here can't be kept; so
    /// nothing may be typed and no menu opened.
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let known = Limits::read(r.req(1)?)?;
        let keys: Vec<u32> = r.list(2, MAX_KEYS)?;
        cbor::sorted(&keys, Clone::clone)?;
        let per_second = r.opt(3)?;
        let limits = match (known.unknown.is_empty(), r.finish()?) {
            (true, cbor::Extra::None) => known.set,
            _ => Limits::ALL,
        };
        Self::new(limits, keys, per_second)
    }
}

/// For whom, with what and where from a remembered limit counts. What is left
/// out means any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fits {
    /// Which person.
    pub person: Option<PersonId>,
    /// Which device of theirs.
    pub device: Option<DeviceId>,
    /// Which application, as the sharer's system calls it.
    pub application: Option<AppName>,
}

impl Encode for Fits {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put_opt(0, self.person.as_ref())
            .put_opt(1, self.device.as_ref())
            .put_opt(2, self.application.as_ref())
            .build()
    }
}

impl Decode for Fits {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let fits = Self {
            person: r.opt(0)?,
            device: r.opt(1)?,
            application: r.opt(2)?,
        };
        let _ = r.finish()?;
        Ok(fits)
    }
}

impl Fits {
    fn person(&self, person: &PersonId) -> bool {
        self.person.is_none_or(|p| p == *person)
    }

    /// A share without named applications is one of the desktop or a part of
    /// it: all of them may lie there.
    fn applications(&self, shared: &AppNames) -> bool {
        let shared = shared.as_slice();
        self.application
            .as_ref()
            .is_none_or(|a| shared.is_empty() || shared.contains(a))
    }
}

/// A limit that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Remembered {
    /// When it counts.
    pub fits: Fits,
    /// What it bars.
    pub bars: Bars,
}

/// All that is remembered: at most one of each [`Fits`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book(Vec<Remembered>);

impl Book {
    /// Takes in what was kept.
    #[must_use]
    pub fn of(kept: impl IntoIterator<Item = Remembered>) -> Self {
        let mut book = Self::default();
        for r in kept {
            // Two of one key can't come from our own store; if they do, both
            // count.
            let bars = match book.at(&r.fits) {
                Some(before) => before.meet(&r.bars),
                None => r.bars,
            };
            book.put(r.fits, bars);
        }
        book
    }

    /// In the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Remembered> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is remembered for exactly this.
    #[must_use]
    pub fn at(&self, fits: &Fits) -> Option<&Bars> {
        let found = self.0.iter().find(|r| r.fits == *fits);
        found.map(|r| &r.bars)
    }

    /// Remembers this from now on, in the place of what was there.
    pub fn put(&mut self, fits: Fits, bars: Bars) {
        match self.0.iter_mut().find(|r| r.fits == fits) {
            Some(r) => r.bars = bars,
            None => self.0.push(Remembered { fits, bars }),
        }
    }

    /// What wouldn't count any more, for anybody, if something were put there:
    /// what is there, and for the first of a device its siblings'. Together
    /// with this, nothing that is put there loosens.
    #[must_use]
    pub fn displaced(&self, fits: &Fits) -> Bars {
        let first = fits.device.is_some() && fits.person.is_some() && self.at(fits).is_none();
        let goes = |r: &&Remembered| match first {
            true => {
                r.fits.device.is_some()
                    && r.fits.person == fits.person
                    && r.fits.application == fits.application
            }
            false => r.fits == *fits,
        };
        let all = self.0.iter().filter(goes);
        all.fold(Bars::default(), |all, r| all.meet(&r.bars))
    }

    /// Forgets it. `false` if there was nothing.
    pub fn remove(&mut self, fits: &Fits) -> bool {
        let before = self.0.len();
        self.0.retain(|r| r.fits != *fits);
        self.0.len() < before
    }

    /// What is barred for a viewer in a share of these applications; of none:
    /// of the desktop, or a part of it.
    ///
    /// Everything that fits counts, together. Of a person's other devices as
    /// much counts as nothing else is remembered for, of the same applications
    /// (GUARD-8): a new device begins with the person's strictest.
    #[must_use]
    pub fn bars(&self, person: &PersonId, device: &DeviceId, shared: &AppNames) -> Bars {
        let fits = |r: &&Remembered| r.fits.person(person) && r.fits.applications(shared);
        let counts = |r: &&Remembered| match r.fits.device {
            None => true,
            Some(d) if d == *device => true,
            // Another device: only of this very person's.
            Some(_) => r.fits.person.is_some() && !self.has_own(device, r),
        };
        let all = self.0.iter().filter(fits).filter(counts);
        all.fold(Bars::default(), |all, r| all.meet(&r.bars))
    }

    /// Whether this device has limits of its own in the place of those.
    fn has_own(&self, device: &DeviceId, other: &Remembered) -> bool {
        let own = Fits {
            device: Some(*device),
            ..other.fits.clone()
        };
        self.at(&own).is_some()
    }
}
