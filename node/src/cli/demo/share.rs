//! They share: what is seen, control, and the end.

use std::cell::RefCell;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{
    AuditRequest, Code, ControlChange, Event, Reply, Request, ShareInfo, SharePhase, ShareRequest,
    ShareShow,
};
use kith_view::headless::{self, Headless};

use super::super::Fail;
use super::agree::{Agreed, agree, sealed, trace};
use super::evidence::{audit, detail, shares};
use super::person::{DEADLINE, Person};
use super::scene::{GLANCE, SUPER, Scene, TYPED, What, middle, strike};
use super::show::{Checks, Show};
use super::stage::{FOREIGN, Screen, Stage};

/// How long a person has to press what they are asked to.
const PERSON: Duration = Duration::from_secs(30);

/// How often a keyboard presses what shows no effect, and after how long again.
const TRIES: usize = 4;
const AGAIN: Duration = Duration::from_secs(4);

/// The band at the top of Kith's question for control, and the edge of what
/// can't be pressed yet; how many pixels of each are seen then.
const BAND: u32 = 0x00b0_1020;
const BAND_PIXELS: usize = 40_000;
const PALE: u32 = 0x00d4_d4d4;
const PALE_PIXELS: usize = 1_000;

/// Why nothing lies across the terminal.
const APART: &str = "this display's window manager lets no window lie across another";

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
    let Some(agreed) = agree(show, anna, ben, stage, (&listener, &socket))? else {
        return Ok(());
    };
    sealed(show, anna, ben, &agreed)?;
    let mut viewer = accept(&listener)?;
    let mut scene = Scene::new(stage)?;
    seen(show, &mut viewer, &mut scene, pictures)?;
    control(
        show,
        anna,
        ben,
        &mut viewer,
        &mut scene,
        (pictures, &agreed, stage),
    )?;
    end(show, (anna, ben), &mut viewer, &agreed)
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
            Checks::default().that("equal to the pixel", same),
            match scene.what {
                What::Screen(_) => format!(
                    "Ben sees what stands on Anna's screen, equal to the pixel: \
                     {}/sharer.png and viewer.png",
                    pictures.display()
                ),
                What::Toy(_) => format!(
                    "Ben sees, equal to the pixel, what a second toy desktop draws here, to \
                     which all is done that is done to Anna's: {}/sharer.png (drawn here) and \
                     viewer.png",
                    pictures.display()
                ),
            },
        ))
    })?;
    let What::Screen(screen) = &scene.what else {
        return Ok(());
    };
    if !screen.is_covered() {
        show.not_checked("nothing else", APART);
        return Ok(());
    }
    show.step("nothing else", |_| {
        let there = screen.terminal()?;
        let covered = middle(Screen::covered(&there));
        let lies = there.get(covered.x, covered.y) == FOREIGN;
        let seen = viewer.session().picture();
        let beneath = seen.is_some_and(|p| p.get(covered.x, covered.y) != FOREIGN);
        Ok((
            Checks::default()
                .that("it lies across", lies)
                .that("Ben sees beneath", beneath),
            "another program's window lies across it; Ben sees what is beneath".into(),
        ))
    })
}

/// What the sharer's screen shows, and what the viewer saw.
fn keep_pictures(viewer: &Headless, scene: &Scene<'_>, pictures: &Path) -> Result<(), Fail> {
    std::fs::create_dir_all(pictures).map_err(|e| Fail::file(pictures, &e))?;
    let (hers, his) = (pictures.join("sharer.png"), pictures.join("viewer.png"));
    keep(&hers, headless::save_png(&scene.picture()?, &hers))?;
    keep(&his, viewer.save_png(&his))
}

/// A picture that isn't whole is none.
fn keep(picture: &Path, saved: Result<(), headless::HeadlessError>) -> Result<(), Fail> {
    saved.map_err(|e| {
        let _ = std::fs::remove_file(picture);
        let said = format!("{}: {e}", picture.display());
        Fail::new(Code::Storage, said).hint("--pictures names another folder")
    })
}

