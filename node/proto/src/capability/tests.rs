use proptest::prelude::*;

use super::*;
use crate::cbor::{from_bytes, to_bytes};
use crate::clock::JudgedTime;
use crate::device::{Live, LiveError};
use crate::rights::Right;
use crate::signed::Unverified;
use crate::testing::key;
use crate::time::Timestamp;
use crate::validity::ValidityError;

fn capability(device: u64) -> Capability {
    Capability {
        person: PersonId::from_bytes([1; 32]),
        device: key(device).public().into(),
        seq: 1,
        validity: Validity::starting(Timestamp::from_secs(1_000_000), LONGEST),
        session: SessionKind::Local,
        os: OsKind::Linux,
        os_version: Some("Debian 13".into()),
        offers: vec![
            Offer {
                means: Means::Native,
                share: Some(Rights::ALL),
                join: Some(Rights::ALL),
            },
            Offer {
                means: Means::Hosted(Technology::Rdp, HostedKind::Join),
                share: None,
                join: Some(Rights::ALL),
            },
        ],
        unknown_offers: 0,
        codecs: Codecs::ALL,
        kems: KemList::supported(),
        screens: vec![Screen {
            width: 1920,
            height: 1080,
        }],
        features: Features::ALL,
    }
}

/// A list of KEMs by their numbers.
fn listed(kems: &[u16]) -> KemList {
    let numbers = kems.iter().map(|k| (*k).into()).collect();
    KemList::decode(Value::Array(numbers)).unwrap()
}

const RDP_JOIN: Means = Means::Hosted(Technology::Rdp, HostedKind::Join);

fn outcome(
    a: &Capability,
    b: &Capability,
    means: Means,
    sharer: Sharer,
) -> Result<Possible, Impossible> {
    let ways = possible(a, b);
    ways.iter()
        .find(|w| w.means == means && w.sharer == sharer)
        .unwrap()
        .outcome
}

#[test]
fn it_comes_back_and_expires() {
    let made = Live::sign(&capability(1), &key(1)).unwrap();
    let read = || Unverified::<Capability>::parse(made.record().bytes()).unwrap();
    let (device, person) = (made.get().device, made.get().person);
    let at = |secs| JudgedTime::from_wall(Timestamp::from_secs(secs));
    assert_eq!(
        Live::check(read(), &device, &person, &at(1_000_100)).as_ref(),
        Ok(&made)
    );
    assert_eq!(
        Live::check(read(), &device, &person, &at(1_086_400)),
        Err(LiveError::Validity(ValidityError::Expired))
    );
}

#[test]
fn each_direction_is_its_own() {
    let (mut a, b) = (capability(1), capability(2));
    let native = outcome(&a, &b, Means::Native, Sharer::First).unwrap();
    assert_eq!((native.rights, native.kem), (Rights::ALL, Kem::XWing));
    a.offers[0].share = None;
    assert_eq!(
        outcome(&a, &b, Means::Native, Sharer::First),
        Err(Impossible::SharerCannot)
    );
    assert!(outcome(&a, &b, Means::Native, Sharer::Second).is_ok());
    a.offers[0].join = None;
    assert_eq!(
        outcome(&a, &b, Means::Native, Sharer::Second),
        Err(Impossible::ViewerCannot)
    );
    a.offers[1].share = Some(Rights::of(&[Right::View]));
    let rdp = outcome(&a, &b, RDP_JOIN, Sharer::First).unwrap();
    assert_eq!(
        (rdp.rights, rdp.codecs),
        (Rights::of(&[Right::View]), Codecs::NONE)
    );
    assert_eq!(
        outcome(&a, &b, RDP_JOIN, Sharer::Second),
        Err(Impossible::SharerCannot)
    );
}

