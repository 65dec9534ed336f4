//! The main part: who and what there is, what is chosen, what the node tells.

use std::collections::BTreeMap;

use kith_api::id::{PersonId, RoomId};
use kith_api::{
    ApiError, Audience, Contact, Decision, Event, Features, Identity, Package, PresenceState,
    Reach, Reply, Request, Room, ShareRequest, Status, Warning,
};

use super::agreed::{self, Agreed};
use super::company::{self, Company};
use super::config::Config;
use super::dialog::Dialog;
use super::figures::Figures;
use super::list::Entry;
use super::meet;
use super::notice;
use super::pages::{self, Asked, Pages};
use super::presence;
use super::rules::Rules;
use super::share::Shares;
use super::steady::{self, Steady, Yes};
use super::sure::{self, Sure};
use super::thread::{self, Thread};
use super::{Effect, Model, Tag, ask, ask_aside};

/// The field for searching.
pub(crate) const SEARCH: &str = "search";

/// The shortest text that the node looks for, in characters.
const SHORTEST_SEARCH: usize = 2;

/// Which page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Page {
    /// Conversations.
    #[default]
    Talk,
    /// Everything that is shown and seen now.
    Shares,
    /// What was agreed on in advance, and the limits that are remembered.
    Agreed,
    /// What my organisations allow.
    Rules,
    /// Everything that was asked for, decided and shared.
    Log,
    /// What works here.
    Diagnosis,
    /// How the program looks; devices; leaving.
    Settings,
}

/// What is chosen in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// A room.
    Room(RoomId),
    /// A person without a room yet.
    Person(PersonId),
}

/// What is known of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Node {
    /// There is none, or none was found yet.
    #[default]
    Away,
    /// It runs and doesn't answer: halted, or the machine has no time for it.
    /// What it told may be old.
    Silent,
    /// It is there.
    Here,
}

/// Everything that the node told, and what is chosen of it.
#[derive(Debug, Default)]
pub(crate) struct Home {
    /// What is known of the node.
    pub(crate) node: Node,
    /// The first snapshot has come.
    pub(crate) loaded: bool,
    /// How the node is.
    pub(crate) status: Option<Status>,
    /// Who I am.
    pub(crate) me: Option<Identity>,
    /// Everyone I know.
    pub(crate) contacts: Vec<Contact>,
    /// The rooms.
    pub(crate) rooms: Vec<Room>,
    /// What can be shared with whom, as far as it was asked.
    pub(crate) features: BTreeMap<PersonId, Features>,
    /// What I said to those who answered my invites, since this program
    /// started: whoever isn't reached gets it by hand (XFER-1).
    pub(crate) replies: BTreeMap<PersonId, Package>,
    /// Shares and requests for them.
    pub(crate) shares: Shares,
    /// How one of them runs, while somebody looks.
    pub(crate) figures: Option<Figures>,
    /// Since when they stand where they stand.
    pub(crate) steady: Steady,
    /// Which page is shown.
    pub(crate) page: Page,
    /// What is chosen.
    pub(crate) chosen: Option<Chosen>,
    /// The conversations that were opened.
    pub(crate) threads: BTreeMap<RoomId, Thread>,
    /// Rooms of several.
    pub(crate) company: Company,
    /// What is searched.
    pub(crate) search: String,
    /// What was found of it; `None`: it is on its way, or nothing is searched.
    pub(crate) found: Option<Vec<kith_api::Message>>,
    /// The dialog above everything.
    pub(crate) dialog: Option<Dialog>,
    /// What the pages show.
    pub(crate) pages: Pages,
    /// What was agreed on in advance.
    pub(crate) agreed: Agreed,
    /// What is allowed, and why not.
    pub(crate) rules: Rules,
    /// The node's settings.
    pub(crate) config: Config,
    /// Who may see when I am here, by their ids.
    pub(crate) audience: Asked<Audience>,
    /// The panel beside the conversation is open.
    pub(crate) panel: bool,
    searches: u64,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Goes to a page.
    Page(Page),
    /// Chooses in the list.
    Choose(Chosen),
    /// Goes to the next or previous in the list.
    Along {
        /// Upwards.
        up: bool,
    },
    /// Types in the field for searching.
    Search(String),
    /// Goes to the field for searching.
    ToSearch,
    /// Goes to a message that was found.
    Found(RoomId, String),
    /// Opens or closes the panel beside the conversation.
    Panel,
    /// Lets somebody in, or not.
    Decide(PersonId, Decision),
    /// Forgets somebody whose invite was answered in vain.
    Forget(PersonId),
    /// Asks before something that can't be undone.
    Ask(Sure),
    /// Joins a room, or not.
    DecideRoom(RoomId, Decision),
    /// Says how I am.
    Presence(PresenceState),
    /// Closes whatever is above, or else leaves what is being done.
    Escape,
    /// Checks the log.
    CheckLog,
    /// Wants the log as a file.
    ExportLog,
    /// Locks the profile.
    Lock,
}

