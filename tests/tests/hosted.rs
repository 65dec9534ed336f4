//! A VNC server that runs at the sharer's, seen in the viewer's VNC viewer:
//! real processes, TigerVNC's server and viewer. HOST-1, POL-6, SEAL-1 to
//! SEAL-3.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed helper is a failed test"
)]

#[path = "hosted/crash.rs"]
mod crash;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use kith_api::{
    ControlChange, ControlState, Event, Reply, Request, ShareInfo, SharePhase, ShareRequest,
};
use kith_tests::hosted::{nothing_left, viewers};
use kith_tests::shares::{audit, both_signed, wait_for};
use kith_tests::{
    CONTROL, Organisation, PATIENCE, Person, Scratch, Screen, World, finds_in_files, finds_in_proc,
    not_in_memory, passed_as_root_of_its_own,
};

/// Anna has a VNC server; Ben sits at a screen of his own.
struct Stage {
    anna: Person,
    ben: Person,
    server: Screen,
    screen: Screen,
    folder: Scratch,
}

const PASSWORD: &str = "q7Wm2-Zx";

fn stage(name: &str) -> Stage {
    staged(name, None)
}

/// Anna may sit at a screen of her own, besides the server.
fn staged(name: &str, annas: Option<&Screen>) -> Stage {
    let folder = Scratch::new(name);
    let server = Screen::vnc(folder.path(), PASSWORD);
    server.paint(1);
    stage_with(folder, server, annas)
}

fn stage_with(folder: Scratch, server: Screen, annas: Option<&Screen>) -> Stage {
    let mut anna = Person::new("Anna", folder.path());
    let ben = Person::new("Ben", folder.path());
    if let Some(at) = annas {
        anna.sit_at(at.name());
    }
    stage_of(folder, server, anna, ben, &["--loopback", "--no-mdns"])
}

fn stage_of(
    folder: Scratch,
    server: Screen,
    mut anna: Person,
    mut ben: Person,
    up: &[&str],
) -> Stage {
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    listening_viewer(&programs);
    let screen = Screen::managed();
    ben.sit_at(screen.name());
    ben.finds_programs_in(&programs);
    anna.up_with(up);
    ben.up_with(up);
    anna.meet(&mut ben);
    // What a machine has is found out a moment after its node has started.
    joins_vnc(&mut ben);
    Stage {
        anna,
        ben,
        server,
        screen,
        folder,
    }
}

