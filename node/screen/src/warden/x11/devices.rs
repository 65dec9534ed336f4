//! Which device an input came from: a person's, or XTEST's.
//!
//! Raw events (XInput 2) come whoever has grabbed what, and name the device
//! that made them. What we inject comes from the XTEST devices, as does what
//! x11vnc and on-screen keyboards make for a person: theirs counts where the
//! person has enrolled it (ASK-3), ours never.

use std::collections::{BTreeMap, BTreeSet};

use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, EventMask, XIEventMask};
use x11rb::rust_connection::RustConnection;

use super::{Atoms, ScreenError};
use crate::x11::{InputKind, InputMaker, read_inputs};

/// Something a person did with mouse or keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Heard {
    /// A key, by its number, pressed.
    KeyDown(u8),
    /// A key let go.
    KeyUp(u8),
    /// The mouse moved, or a button or wheel of it.
    Pointer,
}

/// Whose an input is that came from an XTEST device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// We injected it, for a viewer.
    Us,
    /// Another program made it.
    Others,
}

/// Whether input of enrolled XTEST devices presses what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Pressing {
    /// It does.
    Counts,
    /// Somebody else has or had control, and may have left a program here that
    /// presses (GUARD-9).
    Never,
}

/// Whether a hand reaches the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It has a device that a hand may be at.
    Hands,
    /// None but those of an X server without any (Xvfb): who presses there is a
    /// program in any case, and whoever may is the person there.
    Nobody,
}

/// The input devices.
#[derive(Debug)]
pub(in super::super) struct Devices {
    xtest: BTreeMap<u16, InputKind>,
    known: BTreeSet<u16>,
    /// Whether anybody's hand reaches this screen.
    pub(super) reach: Reach,
    /// How often devices came or went.
    pub(in super::super) changes: u64,
    /// The kinds whose XTEST devices the person has enrolled.
    pub(in super::super) enrolled: BTreeSet<InputKind>,
    pub(in super::super) pressing: Pressing,
    /// The XTEST keyboard and pointer that belong to the first master devices.
    pub(super) keyboard: u8,
    pub(super) pointer: u8,
}

const ALL: u16 = 0;
const ALL_MASTERS: u16 = 1;

impl Devices {
    pub(super) fn open(
        conn: &RustConnection,
        root: u32,
        atoms: &Atoms,
    ) -> Result<Self, ScreenError> {
        let version = conn.xinput_xi_query_version(2, 3)?.reply()?;
        // Since 2.1 raw events come while somebody has grabbed the device.
        if (version.major_version, version.minor_version) < (2, 1) {
            return Err(ScreenError::Lacks("XInput 2.1"));
        }
        let mut devices = Self {
            xtest: BTreeMap::new(),
            known: BTreeSet::new(),
            reach: Reach::Nobody,
            changes: 0,
            enrolled: BTreeSet::new(),
            pressing: Pressing::Never,
            keyboard: 0,
            pointer: 0,
        };
        devices.refresh(conn, atoms)?;
        if devices.keyboard == 0 || devices.pointer == 0 {
            return Err(ScreenError::Lacks("XTEST devices"));
        }
        let raw = XIEventMask::RAW_KEY_PRESS
            | XIEventMask::RAW_KEY_RELEASE
            | XIEventMask::RAW_BUTTON_PRESS
            | XIEventMask::RAW_BUTTON_RELEASE
            | XIEventMask::RAW_MOTION;
        conn.xinput_xi_select_events(
            root,
            &[
                EventMask {
                    deviceid: ALL_MASTERS,
                    mask: vec![raw],
                },
                EventMask {
                    deviceid: ALL,
                    mask: vec![XIEventMask::HIERARCHY],
                },
            ],
        )?
        .check()?;
        Ok(devices)
    }

    pub(super) fn refresh(
        &mut self,
        conn: &RustConnection,
        atoms: &Atoms,
    ) -> Result<(), ScreenError> {
        let devices = read_inputs(conn, atoms.XTEST_DEVICE)?;
        self.xtest.clear();
        self.known.clear();
        self.reach = Reach::Nobody;
        for device in devices {
            if device.maker == InputMaker::Hands {
                self.known.insert(device.id);
                if !device.name.starts_with("Xvfb ") {
                    self.reach = Reach::Hands;
                }
                continue;
            }
            self.xtest.insert(device.id, device.kind);
            // The first pair belongs to the virtual core devices.
            let first = match device.kind {
                InputKind::Keyboard => &mut self.keyboard,
                InputKind::Pointer => &mut self.pointer,
            };
            if *first == 0 {
                *first = u8::try_from(device.id).unwrap_or(0);
            }
        }
        Ok(())
    }

    /// Whether a person's device made it, as far as that lets anything happen:
    /// one that is known and not XTEST's, or an enrolled one of XTEST's while
    /// that counts.
    pub(in super::super) fn is_persons(&self, source: u16) -> bool {
        match self.xtest.get(&source) {
            Some(kind) => self.pressing == Pressing::Counts && self.enrolled.contains(kind),
            None => self.known.contains(&source),
        }
    }

    /// What a person did, if it is that; whether the devices changed. `maker`:
    /// whose it is if it came from an XTEST device.
    pub(super) fn hear(&self, event: &Event, maker: Maker) -> (Option<Heard>, bool) {
        let code = |detail: u32| u8::try_from(detail).ok();
        let (source, heard) = match event {
            Event::XinputRawKeyPress(e) => (e.sourceid, code(e.detail).map(Heard::KeyDown)),
            Event::XinputRawKeyRelease(e) => (e.sourceid, code(e.detail).map(Heard::KeyUp)),
            Event::XinputRawButtonPress(e) | Event::XinputRawButtonRelease(e) => {
                (e.sourceid, Some(Heard::Pointer))
            }
            Event::XinputRawMotion(e) => (e.sourceid, Some(Heard::Pointer)),
            Event::XinputHierarchy(_) => return (None, true),
            _ => return (None, false),
        };
        // One that isn't known yet is taken for a person's, and so is an enrolled
        // one's at any time: panic and "local wins" only ever take from the viewer.
        let persons = match self.xtest.get(&source) {
            Some(kind) => maker == Maker::Others && self.enrolled.contains(kind),
            None => true,
        };
        (heard.filter(|_| persons), false)
    }
}
