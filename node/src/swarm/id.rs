//! Names of devices and connections, and their libp2p counterparts.

use std::fmt;

use libp2p::{PeerId, identity, multihash::Multihash, swarm::ConnectionId};

pub use kith_proto::id::DeviceId;

/// One connection to one device, valid as long as this run of the swarm.
///
/// Local: the other side has another name for the same connection. A path is
/// named between devices by a nonce sent on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub(super) ConnectionId);

impl fmt::Debug for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnId({})", self.0)
    }
}

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The libp2p name of a device; `None` when the bytes are no point of the curve.
pub(super) fn peer_of(device: &DeviceId) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(device.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// The device behind a libp2p name; `None` for keys other than Ed25519, whose
/// name does not contain the key or contains another kind.
pub(super) fn device_of(peer: &PeerId) -> Option<DeviceId> {
    /// Multihash code for "the bytes themselves".
    const IDENTITY: u64 = 0;
    let hash: &Multihash<64> = peer.as_ref();
    if hash.code() != IDENTITY {
        return None;
    }
    let key = identity::PublicKey::try_decode_protobuf(hash.digest()).ok()?;
    let key = key.try_into_ed25519().ok()?;
    Some(DeviceId::from_bytes(key.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_and_peer_are_the_same_key() {
        let pair = identity::ed25519::Keypair::generate();
        let device = DeviceId::from_bytes(pair.public().to_bytes());
        let peer = identity::PublicKey::from(pair.public()).to_peer_id();
        assert_eq!(peer_of(&device), Some(peer));
        assert_eq!(device_of(&peer), Some(device));
    }

    #[test]
    fn a_hashed_peer_name_has_no_device() {
        // SHA-256 of some key, as RSA peers have it.
        let hash = Multihash::wrap(0x12, &[7; 32]).unwrap();
        let peer = PeerId::from_multihash(hash).unwrap();
        assert_eq!(device_of(&peer), None);
    }
}
