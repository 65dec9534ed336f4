//! No plaintext makes the reader of parameters panic, with the length and
//! padding given or made right; and what is read can be sealed again.
#![no_main]
use kith_proto::id::SessionId;
use kith_proto::keys::SigningKey;
use kith_proto::policy::application::AppNames;
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::rights::{Rights, Scope};
use kith_proto::seal::{
    AcceptKey, Challenge, Kem, KemKeyPair, KemList, SealContext, SharingParameters, SizeClass, seal,
};
use kith_proto::technology::Technology;
use kith_proto::time::{Monotonic, Timestamp};
use libfuzzer_sys::fuzz_target;
use rand_core::SeedableRng as _;

const CLOCK: Monotonic = Monotonic::from_millis(0);
const NOW: Timestamp = Timestamp::from_secs(1);

fn padded(content: &[u8]) -> Option<Vec<u8>> {
    let mut out = u16::try_from(content.len()).ok()?.to_be_bytes().to_vec();
    out.extend_from_slice(content);
    let class = SizeClass::ALL.iter().find(|c| out.len() <= c.bytes())?;
    out.resize(class.bytes(), 0);
    Some(out)
}

fuzz_target!(|data: &[u8]| {
    let _ = SharingParameters::from_plaintext(data);
    let Some(Ok(parameters)) = padded(data).map(|p| SharingParameters::from_plaintext(&p)) else {
        return;
    };
    let (endpoints, there) = (parameters.endpoints.len(), parameters.password.is_some());
    let sender = SigningKey::from_seed(&[1; 32]);
    let context = SealContext {
        session: SessionId::from_bytes([1; 16]),
        sender: sender.public().into(),
        recipient: sender.public().into(),
        sender_kems: KemList::of(&[Kem::X25519]),
        recipient_kems: KemList::of(&[Kem::X25519]),
        policies: PolicyRefs::default(),
        technology: Technology::Native,
        hosted: None,
        view: Scope::Desktop,
        control: Scope::Nothing,
        applications: AppNames::default(),
        rights: Rights::NONE,
        challenge: Challenge::from_bytes([1; 32]),
    };
    let pair = KemKeyPair::derive(Kem::X25519, &[3; 32]);
    let accept = AcceptKey::from_parts(context.session, context.challenge, pair, CLOCK);
    let mut rng = rand_chacha::ChaCha20Rng::from_seed([2; 32]);
    let expires = NOW.after(core::time::Duration::from_secs(1));
    let message = seal(
        &context,
        accept.public(),
        parameters,
        &sender,
        NOW,
        expires,
        &mut rng,
    )
    .expect("what was read can be sealed");
    let opened = message
        .open(accept, &context, NOW, CLOCK)
        .expect("and opened");
    let claimed = kith_proto::seal::Claimed::durably(opened.session());
    let again = opened.release(claimed, CLOCK).expect("in time");
    assert_eq!(
        (again.endpoints.len(), again.password.is_some()),
        (endpoints, there)
    );
});
