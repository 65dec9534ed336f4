mod forks;
mod malformed;

use std::collections::BTreeMap;
use std::time::Duration;

use kith_proto::clock::JudgedTime;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::kem::{KemId, KemKey, KemKeys};
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::person::rules::{Signer, revoke_all};
use kith_proto::person::{
    Applied, Change, Denial, DeviceStatus, Listing, Outgoing, Permit, PersonEntry, PersonError,
    PersonLog, Purpose, Reason, Revocation, RuleError,
};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use serde_json::{Value, json};

use crate::{hex, key, published, unhex};

type Doc = Cosigned<PersonEntry>;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// Keys of the vectors: devices have the seeds 1 to 9, generations of the
/// person key 21 and on, of the recovery key 31 and on.
pub(crate) fn person_key(generation: u8) -> SigningKey {
    key(21 + generation)
}

fn sheet_key(generation: u8) -> SigningKey {
    key(31 + generation)
}

pub(crate) fn device(n: u8) -> DeviceId {
    key(n).public().into()
}

pub(crate) fn day(n: u32) -> Timestamp {
    Timestamp::from_secs(1_750_000_000).after(DAY * n)
}

fn kem(n: u8) -> KemKeys {
    let floor = KemKey {
        kem: KemId::X25519,
        public: vec![n; 32],
    };
    let later = KemKey {
        kem: KemId(0x9999),
        public: vec![n],
    };
    KemKeys::new(vec![floor, later]).unwrap()
}

fn listing(n: u8, added: Timestamp) -> Listing {
    Listing::new(device(n), kem(n), added, added.after(DAY * 365))
}

pub(crate) fn genesis() -> Doc {
    let recovery = Some(sheet_key(0).public());
    let mut e = PersonEntry::genesis(person_key(0).public(), recovery, day(0));
    e.list(listing(1, day(0)).named(Name::from_typed("laptop").unwrap()));
    e.sign(&[&person_key(0)]).unwrap()
}

pub(crate) fn start() -> PersonLog {
    PersonLog::start(genesis(), &JudgedTime::from_wall(day(0))).unwrap()
}

/// The next entry of `log` on day `n`.
fn step(log: &PersonLog, n: u32, keys: &[&SigningKey], f: impl FnOnce(&mut PersonEntry)) -> Doc {
    let mut e = log.draft(day(n)).unwrap();
    f(&mut e);
    e.sign(keys).unwrap()
}

/// `log` and the entry `doc`, which must be a right step.
fn with(log: &PersonLog, doc: &Doc) -> PersonLog {
    let mut log = log.clone();
    let now = JudgedTime::from_wall(doc.payload().issued);
    assert!(matches!(
        log.apply(doc.clone(), &now),
        Ok(Applied::Grown(_))
    ));
    log
}

pub(crate) fn rule_name(e: RuleError) -> &'static str {
    match e {
        RuleError::Form => "form",
        RuleError::Seq => "seq",
        RuleError::Previous => "previous",
        RuleError::MissingSignature(Signer::Entitled) => "missing-signature",
        RuleError::MissingSignature(Signer::NewKey) => "missing-new-signature",
        RuleError::ExtraSignature => "extra-signature",
        RuleError::IssuedBefore => "issued-before",
        RuleError::SameKey => "same-key",
        RuleError::RecoveryKept => "recovery-kept",
        RuleError::RecoveryChange => "recovery-change",
        RuleError::RecoveryDevices => "recovery-devices",
        RuleError::RevokedReturns(_) => "revoked-returns",
        RuleError::Revocation(_) => "revocation",
        RuleError::Vanished(_) => "vanished",
        RuleError::Added(_) => "added",
        RuleError::Certified(_) => "certified",
    }
}

fn error_name(e: PersonError) -> &'static str {
    match e {
        PersonError::OtherPerson => "other-person",
        PersonError::Rule(e) => rule_name(e),
        PersonError::Rollback { .. } => "rollback",
        PersonError::Gap { .. } => "gap",
        PersonError::FromFuture { .. } => "from-future",
        PersonError::Forked => "log-forked",
        PersonError::Outranked => "outranked",
    }
}

fn result_name(r: Result<Applied, PersonError>) -> String {
    match r {
        Ok(Applied::Grown(Change::Genesis)) => "genesis".into(),
        Ok(Applied::Grown(Change::Ordinary)) => "ordinary".into(),
        Ok(Applied::Grown(Change::Rotation)) => "rotation".into(),
        Ok(Applied::Grown(Change::Recovery)) => "recovery".into(),
        Ok(Applied::Known) => "known".into(),
        Ok(Applied::Forked) => "forked".into(),
        Err(e) => error_name(e).into(),
    }
}

