//! How long things took lately, for the statistics.

use std::collections::VecDeque;

use kith_codec::time::Micros;

/// Times kept for a median.
const TIMES: usize = 64;

/// The latest times of one kind.
#[derive(Debug, Default)]
pub(super) struct Times(VecDeque<u32>);

impl Times {
    pub(super) fn add(&mut self, span: Micros) {
        if self.0.len() == TIMES {
            self.0.pop_front();
        }
        self.0.push_back(u32::try_from(span.0).unwrap_or(u32::MAX));
    }

    /// In microseconds; zero before the first.
    pub(super) fn median(&self) -> u32 {
        let mut sorted: Vec<u32> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or(0)
    }
}
