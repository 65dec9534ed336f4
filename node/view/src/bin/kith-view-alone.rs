//! The viewer process without the node, for tests: the same as `kith view`,
//! with the socket on standard input.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    match kith_view::main_from_fd(0, kith_view::Options::default()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(e) => {
            #[expect(clippy::print_stderr, reason = "a program for tests; there is no log")]
            {
                eprintln!("{e}");
            }
            ExitCode::FAILURE
        }
    }
}
