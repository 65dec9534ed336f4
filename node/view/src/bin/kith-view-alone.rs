//! The viewer process without the node, for tests: the same as `kith view`,
//! with the socket on standard input.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let failed = if std::env::args().nth(1).as_deref() == Some("--rfb") {
        let tell = |port: u16, password: &kith_view::rfb::OneTime| {
            let mut out = std::io::stdout();
            writeln!(out, "{port} {}", password.text())
        };
        let done = kith_view::rfb_from_fd(0, kith_view::Options::default().look.language, tell);
        done.err().map(|e| e.to_string())
    } else {
        // For tests: the language.
        let mut options = kith_view::Options::default();
        if let Some(code) = std::env::args().nth(1) {
            options.look.language = code.parse().unwrap_or_default();
        }
        let done = kith_view::main_from_fd(0, options);
        done.err().map(|e| e.to_string())
    };
    let Some(failed) = failed else {
        return ExitCode::SUCCESS;
    };
    #[expect(clippy::print_stderr, reason = "a program for tests; there is no log")]
    {
        eprintln!("{failed}");
    }
    ExitCode::FAILURE
}
