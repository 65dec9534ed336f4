//! They found an organisation, learn what the other can do, and agree on a
//! share: every word of it from the nodes themselves.

use std::collections::BTreeSet;
use std::os::unix::net::UnixListener;
use std::path::Path;

use kith_api::{
    AuditLine, Code, ExplainedCase, Features, PathWay, Question, Reply, Request, ShareCase,
    ShareLevel, SharePhase, ShareRequest, ShareShow, ShareTrace, ShareWhat,
};

use super::super::Fail;
use super::evidence::{
    audit, detail, device, environment, explain, features, native, policies, possible, shares,
};
use super::person::Person;
use super::share::until;
use super::show::{Checks, Show};
use super::stage::Stage;

/// What the organisation calls itself.
const ORG: &str = "Clinic";
/// What the share is for.
const PURPOSE: &str = "second opinion";

/// Two doctors, one organisation, one signed policy with one rule.
pub(super) fn organisation(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    folder: &Path,
    stage: &Stage,
) -> Result<(), Fail> {
    let at = |name: &str| folder.join(name).display().to_string();
    let (signed, policy) = (at("signed"), at("policy"));
    show.step("organisation", |_| {
        anna.kith(&["org", "new", ORG])?;
        anna.kith(&["org", "member", "add", ORG, "me", "--role", "organiser"])?;
        anna.kith(&["org", "member", "add", ORG, "Ben", "--role", "organiser"])?;
        let rule = ["org", "rule", "add", ORG];
        anna.kith(&[&rule[..], stage.rule()].concat())?;
        anna.kith(&["org", "sign", ORG, "--yes", "--out", &signed])?;
        anna.kith(&["org", "publish", &signed, &policy])?;
        ben.kith(&["policy", "install", &policy, "--join"])?;
        let (one, other) = (policies(anna)?, policies(ben)?);
        let (Some(one), Some(other)) = (one.first(), other.first()) else {
            return Err(Fail::new(Code::Internal, "somebody has no policy"));
        };
        let checks = Checks::default()
            .that("same organisation", one.org == other.org)
            .that("same policy", one.number == other.number)
            .that("in force at Anna's", one.state == "in-force")
            .that("in force at Ben's", other.state == "in-force")
            .that("two members", one.members == 2 && other.members == 2);
        Ok((
            checks,
            format!(
                "two doctors, “{}”; Anna signs its policy, which says: {}",
                one.name,
                stage.rule_in_words()
            ),
        ))
    })
}

/// What each has learned of the other's device, held against what that says
/// of itself.
pub(super) fn capabilities(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
) -> Result<(), Fail> {
    show.step("capabilities", |_| {
        let met = |f: &Features| {
            let states = ["i-share", "they-share"].map(|way| native(f, way));
            let waits = |code: &str| matches!(code, "not-met" | "not-looked" | "run-out");
            states
                .iter()
                .all(|state| state.is_some_and(|s| !s.reasons.iter().any(|r| waits(&r.code))))
        };
        let at_annas = features(anna, "Ben", met)?;
        let at_bens = features(ben, "Anna", met)?;
        let (hers, his) = (environment(anna)?, environment(ben)?);
        let anna_shows = possible(&hers, &his);
        let ben_shows = possible(&his, &hers);
        let checks = Checks::default()
            .that("Anna met Ben's device", met(&at_annas))
            .that("Ben met Anna's device", met(&at_bens))
            .that(
                "Ben knows what Anna can show",
                knows(&at_bens, "they-share", &anna_shows),
            )
            .that(
                "Anna knows what Ben can show",
                knows(&at_annas, "they-share", &ben_shows),
            )
            .that(
                "Anna knows what Ben can see",
                knows(&at_annas, "i-share", &anna_shows),
            )
            .that(
                "Ben knows what Anna can see",
                knows(&at_bens, "i-share", &ben_shows),
            );
        let ben_learned = in_words("Ben learns: Anna's machine", &anna_shows);
        let anna_learned = in_words("Anna learns: Ben's", &ben_shows);
        Ok((checks, format!("{ben_learned}; {anna_learned}")))
    })
}

