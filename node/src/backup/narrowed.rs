//! All by which the person has narrowed what others may do. A restore that
//! forgot any of it would allow more than they said.

use ciborium::Value;
use kith_proto::audit::{AuditLog, Event, Position};
use kith_proto::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::limits::MAX_REMEMBERED;
use kith_proto::policy::chain::{ChainState, PolicyChain};
use kith_proto::policy::profile::Profile;
use kith_proto::policy::reference::PolicyRef;
use kith_proto::policy::spread::Newest;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;

use super::{BackupError, keep_rules};
use crate::account::{Account, NEWEST_SIGNED};
use crate::own_profile;
use crate::store::policies::Bond;
use crate::store::{audit, limits, own, policies};

/// Small things as they are kept, by their field: who sees the presence, of
/// whose coming to be told, whether hidden, the newest signed time, without
/// which a clock that is set back would revive what has expired (POL-9), and
/// who learns no address (DISC-8).
const OWN: [(i64, &str); 5] = [
    (1, own::PRESENCE_AUDIENCE),
    (2, own::PRESENCE_TELL_ME),
    (3, own::HIDDEN),
    (4, NEWEST_SIGNED),
    (7, own::RELAY_ONLY),
];
/// The most chains: those that were left are kept too. What bounds them is the
/// size of the file.
const CHAINS: usize = 4096;

/// A policy chain's state as it is kept, with what was seen to expire, and
/// whether it binds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) bond: Bond,
    pub(super) state: Vec<u8>,
}

/// Fields: 0 own rules, 1 to 4 and 7 see [`OWN`], 5 limits, 6 policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Narrowed {
    /// The own rules, unsigned: each device signs for itself.
    pub(super) rules: Option<Vec<u8>>,
    /// By the places in [`OWN`].
    pub(super) own: [Option<Vec<u8>>; OWN.len()],
    pub(super) limits: Vec<limits::Row>,
    pub(super) chains: Vec<Chain>,
}

impl Narrowed {
    pub(super) fn take(
        tx: &Transaction<'_>,
        account: &Account,
        now: Timestamp,
    ) -> Result<Self, BackupError> {
        let key = account.device_key().public();
        // What doesn't count here for being damaged doesn't count there.
        let rules = own::get(tx, own_profile::NAME)?
            .map(|bytes| own_profile::read(&bytes, &key, account.person(), now));
        let mut small = [const { None }; OWN.len()];
        for (place, (_, name)) in small.iter_mut().zip(OWN) {
            *place = own::get(tx, name)?;
        }
        let chains = policies::all(tx)?.into_iter();
        Ok(Self {
            rules: rules.map(|rules| cbor::to_bytes(&rules)),
            own: small,
            limits: limits::all(tx)?,
            chains: chains
                .map(|(_, bond, state)| Chain {
                    bond,
                    state: state.to_bytes(),
                })
                .collect(),
        })
    }

    /// Puts it all into a store that has its account, and none of it.
    pub(super) fn put(&self, tx: &Transaction<'_>, now: Timestamp) -> Result<(), BackupError> {
        let account = Account::load(tx, now)?;
        if let Some(bytes) = &self.rules {
            let rules = cbor::from_bytes::<Profile>(bytes, bytes.len())
                .ok()
                .filter(|rules| rules.person() == account.person())
                .unwrap_or_else(|| own_profile::closed(account.person(), now));
            keep_rules(tx, &rules, &account)?;
        }
        for (value, (_, name)) in self.own.iter().zip(OWN) {
            if let Some(value) = value {
                own::put(tx, name, value)?;
            }
        }
        for row in &self.limits {
            limits::paste(tx, row)?;
        }
        self.put_chains(tx, &account, now)
    }

