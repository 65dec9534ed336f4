//! Since when a request stands where it stands. A yes is taken only for what
//! was there to be read: not when a request came, or slid up, under a finger
//! that was on its way to another (R5).

use kith_api::id::{PersonId, RoomId, SessionId};
use kith_api::{ContactState, MeetingInfo, PersonRef, RoomRef, Safety, ShareInfo, Warning};

use super::dialog::Step;
use super::home::{Chosen, Node};
use super::list::Entry;
use super::{Dialog, Effect, Model, Page, Stage};

/// How long a request must have stood in its place before a yes to it counts;
/// milliseconds. About as long as a person needs to stop a press that is under
/// way.
pub(crate) const STANDS_MS: u64 = 700;

/// What decides where requests stand, beside themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Around {
    home: bool,
    node: Node,
    panel: bool,
    dialog: bool,
    page: Page,
    chosen: Option<Chosen>,
    live: Vec<ShareInfo>,
    /// What warns of those who ask: lines of their own.
    warned: Vec<Warning>,
}

impl Around {
    fn of(model: &Model) -> Self {
        let home = &model.home;
        Self {
            home: matches!(model.stage, Stage::Home),
            node: home.node,
            panel: home.panel,
            dialog: home.dialog.is_some(),
            page: home.page,
            chosen: home.chosen,
            live: home.shares.live().cloned().collect(),
            warned: home
                .shares
                .asking()
                .flat_map(|s| home.warnings(&s.person.id))
                .cloned()
                .collect(),
        }
    }
}

/// What a yes to something else than a share is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Yes {
    /// This person is let in.
    Contact(PersonId),
    /// This room is joined.
    Room(RoomId),
    /// This person's number is the same.
    Safety(PersonId),
    /// The spoken code of this meeting is the same.
    Code(String),
}

/// What is read before such a yes, with all that stands above it.
#[derive(Debug, PartialEq, Eq)]
enum Question {
    /// All who ask up to this one, each with what warns of the name.
    Contact(String, Vec<(PersonRef, Vec<Warning>)>),
    Room(RoomRef),
    Safety(Safety),
    Code(MeetingInfo),
}

impl Question {
    /// All that can be answered with yes now.
    fn all(model: &Model) -> Vec<(Yes, Self)> {
        let home = &model.home;
        let mut all = Vec::new();
        let mut above = Vec::new();
        for entry in home.list() {
            let contact = match entry {
                Entry::Person(contact) if contact.state == ContactState::Asks => contact,
                _ => break, // they stand first
            };
            above.push((contact.person.clone(), contact.warnings.clone()));
            let asks = Self::Contact(home.search.clone(), above.clone());
            all.push((Yes::Contact(contact.person.id), asks));
        }
        let room = home.open_room().and_then(|id| home.room(&id));
        if let Some(room) = room.filter(|r| r.me == "invited") {
            let asks = Self::Room(room.room.clone());
            all.push((Yes::Room(room.room.id), asks));
        }
        match &home.dialog {
            Some(Dialog::Safety(_, Step::Here(safety))) => {
                let asks = Self::Safety(safety.clone());
                all.push((Yes::Safety(safety.person.id), asks));
            }
            Some(Dialog::Meet(meet)) => {
                let meeting = meet.meeting.iter();
                all.extend(meeting.map(|m| (Yes::Code(m.id.clone()), Self::Code(m.clone()))));
            }
            _ => {}
        }
        all
    }
}

/// What stands where, and since when.
#[derive(Debug, Default)]
pub(crate) struct Steady {
    around: Around,
    /// In the order in which they are shown, each with the time.
    rows: Vec<(ShareInfo, u64)>,
    /// Everything else that can be answered with yes. What stands above it
    /// is part of it, but for the rows: they stand above all.
    questions: Vec<(Yes, Question, u64)>,
}

impl Steady {
    /// Takes in where everything stands after a change. A request keeps its
    /// time only while everything above it is as it was.
    fn note(
        &mut self,
        around: Around,
        shares: Vec<ShareInfo>,
        questions: Vec<(Yes, Question)>,
        now_ms: u64,
    ) {
        let rows = self.rows.len();
        let before = std::mem::take(&mut self.rows);
        let mut same = around == self.around;
        self.around = around;
        let mut before = before.into_iter();
        for share in shares {
            let since = match before.next() {
                Some((old, since)) if same && old == share => since,
                _ => {
                    same = false;
                    now_ms
                }
            };
            self.rows.push((share, since));
        }
        let same = same && rows == self.rows.len();
        let before = std::mem::take(&mut self.questions);
        let since = |new: &(Yes, Question)| {
            let was = before.iter().filter(|_| same);
            let mut was = was.filter(|(yes, question, _)| (yes, question) == (&new.0, &new.1));
            was.next().map_or(now_ms, |(.., since)| *since)
        };
        self.questions = questions
            .into_iter()
            .map(|new| (since(&new), new))
            .map(|(since, (yes, question))| (yes, question, since))
            .collect();
    }

    /// Whether another question has stood long enough.
    pub(crate) fn counts(&self, yes: &Yes, now_ms: u64) -> bool {
        let question = self.questions.iter().find(|(y, ..)| y == yes);
        question.is_some_and(|(.., since)| now_ms.abs_diff(*since) >= STANDS_MS)
    }

    /// Whether a request has stood long enough to be answered with yes.
    pub(crate) fn stands(&self, session: SessionId, now_ms: u64) -> bool {
        let row = self.rows.iter().find(|(s, _)| s.session == session);
        // A clock that is set back delays nothing.
        row.is_some_and(|(_, since)| now_ms.abs_diff(*since) >= STANDS_MS)
    }
}

