//! What the node writes into the warden's windows, in the language of those: what
//! a command does, and what goes with a wish for control. A table a language.

mod de;
mod en;
mod zh;

use kith_screen::look::Language;

kith_screen::texts! {
    /// All texts of one language.
    Texts
    // What is shown.
    desktop,
    region,
    application,
    an_application,
    window,
    a_window,
    vnc_server,
    /// `{0}`: its port.
    vnc_at,
    toy,
    what_they_ask,
    /// `{0}` is one of those.
    show,
    level_view,
    level_control,
    /// What control comes to (GUARD-9).
    as_you,
    // Commands: a headline each.
    let_see,
    let_control,
    count_again,
    accept_contact,
    mark_verified,
    make_invite,
    accept_invite,
    rename,
    meet,
    setting,
    loosen,
    keys_count,
    clicks_count,
    own_rules,
    policies,
    sign,
    organisation,
    backup,
    export_room,
    audit,
    import,
    send_file,
    enter_room,
    account,
    moderated,
    change_room,
    devices,
    presence_rules,
    something,
    show_private,
    show_part,
    tell_windows,
    ask_to_see,
    see_theirs,
    let_control_it,
    change_shown,
    several,
    // And what is to be known beside.
    comes_here,
    the_application,
    shown_to,
    at_once,
    for_days,
    without_asking,
    any_keys,
    any_clicks,
    inputs_for,
    inputs_until,
    backup_more,
    to,
    in_room,
    /// `{0}`: a size, `{1}`: a place.
    pixels,
    /// `{0}`: a name, `{1}`: one of the next two.
    whom,
    verified,
    not_verified,
    typed,
    perhaps_theirs,
    // What a wish for control says of itself.
    purpose,
    reference,
    patient_consent,
}

/// The texts of a language.
pub(super) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &en::TEXTS,
        Language::German => &de::TEXTS,
        Language::Chinese => &zh::TEXTS,
    }
}

#[cfg(test)]
mod tests {
    use kith_screen::look::holes;
    use kith_screen::warden::protocol::MAX_LINE;

    use super::*;

    #[test]
    fn every_language_says_the_same_things() {
        for language in Language::ALL {
            for (english, text) in texts(Language::English).all().zip(texts(language).all()) {
                assert!(!text.is_empty() && text.len() < MAX_LINE, "{english}");
                assert_eq!(holes(english), holes(text), "{language:?}: {text}");
                assert!(holes(text).is_some(), "{text}");
            }
        }
    }
}
