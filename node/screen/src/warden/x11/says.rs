//! What windows say of themselves by which nobody may see them: then nobody
//! controls them either (GUARD-10).

use std::collections::BTreeSet;

use x11rb::connection::Connection as _;
use x11rb::protocol::res::{ClientIdMask, ClientIdSpec, ClientIdValue, ConnectionExt as _};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, GetPropertyReply, MapState};

use super::Screen;
use crate::guard::{Link, Reason, Says, Secrecy};
use crate::x11::FRAME_DEPTH;

/// Most windows of one child of the root that are looked through: a window
/// manager's frame has some forty. With more, input to it is refused.
const MAX_WITHIN: usize = 2048;
/// Most windows of the screen among which a program's private ones are looked
/// for, as for the picture. With more, input to its menus is refused.
const MAX_LOOKED: usize = 8192;
/// Most numbers of a property that are read, as for the picture.
const MAX_NUMBERS: u32 = 32;

impl Screen {
    /// What each of these windows says of itself.
    pub(super) fn says(&self, windows: &[u32]) -> Result<Vec<Says>, Reason> {
        let a = &self.atoms;
        let ask = |w: u32, name| self.property(w, name, AtomEnum::ANY.into(), MAX_NUMBERS);
        let asked = windows
            .iter()
            .map(|w| {
                Ok((
                    ask(*w, a._KITH_PRIVATE)?,
                    ask(*w, a._NET_WM_WINDOW_TYPE)?,
                    ask(*w, a._NET_WM_PID)?,
                ))
            })
            .collect::<Result<Vec<_>, Reason>>()?;
        let mut all = Vec::with_capacity(windows.len());
        for (mark, kinds, claims) in asked {
            let (mark, kinds) = (numbers(&mark.reply()?), numbers(&kinds.reply()?));
            let claims = numbers(&claims.reply()?);
            let notification = a._NET_WM_WINDOW_TYPE_NOTIFICATION;
            all.push(Says::of(&mark, &kinds, &claims, notification));
        }
        Ok(all)
    }

    /// What a child of the root says, and what those inside of it say, as deep
    /// as window managers put what they manage: a frame around what is private
    /// is not seen either.
    pub(super) fn says_within(&self, top: u32) -> Result<Says, Reason> {
        let (mut all, mut level, mut seen) = (Says::default(), vec![top], 0);
        for _ in 0..=FRAME_DEPTH {
            seen += level.len();
            if seen > MAX_WITHIN {
                return Err(Reason::UnknownOwner);
            }
            let asked = level
                .iter()
                .map(|w| {
                    let state = self.property(*w, self.atoms.WM_STATE, AtomEnum::ANY.into(), 1)?;
                    Ok((state, self.conn.query_tree(*w)?))
                })
                .collect::<Result<Vec<_>, Reason>>()?;
            for says in self.says(&level)? {
                all = all.and(says);
            }
            let mut below = Vec::new();
            for (state, tree) in asked {
                let (state, tree) = (state.reply()?, tree.reply()?);
                // What is in a program's own window is its own affair.
                if numbers(&state).is_empty() {
                    below.extend(tree.children);
                }
            }
            if below.is_empty() {
                break;
            }
            level = below;
        }
        Ok(all)
    }

    /// What a window says through those that it belongs to: what belongs to a
    /// private window is private, and so is a menu of which nobody knows the
    /// window, if its program has a private one. `popup`: it is on the root,
    /// and places itself.
    pub(super) fn says_by_kin(
        &self,
        window: u32,
        (chain, ends): &(Vec<Link>, bool),
        popup: bool,
    ) -> Result<Says, Reason> {
        let line: Vec<u32> = chain.iter().map(|l| l.id.0).collect();
        let marks = self.marks(&line)?;
        let last = line.last().copied().unwrap_or(window);
        let private = marks.contains(&Some(true)) || {
            let lost = !ends || marks.contains(&None);
            let alone = match line.is_empty() {
                true => popup,
                // Also what nobody ever sees: it stands for its whole program.
                false => {
                    let state =
                        self.property(last, self.atoms.WM_STATE, AtomEnum::ANY.into(), 1)?;
                    let asked = self.conn.get_window_attributes(last)?.reply();
                    let managed = state.reply().is_ok_and(|s| !numbers(&s).is_empty());
                    asked.map_or(true, |a| {
                        a.override_redirect || !managed && a.map_state != MapState::VIEWABLE
                    })
                }
            };
            (lost || alone) && (self.has_private(last)? || self.has_private(window)?)
        };
        Ok(Says {
            secrecy: match private {
                true => Secrecy::Private,
                false => Secrecy::Open,
            },
            ..Says::default()
        })
    }

    /// Whether each of these is marked as private; `None`: it is gone.
    fn marks(&self, windows: &[u32]) -> Result<Vec<Option<bool>>, Reason> {
        let name = self.atoms._KITH_PRIVATE;
        let asked = windows
            .iter()
            .map(|w| self.property(*w, name, AtomEnum::ANY.into(), 1))
            .collect::<Result<Vec<_>, _>>()?;
        let set = |reply: GetPropertyReply| numbers(&reply).first().is_some_and(|m| *m != 0);
        let all = asked.into_iter().map(|a| a.reply().ok().map(set));
        Ok(all.collect())
    }

    /// Whether the program that made a window has one that is marked, shown or
    /// not.
    fn has_private(&self, window: u32) -> Result<bool, Reason> {
        let client = |w: u32| w & !self.conn.setup().resource_id_mask;
        let clients = self.clients_beside(client(window))?;
        let (mut level, mut seen) = (vec![self.root], 0);
        for _ in 0..=FRAME_DEPTH + 1 {
            seen += level.len();
            if seen > MAX_LOOKED {
                return Err(Reason::UnknownOwner);
            }
            let asked = level
                .iter()
                .map(|w| self.conn.query_tree(*w))
                .collect::<Result<Vec<_>, _>>()?;
            let mut below = Vec::new();
            for tree in asked {
                below.extend(tree.reply().map(|t| t.children).unwrap_or_default());
            }
            let (its, others): (Vec<u32>, Vec<u32>) = below
                .into_iter()
                .partition(|w| clients.contains(&client(*w)));
            if self.marks(&its)?.contains(&Some(true)) {
                return Ok(true);
            }
            level = others;
        }
        Ok(false)
    }

    /// This client, and the others of its process: a program may make its menus
    /// with another connection than its windows.
    fn clients_beside(&self, client: u32) -> Result<BTreeSet<u32>, Reason> {
        let all = ClientIdSpec {
            client: 0,
            mask: ClientIdMask::LOCAL_CLIENT_PID,
        };
        let ids = self.conn.res_query_client_ids(&[all])?.reply()?.ids;
        let base = |id: &ClientIdValue| id.spec.client & !self.conn.setup().resource_id_mask;
        let pid = |id: &ClientIdValue| id.value.first().copied().filter(|p| *p != 0);
        // Kith's own take no input in any case.
        let kith = |p: &u32| *p == std::process::id();
        let own = ids.iter().find(|i| base(i) == client).and_then(pid);
        let own = own.filter(|p| !kith(p));
        let beside = ids.iter().filter(|i| own.is_some() && pid(i) == own);
        Ok(beside.map(base).chain([client]).collect())
    }
}

fn numbers(reply: &GetPropertyReply) -> Vec<u32> {
    reply.value32().map(Iterator::collect).unwrap_or_default()
}
