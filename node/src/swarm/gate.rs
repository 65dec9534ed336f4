//! The dial gate: nothing leaves this machine that the rules don't allow.
//!
//! [`Gate`] wraps a transport and sees every dial, whoever asked for it: our
//! own probes, Kademlia, AutoNAT, hole punching, relay clients. It stands
//! twice: below DNS, around QUIC and TCP, where it judges socket addresses;
//! and above DNS, where it keeps other devices from making us resolve names.
//! The decision itself is [`decide`], a pure function.
//!
//! Threats R4; specification `06-transports.md`, "The gate".

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use libp2p::{
    Multiaddr, PeerId,
    core::transport::{DialOpts, ListenerId, PortUse, Transport, TransportError, TransportEvent},
    multiaddr::Protocol as Part,
};

use super::{
    addr::{Addr, Host},
    config::Reach,
    event::Standing,
    judge::{Never, Place, place},
    rules::Rules,
};

/// Why our own rules keep us from dialling an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denial {
    /// An address that is never dialled.
    #[error("this kind of address is never dialled")]
    Never(Never),
    /// A private address without an approval for this device.
    #[error("a private address that nobody approved")]
    NotApproved,
    /// This machine itself, and the configuration doesn't say so.
    #[error("this machine itself")]
    Loopback,
    /// A DNS name without an approval for this device.
    #[error("a name that nobody approved")]
    Name,
    /// A dial-back for AutoNAT to somewhere else than a public address of the
    /// contact that asked.
    #[error("a dial-back to another host")]
    DialBack,
    /// The device is blocked.
    #[error("this device is blocked")]
    Blocked,
    /// The device is reached through relays only.
    #[error("this device is reached through relays only")]
    RelayOnly,
    /// The dial names no device, so nobody could be expected there.
    #[error("no device named")]
    Nobody,
    /// An address of a shape we don't speak.
    #[error("unknown shape of address")]
    Shape,
}

/// All that a decision depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What kind of place it is; `None` for a DNS name.
    pub place: Option<Place>,
    /// What the device is to us.
    pub standing: Standing,
    /// Whether this device and address are approved now.
    pub approval: Approval,
    /// Who wants to dial.
    pub purpose: Purpose,
    /// What the configuration allows.
    pub reach: Reach,
}

/// Whether a device and address are approved at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Approval {
    /// By the node, or because the device was announced on this very network.
    Given,
    /// Not.
    Missing,
}

/// Who wants to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To reach a device.
    Reach,
    /// AutoNAT's test of an address, to a host from which that device is
    /// connected to us now.
    DialBackSameHost,
    /// AutoNAT's test of an address, to any other host.
    DialBackElsewhere,
}

/// Decides about one dial.
///
/// # Errors
/// The [`Denial`] that applies first, in the order of the specification.
pub fn decide(ask: &Ask) -> Result<(), Denial> {
    match ask.standing {
        Standing::Blocked => return Err(Denial::Blocked),
        Standing::ContactViaRelay => return Err(Denial::RelayOnly),
        Standing::Stranger | Standing::Fellow | Standing::Contact => {}
    }
    let Some(place) = ask.place else {
        return match (ask.approval, ask.purpose) {
            (Approval::Given, Purpose::Reach) => Ok(()),
            _ => Err(Denial::Name),
        };
    };
    if let Place::Never(why) = place {
        return Err(Denial::Never(why));
    }
    match ask.purpose {
        Purpose::Reach => match (place, ask.approval, ask.reach) {
            (Place::Public, _, _)
            | (Place::Private(_), Approval::Given, _)
            | (Place::Loopback, _, Reach::Loopback) => Ok(()),
            (Place::Private(_), Approval::Missing, _) => Err(Denial::NotApproved),
            (Place::Loopback, _, Reach::Network) => Err(Denial::Loopback),
            (Place::Never(why), _, _) => Err(Denial::Never(why)),
        },
        Purpose::DialBackSameHost
            if place == Place::Public && ask.standing == Standing::Contact =>
        {
            Ok(())
        }
        Purpose::DialBackSameHost | Purpose::DialBackElsewhere => Err(Denial::DialBack),
    }
}

/// At which level of the transport stack a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Above DNS: judges names, lets addresses pass to the level below.
    Names,
    /// Below DNS: judges addresses; nothing else may arrive here.
    Sockets,
}

/// A transport that asks the rules before each dial.
#[derive(Debug)]
pub(super) struct Gate<T> {
    inner: T,
    level: Level,
    rules: Arc<Rules>,
}

impl<T> Gate<T> {
    pub(super) fn new(inner: T, level: Level, rules: Arc<Rules>) -> Self {
        Self {
            inner,
            level,
            rules,
        }
    }

    fn judge(&self, multi: &Multiaddr, opts: DialOpts) -> Result<(), Denial> {
        let peer = last_peer(multi).ok_or(Denial::Nobody)?;
        let addr = Addr::from_multi(multi).map_err(|_| Denial::Shape)?;
        if addr.relay().is_some() {
            return Err(Denial::Shape);
        }
        match (self.level, addr.host()) {
            // Not a name: the gate below looks at it.
            (Level::Names, Host::Ip(_)) => Ok(()),
            (Level::Names, Host::Name(_)) => self.ask(peer, &addr, None, opts),
            (Level::Sockets, Host::Ip(ip)) => self.ask(peer, &addr, Some(place(*ip)), opts),
            (Level::Sockets, Host::Name(_)) => Err(Denial::Shape),
        }
    }

