//! What the demonstration tells, step by step.

use std::io::Write as _;
use std::time::Instant;

use serde::Serialize;

use super::super::{Fail, note, print};

/// One step and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    name: &'static str,
    pub(super) holds: bool,
    ms: u64,
    said: String,
}

/// What is shown.
pub(super) struct Show {
    pub(super) json: bool,
    pub(super) began: Instant,
    pub(super) steps: Vec<Step>,
}

impl Show {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            began: Instant::now(),
            steps: Vec::new(),
        }
    }

    pub(super) fn say(&self, text: &str) {
        if !self.json {
            note(text);
        }
    }

    pub(super) fn step(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Self) -> Result<(bool, String), Fail>,
    ) -> Result<(), Fail> {
        let began = Instant::now();
        let done = work(self);
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (holds, said, failed) = match done {
            Ok((holds, said)) => (holds, said, None),
            Err(fail) => (false, fail.to_string(), Some(fail)),
        };
        if !self.json {
            let mark = if holds { "ok " } else { "NO " };
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{mark} {ms:>6} ms  {name:<18} {said}");
        }
        self.steps.push(Step {
            name,
            holds,
            ms,
            said,
        });
        failed.map_or(Ok(()), Err)
    }

    pub(super) fn finish(&self, all: bool) -> Result<(), Fail> {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !self.json {
            self.say(&format!(
                "{} in {:.1} s.",
                if all { "All held" } else { "NOT all held" },
                ms as f64 / 1000.0
            ));
            return Ok(());
        }
        let data = serde_json::json!({ "all": all, "ms": ms, "steps": self.steps });
        print(format!("{data:#}\n").as_bytes())
    }
}
