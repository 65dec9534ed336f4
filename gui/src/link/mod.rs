//! The connection to the node: threads that speak `kith-api`, seen by the
//! program as a stream of news and a handle for orders.
//!
//! One thread keeps the connection and reads events; one asks what must stay
//! in order; whatever may take long, and whatever ends a share, is asked on a
//! connection of its own and never waits behind anything. Two more watch
//! whether the node answers at all.

mod start;
mod watch;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use futures::SinkExt as _;
use futures::channel::mpsc as stream;
use futures::executor::block_on;
use kith_api::{ApiError, Client, ClientError, Code, Event, HangUp, Reply, Request, Secret, place};

pub(crate) use start::Place;

use crate::state::{Begin, Tag};

const SOFTWARE: &str = concat!("kith-gui ", env!("CARGO_PKG_VERSION"));

/// How long between two looks whether a node is there again.
const PAUSE: Duration = Duration::from_millis(400);

/// How much news waits for the window; then the threads wait.
const NEWS: usize = 1024;
/// How many requests in order wait for the node; beyond that they fail.
const ORDERS: usize = 256;

/// What the program learns.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// The link is there and takes orders.
    Ready(Handle),
    /// There is no profile here yet.
    NoProfile,
    /// The profile needs its passphrase; whether one was given and is wrong.
    NeedsPassphrase {
        /// The one just given doesn't fit.
        wrong: bool,
    },
    /// A node is being started.
    Starting,
    /// A node is there, and events follow.
    Connected,
    /// With the profile a recovery sheet was written, here.
    Printed(PathBuf),
    /// The node has gone.
    Lost,
    /// The node is there and doesn't answer.
    Silent,
    /// It answers again.
    Answers,
    /// It can't be started or spoken to; why, in words.
    Failed(String),
    /// The program that starts it refused, with a code.
    Refused(ApiError),
    /// Something changed.
    Event(Box<Event>),
    /// The answer to what was asked.
    Answer(Tag, Box<Result<Reply, ApiError>>),
}

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// After what was asked before.
    InOrder,
    /// At once, beside everything else.
    Aside,
    /// The same, until it is taken back ([`Handle::take_back`]). One at a time.
    Revocable,
}

/// What was asked and may be taken back.
#[derive(Debug)]
struct Revocable {
    connection: HangUp,
    taken_back: AtomicBool,
}

/// What the program wants of the link.
#[derive(Debug)]
enum Order {
    /// Make a profile and run it.
    Create(Begin),
    /// Run the profile that is there.
    Run { passphrase: Option<Secret> },
}

/// Takes orders.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    orders: mpsc::SyncSender<Order>,
    asks: mpsc::SyncSender<(Tag, Request)>,
    news: stream::Sender<News>,
    place: Place,
    revocable: Arc<Mutex<Option<Arc<Revocable>>>>,
}

impl Handle {
    /// Makes a profile and runs it.
    pub(crate) fn create(&self, begin: Begin) {
        let _ = self.orders.try_send(Order::Create(begin));
    }

    /// Runs the profile.
    pub(crate) fn run(&self, passphrase: Option<Secret>) {
        let _ = self.orders.try_send(Order::Run { passphrase });
    }

    /// Asks the node; the answer comes as news with the same tag.
    pub(crate) fn ask(&self, lane: Lane, tag: Tag, request: Request) {
        match lane {
            Lane::InOrder => {
                if let Err(mpsc::TrySendError::Full((tag, _))) = self.asks.try_send((tag, request))
                {
                    let news = self.news.clone();
                    let error = ApiError::new(Code::TooMuch, "the node is too slow to follow");
                    thread::spawn(move || answer(&news, tag, Err(error.into())));
                }
            }
            Lane::Aside => {
                let (news, place) = (self.news.clone(), self.place.clone());
                thread::spawn(move || {
                    let result = connect(&place).and_then(|mut c| c.ask(request));
                    answer(&news, tag, result);
                });
            }
            Lane::Revocable => {
                let handle = self.clone();
                thread::spawn(move || handle.ask_revocably(tag, request));
            }
        }
    }

