//! What protects the data of a profile (rule R11): how it is chosen, given and
//! changed.

use kith_api::Secret;

use super::args::{Init, Protect};
use super::{Common, Fail, note, passphrase, place};
use crate::profile::{Profile, ProfileError, Protection, Wrapping, keyring};

/// Said wherever nothing protects the data.
pub(super) const NOTHING: &str =
    "Careful: the data is NOT ENCRYPTED. Whoever can read this disk can read it all.";

/// Said where the keyring does.
const KEYRING: &str = "Your keyring keeps the key to the data. Whoever is logged in as you can \
     open it, and without that keyring nobody can: make a backup (“kith backup FILE”).";

/// The choice for a profile that is made.
pub(super) fn chosen(common: &Common, init: &Init) -> Result<Wrapping, Fail> {
    match (init.no_passphrase, init.keyring) {
        (true, _) => Ok(Wrapping::None),
        (_, true) => into_keyring(&init.name),
        _ => passphrase::new(common, "A passphrase for your data: ").map(Wrapping::Passphrase),
    }
}

/// What opens this profile, from the person or from the keyring.
pub(super) fn given(common: &Common, profile: &Profile) -> Result<Wrapping, Fail> {
    Ok(match profile.protection()? {
        Protection::Passphrase => {
            Wrapping::Passphrase(passphrase::existing(common, "Passphrase: ")?)
        }
        Protection::Keyring(id) => {
            Wrapping::Keyring(keyring::find(id).map_err(ProfileError::Keyring)?)
        }
        Protection::None => Wrapping::None,
    })
}

/// What a locked node has to be told: the passphrase, and otherwise nothing.
pub(super) fn for_running(common: &Common) -> Result<Secret, Fail> {
    match place::profile(common)?.protection()? {
        Protection::Passphrase => passphrase::existing(common, "Passphrase: "),
        Protection::Keyring(_) | Protection::None => Ok(Secret::new(String::new())),
    }
}

/// Takes back what [`chosen`] or the like put into the keyring, for a profile
/// that wasn't made.
pub(super) fn taken_back(wrapping: &Wrapping) {
    if let Wrapping::Keyring(kept) = wrapping {
        // A key without a profile opens nothing.
        let _ = keyring::forget(kept.id());
    }
}

/// Says what a person has to know of their choice.
pub(super) fn told(wrapping: &Wrapping) {
    match wrapping {
        Wrapping::Passphrase(_) => {}
        Wrapping::Keyring(_) => note(KEYRING),
        Wrapping::None => note(NOTHING),
    }
}

/// Changes what protects a profile that no node runs.
pub(super) fn change(common: &Common, args: &Protect) -> Result<(), Fail> {
    let profile = place::profile(common)?;
    let _claim = profile.claim()?;
    let old = profile.protection()?;
    let key = profile.unlock(&given(common, &profile)?)?;
    let new = match (args.keyring, args.none, &args.new_file) {
        (true, ..) => into_keyring(&profile.dir().display().to_string())?,
        (_, true, _) => Wrapping::None,
        (.., file) => Wrapping::Passphrase(passphrase::another(file.as_deref())?),
    };
    if let Err(e) = profile.rewrap(&key, &new) {
        taken_back(&new);
        return Err(e.into());
    }
    if let Protection::Keyring(id) = old
        && let Err(e) = keyring::forget(id)
    {
        note(&format!("The old key is still in the keyring: {e}."));
    }
    told(&new);
    note("Done. A copy of the profile’s folder from before still opens as it did then.");
    Ok(())
}

fn into_keyring(whose: &str) -> Result<Wrapping, Fail> {
    let label = format!("Kith: the key to the data of {whose}");
    let kept = keyring::keep(&label).map_err(ProfileError::Keyring)?;
    Ok(Wrapping::Keyring(kept))
}
