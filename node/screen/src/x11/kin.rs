//! What is private together with a window that is marked so: its dialogs and
//! menus (GUARD-10). Without a screen, so that it can be tested as it stands.

use std::collections::{BTreeMap, BTreeSet};

use x11rb::protocol::xproto::Window;

use super::link::Client;
use super::tree::MAX_FRAMES;

/// What is asked of a window to tell whether it is private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kin {
    /// Whose it is. A program may have several clients, see [`join`].
    pub(crate) client: Client,
    /// The window that it says it belongs to (`WM_TRANSIENT_FOR`), not 0.
    pub(crate) owner: Option<Window>,
    /// It may not be seen for itself.
    pub(crate) marked: bool,
    /// It places itself: a menu, a tooltip.
    pub(crate) popup: bool,
    /// Nobody ever sees it: what belongs to it belongs to all windows of its
    /// program, as what belongs to the root does (EWMH, group leaders).
    pub(crate) leader: bool,
}

/// Clients of one process count as one from here on: a program may make its
/// menus with another connection than its windows.
pub(crate) fn join(all: &mut BTreeMap<Window, Kin>, processes: &[(Client, u32)]) {
    let mut first: BTreeMap<u32, Client> = BTreeMap::new();
    let mut same: BTreeMap<Client, Client> = BTreeMap::new();
    for (client, pid) in processes {
        same.insert(*client, *first.entry(*pid).or_insert(*client));
    }
    for kin in all.values_mut() {
        kin.client = same.get(&kin.client).copied().unwrap_or(kin.client);
    }
}

/// Those of the windows that nobody may see: the marked, what belongs to them,
/// and what nobody knows the window of, if its client has a marked one.
pub(crate) fn private(all: &BTreeMap<Window, Kin>) -> BTreeSet<Window> {
    let marked = all.values().filter(|k| k.marked);
    let secretive: BTreeSet<Client> = marked.map(|k| k.client).collect();
    if secretive.is_empty() {
        return BTreeSet::new();
    }
    let is_private = |kin: &Kin| {
        let mut at = kin;
        for _ in 0..MAX_FRAMES {
            match at.owner.map(|o| all.get(&o)) {
                _ if at.marked => return true,
                None => return at.popup && secretive.contains(&at.client),
                // The root, for all windows of its program; or one that is gone.
                Some(None) => return secretive.contains(&at.client),
                Some(Some(o)) if o.leader && o.owner.is_none() && !o.marked => {
                    return secretive.contains(&at.client) || secretive.contains(&o.client);
                }
                Some(Some(owner)) => at = owner,
            }
        }
        // In a ring, or further than anybody looks.
        true
    };
    let found = all.iter().filter(|(_, kin)| is_private(kin));
    found.map(|(w, _)| *w).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of client 0 up to 99, of client 100 from there on.
    fn of(list: &[(Window, Option<Window>, &str)]) -> Vec<Window> {
        let kin = |(w, owner, is): &(Window, Option<Window>, &str)| {
            let kin = Kin {
                client: Client(w / 100 * 100),
                owner: *owner,
                marked: *is == "marked",
                popup: *is == "popup",
                leader: *is == "leader",
            };
            (*w, kin)
        };
        private(&list.iter().map(kin).collect())
            .into_iter()
            .collect()
    }

    #[test]
    fn what_belongs_to_a_private_window_is_private() {
        let mut list = [
            (1, None, ""),
            (2, None, "marked"),
            // A dialog of each, a dialog of that, and its menu.
            (11, Some(1), ""),
            (21, Some(2), ""),
            (22, Some(21), ""),
            (23, Some(22), "popup"),
            (12, Some(11), "popup"),
            // Nobody knows whose: its own program's menu, and a menu of that.
            (30, None, "popup"),
            (31, Some(30), "popup"),
            // For the whole program, and for what is gone.
            (32, Some(999), ""),
            // Another program's.
            (101, None, ""),
            (102, None, "popup"),
            (103, Some(999), ""),
            (104, Some(2), ""),
            // For all of a group.
            (5, None, "leader"),
            (33, Some(5), ""),
            (105, None, "leader"),
            (106, Some(105), ""),
        ];
        assert_eq!(of(&list), [2, 21, 22, 23, 30, 31, 32, 33, 104]);
        list[1].2 = "";
        assert_eq!(of(&list), []);
    }

    #[test]
    fn a_process_is_one_program_however_often_it_connects() {
        let kin = |marked, client| Kin {
            client: Client(client),
            owner: None,
            marked,
            popup: !marked,
            leader: false,
        };
        let all = BTreeMap::from([(1, kin(true, 0)), (101, kin(false, 100))]);
        assert_eq!(private(&all), BTreeSet::from([1]));
        let with = |of: [(u32, u32); 2]| {
            let mut joined = all.clone();
            join(&mut joined, &of.map(|(c, pid)| (Client(c), pid)));
            private(&joined)
        };
        assert_eq!(with([(0, 7), (100, 7)]), BTreeSet::from([1, 101]));
        assert_eq!(with([(0, 7), (100, 8)]), BTreeSet::from([1]));
    }

    #[test]
    fn what_belongs_to_itself_ends() {
        let ring = [(1, Some(2), ""), (2, Some(1), ""), (3, None, "")];
        assert_eq!(of(&ring), []);
        let beside = [ring[0], ring[1], ring[2], (101, None, "marked")];
        assert_eq!(of(&beside), [1, 2, 101]);
    }
}
