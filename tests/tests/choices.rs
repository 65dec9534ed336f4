//! What there is to show, listed with pictures (GUARD-3, GUARD-10).
#![allow(clippy::unwrap_used, clippy::panic)] // a failed helper is a failed test

use std::time::Instant;

use kith_api::{Press, Reply, Request, ShareRequest, WindowChoice, WindowsOf};
use kith_tests::{PATIENCE, Person, Running, Scratch, Screen};

fn windows(person: &mut Person, thumbnail: u16) -> Vec<WindowChoice> {
    let of = WindowsOf::Shareable;
    let press = Press::Asked;
    match person.ask(Request::Share(ShareRequest::Windows {
        thumbnail,
        of,
        press,
    })) {
        Reply::Windows(all) => all,
        other => panic!("{other:?}"),
    }
}

#[test]
fn xvfb_what_there_is_to_show_is_listed_with_pictures() {
    let folder = Scratch::new("choices");
    let screen = Screen::managed();
    let terminal = |title: &str| {
        let args = ["xterm", "-T", title, "-bg", "#20a040", "-e", "cat"];
        Running::on(&screen, &args)
    };
    let mut anna = Person::new("Anna", folder.path());
    anna.sit_at(screen.name());
    anna.up();
    let (_letter, _secret) = (terminal("Letter"), terminal("Secret"));
    let until = Instant::now() + PATIENCE;
    // Its window gets the mark of a private one as soon as it is there.
    while windows(&mut anna, 0).len() < 2 {
        assert!(Instant::now() < until, "no terminals");
    }
    let secret = windows(&mut anna, 0);
    let secret = secret.iter().find(|w| w.title == "Secret").unwrap();
    // As a person reads it in the list.
    let number = format!("{:#x}", secret.number);
    let named = format!("{number}:{}", secret.process);
    assert!(anna.kith(&["windows"]).ok().stdout.contains(&named));
    // A number that is another program's by now marks nothing.
    let other = format!("{number}:{}", std::process::id());
    assert_ne!(
        anna.kith(&["windows", "--private", &other]).run().code,
        Some(0)
    );
    assert_eq!(windows(&mut anna, 0).len(), 2);
    anna.kith(&["windows", "--private", &number]).ok();
    let all = windows(&mut anna, 100);
    let titles: Vec<&str> = all.iter().map(|w| w.title.as_str()).collect();
    assert_eq!(titles, ["Letter"]);
    let letter = &all[0];
    assert_eq!((&*letter.application, &*letter.state), ("xterm", "shown"));
    // Its own colour, be it covered by the other.
    loop {
        let all = windows(&mut anna, 100);
        let picture = all[0].thumbnail.as_ref().unwrap();
        assert_eq!(picture.width.max(picture.height), 100);
        assert_eq!(
            picture.pixels.len(),
            usize::from(picture.width) * usize::from(picture.height)
        );
        let green = picture.pixels.iter().filter(|p| **p == 0x0020_a040);
        if green.count() * 2 > picture.pixels.len() {
            break;
        }
        assert!(Instant::now() < until, "the terminal isn't in its picture");
    }
    assert!(windows(&mut anna, 0)[0].thumbnail.is_none());
    let said = anna.kith(&["windows"]).ok().stdout;
    let line = |of: &str| said.lines().find(|l| l.contains(of)).unwrap();
    assert!(!line("Letter").contains("(private)"), "{said}");
    assert!(line("Secret").contains(&named), "{said}");
    assert!(line("Secret").contains("(private)"), "{said}");
    // What isn't there can't be marked; what is, can be shown again.
    let gone = anna.kith(&["windows", "--private", "0x7"]).run();
    assert_ne!(gone.code, Some(0));
    for not in [&number, &other] {
        let refused = anna.kith(&["windows", "--open", not]).run();
        assert_ne!(refused.code, Some(0), "{not}");
        assert_eq!(windows(&mut anna, 0).len(), 1);
    }
    anna.kith(&["windows", "--open", &named]).ok();
    let all = windows(&mut anna, 0);
    assert!(all.iter().any(|w| w.title == "Secret"));
}