impl Home {
    /// A person I know.
    pub(crate) fn contact(&self, id: &PersonId) -> Option<&Contact> {
        self.contacts.iter().find(|c| c.person.id == *id)
    }

    /// What warns of a person's name (ID-3): said wherever something is decided
    /// by it.
    pub(crate) fn warnings(&self, id: &PersonId) -> &[Warning] {
        self.contact(id).map_or(&[], |c| &c.warnings)
    }

    /// A room.
    pub(crate) fn room(&self, id: &RoomId) -> Option<&Room> {
        self.rooms.iter().find(|r| r.room.id == *id)
    }

    /// The person of a room of two.
    pub(crate) fn person_of(&self, room: &RoomId) -> Option<&Contact> {
        let is = |c: &&Contact| c.room.as_ref().is_some_and(|r| r.id == *room);
        self.contacts.iter().find(is)
    }

    /// The room that is open.
    pub(crate) fn open_room(&self) -> Option<RoomId> {
        match self.chosen {
            Some(Chosen::Room(id)) => Some(id),
            _ => None,
        }
    }

    /// The person whom the panel is about.
    pub(crate) fn open_person(&self) -> Option<&Contact> {
        match self.chosen? {
            Chosen::Room(room) => {
                let chosen = || self.contact(&self.company_with()?);
                self.person_of(&room).or_else(chosen)
            }
            Chosen::Person(id) => self.contact(&id),
        }
    }

    /// The node has gone: who is here, and what can be shared with whom, isn't
    /// known any more (DISC-4, CAP-2).
    pub(super) fn away(&mut self) {
        self.node = Node::Away;
        self.features.clear();
        self.figures = None;
        for contact in &mut self.contacts {
            contact.reach = Reach::Offline {
                why: String::new(),
                code: String::new(),
            };
        }
    }

    /// Whether a person is known to be here now.
    pub(crate) fn is_here(&self, contact: &Contact) -> bool {
        self.node == Node::Here && matches!(contact.reach, Reach::Online { .. })
    }
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let home = &mut model.home;
    match message {
        Message::Page(page) => {
            home.page = page;
            home.dialog = None;
            let mut effects = pages::open(model, page);
            effects.extend(read_now(model));
            effects
        }
        Message::Choose(chosen) => choose(model, chosen),
        Message::Along { up } => {
            let list: Vec<Chosen> = home.list().iter().map(Entry::chosen).collect();
            let at = home.chosen.and_then(|c| list.iter().position(|e| *e == c));
            let next = match (at, up) {
                (Some(at), true) => at.checked_sub(1),
                (Some(at), false) => Some(at + 1),
                (None, _) => Some(0),
            };
            match next.and_then(|n| list.get(n)) {
                Some(chosen) => choose(model, *chosen),
                None => Vec::new(),
            }
        }
        Message::Search(text) => search(home, text),
        Message::ToSearch => {
            home.page = Page::Talk;
            vec![Effect::Focus(SEARCH)]
        }
        Message::Found(room, message) => {
            let mut effects = choose(model, Chosen::Room(room));
            effects.extend(thread::go_to(model, room, message));
            effects
        }
        Message::Panel => {
            home.panel = !home.panel;
            person_anew(home)
        }
        Message::Decide(id, decision) => {
            if decision == Decision::Accept
                && let Some(early) = steady::too_early(model, &Yes::Contact(id))
            {
                return early;
            }
            let who = id.to_string();
            vec![ask(
                Tag::Decided(id),
                Request::ContactDecide { who, decision },
            )]
        }
        Message::Ask(sure) => sure::open(model, sure),
        Message::Forget(id) => {
            let who = id.to_string();
            vec![ask(Tag::Done, Request::ContactRemove { who })]
        }
        Message::DecideRoom(id, decision) => {
            if decision == Decision::Accept
                && let Some(early) = steady::too_early(model, &Yes::Room(id))
            {
                return early;
            }
            let room = id.to_string();
            vec![ask(Tag::Done, Request::RoomDecide { room, decision })]
        }
        Message::Presence(state) => vec![ask(Tag::Done, Request::Presence { state })],
        Message::Escape => escape(home),
        Message::CheckLog => pages::check(),
        Message::ExportLog => pages::export(),
        Message::Lock => vec![ask_aside(Tag::Done, Request::Lock)],
    }
}

