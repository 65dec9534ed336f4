//! What there is on this node's display: what a person chose of it, the list to
//! choose from, and marks of windows.

use std::time::Duration;

use kith_api::{
    ApiError, Code, MAX_THUMBNAIL, Reply, ScreenArea, ShareRequest, ShareWhat, Thumbnail,
    WindowChoice, WindowMark, WindowRef, WindowsOf,
};
use kith_codec::geometry::{Rect, Size};
use kith_proto::names::escape_for_display;
use kith_screen::guard::{Area, MAX_CUTS, Part};
use kith_screen::x11::{Mark, Monitor, WindowId, WindowInfo};
use tokio::sync::{Semaphore, oneshot};

use super::super::error::{bad, fault};
use crate::share::{
    Choice, ChooseError, Chosen, Listed, Lively, ShareFault, Subject, TOY_DESKTOP, Wanted,
    has_display,
};

/// How long a display may take to say what is on it.
const ASKED: Duration = Duration::from_secs(5);

/// Where a screen is named that doesn't answer, no warden would hear the panic
/// key there: nothing is begun that needs one (GUARD-6). Where none is named,
/// that is told, and is our person's choice.
///
/// # Errors
/// It doesn't answer.
pub(super) async fn panic_is_heard() -> Result<(), ApiError> {
    if !has_display() {
        return Ok(());
    }
    let look = tokio::task::spawn_blocking(|| kith_screen::x11::monitors(None).is_ok());
    match tokio::time::timeout(ASKED, look).await {
        Ok(Ok(true)) => Ok(()),
        _ => Err(ApiError::new(
            Code::Invalid,
            "the screen that DISPLAY names doesn’t answer: the panic key wouldn’t be heard",
        )
        .hint("start the node where your screen is, or without DISPLAY where there is none")),
    }
}

/// # Errors
/// There is no such part of the screen, or the screen doesn't answer.
pub(super) async fn is_on_screen((x, y, w, h): ScreenArea) -> Result<(), ApiError> {
    let area = Rect::new(x, y, w, h);
    // Nothing is asked for what can't be on any screen.
    if Size::new(area.w, area.h).is_none() {
        return Err(bad(ShareFault::NoPart.to_string()));
    }
    let monitors = monitors().await?;
    if monitors.iter().any(|m| !m.rect.intersect(area).is_empty()) {
        return Ok(());
    }
    let [mut right, mut bottom] = [0u16; 2];
    for m in monitors {
        right = right.max(m.rect.x.saturating_add(m.rect.w));
        bottom = bottom.max(m.rect.y.saturating_add(m.rect.h));
    }
    Err(bad("no part of the screen is there").hint(format!("the screen is {right}x{bottom}+0+0")))
}

async fn monitors() -> Result<Vec<Monitor>, ApiError> {
    let look = tokio::task::spawn_blocking(|| kith_screen::x11::monitors(None));
    let look = tokio::time::timeout(ASKED, look).await;
    let look = look.map_err(|_| ApiError::new(Code::Invalid, "the screen doesn’t answer"))?;
    look.map_err(fault)?.map_err(|e| {
        ApiError::new(Code::Invalid, e.to_string())
            .hint("is the node running where your screen is?")
    })
}

/// A part of the screen as the guard has it.
///
/// # Errors
/// Too much is cut out.
pub(super) fn part_of(area: ScreenArea, cuts: &[ScreenArea]) -> Result<Part, ApiError> {
    let rect = |(x, y, w, h): ScreenArea| Area::new(x.into(), y.into(), w.into(), h.into());
    let cuts = cuts.iter().copied().map(rect);
    Part::new(rect(area), cuts).ok_or_else(|| {
        let message = format!("at most {MAX_CUTS} pieces can be cut out");
        bad(message).hint("larger ones leave out as much, and more")
    })
}

/// What the share engine calls it, if this machine can show it at all.
pub(super) async fn subject_of(what: &ShareWhat) -> Result<Subject, ApiError> {
    match what {
        ShareWhat::Synthetic => {
            let (width, height) = TOY_DESKTOP;
            let size = Size::new(width, height).ok_or_else(|| fault("the toy desktop"))?;
            Ok(Subject::Synthetic {
                size,
                lively: Lively::Still,
            })
        }
        ShareWhat::Desktop => Ok(Subject::Desktop),
        ShareWhat::Region { area, cuts } => {
            let part = part_of(*area, cuts)?;
            is_on_screen(*area).await?;
            Ok(Subject::Region(part))
        }
        // A server has no source here: see `hosted`.
        ShareWhat::VncServer { .. } => Err(fault("a hosted session")),
        ShareWhat::Application(name) => chosen(Wanted::Application(name.clone())).await,
        ShareWhat::ApplicationOf(window) => chosen(Wanted::ApplicationOf(listed(*window))).await,
        ShareWhat::WindowOf(window) => chosen(Wanted::WindowOf(listed(*window))).await,
        ShareWhat::Window(title) => chosen(Wanted::Window(title.clone())).await,
    }
}

const fn listed(window: WindowRef) -> Listed {
    Listed {
        window: WindowId(window.number),
        process: window.process,
    }
}

