use super::*;
use crate::id::OrgId;
use crate::keys::SigningKey;
use crate::room::change::{Retention, RoomKind};
use crate::room::log::{Author, Verdict, Witness, open};
use crate::testing::{key, rng};

struct Anyone;

impl Witness for Anyone {
    fn device(&self, _: &PersonId, _: &DeviceId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn organisation(&self, _: &OrgId, _: &PersonId, _: Timestamp) -> Verdict {
        Verdict::Holds
    }
    fn revoked(&self, _: &PersonId, _: &DeviceId) -> Verdict {
        Verdict::Holds
    }
}

/// Anna and Ben in one log.
struct Room {
    keys: [SigningKey; 2],
    log: Log,
    entries: Vec<Entry>,
    now: u64,
}

fn person(n: usize) -> PersonId {
    PersonId::from_bytes([n as u8 + 1; 32])
}

impl Room {
    fn new() -> Self {
        let keys = [key(1), key(2)];
        let author = Author {
            person: person(0),
            key: &keys[0],
        };
        let action = Action::Open {
            nonce: [0; 16],
            title: String::new(),
            kind: RoomKind::Pair(person(1)),
            retention: Retention::Forever,
        };
        let opening = open(author, action, Timestamp::from_secs(100), &mut rng(1)).unwrap();
        let log = Log::begin(&opening, author.device()).unwrap();
        let mut room = Self {
            keys,
            log,
            entries: vec![opening],
            now: 100,
        };
        let accept = room.log.change(Action::Accept);
        room.write(1, &accept);
        room
    }

    fn write(&mut self, who: usize, body: &Body) -> EntryId {
        self.now += 1;
        let now = Timestamp::from_secs(self.now);
        let author = Author {
            person: person(who),
            key: &self.keys[who],
        };
        let entry = self
            .log
            .compose(author, body, now, &mut rng(self.now))
            .unwrap();
        let id = entry.id();
        self.log.insert(entry.clone(), &Anyone, now);
        self.entries.push(entry);
        id
    }

    fn say(&mut self, who: usize, content: Content) -> EntryId {
        self.write(who, &Body::Content(content))
    }

    fn messages(&self) -> Vec<Message> {
        let forward = View::build(&self.log, self.entries.iter()).items(&self.log);
        let backward = View::build(&self.log, self.entries.iter().rev()).items(&self.log);
        assert_eq!(forward, backward, "the order of adding doesn't matter");
        let message = |i| match i {
            Item::Message(m) => Some(m),
            Item::Change { .. } => None,
        };
        forward.into_iter().filter_map(message).collect()
    }
}

fn text(t: &str) -> Content {
    Content::Text {
        text: t.into(),
        reply_to: None,
    }
}

#[test]
fn edits_reactions_and_replies() {
    let mut r = Room::new();
    let id = r.say(0, text("helo"));
    let edit = |text: &str| Content::Edit {
        target: id,
        text: text.into(),
    };
    r.say(0, edit("hello"));
    // Nobody edits what another said.
    r.say(1, edit("hijacked"));
    let react = |toggle| Content::Reaction {
        target: id,
        what: "👍".into(),
        toggle,
    };
    r.say(1, react(Toggle::Set));
    r.say(0, react(Toggle::Set));
    r.say(0, react(Toggle::Clear));
    r.say(
        1,
        Content::Text {
            text: "hi".into(),
            reply_to: Some(id),
        },
    );
    let m = r.messages();
    assert_eq!(m.len(), 2);
    assert_eq!(m[0].said, Said::Text("hello".into()));
    assert_eq!(m[0].edits, 1);
    assert_eq!(m[0].reactions["👍"], [person(1)].into());
    assert_eq!(m[1].reply_to, Some(id));
}

#[test]
fn erased_and_missing_bodies_leave_their_place() {
    let mut r = Room::new();
    let gone = r.say(0, text("gone"));
    r.say(0, text("missing"));
    let late = r.entries.pop().unwrap();
    r.entries.push(late.without_body());
    // Ben can't erase what Anna said: in a pair, nobody is admin over the
    // other but by having opened the room, or been invited into it as one.
    r.write(0, &Body::Erase(vec![gone]));
    let m = r.messages();
    assert_eq!(m[0].said, Said::Erased);
    assert_eq!(m[1].said, Said::Missing);
}

#[test]
fn unread_counts_messages_of_others() {
    let mut r = Room::new();
    r.say(0, text("one"));
    r.say(1, text("two"));
    r.say(1, text("three"));
    let view = View::build(&r.log, r.entries.iter());
    let ben = r.keys[1].public().into();
    assert_eq!(view.unread(&r.log, &person(0), &BTreeMap::new()), 2);
    assert_eq!(view.unread(&r.log, &person(0), &[(ben, 2)].into()), 1);
}
