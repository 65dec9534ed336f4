//! The file of a backup: what is secret in it, and how it shows damage.
//!
//! ```text
//! 8   "KITHBKUP"
//! 2   length of the header, big endian
//! …   header: CBOR map, 0 version, 2 to 5 Argon2id (as in a key file), 6 nonce
//! …   ChaCha20-Poly1305 of the content; all before it is authenticated
//! 32  digest of all before it
//! ```
//!
//! The digest protects from nothing: it tells a damaged file from a wrong
//! passphrase, which the cipher can't.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use kith_api::Secret;
use kith_proto::cbor::{self, Decode, DecodeError, Encode, MapBuilder, MapReader};
use kith_proto::digest::Digest;
use rand_core::Rng as _;
use zeroize::Zeroizing;

use super::BackupError;
use crate::profile::{KeyError, Stretch};

pub(super) const MAGIC: &[u8; 8] = b"KITHBKUP";
const VERSION: u64 = 1;
/// Longer than any header, in bytes.
pub(super) const HEADER_MAX: usize = 1024;
/// What the digest is taken under.
pub(super) const DOMAIN: &str = "kith/1/backup-file";
pub(super) const DIGEST: usize = 32;

/// How a file begins, after the magic: its version's number, how the key is
/// stretched, and a nonce of so many bytes.
pub(super) struct Header<const NUMBER: u64, const NONCE: usize> {
    pub(super) stretch: Stretch,
    pub(super) nonce: [u8; NONCE],
}

impl<const NUMBER: u64, const NONCE: usize> Encode for Header<NUMBER, NONCE> {
    fn encode(&self) -> ciborium::Value {
        self.stretch
            .put(MapBuilder::new().put(0, &NUMBER))
            .put(6, &self.nonce)
            .build()
    }
}

impl<const NUMBER: u64, const NONCE: usize> Decode for Header<NUMBER, NONCE> {
    fn decode(value: ciborium::Value) -> Result<Self, DecodeError> {
        let mut r = MapReader::new(value)?;
        r.version(0, NUMBER)?;
        let header = Self {
            stretch: Stretch::take(&mut r)?,
            nonce: r.req(6)?,
        };
        let _ = r.finish()?;
        Ok(header)
    }
}

/// The file that holds `content`.
pub(super) fn seal(
    content: &[u8],
    passphrase: &Secret,
    stretch: Stretch,
) -> Result<Vec<u8>, BackupError> {
    let mut nonce = [0; 12];
    crate::random::system().fill_bytes(&mut nonce);
    let cipher = ChaCha20Poly1305::new((&*stretch.key(passphrase)?).into());
    let header = cbor::to_bytes(&Header::<VERSION, 12> { stretch, nonce });
    let mut file = MAGIC.to_vec();
    // A header has about a hundred bytes.
    file.extend(u16::try_from(header.len()).unwrap_or(0).to_be_bytes());
    file.extend(&header);
    let sealed = cipher
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: content,
                aad: &file,
            },
        )
        .map_err(|_| BackupError::TooLarge)?;
    file.extend(sealed);
    let digest = Digest::of(DOMAIN, &file);
    file.extend(digest.as_bytes());
    Ok(file)
}

/// What a file holds.
pub(super) fn open(file: &[u8], passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>, BackupError> {
    if !file.starts_with(MAGIC) {
        return Err(match MAGIC.starts_with(file) {
            true => BackupError::Damaged,
            false => BackupError::NotABackup,
        });
    }
    let (rest, digest) = file
        .split_last_chunk::<DIGEST>()
        .ok_or(BackupError::Damaged)?;
    if Digest::of(DOMAIN, rest).as_bytes() != digest {
        return Err(BackupError::Damaged);
    }
    let (len, after) = rest
        .get(MAGIC.len()..)
        .and_then(<[u8]>::split_first_chunk::<2>)
        .ok_or(BackupError::Damaged)?;
    let (header, sealed) = after
        .split_at_checked(usize::from(u16::from_be_bytes(*len)))
        .ok_or(BackupError::Damaged)?;
    let authenticated = rest
        .get(..rest.len() - sealed.len())
        .ok_or(BackupError::Damaged)?;
    let header: Header<VERSION, 12> =
        cbor::from_bytes(header, HEADER_MAX).map_err(|e| match e {
            DecodeError::Version(v) => BackupError::Newer(v),
            _ => BackupError::Damaged,
        })?;
    let key = header.stretch.key(passphrase).map_err(|e| match e {
        KeyError::Damaged => BackupError::Damaged,
        e => e.into(),
    })?;
    ChaCha20Poly1305::new((&*key).into())
        .decrypt(
            &Nonce::from(header.nonce),
            Payload {
                msg: sealed,
                aad: authenticated,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| BackupError::WrongPassphrase)
}

/// The file with its digest made right again, as one who alters it would.
#[cfg(test)]
pub(super) fn redigest(file: &mut [u8]) {
    let at = file.len() - DIGEST;
    let (rest, digest) = file.split_at_mut(at);
    digest.copy_from_slice(Digest::of(DOMAIN, rest).as_bytes());
}
