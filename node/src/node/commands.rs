//! Commands that a person presses at the screen before they count (GUARD-9):
//! while somebody else's hands are on it, and for a while after; and what
//! escalates, at any time (ASK-2). The rule is [`kith_proto::hands`]; here is
//! what it is asked about, and what waits for an answer.

mod covered;
mod inputs;
#[cfg(test)]
mod tests;
mod words;
mod written;

use core::time::Duration;
use std::collections::BTreeSet;

use kith_api::{
    ApiError, Code, ConsentRequest, Event, InputKind, InputRequest, LimitsRequest, Press, Reply,
    Request, ShareControllers, ShareLevel, ShareLimits, ShareRequest, ShareWhat,
};
use kith_proto::audit::{Pressed, Said};
use kith_proto::hands::{AFTERMATH, Asking, Deed, Hands, Shown, Weighed, weigh};
use kith_proto::id::SessionId;
use kith_proto::time::Timestamp;
use kith_screen::look::Language;
use kith_screen::warden::can_be_in;
use kith_screen::warden::protocol::{Answer, Verified, Who};
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::covered::Covered;
use self::written::About;
use super::barred::{Taken, taken};
use super::error::fault;
use super::open::Open;
use super::sessions::Meant;
use crate::control::EventSink;
use crate::share::has_display;
use crate::store::own;

/// Whoever waits for what comes of a command.
type Asker = oneshot::Sender<Result<Reply, ApiError>>;

/// How long a command waits for a person's answer (spec 09, "Limits"): it may
/// hold a password, and whoever gave it is told.
const THINKS: Duration = Duration::from_secs(120);

/// What is kept of whose hands there were, so that a fresh node knows: until
/// when, in milliseconds, or [`STILL`].
const KEPT: &str = "others-hands";
/// A press that isn't known to be a hand's.
const PRETENDED: &str = "a program pressed as if it were the mouse or keyboard of this screen: \
    nothing was allowed";
/// They were on when it was written.
const STILL: i64 = i64::MAX;

/// Commands at the screen.
#[derive(Debug, Default)]
pub(super) struct Commands {
    /// The one that is asked about: one at a time.
    waiting: Option<Waiting>,
    /// What is to be done now, and by whose word.
    pressed: Option<(Request, Asker, Word)>,
    last: u64,
    word: Word,
    /// When somebody else's hands were last on what is ours.
    hands: Option<Instant>,
    kept: Kept,
    /// What programs press that counts as our person's (ASK-3).
    enrolled: BTreeSet<InputKind>,
}

/// What of that this node has written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kept {
    #[default]
    Nothing,
    Still,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    about: About,
    request: Covered,
    asker: Asker,
    until: Instant,
}

/// How much a command brings about: what is more takes the place of what is less, so
/// that nobody who only wants a list keeps others from being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// It tells what is open here.
    Tells,
    /// Everything else.
    Full,
}

impl Weight {
    const fn of(request: &Request) -> Self {
        match request {
            Request::Share(ShareRequest::Windows { .. }) => Self::Tells,
            _ => Self::Full,
        }
    }
}

/// Whose word a command that is done now goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Word {
    /// That of whoever can type.
    #[default]
    Typed,
    /// That of a person at the screen.
    Pressed,
}

impl Commands {
    /// The command that is asked about, once nobody waits for it any more, or
    /// nobody has answered in time. May be dropped while it waits.
    pub(super) async fn forsaken(&mut self) -> u64 {
        match &mut self.waiting {
            Some(waiting) => {
                let late = tokio::time::sleep_until(waiting.until);
                tokio::select! {
                    () = waiting.asker.closed() => {}
                    () = late => {}
                }
                waiting.number
            }
            None => core::future::pending().await,
        }
    }
}

impl Open {
    /// Whose hands there are beside our person's.
    fn hands(&self) -> Hands {
        match (
            self.sessions.somebody_controls(),
            self.sessions.commands.hands,
        ) {
            (true, _) => Hands::Others,
            (false, Some(at)) => Hands::Gone(at.elapsed()),
            (false, None) => Hands::Own,
        }
    }

    /// Refuses what somebody else may have typed, unless a person has pressed
    /// it.
    pub(super) fn not_under_control(&self) -> Result<(), ApiError> {
        let hands = self.hands();
        match hands.may_be_others() && self.sessions.commands.word == Word::Typed {
            true => Err(refused(hands)),
            false => Ok(()),
        }
    }

    /// How our person says what is done now, for the audit log.
    pub(super) fn said_how(&self) -> Said {
        match self.sessions.commands.word {
            Word::Typed => Said::Typed,
            Word::Pressed => Said::Pressed,
        }
    }

