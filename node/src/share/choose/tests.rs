use super::*;

fn window(id: u32, process: u32, program: &str, title: &str) -> WindowInfo {
    WindowInfo {
        id: WindowId(id),
        kind: WindowKind::Ordinary,
        client: id & !0xff,
        process: Some(process),
        program: Some(program.into()),
        title: title.into(),
        class: "XTerm".into(),
        x: 0,
        y: 0,
        width: 10,
        height: 10,
        shown: true,
        private: false,
    }
}

fn app(name: &str) -> Wanted {
    Wanted::Application(name.into())
}

fn titled(title: &str) -> Wanted {
    Wanted::Window(title.into())
}

#[test]
fn an_application_is_found_by_program_else_by_class() {
    let list = [
        window(0x101, 7, "xterm", "one"),
        window(0x102, 7, "xterm", "two"),
        window(0x201, 8, "writer", "letter"),
    ];
    let chosen = choose(&list, &app("XTerm")).unwrap();
    assert_eq!(chosen.target, Target::Application(7));
    assert_eq!((chosen.program(), chosen.owners.len()), ("xterm", 1));
    assert!(matches!(
        choose(&list[2..], &app("xterm")).unwrap().target,
        Target::Application(8)
    ));
    // A name is never a number: names also come from others.
    for none in ["emacs", "", "xter", "0x201"] {
        let refused = choose(&list, &app(none));
        assert!(matches!(refused, Err(ChooseError::NoApplication(..))));
        let text = refused.unwrap_err().to_string();
        assert!(text.ends_with("there is xterm, writer"), "{text}");
    }
}

#[test]
fn what_is_not_clear_is_refused_and_listed_escaped() {
    let list = [
        window(0x101, 7, "xterm", "note\u{1b}[31m one"),
        window(0x201, 8, "xterm", "note two"),
        window(0x301, 9, "writer", "note"),
    ];
    let refused = choose(&list, &app("xterm")).unwrap_err();
    assert!(matches!(refused, ChooseError::SeveralApplications(..)));
    let text = refused.to_string();
    assert!(text.contains("0x101") && !text.contains('\u{1b}'), "{text}");
    let refused = choose(&list, &titled("NOTE")).unwrap_err();
    assert!(matches!(refused, ChooseError::SeveralWindows(..)));
    for (by, id) in [("note", 0x301), ("TWO", 0x201), ("0x101", 0x101)] {
        let chosen = choose(&list, &titled(by)).unwrap();
        assert_eq!(chosen.target, Target::Window(WindowId(id)), "{by}");
    }
    let none = choose(&list, &titled(""));
    assert!(matches!(none, Err(ChooseError::NoWindow(..))));
    let text = choose(&list, &titled("b")).unwrap_err().to_string();
    assert!(
        text.contains("0x301 “note”") && !text.contains('\u{1b}'),
        "{text}"
    );
    let text = choose(&[], &titled("b")).unwrap_err().to_string();
    assert!(text.ends_with("there is nothing to share"), "{text}");
}

#[test]
fn kiths_private_menus_and_the_unknown_are_never_chosen() {
    let mut list = [
        window(0x101, 7, "kith", "a"),
        window(0x201, std::process::id(), "x", "a"),
        window(0x301, 9, "x", "a"),
        window(0x401, 10, "x", "a"),
        window(0x501, 11, "x", "a"),
    ];
    list[2].private = true;
    list[3].kind = WindowKind::PopUp;
    list[4].process = None;
    for wanted in [app("kith"), app("x"), titled("a"), titled("0x101")] {
        assert!(choose(&list, &wanted).is_err(), "{wanted:?}");
    }
}

/// Who controls this screen may ask for a mark: a wrong number tells them
/// no titles, and of Kith's own windows no more than of none (GUARD-9).
#[test]
fn a_mark_that_finds_no_window_tells_of_no_others() {
    let list = [
        window(0x101, 7, "kith", "a"),
        window(0x201, 8, "writer", "letter"),
    ];
    for process in [None, Some(8)] {
        assert!(may_be_marked(&list, WindowId(0x201), process).is_ok());
    }
    // Another program's by now, under the same number.
    for (none, process) in [(0x101, None), (0x999, None), (0x201, Some(9))] {
        let none = WindowId(none);
        let text = may_be_marked(&list, none, process).unwrap_err().to_string();
        assert_eq!(text, format!("there is no window “{none}”"));
    }
}

/// A window that was closed leaves its number to others, and a title can
/// claim to be one.
#[test]
fn a_window_of_the_list_is_that_programs_or_none() {
    let list = [
        window(0x101, 7, "xterm", "one"),
        window(0x201, 8, "writer", "letter 0x101 and 0x999, 999"),
    ];
    let listed = |id, process| Listed {
        window: WindowId(id),
        process,
    };
    type Kind = fn(Listed) -> Wanted;
    let kinds: [(Kind, Target); 2] = [
        (Wanted::WindowOf, Target::Window(WindowId(0x201))),
        (Wanted::ApplicationOf, Target::Application(8)),
    ];
    for (wanted, target) in kinds {
        let by = |id, process| choose(&list, &wanted(listed(id, process))).map(|c| c.target);
        assert_eq!(by(0x201, 8).unwrap(), target);
        assert!(matches!(by(0x201, 7), Err(ChooseError::NotIts(_))));
        assert!(matches!(by(0x999, 8), Err(ChooseError::NoWindow(..))));
    }
    let by = |text| choose(&list, &titled(text)).map(|c| c.target);
    assert_eq!(by("0x101").unwrap(), Target::Window(WindowId(0x101)));
    assert_eq!(by("0x101:7").unwrap(), Target::Window(WindowId(0x101)));
    assert_eq!(by("letter").unwrap(), Target::Window(WindowId(0x201)));
    for none in [
        "0x999",
        "999",
        "0x1999999999",
        "0x101:8",
        "0x101:99999999999",
    ] {
        assert!(matches!(by(none), Err(ChooseError::NoWindow(..))), "{none}");
    }
}

#[test]
fn another_program_under_the_same_number_is_not_it() {
    let list = [window(0x101, 7, "xterm", "one")];
    for wanted in [app("xterm"), titled("one")] {
        let chosen = choose(&list, &wanted).unwrap();
        assert!(chosen.again(&list).is_some());
        for other in [
            window(0x101, 7, "writer", "one"),
            window(0x101, 8, "xterm", "one"),
            window(0x201, 7, "xterm", "one"),
        ] {
            assert_eq!(chosen.again(&[other]), None);
        }
    }
}
