//! Rules of one's own (POL-3, POL-4).

use super::*;
use crate::state::own::{APPLICATIONS, Message as OwnDo, Whom};

fn mine(effects: &[Effect]) -> Option<OwnRulesRequest> {
    effects.iter().find_map(|e| match e {
        Effect::Ask(_, _, Request::Policy(PolicyRequest::Mine(request))) => Some(request.clone()),
        _ => None,
    })
}

#[test]
fn a_rule_of_ones_own_says_with_whom_when_and_how_much() {
    let mut model = with_rules();
    press(&mut model, "Forbid something …");
    press(&mut model, "Ben");
    press(&mut model, "Everybody but this person");
    press(&mut model, "Who wants to see it");
    press(&mut model, "One window");
    press(&mut model, "All that is seen");
    type_into(&mut model, APPLICATIONS, "a, b*,");
    let Some(OwnRulesRequest::Add(rule)) = mine(&press(&mut model, "Make the rule")) else {
        panic!("no rule")
    };
    let wanted = RuleSpec {
        subject: "person:me".into(),
        parts: vec!["sharer".into()],
        towards: Some(format!("not-person:{}", person(2))),
        technologies: Vec::new(),
        directions: vec!["request".into()],
        applications: vec!["a".into(), "b*".into()],
        view: "window".into(),
        control: "window".into(),
        without: Vec::new(),
        demands: Vec::new(),
    };
    assert_eq!(*rule, wanted);
    let twice = model.update(Message::Own(OwnDo::Go));
    assert_eq!(mine(&twice), None, "it is under way");
    let no = ApiError::new(Code::TooMuch, "64 rules are the most");
    answer(&mut model, Tag::OwnRule, Err(no));
    shows(&model, &["64 rules are the most"]);
    model.update(Message::Own(OwnDo::View("nothing")));
    lacks(&model, &["Of it can be controlled"]);
    model.update(Message::Own(OwnDo::Whom(Whom::Everybody)));
    let Some(OwnRulesRequest::Add(rule)) = mine(&press(&mut model, "Make the rule")) else {
        panic!("no rule")
    };
    assert_eq!((rule.towards, rule.control.as_str()), (None, "nothing"));
    let rules = vec![(9, Sentence::new("x", "Nothing is shown to who asks."))];
    let demands = Vec::new();
    let all = Ok(Reply::OwnRules(OwnRules { rules, demands }));
    answer(&mut model, Tag::OwnRule, all);
    assert!(model.home.dialog.is_none());
    shows(&model, &["Nothing is shown to who asks."]);
}

#[test]
fn what_every_share_demands_is_chosen() {
    let mut model = with_rules();
    let demand = |words: &[&str]| {
        let all = words.iter().map(|w| (*w).to_owned()).collect();
        Some(OwnRulesRequest::Demand(all))
    };
    let more = mine(&press(&mut model, "a case number"));
    assert_eq!(more, demand(&["purpose", "reference"]));
    let less = mine(&press(&mut model, "what for"));
    assert_eq!(less, demand(&[]));
}
