//! The file of a backup that is too large for memory: sealed and opened piece
//! by piece, each as soon as it is full.
//!
//! ```text
//! 8   "KITHBKUP"
//! 2   length of the header, big endian
//! …   header: CBOR map, 0 version (2), 2 to 5 Argon2id, 6 nonce (7 bytes)
//! …   pieces: ChaCha20-Poly1305 of 65536 bytes each, the last of as many or
//!     fewer; nonce: the header's, 4 bytes with the piece's number, 1 byte
//!     that is 1 for the last one; all before the pieces is authenticated
//! 32  digest of all before it
//! ```
//!
//! So no piece can be left out, moved or come from another backup, and the end
//! can't be cut off. The digest is for damage, as in [`super::format`].

use std::io::{self, Read, Seek, SeekFrom, Write};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use kith_api::Secret;
use kith_proto::cbor::{self, DecodeError};
use kith_proto::digest::{Digest, Running};
use rand_core::Rng as _;
use zeroize::Zeroizing;

use super::BackupError;
use super::format::{DIGEST, DOMAIN, HEADER_MAX, MAGIC};
use crate::profile::{KeyError, Stretch};

const VERSION: u64 = 2;
/// Bytes of content in a piece.
pub(super) const PIECE: usize = 64 * 1024;
/// What sealing adds to a piece, bytes.
const TAG: usize = 16;

type Header = super::format::Header<VERSION, 7>;

/// What seals and opens the pieces of one file.
struct Lock {
    cipher: ChaCha20Poly1305,
    nonce: [u8; 7],
    /// The file's beginning, authenticated with each piece.
    head: Vec<u8>,
    number: u32,
}

/// Whether pieces follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

impl Lock {
    fn nonce(&mut self, last: Last) -> Result<Nonce, BackupError> {
        let mut nonce = [0; 12];
        nonce[..7].copy_from_slice(&self.nonce);
        nonce[7..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(last == Last::Yes);
        // 256 TiB.
        self.number = self.number.checked_add(1).ok_or(BackupError::TooLarge)?;
        Ok(Nonce::from(nonce))
    }
}

/// Ready to write a file: the costly part is done.
pub struct Sealer(Lock);

impl core::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// Takes a moment: the passphrase is made costly to guess.
    ///
    /// # Errors
    /// [`BackupError::Memory`].
    pub fn new(passphrase: &Secret) -> Result<Self, BackupError> {
        Self::with(passphrase, Stretch::fresh())
    }

    pub(super) fn with(passphrase: &Secret, stretch: Stretch) -> Result<Self, BackupError> {
        let mut nonce = [0; 7];
        crate::random::system().fill_bytes(&mut nonce);
        let cipher = ChaCha20Poly1305::new((&*stretch.key(passphrase)?).into());
        let header = cbor::to_bytes(&Header { stretch, nonce });
        let mut head = MAGIC.to_vec();
        // A header has about a hundred bytes.
        head.extend(u16::try_from(header.len()).unwrap_or(0).to_be_bytes());
        head.extend(&header);
        Ok(Self(Lock {
            cipher,
            nonce,
            head,
            number: 0,
        }))
    }

    pub(super) fn onto<W: Write>(self, out: W) -> Result<Writer<W>, BackupError> {
        let mut writer = Writer {
            out,
            digest: Digest::begin(DOMAIN),
            plain: Zeroizing::new(Vec::with_capacity(PIECE)),
            lock: self.0,
        };
        let head = writer.lock.head.clone();
        writer.write(&head)?;
        Ok(writer)
    }
}

/// A file that is being written.
pub(super) struct Writer<W> {
    out: W,
    digest: Running,
    plain: Zeroizing<Vec<u8>>,
    lock: Lock,
}

