//! What a person adds to a running share and takes out of it by clicking in
//! the frame (GUARD-2). Never more than was agreed on: of one application, its
//! windows, also those of another process that runs the same program.

use std::fmt;

use kith_screen::guard::{MAX_SHARED, Owner, Shared, What};
use kith_screen::warden::protocol::{Change, Note};
use kith_screen::x11::{Target, WindowControl, WindowInfo};

use super::choose::{may_be_shared, owner};

/// What shows the windows.
trait Steered: Send {
    fn set_targets(&self, targets: Vec<Target>);
}

impl Steered for WindowControl {
    fn set_targets(&self, targets: Vec<Target>) {
        Self::set_targets(self, targets);
    }
}

/// What a running share of windows shows.
pub struct Pieces {
    source: Box<dyn Steered>,
    /// The program that was agreed on.
    program: String,
    targets: Vec<Target>,
    what: What,
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces")
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

impl Pieces {
    /// Of `program` this, to begin with.
    pub(super) fn new(source: WindowControl, program: &str, target: Target, what: What) -> Self {
        Self {
            source: Box::new(source),
            program: program.to_owned(),
            targets: vec![target],
            what,
        }
    }

    /// A person chose this; `list` are the windows that there are. What takes
    /// input from now on.
    pub(super) fn change(
        &mut self,
        window: Shared,
        change: Change,
        list: &[WindowInfo],
    ) -> Result<What, Note> {
        let What::Applications(owners) = &self.what else {
            return Err(match change {
                Change::Add => Note::OneWindow,
                Change::Remove => Note::Last,
            });
        };
        let process = window.owner.process;
        let is_it = |t: &Target| *t == Target::Application(process.0.get());
        let mut targets = self.targets.clone();
        let owners: Vec<Owner> = match change {
            Change::Remove => {
                targets.retain(|t| !is_it(t));
                let rest = owners.iter().filter(|o| o.process != process);
                rest.copied().collect()
            }
            Change::Add => {
                let found = list
                    .iter()
                    .find(|w| w.id.0 == window.id.0 && owner(w) == Some(window.owner));
                let found = found.filter(|w| may_be_shared(w)).ok_or(Note::Never)?;
                if found.program.as_deref() != Some(&*self.program) {
                    return Err(Note::Another);
                }
                let also = list.iter().filter(|w| may_be_shared(w)).filter_map(owner);
                let also = also.filter(|o| o.process == process && !owners.contains(o));
                let mut all: Vec<Owner> = owners.iter().copied().chain(also).collect();
                all.sort_unstable();
                all.dedup();
                if !targets.iter().any(is_it) {
                    targets.push(Target::Application(process.0.get()));
                }
                all
            }
        };
        if owners.is_empty() || targets.is_empty() {
            return Err(Note::Last);
        }
        if owners.len() > MAX_SHARED || targets.len() > MAX_SHARED {
            return Err(Note::TooMany);
        }
        self.source.set_targets(targets.clone());
        self.targets = targets;
        self.what = What::Applications(owners);
        Ok(self.what.clone())
    }

    /// What takes input now.
    pub(super) const fn what(&self) -> &What {
        &self.what
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_screen::guard::WindowId as GuardWindow;
    use kith_screen::x11::{WindowId, WindowKind};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<Target>>>);

    impl Steered for Told {
        fn set_targets(&self, targets: Vec<Target>) {
            *self.0.lock().unwrap() = targets;
        }
    }

    fn window(id: u32, process: u32, program: &str) -> WindowInfo {
        WindowInfo {
            id: WindowId(id),
            kind: WindowKind::Ordinary,
            client: id & !0xff,
            process: Some(process),
            program: Some(program.into()),
            title: "title".into(),
            class: "class".into(),
            x: 0,
            y: 0,
            width: 10,
            height: 10,
            shown: true,
            private: false,
        }
    }

    fn shared(w: &WindowInfo) -> Shared {
        Shared {
            id: GuardWindow(w.id.0),
            owner: owner(w).unwrap(),
        }
    }

    fn pieces(first: &WindowInfo, whole: bool) -> (Pieces, Told) {
        let told = Told::default();
        let process = first.process.unwrap();
        let (target, what) = match whole {
            true => (
                Target::Application(process),
                What::Applications(vec![owner(first).unwrap()]),
            ),
            false => (Target::Window(first.id), What::Windows(vec![shared(first)])),
        };
        let pieces = Pieces {
            source: Box::new(told.clone()),
            program: "xterm".into(),
            targets: vec![target],
            what,
        };
        (pieces, told)
    }

    #[test]
    fn of_the_agreed_program_more_is_shown_and_taken_out() {
        let list = [window(0x101, 7, "xterm"), window(0x201, 8, "xterm")];
        let (mut pieces, told) = pieces(&list[0], true);
        let (one, two) = (shared(&list[0]), shared(&list[1]));
        let both = What::Applications(vec![one.owner, two.owner]);
        assert_eq!(pieces.change(two, Change::Add, &list), Ok(both.clone()));
        // Clicked twice is clicked once.
        assert_eq!(pieces.change(two, Change::Add, &list), Ok(both));
        let targets = [7, 8].map(Target::Application);
        assert_eq!(*told.0.lock().unwrap(), targets);
        let rest = What::Applications(vec![two.owner]);
        assert_eq!(pieces.change(one, Change::Remove, &list), Ok(rest));
        assert_eq!(*told.0.lock().unwrap(), targets[1..]);
        let last = pieces.change(two, Change::Remove, &list);
        assert_eq!(last, Err(Note::Last));
        assert_eq!(*told.0.lock().unwrap(), targets[1..]);
    }

    #[test]
    fn never_more_than_was_agreed_on() {
        let mut list = [
            window(0x101, 7, "xterm"),
            window(0x201, 8, "writer"),
            window(0x301, 9, "xterm"),
            window(0x401, 10, "xterm"),
        ];
        list[2].private = true;
        list[3].process = Some(std::process::id());
        let (mut all, told) = pieces(&list[0], true);
        let mut add = |w: Shared| all.change(w, Change::Add, &list);
        assert_eq!(add(shared(&list[1])), Err(Note::Another));
        assert_eq!(add(shared(&list[2])), Err(Note::Never));
        assert_eq!(add(shared(&list[3])), Err(Note::Never));
        // The number now is another program's window.
        let mut stale = shared(&list[1]);
        stale.owner = shared(&list[0]).owner;
        assert_eq!(add(stale), Err(Note::Never));
        let (mut one, _) = pieces(&list[0], false);
        let refused = one.change(shared(&list[0]), Change::Add, &list);
        assert_eq!(refused, Err(Note::OneWindow));
        assert!(told.0.lock().unwrap().is_empty());
    }
}
