mod dice;

use super::people::{id, of};
use super::{DAY, NOW};
use crate::{hex, unhex};
use ciborium::Value as Cbor;
use kith_proto::cbor::{DecodeError, Encode, to_bytes};
use kith_proto::id::{OrgId, PersonId, RoomId};
use kith_proto::names::Name;
use kith_proto::policy::application::{AppName, Application, Starts, What};
use kith_proto::policy::cap::{Cap, Duties, Duty, Preset};
use kith_proto::policy::compiled::Compiled;
use kith_proto::policy::consent::{GivenConsent, StandingConsent, Verification};
use kith_proto::policy::decide::{
    Ask, Certainty, Context, Decision, Organisation, Side, Wish, decide,
};
use kith_proto::policy::document::{Group, Member, PolicyBody};
use kith_proto::policy::hosted::{HostedNetwork, Ports, Prefix, Target};
use kith_proto::policy::lenient::Understood;
use kith_proto::policy::meeting::{MeetingState, MeetingTerms};
use kith_proto::policy::profile::{Profile, Terms};
use kith_proto::policy::roles::{Power, Powers, Role};
use kith_proto::policy::rule::{
    Capacities, Capacity, Direction, Directions, GroupNumber, Party, Rule,
};
use kith_proto::rights::{Right, Rights, Scope};
use kith_proto::technology::{Technologies, Technology};
use kith_proto::validity::Validity;
use serde_json::{Value, json};

use dice::Dice;

/// How many random worlds are published.
const WORLDS: u64 = 100;

fn numbers<T: Copy>(list: impl Iterator<Item = T>, number: fn(T) -> u16) -> Vec<u16> {
    list.map(number).collect()
}

fn ask_json(a: &Ask) -> Value {
    let what = match &a.what {
        What::NotChosen => json!("not-chosen"),
        What::Anything => json!("anything"),
        What::Applications(list) => list
            .iter()
            .map(
                |a| json!({ "name": a.name.as_str(), "starts_others": a.starts == Starts::Others }),
            )
            .collect(),
    };
    let target = match a.target {
        Target::Peer => Value::Null,
        Target::Server { addr, port } => json!([addr.to_string(), port]),
    };
    json!({
        "sharer": hex(a.sharer.as_bytes()),
        "viewer": hex(a.viewer.as_bytes()),
        "room": a.room.map(|r| hex(r.as_bytes())),
        "technology": a.technology.number(),
        "direction": a.direction.number(),
        "what": what,
        "view": a.wish.view.number(),
        "control": a.wish.control.number(),
        "rights": numbers(a.wish.rights.iter(), Right::number),
        "target": target,
    })
}

fn decision_json(d: &Decision) -> Value {
    match d {
        Decision::Denied(d) => json!({ "denied": d.stage.code(), "code": d.source.code() }),
        Decision::Granted(g) => json!({
            "view": g.cap.view.number(),
            "control": g.cap.control.number(),
            "rights": numbers(g.cap.rights.iter(), Right::number),
            "duties": numbers(g.duties.iter(), Duty::number),
            "standing_consent_allowed": g.standing_consent_allowed(),
            "preliminary": g.certainty == Certainty::Preliminary,
        }),
    }
}

/// The bytes of a payload; its signature is a matter of chapter 02.
fn payload(p: &impl Encode) -> Value {
    json!(hex(&to_bytes(p)))
}

/// Everything but the organisations' policies, whose bytes are given.
struct Around {
    side: Side,
    /// Who opened the meeting, if the room is one.
    organiser: Option<PersonId>,
    meeting: Option<MeetingTerms>,
    local: Option<Profile>,
    remote: Option<Terms>,
    verification: Verification,
    consents: Vec<StandingConsent>,
}