impl<W: Write> Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.digest.add(bytes);
        Ok(self.out.write_all(bytes)?)
    }

    fn seal(&mut self, last: Last) -> Result<(), BackupError> {
        let nonce = self.lock.nonce(last)?;
        let (msg, aad) = (&self.plain[..], &self.lock.head[..]);
        let sealed = self.lock.cipher.encrypt(&nonce, Payload { msg, aad });
        self.plain.clear();
        self.write(&sealed.map_err(|_| BackupError::TooLarge)?)
    }

    pub(super) fn put(&mut self, mut bytes: &[u8]) -> Result<(), BackupError> {
        while !bytes.is_empty() {
            if self.plain.len() == PIECE {
                self.seal(Last::No)?;
            }
            let room = (PIECE - self.plain.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.plain.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Writes the end, and gives back what was written to.
    pub(super) fn end(mut self) -> Result<W, BackupError> {
        self.seal(Last::Yes)?;
        let digest = self.digest.end();
        self.out.write_all(digest.as_bytes())?;
        Ok(self.out)
    }
}

/// A file that is being read.
pub(super) struct Reader<R> {
    file: R,
    /// Sealed bytes that are still to come.
    left: u64,
    plain: Zeroizing<Vec<u8>>,
    at: usize,
    lock: Lock,
}

impl<R: Read + Seek> Reader<R> {
    /// Whether the file is of this version; it is then at its beginning.
    pub(super) fn fits(file: &mut R) -> io::Result<bool> {
        file.rewind()?;
        let mut start = [0; MAGIC.len() + 2 + 3];
        let fits = file.read_exact(&mut start).is_ok()
            && start.starts_with(MAGIC)
            // A map whose first field is 0, the version.
            && start.ends_with(&[0x00, VERSION as u8]);
        file.rewind()?;
        Ok(fits)
    }

    /// Checks the whole file for damage, and opens it.
    pub(super) fn open(mut file: R, passphrase: &Secret) -> Result<Self, BackupError> {
        let all = file.seek(SeekFrom::End(0))?;
        let content = all.checked_sub(DIGEST as u64).ok_or(BackupError::Damaged)?;
        file.rewind()?;
        let mut digest = Digest::begin(DOMAIN);
        let mut part = vec![0; PIECE];
        let mut left = content;
        while left > 0 {
            let n = usize::try_from(left).map_or(PIECE, |l| l.min(PIECE));
            file.read_exact(&mut part[..n])?;
            digest.add(&part[..n]);
            left -= n as u64;
        }
        let mut told = [0; DIGEST];
        file.read_exact(&mut told)?;
        if digest.end().as_bytes() != &told {
            return Err(BackupError::Damaged);
        }
        file.rewind()?;
        let mut head = vec![0; MAGIC.len() + 2];
        file.read_exact(&mut head)?;
        let len = usize::from(u16::from_be_bytes([
            head[MAGIC.len()],
            head[MAGIC.len() + 1],
        ]));
        if len > HEADER_MAX {
            return Err(BackupError::Damaged);
        }
        let mut header = vec![0; len];
        file.read_exact(&mut header)?;
        head.extend(&header);
        let left = content.checked_sub(head.len() as u64);
        let left = left.ok_or(BackupError::Damaged)?;
        let Header { stretch, nonce } =
            cbor::from_bytes(&header, HEADER_MAX).map_err(|e| match e {
                DecodeError::Version(v) => BackupError::Newer(v),
                _ => BackupError::Damaged,
            })?;
        let key = stretch.key(passphrase).map_err(|e| match e {
            KeyError::Damaged => BackupError::Damaged,
            e => e.into(),
        })?;
        let mut reader = Self {
            file,
            left,
            plain: Zeroizing::new(Vec::new()),
            at: 0,
            lock: Lock {
                cipher: ChaCha20Poly1305::new((&*key).into()),
                nonce,
                head,
                number: 0,
            },
        };
        reader.next()?;
        Ok(reader)
    }

    fn next(&mut self) -> Result<(), BackupError> {
        let most = (PIECE + TAG) as u64;
        let last = match self.left <= most {
            true => Last::Yes,
            false => Last::No,
        };
        if self.left == 0 {
            return Err(BackupError::Damaged);
        }
        let n = usize::try_from(self.left.min(most)).unwrap_or(0);
        let mut sealed = vec![0; n];
        self.file.read_exact(&mut sealed)?;
        self.left -= n as u64;
        let nonce = self.lock.nonce(last)?;
        let (msg, aad) = (&sealed[..], &self.lock.head[..]);
        let plain = self.lock.cipher.decrypt(&nonce, Payload { msg, aad });
        self.plain = Zeroizing::new(plain.map_err(|_| BackupError::WrongPassphrase)?);
        self.at = 0;
        Ok(())
    }

    /// The next so many bytes.
    pub(super) fn take(&mut self, len: usize) -> Result<Zeroizing<Vec<u8>>, BackupError> {
        let mut out = Zeroizing::new(Vec::new());
        while out.len() < len {
            if self.at == self.plain.len() {
                self.next()?;
            }
            let n = (self.plain.len() - self.at).min(len - out.len());
            out.extend_from_slice(&self.plain[self.at..self.at + n]);
            self.at += n;
        }
        Ok(out)
    }

    /// Whether nothing is left.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0 && self.at == self.plain.len()
    }
}
