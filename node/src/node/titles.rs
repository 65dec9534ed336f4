//! What is said of a room's title: others choose it, as they choose their
//! names (ID-3).

use kith_api::Warning;
use kith_proto::id::{DeviceId, PersonId, RoomId};
use kith_proto::names::{self, Flag, Likeness, Name, NameError, escape_for_display};

use super::open::Open;

/// Whether a title could be taken for an id.
pub(super) fn is_id(title: &str) -> bool {
    title.parse::<PersonId>().is_ok()
        || title.parse::<RoomId>().is_ok()
        || title.parse::<DeviceId>().is_ok()
}

/// A title as it is shown: escaped, and between quotes where it could be taken
/// for an id.
pub(super) fn shown(title: &str) -> String {
    let escaped = escape_for_display(title);
    match is_id(title) {
        true => format!("“{escaped}”"),
        false => escaped,
    }
}

impl Open {
    /// What is suspicious about the title of a room, beside the names of
    /// people and the titles of other rooms. It looks at all of them: not for
    /// each message.
    pub(super) fn title_warnings(&self, room: &RoomId, title: &str) -> Vec<Warning> {
        if title.is_empty() {
            return Vec::new();
        }
        let mut said = Vec::new();
        if is_id(title) {
            said.push(Warning::new("title-id", "the title is the id of something"));
        }
        let name = match Name::from_typed(title) {
            Ok(name) => name,
            // No name is that long, and what has no letters looks like none.
            Err(NameError::TooLong(_) | NameError::NoLetter | NameError::Empty) => return said,
            Err(_) => {
                said.push(Warning::new(
                    "title-unseen",
                    "the title has characters that can’t be seen",
                ));
                return said;
            }
        };
        let people = self.people.iter().flat_map(|p| {
            let names = p.petname.iter().chain([&p.name]);
            names.map(|n| (p.shown(), n.likeness()))
        });
        let joined = self.rooms.rooms.iter();
        let joined = joined.map(|(id, s)| (id, s.log().membership().title()));
        let invited = self.rooms.invitations.iter();
        let invited = invited.map(|(id, (_, i))| (id, i.title()));
        let others = joined.chain(invited).filter(|(id, _)| *id != room);
        let others = others.filter_map(|(_, title)| {
            let name = Name::from_typed(title).ok()?;
            Some((format!("another room, {}", shown(title)), name.likeness()))
        });
        let known: Vec<(String, Likeness)> = people.chain(others).collect();
        let flags = names::flags(&name, known.iter().map(|(who, l)| (who, l)));
        if flags.iter().any(|f| f == Flag::MixedScripts) {
            said.push(Warning::new(
                "title-mixed",
                "the title mixes alphabets that look alike",
            ));
        }
        let alike = flags.looks_like().iter();
        said.extend(alike.map(|who| Warning {
            code: "title-alike".to_owned(),
            words: format!("the title looks like {who}"),
            about: (*who).clone(),
        }));
        said.dedup();
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_no_title_and_is_shown_as_none() {
        let id = PersonId::from_bytes([7; 32]).to_string();
        for id in [id, RoomId::from_bytes([7; 32]).to_string()] {
            assert!(is_id(&id));
            assert_eq!(shown(&id), format!("“{id}”"));
        }
        assert!(!is_id("Ward 3"));
        assert_eq!(shown("Ward 3"), "Ward 3");
    }
}
