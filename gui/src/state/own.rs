//! Rules of one's own about sharing (POL-3, POL-4): they only take away.

use kith_api::id::PersonId;
use kith_api::{ApiError, OwnRulesRequest, PolicyRequest, Reply, Request, RuleSpec};

use super::{Dialog, Effect, Model, Tag, ask_aside, said};

/// The field for the applications.
pub(crate) const APPLICATIONS: &str = "own-applications";

/// What every share can be made to demand, as a node calls it.
pub(crate) const DEMANDS: [&str; 8] = [
    "notify",
    "accept",
    "trial",
    "purpose",
    "reference",
    "patient-consent",
    "no-starters",
    "moderated-room",
];

/// With whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Whom {
    /// With anybody.
    #[default]
    Everybody,
    /// With this person.
    One(PersonId),
    /// With anybody but this person.
    AllBut(PersonId),
}

impl Whom {
    /// Who is named.
    pub(crate) const fn person(self) -> Option<PersonId> {
        match self {
            Self::Everybody => None,
            Self::One(id) | Self::AllBut(id) => Some(id),
        }
    }

    /// The same about another person.
    const fn about(self, id: PersonId) -> Self {
        match self {
            Self::AllBut(_) => Self::AllBut(id),
            Self::Everybody | Self::One(_) => Self::One(id),
        }
    }
}

/// How much of what is seen may be controlled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Hands {
    /// Nothing.
    #[default]
    Nothing,
    /// All of it.
    Seen,
}

/// A rule that is being made.
#[derive(Debug)]
pub(crate) struct Own {
    /// With whom.
    pub(crate) whom: Whom,
    /// In which part our person is, as a node calls it; `None`: in both.
    pub(crate) part: Option<&'static str>,
    /// Who begins, as a node calls it; `None`: either.
    pub(crate) begins: Option<&'static str>,
    /// How much may be seen at most, as a node calls it.
    pub(crate) view: &'static str,
    /// How much of it may be controlled.
    pub(crate) hands: Hands,
    /// Only about these applications, with commas between them; nothing: about all.
    pub(crate) applications: String,
    /// The node is at it.
    pub(crate) busy: bool,
    /// Why not.
    pub(crate) wrong: Option<String>,
}

/// What a person does.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// Wants to make a rule.
    Open,
    /// With whom.
    Whom(Whom),
    /// With which person.
    Person(PersonId),
    /// In which part.
    Part(Option<&'static str>),
    /// Who begins.
    Begins(Option<&'static str>),
    /// How much is seen at most.
    View(&'static str),
    /// How much of it is controlled at most.
    Hands(Hands),
    /// Only about these applications.
    Applications(String),
    /// Makes it.
    Go,
    /// Every share demands this from now on, or no more.
    Demand(&'static str),
}

fn mine(request: OwnRulesRequest) -> Request {
    Request::Policy(PolicyRequest::Mine(request))
}

/// Takes one back; that may wait for a press at the screen, and nothing behind it.
pub(super) fn remove(number: u32) -> Effect {
    ask_aside(Tag::OwnRules, mine(OwnRulesRequest::Remove(number)))
}

impl Own {
    fn spec(&self) -> RuleSpec {
        let some = |word: Option<&str>| word.map(str::to_owned).into_iter().collect();
        let names = self.applications.split(',').map(str::trim);
        RuleSpec {
            subject: "person:me".into(),
            parts: some(self.part),
            towards: match self.whom {
                Whom::Everybody => None,
                Whom::One(id) => Some(format!("person:{id}")),
                Whom::AllBut(id) => Some(format!("not-person:{id}")),
            },
            technologies: Vec::new(),
            directions: some(self.begins),
            applications: names.filter(|n| !n.is_empty()).map(str::to_owned).collect(),
            view: self.view.into(),
            control: match self.hands {
                Hands::Nothing => "nothing".into(),
                Hands::Seen => self.view.into(),
            },
            without: Vec::new(),
            demands: Vec::new(),
        }
    }
}

pub(super) fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    match message {
        Message::Open => {
            model.home.dialog = Some(Dialog::Own(Own {
                whom: Whom::default(),
                part: Some("sharer"),
                begins: None,
                view: "application",
                hands: Hands::default(),
                applications: String::new(),
                busy: false,
                wrong: None,
            }));
            return Vec::new();
        }
        Message::Demand(word) => {
            let Some(own) = model.home.rules.mine.here() else {
                return Vec::new();
            };
            let mut demands = own.demands.clone();
            let before = demands.len();
            demands.retain(|d| d != word);
            if demands.len() == before {
                demands.push(word.to_owned());
            }
            let demand = mine(OwnRulesRequest::Demand(demands));
            return vec![ask_aside(Tag::OwnRules, demand)];
        }
        _ => {}
    }
    let Some(Dialog::Own(own)) = &mut model.home.dialog else {
        return Vec::new();
    };
    own.wrong = None;
    match message {
        Message::Whom(whom) => own.whom = whom,
        Message::Person(id) => own.whom = own.whom.about(id),
        Message::Part(part) => own.part = part,
        Message::Begins(begins) => own.begins = begins,
        Message::View(view) => own.view = view,
        Message::Hands(hands) => own.hands = hands,
        Message::Applications(names) => own.applications = names,
        Message::Go if !own.busy => {
            own.busy = true;
            let add = OwnRulesRequest::Add(Box::new(own.spec()));
            return vec![ask_aside(Tag::OwnRule, mine(add))];
        }
        Message::Go | Message::Open | Message::Demand(_) => {}
    }
    Vec::new()
}

pub(super) fn on_answer(model: &mut Model, result: Result<Reply, ApiError>) -> Vec<Effect> {
    let dialog = match &mut model.home.dialog {
        Some(Dialog::Own(own)) => Some(own),
        _ => None,
    };
    match (result, dialog) {
        (Ok(Reply::OwnRules(all)), dialog) => {
            if dialog.is_some_and(|own| own.busy) {
                model.home.dialog = None;
            }
            model.home.rules.mine.put(Ok(all));
            Vec::new()
        }
        (Err(error), Some(own)) => {
            own.busy = false;
            own.wrong = Some(said(&error));
            Vec::new()
        }
        (Err(error), None) => model.fail(&error),
        (Ok(_), _) => Vec::new(),
    }
}
