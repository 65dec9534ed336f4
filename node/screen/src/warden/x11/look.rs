//! Looking at the frozen screen: the server's own answers to "what would get
//! this input", and whose it is.

use std::num::NonZeroU32;

use kith_codec::input::Place;
use x11rb::protocol::res::{ClientIdMask, ClientIdSpec, ConnectionExt as _};
use x11rb::protocol::xkb::ConnectionExt as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, GrabMode, GrabStatus, WindowClass};

use super::{Screen, ScreenError};
use crate::guard::{
    Area, Borders, ClientId, Focus, Grab, Kind, Link, Owner, Point, Popup, ProcessId, Reason,
    Sight, Stacking, Window, WindowId,
};
use crate::warden::hands::Origin;

/// Deepest nesting of windows that is followed; deeper is refused.
const MAX_DEPTH: usize = 32;
/// Longest chain of `WM_TRANSIENT_FOR`: a dialog of a dialog of a dialog.
const MAX_CHAIN: usize = 6;
/// Most windows inside a frame that are looked at; Openbox has some forty
/// parts of its own in each.
const MAX_FRAMED: usize = 128;

fn i16_of(v: i32) -> Result<i16, Reason> {
    i16::try_from(v).map_err(|_| Reason::OutsideArea)
}

impl Screen {
    pub(super) fn locate_frozen(&mut self, origin: Origin, place: Place) -> Result<Point, Reason> {
        let (x, y) = match origin {
            Origin::Screen(p) => (p.x, p.y),
            Origin::Window(id) => {
                let at = self
                    .conn
                    .translate_coordinates(id.0, self.root, 0, 0)?
                    .reply()
                    .map_err(|_| Reason::OutsideArea)?;
                (i32::from(at.dst_x), i32::from(at.dst_y))
            }
        };
        Ok(Point {
            x: x.saturating_add(i32::from(place.x)),
            y: y.saturating_add(i32::from(place.y)),
        })
    }

    pub(super) fn look_frozen(&mut self, at: Option<Point>) -> Result<Sight, Reason> {
        let sight = self.look_at(at)?;
        // Everything the server had to say before its last answer is here now.
        self.drain()?;
        if !self.heard.is_empty() {
            return Err(Reason::Local);
        }
        Ok(sight)
    }

    fn look_at(&mut self, at: Option<Point>) -> Result<Sight, Reason> {
        let c = &self.conn;
        let focus = c.get_input_focus()?;
        let pointer = c.query_pointer(self.root)?;
        let keys = c.query_keymap()?;
        let state = c.xkb_get_state(x11rb::protocol::xkb::ID::USE_CORE_KBD.into())?;
        // On a window that is never viewable these always fail, and say
        // first whether another client has grabbed the device.
        let (async_, none) = (GrabMode::ASYNC, x11rb::NONE);
        let pointer_grab = c.grab_pointer(
            false,
            self.probe,
            0u16.into(),
            async_,
            async_,
            none,
            none,
            0u32,
        )?;
        let keyboard_grab = c.grab_keyboard(false, self.probe, 0u32, async_, async_)?;

        let focus = focus.reply()?.focus;
        let pointer = pointer.reply()?;
        let keys = keys.reply()?.keys;
        let state = state.reply()?;
        let pointer_grab = grab_of(pointer_grab.reply()?.status);
        let keyboard_grab = grab_of(keyboard_grab.reply()?.status);

        // Keys and buttons that are down and not ours are the sharer's.
        let foreign_key = (0..=255u8).any(|code| {
            keys[usize::from(code / 8)] & (1 << (code % 8)) != 0 && !self.down.holds(code)
        });
        let buttons = u16::from(pointer.mask) >> 8 & 0x1f;
        let is_down = |number: u8| buttons & (1 << (number - 1)) != 0;
        self.down
            .leaving
            .retain(|number| (1..=5).contains(number) && is_down(*number));
        let foreign_button = (1..=5).any(|n| is_down(n) && !self.down.shows(n));
        if foreign_key || foreign_button || u16::from(state.latched_mods) != 0 {
            return Err(Reason::Local);
        }
        self.note_state(u16::from(state.locked_mods) as u8, u8::from(state.group));

        let (px, py) = match at {
            Some(p) => (i16_of(p.x)?, i16_of(p.y)?),
            None => (pointer.root_x, pointer.root_y),
        };
        let under = self.line_under(px, py)?;
        let under = self.describe(&under)?;
        let focus = match focus {
            0 => Focus::Nothing,
            1 => Focus::FollowsPointer,
            w if w == self.root => Focus::FollowsPointer,
            w => Focus::Window({
                let line = self.line_to(w)?;
                self.describe(&line)?
            }),
        };
        // The state of top-level windows is as of the last answer.
        self.drain()?;
        let calm = pointer_grab == Grab::Free && keyboard_grab == Grab::Free;
        let now: Vec<u32> = self.viewable_popups().collect();
        let fresh = if calm {
            self.calm = now.into_iter().collect();
            Vec::new()
        } else {
            let fresh: Vec<u32> = now.into_iter().filter(|w| !self.calm.contains(w)).collect();
            let owners = self.owners(&fresh)?;
            let mut popups = Vec::with_capacity(fresh.len());
            for (w, owner) in fresh.iter().zip(owners) {
                let kin = self.says_by_kin(*w, &self.chain(*w)?, true)?;
                popups.push(Popup {
                    id: WindowId(*w),
                    owner,
                    kind: self.kind_of_popup(*w)?,
                    says: self.says_within(*w)?.and(kin),
                });
            }
            popups
        };
        Ok(Sight {
            under,
            focus,
            pointer: pointer_grab,
            keyboard: keyboard_grab,
            fresh,
        })
    }

