//! The recovery sheet (ID-6): printed, read back, replaced, and used. A
//! recovery revokes every device of the person and certifies this one, under a
//! new person key (spec 01, "The recovery sheet").

use kith_proto::clock::JudgedTime;
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::keys::{PublicKey, SigningKey};
use kith_proto::names::Name;
use kith_proto::person::sheet::{PREFIX, RecoverySecret, RecoverySheet, SheetError};
use kith_proto::person::{Applied, Listing, PersonEntry, PersonError, PersonLog, revoke_all};
use kith_proto::qr::{Ground, Qr};
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use rusqlite::Transaction;
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Account, AccountError, CERTIFIED, Grown, fault, keep, kem_keys};

/// The recovery sheet as a text to print (ID-6).
#[must_use]
pub fn printed_sheet(sheet: &RecoverySheet) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    text.push_str(
        "Kith recovery sheet\n===================\nPrint this, keep it where you keep papers that \
         matter, and delete the file.\nWhoever has it can take your place: revoke all your devices \
         and certify a new one.\nWhen all your devices are lost: “kith recover --help”.\n\n",
    );
    text.push_str(&sheet.lines());
    text.push_str("\nThe same as a code:\n");
    let code = sheet.code();
    text.push_str(&code);
    text.push('\n');
    if let Ok(qr) = Qr::new(&code) {
        text.push('\n');
        text.push_str(&Zeroizing::new(qr.to_text(Ground::Light)));
    }
    text
}

/// A sheet as it was printed, or as somebody typed it: its code, or else its
/// words alone. Whose it is stands only in the code.
///
/// # Errors
/// Neither of them can be read.
pub fn read_sheet(text: &str) -> Result<(RecoverySecret, Option<PersonId>), SheetError> {
    let prefix = format!("{PREFIX}1");
    let code = text
        .split_whitespace()
        .find(|w| w.to_ascii_lowercase().starts_with(&prefix));
    match code {
        Some(code) => {
            let sheet = RecoverySheet::from_code(code)?;
            Ok((sheet.secret, Some(sheet.person)))
        }
        None => Ok((RecoverySecret::from_words(text)?, None)),
    }
}

/// What several copies of a person's log come to. Copies from others may be
/// older, or have an entry that a thief made.
struct Merged {
    log: PersonLog,
    entries: Vec<Vec<u8>>,
}

impl Merged {
    fn start(first: &[u8], clock: &JudgedTime) -> Option<Self> {
        let entry = Cosigned::<PersonEntry>::parse(first).ok()?;
        let log = PersonLog::start(entry, clock).ok()?;
        let entries = vec![first.to_vec()];
        Some(Self { log, entries })
    }

    fn take(&mut self, copy: &[Vec<u8>], clock: &JudgedTime) {
        for bytes in copy {
            let Ok(entry) = Cosigned::<PersonEntry>::parse(bytes) else {
                return;
            };
            if let Ok(Applied::Grown(_) | Applied::Forked) = self.log.apply(entry, clock) {
                self.entries.push(bytes.clone());
            }
        }
    }

    fn acknowledges(&self, key: PublicKey, now: Timestamp) -> bool {
        self.log.state().recovery_keys(now).any(|k| k == key)
    }

    /// Whether the key belongs to a sheet of this person's, of whatever time.
    fn knows(&self, key: PublicKey) -> bool {
        let parse = |b: &Vec<u8>| Cosigned::<PersonEntry>::parse(b).ok();
        let mut entries = self.entries.iter().filter_map(parse);
        entries.any(|e| e.payload().recovery == Some(key))
    }
}

/// Why a recovery sheet can't be used with what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Misfit {
    /// There is a log of the sheet's person, and it has never heard of the
    /// sheet's key.
    #[error("what you gave is older than the sheet")]
    Older,
    /// A newer sheet took its place, and its time is over; or it was used.
    #[error("a newer one took its place")]
    Replaced,
    /// No log of the sheet's person.
    #[error("it is somebody else’s")]
    Others,
    /// Whose the sheet is isn't known, and no log has ever heard of its key.
    #[error("it is somebody else’s, or what you gave is older than the sheet")]
    OlderOrOthers,
    /// The person's log contradicts itself, and the sheet doesn't count in
    /// both versions.
    #[error("two versions of your list of devices contradict each other")]
    Fork,
}

