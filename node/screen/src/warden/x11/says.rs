//! What windows say of themselves by which nobody may see them: then nobody
//! controls them either (GUARD-10).

use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, GetPropertyReply};

use super::Screen;
use crate::guard::{Reason, Says};
use crate::x11::FRAME_DEPTH;

/// Most windows of one child of the root that are looked through: a window
/// manager's frame has some forty. With more, input to it is refused.
const MAX_WITHIN: usize = 2048;
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
}

fn numbers(reply: &GetPropertyReply) -> Vec<u32> {
    reply.value32().map(Iterator::collect).unwrap_or_default()
}
