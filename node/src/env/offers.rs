//! From what a machine is to what it offers: can be shared, can join, by each
//! means, or why not (ENV-1).

use kith_display::NoWindow;
use kith_proto::capability::{
    Capability, Codecs, Feature, Features, LONGEST, Means, Offer, OsKind, SessionKind,
};
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::rights::{Right, Rights};
use kith_proto::seal::KemList;
use kith_proto::technology::{HostedKind, Technology};
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;

use super::collect::{Display, Environment, Listens};

/// What stands against one direction of one means. The codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNot {
    /// There is no screen here.
    NoScreen,
    /// A Wayland session: sharing through its portal isn't there yet.
    Wayland,
    /// The X11 display lacks an extension that sharing needs.
    DisplayLacks,
    /// No server program of this technology is installed.
    NoServer,
    /// No viewer program of this technology is installed.
    NoViewer,
    /// A library, or the display, stands against opening a window here.
    NoWindow,
    /// Kith doesn't do this.
    NotSupported,
}

impl WhyNot {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoScreen => "no-screen",
            Self::Wayland => "wayland",
            Self::DisplayLacks => "display-lacks",
            Self::NoServer => "no-server",
            Self::NoViewer => "no-viewer",
            Self::NoWindow => "no-window",
            Self::NotSupported => "not-supported",
        }
    }

    /// In plain words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoScreen => "there is no screen here",
            Self::Wayland => "Wayland screens can’t be shared yet",
            Self::DisplayLacks => "the X11 display lacks what sharing needs",
            Self::NoServer => "no server program for it is installed here",
            Self::NoViewer => "no viewer program for it is installed here",
            Self::NoWindow => "no window can be opened here",
            Self::NotSupported => "Kith doesn’t do that",
        }
    }
}

/// What works without a screen, for whoever shows.
pub const SHOWN_WITHOUT: &str = "“--vnc-server PORT” beside share or allow shows a VNC server; “--synthetic”, for trying \
     out, a toy desktop";
/// And for whoever watches.
pub const SEEN_WITHOUT: &str =
    "“--picture FILE” beside join or allow keeps the newest picture, without a window";

/// Both directions of one means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// By which means.
    pub means: Means,
    /// It can be shared, with these rights; or why not.
    pub share: Result<Rights, WhyNot>,
    /// It can join another's, and use these rights there; or why not.
    pub join: Result<Rights, WhyNot>,
}

const SEE: Rights = Rights::of(&[Right::View]);
const CONTROL: Rights = SEE.with(Right::Pointer).with(Right::Keyboard);

/// What a means is called: `native`, `vnc shadow`, …
#[must_use]
pub fn meaning(means: Means) -> String {
    match means {
        Means::Native => Technology::Native.name().to_owned(),
        Means::Hosted(t, k) => format!("{} {}", t.name(), k.name()),
    }
}

/// The flags of all means, in their fixed order.
#[must_use]
pub fn flags(env: &Environment) -> Vec<Flag> {
    Means::all()
        .map(|means| Flag {
            means,
            share: share(env, means),
            join: join(env, means),
        })
        .collect()
}

/// The screen as something that can be shown.
fn screen(env: &Environment) -> Result<Rights, WhyNot> {
    match env.display {
        Display::None => Err(WhyNot::NoScreen),
        Display::Wayland => Err(WhyNot::Wayland),
        Display::X11 if !env.lacks_to_share.is_empty() => Err(WhyNot::DisplayLacks),
        Display::X11 if !env.lacks_to_control.is_empty() => Ok(SEE),
        Display::X11 => Ok(CONTROL),
    }
}

/// The one kind of hosted session that Kith opens yet.
const VNC: Means = Means::Hosted(Technology::Vnc, HostedKind::Shadow);
/// Servers of it that show a screen that is there; others bring their own.
const SHADOWS: [&str; 3] = ["x11vnc", "x0vncserver", "x0tigervncserver"];

fn share(env: &Environment, means: Means) -> Result<Rights, WhyNot> {
    match means {
        Means::Native => screen(env).map(|rights| rights.with(Right::Pointing)),
        // A session that is a VNC session can be watched as it is, and so can
        // a server that runs or whose account is kept, without a screen here.
        VNC if env.session.technology() == Some(Technology::Vnc)
            || env.vnc_listens == Listens::Yes
            || env.accounts.contains(&Technology::Vnc) =>
        {
            Ok(CONTROL)
        }
        VNC => {
            let installed = env
                .servers
                .iter()
                .filter(|s| s.technology == Technology::Vnc);
            let (shadows, own): (Vec<_>, Vec<_>) =
                installed.partition(|s| SHADOWS.contains(&s.program));
            match (own.is_empty(), shadows.is_empty()) {
                (false, _) => Ok(CONTROL),
                (true, false) => screen(env),
                (true, true) => Err(WhyNot::NoServer),
            }
        }
        Means::Hosted(..) => Err(WhyNot::NotSupported),
    }
}

fn join(env: &Environment, means: Means) -> Result<Rights, WhyNot> {
    match means {
        Means::Native | VNC if env.display == Display::None => Err(WhyNot::NoScreen),
        Means::Native if env.no_window.is_some() => Err(WhyNot::NoWindow),
        Means::Native => Ok(CONTROL.with(Right::Pointing)),
        // The viewer program opens a window of X11, as Kith does.
        VNC if env.no_window.as_ref().is_some_and(NoWindow::is_of_all) => Err(WhyNot::NoWindow),
        VNC => {
            let remote = env.session.technology() == Some(Technology::Vnc);
            match env.viewer(Technology::Vnc).is_some() || remote {
                true => Ok(CONTROL),
                false => Err(WhyNot::NoViewer),
            }
        }
        Means::Hosted(..) => Err(WhyNot::NotSupported),
    }
}

/// The record that others are told, holding for as long as one may.
#[must_use]
pub fn capability(
    env: &Environment,
    person: PersonId,
    device: DeviceId,
    seq: u64,
    now: Timestamp,
) -> Capability {
    let offers = flags(env)
        .into_iter()
        .map(|f| Offer {
            means: f.means,
            share: f.share.ok(),
            join: f.join.ok(),
        })
        .filter(|o| o.share.is_some() || o.join.is_some());
    Capability {
        session: env.session_kind(),
        os_version: env.os.clone(),
        offers: offers.collect(),
        screens: env.screens.clone(),
        features: match env.display {
            Display::None => Features::of(&[Feature::Trial]),
            Display::X11 | Display::Wayland => Features::of(&[Feature::Trial, Feature::VncBridge]),
        },
        ..unlooked(person, device, seq, now)
    }
}

/// What can be said of a machine that wasn't looked at yet: how it codes and
/// seals, and nothing that it can show or see.
#[must_use]
pub fn unlooked(person: PersonId, device: DeviceId, seq: u64, now: Timestamp) -> Capability {
    Capability {
        person,
        device,
        seq,
        validity: Validity::starting(now, LONGEST),
        session: SessionKind::Other,
        os: OsKind::Linux,
        os_version: None,
        offers: Vec::new(),
        unknown_offers: 0,
        codecs: Codecs::ALL,
        kems: KemList::supported(),
        screens: Vec::new(),
        features: Features::of(&[Feature::Trial]),
    }
}
