//! The commands that ask the running node one thing.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{
    Accepted, Client, Code, Decision, MessageRef, Package, Reply, Request, RevokeReason, Routes,
    Verification,
};

use super::args::{Command, MessageAction, RevokeReasonArg, SwitchArg};
use super::place::{connect, named, profile, read_file, write_file};
use super::{Common, Fail, answer, note, passphrase, print, protect, show};
use crate::given;
use crate::profile::ProfileError;

/// The largest file taken in by `accept` and `import`, in bytes.
const IMPORT_MAX: u64 = 48 * 1024 * 1024;
/// The longest text taken from standard input, in bytes; the node's own limit
/// is smaller and says so.
const TEXT_MAX: u64 = 1024 * 1024;

/// How long a node may take to end after it has said that it does.
const END: Duration = Duration::from_secs(10);

pub(super) fn run(common: &Common, command: Command) -> Result<(), Fail> {
    let mut node = connect(common)?;
    if let Command::Config {
        key: Some(key),
        value: None,
        unset: false,
    } = &command
    {
        return one_setting(common, &mut node, key);
    }
    // Only what is exported may go to standard output: other commands say
    // something there.
    let out = matches!(&command, Command::Export { file, .. } if is_out(file));
    let export = matches!(&command, Command::Export { .. });
    let (request, to_file) = request(common, command)?;
    let mut reply = match request {
        Request::Stop => {
            let reply = node.ask(request)?;
            ended(common)?;
            reply
        }
        Request::ContactDecide {
            decision: Decision::Accept,
            ..
        } => answer::accept(common, &mut node, &request)?,
        Request::Send { .. } | Request::FileSend { .. } => {
            answer::send(common, &mut node, &request)?
        }
        request => node.ask(request)?,
    };
    if export && !common.json {
        note("This isn’t encrypted: whoever has the file can read the room.");
    }
    match (&mut reply, to_file) {
        (Reply::Package(Package { content, .. }), None) if out => return print(content),
        (Reply::Package(Package { content, .. }), Some(path)) => {
            write_file(&path, content)?;
            return show::written(common, &path, content.len());
        }
        (Reply::Done, Some(path)) => {
            let made = std::fs::metadata(&path).map_err(|e| Fail::file(&path, &e))?;
            let len = usize::try_from(made.len()).unwrap_or(usize::MAX);
            return show::written(common, &path, len);
        }
        (Reply::Safety(safety), Some(path)) => {
            write_file(&path, safety.card.as_bytes())?;
            return show::written(common, &path, safety.card.len());
        }
        (Reply::Card(card), Some(path)) => {
            write_file(&path, card.text.as_bytes())?;
            return show::written(common, &path, card.text.len());
        }
        (Reply::Text(text), Some(path)) => {
            write_file(&path, text.as_bytes())?;
            return show::written(common, &path, text.len());
        }
        (Reply::Invite(invite), Some(path)) => {
            let text = invite.text.as_deref().unwrap_or_default();
            if let Err(e) = write_file(&path, text.as_bytes()) {
                // Nobody has it, so nobody shall be able to use it.
                let invite = invite.id.clone();
                node.ask(Request::InviteRevoke { invite })?;
                return Err(e);
            }
            return show::written(common, &path, text.len());
        }
        (Reply::Accepted(Accepted { answer, .. }), Some(path)) => {
            write_file(&path, answer)?;
            answer.clear();
        }
        _ => {}
    }
    show::reply(common, &reply)
}

type Asked = (Request, Option<std::path::PathBuf>);

