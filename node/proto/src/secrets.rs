//! Every type that holds a secret, in one list: none can be copied by
//! accident, and none prints what it holds (SEAL-2; THREATS, rule R11). A new
//! one is added here.

use core::fmt::Debug;

use crate::keys::SigningKey;
use crate::pair::{Half, PairSecret, Rendezvous, Slot};
use crate::person::sheet::{RecoverySecret, RecoverySheet};
use crate::seal::{AcceptKey, Endpoint, KemKeyPair, OneTimeKey, Opened, Screen};
use crate::seal::{SecretText, SharingParameters};
use crate::testing::rng;
use crate::ticket::{Invite, Pending, StoredInvite, StoredPending, Ticket, TicketSecret};

trait IfClone<A> {
    const CHECKED: () = ();
}
impl<T: ?Sized> IfClone<()> for T {}
impl<T: Clone> IfClone<u8> for T {}

macro_rules! not_clone {
    ($($t:ty),* $(,)?) => {
        // If one were `Clone`, two implementations would fit, and this
        // wouldn't compile.
        $(const _: () = <$t as IfClone<_>>::CHECKED;)*
    };
}

not_clone!(
    AcceptKey,
    Endpoint,
    Half,
    Invite,
    KemKeyPair,
    OneTimeKey,
    Opened,
    PairSecret,
    Pending,
    RecoverySecret,
    RecoverySheet,
    Rendezvous,
    Screen,
    SecretText<512>,
    SharingParameters,
    SigningKey,
    Slot,
    StoredInvite,
    StoredPending,
    Ticket,
    TicketSecret,
);

/// Whether something printed shows four bytes of `secret` in a row.
fn shows(printed: &dyn Debug, secret: &[u8]) -> bool {
    let text = format!("{printed:?} {printed:#?}").replace([' ', '\n'], "");
    secret.windows(4).any(|w| {
        let hex: String = w.iter().map(|b| format!("{b:02x}")).collect();
        let list = format!("{},{},{},{}", w[0], w[1], w[2], w[3]);
        let raw = String::from_utf8_lossy(w).into_owned();
        text.contains(&hex) || text.contains(&list) || text.contains(&raw)
    })
}

#[test]
fn secrets_are_not_printed() {
    let bytes: [u8; 32] = core::array::from_fn(|i| 0x41 + u8::try_from(i).unwrap());
    assert!(shows(&bytes, &bytes), "else this tests nothing");
    let text: SecretText<512> = SecretText::new("ABCDEFGH".into()).unwrap();
    let mut twice = [0; 64];
    twice[..32].copy_from_slice(&bytes);
    let all: [&dyn Debug; 8] = [
        &SigningKey::from_seed(&bytes),
        &Half::from_bytes(&bytes),
        &PairSecret::from_bytes(&bytes),
        &RecoverySecret::from_bytes(&bytes),
        &OneTimeKey::from_bytes(&bytes),
        &text,
        &StoredInvite {
            public: bytes.to_vec(),
            secret: zeroize::Zeroizing::new(twice),
        },
        &StoredPending {
            public: bytes.to_vec(),
            secret: zeroize::Zeroizing::new(bytes),
        },
    ];
    for secret in all {
        assert!(!shows(secret, &bytes), "{secret:?}");
    }
    let pair = KemKeyPair::generate(crate::seal::Kem::X25519, &mut rng(1));
    assert!(format!("{pair:?}").len() < 100, "{pair:?}");
}

#[test]
fn equal_is_equal_in_every_bit() {
    use crate::kdf::same;
    let a = [0x5a; 32];
    assert!(same(&a, &a.clone()));
    for bit in 0..256 {
        let mut b = a;
        b[bit / 8] ^= 1 << (bit % 8);
        assert!(!same(&a, &b), "bit {bit}");
    }
}
