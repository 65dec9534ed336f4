//! The roles that the node's own children play (DESIGN, "Processes"): each has
//! one socket to the node, as standard input, and nothing else.

use kith_api::Code;
use kith_view::Options;

use super::Fail;
use crate::undumpable;

/// Standard input.
const SOCKET: i32 = 0;

/// `kith view`: the window of a share that is watched.
pub(super) fn view() -> Result<(), Fail> {
    undumpable::enter();
    match kith_view::main_from_fd(SOCKET, Options::default()) {
        Ok(_) => Ok(()),
        Err(error) => Err(failed("the window", &error)),
    }
}

/// `kith warden`: guards the screen.
pub(super) fn warden() -> Result<(), Fail> {
    undumpable::enter();
    let socket = kith_screen::warden::inherited().map_err(|e| failed("the warden", &e))?;
    kith_screen::warden::run(socket).map_err(|e| failed("the warden", &e))
}

fn failed(what: &str, error: &dyn std::error::Error) -> Fail {
    Fail::new(Code::Internal, format!("{what}: {error}"))
        .hint("the node starts this by itself; see “kith help share”")
}