/// Goes to the conversation with somebody, or to where it will be.
pub(super) fn to_person(model: &mut Model, person: PersonId) -> Vec<Effect> {
    let contact = model.home.contact(&person);
    let room = contact.and_then(|c| c.room.as_ref());
    let chosen = room.map_or(Chosen::Person(person), |r| Chosen::Room(r.id));
    choose(model, chosen)
}

fn choose(model: &mut Model, chosen: Chosen) -> Vec<Effect> {
    model.home.chosen = Some(chosen);
    model.home.page = Page::Talk;
    let mut effects = Vec::new();
    if let Chosen::Room(room) = chosen {
        effects.extend(thread::open(model, room));
        effects.extend(read_now(model));
        effects.push(Effect::Focus(thread::WRITE));
    }
    effects.extend(person_anew(&model.home));
    effects
}

/// What can be shared with the chosen person (CAP-2). The ways to them are
/// tried from now on (PORT-5).
pub(super) fn person_anew(home: &Home) -> Vec<Effect> {
    let contact = home.open_person().map(|c| c.person.id);
    contact
        .map(|id| {
            let who = id.to_string();
            ask_aside(Tag::Features, Request::Features { who })
        })
        .into_iter()
        .chain(company::anew(home))
        .collect()
}

/// A dialog has gone: one goes on writing, as before it came.
pub(super) fn back(home: &Home) -> Option<Effect> {
    let writing = home.page == Page::Talk && home.open_room().is_some();
    writing.then_some(Effect::Focus(thread::WRITE))
}

fn escape(home: &mut Home) -> Vec<Effect> {
    if home.dialog.take().is_some() {
        return Vec::new();
    }
    if !home.search.is_empty() {
        return search(home, String::new());
    }
    if let Some(thread) = home.open_room().and_then(|r| home.threads.get_mut(&r)) {
        thread.leave();
        return vec![Effect::Focus(thread::WRITE)];
    }
    Vec::new()
}

fn search(home: &mut Home, text: String) -> Vec<Effect> {
    home.searches += 1;
    home.search = text;
    home.found = None;
    let text = home.search.trim().to_owned();
    if text.chars().count() < SHORTEST_SEARCH {
        return Vec::new();
    }
    let (room, limit) = (None, 50);
    let request = Request::Search { text, room, limit };
    vec![ask_aside(Tag::Found(home.searches), request)]
}

/// Says that the open room was read, if it is on the screen.
pub(super) fn read_now(model: &Model) -> Vec<Effect> {
    let home = &model.home;
    let seen = model.focused && home.node == Node::Here && home.page == Page::Talk;
    home.open_room()
        .filter(|_| seen)
        .and_then(|id| home.room(&id))
        .filter(|room| room.unread > 0)
        .filter(|room| home.threads.get(&room.room.id).is_some_and(Thread::at_end))
        .map(|room| {
            let room = room.room.id.to_string();
            ask(Tag::Done, Request::MarkRead { room })
        })
        .into_iter()
        .collect()
}

fn put<T>(list: &mut Vec<T>, item: T, same: impl Fn(&T) -> bool) {
    match list.iter_mut().find(|i| same(i)) {
        Some(place) => *place = item,
        None => list.push(item),
    }
}

