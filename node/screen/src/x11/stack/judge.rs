//! Looking at windows: which of them nobody may see.

use std::collections::{BTreeMap, BTreeSet};

use x11rb::protocol::shape;
use x11rb::protocol::xproto::{AtomEnum, Window};

use super::{ANYWHERE, Stack, Top, Verdict, watched};
use crate::guard::{Says, Secrecy};
use crate::source::SourceError;
use crate::x11::kin::{self, Kin};
use crate::x11::link::{Client, Link, answer, lost};
use crate::x11::list::{WindowId, class};
use crate::x11::tree;

impl Stack {
    /// Looks at what is unknown.
    pub(crate) fn judge(&mut self, link: &Link) -> Result<(), SourceError> {
        self.find_strays(link)?;
        let unknown = self.tops.iter_mut();
        let unknown = unknown.filter(|t| t.verdict == Verdict::Unknown);
        let (windows, held): (Vec<Window>, Vec<Vec<Window>>) = unknown
            .map(|t| (t.window, std::mem::take(&mut t.held)))
            .unzip();
        if windows.is_empty() {
            return self.relate(link);
        }
        for w in &windows {
            shape::select_input(&link.conn, *w, true)
                .map_err(lost)?
                .ignore_error();
        }
        // Everything on the way down: what is to be managed, but is not marked
        // so yet, is private already.
        let walk = tree::walk(link, &windows, Some(watched()))?;
        let visited = walk.visited;
        let ids: Vec<Window> = visited.iter().map(|(_, w)| *w).collect();
        let marks = tree::numbers(link, &ids, link.atoms._KITH_PRIVATE)?;
        let kinds = tree::numbers(link, &ids, link.atoms._NET_WM_WINDOW_TYPE)?;
        let claims = tree::numbers(link, &ids, link.atoms._NET_WM_PID)?;
        let owners = tree::numbers(link, &ids, AtomEnum::WM_TRANSIENT_FOR.into())?;
        let mut private = BTreeSet::new();
        let mut marked = BTreeSet::new();
        let mut processes = BTreeMap::new();
        self.inside.retain(|(_, top)| !windows.contains(top));
        for (i, (top, window)) in visited.iter().enumerate() {
            self.inside.push((*window, *top));
            let notification = link.atoms._NET_WM_WINDOW_TYPE_NOTIFICATION;
            let says = Says::of(&marks[i], &kinds[i], &claims[i], notification);
            if says.secrecy == Secrecy::Private
                || says.claims.iter().any(|pid| self.is_hidden(pid.0.get()))
                || self.is_listed(link, *window, &mut processes)?
            {
                marked.insert(*window);
                private.insert(*top);
            } else if says.secrecy != Secrecy::Open {
                // A notification's program is not secret for it.
                private.insert(*top);
            }
        }
        // Asked last: what is there still was there when it was asked for its
        // marks. Of what is not, nobody knows what it was.
        let living = tree::look(link, &ids)?;
        let gone = |w: &Window| !ids.iter().zip(&living).any(|(i, l)| i == w && l.is_some());
        let managed = walk.programs.iter().filter(|f| f.managed);
        let (managed, framing): (BTreeSet<Window>, BTreeSet<Window>) =
            managed.map(|f| (f.window, f.top)).unzip();
        let mut looks = BTreeMap::new();
        let mut stained = BTreeSet::new();
        let mut kin: BTreeMap<Window, Vec<(Window, Kin)>> = BTreeMap::new();
        for ((i, (top, window)), look) in visited.iter().enumerate().zip(&living) {
            let Some(look) = look else {
                stained.insert(*top);
                continue;
            };
            if top == window {
                looks.insert(*top, *look);
            }
            // A window manager's frame places itself too, and is no menu.
            let frame = top != window || framing.contains(top);
            let one = Kin {
                client: link.client_of(*window),
                owner: owners[i].first().copied().filter(|o| *o != x11rb::NONE),
                marked: marked.contains(window),
                popup: look.popup && !frame,
                leader: !look.viewable && !managed.contains(window),
            };
            kin.entry(*top).or_default().push((*window, one));
        }
        for (window, held) in windows.iter().zip(held) {
            let shaped = is_shaped(link, *window)?;
            let stain = stained.contains(window) || held.iter().any(gone);
            if let (Some(look), Some(top)) = (looks.get(window), self.find(*window)) {
                if top.span == ANYWHERE {
                    top.span = look.outside();
                }
                top.stained |= stain;
                top.pixels = look.pixels;
                top.opaque = look.pixels && !shaped && look.depth != 32;
                top.own = private.contains(window);
                top.kin = kin.remove(window).unwrap_or_default();
                top.verdict = Verdict::Plain;
            }
        }
        self.relate(link)
    }

    /// Says of all that were looked at whether they are private, for themselves
    /// or by what they belong to.
    fn relate(&mut self, link: &Link) -> Result<(), SourceError> {
        self.parted = false;
        let kin = self.tops.iter().flat_map(|t| &t.kin).copied();
        let mut kin: BTreeMap<Window, Kin> = kin.collect();
        if kin.values().any(|k| k.marked) {
            kin::join(&mut kin, &tree::all_processes(link)?);
        }
        let private = kin::private(&kin);
        let known = |t: &&mut Top| t.verdict != Verdict::Unknown;
        for top in self.tops.iter_mut().filter(known) {
            let own = top.own || top.kin.iter().any(|(w, _)| private.contains(w));
            let hidden = own && top.pixels;
            top.stained |= hidden;
            top.verdict = match hidden {
                true => Verdict::Private,
                false => Verdict::Plain,
            };
        }
        Ok(())
    }

    fn is_hidden(&self, process: u32) -> bool {
        process == std::process::id() || self.privacy.processes.contains(&process)
    }

    fn is_listed(
        &self,
        link: &Link,
        window: Window,
        processes: &mut BTreeMap<Client, bool>,
    ) -> Result<bool, SourceError> {
        if self.privacy.windows.contains(&WindowId(window)) {
            return Ok(true);
        }
        let client = link.client_of(window);
        let listed = if let Some(listed) = processes.get(&client) {
            *listed
        } else {
            let process = tree::process(link, client)?;
            let listed = process.is_some_and(|p| self.is_hidden(p));
            processes.insert(client, listed);
            listed
        };
        Ok(listed
            || !self.privacy.classes.is_empty()
                && self.privacy.classes.contains(&class(link, window)?))
    }
}

fn is_shaped(link: &Link, window: Window) -> Result<bool, SourceError> {
    let asked = shape::query_extents(&link.conn, window).map_err(lost)?;
    Ok(answer(asked.reply())?.is_none_or(|s| s.bounding_shaped))
}
