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
    let region = What::Region(Area::new(0, 0, 50, 50));
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
