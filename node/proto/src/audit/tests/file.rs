//! A log as a file: what is written, and what a reader refuses.

use super::*;

fn export() -> Vec<u8> {
    let (log, entries) = log_of(events());
    let read = chain(&entries).unwrap();
    write_export(Position::START, &read, &[end_record()], &head(&log)).unwrap()
}

#[test]
fn an_export_is_read_back() {
    let read = read_export(&export()).unwrap();
    assert_eq!(read.log.entries().len(), events().len());
    assert_eq!(read.end_records, [(end_record(), Completeness::Both)]);
    // A part of the log, from an earlier head on.
    let (log, entries) = log_of(events());
    let from = chain(&entries[..8]).unwrap().position();
    let tail = verify(device(SHARER), from, entries[8..].iter().map(Vec::as_slice)).unwrap();
    let file = write_export(from, &tail, &[end_record()], &head(&log)).unwrap();
    let read = read_export(&file).unwrap();
    assert_eq!((read.log.from(), &read.log), (from, &tail));
}

/// Whoever has the device's key can leave end records out, or sign another
/// history for the same ones.
#[test]
fn an_export_without_its_end_records_or_about_another_log_is_refused() {
    let session = share().session;
    let (log, entries) = log_of(events());
    let read = chain(&entries).unwrap();
    let written = write_export(Position::START, &read, &[], &head(&log));
    assert_eq!(written, Err(ExportError::NoRecord(session)));
    let mut other = events();
    other[0] = Event::PolicyInForce { policy: policy(2) };
    let (log, entries) = log_of(other);
    let read = chain(&entries).unwrap();
    let written = write_export(Position::START, &read, &[end_record()], &head(&log));
    assert_eq!(written, Err(ExportError::OtherHistory(session)));
    // The same entries, but fewer of them than were signed for.
    let (log, entries) = log_of(vec![Event::Ended {
        share: share(),
        by: By::Program,
        reason: code("crash"),
        record: Some(longer().digest()),
    }]);
    let read = chain(&entries).unwrap();
    let written = write_export(Position::START, &read, &[longer()], &head(&log));
    assert_eq!(written, Err(ExportError::OtherHistory(session)));
}

/// An end record about a log of nine entries.
fn longer() -> Cosigned<EndRecord> {
    let mut record = end();
    record.sharer_log = Position {
        length: 9,
        last: Some(digest(3)),
    };
    Cosigned::new(record, &key(SHARER)).unwrap()
}

#[test]
fn an_export_that_a_reader_would_refuse_is_not_written() {
    let (log, entries) = log_of(events());
    let short = chain(&entries[..5]).unwrap();
    let write = |log: &Verified, records: &[Cosigned<EndRecord>], head: &Signed<AuditHead>| {
        write_export(Position::START, log, records, head).unwrap_err()
    };
    assert_eq!(
        write(&short, &[], &head(&log)),
        ExportError::Head(HeadError::Truncated {
            missing: entries.len() as u64 - 5
        })
    );
    let (half, _) = log_of(events()[..5].to_vec());
    let whole = chain(&entries).unwrap();
    let uncovered = ExportError::Uncovered(entries.len() as u64 - 5);
    assert_eq!(write(&whole, &[], &head(&half)), uncovered);
    let twice = [end_record(), end_record()];
    assert_eq!(write(&whole, &twice, &head(&log)), ExportError::Stray);
    assert_eq!(
        write(&short, &[end_record()], &head(&half)),
        ExportError::Stray
    );
    // An end record of a share that this device had no part in, and one of
    // another session than the entry says.
    for change in [
        (|r| r.sharer_device = device(3)) as fn(&mut EndRecord),
        |r| r.session = SessionId::from_bytes([8; 16]),
    ] {
        let mut other = end();
        other.sharer_log = Position::START;
        change(&mut other);
        let doc = Cosigned::new(other, &key(VIEWER)).unwrap();
        let (log, entries) = log_of(vec![Event::Ended {
            share: share(),
            by: By::Viewer,
            reason: code("done"),
            record: Some(doc.digest()),
        }]);
        let read = chain(&entries).unwrap();
        assert_eq!(write(&read, &[doc], &head(&log)), ExportError::Stray);
    }
}

#[test]
fn every_flipped_bit_of_an_export_is_noticed() {
    let file = export();
    for bit in 0..file.len() * 8 {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(read_export(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn every_shorter_export_is_noticed() {
    let file = export();
    for len in 0..file.len() {
        assert!(read_export(&file[..len]).is_err(), "{len}");
    }
    let longer = [&file[..], &[0]].concat();
    assert_eq!(read_export(&longer), Err(ExportError::Trailing));
}
