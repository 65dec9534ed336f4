//! The warden's X screen: one connection of its own, safe code only.

mod act;
mod areas;
mod devices;
mod fakes;
mod keyboard;
mod look;
mod says;
mod spot;
mod windows;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::fd::{AsFd, BorrowedFd};

use x11rb::connection::{Connection, RequestConnection, SequenceNumber};
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::res::ConnectionExt as _;
use x11rb::protocol::xkb::ConnectionExt as _;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask, MapState,
    WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::keymap::{Code, Keymap};
use super::words::Face;
use crate::guard::{ClientId, Reason};
use crate::look::{Look, Scale};
pub(super) use devices::{Devices, Heard, Pressing};
use devices::{Maker, Reach};
use fakes::Fakes;

x11rb::atom_manager! {
    pub(super) Atoms: AtomsCookie {
        XTEST_DEVICE: b"XTEST Device",
        _KITH_PRIVATE,
        WM_TRANSIENT_FOR,
        WM_WINDOW_ROLE,
        WM_STATE,
        WM_NAME,
        _NET_WM_NAME,
        UTF8_STRING,
        _NET_WM_WINDOW_TYPE,
        _NET_WM_WINDOW_TYPE_NORMAL,
        _NET_WM_WINDOW_TYPE_DIALOG,
        _NET_WM_WINDOW_TYPE_UTILITY,
        _NET_WM_WINDOW_TYPE_MENU,
        _NET_WM_WINDOW_TYPE_DROPDOWN_MENU,
        _NET_WM_WINDOW_TYPE_POPUP_MENU,
        _NET_WM_WINDOW_TYPE_COMBO,
        _NET_WM_WINDOW_TYPE_TOOLTIP,
        _NET_WM_WINDOW_TYPE_NOTIFICATION,
        _NET_WM_WINDOW_TYPE_DND,
        _NET_WM_WINDOW_TYPE_SPLASH,
        _GTK_FRAME_EXTENTS,
        _NET_WM_CM_S0,
        _NET_CLIENT_LIST,
        _NET_SUPPORTED,
        _NET_MOVERESIZE_WINDOW,
        _NET_WM_PID,
    }
}

