use proptest::prelude::*;

use super::*;
use crate::cbor::{from_bytes, to_bytes};

const ANNA: PersonId = PersonId::from_bytes([1; 32]);
const BEN: PersonId = PersonId::from_bytes([2; 32]);

fn device(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 32])
}

fn app(name: &str) -> AppName {
    AppName::new(name).unwrap()
}

fn shared(names: &[&str]) -> AppNames {
    AppNames::new(names.iter().map(|n| app(n)).collect()).unwrap()
}

fn no(limit: Limit) -> Bars {
    Bars::new(Limits::of(&[limit]), Vec::new(), None).unwrap()
}

fn fits(person: Option<PersonId>, of: Option<u8>, name: Option<&str>) -> Fits {
    Fits {
        person,
        device: of.map(device),
        application: name.map(app),
    }
}

#[test]
fn what_fits_counts_and_nothing_else() {
    let mut book = Book::default();
    book.put(fits(Some(BEN), None, Some("xterm")), no(Limit::Menus));
    book.put(fits(Some(BEN), None, Some("gimp")), no(Limit::Borders));
    book.put(fits(Some(ANNA), None, None), no(Limit::Keyboard));
    book.put(fits(None, None, Some("xterm")), no(Limit::RightClick));
    let got = book.bars(&BEN, &device(1), &shared(&["XTerm"]));
    let want = Limits::of(&[Limit::Menus, Limit::RightClick]);
    assert_eq!(got.limits(), want);
    // A desktop may show every application.
    let got = book.bars(&BEN, &device(1), &AppNames::default());
    assert_eq!(got.limits(), want.with(Limit::Borders));
    assert!(
        Book::default()
            .bars(&BEN, &device(1), &shared(&[]))
            .is_empty()
    );
}

#[test]
fn a_new_device_begins_with_the_strictest_of_the_persons_others() {
    let mut book = Book::default();
    let xterm = shared(&["xterm"]);
    book.put(fits(Some(BEN), Some(1), Some("xterm")), no(Limit::Menus));
    book.put(
        fits(Some(BEN), Some(2), Some("xterm")),
        no(Limit::Shortcuts),
    );
    book.put(
        fits(Some(ANNA), Some(4), Some("xterm")),
        no(Limit::Keyboard),
    );
    let both = Limits::of(&[Limit::Menus, Limit::Shortcuts]);
    assert_eq!(book.bars(&BEN, &device(3), &xterm).limits(), both);
    // One that is known has its own.
    let own = book.bars(&BEN, &device(1), &xterm);
    assert_eq!(own, no(Limit::Menus));
    // Also if that was said to be nothing, for it.
    book.put(fits(Some(BEN), Some(3), Some("xterm")), Bars::default());
    assert!(book.bars(&BEN, &device(3), &xterm).is_empty());
}

#[test]
fn one_of_each_and_it_can_be_taken_back() {
    let mut book = Book::default();
    let key = fits(Some(BEN), None, None);
    book.put(key.clone(), no(Limit::Menus));
    book.put(key.clone(), no(Limit::Borders));
    assert_eq!(book.len(), 1);
    assert_eq!(book.at(&key), Some(&no(Limit::Borders)));
    assert!(book.remove(&key));
    assert!(!book.remove(&key));
    assert!(book.is_empty());
}

#[test]
fn what_something_takes_the_place_of() {
    let mut book = Book::default();
    book.put(fits(Some(BEN), Some(1), None), no(Limit::Keyboard));
    book.put(fits(Some(BEN), Some(2), Some("xterm")), no(Limit::Menus));
    book.put(fits(Some(BEN), None, None), no(Limit::Borders));
    let displaced = |of: Option<u8>| book.displaced(&fits(Some(BEN), of, None));
    assert_eq!(displaced(Some(1)), no(Limit::Keyboard), "itself");
    assert_eq!(displaced(Some(3)), no(Limit::Keyboard), "its sibling");
    assert_eq!(displaced(None), no(Limit::Borders), "the rest counts on");
}

#[test]
fn what_is_newer_than_this_bars_everything_it_might_mean() {
    let newer = |m: MapBuilder| from_bytes::<Bars>(&to_bytes(&m.build()), MAX_BYTES);
    let m = || MapBuilder::new().put(0, &1u64);
    let unknown_limit = m().put_list(1, &[1u16, 40]);
    assert_eq!(newer(unknown_limit).unwrap().limits(), Limits::ALL);
    let none = || m().put(1, &Limits::NONE);
    assert_eq!(newer(none().put(9, &1u64)).unwrap().limits(), Limits::ALL);
    for bad in [
        none().put(3, &0u16),
        none().put_list(2, &[5u32, 4]),
        none().put(-1, &1u64),
        MapBuilder::new().put(0, &2u64).put(1, &Limits::NONE),
    ] {
        assert!(newer(bad).is_err());
    }
}

