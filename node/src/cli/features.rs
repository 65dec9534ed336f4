//! What can be shared, with whom, and what this machine can do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use kith_api::{
    Client, DeviceFeatures, EnvironmentInfo, FeatureState, Features, PathInfo, Reply, Request,
};

use super::place::connect;
use super::{Common, Fail, print, show};

/// `kith doctor`: for people in plain words; as JSON, all that was found.
pub(super) fn doctor(common: &Common) -> Result<(), Fail> {
    let mut node = connect(common)?;
    if !common.json {
        return show::reply(common, &node.ask(Request::Doctor)?);
    }
    let mut environment = node.ask(Request::Environment)?;
    // Both are of one look at this machine.
    let found = match &mut environment {
        Reply::Environment(info) => core::mem::take(&mut info.findings),
        _ => Vec::new(),
    };
    both_as_json(&[Reply::Doctor(found), environment])
}

/// Several replies as one object.
fn both_as_json(replies: &[Reply]) -> Result<(), Fail> {
    let both = replies
        .iter()
        .try_fold(serde_json::Map::new(), |mut all, reply| {
            if let serde_json::Value::Object(part) = serde_json::to_value(reply)? {
                all.extend(part);
            }
            Ok::<_, serde_json::Error>(all)
        });
    let text = both.and_then(|b| serde_json::to_string_pretty(&b));
    let text = text.map_err(|e| Fail::output(e.into()))?;
    print(format!("{text}\n").as_bytes())
}

/// How long the ways to a contact's devices are awaited.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked whether they are known.
const LOOK: Duration = Duration::from_millis(200);

/// `kith contacts NAME`: one person in full, with what can be shared once the
/// ways to their devices have been tried (PORT-5).
pub(super) fn contact(common: &Common, who: &str) -> Result<(), Fail> {
    let mut node = connect(common)?;
    let features = node.ask(Request::Features { who: who.into() })?;
    let features = tried(&mut node, who, features)?;
    let contact = node.ask(Request::Contact { who: who.into() })?;
    if common.json {
        return both_as_json(&[contact, features]);
    }
    show::reply(common, &contact)?;
    let mut out = String::new();
    if let Reply::Features(f) = &features {
        let _ = paths(&mut out, f);
    }
    print(out.as_bytes())
}

/// `kith probe`: the ways to a contact's devices, as tried just now.
pub(super) fn probe(common: &Common, who: &str) -> Result<(), Fail> {
    let mut node = connect(common)?;
    let features = node.ask(Request::Probe { who: who.into() })?;
    let done = |d: &DeviceFeatures| matches!(&*d.path.state, "works" | "fails");
    if matches!(&features, Reply::Features(f) if f.devices.iter().any(done)) {
        super::note("tried less than 2 seconds ago; this is what came of it");
    }
    let features = tried(&mut node, who, features)?;
    if common.json {
        return both_as_json(&[features]);
    }
    let mut out = String::new();
    if let Reply::Features(f) = &features {
        let _ = paths(&mut out, f);
    }
    print(out.as_bytes())
}

/// What can be shared with somebody, once all ways have been tried.
fn tried(node: &mut Client, who: &str, mut features: Reply) -> Result<Reply, Fail> {
    let until = Instant::now() + PATIENCE;
    while let Reply::Features(f) = &features
        && f.devices.iter().any(|d| d.path.state == "trying")
        && Instant::now() < until
    {
        std::thread::sleep(LOOK);
        features = node.ask(Request::Features { who: who.into() })?;
    }
    Ok(features)
}

