//! `kith account`: accounts for hosted sessions (ENV-1, HOST-4).

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use kith_api::{AccountInfo, AccountRequest, Reply, Request, Secret};

use super::place::connect;
use super::{Common, Fail, note, passphrase, show};

/// What to do about accounts for hosted sessions.
#[derive(Debug, Subcommand)]
pub enum AccountAction {
    /// Keep the password of a VNC server, so that “kith share” and “kith allow”
    /// needn't ask for it; or replace it: the next session uses the new one.
    Keep {
        /// A port of this machine, or ADDRESS:PORT.
        server: String,
        /// Its password, in a file; “-” for standard input. Otherwise it is asked for.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List the servers; their passwords are never shown.
    List,
    /// Forget a server and its password.
    Remove {
        /// The server, as “list” names it.
        server: String,
    },
}

pub(super) fn run(common: &Common, action: AccountAction) -> Result<(), Fail> {
    let mut kept = false;
    let request = match action {
        AccountAction::List => AccountRequest::List,
        AccountAction::Remove { server } => AccountRequest::Remove { server },
        AccountAction::Keep {
            server,
            password_file,
        } => {
            kept = true;
            AccountRequest::Keep {
                server,
                password: password(password_file.as_deref())?,
            }
        }
    };
    let reply = connect(common)?.ask(Request::Account(request))?;
    show::reply(common, &reply)?;
    if kept && !common.json {
        note(
            "What that desktop's user may do (list or end others' sessions, restart, install) \
             can't be checked through VNC: choose one who may not.",
        );
    }
    Ok(())
}

fn password(file: Option<&Path>) -> Result<Secret, Fail> {
    match file {
        Some(file) => passphrase::from_file(file),
        None => passphrase::prompted("The VNC server's password: "),
    }
}

/// Whether the node keeps what opens a server.
pub(super) fn is_kept(common: &Common, server: &str) -> Result<bool, Fail> {
    let list = Request::Account(AccountRequest::List);
    let server = server.trim();
    let server = server.strip_prefix("127.0.0.1:").unwrap_or(server);
    Ok(match connect(common)?.ask(list)? {
        Reply::Accounts(all) => all.iter().any(|a| a.server == server),
        _ => false,
    })
}

pub(super) fn all(out: &mut String, list: &[AccountInfo]) -> std::fmt::Result {
    if list.is_empty() {
        return writeln!(out, "No account for hosted sessions is kept.");
    }
    list.iter()
        .try_for_each(|a| writeln!(out, "{}  {}", a.technology, a.server))
}
