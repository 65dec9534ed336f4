//! The command line (UI-2): everything the desktop program does, for people
//! and scripts. Commands other than `init`, `up` and `restore` speak to the
//! running node over its socket; they have no other door.

mod account;
mod answer;
mod args;
mod ask;
mod audit;
mod bridge;
mod chat;
mod consent;
mod demo;
mod fail;
mod features;
mod inputs;
mod limits;
mod local;
mod meet;
mod org;
mod passphrase;
mod place;
mod policy;
mod presence;
mod protect;
mod recover;
mod roles;
mod rooms;
mod share;
mod show;
#[cfg(test)]
mod tests;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

pub use args::{Cli, Command, Common, Up};
pub use fail::Fail;
pub(crate) use local::wall_clock;
pub(crate) use show::message as message_line;

/// Parses the command line, does what it says, and returns the exit status.
#[must_use]
pub fn main() -> ExitCode {
    kith_view::memory::give_back();
    // Whatever this program writes is for its user alone (R8).
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
    let (done, json) = match Cli::try_parse() {
        Ok(cli) => {
            let json = cli.common.json;
            (run(cli), json)
        }
        Err(e) => {
            let options = std::env::args_os().take_while(|arg| arg != "--");
            let json = options.into_iter().any(|arg| arg == "--json");
            if e.use_stderr() && !json {
                // In clap's own words and colours.
                e.exit();
            }
            (unparsed(&e, json), json)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            fail.print(json);
            ExitCode::from(fail.exit_status())
        }
    }
}

/// What isn't a command to be done: a mistake, or a wish for help or for the
/// version, which goes out as all else does: clap's own way loses a full disk.
fn unparsed(e: &clap::Error, json: bool) -> Result<(), Fail> {
    if e.use_stderr() {
        return Err(Fail::mistyped(e));
    }
    if json && e.kind() == clap::error::ErrorKind::DisplayVersion {
        let version = serde_json::json!({ "version": env!("CARGO_PKG_VERSION") });
        return print(format!("{version}\n").as_bytes());
    }
    match std::io::stdout().is_terminal() {
        true => e.print().map_err(Fail::output),
        false => print(e.render().to_string().as_bytes()),
    }
}

fn run(cli: Cli) -> Result<(), Fail> {
    let common = &cli.common;
    match cli.command {
        Command::Init(init) => local::init(common, &init),
        Command::Up(up) => local::up(common, &up),
        Command::Restore { file } => local::restore(common, &file),
        Command::Passphrase(args) => protect::change(common, &args),
        Command::Recover(args) => recover::recover(common, &args),
        Command::Id {
            recovery_sheet: Some(file),
            ..
        } => recover::new_sheet(common, &file),
        Command::Demo(demo) => demo::run(common, &demo),
        Command::Chat { with } => chat::run(common, &with),
        Command::Verify {
            who, code: true, ..
        } => meet::verify(common, who),
        Command::Presence(args) => presence::run(common, args),
        Command::Nearby { minutes, close } => meet::nearby(common, minutes, close),
        Command::Meet { who } => meet::meet(common, who),
        Command::Contacts {
            directory: Some(part),
            ..
        } => policy::directory(common, part),
        Command::Contacts {
            who: Some(who),
            rename: None,
            accept: false,
            decline: false,
            remove: false,
            relay_only: None,
            ..
        } => features::contact(common, &who),
        Command::Probe { who } => features::probe(common, &who),
        Command::Account { action } => account::run(common, action),
        Command::Consent { action } => consent::run(common, action),
        Command::Inputs { action } => inputs::run(common, action),
        Command::Limits { action } => limits::run(common, action),
        Command::Doctor => features::doctor(common),
        Command::Policy { action } => policy::run(common, action),
        Command::Org { action } => org::run(common, *action),
        command @ (Command::Share { .. }
        | Command::Join { .. }
        | Command::Requests
        | Command::Windows { .. }
        | Command::Allow { .. }
        | Command::Deny { .. }
        | Command::Control { .. }
        | Command::Frame { .. }
        | Command::Stop { .. }
        | Command::Panic) => share::run(common, command),
        Command::Audit { action } => audit::run(common, action),
        Command::View { trial: true, .. } => roles::trial(),
        Command::View {
            picture: Some(file),
            ..
        } => roles::keep_picture(&file),
        Command::View {
            rfb: true,
            language,
            ..
        } => roles::bridge(common, &language),
        Command::View {
            language, scale, ..
        } => roles::view(&language, scale),
        Command::Warden => roles::warden(),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "kith", &mut out);
            print(&out)
        }
        Command::Man { all: Some(folder) } => {
            let written = std::fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), &folder));
            written.map_err(|e| Fail::file(&folder, &e))?;
            show::pages(common, &folder)
        }
        Command::Man { all: None } => {
            let mut out = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut out)
                .map_err(Fail::output)?;
            print(&out)
        }
        command => ask::run(common, command),
    }
}

/// Writes to standard output; a reader that closed the pipe is no failure.
fn print(bytes: &[u8]) -> Result<(), Fail> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Fail::output),
    }
}

/// A line on standard error, for what a person should know beside the result.
fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
