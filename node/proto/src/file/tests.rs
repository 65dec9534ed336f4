use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::digest::Digest;
use crate::id::{DeviceId, RoomId};
use crate::room::body::FileOffer;
use crate::room::entry::EntryId;
use crate::time::Timestamp;

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

fn offer(data: &[u8]) -> (FileOffer, Vec<ChunkHash>) {
    let mut h = Hashing::new("scan.dcm".into(), data.len() as u64).unwrap();
    data.chunks(10_000).for_each(|p| h.update(p).unwrap());
    h.finish().unwrap()
}

fn entry() -> EntryId {
    EntryId(Digest::from_bytes([3; 32]))
}

fn device(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 32])
}

const NOW: Timestamp = Timestamp::from_secs(1000);

/// Peers that hold the file; some lie.
struct Net {
    data: Vec<u8>,
    offer: FileOffer,
    list: Vec<ChunkHash>,
    liars: Vec<DeviceId>,
    file: BTreeMap<u64, Vec<u8>>,
    kept: Vec<ChunkHash>,
    blamed: Vec<DeviceId>,
    done: usize,
    asked: usize,
}

impl Net {
    fn new(len: usize) -> Self {
        let data = content(len);
        let (offer, list) = offer(&data);
        Self {
            data,
            offer,
            list,
            liars: Vec::new(),
            file: BTreeMap::new(),
            kept: Vec::new(),
            blamed: Vec::new(),
            done: 0,
            asked: 0,
        }
    }

    fn download(&self) -> Download {
        Download::new(RoomId::from_bytes([1; 32]), entry(), self.offer.clone())
    }

    fn answer(&self, peer: &DeviceId, what: Request) -> FileMessage {
        let lies = self.liars.contains(peer);
        match serve(&self.offer, what).unwrap() {
            Serve::Hashes { from, count } => {
                let (from_at, to) = (from as usize, (from + count) as usize);
                let mut hashes = self.list[from_at..to].to_vec();
                if lies && device(8) == *peer {
                    hashes[0][0] ^= 1;
                }
                FileMessage::Hashes {
                    offer: entry(),
                    from,
                    hashes,
                }
            }
            Serve::Bytes { offset, len } => {
                let mut data = self.data[offset as usize..(offset + len) as usize].to_vec();
                if lies && let Some(b) = data.first_mut() {
                    *b ^= 1;
                }
                let Request::Chunk(index) = what else {
                    unreachable!()
                };
                FileMessage::Chunk {
                    offer: entry(),
                    index,
                    data,
                }
            }
        }
    }

    /// Carries out effects until nothing is left, or `stop` chunks are
    /// written.
    fn run(&mut self, d: &mut Download, first: Event, stop: usize) {
        let mut events = std::collections::VecDeque::from([first]);
        while let Some(event) = events.pop_front() {
            for effect in d.handle(event, NOW) {
                match effect {
                    Effect::Send(peer, FileMessage::Want { what, .. }) => {
                        self.asked += 1;
                        let m = self.answer(&peer, what);
                        let m = FileMessage::from_bytes(&m.to_bytes()).unwrap();
                        events.push_back(Event::Message(peer, m));
                    }
                    Effect::Send(..) => unreachable!(),
                    Effect::KeepHashes(list) => self.kept = list,
                    Effect::Write {
                        index,
                        offset,
                        data,
                    } => {
                        if self.file.len() >= stop {
                            return;
                        }
                        assert!(self.file.insert(offset, data).is_none(), "written once");
                        events.push_back(Event::Written(index));
                    }
                    Effect::Blame(peer) => self.blamed.push(peer),
                    Effect::Done => self.done += 1,
                }
            }
        }
    }