    /// The windows at a place, as the server itself finds them when it
    /// delivers input: shapes and input shapes included.
    pub(super) fn line_under(&self, x: i16, y: i16) -> Result<Vec<u32>, Reason> {
        let (mut line, mut at) = (Vec::new(), self.root);
        loop {
            let child = self
                .conn
                .translate_coordinates(self.root, at, x, y)?
                .reply()?
                .child;
            if child == x11rb::NONE {
                return Ok(line);
            }
            if line.len() == MAX_DEPTH {
                return Err(Reason::UnknownOwner);
            }
            line.push(child);
            at = child;
        }
    }

    /// The windows from the child of the root down to `window`.
    fn line_to(&self, window: u32) -> Result<Vec<u32>, Reason> {
        let (mut line, mut at) = (vec![window], window);
        loop {
            let tree = self.conn.query_tree(at)?.reply()?;
            if tree.parent == self.root || tree.parent == x11rb::NONE {
                line.reverse();
                return Ok(line);
            }
            if line.len() == MAX_DEPTH {
                return Err(Reason::UnknownOwner);
            }
            at = tree.parent;
            line.push(at);
        }
    }

    /// Whose windows these are, from the server (XRes): the client that made
    /// them and the process at the other end of its socket.
    pub(in super::super) fn owners(
        &self,
        windows: &[u32],
    ) -> Result<Vec<Option<Owner>>, ScreenError> {
        let cookies = windows
            .iter()
            .map(|w| {
                self.conn.res_query_client_ids(&[ClientIdSpec {
                    client: *w,
                    mask: ClientIdMask::LOCAL_CLIENT_PID,
                }])
            })
            .collect::<Result<Vec<_>, _>>()?;
        cookies
            .into_iter()
            .map(|cookie| {
                let ids = match cookie.reply() {
                    Ok(r) => r.ids,
                    Err(x11rb::errors::ReplyError::X11Error(_)) => return Ok(None),
                    Err(e) => return Err(e.into()),
                };
                let [id] = ids.as_slice() else {
                    return Ok(None);
                };
                let process = id.value.first().copied().and_then(NonZeroU32::new);
                Ok(process.map(|p| Owner {
                    client: ClientId(id.spec.client),
                    process: ProcessId(p),
                }))
            })
            .collect()
    }