/// A viewer program that keeps what it is told as a password, and is TigerVNC's
/// from then on, in the same process, with what a file says as further
/// arguments.
fn listening_viewer(programs: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let script = "#!/bin/sh\nhead -c 8 >\"$0.heard\" || exit 1\n\
        exec /usr/bin/xtigervncviewer \"$@\" $(cat \"$0.more\") <\"$0.heard\"\n";
    fs::write(programs.join("xtigervncviewer.more"), "").unwrap();
    let file = programs.join("xtigervncviewer");
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Waits until somebody's node has found a VNC viewer on its machine.
fn joins_vnc(person: &mut Person) {
    let until = Instant::now() + PATIENCE;
    loop {
        let told = person.kith(&["doctor", "--json"]).ok().stdout;
        if told.contains("viewer-vnc") && !told.contains("no-viewer-vnc") {
            return;
        }
        assert!(Instant::now() < until, "no viewer is found: {told}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

impl Stage {
    /// Anna invites Ben to her server, with these words besides.
    fn invite(&mut self, words: &[&str]) {
        let port = self.server.port().to_string();
        let share = [
            "share",
            "Ben",
            "--vnc-server",
            &port,
            "--password-file",
            "-",
        ];
        let share = self.anna.kith(&[&share, words].concat());
        share.stdin(format!("{PASSWORD}\n")).ok();
    }

    /// And Ben allows.
    fn begin(&mut self, words: &[&str]) {
        self.invite(words);
        let asked = wait_for(&mut self.ben, "an invitation", SharePhase::Asked);
        assert_eq!(asked.technology, "vnc");
        assert!(viewers(&self.ben).is_empty(), "nothing is started unasked");
        self.ben.kith(&["allow", "Anna"]).ok();
        wait_for(&mut self.anna, "the session", SharePhase::Running);
        wait_for(&mut self.ben, "the session", SharePhase::Running);
    }

    /// Waits until Ben's screen shows what the server shows, to the pixel.
    fn same_picture(&self) {
        let shown = self.server.pixels();
        self.screen
            .wait("the picture", |s| s.pixels().find(&shown).is_some());
    }
}

/// Ben sees Anna's server to the pixel in a real viewer; he moves nothing
/// there until control is asked for and allowed, and nothing after that; the
/// end leaves nothing.
#[test]
fn xvfb_a_vnc_server_is_seen_in_a_vnc_viewer() {
    let mut stage = stage("hosted");
    stage.begin(&[]);
    stage.same_picture();
    // Keys go to the viewer's window, and no further.
    let focus = [
        "search",
        "--sync",
        "--onlyvisible",
        "--name",
        "TigerVNC",
        "windowfocus",
        "--sync",
    ];
    stage.screen.xdotool(&focus);
    stage.screen.xdotool(&["key", "a"]);
    stage.server.paint(2);
    stage.same_picture();
    assert!(
        stage.server.keys().is_empty(),
        "who only sees presses no key"
    );

    stage.wants_control();
    stage.anna.kith(&["allow", "Ben"]).ok();
    stage.controls("desktop");
    stage.screen.xdotool(&["key", "b"]);
    let keys = std::cell::RefCell::new(Vec::new());
    stage.server.wait("the key", |s| {
        keys.borrow_mut().extend(s.keys());
        !keys.borrow().is_empty()
    });
    let keys = keys.into_inner();
    assert_eq!(keys.len(), 1, "{keys:?}");

    // Control is taken back; what is seen goes on.
    stage.anna.kith(&["panic"]).ok();
    stage.controls("nothing");
    stage.screen.xdotool(&["key", "c"]);
    stage.server.paint(3);
    stage.same_picture();
    assert!(
        stage.server.keys().is_empty(),
        "after panic nobody presses a key"
    );

    stage.anna.kith(&["stop", "Ben"]).ok();
    for person in [&mut stage.anna, &mut stage.ben] {
        let over = wait_for(person, "the end", SharePhase::Over);
        assert_eq!(over.ended_by.as_deref(), Some("sharer"));
        nothing_left(person);
        both_signed(person, 1);
    }
    drop(stage.folder);
}

/// However the server sends its picture, the sharer's node finds where each
/// message ends: after a screen full of noise as well, which must not be exact
/// where it went as JPEG.
fn each_way_of_sending(mut stage: Stage) {
    let more = stage.folder.path().join("programs/xtigervncviewer.more");
    let ways = [
        "Raw",
        "Hextile",
        "ZRLE",
        "Tight -NoJPEG=1",
        "Tight -QualityLevel=3",
    ];
    for (nth, way) in (1u32..).zip(ways) {
        fs::write(&more, format!("-PreferredEncoding={way}")).unwrap();
        stage.begin(&[]);
        stage.same_picture();
        let before = stage.screen.pixels();
        stage.server.noise(nth);
        stage.screen.wait("the noise", |s| s.pixels() != before);
        stage.server.paint(nth);
        stage.same_picture();
        stage.ben.kith(&["stop"]).ok();
        for person in [&mut stage.anna, &mut stage.ben] {
            let over = wait_for(person, "the end", SharePhase::Over);
            assert_eq!(over.ended_by.as_deref(), Some("viewer"), "{way}");
            nothing_left(person);
        }
    }
}

#[test]
fn xvfb_each_way_of_sending_pictures_passes() {
    each_way_of_sending(stage("hosted-ways"));
}

/// The same with a server of another family.
#[test]
fn xvfb_x11vnc_is_seen_too() {
    let folder = Scratch::new("hosted-x11vnc");
    let mut server = Screen::bare(320, 240);
    server.paint(1);
    server.show_by_x11vnc(folder.path(), PASSWORD);
    each_way_of_sending(stage_with(folder, server, None));
}

/// X's number of the escape key.
const ESCAPE: u8 = 9;

impl Stage {
    /// Ben types until something arrives at the server.
    fn types(&self) {
        self.screen.wait("the window", |_| {
            let named = ["search", "--onlyvisible", "--name", "TigerVNC"];
            let focus = [&named[..], &["windowfocus", "--sync"]].concat();
            let run = kith_tests::Program::new("xdotool")
                .args(&focus)
                .env("DISPLAY", self.screen.name())
                .run();
            run.code == Some(0)
        });
        self.server.wait("a key", |server| {
            self.screen.xdotool(&["key", "b"]);
            !server.keys().is_empty()
        });
    }

    /// Ben types, and nothing of it arrives. What was typed before may still be
    /// on its way; after the picture has changed with nothing in between, it
    /// isn't.
    fn types_in_vain(&self) {
        self.screen.xdotool(&["key", "c"]);
        self.server.paint(2);
        self.same_picture();
        let _ = self.server.keys();
        self.screen.xdotool(&["key", "d"]);
        self.server.paint(3);
        self.same_picture();
        assert_eq!(self.server.keys(), [0u8; 0], "no key arrives any more");
    }

    /// Ben asks for control.
    fn wants_control(&mut self) {
        let control = ShareRequest::Control {
            which: "Anna".into(),
            change: ControlChange::Ask,
        };
        self.ben.ask(Request::Share(control));
        wait_for(&mut self.anna, "the wish", SharePhase::RunningAsked);
    }

    fn shares(&mut self) -> Vec<ShareInfo> {
        match self.anna.ask(Request::Share(ShareRequest::List)) {
            Reply::Shares(shares) => shares,
            other => panic!("{other:?}"),
        }
    }

    /// How far Ben's control is, as Anna is told.
    fn state(&mut self) -> Option<ControlState> {
        self.shares()[0].control_state
    }

    /// Waits until Ben has this much control.
    fn controls(&mut self, what: &str) {
        let told = |e: &Event| matches!(e, Event::Share(s) if s.control == what);
        self.ben.wait("control", told);
    }
}

/// Anna's escape key, pressed on her own screen, reaches a session that is
/// carried from a server elsewhere: once ends Ben's control, twice ends all
/// (GUARD-6).
#[test]
fn xvfb_the_panic_key_reaches_a_hosted_session() {
    let annas = Screen::managed();
    let mut stage = staged("hosted-panic", Some(&annas));
    // Who was only offered control leaves no doubt whose commands come next.
    stage.begin(&["--control"]);
    annas.is_asked();
    assert_eq!(stage.state(), Some(ControlState::Offered));
    stage.anna.kith(&["stop", "Ben"]).ok();
    for person in [&mut stage.anna, &mut stage.ben] {
        wait_for(person, "the end", SharePhase::Over);
    }
    stage.anna.kith(&["invite"]).ok();

    stage.begin(&["--control"]);
    annas.answers(CONTROL);
    stage.same_picture();
    stage.types();
    assert_eq!(stage.state(), Some(ControlState::Held));
    annas.press(ESCAPE);
    stage.controls("nothing");
    stage.types_in_vain();
    stage.wants_control();
    annas.answers(CONTROL);
    stage.controls("desktop");
    stage.types();
    annas.press(ESCAPE);
    annas.press(ESCAPE);
    for person in [&mut stage.anna, &mut stage.ben] {
        wait_for(person, "the end", SharePhase::Over);
        nothing_left(person);
    }
    // Each yes to control is in the log once (UI-4); what was only offered isn't.
    let log = audit(&mut stage.anna, None);
    let yes = |kind: &str| log.iter().filter(|e| e.kind == kind).collect::<Vec<_>>();
    let [first] = yes("control-given")[..] else {
        panic!("{log:?}")
    };
    let how = |how: &str| ("how".to_owned(), how.to_owned());
    assert!(first.details.contains(&how("pressed")), "{first:?}");
    assert_eq!(yes("escalated").len(), 1, "{log:?}");
    let log = audit(&mut stage.ben, None);
    let heard = log.iter().any(|e| e.details.contains(&how("told")));
    assert!(heard, "{log:?}");
}

/// A server knows no limits: who has some set loses control there, and gets
/// none until they are gone (GUARD-4, GUARD-8). What loosens, and control, is
/// pressed at the screen (ASK-2, GUARD-9).
#[test]
fn xvfb_limits_end_control_of_a_server() {
    let annas = Screen::managed();
    let mut stage = staged("hosted-limits", Some(&annas));
    stage.begin(&["--control"]);
    annas.answers(CONTROL);
    stage.same_picture();
    stage.types();
    stage
        .anna
        .kith(&["limits", "set", "Ben", "--no-menus"])
        .ok();
    stage.controls("nothing");
    stage.types_in_vain();
    stage.wants_control();
    let refused = stage.anna.kith(&["allow", "Ben"]).run();
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("limits"), "{}", refused.stderr);
    let revoke = stage.anna.kith(&["limits", "revoke", "1"]);
    annas.allows(|| revoke.ok());
    // The command puts the question; only the window answers it.
    let refused = stage.anna.kith(&["allow", "Ben"]).run();
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("window"), "{}", refused.stderr);
    annas.answers(CONTROL);
    stage.controls("desktop");
    stage.types();
}

/// Where the sharer's node has no screen, no key can be heard there: it says so
/// before anybody is let in.
#[test]
fn xvfb_without_a_screen_there_is_no_panic_key_and_it_says_so() {
    let mut stage = stage("hosted-no-key");
    stage.invite(&["--control"]);
    let shares = stage.shares();
    assert!(shares.iter().all(|s| s.without_panic_key) && shares.len() == 1);
    let said = stage.anna.kith(&["requests"]).ok().stdout;
    assert!(said.contains("NO PANIC KEY"), "{said}");
    // Whose hands there were is known to the next node, too (GUARD-9).
    wait_for(&mut stage.ben, "an invitation", SharePhase::Asked);
    stage.ben.kith(&["allow", "Anna"]).ok();
    wait_for(&mut stage.anna, "the session", SharePhase::Running);
    assert_eq!(stage.state(), Some(ControlState::Held));
    stage.anna.kill();
    stage.anna.up();
    let told = stage.anna.kith(&["invite"]).run();
    assert!(told.stderr.contains("until just now"), "{}", told.stderr);
}

/// An organisation of the two, whose policy lists their network for VNC.
fn with_a_listed_network(stage: &mut Stage) {
    const ORG: &str = "Praxis Nord";
    let (anna, ben) = (&stage.anna, &stage.ben);
    let org = Organisation::found(anna, ORG, stage.folder.path());
    org.organisers(anna, &["me", "Ben"]);
    let network = [
        "--host",
        "10.79.0.0/16",
        "--over",
        "vnc",
        "--port",
        "5900-5999",
    ];
    anna.kith(&["org", "set", ORG]).args(network).ok();
    let policy = org.publish(anna, "policy");
    ben.kith(&["policy", "install", &policy, "--join"]).ok();
}

/// The sockets in a namespace at the ports of VNC, but for loopback: `01` is
/// connected, `0A` waits; those that are gone don't count.
fn sockets(world: &World, name: &str) -> Vec<String> {
    world.inside(name, || {
        let all = fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
        let lines = all.lines().skip(1);
        let found = lines.filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (place, port) = words[1].split_once(':')?;
            let port = u16::from_str_radix(port, 16).ok()?;
            let own = place != "0100007F" && (5900..6000).contains(&port);
            (own && ["01", "0A"].contains(&words[3])).then(|| words[3].to_owned())
        });
        found.collect()
    })
}

