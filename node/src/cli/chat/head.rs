//! With whom one talks: who they are, whether verified (ID-3), and how they are
//! reached (DISC-4). Told at first, and again when it changes.

use kith_api::{Contact, Event, PersonRef, Reach, Room};

use crate::cli::show;

/// Of how many others each is named.
const NAMED: usize = 6;

/// What the line is made of.
#[derive(Debug)]
pub(super) struct Head {
    room: Room,
    contacts: Vec<Contact>,
    said: String,
}

impl Head {
    pub(super) fn new(room: Room, contacts: Vec<Contact>) -> Self {
        let said = String::new();
        let mut head = Self {
            room,
            contacts,
            said,
        };
        head.said = head.line();
        head
    }

    /// The line as it is now.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// The line, if an event has changed it.
    pub(super) fn heard(&mut self, event: &Event) -> Option<String> {
        match event {
            Event::Snapshot {
                contacts, rooms, ..
            } => {
                self.contacts.clone_from(contacts);
                let here = |r: &&Room| r.room.id == self.room.room.id;
                self.room = rooms.iter().find(here).unwrap_or(&self.room).clone();
            }
            Event::Contact(c) => {
                self.contacts.retain(|o| o.person.id != c.person.id);
                self.contacts.push(c.clone());
            }
            Event::Room(r) if r.room.id == self.room.room.id => {
                let warnings = std::mem::take(&mut self.room.warnings);
                self.room = Room {
                    warnings,
                    ..r.clone()
                };
            }
            _ => return None,
        }
        let line = self.line();
        let changed = line != self.said;
        self.said.clone_from(&line);
        changed.then_some(line)
    }

    fn contact(&self, person: &PersonRef) -> Option<&Contact> {
        self.contacts.iter().find(|c| c.person.id == person.id)
    }

    fn line(&self) -> String {
        let pair = self.contacts.iter().find(|c| {
            let room = c.room.as_ref().map(|r| r.id);
            room == Some(self.room.room.id)
        });
        if let Some(contact) = pair {
            return of_contact(contact);
        }
        // Everybody but oneself, who is nobody's contact of one's own.
        let others: Vec<&Contact> = self
            .room
            .members
            .iter()
            .filter_map(|m| self.contact(m))
            .collect();
        let with = match others.len() {
            0 => "nobody else is in it".to_owned(),
            1..=NAMED => {
                let each: Vec<String> = others.iter().map(|c| of_contact(c)).collect();
                each.join("; ")
            }
            n => {
                let here = |c: &&&Contact| matches!(c.reach, Reach::Online { .. });
                let here = others.iter().filter(here).count();
                let unsure = |c: &&&Contact| c.person.verified != kith_api::Verification::Verified;
                let unsure = others.iter().filter(unsure).count();
                format!("{n} others, {here} of them connected, {unsure} not verified")
            }
        };
        let mut line = format!("{}: {with}", self.room.room.title);
        for warning in &self.room.warnings {
            line.push_str("\n  careful: ");
            line.push_str(&warning.words);
        }
        line
    }
}

fn of_contact(c: &Contact) -> String {
    let mut line = format!("{}: {}", show::person(&c.person), show::how(c));
    for warning in &c.warnings {
        line.push_str("\n  careful: ");
        line.push_str(&warning.words);
    }
    line
}

#[cfg(test)]
mod tests {
    use kith_api::id::{PersonId, RoomId};
    use kith_api::{ContactState, LegalHold, PresenceState, RoomRef, Routes, Verification};

    use super::*;

    fn ben() -> Contact {
        let person = PersonRef {
            id: PersonId::from_bytes([2; 32]),
            name: "Ben".into(),
            verified: Verification::Unverified,
        };
        Contact {
            own_name: person.name.clone(),
            person,
            warnings: Vec::new(),
            state: ContactState::Contact,
            reach: Reach::Offline {
                why: "not seen since this node started".into(),
                code: "not-seen".into(),
            },
            room: Some(RoomRef {
                id: RoomId::from_bytes([7; 32]),
                title: "Ben".into(),
            }),
            devices: Vec::new(),
            features: Vec::new(),
            routes: Routes::Any,
        }
    }

    fn room(id: u8, title: &str) -> Room {
        Room {
            room: RoomRef {
                id: RoomId::from_bytes([id; 32]),
                title: title.into(),
            },
            kind: "group".into(),
            me: "member".into(),
            members: vec![ben().person],
            invited: Vec::new(),
            admins: Vec::new(),
            unread: 0,
            latest_ms: 0,
            hold: LegalHold::Lifted,
            retention_s: None,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn it_says_who_it_is_and_how_they_are_reached_and_what_changes() {
        let mut head = Head::new(room(7, "Ben"), vec![ben()]);
        let away = "Ben (not verified): offline: not seen since this node started";
        assert_eq!(head.said(), away);
        assert_eq!(head.heard(&Event::Contact(ben())), None);
        let reach = |presence| Reach::Online {
            presence,
            via: "through Cleo’s device".into(),
            relay: Some("Cleo".into()),
        };
        let there = Contact {
            reach: reach(PresenceState::Busy),
            ..ben()
        };
        let line = "Ben (not verified): busy (through Cleo’s device)";
        let heard = head.heard(&Event::Contact(there.clone()));
        assert_eq!(heard.as_deref(), Some(line));
        let mut verified = there;
        verified.person.verified = Verification::Verified;
        let line = "Ben ✓: busy (through Cleo’s device)";
        let heard = head.heard(&Event::Contact(verified));
        assert_eq!(heard.as_deref(), Some(line));
        // In another room nothing of it matters, unless Ben is in it.
        let mut ward = Head::new(room(8, "Ward 3"), vec![ben()]);
        assert_eq!(ward.said(), format!("Ward 3: {away}"));
        let empty = Room {
            members: Vec::new(),
            ..room(8, "Ward 3")
        };
        let heard = ward.heard(&Event::Room(empty));
        assert_eq!(heard.as_deref(), Some("Ward 3: nobody else is in it"));
    }
}
