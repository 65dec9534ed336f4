//! Which of the ways to another device are of use, which is best, and what to
//! tell a person where none is (PORT-1, PORT-2, PORT-5).
//!
//! A node tries every candidate for itself, all at once: it connects, has a
//! nonce echoed, and measures. Here is what is made of that.

use core::time::Duration;

/// What carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// QUIC over UDP: streams don't hold each other up.
    Quic,
    /// TCP: one lost packet holds up everything on the connection.
    Tcp,
}

/// How it gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Course {
    /// From device to device.
    Direct,
    /// Through a contact's device that passes sealed bytes on.
    Relayed,
}

/// A candidate that works, as it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Working {
    /// What carries it.
    pub transport: Transport,
    /// How it gets there.
    pub course: Course,
    /// Shortest time until a nonce came back.
    pub round_trip: Duration,
    /// Bytes a second towards the viewer, from a short transfer; `None` where
    /// it was over too soon to say.
    pub rate: Option<u64>,
}

/// Why a candidate doesn't work. The codes are for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The connection is refused: nothing listens on the port, or a router or
    /// firewall speaks for the host.
    Refused,
    /// Nothing answers: filtered, gone, or very slow.
    Filtered,
    /// No route there from here.
    Unreachable,
    /// Another device answers.
    WrongDevice,
    /// Something else than Kith answers, or the handshake breaks.
    NotKith,
    /// The relay has no place for one of the two.
    RelayRefused,
    /// Our own rules: such an address is never dialled (R4).
    Denied,
    /// Our own limits on connections.
    Crowded,
    /// The name leads nowhere.
    NoSuchName,
    /// It is one of our own addresses.
    Ourselves,
    /// It connected, but no echo came back.
    Silent,
}

impl Failure {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Refused,
        Self::Filtered,
        Self::Unreachable,
        Self::WrongDevice,
        Self::NotKith,
        Self::RelayRefused,
        Self::Denied,
        Self::Crowded,
        Self::NoSuchName,
        Self::Ourselves,
        Self::Silent,
    ];

    /// Its code, for scripts and translations (UI-6).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Filtered => "filtered",
            Self::Unreachable => "unreachable",
            Self::WrongDevice => "wrong-device",
            Self::NotKith => "not-kith",
            Self::RelayRefused => "relay-refused",
            Self::Denied => "denied",
            Self::Crowded => "crowded",
            Self::NoSuchName => "no-such-name",
            Self::Ourselves => "ourselves",
            Self::Silent => "silent",
        }
    }

    /// In plain words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Refused => {
                "the address refuses: Kith isn't there, or a router or firewall is in the way"
            }
            Self::Filtered => "nothing answers there",
            Self::Unreachable => "there is no way there from this network",
            Self::WrongDevice => "another device answers there",
            Self::NotKith => "something else than Kith answers there",
            Self::RelayRefused => "the device in between doesn't pass anything on",
            Self::Denied => "such an address is never tried",
            Self::Crowded => "too many connections are open here",
            Self::NoSuchName => "the name leads nowhere",
            Self::Ourselves => "that is this device itself",
            Self::Silent => "it connected, but nothing came back",
        }
    }
}

/// What came of one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// It works.
    Works(Working),
    /// It doesn't, when tried over this transport.
    Fails(Transport, Failure),
}

/// Bytes by which ways are compared: a screen of text as a share sends it.
const SAMPLE: u64 = 64 * 1024;

impl Working {
    /// How long a screen of text takes, asking included. TCP counts a quarter
    /// more, for what a lost packet holds up there.
    fn cost(&self) -> Duration {
        let carry = self.rate.map_or(0, |rate| SAMPLE * 1_000_000 / rate.max(1));
        let cost = self.round_trip + Duration::from_micros(carry);
        match self.transport {
            Transport::Quic => cost,
            Transport::Tcp => cost + cost / 4,
        }
    }
}

/// Which candidate to nominate: a direct one before any relayed one, then the
/// one over which a screen of text takes least. `None` if none works.
#[must_use]
pub fn best(attempts: &[Attempt]) -> Option<usize> {
    let works = attempts.iter().enumerate().filter_map(|(i, a)| match a {
        Attempt::Works(w) => Some((i, w)),
        Attempt::Fails(..) => None,
    });
    works
        .min_by_key(|(i, w)| (w.course, w.cost(), *i))
        .map(|(i, _)| i)
}

