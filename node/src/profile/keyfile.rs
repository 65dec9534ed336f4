//! The database key at rest (rule R11): wrapped under a passphrase with
//! Argon2id, under a key that the desktop's keyring keeps, or, only when the
//! person said so, not wrapped at all.
//!
//! The file is one CBOR map: 0 version, 1 method (0 none, 1 Argon2id,
//! 2 keyring), 2 salt, or the key's number in the keyring, 3 memory in KiB,
//! 4 passes, 5 lanes, 6 nonce, 7 wrapped key, 8 digest of the map without it.
//! Fields 0 to 5 are authenticated with the key; 3 to 5 are Argon2id's only.
//! Without the digest a damaged file couldn't be told from a wrong passphrase;
//! files of older programs have none.

use core::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use kith_api::Secret;
use kith_proto::cbor::{self, Bytes, Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::digest::Digest;
use rand_core::Rng as _;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::keyring::{ItemId, Kept};

/// Memory of Argon2id in KiB (R11: 64 MiB).
const MEMORY_KIB: u32 = 64 * 1024;
/// Passes of Argon2id (R11).
const PASSES: u32 = 3;
/// Lanes of Argon2id (R11).
const LANES: u32 = 4;
/// The most memory that a key file may ask for: 1 GiB, so that a planted file
/// can't exhaust the machine.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;
/// The most passes that a key file may ask for.
const PASSES_MAX: u32 = 64;
/// The domain of the digest in a key file.
const DOMAIN: &str = "kith/1/key-file";
/// Longer than any key file.
const FILE_MAX: usize = 1024;

/// Why a database key can't be wrapped or unwrapped.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The passphrase doesn't fit, or one is needed and none was given.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The file isn't a key file; restore it from a backup.
    #[error("the profile's key file is damaged")]
    Damaged,
    /// The machine can't run the key derivation: too little memory.
    #[error("the passphrase can't be worked on: too little memory")]
    Memory,
}

/// The key of the database: 32 random bytes. Erased on drop, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DbKey([u8; 32]);

impl DbKey {
    pub(super) fn generate() -> Self {
        let mut key = Self([0; 32]);
        crate::random::system().fill_bytes(&mut key.0);
        key
    }

    /// The bytes; named so that each use is easy to find.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DbKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DbKey(…)")
    }
}

/// How the database key is wrapped.
#[derive(Debug, Clone)]
pub enum Wrapping {
    /// Under a passphrase.
    Passphrase(Secret),
    /// Under a key that the keyring keeps.
    Keyring(Kept),
    /// Not at all: whoever can read the disk can read everything. Said loudly
    /// wherever it is in force.
    None,
}

/// What a profile needs to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Its passphrase.
    Passphrase,
    /// The key with this number from the keyring.
    Keyring(ItemId),
    /// Nothing.
    None,
}

struct KeyFile {
    method: Method,
    nonce: [u8; 12],
    wrapped: Vec<u8>,
}

enum Method {
    None,
    Argon2id(Stretch),
    Keyring(ItemId),
}

/// How a passphrase becomes a key: Argon2id with this salt and cost. Fields
/// 2 to 5 of a key file, and of a backup's header.
pub(crate) struct Stretch {
    salt: [u8; 16],
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Stretch {
    /// A fresh salt, and the cost of rule R11.
    pub(crate) fn fresh() -> Self {
        let mut salt = [0; 16];
        crate::random::system().fill_bytes(&mut salt);
        Self {
            salt,
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
        }
    }

    /// A cost that lets a test run often; no protection.
    #[cfg(test)]
    pub(crate) fn cheap() -> Self {
        Self {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
            ..Self::fresh()
        }
    }

    /// Puts the fields 2 to 5.
    pub(crate) fn put(&self, map: MapBuilder) -> MapBuilder {
        map.put(2, &self.salt)
            .put(3, &self.memory_kib)
            .put(4, &self.passes)
            .put(5, &self.lanes)
    }

    /// Takes the fields 2 to 5; refuses a cost beyond what this machine
    /// should bear for a file that may have been planted.
    pub(crate) fn take(r: &mut MapReader) -> Result<Self, DecodeError> {
        let stretch = Self {
            salt: r.req(2)?,
            memory_kib: r.req(3)?,
            passes: r.req(4)?,
            lanes: r.req(5)?,
        };
        if stretch.memory_kib > MEMORY_KIB_MAX || stretch.passes > PASSES_MAX || stretch.lanes > 64
        {
            return Err(DecodeError::OutOfRange);
        }
        Ok(stretch)
    }

    /// The key.
    pub(crate) fn key(&self, passphrase: &Secret) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| KeyError::Damaged)?;
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), &self.salt, &mut *key)
            .map_err(|_| KeyError::Memory)?;
        Ok(key)
    }
}

