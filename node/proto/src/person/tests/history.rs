use proptest::prelude::*;

use super::*;
use crate::keys::SigningKey;
use crate::person::entry::Reason;
use crate::person::rules::revoke_all;
use crate::person::{Applied, DeviceStatus, PersonError, Purpose};

/// What an honest person does one day.
#[derive(Debug, Clone, Copy)]
enum Act {
    Add,
    Renew(u8),
    Revoke(u8),
    Rotate,
    NewSheet,
    Recover,
    Nothing,
}

fn acts() -> impl Strategy<Value = Vec<(Act, u32)>> {
    let act = prop_oneof![
        4 => Just(Act::Add),
        2 => any::<u8>().prop_map(Act::Renew),
        2 => any::<u8>().prop_map(Act::Revoke),
        1 => Just(Act::Rotate),
        1 => Just(Act::NewSheet),
        1 => Just(Act::Recover),
        1 => Just(Act::Nothing),
    ];
    prop::collection::vec((act, 0u32..50), 1..20)
}

/// A person with their keys.
struct Honest {
    log: PersonLog,
    key: u64,
    sheet: u64,
    next: u64,
    today: u32,
}

impl Honest {
    fn new() -> Self {
        Self {
            log: log(true),
            key: 0,
            sheet: 0,
            next: 2,
            today: 0,
        }
    }

    /// Makes the entry of one act; `None` where the act isn't possible.
    fn act(&mut self, act: Act, days: u32) -> Option<Cosigned<PersonEntry>> {
        self.today += days;
        let mut e = self.log.draft(day(self.today)).unwrap();
        let issued = e.issued;
        let pick = |n: u8| {
            e.devices
                .get(usize::from(n) % e.devices.len().max(1))
                .cloned()
        };
        let mut keys = vec![person_key(self.key)];
        match act {
            Act::Add if e.devices.len() < 32 => {
                e.list(listing(self.next, issued));
                self.next += 1;
            }
            Act::Renew(n) => {
                let old = pick(n)?;
                e.list(Listing {
                    expires: issued.after(CERTIFIED),
                    kem: kem(n),
                    ..old
                });
            }
            Act::Revoke(n) => {
                let old = pick(n)?;
                e.revoke(old.device, issued.before(DAY), Reason::LOST);
            }
            Act::Rotate => {
                self.key += 1;
                keys.push(person_key(self.key));
                e.key = person_key(self.key).public();
            }
            Act::NewSheet => {
                e = e.replace_recovery(Some(sheet_key(self.sheet + 1).public()))?;
                self.sheet += 1;
            }
            Act::Recover => {
                keys = vec![sheet_key(self.sheet), person_key(self.key + 1)];
                self.key += 1;
                self.sheet += 1;
                let sheet = sheet_key(self.sheet).public();
                e = revoke_all(
                    e,
                    person_key(self.key).public(),
                    sheet,
                    listing(self.next, issued),
                );
                self.next += 1;
            }
            Act::Add | Act::Nothing => {}
        }
        let keys: Vec<&SigningKey> = keys.iter().collect();
        Some(e.sign(&keys).unwrap())
    }

    /// Lives through `acts`; returns every entry after the first.
    fn live(&mut self, acts: &[(Act, u32)]) -> Vec<Cosigned<PersonEntry>> {
        let mut all = Vec::new();
        for (act, days) in acts {
            if let Some(entry) = self.act(*act, *days) {
                let taken = self.log.apply(entry.clone(), &at(self.today)).unwrap();
                assert!(matches!(taken, Applied::Grown(_)), "{act:?}: {taken:?}");
                all.push(entry);
            }
        }
        all
    }
}

/// What an attacker, or a bug, makes of an honest entry.
#[derive(Debug, Clone, Copy)]
enum Attack {
    Skip,
    WrongPrevious,
    WrongPerson,
    DropSignature(u8),
    ForeignSignature,
    AddSignature,
    Backdate,
    UnrevokeOne,
    ReturnRevoked,
    DropDevice,
    LongCertificate,
    Birthday,
    StealKey,
    StealSheet,
}

const ATTACKS: &[Attack] = &[
    Attack::Skip,
    Attack::WrongPrevious,
    Attack::WrongPerson,
    Attack::DropSignature(0),
    Attack::DropSignature(1),
    Attack::ForeignSignature,
    Attack::AddSignature,
    Attack::Backdate,
    Attack::UnrevokeOne,
    Attack::ReturnRevoked,
    Attack::DropDevice,
    Attack::LongCertificate,
    Attack::Birthday,
    Attack::StealKey,
    Attack::StealSheet,
];

/// The keys that signed `entry`, by looking through all generations.
fn signers(entry: &Cosigned<PersonEntry>) -> Vec<SigningKey> {
    let all = (0..30).flat_map(|n| [person_key(n), sheet_key(n)]);
    all.filter(|k| entry.signed_by(&[k.public()]) == 1)
        .collect()
}

