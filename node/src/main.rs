//! The `kith` binary.
#![forbid(unsafe_code)]

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn main() {
    println!("kith {}", env!("CARGO_PKG_VERSION"));
}
