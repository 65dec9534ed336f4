//! Who may draw on a screen of the demonstration's own: who knows its key.

/// How X programs say that they know a key.
pub(super) const COOKIE: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// A random key.
pub(super) fn random_key() -> [u8; 16] {
    use rand_core::Rng as _;
    let mut key = [0; 16];
    crate::random::system().fill_bytes(&mut key);
    key
}

/// A file with this key for any display, as X programs read it: only who can
/// read it may draw on this screen, or type.
pub(super) fn cookie(key: &[u8; 16]) -> Vec<u8> {
    // Family "any", no address, no display number.
    let mut file = vec![0xff, 0xff, 0, 0, 0, 0, 0, COOKIE.len() as u8];
    file.extend(COOKIE);
    file.extend([0, key.len() as u8]);
    file.extend(key);
    file
}
