//! A file that carries what would travel by network (XFER-1; spec 07, "Files
//! carried by hand"): the frames that one node would have said to another.
//! Whoever takes it in checks each frame as if it had come over a connection,
//! so nothing in a file is believed for being in a file, and repeating one
//! does no harm.

use ciborium::Value;

use crate::cbor::{self, Bytes, Decode, DecodeError, Encode as _, MapBuilder, MapReader};
use crate::id::PersonId;

/// The largest file in bytes.
pub const MAX_FILE: usize = 32 * 1024 * 1024;
/// The most frames in a file.
pub const MAX_FRAMES: usize = 65_536;

/// The most CBOR items in a file: a frame takes three, and an entry of a log
/// one more. Keeps a hostile file from filling memory.
const MAX_ITEMS: usize = 512 * 1024;

/// What a file says of itself, so that a wrong file is told apart.
const MAGIC: &str = "kith-file";

/// A frame in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// 1: of a hello stream ([`crate::meet::Message`]).
    Meet(Vec<u8>),
    /// 2: of a room stream.
    Room(Vec<u8>),
    /// 3: a person's log, first entry to last, for those who must judge what
    /// that person's devices signed.
    Person(PersonId, Vec<Vec<u8>>),
    /// 4: a policy update ([`crate::policy::chain::PolicyUpdate`]).
    Policy(Vec<u8>),
}

/// The bytes of a file with these frames.
#[must_use]
pub fn write(frames: &[Frame]) -> Vec<u8> {
    let line = |f: &Frame| {
        let (part, content) = match f {
            Frame::Meet(b) => (1u64, Value::Bytes(b.clone())),
            Frame::Room(b) => (2, Value::Bytes(b.clone())),
            Frame::Person(id, entries) => {
                let entries = entries.iter().map(|b| Value::Bytes(b.clone())).collect();
                (3, Value::Array(vec![id.encode(), Value::Array(entries)]))
            }
            Frame::Policy(b) => (4, Value::Bytes(b.clone())),
        };
        Value::Array(vec![Value::from(part), content])
    };
    let frames: Vec<Value> = frames.iter().map(line).collect();
    let map = MapBuilder::new()
        .put(0, &1u64)
        .put(1, MAGIC)
        .put_list(2, &frames);
    cbor::value_bytes(&map.build())
}

/// Reads a file. Frames of parts that aren't known here are passed over.
///
/// # Errors
/// Not such a file, or beyond a bound.
pub fn read(bytes: &[u8]) -> Result<Vec<Frame>, DecodeError> {
    let mut r = MapReader::new(cbor::few_from_bytes(bytes, MAX_FILE, MAX_ITEMS)?)?;
    r.version(0, 1)?;
    if r.req::<String>(1)? != MAGIC {
        return Err(DecodeError::Type("a Kith file"));
    }
    let lines: Vec<Vec<Value>> = r.list(2, MAX_FRAMES)?;
    let _ = r.finish()?;
    let mut frames = Vec::with_capacity(lines.len());
    for line in lines {
        let malformed = || DecodeError::Type("a frame of a file");
        let [part, content]: [Value; 2] = line.try_into().map_err(|_| malformed())?;
        match u64::decode(part)? {
            1 => frames.push(Frame::Meet(Bytes::decode(content)?.0)),
            2 => frames.push(Frame::Room(Bytes::decode(content)?.0)),
            3 => {
                let both: [Value; 2] = <Vec<Value>>::decode(content)?
                    .try_into()
                    .map_err(|_| malformed())?;
                let [id, entries] = both;
                let entries = <Vec<Bytes>>::decode(entries)?
                    .into_iter()
                    .map(|b| b.0)
                    .collect();
                frames.push(Frame::Person(PersonId::decode(id)?, entries));
            }
            4 => frames.push(Frame::Policy(Bytes::decode(content)?.0)),
            _ => {}
        }
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canon;
    use proptest::prelude::*;

    #[test]
    fn frames_come_back_and_another_file_is_told_apart() {
        let frames = vec![
            Frame::Meet(vec![1, 2]),
            Frame::Room(vec![]),
            Frame::Meet(vec![3; 300]),
            Frame::Policy(vec![4; 30]),
            Frame::Person(PersonId::from_bytes([1; 32]), vec![vec![1], vec![]]),
        ];
        let bytes = write(&frames);
        assert_eq!(read(&bytes), Ok(frames));
        for n in 0..bytes.len() {
            assert!(read(&bytes[..n]).is_err());
        }
        let other = MapBuilder::new().put(0, &1u64).put(1, "other").build();
        assert_eq!(
            read(&cbor::value_bytes(&other)),
            Err(DecodeError::Type("a Kith file"))
        );
        assert_eq!(read(&write(&[])), Ok(vec![]));
    }

    /// A file of a million tiny items is refused before it is parsed.
    #[test]
    fn many_items_are_refused_before_they_are_parsed() {
        let tiny = vec![Value::Array(vec![]); MAX_ITEMS];
        let map = MapBuilder::new()
            .put(0, &1u64)
            .put(1, MAGIC)
            .put_list(2, &tiny);
        assert_eq!(
            read(&cbor::value_bytes(&map.build())),
            Err(DecodeError::Canon(canon::CanonError::TooMany(MAX_ITEMS)))
        );
    }

    #[test]
    fn an_unknown_part_is_passed_over() {
        let line = Value::Array(vec![Value::from(9), Value::Bytes(vec![1])]);
        let map = MapBuilder::new()
            .put(0, &1u64)
            .put(1, MAGIC)
            .put_list(2, &[line]);
        assert_eq!(read(&cbor::value_bytes(&map.build())), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = read(&bytes);
        }
    }
}
