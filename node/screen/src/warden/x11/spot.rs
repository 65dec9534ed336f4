//! The window that a person points at, and mouse and keyboard while they do.

use x11rb::connection::Connection as _;
use x11rb::protocol::xinput::{
    ConnectionExt as _, DeviceType, GrabMode22, GrabOwner, GrabType, XIEventMask,
};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, GrabMode, GrabStatus};

use super::{Screen, ScreenError, Shortcut};
use crate::guard::{Area, Owner, ProcessId, Says, WindowId};

/// Longest name of a window, in words of four bytes.
const NAME: u32 = 64;
/// The crosshair of the cursor font.
const CROSSHAIR: u16 = 34;
/// The modifier that Super usually is, and what may be locked beside it.
const SUPER: u32 = 1 << 6;
const LOCKS: [u32; 4] = [0, 1 << 1, 1 << 4, (1 << 1) | (1 << 4)];

/// A window that a window manager takes care of, or that stands by itself.
#[derive(Clone, Debug)]
pub(in super::super) struct Spot {
    pub(in super::super) window: WindowId,
    pub(in super::super) owner: Owner,
    pub(in super::super) area: Area,
    pub(in super::super) says: Says,
    /// What it is called: a claim, for people to read.
    pub(in super::super) name: String,
}

impl Screen {
    /// The window at a place of the screen; menus are none, and neither is what
    /// nobody knows the owner of.
    pub(in super::super) fn spot(&self, x: i32, y: i32) -> Result<Option<Spot>, ScreenError> {
        let (Ok(x), Ok(y)) = (i16::try_from(x), i16::try_from(y)) else {
            return Ok(None);
        };
        self.conn.grab_server()?;
        let found = self.spot_frozen(x, y);
        self.conn.ungrab_server()?;
        self.conn.flush()?;
        found
    }

    fn spot_frozen(&self, x: i16, y: i16) -> Result<Option<Spot>, ScreenError> {
        let Ok(line) = self.line_under(x, y) else {
            return Ok(None);
        };
        let Some(top) = line.first().copied() else {
            return Ok(None);
        };
        let mut managed = None;
        for w in &line {
            let state = self.property(*w, self.atoms.WM_STATE, AtomEnum::ANY.into(), 1)?;
            if state.reply().is_ok_and(|r| r.type_ != x11rb::NONE) {
                managed = Some(*w);
                break;
            }
        }
        let by_itself = self.tops.get(&top).is_some_and(|t| !t.popup);
        let Some(window) = managed.or_else(|| by_itself.then_some(top)) else {
            return Ok(None);
        };
        let (Some(Some(owner)), Ok(says), Some((area, true))) = (
            self.owners(&[window])?.pop(),
            self.says_within(top),
            self.area_of(window)?,
        ) else {
            return Ok(None);
        };
        let name = self.name_of(window)?;
        let window = WindowId(window);
        let spot = Spot {
            window,
            owner,
            area,
            says,
            name,
        };
        Ok(Some(spot))
    }

    /// What a window calls itself.
    pub(in super::super) fn name_of(&self, window: u32) -> Result<String, ScreenError> {
        for name in [self.atoms._NET_WM_NAME, self.atoms.WM_NAME] {
            let asked = self.property(window, name, AtomEnum::ANY.into(), NAME)?;
            if let Ok(text) = asked.reply()
                && !text.value.is_empty()
            {
                return Ok(String::from_utf8_lossy(&text.value).into_owned());
            }
        }
        Ok("a window without a name".into())
    }

    /// What the program of a process is called.
    pub(in super::super) fn program_of(process: ProcessId) -> String {
        crate::x11::program(process.0.get()).unwrap_or_else(|| "a program".into())
    }

    /// A pointer of the X server's own, by its number; to be freed.
    pub(in super::super) fn cursor(&self, glyph: u16) -> Result<u32, ScreenError> {
        let c = &self.conn;
        let font = c.generate_id()?;
        c.open_font(font, b"cursor")?;
        let cursor = c.generate_id()?;
        let full = u16::MAX;
        c.create_glyph_cursor(
            cursor,
            font,
            font,
            glyph,
            glyph + 1,
            0,
            0,
            0,
            full,
            full,
            full,
        )?;
        c.close_font(font)?;
        Ok(cursor)
    }

