//! Headers, bodies, rules, profiles, terms, meetings and consents: nothing
//! makes their readers panic, and what they accept they write again alike;
//! and updates that arrive in pieces.
#![no_main]
use kith_proto::cbor::{Decode, Encode, from_bytes, to_bytes};
use kith_proto::id::OrgId;
use kith_proto::policy::cap::Cap;
use kith_proto::policy::case::Case;
use kith_proto::policy::chain::PolicyUpdate;
use kith_proto::policy::compiled::Compiled;
use kith_proto::policy::consent::{ConsentEnd, StandingConsent};
use kith_proto::policy::document::{PolicyBody, PolicyHeader};
use kith_proto::policy::meeting::MeetingTerms;
use kith_proto::policy::profile::{Profile, Terms};
use kith_proto::policy::rule::Rule;
use kith_proto::policy::spread::{Assembly, Piece, pieces};
use libfuzzer_sys::fuzz_target;

/// What was read, written and read again is the same: nothing is half kept.
fn settles<T: Decode + Encode + PartialEq + std::fmt::Debug>(data: &[u8]) {
    if let Ok(first) = from_bytes::<T>(data, 1 << 16) {
        let bytes = to_bytes(&first);
        if let Ok(again) = from_bytes::<T>(&bytes, 1 << 17) {
            assert_eq!(to_bytes(&again), bytes);
        }
    }
}

/// Pieces of two organisations, in any order; what is whole is sent again.
fn join(data: &[u8]) {
    let mut assembly = Assembly::default();
    let mut left = data;
    while let Some(([org, index, count, len], more)) = left.split_first_chunk::<4>() {
        let (bytes, more) = more.split_at(usize::from(*len).min(more.len()));
        left = more;
        let piece = Piece {
            org: OrgId::from_bytes([org % 2; 32]),
            index: (*index).into(),
            count: (*count).into(),
            bytes: bytes.to_vec(),
        };
        if let Ok(Some((org, update))) = assembly.take(&piece) {
            let mut again = Assembly::default();
            let taken = pieces(org, &update).iter().map(|p| again.take(p)).last();
            assert_eq!(taken, Some(Ok(Some((org, update)))));
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else {
        return;
    };
    match which % 12 {
        0 => settles::<PolicyHeader>(data),
        1 => settles::<PolicyBody>(data),
        2 => settles::<Rule>(data),
        3 => settles::<Profile>(data),
        4 => settles::<Terms>(data),
        5 => settles::<MeetingTerms>(data),
        6 => settles::<StandingConsent>(data),
        7 => settles::<ConsentEnd>(data),
        8 => settles::<Case>(data),
        9 => settles::<Cap>(data),
        10 => join(data),
        _ => {
            if let Ok(u) = PolicyUpdate::from_bytes(data) {
                assert_eq!(u.to_bytes(), data);
            }
        }
    }
    if let Ok(body) = PolicyBody::from_bytes(data) {
        let _ = Compiled::new(&body);
    }
});
