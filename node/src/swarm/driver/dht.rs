//! The DHT: joining, publishing without a name, looking up, keeping records.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use libp2p::{
    PeerId,
    kad::{
        self, GetRecordOk, InboundRequest, PutRecordError, QueryId, QueryResult, Quorum, Record,
        RecordKey, store::RecordStore,
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{
    super::{
        addr::{Addr, Host},
        config::Reach,
        handle::{DhtError, DhtKey, StoredRecord},
        id::{DeviceId, device_of, peer_of},
        judge::{Place, place},
        rules::MAX_APPROVAL,
        store::{DHT_KEY_LEN, DHT_LIFE_MAX, DHT_VALUE_MAX},
    },
    Driver,
};

/// Values that one lookup gives at most: more would be somebody's flood.
pub const LOOKUP_VALUES: usize = 16;
/// Queries at a time.
const QUERIES: usize = 64;
/// Nodes that wait to be added.
const JOINS: usize = 256;
/// Addresses that one node may give of itself.
const ADDRS_PER_NODE: usize = 8;

/// What is under way.
#[derive(Debug)]
pub(super) struct Dht {
    queries: HashMap<QueryId, Query>,
    joins: VecDeque<(PeerId, Addr)>,
    next_join: Option<Instant>,
    stagger: Duration,
}

#[derive(Debug)]
enum Query {
    /// Looking for the nodes that shall keep a record.
    Seek {
        record: Record,
        reply: oneshot::Sender<Result<usize, DhtError>>,
    },
    /// Asking them to keep it.
    Put {
        asked: usize,
        reply: oneshot::Sender<Result<usize, DhtError>>,
    },
    /// Looking for values.
    Get {
        key: RecordKey,
        seen: HashSet<Vec<u8>>,
        found: mpsc::Sender<Vec<u8>>,
    },
}

impl Dht {
    pub(super) fn new(stagger: Duration) -> Self {
        Self {
            queries: HashMap::new(),
            joins: VecDeque::new(),
            next_join: None,
            stagger,
        }
    }

    pub(super) fn next_join(&self) -> Option<Instant> {
        self.next_join
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.queries.is_empty()
    }
}

impl Driver {
    fn kad(&mut self) -> Option<&mut kad::Behaviour<super::super::store::Shelf>> {
        self.net.behaviour_mut().kad.as_mut()
    }

    pub(super) fn add_dht_node(&mut self, peer: DeviceId, addr: Addr) {
        let Some(peer) = peer_of(&peer) else {
            return;
        };
        if self.kad().is_none() || addr.relay().is_some() || self.dht.joins.len() >= JOINS {
            return;
        }
        self.dht.joins.push_back((peer, addr));
        // The first at once, the others one after another.
        self.dht.next_join.get_or_insert_with(Instant::now);
    }

    pub(super) fn join_dht(&mut self) {
        if let Some((peer, addr)) = self.dht.joins.pop_front() {
            let now = std::time::Instant::now();
            self.rules.approve(peer, addr.clone(), MAX_APPROVAL, now);
            let multi = addr.to_multi();
            // Who is known not to serve is of no use to others, and may not
            // want to be named to them (DISC-8).
            let known = device_of(&peer).filter(|d| {
                let mut conns = self.conns.values();
                conns.any(|c| c.info.peer == *d && c.serves_dht == Some(false))
            });
            if let (Some(kad), None) = (self.kad(), known) {
                // A bootstrap follows by itself.
                kad.add_address(&peer, multi);
            }
        }
        let longest = self.dht.stagger;
        self.dht.next_join = (!self.dht.joins.is_empty())
            .then(|| Instant::now() + rand::random_range(longest / 2..=longest));
    }

    pub(super) fn dht_nodes(&mut self) -> usize {
        let kad = self.kad();
        kad.map_or(0, |kad| kad.kbuckets().map(|b| b.num_entries()).sum())
    }

    /// A connected node doesn't serve the DHT, or no longer: nobody is sent
    /// there any more.
    pub(super) fn dht_client_seen(&mut self, peer: &PeerId) {
        if let Some(kad) = self.kad() {
            kad.remove_peer(peer);
        }
    }

    /// A connected node serves the DHT at these addresses.
    pub(super) fn dht_server_seen(&mut self, peer: PeerId, addrs: &[libp2p::Multiaddr]) {
        let reach = self.config.reach;
        let usable = |addr: &Addr| {
            addr.relay().is_none()
                && match addr.host() {
                    Host::Name(_) => false,
                    Host::Ip(ip) => match place(*ip) {
                        Place::Public => true,
                        Place::Loopback => reach == Reach::Loopback,
                        Place::Private(_) | Place::Never(_) => false,
                    },
                }
        };
        let addrs: Vec<Addr> = addrs
            .iter()
            .filter_map(|multi| Addr::from_multi(multi).ok())
            .filter(usable)
            .take(ADDRS_PER_NODE)
            .collect();
        if let Some(kad) = self.kad() {
            // Said again and again with others each time, they would pile up.
            let known = kad.kbucket(peer).map_or(0, |bucket| {
                let mut nodes = bucket.iter();
                let node = nodes.find(|node| *node.node.key.preimage() == peer);
                node.map_or(0, |node| node.node.value.len())
            });
            for addr in addrs.into_iter().take(ADDRS_PER_NODE.saturating_sub(known)) {
                kad.add_address(&peer, addr.to_multi());
            }
        }
    }

    pub(super) fn publish(
        &mut self,
        key: &DhtKey,
        value: Vec<u8>,
        life: Duration,
        reply: oneshot::Sender<Result<usize, DhtError>>,
    ) {
        match self.begin_publish(key, value, life) {
            Ok((id, record)) => {
                self.dht.queries.insert(id, Query::Seek { record, reply });
            }
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        }
    }

    fn begin_publish(
        &mut self,
        key: &DhtKey,
        value: Vec<u8>,
        life: Duration,
    ) -> Result<(QueryId, Record), DhtError> {
        if value.is_empty() || value.len() > DHT_VALUE_MAX {
            return Err(DhtError::Size);
        }
        if self.dht.queries.len() >= QUERIES {
            return Err(DhtError::Busy);
        }
        if self.kad().is_none() {
            return Err(DhtError::Off);
        }
        if self.dht_nodes() == 0 {
            return Err(DhtError::NobodyKnown);
        }
        let kad = self.kad().ok_or(DhtError::Off)?;
        let record = Record {
            key: RecordKey::new(key),
            value,
            // kad's own `put_record` would name us here.
            publisher: None,
            expires: Some(std::time::Instant::now() + life.min(DHT_LIFE_MAX)),
        };
        Ok((kad.get_closest_peers(key.to_vec()), record))
    }

    pub(super) fn look_up(&mut self, key: &DhtKey, found: mpsc::Sender<Vec<u8>>) {
        if self.dht.queries.len() >= QUERIES {
            return;
        }
        let key = RecordKey::new(key);
        let asked = key.clone();
        if let Some(id) = self.kad().map(|kad| kad.get_record(asked)) {
            let seen = HashSet::new();
            self.dht.queries.insert(id, Query::Get { key, seen, found });
        }
    }

    /// Nobody waits for the answer any more.
    pub(super) fn end_forsaken_lookups(&mut self) {
        let forsaken: Vec<QueryId> = self
            .dht
            .queries
            .iter()
            .filter(|(_, query)| matches!(query, Query::Get { found, .. } if found.is_closed()))
            .map(|(id, _)| *id)
            .collect();
        for id in forsaken {
            self.finish(&id);
        }
    }

    fn finish(&mut self, id: &QueryId) {
        if let Some(mut query) = self.kad().and_then(|kad| kad.query_mut(id)) {
            query.finish();
        }
    }

    pub(super) fn dump_dht(&mut self) -> Vec<StoredRecord> {
        let Some(kad) = self.kad() else {
            return Vec::new();
        };
        let records = kad.store_mut().records();
        records
            .map(|record| StoredRecord {
                key: record.key.to_vec(),
                value: record.value.clone(),
                publisher: record.publisher.map(|p| p.to_bytes()),
            })
            .collect()
    }

    pub(super) fn on_kad(&mut self, event: kad::Event) {
        match event {
            kad::Event::InboundRequest {
                request:
                    InboundRequest::PutRecord {
                        source,
                        record: Some(record),
                        ..
                    },
            } => {
                let now = std::time::Instant::now();
                if let Some(kad) = self.kad()
                    && let Err(why) = kad.store_mut().offer(source, record, now)
                {
                    tracing::debug!(%source, %why, "a record is not kept");
                }
            }
            kad::Event::OutboundQueryProgressed {
                id, result, step, ..
            } => self.on_query(id, result, step.last),
            _ => {}
        }
    }

    fn on_query(&mut self, id: QueryId, result: QueryResult, last: bool) {
        let Some(query) = self.dht.queries.remove(&id) else {
            return;
        };
        match (query, result) {
            (Query::Seek { record, reply }, QueryResult::GetClosestPeers(result)) => {
                let peers = match result {
                    Ok(found) => found.peers,
                    // What was found until time ran out is good enough.
                    Err(kad::GetClosestPeersError::Timeout { peers, .. }) => peers,
                };
                let peers: Vec<PeerId> = peers.into_iter().map(|peer| peer.peer_id).collect();
                let asked = peers.len();
                let Some(kad) = self.kad().filter(|_| asked > 0) else {
                    let _ = reply.send(Err(DhtError::NobodyStored));
                    return;
                };
                let id = kad.put_record_to(record, peers.into_iter(), Quorum::All);
                self.dht.queries.insert(id, Query::Put { asked, reply });
            }
            (Query::Put { asked, reply }, QueryResult::PutRecord(result)) => {
                let stored = match result {
                    Ok(_) => asked,
                    Err(
                        PutRecordError::QuorumFailed { success, .. }
                        | PutRecordError::Timeout { success, .. },
                    ) => success.len(),
                };
                let _ = reply.send(match stored {
                    0 => Err(DhtError::NobodyStored),
                    stored => Ok(stored),
                });
            }
            (
                Query::Get {
                    key,
                    mut seen,
                    found,
                },
                QueryResult::GetRecord(result),
            ) => {
                let mut enough = false;
                if let Ok(GetRecordOk::FoundRecord(peer_record)) = result {
                    let record = peer_record.record;
                    let sound = record.key == key
                        && record.key.as_ref().len() == DHT_KEY_LEN
                        && record.value.len() <= DHT_VALUE_MAX;
                    if sound && seen.insert(record.value.clone()) {
                        enough =
                            found.try_send(record.value).is_err() || seen.len() >= LOOKUP_VALUES;
                    }
                }
                if !last {
                    if enough {
                        self.finish(&id);
                    } else {
                        self.dht.queries.insert(id, Query::Get { key, seen, found });
                    }
                }
            }
            // Other progress of the same query.
            (query, _) if !last => {
                self.dht.queries.insert(id, query);
            }
            _ => {}
        }
    }
}
