//! A machine that is about to sleep (ID-7). logind needs a whole system around
//! it: here something stands for it, on a bus of its own, that does what its
//! documentation says.
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test
#![allow(missing_docs, reason = "the bus library makes a trait without words")]

use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd as Fd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;

use kith_api::{LockState, Reply, Request};
use kith_tests::{Bus, PATIENCE, Person, Scratch};
use tokio::runtime::Runtime;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedFd;

const PATH: &str = "/org/freedesktop/login1";

/// Who asked to be waited for: why, how, and what closes when they are done.
type Asked = (String, String, UnixStream);

struct Logind(mpsc::SyncSender<Asked>);

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    /// Whoever asks wants to be waited for, as long as what it gets is open.
    #[allow(clippy::needless_pass_by_value, reason = "so it comes from the bus")]
    fn inhibit(&self, what: String, _who: &str, _why: &str, mode: String) -> OwnedFd {
        let (ours, theirs) = UnixStream::pair().unwrap();
        self.0.send((what, mode, ours)).unwrap();
        Fd::from(theirs).into()
    }

    /// The machine is about to sleep, or awake again.
    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;
}

/// A machine that can sleep.
struct Machine {
    runtime: Runtime,
    bus: zbus::Connection,
    asked: mpsc::Receiver<Asked>,
}

impl Machine {
    fn new(bus: &Bus) -> Self {
        let (to, asked) = mpsc::sync_channel(1);
        let runtime = Runtime::new().unwrap();
        let bus = runtime.block_on(async {
            zbus::connection::Builder::address(bus.address())
                .unwrap()
                .name("org.freedesktop.login1")
                .unwrap()
                .serve_at(PATH, Logind(to))
                .unwrap()
                .build()
                .await
                .unwrap()
        });
        Self {
            runtime,
            bus,
            asked,
        }
    }

    /// Waits until a node asks to be waited for.
    fn is_asked(&self) -> UnixStream {
        let (what, mode, held) = self.asked.recv_timeout(PATIENCE).unwrap();
        assert_eq!((&*what, &*mode), ("sleep", "delay"));
        held.set_read_timeout(Some(PATIENCE)).unwrap();
        held
    }

    fn tell(&self, sleeps: bool) {
        let emitter = SignalEmitter::new(&self.bus, PATH).unwrap();
        let told = Logind::prepare_for_sleep(&emitter, sleeps);
        self.runtime.block_on(told).unwrap();
    }

    /// Goes to sleep as soon as nobody wants to be waited for.
    fn sleeps(&self, mut held: UnixStream) {
        self.tell(true);
        assert_eq!(held.read(&mut [0]).unwrap(), 0);
    }
}

fn lock_state(person: &mut Person) -> LockState {
    match person.ask(Request::Status) {
        Reply::Status(s) => s.lock,
        other => panic!("{other:?}"),
    }
}

/// What has a passphrase is locked before the machine sleeps, unless its person
/// wants it otherwise.
#[test]
fn a_profile_is_locked_before_the_machine_sleeps() {
    let folder = Scratch::new("suspend");
    let bus = Bus::begin(folder.path());
    let machine = Machine::new(&bus);
    let words = folder.path().join("words");
    fs::write(&words, "four unusual words here\n").unwrap();
    let mut anna = Person::guarded("Anna", folder.path(), &words);
    anna.has_system_bus(&bus);
    anna.up();
    machine.sleeps(machine.is_asked());
    assert_eq!(lock_state(&mut anna), LockState::Locked);
    machine.tell(false);
    // It asks anew, for the next time.
    let held = machine.is_asked();
    anna.kith(&["lock", "--open", "--passphrase-file"])
        .arg(&words)
        .ok();
    anna.kith(&["config", "lock-on-suspend", "off"]).ok();
    machine.sleeps(held);
    assert_eq!(lock_state(&mut anna), LockState::Open);
    anna.kith(&["config", "lock-on-suspend", "on"]).ok();
    machine.tell(false);
    machine.sleeps(machine.is_asked());
    assert_eq!(lock_state(&mut anna), LockState::Locked);
    // Without logind nothing is told, and nothing else is different.
    drop((machine, bus));
    anna.kith(&["lock", "--open", "--passphrase-file"])
        .arg(&words)
        .ok();
    assert_eq!(lock_state(&mut anna), LockState::Open);
}