#[test]
fn every_reason_is_given() {
    let (a, b) = (capability(1), capability(2));
    let native = |b: &Capability| outcome(&a, b, Means::Native, Sharer::First);
    let mut deaf = b.clone();
    deaf.offers[0].join = Some(Rights::ALL.without(Right::View));
    assert_eq!(native(&deaf), Err(Impossible::NoCommonRight));
    let film = Capability {
        codecs: Codecs::of(&[Codec::H264]),
        ..b.clone()
    };
    assert_eq!(native(&film), Err(Impossible::NoCommonCodec));
    let odd = Capability {
        kems: listed(&[0x9999]),
        ..b.clone()
    };
    assert_eq!(native(&odd), Err(Impossible::NoCommonKem));
    let floor = Capability {
        kems: listed(&[0x20, 0x9999]),
        ..b
    };
    assert_eq!(native(&floor).unwrap().kem, Kem::X25519);
}

#[test]
fn every_known_means_is_listed_both_ways() {
    let ways = possible(&capability(1), &capability(2));
    assert_eq!(ways.len(), 2 * Means::all().count());
    assert_eq!(Means::all().count(), 9);
}

/// The bytes of a record in which field `key` was set to `value`.
fn with(key: i64, value: Value) -> Vec<u8> {
    let Value::Map(entries) = capability(1).encode() else {
        unreachable!()
    };
    let mut m = MapBuilder::new();
    for (k, v) in entries {
        let k = i64::decode(k).unwrap();
        if k != key {
            m = m.put(k, &v);
        }
    }
    cbor::value_bytes(&m.put(key, &value).build())
}

fn read(bytes: &[u8]) -> Result<Capability, DecodeError> {
    from_bytes(bytes, Capability::KIND.max)
}

fn map(entries: &[(i64, Value)]) -> Value {
    let m = entries
        .iter()
        .fold(MapBuilder::new(), |m, (k, v)| m.put(*k, v));
    m.build()
}

fn list(items: &[Value]) -> Value {
    Value::Array(items.to_vec())
}

#[test]
fn unknown_numbers_are_ignored() {
    let rights = list(&[1.into(), 60.into()]);
    let offers = list(&[
        map(&[(0, 1.into()), (2, rights.clone()), (7, 1.into())]),
        map(&[(0, 2.into()), (1, 9.into()), (3, rights.clone())]),
        map(&[(0, 40.into()), (3, rights)]),
    ]);
    let c = read(&with(9, offers)).unwrap();
    assert_eq!(c.offers.len(), 1);
    assert_eq!(c.offers[0].share, Some(Rights::of(&[Right::View])));
    assert_eq!(c.unknown_offers, 2);
    assert_eq!(
        read(&with(6, 77.into())).unwrap().session,
        SessionKind::Other
    );
    assert_eq!(read(&with(7, 77.into())).unwrap().os, OsKind::Other);
    assert_eq!(
        read(&with(10, list(&[1.into(), 50.into()])))
            .unwrap()
            .codecs
            .len(),
        1
    );
    assert!(read(&with(90, 1.into())).is_ok());
    assert_eq!(read(&with(-1, 1.into())), Err(DecodeError::Critical(-1)));
}

#[test]
fn lists_have_one_form_and_bounds() {
    let view = || list(&[1.into()]);
    let offer = |t: u16| map(&[(0, t.into()), (2, view())]);
    let ok = |key, value| read(&with(key, value)).is_ok();
    assert!(ok(9, list(&(1..=32).map(offer).collect::<Vec<_>>())));
    assert!(!ok(9, list(&(1..=33).map(offer).collect::<Vec<_>>())));
    assert!(!ok(9, list(&[offer(2), offer(1)])));
    assert!(!ok(9, list(&[offer(1), offer(1)])));
    assert!(
        !ok(9, list(&[map(&[(0, 1.into())])])),
        "an offer that says nothing"
    );
    assert!(!ok(9, list(&[])));
    let rightless = map(&[(0, 1.into()), (2, list(&[]))]);
    assert!(!ok(9, list(&[rightless])), "an empty list of rights");
    assert!(!ok(10, list(&[])));
    assert!(!ok(11, list(&[0x647a.into()])), "the floor is missing");
    assert!(!ok(11, list(&[0x647a.into(), 0x20.into()])));
    let screen = |w: u32| map(&[(0, w.into()), (1, 1.into())]);
    assert!(ok(12, list(&vec![screen(65_535); 16])));
    assert!(!ok(12, list(&vec![screen(1); 17])));
    assert!(!ok(12, list(&[screen(0)])));
    assert!(!ok(12, list(&[screen(65_536)])));
    assert!(!ok(8, Value::Text("x".repeat(65))));
}