fn status(s: DeviceStatus) -> Value {
    match s {
        DeviceStatus::Valid { until } => json!(["valid", until.as_millis()]),
        DeviceStatus::Expired { since } => json!(["expired", since.as_millis()]),
        DeviceStatus::Revoked { since, .. } => json!(["revoked", since.as_millis()]),
        DeviceStatus::Unknown => json!(["unknown"]),
    }
}

fn permit(p: Result<Permit, Denial>) -> &'static str {
    match p {
        Ok(Permit::Certified { .. }) => "certified",
        Ok(Permit::Lapsed { .. }) => "lapsed",
        Ok(Permit::Contested) => "contested",
        Err(Denial::Expired { .. }) => "expired",
        Err(Denial::Revoked { .. }) => "revoked",
        Err(Denial::Unknown) => "unknown",
        Err(Denial::Forked) => "forked",
    }
}

/// All entries by name, and what comes of taking them in some order.
#[derive(Default)]
struct Book {
    entries: BTreeMap<&'static str, Doc>,
    scenarios: Vec<Value>,
}

impl Book {
    fn add(&mut self, name: &'static str, doc: Doc) -> Doc {
        assert!(self.entries.insert(name, doc.clone()).is_none(), "{name}");
        doc
    }

    /// Takes the named entries in order on day `n` and writes down what comes
    /// of it.
    fn scenario(&mut self, name: &str, n: u32, order: &[&'static str]) {
        let now = JudgedTime::from_wall(day(n));
        let mut log: Option<PersonLog> = None;
        let mut steps = Vec::new();
        for entry in order {
            let doc = self.entries[entry].clone();
            let result = match &mut log {
                Some(log) => result_name(log.apply(doc, &now)),
                None => match PersonLog::start(doc, &now) {
                    Ok(started) => {
                        log = Some(started);
                        "genesis".into()
                    }
                    Err(e) => error_name(e).into(),
                },
            };
            steps.push(json!([entry, result]));
        }
        let mut made = json!({ "name": name, "now": day(n).as_millis(), "steps": steps });
        if let Some(log) = log {
            let devices: Vec<Value> = (1..=9)
                .filter(|d| {
                    log.state().devices.iter().any(|l| l.device == device(*d))
                        || log.state().revocation(&device(*d)).is_some()
                })
                .map(|d| {
                    let ask = |p| permit(log.permits(&device(d), p, &now));
                    json!({
                        "device": hex(device(d).as_bytes()),
                        "status": status(log.device_status(&device(d), &now)),
                        "meet": ask(Purpose::Meet), "talk": ask(Purpose::Talk),
                        "share": ask(Purpose::Share),
                    })
                })
                .collect();
            made["person"] = json!(hex(log.id().as_bytes()));
            made["head"] = json!(hex(log.head().digest().as_bytes()));
            made["fork"] = json!(log.fork().map(|f| hex(f.theirs.digest().as_bytes())));
            made["devices"] = json!(devices);
        }
        self.scenarios.push(made);
    }
}

fn honest(b: &mut Book) -> PersonLog {
    let (k0, k1) = (person_key(0), person_key(1));
    let mut log = with_genesis(b);
    let add = b.add(
        "add",
        step(&log, 1, &[&k0], |e| e.list(listing(2, e.issued))),
    );
    log = with(&log, &add);
    let renew = step(&log, 180, &[&k0], |e| {
        let d = Listing::new(device(1), kem(7), day(0), day(545));
        e.list(d);
    });
    log = with(&log, &b.add("renew", renew));
    let revoke = step(&log, 181, &[&k0], |e| {
        e.revoke(device(2), day(179), Reason::STOLEN)
    });
    log = with(&log, &b.add("revoke", revoke));
    let rotate = step(&log, 182, &[&k0, &k1], |e| e.key = k1.public());
    log = with(&log, &b.add("rotate", rotate));
    let e = log.draft(day(183)).unwrap();
    let sheet = e.replace_recovery(Some(sheet_key(1).public())).unwrap();
    log = with(&log, &b.add("new-sheet", sheet.sign(&[&k1]).unwrap()));
    let recover = recovery(&log, 190, 1, 2);
    log = with(&log, &b.add("recover", recover));
    let order = [
        "genesis",
        "add",
        "renew",
        "revoke",
        "rotate",
        "new-sheet",
        "recover",
    ];
    for n in 1..=order.len() {
        let name = format!("an honest history, {n} entries");
        b.scenario(&name, 200, &order[..n]);
    }
    b.scenario(
        "the same entry twice",
        200,
        &["genesis", "add", "add", "genesis"],
    );
    b.scenario(
        "a rollback",
        200,
        &["genesis", "add", "renew", "revoke", "add"],
    );
    b.scenario("entries are missing", 200, &["genesis", "renew"]);
    b.scenario("after a year, one device has run out", 400, &order[..3]);
    b.scenario("before its time", 179, &["genesis", "add", "revoke"]);
    log
}

fn with_genesis(b: &mut Book) -> PersonLog {
    b.add("genesis", genesis());
    start()
}

/// A recovery by sheet `sheet` to person key `to`, sheet `to` and device 9.
fn recovery(log: &PersonLog, n: u32, sheet: u8, to: u8) -> Doc {
    let e = log.draft(day(n)).unwrap();
    let device = listing(9, e.issued);
    let (key, next) = (person_key(to).public(), sheet_key(to).public());
    revoke_all(e, key, next, device)
        .sign(&[&sheet_key(sheet), &person_key(to)])
        .unwrap()
}

fn bad_genesis(b: &mut Book) {
    let base = || genesis().payload().clone();
    let k = person_key(0);
    let mut bad = |name: &'static str, keys: &[&SigningKey], f: &dyn Fn(&mut PersonEntry)| {
        let mut e = base();
        f(&mut e);
        b.add(name, e.sign(keys).unwrap());
        b.scenario(name, 1, &[name]);
    };
    bad("first: another key signed", &[&key(50)], &|_| {});
    bad("first: two keys signed", &[&k, &key(50)], &|_| {});
    bad("first: numbered 1", &[&k], &|e| e.seq = 1);
    bad("first: names a person", &[&k], &|e| {
        e.person = Some(genesis().digest().into())
    });
    bad("first: names a predecessor", &[&k], &|e| {
        e.previous = Some(genesis().digest())
    });
    bad("first: a revocation", &[&k], &|e| {
        e.revoke(device(3), day(0), Reason::LOST)
    });
    bad("first: an outgoing key", &[&k], &|e| {
        let key = sheet_key(3).public();
        e.outgoing = Some(Outgoing { key, until: day(9) });
    });
    bad("first: one key in two roles", &[&k], &|e| {
        e.recovery = Some(e.key)
    });
    bad("first: a device of yesterday", &[&k], &|e| {
        e.list(Listing::new(device(1), kem(1), day(0).before(DAY), day(9)));
    });
    bad("first: a device for three years", &[&k], &|e| {
        e.list(Listing::new(device(1), kem(1), day(0), day(3 * 365)));
    });
    bad("first: from the future", &[&k], &|e| {
        e.devices.clear();
        e.issued = day(3);
    });
}

