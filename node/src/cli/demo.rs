//! `kith demo`: two people, each with a process and a fresh, encrypted
//! profile of their own, meet, talk, agree on a share and share on this
//! machine. Every step is checked, and told with its time as it happens.

mod agree;
mod authority;
mod children;
mod evidence;
mod keyboard;
mod network;
mod person;
mod scene;
mod share;
mod show;
mod stage;
mod talk;
mod windows;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use kith_api::{Code, Reply, Request};

use self::children::Children;
use self::network::Network;
use self::person::Person;
use self::show::{Checks, Show, Uses};
use self::stage::{Seat, Stage};
use super::args::Demo;
use super::{Common, Fail};

/// What two profiles, a screen's memory and two programs come to, and some more;
/// in MiB. Ten were enough when it was tried.
const ROOM: u64 = 24;

/// Runs the demonstration.
pub(super) fn run(common: &Common, demo: &Demo) -> Result<(), Fail> {
    let pictures = Pictures::find(demo.pictures.as_deref())?;
    let folder = private_folder(&format!("kith-demo-{}", std::process::id()))?;
    if let Err(fail) = has_room(&folder) {
        let _ = std::fs::remove_dir(&folder);
        return Err(fail);
    }
    let children = Children::default();
    children.end_by_signal(&folder, demo.keep)?;
    let mut show = Show::new(common.json);
    show.say("Two people, two processes, two encrypted profiles, no server.");
    let (stage, said) = match (demo.synthetic, demo.display) {
        (true, _) => (Stage::Toy, "a toy desktop, as was asked for".to_owned()),
        (false, true) => Stage::find(&folder, &children, Seat::Theirs),
        (false, false) => Stage::find(&folder, &children, Seat::Made),
    };
    show.say(&format!("What will be shared: {said}."));
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    if !demo.synthetic && !demo.display && set("DISPLAY") && !set("WAYLAND_DISPLAY") {
        show.say("Your own display is left alone; with --display it is shown there.");
    }
    let network = Rc::new(Network::find(&children));
    show.say(&format!("Where they meet: {}.", network.said()));
    let uses = Uses {
        screen: stage.name(),
        screen_said: said,
        panic_key: stage.panic_key().0,
        panic_key_said: stage.panic_key().1,
        sharer_picture: stage.picture_from().0,
        sharer_picture_said: stage.picture_from().1,
        network: network.name(),
        network_said: network.said(),
    };
    let mut anna = Person::new("Anna", &folder, &children, &network);
    let mut ben = Person::new("Ben", &folder, &children, &network);
    anna.screen = stage.environment();
    ben.screen = stage.environment();
    let went = story(
        &mut show,
        &mut anna,
        &mut ben,
        &folder,
        &stage,
        &pictures.folder,
    );
    anna.end();
    ben.end();
    drop(stage);
    if demo.keep {
        // Under `cargo demo` the program is in no `PATH`.
        let kith = std::env::current_exe().unwrap_or_else(|_| "kith".into());
        let (kith, kept) = (kith.display(), folder.display());
        show.say(&format!(
            "The two profiles are kept in {kept}. To go on, each in a terminal:"
        ));
        for name in ["anna", "ben"] {
            show.say(&format!(
                "  {kith} -p {kept}/{name} --passphrase-file {kept}/{name}.passphrase up --loopback=only"
            ));
        }
        show.say(&format!("  {kith} -p {kept}/anna chat Ben"));
    } else {
        let _ = std::fs::remove_dir_all(&folder);
    }
    let held = went.is_ok() && show.steps.iter().all(|s| s.holds);
    let all = went.is_ok() && show.all_hold();
    show.finish(all, &uses)?;
    went?;
    match (all, held) {
        (true, _) => Ok(()),
        (_, true) => Err(Fail::new(
            Code::Internal,
            "not every step of the demonstration was checked",
        )),
        _ => Err(Fail::new(
            Code::Internal,
            "not every step of the demonstration held",
        )),
    }
}

/// A folder of this user's alone: profiles and sockets lie in it.
fn private_folder(name: &str) -> Result<PathBuf, Fail> {
    use std::os::unix::fs::DirBuilderExt as _;
    let folder = std::env::temp_dir().join(name);
    let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
    made.map_err(|e| {
        Fail::file(&folder, &e)
            .hint("the demonstration needs some room there; TMPDIR names another")
    })?;
    Ok(folder)
}

