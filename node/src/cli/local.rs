//! The commands that work on the profile itself: `init`, `up`, `restore`.

use std::io::IsTerminal as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use kith_api::{Code, InputKind};
use kith_proto::names::Name;
use kith_proto::person::sheet::{RecoverySecret, RecoverySheet};
use kith_proto::time::Timestamp;

use super::args::{Init, Up};
use super::{Common, Fail, note, passphrase, place, print, protect, show};
use crate::account::Account;
use crate::backup::{Backup, Narrowing};
use crate::config::{OnOff, Settings};
use crate::node::Node;
use crate::profile::{DbKey, Profile, Wrapping};
use crate::store::Store;

/// Makes a profile. When anything fails, nothing is left behind.
pub(super) fn init(common: &Common, init: &Init) -> Result<(), Fail> {
    let name = Name::from_typed(&init.name)
        .map_err(|e| Fail::new(Code::BadRequest, format!("that name can't be used: {e}")))?;
    let profile = place::profile(common)?;
    profile.vacant()?;
    let wrapping = protect::chosen(common, init)?;
    let was_there = profile.dir().exists();
    let made = make(&profile, &wrapping, name, init.recovery_sheet.as_deref());
    if made.is_err() {
        protect::taken_back(&wrapping);
        if !was_there {
            // Only what this call made a moment ago.
            let _ = std::fs::remove_dir_all(profile.dir());
        }
    }
    let identity = made?;
    protect::told(&wrapping);
    note(
        "Your contacts learn the network addresses of this device, and with them about where you \
         are, except those for whom you choose relays only: “kith contacts NAME --relay-only on”.",
    );
    if init.recovery_sheet.is_none() {
        note(
            "Without a recovery sheet, losing this device means meeting everyone anew. While the \
             node runs, “kith id --recovery-sheet FILE” writes one to print.",
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
    let store = Store::create(&profile.database(), &key)?;
    let now = wall_clock();
    let runtime = runtime(1)?;
    let secret = sheet_file.map(|_| RecoverySecret::generate(&mut crate::random::system()));
    let recovery = secret.as_ref().map(RecoverySecret::public);
    let account = runtime
        .block_on(store.write(move |tx| {
            let made = Account::create(tx, &name, recovery, now);
            Ok(made.and_then(|_| Account::load(tx, now)))
        }))?
        .map_err(|e| Fail::new(Code::Internal, e.to_string()))?;
    if let (Some(path), Some(secret)) = (sheet_file, secret) {
        let person = account.person();
        let text = crate::account::printed_sheet(&RecoverySheet { person, secret });
        place::write_file(path, text.as_bytes())?;
    }
    Ok(account.identity())
}

/// Runs the node until it is told to stop.
pub(super) fn up(common: &Common, up: &Up) -> Result<(), Fail> {
    crate::undumpable::enter();
    let profile = place::profile(common)?;
    let claim = profile.claim()?;
    let wrapping = protect::given(common, &profile)?;
    let mut settings = Settings::load(&profile.config())
        .map_err(|e| Fail::new(Code::BadRequest, e.to_string()))?;
    if let Some(port) = up.port {
        settings.flag("port", port);
    }
    if up.no_mdns {
        settings.flag("mdns", OnOff::Off);
    }
    if let Some(loopback) = up.loopback {
        settings.flag("loopback", loopback);
    }
    let json = common.json;
    let enrol: Vec<InputKind> = up.enrol_input.iter().copied().map(Into::into).collect();
    runtime(2)?.block_on(async move {
        let mut node = Node::start(profile, claim, &wrapping, settings).await?;
        // Not kept while it runs: whoever unlocks it gives it again.
        drop(wrapping);
        node.enrol_inputs(&enrol).await?;
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

/// Makes a profile from a backup, as a new device (ID-5). When anything
/// fails, nothing is left behind.
pub(super) fn restore(common: &Common, file: &Path) -> Result<(), Fail> {
    let profile = place::profile(common)?;
    profile.vacant()?;
    let (content, _) = crate::given::open(file)?;
    let secret = passphrase::existing(common, "Passphrase of the backup: ")?;
    let backup = Backup::read(content, &secret)?;
    let narrowing = backup.narrowing();
    let wrapping = Wrapping::Passphrase(secret);
    let key = profile.create(&wrapping)?;
    let restored = put_back(&profile, &key, backup);
    if restored.is_err() {
        profile.discard();
    }
    let identity = restored?;
    note(
        "This is a new device of yours, and the backup’s passphrase is now this profile’s too. \
         Don’t restore the same backup again: make a fresh one, and delete this one. Two restores \
         of one backup look to others as if somebody had stolen your key.",
    );
    note(match narrowing {
        Narrowing::Held => {
            "Your rules, limits, organisations’ policies and who may see you are again as they \
             were when the backup was made: what you have forbidden since isn’t in it. Standing \
             consents don’t come back; give them anew."
        }
        Narrowing::Unknown => FORBIDDEN,
    });
    show::reply(common, &kith_api::Reply::Identity(identity))
}

/// Said where it isn't known what the person had forbidden.
pub(super) const FORBIDDEN: &str = "Your own rules, limits, organisations’ policies and who may see you didn’t come back: install \
     the policies (“kith policy install FILE --join”) and set the rest anew. Until you remove rule 1 \
     (“kith policy mine remove 1”), nothing is shared with anybody. Your contacts see when you are \
     there.";

fn put_back(profile: &Profile, key: &DbKey, backup: Backup) -> Result<kith_api::Identity, Fail> {
    let settings = backup.settings().to_owned();
    let store = Store::create(&profile.database(), key)?;
    let now = wall_clock();
    let account = runtime(1)?.block_on(store.write(move |tx| Ok(backup.restore(tx, now))))??;
    // Last, so that nothing is left when something above fails. Settings that
    // are there already stay.
    if !settings.is_empty() && !profile.config().exists() {
        crate::profile::write_durably(&profile.config(), settings.as_bytes())?;
    }
    Ok(account.identity())
}

pub(super) fn runtime(threads: usize) -> Result<tokio::runtime::Runtime, Fail> {
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

#[cfg(test)]
mod tests {
    use kith_proto::person::sheet::WORDS;

    use super::*;

    /// ID-6: what is printed reads back, by its words and by its code, as the
    /// key that the person's log names.
    #[test]
    fn the_printed_recovery_sheet_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let (profile, file) = (
            Profile::at(dir.path().join("p")),
            dir.path().join("sheet.txt"),
        );
        let name = Name::from_typed("Anna").unwrap();
        let made = make(&profile, &Wrapping::None, name, Some(&file)).unwrap();

        let printed = std::fs::read_to_string(&file).unwrap();
        let id = made.person.to_string();
        let after = printed.split_once(&id).unwrap().1;
        let (words, code) = after.split_once("The same as a code:").unwrap();
        assert_eq!(words.split_whitespace().count(), 2 * WORDS);
        let by_words = RecoverySecret::from_words(words).unwrap();
        // Below it the same again, as a picture.
        let code = code.split_whitespace().next().unwrap();
        let by_code = RecoverySheet::from_code(code).unwrap();
        assert_eq!(by_code.person, made.person);

        let key = profile.unlock(&Wrapping::None).unwrap();
        let store = Store::open(&profile.database(), &key).unwrap();
        let account = runtime(1)
            .unwrap()
            .block_on(store.read(|tx| Ok(Account::load(tx, wall_clock()).unwrap())))
            .unwrap();
        let recovery = account.log().state().recovery;
        assert_eq!(recovery, Some(by_words.public()));
        assert_eq!(recovery, Some(by_code.secret.public()));
    }
}