/// Whether what a node says of a direction is what the two machines can.
fn knows(learned: &Features, direction: &str, possible: &BTreeSet<String>) -> bool {
    let Some(state) = native(learned, direction) else {
        return false;
    };
    let device = |step: &str| matches!(step, "device" | "their-device");
    match possible.is_empty() {
        true => state.reasons.iter().any(|r| device(&r.step)),
        false => {
            let rights: BTreeSet<String> = state.rights.iter().cloned().collect();
            state.state != "disabled" && rights == *possible
        }
    }
}

fn in_words(who: &str, rights: &BTreeSet<String>) -> String {
    match (rights.contains("view"), rights.contains("keyboard")) {
        (false, _) => format!("{who} has no screen to show"),
        (true, false) => format!("{who} can show windows"),
        (true, true) => format!("{who} can show windows and be controlled"),
    }
}

/// All ways to the other device are tried before anybody asks for anything.
pub(super) fn probe(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    stage: &Stage,
) -> Result<(), Fail> {
    if matches!(stage, Stage::Toy) {
        return no_probe(show, anna, ben);
    }
    show.step("probe", |_| {
        let done = |f: &Features| f.devices.iter().any(|d| d.path.state == "works");
        let (one, other) = (features(anna, "Ben", done)?, features(ben, "Anna", done)?);
        let tried = |f: &Features| -> Vec<PathWay> {
            let all = f.devices.iter().flat_map(|d| d.path.ways.iter().cloned());
            all.collect()
        };
        let chosen = |ways: &[PathWay]| -> Vec<PathWay> {
            let chosen = ways.iter().filter(|w| w.chosen == "yes");
            chosen.cloned().collect()
        };
        let (hers, his) = (tried(&one), tried(&other));
        let on = |f: &Features, way| native(f, way).is_some_and(|s| s.state == "enabled");
        let works = |ways: &[PathWay]| match chosen(ways).as_slice() {
            [one] => one.outcome == "works" && one.round_trip_us.is_some(),
            _ => false,
        };
        let checks = Checks::default()
            .that("Anna's node tried", !hers.is_empty())
            .that("Ben's node tried", !his.is_empty())
            .that("one that works is Anna's choice", works(&hers))
            .that("one that works is Ben's choice", works(&his))
            .that("only then Ben may ask", on(&other, "they-share"))
            .that("only then Anna may invite", on(&one, "i-share"));
        let best = chosen(&his).pop();
        let best = best.map_or_else(String::new, |w| {
            let ms = w.round_trip_us.unwrap_or_default() as f64 / 1000.0;
            format!("{} {}, {ms:.1} ms there and back", w.course, w.transport)
        });
        Ok((
            checks,
            format!(
                "Ben tries {} ways to Anna, Anna {} to Ben; best: {best}",
                his.len(),
                hers.len()
            ),
        ))
    })
}

/// Without a screen nothing is offered, and no way is tried in advance.
fn no_probe(show: &mut Show, anna: &mut Person, ben: &mut Person) -> Result<(), Fail> {
    show.step("no probe", |_| {
        let (hers, his) = (environment(anna)?, environment(ben)?);
        let bare = possible(&hers, &his).is_empty() && possible(&his, &hers).is_empty();
        let off = |f: &Features, way| native(f, way).is_some_and(|s| s.state == "disabled");
        let one = features(anna, "Ben", |f| off(f, "i-share"))?;
        let other = features(ben, "Anna", |f| off(f, "they-share"))?;
        let checks = Checks::default()
            .that("neither machine shows a screen", bare)
            .that("so nothing is offered at Anna's", off(&one, "i-share"))
            .that("nor at Ben's", off(&other, "they-share"));
        Ok((
            checks,
            "no way is tried in advance: that is done for what can be offered, and a machine \
             without a screen offers nothing. The way is proven when the toy desktop's share \
             begins"
                .into(),
        ))
    })
}