/// Whether there is room for what the demonstration writes: on a full disk it
/// would end somewhere in the middle.
fn has_room(folder: &Path) -> Result<(), Fail> {
    let disk = rustix::fs::statvfs(folder).map_err(|e| Fail::file(folder, &e.into()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
    match free >= ROOM {
        true => Ok(()),
        false => Err(Fail::new(
            Code::Storage,
            format!(
                "{}: {free} MiB are free there, and the demonstration needs {ROOM}",
                std::env::temp_dir().display()
            ),
        )
        .hint("free some space; or TMPDIR names another folder")),
    }
}

/// Where the pictures are kept.
struct Pictures {
    folder: PathBuf,
    /// Held, so that a demonstration beside this one takes another folder.
    _held: Option<File>,
}

impl Pictures {
    /// The folder that was named, or one that is the same every time: but not
    /// one that somebody else has put there, or that is in use.
    fn find(named: Option<&Path>) -> Result<Self, Fail> {
        if let Some(folder) = named {
            let tried = folder.join(format!(".kith-demo-{}", std::process::id()));
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&tried, b""))
                .and_then(|()| std::fs::remove_file(&tried))
                .map_err(|e| {
                    Fail::file(folder, &e).hint("the pictures can't be kept there: name another")
                })?;
            return Ok(Self {
                folder: folder.to_owned(),
                _held: None,
            });
        }
        let name = "kith-demo-pictures";
        let usual = std::env::temp_dir().join(name);
        let made = private_folder(name);
        match made.is_ok() || is_ours(&usual) {
            true if let Some(held) = hold(&usual) => Ok(Self {
                folder: usual,
                _held: Some(held),
            }),
            _ => Ok(Self {
                folder: private_folder(&format!("{name}-{}", std::process::id()))?,
                _held: None,
            }),
        }
    }
}

/// Whether a folder is this user's, and one.
fn is_ours(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::symlink_metadata(folder);
    found.is_ok_and(|m| m.is_dir() && m.uid() == rustix::process::geteuid().as_raw())
}

/// Takes a folder for this process, unless another one has it.
fn hold(folder: &Path) -> Option<File> {
    let opened = File::open(folder).ok()?;
    let how = rustix::fs::FlockOperation::NonBlockingLockExclusive;
    rustix::fs::flock(&opened, how).ok()?;
    Some(opened)
}

fn story(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    folder: &Path,
    stage: &Stage,
    pictures: &Path,
) -> Result<(), Fail> {
    show.step("profiles", |_| {
        anna.init()?;
        ben.init()?;
        let sealed = |p: &Person| std::fs::read(p.profile.database()).map(|all| is_sealed(&all));
        let checks = Checks::default()
            .that(
                "Anna's database is encrypted",
                sealed(anna).unwrap_or(false),
            )
            .that("Ben's database is encrypted", sealed(ben).unwrap_or(false));
        Ok((
            checks,
            "each has a person, a device and an encrypted database".into(),
        ))
    })?;
    show.step("nodes", |_| {
        anna.start()?;
        ben.start()?;
        let checks = Checks::default()
            .that("Anna's listens on no other network", here_only(anna)?)
            .that("Ben's listens on no other network", here_only(ben)?);
        Ok((
            checks,
            "both run; nobody outside of this machine can reach them".into(),
        ))
    })?;
    talk::nearby(show, anna, ben)?;
    talk::meet(show, anna, ben)?;
    talk::talk(show, anna, ben)?;
    talk::away(show, anna, ben)?;
    agree::capabilities(show, anna, ben)?;
    agree::organisation(show, anna, ben, folder, stage)?;
    agree::forbidden(show, anna, ben, stage, folder)?;
    agree::probe(show, anna, ben, stage)?;
    share::share(show, anna, ben, folder, stage, pictures)?;
    talk::at_rest(show, anna, ben, folder)
}

/// Whether a database can't be read without its key: a plain one says in its
/// first bytes what it is.
fn is_sealed(database: &[u8]) -> bool {
    !database.is_empty() && !database.starts_with(b"SQLite format")
}

/// Whether a node can be reached from this machine alone.
fn here_only(person: &mut Person) -> Result<bool, Fail> {
    let Reply::Status(status) = person.ask(Request::Status)? else {
        return Ok(false);
    };
    let here = ["/ip4/127.", "/ip6/::1/", network::OWN];
    let here = |at: &String| here.iter().any(|start| at.starts_with(start));
    Ok(!status.listening.is_empty() && status.listening.iter().all(here))
}
