//! Whether the node answers. One that is halted keeps its connections and says
//! nothing: without this its last words would look like news (UI-1).

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::channel::mpsc as stream;
use kith_api::{ClientError, Request};

use super::{Line, News, Place, say};

/// How long between two questions.
const PAUSE: Duration = Duration::from_secs(3);

/// How long after the last sign of it a node counts as silent: long enough
/// for a busy machine, short enough for a person who waits.
const SILENCE: Duration = Duration::from_secs(10);

/// A sign that the node doesn't hang: it answered, or there is none.
struct Sign;

/// Watches the node of this place, for as long as the program listens.
pub(super) fn begin(place: &Place, news: &stream::Sender<News>) {
    let (signs, seen) = mpsc::sync_channel(1);
    let (place, program) = (place.clone(), news.clone());
    thread::spawn(move || ask(&place, &signs, || !program.is_closed()));
    let news = news.clone();
    thread::spawn(move || watch(&seen, SILENCE, |told| say(&news, told)));
}

/// Asks the node again and again, on one connection: a halted node finds one
/// question when it goes on, not a crowd of them.
fn ask(place: &Place, signs: &mpsc::SyncSender<Sign>, wanted: impl Fn() -> bool) {
    let mut line = Line::to(place);
    while wanted() {
        let result = line.ask(Request::Status);
        // One that takes a connection and doesn't greet has given no sign.
        let hangs = matches!(result, Err(ClientError::Gone(_)));
        if !hangs && signs.send(Sign).is_err() {
            return;
        }
        thread::sleep(PAUSE);
    }
}

/// Tells when signs stay out, and when they come again.
fn watch(seen: &mpsc::Receiver<Sign>, silence: Duration, say: impl Fn(News) -> bool) {
    loop {
        match seen.recv_timeout(silence) {
            Ok(Sign) => continue,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        if !say(News::Silent) || seen.recv().is_err() || !say(News::Answers) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_stops_answering_is_told_and_so_is_its_return() {
        let (signs, seen) = mpsc::sync_channel(1);
        let (told, heard) = mpsc::sync_channel(4);
        let watching = thread::spawn(move || {
            watch(&seen, Duration::from_millis(20), |n| told.send(n).is_ok());
        });
        let next = || heard.recv_timeout(Duration::from_secs(60)).unwrap();
        signs.send(Sign).unwrap();
        assert!(matches!(next(), News::Silent));
        signs.send(Sign).unwrap();
        assert!(matches!(next(), News::Answers));
        assert!(matches!(next(), News::Silent));
        drop(signs);
        watching.join().unwrap();
        assert!(heard.try_recv().is_err());
    }
}
