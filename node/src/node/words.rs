//! Whether people can be reached, in plain words (DISC-4, DISC-7, PORT-2).

use std::collections::BTreeSet;
use std::net::IpAddr;

use kith_api::{ContactState, Routes};

use super::open::Open;
use super::people::Person;
use super::reach::Known;
use crate::swarm::{DeviceId, Outcome, ProbeResult, Via};

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
        // Who has removed us answers our greeting as they would a stranger's; a
        // contact says at once how it is.
        let counts =
            |d: &DeviceId| person.state != ContactState::Contact || self.reach.said_presence(d);
        self.people
            .devices_of(&person.id)
            .filter(|(d, _)| counts(d))
            .map(|(d, _)| self.reach.known(&d))
            .find(|k| *k != Known::Offline && !closing(k))
            .unwrap_or(Known::Offline)
    }

    /// Why a person can't be reached; of who isn't a contact also that the
    /// device is connected, since one can't talk yet.
    pub(super) fn why_offline(&self, person: &Person) -> Away {
        if person.state != ContactState::Contact && self.known_of(person) != Known::Offline {
            return Away::Connected;
        }
        if let Some(why) = self.why_not_relayed(&person.id) {
            return why;
        }
        self.people
            .devices_of(&person.id)
            .find_map(|(d, _)| self.reach.why(&d))
            .cloned()
            .unwrap_or(Away::NotSeen)
    }
}

/// Why somebody can't be reached (PORT-2, DISC-4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Away {
    /// Their device is there, but they aren't a contact.
    Connected,
    /// The node has only begun.
    NotSeen,
    /// They were there.
    Ended,
    /// Their Kith and this one have no version in common.
    Version(String),
    /// Only relays are permitted, and there is none.
    NoRelay(String),
    NoAddress,
    OtherDevice,
    NotKith,
    /// Without a key nothing is proven: a router may speak for its machine.
    Refuses,
    NoAnswer,
    NoNetwork,
    /// The two have no kind of address in common.
    NoIpv4,
    NoIpv6,
    Elsewhere,
    Nowhere,
}

impl Away {
    /// A stable code, for translations (UI-6).
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::NotSeen => "not-seen",
            Self::Ended => "ended",
            Self::Version(_) => "version",
            Self::NoRelay(_) => "no-relay",
            Self::NoAddress => "no-address",
            Self::OtherDevice => "other-device",
            Self::NotKith => "not-kith",
            Self::Refuses => "refuses",
            Self::NoAnswer => "no-answer",
            Self::NoNetwork => "no-network",
            Self::NoIpv4 => "no-ipv4",
            Self::NoIpv6 => "no-ipv6",
            Self::Elsewhere => "elsewhere",
            Self::Nowhere => "nowhere",
        }
    }

    /// In plain words.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Connected => "their device is connected",
            Self::NotSeen => "not seen since this node started",
            Self::Ended => "the connection ended",
            Self::Version(why) | Self::NoRelay(why) => why,
            Self::NoAddress => "no address of that device is known yet",
            Self::OtherDevice => "another device answers at its last address",
            Self::NotKith => "something answers at its address, but no handshake comes of it",
            Self::Refuses => {
                "its address refuses: Kith isn't running there, or a router or firewall is in \
                 the way"
            }
            Self::NoAnswer => "no answer: it is away, or something between filters the connection",
            Self::NoNetwork => "no network leads there from here",
            Self::NoIpv4 => {
                "only IPv4 addresses of it are known, and no IPv4 leads there from here"
            }
            Self::NoIpv6 => {
                "only IPv6 addresses of it are known, and no IPv6 leads there from here"
            }
            Self::Elsewhere => "its addresses are of another local network",
            Self::Nowhere => "its addresses don't work",
        }
    }
}

