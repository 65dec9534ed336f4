use super::*;
use kith_screen::warden::protocol::{Verified, Who};

/// Gives at once, and counts.
struct AtOnce(Arc<AtomicU32>);

impl Injector for AtOnce {
    fn deliver(&mut self, _: SeatNumber, _: &Input) -> Result<(), Refusal> {
        Ok(())
    }
    fn give(&mut self, _: SeatNumber, _: &Offer) -> Given {
        self.0.fetch_add(1, Ordering::Relaxed);
        Given::Now
    }
    fn take(&mut self, _: SeatNumber) {}
    fn release(&mut self, _: SeatNumber) {}
}

const A: SessionId = SessionId::from_bytes([1; 16]);
const B: SessionId = SessionId::from_bytes([2; 16]);

fn seated() -> (Live, Offer) {
    let live = Live::new(ShareId(1), Foreknown::default());
    drop(live.admit(A, ("Ben".into(), "Ben".into()), MayAsk::Yes));
    let who = Who {
        name: "Ben".into(),
        verified: Verified::No,
        organisation: None,
    };
    (live, Offer::new(Rights::CONTROL, who))
}

#[test]
fn every_viewer_hears_who_watches_and_who_controls() {
    let (live, offer) = seated();
    let hears = live.admit(B, ("my Cleo".into(), "Cleo".into()), MayAsk::Yes);
    let told = || hears.people.borrow().clone();
    assert_eq!(
        told(),
        People::new([].into_iter(), ["Ben", "Cleo"].into_iter())
    );
    live.set_injector(Box::new(AtOnce(Arc::default())));
    assert!(live.give(A, &offer));
    assert_eq!(told().controllers(), ["Ben"]);
    live.remove(A);
    assert_eq!(told(), People::new([].into_iter(), ["Cleo"].into_iter()));
}

#[test]
fn what_is_given_before_the_source_is_open_is_given_then() {
    let (live, offer) = seated();
    assert!(live.give(A, &offer));
    assert_eq!(live.controllers(), []);
    let given = Arc::new(AtomicU32::new(0));
    let injector = Box::new(AtOnce(Arc::clone(&given)));
    assert_eq!(live.set_injector(injector), [A]);
    assert_eq!(live.controllers(), [A]);
    assert_eq!(given.load(Ordering::Relaxed), 1);
}

#[test]
fn what_was_taken_back_by_then_is_not() {
    let (live, offer) = seated();
    assert!(live.give(A, &offer));
    live.take();
    let given = Arc::new(AtomicU32::new(0));
    let injector = Box::new(AtOnce(Arc::clone(&given)));
    assert_eq!(live.set_injector(injector), []);
    assert_eq!(given.load(Ordering::Relaxed), 0);
}

/// A screen at which somebody is asked first: what it is asked still.
#[derive(Clone, Default)]
struct Asks(Arc<Mutex<Vec<SeatNumber>>>);

impl Asks {
    fn open(&self) -> Vec<SeatNumber> {
        self.0.lock().expect("no test panics with it").clone()
    }
}

impl Injector for Asks {
    fn deliver(&mut self, _: SeatNumber, _: &Input) -> Result<(), Refusal> {
        Ok(())
    }
    fn give(&mut self, viewer: SeatNumber, _: &Offer) -> Given {
        self.0.lock().expect("no test panics with it").push(viewer);
        Given::Later
    }
    fn wish(&mut self, viewer: SeatNumber, _: &Offer) -> Put {
        self.0.lock().expect("no test panics with it").push(viewer);
        Put::Asked
    }
    fn unwish(&mut self, viewer: SeatNumber) {
        self.take(viewer);
    }
    fn take(&mut self, viewer: SeatNumber) {
        let mut open = self.0.lock().expect("no test panics with it");
        open.retain(|v| *v != viewer);
    }
    fn release(&mut self, _: SeatNumber) {}
}

/// ASK-2: a viewer may ask for control before there is a screen to ask on.
#[test]
fn who_wishes_before_the_source_is_open_is_asked_about_then() {
    for (wishes_still, asked) in [(true, vec![SeatNumber(1)]), (false, Vec::new())] {
        let (live, offer) = seated();
        assert_eq!(live.wish(A, &offer), Put::Asked);
        if !wishes_still {
            live.unwish(A);
        }
        let asks = Asks::default();
        assert_eq!(live.set_injector(Box::new(asks.clone())), []);
        assert_eq!(asks.open(), asked);
        assert_eq!(live.controllers(), []);
        live.unwish(A);
        assert_eq!(asks.open(), Vec::new());
    }
}

/// POL-7, GUARD-9: B's question stands while A controls; then B may not any
/// more. A yes that comes after that gives nothing, and A keeps control.
#[test]
fn a_yes_gives_nothing_once_control_was_declined() {
    let (live, offer) = seated();
    drop(live.admit(B, ("Cleo".into(), "Cleo".into()), MayAsk::Yes));
    let asks = Asks::default();
    assert_eq!(live.set_injector(Box::new(asks.clone())), []);
    assert!(live.give(A, &offer));
    assert_eq!(live.granted(SeatNumber(1)), Some(A));
    assert!(live.give(B, &offer));
    assert!(asks.open().contains(&SeatNumber(2)));
    live.decline(B);
    assert!(!asks.open().contains(&SeatNumber(2)), "it is withdrawn");
    assert_eq!(live.granted(SeatNumber(2)), None);
    assert_eq!(live.controllers(), [A]);
    // Given anew, it counts.
    assert!(live.give(B, &offer));
    assert_eq!(live.granted(SeatNumber(2)), Some(B));
}

#[test]
fn what_was_declined_before_the_source_is_open_is_not_given_then() {
    let (live, offer) = seated();
    assert!(live.give(A, &offer));
    live.decline(A);
    let given = Arc::new(AtomicU32::new(0));
    let injector = Box::new(AtOnce(Arc::clone(&given)));
    assert_eq!(live.set_injector(injector), []);
    assert_eq!(given.load(Ordering::Relaxed), 0);
}

/// GUARD-6: what our person did is known before any viewer sees it, and of
/// every viewer that control is taken from or that is about to have it.
#[test]
fn panic_is_known_before_it_is_told() {
    let (live, offer) = seated();
    let mut hears = live.admit(B, ("Cleo".into(), "Cleo".into()), MayAsk::Yes);
    live.set_injector(Box::new(AtOnce(Arc::default())));
    assert!(live.give(A, &offer));
    hears.status.mark_unchanged();
    live.panic();
    assert!(hears.status.has_changed().unwrap());
    for viewer in [A, B] {
        assert_eq!(live.foreknown.take_cut(&viewer), Some(Cut::Panic));
    }
    assert!(live.give(A, &offer));
    assert_eq!(live.ended(SeatNumber(2), Some(Cut::TakenBack)), None);
    assert_eq!(live.foreknown.take_cut(&B), None, "nothing was taken");
    assert_eq!(live.ended(SeatNumber(1), Some(Cut::TakenBack)), Some(A));
    assert_eq!(live.foreknown.take_cut(&A), Some(Cut::TakenBack));
}