impl Misfit {
    /// What helps.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Older | Self::OlderOrOthers => {
                "give a newer file as well: a contact who has met you since makes \
                 one with “kith export YOUR-NAME FILE”"
            }
            Self::Replaced => "use the newest sheet that you printed",
            Self::Others => {
                "give a backup of yours, or a file that a contact made with “kith export YOUR-NAME \
                 FILE”"
            }
            Self::Fork => "a sheet helps that is older than both",
        }
    }
}

/// The log, of all these copies, that the sheet's key may recover; or else
/// why there is none.
fn merged(
    copies: &[Vec<Vec<u8>>],
    (key, person): (PublicKey, Option<PersonId>),
    now: Timestamp,
) -> Result<Merged, Misfit> {
    let clock = JudgedTime::from_wall(now);
    let firsts = copies.iter().filter_map(|c| c.first());
    let logs = firsts.filter_map(|first| {
        let mut merged = Merged::start(first, &clock)?;
        for copy in copies.iter().filter(|c| c.first() == Some(first)) {
            merged.take(copy, &clock);
        }
        let right = person.is_none_or(|p| p == merged.log.id());
        right.then_some(merged)
    });
    let mut why = match person {
        Some(_) => Misfit::Others,
        None => Misfit::OlderOrOthers,
    };
    for log in logs {
        if log.acknowledges(key, now) {
            return Ok(log);
        }
        if log.knows(key) {
            why = Misfit::Replaced;
        } else if person.is_some() && why == Misfit::Others {
            why = Misfit::Older;
        }
    }
    Err(why)
}

impl Account {
    /// Makes a new device of the person whose sheet this is, and revokes all
    /// others. `copies` are copies of logs, among them the person's own.
    /// Returns the sheet that takes the place of this one.
    ///
    /// # Errors
    /// [`AccountError::Sheet`]; else faults of the disk and of Kith itself.
    pub fn recover(
        tx: &Transaction<'_>,
        name: &Name,
        (secret, person): (&RecoverySecret, Option<PersonId>),
        copies: &[Vec<Vec<u8>>],
        now: Timestamp,
    ) -> Result<RecoverySheet, AccountError> {
        let Merged {
            mut log,
            mut entries,
        } = merged(copies, (secret.public(), person), now).map_err(AccountError::Sheet)?;
        let mut rng = crate::random::system();
        let (person, device) = (
            SigningKey::generate(&mut rng),
            SigningKey::generate(&mut rng),
        );
        let next = RecoverySecret::generate(&mut rng);
        let draft = log.draft(now).map_err(fault)?;
        let issued = draft.issued;
        let kem = kem_keys(tx, &mut rng)?;
        let id = DeviceId::from(device.public());
        let listing = Listing::new(id, kem, issued, issued.after(CERTIFIED));
        let entry = revoke_all(draft, person.public(), next.public(), listing)
            .sign(&[&secret.signing_key(), &person])
            .map_err(fault)?;
        entries.push(entry.to_bytes());
        match log.apply(entry, &JudgedTime::from_wall(now)) {
            Ok(Applied::Grown(_)) => {}
            Ok(Applied::Known | Applied::Forked) => return Err(fault("the log did not grow")),
            Err(PersonError::FromFuture { .. }) => return Err(AccountError::Clock),
            Err(PersonError::Forked) => return Err(AccountError::Sheet(Misfit::Fork)),
            Err(e) => return Err(fault(e)),
        }
        keep(tx, name, (&person, &device), &log, &entries, now)?;
        Ok(RecoverySheet {
            person: log.id(),
            secret: next,
        })
    }

    /// The next entry of the person's log, which replaces the recovery key.
    /// The old sheet still counts for thirty days (spec 01).
    ///
    /// # Errors
    /// [`AccountError::NoPersonKey`], [`AccountError::SheetTooSoon`]; else
    /// faults of Kith itself.
    pub fn new_sheet(&mut self, key: PublicKey, now: Timestamp) -> Result<Grown, AccountError> {
        self.grow(now, |entry| {
            entry
                .replace_recovery(Some(key))
                .ok_or(AccountError::SheetTooSoon)
        })
    }
}
