//! Bytes: as they are on the socket, and as Base64 (RFC 4648) in JSON, where an
//! array of numbers is of no use to anybody.

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize as _, Serializer, de::Error as _};

pub(crate) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    match s.is_human_readable() {
        true => s.serialize_str(&BASE64.encode(bytes)),
        false => bytes.serialize(s),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
    match d.is_human_readable() {
        true => {
            let text = String::deserialize(d)?;
            BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
        }
        false => Vec::deserialize(d),
    }
}
