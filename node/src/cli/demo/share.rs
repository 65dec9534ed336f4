//! They found an organisation, agree on a share, and share.

use std::cell::{Cell, RefCell};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{
    AuditRequest, Code, ControlChange, Event, PolicyInfo, PolicyRequest, Reply, Request, ShareCase,
    ShareInfo, ShareLevel, SharePhase, ShareRequest, ShareShow,
};
use kith_codec::geometry::{Rect, Size};
use kith_codec::input::{Keysym, Place};
use kith_codec::picture::Picture;
use kith_codec::synthetic::{Desktop, Kind};
use kith_view::headless::{self, Headless};
use kith_view::session::Session;

use super::super::Fail;
use super::person::{DEADLINE, Person};
use super::show::Show;
use super::stage::{FOREIGN, Screen, Stage};
use crate::share::TOY_DESKTOP;

/// What the organisation calls itself.
const ORG: &str = "Clinic";
/// What Ben types.
const TYPED: &str = "seen by ben";
/// How often something that has no event is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// The largest pointer that the X server draws into its own memory; Kith
/// sends pointers apart.
const POINTER: u16 = 48;

/// Two doctors, one organisation, one signed policy.
pub(super) fn organisation(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    folder: &Path,
) -> Result<(), Fail> {
    let at = |name: &str| folder.join(name).display().to_string();
    let (signed, policy) = (at("signed"), at("policy"));
    show.step("organisation", |_| {
        anna.kith(&["org", "new", ORG])?;
        anna.kith(&["org", "member", "add", ORG, "me", "--role", "organiser"])?;
        anna.kith(&["org", "member", "add", ORG, "Ben", "--role", "organiser"])?;
        anna.kith(&["org", "sign", ORG, "--yes", "--out", &signed])?;
        anna.kith(&["org", "publish", &signed, &policy])?;
        ben.kith(&["policy", "install", &policy, "--join"])?;
        Ok((
            true,
            "Anna founds one, lists Ben, and signs its policy; Ben joins".into(),
        ))
    })?;
    show.step("policy", |_| {
        let (one, other) = (policies(anna)?, policies(ben)?);
        let (Some(one), Some(other)) = (one.first(), other.first()) else {
            return Ok((false, "somebody has no policy".into()));
        };
        let same = (one.org, one.number) == (other.org, other.number);
        let force = one.state == "in-force" && other.state == "in-force";
        Ok((
            same && force,
            format!(
                "both judge by number {} of “{}”, each for themselves",
                one.number, one.name
            ),
        ))
    })
}

fn policies(person: &mut Person) -> Result<Vec<PolicyInfo>, Fail> {
    match person.ask(Request::Policy(PolicyRequest::List))? {
        Reply::Policies(list) => Ok(list),
        _ => Ok(Vec::new()),
    }
}

/// From "may I see?" to the signed end.
pub(super) fn share(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    folder: &Path,
    stage: &Stage,
    pictures: &Path,
) -> Result<(), Fail> {
    let socket = folder.join("viewer");
    let listener = UnixListener::bind(&socket).map_err(|e| Fail::file(&socket, &e))?;
    listener
        .set_nonblocking(true)
        .map_err(|e| Fail::file(&socket, &e))?;
    show.step("ask", |_| {
        ben.ask(Request::Share(ShareRequest::Join {
            who: "Anna".into(),
            level: ShareLevel::View,
            show: ShareShow::Viewer(socket.clone()),
            case: ShareCase {
                purpose: Some("second opinion".into()),
                ..ShareCase::default()
            },
        }))?;
        let asked = until(anna, SharePhase::Asked)?;
        let purpose = asked.case.purpose.as_deref() == Some("second opinion");
        let quiet = listener.accept().is_err();
        Ok((
            purpose && quiet && asked.person.name == "Ben",
            "Ben asks Anna to show something; nothing is shown before she agrees".into(),
        ))
    })?;
    let mut viewer = None;
    show.step("agree", |_| {
        anna.ask(Request::Share(ShareRequest::Allow {
            which: "Ben".into(),
            what: Some(stage.what()),
            show: ShareShow::default(),
        }))?;
        until(ben, SharePhase::Running)?;
        viewer = Some(accept(&listener)?);
        Ok((
            true,
            "Anna allows it; policy on both sides, parameters sealed to Ben's device, path proven"
                .into(),
        ))
    })?;
    let Some(mut viewer) = viewer else {
        return Ok(());
    };
    let mut scene = Scene::new(stage)?;
    seen(show, &mut viewer, &mut scene, pictures)?;
    control(show, anna, ben, &mut viewer, &mut scene, pictures)?;
    end(show, anna, ben, &mut viewer)
}

