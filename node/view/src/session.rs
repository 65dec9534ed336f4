//! One watched share: bytes from the node in, a picture and news out; input
//! in, bytes to the node out. Sans I/O; time is passed in. Whatever comes from
//! the other side, the worst is that it ends with a reason in plain words.

mod asking;
mod lanes;
mod over;
#[cfg(test)]
mod tests;
mod times;

pub use over::{Fault, Over};

use kith_codec::decoder::{Seen, Viewer};
use kith_codec::geometry::{Rect, Region, Size};
use kith_codec::input::{Actor, Controller, Input, Notice, People, Refusal, Status};
use kith_codec::message::{
    CursorShape, Envelope, HEAD, Hello, LATE_BYTES, LATE_UPDATE, Report, SourceState, ToSharer,
    ToViewer,
};
use kith_codec::picture::Picture;
use kith_codec::time::{Micros, Moment};

use crate::frame::{self, Lane};
use crate::local::{FromNode, FromView, MAX_SEEN, MayAsk, Order, PathKind};
use crate::text::plain;
use lanes::Stream;
use times::Times;

/// Bytes that may wait for the node to read them, before what a viewer does is
/// dropped: thousands of events.
pub const MAX_WAITING: usize = 128 * 1024;

/// Time between two reports of statistics, while there is something to tell.
const REPORT_PERIOD: Micros = Micros::from_millis(5_000);

/// After this time a late acknowledgement has gone: the node sends them with its
/// beat, each second or a little more.
const LATE: Micros = Micros::from_millis(1_250);

/// What happened since [`Session::take_news`] was last called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Where the picture changed.
    pub damage: Region,
    /// The picture has another size, or is the first.
    pub size: bool,
    /// The sharer's pointer moved or looks different.
    pub cursor: bool,
    /// Other areas are grey.
    pub masks: bool,
    /// Something that is told beside the picture changed: control, path,
    /// people, title, state of the source, the end.
    pub told: bool,
    /// Somebody's input takes effect.
    pub activity: Option<Actor>,
    /// Input of ours was dropped.
    pub refused: Option<Refusal>,
    /// The path's round trip is another one.
    pub trip: bool,
    /// What the person wants of the window.
    pub order: Option<Order>,
}

/// Figures for the curious, since the beginning unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Updates painted.
    pub updates: u64,
    /// Bytes of the picture lane.
    pub picture_bytes: u64,
    /// Bytes of the control lane.
    pub control_bytes: u64,
    /// Median time to decode an update, lately.
    pub decode: Micros,
    /// Median time from decoded to painted, lately.
    pub paint: Micros,
    /// Input sent.
    pub inputs: u64,
    /// Input the sharer dropped.
    pub refused: u64,
}

/// An update that is decoded and not painted yet.
#[derive(Clone, Copy, Debug)]
struct Unpainted {
    sequence: u32,
    arrived: Moment,
    decoded: Moment,
    /// Bytes of it and of those before that weren't painted alone, or more.
    bytes: usize,
}

/// One watched share.
#[derive(Debug)]
pub struct Session {
    frames: frame::Reader,
    control: Stream,
    picture: Stream,
    viewer: Option<Viewer>,
    /// What was shown before the path changed, until there is something new.
    before: Option<Viewer>,
    greeted: bool,
    exact: bool,
    unpainted: Option<Unpainted>,
    /// Updates that were acknowledged late and perhaps wait for a beat still:
    /// when, and of how many bytes.
    late: Vec<(Moment, usize)>,
    news: News,
    status: Status,
    may_ask: MayAsk,
    person: String,
    what: String,
    path: PathKind,
    round_trip: Micros,
    controllers: Vec<String>,
    watching: Vec<String>,
    over: Option<Over>,
    out: Vec<u8>,
    counts: Statistics,
    decode_times: Times,
    paint_times: Times,
    reported: Moment,
}

impl Session {
    /// A session that has seen nothing; it has a greeting to send.
    #[must_use]
    pub fn new() -> Self {
        let mut session = Self {
            frames: frame::Reader::new(),
            control: Stream::default(),
            picture: Stream::default(),
            viewer: None,
            before: None,
            greeted: false,
            exact: false,
            unpainted: None,
            late: Vec::new(),
            news: News::default(),
            status: Status::default(),
            may_ask: MayAsk::default(),
            person: String::new(),
            what: String::new(),
            path: PathKind::Unknown,
            round_trip: Micros(0),
            controllers: Vec::new(),
            watching: Vec::new(),
            over: None,
            out: Vec::new(),
            counts: Statistics::default(),
            decode_times: Times::default(),
            paint_times: Times::default(),
            reported: Moment::default(),
        };
        session.begin();
        session
    }

