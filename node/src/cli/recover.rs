//! `kith recover`: a new device by the recovery sheet, when all others are
//! lost or stolen (ID-6). And a new sheet: `kith id --recovery-sheet FILE`.

use std::path::{Path, PathBuf};

use kith_api::{Code, Reply, Request};
use kith_proto::id::PersonId;
use kith_proto::names::Name;
use kith_proto::package::{self, Frame};
use kith_proto::person::sheet::{RecoverySecret, RecoverySheet};
use zeroize::Zeroizing;

use super::args::Recover;
use super::local::{FORBIDDEN, runtime, wall_clock};
use super::place::connect;
use super::{Common, Fail, note, passphrase, place, show};
use crate::account::{Account, printed_sheet, read_sheet};
use crate::backup::{self, Backup, BackupError, Narrowing};
use crate::given;
use crate::profile::{DbKey, Profile, Wrapping};
use crate::store::Store;

/// The largest file that a sheet is read from, in bytes.
const SHEET_MAX: u64 = 64 * 1024;

/// A person's log, entry by entry.
type Log = Vec<Vec<u8>>;

/// What the given files hold.
struct Found {
    logs: Vec<Log>,
    backup: Option<Backup>,
    wrapping: Wrapping,
}

/// Makes a profile by a recovery sheet. When anything fails, nothing is left
/// behind.
pub(super) fn recover(common: &Common, args: &Recover) -> Result<(), Fail> {
    let profile = place::profile(common)?;
    profile.vacant()?;
    let sheet = sheet(&args.sheet)?;
    if args.new_sheet.exists() {
        let path = args.new_sheet.display();
        return Err(Fail::new(
            Code::BadRequest,
            format!("{path} is there already"),
        ));
    }
    let found = found(common, &args.from)?;
    let key = profile.create(&found.wrapping)?;
    let narrowing = found
        .backup
        .as_ref()
        .map_or(Narrowing::Unknown, Backup::narrowing);
    let made = make(&profile, &key, args, sheet, found);
    if made.is_err() {
        profile.discard();
    }
    let identity = made?;
    note(
        "This is your only device now: all others are revoked wherever this is heard. The old \
         sheet is worthless; print the new one and delete the file. Contacts let you in by \
         themselves when they meet this device; those that no backup brought back, invite again.",
    );
    if narrowing == Narrowing::Unknown {
        note(FORBIDDEN);
    }
    show::reply(common, &Reply::Identity(identity))
}

fn sheet(path: &Path) -> Result<(RecoverySecret, Option<PersonId>), Fail> {
    let text = place::read_file(path, SHEET_MAX)?;
    let text = Zeroizing::new(String::from_utf8_lossy(&text).into_owned());
    read_sheet(&text).map_err(|e| {
        Fail::new(Code::Invalid, format!("{}: {e}", path.display()))
            .hint("give the sheet’s file, or a file with its code or its 24 words and nothing else")
    })
}

/// Backups and files from contacts.
fn found(common: &Common, from: &[PathBuf]) -> Result<Found, Fail> {
    let mut logs = Vec::new();
    let mut backup = None;
    let mut sealed = None;
    for path in from {
        let open = || given::open(path).map(|(file, _)| file);
        let frames = match Backup::is_large(open()?)? {
            true => None,
            false => package::read(&place::read_file(path, backup::LARGEST)?).ok(),
        };
        match frames {
            Some(frames) => logs.extend(frames.into_iter().filter_map(|f| match f {
                Frame::Person(_, entries) => Some(entries),
                _ => None,
            })),
            None if sealed.is_none() => sealed = Some(open()?),
            None => {
                return Err(Fail::new(
                    Code::BadRequest,
                    "more than one backup: give the newest",
                ));
            }
        }
    }
    let secret = match sealed {
        Some(content) => {
            let secret = passphrase::existing(common, "Passphrase of the backup: ")?;
            let opened = Backup::read(content, &secret)?;
            logs.push(opened.log().to_vec());
            backup = Some(opened);
            secret
        }
        None => passphrase::new(common, "A passphrase for your data: ")?,
    };
    Ok(Found {
        logs,
        backup,
        wrapping: Wrapping::Passphrase(secret),
    })
}

fn make(
    profile: &Profile,
    key: &DbKey,
    args: &Recover,
    (secret, person): (RecoverySecret, Option<PersonId>),
    found: Found,
) -> Result<kith_api::Identity, Fail> {
    let Found { logs, backup, .. } = found;
    let name = args.name.clone();
    let name = name.or_else(|| backup.as_ref().map(|b| b.name().to_owned()));
    let name = name.ok_or_else(|| {
        Fail::new(Code::BadRequest, "your name stands in no backup").hint("give it with --name")
    })?;
    let name = Name::from_typed(&name)
        .map_err(|e| Fail::new(Code::BadRequest, format!("that name can't be used: {e}")))?;
    let settings = backup.as_ref().map(|b| b.settings().to_owned());
    let store = Store::create(&profile.database(), key)?;
    let now = wall_clock();
    let made = store.write(move |tx| {
        let made = Account::recover(tx, &name, (&secret, person), &logs, now)
            .map_err(BackupError::from)
            .and_then(|sheet| {
                match backup {
                    Some(backup) => backup.restore_data(tx, now)?,
                    None => backup::forbid_all(tx, now)?,
                }
                Ok((sheet, Account::load(tx, now)?))
            });
        Ok(made)
    });
    let (sheet, account) = runtime(1)?.block_on(made)??;
    place::write_file(&args.new_sheet, printed_sheet(&sheet).as_bytes())?;
    if let Some(settings) = settings.filter(|s| !s.is_empty() && !profile.config().exists()) {
        crate::profile::write_durably(&profile.config(), settings.as_bytes())?;
    }
    Ok(account.identity())
}

/// Makes a new recovery sheet for a profile whose node runs. The secret never
/// leaves this process but for the file: the node is told the public key.
pub(super) fn new_sheet(common: &Common, path: &Path) -> Result<(), Fail> {
    let mut node = connect(common)?;
    let Reply::Identity(me) = node.ask(Request::Identity)? else {
        return Err(Fail::new(Code::Version, "the node answered something else"));
    };
    let secret = RecoverySecret::generate(&mut crate::random::system());
    let key = secret.public();
    let sheet = RecoverySheet {
        person: me.person,
        secret,
    };
    let text = printed_sheet(&sheet);
    place::write_file(path, text.as_bytes())?;
    let asked = node.ask(Request::RecoveryKey {
        key: *key.as_bytes(),
    });
    let reply = match asked {
        Ok(reply) => reply,
        Err(e) => {
            // A sheet that nothing acknowledges must not be printed by mistake.
            let _ = std::fs::remove_file(path);
            return Err(e.into());
        }
    };
    let replaced = matches!(&reply, Reply::Identity(me) if me.old_sheet_until_ms.is_some());
    if replaced {
        note("The sheet before this one still counts for thirty days.");
    }
    note("Print this sheet and delete the file.");
    show::written(common, path, text.len())
}