/// What to say about all candidates together. The codes are for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// There is a direct way.
    Direct,
    /// There is one, but UDP doesn't get through: motion may be less smooth.
    DirectNoUdp,
    /// Only through somebody's device.
    Relayed,
    /// Nothing was there to be tried.
    NoAddress,
    /// All there was is what our own rules forbid.
    Forbidden,
    /// This device has no network, or none that leads there.
    NoNetwork,
    /// The address refuses: Kith doesn't run there, or a router or firewall
    /// speaks for the host. Which of them isn't known without a key.
    NotRunning,
    /// Somebody else is at the addresses that are known.
    Elsewhere,
    /// Nothing answers: firewalls or routers between the two don't let it
    /// through, or the device is off.
    Blocked,
}

impl Verdict {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Direct,
        Self::DirectNoUdp,
        Self::Relayed,
        Self::NoAddress,
        Self::Forbidden,
        Self::NoNetwork,
        Self::NotRunning,
        Self::Elsewhere,
        Self::Blocked,
    ];

    /// Of these attempts.
    #[must_use]
    pub fn of(attempts: &[Attempt]) -> Self {
        if let Some(Attempt::Works(w)) = best(attempts).and_then(|i| attempts.get(i)) {
            let quic_tried = attempts
                .iter()
                .any(|a| matches!(a, Attempt::Fails(Transport::Quic, Failure::Filtered)));
            let quic_works = attempts.iter().any(|a| {
                matches!(a, Attempt::Works(w)
                    if w.transport == Transport::Quic && w.course == Course::Direct)
            });
            return match w.course {
                Course::Relayed => Self::Relayed,
                Course::Direct if quic_tried && !quic_works => Self::DirectNoUdp,
                Course::Direct => Self::Direct,
            };
        }
        let failures = || {
            attempts.iter().filter_map(|a| match a {
                Attempt::Fails(_, f) => Some(*f),
                Attempt::Works(_) => None,
            })
        };
        let all = |of: &[Failure]| failures().all(|f| of.contains(&f));
        let any = |of: &[Failure]| failures().any(|f| of.contains(&f));
        if all(&[Failure::Ourselves]) {
            Self::NoAddress
        } else if all(&[Failure::Denied, Failure::Ourselves]) {
            Self::Forbidden
        } else if all(&[Failure::Unreachable, Failure::Denied, Failure::Ourselves]) {
            Self::NoNetwork
        } else if any(&[Failure::Refused]) && !any(&[Failure::Filtered, Failure::Silent]) {
            Self::NotRunning
        } else if any(&[Failure::WrongDevice, Failure::NotKith])
            && !any(&[Failure::Filtered, Failure::Silent])
        {
            Self::Elsewhere
        } else {
            Self::Blocked
        }
    }

    /// Whether there is a way.
    #[must_use]
    pub const fn works(self) -> bool {
        matches!(self, Self::Direct | Self::DirectNoUdp | Self::Relayed)
    }

    /// Its code, for scripts and translations (UI-6).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::DirectNoUdp => "direct-no-udp",
            Self::Relayed => "relayed",
            Self::NoAddress => "no-address",
            Self::Forbidden => "forbidden",
            Self::NoNetwork => "no-network",
            Self::NotRunning => "not-running",
            Self::Elsewhere => "elsewhere",
            Self::Blocked => "blocked",
        }
    }

    /// In plain words; what would help is said by who knows the contacts.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Direct => "the two devices reach each other directly",
            Self::DirectNoUdp => {
                "the two devices reach each other, but UDP is blocked: film may be less smooth"
            }
            Self::Relayed => "only through a contact's device in between",
            Self::NoAddress => "no address of the other device is known",
            Self::Forbidden => "the addresses that are known may not be tried from here",
            Self::NoNetwork => "this device has no network that leads there",
            Self::NotRunning => {
                "its address refuses: Kith isn't running there, or a router or firewall is in the way"
            }
            Self::Elsewhere => "somebody else is now at the addresses that are known",
            Self::Blocked => {
                "nothing gets through: a firewall or router is in the way, or the device is off"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn works(transport: Transport, course: Course, ms: u64, rate: u64) -> Attempt {
        Attempt::Works(Working {
            transport,
            course,
            round_trip: Duration::from_millis(ms),
            rate: Some(rate),
        })
    }

    const FAST: u64 = 100_000_000;
    const UDP_FILTERED: Attempt = Attempt::Fails(Transport::Quic, Failure::Filtered);
    const TCP_FILTERED: Attempt = Attempt::Fails(Transport::Tcp, Failure::Filtered);

    #[test]
    fn the_best_is_direct_then_quick() {
        use Course::{Direct, Relayed};
        use Transport::{Quic, Tcp};
        let far_direct = works(Tcp, Direct, 80, FAST);
        let near_relay = works(Quic, Relayed, 5, FAST);
        assert_eq!(best(&[near_relay, far_direct]), Some(1));
        let same = [works(Tcp, Direct, 20, FAST), works(Quic, Direct, 20, FAST)];
        assert_eq!(best(&same), Some(1), "QUIC where both are alike");
        let thin = [
            works(Quic, Direct, 1, 100_000),
            works(Tcp, Direct, 20, FAST),
        ];
        assert_eq!(best(&thin), Some(1), "a thin way is slow, however near");
        assert_eq!(best(&[UDP_FILTERED, TCP_FILTERED]), None);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn verdicts_name_what_is_the_matter() {
        use Course::{Direct, Relayed};
        use Transport::{Quic, Tcp};
        let fails = |f| Attempt::Fails(Tcp, f);
        let cases: &[(&[Attempt], Verdict)] = &[
            (
                &[works(Quic, Direct, 1, FAST), TCP_FILTERED],
                Verdict::Direct,
            ),
            (
                &[works(Tcp, Direct, 1, FAST), UDP_FILTERED],
                Verdict::DirectNoUdp,
            ),
            (&[works(Tcp, Direct, 1, FAST)], Verdict::Direct),
            (
                &[works(Quic, Relayed, 1, FAST), UDP_FILTERED],
                Verdict::Relayed,
            ),
            (&[], Verdict::NoAddress),
            (&[fails(Failure::Ourselves)], Verdict::NoAddress),
            (
                &[fails(Failure::Denied), fails(Failure::Ourselves)],
                Verdict::Forbidden,
            ),
            (
                &[fails(Failure::Unreachable), fails(Failure::Denied)],
                Verdict::NoNetwork,
            ),
            (&[fails(Failure::Refused)], Verdict::NotRunning),
            (&[fails(Failure::Refused), UDP_FILTERED], Verdict::Blocked),
            (&[fails(Failure::WrongDevice)], Verdict::Elsewhere),
            (&[UDP_FILTERED, TCP_FILTERED], Verdict::Blocked),
            (&[fails(Failure::Silent)], Verdict::Blocked),
            (&[fails(Failure::RelayRefused)], Verdict::Blocked),
        ];
        for (attempts, verdict) in cases {
            assert_eq!(Verdict::of(attempts), *verdict, "{attempts:?}");
        }
    }

    #[test]
    fn codes_are_different_and_words_are_plain() {
        let mut codes: Vec<&str> = Verdict::ALL.iter().map(|v| v.code()).collect();
        codes.extend(Failure::ALL.iter().map(|f| f.code()));
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for words in Verdict::ALL.iter().map(|v| v.words()) {
            assert!(!words.is_empty() && !words.ends_with('.'));
        }
    }

    /// A router may refuse for the machine behind it: no words say that the
    /// machine is there.
    #[test]
    fn a_refusal_proves_no_machine() {
        for words in [Failure::Refused.words(), Verdict::NotRunning.words()] {
            assert!(!words.contains("computer") && words.contains("router"));
        }
    }

    fn attempt() -> impl Strategy<Value = Attempt> {
        let transport = prop_oneof![Just(Transport::Quic), Just(Transport::Tcp)];
        let course = prop_oneof![Just(Course::Direct), Just(Course::Relayed)];
        let failure = prop::sample::select(Failure::ALL);
        prop_oneof![
            (
                transport.clone(),
                course,
                any::<u32>(),
                prop::option::of(any::<u64>())
            )
                .prop_map(|(transport, course, micros, rate)| Attempt::Works(
                    Working {
                        transport,
                        course,
                        round_trip: Duration::from_micros(micros.into()),
                        rate,
                    }
                )),
            (transport, failure).prop_map(|(t, f)| Attempt::Fails(t, f)),
        ]
    }

    proptest! {
        #[test]
        fn there_is_a_best_exactly_when_something_works(
            attempts in prop::collection::vec(attempt(), 0..8),
        ) {
            let any = attempts.iter().any(|a| matches!(a, Attempt::Works(_)));
            prop_assert_eq!(best(&attempts).is_some(), any);
            prop_assert_eq!(Verdict::of(&attempts).works(), any);
        }

        #[test]
        fn another_way_never_makes_the_best_worse(
            attempts in prop::collection::vec(attempt(), 1..8), more in attempt(),
        ) {
            let key = |all: &[Attempt]| best(all).and_then(|i| match all[i] {
                Attempt::Works(w) => Some((w.course, w.cost())),
                Attempt::Fails(..) => None,
            });
            let before = key(&attempts);
            let mut longer = attempts;
            longer.push(more);
            let after = key(&longer);
            prop_assert!(before.is_none() || after <= before);
        }
    }
}