/// Takes in where everything stands now.
pub(super) fn note(model: &mut Model) {
    let around = Around::of(model);
    let shares = model.home.shares.current().cloned().collect();
    let questions = Question::all(model);
    let now_ms = model.now_ms;
    model.home.steady.note(around, shares, questions, now_ms);
}

/// What is done for a press that was meant for what stood there: nothing, and
/// it says so. `None`: the yes counts.
pub(super) fn too_early(model: &mut Model, yes: &Yes) -> Option<Vec<Effect>> {
    let early = !model.home.steady.counts(yes, model.now_ms);
    early.then(|| {
        let note = model.words.t("ask-just-came");
        model.say(note)
    })
}

#[cfg(test)]
mod tests {
    use kith_api::{
        CodeOutcome, Decision, Event, MeetingState, MeetingWith, Reply, SharePart, SharePhase,
        Verification,
    };

    use super::super::meet::Message as MeetDo;
    use super::super::tests::{a_room, a_share, answer, at_home, contact, event, person, room};
    use super::super::{Message, Tag, dialog, home};
    use super::*;

    fn asks(model: &mut Model, message: Message) -> bool {
        let effects = model.update(message);
        effects.iter().any(|e| matches!(e, Effect::Ask(..)))
    }

    fn lets_in(model: &mut Model, n: u8) -> bool {
        let decide = home::Message::Decide(person(n), Decision::Accept);
        asks(model, Message::Home(decide))
    }

    /// ID-2, R5: who asks with a name that sorts first comes to stand where
    /// the answer to another was.
    #[test]
    fn nobody_is_let_in_where_another_stood() {
        let mut model = at_home();
        assert!(!lets_in(&mut model, 3), "just came");
        model.now_ms += STANDS_MS;
        assert!(lets_in(&mut model, 3));
        let first = Event::Contact(contact(7, "Anton", ContactState::Asks));
        event(&mut model, first);
        assert!(!lets_in(&mut model, 3) && !lets_in(&mut model, 7));
        let no = home::Message::Decide(person(7), Decision::Decline);
        assert!(asks(&mut model, Message::Home(no)), "a no always counts");
        model.now_ms += STANDS_MS;
        assert!(lets_in(&mut model, 3) && lets_in(&mut model, 7));
        // The same person by another name; the one above is as it was.
        let renamed = Event::Contact(contact(3, "Dr. Cem", ContactState::Asks));
        event(&mut model, renamed);
        assert!(!lets_in(&mut model, 3) && lets_in(&mut model, 7));
        model.now_ms += STANDS_MS;
        // A bar comes above all.
        let share = a_share(SharePart::Viewer, SharePhase::Asked, "nothing");
        event(&mut model, Event::Share(share));
        assert!(!lets_in(&mut model, 7));
    }

    #[test]
    fn a_room_is_joined_that_was_open() {
        let mut model = at_home();
        for n in [20, 21] {
            let mut invited = a_room(n, "Ward", 0, 0);
            invited.me = "invited".into();
            event(&mut model, Event::Room(invited));
        }
        let opens = |model: &mut Model, n| {
            let choose = home::Message::Choose(Chosen::Room(room(n)));
            model.update(Message::Home(choose));
        };
        let joins = |model: &mut Model, n| {
            let decide = home::Message::DecideRoom(room(n), Decision::Accept);
            asks(model, Message::Home(decide))
        };
        opens(&mut model, 20);
        assert!(!joins(&mut model, 20));
        model.now_ms += STANDS_MS;
        assert!(joins(&mut model, 20) && !joins(&mut model, 21));
        opens(&mut model, 21);
        assert!(!joins(&mut model, 21));
    }

    /// ID-3: a number or code that took another's place was not compared.
    #[test]
    fn only_what_was_there_to_be_compared_is_the_same() {
        let mut model = at_home();
        let same = |n| Message::Dialog(dialog::Message::Verify(person(n), Verification::Verified));
        let number = |model: &mut Model, n: u8| {
            let safety = Safety {
                person: contact(n, "Ben", ContactState::Contact).person,
                number: n.to_string(),
                card: String::new(),
            };
            answer(model, Tag::Safety, Ok(Reply::Safety(safety)));
        };
        model.update(Message::Dialog(dialog::Message::Safety(person(2))));
        assert!(!asks(&mut model, same(2)), "nothing to compare yet");
        number(&mut model, 2);
        model.now_ms += STANDS_MS;
        // The answer to what was asked before came late.
        number(&mut model, 3);
        assert!(!asks(&mut model, same(3)) && !asks(&mut model, same(2)));
        model.now_ms += STANDS_MS;
        assert!(!asks(&mut model, same(2)) && asks(&mut model, same(3)));
        let meeting = |n: u8, code: &str| MeetingInfo {
            id: n.to_string(),
            name: "Ben".into(),
            person: person(n),
            with: MeetingWith::Contact,
            code: Some(code.into()),
            state: MeetingState::Compare,
            why: None,
            warnings: Vec::new(),
        };
        let confirm = |n: u8| Message::Meet(MeetDo::Confirm(n.to_string(), CodeOutcome::Same));
        event(&mut model, Event::Meeting(meeting(2, "482 913")));
        model.now_ms += STANDS_MS;
        event(&mut model, Event::Meeting(meeting(3, "111 111")));
        assert!(!asks(&mut model, confirm(3)) && !asks(&mut model, confirm(2)));
        model.now_ms += STANDS_MS;
        assert!(asks(&mut model, confirm(3)));
        let differs = Message::Meet(MeetDo::Confirm("3".into(), CodeOutcome::Different));
        assert!(asks(&mut model, differs));
    }
}