#[test]
fn numbers_are_as_published() {
    // Spec 02: changing one of these breaks every signed record.
    let names = |n: &[(u16, &'static str)]| n.iter().map(|p| p.1).collect::<Vec<_>>();
    let sessions: Vec<_> = SessionKind::ALL
        .iter()
        .map(|s| (s.number(), s.name()))
        .collect();
    assert_eq!(
        names(&sessions),
        ["other", "local", "rdp", "vnc", "x11", "ica", "headless"]
    );
    assert!(
        sessions
            .iter()
            .enumerate()
            .all(|(i, s)| i == usize::from(s.0))
    );
    let os: Vec<_> = OsKind::ALL.iter().map(|s| (s.number(), s.name())).collect();
    assert_eq!(
        os,
        [(0, "other"), (1, "linux"), (2, "windows"), (3, "macos")]
    );
    let codecs: Vec<_> = Codec::ALL.iter().map(|s| (s.number(), s.name())).collect();
    assert_eq!(codecs, [(1, "tiles"), (2, "h264")]);
    let features: Vec<_> = Feature::ALL
        .iter()
        .map(|s| (s.number(), s.name()))
        .collect();
    assert_eq!(features, [(1, "trial"), (2, "resume"), (3, "vnc-bridge")]);
    let reasons: Vec<_> = Impossible::ALL.iter().map(|s| s.number()).collect();
    assert_eq!(reasons, [1, 2, 3, 4, 5]);
}

fn any_rights() -> impl Strategy<Value = Rights> {
    proptest::sample::subsequence(Right::ALL, 1..=Right::ALL.len())
        .prop_map(|v| v.into_iter().collect())
}

fn any_capability() -> impl Strategy<Value = Capability> {
    let means: Vec<Means> = Means::all().collect();
    let offers = proptest::sample::subsequence(means, 0..=9).prop_flat_map(|m| {
        let n = m.len();
        let side = || prop::collection::vec(prop::option::of(any_rights()), n);
        (Just(m), side(), side()).prop_map(|(m, share, join)| {
            m.into_iter()
                .zip(share.into_iter().zip(join))
                .filter(|(_, (s, j))| s.is_some() || j.is_some())
                .map(|(means, (share, join))| Offer { means, share, join })
                .collect::<Vec<_>>()
        })
    });
    let codecs = proptest::sample::subsequence(Codec::ALL, 0..=2);
    (offers, codecs, any::<bool>(), 1u64..5).prop_map(|(offers, codecs, wing, device)| Capability {
        offers,
        codecs: codecs.into_iter().collect(),
        kems: if wing {
            KemList::supported()
        } else {
            listed(&[0x20])
        },
        ..capability(device)
    })
}

proptest! {
    #[test]
    fn any_capability_comes_back(c in any_capability()) {
        prop_assert_eq!(read(&to_bytes(&c)), Ok(c));
    }

    #[test]
    fn swapping_the_devices_swaps_the_directions(a in any_capability(), b in any_capability()) {
        let swap = |w: &Way| Way {
            sharer: if w.sharer == Sharer::First { Sharer::Second } else { Sharer::First },
            ..*w
        };
        let (ab, ba) = (possible(&a, &b), possible(&b, &a));
        for w in &ab {
            prop_assert!(ba.contains(&swap(w)), "{:?}", w);
        }
        prop_assert_eq!(ab.len(), ba.len());
    }

    /// Taking something away from one side never makes anything possible.
    #[test]
    fn less_is_never_more(a in any_capability(), b in any_capability(), drop in any::<prop::sample::Index>()) {
        prop_assume!(!b.offers.is_empty());
        let mut less = b.clone();
        less.offers.remove(drop.index(b.offers.len()));
        for (more, less) in possible(&a, &b).iter().zip(possible(&a, &less)) {
            if let Ok(l) = less.outcome {
                prop_assert_eq!(more.outcome, Ok(l));
            }
        }
    }
}
