//! What is secret is neither told, nor printed, nor left in memory.

use super::*;

#[test]
fn the_length_tells_nothing() {
    for kem in Kem::ALL {
        let case = Case::new(*kem);
        let lengths: BTreeSet<usize> = [SharingParameters::default(), parameters(), largest()]
            .into_iter()
            .map(|p| case.seal(p).bytes().len())
            .collect();
        assert_eq!(lengths.len(), 1, "{kem:?}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    let case = Case::new(Kem::XWing);
    let message = case.seal(parameters());
    let opened = case.open(message.clone()).unwrap();
    let p = parameters();
    let shown = format!(
        "{p:?} {p:#?} {:?} {:?} {:?} {opened:?} {message:?} {:?}",
        p.endpoints,
        p.password,
        p.one_time_key,
        case.accept(),
    );
    let key = p.one_time_key.as_ref().unwrap().expose();
    for secret in [
        PASSWORD,
        "share-17",
        "192.0.2.1",
        "192, 0, 2, 1",
        "3389",
        "1920",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(!shown.contains(&format!("{:?}", &key[..4])[1..10]));
}

#[test]
fn every_buffer_is_wiped_when_dropped() {
    let case = Case::new(Kem::X25519);
    let p = parameters();
    let _ = hook::take();
    // Two endpoints, three texts, the screen and the key.
    p.destroy();
    let wiped = hook::take();
    assert_eq!(wiped.len(), 7);
    assert!(wiped.iter().any(|b| b.len() == PASSWORD.len()));
    assert!(wiped.iter().flatten().all(|b| *b == 0));

    // Every way out: destroyed, released and dropped, refused claim, failure.
    let message = case.seal(parameters());
    let ways: [&dyn Fn(Opened); 3] = [
        &|o| o.destroy(),
        &|o| {
            let claimed = claim(&mut MemoryUse::default(), &o).unwrap();
            drop(o.release(claimed, CLOCK).unwrap());
        },
        &|o| {
            let other = Claimed::durably(SessionId::from_bytes([1; 16]));
            assert!(o.release(other, CLOCK).is_err());
        },
    ];
    for way in ways {
        let opened = case.open(message.clone()).unwrap();
        let _ = hook::take();
        way(opened);
        let wiped = hook::take();
        assert_eq!(wiped.len(), 7);
        assert!(wiped.iter().flatten().all(|b| *b == 0));
    }

    // Sealing and opening leave no plaintext and no private key either.
    let _ = hook::take();
    let message = case.seal(parameters());
    case.open(message).unwrap().destroy();
    let wiped = hook::take();
    assert!(wiped.iter().any(|b| b.len() == 8192), "the writer's buffer");
    assert!(wiped.iter().filter(|b| b.len() == 32).count() > 4, "keys");
    assert!(wiped.iter().flatten().all(|b| *b == 0));
}

#[test]
fn a_wiped_buffer_holds_only_zeros() {
    // Proves that the hook sees what was there: without wiping it would see
    // the pattern.
    use zeroize::Zeroize as _;
    let mut secret = Secret::copy_of(&[0xa5; 64]);
    assert_eq!(secret.bytes(), [0xa5; 64]);
    secret.bytes_mut().zeroize();
    assert_eq!(secret.bytes(), [0; 64]);
}
