//! What keys do wherever they are pressed (UI-1: everything is reachable by
//! keyboard). Tab goes from thing to thing; Enter and Space press.

use iced::event::Status;
use iced::keyboard::{Key, Modifiers, key::Named};

use crate::state::{Message, Page, dialog, home, meet, prefs, share, thread};

/// What a key means, if it means something here.
pub(crate) fn pressed(
    key: &Key,
    modifiers: Modifiers,
    repeat: bool,
    status: Status,
) -> Option<Message> {
    let free = status == Status::Ignored;
    match (key, modifiers) {
        (Key::Named(Named::Tab), m) if m.is_empty() || m == Modifiers::SHIFT => {
            Some(Message::Step { back: m.shift() })
        }
        (Key::Named(Named::Escape), m) if m.is_empty() && !repeat => {
            Some(Message::Home(home::Message::Escape))
        }
        (Key::Named(Named::PageUp), m) if m.is_empty() => {
            Some(Message::Thread(thread::Message::Page { up: true }))
        }
        (Key::Named(Named::PageDown), m) if m.is_empty() => {
            Some(Message::Thread(thread::Message::Page { up: false }))
        }
        (Key::Named(Named::F1), _) if !repeat => Some(Message::Dialog(dialog::Message::Keys)),
        (Key::Named(Named::ArrowUp), Modifiers::ALT) => {
            Some(Message::Home(home::Message::Along { up: true }))
        }
        (Key::Named(Named::ArrowDown), Modifiers::ALT) => {
            Some(Message::Home(home::Message::Along { up: false }))
        }
        (Key::Named(Named::ArrowUp), Modifiers::CTRL) => {
            Some(Message::Thread(thread::Message::Pick { up: true }))
        }
        (Key::Named(Named::ArrowDown), Modifiers::CTRL) => {
            Some(Message::Thread(thread::Message::Pick { up: false }))
        }
        (Key::Character(c), m) if m == Modifiers::CTRL | Modifiers::SHIFT => {
            match c.to_lowercase().as_str() {
                // Where "+" is Shift and "=".
                "+" | "=" => Some(Message::Prefs(prefs::Change::Scale(10))),
                _ if repeat => None,
                "x" => Some(Message::Share(share::Message::StopAll)),
                "l" => Some(Message::Home(home::Message::Lock)),
                "n" => Some(Message::Dialog(dialog::Message::Room)),
                "s" => Some(Message::Share(share::Message::JoinOpen)),
                _ => None,
            }
        }
        (Key::Character(c), Modifiers::CTRL) => match c.as_str() {
            "+" | "=" => Some(Message::Prefs(prefs::Change::Scale(10))),
            "-" => Some(Message::Prefs(prefs::Change::Scale(-10))),
            _ if repeat => None,
            "k" => Some(Message::Home(home::Message::ToSearch)),
            "n" => Some(Message::Dialog(dialog::Message::Invite)),
            "o" if free => Some(Message::Dialog(dialog::Message::File)),
            "j" => Some(Message::Dialog(dialog::Message::Accept)),
            "i" => Some(Message::Home(home::Message::Panel)),
            "m" => Some(Message::Meet(meet::Message::Look)),
            "s" => Some(Message::Share(share::Message::OfferOpen)),
            "g" => Some(Message::Share(share::Message::ToAsking)),
            "d" => Some(Message::Prefs(prefs::Change::Flip)),
            "1" => Some(Message::Home(home::Message::Page(Page::Talk))),
            "2" => Some(Message::Home(home::Message::Page(Page::Shares))),
            "3" => Some(Message::Home(home::Message::Page(Page::Rules))),
            "4" => Some(Message::Home(home::Message::Page(Page::Log))),
            "5" => Some(Message::Home(home::Message::Page(Page::Diagnosis))),
            "6" => Some(Message::Home(home::Message::Page(Page::Agreed))),
            "9" => Some(Message::Home(home::Message::Page(Page::Settings))),
            _ => None,
        },
        _ => None,
    }
}
