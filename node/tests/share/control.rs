//! Control: asked for, given, used, refused, taken.

use kith::share::{Path, ShareEvent};
use kith::swarm::Link;
use kith_codec::geometry::Rect;
use kith_codec::input::{Asking, Controller, Input, Place, Refusal};
use kith_screen::guard::{Keys, Limits};

use crate::harness::{offer, pair};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_at_the_viewer_stands_in_the_sharers_editor() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((800, 600), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    let before = input.with(|d| d.editor_text());
    // Not without control: the viewer's own node sends nothing.
    assert!(!screen.with(|h| h.type_text("no")).await);

    screen
        .until("leave to ask", |s| s.status().asking == Asking::Open)
        .await;
    screen.with(|h| h.send(&Input::Ask)).await;
    screen
        .until("an answer", |s| s.status().asking == Asking::Waiting)
        .await;
    let session = ticket.0;
    sharer
        .event("being asked", |e| {
            *e == ShareEvent::ControlAsked { session }
        })
        .await;
    sharer.shares.decline_control(session).unwrap();
    screen
        .until("a no", |s| s.status().asking == Asking::Declined)
        .await;
    sharer.shares.give_control(session, &offer()).unwrap();
    screen.until("control", |s| s.controls()).await;

    assert!(screen.with(|h| h.type_text("Hello, world")).await);
    let typed = input.clone();
    screen
        .until("the text", move |_| {
            typed.with(|d| d.editor_text()).ends_with("Hello, world")
        })
        .await;
    screen.shows(&input).await;
    assert!(input.with(|d| d.editor_text()).starts_with(&before));

    // Taken back: what is still sent does nothing.
    assert!(sharer.shares.take_control(share).unwrap());
    let after = input.with(|d| d.editor_text());
    screen.with(|h| h.type_text("more")).await;
    screen
        .until("loss of control", |s| {
            s.status().controller == Controller::Nobody
        })
        .await;
    assert!(!sharer.shares.take_control(share).unwrap());
    assert_eq!(input.with(|d| d.editor_text()), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_click_is_refused_and_told() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let barred = Rect::new(700, 0, 100, 100);
    let (share, input) = sharer.share((800, 600), vec![barred]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    sharer.shares.give_control(ticket.0, &offer()).unwrap();
    screen.until("control", |s| s.controls()).await;
    screen.with(|h| h.click(Place { x: 750, y: 50 })).await;
    screen
        .until("a refusal", |s| s.statistics().refused > 0)
        .await;
    let session = ticket.0;
    let event = sharer
        .event("a refusal", |e| {
            matches!(e, ShareEvent::InputRefused { .. })
        })
        .await;
    let (why, count) = (Refusal::Barred, 1);
    assert_eq!(
        event,
        ShareEvent::InputRefused {
            session,
            why,
            count
        }
    );
    // Elsewhere it goes through: the window under the pointer comes up.
    let (x, y) = (300, 400);
    screen.with(move |h| h.click(Place { x, y })).await;
    screen.shows(&input).await;
}

/// What is barred while a viewer controls is barred at once, and what is
/// allowed again counts for the next grant alone (GUARD-8).
#[tokio::test(flavor = "multi_thread")]
async fn limits_that_change_in_the_middle_count_at_once_and_only_narrow() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((800, 600), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    sharer.shares.give_control(ticket.0, &offer()).unwrap();
    screen.until("control", |s| s.controls()).await;
    screen.with(|h| h.type_text("before")).await;
    let typed = input.clone();
    screen
        .until("the text", move |_| {
            typed.with(|d| d.editor_text()).ends_with("before")
        })
        .await;

    let tight = Limits {
        keys: Keys::Nothing,
        ..Limits::default()
    };
    sharer.shares.limit(ticket.0, &tight).unwrap();
    // Looser limits change nothing now.
    sharer.shares.limit(ticket.0, &Limits::default()).unwrap();
    screen.with(|h| h.type_text("after")).await;
    screen
        .until("a refusal", |s| s.statistics().refused > 0)
        .await;
    sharer
        .event("a refusal", |e| {
            matches!(
                e,
                ShareEvent::InputRefused {
                    why: Refusal::Key,
                    ..
                }
            )
        })
        .await;
    assert!(input.with(|d| d.editor_text()).ends_with("before"));
}

/// Panic needs neither network nor the viewer's consent, and a viewer's own
/// keys don't bring control back (GUARD-6).
#[tokio::test(flavor = "multi_thread")]
async fn panic_ends_control_at_once_and_for_good() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((800, 600), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    sharer.shares.give_control(ticket.0, &offer()).unwrap();
    screen.until("control", |s| s.controls()).await;
    // Much is under way when the key is pressed.
    screen.with(|h| h.type_text(&"x".repeat(2000))).await;
    let seen = input.clone();
    screen
        .until("some text", move |_| {
            seen.with(|d| d.editor_text()).ends_with('x')
        })
        .await;
    sharer.shares.panic();
    let at_once = input.with(|d| d.editor_text());
    sharer
        .event("panic", |e| *e == ShareEvent::Panicked { share })
        .await;
    screen
        .until("loss of control", |s| {
            s.status().controller == Controller::Nobody
        })
        .await;
    assert_eq!(input.with(|d| d.editor_text()), at_once);
    assert_eq!(sharer.shares.controllers(share), []);
}

/// A button that the viewer holds goes up when the viewer is gone (GUARD-5).
#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_pressed_when_a_viewer_disappears() {
    let (mut sharer, viewer, conn) = pair(Link::Quic).await;
    let (share, input) = sharer.share((800, 600), vec![]);
    let ticket = sharer.admit(share, viewer.id());
    let mut screen = viewer.watch(ticket, sharer.id(), Path::one(conn), vec![]);
    screen.shows(&input).await;
    sharer.shares.give_control(ticket.0, &offer()).unwrap();
    screen.until("control", |s| s.controls()).await;
    // Takes the editor by its title.
    let editor = input.with(|d| d.window(kith_codec::synthetic::Kind::Editor));
    let at = Place {
        x: editor.x + 30,
        y: editor.y + 5,
    };
    screen
        .with(move |h| {
            h.send(&Input::Button {
                at,
                button: kith_codec::input::Button::Main,
                motion: kith_codec::input::Motion::Down,
            });
            h.send(&Input::Move(Place {
                x: at.x + 10,
                y: at.y,
            }))
        })
        .await;
    let dragged = input.clone();
    screen
        .until("the drag", move |_| {
            dragged
                .with(|d| d.window(kith_codec::synthetic::Kind::Editor))
                .x
                == editor.x + 10
        })
        .await;
    viewer.swarm.close(conn).await.unwrap();
    sharer
        .event("loss", |e| matches!(e, ShareEvent::PathLost { .. }))
        .await;
    // The sharer's own pointer drags nothing.
    input.point(at.x + 100, at.y);
    let place = input.with(|d| d.window(kith_codec::synthetic::Kind::Editor));
    assert_eq!(place.x, editor.x + 10);
}