    /// What becomes of a request.
    pub(super) fn weighed(&self, request: &Request) -> Weighed {
        // What would press for whoever has control isn't even asked about (ASK-3).
        let enrols = matches!(request, Request::Input(InputRequest::Enrol { .. }));
        if enrols && self.hands().may_be_others() {
            return Weighed::Refused;
        }
        let asking = match has_display() {
            true => Asking::Possible,
            false => Asking::Impossible,
        };
        let shown = match self.shows_something() {
            true => Shown::Something,
            false => Shown::Nothing,
        };
        weigh(self.deed(request), self.hands(), shown, asking)
    }

    /// What a request would bring about.
    fn deed(&self, request: &Request) -> Deed {
        if let Request::Share(ShareRequest::Place { which, area, cuts }) = request {
            return match self.widens_frame(which, *area, cuts) {
                true => Deed::Widens,
                false => Deed::Narrows,
            };
        }
        deed(
            request,
            |which| self.meant_by_allow(which).map(|(_, meant)| meant),
            |set| self.loosens(set),
        )
    }

    /// Puts a command to the person at the screen, who is asked one thing at a
    /// time; or says why not.
    pub(super) async fn ask_about(&mut self, request: Request, asker: Asker, waits: &EventSink) {
        if let Some((id, said)) = self.gives_control(&request) {
            let _ = asker.send(Err(self.answer_in_window(&id, &said).await));
            return;
        }
        // Nobody is asked about what can't be.
        if let Err(why) = self.can_be_asked_about(&request).await {
            let _ = asker.send(Err(why));
            return;
        }
        let weight = Weight::of(&request);
        let commands = &mut self.sessions.commands;
        if let Some(before) = commands.waiting.take() {
            if !before.asker.is_closed() && weight <= before.about.weight {
                commands.waiting = Some(before);
                self.sessions.shares().recall();
                let busy = "Kith asks about another command: answer in its window on the screen";
                let _ = asker.send(Err(ApiError::new(Code::Denied, busy)));
                return;
            }
            self.sessions.shares().withdraw_command(before.number);
            self.note_pressed(before.about, Pressed::TakenBack).await;
            let instead = "Kith asks about something else at the screen instead";
            let _ = before.asker.send(Err(ApiError::new(Code::Denied, instead)));
        }
        let mut request = self.as_it_stands(request);
        let about = self.about(&mut request);
        let (headline, lines) = self.in_words(&request);
        let Some(request) = Covered::new(&request) else {
            let _ = asker.send(Err(fault("a request that fits into no frame")));
            return;
        };
        let commands = &mut self.sessions.commands;
        commands.last += 1;
        let number = commands.last;
        commands.waiting = Some(Waiting {
            number,
            about,
            request,
            asker,
            until: Instant::now() + THINKS,
        });
        let who = Who {
            name: headline,
            verified: Verified::No,
            organisation: None,
        };
        self.sessions.shares().ask_about(number, &who, &lines);
        let until = crate::cli::wall_clock().after(THINKS);
        // Whoever doesn't listen isn't told; the answer comes all the same.
        let _ = waits.send(Event::AtScreen {
            until_ms: until.as_millis(),
        });
    }

    /// A request that means the same when it is pressed: who asks, and for
    /// what, may be another by then.
    fn as_it_stands(&self, mut request: Request) -> Request {
        if let Some((which, what)) = allowed(&mut request)
            && let Some((id, _)) = self.meant_by_allow(which)
        {
            pin(which, what, &id, self.named_wish(&id));
        }
        request
    }

    /// Whom a request would give control of the screen, and within what.
    fn gives_control(&self, request: &Request) -> Option<(SessionId, ShareLimits)> {
        let Request::Share(share) = request else {
            return None;
        };
        let (said, share) = match share {
            ShareRequest::Limited { limits, request } => (limits.clone(), &**request),
            share => (ShareLimits::default(), share),
        };
        let ShareRequest::Allow { which, .. } = share else {
            return None;
        };
        let (id, meant) = self.meant_by_allow(which)?;
        (meant == Meant::Control).then_some((id, said))
    }

