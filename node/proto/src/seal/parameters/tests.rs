use core::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::seal::TextError;
use crate::testing::rng;

pub(in crate::seal) const PASSWORD: &str = "correct horse battery staple";

fn text<const MAX: usize>(text: &str) -> Option<SecretText<MAX>> {
    Some(SecretText::new(text.into()).unwrap())
}

pub(in crate::seal) fn parameters() -> SharingParameters {
    let port = NonZeroU16::new(3389).unwrap();
    let v6 = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
    SharingParameters {
        endpoints: vec![
            Endpoint::new(Technology::Rdp, Ipv4Addr::new(192, 0, 2, 1).into(), port).unwrap(),
            Endpoint::new(Technology::Rdp, v6, port).unwrap(),
        ],
        hosted_session: text("4"),
        account: text("share-17"),
        password: text(PASSWORD),
        screen: Some(Screen::new(1920, 1080, 24).unwrap()),
        one_time_key: Some(OneTimeKey::random(&mut rng(5))),
    }
}

/// The content, which two equal parameters share.
pub(in crate::seal) fn content(p: &SharingParameters) -> Vec<u8> {
    p.to_plaintext().unwrap().bytes().to_vec()
}

pub(in crate::seal) fn largest() -> SharingParameters {
    let ip = IpAddr::V6(Ipv6Addr::from([0xff; 16]));
    let endpoint = || Endpoint::new(Technology::Ica, ip, NonZeroU16::MAX).unwrap();
    SharingParameters {
        endpoints: (0..MAX_ENDPOINTS).map(|_| endpoint()).collect(),
        hosted_session: text(&"x".repeat(128)),
        account: text(&"x".repeat(256)),
        password: text(&"x".repeat(512)),
        screen: Some(Screen::new(u16::MAX, u16::MAX, u16::MAX).unwrap()),
        one_time_key: Some(OneTimeKey::random(&mut rng(5))),
    }
}

#[test]
fn parameters_are_bounded() {
    let mut p = largest();
    let ip = Ipv4Addr::LOCALHOST.into();
    let more = Endpoint::new(Technology::Vnc, ip, NonZeroU16::MAX).unwrap();
    p.endpoints.push(more);
    assert_eq!(
        p.to_plaintext().map(|_| ()),
        Err(ParameterError::TooManyEndpoints)
    );
    let new = |t: &str| SecretText::<8>::new(t.into()).map(|_| ());
    assert_eq!(new("12345678"), Ok(()));
    assert_eq!(new("123456789"), Err(TextError::TooLong { max: 8 }));
    assert_eq!(new(""), Err(TextError::Empty));
    assert_eq!(new("a\nb"), Err(TextError::Control));
    assert_eq!(
        Screen::new(1, 0, 1).map(|_| ()),
        Err(ParameterError::Screen)
    );
    let hidden = IpAddr::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped());
    assert_eq!(
        Endpoint::new(Technology::Vnc, hidden, NonZeroU16::MAX).map(|_| ()),
        Err(ParameterError::HiddenAddress)
    );
}

/// A plaintext of `class` bytes around `content` given in hexadecimal.
fn plaintext(class: usize, content: &str) -> Vec<u8> {
    let content = crate::testing::hex_vec(content);
    let mut out = u16::try_from(content.len()).unwrap().to_be_bytes().to_vec();
    out.extend(content);
    out.resize(class, 0);
    out
}

