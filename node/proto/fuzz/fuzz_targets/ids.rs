//! Ids from text: no text makes their readers panic, what is read has one
//! form in lower case, no text is two kinds, and a typing mistake is noticed.
#![no_main]
use std::fmt::Display;
use std::str::FromStr;

use kith_proto::id::{AdminKeyId, DeviceId, OrgId, PersonId, RoomId, SessionId};
use libfuzzer_sys::fuzz_target;

/// The text that is written for what was read from `text`.
fn read<T: FromStr + Display>(text: &str) -> Option<String> {
    text.parse::<T>().ok().map(|id| id.to_string())
}

fn all(text: &str) -> [Option<String>; 6] {
    [
        read::<PersonId>(text),
        read::<DeviceId>(text),
        read::<OrgId>(text),
        read::<RoomId>(text),
        read::<SessionId>(text),
        read::<AdminKeyId>(text),
    ]
}

fn check(text: &str) -> usize {
    let read = all(text);
    for form in read.iter().flatten() {
        assert!(form.eq_ignore_ascii_case(text));
        assert_eq!(all(form), read);
    }
    let kinds = read.iter().flatten().count();
    assert!(kinds <= 1);
    kinds
}

/// A good text, with up to four characters replaced: Bech32m notices all of
/// these.
fn mistyped(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let mut bytes = [0; 32];
    let n = rest.len().min(32);
    bytes[..n].copy_from_slice(&rest[..n]);
    let good = match kind % 6 {
        0 => PersonId::from_bytes(bytes).to_string(),
        1 => DeviceId::from_bytes(bytes).to_string(),
        2 => OrgId::from_bytes(bytes).to_string(),
        3 => RoomId::from_bytes(bytes).to_string(),
        4 => AdminKeyId::from_bytes(bytes).to_string(),
        _ => {
            let mut half = [0; 16];
            half.copy_from_slice(&bytes[..16]);
            SessionId::from_bytes(half).to_string()
        }
    };
    assert_eq!(check(&good), 1);
    assert_eq!(check(&good.to_uppercase()), 1);
    let mut typed = good.clone().into_bytes();
    for change in rest[n..].chunks_exact(2).take(4) {
        let at = usize::from(change[0]) % typed.len();
        typed[at] = change[1] & 0x7f;
    }
    let typed = String::from_utf8(typed).expect("ASCII");
    let lower = typed.to_ascii_lowercase();
    // Whatever differs by more than the case of all letters is refused.
    assert!(lower == good || check(&typed) == 0);
    let _ = check(&typed);
}

fuzz_target!(|data: &[u8]| {
    check(&String::from_utf8_lossy(data));
    mistyped(data);
});
