//! The first bytes of a stream of `/kith/hosted/1`, from the viewer's node.

use kith_proto::session::PathNonce;

/// Bytes of a preface.
pub(super) const PREFACE: usize = 17;

/// What the viewer's node wants of the sharer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// That it carries the session: what follows is VNC.
    Carry,
    /// Nothing, because it reaches the server by itself: nothing follows, and
    /// the session lasts as long as the stream.
    Beside,
}

/// Which session, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Preface {
    pub(super) nonce: PathNonce,
    pub(super) wish: Wish,
}

impl Preface {
    pub(super) fn to_bytes(self) -> [u8; PREFACE] {
        let mut out = [0; PREFACE];
        out[..16].copy_from_slice(self.nonce.as_bytes());
        out[16] = match self.wish {
            Wish::Carry => 0,
            Wish::Beside => 1,
        };
        out
    }

    pub(super) fn from_bytes(bytes: &[u8; PREFACE]) -> Option<Self> {
        let nonce = bytes.first_chunk::<16>()?;
        let wish = match bytes[16] {
            0 => Wish::Carry,
            1 => Wish::Beside,
            _ => return None,
        };
        Some(Self {
            nonce: PathNonce::from_bytes(*nonce),
            wish,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preface_comes_back_and_unknown_wishes_dont() {
        for (n, wish) in [(0, Wish::Carry), (1, Wish::Beside)] {
            let nonce = PathNonce::from_bytes(*b"sixteen bytes...");
            let bytes = Preface { nonce, wish }.to_bytes();
            assert_eq!(&bytes[..], [&b"sixteen bytes..."[..], &[n]].concat());
            assert_eq!(Preface::from_bytes(&bytes), Some(Preface { nonce, wish }));
        }
        assert_eq!(Preface::from_bytes(&[2; PREFACE]), None);
    }
}
