//! What policies allow between two people, step by step (POL-4): a dry run of
//! the very decision that a share meets.

use kith_api::{ApiError, Explained, ExplainedCase, Question, Reply, Sentence};
use kith_proto::id::{PersonId, RoomId};
use kith_proto::policy::application::{AppName, Application, Starts, What};
use kith_proto::policy::cap::Duty;
use kith_proto::policy::consent::Verification as Verified;
use kith_proto::policy::decide::{
    Ask, Certainty, Context, Decision, Side, Source, Step, Wish, decide,
};
use kith_proto::policy::explain::explain;
use kith_proto::policy::hosted::Target;
use kith_proto::policy::rule::{Capacity, Direction};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::session::Reason;
use kith_proto::technology::Technology;

use super::error::{bad, fault};
use super::open::Open;
use super::policy_answers::verified;

impl Open {
    pub(super) async fn explain(&mut self, who: &str, q: &Question) -> Result<Reply, ApiError> {
        let other = self.find(who)?;
        let room = match &q.room {
            Some(room) => Some(self.room_with(room, &other).await?),
            None => None,
        };
        let person = self.named(&other);
        let parts = chosen(q.part.as_deref(), &["sharer", "viewer"], "part")?;
        let directions = chosen(q.direction.as_deref(), &["invite", "request"], "direction")?;
        let technology = Technology::from_name(&q.technology)
            .ok_or_else(|| bad("a technology is one of native, rdp, vnc, x11, ica"))?;
        let scope = |text: &str| {
            Scope::from_name(text).ok_or_else(|| {
                bad("how much is one of nothing, window, application, applications, desktop")
            })
        };
        let wish = Wish {
            view: scope(&q.view)?,
            control: scope(&q.control)?,
            rights: Rights::ALL,
        };
        let what = what(&q.applications)?;
        let mut cases = Vec::new();
        for part in &parts {
            for direction in &directions {
                let ask = Ask {
                    room,
                    ..self.question(&other, part, direction, technology, &what, wish)?
                };
                let decision = self.dry_run(&ask);
                cases.push(case(part, direction, &decision, &person.name));
            }
        }
        let room = room.map(|id| self.room_ref(&id));
        // A newer document that hasn't come may say something else.
        let asked = self.policies.joined().map(|c| self.policy_info(c));
        let warnings = asked.flat_map(|p| {
            let name = p.name;
            p.warnings.into_iter().map(move |w| format!("{name}: {w}"))
        });
        let warnings = warnings.collect();
        Ok(Reply::Explained(Explained {
            person,
            room,
            warnings,
            cases,
        }))
    }

    /// A room as a person names it, to which the other one belongs too: of any
    /// other no share would get as far as a decision (spec 09, "Rooms").
    async fn room_with(&mut self, room: &str, other: &PersonId) -> Result<RoomId, ApiError> {
        let room = self.room_to_share_in(room).await?;
        self.common_room(Some(room), other)
            .ok_or_else(|| bad(Reason::NotInRoom.words()))
    }

    fn question(
        &self,
        other: &PersonId,
        part: &str,
        direction: &str,
        technology: Technology,
        what: &What,
        wish: Wish,
    ) -> Result<Ask, ApiError> {
        let me = self.account.person();
        let (sharer, viewer) = match Capacity::from_name(part) {
            Some(Capacity::Sharer) => (me, *other),
            _ => (*other, me),
        };
        Ok(Ask {
            sharer,
            viewer,
            room: None,
            technology,
            direction: Direction::from_name(direction).ok_or_else(|| fault("a direction"))?,
            what: what.clone(),
            wish,
            target: Target::Peer,
        })
    }

    /// What would be decided, without anybody being asked (POL-4). Call
    /// [`Open::observe_policies`] before.
    fn dry_run(&self, ask: &Ask) -> Decision {
        let now = self.judged();
        let me = self.account.person();
        let other = match ask.sharer == me {
            true => ask.viewer,
            false => ask.sharer,
        };
        let viewer = self.people.get(&ask.viewer);
        let viewer = viewer.map_or(Verified::Unverified, |p| verified(p.verified));
        let meeting = self.moderated(ask.room);
        let cx = Context {
            now: now.now(),
            side: match ask.sharer == me {
                true => Side::Sharer,
                false => Side::Viewer,
            },
            organisations: &self.policies.organisations(&now),
            meeting: meeting.as_ref(),
            local: self.allowed.mine(),
            remote: self.allowed.of_person(&other),
            viewer,
            consents: &self.consents,
        };
        decide(&cx, ask)
    }
}

