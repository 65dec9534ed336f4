//! Since when a request stands where it stands. A yes is taken only for what
//! was there to be read: not when a request came, or slid up, under a finger
//! that was on its way to another (R5).

use kith_api::ShareInfo;
use kith_api::id::SessionId;

use super::home::Chosen;
use super::{Model, Page, Stage};

/// How long a request must have stood in its place before a yes to it counts;
/// milliseconds. About as long as a person needs to stop a press that is under
/// way.
pub(crate) const STANDS_MS: u64 = 700;

/// What decides where requests stand, beside themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Around {
    home: bool,
    online: bool,
    panel: bool,
    dialog: bool,
    page: Page,
    chosen: Option<Chosen>,
    live: Vec<ShareInfo>,
}

impl Around {
    fn of(model: &Model) -> Self {
        let home = &model.home;
        Self {
            home: matches!(model.stage, Stage::Home),
            online: home.online,
            panel: home.panel,
            dialog: home.dialog.is_some(),
            page: home.page,
            chosen: home.chosen,
            live: home.shares.live().cloned().collect(),
        }
    }
}

/// What stands where, and since when.
#[derive(Debug, Default)]
pub(crate) struct Steady {
    around: Around,
    /// In the order in which they are shown, each with the time.
    rows: Vec<(ShareInfo, u64)>,
}

impl Steady {
    /// Takes in where everything stands after a change. A request keeps its
    /// time only while everything above it is as it was.
    fn note(&mut self, around: Around, shares: Vec<ShareInfo>, now_ms: u64) {
        let before = std::mem::take(&mut self.rows);
        let mut same = around == self.around;
        self.around = around;
        let mut before = before.into_iter();
        for share in shares {
            let since = match before.next() {
                Some((old, since)) if same && old == share => since,
                _ => {
                    same = false;
                    now_ms
                }
            };
            self.rows.push((share, since));
        }
    }

    /// Whether a request has stood long enough to be answered with yes.
    pub(crate) fn stands(&self, session: SessionId, now_ms: u64) -> bool {
        let row = self.rows.iter().find(|(s, _)| s.session == session);
        // A clock that is set back delays nothing.
        row.is_some_and(|(_, since)| now_ms.abs_diff(*since) >= STANDS_MS)
    }
}

/// Takes in where everything stands now.
pub(super) fn note(model: &mut Model) {
    let around = Around::of(model);
    let shares = model.home.shares.current().cloned().collect();
    let now_ms = model.now_ms;
    model.home.steady.note(around, shares, now_ms);
}
