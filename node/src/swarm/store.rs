//! Records kept for the DHT: bounded in number, size, time and per giver.
//!
//! libp2p's own memory store has no quota per giver and forgets expired
//! records only when somebody asks for them. Records here have no publisher:
//! who put one is remembered for the quota, and never told to anybody.

use std::{
    borrow::Cow,
    collections::HashMap,
    time::{Duration, Instant},
};

use libp2p::{
    PeerId,
    kad::{
        ProviderRecord, Record, RecordKey,
        store::{Error, RecordStore, Result as StoreResult},
    },
};

/// Length of a record key: an HMAC-SHA-256 (DESIGN, "Finding each other").
pub const DHT_KEY_LEN: usize = 32;
/// Largest record value, in bytes: a sealed, padded record with room to grow.
pub const DHT_VALUE_MAX: usize = 1024;
/// Longest life of a record.
pub const DHT_LIFE_MAX: Duration = Duration::from_secs(48 * 60 * 60);
/// Records that one storing node keeps in all: 4 MiB of values at most.
pub const DHT_RECORDS: usize = 4096;
/// Records that one storing node keeps for one giver: three periods in two
/// directions for some forty contacts.
pub const DHT_RECORDS_PER_PEER: usize = 256;

/// Why a record offered by another device was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub(super) enum Unkept {
    #[error("the key is not 32 bytes")]
    Key,
    #[error("the value is empty or longer than 1 KiB")]
    Value,
    #[error("the record names a publisher")]
    Publisher,
    #[error("the record has no lifetime, or none left")]
    Lifetime,
    #[error("this giver has used up its share")]
    Quota,
    #[error("no room for more records")]
    Full,
    #[error("somebody else put a record under this key")]
    Taken,
}

#[derive(Debug)]
struct Kept {
    record: Record,
    giver: PeerId,
    until: Instant,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    kept: HashMap<RecordKey, Kept>,
}

impl Shelf {
    /// Takes a record from `giver`, as far as the rules allow.
    pub(super) fn offer(
        &mut self,
        giver: PeerId,
        mut record: Record,
        now: Instant,
    ) -> Result<(), Unkept> {
        if record.key.as_ref().len() != DHT_KEY_LEN {
            return Err(Unkept::Key);
        }
        if record.value.is_empty() || record.value.len() > DHT_VALUE_MAX {
            return Err(Unkept::Value);
        }
        if record.publisher.is_some() {
            return Err(Unkept::Publisher);
        }
        let until = record.expires.ok_or(Unkept::Lifetime)?;
        if until <= now {
            return Err(Unkept::Lifetime);
        }
        let until = until.min(now + DHT_LIFE_MAX);
        self.sweep(now);
        match self.kept.get(&record.key).map(|kept| kept.giver) {
            // Only the device that it is about has a reason to renew a record.
            // A storing node, which knows the key, can't overwrite the copies
            // of others.
            Some(first) if first != giver => return Err(Unkept::Taken),
            Some(_) => {}
            None => {
                let of_giver = self.kept.values().filter(|k| k.giver == giver);
                if of_giver.count() >= DHT_RECORDS_PER_PEER {
                    return Err(Unkept::Quota);
                }
                if self.kept.len() >= DHT_RECORDS {
                    return Err(Unkept::Full);
                }
            }
        }
        record.expires = Some(until);
        let key = record.key.clone();
        self.kept.insert(
            key,
            Kept {
                record,
                giver,
                until,
            },
        );
        Ok(())
    }

    fn sweep(&mut self, now: Instant) {
        self.kept.retain(|_, kept| kept.until > now);
    }

    /// All records, for tests and `kith doctor`.
    pub(super) fn all(&self) -> impl Iterator<Item = &Record> {
        self.kept.values().map(|kept| &kept.record)
    }
}

type NoProviders<'a> = std::iter::Empty<Cow<'a, ProviderRecord>>;

impl RecordStore for Shelf {
    type RecordsIter<'a> = Box<dyn Iterator<Item = Cow<'a, Record>> + 'a>;
    type ProvidedIter<'a> = NoProviders<'a>;

