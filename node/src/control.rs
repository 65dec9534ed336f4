//! The local socket (UI-3, rule R8): faces come in here, and only those of
//! our own user.
//!
//! A connection is a task that reads requests and hands them to the node one
//! by one; replies and events go out through a bounded queue. A face that
//! doesn't read its events is disconnected, never waited for.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kith_api::wire::{self, Ask, FrameError, Greeting, Tell};
use kith_api::{ApiError, Code, Event, Reply, Request};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};

use crate::share::{Held, OwnProcesses};

/// How many faces may be connected at once.
const FACES_MAX: usize = 64;
/// How many may have connected and not greeted. Beyond that the oldest is
/// disconnected: whoever greets at once always gets an answer.
const SILENT_MAX: usize = 128;
/// How long a greeting may take.
const GREETING: Duration = Duration::from_secs(5);
/// How many messages may wait for one face. Beyond that it is disconnected.
const OUTBOX: usize = 4096;
/// The longest path of a Unix socket on Linux, less its final zero.
pub(crate) const SOCKET_PATH_MAX: usize = 107;

/// What a face wants of the node, with the way back.
#[derive(Debug)]
pub enum Call {
    /// A request; it is answered once.
    Ask {
        /// What is asked.
        request: Request,
        /// Where the answer goes.
        answer: oneshot::Sender<Result<Reply, ApiError>>,
        /// Where it is told that the answer takes a person.
        waits: EventSink,
    },
    /// A face wants events from now on.
    Subscribe {
        /// Where they go. Full means: drop it.
        events: EventSink,
        /// Tells the face that it is subscribed.
        answer: oneshot::Sender<Result<Reply, ApiError>>,
    },
}

/// Where a subscriber's events go.
#[derive(Debug, Clone)]
pub struct EventSink(mpsc::Sender<Tell>);

/// The subscriber is gone, or reads too slowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the subscriber is gone")]
pub struct SubscriberGone;

impl EventSink {
    /// Hands an event over without waiting.
    ///
    /// # Errors
    /// The subscriber is gone or has fallen too far behind: forget it.
    pub fn send(&self, event: Event) -> Result<(), SubscriberGone> {
        self.0
            .try_send(Tell::Event(event))
            .map_err(|_| SubscriberGone)
    }
}

/// Why the socket can't be opened.
#[derive(Debug, Error)]
pub enum ControlError {
    /// The profile's folder lies too deep for a socket.
    #[error("the path {0} is too long for a socket: put the profile at a shorter path")]
    PathTooLong(PathBuf),
    /// The system refuses.
    #[error("the socket {path} can't be opened: {source}")]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The open socket. Its file goes when this is dropped.
#[derive(Debug)]
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Opens the socket at `path`. The caller has claimed the profile, so a
    /// file that lies there is what a crash left, and is replaced.
    ///
    /// # Errors
    /// The path is too long, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, ControlError> {
        if path.as_os_str().len() > SOCKET_PATH_MAX {
            return Err(ControlError::PathTooLong(path.to_owned()));
        }
        let open = || {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let listener = UnixListener::bind(path)?;
            // The folder is 0700 already; this is the second bolt.
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        };
        open()
            .map(|listener| Self {
                listener,
                path: path.to_owned(),
            })
            .map_err(|source| ControlError::Io {
                path: path.to_owned(),
                source,
            })
    }

    /// Serves faces until the node drops the receiver of `calls` or the
    /// future is dropped.
    pub async fn serve(self, calls: mpsc::Sender<Call>, own: OwnProcesses) {
        let (mut silent, mut oldest) = (JoinSet::new(), VecDeque::new());
        let mut faces = JoinSet::new();
        loop {
            tokio::select! {
                () = calls.closed() => return,
                Some(_) = faces.join_next() => {}
                Some(greeted) = silent.join_next() => {
                    oldest.retain(|task: &AbortHandle| !task.is_finished());
                    let Ok(Some(greeted)) = greeted else { continue };
                    match refusal(&greeted, faces.len()) {
                        Some(why) => greeted.refuse(why),
                        None => drop(faces.spawn(face(greeted, calls.clone()))),
                    }
                }
                accepted = self.listener.accept() => {
                    let Ok((stream, _)) = accepted else {
                        // Too many files are open: until one is closed.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    };
                    // Before it learns anything: its windows are ours.
                    let own_user = is_own_user(&stream);
                    let held = process(&stream).filter(|_| own_user).map(|id| own.hold(id));
                    if oldest.len() >= SILENT_MAX && let Some(first) = oldest.pop_front() {
                        first.abort();
                    }
                    oldest.push_back(silent.spawn(greet(stream, held)));
                }
            }
        }
    }
}