#[test]
fn more_keys_than_fit_bar_all_of_them() {
    let half = |from: u32| {
        let keys = (from..from + MAX_KEYS as u32).collect();
        Bars::new(Limits::NONE, keys, None).unwrap()
    };
    let both = half(1).meet(&half(1000));
    assert!(both.limits().contains(Limit::Keyboard));
    assert!(both.bars_all_of(&half(1)) && both.bars_all_of(&half(1000)));
    assert!(Bars::new(Limits::NONE, (0..65).collect(), None).is_err());
    assert!(Bars::new(Limits::NONE, Vec::new(), Some(0)).is_err());
}

fn bars() -> impl Strategy<Value = Bars> {
    let limits = proptest::sample::subsequence(Limit::ALL, 0..=Limit::ALL.len());
    let keys = proptest::collection::vec(0u32..90, 0..40);
    let rate = proptest::option::of(1u16..);
    (limits, keys, rate).prop_map(|(l, k, r)| Bars::new(l.into_iter().collect(), k, r).unwrap())
}

fn remembered() -> impl Strategy<Value = Remembered> {
    let person = proptest::option::of(proptest::sample::select(vec![ANNA, BEN]));
    let of = proptest::option::of(1u8..4);
    let name = proptest::option::of(proptest::sample::select(vec!["xterm", "gimp", "edit"]));
    (person, of, name, bars()).prop_map(|(p, d, n, bars)| Remembered {
        fits: fits(p, d, n),
        bars,
    })
}

proptest! {
    #[test]
    fn it_comes_back(b in bars()) {
        let bytes = to_bytes(&b);
        prop_assert!(bytes.len() <= MAX_BYTES);
        prop_assert_eq!(from_bytes::<Bars>(&bytes, MAX_BYTES).unwrap(), b);
    }

    #[test]
    fn together_they_bar_all_that_either_bars(a in bars(), b in bars(), c in bars()) {
        let both = a.meet(&b);
        prop_assert!(both.bars_all_of(&a) && both.bars_all_of(&b));
        prop_assert_eq!(&both, &b.meet(&a));
        prop_assert_eq!(&a.meet(&a), &a);
        if c.bars_all_of(&a) && c.bars_all_of(&b) {
            prop_assert!(c.bars_all_of(&both) || both.limits().contains(Limit::Keyboard));
        }
    }

    /// GUARD-8: beside what it takes the place of, nothing that is put there
    /// loosens anything, for any device.
    #[test]
    fn what_is_put_beside_what_was_there_never_loosens(
        kept in proptest::collection::vec(remembered(), 0..8),
        more in remembered(),
        of in 1u8..5,
        names in proptest::sample::subsequence(vec!["xterm", "gimp", "edit"], 0..=3),
    ) {
        let (of, shared) = (device(of), shared(&names));
        let mut book = Book::of(kept);
        let before = book.bars(&BEN, &of, &shared);
        let bars = more.bars.meet(&book.displaced(&more.fits));
        book.put(more.fits, bars);
        prop_assert!(book.bars(&BEN, &of, &shared).bars_all_of(&before));
    }

    /// GUARD-8: what is remembered only narrows. Whoever has it fit bars all
    /// of it, and one more never makes anything looser, but for the device
    /// whose first own limit takes the place of the other devices'.
    #[test]
    fn remembering_never_widens(
        kept in proptest::collection::vec(remembered(), 0..8),
        more in remembered(),
        of in 1u8..5,
        names in proptest::sample::subsequence(vec!["xterm", "gimp", "edit"], 0..=3),
    ) {
        let (of, shared) = (device(of), shared(&names));
        let mut book = Book::of(kept.clone());
        let before = book.bars(&BEN, &of, &shared);
        for r in book.iter() {
            let hers = r.fits.person(&BEN) && r.fits.applications(&shared);
            if hers && r.fits.device.is_none_or(|d| d == of) {
                prop_assert!(before.bars_all_of(&r.bars));
            }
        }
        let fresh = book.at(&more.fits).is_none();
        book.put(more.fits.clone(), more.bars.clone());
        let after = book.bars(&BEN, &of, &shared);
        if fresh && more.fits.device != Some(of) {
            prop_assert!(after.bars_all_of(&before));
        }
        // A share of more never has fewer limits.
        let everything = book.bars(&BEN, &of, &AppNames::default());
        prop_assert!(everything.bars_all_of(&after));
    }
}
