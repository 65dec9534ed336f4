//! Invites with their keys: nothing altered opens, and no order of events
//! uses an invite twice. Slow: signatures and HPKE in most runs.
#![no_main]
use std::convert::Infallible;
use std::sync::LazyLock;
use std::time::Duration;

use kith_proto::clock::JudgedTime;
use kith_proto::id::PersonId;
use kith_proto::keys::SigningKey;
use kith_proto::names::Name;
use kith_proto::ticket::{
    self, Evidence, Hints, Introduction, Invite, Pending, Purpose, Reading, State, StoredInvite,
    Taken,
};
use kith_proto::time::Timestamp;
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

static KEYS: LazyLock<Vec<SigningKey>> =
    LazyLock::new(|| (1..=4).map(|n| SigningKey::from_seed(&[n; 32])).collect());

fn rng(n: u8) -> ChaCha8Rng {
    ChaCha8Rng::from_seed([n; 32])
}

fn day(n: u8) -> JudgedTime {
    JudgedTime::from_wall(START.after(Duration::from_secs(86_400 * u64::from(n))))
}

fn intro(n: u8) -> Introduction<'static> {
    Introduction {
        person: PersonId::from_bytes([n; 32]),
        name: Name::from_typed("Anna").expect("a name"),
        hints: Hints::default(),
        device: &KEYS[usize::from(n)],
    }
}

/// One invite and the answers of three people; one of them answered twice.
static WORLD: LazyLock<(StoredInvite, Vec<Pending>, Vec<u8>)> = LazyLock::new(|| {
    let week = Duration::from_secs(7 * 86_400);
    let made = Invite::issue(intro(0), Purpose::Contact, week, &day(0), &mut rng(1));
    let mut invite = made.expect("an invite");
    let stored = invite.to_stored();
    let answers: Vec<Pending> = [1, 2, 3, 3]
        .into_iter()
        .enumerate()
        .map(|(at, n)| {
            let seed = 10 + u8::try_from(at).expect("four");
            let ticket = ticket::read(invite.ticket().bytes()).expect("our own");
            Pending::answer(
                ticket,
                intro(n),
                Evidence::default(),
                &day(0),
                &mut rng(seed),
            )
            .expect("an answer")
        })
        .collect();
    take(&mut invite, answers[0].sealed(), &day(0));
    let accepted = invite.accept(&KEYS[0], Evidence::default(), &day(0), &mut rng(2));
    (stored, answers, accepted.expect("accepted").reply)
});

fn take(invite: &mut Invite, sealed: &[u8], now: &JudgedTime) -> bool {
    let Ok(Reading::Fresh(opened)) = invite.open(sealed) else {
        return false;
    };
    let Ok(believed) = opened.judge(|_| Ok::<(), Infallible>(()));
    matches!(invite.take(believed, now), Taken::New(_))
}

/// Two bytes a step.
fn steps(data: &[u8]) {
    let (stored, answers, _) = &*WORLD;
    let mut invite = Invite::from_stored(stored).expect("our own");
    let (mut held, mut accepted, mut now) = (0, 0, day(0));
    for step in data.chunks_exact(2).take(16) {
        let before = invite.state();
        match step[0] % 7 {
            0 | 1 => {
                let sealed = answers[usize::from(step[1]) % answers.len()].sealed();
                held += u32::from(take(&mut invite, sealed, &now));
            }
            2 => {
                let done = invite.accept(&KEYS[0], Evidence::default(), &now, &mut rng(step[1]));
                accepted += u32::from(done.is_ok());
                assert_eq!(done.is_ok(), before == State::Answered);
            }
            3 => {
                let done = invite.decline(&KEYS[0], &now, &mut rng(step[1])).is_ok();
                assert_eq!(done, before == State::Answered);
            }
            4 => assert_eq!(invite.revoke().is_ok(), !before.is_final()),
            5 => {
                now = day(step[1] % 20);
                invite.expire(&now);
            }
            _ => invite = Invite::from_stored(&invite.to_stored()).expect("our own"),
        }
        assert!(held <= 1 && accepted <= held);
        assert!(!before.is_final() || invite.state() == before);
    }
}

/// Bytes laid over a good message, so that deeper checks are reached.
fn overlaid(good: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    if let Some((at, over)) = data.split_first_chunk::<2>() {
        let at = usize::from(u16::from_be_bytes(*at)) % bytes.len();
        bytes[at..].iter_mut().zip(over).for_each(|(b, o)| *b ^= o);
    }
    bytes
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let (stored, answers, reply) = &*WORLD;
    match first % 5 {
        0 => {
            let good = answers[0].ticket().bytes();
            let bytes = overlaid(good, rest);
            assert_eq!(ticket::read(&bytes).is_ok(), bytes == good);
        }
        1 => {
            let invite = Invite::from_stored(stored).expect("our own");
            let good = answers[0].sealed();
            let bytes = overlaid(good, rest);
            assert_eq!(invite.open(&bytes).is_ok(), bytes == good);
            assert!(invite.open(rest).is_err());
        }
        2 => {
            let bytes = overlaid(reply, rest);
            assert_eq!(answers[0].finish(&bytes).is_ok(), bytes == *reply);
            assert!(answers[0].finish(rest).is_err());
        }
        3 => steps(rest),
        _ => {
            let invite = StoredInvite {
                public: rest.to_vec(),
                secret: stored.secret.clone(),
            };
            let _ = Invite::from_stored(&invite);
            let mut pending = answers[0].to_stored();
            pending.public = overlaid(&pending.public, rest);
            let _ = Pending::from_stored(&pending);
        }
    }
});
