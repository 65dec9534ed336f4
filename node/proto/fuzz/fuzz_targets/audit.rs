//! No bytes make the readers of audits panic: entries, end records, files.
#![no_main]
use kith_proto::audit::{
    AuditEntry, AuditHead, EndRecord, MAGIC, Position, judge, read_export, verify,
};
use kith_proto::cbor;
use kith_proto::signed::{Cosigned, Unverified};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(entry) = AuditEntry::from_bytes(data) {
        assert_eq!(entry.bytes(), data);
        let at = Position {
            length: entry.place(),
            last: entry.previous(),
        };
        let read = verify(entry.device(), at, [data]).expect("it stands where it says");
        assert_eq!(read.position().last, Some(entry.digest()));
    }
    if let Ok(record) = cbor::from_bytes::<EndRecord>(data, 20 * 1024) {
        let again = cbor::from_bytes::<EndRecord>(&cbor::to_bytes(&record), 20 * 1024);
        assert_eq!(again.as_ref(), Ok(&record));
    }
    if let Ok(document) = Cosigned::<EndRecord>::parse(data) {
        let _ = judge(&document);
    }
    if let Ok(head) = Unverified::<AuditHead>::parse(data) {
        let _ = head.verify_claimed();
    }
    let _ = read_export(data);
    let _ = read_export(&[MAGIC, data].concat());
});
