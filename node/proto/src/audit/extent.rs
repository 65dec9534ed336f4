//! How far a share goes, as entries and end records say it.

use ciborium::Value;

use crate::cbor::{Decode, DecodeError, Encode, MapBuilder, MapReader};
use crate::policy::application::AppNames;
use crate::rights::{Rights, Scope};

/// How much a viewer may see and do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// How much is seen.
    pub view: Scope,
    /// How much is controlled.
    pub control: Scope,
    /// What may be done there.
    pub rights: Rights,
    /// Which applications; none for regions and desktops.
    pub applications: AppNames,
}

impl Encode for Extent {
    fn encode(&self) -> Value {
        MapBuilder::new()
            .put(0, &self.view)
            .put(1, &self.control)
            .put_opt(2, (!self.rights.is_empty()).then_some(&self.rights))
            .put_list(3, self.applications.as_slice())
            .build()
    }
}

impl Decode for Extent {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        let extent = Self {
            view: r.req(0)?,
            control: r.req(1)?,
            rights: r.opt(2)?.unwrap_or_default(),
            applications: AppNames::read(&mut r, 3)?,
        };
        let _ = r.finish()?;
        Ok(extent)
    }
}
