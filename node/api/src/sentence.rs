//! Sentences that a face says in the reader's language (UI-6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A sentence by its code and what stands in it, and in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentence {
    /// A stable code: with other names and numbers the sentence has the same.
    pub code: String,
    /// What stands in it, by name: codes, numbers, and names, which are escaped.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, Vec<String>>,
    /// In English.
    pub words: String,
}

impl Sentence {
    /// One in which nothing stands yet.
    #[must_use]
    pub fn new(code: &str, words: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            with: BTreeMap::new(),
            words: words.into(),
        }
    }

    /// Puts something into it.
    #[must_use]
    pub fn put<T: ToString>(mut self, name: &str, all: impl IntoIterator<Item = T>) -> Self {
        let all = all.into_iter().map(|one| one.to_string());
        self.with.insert(name.to_owned(), all.collect());
        self
    }
}

impl core::fmt::Display for Sentence {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.words)
    }
}