fn control(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    viewer: &mut Headless,
    scene: &mut Scene<'_>,
    (pictures, agreed, stage): (&Path, &Agreed, &Stage),
) -> Result<(), Fail> {
    if !give_control(show, (&mut *anna, &mut *ben), viewer, scene)? {
        for step in ["control", "refused", "refused key", "type", "panic"] {
            show.not_checked(step, "nobody pressed “Allow control” within 30 s");
        }
        return Ok(());
    }
    let forbidden = scene.forbidden()?;
    if forbidden
        .iter()
        .all(|(_, what)| !what.starts_with("outside"))
    {
        show.not_checked(
            "outside",
            "beside the terminal no window of the demonstration lies",
        );
    }
    show.step("refused", |_| {
        let (mut refused, mut told) = (!forbidden.is_empty(), Vec::new());
        for (at, what) in forbidden {
            let before = viewer.session().statistics().refused;
            viewer.click(at);
            refused &= scene.watch(viewer, DEADLINE, |s| s.statistics().refused > before)?;
            told.push(what);
        }
        let unchanged = scene.is_seen_by(viewer)?;
        Ok((
            Checks::default()
                .that("each is refused", refused)
                .that("nothing has changed", unchanged),
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
            Checks::default()
                .that("it is refused", refused)
                .that("nothing has changed", unchanged),
            "so is the key that opens a desktop's menu".into(),
        ))
    })?;
    show.step("type", |_| {
        let typed = scene.type_into(viewer)?;
        keep_pictures(viewer, scene, pictures)?;
        let checks = Checks::default().that("it arrives", typed);
        Ok((checks, format!("Ben types “{TYPED}”; it arrives")))
    })?;
    if let What::Screen(screen) = scene.what {
        screen.raise_other()?;
        if screen.is_theirs() && !scene.is_covered(screen) {
            show.not_checked("covered again", APART);
        } else {
            show.step("covered again", |_| {
                let lies = scene.is_covered(screen);
                let seen = scene.is_seen_by(viewer)?;
                keep_pictures(viewer, scene, pictures)?;
                Ok((
                    Checks::default()
                        .that("it lies across", lies)
                        .that("Ben sees beneath", seen),
                    "the other window comes to the front again; Ben sees what is beneath".into(),
                ))
            })?;
        }
    }
    panic(show, anna, viewer, scene, (agreed, stage))?;
    if matches!(scene.what, What::Toy(_)) {
        return Ok(());
    }
    show.step("never seen", |_| {
        let (looked, seen) = (scene.looked.get(), scene.foreign.get());
        Ok((
            Checks::default()
                .that("looked at", looked > 0)
                .that("never seen", !seen),
            format!("in none of {looked} looks at what Ben saw was the other window's colour"),
        ))
    })
}

/// Control ends at once by the panic key.
fn panic(
    show: &mut Show,
    anna: &mut Person,
    viewer: &mut Headless,
    scene: &Scene<'_>,
    (agreed, stage): (&Agreed, &Stage),
) -> Result<(), Fail> {
    let mut nobody = false;
    show.step("panic", |_| {
        let mut how = stage.panic_key().1;
        let keyboard = match scene.what {
            What::Screen(screen) => screen.keyboard()?,
            What::Toy(_) => None,
        };
        match (keyboard, &scene.what) {
            (Some(keyboard), _) => pressed(keyboard.escape())?,
            (None, What::Toy(_)) => drop(anna.ask(Request::Share(ShareRequest::Panic))?),
            (None, What::Screen(_)) => {
                Show::ask("Press Esc now, in any window: it takes control from Ben (30 s).");
                if !scene.watch(viewer, PERSON, |s| !s.controls())? {
                    nobody = true;
                    how = "nobody pressed Esc, so Anna says “kith panic”";
                    anna.ask(Request::Share(ShareRequest::Panic))?;
                }
            }
        }
        let ended = scene.watch(viewer, DEADLINE, |s| !s.controls())?;
        let sent = viewer.type_text("x");
        let unchanged = scene.is_seen_by(viewer)?;
        let log = audit(anna, Some(&agreed.session))?;
        let last = log.iter().rfind(|l| l.kind == "reduced");
        let reason = last.and_then(|l| detail(l, "reason"));
        Ok((
            Checks::default()
                .that("control is over", ended)
                .that("nothing can be typed", !sent)
                .that("Ben sees on", unchanged)
                .that("Anna's log says why", reason == Some("panic")),
            format!("{how}: Ben sees on, and can't type"),
        ))
    })?;
    if nobody {
        show.not_checked("panic key", "nobody pressed Esc within 30 s");
    }
    Ok(())
}

/// Ben asks for control, and Anna gives it. False if a person was to, and
/// didn't.
fn give_control(
    show: &mut Show,
    (anna, ben): (&mut Person, &mut Person),
    viewer: &mut Headless,
    scene: &Scene<'_>,
) -> Result<bool, Fail> {
    let mut nobody = false;
    show.step("control asked", |_| {
        ben.ask(Request::Share(ShareRequest::Control {
            which: "Anna".into(),
            change: ControlChange::Ask,
        }))?;
        let wish = until(anna, SharePhase::RunningAsked)?;
        let before = !viewer.session().controls();
        Ok((
            Checks::default().that("none before", before && wish.control == "nothing"),
            "Ben asks for control, which is a consent of its own".into(),
        ))
    })?;
    let command = anna.ask(Request::Share(ShareRequest::Allow {
        which: "Ben".into(),
        what: None,
        show: ShareShow::default(),
    }));
    let refused = command.is_err();
    let keyboard = match scene.what {
        What::Screen(screen) => screen.keyboard()?.map(|keyboard| (screen, keyboard)),
        What::Toy(_) => None,
    };
    if refused && keyboard.is_none() && matches!(scene.what, What::Screen(_)) {
        Show::ask("Press “Allow control” in Kith's window now, as Anna would (30 s).");
        nobody = !scene.watch(viewer, PERSON, |s| s.controls())?;
    }
    if nobody {
        return Ok(false);
    }
    show.step("control", |_| {
        let by_hand = refused || matches!(scene.what, What::Toy(_));
        let mut checks = Checks::default().that("not by a command on a screen", by_hand);
        let how = match (command, keyboard, &scene.what) {
            (Ok(_), ..) => "there is no screen to ask on, so Anna says “kith allow”",
            (Err(_), Some((screen, keyboard)), _) => {
                let mut asked = false;
                // What came too early for the window, a person presses again.
                for _ in 0..TRIES {
                    asked |= can_be_allowed(screen, viewer, scene)?;
                    pressed(keyboard.allow_control())?;
                    if scene.watch(viewer, AGAIN, |s| s.controls())? {
                        break;
                    }
                }
                checks = checks.that("asked on the screen", asked);
                "no command gives it: Anna's own keyboard does, in Kith's window"
            }
            (Err(_), None, What::Screen(_)) => "no command gives it: you did, in Kith's window",
            (Err(fail), None, What::Toy(_)) => return Err(fail),
        };
        let given = scene.watch(viewer, DEADLINE, |s| s.controls())?;
        Ok((checks.that("given", given), how.into()))
    })?;
    Ok(true)
}

