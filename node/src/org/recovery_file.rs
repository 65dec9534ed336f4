//! A recovery key of an organisation as a file under a passphrase (POL-8):
//! kept offline, needed when administrators' keys are lost.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use kith_api::Secret;
use kith_proto::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::keys::SigningKey;
use rand_core::Rng as _;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::profile::{KeyError, Stretch};

/// Longer than any such file, in bytes.
pub const MAX_FILE: usize = 1024;

const MAGIC: &str = "kith-recovery-key";

/// Why a file gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecoveryFileError {
    /// Some other file, or a damaged one.
    #[error("that isn’t a recovery key, or it is damaged")]
    Damaged,
    /// The passphrase doesn't fit.
    #[error("the passphrase of the recovery key is wrong")]
    WrongPassphrase,
    /// Too little memory for the key derivation.
    #[error("the passphrase can't be worked on: too little memory")]
    Memory,
}

impl From<KeyError> for RecoveryFileError {
    fn from(e: KeyError) -> Self {
        match e {
            KeyError::WrongPassphrase => Self::WrongPassphrase,
            KeyError::Damaged => Self::Damaged,
            KeyError::Memory => Self::Memory,
        }
    }
}

struct Head {
    stretch: Stretch,
    nonce: [u8; 12],
}

impl Head {
    fn map(&self) -> MapBuilder {
        let map = MapBuilder::new().put(0, &1u64).put(1, MAGIC);
        self.stretch.put(map).put(6, &self.nonce)
    }
}

struct File {
    head: Head,
    wrapped: Vec<u8>,
}

impl Encode for File {
    fn encode(&self) -> ciborium::Value {
        self.head.map().put(7, &Bytes(self.wrapped.clone())).build()
    }
}

impl Decode for File {
    fn decode(value: ciborium::Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        if r.req::<String>(1)? != MAGIC {
            return Err(DecodeError::Type("a recovery key"));
        }
        let file = Self {
            head: Head {
                stretch: Stretch::take(&mut r)?,
                nonce: r.req(6)?,
            },
            wrapped: r.req::<Bytes>(7)?.0,
        };
        let _ = r.finish()?;
        Ok(file)
    }
}

/// The file that holds `key`. Takes a moment: the passphrase is made costly
/// to guess.
///
/// # Errors
/// [`RecoveryFileError::Memory`].
pub fn seal(key: &SigningKey, passphrase: &Secret) -> Result<Vec<u8>, RecoveryFileError> {
    seal_with(key, passphrase, Stretch::fresh())
}

pub(super) fn seal_with(
    key: &SigningKey,
    passphrase: &Secret,
    stretch: Stretch,
) -> Result<Vec<u8>, RecoveryFileError> {
    let mut nonce = [0; 12];
    crate::random::system().fill_bytes(&mut nonce);
    let cipher = ChaCha20Poly1305::new((&*stretch.key(passphrase)?).into());
    let head = Head { stretch, nonce };
    let aad = cbor::to_bytes(&head.map().build());
    let wrapped = cipher
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: &*key.to_seed(),
                aad: &aad,
            },
        )
        .map_err(|_| RecoveryFileError::Memory)?;
    Ok(cbor::to_bytes(&File { head, wrapped }))
}

/// The key in a file.
///
/// # Errors
/// See [`RecoveryFileError`].
pub fn open(file: &[u8], passphrase: &Secret) -> Result<SigningKey, RecoveryFileError> {
    let file: File = cbor::from_bytes(file, MAX_FILE).map_err(|_| RecoveryFileError::Damaged)?;
    let cipher = ChaCha20Poly1305::new((&*file.head.stretch.key(passphrase)?).into());
    let aad = cbor::to_bytes(&file.head.map().build());
    let seed = cipher
        .decrypt(
            &Nonce::from(file.head.nonce),
            Payload {
                msg: &file.wrapped,
                aad: &aad,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| RecoveryFileError::WrongPassphrase)?;
    let seed: &[u8; 32] = seed
        .as_slice()
        .try_into()
        .map_err(|_| RecoveryFileError::Damaged)?;
    Ok(SigningKey::from_seed(seed))
}
