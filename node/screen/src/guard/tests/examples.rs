//! Single cases, said out.

use super::*;

fn key(n: u32) -> Keysym {
    Keysym::new(n).unwrap()
}

#[test]
fn keys_of_the_desktop_never_pass() {
    let control = Modifiers::NONE.with(Modifier::Control);
    let alt = Modifiers::NONE.with(Modifier::Alt);
    let both = control.with(Modifier::Alt);
    let l = Limits {
        borders: Allow::Allowed,
        ..Limits::default()
    };
    for (held, k) in [
        (Modifiers::NONE, 0xffeb),      // Super_L
        (Modifiers::NONE, 0xffec),      // Super_R
        (Modifiers::NONE, 0xff61),      // Print
        (Modifiers::NONE, 0xff15),      // SysRq
        (Modifiers::NONE, 0x1008_ff2a), // XF86PowerOff
        (Modifiers::NONE, 0x1008_fe01), // XF86Switch_VT_1
        (Modifiers::NONE, 0xfed5),      // Terminate_Server
        (Modifiers::NONE, 0xfee9),      // Pointer_Button1
        (alt, 0xff09),                  // Alt-Tab
        (alt, 0xfe20),                  // Alt-Shift-Tab
        (alt, 0xff1b),                  // Alt-Esc
        (alt, 0xffbf),                  // Alt-F2
        (both, 0xffff),                 // Ctrl-Alt-Del
        (both, 0xff08),                 // Ctrl-Alt-Backspace
        (both, 0x74),                   // Ctrl-Alt-T
        (both, 0xffbe),                 // Ctrl-Alt-F1
        (control, 0xff1b),              // Ctrl-Esc
    ] {
        assert_eq!(judge(key(k), held, &l), Err(Reason::DesktopKey), "{k:#x}");
    }
    for (held, k) in [
        (Modifiers::NONE, 0xff1b), // Esc is an ordinary key (GUARD-6)
        (control, 0x63),
        (alt, 0x66),
        (Modifiers::NONE, 0xffc2),
        (alt, 0xffc1), // Alt-F4, with borders
    ] {
        assert_eq!(judge(key(k), held, &l), Ok(()), "{k:#x}");
    }
    assert_eq!(
        judge(key(0xffc1), alt, &Limits::default()),
        Err(Reason::DesktopKey)
    );
}

#[test]
fn key_filters_and_menus() {
    let text = Limits {
        keys: Keys::Text,
        ..Limits::default()
    };
    let control = Modifiers::NONE.with(Modifier::Control);
    assert_eq!(judge(key(0x61), Modifiers::NONE, &text), Ok(()));
    assert_eq!(judge(key(0xff0d), Modifiers::NONE, &text), Ok(()));
    assert_eq!(judge(key(0x63), control, &text), Err(Reason::BarredKey));
    assert_eq!(
        judge(key(0xffc2), Modifiers::NONE, &text),
        Err(Reason::BarredKey)
    );
    let no_menus = Limits {
        menus: Allow::Barred,
        ..Limits::default()
    };
    let alt = Modifiers::NONE.with(Modifier::Alt);
    assert_eq!(judge(key(0x66), alt, &no_menus), Err(Reason::Menu));
    assert_eq!(
        judge(key(0xffc7), Modifiers::NONE, &no_menus),
        Err(Reason::Menu)
    );
    let no_q = Limits {
        barred_keys: vec![key(0x71)],
        ..Limits::default()
    };
    assert_eq!(
        judge(key(0x71), Modifiers::NONE, &no_q),
        Err(Reason::BarredKey)
    );
}

#[test]
fn a_client_number_given_out_again_is_another_owner() {
    // The shared program ended; another process got its client base and made
    // a window with the same number.
    let gone = owner(1);
    let thief = Owner {
        process: ProcessId(NonZeroU32::new(4242).unwrap()),
        ..gone
    };
    let at = Point { x: 5, y: 5 };
    let id = WindowId(10);
    let sight = Sight {
        under: vec![Window::plain(id, Some(thief), Area::new(0, 0, 50, 50))],
        focus: Focus::Nothing,
        pointer: Grab::Free,
        keyboard: Grab::Free,
        fresh: Vec::new(),
    };
    for what in [
        What::Applications(vec![gone]),
        What::Windows(vec![Shared { id, owner: gone }]),
    ] {
        let grant = grant(what, Limits::default());
        let q = Question {
            grant: &grant,
            own: &own(),
            sight: &sight,
            held: &Held::default(),
            deed: Deed::Move(at),
        };
        assert_eq!(decide(q), Err(Reason::ForeignWindow));
    }
}

