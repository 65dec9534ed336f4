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

#[cfg(test)]
impl ConnId {
    pub(crate) fn from_number(n: usize) -> Self {
        Self(ConnectionId::new_unchecked(n))
    }
}

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

/// The libp2p name of a device; `None` when the bytes are no usable key.
pub(super) fn peer_of(device: &DeviceId) -> Option<PeerId> {
    device.public_key().ok()?;
    let key = identity::ed25519::PublicKey::try_from_bytes(device.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// The device behind a libp2p name; `None` for keys other than Ed25519, whose
/// name does not contain the key or contains another kind, and for weak ones,
/// with which anybody could prove to be that device.
pub(super) fn device_of(peer: &PeerId) -> Option<DeviceId> {
    /// Multihash code for "the bytes themselves".
    const IDENTITY: u64 = 0;
    let hash: &Multihash<64> = peer.as_ref();
    if hash.code() != IDENTITY {
        return None;
    }
    let key = identity::PublicKey::try_decode_protobuf(hash.digest()).ok()?;
    let key = key.try_into_ed25519().ok()?;
    let device = DeviceId::from_bytes(key.to_bytes());
    device.public_key().ok()?;
    Some(device)
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

    /// The peer id of the specification's example.
    #[test]
    fn the_peer_id_contains_the_key() {
        let text = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let key: [u8; 32] =
            std::array::from_fn(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap());
        let peer = peer_of(&DeviceId::from_bytes(key)).unwrap().to_bytes();
        assert_eq!(peer[..6], [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]);
        assert_eq!(peer[6..], key);
    }

    #[test]
    fn a_weak_key_is_nobody() {
        // The neutral element: every signature by it can be made by anybody.
        let mut weak = [0; 32];
        weak[0] = 1;
        assert_eq!(peer_of(&DeviceId::from_bytes(weak)), None);
        let key = identity::ed25519::PublicKey::try_from_bytes(&weak).unwrap();
        let peer = identity::PublicKey::from(key).to_peer_id();
        assert_eq!(device_of(&peer), None);
    }

    #[test]
    fn a_hashed_peer_name_has_no_device() {
        // SHA-256 of some key, as RSA peers have it.
        let hash = Multihash::wrap(0x12, &[7; 32]).unwrap();
        let peer = PeerId::from_multihash(hash).unwrap();
        assert_eq!(device_of(&peer), None);
    }
}