#[test]
fn a_plaintext_has_one_form() {
    let read = |p: &[u8]| SharingParameters::from_plaintext(p).map(|_| ());
    let at = |key, e| DecodeError::Field {
        key,
        source: Box::new(e),
    };
    let good = plaintext(2048, "a10001");
    assert_eq!(read(&good), Ok(()));
    // A key ≥ 0 that isn't known is stepped over, whatever it holds.
    assert_eq!(read(&plaintext(2048, "a20001186381a200f6016161")), Ok(()));
    assert_eq!(
        read(&plaintext(4096, "a10001")),
        Err(DecodeError::OutOfRange)
    );
    assert_eq!(
        read(&plaintext(2047, "a10001")),
        Err(DecodeError::OutOfRange)
    );
    assert_eq!(read(&[]), Err(DecodeError::OutOfRange));
    assert_eq!(read(&[0xff; 2048]), Err(DecodeError::OutOfRange));
    let mut dirty = good.clone();
    dirty[2047] = 1;
    assert_eq!(read(&dirty), Err(DecodeError::OutOfRange));
    for (content, error) in [
        ("a0", DecodeError::Missing(0)),
        ("a10002", DecodeError::Version(2)),
        ("a2000120f4", DecodeError::Critical(-1)),
        ("a200010180", at(1, DecodeError::OutOfRange)),
        ("a200010460", at(4, DecodeError::OutOfRange)),
        ("a2000104610a", at(4, DecodeError::OutOfRange)),
        ("a20001044161", at(4, DecodeError::Type("text"))),
        ("a200010641ff", at(6, DecodeError::OutOfRange)),
        (
            "a2000105a2000101",
            DecodeError::Canon(canon::CanonError::Truncated),
        ),
        ("a2000105a200010101", at(5, DecodeError::Missing(2))),
        ("a2000105a3000101000201", at(5, DecodeError::OutOfRange)),
        // v4 inside v6, port 0, an unknown technology.
        (
            "a200010181a30002015000000000000000000000ffff7f0000010201",
            at(1, DecodeError::OutOfRange),
        ),
        (
            "a200010181a300020144010203040200",
            at(1, at(2, DecodeError::OutOfRange)),
        ),
        (
            "a200010181a30018630144010203040201",
            at(1, at(0, DecodeError::OutOfRange)),
        ),
    ] {
        assert_eq!(read(&plaintext(2048, content)), Err(error), "{content}");
    }
}

fn any_text<const MAX: usize>() -> impl Strategy<Value = Option<SecretText<MAX>>> {
    let characters = proptest::collection::vec(any::<char>(), 1..=MAX / 4);
    let text = characters.prop_filter_map("only control characters", |c| {
        let text: String = c.into_iter().filter(|c| !c.is_control()).collect();
        SecretText::new(text).ok()
    });
    proptest::option::of(text)
}

fn any_parameters() -> impl Strategy<Value = SharingParameters> {
    let v4 = any::<[u8; 4]>().prop_map(IpAddr::from);
    let v6 = any::<[u8; 16]>().prop_map(|mut b| {
        b[0] |= 1;
        IpAddr::from(b)
    });
    let technology = proptest::sample::select(Technology::ALL);
    let endpoint = (technology, prop_oneof![v4, v6], 1..=u16::MAX)
        .prop_map(|(t, ip, port)| Endpoint::new(t, ip, NonZeroU16::new(port).unwrap()).unwrap());
    let size = 1..=u16::MAX;
    (
        proptest::collection::vec(endpoint, 0..=MAX_ENDPOINTS),
        (any_text(), any_text(), any_text()),
        proptest::option::of((size.clone(), size.clone(), size)),
        proptest::option::of(any::<u64>()),
    )
        .prop_map(
            |(endpoints, (hosted_session, account, password), screen, seed)| SharingParameters {
                endpoints,
                hosted_session,
                account,
                password,
                screen: screen.map(|(w, h, d)| Screen::new(w, h, d).unwrap()),
                one_time_key: seed.map(|s| OneTimeKey::random(&mut rng(s))),
            },
        )
}

proptest! {
    #[test]
    fn parameters_come_back(p in any_parameters()) {
        let plaintext = content(&p);
        let back = SharingParameters::from_plaintext(&plaintext).unwrap();
        prop_assert_eq!(plaintext, content(&back));
    }

    #[test]
    fn any_plaintext_is_read_without_a_panic(
        content in proptest::collection::vec(any::<u8>(), 0..300),
        class in proptest::sample::select(SizeClass::ALL),
    ) {
        let mut bytes = u16::try_from(content.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(content);
        bytes.resize(class.bytes(), 0);
        let _ = SharingParameters::from_plaintext(&bytes);
    }
}