fn case(why: &str, bodies: &[Vec<u8>], a: &Around, ask: &Ask) -> Value {
    let compiled: Vec<Compiled> = bodies
        .iter()
        .map(|b| Compiled::new(&PolicyBody::from_bytes(b).unwrap()))
        .collect();
    let organisations: Vec<Organisation<'_>> = (1u8..)
        .zip(&compiled)
        .map(|(n, c)| Organisation {
            org: OrgId::from_bytes([n; 32]),
            policy: Ok(c),
        })
        .collect();
    let meeting = a.organiser.map(|organiser| {
        let mut state = MeetingState::new(ask.room.unwrap(), organiser);
        if let Some(m) = &a.meeting {
            state.apply(of(organiser).says(m)).unwrap();
        }
        state
    });
    let remote = a.remote.as_ref().map(|t| of(t.person).says(t));
    let given = |c: &StandingConsent| {
        let said = of(c.sharer).says(c);
        GivenConsent::standing(&said, [].iter()).unwrap()
    };
    let consents: Vec<GivenConsent> = a.consents.iter().map(given).collect();
    let cx = Context {
        now: NOW,
        side: a.side,
        organisations: &organisations,
        meeting: meeting.as_ref(),
        local: a.local.as_ref(),
        remote: remote.as_ref(),
        viewer: a.verification,
        consents: &consents,
    };
    json!({
        "why": why,
        "side": match a.side { Side::Sharer => "sharer", Side::Viewer => "viewer" },
        "bodies": bodies.iter().map(|b| hex(b)).collect::<Vec<_>>(),
        "organiser": a.organiser.map(|o| hex(o.as_bytes())),
        "meeting": a.meeting.as_ref().map(payload),
        "local": a.local.as_ref().map(payload),
        "remote": a.remote.as_ref().map(payload),
        "verified": a.verification == Verification::Verified,
        "consents": a.consents.iter().map(payload).collect::<Vec<_>>(),
        "ask": ask_json(ask),
        "decision": decision_json(&decide(&cx, ask)),
    })
}

fn random(seed: u64) -> Value {
    let mut d = Dice::new(seed);
    let ask = d.ask();
    let side = d.one(&[Side::Sharer, Side::Viewer]);
    let (me, other) = match side {
        Side::Sharer => (ask.sharer, ask.viewer),
        Side::Viewer => (ask.viewer, ask.sharer),
    };
    let mut bodies = Vec::new();
    for _ in 0..d.one(&[0, 1, 1, 1, 2]) {
        bodies.push(d.body().to_bytes().unwrap().0);
    }
    let meeting = ask.room.filter(|_| d.below(2) == 0).map(|room| {
        let mut m = MeetingTerms::new(room, d.person(), NOW, d.cap());
        m.set(d.person(), d.cap()).unwrap();
        m
    });
    let consent = StandingConsent {
        sharer: ask.sharer,
        viewer: ask.viewer,
        application: AppName::new(d.one(&["editor", "bankapp"])).unwrap(),
        allows: Preset::OneApplication.cap(),
        validity: Validity::starting(NOW.before(DAY), DAY * d.one(&[1, 2, 2])),
        waives: Duties::of(&[Duty::Accept, d.one(&[Duty::Accept, Duty::Notify])]),
    };
    let local = (d.below(2) == 0).then(|| d.profile(me));
    // Some are over.
    let from = d.one(&[NOW, NOW, NOW, NOW.before(DAY)]);
    let validity = Validity::starting(from, DAY);
    let remote = (d.below(2) == 0).then(|| d.profile(other).terms_for(me, validity));
    // Of some meetings nothing is known.
    let organiser = match &meeting {
        Some(m) => Some(m.organiser),
        None => ask.room.filter(|_| d.below(8) == 0).map(|_| d.person()),
    };
    let around = Around {
        side,
        organiser,
        meeting,
        local,
        remote,
        verification: d.one(&[
            Verification::Verified,
            Verification::Verified,
            Verification::Unverified,
        ]),
        consents: vec![consent],
    };
    case("random", &bodies, &around, &ask)
}

/// The encoding of a body with its maps changed.
fn changed(b: &PolicyBody, path: &[usize], key: i64, v: Option<Cbor>) -> Vec<u8> {
    let mut root = b.encode();
    let mut at = &mut root;
    for step in path {
        at = match at {
            Cbor::Map(m) => {
                let key = Cbor::from(u64::try_from(*step).unwrap());
                &mut m.iter_mut().find(|(k, _)| *k == key).unwrap().1
            }
            Cbor::Array(a) => &mut a[*step],
            _ => unreachable!("a path leads through maps and lists"),
        };
    }
    let map = at.as_map_mut().unwrap();
    map.retain(|(k, _)| *k != Cbor::from(key));
    if let Some(v) = v {
        let order = |k: &Cbor| {
            let n = i128::from(k.as_integer().unwrap());
            (n < 0, n.unsigned_abs())
        };
        let key = Cbor::from(key);
        let i = map.partition_point(|(k, _)| order(k) < order(&key));
        map.insert(i, (key, v));
    }
    to_bytes(&root)
}

/// Two people, two groups, one rule about one of them that leaves the other
/// alone.
fn small() -> PolicyBody {
    let name = |n: &str| Name::from_typed(n).unwrap();
    let member = |n: u8, group: u16| Member {
        person: id(n),
        name: name("Somebody"),
        role: Role::Sharer,
        groups: vec![GroupNumber(group)],
        understood: Understood::Wholly,
    };
    let group = |n| Group {
        number: GroupNumber(n),
        name: name("Group"),
        understood: Understood::Wholly,
    };
    PolicyBody {
        members: vec![member(1, 0), member(2, 1)],
        groups: vec![group(0), group(1)],
        rules: vec![
            Rule::new(1, Party::Group(GroupNumber(1)), Preset::ViewOnly.cap())
                .acting_as(Capacities::of(&[Capacity::Viewer]))
                .when(Directions::of(&[Direction::Request])),
        ],
        ..PolicyBody::default()
    }
}