/// What works with a contact, each way, and the reasons for the rest (CAP-2):
/// our own share always, hosted sessions where they work.
pub(super) fn all(out: &mut String, features: &[FeatureState]) -> std::fmt::Result {
    let mut others = Others::new();
    for f in features {
        let off = f.state == "disabled";
        if f.means != "native" && off {
            for r in &f.reasons {
                let means = others.entry((&r.text, r.hint.as_deref())).or_default();
                means.insert((&f.means, f.direction == "i-share"));
            }
            continue;
        }
        let way = match f.direction.as_str() {
            "i-share" => "you show them something",
            _ => "they show you something",
        };
        let by = match f.means.as_str() {
            "native" => String::new(),
            means => format!(" ({means})"),
        };
        if off {
            writeln!(out, "  off  {way}{by}:")?;
            for r in &f.reasons {
                writeln!(out, "         {} ({})", r.text, r.code)?;
                if let Some(hint) = &r.hint {
                    writeln!(out, "           → {hint}")?;
                }
            }
            continue;
        }
        let mark = match f.state.as_str() {
            "enabled" => "on ",
            _ => "…  ",
        };
        writeln!(out, "  {mark}  {way}{by}: {}", f.rights.join(", "))?;
        writeln!(
            out,
            "         up to {} seen, {} controlled; begun by {}; first: {}",
            f.view,
            f.control,
            f.begins.join(" or "),
            match f.duties.is_empty() {
                true => "nothing".to_owned(),
                false => f.duties.join(", "),
            }
        )?;
        if !f.only_in.is_empty() {
            let rooms = f.only_in.iter().map(|r| format!("“{}”", r.title));
            let rooms: Vec<String> = rooms.collect();
            writeln!(
                out,
                "         only in the moderated room {}: add “--in ROOM”",
                rooms.join(" or ")
            )?;
        }
    }
    for ((text, hint), ways) in &others {
        let ways = ways.iter().map(|(means, i_share)| match i_share {
            true => format!("{means} (you show)"),
            false => format!("{means} (they show)"),
        });
        let ways: Vec<String> = ways.collect();
        writeln!(out, "  off  {}: {text}", ways.join(", "))?;
        if let Some(hint) = hint {
            writeln!(out, "         → {hint}")?;
        }
    }
    Ok(())
}

/// Ways by other programs that are off, by reason and hint.
type Others<'a> = BTreeMap<(&'a str, Option<&'a str>), BTreeSet<(&'a str, bool)>>;

/// The ways to each device of a contact, as last tried.
pub(super) fn paths(out: &mut String, features: &Features) -> std::fmt::Result {
    features.devices.iter().try_for_each(|d| {
        let text = match d.path.state.as_str() {
            "untried" => "not tried",
            "trying" => "being tried",
            _ => &d.path.text,
        };
        let code = match d.path.verdict.as_str() {
            "" => String::new(),
            code => format!(" ({code})"),
        };
        writeln!(out, "  way to {}: {text}{code}", d.device)?;
        ways(out, &d.path)
    })
}

/// In a line for each device, how it is reached (PORT-2); what isn't known
/// yet is tried meanwhile, and nobody waits for it.
pub(super) fn verdict(node: &mut Client, who: &str) -> Result<(), Fail> {
    let Reply::Features(features) = node.ask(Request::Features { who: who.into() })? else {
        return Ok(());
    };
    let mut out = String::new();
    for d in &features.devices {
        let _ = match (d.path.state.as_str(), d.path.verdict.as_str()) {
            ("trying", _) => writeln!(
                out,
                "  the ways there are being tried: “kith probe {who}” shows them"
            ),
            (_, "") => Ok(()),
            (_, code) => writeln!(out, "  way there: {} ({code})", d.path.text),
        };
    }
    print(out.as_bytes())
}

/// A line for each way that was tried; the one to take is marked.
pub(super) fn ways(out: &mut String, path: &PathInfo) -> std::fmt::Result {
    path.ways.iter().try_for_each(|w| {
        let address = match w.address.as_str() {
            "" => "a connection from there",
            address => address,
        };
        let measured = match (w.round_trip_us, w.rate) {
            (Some(us), Some(rate)) => format!("; {us} µs, {} kB/s", rate / 1000),
            (Some(us), None) => format!("; {us} µs"),
            (None, _) => String::new(),
        };
        writeln!(
            out,
            "    {} {address} ({}, {}, {}): {}{measured}",
            if w.chosen == "yes" { "→" } else { " " },
            w.transport,
            w.course,
            w.from,
            w.text
        )
    })
}

pub(super) fn environment(out: &mut String, e: &EnvironmentInfo) -> std::fmt::Result {
    writeln!(
        out,
        "{}: session {}, display {}",
        e.os.as_deref().unwrap_or("unknown system"),
        e.session,
        e.display
    )?;
    if let Some(kbps) = e.bandwidth_kbps {
        writeln!(
            out,
            "  at least {kbps} kbit/s come in, as measured with a contact"
        )?;
    }
    e.flags.iter().try_for_each(|f| {
        let told = |rights: &[String], why: &Option<String>| match why {
            None => rights.join(", "),
            Some(why) => format!("no ({why})"),
        };
        writeln!(
            out,
            "  {}: can be shared: {}; can join: {}",
            f.means,
            told(&f.share, &f.why_not_share),
            told(&f.join, &f.why_not_join)
        )
    })
}
