//! What goes between the sharer's streams and the window that shows the picture.

use kith_codec::time::Micros;
use kith_view::local::{self, FromNode};
use tokio::io::ReadHalf;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::super::event::Ending;
use super::super::face::{FaceReader, FaceWriter, Said};
use super::super::gauge::Gauge;
use super::super::speak::Voice;
use super::super::wire::{Piece, PieceReader, ReadEnd, WireFault};
use super::super::{HEARTBEAT, QUIET};
use super::Out;
use crate::swarm::Stream;

/// Tells the window what it is to be told.
pub(super) async fn pass_orders(orders: &mut mpsc::Receiver<FromNode>, face: &FaceWriter) -> Out {
    while let Some(order) = orders.recv().await {
        if face.tell(&order).await.is_err() {
            return Out::Over(Ending::Window);
        }
    }
    std::future::pending().await
}

/// Hears the control lane.
pub(super) async fn hear(
    from: &mut PieceReader<ReadHalf<Stream>>,
    face: &FaceWriter,
    gauge: &Gauge,
    kind: local::PathKind,
) -> Out {
    loop {
        match timeout(QUIET, from.next()).await {
            Ok(Ok(Piece::Data(bytes))) => {
                gauge.arrived(bytes.len());
                if face.control(bytes).await.is_err() {
                    return Out::Over(Ending::Window);
                }
            }
            Ok(Ok(Piece::Echo(number))) => {
                if let Some(trip) = gauge.echo(number, Instant::now().into_std()) {
                    let micros = u64::try_from(trip.as_micros()).unwrap_or(u64::MAX);
                    let round_trip = Micros(micros);
                    let path = FromNode::Path { kind, round_trip };
                    if face.tell(&path).await.is_err() {
                        return Out::Over(Ending::Window);
                    }
                }
            }
            Ok(Ok(Piece::Beat(_))) => {}
            Ok(Ok(Piece::Bye(bye))) => return Out::Over(Ending::There(bye)),
            Ok(Err(ReadEnd::Gone(_))) | Err(_) => return Out::Lost,
            Ok(Err(ReadEnd::Fault(fault))) => return misbehaved(fault),
        }
    }
}

/// Takes the picture lane.
pub(super) async fn look(from: &mut PieceReader<Stream>, face: &FaceWriter, gauge: &Gauge) -> Out {
    loop {
        match timeout(QUIET, from.next()).await {
            Ok(Ok(Piece::Data(bytes))) => {
                gauge.arrived(bytes.len());
                if face.picture(bytes).await.is_err() {
                    return Out::Over(Ending::Window);
                }
            }
            Ok(Ok(Piece::Beat(_))) => {}
            Ok(Ok(Piece::Echo(_))) => return misbehaved(WireFault::Misplaced(2)),
            Ok(Ok(Piece::Bye(_))) => return misbehaved(WireFault::Misplaced(3)),
            Ok(Err(ReadEnd::Gone(_))) | Err(_) => return Out::Lost,
            Ok(Err(ReadEnd::Fault(fault))) => return misbehaved(fault),
        }
    }
}

fn misbehaved(fault: WireFault) -> Out {
    tracing::debug!(%fault, "a sharer misbehaved");
    Out::Over(Ending::PeerFault)
}

/// Passes on what the window says, and gives a sign of life each second. What
/// may wait goes with either. Each update is acknowledged once, be it late.
pub(super) async fn talk(
    to: &mut Voice,
    window: &mut FaceReader,
    gauge: &Gauge,
    shown: impl AsyncFn(),
) -> Out {
    let mut beat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beats = 0u32;
    let mut late: Option<Vec<u8>> = None;
    let mut greeted = false;
    loop {
        tokio::select! {
            biased;
            _ = beat.tick() => {
                beats = beats.wrapping_add(1);
                to.data(&late.take().unwrap_or_default(), &[]);
                to.push(Piece::Beat(beats));
                gauge.beat(beats, Instant::now().into_std());
            }
            said = window.next() => match said {
                Ok(Said::Control(bytes)) => {
                    to.data(&late.take().unwrap_or_default(), &bytes);
                    // Its greeting comes first.
                    if !std::mem::replace(&mut greeted, true) {
                        shown().await;
                    }
                }
                Ok(Said::Painted(bytes)) => {
                    gauge.painted();
                    to.data(&late.take().unwrap_or_default(), &bytes);
                }
                Ok(Said::Late(bytes)) => {
                    gauge.painted();
                    late = Some(bytes);
                    continue;
                }
                Ok(Said::Refused) => return Out::Over(Ending::PeerFault),
                // Of trials alone: this is none.
                Ok(Said::Seen(_)) => return Out::Over(Ending::Window),
                Err(error) => {
                    tracing::debug!(%error, "a window is gone");
                    return Out::Over(Ending::Window);
                }
            },
        }
        if to.flush().await.is_err() {
            return Out::Lost;
        }
    }
}
