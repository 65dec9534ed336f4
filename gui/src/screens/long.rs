//! A long conversation costs what a short one does: only what is near the view
//! is built (counts, not times, are held to; the ignored test prints both).

use std::time::Instant;

use iced::advanced::widget::Tree;
use iced::mouse::{Cursor, ScrollDelta};
use iced::{Event, Point, Size, mouse};
use iced_test::core::clipboard;
use iced_test::runtime::user_interface::{Cache, UserInterface};
use kith_api::{Mine, Reply, Request};

use super::view;
use crate::state::tests::*;
use crate::state::thread::{Load, Message as Do};
use crate::state::{Effect, Message, Model, Tag};
use crate::theme::{FONT, size};
use crate::widgets::feed::Stand;

const SIZE: Size = Size::new(1080.0, 720.0);
const LONG: usize = 50_000;

/// A conversation of so many messages, all of them here.
fn of(n: usize) -> Model {
    let mut model = talking();
    let messages = (0..n).map(|i| {
        let mine = if i % 2 == 0 { Mine::No } else { Mine::Yes };
        message(
            2,
            u32::try_from(i).unwrap(),
            mine,
            "As we said this morning",
        )
    });
    let thread = model.home.threads.get_mut(&room(2)).unwrap();
    (thread.messages, thread.load) = (messages.collect(), Load::All);
    model
}

fn stand(model: &mut Model, stand: Stand) {
    model.update(Message::Thread(Do::Stand(stand)));
}

/// How many things the conversation is made of.
fn things(model: &Model) -> usize {
    fn count(tree: &Tree) -> usize {
        1 + tree.children.iter().map(count).sum::<usize>()
    }
    count(&Tree::new(super::room::view(model).as_widget()))
}

/// Builds, lays out and draws it once; then turns the wheel by a notch, as
/// often as is said. Whether each turn moved the reader.
fn scroll(model: &mut Model, notches: usize, up: bool) -> bool {
    let mut renderer = iced::Renderer::new(FONT, size::BODY.into());
    let mut cache = Cache::default();
    let mut moved = true;
    for _ in 0..notches {
        let mut said = Vec::new();
        let mut screen = UserInterface::build(view(model), SIZE, cache, &mut renderer);
        let y = if up { 1.0 } else { -1.0 };
        let turn = Event::Mouse(mouse::Event::WheelScrolled {
            delta: ScrollDelta::Lines { x: 0.0, y },
        });
        let over = Cursor::Available(Point::new(700.0, 350.0));
        let _ = screen.update(
            &[turn],
            over,
            &mut renderer,
            &mut clipboard::Null,
            &mut said,
        );
        cache = screen.into_cache();
        moved &= !said.is_empty();
        for message in said {
            model.update(message);
        }
    }
    moved
}

#[test]
fn as_much_is_built_for_fifty_thousand_messages_as_for_five_hundred() {
    let (mut short, mut long) = (of(500), of(LONG));
    let end = things(&short);
    assert!(end > 500, "{end}: the messages aren't in the window");
    assert_eq!(end, things(&long));
    stand(
        &mut short,
        Stand::At {
            item: 250,
            below: 0.0,
        },
    );
    stand(
        &mut long,
        Stand::At {
            item: LONG / 2,
            below: 0.0,
        },
    );
    assert_eq!(things(&short), things(&long));
}

#[test]
fn the_wheel_goes_on_through_all_of_it() {
    let mut model = of(LONG);
    assert!(scroll(&mut model, 40, true), "a notch that moves nothing");
    let Stand::At { item, .. } = model.home.threads[&room(2)].stand else {
        panic!("still at the end");
    };
    // 40 notches are some screens, not a jump.
    assert!((LONG - 200..LONG - 10).contains(&item), "{item}");
    assert!(scroll(&mut model, 30, false));
    let before = things(&model);
    stand(
        &mut model,
        Stand::At {
            item: 3,
            below: 0.0,
        },
    );
    assert!(things(&model) < before, "near the beginning there is less");
}

/// A hit is paged in from the store, larger pages than a reader's scrolling
/// asks for: few questions, each for what comes before.
#[test]
fn a_search_hit_far_back_is_paged_in_and_shown() {
    let mut model = talking();
    let all = of(LONG).home.threads.remove(&room(2)).unwrap().messages;
    let hit = all[1_000].id.clone();
    let newest = all[LONG - 200..].to_vec();
    let got = answer(
        &mut model,
        Tag::History(room(2), None),
        Ok(Reply::Messages(newest)),
    );
    assert!(
        got.iter()
            .all(|e| !matches!(e, Effect::Ask(_, Tag::History(..), _)))
    );
    let mut effects = model.update(Message::Thread(Do::GoTo(hit.clone())));
    let mut questions = 0;
    while let Some((tag, before, limit)) = effects.iter().find_map(|e| match e {
        Effect::Ask(_, tag @ Tag::History(..), Request::History { before, limit, .. }) => {
            Some((tag.clone(), before.clone(), *limit as usize))
        }
        _ => None,
    }) {
        questions += 1;
        let end = all
            .iter()
            .position(|m| Some(&m.id) == before.as_ref())
            .unwrap();
        let page = all[end.saturating_sub(limit)..end].to_vec();
        effects = answer(&mut model, tag, Ok(Reply::Messages(page)));
    }
    let thread = &model.home.threads[&room(2)];
    assert_eq!(thread.picked.as_deref(), Some(hit.as_str()));
    assert!(questions <= 100, "{questions} questions");
    let Stand::At { item, .. } = thread.stand else {
        panic!("at the end");
    };
    assert!(thread.messages[item - 5..=item].iter().any(|m| m.id == hit));
}

/// Resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let words = line.and_then(|l| l.split_whitespace().next());
    words.and_then(|w| w.parse().ok()).unwrap()
}

#[test]
#[ignore = "prints figures; run with --release --ignored --nocapture"]
#[allow(clippy::print_stderr, reason = "its purpose")]
fn what_a_long_conversation_costs() {
    for n in [500, LONG] {
        let before = resident();
        let mut model = of(n);
        let memory = resident().saturating_sub(before);
        let begun = Instant::now();
        for _ in 0..50 {
            let _ = view(&model);
        }
        let view_us = begun.elapsed().as_micros() / 50;
        stand(
            &mut model,
            Stand::At {
                item: n / 2,
                below: 0.0,
            },
        );
        scroll(&mut model, 5, true);
        let begun = Instant::now();
        scroll(&mut model, 50, true);
        let turn_us = begun.elapsed().as_micros() / 50;
        eprintln!(
            "{n} messages: {} things; a view {view_us} us, a notch of the wheel {turn_us} us; \
             {memory} KiB",
            things(&model)
        );
    }
}
