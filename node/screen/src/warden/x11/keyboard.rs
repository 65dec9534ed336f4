//! The keyboard: reading its map, lending spare keys a meaning, and what is
//! held down for viewers.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kith_codec::input::{Button, Keysym};
use x11rb::connection::SequenceNumber;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, InputStateData};
use x11rb::protocol::xkb::{ConnectionExt as _, EventType, MapPart};
use x11rb::protocol::xproto::{ConnectionExt as _, Keycode};
use x11rb::protocol::xtest::ConnectionExt as _;

use super::super::keymap::{Beyond, Code, KeyEntry, KeyType, Keymap, Meanings, lend};
use super::{Screen, ScreenError};

/// How long a spare key keeps its meaning at least after it was pressed: a
/// program looks the meaning up when it gets to the event, not before.
const LENT_FOR: Duration = Duration::from_millis(400);

/// A spare key with a meaning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lent {
    code: Code,
    meaning: [u32; 2],
    used: Instant,
}

/// What is held down by us.
#[derive(Debug, Default)]
pub(super) struct Down {
    /// The key pressed for each meaning.
    pub(super) keys: BTreeMap<Keysym, Code>,
    /// X numbers of buttons.
    pub(super) buttons: BTreeMap<Button, u8>,
    /// Of buttons that were let go while the server may still show them down:
    /// a window manager that takes a click first keeps what follows waiting.
    pub(super) leaving: BTreeSet<u8>,
}

impl Down {
    pub(super) fn holds(&self, code: Code) -> bool {
        self.keys.values().any(|c| *c == code)
    }

    /// Whether this button, which the server shows down, is so by us.
    pub(super) fn shows(&self, number: u8) -> bool {
        self.buttons.values().any(|n| *n == number) || self.leaving.contains(&number)
    }
}

pub(super) const KEY_PRESS: u8 = 2;
pub(super) const KEY_RELEASE: u8 = 3;
pub(super) const BUTTON_PRESS: u8 = 4;
pub(super) const BUTTON_RELEASE: u8 = 5;
pub(super) const MOTION: u8 = 6;

/// Most of what was injected that is kept: the server tells of each in a moment.
const MAX_FAKED: usize = 1024;

/// What a request of ours injects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Faked {
    pub(super) request: SequenceNumber,
    kind: u8,
    detail: u8,
}

impl Faked {
    /// Whether the server tells of it so.
    pub(super) fn makes(&self, event: &Event) -> bool {
        let (kind, detail) = match event {
            Event::XinputRawKeyPress(e) => (KEY_PRESS, e.detail),
            Event::XinputRawKeyRelease(e) => (KEY_RELEASE, e.detail),
            Event::XinputRawButtonPress(e) => (BUTTON_PRESS, e.detail),
            Event::XinputRawButtonRelease(e) => (BUTTON_RELEASE, e.detail),
            Event::XinputRawMotion(_) => return self.kind == MOTION,
            _ => return false,
        };
        (self.kind, u32::from(self.detail)) == (kind, detail)
    }
}

/// The parts of the map that say what a key types.
fn parts() -> MapPart {
    MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::MODIFIER_MAP
}

/// What X calls NoSymbol.
const NO_SYMBOL: u32 = 0;

impl Screen {
    /// Injects, at once. Errors of the server (none are expected) come as
    /// events and are dropped there.
    pub(super) fn fake(&mut self, kind: u8, detail: u8, x: i16, y: i16) -> Result<(), ScreenError> {
        let fake = self
            .conn
            .xtest_fake_input(kind, detail, 0, self.root, x, y, 0)?;
        let request = fake.sequence_number();
        if self.faked.len() == MAX_FAKED {
            self.faked.pop_front();
        }
        self.faked.push_back(Faked {
            request,
            kind,
            detail,
        });
        Ok(())
    }

    /// Hears of changes of the map that [`Screen::read_keymap`] reads: to X a
    /// layout that somebody sets is a new map, or a new keyboard (GUARD-5).
    pub(super) fn watch_keymap(&self) -> Result<(), ScreenError> {
        let all = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
        let (device, none) = (u16::from(self.devices.keyboard), EventType::from(0u16));
        let c = &self.conn;
        let map = parts();
        let asked = c.xkb_select_events(device, none, all, map, map, &Default::default())?;
        Ok(asked.check()?)
    }

