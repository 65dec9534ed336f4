//! `kith-gui`: the desktop program. It speaks to the node of a profile over
//! the local socket, and starts one when none runs.
//!
//! `state` is what it knows and does, without a window; `screens` are pictures
//! of that; `link` is the node; `app` puts them together.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a panic is a failed test"
    )
)]

mod app;
mod downloads;
mod i18n;
mod keys;
mod letters;
mod link;
mod notices;
mod private;
mod screens;
mod state;
mod theme;
mod when;
mod widgets;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};
use kith_api::Code;

/// Talk with people nearby or far away, without any server, and show them a
/// running application.
#[derive(Debug, Parser)]
#[command(name = "kith-gui", version)]
struct Arguments {
    /// Which profile: a name (kept in ~/.local/share/kith), or a folder (“./…”,
    /// “/…”).
    #[arg(long, short, env = "KITH_PROFILE", default_value = "default")]
    profile: PathBuf,
    /// The language: en, de, zh-CN. Otherwise what was chosen in the settings,
    /// or what the system says.
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Print the manual page, in the form that “man” reads.
    #[arg(long, hide = true)]
    manual: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.manual {
        return match manual(&mut io::stdout()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    // The toolkit ends with a backtrace where something is missing.
    if let Err(no) = kith_display::check() {
        complain(&format!("{no}\n          {}", no.help()));
        return ExitCode::from(Code::NotFound.exit_status());
    }
    let ended = link::at(&arguments.profile)
        .map_err(|e| e.to_string())
        .and_then(|place| app::run(place, arguments.language).map_err(|e| e.to_string()));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&why);
            ExitCode::FAILURE
        }
    }
}

fn manual(out: &mut impl Write) -> io::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
    out.write_all(&page)?;
    out.flush()
}

#[allow(clippy::print_stderr, reason = "there is no window to say it in")]
fn complain(why: &str) {
    eprintln!("kith-gui: {why}");
}