/// Where both policies list the network, Ben's node comes by itself to a port
/// of Anna's that is open for this session: sealed, and gone with it. Where
/// that is barred on the way, it comes along the path.
#[test]
fn netns_xvfb_a_listed_network_is_gone_through_directly() {
    let Some(mut world) = World::new(&["tcpdump"]) else {
        return;
    };
    world.add_switch("lan");
    let places = [("anna", 1), ("ben", 2), ("ear", 9)];
    for (name, n) in places {
        world.add(name);
        world.plug("lan", name, "eth0", &format!("10.79.0.{n}/24"));
    }
    let folder = Scratch::new("hosted-listed");
    let server = Screen::vnc_inside(&world.full("anna"), folder.path(), PASSWORD);
    server.paint(1);
    let anna = Person::inside(world.full("anna"), "Anna", folder.path());
    let ben = Person::inside(world.full("ben"), "Ben", folder.path());
    let mut stage = stage_of(folder, server, anna, ben, &["--no-mdns"]);
    with_a_listed_network(&mut stage);

    let capture = world.capture("lan");
    stage.begin(&[]);
    stage.same_picture();
    assert_eq!(sockets(&world, "anna"), ["01"], "one line, and nobody else");
    stage.anna.kith(&["stop", "Ben"]).ok();
    for person in [&mut stage.anna, &mut stage.ben] {
        wait_for(person, "the end", SharePhase::Over);
        nothing_left(person);
    }
    let until = Instant::now() + PATIENCE;
    while !sockets(&world, "anna").is_empty() {
        assert!(Instant::now() < until, "a line outlives its session");
        std::thread::sleep(Duration::from_millis(20));
    }
    let frames = capture.end(&world, "ear", std::net::Ipv4Addr::new(10, 79, 0, 255));
    assert!(frames.len() > 20, "nothing was captured");
    let plain = |f: &&kith_tests::Frame| f.bytes().windows(7).any(|w| w == b"RFB 003");
    assert_eq!(
        frames.iter().filter(plain).count(),
        0,
        "nothing is in the open"
    );

    // Somebody on the way lets none of it through.
    let barred = "table ip t {
        chain c {
            type filter hook input priority 0
            tcp dport 5900-5999 ip saddr 10.79.0.2 drop
        }
    }
    ";
    world.nft("anna", barred);
    stage.begin(&[]);
    stage.server.paint(2);
    stage.same_picture();
    assert_eq!(sockets(&world, "anna"), [""; 0]);
}