/// Waits until Kith's question on the screen can be answered.
fn can_be_allowed(screen: &Screen, viewer: &mut Headless, scene: &Scene<'_>) -> Result<bool, Fail> {
    let until = Instant::now() + DEADLINE;
    while Instant::now() < until {
        let picture = screen.picture()?;
        let count = |colour| picture.pixels().iter().filter(|p| **p == colour).count();
        if count(BAND) > BAND_PIXELS && count(PALE) < PALE_PIXELS {
            return Ok(true);
        }
        scene.watch(viewer, GLANCE, |_| false)?;
    }
    Ok(false)
}

fn pressed(done: Result<(), Box<dyn std::error::Error>>) -> Result<(), Fail> {
    done.map_err(|e| Fail::new(Code::Internal, format!("the screen's keyboard: {e}")))
}

fn end(
    show: &mut Show,
    (anna, ben): (&mut Person, &mut Person),
    viewer: &mut Headless,
    agreed: &Agreed,
) -> Result<(), Fail> {
    show.step("end", |_| {
        anna.ask(Request::Share(ShareRequest::Stop { which: None }))?;
        let over = viewer.run_until(DEADLINE, |s| s.over().is_some());
        let over = over.map_err(|e| view_failed(e.into()))?;
        let both = [
            until(anna, SharePhase::Over)?,
            until(ben, SharePhase::Over)?,
        ];
        let by_her = |s: &ShareInfo| s.ended_by.as_deref() == Some("sharer");
        let why = |s: &ShareInfo| s.reason.as_deref() == Some("stopped");
        let checks = Checks::default()
            .that("the viewer is told", over)
            .that("both know who", both.iter().all(by_her))
            .that("both know why", both.iter().all(why));
        Ok((
            checks,
            "Anna says “kith stop”: nothing is shared any more, and Ben's viewer is told".into(),
        ))
    })?;
    show.step("destroyed", |_| {
        let (hers, his) = (trace(anna, agreed)?, trace(ben, agreed)?);
        let none = shares(anna)?.is_empty() && shares(ben)?.is_empty();
        let checks = Checks::default()
            .that("wiped at Anna's", hers.parameters == "wiped")
            .that("wiped at Ben's", his.parameters == "wiped")
            .that("no session is left", none)
            .that("Anna's database has it as over", hers.stored == "over")
            .that("Ben's database has it as over", his.stored == "over");
        Ok((
            checks,
            "both nodes have wiped the parameters; their databases keep only that this session \
             was used, and never had more"
                .into(),
        ))
    })?;
    show.step("audit", |_| {
        let sound = |person: &mut Person| -> Result<bool, Fail> {
            let reply = person.ask(Request::Audit(AuditRequest::Verify))?;
            Ok(matches!(reply, Reply::AuditSound(s)
                if s.end_records == 1 && s.signed_by_both == 1))
        };
        let record = |person: &mut Person| -> Result<Option<String>, Fail> {
            let log = audit(person, Some(&agreed.session))?;
            let end = log.iter().find(|l| l.kind == "ended");
            Ok(end.and_then(|l| detail(l, "record")).map(str::to_owned))
        };
        let (one, other) = (record(anna)?, record(ben)?);
        let checks = Checks::default()
            .that("Anna's log is whole", sound(anna)?)
            .that("Ben's log is whole", sound(ben)?)
            .that("both name one end record", one.is_some() && one == other);
        Ok((
            checks,
            "both logs are whole; the end is one record, signed by both devices".into(),
        ))
    })
}

/// Waits for a share of this person's to come so far.
pub(super) fn until(person: &mut Person, phase: SharePhase) -> Result<ShareInfo, Fail> {
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

pub(super) fn view_failed(e: headless::HeadlessError) -> Fail {
    Fail::new(Code::Internal, format!("the viewer: {e}"))
}
