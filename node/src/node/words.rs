//! Whether people can be reached, in plain words (DISC-4, DISC-7, PORT-2).

use kith_api::{ContactState, Routes};

use super::open::Open;
use super::people::Person;
use super::reach::Known;
use crate::swarm::{Outcome, ProbeResult, Via};

impl Open {
    pub(super) fn known_of(&self, person: &Person) -> Known {
        // Right after “relay only” was chosen direct connections are still
        // being closed.
        let closing = |k: &Known| {
            let direct = matches!(
                k,
                Known::Online {
                    via: Via::Direct,
                    ..
                }
            );
            direct && self.routes(&person.id) == Routes::RelayOnly
        };
        self.people
            .devices_of(&person.id)
            .map(|(d, _)| self.reach.known(&d))
            .find(|k| *k != Known::Offline && !closing(k))
            .unwrap_or(Known::Offline)
    }

    /// Why a person can't be reached, in plain words; of who isn't a contact
    /// also that the device is connected, since one can't talk yet.
    pub(super) fn why_offline(&self, person: &Person) -> String {
        if person.state != ContactState::Contact && self.known_of(person) != Known::Offline {
            return "their device is connected".into();
        }
        if let Some(why) = self.why_not_relayed(&person.id) {
            return why;
        }
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
    } else if results
        .iter()
        .any(|r| r.outcome == Outcome::NotKith && r.addr.relay().is_none())
    {
        "something answers at its address, but no handshake comes of it".into()
    } else if any(|o| matches!(o, Outcome::Refused)) {
        // Without a key nothing is proven: a router may speak for its machine.
        "its address refuses: Kith isn't running there, or a router or firewall is in the way"
            .into()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(outcomes: &[(&str, Outcome)]) -> String {
        let results = outcomes.iter().enumerate();
        let results = results.map(|(index, (addr, outcome))| ProbeResult {
            index,
            addr: addr.parse().expect("an address"),
            outcome: outcome.clone(),
        });
        explain(&results.collect::<Vec<_>>())
    }

    /// PORT-2: a router may refuse for the machine behind it, which then isn't
    /// said to answer, also where UDP is blocked. Only a key proves who is there.
    #[test]
    fn a_refusal_says_nothing_of_their_machine() {
        let refused = ("/ip4/192.0.2.7/tcp/4001", Outcome::Refused);
        let udp = ("/ip4/192.0.2.7/udp/4001/quic-v1", Outcome::TimedOut);
        for outcomes in [&[refused.clone()][..], &[udp.clone(), refused.clone()]] {
            let said = said(outcomes);
            assert!(!said.contains("machine"), "{said}");
            assert!(said.contains("router"), "{said}");
        }
        let answers = (refused.0, Outcome::NotKith);
        assert!(said(&[udp.clone(), answers]).contains("something answers"));
        let other = (refused.0, Outcome::WrongPeer { found: None });
        assert!(said(&[udp.clone(), other]).contains("another device"));
        assert!(said(&[udp]).contains("no answer"));
    }
}