async fn chosen(wanted: Wanted) -> Result<Subject, ApiError> {
    let find = tokio::task::spawn_blocking(move || Chosen::find(&wanted));
    let found = tokio::time::timeout(ASKED, find).await;
    let found = found.map_err(|_| ApiError::new(Code::Invalid, "the screen doesn’t answer"))?;
    let found = found.map_err(fault)?;
    found.map(Subject::Windows).map_err(|e| {
        let (code, hint) = match e {
            ChooseError::Display(_) => (
                Code::Invalid,
                "is the node running where your screen is? “--synthetic” needs none",
            ),
            ChooseError::NoApplication(..) | ChooseError::NoWindow(..) => (
                Code::NotFound,
                "private windows and Kith’s own are never shared",
            ),
            ChooseError::NotIts(_) | ChooseError::NoneToMark(_) => {
                (Code::NotFound, "look again at what there is")
            }
            ChooseError::SeveralApplications(..) | ChooseError::SeveralWindows(..) => {
                (Code::Ambiguous, "“--window NUMBER” is one of them")
            }
        };
        ApiError::new(code, e.to_string()).hint(hint)
    })
}

/// How long the pictures of all windows may take; those that don't come in
/// time are left out.
const PICTURED: Duration = Duration::from_secs(4);

/// Looks at a display at the same time: each keeps a thread busy.
static LOOKS: Semaphore = Semaphore::const_new(2);

/// Whether that is asked of the display, and nothing else of the node.
pub(in super::super) const fn is_of_display(request: &ShareRequest) -> bool {
    use ShareRequest::{Mark, Screens, Windows};
    matches!(request, Windows { .. } | Screens | Mark { .. })
}

/// Answers what is asked about the windows of this display, by itself.
pub(in super::super) fn ask_display(
    request: ShareRequest,
    answer: oneshot::Sender<Result<Reply, ApiError>>,
) {
    match request {
        ShareRequest::Windows { thumbnail, of, .. } => look_around(thumbnail, of, answer),
        ShareRequest::Screens => drop(tokio::spawn(async move {
            let _one_of_few = LOOKS.acquire().await;
            let places = |all: Vec<Monitor>| {
                let place = |m: Monitor| (m.rect.x, m.rect.y, m.rect.w, m.rect.h);
                Reply::Screens(all.into_iter().map(place).collect())
            };
            let _ = answer.send(monitors().await.map(places));
        })),
        ShareRequest::Mark {
            window,
            process,
            mark,
        } => put_mark(window, process, mark, answer),
        _ => drop(answer.send(Err(fault("not about windows")))),
    }
}

/// Answers what there is to show on this display, with pictures of that side at
/// most, by itself: a display that doesn't answer keeps nobody else waiting.
fn look_around(side: u16, of: WindowsOf, answer: oneshot::Sender<Result<Reply, ApiError>>) {
    tokio::spawn(async move {
        let _one_of_few = LOOKS.acquire().await;
        let _ = answer.send(windows_here(side.min(MAX_THUMBNAIL), of).await);
    });
}

/// Answers a mark for a window, by itself likewise.
fn put_mark(
    window: u32,
    process: Option<u32>,
    mark: WindowMark,
    answer: oneshot::Sender<Result<Reply, ApiError>>,
) {
    tokio::spawn(async move {
        let _one_of_few = LOOKS.acquire().await;
        let mark = match mark {
            WindowMark::Private => Mark::Private,
            WindowMark::Open => Mark::Open,
        };
        // What is seen again by a number alone could be another program's.
        if (mark, process) == (Mark::Open, None) {
            let _ = answer.send(Err(ApiError::new(
                Code::Invalid,
                "a window is shown again only with its process: NUMBER:PROCESS",
            )
            .hint("“kith windows” lists both, of private windows too")));
            return;
        }
        let window = WindowId(window);
        let put = tokio::task::spawn_blocking(move || Choice::mark(window, process, mark));
        let put = tokio::time::timeout(ASKED, put).await;
        let _ = answer.send(match put {
            Ok(Ok(Ok(()))) => Ok(Reply::Done),
            Ok(Ok(Err(e))) => Err(ApiError::new(Code::NotFound, e.to_string())
                .hint("“kith windows” lists the numbers")),
            _ => Err(ApiError::new(Code::Invalid, "the screen doesn’t answer")),
        });
    });
}

async fn windows_here(side: u16, of: WindowsOf) -> Result<Reply, ApiError> {
    let list = tokio::task::spawn_blocking(move || match of {
        WindowsOf::Shareable => Choice::all(side, PICTURED),
        WindowsOf::All => {
            let mut all = Choice::all(side, PICTURED)?;
            all.extend(Choice::private()?);
            Ok(all)
        }
    });
    let list = tokio::time::timeout(ASKED + PICTURED, list).await;
    let list = list.map_err(|_| ApiError::new(Code::Invalid, "the screen doesn’t answer"))?;
    let list = list.map_err(fault)?.map_err(|e| {
        ApiError::new(Code::Invalid, e.to_string())
            .hint("is the node running where your screen is?")
    })?;
    let told = list.into_iter().map(|c| WindowChoice {
        number: c.info.id.0,
        title: escape_for_display(&c.info.title),
        application: escape_for_display(c.info.program.as_deref().unwrap_or_default()),
        process: c.info.process.unwrap_or_default(),
        x: c.info.x,
        y: c.info.y,
        width: c.info.width,
        height: c.info.height,
        state: match c.info {
            WindowInfo { private: true, .. } => "private",
            WindowInfo { shown: true, .. } => "shown",
            _ => "hidden",
        }
        .to_owned(),
        thumbnail: c.picture.map(|p| Thumbnail {
            width: p.size().width(),
            height: p.size().height(),
            pixels: p.pixels().to_vec(),
        }),
    });
    Ok(Reply::Windows(told.collect()))
}