    fn ask(
        &self,
        peer: PeerId,
        addr: &Addr,
        place: Option<Place>,
        opts: DialOpts,
    ) -> Result<(), Denial> {
        let purpose = match (opts.port_use, addr.host()) {
            // Only AutoNAT's server asks for a new port, and our own probes
            // where they say so.
            (PortUse::New, _) if self.rules.is_dialled_afresh(&peer, addr) => Purpose::Reach,
            (PortUse::New, Host::Ip(ip)) if self.rules.is_connected_from(&peer, *ip) => {
                Purpose::DialBackSameHost
            }
            (PortUse::New, _) => Purpose::DialBackElsewhere,
            (PortUse::Reuse, _) => Purpose::Reach,
        };
        decide(&Ask {
            place,
            standing: self.rules.standing(&peer),
            approval: self.rules.approval(&peer, addr),
            purpose,
            reach: self.rules.reach(),
        })?;
        if let (PortUse::Reuse, Host::Ip(ip)) = (opts.port_use, addr.host()) {
            self.rules.asked(*ip, Instant::now());
        }
        Ok(())
    }
}

fn last_peer(multi: &Multiaddr) -> Option<PeerId> {
    match multi.iter().last() {
        Some(Part::P2p(peer)) => Some(peer),
        _ => None,
    }
}

impl<T> Transport for Gate<T>
where
    T: Transport<Error = io::Error> + Unpin,
{
    type Output = T::Output;
    type Error = io::Error;
    type ListenerUpgrade = T::ListenerUpgrade;
    type Dial = T::Dial;

    fn listen_on(
        &mut self,
        id: ListenerId,
        addr: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, addr)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        addr: Multiaddr,
        opts: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        if let Err(denial) = self.judge(&addr, opts) {
            tracing::debug!(%addr, ?opts, %denial, "dial denied");
            return Err(TransportError::Other(io::Error::new(
                io::ErrorKind::PermissionDenied,
                denial,
            )));
        }
        self.inner.dial(addr, opts)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::judge::Private, *};

    const STANDINGS: [Standing; 5] = [
        Standing::Stranger,
        Standing::Fellow,
        Standing::Contact,
        Standing::ContactViaRelay,
        Standing::Blocked,
    ];
    const APPROVALS: [Approval; 2] = [Approval::Given, Approval::Missing];
    const PURPOSES: [Purpose; 3] = [
        Purpose::Reach,
        Purpose::DialBackSameHost,
        Purpose::DialBackElsewhere,
    ];
    const REACHES: [Reach; 2] = [Reach::Network, Reach::Loopback];

    fn places() -> Vec<Option<Place>> {
        let never = [
            Never::Unspecified,
            Never::LinkLocal,
            Never::Metadata,
            Never::Multicast,
            Never::Broadcast,
            Never::HidesAnother,
            Never::Reserved,
        ];
        let private = [Private::Rfc1918, Private::Shared, Private::UniqueLocal];
        let mut all = vec![None, Some(Place::Public), Some(Place::Loopback)];
        all.extend(never.map(|n| Some(Place::Never(n))));
        all.extend(private.map(|p| Some(Place::Private(p))));
        all
    }

    /// The whole table: every combination, against the rules said another way.
    #[test]
    fn every_combination() {
        let mut allowed = 0;
        for place in places() {
            for standing in STANDINGS {
                for approval in APPROVALS {
                    for purpose in PURPOSES {
                        for reach in REACHES {
                            let ask = Ask {
                                place,
                                standing,
                                approval,
                                purpose,
                                reach,
                            };
                            let may = decide(&ask).is_ok();
                            allowed += usize::from(may);
                            assert_eq!(may, expected(&ask), "{ask:?}");
                        }
                    }
                }
            }
        }
        // Public: 3 standings x 2 approvals x 2 reaches to reach, and 1 x 2 x 2
        // to dial back. Private: 3 kinds x 3 standings x 2 reaches. Loopback:
        // 3 standings x 2 approvals. Names: 3 standings x 2 reaches.
        assert_eq!(allowed, 12 + 4 + 18 + 6 + 6);
    }

    fn expected(ask: &Ask) -> bool {
        let direct = matches!(
            ask.standing,
            Standing::Stranger | Standing::Fellow | Standing::Contact
        );
        let given = ask.approval == Approval::Given;
        match ask.purpose {
            Purpose::DialBackElsewhere => false,
            Purpose::DialBackSameHost => {
                ask.standing == Standing::Contact && ask.place == Some(Place::Public)
            }
            Purpose::Reach => {
                direct
                    && match ask.place {
                        None | Some(Place::Private(_)) => given,
                        Some(Place::Public) => true,
                        Some(Place::Loopback) => ask.reach == Reach::Loopback,
                        Some(Place::Never(_)) => false,
                    }
            }
        }
    }
}
