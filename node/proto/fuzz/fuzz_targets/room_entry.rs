//! No bytes make the readers of entries and bodies panic; what is read and
//! written again is the same, and is read again alike.
#![no_main]
use kith_proto::cbor;
use kith_proto::room::body::{Body, Salt};
use kith_proto::room::entry::{EntryHeader, EntryIn};
use kith_proto::room::kind::KindCode;
use kith_proto::room::receipt::Receipt;
use kith_proto::signed::Unverified;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    if let Some(kind) = KindCode::from_number(u16::from(*kind))
        && let Ok(body) = Body::decode(kind, rest)
    {
        assert_eq!(body.kind(), kind);
        let again = body.to_bytes(Salt([0; 16]));
        assert_eq!(Body::decode(kind, &again).as_ref(), Ok(&body));
    }
    if let Ok(header) = cbor::from_bytes::<EntryHeader>(rest, 4096) {
        let again = cbor::to_bytes(&header);
        assert_eq!(
            cbor::from_bytes::<EntryHeader>(&again, 4096).as_ref(),
            Ok(&header)
        );
    }
    let half = rest.len() / 2;
    let _ = EntryIn {
        header: rest.to_vec(),
        body: None,
    }
    .verify();
    let _ = EntryIn {
        header: rest[..half].to_vec(),
        body: Some(rest[half..].to_vec()),
    }
    .trust_own_store();
    let _ = Unverified::<Receipt>::parse(rest).and_then(Unverified::verify_claimed);
});