fn request(common: &Common, command: Command) -> Result<Asked, Fail> {
    let mut to_file = None;
    let request = match command {
        Command::Down => Request::Stop,
        Command::Status => Request::Status,
        Command::Id { renew: true, .. } => Request::DeviceRenew,
        Command::Id {
            card: Some(file), ..
        } => {
            to_file = Some(file);
            Request::Card
        }
        Command::Id {
            export: Some(file), ..
        } => {
            to_file = Some(file);
            Request::ExportIdentity
        }
        Command::Id { revoke: None, .. } => Request::Identity,
        Command::Id {
            revoke: Some(device),
            reason,
            ..
        } => Request::DeviceRevoke {
            device,
            reason: match reason {
                RevokeReasonArg::Lost => RevokeReason::Lost,
                RevokeReasonArg::Stolen => RevokeReason::Stolen,
                RevokeReasonArg::Retired => RevokeReason::Retired,
            },
        },
        Command::Invite { list: true, .. } => Request::Invites,
        Command::Invite {
            revoke: Some(invite),
            ..
        } => Request::InviteRevoke { invite },
        Command::Invite { hours, file, .. } => {
            to_file = file;
            Request::InviteNew {
                lifetime_secs: u64::from(hours) * 3600,
            }
        }
        Command::Accept {
            invite,
            name,
            look,
            answer,
        } => {
            to_file = answer;
            let invite = text_or_file(invite)?;
            match look {
                true => Request::InviteLook { invite },
                false => Request::InviteAccept {
                    invite,
                    petname: name,
                },
            }
        }
        Command::Contacts { who: None, .. } => Request::Contacts,
        Command::Contacts {
            who: Some(who),
            rename: Some(petname),
            ..
        } => Request::ContactRename { who, petname },
        Command::Contacts {
            who: Some(who),
            relay_only: Some(only),
            ..
        } => Request::ContactRoutes {
            who,
            routes: match only {
                SwitchArg::On => Routes::RelayOnly,
                SwitchArg::Off => Routes::Any,
            },
        },
        Command::Contacts {
            who: Some(who),
            accept: true,
            reply,
            ..
        } => {
            to_file = reply;
            Request::ContactDecide {
                who,
                decision: Decision::Accept,
            }
        }
        Command::Contacts {
            who: Some(who),
            decline: true,
            ..
        } => Request::ContactDecide {
            who,
            decision: Decision::Decline,
        },
        Command::Contacts {
            who: Some(who),
            remove: true,
            ..
        } => Request::ContactRemove { who },
        Command::Contacts { who: Some(who), .. } => Request::Contact { who },
        Command::Verify { who, yes: true, .. } => Request::Verify {
            who,
            outcome: Verification::Verified,
        },
        Command::Verify {
            who,
            unverify: true,
            ..
        } => Request::Verify {
            who,
            outcome: Verification::Unverified,
        },
        Command::Verify { who, card, .. } => {
            to_file = card;
            Request::Safety { who }
        }
        Command::Rooms { action } => super::rooms::request(action),
        Command::Send {
            to,
            file: Some(path),
            ..
        } => {
            let path = std::path::absolute(&path).map_err(|e| Fail::file(&path, &e))?;
            Request::FileSend { to, path }
        }
        Command::Send {
            to, text, reply, ..
        } => Request::Send {
            to,
            text: text_or_stdin(text.unwrap_or_default())?,
            reply_to: reply,
        },
        Command::History { room, limit } => Request::History {
            room,
            before: None,
            limit,
        },
        Command::Search { text, room } => Request::Search {
            text,
            room,
            limit: 100,
        },
        Command::Message { room, id, action } => {
            let of = MessageRef { room, message: id };
            match action {
                MessageAction::Edit { text } => Request::Edit { of, text },
                MessageAction::Delete => Request::Delete { of },
                MessageAction::React { emoji } => Request::React { of, emoji },
                MessageAction::Fetch { path } => {
                    let path = std::path::absolute(&path).map_err(|e| Fail::file(&path, &e))?;
                    Request::FileFetch { of, path }
                }
            }
        }
        Command::Export { room, file, text } => {
            to_file = Some(file).filter(|file| !is_out(file));
            match text {
                true => Request::ExportHistory { room },
                false => Request::ExportRoom { room },
            }
        }
        Command::Import { file } => Request::Import {
            content: read_file(&file, IMPORT_MAX)?,
        },
        Command::Backup { file } => {
            named(&file)?;
            // The node writes it: it may be larger than what a socket carries.
            let path = std::path::absolute(&file).map_err(|e| Fail::file(&file, &e))?;
            to_file = Some(file);
            let passphrase = passphrase::new(common, "Passphrase for the backup: ")?;
            Request::BackupTo { passphrase, path }
        }
        Command::Lock { open: false } => Request::Lock,
        Command::Lock { open: true } => Request::Unlock {
            passphrase: protect::for_running(common)?,
        },
        Command::Config { key: None, .. } => Request::Config,
        Command::Config {
            key: Some(key),
            value,
            ..
        } => Request::ConfigSet { key, value },
        Command::Consent { .. } | Command::Probe { .. } | Command::Doctor => Request::Doctor,
        // Handled before a node is asked.
        Command::Init(_)
        | Command::Up(_)
        | Command::Demo(_)
        | Command::Restore { .. }
        | Command::Passphrase(_)
        | Command::Inputs { .. }
        | Command::Recover(_)
        | Command::Presence(_)
        | Command::Chat { .. }
        | Command::Nearby { .. }
        | Command::Meet { .. }
        | Command::Audit { .. }
        | Command::Org { .. }
        | Command::Policy { .. }
        | Command::Warden
        | Command::Limits { .. }
        | Command::Share { .. }
        | Command::Join { .. }
        | Command::Requests
        | Command::Windows { .. }
        | Command::Allow { .. }
        | Command::Deny { .. }
        | Command::Control { .. }
        | Command::Frame { .. }
        | Command::Stop { .. }
        | Command::Panic
        | Command::View { .. }
        | Command::Completions { .. }
        | Command::Account { .. }
        | Command::Man { .. } => Request::Status,
    };
    Ok((request, to_file))
}