/// Applies `attack` to `entry`, which follows `last`; `None` where it makes
/// no difference.
fn attacked(
    entry: &Cosigned<PersonEntry>,
    last: &PersonEntry,
    attack: Attack,
) -> Option<Cosigned<PersonEntry>> {
    let mut e = entry.payload().clone();
    let mut keys = signers(entry);
    let sheets: Vec<_> = (0..30).map(|n| sheet_key(n).public()).collect();
    let by_sheet = entry.signed_by(&sheets) > 0;
    match attack {
        Attack::Skip => e.seq += 1,
        Attack::WrongPrevious => {
            e.previous = Some(genesis(false).digest());
            keys = vec![key(5)];
        }
        Attack::WrongPerson => e.person = Some(genesis(false).digest().into()),
        Attack::DropSignature(n) if keys.len() > 1 => {
            keys.remove(usize::from(n));
        }
        Attack::ForeignSignature => keys = vec![key(5)],
        Attack::AddSignature => keys.push(key(5)),
        Attack::Backdate => e.issued = start().before(DAY),
        // One of those before: what this entry adds itself, it may leave out.
        Attack::UnrevokeOne if !last.revoked.is_empty() => {
            let gone = last.revoked[0].device;
            e.revoked.retain(|r| r.device != gone);
        }
        Attack::ReturnRevoked => {
            let gone = e.revoked.first()?.device;
            e.list(Listing::new(
                gone,
                kem(1),
                e.issued,
                e.issued.after(CERTIFIED),
            ));
        }
        Attack::DropDevice => {
            let issued = e.issued;
            let at = e
                .devices
                .iter()
                .position(|d| d.added < issued && d.expires > issued)?;
            e.devices.remove(at);
        }
        Attack::LongCertificate => {
            e.devices.first_mut()?.expires = e.issued.after(DAY * 732);
        }
        Attack::Birthday => {
            let d = e.devices.first_mut()?;
            d.added = d.added.before(DAY);
        }
        Attack::StealKey => e.key = key(5).public(),
        // In a recovery, whoever signs may choose the next sheet.
        Attack::StealSheet if !by_sheet => {
            e.recovery = Some(key(5).public());
            e.outgoing = None;
        }
        _ => return None,
    }
    let keys: Vec<&SigningKey> = keys.iter().collect();
    e.sign(&keys).ok()
}

proptest! {
    #[test]
    fn honest_histories_are_taken_by_everybody(acts in acts()) {
        let mut honest = Honest::new();
        let entries = honest.live(&acts);
        // A reader who gets them all at once, from bytes, ends where they did.
        let mut reader = log(true);
        for entry in &entries {
            let read = Cosigned::parse(&entry.to_bytes()).unwrap();
            let now = JudgedTime::from_wall(day(honest.today));
            prop_assert!(matches!(reader.apply(read, &now), Ok(Applied::Grown(_))));
        }
        prop_assert_eq!(&reader, &honest.log);
        // Whatever was revoked once is revoked at the end.
        for entry in &entries {
            for r in &entry.payload().revoked {
                let status = reader.device_status(&r.device, &at(honest.today));
                prop_assert_eq!(status, DeviceStatus::Revoked { since: r.since, reason: r.reason });
            }
        }
        // And nothing old is taken again.
        for entry in entries.iter().rev().skip(2) {
            let again = reader.apply(entry.clone(), &at(honest.today));
            prop_assert!(matches!(again, Err(PersonError::Rollback { .. })), "{:?}", again);
        }
    }

    #[test]
    fn altered_histories_are_refused(acts in acts(), attack in prop::sample::select(ATTACKS), pick in any::<prop::sample::Index>()) {
        let mut honest = Honest::new();
        let entries = honest.live(&acts);
        prop_assume!(!entries.is_empty());
        let at_entry = pick.index(entries.len());
        let now = at(honest.today);
        let mut reader = log(true);
        for entry in &entries[..at_entry] {
            prop_assert!(reader.apply(entry.clone(), &now).is_ok());
        }
        let made = attacked(&entries[at_entry], reader.state(), attack);
        let Some(bad) = made else { return Ok(()) };
        let before = reader.clone();
        let taken = reader.apply(bad, &now);
        prop_assert!(taken.is_err(), "{:?}: {:?}", attack, taken);
        prop_assert_eq!(reader, before);
    }

    #[test]
    fn two_next_entries_are_a_fork_in_any_order(acts in acts(), rotate: bool) {
        let mut honest = Honest::new();
        honest.live(&acts);
        let base = honest.log.clone();
        let one = honest.act(Act::Add, 0);
        prop_assume!(one.is_some());
        honest.next += 1;
        let other = honest.act(if rotate { Act::Rotate } else { Act::Add }, 0);
        let (one, other) = (one.unwrap(), other.unwrap());
        prop_assume!(one.digest() != other.digest());
        let now = at(honest.today);
        for (first, second) in [(&one, &other), (&other, &one)] {
            let mut reader = base.clone();
            prop_assert!(matches!(reader.apply(first.clone(), &now), Ok(Applied::Grown(_))));
            prop_assert_eq!(reader.apply(second.clone(), &now), Ok(Applied::Forked));
            prop_assert_eq!(&reader.fork().unwrap().theirs, second);
            for d in &first.payload().devices {
                prop_assert!(reader.permits(&d.device, Purpose::Share, &now).is_err());
                prop_assert!(reader.permits(&d.device, Purpose::Meet, &now).is_err());
            }
        }
    }
}