    /// The person at the screen has answered. That is in the audit log before it is done.
    pub(super) async fn commanded(&mut self, number: u64, answer: Answer) {
        let hands = self.hands();
        let waiting = &mut self.sessions.commands.waiting;
        let Some(asked) = waiting.take_if(|w| w.number == number) else {
            return;
        };
        let late = asked.until <= Instant::now();
        let Waiting {
            request,
            asker,
            about,
            ..
        } = asked;
        if asker.is_closed() || answer == Answer::Withdrawn {
            self.sessions.shares().withdraw_command(number);
        }
        let pressed = match answer {
            _ if asker.is_closed() => Pressed::TakenBack,
            Answer::Allowed => Pressed::Yes,
            Answer::Denied | Answer::OnlyView => Pressed::No,
            Answer::Withdrawn if late => Pressed::NoAnswer,
            Answer::Withdrawn => Pressed::TakenBack,
            Answer::Pretended => Pressed::Pretended,
            Answer::Closed => Pressed::WindowClosed,
            Answer::Impossible => Pressed::NotShown,
        };
        let written = self.write_pressed(about, pressed).await;
        if asker.is_closed() {
            return;
        }
        if let Err(why) = written {
            let _ = asker.send(Err(why));
            return;
        }
        let why = match answer {
            Answer::Impossible if hands.may_be_others() => {
                refused(hands).hint("Kith can’t show its window on this screen")
            }
            // Where there is no window, nobody else can have typed it.
            Answer::Allowed | Answer::Impossible => match request.uncovered() {
                Some(request) => {
                    let word = match pressed {
                        Pressed::Yes => Word::Pressed,
                        _ => Word::Typed,
                    };
                    self.sessions.commands.pressed = Some((request, asker, word));
                    return;
                }
                None => fault("what was pressed can’t be read"),
            },
            Answer::Withdrawn if late => ApiError::new(
                Code::Denied,
                format!(
                    "nobody answered within {} seconds in Kith’s window on the screen",
                    THINKS.as_secs()
                ),
            ),
            Answer::Pretended => {
                ApiError::new(Code::Denied, PRETENDED).hint("whoever had control may have left it")
            }
            Answer::Closed => ApiError::new(
                Code::Denied,
                "a program closed Kith’s window on the screen: nothing was allowed",
            )
            .hint("whoever had control may have left it"),
            Answer::Denied | Answer::OnlyView | Answer::Withdrawn => ApiError::new(
                Code::Denied,
                "it was refused in Kith’s window on the screen",
            ),
        };
        let _ = asker.send(Err(why));
    }

    /// Whether the person at the screen isn't to be asked about a request.
    pub(super) const fn spared(request: &Request) -> bool {
        matches!(
            request,
            Request::Share(ShareRequest::Windows {
                press: Press::Spared,
                ..
            })
        )
    }

    /// Takes back the command that is asked about: everything ends, or is locked.
    pub(super) async fn take_back_command(&mut self, why: &str) {
        if let Some(waiting) = self.sessions.commands.waiting.take() {
            self.sessions.shares().withdraw_command(waiting.number);
            self.note_pressed(waiting.about, Pressed::TakenBack).await;
            let _ = waiting.asker.send(Err(ApiError::new(Code::Denied, why)));
        }
    }

    /// What was pressed, to be done; [`Self::done_pressed`] follows.
    pub(super) fn take_pressed(&mut self) -> Option<(Request, Asker)> {
        let (request, asker, word) = self.sessions.commands.pressed.take()?;
        self.sessions.commands.word = word;
        Some((request, asker))
    }

    /// It is done.
    pub(super) fn done_pressed(&mut self) {
        self.sessions.commands.word = Word::Typed;
    }

    /// Control counts: whatever becomes of this node, that is known.
    pub(super) async fn hands_are_on(&mut self, id: &SessionId) {
        if !self.sessions.given(id) {
            return;
        }
        // Where the session has ended meanwhile, nobody would note that they went.
        self.sessions.commands.hands = Some(Instant::now());
        if self.sessions.commands.kept == Kept::Nothing {
            self.sessions.commands.kept = Kept::Still;
            self.keep_hands(STILL).await;
        }
    }

    /// Something happens to a session: perhaps its viewer's hands go.
    pub(super) fn note_hands(&mut self, id: &SessionId) {
        if self.sessions.has_hands(id) {
            self.sessions.commands.hands = Some(Instant::now());
            if !self.sessions.commands.enrolled.is_empty() {
                self.tell_inputs();
            }
        }
    }

    /// Nobody's hands are on any more: when they went, for a node that begins
    /// after this one was killed.
    pub(super) async fn hands_are_off(&mut self) {
        if self.sessions.commands.kept == Kept::Still && !self.sessions.any_hands() {
            self.sessions.commands.kept = Kept::Nothing;
            self.keep_when_hands_went().await;
        }
    }

    /// The node ends in good order: when the hands went, for the next one. One
    /// that doesn't leaves [`STILL`].
    pub(super) async fn keep_when_hands_went(&self) {
        if let Some(at) = self.sessions.commands.hands {
            let ago = u64::try_from(at.elapsed().as_millis()).unwrap_or(0);
            let went = self.now().as_millis().saturating_sub(ago);
            self.keep_hands(i64::try_from(went).unwrap_or(STILL)).await;
        }
    }