    fn describe(&self, line: &[u32]) -> Result<Vec<Window>, Reason> {
        let owners = self.owners(line)?;
        let asked = line
            .iter()
            .map(|w| {
                Ok((
                    self.conn.get_geometry(*w)?,
                    self.conn.translate_coordinates(*w, self.root, 0, 0)?,
                    self.conn.get_window_attributes(*w)?,
                    self.property(*w, self.atoms._NET_WM_WINDOW_TYPE, AtomEnum::ATOM.into(), 8)?,
                    self.property(*w, self.atoms.WM_WINDOW_ROLE, AtomEnum::STRING.into(), 16)?,
                    self.property(
                        *w,
                        self.atoms._GTK_FRAME_EXTENTS,
                        AtomEnum::CARDINAL.into(),
                        4,
                    )?,
                    self.property(*w, self.atoms.WM_STATE, AtomEnum::ANY.into(), 1)?,
                ))
            })
            .collect::<Result<Vec<_>, x11rb::errors::ConnectionError>>()?;
        let mut windows = Vec::with_capacity(line.len());
        let says = self.says(line)?;
        for (((id, owner), says), (geometry, at, attributes, types, role, extents, state)) in
            line.iter().zip(owners).zip(says).zip(asked)
        {
            let geometry = geometry.reply()?;
            let at = at.reply()?;
            let attributes = attributes.reply()?;
            let popup = attributes.override_redirect;
            let types: Vec<u32> = types
                .reply()?
                .value32()
                .map(Iterator::collect)
                .unwrap_or_default();
            let role = role.reply()?.value;
            let extents: Vec<u32> = extents
                .reply()?
                .value32()
                .map(Iterator::collect)
                .unwrap_or_default();
            let mut w = Window::plain(
                WindowId(*id),
                owner,
                Area::new(
                    i32::from(at.dst_x),
                    i32::from(at.dst_y),
                    geometry.width.into(),
                    geometry.height.into(),
                ),
            );
            w.kind = self.kind(&types, &role, popup);
            let managed = state.reply()?.value_len > 0;
            if popup {
                w.stacking = Stacking::Popup;
            } else if !managed && !windows.is_empty() {
                w.stacking = Stacking::Held;
            }
            if let [left, right, top, bottom] = extents[..] {
                // The shadow, which resizes, and a title bar as high as they get.
                w.own_borders = Borders {
                    left: left.min(OWN_SHADOW),
                    right: right.min(OWN_SHADOW),
                    top: top.min(OWN_SHADOW) + OWN_TITLE,
                    bottom: bottom.min(OWN_SHADOW),
                };
            }
            w.input_only = attributes.class == WindowClass::INPUT_ONLY;
            w.says = says;
            windows.push(w);
        }
        if let Some(first) = windows.first_mut() {
            first.says = self.says_within(first.id.0)?;
        }
        // A window manager's frame: what is inside, if input goes to it.
        if let Some(first) = windows.first()
            && windows.iter().all(|w| w.owner == first.owner)
        {
            let frames = self.framed(first)?;
            windows[0].frames = frames;
        }
        // To X a window manager's frame looks like a menu: it places itself
        // and says nothing of its kind. But another program's window lies in it.
        let holds_others = windows.first().is_some_and(|first| {
            !first.frames.is_empty() || windows.get(1).is_some_and(|w| w.owner != first.owner)
        });
        if let Some(first) = windows.first_mut()
            && first.kind == Kind::Menu
            && holds_others
        {
            first.kind = Kind::Normal;
            first.stacking = Stacking::Managed;
        }
        for (i, w) in windows.iter_mut().enumerate() {
            let chain = self.chain(w.id.0)?;
            let popup = i == 0 && w.stacking == Stacking::Popup;
            let mut kin = self.says_by_kin(w.id.0, &chain, popup)?;
            for framed in &w.frames {
                let id = framed.id.0;
                kin = kin.and(self.says_by_kin(id, &self.chain(id)?, false)?);
            }
            w.transient_for = chain.0;
            w.says = std::mem::take(&mut w.says).and(kin);
        }
        Ok(windows)
    }

    pub(super) fn property(
        &self,
        window: u32,
        name: u32,
        of: u32,
        words: u32,
    ) -> Result<
        x11rb::cookie::Cookie<
            '_,
            x11rb::rust_connection::RustConnection,
            x11rb::protocol::xproto::GetPropertyReply,
        >,
        x11rb::errors::ConnectionError,
    > {
        self.conn.get_property(false, window, name, of, 0, words)
    }

