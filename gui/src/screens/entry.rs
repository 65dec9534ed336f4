//! An entry of the audit log in the reader's language (UI-4, UI-6), put together
//! from its codes; what there are no words for is said as the node says it.

use kith_api::{AuditLine, AuditShare};

use crate::i18n::Words;

/// An entry as a sentence.
pub(super) fn sentence(words: &Words, entry: &AuditLine) -> String {
    told(words, entry).unwrap_or_else(|| entry.text.clone())
}

fn told(words: &Words, entry: &AuditLine) -> Option<String> {
    let detail = |wanted: &str| {
        let mut all = entry.details.iter();
        all.find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
    };
    let again = match detail("moment") {
        Some("again") => "-again",
        _ => "",
    };
    let share = entry.share.as_ref();
    let role = share.map_or("", |s| s.role.as_str());
    let key = match entry.kind.as_str() {
        "asked" => match (detail("moment"), detail("direction")) {
            (Some("running"), _) => format!("audit-more-{role}"),
            (_, direction) => format!("audit-{}-{role}", direction?),
        },
        "decided" if entry.extent.is_some() => format!("audit-allowed{again}"),
        "decided" => format!("audit-denied{again}"),
        // While it ran, what was asked for beyond it is control.
        "refused" if detail("moment") == Some("running") => "audit-refused-control".to_owned(),
        "granted" if detail("consent").is_some() => "audit-granted-standing".to_owned(),
        "at-screen" => format!("audit-at-screen-{}", detail("how")?),
        kind => format!("audit-{kind}"),
    };
    let name = share.map_or("", |s| s.person.name.as_str());
    let why = detail("reason").map(|code| why(words, code, name));
    let by = detail("by").map(|by| {
        let own = by == role;
        let known = match own {
            true => words.maybe("audit-by-you", &[]),
            false => words.maybe(&format!("audit-by-{by}"), &[]),
        };
        known.unwrap_or_else(|| name.to_owned())
    });
    let policies = entry.details.iter().filter(|(name, _)| name == "policy");
    let rules = match policies.count() {
        0 => words.maybe("audit-rules-own", &[]),
        n => words.maybe("audit-rules-policies", &[("n", n.into())]),
    };
    let input = detail("input").and_then(|i| words.maybe(&format!("audit-input-{i}"), &[]));
    let args = [
        ("name", name.into()),
        ("what", what(words, entry).unwrap_or_default().into()),
        ("with", with(words, share).unwrap_or_default().into()),
        ("why", why.unwrap_or_default().into()),
        ("by", by.unwrap_or_default().into()),
        ("rules", rules.unwrap_or_default().into()),
        ("step", detail("stage").unwrap_or_default().into()),
        ("count", detail("count").unwrap_or_default().into()),
        ("command", detail("command").unwrap_or_default().into()),
        ("server", detail("server").unwrap_or_default().into()),
        ("input", input.unwrap_or_default().into()),
    ];
    words.maybe(&key, &args)
}

/// A reason of a session, or of a rule.
fn why(words: &Words, code: &str, name: &str) -> String {
    words
        .maybe(&format!("ended-{code}"), &[])
        .or_else(|| words.maybe(&format!("reason-{code}"), &[("name", name.into())]))
        .unwrap_or_else(|| code.to_owned())
}

/// Who shows whom, with which technology.
fn with(words: &Words, share: Option<&AuditShare>) -> Option<String> {
    let share = share?;
    let args = [
        ("name", share.person.name.as_str().into()),
        ("technology", technology(words, share)?.into()),
    ];
    words.maybe(&format!("audit-with-{}", share.role), &args)
}

fn technology(words: &Words, share: &AuditShare) -> Option<String> {
    match share.technology.as_str() {
        "native" => words.maybe("audit-native", &[]),
        other => Some(other.to_uppercase()),
    }
}

/// How much of what.
fn what(words: &Words, entry: &AuditLine) -> Option<String> {
    let (share, extent) = (entry.share.as_ref()?, entry.extent.as_ref()?);
    // What is asked for is the most that is wished; the sharer chooses later.
    let settled = share.role == "sharer" && !matches!(entry.kind.as_str(), "asked" | "decided");
    let apps = extent.applications.join(", ");
    let thing = match (extent.view.as_str(), share.part) {
        (_, Some((width, height))) => {
            let size = format!("{width} × {height}");
            words.maybe("audit-part", &[("size", size.into())])
        }
        ("desktop", None) => match (share.technology.as_str(), settled) {
            ("native", true) => words.maybe("audit-screen", &[]),
            ("native", false) => words.maybe("audit-up-to-screen", &[]),
            _ => words.maybe("audit-server", &[]),
        },
        (view, None) if apps.is_empty() => words.maybe(&format!("extent-{view}"), &[]),
        ("window", None) => words.maybe("audit-window", &[("apps", apps.into())]),
        (_, None) => words.maybe("audit-application", &[("apps", apps.into())]),
    };
    let level = match extent.control.as_str() {
        "nothing" => "audit-see",
        _ => "audit-control",
    };
    let args = [
        ("thing", thing?.into()),
        ("technology", technology(words, share)?.into()),
    ];
    words.maybe(level, &args)
}