    /// Both lanes begin.
    fn begin(&mut self) {
        self.control = Stream::default();
        self.picture = Stream::default();
        self.greeted = false;
        self.exact = false;
        self.unpainted = None;
        self.late.clear();
        self.status = Status::default();
        match Viewer::new() {
            Ok(viewer) => {
                let last = self.viewer.replace(viewer);
                self.before = last
                    .filter(|v| v.picture().is_some())
                    .or(self.before.take());
            }
            Err(e) => self.end(Over::Fault(Fault::Decode(e.into()))),
        }
        self.say(&ToSharer::Hello(Hello::ours()));
    }

    // What is known.

    /// The picture, once there is one.
    #[must_use]
    pub fn picture(&self) -> Option<&Picture> {
        let now = self.viewer.as_ref().and_then(Viewer::picture);
        now.or_else(|| self.before.as_ref()?.picture())
    }

    /// Its size.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        self.picture().map(Picture::size)
    }

    /// Whether every pixel is that of the source, as the sharer says.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.exact
    }

    /// The sharer's pointer and where it points, unless hidden.
    #[must_use]
    pub fn cursor(&self) -> Option<(&CursorShape, u16, u16)> {
        self.viewer.as_ref()?.cursor()
    }

    /// Areas to paint grey (GUARD-4).
    #[must_use]
    pub fn masks(&self) -> &[Rect] {
        self.viewer.as_ref().map_or(&[], Viewer::masks)
    }

    /// What the source does.
    #[must_use]
    pub fn source(&self) -> SourceState {
        self.viewer
            .as_ref()
            .map_or(SourceState::Live, Viewer::source)
    }

    /// How control stands.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Whether what we do takes effect.
    #[must_use]
    pub fn controls(&self) -> bool {
        self.over.is_none() && self.status.controller == Controller::You
    }

    /// Who controls, as the sharer names them; empty if it didn't say.
    #[must_use]
    pub fn controllers(&self) -> &[String] {
        &self.controllers
    }

    /// Who watches, as the sharer names them, and those who control first.
    #[must_use]
    pub fn watching(&self) -> &[String] {
        &self.watching
    }

    /// Whose screen it is. Fit to show; empty if the node didn't say.
    #[must_use]
    pub fn person(&self) -> &str {
        &self.person
    }

    /// What is shared. Fit to show.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The path to the sharer, and its round trip (0: not known).
    #[must_use]
    pub const fn path(&self) -> (PathKind, Micros) {
        (self.path, self.round_trip)
    }

    /// Why it is over, if it is.
    #[must_use]
    pub const fn over(&self) -> Option<Over> {
        self.over
    }

    /// Forgets the picture, and all that was shown on it: it is over, and what was
    /// shown was meant for while it ran.
    pub fn forget_picture(&mut self) {
        (self.viewer, self.before, self.unpainted) = (None, None, None);
    }

    /// Figures.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        Statistics {
            decode: Micros(self.decode_times.median().into()),
            paint: Micros(self.paint_times.median().into()),
            ..self.counts
        }
    }

    // What comes in.

    /// Takes bytes from the node. `now` ends decoding times.
    pub fn feed(&mut self, bytes: &[u8], now: impl Fn() -> Moment) {
        if self.over.is_some() {
            return;
        }
        let mut frames = std::mem::take(&mut self.frames);
        frames.push(bytes);
        loop {
            if self.over.is_some() {
                return;
            }
            match frames.next_frame() {
                Ok(None) => break,
                Ok(Some((lane, piece))) => {
                    if let Err(fault) = self.take(lane, piece, &now) {
                        self.end(Over::Fault(fault));
                        frame::put(Lane::Local, &FromView::Refused.to_bytes(), &mut self.out);
                    }
                }
                Err(e) => self.end(Over::Fault(Fault::Frame(e))),
            }
        }
        self.frames = frames;
    }

    /// The node closed the socket.
    pub fn node_gone(&mut self) {
        self.end(Over::NodeGone);
    }

    fn take(&mut self, lane: Lane, piece: &[u8], now: &impl Fn() -> Moment) -> Result<(), Fault> {
        match lane {
            Lane::Late => Err(Fault::Lane),
            Lane::Local => {
                self.heard(FromNode::parse(piece)?);
                Ok(())
            }
            Lane::Control => {
                self.counts.control_bytes += piece.len() as u64;
                let mut lane = std::mem::take(&mut self.control);
                lane.push(piece);
                let done = lane.each(|e| self.control_message(e));
                self.control = lane;
                done
            }
            Lane::Picture => {
                self.counts.picture_bytes += piece.len() as u64;
                let mut lane = std::mem::take(&mut self.picture);
                lane.push(piece);
                let done = lane.each(|e| self.picture_message(e, now));
                self.picture = lane;
                done
            }
        }
    }

    fn control_message(&mut self, envelope: Envelope<'_>) -> Result<(), Fault> {
        if envelope.is_input() {
            self.notice(Notice::parse(envelope)?);
            return Ok(());
        }
        if People::is(&envelope) {
            self.people(&People::parse(envelope)?);
            return Ok(());
        }
        let Some(message) = ToViewer::parse(envelope)? else {
            return Ok(());
        };
        match (&message, self.greeted) {
            (ToViewer::Update(_), _) => return Err(Fault::Lane),
            (ToViewer::Hello(h), false) => {
                Hello::ours().agree(*h).ok_or(Fault::Version)?;
                self.greeted = true;
            }
            (ToViewer::Hello(_), true) | (_, false) => return Err(Fault::Greeting),
            (_, true) => (),
        }
        let Some(viewer) = &mut self.viewer else {
            return Ok(());
        };
        match viewer.handle(message)? {
            Seen::Cursor => self.news.cursor = true,
            Seen::Masks => self.news.masks = true,
            Seen::Source(_) => self.news.told = true,
            Seen::End(reason) => self.end(Over::Sharer(reason)),
            Seen::Hello(_) | Seen::Painted { .. } => (),
        }
        Ok(())
    }

    fn picture_message(
        &mut self,
        envelope: Envelope<'_>,
        now: &impl Fn() -> Moment,
    ) -> Result<(), Fault> {
        let (message, begins) = match ToViewer::parse(envelope)? {
            Some(ToViewer::Update(u)) => {
                let begins = u.reset.is_some();
                (ToViewer::Update(u), begins)
            }
            Some(_) => return Err(Fault::Lane),
            None => return Ok(()),
        };
        let Some(viewer) = &mut self.viewer else {
            return Ok(());
        };
        let arrived = now();
        let before = viewer.picture().map(Picture::size);
        let seen = viewer.handle(message)?;
        let decoded = now();
        self.decode_times.add(decoded - arrived);
        if let Seen::Painted {
            sequence,
            damage,
            exact,
            ..
        } = seen
        {
            self.exact = exact;
            self.news.damage.add_all(&damage);
            let size = viewer.picture().map(Picture::size);
            let another = self.before.take().is_some();
            if before != size || another {
                self.news.size = true;
                if let Some(size) = size {
                    self.news.damage.add(size.bounds());
                }
            }
            // A reset point is acknowledged at once: it measures the path.
            let own = match begins {
                true => LATE_BYTES,
                false => HEAD + envelope.body.len(),
            };
            self.unpainted = Some(Unpainted {
                sequence,
                arrived,
                decoded,
                bytes: self.unpainted.map_or(0, |u| u.bytes).saturating_add(own),
            });
        }
        Ok(())
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Status(status) => {
                self.news.told |= status != self.status;
                self.status = status;
            }
            Notice::Activity(actor) => self.news.activity = Some(actor),
            Notice::Refused { why, count } => {
                self.counts.refused += u64::from(count);
                self.news.refused = Some(why);
            }
        }
    }

    fn people(&mut self, people: &People) {
        self.controllers = people.controllers().iter().map(|n| plain(n)).collect();
        self.watching = people.watching().iter().map(|n| plain(n)).collect();
        self.news.told = true;
    }

    fn heard(&mut self, message: FromNode) {
        match message {
            FromNode::Path { kind, round_trip } if kind == self.path => {
                self.news.trip = true;
                self.round_trip = round_trip;
                return;
            }
            FromNode::Order(order) => return self.news.order = Some(order),
            _ => self.news.told = true,
        }
        match message {
            FromNode::Title { person, what } => {
                self.person = plain(&person);
                self.what = plain(&what);
            }
            FromNode::Path { kind, round_trip } => {
                self.path = kind;
                self.round_trip = round_trip;
            }
            FromNode::Restart => self.begin(),
            FromNode::Ended(cause) => self.end(Over::Node(cause)),
            FromNode::MayAsk(may) => self.may_ask = may,
            FromNode::Order(_) => (),
        }
    }

    fn end(&mut self, over: Over) {
        if self.over.is_none() {
            self.over = Some(over);
            self.news.told = true;
            self.unpainted = None;
        }
    }

    // What goes out.

    /// What happened since this was last asked.
    pub fn take_news(&mut self) -> News {
        std::mem::take(&mut self.news)
    }

    /// All that was decoded is painted: acknowledges it, if there is little
    /// of it with whatever is sent next.
    pub fn painted(&mut self, now: Moment) {
        let Some(u) = self.unpainted.take() else {
            return;
        };
        self.counts.updates += 1;
        self.paint_times.add(now - u.decoded);
        let spent = u32::try_from((now - u.arrived).0).unwrap_or(u32::MAX);
        let sequence = u.sequence;
        let ack = ToSharer::Ack { sequence, spent };
        self.late.retain(|(at, _)| now - *at < LATE);
        let late: usize = self.late.iter().map(|(_, bytes)| bytes).sum();
        if u.bytes <= LATE_UPDATE && late + u.bytes <= LATE_BYTES {
            self.late.push((now, u.bytes));
            frame::put(Lane::Late, &ack.to_bytes(), &mut self.out);
        } else {
            self.late.clear();
            self.say(&ack);
        }
        if now - self.reported >= REPORT_PERIOD {
            self.reported = now;
            self.say(&ToSharer::Report(Report {
                painted: u32::try_from(self.counts.updates).unwrap_or(u32::MAX),
                decode: self.decode_times.median(),
                paint: self.paint_times.median(),
            }));
        }
    }

    /// Whether something is decoded and not painted.
    #[must_use]
    pub const fn wants_paint(&self) -> bool {
        self.unpainted.is_some()
    }

    /// Whether anybody can see the window.
    pub fn shown(&mut self, shown: bool) {
        self.say(&ToSharer::Shown(shown));
    }

    /// Tells the node that the process is ready to read the share.
    pub fn ready(&mut self, files: bool, calls: bool) {
        let ready = FromView::Ready { files, calls };
        frame::put(Lane::Local, &ready.to_bytes(), &mut self.out);
    }

    /// Tells the node what the picture of a trial looks like here; nothing where
    /// there is none, or one that is no trial's.
    pub fn seen(&mut self) {
        let Some(picture) = self.picture() else {
            return;
        };
        let bytes = |pixel: &u32| (pixel & 0x00ff_ffff).to_le_bytes();
        if picture.pixels().len() > MAX_SEEN / 4 {
            return;
        }
        let pixels = picture.pixels().iter().flat_map(bytes).collect();
        let seen = FromView::Seen(pixels);
        frame::put(Lane::Local, &seen.to_bytes(), &mut self.out);
    }

    /// Sends what the person does. Whether it was sent: not without control,
    /// after the end, while the path is interrupted (it would all come out at
    /// once, much later) or too much waits. Letting go is not held back.
    pub fn send(&mut self, input: &Input) -> bool {
        if self.over.is_some() {
            return false;
        }
        let all = matches!(input, Input::ReleaseAll);
        if input.acts() && !all && !self.controls() {
            return false;
        }
        let stuck = self.path == PathKind::Interrupted || self.out.len() > MAX_WAITING;
        if stuck && !input.lets_go() {
            return false;
        }
        self.counts.inputs += 1;
        frame::put(Lane::Control, &input.to_bytes(), &mut self.out);
        true
    }

    fn say(&mut self, message: &ToSharer) {
        if self.over.is_none() {
            frame::put(Lane::Control, &message.to_bytes(), &mut self.out);
        }
    }

    /// Bytes for the node.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.out
    }

    /// So many of [`Self::output`] were written.
    pub fn written(&mut self, n: usize) {
        self.out.drain(..n.min(self.out.len()));
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}
