//! Which extensions a display lacks, before anything is opened for a share
//! (ENV-1, ENV-2).

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xproto::ImageOrder;
use x11rb::rust_connection::RustConnection;

use super::OpenError;
use super::link::lost;
use super::list::{Monitor, monitors_of};
use crate::source::SourceError;

/// What capture can't do without.
const TO_SHARE: &[&str] = &[
    "Composite",
    "DAMAGE",
    "RANDR",
    "SHAPE",
    "X-Resource",
    "XFIXES",
    "XInputExtension",
];
/// What injecting input can't do without, beside these.
const TO_CONTROL: &[&str] = &["XTEST"];

/// What a display lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// For sharing at all.
    pub to_share: Vec<&'static str>,
    /// For letting viewers control.
    pub to_control: Vec<&'static str>,
}

/// What a look at a display tells.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// What it lacks.
    pub lacks: Missing,
    /// Its screens; none where it can't say which there are.
    pub monitors: Vec<Monitor>,
}

/// Looks at a display (`None`: the one that `DISPLAY` names) over one connection, so
/// that all of it is of one moment. Whether the versions of its extensions are new
/// enough for a share shows when a source is opened.
///
/// # Errors
/// [`OpenError::Connect`]: there is no such display, or it doesn't let us in.
/// [`OpenError::Source`]: it went away meanwhile.
pub fn look(display: Option<&str>) -> Result<Look, OpenError> {
    let (conn, screen) = RustConnection::connect(display)?;
    let root = conn.setup().roots.get(screen);
    let root = root.ok_or(OpenError::Pixels)?.root;
    let lacks = |names: &[&'static str]| {
        let mut lacks = Vec::new();
        for name in names {
            let there = conn.extension_information(name).map_err(lost)?;
            lacks.extend(there.is_none().then_some(*name));
        }
        Ok::<_, SourceError>(lacks)
    };
    let mut missing = Missing {
        to_share: lacks(TO_SHARE)?,
        to_control: lacks(TO_CONTROL)?,
    };
    if conn.setup().image_byte_order != ImageOrder::LSB_FIRST {
        missing.to_share.push("pixels in little-endian order");
    }
    let monitors = match missing.to_share.contains(&"RANDR") {
        true => Vec::new(),
        false => match monitors_of(&conn, root) {
            Err(OpenError::Lacks(_)) => Vec::new(),
            monitors => monitors?,
        },
    };
    Ok(Look {
        lacks: missing,
        monitors,
    })
}
