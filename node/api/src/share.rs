//! Showing somebody a running application: what faces ask and are told.

use std::path::PathBuf;

use kith_proto::id::{DeviceId, SessionId};
use serde::{Deserialize, Serialize};

use crate::request::{PersonRef, RoomRef, Secret, Who};

/// A rectangle of a screen: left, top, width, height in pixels.
pub type ScreenArea = (u16, u16, u16, u16);

/// What is to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareWhat {
    /// A small desktop made of numbers: for trying out, on machines without a
    /// screen too.
    Synthetic,
    /// The whole desktop.
    Desktop,
    /// A part of the desktop.
    Region {
        /// The rectangle around it.
        area: ScreenArea,
        /// What of that isn't shown and takes no input; at most 16.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cuts: Vec<ScreenArea>,
    },
    /// All windows of one application, by its name.
    Application(String),
    /// All windows of the application that has this window.
    ApplicationOf(WindowRef),
    /// This window.
    WindowOf(WindowRef),
    /// One window, by its number or else a part of its title. What is written
    /// as a number (0x…, or digits alone) is never looked for in titles.
    Window(String),
    /// What a VNC server shows, in the other person's VNC viewer.
    VncServer {
        /// A port of this machine, or an address and a port.
        server: String,
        /// Opens it, if it wants one. It stays with this node, and only until
        /// the session runs.
        password: Option<Secret>,
    },
}

/// Up to what somebody may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareLevel {
    /// See.
    View,
    /// See and control.
    Control,
}

/// Where a share that I watch is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareShow {
    /// In a window.
    #[default]
    Window,
    /// Nowhere; the newest whole picture is kept in this PNG file.
    Picture(PathBuf),
    /// In a VNC viewer: what is asked for is a VNC server of the sharer's. An
    /// invitation to one is always shown there.
    VncServer,
    /// In a viewer of the person's own, which listens at this Unix socket and
    /// speaks the view protocol. It must be of the same user.
    Viewer(PathBuf),
}

/// What a share is for (CASE-1). Absent fields are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ShareCase {
    /// What it is for.
    pub purpose: Option<String>,
    /// A case number or the like.
    pub reference: Option<String>,
    /// Who obtained the patient's consent.
    pub patient_consent: Option<String>,
}

/// A session as a person names it: its id or the beginning of it, or the
/// other person where there is only one session with them.
pub type Which = String;

/// Something to do with shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareRequest {
    /// Invites somebody to see something of mine: [`crate::Reply::Share`].
    Invite {
        /// Whom.
        who: Who,
        /// What.
        what: ShareWhat,
        /// Up to what.
        level: ShareLevel,
        /// What for.
        case: ShareCase,
    },
    /// Asks somebody to show me something: [`crate::Reply::Share`].
    Join {
        /// Whom.
        who: Who,
        /// Up to what.
        level: ShareLevel,
        /// Where it is shown.
        show: ShareShow,
        /// What for.
        case: ShareCase,
    },
    /// [`Self::Invite`] or [`Self::Allow`], with limits on control.
    Limited {
        /// What is barred; beside what is remembered.
        limits: crate::ShareLimits,
        /// What is to be done.
        request: Box<Self>,
    },
    /// [`Self::Invite`], [`Self::Join`], [`Self::JoinApplication`] or one of
    /// these [`Self::Limited`], in a room: what is allowed there counts too.
    InRoom {
        /// The room.
        room: Who,
        /// What is to be done.
        request: Box<Self>,
    },
    /// The requests that wait for me, and the shares that run:
    /// [`crate::Reply::Shares`].
    List,
    /// How the last ones ended that nobody waits for and nobody sees any more, newest
    /// last: [`crate::Reply::Shares`]. The node remembers [`MAX_ENDED`] since it began.
    Ended,
    /// What there is to show on this node's display, topmost first:
    /// [`crate::Reply::Windows`]. Kith's own windows are not among it.
    Windows {
        /// The longest side of the pictures that come with it, in pixels, at
        /// most [`MAX_THUMBNAIL`]; 0: none. To make a picture, the window is
        /// asked to draw itself anew.
        thumbnail: u16,
        /// Which windows.
        #[serde(default)]
        of: WindowsOf,
        /// What is done where a person must press for it.
        #[serde(default)]
        press: Press,
    },
    /// Where the screens of this node's display are:
    /// [`crate::Reply::Screens`].
    Screens,
    /// Marks a window on this node's display: nobody who watches sees it from
    /// now on, and nobody controls it, whatever is shared. Or takes the mark
    /// away.
    Mark {
        /// Its number, as in [`Self::Windows`].
        window: u32,
        /// The process whose it is, as listed: one that is another's by now is
        /// left as it is. To take a mark away, it has to be said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        process: Option<u32>,
        /// Which.
        mark: WindowMark,
    },
    /// Allows what somebody asks for.
    Allow {
        /// Which request.
        which: Which,
        /// What they shall see, if they asked to see something.
        what: Option<ShareWhat>,
        /// Where it is shown, if they invited me.
        show: ShareShow,
    },
    /// Whether this could be now, by all that is known here: nothing begins, and
    /// nobody is asked. [`crate::Reply::Done`], or the refusal.
    Check(Box<ShareRequest>),
    /// Refuses it.
    Deny {
        /// Which request.
        which: Which,
    },
    /// The person wants to answer where a yes to control counts: in Kith’s window
    /// on the screen, which gets the keyboard (ASK-2). It may be within
    /// [`ShareRequest::Limited`].
    Question {
        /// Who asks.
        which: Which,
    },
    /// Viewer: asks for control, or gives it back. Sharer: takes it back.
    Control {
        /// Which share.
        which: Which,
        /// What to do.
        change: ControlChange,
    },
    /// Shows another part of the screen in a share of one, from the next picture
    /// on (GUARD-1).
    Place {
        /// Which share.
        which: Which,
        /// The rectangle around it, as in [`ShareWhat::Region`].
        area: ScreenArea,
        /// What is cut out of it, likewise.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cuts: Vec<ScreenArea>,
    },
    /// Asks somebody to show me one application of theirs, which a standing
    /// consent may cover (ASK-3): [`crate::Reply::Share`].
    JoinApplication {
        /// Whom.
        who: Who,
        /// Which, as their system calls it.
        application: String,
        /// Up to what.
        level: ShareLevel,
        /// Where it is shown.
        show: ShareShow,
        /// What for.
        case: ShareCase,
    },
    /// Ends a share, or takes a request back; all of them, if none is named.
    Stop {
        /// Which.
        which: Option<Which>,
    },
    /// Takes control from everybody at once.
    Panic,
    /// Does something with the window in which I see a share.
    Window {
        /// Which share.
        which: Which,
        /// What to do.
        order: ShareWindow,
    },
    /// How a share that I see runs: [`crate::Reply::ShareFigures`].
    Figures {
        /// Which share.
        which: Which,
    },
    /// How a session came about here, and what is left of it, also when it is
    /// over: [`crate::Reply::ShareTrace`]. The node remembers the last
    /// [`MAX_TRACES`] since it began.
    Trace {
        /// Its whole id.
        session: String,
    },
}