    fn get(&self, key: &RecordKey) -> Option<Cow<'_, Record>> {
        self.kept.get(key).map(|kept| Cow::Borrowed(&kept.record))
    }

    /// Records come in by [`Shelf::offer`] only, which knows the giver.
    fn put(&mut self, _: Record) -> StoreResult<()> {
        Err(Error::MaxRecords)
    }

    fn remove(&mut self, key: &RecordKey) {
        self.kept.remove(key);
    }

    fn records(&self) -> Self::RecordsIter<'_> {
        Box::new(self.all().map(Cow::Borrowed))
    }

    /// Kith has no use for provider records.
    fn add_provider(&mut self, _: ProviderRecord) -> StoreResult<()> {
        Err(Error::MaxProvidedKeys)
    }

    fn providers(&self, _: &RecordKey) -> Vec<ProviderRecord> {
        Vec::new()
    }

    fn provided(&self) -> NoProviders<'_> {
        std::iter::empty()
    }

    fn remove_provider(&mut self, _: &RecordKey, _: &PeerId) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: u32, value: &[u8], life: Duration, now: Instant) -> Record {
        let mut bytes = [0; DHT_KEY_LEN];
        bytes[..4].copy_from_slice(&key.to_be_bytes());
        Record {
            key: RecordKey::new(&bytes),
            value: value.to_vec(),
            publisher: None,
            expires: Some(now + life),
        }
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn only_well_formed_records_are_kept() {
        let (mut shelf, giver, now) = (Shelf::default(), PeerId::random(), Instant::now());
        let good = record(1, b"sealed", HOUR, now);
        let mut short = good.clone();
        short.key = RecordKey::new(b"short");
        let mut named = good.clone();
        named.publisher = Some(giver);
        let mut eternal = good.clone();
        eternal.expires = None;
        let big = record(1, &[0; DHT_VALUE_MAX + 1], HOUR, now);
        let empty = record(1, b"", HOUR, now);
        let dead = record(1, b"sealed", Duration::ZERO, now);
        for (bad, why) in [
            (short, Unkept::Key),
            (named, Unkept::Publisher),
            (eternal, Unkept::Lifetime),
            (dead, Unkept::Lifetime),
            (big, Unkept::Value),
            (empty, Unkept::Value),
        ] {
            assert_eq!(shelf.offer(giver, bad, now), Err(why));
        }
        assert_eq!(shelf.all().count(), 0);
        shelf.offer(giver, good, now).unwrap();
        let largest = record(2, &[0; DHT_VALUE_MAX], HOUR, now);
        shelf.offer(giver, largest, now).unwrap();
        assert_eq!(shelf.all().count(), 2);
    }

    #[test]
    fn nothing_lives_longer_than_the_longest_life_and_the_dead_make_room() {
        let (mut shelf, giver, now) = (Shelf::default(), PeerId::random(), Instant::now());
        shelf
            .offer(giver, record(1, b"x", DHT_LIFE_MAX * 10, now), now)
            .unwrap();
        let kept = shelf.all().next().unwrap();
        assert_eq!(kept.expires, Some(now + DHT_LIFE_MAX));
        let later = now + DHT_LIFE_MAX;
        shelf
            .offer(giver, record(2, b"y", HOUR, later), later)
            .unwrap();
        assert_eq!(shelf.all().count(), 1);
    }

    #[test]
    fn one_giver_has_a_quota_and_all_have_a_limit() {
        let (mut shelf, now) = (Shelf::default(), Instant::now());
        let mut key = 0;
        let mut give = |shelf: &mut Shelf, giver| {
            key += 1;
            shelf.offer(giver, record(key, b"x", HOUR, now), now)
        };
        let greedy = PeerId::random();
        for _ in 0..DHT_RECORDS_PER_PEER {
            give(&mut shelf, greedy).unwrap();
        }
        assert_eq!(give(&mut shelf, greedy), Err(Unkept::Quota));
        shelf
            .offer(greedy, record(1, b"newer", HOUR, now), now)
            .unwrap();
        let other = shelf.offer(PeerId::random(), record(1, b"false", HOUR, now), now);
        assert_eq!(other, Err(Unkept::Taken));
        while shelf.all().count() < DHT_RECORDS {
            let giver = PeerId::random();
            for _ in 0..DHT_RECORDS_PER_PEER {
                give(&mut shelf, giver).unwrap();
            }
        }
        assert_eq!(give(&mut shelf, PeerId::random()), Err(Unkept::Full));
    }

    #[test]
    fn the_way_around_the_quota_is_closed() {
        let (mut shelf, now) = (Shelf::default(), Instant::now());
        assert!(shelf.put(record(1, b"x", HOUR, now)).is_err());
    }
}
