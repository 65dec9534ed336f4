//! Headers, bodies, rules, profiles, terms, meetings and consents: nothing
//! makes their readers panic, and what they accept they write again alike.
#![no_main]
use kith_proto::cbor::{Decode, Encode, from_bytes, to_bytes};
use kith_proto::policy::cap::Cap;
use kith_proto::policy::case::Case;
use kith_proto::policy::chain::PolicyUpdate;
use kith_proto::policy::compiled::Compiled;
use kith_proto::policy::consent::{ConsentEnd, StandingConsent};
use kith_proto::policy::document::{PolicyBody, PolicyHeader};
use kith_proto::policy::meeting::MeetingTerms;
use kith_proto::policy::profile::{Profile, Terms};
use kith_proto::policy::rule::Rule;
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

fuzz_target!(|data: &[u8]| {
    let Some((which, data)) = data.split_first() else {
        return;
    };
    match which % 11 {
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
