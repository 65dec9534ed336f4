//! `kith limits`: what viewers with control may not do (GUARD-4, GUARD-8).

use std::fmt::Write;

use clap::{Args, Subcommand};
use kith_api::{
    LimitInfo, LimitSet, LimitsRequest, Remember, Request, ShareBorders, ShareControllers,
    ShareLevel, ShareLimits, ShareRequest,
};

use super::place::connect;
use super::{Common, Fail, show};

/// What to do about remembered limits.
#[derive(Debug, Subcommand)]
pub enum LimitsAction {
    /// List what is remembered.
    List,
    /// Remember limits. They replace those remembered for the same person, device
    /// and application. Whoever controls now has them at once; at a VNC server,
    /// where limits can't be kept, they lose control.
    Set {
        /// For whom; without it, for everybody.
        who: Option<String>,
        /// Only on this device of theirs: its id, or the beginning of it.
        #[arg(long, value_name = "ID", requires = "who")]
        device: Option<String>,
        /// Only with this application, as your system calls it.
        #[arg(long, value_name = "NAME")]
        app: Option<String>,
        /// What is barred.
        #[command(flatten)]
        limits: LimitArgs,
    },
    /// Forget limits; they count no more when control is given next.
    Revoke {
        /// Their number.
        number: u32,
    },
}

/// What is barred.
#[derive(Debug, Clone, Default, Args)]
pub struct LimitArgs {
    /// Menus take no clicks.
    #[arg(long, help_heading = LIMITS)]
    pub no_menus: bool,
    /// Dialogs that choose files take no clicks.
    #[arg(long, help_heading = LIMITS)]
    pub no_file_dialogs: bool,
    /// No right click.
    #[arg(long, help_heading = LIMITS)]
    pub no_right_click: bool,
    /// No moving, resizing or closing by borders and title bars. That holds wherever
    /// --borders isn't said; here it can be remembered. One that a program draws by itself and says
    /// nothing of takes clicks as the rest of its window does.
    #[arg(long, help_heading = LIMITS)]
    pub no_borders: bool,
    /// Text and editing keys alone: no shortcuts, no function keys.
    #[arg(long, help_heading = LIMITS)]
    pub no_shortcuts: bool,
    /// No keys at all.
    #[arg(long, help_heading = LIMITS)]
    pub no_keyboard: bool,
    /// Not this key: a character, a name (Delete, F4) or a keysym (0xffff).
    /// “q” and “Q” are two. May be given several times.
    #[arg(long, value_name = "KEY", help_heading = LIMITS)]
    pub no_key: Vec<String>,
    /// At most so many inputs a second.
    #[arg(long, value_name = "NUMBER", help_heading = LIMITS,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub per_second: Option<u16>,
}

/// The heading of limits.
const LIMITS: &str = "Limits on control";

impl LimitArgs {
    fn set(self) -> LimitSet {
        let named = [
            (self.no_menus, "menus"),
            (self.no_file_dialogs, "file-dialogs"),
            (self.no_right_click, "right-click"),
            (self.no_borders, "borders"),
            (self.no_shortcuts, "shortcuts"),
            (self.no_keyboard, "keyboard"),
        ];
        let barred = named.iter().filter(|(on, _)| *on);
        LimitSet {
            barred: barred.map(|(_, name)| (*name).to_owned()).collect(),
            keys: self.no_key,
            per_second: self.per_second,
        }
    }
}

/// Limits of one share.
#[derive(Debug, Clone, Default, Args)]
pub struct ShareLimitArgs {
    /// What is barred.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Remember these limits for the next time: for this person's device, with
    /// this application.
    #[arg(long, help_heading = LIMITS)]
    pub remember: bool,
    /// Let several control it at once; otherwise one at a time. Each is asked about
    /// all the same, in Kith's window on your screen, which names the others.
    #[arg(long)]
    pub together: bool,
    /// With --desktop: whoever controls may move, resize and close windows by their
    /// borders and title bars, which otherwise take no clicks.
    #[arg(long, conflicts_with = "no_borders")]
    pub borders: bool,
}

impl ShareLimitArgs {
    /// The request, with these limits if there are any.
    pub(super) fn with(self, request: ShareRequest, level: Option<ShareLevel>) -> ShareRequest {
        let limits = ShareLimits {
            set: self.limits.set(),
            remember: match self.remember {
                true => Remember::Always,
                false => Remember::Once,
            },
            level,
            controllers: self.together.then_some(ShareControllers::Together),
            borders: match self.borders {
                true => ShareBorders::Included,
                false => ShareBorders::LeftOut,
            },
        };
        match limits == ShareLimits::default() {
            true => request,
            false => ShareRequest::Limited {
                limits,
                request: Box::new(request),
            },
        }
    }
}

pub(super) fn run(common: &Common, action: Option<LimitsAction>) -> Result<(), Fail> {
    let request = match action.unwrap_or(LimitsAction::List) {
        LimitsAction::List => LimitsRequest::List,
        LimitsAction::Set {
            who,
            device,
            app,
            limits,
        } => LimitsRequest::Set {
            who,
            device,
            application: app,
            limits: limits.set(),
        },
        LimitsAction::Revoke { number } => LimitsRequest::Revoke { number },
    };
    let reply = connect(common)?.ask(Request::Limits(request))?;
    show::reply(common, &reply)
}

pub(super) fn all(out: &mut String, list: &[LimitInfo]) -> std::fmt::Result {
    if list.is_empty() {
        return writeln!(out, "No limits are remembered.");
    }
    list.iter().try_for_each(|l| {
        let who = l.person.as_ref().map_or("everybody", |p| p.name.as_str());
        write!(out, "{:>3}  {who}", l.number)?;
        if let Some(device) = &l.device {
            write!(out, " ({})", device.get(..14).unwrap_or(device))?;
        }
        match &l.application {
            Some(name) => write!(out, " with {name}: ")?,
            None => write!(out, " with everything: ")?,
        }
        let mut words: Vec<String> = l.limits.barred.iter().map(|b| format!("no {b}")).collect();
        words.extend(l.limits.keys.iter().map(|k| format!("not {k}")));
        words.extend(
            l.limits
                .per_second
                .map(|n| format!("at most {n} inputs a second")),
        );
        match words.is_empty() {
            true => writeln!(out, "nothing barred"),
            false => writeln!(out, "{}", words.join(", ")),
        }
    })
}