/// The password as TigerVNC's programs disguise it.
fn disguised(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("vncpasswd")).unwrap()[..8].to_vec()
}

/// The same, as it is typed.
fn plain(disguised: &[u8]) -> Vec<u8> {
    use des::cipher::{BlockCipherDecrypt as _, KeyInit as _};
    let key = [23u8, 82, 107, 6, 35, 78, 88, 7].map(u8::reverse_bits);
    let mut block = <[u8; 8]>::try_from(disguised).unwrap().into();
    des::Des::new(&key.into()).decrypt_block(&mut block);
    block.to_vec()
}

/// The password of the server never comes to the viewer's side, and is at the
/// sharer's no longer than until the session runs (HOST-2). What the viewer
/// gets instead opens nothing but this session, and a second after the end it
/// is nowhere either: not in the memory of a node, in no argument,
/// environment, file or core (SEAL-2, SEAL-3).
#[test]
fn xvfb_no_password_is_where_it_may_not_be() {
    if passed_as_root_of_its_own("xvfb_no_password_is_where_it_may_not_be") {
        return;
    }
    let mut stage = stage("hosted-secret");
    let disguised = disguised(stage.folder.path());
    assert_eq!(plain(&disguised), PASSWORD.as_bytes());
    let secrets = [PASSWORD.as_bytes(), &disguised[..]];
    // What was refused leaves no more than what ran.
    stage.invite(&[]);
    wait_for(&mut stage.ben, "an invitation", SharePhase::Asked);
    stage.ben.kith(&["deny", "Anna"]).ok();
    wait_for(&mut stage.anna, "the answer", SharePhase::Over);
    wait_for(&mut stage.ben, "the answer", SharePhase::Over);
    stage.begin(&["--control"]);
    stage.same_picture();
    let heard = stage.folder.path().join("programs/xtigervncviewer.heard");
    let given = fs::read(&heard).unwrap();
    assert_eq!(given.len(), 8);
    let typed = plain(&given);
    assert!(typed.is_ascii(), "{typed:?}");
    assert_ne!(typed, PASSWORD.as_bytes());
    let one_time = [&typed[..], &given[..]];

    // While it runs.
    let running = viewers(&stage.ben);
    assert_eq!(running.len(), 1);
    not_in_memory("the viewer program", running[0], &secrets);
    for person in [&stage.anna, &stage.ben] {
        not_in_memory(person.name(), person.process(), &secrets);
    }
    assert_eq!(
        finds_in_proc(&[&secrets[..], &one_time[..]].concat()),
        [""; 0]
    );

    stage.ben.kith(&["stop"]).ok();
    for person in [&mut stage.anna, &mut stage.ben] {
        wait_for(person, "the end", SharePhase::Over);
        nothing_left(person);
    }
    fs::remove_file(&heard).unwrap();
    // The second that is promised, not a guess at how long something takes.
    std::thread::sleep(Duration::from_secs(1));
    let secrets = [&secrets[..], &one_time[..]].concat();
    for person in [&stage.anna, &stage.ben] {
        let name = person.name();
        not_in_memory(name, person.process(), &secrets);
        let limits = fs::read_to_string(format!("/proc/{}/limits", person.process())).unwrap();
        let core = limits
            .lines()
            .find(|l| l.starts_with("Max core file size"))
            .unwrap();
        let core: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(core, ["0", "0"], "{name} leaves no core");
        let none: [std::path::PathBuf; 0] = [];
        assert_eq!(finds_in_files(person.profile(), &secrets), none);
    }
    assert_eq!(finds_in_proc(&secrets), [""; 0]);
    let own = stage.folder.path().join("vncpasswd");
    assert_eq!(
        finds_in_files(stage.folder.path(), &secrets),
        [own],
        "the server’s own"
    );
}