    fn kind(&self, types: &[u32], role: &[u8], popup: bool) -> Kind {
        let a = &self.atoms;
        if role
            .to_ascii_lowercase()
            .windows(11)
            .any(|w| w == b"filechooser" || w == b"file-choose")
        {
            return Kind::FileDialog;
        }
        // The first that is known counts, as for window managers.
        for t in types {
            return match *t {
                t if t == a._NET_WM_WINDOW_TYPE_MENU
                    || t == a._NET_WM_WINDOW_TYPE_DROPDOWN_MENU
                    || t == a._NET_WM_WINDOW_TYPE_POPUP_MENU
                    || t == a._NET_WM_WINDOW_TYPE_COMBO =>
                {
                    Kind::Menu
                }
                t if t == a._NET_WM_WINDOW_TYPE_TOOLTIP
                    || t == a._NET_WM_WINDOW_TYPE_NOTIFICATION
                    || t == a._NET_WM_WINDOW_TYPE_SPLASH
                    || t == a._NET_WM_WINDOW_TYPE_DND =>
                {
                    Kind::Passing
                }
                t if t == a._NET_WM_WINDOW_TYPE_DIALOG => Kind::Dialog,
                t if t == a._NET_WM_WINDOW_TYPE_NORMAL || t == a._NET_WM_WINDOW_TYPE_UTILITY => {
                    Kind::Normal
                }
                _ => continue,
            };
        }
        if popup { Kind::Menu } else { Kind::Normal }
    }

    fn kind_of_popup(&self, window: u32) -> Result<Kind, Reason> {
        let types = self.property(
            window,
            self.atoms._NET_WM_WINDOW_TYPE,
            AtomEnum::ATOM.into(),
            8,
        )?;
        let types = types.reply()?;
        let types: Vec<u32> = types.value32().map(Iterator::collect).unwrap_or_default();
        Ok(self.kind(&types, &[], true))
    }

    /// What a window is transient for, and so on; and whether that ends at a
    /// window. It doesn't at the root, which stands for all windows of a
    /// program, in a ring, or further than anybody looks.
    pub(super) fn chain(&self, window: u32) -> Result<(Vec<Link>, bool), Reason> {
        let (mut chain, mut at): (Vec<Link>, u32) = (Vec::new(), window);
        while chain.len() < MAX_CHAIN {
            let parent = self
                .property(at, self.atoms.WM_TRANSIENT_FOR, AtomEnum::WINDOW.into(), 1)?
                .reply()
                .ok()
                .and_then(|r| r.value32().and_then(|mut v| v.next()));
            let Some(parent) = parent.filter(|p| *p != x11rb::NONE) else {
                return Ok((chain, true));
            };
            if parent == self.root || chain.iter().any(|l| l.id.0 == parent) {
                break;
            }
            let owner = self.owners(&[parent])?.pop().flatten();
            chain.push(Link {
                id: WindowId(parent),
                owner,
            });
            at = parent;
        }
        Ok((chain, false))
    }

    /// The windows that a window manager has put into this one: others' that are
    /// managed, also one further down, for some put a wrapper between. What a
    /// panel or another program holds isn't managed, so that is no frame.
    fn framed(&self, frame: &Window) -> Result<Vec<Link>, Reason> {
        let mut line = vec![frame.id.0];
        for _ in 0..2 {
            let asked = line
                .iter()
                .map(|w| self.conn.query_tree(*w))
                .collect::<Result<Vec<_>, _>>()?;
            let mut inside = Vec::new();
            for tree in asked {
                inside.extend(tree.reply()?.children);
            }
            inside.truncate(MAX_FRAMED);
            let owners = self.owners(&inside)?;
            let asked = inside
                .iter()
                .zip(owners)
                .filter(|(_, owner)| *owner != frame.owner)
                .map(|(id, owner)| {
                    let state = self.property(*id, self.atoms.WM_STATE, AtomEnum::ANY.into(), 1)?;
                    let id = WindowId(*id);
                    Ok((Link { id, owner }, state))
                })
                .collect::<Result<Vec<_>, Reason>>()?;
            let mut links = Vec::new();
            for (link, state) in asked {
                if state.reply()?.value_len > 0 {
                    links.push(link);
                }
            }
            if !links.is_empty() {
                return Ok(links);
            }
            line = inside;
        }
        Ok(Vec::new())
    }
}

/// Height of a title bar that a program draws by itself, pixels: GNOME's is 47.
const OWN_TITLE: u32 = 48;
/// Widest shadow round such a window, pixels: some say more to take everything.
const OWN_SHADOW: u32 = 200;

fn grab_of(status: GrabStatus) -> Grab {
    // Not viewable: nobody was before us. Anything else, frozen by another
    // client included, means that somebody was.
    if status == GrabStatus::NOT_VIEWABLE {
        Grab::Free
    } else {
        Grab::Held
    }
}