fn bad_steps(b: &mut Book) {
    let log = start();
    let (k0, k1, s0) = (person_key(0), person_key(1), sheet_key(0));
    let mut bad = |name: &'static str, keys: &[&SigningKey], f: &dyn Fn(&mut PersonEntry)| {
        b.add(name, step(&log, 1, keys, f));
        b.scenario(name, 1, &["genesis", name]);
    };
    bad("another key signed", &[&key(50)], &|_| {});
    bad("a key too many signed", &[&k0, &key(50)], &|_| {});
    bad("another person", &[&k0], &|e| {
        e.person = Some(PersonId::from_bytes([9; 32]));
    });
    bad("no predecessor", &[&k0], &|e| e.previous = None);
    bad("another predecessor, by nobody", &[&key(50)], &|e| {
        e.previous = Some(kith_proto::digest::Digest::from_bytes([9; 32]));
    });
    bad("issued before the first", &[&k0], &|e| {
        e.issued = day(0).before(DAY)
    });
    bad("issued in the future", &[&k0], &|e| e.issued = day(3));
    bad("rotation: the new key didn't sign", &[&k0], &|e| {
        e.key = k1.public()
    });
    bad("rotation: the old key didn't sign", &[&k1], &|e| {
        e.key = k1.public()
    });
    bad("rotation: three signed", &[&k0, &k1, &s0], &|e| {
        e.key = k1.public()
    });
    bad("a device vanished", &[&k0], &|e| e.devices.clear());
    bad("a device of yesterday", &[&k0], &|e| {
        e.list(Listing::new(device(2), kem(2), day(0), day(9)));
    });
    bad("another birthday", &[&k0], &|e| {
        e.list(Listing::new(device(1), kem(1), day(1), day(9)));
    });
    bad("renewed for three years", &[&k0], &|e| {
        e.list(Listing::new(device(1), kem(1), day(0), day(3 * 365)));
    });
    bad("renewed into the past", &[&k0], &|e| {
        e.list(Listing::new(device(1), kem(1), day(0), day(1)));
    });
    bad("revoked and listed", &[&k0], &|e| {
        e.revoked = vec![Revocation::new(device(1), day(1), Reason::LOST)];
    });
    bad("revoked from tomorrow on", &[&k0], &|e| {
        e.revoked = vec![Revocation::new(device(3), day(2), Reason::LOST)];
    });
    bad("the recovery key silently replaced", &[&k0], &|e| {
        e.recovery = Some(sheet_key(5).public());
    });
    bad("the recovery key silently removed", &[&k0], &|e| {
        e.recovery = None
    });
    bad("the old recovery key counts too short", &[&k0], &|e| {
        let key = s0.public();
        e.recovery = Some(sheet_key(5).public());
        e.outgoing = Some(Outgoing {
            key,
            until: day(30),
        });
    });
    bad("one key in two roles", &[&k0, &k1], &|e| {
        e.key = k1.public();
        e.recovery = Some(k1.public());
        e.outgoing = Some(Outgoing {
            key: s0.public(),
            until: day(31),
        });
    });
    let fresh = |e: &mut PersonEntry| {
        e.key = k1.public();
        e.recovery = Some(sheet_key(1).public());
    };
    bad("recovery: a foreign sheet", &[&sheet_key(7), &k1], &fresh);
    bad("recovery: the new key didn't sign", &[&s0], &fresh);
    bad("recovery: the old sheet is kept", &[&s0, &k1], &|e| {
        e.key = k1.public()
    });
    bad("recovery: without a new sheet", &[&s0, &k1], &|e| {
        fresh(e);
        e.recovery = None;
    });
    bad("recovery: an outgoing key", &[&s0, &k1], &|e| {
        fresh(e);
        e.outgoing = Some(Outgoing {
            key: s0.public(),
            until: day(31),
        });
    });
    bad("recovery: two new devices", &[&s0, &k1], &|e| {
        fresh(e);
        e.list(listing(8, day(1)));
        e.list(listing(9, day(1)));
    });
    bad("recovery: renews a device", &[&s0, &k1], &|e| {
        fresh(e);
        e.list(Listing::new(device(1), kem(1), day(0), day(300)));
    });
    bad("recovery: a device vanished", &[&s0, &k1], &|e| {
        fresh(e);
        e.devices.clear();
    });
    // Right ones beside them.
    bad("recovery: keeps a device", &[&s0, &k1], &fresh);
    bad("nothing changes", &[&k0], &|_| {});
}

