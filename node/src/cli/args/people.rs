//! The options about oneself: devices, recovery, presence.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Why a device is revoked.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RevokeReasonArg {
    /// It was lost.
    Lost,
    /// It was stolen, or somebody else may have its keys.
    Stolen,
    /// It is no longer used.
    Retired,
}

/// How a person is recovered.
#[derive(Debug, Clone, Args)]
pub struct Recover {
    /// A file with the recovery sheet: as it was written, or its code or its
    /// words typed off.
    #[arg(long, value_name = "FILE")]
    pub sheet: PathBuf,
    /// Where the new sheet is written: this one can be used only once.
    #[arg(long, value_name = "FILE")]
    pub new_sheet: PathBuf,
    /// What others see as your name; a backup has it.
    #[arg(long)]
    pub name: Option<String>,
    /// What knows your identity: a backup of yours, and files from contacts,
    /// which they make with “kith export YOUR-NAME FILE”. The newest is best.
    #[arg(required = true)]
    pub from: Vec<PathBuf>,
}

/// What is said about presence.
#[derive(Debug, Clone, Args)]
pub struct PresenceArgs {
    /// What others see; nothing shows it.
    pub state: Option<PresenceArg>,
    /// Who may see it: all contacts, or nobody. Nobody also means that this
    /// device isn't announced on the network. Whoever may not see it and is
    /// connected sees “hidden”: what you write, and your receipts, still reach them.
    #[arg(long, value_enum, value_name = "WHO")]
    pub visible: Option<VisibleArg>,
    /// Only these may see it: people, or rooms for their members.
    #[arg(long, value_name = "WHO", conflicts_with_all = ["visible", "hide_from"], num_args = 1..)]
    pub only: Vec<String>,
    /// All contacts but these may see it. Whoever may not isn't looked for
    /// either: what you write reaches them when they come to you.
    #[arg(long, value_name = "WHO", conflicts_with = "visible", num_args = 1..)]
    pub hide_from: Vec<String>,
    /// Wait until this contact is there; then say so and end.
    #[arg(long, value_name = "NAME")]
    pub tell_me: Option<String>,
}

/// On or off.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SwitchArg {
    /// From now on.
    On,
    /// No longer.
    Off,
}

/// Everybody or nobody.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum VisibleArg {
    /// Every contact.
    Contacts,
    /// Nobody.
    Nobody,
}

/// Presence on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum PresenceArg {
    /// Here.
    Available,
    /// Not at the machine.
    Away,
    /// Not to be disturbed.
    Busy,
    /// Not to be found.
    Hidden,
}

/// How a profile is made.
#[derive(Debug, Clone, Args)]
pub struct Init {
    /// What others see as your name: at most 64 letters.
    pub name: String,
    /// Keep the data unencrypted. Whoever can read the disk reads all.
    #[arg(long)]
    pub no_passphrase: bool,
    /// Keep the key to the data in the keyring of your desktop, instead of
    /// asking for a passphrase. Whoever is logged in as you can open it.
    #[arg(long, conflicts_with = "no_passphrase")]
    pub keyring: bool,
    /// Write the recovery sheet to this file: print it, then delete it.
    #[arg(long, value_name = "FILE")]
    pub recovery_sheet: Option<PathBuf>,
}

/// What protects the data from now on; a new passphrase if nothing is said.
#[derive(Debug, Clone, Args)]
pub struct Protect {
    /// Keep the key to the data in the keyring of your desktop.
    #[arg(long)]
    pub keyring: bool,
    /// Keep the data unencrypted. Whoever can read the disk reads all.
    #[arg(long, conflicts_with = "keyring")]
    pub none: bool,
    /// Read the new passphrase from this file's first line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keyring", "none"])]
    pub new_file: Option<PathBuf>,
}
