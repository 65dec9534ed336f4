//! The line that a viewer's node opens by itself, where the signed policy lists
//! the network (PORT-3): TCP between the two nodes, on a port that is open for
//! one session. What goes over it is sealed under the key that came with the
//! session's parameters and is used for nothing else; so nobody else gets an
//! answer, and nobody on the way reads or changes anything.
//!
//! Pieces: two bytes of length, then ChaCha20-Poly1305 (RFC 8439). The nonce is
//! the side that speaks and a number that counts up. The first piece of each
//! side is empty: it only shows that it has the key.

use std::io;

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use kith_proto::seal::OneTimeKey;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, duplex, split,
};

/// The most bytes in a piece, before it is sealed.
const PIECE: usize = 16 * 1024;
/// Bytes that sealing adds.
const TAG: usize = 16;

/// Who speaks.
#[derive(Debug, Clone, Copy)]
enum Voice {
    Viewer = 1,
    Sharer = 2,
}

/// One direction of a line.
struct Way {
    cipher: ChaCha20Poly1305,
    voice: Voice,
    next: u64,
}

impl Way {
    fn new(key: &OneTimeKey, voice: Voice) -> io::Result<Self> {
        let cipher = ChaCha20Poly1305::new_from_slice(key.expose());
        Ok(Self {
            cipher: cipher.map_err(|_| wrong())?,
            voice,
            next: 0,
        })
    }

    /// A number that was never used with this key, while it is less than 2⁶⁴
    /// pieces long.
    fn nonce(&mut self) -> Nonce {
        let mut nonce = [0; 12];
        nonce[0] = self.voice as u8;
        nonce[4..].copy_from_slice(&self.next.to_be_bytes());
        self.next += 1;
        nonce.into()
    }

    async fn say(&mut self, to: &mut (impl AsyncWrite + Unpin), piece: &[u8]) -> io::Result<()> {
        let nonce = self.nonce();
        let sealed = self.cipher.encrypt(&nonce, piece).map_err(|_| wrong())?;
        let length = u16::try_from(sealed.len()).map_err(|_| wrong())?;
        to.write_all(&[&length.to_be_bytes(), &sealed[..]].concat())
            .await?;
        to.flush().await
    }

    async fn hear(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
        let length = usize::from(from.read_u16().await?);
        if !(TAG..=PIECE + TAG).contains(&length) {
            return Err(wrong());
        }
        let mut sealed = vec![0; length];
        from.read_exact(&mut sealed).await?;
        let nonce = self.nonce();
        self.cipher
            .decrypt(&nonce, &sealed[..])
            .map_err(|_| wrong())
    }
}

/// Whoever is there hasn't got the key.
fn wrong() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// The viewer's end: returns once the other has shown that it has the key.
///
/// # Errors
/// It hasn't, or the line broke.
pub(super) async fn call<L>(mut line: L, key: &OneTimeKey) -> io::Result<DuplexStream>
where
    L: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut out, mut back) = (Way::new(key, Voice::Viewer)?, Way::new(key, Voice::Sharer)?);
    out.say(&mut line, &[]).await?;
    back.hear(&mut line).await?;
    Ok(joined(line, out, back))
}

/// The sharer's end: says nothing to who hasn't got the key.
///
/// # Errors
/// As [`call`].
pub(super) async fn answer<L>(mut line: L, key: &OneTimeKey) -> io::Result<DuplexStream>
where
    L: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut out, mut back) = (Way::new(key, Voice::Sharer)?, Way::new(key, Voice::Viewer)?);
    back.hear(&mut line).await?;
    out.say(&mut line, &[]).await?;
    Ok(joined(line, out, back))
}

