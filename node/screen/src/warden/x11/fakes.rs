//! Whether a program presses on a person's device (GUARD-9).
//!
//! XTEST lets every program press on any device that it names, and such a press
//! differs in nothing from a hand's. The RECORD extension tells which requests
//! were made. What is known by [`Fakes::count`] is everything that was asked for
//! before: whoever heard of a press, and counts afterwards, has counted what made
//! it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::errors::ReplyError;
use x11rb::protocol::record::{
    self, CS, ConnectionExt as _, EnableContextReply, ExtRange, Range, Range8, Range16,
};
use x11rb::protocol::xtest::{self, ConnectionExt as _};
use x11rb::rust_connection::RustConnection;

use super::ScreenError;

/// The numbers of XTEST's requests.
const GET_VERSION: u8 = 0;
const FAKE_INPUT: u8 = 2;
/// The last number of a core event that can be asked for, and with it of a press
/// on XTEST's own devices: MotionNotify.
const LAST_CORE: u8 = 6;
/// What a recorded request of a client is, of all that is told.
const FROM_CLIENT: u8 = 1;
const START: u8 = 4;
/// How long the X server may take to tell what it has recorded. Longer, and
/// nothing is known.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was recorded so far.
#[derive(Debug, Default)]
struct Recorded {
    /// Requests that named a device.
    fakes: u64,
    /// Our own requests, by which we know how far we have read.
    marks: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Starting,
    Recording,
    Over,
}

type Shared = Arc<(Mutex<Recorded>, Condvar)>;

/// What programs ask XTEST for, recorded.
pub(in super::super) struct Fakes {
    /// Tells the recorder what to do, and makes the marks.
    control: RustConnection,
    context: u32,
    shared: Shared,
    reader: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Fakes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fakes").finish_non_exhaustive()
    }
}

impl Fakes {
    /// Records from now on what programs ask for on the screen named `display`;
    /// `ours`, the warden's connection that injects, is not listened to.
    pub(super) fn record(
        display: Option<&str>,
        ours: &RustConnection,
    ) -> Result<Self, ScreenError> {
        let (control, _) = x11rb::connect(display)?;
        let (data, _) = x11rb::connect(display)?;
        let lacks = ScreenError::Lacks("RECORD");
        if control
            .extension_information(record::X11_EXTENSION_NAME)?
            .is_none()
        {
            return Err(lacks);
        }
        let xtest = control.extension_information(xtest::X11_EXTENSION_NAME)?;
        let xtest = xtest.ok_or(ScreenError::Lacks("XTEST"))?.major_opcode;
        control.record_query_version(1, 13)?.reply()?;
        let context = control.generate_id()?;
        let range = Range {
            ext_requests: ExtRange {
                major: Range8 {
                    first: xtest,
                    last: xtest,
                },
                minor: Range16 {
                    first: GET_VERSION.into(),
                    last: FAKE_INPUT.into(),
                },
            },
            ..Range::default()
        };
        let everybody = [u32::from(u8::from(CS::ALL_CLIENTS))];
        control
            .record_create_context(context, 0, &everybody, &[range])?
            .check()?;
        control
            .record_unregister_clients(context, &[ours.setup().resource_id_base])?
            .check()?;
        let shared = Shared::default();
        let marker = control.setup().resource_id_base;
        let reader = {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("fakes".to_owned())
                .spawn(move || {
                    let _ = read(&data, context, marker, &shared);
                    change(&shared, |r| r.state = State::Over);
                })
                .map_err(|_| ScreenError::Lacks("room for a thread"))?
        };
        let fakes = Self {
            control,
            context,
            shared,
            reader: Some(reader),
        };
        // What is asked for before it begins isn't known.
        match fakes.wait(|r| r.state == State::Recording) {
            Some(_) => Ok(fakes),
            None => Err(lacks),
        }
    }

    /// How often programs have pressed, or tried to, on devices that they named,
    /// with everything that was asked for before this is called. `None`: that
    /// can't be known any more.
    pub(in super::super) fn count(&self) -> Option<u64> {
        let mark = self.lock().marks + 1;
        self.mark().ok()?;
        self.wait(|r| r.marks >= mark)
    }

    fn mark(&self) -> Result<(), ReplyError> {
        self.control.xtest_get_version(2, 2)?.reply().map(drop)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Recorded> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, is_it: impl Fn(&Recorded) -> bool) -> Option<u64> {
        let more = |r: &mut Recorded| r.state != State::Over && !is_it(r);
        let waited = self
            .shared
            .1
            .wait_timeout_while(self.lock(), PATIENCE, more);
        let (recorded, late) = waited.unwrap_or_else(PoisonError::into_inner);
        let known = recorded.state == State::Recording && !late.timed_out();
        known.then_some(recorded.fakes)
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        let ended = self.control.record_disable_context(self.context);
        let ended = ended.is_ok_and(|cookie| cookie.check().is_ok());
        // A server that is gone ends the reading as well.
        if let Some(reader) = self.reader.take().filter(|_| ended) {
            let _ = reader.join();
        }
    }
}

fn change(shared: &Shared, change: impl FnOnce(&mut Recorded)) {
    change(&mut shared.0.lock().unwrap_or_else(PoisonError::into_inner));
    shared.1.notify_all();
}

/// Reads what is recorded, until the server ends it.
fn read(
    data: &RustConnection,
    context: u32,
    marker: u32,
    shared: &Shared,
) -> Result<(), ReplyError> {
    let told = data.record_enable_context(context)?;
    data.flush()?;
    for reply in told {
        let reply = reply?;
        match reply.category {
            START => change(shared, |r| r.state = State::Recording),
            FROM_CLIENT => change(shared, |r| requests(&reply, marker, r)),
            _ => {}
        }
    }
    Ok(())
}

/// Counts the requests that were recorded together.
fn requests(reply: &EnableContextReply, marker: u32, recorded: &mut Recorded) {
    let mut rest = reply.data.as_slice();
    while let [_, minor, a, b, body @ ..] = rest {
        match *minor {
            GET_VERSION if reply.xid_base == marker => recorded.marks += 1,
            FAKE_INPUT if body.first().is_none_or(|kind| *kind > LAST_CORE) => recorded.fakes += 1,
            _ => {}
        }
        let units = match reply.client_swapped {
            true => u16::from_ne_bytes([*b, *a]),
            false => u16::from_ne_bytes([*a, *b]),
        };
        // Of no length, and so of one that doesn't stand there: nothing of this
        // kind is. What can't be read counts.
        match rest.get(usize::from(units.max(1)) * 4..) {
            Some(after) if units > 0 => rest = after,
            _ => {
                recorded.fakes += 1;
                return;
            }
        }
    }
}