fn chosen(
    wanted: Option<&str>,
    all: &[&'static str],
    name: &str,
) -> Result<Vec<&'static str>, ApiError> {
    match wanted {
        None => Ok(all.to_vec()),
        Some(w) => match all.iter().find(|a| **a == w) {
            Some(found) => Ok(vec![found]),
            None => Err(bad(format!("a {name} is one of {}", all.join(", ")))),
        },
    }
}

fn what(applications: &[String]) -> Result<What, ApiError> {
    if applications.is_empty() {
        return Ok(What::NotChosen);
    }
    let named = |text: &String| {
        let name = AppName::new(text).map_err(|_| bad("that isn’t the name of an application"))?;
        // Nobody looked at it: it may start others.
        Ok(Application {
            name,
            starts: Starts::Others,
        })
    };
    let all: Result<Vec<_>, ApiError> = applications.iter().map(named).collect();
    Ok(What::Applications(all?))
}

fn case(part: &str, direction: &str, decision: &Decision, name: &str) -> ExplainedCase {
    let cap = decision.cap();
    let (outcome, step, reason, duties) = match decision {
        Decision::Granted(g) => (
            "allowed",
            None,
            None,
            g.duties.iter().map(|d| d.name().to_owned()).collect(),
        ),
        Decision::Denied(d) => (
            "denied",
            Some(d.stage.code().to_owned()),
            Some(d.source.code().to_owned()),
            Vec::new(),
        ),
    };
    ExplainedCase {
        part: part.to_owned(),
        direction: direction.to_owned(),
        outcome: outcome.to_owned(),
        step,
        reason,
        view: cap.view.name().to_owned(),
        control: cap.control.name().to_owned(),
        rights: cap.rights.iter().map(|r| r.name().to_owned()).collect(),
        duties,
        lines: lines(decision, name),
    }
}

/// The derivation, a line a step, the outcome last; `name` is the other person's.
fn lines(decision: &Decision, name: &str) -> Vec<Sentence> {
    let steps = decision.steps().iter().map(step);
    let said = steps.chain([outcome(decision)]);
    // Both have one a step, and the outcome.
    let both = said.zip(explain(decision));
    let with = |(said, words): (Sentence, String)| Sentence { words, ..said };
    both.map(|b| with(b).put("source-name", [name])).collect()
}

/// By what a step took something, and what it took.
fn step(step: &Step) -> Sentence {
    let (before, after) = (step.before, step.after);
    let less = |was: Scope, is: Scope| (is < was).then(|| is.name());
    let off = after.is_off().then_some("off");
    let lost = before.rights.difference(after.rights);
    let demands = after.demands.difference(before.demands);
    source(Sentence::new("step", ""), &step.source)
        .put("stage", [step.stage.code()])
        .put("off", off)
        .put("view", less(before.view, after.view))
        .put("control", less(before.control, after.control))
        .put("without", lost.iter().map(Right::name))
        .put("demands", demands.iter().map(Duty::name))
}

fn source(said: Sentence, source: &Source) -> Sentence {
    let number = match source {
        Source::Rule(n, ..) | Source::ProfileRule(n, ..) => Some(*n),
        _ => None,
    };
    said.put("source", [source.code()]).put("number", number)
}

fn outcome(decision: &Decision) -> Sentence {
    match decision {
        Decision::Denied(d) => {
            source(Sentence::new("denied", ""), &d.source).put("stage", [d.stage.code()])
        }
        Decision::Granted(g) => Sentence::new("allowed", "")
            .put("view", [g.cap.view.name()])
            .put("control", [g.cap.control.name()])
            .put("duties", g.duties.iter().map(Duty::name))
            .put("consent", g.consent.map(|_| "used"))
            .put(
                "preliminary",
                (g.certainty == Certainty::Preliminary).then_some("yes"),
            ),
    }
}
