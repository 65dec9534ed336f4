//! What the viewer's window says, in the reader's language: a table a language.
//! What a stranger wrote is never looked up here, and never part of a table.

mod de;
mod en;
mod zh;

use kith_display::look::Language;

kith_display::texts! {
    /// All texts of one language.
    Texts
    // Buttons, and shorter where there is little room.
    give_back,
    give_back_short,
    asked,
    asked_short,
    ask,
    free_keys,
    keys_there,
    keys_short,
    one_to_one,
    fit,
    leave_full_screen,
    leave_full_screen_short,
    full_screen,
    full_screen_short,
    figures,
    close,
    // Who controls (GUARD-7).
    ended,
    title_ended,
    nobody_interrupted,
    you_paused,
    /// `{0}`: names.
    several,
    you,
    somebody,
    /// `{0}`: a name.
    controls,
    /// `{0}`: names.
    control,
    watch_barred,
    watch_declined,
    watch,
    // Why input was dropped.
    no_control,
    outside,
    barred,
    button,
    key,
    rate,
    paused,
    untypable,
    unsure,
    // The path, and who else sees it.
    direct,
    relayed,
    interrupted,
    not_known,
    /// `{0}`: a number.
    watchers,
    /// `{0}`: names.
    watching,
    /// `{0}`: names, `{1}`: a number.
    watching_more,
    /// `{0}`: a number.
    more,
    // Why it is over.
    over_stopped,
    over_source,
    over_revoked,
    over_failed,
    over_path,
    over_policy,
    over_stopping,
    over_locked,
    over_failed_here,
    over_node_gone,
    over_version,
    over_fault_here,
    over_fault,
    // Why the picture stands still.
    still_interrupted,
    still_waiting,
    still_minimised,
    still_paused,
    // Figures, a line each: what they are stands in a column of its own.
    exact,
    not_exact,
    /// `{0}`: a size, `{1}`: one of the two above.
    figure_picture,
    /// `{0}`: a number.
    figure_updates,
    /// `{0}`: kB a second, `{1}`: kB.
    figure_received,
    /// `{0}`: a time.
    figure_decode,
    /// `{0}`: a time.
    figure_paint,
    /// `{0}`: the path, `{1}`: a time.
    figure_path,
    /// `{0}` sent, `{1}` refused.
    figure_input,
    /// `{0}`: a name.
    figure_watching,
}

/// The texts of a language.
pub(crate) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &en::TEXTS,
        Language::German => &de::TEXTS,
        Language::Chinese => &zh::TEXTS,
    }
}

#[cfg(test)]
mod tests {
    use kith_display::look::holes;

    use super::*;

    #[test]
    fn every_language_says_the_same_things() {
        for language in Language::ALL {
            for (english, text) in texts(Language::English).all().zip(texts(language).all()) {
                assert!(!text.is_empty(), "{english}");
                assert_eq!(holes(english), holes(text), "{language:?}: {text}");
                assert!(holes(text).is_some(), "{text}");
            }
        }
    }
}