/// GUARD-10: what is grey to the viewers takes no input.
#[test]
fn what_says_that_it_is_private_takes_no_input() {
    let says = |mark: &[u32], kinds: &[u32], claims: &[u32]| Says::of(mark, kinds, claims, 77);
    let kith = owner(KITH).process.0.get();
    let open = says(&[0], &[76], &[kith + 1]);
    let marked = says(&[1], &[], &[]);
    let notification = says(&[], &[76, 77], &[]);
    let claims = says(&[], &[], &[kith]);
    let at = Point { x: 25, y: 25 };
    let line = |says: &Says| {
        let mut w = Window::plain(WindowId(10), Some(owner(1)), Area::new(0, 0, 50, 50));
        w.says = says.clone();
        let inner = Window::plain(WindowId(11), Some(owner(1)), w.area);
        vec![w, inner]
    };
    let calm = Sight {
        under: line(&open),
        focus: Focus::Window(line(&open)),
        pointer: Grab::Free,
        keyboard: Grab::Free,
        fresh: Vec::new(),
    };
    let ask = |what: &What, sight: &Sight, deed| {
        let grant = grant(what.clone(), Limits::default());
        let (own, held) = (own(), Held::default());
        let q = Question {
            grant: &grant,
            own: &own,
            sight,
            held: &held,
            deed,
        };
        decide(q).map(|_| ())
    };
    let region = What::Region(Area::new(0, 0, 50, 50).into());
    let application = What::Applications(vec![owner(1)]);
    let (private, ours) = (Err(Reason::PrivateWindow), Err(Reason::OwnWindow));
    for (says, apart, within) in [
        (&open, Ok(()), Ok(())),
        (&marked, private, private),
        // Who shows the program shows its notifications.
        (&notification, private, Ok(())),
        (&claims, ours, ours),
    ] {
        for (what, wanted) in [
            (&What::Desktop, apart),
            (&region, apart),
            (&application, within),
        ] {
            let under = Sight {
                under: line(says),
                ..calm.clone()
            };
            let press = Deed::Press(at, Button::Main);
            assert_eq!(ask(what, &under, press), wanted, "{says:?} {what:?}");
            let focus = Sight {
                focus: Focus::Window(line(says)),
                ..calm.clone()
            };
            let typed = Deed::Type('a');
            assert_eq!(ask(what, &focus, typed), wanted, "{says:?} {what:?}");
        }
        // What came with a grab may be what has it.
        let grabbed = Sight {
            keyboard: Grab::Held,
            fresh: vec![Popup {
                id: WindowId(12),
                owner: Some(owner(1)),
                kind: Kind::Menu,
                says: says.clone(),
            }],
            ..calm.clone()
        };
        let wanted = if *says == open {
            Ok(())
        } else {
            Err(Reason::Grabbed)
        };
        assert_eq!(ask(&What::Desktop, &grabbed, Deed::Type('a')), wanted);
    }
}

/// GUARD-4: who has the keyboard by a grab chooses from its menu.
#[test]
fn a_barred_menu_takes_no_keys() {
    let window = Window::plain(WindowId(10), Some(owner(1)), Area::new(0, 0, 50, 50));
    let ask = |kind, menus, key| {
        let popup = Popup {
            id: WindowId(12),
            owner: Some(owner(1)),
            kind,
            says: Says::default(),
        };
        let sight = Sight {
            under: vec![window.clone()],
            focus: Focus::Window(vec![window.clone()]),
            pointer: Grab::Free,
            keyboard: Grab::Held,
            fresh: vec![popup],
        };
        let limits = Limits {
            menus,
            ..Limits::default()
        };
        let character = None;
        let q = Question {
            grant: &grant(What::Applications(vec![owner(1)]), limits),
            own: &own(),
            sight: &sight,
            held: &Held::default(),
            deed: Deed::KeyDown { key, character },
        };
        decide(q).map(|_| ())
    };
    let (enter, esc) = (key(0xff0d), key(0xff1b));
    assert_eq!(ask(Kind::Menu, Allow::Allowed, enter), Ok(()));
    assert_eq!(ask(Kind::Menu, Allow::Barred, enter), Err(Reason::Menu));
    assert_eq!(ask(Kind::Menu, Allow::Barred, esc), Ok(()));
    assert_eq!(ask(Kind::Passing, Allow::Barred, enter), Ok(()));
}