    /// Mouse and keyboard tell `window` alone, until
    /// [`Screen::let_devices_go`]. `false` if another program has them.
    pub(in super::super) fn hold_devices(&self, window: u32) -> Result<bool, ScreenError> {
        let c = &self.conn;
        let cursor = self.cursor(CROSSHAIR)?;
        let (pointer, keyboard) = self.masters()?;
        let grab = |device: u16, cursor, mask: XIEventMask| {
            Ok::<_, ScreenError>(c.xinput_xi_grab_device(
                window,
                0u32,
                cursor,
                device,
                GrabMode::ASYNC,
                GrabMode::ASYNC,
                GrabOwner::NO_OWNER,
                &[u32::from(mask)],
            )?)
        };
        let hand = XIEventMask::BUTTON_PRESS | XIEventMask::BUTTON_RELEASE | XIEventMask::MOTION;
        let hand = grab(pointer, cursor, hand)?.reply()?.status;
        let keys = grab(keyboard, x11rb::NONE, XIEventMask::KEY_PRESS)?
            .reply()?
            .status;
        // The grab keeps it alive.
        c.free_cursor(cursor)?;
        let both = hand == GrabStatus::SUCCESS && keys == GrabStatus::SUCCESS;
        if !both {
            self.let_devices_go();
        }
        Ok(both)
    }

    /// Gives mouse and keyboard back.
    pub(in super::super) fn let_devices_go(&self) {
        if let Ok((pointer, keyboard)) = self.masters() {
            for device in [pointer, keyboard] {
                let _ = self.conn.xinput_xi_ungrab_device(0u32, device);
            }
        }
        let _ = self.conn.flush();
    }

    /// The first pair of master devices: the pointer and keyboard that
    /// everybody uses.
    fn masters(&self) -> Result<(u16, u16), ScreenError> {
        // 1: all master devices.
        let infos = self.conn.xinput_xi_query_device(1u16)?.reply()?.infos;
        let first = |kind: DeviceType| {
            let found = infos.iter().find(|i| i.type_ == kind);
            found.map(|i| i.deviceid)
        };
        let pair = (
            first(DeviceType::MASTER_POINTER),
            first(DeviceType::MASTER_KEYBOARD),
        );
        match pair {
            (Some(pointer), Some(keyboard)) => Ok((pointer, keyboard)),
            _ => Err(ScreenError::Lacks("a pointer and a keyboard")),
        }
    }

    /// Super with the key of this sign tells the root window of ours, if no
    /// other program has taken it.
    pub(in super::super) fn hear_shortcut(&mut self, sym: u32) -> Result<(), ScreenError> {
        for code in self.codes_of(sym) {
            let modifiers = LOCKS.map(|lock| SUPER | lock);
            let cookie = self.conn.xinput_xi_passive_grab_device(
                0u32,
                self.root,
                x11rb::NONE,
                u32::from(code),
                1u16,
                GrabType::KEYCODE,
                GrabMode22::ASYNC,
                GrabMode::ASYNC,
                GrabOwner::NO_OWNER,
                &[u32::from(XIEventMask::KEY_PRESS)],
                &modifiers,
            )?;
            // Taken by another program: then the mouse is left.
            if cookie.reply().is_ok_and(|r| r.modifiers.is_empty()) {
                self.shortcut = Shortcut::Heard;
            }
        }
        Ok(())
    }

    /// No more.
    pub(in super::super) fn forget_shortcut(&mut self, sym: u32) -> Result<(), ScreenError> {
        self.shortcut = Shortcut::Taken;
        for code in self.codes_of(sym) {
            let modifiers = LOCKS.map(|lock| SUPER | lock);
            self.conn.xinput_xi_passive_ungrab_device(
                self.root,
                u32::from(code),
                1u16,
                GrabType::KEYCODE,
                &modifiers,
            )?;
        }
        Ok(())
    }
}