fn small_ask() -> Ask {
    Ask {
        sharer: id(1),
        viewer: id(2),
        room: None,
        technology: Technology::Native,
        direction: Direction::Request,
        what: What::Applications(vec![Application {
            name: AppName::new("editor").unwrap(),
            starts: Starts::Nothing,
        }]),
        wish: Wish {
            view: Scope::Application,
            control: Scope::Application,
            rights: Rights::ALL,
        },
        target: Target::Peer,
    }
}

fn around() -> Around {
    Around {
        side: Side::Sharer,
        organiser: None,
        meeting: None,
        local: None,
        remote: None,
        verification: Verification::Verified,
        consents: vec![],
    }
}

/// What a newer version might write, and what it means here.
fn from_later() -> Vec<Value> {
    let b = small();
    let numbers = |n: u64| Some(Cbor::Array(vec![n.into()]));
    let null = || Some(Cbor::Null);
    let party = |kind: u64| Some(Cbor::Array(vec![kind.into()]));
    let (ask, around) = (small_ask(), around());
    let rule: &[usize] = &[3, 0];
    let cap: &[usize] = &[3, 0, 7];
    let cases: [(&str, &[usize], i64, Option<Cbor>); 18] = [
        ("nothing from later", &[], 1000, None),
        ("an unknown field of the body", &[], 50, null()),
        ("a remark in the body", &[], 1000, null()),
        ("an unknown demand", &[], 5, numbers(50)),
        ("an unknown field of a rule", rule, 50, null()),
        ("a remark in a rule", rule, 1000, null()),
        ("an unknown party as subject", rule, 1, party(50)),
        ("an unknown party as the other one", rule, 3, party(50)),
        ("an unknown capacity", rule, 2, numbers(50)),
        ("an unknown direction", rule, 5, numbers(50)),
        ("an unknown technology", rule, 4, numbers(50)),
        ("an unknown field of a cap", cap, 50, null()),
        ("an unknown scope", cap, 0, Some(50.into())),
        (
            "an unknown right",
            cap,
            2,
            Some(Cbor::Array(vec![1.into(), 50.into()])),
        ),
        ("an unknown duty", cap, 3, numbers(50)),
        ("an unknown field of a member", &[1, 1], 50, null()),
        ("an unknown role", &[1, 0], 2, Some(50.into())),
        ("an unknown field of a group", &[2, 0], 50, null()),
    ];
    let mut out = Vec::new();
    for (why, path, key, v) in cases {
        let bytes = changed(&b, path, key, v);
        for direction in Direction::ALL {
            let ask = Ask {
                direction: *direction,
                ..ask.clone()
            };
            out.push(case(why, core::slice::from_ref(&bytes), &around, &ask));
        }
    }
    out
}

/// What a chapter's single sentences say.
fn by_hand() -> Vec<Value> {
    let mut body = small();
    body.rules.clear();
    body.outsiders = Cap::OPEN;
    body.hosted = vec![HostedNetwork {
        prefix: Prefix::new([10, 20, 0, 0].into(), 16).unwrap(),
        technologies: Technologies::of(&[Technology::Rdp]),
        ports: vec![Ports::new(3389, 3389).unwrap()],
        understood: Understood::Wholly,
    }];
    let bodies = [body.to_bytes().unwrap().0];
    let room = RoomId::from_bytes([1; 32]);
    let mut ask = small_ask();
    let mut around = around();
    around.consents = vec![StandingConsent {
        sharer: ask.sharer,
        viewer: ask.viewer,
        application: AppName::new("editor").unwrap(),
        allows: Preset::OneApplication.cap(),
        validity: Validity::starting(NOW, DAY),
        waives: Duties::BUILT_IN,
    }];
    let mut out = vec![case("a standing consent", &bodies, &around, &ask)];
    ask.technology = Technology::Rdp;
    out.push(case("not for a hosted session", &bodies, &around, &ask));
    ask.target = Target::Server {
        addr: [10, 20, 0, 1].into(),
        port: 3389,
    };
    out.push(case("nor on a server", &bodies, &around, &ask));
    around.consents.clear();
    ask = small_ask();
    ask.viewer = id(9);
    out.push(case("an outsider views", &bodies, &around, &ask));
    (ask.sharer, ask.viewer) = (id(9), id(1));
    out.push(case("an outsider shares", &bodies, &around, &ask));
    ask = small_ask();
    ask.room = Some(room);
    around.organiser = Some(id(9));
    around.meeting = Some(MeetingTerms::new(room, id(9), NOW, Cap::OPEN));
    out.push(case("an outsider opens a meeting", &bodies, &around, &ask));
    around.meeting = None;
    out.push(case("a meeting without settings", &[], &around, &ask));
    around.organiser = None;
    ask.room = None;
    let open = Profile::open(ask.viewer, NOW);
    for (why, issued) in [
        ("terms", NOW),
        ("terms that are over", NOW.before(DAY)),
        ("terms of a clock that is a day ahead", NOW.after(DAY)),
    ] {
        around.remote = Some(open.terms_for(ask.sharer, Validity::starting(issued, DAY)));
        out.push(case(why, &bodies, &around, &ask));
    }
    body.roles = vec![(Role::Participant, Powers::of(&[Power::View]))];
    let bodies = [body.to_bytes().unwrap().0];
    around.remote = None;
    ask.viewer = id(9);
    let why = "an outsider views, where participants receive no control";
    out.push(case(why, &bodies, &around, &ask));
    out
}