/// What is written to the one end goes over the line, and back. It lasts until
/// either is closed.
fn joined<L>(line: L, mut out: Way, mut back: Way) -> DuplexStream
where
    L: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (near, far) = duplex(4 * PIECE);
    tokio::spawn(async move {
        let (mut line_from, mut line_to) = split(line);
        let (mut from, mut to) = split(far);
        let there = async {
            let mut piece = vec![0; PIECE];
            loop {
                let n = from.read(&mut piece).await?;
                if n == 0 {
                    return line_to.shutdown().await;
                }
                out.say(&mut line_to, &piece[..n]).await?;
            }
        };
        let here = async {
            loop {
                let piece = back.hear(&mut line_from).await?;
                to.write_all(&piece).await?;
            }
        };
        // An error: it is over, which both ends see.
        let _: io::Result<()> = tokio::select! {
            done = there => done,
            done = here => done,
        };
    });
    near
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn key(n: u8) -> OneTimeKey {
        OneTimeKey::from_bytes(&[n; 32])
    }

    /// A line whose middle is in our hands: what each side says comes out here.
    async fn opened() -> (DuplexStream, DuplexStream, DuplexStream, DuplexStream) {
        let (mut to_viewer, viewer) = duplex(1 << 16);
        let (mut to_sharer, sharer) = duplex(1 << 16);
        let called = tokio::spawn(async move { call(viewer, &key(1)).await });
        let answered = tokio::spawn(async move { answer(sharer, &key(1)).await });
        let mut hello = [0; 2 + TAG];
        to_viewer.read_exact(&mut hello).await.unwrap();
        to_sharer.write_all(&hello).await.unwrap();
        to_sharer.read_exact(&mut hello).await.unwrap();
        to_viewer.write_all(&hello).await.unwrap();
        let (viewer, sharer) = (called.await.unwrap(), answered.await.unwrap());
        (viewer.unwrap(), sharer.unwrap(), to_viewer, to_sharer)
    }

    /// Made with another implementation (spec 14, "Example").
    #[tokio::test]
    async fn pieces_are_as_published() {
        let said = [
            (Voice::Viewer, "0010a6a1f001dc28db42a3ef863a4ed3b92e"),
            (
                Voice::Sharer,
                "00102cb9bd7ce54118f455b884a9664cbe4a\
                 001c95e97ffac949b91bfd42d1016b844a74bc17b3253bb66b9681f7acae",
            ),
        ];
        for (voice, hex) in said {
            let mut way = Way::new(&key(7), voice).unwrap();
            let mut out = Vec::new();
            way.say(&mut out, &[]).await.unwrap();
            if let Voice::Sharer = voice {
                way.say(&mut out, b"RFB 003.008\n").await.unwrap();
            }
            let out: String = out.iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(out, hex);
        }
    }

    #[tokio::test]
    async fn what_is_said_comes_and_ends() {
        let (near, far) = duplex(1 << 10);
        let answered = tokio::spawn(async move { answer(far, &key(1)).await });
        let mut viewer = call(near, &key(1)).await.unwrap();
        let mut sharer = answered.await.unwrap().unwrap();
        let long: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
        let sent = long.clone();
        let said = tokio::spawn(async move {
            sharer.write_all(&sent).await.unwrap();
            sharer.flush().await.unwrap();
            sharer
        });
        let mut heard = vec![0; long.len()];
        viewer.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, long);
        let mut sharer = said.await.unwrap();
        viewer.write_all(b"thanks").await.unwrap();
        let mut heard = [0; 6];
        sharer.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"thanks");
        drop(viewer);
        assert_eq!(sharer.read(&mut [0]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn who_hasnt_the_key_hears_nothing() {
        let (mut near, far) = duplex(1 << 10);
        let answered = tokio::spawn(async move { answer(far, &key(1)).await });
        let mut other = Way::new(&key(2), Voice::Viewer).unwrap();
        other.say(&mut near, &[]).await.unwrap();
        assert!(answered.await.unwrap().is_err());
        assert_eq!(near.read(&mut [0]).await.unwrap(), 0);
        // Nor does the viewer take who hasn't, or its own words said back.
        for voice in [Voice::Sharer, Voice::Viewer] {
            let (near, mut far) = duplex(1 << 10);
            let called = tokio::spawn(async move { call(near, &key(1)).await });
            let said = key(if matches!(voice, Voice::Viewer) { 1 } else { 2 });
            let mut other = Way::new(&said, voice).unwrap();
            other.say(&mut far, &[]).await.unwrap();
            assert!(called.await.unwrap().is_err(), "{voice:?}");
        }
    }

    #[tokio::test]
    async fn what_is_changed_or_said_again_ends_it() {
        for change in 0..3 {
            let (mut viewer, mut sharer, mut from, mut to) = opened().await;
            viewer.write_all(b"secret words").await.unwrap();
            let mut piece = vec![0; 2 + 12 + TAG];
            from.read_exact(&mut piece).await.unwrap();
            assert!(!piece.windows(6).any(|w| w == b"secret"));
            match change {
                0 => {
                    to.write_all(&piece).await.unwrap();
                    let mut heard = [0; 12];
                    sharer.read_exact(&mut heard).await.unwrap();
                    to.write_all(&piece).await.unwrap();
                }
                1 => {
                    piece[9] ^= 1;
                    to.write_all(&piece).await.unwrap();
                }
                _ => to.write_all(&[0xff; 2]).await.unwrap(),
            }
            let mut more = [0];
            let end = tokio::time::timeout(Duration::from_secs(60), sharer.read(&mut more));
            assert_eq!(end.await.unwrap().unwrap(), 0, "{change}");
        }
    }
}
