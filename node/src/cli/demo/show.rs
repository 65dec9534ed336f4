//! What the demonstration tells, step by step.

use std::io::Write as _;
use std::time::Instant;

use serde::{Serialize, Serializer};

use super::super::{Fail, note, print};

/// What a step looked at, by name, and whether it was so. Nothing looked at is
/// nothing shown.
#[derive(Debug, Default)]
pub(super) struct Checks(Vec<(&'static str, bool)>);

impl Checks {
    pub(super) fn that(mut self, what: &'static str, holds: bool) -> Self {
        self.0.push((what, holds));
        self
    }

    fn all_hold(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(_, holds)| *holds)
    }

    /// What isn't so.
    fn failed(&self) -> String {
        let failed = self.0.iter().filter(|(_, holds)| !holds);
        failed.map(|(what, _)| *what).collect::<Vec<_>>().join(", ")
    }
}

impl Serialize for Checks {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().copied())
    }
}

/// One step and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    name: &'static str,
    pub(super) holds: bool,
    ms: u64,
    said: String,
    checks: Checks,
}

/// What is shown.
pub(super) struct Show {
    pub(super) json: bool,
    pub(super) began: Instant,
    pub(super) steps: Vec<Step>,
    /// What couldn't be looked at, and why.
    not_checked: Vec<NotChecked>,
}

/// What couldn't be looked at.
#[derive(Debug, Serialize)]
struct NotChecked {
    step: &'static str,
    why: String,
}

impl Show {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            began: Instant::now(),
            steps: Vec::new(),
            not_checked: Vec::new(),
        }
    }

    pub(super) fn say(&self, text: &str) {
        if !self.json {
            note(text);
        }
    }

    /// Says what can't be looked at this time, and why.
    pub(super) fn not_checked(&mut self, step: &'static str, why: &str) {
        if !self.json {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "--           ms  {step:<18} not checked: {why}");
        }
        let why = why.to_owned();
        self.not_checked.push(NotChecked { step, why });
    }

    /// Whether everything was looked at, and all of it was so.
    pub(super) fn all_hold(&self) -> bool {
        self.not_checked.is_empty() && self.steps.iter().all(|s| s.holds)
    }

    /// Asks the person at the screen, also where only data is printed.
    pub(super) fn ask(text: &str) {
        note(&format!("\n>>> {text}\n"));
    }

    pub(super) fn step(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Self) -> Result<(Checks, String), Fail>,
    ) -> Result<(), Fail> {
        let began = Instant::now();
        let done = work(self);
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (checks, said, failed) = match done {
            Ok((checks, said)) => (checks, said, None),
            Err(fail) => (Checks::default(), fail.to_string(), Some(fail)),
        };
        let holds = checks.all_hold();
        if !self.json {
            let mark = if holds { "ok " } else { "NO " };
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{mark} {ms:>6} ms  {name:<18} {said}");
            if !holds && failed.is_none() {
                let _ = writeln!(out, "{:>32} not so: {}", "", checks.failed());
            }
        }
        self.steps.push(Step {
            name,
            holds,
            ms,
            said,
            checks,
        });
        failed.map_or(Ok(()), Err)
    }

    pub(super) fn finish(&self, all: bool, uses: &Uses) -> Result<(), Fail> {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !self.json {
            let left = !self.not_checked.is_empty() && self.steps.iter().all(|s| s.holds);
            let said = match (all, left) {
                (true, _) => "All held",
                (_, true) => "All that was checked held; not checked is what is said above,",
                _ => "NOT all held",
            };
            self.say(&format!("{said} in {:.1} s.", ms as f64 / 1000.0));
            return Ok(());
        }
        let data = serde_json::json!({
            "all": all, "ms": ms, "uses": uses, "steps": self.steps,
            "not_checked": self.not_checked,
        });
        print(format!("{data:#}\n").as_bytes())
    }
}

/// What the demonstration made use of, and why not of more.
#[derive(Debug, Serialize)]
pub(super) struct Uses {
    /// own-screen, this-display, toy.
    pub(super) screen: &'static str,
    /// The same in words.
    pub(super) screen_said: String,
    /// How the panic key is pressed: own-keyboard (of the demonstration's own X
    /// server), person (who sits at the display), command (there is no screen).
    pub(super) panic_key: &'static str,
    /// The same in words.
    pub(super) panic_key_said: &'static str,
    /// Where the sharer's picture comes from, which the viewer's is held
    /// against: server-memory (the X server's own), own-windows (the
    /// demonstration's, as the X server shows them), drawn-here.
    pub(super) sharer_picture: &'static str,
    /// The same in words.
    pub(super) sharer_picture_said: &'static str,
    /// own-network, loopback.
    pub(super) network: &'static str,
    /// The same in words.
    pub(super) network_said: String,
}
