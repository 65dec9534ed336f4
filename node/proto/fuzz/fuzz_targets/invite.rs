//! Texts and records of invites: no bytes make a reader panic, and what is
//! read has one form. What needs keys is in `invite_steps`.
#![no_main]
use kith_proto::armor;
use kith_proto::cbor::{from_bytes, to_bytes};
use kith_proto::safety::SafetyCode;
use kith_proto::ticket::{self, Answer, Reply, Ticket};
use libfuzzer_sys::fuzz_target;

/// A payload that is read is written as the same bytes, unless unknown
/// fields were dropped.
macro_rules! one_form {
    ($kind:ty, $bytes:expr) => {
        if let Ok(read) = from_bytes::<$kind>($bytes, 65_536) {
            let again = to_bytes(&read);
            assert!(again.len() <= $bytes.len());
            assert_eq!(from_bytes::<$kind>(&again, 65_536), Ok(read));
        }
    };
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    match first % 6 {
        0 => {
            let text = String::from_utf8_lossy(rest);
            let _ = ticket::from_text(&text);
            let _ = SafetyCode::from_text(&text);
            if let Ok((kind, bytes)) = armor::from_text(&text) {
                assert_eq!(
                    armor::from_text(&armor::to_text(kind, &bytes)),
                    Ok((kind, bytes))
                );
            }
        }
        1 => {
            // Past the checksum.
            let text = armor::to_text(armor::ArmorKind::Safety, rest);
            if let Ok(code) = SafetyCode::from_text(&text) {
                assert_eq!(SafetyCode::from_text(&code.qr_text()), Ok(code));
            }
            let _ = ticket::from_text(&armor::to_text(armor::ArmorKind::Invite, rest));
        }
        2 => one_form!(Ticket, rest),
        3 => one_form!(Answer, rest),
        4 => one_form!(Reply, rest),
        _ => {
            let _ = ticket::envelope_about(rest);
        }
    }
});
