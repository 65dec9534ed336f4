//! Somebody at the mouse and keyboard of a test's screen.

use x11rb::connection::Connection as _;
use x11rb::protocol::xinput::{ConnectionExt as _, DeviceType, XIChangePropertyAux};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::Xvfb;

/// Somebody at the mouse and keyboard: input that comes from devices which
/// aren't XTEST's.
pub(crate) struct Person {
    conn: RustConnection,
    root: u32,
    keyboard: u8,
    pointer: u8,
    first: u8,
}

impl Person {
    pub(crate) fn new(x: &Xvfb) -> Self {
        let conn = x.connect();
        let root = conn.setup().roots[0].root;
        conn.xinput_xi_query_version(2, 2).unwrap().reply().unwrap();
        let infos = conn
            .xinput_xi_query_device(0u16)
            .unwrap()
            .reply()
            .unwrap()
            .infos;
        let find = |kind: DeviceType| {
            infos
                .iter()
                .find(|i| i.type_ == kind && !i.name.windows(5).any(|w| w == b"XTEST"))
                .map(|i| u8::try_from(i.deviceid).unwrap())
                .expect("Xvfb has a device that isn't XTEST's")
        };
        let (keyboard, pointer) = (
            find(DeviceType::SLAVE_KEYBOARD),
            find(DeviceType::SLAVE_POINTER),
        );
        let first = x11rb::connection::RequestConnection::extension_information(
            &conn,
            x11rb::protocol::xinput::X11_EXTENSION_NAME,
        )
        .unwrap()
        .unwrap()
        .first_event;
        for d in [keyboard, pointer] {
            conn.xinput_open_device(d).unwrap().reply().unwrap();
        }
        Self {
            conn,
            root,
            keyboard,
            pointer,
            first,
        }
    }

    fn fake(&self, kind: u8, detail: u8, device: u8) {
        self.conn
            .xtest_fake_input(self.first + kind, detail, 0, self.root, 0, 0, device)
            .unwrap()
            .check()
            .unwrap();
    }

    /// Presses and lets go a key by its number.
    pub(crate) fn key(&self, code: u8) {
        self.fake(1, code, self.keyboard);
        self.fake(2, code, self.keyboard);
    }

    /// Presses a key and keeps it down.
    pub(crate) fn press(&self, code: u8) {
        self.fake(1, code, self.keyboard);
    }

    /// Lets it go.
    pub(crate) fn release(&self, code: u8) {
        self.fake(2, code, self.keyboard);
    }

    /// Does something in one go: nobody else is served meanwhile.
    pub(crate) fn at_once(&self, act: impl FnOnce()) {
        self.conn.grab_server().unwrap().check().unwrap();
        act();
        self.conn.ungrab_server().unwrap().check().unwrap();
    }

    pub(crate) fn click(&self, button: u8) {
        self.hold(button);
        self.let_go(button);
    }

    /// Presses a button and keeps it down.
    pub(crate) fn hold(&self, button: u8) {
        self.fake(3, button, self.pointer);
    }

    /// Lets it go.
    pub(crate) fn let_go(&self, button: u8) {
        self.fake(4, button, self.pointer);
    }

    /// The mouse goes, as if it were pulled out, or is there again.
    pub(crate) fn plug_mouse(&self, there: bool) {
        self.plug(self.pointer, there);
    }

    /// Mouse and keyboard do.
    pub(crate) fn plug_all(&self, there: bool) {
        self.plug(self.keyboard, there);
        self.plug(self.pointer, there);
    }

    fn plug(&self, device: u8, there: bool) {
        let name = self.conn.intern_atom(false, b"Device Enabled").unwrap();
        let name = name.reply().unwrap().atom;
        let value = XIChangePropertyAux::Data8(vec![u8::from(there)]);
        let (device, mode) = (u16::from(device), PropMode::REPLACE);
        self.conn
            .xinput_xi_change_property(device, mode, name, u32::from(AtomEnum::INTEGER), 1, &value)
            .unwrap()
            .check()
            .unwrap();
    }

    /// Moves the pointer there: as the person's device if it can, which this
    /// X server's mouse does by steps.
    pub(crate) fn point(&self, x: i16, y: i16) {
        let at = self.conn.query_pointer(self.root).unwrap().reply().unwrap();
        let axes = [i32::from(x - at.root_x), i32::from(y - at.root_y)];
        // Device motion, relative.
        send_device_motion(&self.conn, self.first + 5, self.pointer, axes);
        self.conn.get_input_focus().unwrap().reply().unwrap();
    }
}

/// XTEST's device-addressed motion needs its axes in further events, which
/// x11rb has no call for.
fn send_device_motion(conn: &RustConnection, kind: u8, device: u8, axes: [i32; 2]) {
    use x11rb::connection::RequestConnection;
    let info = conn
        .extension_information(x11rb::protocol::xtest::X11_EXTENSION_NAME)
        .unwrap()
        .unwrap();
    let mut bytes = vec![info.major_opcode, 2, 17, 0];
    let mut event = [0u8; 32];
    event[0] = kind;
    event[1] = 1; // relative
    event[31] = device;
    bytes.extend(event);
    let mut valuator = [0u8; 32];
    // deviceValuator: type, device, …, number of valuators, first, values.
    valuator[0] = kind - 5;
    valuator[1] = device;
    valuator[4..6].copy_from_slice(&0u16.to_ne_bytes());
    valuator[6] = 2;
    valuator[7] = 0;
    valuator[8..12].copy_from_slice(&axes[0].to_ne_bytes());
    valuator[12..16].copy_from_slice(&axes[1].to_ne_bytes());
    bytes.extend(valuator);
    let words = bytes.len() as u16 / 4;
    bytes[2..4].copy_from_slice(&words.to_ne_bytes());
    conn.send_request_without_reply(&[std::io::IoSlice::new(&bytes)], vec![])
        .unwrap();
}