fn seen(
    show: &mut Show,
    viewer: &mut Headless,
    scene: &mut Scene<'_>,
    pictures: &Path,
) -> Result<(), Fail> {
    show.step("picture", |_| {
        let same = scene.is_seen_by(viewer)?;
        keep_pictures(viewer, scene, pictures)?;
        Ok((
            same,
            format!(
                "Ben sees what Anna shares, equal to the pixel: {}/sharer.png and viewer.png",
                pictures.display()
            ),
        ))
    })?;
    let What::Screen(screen) = &scene.what else {
        return Ok(());
    };
    show.step("nothing else", |_| {
        let there = screen.terminal()?;
        let covered = middle(Screen::covered(&there));
        let lies = there.get(covered.x, covered.y) == FOREIGN;
        let seen = viewer.session().picture();
        let beneath = seen.is_some_and(|p| p.get(covered.x, covered.y) != FOREIGN);
        Ok((
            lies && beneath,
            "another program's window lies across it; Ben sees what is beneath".into(),
        ))
    })
}

/// What the sharer's screen shows, and what the viewer saw.
fn keep_pictures(viewer: &Headless, scene: &Scene<'_>, pictures: &Path) -> Result<(), Fail> {
    std::fs::create_dir_all(pictures).map_err(|e| Fail::file(pictures, &e))?;
    headless::save_png(&scene.picture()?, &pictures.join("sharer.png")).map_err(view_failed)?;
    viewer
        .save_png(&pictures.join("viewer.png"))
        .map_err(view_failed)
}

fn control(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    viewer: &mut Headless,
    scene: &mut Scene<'_>,
    pictures: &Path,
) -> Result<(), Fail> {
    show.step("control", |_| {
        ben.ask(Request::Share(ShareRequest::Control {
            which: "Anna".into(),
            change: ControlChange::Ask,
        }))?;
        let wish = until(anna, SharePhase::RunningAsked)?;
        let before = !viewer.session().controls();
        anna.ask(Request::Share(ShareRequest::Allow {
            which: "Ben".into(),
            what: None,
            show: ShareShow::default(),
        }))?;
        let given = scene.watch(viewer, DEADLINE, |s| s.controls())?;
        Ok((
            before && given && wish.control == "nothing",
            "Ben asks for control, which is a consent of its own; Anna gives it".into(),
        ))
    })?;
    show.step("refused", |_| {
        let (mut refused, mut told) = (true, Vec::new());
        for (at, what) in scene.forbidden()? {
            let before = viewer.session().statistics().refused;
            viewer.click(at);
            refused &= scene.watch(viewer, DEADLINE, |s| s.statistics().refused > before)?;
            told.push(what);
        }
        let unchanged = scene.is_seen_by(viewer)?;
        Ok((
            refused && unchanged,
            format!(
                "Ben clicks {}: refused on Anna's side, and told so",
                told.join(", ")
            ),
        ))
    })?;
    show.step("refused key", |_| {
        let before = viewer.session().statistics().refused;
        strike(viewer, SUPER);
        let refused = scene.watch(viewer, DEADLINE, |s| s.statistics().refused > before)?;
        let unchanged = scene.is_seen_by(viewer)?;
        Ok((
            refused && unchanged,
            "so is the key that opens a desktop's menu".into(),
        ))
    })?;
    show.step("type", |_| {
        let typed = scene.type_into(viewer)?;
        keep_pictures(viewer, scene, pictures)?;
        Ok((typed, format!("Ben types “{TYPED}”; it arrives")))
    })?;
    if let What::Screen(screen) = scene.what {
        show.step("covered again", |_| {
            screen.raise_other()?;
            let lies = scene.is_covered(screen)?;
            let seen = scene.is_seen_by(viewer)?;
            keep_pictures(viewer, scene, pictures)?;
            Ok((
                lies && seen,
                "the other window comes to the front again; Ben sees what is beneath".into(),
            ))
        })?;
    }
    show.step("panic", |_| {
        anna.ask(Request::Share(ShareRequest::Panic))?;
        let ended = scene.watch(viewer, DEADLINE, |s| !s.controls())?;
        let sent = viewer.type_text("x");
        let unchanged = scene.is_seen_by(viewer)?;
        Ok((
            ended && !sent && unchanged,
            "Anna says `kith panic`, as Esc on her keyboard does: Ben sees on, and can't type"
                .into(),
        ))
    })?;
    if matches!(scene.what, What::Toy(_)) {
        return Ok(());
    }
    show.step("never seen", |_| {
        let (looked, seen) = (scene.looked.get(), scene.foreign.get());
        Ok((
            looked > 0 && !seen,
            format!("in none of {looked} looks at what Ben saw was the other window's colour"),
        ))
    })
}

