//! Texts that a person types for a room. They are checked before they become
//! part of an entry, so that a refusal says what is wrong with the text.

use kith_api::ApiError;
use kith_proto::policy::application::MAX_APPLICATION;
use kith_proto::room::{MAX_REACTION, MAX_TEXT, MAX_TITLE};

use super::error::bad;

/// The title of a room: one line.
pub(super) fn title(text: &str) -> Result<String, ApiError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(bad("a room needs a title"));
    }
    fits("the title", &text, MAX_TITLE)?;
    on_a_line("a title", &text)?;
    Ok(text)
}

/// A reaction: an emoji, or a short word.
pub(super) fn reaction(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(bad("a reaction needs an emoji or a short word"));
    }
    fits("the reaction", text, MAX_REACTION)?;
    on_a_line("a reaction", text)?;
    Ok(text.to_owned())
}

/// A message, or what replaces one.
pub(super) fn message(text: String) -> Result<String, ApiError> {
    if text.trim().is_empty() {
        return Err(bad("there is nothing to send"));
    }
    fits("the message", &text, MAX_TEXT)
        .map_err(|e| e.hint("send it as a file: kith send TO --file FILE"))?;
    Ok(text)
}

/// The name of an application can't be one.
pub(super) fn no_application() -> ApiError {
    bad(format!(
        "that can’t be the name of an application: those have 1 to {MAX_APPLICATION} bytes, on \
         one line"
    ))
}

fn fits(what: &str, text: &str, max: usize) -> Result<(), ApiError> {
    match text.len() {
        len if len <= max => Ok(()),
        len => Err(bad(format!(
            "{what} is too long: it has {len} bytes, and {max} are allowed"
        ))
        .hint("an English letter is one byte, a Chinese character three, an emoji four or more")),
    }
}

fn on_a_line(what: &str, text: &str) -> Result<(), ApiError> {
    match text.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(c) => Err(bad(format!(
            "{what} can’t have the control character U+{:04X}",
            u32::from(c)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use kith_api::Code;

    use super::*;

    type Check = fn(&str) -> Result<String, ApiError>;

    /// What a room's log wouldn't take is refused as the person's text, with the
    /// limit, and not as a fault of Kith.
    #[test]
    fn a_text_that_does_not_fit_is_refused_with_its_limit() {
        let checks: [(Check, usize); 3] = [
            (title, MAX_TITLE),
            (reaction, MAX_REACTION),
            (|text| message(text.to_owned()), MAX_TEXT),
        ];
        for (check, max) in checks {
            assert_eq!(check(&"a".repeat(max)).unwrap().len(), max);
            let long = check(&"a".repeat(max + 1)).unwrap_err();
            assert_eq!(long.code, Code::BadRequest);
            assert!(long.message.contains(&max.to_string()), "{long}");
            let wide = check(&"語".repeat(max / 3 + 1)).unwrap_err();
            assert_eq!(wide.code, Code::BadRequest);
            for empty in ["", " ", "\n"] {
                assert_eq!(check(empty).unwrap_err().code, Code::BadRequest);
            }
        }
        for check in [title, reaction] {
            let control = check("a\u{1}b").unwrap_err();
            assert_eq!(control.code, Code::BadRequest);
            assert!(control.message.contains("U+0001"), "{control}");
        }
        assert_eq!(title(" two\n words\t").unwrap(), "two words");
        assert_eq!(reaction(" 👍 ").unwrap(), "👍");
    }
}