impl Method {
    fn map(&self) -> MapBuilder {
        let map = MapBuilder::new().put(0, &1u64);
        match self {
            Self::None => map.put(1, &0u64),
            Self::Argon2id(stretch) => stretch.put(map.put(1, &1u64)),
            Self::Keyring(id) => map.put(1, &2u64).put(2, &id.0),
        }
    }

    fn authenticated(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a Vec can't fail.
        let _ = ciborium::into_writer(&self.map().build(), &mut out);
        out
    }

    /// The key under which the database key is wrapped.
    fn wrapping_key(&self, wrapping: &Wrapping) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        match (self, wrapping) {
            (Self::None, _) => Ok(Zeroizing::new([0; 32])),
            (Self::Argon2id(stretch), Wrapping::Passphrase(passphrase)) => stretch.key(passphrase),
            (Self::Keyring(id), Wrapping::Keyring(kept)) if kept.id() == *id => Ok(kept.key()),
            (Self::Argon2id(_) | Self::Keyring(_), _) => Err(KeyError::WrongPassphrase),
        }
    }
}

impl KeyFile {
    fn map(&self) -> MapBuilder {
        self.method
            .map()
            .put(6, &self.nonce)
            .put(7, &Bytes(self.wrapped.clone()))
    }

    fn digest(&self) -> [u8; 32] {
        let mut out = Vec::new();
        // Writing to a Vec can't fail.
        let _ = ciborium::into_writer(&self.map().build(), &mut out);
        *Digest::of(DOMAIN, &out).as_bytes()
    }
}

impl Encode for KeyFile {
    fn encode(&self) -> ciborium::Value {
        self.map().put(8, &self.digest()).build()
    }
}

impl Decode for KeyFile {
    fn decode(value: ciborium::Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, 1)?;
        let method = match r.req::<u64>(1)? {
            0 => Method::None,
            1 => Method::Argon2id(Stretch::take(&mut r)?),
            2 => Method::Keyring(ItemId(r.req(2)?)),
            _ => return Err(DecodeError::OutOfRange),
        };
        let file = Self {
            method,
            nonce: r.req(6)?,
            wrapped: r.req::<Bytes>(7)?.0,
        };
        let digest: Option<[u8; 32]> = r.opt(8)?;
        let _ = r.finish()?;
        match digest.is_none_or(|d| d == file.digest()) {
            true => Ok(file),
            false => Err(DecodeError::OutOfRange),
        }
    }
}

pub(super) fn wrap(key: &DbKey, wrapping: &Wrapping) -> Result<Vec<u8>, KeyError> {
    let mut rng = crate::random::system();
    let method = match wrapping {
        Wrapping::None => Method::None,
        Wrapping::Passphrase(_) => Method::Argon2id(Stretch::fresh()),
        Wrapping::Keyring(kept) => Method::Keyring(kept.id()),
    };
    let mut nonce = [0; 12];
    rng.fill_bytes(&mut nonce);
    let cipher = ChaCha20Poly1305::new((&*method.wrapping_key(wrapping)?).into());
    let aad = method.authenticated();
    let wrapped = cipher
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: key.expose(),
                aad: &aad,
            },
        )
        .map_err(|_| KeyError::Memory)?;
    Ok(cbor::to_bytes(&KeyFile {
        method,
        nonce,
        wrapped,
    }))
}

pub(super) fn unwrap(file: &[u8], wrapping: &Wrapping) -> Result<DbKey, KeyError> {
    let file = parse(file)?;
    let cipher = ChaCha20Poly1305::new((&*file.method.wrapping_key(wrapping)?).into());
    let aad = file.method.authenticated();
    let plain = cipher
        .decrypt(
            &Nonce::from(file.nonce),
            Payload {
                msg: &file.wrapped,
                aad: &aad,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| match file.method {
            Method::None | Method::Keyring(_) => KeyError::Damaged,
            Method::Argon2id(_) => KeyError::WrongPassphrase,
        })?;
    let bytes: &[u8; 32] = plain.as_slice().try_into().map_err(|_| KeyError::Damaged)?;
    Ok(DbKey(*bytes))
}

pub(super) fn protection(file: &[u8]) -> Result<Protection, KeyError> {
    Ok(match parse(file)?.method {
        Method::None => Protection::None,
        Method::Argon2id(_) => Protection::Passphrase,
        Method::Keyring(id) => Protection::Keyring(id),
    })
}

fn parse(file: &[u8]) -> Result<KeyFile, KeyError> {
    cbor::from_bytes(file, FILE_MAX).map_err(|_| KeyError::Damaged)
}
