//! What every source must do, held against each of them.

use std::time::{Duration, Instant};

use kith_codec::geometry::{Rect, Region};
use kith_codec::picture::{COLOUR, Picture};

use kith_screen::source::{Changes, GREY, Pointer, Source};

/// Long enough that only a source that hangs needs it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A source on trial, and what can be done to what it shows.
pub struct Trial<'a, S> {
    pub source: S,
    /// Changes some pixels; each call others, or to another colour.
    pub draw: &'a mut dyn FnMut(),
}

/// What it shows now.
pub fn copy<S: Source>(source: &mut S) -> Picture {
    Picture::copy_of(&source.view().expect("a picture"))
}

fn covers(region: &Region, x: u16, y: u16) -> bool {
    let pixel = Rect::new(x, y, 1, 1);
    region.rects().iter().any(|r| r.contains(pixel))
}

/// Where two pictures of one size differ.
fn differences(a: &Picture, b: &Picture) -> Vec<(u16, u16)> {
    assert_eq!(a.size(), b.size());
    let size = a.size();
    let all = (0..size.height()).flat_map(|y| (0..size.width()).map(move |x| (x, y)));
    all.filter(|(x, y)| a.get(*x, *y) != b.get(*x, *y))
        .collect()
}

/// The next news; a source that has none is broken.
pub fn news<S: Source>(source: &mut S) -> Changes {
    let end = Instant::now() + PATIENCE;
    let news = source.wait(Some(end)).expect("news");
    assert!(!news.is_empty(), "no news");
    news
}

/// Looks until the picture is as wanted.
pub fn until<S: Source>(source: &mut S, what: &str, wanted: impl Fn(&Picture) -> bool) -> Picture {
    let end = Instant::now() + PATIENCE;
    loop {
        let picture = copy(source);
        if wanted(&picture) {
            return picture;
        }
        assert!(Instant::now() < end, "never seen: {what}");
        source.wait(Some(end)).expect("news");
    }
}

/// Takes news until there is none for a while.
pub fn settle<S: Source>(source: &mut S) -> Changes {
    let mut all = Changes::default();
    loop {
        let until = Instant::now() + Duration::from_millis(150);
        let news = source.wait(Some(until)).expect("news");
        if news.is_empty() {
            return all;
        }
        all.damage.add_all(&news.damage);
        all.resized = news.resized.or(all.resized);
        all.placed = news.placed.or(all.placed);
        all.shape = news.shape.or(all.shape);
        all.pointer = news.pointer.or(all.pointer);
        all.masks = news.masks.or(all.masks);
        all.state = news.state.or(all.state);
        all.woken |= news.woken;
    }
}

/// The whole contract. The source must be fresh, and rest except for `draw`.
pub fn holds<S: Source>(mut trial: Trial<'_, S>) {
    tells_everything_first(&mut trial.source);
    rests_and_wakes(&mut trial.source);
    reports_what_it_changes(&mut trial);
    masks(&mut trial.source);
}

fn tells_everything_first<S: Source>(source: &mut S) {
    let began = Instant::now();
    let first = source.wait(Some(began + PATIENCE)).expect("news");
    assert!(began.elapsed() < PATIENCE, "at once");
    assert!(first.damage.rects().contains(&source.size().bounds()));
    assert!(first.state.is_some());
    assert_eq!(first.placed, Some(source.placement()));
    let pointer = first.pointer.expect("the pointer");
    assert_eq!(first.shape.is_some(), pointer != Pointer::Away);
    assert_eq!(source.view().expect("a picture").size(), source.size());
    settle(source);
}

fn rests_and_wakes<S: Source>(source: &mut S) {
    // A moment that has passed: no waiting, and no news.
    assert!(source.wait(Some(Instant::now())).expect("none").is_empty());
    let until = Instant::now() + Duration::from_millis(30);
    assert!(source.wait(Some(until)).expect("none").is_empty());
    assert!(Instant::now() >= until, "it waits as long as it was told");
    // A waker that was used before counts, once.
    let waker = source.waker();
    waker.wake();
    waker.clone().wake();
    let news = source.wait(Some(Instant::now() + PATIENCE)).expect("woken");
    let woken = Changes {
        woken: true,
        ..Changes::default()
    };
    assert_eq!(news, woken);
    assert!(source.wait(Some(Instant::now())).expect("none").is_empty());
    // And one used from another thread, while it waits for ever.
    let thread = std::thread::spawn(move || waker.wake());
    assert!(source.wait(None).expect("woken").woken);
    thread.join().expect("the thread ends");
}

fn reports_what_it_changes<S: Source>(trial: &mut Trial<'_, S>) {
    let mut before = copy(&mut trial.source);
    for round in 0..20 {
        (trial.draw)();
        let news = trial.source.wait(None).expect("news");
        let rest = settle(&mut trial.source);
        let mut damage = news.damage;
        damage.add_all(&rest.damage);
        let after = copy(&mut trial.source);
        let differ = differences(&before, &after);
        assert!(!differ.is_empty(), "round {round}: drawing shows");
        for (x, y) in differ {
            assert!(covers(&damage, x, y), "{x},{y} changed but not reported");
        }
        assert_eq!(copy(&mut trial.source), after, "looking changes nothing");
        before = after;
    }
}

fn masks<S: Source>(source: &mut S) {
    let plain = copy(source);
    let size = source.size();
    let hidden = Rect::new(size.width() / 4, size.height() / 4, 20, 10);
    source.mask(&[hidden]);
    let masked = copy(source);
    for y in 0..size.height() {
        for x in 0..size.width() {
            let inside = hidden.contains(Rect::new(x, y, 1, 1));
            let wanted = if inside { GREY } else { plain.get(x, y) };
            assert_eq!(masked.get(x, y), wanted & COLOUR, "at {x},{y}");
        }
    }
    let news = source.wait(Some(Instant::now() + PATIENCE)).expect("news");
    assert!(news.masks.expect("masks").contains(&hidden));
    assert!(news.damage.rects().iter().any(|r| r.contains(hidden)));
    source.mask(&[]);
    let news = source.wait(Some(Instant::now() + PATIENCE)).expect("news");
    assert!(!news.masks.expect("masks").contains(&hidden));
    assert_eq!(copy(source), plain, "and what was hidden comes back");
    source.mask(&[]);
    assert!(source.wait(Some(Instant::now())).expect("none").is_empty());
}
