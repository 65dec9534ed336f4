//! The `kith` program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use kith_view::memory::Forgetful;

/// A locked node keeps nothing in what it has freed (ID-7).
#[global_allocator]
static MEMORY: Forgetful = Forgetful;

fn main() -> ExitCode {
    kith::cli::main()
}
