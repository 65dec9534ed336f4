//! The input devices of a display, and which of them programs press.

use x11rb::errors::ReplyError;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, DeviceType, XIDeviceInfo, XIGetPropertyItems,
};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::OpenError;
use super::link::{Link, lost};

/// What a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputKind {
    /// Keys.
    Keyboard,
    /// Pointing and pressing.
    Pointer,
}

impl InputKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Keyboard, Self::Pointer];
}

/// Who makes what comes from a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputMaker {
    /// Hands, as far as the X server knows.
    Hands,
    /// Any program that asks the X server for it (XTEST): x11vnc and on-screen
    /// keyboards as well as a script.
    Programs,
}

/// An input device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputDevice {
    /// The number by which events name it.
    pub id: u16,
    /// What the X server calls it. From outside: escape it.
    pub name: String,
    /// What it is for.
    pub kind: InputKind,
    /// Who makes what comes from it.
    pub maker: InputMaker,
}

/// The property that tells XTEST's devices.
pub(crate) const XTEST_DEVICE: &[u8] = b"XTEST Device";

/// What input devices a display has that are switched on (`None`: that of
/// `DISPLAY`).
///
/// # Errors
/// There is no such display, or it lacks XInput 2.
pub fn inputs(display: Option<&str>) -> Result<Vec<InputDevice>, OpenError> {
    let link = Link::open(display)?;
    let conn = &link.conn;
    let atom = conn.intern_atom(false, XTEST_DEVICE).map_err(lost)?;
    let lacks = |_: ReplyError| OpenError::Lacks("XInput 2");
    let atom = atom.reply().map_err(lacks)?.atom;
    read(conn, atom).map_err(lacks)
}

/// The same on a connection that has said which XInput it speaks; `xtest` is
/// the atom of [`XTEST_DEVICE`].
pub(crate) fn read(conn: &RustConnection, xtest: u32) -> Result<Vec<InputDevice>, ReplyError> {
    let infos = conn.xinput_xi_query_device(Device::ALL)?.reply()?.infos;
    let mut devices = Vec::new();
    for info in infos {
        // One that is switched off presses nothing, whoever asks.
        let Some(kind) = kind(&info).filter(|_| info.enabled) else {
            continue;
        };
        let property = conn
            .xinput_xi_get_property(info.deviceid, false, xtest, 0u32, 0, 1)?
            .reply();
        let property = match property {
            // Pulled out in this moment.
            Err(ReplyError::X11Error(_)) => continue,
            property => property?,
        };
        let programs = matches!(&property.items,
            XIGetPropertyItems::Data8(d) if d.first().is_some_and(|b| *b != 0));
        devices.push(InputDevice {
            id: info.deviceid,
            name: String::from_utf8_lossy(&info.name).into_owned(),
            kind,
            maker: match programs {
                true => InputMaker::Programs,
                false => InputMaker::Hands,
            },
        });
    }
    Ok(devices)
}

/// What a device is for; none of those that only gather others' input.
fn kind(info: &XIDeviceInfo) -> Option<InputKind> {
    let has_keys = || info.classes.iter().any(|c| c.data.as_key().is_some());
    match info.type_ {
        DeviceType::SLAVE_KEYBOARD => Some(InputKind::Keyboard),
        DeviceType::SLAVE_POINTER => Some(InputKind::Pointer),
        DeviceType::FLOATING_SLAVE if has_keys() => Some(InputKind::Keyboard),
        DeviceType::FLOATING_SLAVE => Some(InputKind::Pointer),
        _ => None,
    }
}
