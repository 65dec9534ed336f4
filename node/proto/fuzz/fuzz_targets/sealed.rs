//! No bytes make reading or opening a sealed message panic, and none open
//! but those that were sealed.
#![no_main]
use std::sync::LazyLock;

use kith_proto::cbor;
use kith_proto::id::{DeviceId, SessionId};
use kith_proto::keys::SigningKey;
use kith_proto::policy::application::AppNames;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::seal::{
    AcceptKey, Challenge, Kem, KemKeyPair, KemList, KemPublicKey, SealContext, SealedMessage,
};
use kith_proto::signed::{Signed, Unverified};
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use libfuzzer_sys::fuzz_target;

static SENDER: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[1; 32]));
const CHALLENGE: Challenge = Challenge::from_bytes([9; 32]);
const CLOCK: Monotonic = Monotonic::from_millis(0);

/// The terms of the session that the message says it is for.
fn context(session: SessionId, kem: Kem) -> SealContext {
    SealContext {
        session,
        sender: SENDER.public().into(),
        recipient: DeviceId::from_bytes([0; 32]),
        sender_kems: KemList::supported(),
        recipient_kems: KemList::of(&[kem]),
        policies: PolicyRefs::default(),
        technology: Technology::Native,
        hosted: None,
        view: Scope::Desktop,
        control: Scope::Nothing,
        applications: AppNames::default(),
        rights: Rights::of(&[Right::View]),
        challenge: CHALLENGE,
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(unverified) = Unverified::<SealedMessage>::parse(data) {
        let _ = unverified.verify_claimed();
    }
    let _ = cbor::from_bytes::<KemPublicKey>(data, 2048);
    let _ = cbor::from_bytes::<KemList>(data, 64);
    // As if the sender had signed just this.
    let Ok(message) = cbor::from_bytes::<SealedMessage>(data, 10 * 1024) else {
        return;
    };
    let now = Timestamp::from_millis(message.expires().as_millis()).expect("in range");
    let Ok(signed) = Signed::sign(&message, &SENDER) else {
        panic!("what was read can be signed");
    };
    for kem in [Kem::X25519, Kem::XWing] {
        let c = context(message.session(), kem);
        let pair = KemKeyPair::derive(kem, &[3; 32]);
        let accept = AcceptKey::from_parts(c.session, CHALLENGE, pair, CLOCK);
        assert!(signed.clone().open(accept, &c, now, CLOCK).is_err());
    }
});