fn revocations(b: &mut Book) {
    let k0 = person_key(0);
    let leaves = step(&start(), 365, &[&k0], |e| e.devices.clear());
    b.add("an expired device leaves", leaves);
    b.scenario(
        "an expired device leaves",
        365,
        &["genesis", "an expired device leaves"],
    );
    let revoke = step(&start(), 1, &[&k0], |e| {
        e.revoke(device(1), day(0), Reason::LOST)
    });
    let log = with(&start(), &b.add("revoke 1", revoke));
    let mut bad = |name: &'static str, f: &dyn Fn(&mut PersonEntry)| {
        b.add(name, step(&log, 2, &[&k0], f));
        b.scenario(name, 2, &["genesis", "revoke 1", name]);
    };
    bad("a revoked device comes back", &|e| {
        e.list(listing(1, day(2)))
    });
    bad("a revocation is forgotten", &|e| e.revoked.clear());
    bad("a revocation is moved", &|e| {
        e.revoked = vec![Revocation::new(device(1), day(1), Reason::LOST)];
    });
    bad("a revocation has another reason", &|e| {
        e.revoked = vec![Revocation::new(device(1), day(0), Reason::RETIRED)];
    });
}

#[test]
fn persons() {
    let mut b = Book::default();
    honest(&mut b);
    bad_genesis(&mut b);
    bad_steps(&mut b);
    revocations(&mut b);
    forks::sheets(&mut b);
    forks::dated_back(&mut b);
    forks::forks(&mut b);
    let entries: BTreeMap<_, _> = b
        .entries
        .iter()
        .map(|(name, doc)| {
            let d = json!({
                "bytes": hex(&doc.to_bytes()), "digest": hex(doc.digest().as_bytes()),
            });
            (*name, d)
        })
        .collect();
    let (valid, invalid): (Vec<_>, Vec<_>) = malformed::malformed().into_iter().partition(|m| m.2);
    let list = |l: Vec<(&str, Vec<u8>, bool)>| {
        l.into_iter()
            .map(|(name, bytes, _)| json!({ "name": name, "bytes": hex(&bytes) }))
            .collect::<Vec<_>>()
    };
    let made = json!({
        "spec": "01-identities.md",
        "keys": "a seed is 32 times one byte: devices 1 to 9, person keys 21 and on, recovery keys 31 and on",
        "entries": entries,
        "scenarios": b.scenarios,
        "wellformed": list(valid),
        "malformed": list(invalid),
    });
    let file = published("person", &made);
    for v in file["wellformed"].as_array().unwrap() {
        let bytes = unhex(v["bytes"].as_str().unwrap());
        assert!(Doc::parse(&bytes).is_ok(), "{}", v["name"]);
    }
    for v in file["malformed"].as_array().unwrap() {
        let bytes = unhex(v["bytes"].as_str().unwrap());
        assert!(Doc::parse(&bytes).is_err(), "{}", v["name"]);
    }
}
