//! Which extensions a display lacks, before anything is opened for a share
//! (ENV-1, ENV-2).

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xproto::ImageOrder;
use x11rb::rust_connection::RustConnection;

use super::OpenError;

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

/// What a display (`None`: the one that `DISPLAY` names) lacks. Whether the
/// versions of its extensions are new enough shows when a source is opened.
///
/// # Errors
/// [`OpenError::Connect`]: there is no such display, or it doesn't let us in.
pub fn missing(display: Option<&str>) -> Result<Missing, OpenError> {
    let (conn, _) = RustConnection::connect(display)?;
    let lacks = |names: &[&'static str]| {
        let there = |name: &'static str| matches!(conn.extension_information(name), Ok(Some(_)));
        names.iter().copied().filter(|n| !there(n)).collect()
    };
    let mut missing = Missing {
        to_share: lacks(TO_SHARE),
        to_control: lacks(TO_CONTROL),
    };
    if conn.setup().image_byte_order != ImageOrder::LSB_FIRST {
        missing.to_share.push("pixels in little-endian order");
    }
    Ok(missing)
}
