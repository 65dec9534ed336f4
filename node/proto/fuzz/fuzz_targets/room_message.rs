//! No bytes make the readers of messages about rooms and files panic; what
//! is read is within its bounds, and comes back the same when written.
#![no_main]
use kith_proto::file::FileMessage;
use kith_proto::room::message::{MAX_BATCH, MAX_RANGE, Part, SyncMessage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(m) = SyncMessage::from_bytes(data) {
        match &m.part {
            Part::Entries { entries, .. } => assert!(entries.len() <= MAX_BATCH),
            Part::Want(ranges) => {
                assert!(
                    ranges
                        .iter()
                        .all(|r| r.from < r.to && r.to - r.from <= MAX_RANGE)
                );
            }
            _ => {}
        }
        assert_eq!(SyncMessage::from_bytes(&m.to_bytes()), Ok(m));
    }
    if let Ok(m) = FileMessage::from_bytes(data) {
        assert_eq!(FileMessage::from_bytes(&m.to_bytes()), Ok(m));
    }
});
