//! What the warden says, passed on to whom it is for.

use kith_screen::guard;
use kith_screen::warden::protocol::{Frames, FromWarden, PanicStage, Pause, ProtocolError};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::OwnedReadHalf;

use super::Warden;
use crate::share::desk::WeakShares;
use crate::share::event::ShareId;
use crate::share::inject::SeatNumber;

/// Hears the warden until it can't be heard any more.
pub(super) async fn hear(
    mut from: OwnedReadHalf,
    warden: &Warden,
    desk: &WeakShares,
) -> Option<ProtocolError> {
    let mut frames = Frames::new();
    let mut chunk = [0; 4096];
    loop {
        let n = match from.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => n,
        };
        frames.push(&chunk[..n]);
        loop {
            match frames.take::<FromWarden>() {
                Ok(Some(message)) => heard(warden, desk, message),
                Ok(None) => break,
                Err(error) => return Some(error),
            }
        }
    }
}

fn heard(warden: &Warden, desk: &WeakShares, message: FromWarden) {
    let share = |share: guard::ShareId| ShareId(share.0.into());
    let seat = |viewer: guard::ViewerId| SeatNumber(viewer.0);
    match message {
        FromWarden::Ready => tracing::debug!("the warden guards the screen"),
        FromWarden::Answer(ask, answer) => {
            let asked = warden.outbox().asks.remove(&ask);
            if let Some(asked) = asked {
                asked.answered(desk, answer);
            }
            // It may have been all there was to do.
            warden.news.notify_one();
        }
        FromWarden::Granted(s, viewer) => desk.control_given(share(s), seat(viewer)),
        FromWarden::Ended(s, viewer, why) => {
            tracing::debug!(?why, "control has ended at the screen");
            desk.control_ended(share(s), seat(viewer), why);
        }
        FromWarden::Refused {
            share: s,
            viewer,
            why,
            count,
        } => {
            tracing::debug!(?why, count, "the guard refused input");
            desk.input_refused(share(s), seat(viewer), why.told(), count);
        }
        // What is handed over counts as such already.
        FromWarden::Acting(..) => {}
        FromWarden::Local(pause) => desk.paused(pause == Pause::Paused),
        FromWarden::Panic(PanicStage::Control) => desk.panic_key(),
        FromWarden::Panic(PanicStage::Everything) => desk.panic_everything(),
        FromWarden::Stop(s) => desk.stop_button(share(s)),
        FromWarden::Gone(s) => desk.windows_gone(share(s)),
        FromWarden::Choose {
            share: s,
            window,
            change,
        } => desk.choose(share(s), window, change),
        FromWarden::SendAway(s, viewer) => desk.send_away(share(s), seat(viewer)),
        FromWarden::Barred(s, bar) => warden.barred(share(s), bar),
        FromWarden::Place(s, part) => desk.place(share(s), part),
    }
}