/// Whether a path means standard output.
fn is_out(path: &Path) -> bool {
    path == Path::new("-")
}

/// Waits until the node has let go of the profile, so that another can start.
fn ended(common: &Common) -> Result<(), Fail> {
    let (profile, until) = (profile(common)?, Instant::now() + END);
    while matches!(profile.claim(), Err(ProfileError::Busy(_))) {
        if Instant::now() > until {
            let secs = END.as_secs();
            return Err(Fail::new(
                Code::Internal,
                format!("the node still ends after {secs} seconds"),
            )
            .hint("“kith status” says when nothing runs any more"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Shows one setting; a wrong name is told apart here.
fn one_setting(common: &Common, node: &mut Client, key: &str) -> Result<(), Fail> {
    let all = match node.ask(Request::Config)? {
        Reply::Config(all) => all,
        _ => Vec::new(),
    };
    match all.into_iter().find(|s| s.key == key) {
        Some(setting) => show::reply(common, &Reply::Config(vec![setting])),
        None => Err(
            Fail::new(Code::NotFound, format!("there is no setting “{key}”"))
                .hint("“kith config” lists them all"),
        ),
    }
}

/// The longest argument that is taken for the path of a file that isn't there:
/// every invite is longer.
const TYPED_PATH: usize = 200;

/// An invite is a text, or the path of a file that holds one, or comes from
/// standard input.
fn text_or_file(typed: String) -> Result<String, Fail> {
    if typed == "-" {
        return text_or_stdin(typed);
    }
    if typed.trim_start().to_ascii_lowercase().starts_with("kith:") {
        return Ok(typed);
    }
    let hint = "an invite is a text that starts with “kith:”, or the path of a file that holds one";
    if typed.trim().is_empty() {
        return Err(Fail::new(Code::BadRequest, "there is no invite in that").hint(hint));
    }
    let path = Path::new(&typed);
    // Who mistypes the beginning of an invite names no file of that name.
    if typed.len() > TYPED_PATH && !path.is_file() {
        return Err(given::damaged("an invite", "it doesn’t start with “kith:”").into());
    }
    let content = read_file(path, IMPORT_MAX).map_err(|e| e.hint(hint))?;
    let no_text = |_| given::damaged("a file that holds an invite", "it isn’t text").into();
    String::from_utf8(content).map_err(no_text)
}

fn text_or_stdin(given: String) -> Result<String, Fail> {
    if given != "-" {
        return Ok(given);
    }
    let mut given = Vec::new();
    std::io::stdin()
        .lock()
        .take(TEXT_MAX)
        .read_to_end(&mut given)
        .map_err(|e| Fail::file(Path::new("standard input"), &e))?;
    let wrong = |what| Fail::new(Code::BadRequest, what);
    if given.len() as u64 == TEXT_MAX {
        return Err(wrong("what comes on standard input is too long for a text"));
    }
    let text = String::from_utf8(given)
        .map_err(|_| wrong("what comes on standard input isn’t text (UTF-8)"))?;
    Ok(text.trim_end_matches('\n').to_owned())
}
