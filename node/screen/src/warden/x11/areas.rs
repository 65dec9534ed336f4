//! Where what is shared lies on the screen, for the frame.

use std::collections::BTreeSet;

use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState,
    StackMode,
};

use super::{Screen, ScreenError};
use crate::guard::{Area, Point, What};
use crate::x11::FRAME_DEPTH;

/// Most windows that a frame goes round.
const MAX_AREAS: usize = 64;
/// Most windows in a window manager's list that are looked through.
const MAX_LISTED: u32 = 512;

impl Screen {
    /// Whether an event is about where top-level windows are.
    pub(in super::super) const fn is_of_structure(event: &Event) -> bool {
        matches!(
            event,
            Event::ConfigureNotify(_)
                | Event::MapNotify(_)
                | Event::UnmapNotify(_)
                | Event::DestroyNotify(_)
                | Event::CreateNotify(_)
                | Event::ReparentNotify(_)
                | Event::CirculateNotify(_)
        )
    }

    /// The whole screen.
    pub(in super::super) fn whole(&self) -> Result<Area, ScreenError> {
        let root = self.conn.get_geometry(self.root)?.reply()?;
        Ok(Area::new(0, 0, root.width.into(), root.height.into()))
    }

    /// The question that is open stays above everything.
    pub(in super::super) fn raise_question(&self) -> Result<(), ScreenError> {
        if let Some(window) = self.question {
            let top = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            self.conn.configure_window(window, &top)?;
        }
        Ok(())
    }

    /// Where a window is with what a window manager has put round it; `None` if it
    /// is gone.
    pub(in super::super) fn outer(&self, window: u32) -> Result<Option<Area>, ScreenError> {
        let mut top = window;
        for _ in 0..=FRAME_DEPTH {
            let Ok(tree) = self.conn.query_tree(top)?.reply() else {
                return Ok(None);
            };
            if tree.parent == self.root {
                break;
            }
            top = tree.parent;
        }
        Ok(self.area_of(top)?.map(|(area, _)| area))
    }

    /// Moves a window, with what a window manager has put round it, at a person's
    /// wish.
    pub(in super::super) fn move_window(&self, window: u32, to: Point) -> Result<(), ScreenError> {
        let (c, root) = (&self.conn, self.root);
        let (can, by) = (self.atoms._NET_SUPPORTED, self.atoms._NET_MOVERESIZE_WINDOW);
        let can = c.get_property(false, root, can, AtomEnum::ATOM, 0, MAX_LISTED)?;
        if can
            .reply()?
            .value32()
            .into_iter()
            .flatten()
            .any(|a| a == by)
        {
            // By its upper left corner, x and y alone, for a person (EWMH 1.5).
            let how = 1 | 1 << 8 | 1 << 9 | 2 << 12;
            let told =
                ClientMessageEvent::new(32, window, by, [how, to.x as u32, to.y as u32, 0, 0]);
            let to = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
            c.send_event(false, root, to, told)?;
        } else {
            let there = ConfigureWindowAux::new().x(to.x).y(to.y);
            c.configure_window(window, &there)?.ignore_error();
        }
        self.flush()
    }

    /// Where the shared windows are that can be seen, and which one is the first of
    /// them; whether any exists.
    pub(in super::super) fn shared_areas(
        &self,
        what: &What,
        whole: Area,
    ) -> Result<(Vec<Area>, Option<u32>, bool), ScreenError> {
        match what {
            What::Region(part) => Ok((vec![part.area()], None, true)),
            What::Desktop => Ok((vec![whole], None, true)),
            What::Windows(list) => {
                let (mut areas, mut first, mut exists) = (Vec::new(), None, false);
                for shared in list {
                    let owner = self.owners(&[shared.id.0])?.pop().flatten();
                    if owner != Some(shared.owner) {
                        continue;
                    }
                    if let Some((area, viewable)) = self.area_of(shared.id.0)? {
                        exists = true;
                        if viewable {
                            areas.push(area);
                            first = first.or(Some(shared.id.0));
                        }
                    }
                }
                Ok((areas, first, exists))
            }
            What::Applications(owners) => {
                let clients: Vec<u32> = owners.iter().map(|o| o.client.0).collect();
                let found = self.owners(&clients)?;
                let exists = owners.iter().zip(found).any(|(o, f)| f == Some(*o));
                let (mut areas, mut first) = (Vec::new(), None);
                // What a window manager takes care of, and what stands on the
                // root by itself but isn't a menu.
                let clients = self
                    .conn
                    .get_property(
                        false,
                        self.root,
                        self.atoms._NET_CLIENT_LIST,
                        AtomEnum::WINDOW,
                        0,
                        MAX_LISTED,
                    )?
                    .reply()?;
                let mut windows: BTreeSet<u32> = self
                    .tops
                    .iter()
                    .filter(|(_, t)| t.mapped && !t.popup)
                    .map(|(w, _)| *w)
                    .collect();
                windows.extend(clients.value32().into_iter().flatten());
                let windows: Vec<u32> = windows.into_iter().collect();
                let owned = self.owners(&windows)?;
                for (w, owner) in windows.into_iter().zip(owned) {
                    if owner.is_some_and(|o| owners.contains(&o))
                        && areas.len() < MAX_AREAS
                        && let Some((area, true)) = self.area_of(w)?
                    {
                        areas.push(area);
                        first = first.or(Some(w));
                    }
                }
                Ok((areas, first, exists))
            }
        }
    }

    pub(super) fn area_of(&self, window: u32) -> Result<Option<(Area, bool)>, ScreenError> {
        let attributes = self.conn.get_window_attributes(window)?;
        let geometry = self.conn.get_geometry(window)?;
        let at = self.conn.translate_coordinates(window, self.root, 0, 0)?;
        let (Ok(a), Ok(g), Ok(p)) = (attributes.reply(), geometry.reply(), at.reply()) else {
            // Closed in this moment.
            return Ok(None);
        };
        let area = Area::new(
            p.dst_x.into(),
            p.dst_y.into(),
            g.width.into(),
            g.height.into(),
        );
        let viewable = a.map_state == MapState::VIEWABLE && (g.width, g.height) > (1, 1);
        Ok(Some((area, viewable)))
    }
}
