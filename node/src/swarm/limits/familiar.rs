//! Where contacts are: handshakes from there don't wait for the pace of
//! strangers. A contact says where it is as it likes, and others may be there
//! too: so it is judged by use.

use std::collections::HashMap;

use libp2p::PeerId;

use super::{Block, Wire};

/// Most places that are remembered.
pub(super) const MAX_FAMILIAR: usize = 1024;
/// Most places that one contact is looked for at and was never met.
const MAX_SOUGHT: usize = 16;
/// Handshakes in a row that bring no contact, after which a place is like any
/// other until one comes: as many as a contact may have under way at once.
const MAX_MISSES: u32 = 32;

#[derive(Clone, Copy, Debug)]
struct Place {
    /// Who is looked for there; none: a contact was met.
    sought: Option<PeerId>,
    /// When it was last of use, in uses of all.
    used: u64,
    /// Handshakes since that brought no contact, for each [`Wire`]: over one
    /// of them others may seem to be there who aren't.
    misses: [u32; 2],
}

/// Places where contacts were met, or are looked for.
#[derive(Debug, Default)]
pub(super) struct Familiar {
    places: HashMap<Block, Place>,
    uses: u64,
}

impl Familiar {
    /// Whether a contact is as likely there as somebody else.
    pub(super) fn knows(&self, block: Block, wire: Wire) -> bool {
        let place = self.places.get(&block);
        place.is_some_and(|p| p.misses[wire as usize] < MAX_MISSES)
    }

    /// A contact has come from there, or was found there.
    pub(super) fn met(&mut self, block: Block) {
        self.put(block, None);
    }

    /// A contact is looked for there. Its own word for it is all there is.
    pub(super) fn seek(&mut self, block: Block, contact: PeerId) {
        if self.places.contains_key(&block) {
            return;
        }
        let theirs = |p: &&Place| p.sought == Some(contact);
        if self.places.values().filter(theirs).count() >= MAX_SOUGHT {
            self.drop_oldest(|p| p.sought == Some(contact));
        }
        self.put(block, Some(contact));
    }

    /// A handshake from there brought no contact.
    pub(super) fn missed(&mut self, block: Block, wire: Wire) {
        if let Some(place) = self.places.get_mut(&block) {
            let misses = &mut place.misses[wire as usize];
            *misses = misses.saturating_add(1);
        }
    }

    fn put(&mut self, block: Block, sought: Option<PeerId>) {
        self.uses += 1;
        let place = Place {
            sought,
            used: self.uses,
            misses: [0; 2],
        };
        if self.places.insert(block, place).is_none() && self.places.len() > MAX_FAMILIAR {
            // Where somebody was met counts for more.
            let new = self.uses;
            let sought = |p: &Place| p.sought.is_some() && p.used != new;
            match self.places.values().any(sought) {
                true => self.drop_oldest(sought),
                false => self.drop_oldest(|_| true),
            }
        }
    }

    fn drop_oldest(&mut self, which: impl Fn(&Place) -> bool) {
        let those = self.places.iter().filter(|(_, p)| which(p));
        let oldest = those.min_by_key(|(_, p)| p.used).map(|(block, _)| *block);
        if let Some(oldest) = oldest {
            self.places.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn block(n: u32) -> Block {
        Block(Ipv4Addr::from_bits(0x2d00_0000 + n).into())
    }

    #[test]
    fn what_a_contact_says_of_itself_takes_nobody_elses_place() {
        let mut familiar = Familiar::default();
        familiar.met(block(1));
        let [calm, loud] = [PeerId::random(), PeerId::random()];
        familiar.seek(block(2), calm);
        for n in 10..10 + 2 * u32::try_from(MAX_FAMILIAR).unwrap() {
            familiar.seek(block(n), loud);
        }
        assert!(familiar.knows(block(1), Wire::Tcp) && familiar.knows(block(2), Wire::Tcp));
        assert_eq!(familiar.places.len(), 2 + MAX_SOUGHT);
        // Where most contacts were met, the one who wasn't for longest goes.
        for n in 5000..5000 + u32::try_from(MAX_FAMILIAR).unwrap() - 1 {
            familiar.met(block(n));
            familiar.met(block(1));
        }
        assert_eq!(familiar.places.len(), MAX_FAMILIAR);
        assert!(familiar.knows(block(1), Wire::Tcp));
        familiar.met(block(9000));
        assert!(!familiar.knows(block(5000), Wire::Tcp));
        assert!(familiar.knows(block(5001), Wire::Tcp) && familiar.knows(block(1), Wire::Tcp));
    }

    #[test]
    fn where_only_others_come_from_is_like_any_place() {
        let mut familiar = Familiar::default();
        let contact = PeerId::random();
        familiar.seek(block(1), contact);
        for _ in 0..MAX_MISSES {
            assert!(familiar.knows(block(1), Wire::Quic));
            familiar.missed(block(1), Wire::Quic);
        }
        assert!(!familiar.knows(block(1), Wire::Quic));
        assert!(familiar.knows(block(1), Wire::Tcp), "nobody lies there");
        // To be looked for there again changes nothing; to come does.
        familiar.seek(block(1), contact);
        assert!(!familiar.knows(block(1), Wire::Quic));
        familiar.met(block(1));
        assert!(familiar.knows(block(1), Wire::Quic));
        familiar.missed(block(2), Wire::Tcp);
        assert!(!familiar.knows(block(2), Wire::Tcp));
    }
}