/// What the policy's rule forbids is refused by both nodes, and nobody is asked.
pub(super) fn forbidden(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    stage: &Stage,
    folder: &Path,
) -> Result<(), Fail> {
    show.step("forbidden", |_| {
        // Who would show, and who would see.
        let toy = matches!(stage, Stage::Toy);
        let (sharer, viewer) = match toy {
            true => (&mut *ben, &mut *anna),
            false => (&mut *anna, &mut *ben),
        };
        let what = match toy {
            true => ShareWhat::Synthetic,
            false => ShareWhat::Desktop,
        };
        let level = ShareLevel::View;
        let case = ShareCase::default();
        let invited = refused(
            sharer,
            ShareRequest::Invite {
                who: viewer.name.into(),
                what,
                level,
                case: case.clone(),
            },
        )?;
        let asked = refused(
            viewer,
            ShareRequest::Join {
                who: sharer.name.into(),
                level,
                show: ShareShow::Picture(folder.join("never")),
                case,
            },
        )?;
        let question = |part: &str, direction: &str| Question {
            part: Some(part.into()),
            direction: Some(direction.into()),
            technology: "native".into(),
            applications: Vec::new(),
            view: "desktop".into(),
            control: "nothing".into(),
            room: None,
        };
        let one = explain(sharer, viewer.name, question("sharer", "invite"))?;
        let other = explain(viewer, sharer.name, question("viewer", "request"))?;
        let nobody = shares(sharer)?.is_empty() && shares(viewer)?.is_empty();
        let named = |case: &ExplainedCase| {
            let rule = case
                .lines
                .iter()
                .any(|l| l.words.contains("rule 1 of the policy"));
            rule && case.view != "desktop"
        };
        let why = one
            .lines
            .first()
            .map(|l| l.words.as_str())
            .unwrap_or_default();
        let checks = Checks::default()
            .that("inviting is refused", invited)
            .that("asking is refused", asked)
            .that("the sharer's node names the rule", named(&one))
            .that("the viewer's node names the rule", named(&other))
            .that("nobody was asked", nobody);
        let what = match toy {
            true => "Ben can't show Anna anything",
            false => "Anna can't show her whole desktop, nor Ben ask for it",
        };
        let said = format!("{what}; both nodes refuse: {why}");
        Ok((checks, said))
    })
}

/// Whether a request is denied.
fn refused(person: &mut Person, request: ShareRequest) -> Result<bool, Fail> {
    match person.ask(Request::Share(request)) {
        Ok(_) => Ok(false),
        Err(fail) => {
            let error = fail.into_api();
            match error.code {
                Code::Denied => Ok(true),
                _ => Err(error.into()),
            }
        }
    }
}

/// From "may I see?" to a share that runs: its two ends.
pub(super) struct Agreed {
    pub(super) session: kith_api::id::SessionId,
}

/// Ben asks, Anna allows; both nodes decide, seal, open and prove the way.
pub(super) fn agree(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    stage: &Stage,
    (listener, socket): (&UnixListener, &Path),
) -> Result<Option<Agreed>, Fail> {
    let mut session = None;
    show.step("ask", |_| {
        let (who, level) = ("Anna".to_owned(), ShareLevel::View);
        let show = ShareShow::Viewer(socket.to_owned());
        let case = ShareCase {
            purpose: Some(PURPOSE.into()),
            ..ShareCase::default()
        };
        let request = match stage.what() {
            ShareWhat::Application(application) => ShareRequest::JoinApplication {
                who,
                application,
                level,
                show,
                case,
            },
            _ => ShareRequest::Join {
                who,
                level,
                show,
                case,
            },
        };
        ben.ask(Request::Share(request))?;
        let asked = until(anna, SharePhase::Asked)?;
        session = Some(asked.session);
        let checks = Checks::default()
            .that("Anna is asked by Ben", asked.person.name == "Ben")
            .that("what for", asked.case.purpose.as_deref() == Some(PURPOSE))
            .that("nothing is shown yet", listener.accept().is_err());
        Ok((
            checks,
            "Ben asks Anna to show something; nothing is shown before she agrees".into(),
        ))
    })?;
    let Some(session) = session else {
        return Ok(None);
    };
    show.step("agree", |_| {
        anna.ask(Request::Share(ShareRequest::Allow {
            which: "Ben".into(),
            what: Some(stage.what()),
            show: ShareShow::default(),
        }))?;
        until(ben, SharePhase::Running)?;
        until(anna, SharePhase::Running)?;
        let number = policies(anna)?
            .first()
            .map(|p| (p.org.to_string(), p.number));
        let policy = number.map(|(org, number)| format!("{org}/{number}"));
        let hers = audit(anna, Some(&session))?;
        let his = audit(ben, Some(&session))?;
        let rule = explained(&hers);
        let checks = Checks::default()
            .that("Anna's node decided by the policy", decided(&hers, &policy))
            .that("Ben's node decided by the policy", decided(&his, &policy))
            .that(
                "Anna's consent is in her log",
                in_order(&hers, &["granted", "started"]),
            )
            .that(
                "Ben's log has the beginning",
                in_order(&his, &["decided", "started"]),
            );
        Ok((
            checks,
            format!("Anna allows it. Both nodes asked the policy, each for itself: {rule}"),
        ))
    })?;
    Ok(Some(Agreed { session }))
}