    async fn keep_hands(&self, until: i64) {
        let bytes = until.to_be_bytes();
        let kept = self.store.write(move |tx| own::put(tx, KEPT, &bytes)).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "that somebody had control can't be written down");
        }
    }

    /// A node that was stopped while somebody had control, or soon after, weighs
    /// commands as it would have.
    pub(super) async fn load_hands(&mut self) {
        if let Ok(Some(bytes)) = self.store.read(|tx| own::get(tx, KEPT)).await {
            let ago = ago(&bytes, self.now());
            if ago < AFTERMATH {
                self.sessions.commands.hands = Instant::now().checked_sub(ago);
                // With the node that was killed they went.
                self.keep_when_hands_went().await;
            }
        }
        self.load_inputs().await;
        self.tell_look();
    }
}

impl Open {
    /// Lets the screen know in which language and how large its windows are: in
    /// English where no font has the letters of another.
    pub(super) fn tell_look(&self) {
        let mut look = self.config.look();
        if !has_letters(look.language) {
            look.language = Language::English;
        }
        self.sessions.shares().look(look);
    }
}

/// Whether a font here has what the windows on the screen need. The others are in
/// the letters of any.
pub(super) fn has_letters(language: Language) -> bool {
    language != Language::Chinese || !has_display() || can_be_in(language)
}

/// How long ago the hands went, by what was kept. A clock that was set back
/// doesn't make it longer; what can't be read counts as just now.
fn ago(kept: &[u8], now: Timestamp) -> Duration {
    let until = <[u8; 8]>::try_from(kept).map_or(STILL, i64::from_be_bytes);
    let until = u64::try_from(until).unwrap_or(0);
    Duration::from_millis(now.as_millis().saturating_sub(until))
}

/// What a request would bring about, by what a yes to a request that waits would
/// mean, and by whether limits loosen others.
fn deed(
    request: &Request,
    meant: impl Fn(&str) -> Option<Meant>,
    loosens: impl Fn(&LimitsRequest) -> bool,
) -> Deed {
    let share = match request {
        Request::Share(share) => share,
        Request::Consent(ConsentRequest::Give { .. } | ConsentRequest::Resume { .. })
        | Request::Input(InputRequest::Enrol { .. }) => return Deed::InAdvance,
        Request::Limits(set @ LimitsRequest::Set { .. }) if loosens(set) => return Deed::Widens,
        request => return by_kind(request),
    };
    // Where it begins makes it no more, and no less.
    let share = match share {
        ShareRequest::InRoom { request, .. } => &**request,
        share => share,
    };
    let (most, share) = match share {
        ShareRequest::Limited { limits, request } => match limits.controllers {
            // Whatever else it says, more may control what is shown.
            Some(ShareControllers::Together) => (None, &**request),
            _ => (limits.level, &**request),
        },
        share => (None, share),
    };
    match share {
        ShareRequest::Invite { what, .. } => shows(Some(what)),
        ShareRequest::Allow { which, what, .. } => match (meant(which), most) {
            // No more than they have: that is a no.
            (Some(Meant::Control | Meant::ControlElsewhere), Some(ShareLevel::View)) => {
                Deed::Narrows
            }
            (Some(Meant::Showing), _) => shows(what.as_ref()),
            (Some(Meant::Control), _) => Deed::GivesControl,
            // Nobody asks: that is told, and there is nothing to press for.
            (None, _) => Deed::Narrows,
            _ => Deed::Widens,
        },
        share => by_kind(&Request::Share(share.clone())),
    }
}

fn by_kind(request: &Request) -> Deed {
    match taken(request) {
        Taken::Always => Deed::Narrows,
        Taken::Alone => Deed::Widens,
    }
}

/// Which request is allowed by this one, and what is shown.
fn allowed(request: &mut Request) -> Option<(&mut String, &mut Option<ShareWhat>)> {
    let Request::Share(share) = request else {
        return None;
    };
    let share = match share {
        ShareRequest::Limited { request, .. } => &mut **request,
        share => share,
    };
    match share {
        ShareRequest::Allow { which, what, .. } => Some((which, what)),
        _ => None,
    }
}

/// Says which session is meant, and by name what is asked for there.
fn pin(which: &mut String, what: &mut Option<ShareWhat>, id: &SessionId, asked: Option<ShareWhat>) {
    *which = id.to_string();
    *what = what.take().or(asked);
}

/// What it is to show this.
fn shows(what: Option<&ShareWhat>) -> Deed {
    match what {
        Some(ShareWhat::Synthetic) => Deed::Widens,
        _ => Deed::Shows,
    }
}

fn refused(hands: Hands) -> ApiError {
    match hands {
        Hands::Gone(_) => ApiError::new(
            Code::Denied,
            "somebody controlled your screen until just now: this can’t be allowed by command yet",
        )
        .hint(format!(
            "{} minutes after the end of control it can",
            AFTERMATH.as_secs() / 60
        )),
        Hands::Others | Hands::Own => ApiError::new(
            Code::Denied,
            "somebody controls your screen: this can't be allowed by command now",
        )
        .hint("“kith panic” takes control back"),
    }
}
