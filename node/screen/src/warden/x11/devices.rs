//! Which device an input came from: a person's, or XTEST's.
//!
//! Raw events (XInput 2) come whoever has grabbed what, and name the device
//! that made them. What we inject comes from the XTEST devices.

use std::collections::BTreeSet;

use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, DeviceType, EventMask, XIEventMask, XIGetPropertyItems,
};
use x11rb::rust_connection::RustConnection;

use super::{Atoms, ScreenError};

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

/// The input devices.
#[derive(Debug)]
pub(in super::super) struct Devices {
    xtest: BTreeSet<u16>,
    known: BTreeSet<u16>,
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
            xtest: BTreeSet::new(),
            known: BTreeSet::new(),
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
        self.xtest.clear();
        self.known.clear();
        let infos = conn.xinput_xi_query_device(Device::ALL)?.reply()?.infos;
        for info in infos {
            let slave = matches!(
                info.type_,
                DeviceType::SLAVE_POINTER | DeviceType::SLAVE_KEYBOARD | DeviceType::FLOATING_SLAVE
            );
            if !slave {
                continue;
            }
            let property = conn
                .xinput_xi_get_property(info.deviceid, false, atoms.XTEST_DEVICE, 0u32, 0, 1)?
                .reply()?;
            let is_xtest = matches!(&property.items,
                XIGetPropertyItems::Data8(d) if d.first().is_some_and(|b| *b != 0));
            if !is_xtest {
                self.known.insert(info.deviceid);
                continue;
            }
            self.xtest.insert(info.deviceid);
            // The first pair belongs to the virtual core devices.
            let id = u8::try_from(info.deviceid).unwrap_or(0);
            match info.type_ {
                DeviceType::SLAVE_POINTER if self.pointer == 0 => self.pointer = id,
                DeviceType::SLAVE_KEYBOARD if self.keyboard == 0 => self.keyboard = id,
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether a person's device made it: one that is known and not XTEST's.
    pub(in super::super) fn is_physical(&self, source: u16) -> bool {
        self.known.contains(&source) && !self.xtest.contains(&source)
    }

    /// What a person did, if it is that; whether the devices changed.
    pub(super) fn hear(&self, event: &Event) -> (Option<Heard>, bool) {
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
        // One that isn't known yet is taken for a person's: panic and "local
        // wins" only ever take from the viewer.
        (heard.filter(|_| !self.xtest.contains(&source)), false)
    }
}