/// What the policy answered last before the share began, in words.
fn explained(log: &[AuditLine]) -> String {
    let before = log.iter().take_while(|l| l.kind != "started");
    let last = before.filter(|l| l.kind == "decided").last();
    let extent = last.and_then(|l| l.extent.as_ref());
    extent.map_or_else(String::new, |e| match e.applications.as_slice() {
        [] => format!("allowed, up to {}", e.view),
        all => format!("allowed, {} “{}”", e.view, all.join("”, “")),
    })
}

/// Whether these stand in the log, one after another.
fn in_order(log: &[AuditLine], wanted: &[&str]) -> bool {
    let mut left = log.iter();
    let stands = |kind: &&str| left.any(|l| l.kind == *kind);
    wanted.iter().all(stands)
}

/// Whether the last decision before the share began allowed it, by this policy.
fn decided(log: &[AuditLine], policy: &Option<String>) -> bool {
    let before = log.iter().take_while(|l| l.kind != "started");
    let last = before.filter(|l| l.kind == "decided").last();
    last.is_some_and(|l| l.extent.is_some() && detail(l, "policy") == policy.as_deref())
}

/// What a node says of how a session came about.
pub(super) fn trace(person: &mut Person, agreed: &Agreed) -> Result<ShareTrace, Fail> {
    let session = agreed.session.to_string();
    match person.ask(Request::Share(ShareRequest::Trace { session }))? {
        Reply::ShareTrace(trace) => Ok(trace),
        _ => Err(Fail::new(Code::Internal, "no trace")),
    }
}

/// The parameters were sealed to one device and opened there, and the way
/// between the two was proven.
pub(super) fn sealed(
    show: &mut Show,
    anna: &mut Person,
    ben: &mut Person,
    agreed: &Agreed,
) -> Result<(), Fail> {
    let (hers, his) = (trace(anna, agreed)?, trace(ben, agreed)?);
    let (annas, bens) = (device(anna)?, device(ben)?);
    show.step("seal", |_| {
        let checks = Checks::default()
            .that("sealed to Ben's device", hers.device == bens)
            .that("by Anna's device", his.device == annas)
            .that(
                "the same came",
                hers.sealed.is_some() && hers.sealed == his.sealed,
            )
            .that("opened at Ben's", his.parameters == "held")
            .that("used once at Anna's", hers.stored == "open")
            .that("used once at Ben's", his.stored == "open");
        Ok((
            checks,
            "Anna's node seals the parameters to Ben's device; they come, and are opened there"
                .into(),
        ))
    })?;
    show.step("path", |_| {
        let proof = |t: &ShareTrace| t.way.as_ref().map(|w| w.proof.clone());
        let direct = |t: &ShareTrace| t.way.as_ref().is_some_and(|w| w.course == "direct");
        let checks = Checks::default()
            .that(
                "proven by one nonce",
                proof(&hers).is_some() && proof(&hers) == proof(&his),
            )
            .that("direct", direct(&hers) && direct(&his));
        let at = his.way.as_ref().map_or("", |w| w.address.as_str());
        Ok((
            checks,
            format!("Anna nominates a way, Ben answers on it: {at}"),
        ))
    })
}