fn end(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    viewer: &mut Headless,
) -> Result<(), Fail> {
    show.step("end", |_| {
        anna.ask(Request::Share(ShareRequest::Stop { which: None }))?;
        let over = viewer.run_until(DEADLINE, |s| s.over().is_some());
        let over = over.map_err(|e| view_failed(e.into()))?;
        let (one, other) = (
            until(anna, SharePhase::Over)?,
            until(ben, SharePhase::Over)?,
        );
        let by = [one.ended_by, other.ended_by];
        Ok((
            over && by.iter().all(|b| b.as_deref() == Some("sharer")),
            "Anna ends it; Ben's viewer is told".into(),
        ))
    })?;
    show.step("destroyed", |_| {
        let mut left = 0;
        for person in [&mut *anna, &mut *ben] {
            if let Reply::Shares(list) = person.ask(Request::Share(ShareRequest::List))? {
                left += list.len();
            }
        }
        Ok((
            left == 0,
            "no session is left on either side, and with it none of its parameters".into(),
        ))
    })?;
    show.step("audit", |_| {
        let mut holds = true;
        for person in [&mut *anna, &mut *ben] {
            let reply = person.ask(Request::Audit(AuditRequest::Verify))?;
            holds &= matches!(reply, Reply::AuditSound(s)
                if s.end_records == 1 && s.signed_by_both == 1);
        }
        Ok((
            holds,
            "both logs are whole; the end is signed by both devices".into(),
        ))
    })
}

/// What is shared, as it must look, and what the viewer saw of what isn't.
struct Scene<'a> {
    what: What<'a>,
    /// How often the viewer's picture was looked at.
    looked: Cell<u64>,
    /// Whether the other window's colour was ever in it.
    foreign: Cell<bool>,
}

enum What<'a> {
    /// A twin of the toy desktop: what is done to one is done to the other.
    Toy(Box<Desktop>),
    Screen(&'a Screen),
}

impl<'a> Scene<'a> {
    fn new(stage: &'a Stage) -> Result<Self, Fail> {
        let what = match stage {
            Stage::Toy => {
                let (width, height) = TOY_DESKTOP;
                let size = Size::new(width, height)
                    .ok_or_else(|| Fail::new(Code::Internal, "the toy desktop"))?;
                What::Toy(Box::new(Desktop::new(size, 1)))
            }
            Stage::Screen(screen) => What::Screen(screen),
        };
        Ok(Self {
            what,
            looked: Cell::new(0),
            foreign: Cell::new(false),
        })
    }

    /// Runs the viewer, and looks at every picture that it has.
    fn watch(
        &self,
        viewer: &mut Headless,
        limit: Duration,
        mut done: impl FnMut(&Session) -> bool,
    ) -> Result<bool, Fail> {
        let ran = viewer.run_until(limit, |s| {
            if let (What::Screen(_), Some(seen)) = (&self.what, s.picture()) {
                self.looked.set(self.looked.get() + 1);
                self.foreign
                    .set(self.foreign.get() || seen.pixels().contains(&FOREIGN));
            }
            done(s)
        });
        ran.map_err(|e| view_failed(e.into()))
    }

    fn picture(&self) -> Result<Picture, Fail> {
        match &self.what {
            What::Toy(desktop) => Ok(desktop.picture().clone()),
            What::Screen(screen) => screen.picture(),
        }
    }

