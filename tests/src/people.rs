//! How people of a test come together: as contacts and in rooms.

use kith_api::{ContactState, Decision, Event, Reply, Request};

use crate::{Person, Scratch};

/// Anna, and her two contacts Ben and Cleo, who don't know each other; all of
/// them run.
///
/// # Panics
/// When they don't become contacts.
#[must_use]
pub fn three(folder: &Scratch) -> [Person; 3] {
    let mut all = ["Anna", "Ben", "Cleo"].map(|name| Person::new(name, folder.path()));
    for person in &mut all {
        person.up();
    }
    let [anna, ben, cleo] = &mut all;
    anna.meet(ben);
    anna.meet(cleo);
    all
}

impl Person {
    /// Makes contacts of the two, both nodes running.
    ///
    /// # Panics
    /// When they don't become contacts.
    pub fn meet(&mut self, other: &mut Self) {
        let invite = self.invite();
        self.meet_by(&invite, other);
    }

    /// An invite's text.
    ///
    /// # Panics
    /// When there is none.
    pub fn invite(&mut self) -> String {
        let Reply::Invite(invite) = self.ask(Request::InviteNew { lifetime_secs: 600 }) else {
            panic!("no invite");
        };
        invite.text.expect("a text")
    }

    /// Makes contacts of the two, with an invite made before.
    ///
    /// # Panics
    /// When they don't become contacts.
    pub fn meet_by(&mut self, invite: &str, other: &mut Self) {
        let invite = invite.to_owned();
        other.ask(Request::InviteAccept {
            invite,
            petname: None,
        });
        self.is_answered();
        let decision = Decision::Accept;
        self.ask(Request::ContactDecide {
            who: other.name().into(),
            decision,
        });
        other.wait("the decision", |e| {
            matches!(e, Event::Contact(c) if c.state == ContactState::Contact && c.room.is_some())
        });
    }

    /// Makes contacts of the two as people do who type, with an invite made
    /// before; up to a first message.
    ///
    /// # Panics
    /// When they don't become contacts, or the message doesn't come.
    pub fn meet_by_typing(&mut self, invite: &str, other: &mut Self) {
        let (me, them) = (self.name(), other.name());
        // Nobody waits between these: the commands do.
        other.kith(&["accept", invite]).ok();
        self.kith(&["contacts", them, "--accept"]).ok();
        other.kith(&["send", me, "the first message"]).ok();
        self.wait_for_text(them, "the first message");
    }

    /// Waits until somebody has answered an invite.
    ///
    /// # Panics
    /// When nobody does.
    pub fn is_answered(&mut self) {
        self.wait(
            "an answer",
            |e| matches!(e, Event::Contact(c) if c.state == ContactState::Asks),
        );
    }

    /// Opens a room and invites people to it.
    pub fn opens(&mut self, title: &str, members: &[&str]) {
        self.ask(Request::RoomNew {
            title: title.into(),
            members: members.iter().map(|&m| m.into()).collect(),
        });
    }

    /// Waits for the invitation to a room, which isn't answered yet; the room's id.
    ///
    /// # Panics
    /// When it doesn't come.
    pub fn is_invited_to(&mut self, title: &str) -> String {
        self.wait_for("the invitation", |e| match e {
            Event::Room(r) if r.me == "invited" && r.room.title == title => {
                Some(r.room.id.to_string())
            }
            _ => None,
        })
    }

    /// Joins a room to which they are invited, once the invitation is there.
    ///
    /// # Panics
    /// When it doesn't come.
    pub fn joins(&mut self, title: &str) {
        let room = self.is_invited_to(title);
        self.join(&room);
    }

    /// Joins a room to which they are invited.
    pub fn join(&mut self, room: &str) {
        self.ask(Request::RoomDecide {
            room: room.into(),
            decision: Decision::Accept,
        });
    }
}
