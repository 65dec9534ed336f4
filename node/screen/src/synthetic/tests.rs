use super::*;
use kith_codec::synthetic::Kind;

fn source() -> (SyntheticSource, SyntheticInput) {
    let size = Size::new(400, 300).unwrap();
    SyntheticSource::new(Desktop::new(size, 3))
}

/// Whatever was reported was also copied: what a view shows is what is there.
fn assert_shows(source: &mut SyntheticSource, input: &SyntheticInput) {
    let seen = Picture::copy_of(&source.view().unwrap());
    input.with(|d| assert_eq!(d.picture(), &seen));
}

#[test]
fn what_is_done_to_the_desktop_shows() {
    let (mut source, input) = source();
    source.wait(None).unwrap();
    assert_shows(&mut source, &input);
    let editor = input.with(|d| d.window(Kind::Editor));
    input.point(editor.x + 30, editor.y + 5);
    input.press();
    input.point(editor.x + 60, editor.y + 25);
    input.release();
    let news = source.wait(None).unwrap();
    assert!(news.moves.contains(&kith_codec::Vector { dx: 30, dy: 20 }));
    let at = Pointer::At {
        x: editor.x + 60,
        y: editor.y + 25,
    };
    assert_eq!(news.pointer, Some(at));
    assert!(news.shape.is_some_and(|s| s.is_valid()));
    assert_shows(&mut source, &input);
    input.leave();
    assert_eq!(source.wait(None).unwrap().pointer, Some(Pointer::Away));
    input.point(u16::MAX, u16::MAX);
    let news = source.wait(None).unwrap();
    assert_eq!(news.pointer, Some(Pointer::At { x: 399, y: 299 }));
    assert!(
        news.shape.is_some(),
        "a pointer that comes back has its shape"
    );
}

#[test]
fn film_wakes_it_and_rest_does_not() {
    let (mut source, input) = source();
    source.wait(None).unwrap();
    input.with(|d| d.animate(Kind::Player, true, input.now()));
    for _ in 0..3 {
        assert!(!source.wait(None).unwrap().damage.is_empty());
        assert_shows(&mut source, &input);
    }
}

#[test]
fn states_and_the_end_are_told() {
    let (mut source, input) = source();
    assert_eq!(source.wait(None).unwrap().state, Some(SourceState::Live));
    input.set_state(SourceState::Minimised);
    let news = source.wait(None).unwrap();
    assert_eq!(news.state, Some(SourceState::Minimised));
    assert!(news.damage.is_empty());
    let ender = input.clone();
    let thread = std::thread::spawn(move || ender.close());
    let end = loop {
        if let Err(end) = source.wait(None) {
            break end;
        }
    };
    assert!(matches!(end, SourceError::Gone));
    thread.join().unwrap();
}
