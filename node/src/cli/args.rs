//! The command line: one definition gives parsing, help, manual page and
//! completions.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use kith_api::Code;

use super::account::AccountAction;
use super::audit::AuditAction;
use super::consent::ConsentAction;
use super::inputs::InputAction;
use super::limits::{LimitsAction, ShareLimitArgs};
use super::org::OrgAction;
use super::policy::PolicyAction;

mod demo;
mod people;
mod rooms;
mod shares;
mod up;

pub(super) use demo::Demo;
pub(super) use people::*;
pub(super) use rooms::*;
pub(super) use shares::*;
pub use up::Up;

/// Talk with people nearby or far away, without any server, and show them a
/// running application.
#[derive(Debug, Parser)]
#[command(name = "kith", version, max_term_width = 100, after_help = after())]
pub struct Cli {
    /// What is common to all commands.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What stands below the help and in the manual page.
fn after() -> String {
    let codes = Code::ALL.map(|code| {
        let (status, name, meaning) = (code.exit_status(), code.name(), code.meaning());
        format!("{status:>4} {name}: {meaning}\n")
    });
    format!(
        "First steps: “kith init NAME”, then “kith up”; in another terminal “kith invite”, or \
         “kith accept” with the invite of somebody else; “kith contacts” says how far it is; \
         “kith chat NAME” talks.\n\n\
         Exit status, 0 if it was done:\n\n{}\n\
         With --json, data are one JSON value on standard output (commands that wait print one \
         a line), and an error is one object on standard error: “code” is the word above, \
         “message” says what happened, “hint”, where there is one, what to do, and “usage” how \
         a mistyped command is written. The content of files is Base64 there. Help, \
         completions and the manual page are text also then. Notes for people go to standard \
         error before it.",
        codes.concat()
    )
}

/// The heading of what every command takes.
const EVERYWHERE: &str = "Options of every command";

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Which profile: a name (kept in ~/.local/share/kith), or a folder (“./…”,
    /// “/…”). The folder's whole path may have 100 bytes.
    #[arg(
        long,
        short,
        global = true,
        help_heading = EVERYWHERE,
        env = "KITH_PROFILE",
        default_value = "default"
    )]
    pub profile: PathBuf,
    /// Print data as JSON, and errors too, for scripts; “kith --help” says how.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
    /// Don't ask for the passphrase: read it from this file's first line (“-”:
    /// standard input; a pipe will do).
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    pub passphrase_file: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a profile: your identity on this device. Its data is encrypted under a
    /// passphrase of eight characters or more, which is asked for.
    Init(Init),
    /// Run the node, in the foreground. Most other commands speak to it.
    Up(Up),
    /// Stop the running node.
    Down,
    /// Show how the node is, where it listens and who is connected.
    Status,
    /// Show who you are.
    Id {
        /// Revoke this device of yours, for good: it was lost, or isn't used
        /// any more. Contacts stop believing it when they hear of it.
        #[arg(long, value_name = "DEVICE")]
        revoke: Option<String>,
        /// Why.
        #[arg(long, value_enum, default_value = "lost", requires = "revoke")]
        reason: RevokeReasonArg,
        /// Write a new recovery sheet to this file: print it, then delete it.
        #[arg(long, value_name = "FILE", conflicts_with = "revoke")]
        recovery_sheet: Option<PathBuf>,
        /// Certify this device for a year from now on. The node does so by itself every
        /// half year, but not once a backup was made, which may have been restored on
        /// another machine: two may not continue one log of devices. So only say this
        /// where none was. Then make a new backup.
        #[arg(long, conflicts_with_all = ["revoke", "recovery_sheet"])]
        renew: bool,
        /// Write your own card to a file, to print and hand over: digits, words and
        /// a QR code by which others verify you. Nothing on it is secret.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["revoke", "recovery_sheet", "renew"])]
        card: Option<PathBuf>,
        /// Write the list of your devices to a file: who takes it in knows which of them
        /// were revoked, also without a network.
        #[arg(
            long,
            value_name = "FILE",
            conflicts_with_all = ["revoke", "recovery_sheet", "renew", "card"]
        )]
        export: Option<PathBuf>,
    },
    /// Make an invite for one person; list the open ones, or take one back.
    Invite {
        /// How many hours it can be used: 720, which are 30 days, at most.
        #[arg(
            long,
            value_name = "HOURS",
            default_value_t = 72,
            value_parser = clap::value_parser!(u32).range(1..=720)
        )]
        hours: u32,
        /// Write the invite to a file instead of showing it.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// List the open invites.
        #[arg(long, conflicts_with_all = ["file", "revoke"])]
        list: bool,
        /// Take back an open invite; “--list” shows its id.
        #[arg(long, value_name = "ID", conflicts_with = "file")]
        revoke: Option<String>,
    },
    /// Answer an invite. You are contacts when the other side accepts too.
    Accept {
        /// The text “kith:…”, the path of a file that holds it, or “-”: it is read
        /// from standard input.
        invite: String,
        /// What you call this person, in at most 64 letters; nobody else sees it.
        #[arg(long)]
        name: Option<String>,
        /// Only show what the invite says. It stays unused.
        #[arg(long)]
        look: bool,
        /// Also write the answer to a file, to carry it by hand.
        #[arg(long, value_name = "FILE")]
        answer: Option<PathBuf>,
    },
    /// Show the people you know, or one in full; let in who answered your invite.
    Contacts {
        /// A person: the name, its beginning, or the id.
        who: Option<String>,
        /// Give the person a name of your own, of at most 64 letters.
        #[arg(long, requires = "who", value_name = "NAME")]
        rename: Option<String>,
        /// Let in somebody who answered your invite. If the answer isn't here yet, it is
        /// waited for, 15 seconds at most.
        #[arg(long, requires = "who", conflicts_with = "decline")]
        accept: bool,
        /// Turn away somebody who answered your invite.
        #[arg(long, requires = "who")]
        decline: bool,
        /// Remove a contact: what you share ends, and their Kith is a stranger's to yours.
        /// They aren’t told. What you said stays readable; said once more, this erases it
        /// on this device. Also forgets somebody whose invite came to nothing.
        #[arg(long, requires = "who", conflicts_with_all = ["rename", "accept", "decline"])]
        remove: bool,
        /// Also write the reply to a file, to carry it by hand.
        #[arg(long, requires = "accept", value_name = "FILE")]
        reply: Option<PathBuf>,
        /// Keep a contact from learning this device’s addresses from now on: it is
        /// reached through other contacts’ devices only. Who is on the same network
        /// sees this device all the same. It serves neither as a relay nor in the DHT.
        #[arg(long, requires = "who", conflicts_with_all = ["rename", "accept", "decline", "remove"])]
        relay_only: Option<SwitchArg>,
        /// Find members of your organisations by name; without a name, list all.
        #[arg(
            long,
            value_name = "NAME",
            num_args = 0..=1,
            default_missing_value = "",
            conflicts_with = "who"
        )]
        directory: Option<String>,
    },
    /// Show the safety number to compare with a person, face to face or by voice.
    Verify {
        /// The person.
        who: String,
        /// Compare six digits by voice instead, while both are connected. Both
        /// of you run this.
        #[arg(long, conflicts_with_all = ["yes", "unverify"])]
        code: bool,
        /// The numbers are equal: mark the person as verified.
        #[arg(long, conflicts_with = "unverify")]
        yes: bool,
        /// Take the mark back.
        #[arg(long)]
        unverify: bool,
        /// Write your own card to a file, to print and hand over: digits, words and
        /// a QR code by which others verify you. Nothing on it is secret.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["code", "yes", "unverify"])]
        card: Option<PathBuf>,
    },
    /// Show who on this network wants to be met, and show them your name.
    Nearby {
        /// For how many minutes everybody on this network can see your name: 60 at most.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=60))]
        minutes: u16,
        /// Don't show my name any more.
        #[arg(long, conflicts_with = "minutes")]
        close: bool,
    },
    /// Become contacts with somebody on the same network, by comparing six
    /// digits aloud. Both of you run this.
    Meet {
        /// The person, by the name they go by; without it, wait until they begin.
        who: Option<String>,
    },
    /// List the rooms; open, join or leave one.
    Rooms {
        /// What to do; nothing lists them.
        #[command(subcommand)]
        action: Option<RoomAction>,
    },
    /// Send a message. If nobody is there, it waits and goes out later.
    Send {
        /// A person or a room.
        to: String,
        /// The text, of at most 32 KiB; “-” reads it from standard input.
        #[arg(required_unless_present = "file")]
        text: Option<String>,
        /// The message that it answers (its id, or the beginning of it).
        #[arg(long, value_name = "MESSAGE")]
        reply: Option<String>,
        /// Offer this file instead of a text; a folder must be packed first.
        #[arg(long, value_name = "FILE", conflicts_with = "text")]
        file: Option<PathBuf>,
    },
    /// Talk, in the terminal. What you type is sent; “/help” there shows what else
    /// can be done.
    Chat {
        /// A person or a room.
        with: String,
    },
    /// Show the messages of a room.
    History {
        /// A person or a room.
        room: String,
        /// How many of the newest; at most 500.
        #[arg(long, short = 'n', default_value_t = 50)]
        limit: u32,
    },
    /// Find messages.
    Search {
        /// What to look for: two letters or more. At most 100 messages are shown.
        text: String,
        /// Only in this room.
        #[arg(long = "in", value_name = "ROOM")]
        room: Option<String>,
    },
    /// Change, delete or react to a message; or fetch its file.
    Message {
        /// The room.
        room: String,
        /// The message's id or the beginning of it, of six letters or more.
        id: String,
        /// What to do with it.
        #[command(subcommand)]
        action: MessageAction,
    },
    /// Show or set what others see of you, and who may see it; be told when
    /// somebody comes.
    Presence(PresenceArgs),
    /// Write a room to a file, to carry it to another Kith or to read it. The file isn't
    /// encrypted: whoever has it can read the room, with or without Kith.
    Export {
        /// A person or a room.
        room: String,
        /// Where to: a new file. One that is there isn't overwritten. “-” is standard
        /// output.
        file: PathBuf,
        /// As text to read instead of a file for another Kith.
        #[arg(long)]
        text: bool,
    },
    /// Take in a file from another Kith: an answer, a reply, or a room; what it
    /// brings of an organisation's policies counts too. Of a room that you were removed
    /// from, or have left, what was said since is refused.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Write an encrypted backup.
    Backup {
        /// Where to: a new file. One that is there isn't overwritten.
        file: PathBuf,
    },
    /// Make a profile from a backup. It becomes a new device of yours.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Make a profile by your recovery sheet, when all your devices are lost or
    /// stolen. It becomes your only device; all others are revoked.
    Recover(Recover),
    /// Change the passphrase, or keep the key in the desktop's keyring instead.
    ///
    /// The node must not run. A copy of the profile's folder from before still
    /// opens as it did then.
    Passphrase(Protect),
    /// Lock the profile until the passphrase is given; or open it again.
    Lock {
        /// Open it.
        #[arg(long)]
        open: bool,
    },
    /// Show or change settings.
    Config {
        /// The setting.
        key: Option<String>,
        /// Its new value.
        value: Option<String>,
        /// Return to the default.
        #[arg(long, requires = "key", conflicts_with = "value")]
        unset: bool,
    },
    /// Say what works here and what doesn't, and what would help.
    Doctor,
    /// Show somebody something of yours: invite them to see it.
    ///
    /// One of --app, --window, --region, --desktop and --vnc-server says what. Of an application or a window only its own pixels are seen, with its
    /// dialogs and menus, whatever lies over it; what isn't its own takes no
    /// input. A name that fits nothing is answered with what there is.
    Share {
        /// The contact to show it to: the name, its beginning, or the id.
        who: String,
        /// What.
        #[command(flatten)]
        what: WhatArgs,
        /// The password of the VNC server, in a file; “-” for standard input.
        #[arg(long, value_name = "FILE", requires = "vnc_server")]
        password_file: Option<PathBuf>,
        /// Offer control too; otherwise they only see. Kith's window on your screen asks
        /// you before they get it.
        #[arg(long)]
        control: bool,
        /// Try the ways to their devices first, and show each.
        #[arg(long, short)]
        verbose: bool,
        /// What is barred.
        #[command(flatten)]
        limits: ShareLimitArgs,
        /// What for.
        #[command(flatten)]
        case: CaseArgs,
    },
    /// Ask somebody to show you something. They choose what, and see who asks.
    Join {
        /// The contact who is to show it: the name, its beginning, or the id.
        who: String,
        /// Ask for control too.
        #[arg(long)]
        control: bool,
        /// Try the ways to their devices first, and show each.
        #[arg(long, short)]
        verbose: bool,
        /// Ask for this application, as their system calls it: they may have
        /// allowed you that in advance.
        #[arg(long, value_name = "NAME", conflicts_with = "vnc_server")]
        app: Option<String>,
        /// Don't open a window: keep the newest whole picture in this PNG file.
        #[arg(long, value_name = "FILE")]
        picture: Option<PathBuf>,
        /// Ask for a VNC server of theirs, and see it in your VNC viewer.
        #[arg(long, conflicts_with = "picture")]
        vnc_server: bool,
        /// Don't open a window: show it in a viewer of your own, which listens
        /// at this socket and speaks the view protocol.
        #[arg(long, value_name = "SOCKET", conflicts_with_all = ["picture", "vnc_server"])]
        viewer: Option<PathBuf>,
        /// Don't open a window: say where an ordinary VNC viewer on this machine
        /// can see it, and with which password, which is good for one
        /// connection. This command stays until the share is over.
        #[arg(long, conflicts_with_all = ["picture", "viewer", "vnc_server"])]
        vnc: bool,
        /// What for.
        #[command(flatten)]
        case: CaseArgs,
    },
    /// List who asks you for what, the shares that run, and how the last ones ended.
    Requests,
    /// List the windows that could be shown, topmost first, then those that are
    /// private; not while somebody else controls your screen. Or make one
    /// private.
    Windows {
        /// From now on nobody sees this window, and nobody controls it, whatever
        /// is shared, as long as it is there; as listed: if it
        /// is another program’s by now, nothing happens. So it is
        /// with its dialogs and menus: they take no input, and are in no picture,
        /// or grey in it.
        #[arg(long, value_name = "NUMBER[:PROCESS]", value_parser = window_name)]
        private: Option<WindowName>,
        /// It may be shown again; not while somebody else controls your screen.
        #[arg(long, value_name = "NUMBER:PROCESS", conflicts_with = "private", value_parser = window_name)]
        open: Option<WindowName>,
    },
    /// Allow what somebody asks for. Control of your screen isn’t given by this, but
    /// in Kith’s window on the screen, which asks by itself.
    ///
    /// If they ask to see something, one of --app, --window, --region, --desktop and
    /// --vnc-server says what. If they show you something, it opens in a window here.
    Allow {
        /// The request: its id, the beginning of it, or the person.
        which: String,
        /// What they shall see.
        #[command(flatten)]
        what: WhatArgs,
        /// The password of the VNC server, in a file; “-” for standard input.
        #[arg(long, value_name = "FILE", requires = "vnc_server")]
        password_file: Option<PathBuf>,
        /// Don't open a window: keep the newest whole picture in this PNG file.
        #[arg(long, value_name = "FILE")]
        picture: Option<PathBuf>,
        /// If they invited you: for an ordinary VNC viewer, as with “join”.
        #[arg(long, conflicts_with = "picture")]
        vnc: bool,
        /// If they ask for control too: let them see, and no more.
        #[arg(long)]
        view: bool,
        /// What is barred.
        #[command(flatten)]
        limits: ShareLimitArgs,
    },
    /// Refuse what somebody asks for.
    Deny {
        /// The request: its id, the beginning of it, or the person.
        which: String,
    },
    /// Ask for control of a share that you see; or end control.
    Control {
        /// The share: its id, the beginning of it, or the person.
        which: String,
        /// Give control back; of your own screen: take it back from them. Whoever
        /// else has it keeps it.
        #[arg(long)]
        end: bool,
        /// Of your own screen: let several control what is shown there at once.
        /// Each is asked about all the same, in Kith's window on your screen.
        #[arg(long, conflicts_with_all = ["end", "one"])]
        together: bool,
        /// Of your own screen: one at a time again. Whoever has controlled for
        /// the longest goes on.
        #[arg(long, conflicts_with = "end")]
        one: bool,
        /// Of your own screen: give it to them unasked, once you have said yes in
        /// Kith's window there.
        #[arg(long, conflicts_with_all = ["end", "together", "one"])]
        give: bool,
    },
    /// Show another part of the screen, where a part is shown: as dragging its
    /// frame does.
    Frame {
        /// The share: its id, the beginning of it, or the person.
        which: String,
        /// In pixels: WIDTHxHEIGHT+LEFT+TOP.
        area: String,
        /// What of that isn't shown.
        #[command(flatten)]
        cut: CutArgs,
    },
    /// End a share or take a request back; all of them, if none is named.
    Stop {
        /// The share: its id, the beginning of it, or the person.
        which: Option<String>,
    },
    /// Take control from everybody, at once.
    Panic,
    /// Show, take in or explain the policies of your organisations.
    Policy {
        /// What to do.
        #[command(subcommand)]
        action: PolicyAction,
    },
    /// Found an organisation; write, sign and publish its policy.
    ///
    /// A change is written first (“new”, “member”, “rule”, “set” and others), then
    /// signed by as many administrators as must (“sign”), then put in force
    /// (“publish”). Until then “show” says what it would change.
    Org {
        /// What to do.
        #[command(subcommand)]
        action: Box<OrgAction>,
    },
    /// Keep the passwords of your VNC servers in the encrypted profile, so that
    /// showing one asks for none.
    Account {
        /// What to do.
        #[command(subcommand)]
        action: AccountAction,
    },
    /// Let a verified contact see one application without asking each time;
    /// list such consents, or take one back.
    Consent {
        /// What to do.
        #[command(subcommand)]
        action: ConsentAction,
    },
    /// Show, set or revoke what viewers with control may not do; it is
    /// remembered for the next time.
    ///
    /// Limits only take away: all that fit count together. A new device of
    /// somebody begins with the strictest of their others.
    Limits {
        /// What to do; nothing lists them.
        #[command(subcommand)]
        action: Option<LimitsAction>,
    },
    /// Show which input devices count when Kith asks something on your screen; let
    /// x11vnc or an on-screen keyboard count too.
    Inputs {
        /// What to do; nothing lists them.
        #[command(subcommand)]
        action: Option<InputAction>,
    },
    /// Try all ways to a contact's devices, and show what came of each.
    Probe {
        /// The person.
        who: String,
    },
    /// Show, check or copy the log of everything that was asked for, decided
    /// and shared.
    Audit {
        /// What to do.
        #[command(subcommand)]
        action: AuditAction,
    },
    /// Show what Kith does, with two people on this machine.
    Demo(Demo),
    /// Show a share that is being watched. Started by the node, with its socket
    /// as standard input; not for people.
    #[command(hide = true)]
    View {
        /// No window: keep the newest whole picture in this PNG file.
        #[arg(long, value_name = "FILE")]
        picture: Option<PathBuf>,
        /// As a bridge for VNC viewers instead of a window; says on its output
        /// where it listens, and for whom.
        #[arg(long, conflicts_with = "picture")]
        rfb: bool,
        /// No window: decode one small picture and say what it looks like.
        #[arg(long, conflicts_with_all = ["picture", "rfb"])]
        trial: bool,
        /// The language of the window.
        #[arg(long, value_name = "CODE", default_value = "en")]
        language: String,
        /// How large what the window says is, in percent.
        #[arg(long, value_name = "PERCENT", default_value = "100")]
        scale: u16,
    },
    /// Guard the screen while it is shared. Started by the node, with its socket
    /// as standard input; not for people.
    #[command(hide = true)]
    Warden,
    /// Print completions for a shell; never as JSON.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, or write one for every command; never as JSON.
    /// “kith help COMMAND” explains one command.
    Man {
        /// Write a page for each command into this folder.
        #[arg(long, value_name = "FOLDER")]
        all: Option<PathBuf>,
    },
}
