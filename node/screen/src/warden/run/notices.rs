//! What is told about input: seldom enough not to be a load itself.

use std::collections::BTreeMap;

use kith_codec::time::{Micros, Moment};

use crate::guard::{Reason, ShareId, ViewerId};
use crate::warden::engine::Outcome;
use crate::warden::protocol::FromWarden;

/// Five times a second.
const EVERY: Micros = Micros::from_millis(200);
/// Most viewers that are kept account of.
const MAX_VIEWERS: usize = 1024;

#[derive(Debug, Default)]
struct Account {
    refused: Option<(Reason, u32)>,
    refused_told: Option<Moment>,
    acting: bool,
    acting_told: Option<Moment>,
}

#[derive(Debug, Default)]
pub(super) struct Notices(BTreeMap<(ShareId, ViewerId), Account>);

fn due_at(told: Option<Moment>) -> Moment {
    told.map_or(Moment::default(), |t| t + EVERY)
}

impl Notices {
    fn account(&mut self, share: ShareId, viewer: ViewerId, now: Moment) -> &mut Account {
        if self.0.len() >= MAX_VIEWERS {
            self.0
                .retain(|_, a| due_at(a.refused_told.max(a.acting_told)) > now);
        }
        self.0.entry((share, viewer)).or_default()
    }

    pub(super) fn outcome(&mut self, o: Outcome, now: Moment) {
        match o.result {
            Ok(()) => self.account(o.share, o.viewer, now).acting = true,
            Err(why) => self.refused(o.share, o.viewer, why, now),
        }
    }

    pub(super) fn refused(&mut self, share: ShareId, viewer: ViewerId, why: Reason, now: Moment) {
        let a = self.account(share, viewer, now);
        let before = a.refused.map_or(0, |(_, n)| n);
        a.refused = Some((why, before.saturating_add(1)));
    }

    /// What is to be told now.
    pub(super) fn due(&mut self, now: Moment) -> Vec<FromWarden> {
        let mut out = Vec::new();
        for ((share, viewer), a) in &mut self.0 {
            if let Some((why, count)) = a.refused
                && due_at(a.refused_told) <= now
            {
                a.refused = None;
                a.refused_told = Some(now);
                out.push(FromWarden::Refused {
                    share: *share,
                    viewer: *viewer,
                    why,
                    count,
                });
            }
            if a.acting && due_at(a.acting_told) <= now {
                a.acting = false;
                a.acting_told = Some(now);
                out.push(FromWarden::Acting(*share, *viewer));
            }
        }
        out
    }

    pub(super) fn next_at(&self) -> Option<Moment> {
        self.0
            .values()
            .flat_map(|a| {
                [
                    a.refused.map(|_| due_at(a.refused_told)),
                    a.acting.then(|| due_at(a.acting_told)),
                ]
            })
            .flatten()
            .min()
    }
}