    fn whole(&self) -> Vec<u8> {
        self.file.values().flatten().copied().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// The hash in the offer is the plain BLAKE3 hash, whatever the length.
    #[test]
    fn the_root_is_blake3_of_the_whole(len in 0usize..1_500_000) {
        let data = content(len);
        let (offer, list) = offer(&data);
        prop_assert_eq!(offer.hash, *blake3::hash(&data).as_bytes());
        prop_assert_eq!(list.len() as u64, offer.chunks());
    }
}

#[test]
fn lengths_around_a_chunk() {
    for len in [
        0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 196_608, 327_681,
    ] {
        let data = content(len);
        assert_eq!(
            offer(&data).0.hash,
            *blake3::hash(&data).as_bytes(),
            "{len}"
        );
    }
}

#[test]
fn a_file_comes_whole() {
    for len in [0, 100, 700_000] {
        let mut net = Net::new(len);
        let mut d = net.download();
        net.run(&mut d, Event::Peer(device(1)), usize::MAX);
        assert_eq!(net.whole(), net.data);
        assert_eq!((net.done, d.is_complete()), (1, true));
    }
}

#[test]
fn it_resumes_where_it_stopped() {
    let mut net = Net::new(1_000_000);
    let mut d = net.download();
    net.run(&mut d, Event::Peer(device(1)), 7);
    let written: Vec<u64> = d.written().collect();
    assert!(!written.is_empty() && !d.is_complete());
    let asked = net.asked;
    let mut d = net
        .download()
        .resume(net.kept.clone(), written.clone().into_iter());
    // What was handed to the disk but not confirmed comes again.
    net.file.retain(|at, _| written.contains(&(at / 65_536)));
    net.run(&mut d, Event::Peer(device(2)), usize::MAX);
    assert_eq!(net.whole(), net.data);
    assert_eq!(
        (net.asked - asked) as u64,
        net.offer.chunks() - written.len() as u64
    );
}

#[test]
fn a_damaged_list_begins_anew() {
    let net = Net::new(300_000);
    let mut list = net.list.clone();
    list[0][0] ^= 1;
    let d = net.download().resume(list, 0..3);
    assert_eq!(d.progress(), (0, 5));
}

#[test]
fn liars_are_found_and_others_asked() {
    let mut net = Net::new(700_000);
    // One lies about the list, one about the chunks.
    net.liars = vec![device(8), device(9)];
    let mut d = net.download();
    net.run(&mut d, Event::Peer(device(8)), usize::MAX);
    net.run(&mut d, Event::Peer(device(9)), usize::MAX);
    net.run(&mut d, Event::Peer(device(1)), usize::MAX);
    assert_eq!(net.blamed, [device(8), device(9)]);
    assert_eq!(net.whole(), net.data);
    // Who was found out isn't asked again.
    assert!(d.handle(Event::Peer(device(8)), NOW).is_empty());
}

#[test]
fn what_is_asked_and_held_is_bounded() {
    let net = Net::new(10_000_000);
    let mut d = net.download().resume(net.list.clone(), [].into_iter());
    let mut asked = Vec::new();
    for n in 1..20 {
        for e in d.handle(Event::Peer(device(n)), NOW) {
            if let Effect::Send(peer, FileMessage::Want { what, .. }) = e {
                asked.push((peer, what));
            }
        }
    }
    assert_eq!(asked.len(), MAX_UNWRITTEN);
    // A disk that writes nothing stops the asking.
    for (peer, what) in asked {
        let effects = d.handle(Event::Message(peer, net.answer(&peer, what)), NOW);
        assert!(!effects.iter().any(|e| matches!(e, Effect::Send(..))));
    }
}

#[test]
fn who_does_not_answer_is_left() {
    let mut net = Net::new(200_000);
    let mut d = net.download();
    d.handle(Event::Peer(device(1)), NOW);
    let later = NOW.after(core::time::Duration::from_secs(31));
    d.handle(Event::Tick, later);
    net.run(&mut d, Event::Peer(device(2)), usize::MAX);
    assert_eq!(net.whole(), net.data);
}

/// A peer that was killed is silent long before its connection is known to be
/// dead. Neither the list nor the chunks wait for it while another is there.
#[test]
fn who_is_silent_holds_nobody_up() {
    let silent = device(1);
    let mut net = Net::new(700_000);
    let mut d = net.download();
    d.handle(Event::Peer(silent), NOW);
    d.handle(Event::Peer(device(2)), NOW);
    let soon = NOW.after(core::time::Duration::from_secs(4));
    let asked = d.handle(Event::Tick, soon);
    let [Effect::Send(peer, FileMessage::Want { what, .. })] = &asked[..] else {
        panic!("the list isn't asked of the other: {asked:?}")
    };
    assert_eq!(*peer, device(2));
    let list = net.answer(peer, *what);

    // Now the other has chunks under way, of which the silent one has some.
    let mut came = std::collections::VecDeque::from(d.handle(Event::Peer(silent), soon));
    came.extend(d.handle(Event::Message(device(2), list), soon));
    let mut now = soon;
    for _ in 0..3 {
        now = now.after(core::time::Duration::from_secs(4));
        for effect in d.handle(Event::Tick, now) {
            came.push_back(effect);
        }
        while let Some(effect) = came.pop_front() {
            let event = match effect {
                Effect::Send(peer, FileMessage::Want { what, .. }) if peer != silent => {
                    Event::Message(peer, net.answer(&peer, what))
                }
                Effect::Write {
                    index,
                    offset,
                    data,
                } => {
                    assert!(net.file.insert(offset, data).is_none(), "written once");
                    Event::Written(index)
                }
                Effect::Done => {
                    net.done += 1;
                    continue;
                }
                _ => continue,
            };
            came.extend(d.handle(event, now));
        }
    }
    assert_eq!((net.done, net.whole() == net.data), (1, true));
}

#[test]
fn too_large_or_changed_files_are_not_offered() {
    assert_eq!(
        Hashing::new("x".into(), (16 << 30) + 1).unwrap_err(),
        HashingError::TooLarge
    );
    let mut h = Hashing::new("x".into(), 10).unwrap();
    assert_eq!(h.update(&[0; 11]), Err(HashingError::Changed));
    assert_eq!(
        Hashing::new("x".into(), 10).unwrap().finish().unwrap_err(),
        HashingError::Changed
    );
}
