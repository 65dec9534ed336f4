//! A key of a screen's own keyboard, pressed and let go. It comes from that
//! device, not from a program's: what a person's finger does on a screen that
//! has nobody before it. So the panic key is pressed there, and what only a
//! person's device can press: Kith's question for control (ASK-2).

use std::os::unix::net::UnixStream;

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xinput::{ConnectionExt as _, DeviceType, X11_EXTENSION_NAME};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::{DefaultStream, RustConnection};

/// X11's Escape, Tab, Return.
const KEYS: [u32; 3] = [0xff1b, 0xff09, 0xff0d];
/// What a press and a letting go are counted from an extension's first event.
const DOWN: u8 = 1;
const UP: u8 = 2;

/// The keyboard of one display.
pub(super) struct Keyboard {
    link: RustConnection,
    root: u32,
    device: u8,
    first_event: u8,
    /// The numbers of [`KEYS`].
    keys: [u8; 3],
}

/// Why there is none; in words of the X library.
type Lack = Box<dyn std::error::Error>;

impl Keyboard {
    /// That of the display of this number, which this key opens.
    pub(super) fn of(display: &str, key: &[u8]) -> Result<Self, Lack> {
        let number = display.trim_start_matches(':');
        let socket = UnixStream::connect(format!("/tmp/.X11-unix/X{number}"))?;
        let (stream, _) = DefaultStream::from_unix_stream(socket)?;
        let name = super::authority::COOKIE.to_vec();
        let link = RustConnection::connect_to_stream_with_auth_info(stream, 0, name, key.to_vec())?;
        let setup = link.setup();
        let root = setup.roots.first().ok_or("no screen")?.root;
        let (least, most) = (setup.min_keycode, setup.max_keycode);
        let count = (most - least).saturating_add(1);
        let keys = link.get_keyboard_mapping(least, count)?.reply()?;
        let per_key = usize::from(keys.keysyms_per_keycode.max(1));
        let mut numbers = [0; 3];
        for (number, sym) in numbers.iter_mut().zip(KEYS) {
            let place = keys.keysyms.chunks(per_key).position(|k| k.contains(&sym));
            *number = u8::try_from(place.ok_or("a key is missing")?)? + least;
        }
        link.xinput_xi_query_version(2, 2)?.reply()?;
        let devices = link.xinput_xi_query_device(0u16)?.reply()?.infos;
        let own = |name: &[u8]| !name.windows(5).any(|w| w == b"XTEST");
        let mut devices = devices.iter();
        let keyboard = devices.find(|d| d.type_ == DeviceType::SLAVE_KEYBOARD && own(&d.name));
        let device = u8::try_from(keyboard.ok_or("no keyboard")?.deviceid)?;
        link.xinput_open_device(device)?.reply()?;
        let input = link.extension_information(X11_EXTENSION_NAME)?;
        Ok(Self {
            root,
            device,
            first_event: input.ok_or("no XInput")?.first_event,
            keys: numbers,
            link,
        })
    }

    /// Presses Esc.
    pub(super) fn escape(&self) -> Result<(), Lack> {
        let [escape, ..] = self.keys;
        self.strike(escape)
    }

    /// Goes on to "Allow control" in Kith's question, and presses it.
    pub(super) fn allow_control(&self) -> Result<(), Lack> {
        let [_, tab, enter] = self.keys;
        let mut keys = [tab, tab, enter].into_iter();
        keys.try_for_each(|key| self.strike(key))
    }

    fn strike(&self, key: u8) -> Result<(), Lack> {
        for kind in [DOWN, UP] {
            let kind = self.first_event + kind;
            self.link
                .xtest_fake_input(kind, key, 0, self.root, 0, 0, self.device)?
                .check()?;
        }
        Ok(())
    }
}
