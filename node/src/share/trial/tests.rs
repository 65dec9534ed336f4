//! The two ends over a pipe; the viewer's process is played here.

use super::*;
use proptest::prelude::*;
use tokio::io::{DuplexStream, ReadHalf, WriteHalf, duplex, split};

type Ends = (Pieces<ReadHalf<DuplexStream>>, WriteHalf<DuplexStream>);

fn pipe() -> (Ends, Ends) {
    let (a, b) = duplex(64 * 1024);
    let ends = |s| {
        let (from, to) = split(s);
        (Pieces::new(from), to)
    };
    (ends(a), ends(b))
}

/// A viewer that decodes as a process would, and says `seen` of the digest.
async fn viewer(
    (mut from, mut to): Ends,
    seen: impl Fn(Digest) -> Option<Vec<u8>>,
) -> Result<(), TrialFault> {
    let mut session = kith_view::session::Session::new();
    let began = Instant::now();
    let mut told = Told::Nothing;
    loop {
        let out = session.output().to_vec();
        session.written(out.len());
        let mut frames = kith_view::frame::Reader::new();
        frames.push(&out);
        while let Some((lane, bytes)) = frames.next_frame().unwrap() {
            use kith_view::frame::Lane::{Control, Late};
            assert!(matches!(lane, Control | Late), "{lane:?}");
            put(&mut to, CONTROL, bytes).await?;
        }
        if session.is_exact() && told == Told::Nothing {
            told = Told::Seen;
            let right = digest(&pixels(session.picture().unwrap()));
            match seen(right) {
                Some(bytes) => put(&mut to, SEEN, &bytes).await?,
                None => put(&mut to, OUTCOME, &[TrialFault::Undecoded.number()]).await?,
            }
        }
        let (kind, bytes) = from.next().await?;
        let lane = match kind {
            CONTROL => kith_view::frame::Lane::Control,
            PICTURE => kith_view::frame::Lane::Picture,
            _ => return outcome(&bytes),
        };
        let mut framed = Vec::new();
        kith_view::frame::put(lane, &bytes, &mut framed);
        session.feed(&framed, || Moment(began.elapsed().as_micros() as u64));
        session.painted(Moment(began.elapsed().as_micros() as u64));
    }
}

#[derive(PartialEq, Eq)]
enum Told {
    Nothing,
    Seen,
}

async fn shown(ends: Ends) -> Result<(), TrialFault> {
    let (mut from, mut to) = ends;
    let outcome = show(&mut from, &mut to).await;
    let told = outcome.map_or_else(TrialFault::number, |()| 0);
    let _ = put(&mut to, OUTCOME, &[told]).await;
    outcome
}

#[tokio::test]
async fn whoever_saw_it_passes_and_nobody_else() {
    let (a, b) = pipe();
    let (sharer, seen) = tokio::join!(shown(a), viewer(b, |d| Some(d.as_bytes().to_vec())));
    assert_eq!((sharer, seen), (Ok(()), Ok(())));

    for wrong in [vec![0; 32], vec![0; 31]] {
        let (a, b) = pipe();
        let (sharer, seen) = tokio::join!(shown(a), viewer(b, |_| Some(wrong.clone())));
        let differs = Err(TrialFault::Differs);
        assert_eq!((sharer, seen), (differs, differs));
    }

    let (a, b) = pipe();
    let (sharer, _) = tokio::join!(shown(a), viewer(b, |_| None));
    assert_eq!(sharer, Err(TrialFault::Undecoded));
}

#[tokio::test]
async fn each_picture_is_another() {
    let all: Vec<Digest> = (0..4)
        .map(|_| digest(&pixels(&by_chance().unwrap())))
        .collect();
    assert!(all.windows(2).all(|two| two[0] != two[1]));
    let bytes = pixels(&by_chance().unwrap());
    assert!(bytes.len() <= kith_view::local::MAX_SEEN);
}

#[tokio::test]
async fn who_breaks_the_rules_is_told_apart() {
    // A sharer's piece of no length, of an unknown kind, too much of anything.
    let program = Program::at("/nonexistent/kith".into());
    let (a, b) = pipe();
    let ((mut from, mut to), _keeps) = (a, b);
    assert_eq!(
        see(&mut from, &mut to, &program).await,
        Err(TrialFault::NoViewer)
    );
    for junk in [
        vec![CONTROL, 0, 0],
        vec![9, 0, 1, 7],
        vec![CONTROL, 0xff, 0xff],
    ] {
        let (a, (_, mut to)) = pipe();
        to.write_all(&junk).await.unwrap();
        assert_eq!(shown(a).await, Err(TrialFault::Misbehaved), "{junk:?}");
    }
    let (a, b) = pipe();
    drop(b);
    assert_eq!(shown(a).await, Err(TrialFault::Lost));
    let (a, (_, mut to)) = pipe();
    put(&mut to, OUTCOME, &[0]).await.unwrap();
    assert_eq!(
        shown(a).await,
        Err(TrialFault::Misbehaved),
        "a viewer can't say that it passed"
    );
}

fn person(n: u8) -> PersonId {
    PersonId::from(Digest::of(DOMAIN, &[n]))
}

/// R7: many trials of one person, on whatever devices, take no try from others.
#[test]
fn a_person_begins_few_trials_here_and_none_of_others() {
    let bounds = Bounds::default();
    let now = Instant::now();
    for busy in 1..=20 {
        for _ in 0..OF_ONE {
            assert!(bounds.take(person(busy), now).is_ok());
        }
        let more = bounds.take(person(busy), now);
        assert_eq!(more.err(), Some(TrialFault::Busy));
    }
    assert!(bounds.take(person(1), now + PACE).is_ok());
    // Nobody is remembered for ever.
    let begun = bounds.begun.lock().unwrap();
    assert_eq!((begun.at.len(), begun.turns.len()), (1, 1));
}

/// Two nodes that begin all they can with each other still answer.
#[tokio::test]
async fn what_we_began_keeps_no_place_of_what_they_began() {
    let bounds = Bounds::default();
    let mut ours = Vec::new();
    for _ in 0..AT_ONCE {
        ours.push(bounds.to_begin().await.unwrap());
    }
    assert!(bounds.to_answer(person(1)).await.is_ok());
}

#[tokio::test]
async fn one_person_holds_one_place() {
    let bounds = Bounds::default();
    let first = bounds.to_answer(person(1)).await.unwrap();
    let second = bounds.to_answer(person(1));
    tokio::pin!(second);
    tokio::select! {
        biased;
        _ = &mut second => panic!("two of one person at once"),
        other = bounds.to_answer(person(2)) => assert!(other.is_ok()),
    }
    drop(first);
    assert!(second.await.is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_pieces_or_a_fault(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut pieces = Pieces::new(&bytes[..]);
            let mut whole = 0;
            while let Ok((_, body)) = pieces.next().await {
                whole += PIECE_HEAD + body.len();
            }
            prop_assert!(whole <= bytes.len());
            Ok(())
        })?;
    }

    #[test]
    fn outcomes_come_back(number in any::<u8>()) {
        let heard = TrialFault::said(number);
        prop_assert_eq!(heard.is_ok(), number == 0);
        if let (Err(fault), 1..=4) = (heard, number) {
            prop_assert_eq!(fault.number(), number);
        }
    }
}