/// Why no direct address could even be tried, if that is so. TCP is told that no network
/// leads there, where a QUIC handshake just isn't answered. What may not be dialled, as
/// addresses of other local networks, doesn't count.
fn cut_off(results: &[ProbeResult]) -> Option<Away> {
    let dialled = |r: &&ProbeResult| {
        let never = matches!(r.outcome, Outcome::Denied(_) | Outcome::Ourselves);
        r.addr.relay().is_none() && !never
    };
    let place = |r: &ProbeResult| r.addr.socket().map(|s| s.ip());
    let dialled: Vec<&ProbeResult> = results.iter().filter(dialled).collect();
    let cut_off = dialled.iter().filter(|r| r.outcome == Outcome::Unreachable);
    let cut_off: BTreeSet<IpAddr> = cut_off.filter_map(|r| place(r)).collect();
    let all = dialled
        .iter()
        .all(|r| place(r).is_some_and(|ip| cut_off.contains(&ip)));
    match cut_off
        .iter()
        .map(IpAddr::is_ipv6)
        .collect::<BTreeSet<bool>>()
    {
        kinds if kinds.is_empty() || !all => None,
        kinds if kinds.len() > 1 => Some(Away::NoNetwork),
        kinds if kinds.contains(&true) => Some(Away::NoIpv6),
        _ => Some(Away::NoIpv4),
    }
}

/// What trying all addresses came to (PORT-2).
pub(super) fn explain(results: &[ProbeResult]) -> Away {
    let any = |f: fn(&Outcome) -> bool| results.iter().any(|r| f(&r.outcome));
    let other = |r: &ProbeResult| r.outcome == Outcome::NotKith && r.addr.relay().is_none();
    if any(|o| matches!(o, Outcome::WrongPeer { .. })) {
        Away::OtherDevice
    } else if results.iter().any(other) {
        Away::NotKith
    } else if any(|o| matches!(o, Outcome::Refused)) {
        Away::Refuses
    } else if let Some(why) = cut_off(results) {
        why
    } else if any(|o| matches!(o, Outcome::TimedOut)) {
        Away::NoAnswer
    } else if any(|o| matches!(o, Outcome::Unreachable)) {
        Away::NoNetwork
    } else if any(|o| matches!(o, Outcome::Denied(_))) {
        Away::Elsewhere
    } else {
        Away::Nowhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::swarm::Denial;

    fn said(outcomes: &[(&str, Outcome)]) -> String {
        let results = outcomes.iter().enumerate();
        let results = results.map(|(index, (addr, outcome))| ProbeResult {
            index,
            addr: addr.parse().expect("an address"),
            outcome: outcome.clone(),
        });
        explain(&results.collect::<Vec<_>>()).words().to_owned()
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

    /// PORT-2: who has IPv4 alone isn't told that something filters the way to somebody
    /// who has IPv6 alone, also where a relay was known that is gone.
    #[test]
    fn what_no_network_leads_to_is_said_to_be_that() {
        let tcp6 = ("/ip6/2001:db8::7/tcp/4001", Outcome::Unreachable);
        let udp6 = ("/ip6/2001:db8::7/udp/4001/quic-v1", Outcome::TimedOut);
        let tcp4 = ("/ip4/192.0.2.7/tcp/4001", Outcome::Unreachable);
        let udp4 = ("/ip4/192.0.2.7/udp/4001/quic-v1", Outcome::TimedOut);
        let private = (
            "/ip4/10.1.2.3/tcp/4001",
            Outcome::Denied(Denial::NotApproved),
        );
        for (outcomes, words) in [
            (vec![tcp6.clone(), udp6.clone()], "no IPv6 leads"),
            (vec![private, udp6.clone(), tcp6.clone()], "no IPv6 leads"),
            (vec![tcp4.clone(), udp4.clone()], "no IPv4 leads"),
            (vec![tcp6.clone(), tcp4], "no network leads"),
            (vec![tcp6, udp6, udp4.clone()], "no answer"),
            (vec![udp4], "no answer"),
        ] {
            assert!(said(&outcomes).contains(words), "{outcomes:?}");
        }
    }
}
