//! Devices: the certificate that a person gives one ([`cert`]), and what all
//! records that a device signs have in common ([`record`]).
//!
//! A device belongs to a person only if both say so: the person's log lists
//! it, and the device signs records that name the person. A log alone could
//! claim anybody's device.

pub mod cert;
pub mod record;

pub use cert::{CertError, Certified, DeviceCert};
pub use record::{ByDevice, Live, LiveError};