/// What to do with the window in which I see a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareWindow {
    /// Brings it to the front, with the keyboard.
    Front,
    /// The same; it fills the screen, or no longer does.
    FullScreen,
}

/// How a share that I see runs, since it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareFigures {
    /// How it reaches the sharer now: `direct`, `relayed`, `interrupted`; empty
    /// before the first word.
    pub path: String,
    /// There and back in microseconds, lately; none before it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_us: Option<u64>,
    /// Pictures painted.
    pub updates: u64,
    /// Bytes from the sharer.
    pub bytes: u64,
}

/// How many sessions that are over are told of with [`ShareRequest::Ended`].
pub const MAX_ENDED: usize = 16;

/// How many sessions that are over a node can still trace.
pub const MAX_TRACES: usize = 32;

/// How a session came about on one side, and what is left of it there. Nothing
/// in it is secret: two faces may compare the two sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareTrace {
    /// The session.
    #[serde(with = "crate::text")]
    pub session: SessionId,
    /// My part.
    pub part: SharePart,
    /// The device on the other side.
    #[serde(with = "crate::text")]
    pub device: DeviceId,
    /// The digest of the sealed parameters, in hexadecimal: as they were
    /// sealed to that device, or as they came from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// The way that was nominated and proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<ShareWay>,
    /// The opened parameters: `none`: there never were any here; `held`;
    /// `wiped`: there were, and they were destroyed.
    pub parameters: String,
    /// What the database holds of it: `unknown`; `open`: that it was used, and
    /// isn't over; `over`: that it was used, and is over.
    pub stored: String,
}

/// The way that a session was agreed to run on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareWay {
    /// Where the other device is, as seen from here; escaped.
    pub address: String,
    /// `direct` or `relayed`.
    pub course: String,
    /// A digest of the nonce that went there and came back on it; the same on
    /// both sides.
    pub proof: String,
}

/// The longest side of a [`Thumbnail`], in pixels: more doesn't fit into a list.
pub const MAX_THUMBNAIL: u16 = 320;

/// Which windows are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowsOf {
    /// What could be shown.
    #[default]
    Shareable,
    /// Those marked private too, without pictures.
    All,
}

/// What is done with a request that a person must press at the screen first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Press {
    /// They are asked, and the answer waits.
    #[default]
    Asked,
    /// They are left alone, and the answer is [`crate::Reply::MustBePressed`]: for what a
    /// face asks by itself.
    Spared,
}