    /// Waits until the viewer's picture is the sharer's.
    fn is_seen_by(&self, viewer: &mut Headless) -> Result<bool, Fail> {
        let until = Instant::now() + DEADLINE;
        while Instant::now() < until {
            self.watch(viewer, GLANCE, |_| false)?;
            let same = match (viewer.session().picture(), &self.what) {
                (Some(seen), What::Toy(desktop)) => seen == desktop.picture(),
                (Some(seen), What::Screen(screen)) => same_but_pointer(seen, &screen.terminal()?),
                (None, _) => false,
            };
            if same && viewer.session().is_exact() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until the other window lies across the terminal.
    fn is_covered(&self, screen: &Screen) -> Result<bool, Fail> {
        let until = Instant::now() + DEADLINE;
        while Screen::covered(&screen.terminal()?).is_empty() {
            if Instant::now() > until {
                return Ok(false);
            }
            std::thread::sleep(GLANCE);
        }
        Ok(true)
    }

    /// Types as a person would: clicks into the window first.
    fn type_into(&mut self, viewer: &mut Headless) -> Result<bool, Fail> {
        match &mut self.what {
            What::Toy(desktop) => {
                let at = middle(desktop.window(Kind::Editor));
                desktop.press(at.x, at.y);
                desktop.release();
                TYPED.chars().for_each(|c| desktop.type_char(c));
                viewer.click(at);
                viewer.type_text(TYPED);
                self.is_seen_by(viewer)
            }
            &mut What::Screen(screen) => {
                // Where the other window doesn't lie: a click brings this one up.
                viewer.click(Place { x: 30, y: 30 });
                let until = Instant::now() + DEADLINE;
                while screen.borders
                    && !Screen::covered(&screen.terminal()?).is_empty()
                    && Instant::now() < until
                {
                    self.watch(viewer, GLANCE, |_| false)?;
                }
                viewer.type_text(TYPED);
                strike(viewer, RETURN);
                let wanted = format!("{TYPED}\n");
                while screen.typed() != wanted && Instant::now() < until {
                    self.watch(viewer, GLANCE, |_| false)?;
                }
                let arrived = screen.typed() == wanted;
                Ok(arrived && self.is_seen_by(viewer)?)
            }
        }
    }

    /// Places where a viewer may not click, and what lies there.
    fn forbidden(&self) -> Result<Vec<(Place, &'static str)>, Fail> {
        Ok(match &self.what {
            What::Toy(desktop) => {
                let window = desktop.window(Kind::Editor);
                let title = Place {
                    x: window.x + window.w / 2,
                    y: window.y + 4,
                };
                vec![
                    (Place { x: 2, y: 2 }, "outside the windows"),
                    (title, "on the border of one"),
                ]
            }
            What::Screen(screen) => {
                let there = screen.terminal()?;
                let (width, height) = (there.size().width(), there.size().height());
                let mut all = vec![
                    (
                        Place {
                            x: width + 60,
                            y: 40,
                        },
                        "outside the application",
                    ),
                    (
                        middle(Screen::covered(&there)),
                        "where the other window lies",
                    ),
                ];
                if screen.borders {
                    let below = Place {
                        x: width / 2,
                        y: height + 2,
                    };
                    all.push((below, "on the window's border"));
                }
                all
            }
        })
    }
}

/// X11's Return.
const RETURN: u32 = 0xff0d;
/// X11's left Super.
const SUPER: u32 = 0xffeb;

fn strike(viewer: &mut Headless, keysym: u32) {
    if let Some(key) = Keysym::new(keysym) {
        viewer.strike(key, None);
    }
}

fn middle(of: Rect) -> Place {
    Place {
        x: of.x + of.w / 2,
        y: of.y + of.h / 2,
    }
}

/// Whether what is seen is what stands there, but where the other window lies
/// and where one pointer can stand; and whether nothing of that window is seen.
fn same_but_pointer(one: &Picture, other: &Picture) -> bool {
    if one.size() != other.size() || one.pixels().contains(&FOREIGN) {
        return false;
    }
    let covered = Screen::covered(other);
    let width = usize::from(one.size().width());
    let pairs = one.pixels().iter().zip(other.pixels()).enumerate();
    let differ = pairs.filter(|(_, (a, b))| a != b);
    let at = differ.map(|(i, _)| (i % width, i / width));
    let hidden = |(x, y): &(usize, usize)| {
        let part = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        covered.contains(Rect::new(part(*x), part(*y), 1, 1))
    };
    let at = at.filter(|at| !hidden(at));
    let bounds = at.fold(None, |all: Option<[usize; 4]>, (x, y)| {
        let [l, t, r, b] = all.unwrap_or([x, y, x, y]);
        Some([l.min(x), t.min(y), r.max(x), b.max(y)])
    });
    let most = usize::from(POINTER);
    bounds.is_none_or(|[l, t, r, b]| r - l < most && b - t < most)
}

/// Waits for a share of this person's to come so far.
fn until(person: &mut Person, phase: SharePhase) -> Result<ShareInfo, Fail> {
    let found = RefCell::new(None);
    person.wait("the share", |e| match e {
        Event::Share(info) if info.phase == phase => {
            found.replace(Some(info.clone()));
            true
        }
        _ => false,
    })?;
    found
        .into_inner()
        .ok_or_else(|| Fail::new(Code::Internal, "no share"))
}

/// The node connects as soon as the share runs.
fn accept(listener: &UnixListener) -> Result<Headless, Fail> {
    let until = Instant::now() + DEADLINE;
    while Instant::now() < until {
        if let Ok((socket, _)) = listener.accept() {
            let socket: UnixStream = socket;
            return Headless::new(socket).map_err(|e| view_failed(e.into()));
        }
        std::thread::sleep(GLANCE);
    }
    Err(Fail::new(Code::Internal, "the viewer isn't connected"))
}

fn view_failed(e: headless::HeadlessError) -> Fail {
    Fail::new(Code::Internal, format!("the viewer: {e}"))
}
