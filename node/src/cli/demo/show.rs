//! What the demonstration tells, step by step.

use std::io::Write as _;
use std::os::fd::AsFd;
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
            note(&laid_out("", text, width(std::io::stderr())));
        }
    }

    /// Tells one line of what happens.
    fn tell(&self, head: &str, text: &str) {
        if !self.json {
            let mut out = std::io::stdout().lock();
            let told = laid_out(head, text, width(&out));
            let _ = writeln!(out, "{told}");
        }
    }

    /// Says what can't be looked at this time, and why.
    pub(super) fn not_checked(&mut self, step: &'static str, why: &str) {
        let head = format!("--           ms  {step:<18} ");
        self.tell(&head, &format!("not checked: {why}"));
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
        let mark = if holds { "ok " } else { "NO " };
        self.tell(&format!("{mark} {ms:>6} ms  {name:<18} "), &said);
        if !holds && failed.is_none() {
            self.tell(
                &format!("{:>33}", ""),
                &format!("not so: {}", checks.failed()),
            );
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

/// How many characters a line of a terminal takes; what isn't one takes any.
fn width(of: impl AsFd) -> usize {
    let size = rustix::termios::tcgetwinsize(of);
    let columns = size.map_or(0, |s| usize::from(s.ws_col));
    if columns == 0 { usize::MAX } else { columns }
}

/// A text behind its head, in lines that break between words; below the first
/// word where there is room for that.
fn laid_out(head: &str, text: &str, width: usize) -> String {
    let mut at = head.chars().count();
    let indent = if at * 2 <= width { at } else { 4 };
    let mut all = head.to_owned();
    for word in text.split(' ') {
        let long = word.chars().count();
        if at > indent && at + long > width {
            all.truncate(all.trim_end().len());
            all.push('\n');
            all.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        }
        all.push_str(word);
        all.push(' ');
        at += long + 1;
    }
    all.truncate(all.trim_end().len());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        let told = |width| laid_out("ok 1 ms ", "each has an encrypted database", width);
        assert_eq!(told(usize::MAX), "ok 1 ms each has an encrypted database");
        assert_eq!(told(26), "ok 1 ms each has an\n        encrypted database");
        assert_eq!(
            told(14),
            "ok 1 ms each\n    has an\n    encrypted\n    database"
        );
        assert_eq!(laid_out("", "a word", 3), "a\nword");
    }

    /// What nobody could look at isn't true.
    #[test]
    fn what_was_not_checked_does_not_hold() -> Result<(), Fail> {
        let mut show = Show::new(true);
        show.step("one", |_| {
            Ok((Checks::default().that("so", true), String::new()))
        })?;
        assert!(show.all_hold());
        show.not_checked("two", "nobody was there");
        assert!(!show.all_hold());
        Ok(())
    }

    /// Nor is what nothing was looked at for.
    #[test]
    fn a_step_without_checks_does_not_hold() -> Result<(), Fail> {
        let mut show = Show::new(true);
        show.step("none", |_| Ok((Checks::default(), String::new())))?;
        assert!(!show.all_hold());
        Ok(())
    }
}