    /// With the entries of this device's log that tell of what binds (UI-4).
    fn put_chains(
        &self,
        tx: &Transaction<'_>,
        account: &Account,
        now: Timestamp,
    ) -> Result<(), BackupError> {
        let mut log = AuditLog::resume(account.device(), Position::START);
        for kept in &self.chains {
            let state = ChainState::from_bytes(&kept.state).map_err(|_| BackupError::Damaged)?;
            let chain = PolicyChain::restore(&state).map_err(|_| BackupError::Damaged)?;
            policies::put(tx, &chain.org(), kept.bond, &state)?;
            if kept.bond == Bond::Left {
                continue;
            }
            let newest = Newest::of(&chain);
            let policy = PolicyRef {
                org: newest.org,
                sequence: newest.seq,
                digest: newest.digest,
            };
            let entry = log
                .append(now, Event::PolicyInForce { policy })
                .map_err(|_| BackupError::Damaged)?;
            let head = log
                .head(now, account.device_key())
                .ok()
                .flatten()
                .ok_or(BackupError::Damaged)?;
            audit::append(tx, &entry, &head)?;
        }
        Ok(())
    }
}

impl Encode for Narrowed {
    fn encode(&self) -> Value {
        let limits: Vec<_> = self.limits.iter().map(limit).collect();
        let chains: Vec<_> = self.chains.iter().map(chain).collect();
        let rules = self.rules.clone().map(Bytes);
        let map = MapBuilder::new().put_opt(0, rules.as_ref());
        let own = self.own.iter().zip(OWN);
        own.fold(map, |map, (value, (field, _))| {
            map.put_opt(field, value.clone().map(Bytes).as_ref())
        })
        .put_list(5, &limits)
        .put_list(6, &chains)
        .build()
    }
}

impl Decode for Narrowed {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let rules = r.opt::<Bytes>(0)?.map(|b| b.0);
        let mut own = [const { None }; OWN.len()];
        for (place, (field, _)) in own.iter_mut().zip(OWN) {
            *place = r.opt::<Bytes>(field)?.map(|b| b.0);
        }
        let limits = r.list::<Value>(5, MAX_REMEMBERED)?.into_iter();
        let chains = r.list::<Value>(6, CHAINS)?.into_iter();
        let narrowed = Self {
            rules,
            own,
            limits: limits.map(to_limit).collect::<Result<_, _>>()?,
            chains: chains.map(to_chain).collect::<Result<_, _>>()?,
        };
        let _ = r.finish()?;
        Ok(narrowed)
    }
}

/// 0 number, 1 for whom and with what, 2 what is barred, 3 since when.
fn limit(row: &limits::Row) -> Value {
    MapBuilder::new()
        .put(0, &row.number)
        .put(1, &Bytes(row.fits.clone()))
        .put(2, &Bytes(row.bars.clone()))
        .put(3, &row.changed)
        .build()
}

fn to_limit(value: Value) -> Result<limits::Row, DecodeError> {
    let mut r = MapReader::new(value)?;
    let row = limits::Row {
        number: r.req(0)?,
        fits: r.req::<Bytes>(1)?.0,
        bars: r.req::<Bytes>(2)?.0,
        changed: r.req(3)?,
    };
    let _ = r.finish()?;
    Ok(row)
}

/// 0 the state, 1 present with 1 if the person has left.
fn chain(chain: &Chain) -> Value {
    let left = (chain.bond == Bond::Left).then_some(1u64);
    MapBuilder::new()
        .put(0, &Bytes(chain.state.clone()))
        .put_opt(1, left.as_ref())
        .build()
}

fn to_chain(value: Value) -> Result<Chain, DecodeError> {
    let mut r = MapReader::new(value)?;
    let chain = Chain {
        state: r.req::<Bytes>(0)?.0,
        bond: match r.opt::<u64>(1)? {
            None => Bond::Joined,
            Some(1) => Bond::Left,
            Some(_) => return Err(DecodeError::OutOfRange),
        },
    };
    let _ = r.finish()?;
    Ok(chain)
}