/// A face that has greeted.
#[derive(Debug)]
struct Greeted {
    stream: UnixStream,
    api: u32,
    held: Option<Held>,
}

impl Greeted {
    /// Says why it isn't served. A few hundred bytes fit what the system holds
    /// of a connection on which nothing was said.
    fn refuse(self, why: ApiError) {
        let refused = Some(why);
        let frame = wire::frame(&Greeting {
            refused,
            ..greeting()
        });
        if let Ok(frame) = frame {
            let _ = self.stream.try_write(&frame);
        }
    }
}

async fn greet(mut stream: UnixStream, held: Option<Held>) -> Option<Greeted> {
    let read = tokio::time::timeout(GREETING, read::<Greeting>(&mut stream));
    let theirs = read.await.ok()?.ok()??;
    let api = theirs.api;
    Some(Greeted { stream, api, held })
}

fn greeting() -> Greeting {
    Greeting::of(concat!("kith ", env!("CARGO_PKG_VERSION")))
}

/// Why a face isn't served, where `faces` are.
fn refusal(greeted: &Greeted, faces: usize) -> Option<ApiError> {
    if !is_own_user(&greeted.stream) {
        let why = "this profile belongs to another user of this machine";
        return Some(ApiError::new(Code::Denied, why).hint("run it as that user"));
    }
    (faces >= FACES_MAX).then(|| {
        let why = format!("{FACES_MAX} programs are connected to this node already");
        ApiError::new(Code::TooMuch, why).hint("close one of them")
    })
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn is_own_user(stream: &UnixStream) -> bool {
    stream
        .peer_cred()
        .is_ok_and(|c| c.uid() == rustix::process::geteuid().as_raw())
}

/// Who that is, as the system knows.
fn process(stream: &UnixStream) -> Option<u32> {
    let pid = stream.peer_cred().ok()?.pid()?;
    u32::try_from(pid).ok()
}

async fn face(greeted: Greeted, calls: mpsc::Sender<Call>) {
    let (from, to) = greeted.stream.into_split();
    let (out, outbox) = mpsc::channel(OUTBOX);
    let writer = tokio::spawn(write_all(to, greeting(), outbox));
    if greeted.api == wire::VERSION {
        requests(from, &calls, &out).await;
    }
    drop(out);
    let _ = writer.await;
    drop(greeted.held);
}

/// Reads requests until the face leaves or stops listening. Nobody waits for
/// what is unanswered then, and whoever would answer sees that.
async fn requests(mut from: OwnedReadHalf, calls: &mpsc::Sender<Call>, out: &mpsc::Sender<Tell>) {
    let mut answers = JoinSet::new();
    loop {
        while answers.try_join_next().is_some() {}
        let ask = tokio::select! {
            // The writer is gone: the face reads no more.
            () = out.closed() => return,
            ask = read::<Ask>(&mut from) => ask,
        };
        let Ok(Some(Ask { id, request })) = ask else {
            return;
        };
        let (answer, answered) = oneshot::channel();
        let call = match request {
            Request::Subscribe => Call::Subscribe {
                events: EventSink(out.clone()),
                answer,
            },
            request => Call::Ask {
                request,
                answer,
                waits: EventSink(out.clone()),
            },
        };
        if calls.send(call).await.is_err() {
            return;
        }
        // A long request (fetching a file) doesn't hold up the next one.
        let out = out.clone();
        answers.spawn(async move {
            let result = answered
                .await
                .unwrap_or_else(|_| Err(ApiError::new(Code::Internal, "the node is stopping")));
            let _ = out.send(Tell::Reply { id, result }).await;
        });
    }
}

async fn read<T: serde::de::DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
) -> Result<Option<T>, FrameError> {
    let mut head = [0; 4];
    if from.read(&mut head[..1]).await? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut head[1..]).await?;
    let len = wire::length(head)?;
    let mut content = wire::room(len);
    from.take(len as u64).read_to_end(&mut content).await?;
    if content.len() < len {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    wire::parse(&content).map(Some)
}

