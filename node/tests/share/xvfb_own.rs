//! Kith's own windows on a desktop that is shared: nobody sees or reaches them
//! (GUARD-3, GUARD-10).

use kith::share::{Path, ShareEvent, Subject, Watch};
use kith::swarm::Link;
use kith_codec::input::Place;
use kith_codec::picture::Picture;
use kith_screen::source::GREY;
use kith_screen::x11::{WindowInfo, windows};
use x11rb::protocol::xproto::{ConfigureWindowAux, ConnectionExt as _, StackMode};
use x11rb::wrapper::ConnectionExt as _;

use crate::harness::{Node, Screen, offer, pair};
use crate::xvfb::{on_a_display, says, scratch, terminal, until, window_manager};

const RED: u32 = 0x00ff_0000;

#[test]
fn what_is_kiths_own_is_not_seen_or_reached() {
    on_a_display("xvfb_own::inner_own");
}

/// The middle of a window.
fn middle(window: &WindowInfo) -> Place {
    let half = |at: i32, long: u16| u16::try_from(at + i32::from(long) / 2).unwrap();
    Place {
        x: half(window.x, window.width),
        y: half(window.y, window.height),
    }
}

/// What is typed and clicked there is refused.
async fn refused(sharer: &mut Node, screen: &mut Screen, at: Place) {
    let before = screen.session().statistics().refused;
    screen.with(move |h| assert!(h.click(at))).await;
    screen
        .until("a refusal", move |s| s.statistics().refused > before)
        .await;
    sharer
        .event("a refusal", |e| {
            matches!(e, ShareEvent::InputRefused { .. })
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by what_is_kiths_own_is_not_seen_or_reached, on a display of its own"]
async fn inner_own() {
    let _manager = window_manager();
    let typed = scratch("typed");
    let folder = typed.parent().unwrap().to_owned();
    let (face, window) = terminal("xterm".as_ref(), "#ff0000", "40x8+60+60", &typed).await;
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let own = sharer.shares.own();
    let open = move || Subject::Desktop.open(&own);
    let share = sharer.shares.start_sharing(open).unwrap();
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    let red = |p: &Picture| p.pixels().contains(&RED);
    screen
        .until("the terminal", move |s| s.picture().is_some_and(red))
        .await;
    let session = ticket.0;
    sharer.shares.give_control(session, &offer()).unwrap();
    sharer
        .event("control", |e| *e == ShareEvent::ControlGiven { session })
        .await;
    screen.until("control", |s| s.controls()).await;
    let at = middle(&window);
    screen
        .with(move |h| {
            assert!(h.click(at));
            assert!(h.type_text("before\n"));
        })
        .await;
    assert!(says(&mut screen, &typed, "before\n").await);

    // Now it is a face of this node: it is connected to the control socket.
    let _held = sharer.shares.own().hold(face.0.id());
    screen
        .until("grey", move |s| {
            s.is_exact()
                && s.picture()
                    .is_some_and(|p| !red(p) && p.get(at.x, at.y) == GREY)
        })
        .await;
    refused(&mut sharer, &mut screen, at).await;
    screen.with(|h| h.type_text("after\n")).await;
    refused(&mut sharer, &mut screen, at).await;
    assert_eq!(std::fs::read_to_string(&typed).unwrap(), "before\n");

    // The window in which this node's person watches somebody else.
    let (theirs, _input) = viewer.share((640, 480), vec![]);
    let (watched, nonce) = viewer.admit(theirs, sharer.id());
    let order = Watch {
        session: watched,
        sharer: viewer.id(),
        nonce,
        person: "Ben".into(),
        what: "a desktop".into(),
        path: Path::one(conn),
        ways: vec![],
        window: sharer.shares.open_window().unwrap(),
    };
    sharer.shares.watch(order).unwrap();
    let view = until(|| {
        let list = windows(None).unwrap();
        let kith = list.iter().find(|w| w.shown && w.title.contains("Ben"));
        kith.cloned().ok_or_else(|| format!("no window: {list:#?}"))
    })
    .await;
    assert!(view.private, "marked from the first");
    // The mark is one thing; that it is this node's process is enough.
    let (x, _) = x11rb::connect(None).unwrap();
    let mark = x.intern_atom(false, b"_KITH_PRIVATE").unwrap();
    let mark = mark.reply().unwrap().atom;
    x.delete_property(view.id.0, mark).unwrap().check().unwrap();
    let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
    x.configure_window(view.id.0, &above).unwrap();
    x.sync().unwrap();
    let at = middle(&view);
    screen
        .until("grey in place of the window", move |s| {
            s.is_exact() && s.picture().is_some_and(|p| p.get(at.x, at.y) == GREY)
        })
        .await;
    refused(&mut sharer, &mut screen, at).await;
    sharer.shares.close(kith::share::Bye::Stopped).await;
    std::fs::remove_dir_all(folder).unwrap();
}