    fn ask_revocably(&self, tag: Tag, request: Request) {
        let connected = connect(&self.place).and_then(|client| {
            let connection = client.hang_up().map_err(ClientError::NotRunning)?;
            Ok((client, connection))
        });
        let (mut client, connection) = match connected {
            Ok(both) => both,
            Err(error) => return answer(&self.news, tag, Err(error)),
        };
        let taken_back = AtomicBool::new(false);
        let asked = Arc::new(Revocable {
            connection,
            taken_back,
        });
        *self.revocable() = Some(Arc::clone(&asked));
        let result = client.ask(request);
        asked.connection.now();
        if !asked.taken_back.load(Ordering::Relaxed) {
            answer(&self.news, tag, result);
        }
    }

    /// Takes back what was asked so and isn't answered yet.
    pub(crate) fn take_back(&self) {
        if let Some(asked) = self.revocable().take() {
            asked.taken_back.store(true, Ordering::Relaxed);
            asked.connection.now();
        }
    }

    fn revocable(&self) -> MutexGuard<'_, Option<Arc<Revocable>>> {
        // One value is put there or taken: nothing is half done.
        self.revocable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a link: its news.
pub(crate) fn begin(place: &Place) -> stream::Receiver<News> {
    let (news, stream) = stream::channel(NEWS);
    let (orders, ordered) = mpsc::sync_channel(ORDERS);
    let (asks, asked) = mpsc::sync_channel(ORDERS);
    let handle = Handle {
        orders,
        asks,
        news: news.clone(),
        place: place.clone(),
        revocable: Arc::default(),
    };
    say(&news, News::Ready(handle));
    let asker = (place.clone(), news.clone());
    thread::spawn(move || ask_in_order(&asker.0, &asker.1, &asked));
    watch::begin(place, &news);
    let place = place.clone();
    thread::spawn(move || keep(&place, &news, &ordered));
    stream
}

/// Tells the program; whether it is still there. Waits while it is busy.
fn say(news: &stream::Sender<News>, told: News) -> bool {
    block_on(news.clone().send(told)).is_ok()
}

fn connect(place: &Place) -> Result<Client, ClientError> {
    Client::connect(&place.socket(), SOFTWARE)
}

fn answer(news: &stream::Sender<News>, tag: Tag, result: Result<Reply, ClientError>) {
    let result = result.map_err(|error| match error {
        ClientError::Refused(error) => error,
        // Nobody was there to put it into words: the program does.
        ClientError::NotRunning(_) | ClientError::Closed => ApiError::new(Code::Unreachable, ""),
        ClientError::OthersProfile => ApiError::new(Code::Denied, error.to_string()),
        ClientError::Version { .. } => ApiError::new(Code::Version, error.to_string()),
        ClientError::Gone(_) => ApiError::new(Code::Internal, error.to_string()),
    });
    say(news, News::Answer(tag, Box::new(result)));
}

/// One request after the other, on a connection that is kept.
fn ask_in_order(
    place: &Place,
    news: &stream::Sender<News>,
    asked: &mpsc::Receiver<(Tag, Request)>,
) {
    let mut line = Line::to(place);
    while let Ok((tag, request)) = asked.recv() {
        answer(news, tag, line.ask(request));
    }
}

/// A connection that is kept, and made anew when it was lost.
struct Line<'a> {
    place: &'a Place,
    kept: Option<Client>,
}

impl<'a> Line<'a> {
    const fn to(place: &'a Place) -> Self {
        Self { place, kept: None }
    }

    fn ask(&mut self, request: Request) -> Result<Reply, ClientError> {
        let mut client = match self.kept.take() {
            Some(client) => client,
            None => connect(self.place)?,
        };
        let result = client.ask(request);
        if matches!(result, Ok(_) | Err(ClientError::Refused(_))) {
            self.kept = Some(client);
        }
        result
    }
}