    /// Reads the map that our injected keys are read with: that of the XTEST
    /// keyboard.
    pub(super) fn read_keymap(&mut self) -> Result<(), ScreenError> {
        let none = MapPart::from(0u16);
        let reply = self
            .conn
            .xkb_get_map(
                u16::from(self.devices.keyboard),
                parts(),
                none,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0u16.into(),
                0,
                0,
                0,
                0,
                0,
                0,
            )?
            .reply()?;
        let types = reply
            .map
            .types_rtrn
            .unwrap_or_default()
            .into_iter()
            .map(|t| KeyType {
                mask: u16::from(t.mods_mask) as u8,
                levels: t
                    .map
                    .iter()
                    .filter(|e| e.active)
                    .map(|e| (u16::from(e.mods_mask) as u8, e.level))
                    .collect(),
            })
            .collect();
        let mut keys = BTreeMap::new();
        for (i, k) in reply.map.syms_rtrn.unwrap_or_default().iter().enumerate() {
            let Ok(code) = u8::try_from(usize::from(reply.first_key_sym) + i) else {
                break;
            };
            let n = usize::from(k.group_info & 0x0f).min(4);
            let width = usize::from(k.width);
            let groups = (0..n)
                .map(|g| Meanings {
                    kind: usize::from(k.kt_index[g]),
                    syms: k
                        .syms
                        .get(g * width..(g + 1) * width)
                        .unwrap_or_default()
                        .to_vec(),
                })
                .collect();
            let beyond = match k.group_info & 0xc0 {
                0x40 => Beyond::Clamp,
                0x80 => Beyond::Redirect((k.group_info >> 4) & 0x03),
                _ => Beyond::Wrap,
            };
            keys.insert(code, KeyEntry { groups, beyond });
        }
        let modifiers = reply
            .map
            .modmap_rtrn
            .unwrap_or_default()
            .into_iter()
            .map(|m| (m.keycode, u16::from(m.mods) as u8))
            .filter(|(_, m)| *m != 0)
            .collect();
        self.keymap = Keymap {
            types,
            keys,
            modifiers,
        };
        self.keymap_stale = false;
        // Somebody may have set a whole new map: what was lent is gone then.
        let map = &self.keymap;
        self.lent.retain(|l| {
            map.keys.get(&l.code).is_some_and(|k| {
                k.groups
                    .first()
                    .is_some_and(|g| g.syms.first() == Some(&l.meaning[0]))
            })
        });
        Ok(())
    }

    /// Lends a spare key the meaning of a character; `None` if it can't be
    /// typed, `Some(false)` if all spare keys are in use for the moment.
    pub(super) fn borrow(&mut self, c: char) -> Result<Option<bool>, ScreenError> {
        let Some(meaning) = lend(c) else {
            return Ok(None);
        };
        if let Some(i) = self.lent.iter().position(|l| l.meaning == meaning) {
            if let Some(mut l) = self.lent.remove(i) {
                l.used = Instant::now();
                self.lent.push_back(l);
            }
            return Ok(Some(true));
        }
        let code = match self.keymap.spares().into_iter().next() {
            Some(code) => code,
            None => {
                let Some(oldest) = self.lent.front().copied() else {
                    return Ok(None);
                };
                if oldest.used.elapsed() < LENT_FOR || self.down.holds(oldest.code) {
                    return Ok(Some(false));
                }
                self.lent.pop_front();
                oldest.code
            }
        };
        self.set_meaning(code, meaning)?;
        self.read_keymap()?;
        self.lent.push_back(Lent {
            code,
            meaning,
            used: Instant::now(),
        });
        Ok(Some(true))
    }

    /// A key was pressed: if its meaning is lent, it stays so for a while.
    pub(super) fn used(&mut self, code: Code) {
        if let Some(i) = self.lent.iter().position(|l| l.code == code)
            && let Some(mut l) = self.lent.remove(i)
        {
            l.used = Instant::now();
            self.lent.push_back(l);
        }
    }

    fn set_meaning(&mut self, code: Keycode, meaning: [u32; 2]) -> Result<(), ScreenError> {
        self.conn.change_keyboard_mapping(1, code, 2, &meaning)?;
        Ok(())
    }

    /// Takes back what was lent and has not been used for a while; `all`:
    /// whenever it was used. Says when to come again.
    pub(in super::super) fn take_back(
        &mut self,
        all: bool,
    ) -> Result<Option<Instant>, ScreenError> {
        /// Longer than anybody pauses within a word.
        const IDLE: Duration = Duration::from_secs(10);
        let mut changed = false;
        while let Some(l) = self.lent.front().copied() {
            if !all && (l.used.elapsed() < IDLE || self.down.holds(l.code)) {
                break;
            }
            self.set_meaning(l.code, [NO_SYMBOL, NO_SYMBOL])?;
            self.lent.pop_front();
            changed = true;
        }
        if changed {
            self.read_keymap()?;
        }
        Ok(self.lent.front().map(|l| l.used + IDLE))
    }

    /// Lets go of what the XTEST devices hold though we hold nothing: an
    /// earlier warden was killed (GUARD-5).
    pub(super) fn release_left_over(&mut self) -> Result<(), ScreenError> {
        for device in [self.devices.keyboard, self.devices.pointer] {
            // Devices must be opened before XInput 1 says anything about them.
            self.conn.xinput_open_device(device)?.reply()?;
            let state = self.conn.xinput_query_device_state(device)?.reply()?;
            for class in state.classes {
                let (kind, down) = match class.data {
                    InputStateData::Key(k) => (KEY_RELEASE, k.keys),
                    InputStateData::Button(b) => (BUTTON_RELEASE, b.buttons),
                    _ => continue,
                };
                for code in 0..=255u8 {
                    if down[usize::from(code / 8)] & (1 << (code % 8)) != 0 {
                        self.fake(kind, code, 0, 0)?;
                    }
                }
            }
        }
        // A round trip: it is done before anything else begins.
        self.conn.get_input_focus()?.reply()?;
        Ok(())
    }
}
