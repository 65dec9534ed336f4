//! What the warden's windows say, in each [`Language`]: one table a language, so
//! that none lacks a text. `{0}` and `{1}` stand for what is put in. Instructions
//! come first and names last (GUARD-1): text of others never leads.

mod de;
mod en;
mod zh;

#[cfg(test)]
mod tests;

use super::protocol::Note;
pub(super) use crate::look::fill;
use crate::look::{Language, Look, Scale};

crate::texts! {
    /// All texts of one language.
    Words
    // The window that asks.
    ask_control,
    ask_view,
    ask_command,
    esc_refuses,
    esc_panics,
    keyboard_shortcut,
    keyboard_taken,
    verified,
    not_verified,
    refuse,
    only_view,
    wait,
    allow,
    allow_control,
    not_enrolled,
    // What is offered there, before what it is called. `{0}` is one of the places.
    use_both,
    use_mouse,
    use_keyboard,
    use_nothing,
    place_window,
    place_application,
    place_region,
    place_desktop,
    /// What control of any of them comes to (GUARD-9).
    as_you,
    /// `{0}`: a list of the next seven.
    not_allowed,
    menus,
    file_dialogs,
    right_button,
    borders,
    shortcuts,
    some_keys,
    some_places,
    /// Between two things in a list.
    comma,
    /// Before the last thing in a list of names: `{0}` the rest, `{1}` the last.
    and_last,
    // Who controls already, if anybody does. `{0}` in the last: how many will.
    yes_takes,
    both_control,
    all_control,
    until_end,
    for_seconds,
    for_minutes,
    for_hours,
    take_back,
    only_view_means,
    // The frame's title.
    stop,
    menu,
    nobody_watches,
    watched_by,
    esc_takes_back,
    /// `{0}`: names, `{1}`: how many more.
    and_more,
    a_viewer,
    devices_held,
    pretended,
    closed,
    all_there_is,
    not_shown_never,
    not_shown_window,
    not_shown_another,
    not_shown_many,
    not_moved,
    too_many_cuts,
    // Choosing windows by clicks. `{0}` is one of the first two.
    esc_ends,
    esc_ends_all,
    click_shows,
    click_takes_out,
    click_not,
    click_any,
    // Moving them into a part of the screen or out of it.
    click_into,
    click_out_of,
    click_no_room,
    click_in_or_out,
    // Moving the frame and changing its shape. `{0}`: a size, `{1}`: one of the first two.
    place_esc,
    place_esc_all,
    place_hand,
    place_keys,
    cut_hand,
    cut_keys,
    add_hand,
    add_keys,
    // The frame's menu.
    menu_help,
    menu_help_all,
    choose,
    take_out,
    shown,
    place,
    cut,
    add,
    whole,
    bring,
    take_control_back,
    send_away,
    nobody,
    more,
    bar_menus,
    barred_menus,
    bar_file_dialogs,
    barred_file_dialogs,
    bar_right_click,
    barred_right_click,
    bar_shortcuts,
    barred_shortcuts,
    bar_borders,
    barred_borders,
    stop_sharing,
}

impl Words {
    /// Why what a person chose isn't shown.
    pub(super) const fn note(&self, note: Note) -> &'static str {
        match note {
            Note::Never => self.not_shown_never,
            Note::OneWindow => self.not_shown_window,
            Note::Another => self.not_shown_another,
            Note::TooMany => self.not_shown_many,
            Note::Last => self.all_there_is,
            Note::Nowhere => self.not_moved,
        }
    }
}

/// What a window is drawn with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    pub(super) words: &'static Words,
    pub(super) scale: Scale,
}

impl From<Look> for Face {
    fn from(look: Look) -> Self {
        Self {
            words: words(look.language),
            scale: look.scale,
        }
    }
}

/// The texts of a language.
pub(super) const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &en::WORDS,
        Language::German => &de::WORDS,
        Language::Chinese => &zh::WORDS,
    }
}