/// Keeps a connection for events, and starts the node where that is wanted.
fn keep(place: &Place, news: &stream::Sender<News>, orders: &mpsc::Receiver<Order>) {
    let say = |n: News| say(news, n);
    // What to do when no node runs: at first, start it without a passphrase;
    // later, what the person says.
    let mut next = Some(Order::Run { passphrase: None });
    // It was said that the node is locked: what is typed meanwhile stays.
    let mut locked = false;
    loop {
        match connect(place).and_then(Client::subscribe) {
            Ok(events) => {
                if !say(News::Connected) {
                    return;
                }
                locked = false;
                for event in events {
                    if !say(News::Event(Box::new(event))) {
                        return;
                    }
                }
                // A node that was told to stop stays stopped; one that comes
                // back by itself is found.
                next = None;
                if !say(News::Lost) {
                    return;
                }
                continue;
            }
            Err(ClientError::NotRunning(_)) => locked = false,
            // Opened here or elsewhere, it is there on the next try.
            Err(ClientError::Refused(error)) if error.code == Code::Locked => {
                next = None;
                let asked = connect(place).and_then(|mut c| c.ask(Request::Status));
                if let (false, Ok(Reply::Status(status))) = (locked, asked) {
                    locked = true;
                    if !say(News::Event(Box::new(Event::Status(status)))) {
                        return;
                    }
                }
            }
            Err(error) => {
                if !say(News::Failed(error.to_string())) {
                    return;
                }
                next = None;
            }
        }
        let order = match next.take() {
            Some(Order::Run { .. }) if !place::has_profile(place.folder()) => {
                say(News::NoProfile);
                continue;
            }
            Some(order) => order,
            None => match orders.recv_timeout(PAUSE) {
                Ok(order) => order,
                Err(mpsc::RecvTimeoutError::Timeout) if !news.is_closed() => continue,
                Err(_) => return,
            },
        };
        say(News::Starting);
        let given = matches!(
            order,
            Order::Create(_)
                | Order::Run {
                    passphrase: Some(_)
                }
        );
        let started = match order {
            Order::Create(begin) => place.create(&begin).and_then(|sheet| {
                if let Some(path) = sheet {
                    say(News::Printed(path));
                }
                place.run(begin.passphrase())
            }),
            Order::Run { passphrase } => place.run(passphrase.as_ref()),
        };
        match started {
            Ok(()) => {}
            Err(start::Fault::Passphrase) => {
                say(News::NeedsPassphrase { wrong: given });
            }
            Err(start::Fault::Refused(error)) => {
                say(News::Refused(error));
            }
            Err(fault) => {
                say(News::Failed(fault.to_string()));
            }
        }
    }
}

/// The place that the command line names.
///
/// # Errors
/// There is no such place.
pub(crate) fn at(profile: &std::path::Path) -> Result<Place, place::PlaceError> {
    let program = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name("kith"))
        .filter(|beside| beside.exists())
        .unwrap_or_else(|| PathBuf::from("kith"));
    Ok(Place::new(place::folder(profile)?, program))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use kith_api::wire::{self, Ask, Greeting};

    use super::*;

    /// What is taken back ends at the node, and is never answered.
    #[test]
    fn what_is_taken_back_is_gone_at_the_node() {
        let name = format!("kith-gui-revocable-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let place = Place::new(folder.clone(), PathBuf::new());
        std::fs::create_dir_all(place.socket().parent().unwrap()).unwrap();
        let node = UnixListener::bind(place.socket()).unwrap();
        let (news, mut told) = stream::channel(1);
        let handle = Handle {
            orders: mpsc::sync_channel(1).0,
            asks: mpsc::sync_channel(1).0,
            news: news.clone(),
            place,
            revocable: Arc::default(),
        };
        // Nothing is there to be taken back.
        handle.take_back();
        handle.ask(Lane::Revocable, Tag::Windows, Request::Status);
        let mut face = node.accept().unwrap().0;
        let _: Option<Greeting> = wire::read(&mut face).unwrap();
        wire::write(&mut face, &Greeting::of("a node")).unwrap();
        let asked: Option<Ask> = wire::read(&mut face).unwrap();
        assert_eq!(asked.unwrap().request, Request::Status);
        handle.take_back();
        assert!(wire::read::<Ask>(&mut face).unwrap().is_none());
        std::fs::remove_dir_all(folder).unwrap();
        drop((handle, news));
        // When nobody can say anything more, nothing was said.
        let said = block_on(futures::StreamExt::next(&mut told));
        assert!(said.is_none(), "{said:?}");
    }
}