#[test]
fn rights_of_viewing_give_no_control() {
    let g = ControlGrant::new(
        ShareId(1),
        ViewerId(1),
        Rights::VIEW,
        What::Desktop,
        Limits::default(),
        None,
    );
    assert!(!g.rights().contains(Right::Pointer));
    let sight = Sight {
        under: Vec::new(),
        focus: Focus::Nothing,
        pointer: Grab::Free,
        keyboard: Grab::Free,
        fresh: Vec::new(),
    };
    let q = Question {
        grant: &g,
        own: &own(),
        sight: &sight,
        held: &Held::default(),
        deed: Deed::Move(Point::default()),
    };
    assert_eq!(decide(q), Err(Reason::NoRight));
}

#[test]
fn codes_of_reasons_are_as_published() {
    for r in Reason::ALL {
        assert_eq!(Reason::from_code(r.code()), Some(*r));
    }
    assert_eq!(Reason::ForeignWindow.code(), 4);
    assert_eq!(Reason::from_code(0), None);
}

/// GUARD-4: in a desktop and a part of it a window manager's frame takes no
/// clicks, nor does what a program draws as one.
#[test]
fn borders_of_a_desktop_take_no_clicks() {
    let (manager, program) = (owner(0), owner(1));
    let (outer, inner) = (Area::new(0, 0, 60, 60), Area::new(5, 20, 50, 35));
    let managed = |owner| Link {
        id: WindowId(12),
        owner,
    };
    let frame = |framed: Vec<Link>| Window {
        frames: framed,
        ..Window::plain(WindowId(10), Some(manager), outer)
    };
    let title = Window::plain(WindowId(11), Some(manager), Area::new(0, 0, 60, 20));
    let window = Window::plain(WindowId(12), Some(program), inner);
    let mut decorated = Window::plain(WindowId(13), Some(program), outer);
    decorated.own_borders = Borders {
        left: 8,
        right: 8,
        top: 20,
        bottom: 8,
    };
    let mut grip = Window::plain(WindowId(14), Some(manager), outer);
    grip.input_only = true;
    let (on, off) = (Point { x: 30, y: 10 }, Point { x: 30, y: 40 });
    let own_edges = [(0, 30), (7, 30), (52, 30), (59, 30), (30, 52), (30, 19)];
    let plain_edges = [(-1, 30), (60, 30), (30, -1), (30, 60)];
    let at = |(x, y)| Point { x, y };
    let mut cases = vec![
        (vec![frame(vec![managed(Some(program))])], on, true),
        (
            vec![frame(vec![managed(Some(program))]), title.clone()],
            on,
            true,
        ),
        // Whose window is in it could not be found out.
        (vec![frame(vec![managed(None)]), title], on, true),
        // Window managers resize by windows that nobody sees.
        (vec![grip.clone()], on, true),
        (vec![frame(Vec::new()), window], off, false),
        // Programs have such parts.
        (vec![frame(Vec::new()), grip], on, false),
        // A panel, a menu, a part of the same program: nothing is managed in it.
        (vec![frame(Vec::new())], on, false),
        (vec![frame(vec![managed(Some(manager))])], on, false),
        (Vec::new(), on, false),
        (vec![decorated.clone()], off, false),
    ];
    cases.extend(own_edges.map(|p| (vec![decorated.clone()], at(p), true)));
    // What the server draws around a window lies outside of it.
    let bare = frame(Vec::new());
    cases.extend(plain_edges.map(|p| (vec![bare.clone()], at(p), true)));
    for (line, at, is_border) in cases {
        let sight = Sight {
            under: line.clone(),
            focus: Focus::FollowsPointer,
            pointer: Grab::Free,
            keyboard: Grab::Free,
            fresh: Vec::new(),
        };
        for what in [
            What::Desktop,
            What::Region(Area::new(-5, -5, 90, 90).into()),
        ] {
            for borders in [Allow::Barred, Allow::Allowed] {
                let limits = Limits {
                    borders,
                    ..Limits::default()
                };
                let grant = grant(what.clone(), limits);
                let (own, held) = (own(), Held::default());
                let ask = |deed| {
                    let (grant, own, sight, held) = (&grant, &own, &sight, &held);
                    decide(Question {
                        grant,
                        own,
                        sight,
                        held,
                        deed,
                    })
                };
                // By its border a window could be brought into a part of the screen.
                let part = matches!(what, What::Region(_));
                let barred = is_border && (part || borders == Allow::Barred);
                let (dx, dy) = (0, 1);
                for deed in [Deed::Press(at, Button::Main), Deed::Wheel { at, dx, dy }] {
                    let wanted = if barred { Err(Reason::Border) } else { Ok(()) };
                    assert_eq!(ask(deed).map(|_| ()), wanted, "{line:?} {deed:?}");
                }
                // The pointer passes over them, as over all else that is seen.
                assert_eq!(ask(Deed::Move(at)), Ok(Inject::Move(at)));
            }
        }
    }
}
