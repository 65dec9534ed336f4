//! Whether people can be reached, in plain words (DISC-4, DISC-7, PORT-2).

use super::open::Open;
use super::people::Person;
use super::reach::Known;
use crate::swarm::{Outcome, ProbeResult};

impl Open {
    pub(super) fn known_of(&self, person: &Person) -> Known {
        self.people
            .devices_of(&person.id)
            .map(|(d, _)| self.reach.known(&d))
            .find(|k| *k != Known::Offline)
            .unwrap_or(Known::Offline)
    }

    /// Why a person can't be reached, in plain words.
    pub(super) fn why_offline(&self, person: &Person) -> String {
        self.people
            .devices_of(&person.id)
            .find_map(|(d, _)| self.reach.why(&d))
            .unwrap_or("not seen since this node started")
            .to_owned()
    }
}

/// What trying all addresses came to, in plain words (PORT-2).
pub(super) fn explain(results: &[ProbeResult]) -> String {
    let any = |f: fn(&Outcome) -> bool| results.iter().any(|r| f(&r.outcome));
    if any(|o| matches!(o, Outcome::WrongPeer { .. })) {
        "another device answers at its last address".into()
    } else if any(|o| matches!(o, Outcome::Refused)) {
        "its machine answers, but Kith isn't running there".into()
    } else if any(|o| matches!(o, Outcome::TimedOut)) {
        "no answer: it is away, or something between filters the connection".into()
    } else if any(|o| matches!(o, Outcome::Unreachable)) {
        "no network leads there from here".into()
    } else if any(|o| matches!(o, Outcome::Denied(_))) {
        "its addresses are of another local network".into()
    } else {
        "its addresses don't work".into()
    }
}
