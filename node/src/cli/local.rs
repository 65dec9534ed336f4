//! The commands that work on the profile itself: `init`, `up`, `restore`.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use kith_api::Code;
use kith_proto::names::Name;
use kith_proto::time::Timestamp;

use super::args::{Init, Up};
use super::{Common, Fail, note, passphrase, place, print, show};
use crate::account::Account;
use crate::config::{OnOff, Settings};
use crate::node::Node;
use crate::profile::{Profile, Wrapping};
use crate::store::Store;

/// Makes a profile. When anything fails, nothing is left behind.
pub(super) fn init(common: &Common, init: &Init) -> Result<(), Fail> {
    let name = Name::from_typed(&init.name)
        .map_err(|e| Fail::new(Code::BadRequest, format!("that name can't be used: {e}")))?;
    let profile = place::profile(common)?;
    if profile.database().exists() {
        return Err(crate::profile::ProfileError::Exists(profile.dir().to_owned()).into());
    }
    let wrapping = match init.no_passphrase {
        true => Wrapping::None,
        false => Wrapping::Passphrase(passphrase::new(common, "A passphrase for your data: ")?),
    };
    let was_there = profile.dir().exists();
    let made = make(&profile, &wrapping, name, init.recovery_sheet.as_deref());
    if made.is_err() && !was_there {
        // Only what this call made a moment ago.
        let _ = std::fs::remove_dir_all(profile.dir());
    }
    let identity = made?;
    if init.no_passphrase {
        note("Careful: the data is NOT ENCRYPTED. Whoever can read this disk can read it all.");
    }
    if init.recovery_sheet.is_none() {
        note(
            "Without a recovery sheet, losing this device means meeting everyone anew. “kith init \
             --recovery-sheet FILE” writes one to print.",
        );
    }
    show::reply(common, &kith_api::Reply::Identity(identity))
}

fn make(
    profile: &Profile,
    wrapping: &Wrapping,
    name: Name,
    sheet_file: Option<&Path>,
) -> Result<kith_api::Identity, Fail> {
    let key = profile.create(wrapping)?;
    let store = Store::open(&profile.database(), &key)?;
    let now = wall_clock();
    let runtime = runtime(1)?;
    let (sheet, account) = runtime
        .block_on(store.write(move |tx| {
            Ok(Account::create(tx, &name, now).and_then(|s| Ok((s, Account::load(tx, now)?))))
        }))?
        .map_err(|e| Fail::new(Code::Internal, e.to_string()))?;
    if let Some(path) = sheet_file {
        let text = crate::account::printed_sheet(&sheet);
        place::write_file(path, text.as_bytes())?;
    }
    Ok(account.identity())
}

/// Runs the node until it is told to stop.
pub(super) fn up(common: &Common, up: &Up) -> Result<(), Fail> {
    crate::undumpable::enter();
    let profile = place::profile(common)?;
    let claim = profile.claim()?;
    let wrapping = match profile.needs_passphrase()? {
        true => Wrapping::Passphrase(passphrase::existing(common, "Passphrase: ")?),
        false => Wrapping::None,
    };
    let mut settings = Settings::load(&profile.config())
        .map_err(|e| Fail::new(Code::BadRequest, e.to_string()))?;
    if let Some(port) = up.port {
        settings.flag("port", port);
    }
    if up.no_mdns {
        settings.flag("mdns", OnOff::Off);
    }
    if up.loopback {
        settings.flag("loopback", OnOff::On);
    }
    let json = common.json;
    runtime(2)?.block_on(async move {
        let node = Node::start(profile, claim, &wrapping, settings).await?;
        let ready = node.ready();
        match json {
            true => print(format!("{}\n", serde_json::json!({ "ready": ready })).as_bytes())?,
            false => {
                print(format!("Kith is running as {}.\n", ready.name).as_bytes())?;
                ready
                    .warnings
                    .iter()
                    .for_each(|w| note(&format!("Careful: {w}")));
                if std::io::stdout().is_terminal() {
                    note("Ctrl-C or “kith down” ends it. Talk to it from another terminal.");
                }
            }
        }
        node.run().await;
        Ok(())
    })
}

pub(super) fn restore(_common: &Common, _file: &Path) -> Result<(), Fail> {
    Ok(())
}

fn runtime(threads: usize) -> Result<tokio::runtime::Runtime, Fail> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|e| Fail::new(Code::Internal, format!("can't start: {e}")))
}

/// The wall clock.
pub(crate) fn wall_clock() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::EPOCH.after(since)
}