/// Who may see a window, whatever is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowMark {
    /// Nobody.
    Private,
    /// Whoever sees where it is.
    Open,
}

/// A window as it was chosen from a list. Its number alone could be another
/// program's by the time the choice comes: then it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowRef {
    /// Its number on the display.
    pub number: u32,
    /// The process whose it is.
    pub process: u32,
}

/// A window that could be shown, alone ([`ShareWhat::WindowOf`]) or with its
/// whole application ([`ShareWhat::ApplicationOf`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowChoice {
    /// Its number on the display.
    pub number: u32,
    /// Its title; escaped.
    pub title: String,
    /// The name of its program; escaped.
    pub application: String,
    /// The process of its program.
    pub process: u32,
    /// Left edge of its inside on the screen; may be outside.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width in pixels.
    pub width: u16,
    /// Height.
    pub height: u16,
    /// `shown`, be it covered; `hidden`: minimised, or on another desktop;
    /// `private`: marked so, and never in a share.
    pub state: String,
    /// How it looks, if that was asked for and it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Thumbnail>,
}

impl WindowChoice {
    /// What names it when it is chosen.
    #[must_use]
    pub const fn to_ref(&self) -> WindowRef {
        WindowRef {
            number: self.number,
            process: self.process,
        }
    }
}

/// A small picture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// Width in pixels.
    pub width: u16,
    /// Height.
    pub height: u16,
    /// Row by row, `0x00RRGGBB`.
    pub pixels: Vec<u32>,
}

impl core::fmt::Debug for Thumbnail {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Nobody's screen into a log.
        write!(f, "Thumbnail({}x{})", self.width, self.height)
    }
}

/// What to do with control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlChange {
    /// The viewer asks for it.
    Ask,
    /// The viewer gives it back, or the sharer takes it.
    End,
    /// The sharer lets several control what is shared there at once. Each is
    /// asked about all the same, in Kith’s window, which names the others.
    Together,
    /// One at a time again: whoever has controlled for the longest goes on.
    One,
    /// The sharer gives it to a viewer who hasn't asked. The person is asked first,
    /// in Kith’s window on the screen, as they are about one who has.
    Give,
}

/// How many may control what is shared, at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShareControllers {
    /// One: control that is given anew ends the one before.
    #[default]
    One,
    /// Everybody who was given control.
    Together,
}

/// How far control is that was proposed or agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlState {
    /// Nobody has it: whoever sits at the screen hasn't said yes to it.
    Offered,
    /// The viewer has it.
    Held,
}

/// My part in a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SharePart {
    /// It is my screen.
    Sharer,
    /// I see it.
    Viewer,
}

/// How far a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SharePhase {
    /// The other person is to answer.
    Waiting,
    /// I am to answer: allow or deny.
    Asked,
    /// The two programs settle the rest.
    Settling,
    /// It runs.
    Running,
    /// It runs, and I am asked for more than is allowed now.
    RunningAsked,
    /// It has ended and everything is destroyed; both sides sign that.
    Ending,
    /// It is over.
    Over,
}

/// A share, or a request for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareInfo {
    /// Its id.
    #[serde(with = "crate::text")]
    pub session: SessionId,
    /// The other person.
    pub person: PersonRef,
    /// What organisations that this node belongs to list them, two at most;
    /// escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// My part.
    pub part: SharePart,
    /// How far it is.
    pub phase: SharePhase,
    /// With which technology: `native`, `vnc`.
    #[serde(default)]
    pub technology: String,
    /// How much is seen: `window`, `application`, `applications`, `desktop`; the
    /// last also of a part of it: see [`Self::area`].
    pub view: String,
    /// My screen, a part of it: the rectangle around what is shown now. Nobody
    /// else is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<ScreenArea>,
    /// What is cut out of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<ScreenArea>,
    /// How much may be controlled, by what was proposed or agreed on; `nothing`
    /// where it is only seen. Whether it is: [`Self::control_state`].
    pub control: String,
    /// Whether the viewer controls it; none where it is only seen, or over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_state: Option<ControlState>,
    /// The applications, as the sharer's system calls them; escaped.
    pub applications: Vec<String>,
    /// How much control is asked for beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
    /// In which room it is: one to which the two belong by what this node knows.
    /// What is allowed there counts too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// Why control that I asked for last was refused, as a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What it is for; escaped.
    #[serde(default)]
    pub case: ShareCase,
    /// Once it is over: who ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
    /// Once it is over: why, as a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Once it is over: since when, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<u64>,
    /// My machine has no screen on which the panic key could be heard: only
    /// commands take control back in this one.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub without_panic_key: bool,
    /// A yes to what is asked now counts in Kith’s window on my screen alone
    /// (ASK-2): [`ShareRequest::Question`].
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub answered_at_screen: bool,
    /// How many may control my screen there at once, while it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controllers: Option<ShareControllers>,
}
