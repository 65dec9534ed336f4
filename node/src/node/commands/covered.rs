//! A command while it waits. What came with it, a password perhaps, doesn't stand
//! in memory as it was typed: a page that is swapped out, or looked at by chance,
//! tells nothing by itself (SEAL-2). Who can search all of this process finds the
//! other half too; what ends that is that it waits for no longer than it must.

use kith_api::{Request, wire};
use rand_core::Rng as _;
use zeroize::Zeroizing;

/// A request and a pad of the same length, neither of which says anything alone.
/// Both are wiped.
pub(super) struct Covered {
    bytes: Zeroizing<Vec<u8>>,
    pad: Zeroizing<Vec<u8>>,
}

impl core::fmt::Debug for Covered {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Covered(…)")
    }
}

impl Covered {
    /// Covers a request, which came in a frame and so fits into one.
    pub(super) fn new(request: &Request) -> Option<Self> {
        let mut bytes = Zeroizing::new(wire::frame(request).ok()?);
        let mut pad = Zeroizing::new(vec![0; bytes.len()]);
        crate::random::system().fill_bytes(&mut pad);
        over(&mut bytes, &pad);
        Some(Self { bytes, pad })
    }

    /// The request again.
    pub(super) fn uncovered(mut self) -> Option<Request> {
        over(&mut self.bytes, &self.pad);
        let (_, content) = self.bytes.split_first_chunk::<4>()?;
        wire::parse(content).ok()
    }
}

fn over(bytes: &mut [u8], pad: &[u8]) {
    for (byte, pad) in bytes.iter_mut().zip(pad) {
        *byte ^= pad;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_api::{Secret, ShareCase, ShareLevel, ShareRequest, ShareWhat};

    /// SEAL-2: it comes back as it was, and lies there otherwise.
    #[test]
    fn what_waits_is_covered_and_comes_back() {
        let request = Request::Share(ShareRequest::Invite {
            who: "Ben".into(),
            what: ShareWhat::VncServer {
                server: "5901".into(),
                password: Some(Secret::new("q7Wm2-Zx".into())),
            },
            level: ShareLevel::View,
            case: ShareCase::default(),
        });
        let covered = Covered::new(&request).unwrap();
        let has = |bytes: &[u8]| bytes.windows(8).any(|w| w == b"q7Wm2-Zx");
        assert!(has(&wire::frame(&request).unwrap()));
        assert!(!has(&covered.bytes) && !has(&covered.pad));
        assert_eq!(covered.uncovered(), Some(request));
    }
}