/// Why the warden can't work on this screen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScreenError {
    /// No X server answers at `DISPLAY`.
    #[error("no X screen answers: {0}")]
    Connect(#[from] ConnectError),
    /// The X server ended, or ended us.
    #[error("the connection to the X screen broke: {0}")]
    Connection(#[from] ConnectionError),
    /// The X server refused a request that every one of them grants.
    #[error("the X screen refused a request: {0}")]
    Reply(#[from] ReplyError),
    /// The X server has no numbers left for us.
    #[error("the X screen has no room: {0}")]
    Room(#[from] ReplyOrIdError),
    /// The X server lacks what safe injection needs.
    #[error("the X screen lacks {0}")]
    Lacks(&'static str),
    /// Another program destroyed a window of ours: what it told or asked isn't
    /// there any more.
    #[error("another program destroyed a window of Kith's")]
    Destroyed,
}

impl From<ScreenError> for Reason {
    fn from(_: ScreenError) -> Self {
        Self::Screen
    }
}

impl From<ConnectionError> for Reason {
    fn from(_: ConnectionError) -> Self {
        Self::Screen
    }
}

impl From<ReplyError> for Reason {
    fn from(_: ReplyError) -> Self {
        Self::Screen
    }
}

/// Whether a person's shortcut reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortcut {
    /// It does.
    Heard,
    /// It doesn't: another program has it, or nobody was asked for it.
    Taken,
}

/// A top-level window as its events tell it.
#[derive(Clone, Copy, Debug)]
struct Top {
    popup: bool,
    mapped: bool,
}

/// The screen.
pub(super) struct Screen {
    pub(super) conn: RustConnection,
    pub(super) root: u32,
    depth: u8,
    pub(super) atoms: Atoms,
    pub(super) devices: Devices,
    /// What programs press on devices of hands; `None` until there are hands.
    fakes: Option<Fakes>,
    /// How this screen is called.
    display: Option<String>,
    /// Never mapped: a grab on it always fails, and says who was first.
    probe: u32,
    tops: BTreeMap<u32, Top>,
    /// Pop-ups that were there when nothing was grabbed.
    calm: BTreeSet<u32>,
    keymap: Keymap,
    /// What keys meant when this was opened.
    first_keymap: Keymap,
    /// The map must be read anew before it is used.
    keymap_stale: bool,
    /// Spare keys that have a meaning lent to them, longest unused first.
    lent: VecDeque<keyboard::Lent>,
    down: keyboard::Down,
    /// Our last requests to inject, the oldest first: what they make is ours.
    faked: VecDeque<keyboard::Faked>,
    /// Locks and layout of the keyboard when last looked at.
    locked: u8,
    group: u8,
    frozen: bool,
    /// Whether [`Screen::hear_shortcut`] has it.
    pub(super) shortcut: Shortcut,
    /// How large things are on this screen (`Xft.dpi`, 96 is the usual).
    pub(super) own_scale: Scale,
    /// What our windows are drawn with.
    pub(super) face: Face,
    /// The consent window that is open.
    pub(super) question: Option<u32>,
    /// What physical devices did, not yet told.
    pub(super) heard: VecDeque<Heard>,
    /// Events for windows of ours, not yet told.
    pub(super) events: VecDeque<Event>,
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen")
            .field("frozen", &self.frozen)
            .finish_non_exhaustive()
    }
}

/// Most things heard that are kept before the oldest is forgotten: between two
/// rounds of the loop a mouse gives a few.
const MAX_HEARD: usize = 256;
/// Most events for our windows that wait.
const MAX_EVENTS: usize = 4096;

/// What the desktop says about the size of things; programs go by the same.
fn own_scale(conn: &RustConnection) -> Scale {
    let said = x11rb::resource_manager::new_from_resource_manager(conn);
    let dpi = said
        .ok()
        .flatten()
        .and_then(|all| all.get_value::<f32>("Xft.dpi", "").ok()?);
    match dpi.filter(|dpi| dpi.is_finite()) {
        // Out of bounds is as far as the bounds go.
        Some(dpi) => Scale::percent((dpi / 96.0 * 100.0) as u16),
        None => Scale::default(),
    }
}

impl Screen {
    /// Connects to the screen named by `display` (`None`: by `DISPLAY`), and
    /// lets go of whatever an earlier warden that died held down (GUARD-5).
    pub(super) fn open(display: Option<&str>) -> Result<Self, ScreenError> {
        let (conn, number) = x11rb::connect(display)?;
        let (root, depth) = conn
            .setup()
            .roots
            .get(number)
            .map(|s| (s.root, s.root_depth))
            .ok_or(ScreenError::Lacks("a root window"))?;
        for (name, why) in [
            (x11rb::protocol::xtest::X11_EXTENSION_NAME, "XTEST"),
            (x11rb::protocol::xinput::X11_EXTENSION_NAME, "XInput"),
            (x11rb::protocol::res::X11_EXTENSION_NAME, "X-Resource"),
            (x11rb::protocol::xkb::X11_EXTENSION_NAME, "XKB"),
            (x11rb::protocol::shape::X11_EXTENSION_NAME, "SHAPE"),
        ] {
            if conn.extension_information(name)?.is_none() {
                return Err(ScreenError::Lacks(why));
            }
        }
        conn.xtest_get_version(2, 2)?.reply()?;
        conn.res_query_version(1, 2)?.reply()?;
        if !conn.xkb_use_extension(1, 0)?.reply()?.supported {
            return Err(ScreenError::Lacks("XKB"));
        }
        let atoms = Atoms::new(&conn)?.reply()?;
        let devices = Devices::open(&conn, root, &atoms)?;
        let own_scale = own_scale(&conn);
        let probe = conn.generate_id()?;
        conn.create_window(
            0,
            probe,
            root,
            -1,
            -1,
            1,
            1,
            0,
            WindowClass::INPUT_ONLY,
            0,
            &CreateWindowAux::new(),
        )?;
        let mut screen = Self {
            conn,
            root,
            depth,
            atoms,
            devices,
            fakes: None,
            display: display.map(str::to_owned),
            probe,
            tops: BTreeMap::new(),
            calm: BTreeSet::new(),
            keymap: Keymap::default(),
            first_keymap: Keymap::default(),
            keymap_stale: true,
            lent: VecDeque::new(),
            down: keyboard::Down::default(),
            faked: VecDeque::new(),
            locked: 0,
            group: 0,
            frozen: false,
            shortcut: Shortcut::Taken,
            own_scale,
            face: Look::default().into(),
            question: None,
            heard: VecDeque::new(),
            events: VecDeque::new(),
        };
        screen.see_to_fakes()?;
        screen.release_left_over()?;
        screen.watch_tops()?;
        screen.watch_keymap()?;
        screen.read_keymap()?;
        screen.first_keymap = screen.keymap.clone();
        Ok(screen)
    }

    /// How often programs have pressed on the devices of hands, by everything that
    /// was heard so far (GUARD-9). `None`: that isn't known.
    pub(super) fn fakes(&self) -> Option<u64> {
        match (&self.fakes, self.devices.reach) {
            (Some(fakes), _) => fakes.count(),
            (None, Reach::Nobody) => Some(0),
            (None, Reach::Hands) => None,
        }
    }

    /// Records what programs press from when there are hands: a device may come
    /// later. Not while the screen is frozen, for it connects anew.
    pub(super) fn see_to_fakes(&mut self) -> Result<(), ScreenError> {
        if self.fakes.is_none() && self.devices.reach == Reach::Hands {
            self.fakes = Some(Fakes::record(self.display.as_deref(), &self.conn)?);
        }
        Ok(())
    }

    /// For waiting on.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.conn.stream().as_fd()
    }

    /// Knows all top-level windows from now on.
    fn watch_tops(&mut self) -> Result<(), ScreenError> {
        self.conn.grab_server()?;
        let found = self.read_tops();
        self.conn.ungrab_server()?;
        self.tops = found?;
        self.calm = self.viewable_popups().collect();
        Ok(())
    }

    fn read_tops(&self) -> Result<BTreeMap<u32, Top>, ScreenError> {
        self.conn.change_window_attributes(
            self.root,
            &ChangeWindowAttributesAux::new()
                .event_mask(EventMask::SUBSTRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE),
        )?;
        let children = self.conn.query_tree(self.root)?.reply()?.children;
        let asked: Vec<_> = children
            .iter()
            .map(|w| Ok((*w, self.conn.get_window_attributes(*w)?)))
            .collect::<Result<_, ConnectionError>>()?;
        let mut tops = BTreeMap::new();
        for (w, cookie) in asked {
            // Frozen, so it is still there; if not, it is no matter.
            if let Ok(a) = cookie.reply() {
                let top = Top {
                    popup: a.override_redirect,
                    mapped: a.map_state != MapState::UNMAPPED,
                };
                tops.insert(w, top);
            }
        }
        Ok(tops)
    }

    fn viewable_popups(&self) -> impl Iterator<Item = u32> + '_ {
        self.tops
            .iter()
            .filter(|(_, t)| t.popup && t.mapped)
            .map(|(w, _)| *w)
    }

    /// Takes in what the server has sent, without waiting.
    pub(super) fn drain(&mut self) -> Result<(), ScreenError> {
        while let Some((event, after)) = self.conn.poll_for_event_with_sequence()? {
            self.take(event, after);
        }
        Ok(())
    }

    /// Whose an input is that came from XTEST after our request of this number.
    /// What a request of ours makes comes while the server deals with it. Other
    /// programs' can come with the same number, but no press of theirs for one
    /// of ours: those are made while nobody else is served.
    fn made_by(&mut self, event: &Event, after: SequenceNumber) -> Maker {
        while self.faked.front().is_some_and(|f| f.request < after) {
            self.faked.pop_front();
        }
        let ours = |f: &keyboard::Faked| f.request == after && f.makes(event);
        match self.faked.front().is_some_and(ours) {
            true => Maker::Us,
            false => Maker::Others,
        }
    }

    fn take(&mut self, event: Event, after: SequenceNumber) {
        match &event {
            Event::CreateNotify(e) if e.parent == self.root => {
                let top = Top {
                    popup: e.override_redirect,
                    mapped: false,
                };
                self.tops.insert(e.window, top);
            }
            Event::MapNotify(e) if e.event == self.root => {
                let top = Top {
                    popup: e.override_redirect,
                    mapped: true,
                };
                self.tops.insert(e.window, top);
            }
            Event::UnmapNotify(e) if e.event == self.root => {
                if let Some(t) = self.tops.get_mut(&e.window) {
                    t.mapped = false;
                }
            }
            Event::DestroyNotify(e) if e.event == self.root => {
                self.tops.remove(&e.window);
            }
            Event::ReparentNotify(e) if e.event == self.root => {
                if e.parent == self.root {
                    let top = Top {
                        popup: e.override_redirect,
                        mapped: self.tops.get(&e.window).is_some_and(|t| t.mapped),
                    };
                    self.tops.insert(e.window, top);
                } else {
                    self.tops.remove(&e.window);
                }
            }
            // What we lend ourselves is told too, and read once more.
            Event::MappingNotify(_) | Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) => {
                self.keymap_stale = true;
                return;
            }
            _ => {}
        }
        let maker = self.made_by(&event, after);
        let (heard, changed) = self.devices.hear(&event, maker);
        if changed {
            // A device came or went; unknown ones count as physical for
            // panic, and as nobody's for consent.
            self.devices.changes += 1;
            let _ = self.devices.refresh(&self.conn, &self.atoms);
            self.keymap_stale = true;
        }
        match heard {
            Some(h) => {
                if h == Heard::Pointer {
                    // What is down from here on may be the sharer's.
                    self.down.leaving.clear();
                }
                if self.heard.len() == MAX_HEARD {
                    self.heard.pop_front();
                }
                self.heard.push_back(h);
            }
            None => {
                if self.events.len() == MAX_EVENTS {
                    self.events.pop_front();
                }
                self.events.push_back(event);
            }
        }
    }

    /// Our own connection, as the owner of our windows.
    pub(super) fn client(&self) -> ClientId {
        let setup = self.conn.setup();
        ClientId(setup.resource_id_base)
    }

    /// Sends what waits.
    pub(super) fn flush(&self) -> Result<(), ScreenError> {
        Ok(self.conn.flush()?)
    }

    /// Waits until the server has done everything.
    pub(super) fn sync(&self) {
        if let Ok(cookie) = self.conn.get_input_focus() {
            let _ = cookie.reply();
        }
    }

    /// The keys that mean `sym`.
    pub(super) fn codes_of(&mut self, sym: u32) -> Vec<Code> {
        if self.keymap_stale {
            let _ = self.read_keymap();
        }
        self.keymap.codes_of(sym)
    }

    /// Whether a key means `sym`, or did when this was opened: a program may have
    /// given the person's panic key another meaning (GUARD-6).
    pub(super) fn means(&mut self, code: Code, sym: u32) -> bool {
        self.codes_of(sym).contains(&code) || self.first_keymap.codes_of(sym).contains(&code)
    }
}