pub(super) fn made() -> Value {
    let mut all = from_later();
    all.extend(by_hand());
    all.extend((0..WORLDS).map(random));
    let denied = all
        .iter()
        .filter(|c| c["decision"].get("denied").is_some())
        .count();
    assert!(
        denied > all.len() / 8 && denied < all.len() * 3 / 4,
        "{denied} of {}",
        all.len()
    );
    all.into()
}

/// Bodies that nobody may read.
pub(super) fn bodies_invalid() -> Value {
    let b = small();
    let list = |v: Vec<Cbor>| Some(Cbor::Array(v));
    let members = b.members.encode();
    let swapped = {
        let mut m = members.as_array().unwrap().clone();
        m.reverse();
        Cbor::Array(m)
    };
    let cases: [(&str, &[usize], i64, Option<Cbor>); 19] = [
        ("version 2", &[], 0, Some(2.into())),
        ("a critical field", &[], -1, Some(Cbor::Null)),
        ("a critical field of a rule", &[3, 0], -1, Some(Cbor::Null)),
        ("members out of order", &[], 1, Some(swapped)),
        ("an empty list of members", &[], 1, list(vec![])),
        (
            "a member in a group that doesn't exist",
            &[1, 0],
            3,
            list(vec![9.into()]),
        ),
        (
            "a member in a group twice",
            &[1, 0],
            3,
            list(vec![0.into(), 0.into()]),
        ),
        ("a member without a name", &[1, 0], 1, None),
        ("a member without a role", &[1, 0], 2, None),
        (
            "a rule about a group that doesn't exist",
            &[3, 0],
            1,
            list(vec![1.into(), 9.into()]),
        ),
        ("a rule without a subject", &[3, 0], 1, None),
        ("a rule without a cap", &[3, 0], 7, None),
        ("an empty list of capacities", &[3, 0], 2, list(vec![])),
        (
            "capacities out of order",
            &[3, 0],
            2,
            list(vec![2.into(), 1.into()]),
        ),
        (
            "a pattern in upper case",
            &[3, 0],
            6,
            list(vec!["Editor".into()]),
        ),
        ("a cap that is a number", &[3, 0], 7, Some(1.into())),
        ("an empty list of rights", &[3, 0, 7], 2, list(vec![])),
        (
            "a network with bits behind its prefix",
            &[],
            4,
            list(vec![network(vec![10, 0, 0, 1], 8)]),
        ),
        (
            "a network of loopback addresses",
            &[],
            4,
            list(vec![network(vec![127, 0, 0, 0], 8)]),
        ),
    ];
    cases
        .into_iter()
        .map(|(why, path, key, v)| json!({ "why": why, "bytes": hex(&changed(&b, path, key, v)) }))
        .collect()
}

fn network(addr: Vec<u8>, len: u8) -> Cbor {
    let port = || Cbor::from(3389);
    Cbor::Map(vec![
        (0.into(), Cbor::Array(vec![Cbor::Bytes(addr), len.into()])),
        (1.into(), Cbor::Array(vec![2.into()])),
        (
            2.into(),
            Cbor::Array(vec![Cbor::Array(vec![port(), port()])]),
        ),
    ])
}

pub(super) fn replay_invalid(list: &Value) {
    for v in list.as_array().unwrap() {
        let read = PolicyBody::from_bytes(&unhex(v["bytes"].as_str().unwrap()));
        assert!(
            !matches!(read, Ok(_) | Err(DecodeError::Canon(_))),
            "{}: {read:?}",
            v["why"]
        );
    }
}
