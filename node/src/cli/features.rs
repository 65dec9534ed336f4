//! What can be shared, with whom, and what this machine can do.

use std::fmt::Write as _;

use kith_api::{EnvironmentInfo, FeatureState, Reply, Request};

use super::place::connect;
use super::{Common, Fail, print, show};

/// `kith doctor`: for people in plain words; as JSON, all that was found.
pub(super) fn doctor(common: &Common) -> Result<(), Fail> {
    let mut node = connect(common)?;
    let found = node.ask(Request::Doctor)?;
    if !common.json {
        return show::reply(common, &found);
    }
    let environment = node.ask(Request::Environment)?;
    let both =
        [found, environment]
            .iter()
            .try_fold(serde_json::Map::new(), |mut all, reply: &Reply| {
                if let serde_json::Value::Object(part) = serde_json::to_value(reply)? {
                    all.extend(part);
                }
                Ok::<_, serde_json::Error>(all)
            });
    let text = both.and_then(|b| serde_json::to_string_pretty(&b));
    let text = text.map_err(|e| Fail::output(e.into()))?;
    print(format!("{text}\n").as_bytes())
}

/// What works with a contact, each way, and the reasons for the rest (CAP-2):
/// our own share always, hosted sessions where they work.
pub(super) fn all(out: &mut String, features: &[FeatureState]) -> std::fmt::Result {
    let mut others = 0;
    for f in features {
        let on = f.state == "enabled";
        if f.means != "native" && !on {
            others += 1;
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
        match (on, &f.text) {
            (true, _) => writeln!(out, "  on   {way}{by}: {}", f.rights.join(", "))?,
            (false, text) => writeln!(
                out,
                "  off  {way}{by}: {}",
                text.as_deref().unwrap_or("no reason is known")
            )?,
        }
    }
    match others {
        0 => Ok(()),
        n => writeln!(
            out,
            "  {n} ways by other programs are off; --json has the reasons"
        ),
    }
}

pub(super) fn environment(out: &mut String, e: &EnvironmentInfo) -> std::fmt::Result {
    writeln!(
        out,
        "{}: session {}, display {}",
        e.os.as_deref().unwrap_or("unknown system"),
        e.session,
        e.display
    )?;
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
