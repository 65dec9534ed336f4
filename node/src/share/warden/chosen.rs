//! What a person chose in the frame (GUARD-1, GUARD-2).

use kith_screen::guard::What;
use kith_screen::warden::protocol::{Bar, Note, ToWarden};

use super::super::event::ShareId;
use super::{Warden, number};

impl Warden {
    /// This is shared from now on.
    pub(in super::super) fn change(&self, share: ShareId, what: &What) {
        let mut outbox = self.outbox();
        let Some(opened) = outbox.shares.get_mut(&share) else {
            return;
        };
        opened.guarded.what.clone_from(what);
        outbox.say(&ToWarden::Change {
            share: number(share),
            what: what.clone(),
        });
        drop(outbox);
        self.news.notify_one();
    }

    /// Tells the person at the screen why what they chose isn't shown.
    pub(in super::super) fn say(&self, share: ShareId, note: Note) {
        self.outbox().say(&ToWarden::Say(number(share), note));
        self.news.notify_one();
    }

    /// What a person barred at the screen, for the next warden.
    pub(super) fn barred(&self, share: ShareId, bar: Bar) {
        if let Some(opened) = self.outbox().shares.get_mut(&share) {
            opened.bars.insert(bar);
        }
    }
}
