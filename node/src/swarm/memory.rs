//! Counting bytes that are held for others.
//!
//! A frame is counted before its bytes are read, so that peers can't make us
//! hold more than a fixed sum, whatever they send at the same time
//! (THREATS R7). libp2p's own memory limit looks at the whole process and is
//! of no use here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::id::DeviceId;

/// A sum of bytes, in total and for each device. Cheap to clone; clones share
/// the sum.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    total: usize,
    per_peer: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    total: usize,
    peers: HashMap<DeviceId, usize>,
}

/// Bytes set aside; dropping it gives them back.
#[derive(Debug)]
#[must_use = "dropping a lease gives the bytes back"]
pub struct Lease {
    budget: Budget,
    peer: DeviceId,
    bytes: usize,
}

/// No room for that many bytes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverBudget {
    /// This device already holds its share: the peer asks too much.
    #[error("this device holds its share of memory")]
    Peer,
    /// All devices together hold everything.
    #[error("all memory for frames is in use")]
    Total,
}

impl Budget {
    /// A budget of `total` bytes, of which one device gets at most `per_peer`.
    #[must_use]
    pub fn new(total: usize, per_peer: usize) -> Self {
        Self(Arc::new(Shared {
            total,
            per_peer,
            held: Mutex::default(),
        }))
    }

    /// Sets `bytes` aside for `peer`.
    ///
    /// # Errors
    /// [`OverBudget`]; nothing is set aside then.
    pub fn take(&self, peer: DeviceId, bytes: usize) -> Result<Lease, OverBudget> {
        let mut held = self.0.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = held.peers.get(&peer).copied().unwrap_or(0);
        let of_peer = of_peer.checked_add(bytes).ok_or(OverBudget::Peer)?;
        if of_peer > self.0.per_peer {
            return Err(OverBudget::Peer);
        }
        let total = held.total.checked_add(bytes).ok_or(OverBudget::Total)?;
        if total > self.0.total {
            return Err(OverBudget::Total);
        }
        held.total = total;
        held.peers.insert(peer, of_peer);
        Ok(Lease {
            budget: self.clone(),
            peer,
            bytes,
        })
    }

    /// Bytes set aside now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .total
    }
}

impl Lease {
    /// How many bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let shared = &self.budget.0;
        let mut held = shared.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.total = held.total.saturating_sub(self.bytes);
        if let Some(of_peer) = held.peers.get_mut(&self.peer) {
            *of_peer = of_peer.saturating_sub(self.bytes);
            if *of_peer == 0 {
                held.peers.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: DeviceId = DeviceId::from_bytes([1; 32]);
    const B: DeviceId = DeviceId::from_bytes([2; 32]);

    #[test]
    fn one_device_cannot_take_all() {
        let budget = Budget::new(100, 60);
        let first = budget.take(A, 60).unwrap();
        assert_eq!(budget.take(A, 1).unwrap_err(), OverBudget::Peer);
        assert_eq!(budget.take(B, 41).unwrap_err(), OverBudget::Total);
        let second = budget.take(B, 40).unwrap();
        assert_eq!(budget.held(), 100);
        drop(first);
        assert_eq!(budget.held(), 40);
        assert_eq!(budget.take(A, 60).unwrap().bytes(), 60);
        drop(second);
        assert_eq!(budget.held(), 0);
        assert_eq!(budget.take(A, usize::MAX).unwrap_err(), OverBudget::Peer);
    }

    #[test]
    fn a_device_that_holds_nothing_leaves_no_trace() {
        let budget = Budget::new(10, 10);
        drop(budget.take(A, 10).unwrap());
        assert!(budget.0.held.lock().unwrap().peers.is_empty());
    }
}