async fn write_all(mut to: OwnedWriteHalf, greeting: Greeting, mut outbox: mpsc::Receiver<Tell>) {
    let Ok(frame) = wire::frame(&greeting) else {
        return;
    };
    if to.write_all(&frame).await.is_err() {
        return;
    }
    while let Some(tell) = outbox.recv().await {
        let frame = wire::frame(&tell).or_else(|e| {
            let Tell::Reply { id, .. } = tell else {
                return Err(e);
            };
            let result = Err(ApiError::new(Code::TooMuch, e.to_string()));
            wire::frame(&Tell::Reply { id, result })
        });
        let Ok(frame) = frame else { continue };
        if to.write_all(&frame).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_api::{Client, ClientError};
    use std::io::Write as _;

    fn open() -> (tempfile::TempDir, PathBuf, mpsc::Receiver<Call>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let control = Control::open(&path).unwrap();
        let (calls, inbox) = mpsc::channel(4);
        tokio::spawn(control.serve(calls, OwnProcesses::default()));
        (dir, path, inbox)
    }

    /// A node that answers everything with `Done` and sends three events to
    /// each subscriber.
    async fn answer(mut inbox: mpsc::Receiver<Call>) {
        while let Some(call) = inbox.recv().await {
            match call {
                Call::Ask { answer, .. } => drop(answer.send(Ok(Reply::Done))),
                Call::Subscribe { events, answer } => {
                    let _ = answer.send(Ok(Reply::Done));
                    for n in 0..3 {
                        let room = kith_proto::id::RoomId::from_bytes([n; 32]);
                        let room = kith_api::RoomRef {
                            id: room,
                            title: "r".into(),
                        };
                        let _ = events.send(Event::Typing {
                            room,
                            name: "n".into(),
                        });
                    }
                }
            }
        }
    }

    /// See the next test: does nothing unless it was started by it.
    #[test]
    fn a_face() {
        let Ok(path) = std::env::var("KITH_TEST_SOCKET") else {
            return;
        };
        let _client = Client::connect(path.as_ref(), "a test").unwrap();
        let _ = io::stdin().lines().next();
    }

    /// What a face shows is nobody else's business, so that node knows it is
    /// one before it says anything (GUARD-3).
    #[tokio::test]
    async fn who_is_connected_is_kiths_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let control = Control::open(&path).unwrap();
        let (calls, inbox) = mpsc::channel(4);
        let own = OwnProcesses::default();
        tokio::spawn(control.serve(calls, own.clone()));
        tokio::spawn(answer(inbox));
        let (to, told) = mpsc::channel(4);
        let _listening = own.listen(move |ids| drop(to.try_send(ids.clone())));
        let mut face = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "control::tests::a_face"])
            .env("KITH_TEST_SOCKET", &path)
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let id = face.id();
        let mut told = told;
        while !told.recv().await.unwrap().contains(&id) {}
        drop(face.stdin.take());
        face.wait().unwrap();
    }

    async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
        tokio::task::spawn_blocking(f).await.unwrap()
    }

    #[tokio::test]
    async fn requests_are_answered_and_events_arrive_in_order() {
        let (_dir, path, inbox) = open();
        tokio::spawn(answer(inbox));
        let seen = blocking(move || {
            let mut client = Client::connect(&path, "test").unwrap();
            assert_eq!(client.ask(Request::Status).unwrap(), Reply::Done);
            client.subscribe().unwrap().take(3).collect::<Vec<_>>()
        })
        .await;
        let firsts: Vec<u8> = seen
            .iter()
            .map(|e| match e {
                Event::Typing { room, .. } => room.id.as_bytes()[0],
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(firsts, [0, 1, 2]);
    }

    #[tokio::test]
    async fn the_socket_is_for_its_owner_only_and_goes_with_the_node() {
        let (_dir, path, inbox) = open();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        drop(inbox);
        let gone = path.clone();
        // The server notices that the node is gone by itself.
        blocking(move || {
            while gone.exists() {
                std::thread::yield_now()
            }
        })
        .await;
        let refused = blocking(move || Client::connect(&path, "test").map(|_| ())).await;
        assert!(matches!(refused, Err(ClientError::NotRunning(_))));
    }

    #[tokio::test]
    async fn another_version_and_junk_are_refused_without_harm() {
        let (_dir, path, inbox) = open();
        tokio::spawn(answer(inbox));
        let done = blocking(move || {
            let mut old = std::os::unix::net::UnixStream::connect(&path).unwrap();
            wire::write(
                &mut old,
                &Greeting {
                    api: 999,
                    ..Greeting::of("old")
                },
            )
            .unwrap();
            let theirs: Greeting = wire::read(&mut old).unwrap().unwrap();
            assert_eq!(theirs.api, wire::VERSION);
            assert!(
                wire::read::<Tell>(&mut old).unwrap().is_none(),
                "it is closed"
            );

            let mut junk = std::os::unix::net::UnixStream::connect(&path).unwrap();
            junk.write_all(&[0xff; 64]).unwrap();
            let mut client = Client::connect(&path, "test").unwrap();
            client.ask(Request::Status).unwrap()
        })
        .await;
        assert_eq!(done, Reply::Done);
    }

    /// R7: whoever connects and says nothing keeps nobody out, and where all
    /// places are taken, that is said.
    #[tokio::test]
    async fn idle_connections_keep_nobody_out_and_full_is_said() {
        let (_dir, path, inbox) = open();
        tokio::spawn(answer(inbox));
        let refused = blocking(move || {
            let connect = || std::os::unix::net::UnixStream::connect(&path).unwrap();
            let _idle: Vec<_> = (0..3 * SILENT_MAX).map(|_| connect()).collect();
            let face = || Client::connect(&path, "test");
            let mut faces: Vec<_> = (0..FACES_MAX).map(|_| face().unwrap()).collect();
            assert_eq!(faces[0].ask(Request::Status).unwrap(), Reply::Done);
            let refused = face().map(|_| ());
            faces.pop();
            // The node notices by itself.
            while face().is_err() {
                std::thread::yield_now();
            }
            refused
        })
        .await;
        match refused {
            Err(ClientError::Refused(e)) => assert_eq!(e.code, Code::TooMuch),
            other => panic!("{other:?}"),
        }
    }

    /// GUARD-9: nobody at the screen is asked about a command whose face is
    /// gone.
    #[tokio::test]
    async fn who_has_left_is_seen_not_to_wait() {
        let (_dir, path, mut inbox) = open();
        let (left, leaves) = oneshot::channel::<()>();
        let face = tokio::task::spawn_blocking(move || {
            let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
            let greeting = Greeting::of("test");
            wire::write(&mut stream, &greeting).unwrap();
            let _: Greeting = wire::read(&mut stream).unwrap().unwrap();
            let ask = Ask {
                id: 1,
                request: Request::Status,
            };
            wire::write(&mut stream, &ask).unwrap();
            let _ = leaves.blocking_recv();
        });
        let Some(Call::Ask { mut answer, .. }) = inbox.recv().await else {
            panic!("a request");
        };
        assert!(!answer.is_closed());
        left.send(()).unwrap();
        face.await.unwrap();
        answer.closed().await;
    }

    #[test]
    fn a_path_that_is_too_long_is_named() {
        let long = PathBuf::from("/tmp").join("x".repeat(120));
        assert!(matches!(
            Control::open(&long),
            Err(ControlError::PathTooLong(_))
        ));
    }
}