pub(super) fn on_event(model: &mut Model, event: Event) -> Vec<Effect> {
    let home = &mut model.home;
    match event {
        Event::Snapshot {
            status,
            contacts,
            rooms,
        } => {
            let lock = status.lock;
            home.loaded = true;
            home.status = Some(status);
            home.contacts = contacts;
            home.rooms = rooms;
            let mut effects = model.locked(lock);
            effects.extend(thread::anew(model));
            effects.extend(person_anew(&model.home));
            effects.push(ask(Tag::Shares, Request::Share(ShareRequest::List)));
            effects.push(agreed::consents());
            effects
        }
        Event::Status(status) => {
            let lock = status.lock;
            home.status = Some(status);
            model.locked(lock)
        }
        Event::Contact(contact) => {
            let id = contact.person.id;
            let before = home.contact(&id).map(|c| c.state);
            let mut told = notice::of_contact(model, &contact, before);
            let home = &mut model.home;
            // A person who was waiting becomes a room of two.
            if home.chosen == Some(Chosen::Person(id))
                && let Some(room) = &contact.room
            {
                home.chosen = Some(Chosen::Room(room.id));
            }
            put(&mut home.contacts, contact, |c| c.person.id == id);
            match home.open_room() {
                Some(room) if !home.threads.contains_key(&room) => {
                    told.extend(thread::open(model, room));
                    told.extend(back(&model.home));
                }
                _ => {}
            }
            told
        }
        Event::Forgotten(person) => {
            home.contacts.retain(|c| c.person.id != person.id);
            if home.chosen == Some(Chosen::Person(person.id)) {
                home.chosen = None;
            }
            Vec::new()
        }
        Event::Room(room) => {
            let id = room.room.id;
            let before = home.room(&id).map_or(0, |r| r.unread);
            let mut effects = notice::of_room(model, &room, before);
            put(&mut model.home.rooms, room, |r| r.room.id == id);
            // What is allowed there may be said anew.
            if model.home.open_room() == Some(id) {
                effects.extend(company::anew(&model.home));
            }
            effects.extend(read_now(model));
            effects
        }
        Event::Message(message) => {
            thread::on_message(home, message);
            read_now(model)
        }
        Event::Fetching {
            room,
            message,
            bytes,
            ..
        } => {
            if let Some(thread) = home.threads.get_mut(&room.id) {
                thread.fetched.insert(message, bytes);
            }
            Vec::new()
        }
        Event::Share(share) => {
            // What is cut short may hold what was accepted in advance.
            let over = super::share::is_over(&share);
            let before = home.shares.current().find(|s| s.session == share.session);
            let before = before.map(|s| s.phase);
            let seen = home.shares.live().next().is_some();
            let told = notice::of_share(model, &share, before);
            let home = &mut model.home;
            let mut effects = home.shares.on_share(share);
            effects.extend(told);
            effects.extend(over.then(agreed::consents));
            // What was told before isn't for whoever sees this screen now.
            let sees = home.shares.live().next().is_some();
            effects.extend((sees && !seen).then_some(Effect::Hush));
            effects
        }
        // What is shown of it is asked for anew.
        Event::Policy(_) if home.page == Page::Rules => pages::open(model, Page::Rules),
        Event::Presence(info) => presence::on_answer(model, Ok(Reply::Presence(info))),
        Event::Limits(limits) => {
            agreed::on_limits(model, limits);
            Vec::new()
        }
        Event::Features(features) => {
            on_features(home, features);
            Vec::new()
        }
        Event::Nearby(nearby) => {
            meet::on_nearby(model, nearby);
            Vec::new()
        }
        Event::Meeting(meeting) => meet::on_meeting(model, meeting),
        Event::Arrived(person) => {
            let name = [("name", person.name.as_str().into())];
            let words = model.words.with("arrived", &name);
            model.say(words)
        }
        // What no page shows yet.
        _ => Vec::new(),
    }
}

/// What can be shared with a person now.
fn on_features(home: &mut Home, features: Features) {
    let id = features.person.id;
    home.features.insert(id, features);
}

pub(super) fn on_answer(
    model: &mut Model,
    tag: Tag,
    result: Result<Reply, ApiError>,
) -> Vec<Effect> {
    let home = &mut model.home;
    match (tag, result) {
        (Tag::Me, Ok(Reply::Identity(me))) => home.me = Some(me),
        (Tag::Found(n), Ok(Reply::Messages(found))) if n == home.searches => {
            home.found = Some(found);
        }
        (Tag::Found(n), Err(_)) if n == home.searches => home.found = Some(Vec::new()),
        (Tag::Features, Ok(Reply::Features(features))) => on_features(home, features),
        // A person may have gone meanwhile; who I am is asked again on the
        // next connection.
        _ => {}
    }
    Vec::new()
}
