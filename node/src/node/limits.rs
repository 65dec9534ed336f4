//! Limits on control: for one share, and remembered (GUARD-4, GUARD-8). The
//! rules are in [`kith_proto::limits`]; here they are kept, listed, revoked,
//! and brought to the shares that run.

use std::collections::BTreeMap;

use kith_api::{
    ApiError, Code, Event, LimitInfo, LimitSet, LimitsRequest, Remember, Reply, ShareLimits,
};
use kith_proto::audit;
use kith_proto::cbor::{from_bytes, to_bytes};
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::limits::{
    Bars, Book, Fits, Limit, Limits as Barred, MAX_BYTES, MAX_REMEMBERED, Remembered,
};
use kith_proto::names::escape_for_display;
use kith_proto::policy::application::{AppName, AppNames};

use super::error::bad;
use super::open::Open;
use super::typed::no_application;
use crate::store::{audit as audit_rows, limits as rows};

/// What is remembered, and by which numbers.
#[derive(Debug, Default)]
pub(super) struct Limits {
    book: Book,
    /// The number, and since when in milliseconds.
    kept: BTreeMap<Fits, (u32, u64)>,
}

impl Open {
    /// Reads what was kept. What can't be read any more bars everything, for
    /// everybody if it isn't known for whom, until it is revoked.
    pub(super) async fn load_limits(&mut self) {
        let Ok(kept) = self.store.read(rows::all).await else {
            let (fits, bars) = (Fits::default(), everything());
            self.limits.book = Book::of([Remembered { fits, bars }]);
            return;
        };
        let read = kept.iter().filter_map(|row| {
            let fits: Fits = from_bytes(&row.fits, MAX_BYTES).unwrap_or_default();
            let bars = from_bytes(&row.bars, MAX_BYTES).unwrap_or_else(|_| everything());
            let number = u32::try_from(row.number).ok()?;
            let changed = u64::try_from(row.changed).unwrap_or(0);
            Some((fits, bars, (number, changed)))
        });
        let read: Vec<_> = read.collect();
        let kept = read.iter().map(|(fits, _, at)| (fits.clone(), *at));
        self.limits.kept = kept.collect();
        let book = read
            .into_iter()
            .map(|(fits, bars, _)| Remembered { fits, bars });
        self.limits.book = Book::of(book);
    }

    pub(super) async fn answer_limits(&mut self, about: LimitsRequest) -> Result<Reply, ApiError> {
        match about {
            LimitsRequest::List => Ok(Reply::Limits(self.limit_infos())),
            LimitsRequest::Set {
                who,
                device,
                application,
                limits,
            } => {
                let bars = bars_of(&limits)?;
                let fits =
                    self.fits_of(who.as_deref(), device.as_deref(), application.as_deref())?;
                self.limits_may_change(&fits, &bars)?;
                self.remember(fits.clone(), bars).await?;
                Ok(Reply::Limits(self.limit_info(&fits).into_iter().collect()))
            }
            LimitsRequest::Revoke { number } => {
                self.not_under_control()?;
                self.forget_limit(number).await?;
                Ok(Reply::Done)
            }
        }
    }

    /// All that is remembered, in the order of the numbers.
    pub(super) fn limit_infos(&self) -> Vec<LimitInfo> {
        let all = self.limits.book.iter();
        let mut all: Vec<LimitInfo> = all.filter_map(|r| self.limit_info(&r.fits)).collect();
        all.sort_by_key(|info| info.number);
        all
    }

    fn limit_info(&self, fits: &Fits) -> Option<LimitInfo> {
        let (number, changed_ms) = *self.limits.kept.get(fits)?;
        let application = fits.application.as_ref();
        Some(LimitInfo {
            number,
            person: fits.person.map(|p| self.named(&p)),
            device: fits.device.map(|d| d.to_string()),
            application: application.map(|a| escape_for_display(a.as_str())),
            limits: set_of(self.limits.book.at(fits)?),
            changed_ms,
        })
    }

    fn fits_of(
        &self,
        who: Option<&str>,
        device: Option<&str>,
        application: Option<&str>,
    ) -> Result<Fits, ApiError> {
        let person = who.map(|who| self.find(who)).transpose()?;
        let device = match (person, device) {
            (_, None) => None,
            (None, Some(_)) => return Err(bad("whose device? say the person too")),
            (Some(person), Some(device)) => Some(self.device_of(&person, device)?),
        };
        let application = application
            .map(|name| AppName::new(name.trim()))
            .transpose()
            .map_err(|_| no_application())?;
        Ok(Fits {
            person,
            device,
            application,
        })
    }

    fn device_of(&self, person: &PersonId, wanted: &str) -> Result<DeviceId, ApiError> {
        let wanted = wanted.trim().to_lowercase();
        let fits = |d: &DeviceId| !wanted.is_empty() && d.to_string().starts_with(&wanted);
        let mut found = self.people.devices_of(person).map(|(d, _)| d).filter(fits);
        match (found.next(), found.next()) {
            (Some(device), None) => Ok(device),
            (Some(_), Some(_)) => Err(ApiError::new(Code::Ambiguous, "several begin like that")),
            (None, _) => Err(
                ApiError::new(Code::NotFound, "that isn’t a device of theirs")
                    .hint("“kith contacts NAME” lists their devices"),
            ),
        }
    }

    /// While somebody controls this screen they may be typing this. What bars
    /// more from nobody but them is all that it takes then (GUARD-9).
    fn limits_may_change(&self, fits: &Fits, bars: &Bars) -> Result<(), ApiError> {
        match self.bars_more(fits, bars) {
            true => Ok(()),
            false => self.not_under_control(),
        }
    }

    fn bars_more(&self, fits: &Fits, bars: &Bars) -> bool {
        let tighter = self.limits.book.at(fits).is_none_or(|b| bars.bars_all_of(b))
            // The first of a device's own takes the place of its siblings'.
            && fits.device.is_none();
        tighter && fits.person.is_some_and(|p| self.sessions.only_controls(&p))
    }

    /// Whether what is set may loosen something, or isn't only about whoever
    /// controls.
    pub(super) fn loosens(&self, set: &LimitsRequest) -> bool {
        let LimitsRequest::Set {
            who,
            device,
            application,
            limits,
        } = set
        else {
            return true;
        };
        let fits = self.fits_of(who.as_deref(), device.as_deref(), application.as_deref());
        match (fits, bars_of(limits)) {
            (Ok(fits), Ok(bars)) => !self.bars_more(&fits, &bars),
            // What can't be understood is refused all the same.
            _ => false,
        }
    }

    /// Remembers what was said with a share, beside what it would take the
    /// place of: nobody who says one limit more means to loosen others. That
    /// takes `kith limits` (GUARD-8).
    pub(super) async fn remember_besides(
        &mut self,
        fits: Fits,
        bars: &Bars,
    ) -> Result<(), ApiError> {
        let bars = bars.meet(&self.limits.book.displaced(&fits));
        self.remember(fits, bars).await
    }

    /// Remembers limits, audits that, and has them count in what runs.
    pub(super) async fn remember(&mut self, fits: Fits, bars: Bars) -> Result<(), ApiError> {
        let full = self.limits.book.len() >= MAX_REMEMBERED;
        if full && self.limits.book.at(&fits).is_none() {
            return Err(ApiError::new(
                Code::TooMuch,
                format!("{MAX_REMEMBERED} remembered limits are the most"),
            )
            .hint("“kith limits” lists them; “kith limits revoke NUMBER” forgets one"));
        }
        let now = self.now();
        let (entry, head, log) = self.next_entry(audit::Event::LimitsChanged {
            fits: fits.clone(),
            bars: Some(bars.clone()),
        })?;
        let (key, value) = (to_bytes(&fits), to_bytes(&bars));
        let number = self
            .store
            .write(move |tx| {
                let number = rows::put(tx, &key, &value, now)?;
                audit_rows::append(tx, &entry, &head)?;
                Ok(number)
            })
            .await?;
        self.audit = log;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.limits
            .kept
            .insert(fits.clone(), (number, now.as_millis()));
        self.limits.book.put(fits, bars);
        self.limit_what_runs().await;
        self.tell(Event::Limits(self.limit_infos()));
        Ok(())
    }

    async fn forget_limit(&mut self, number: u32) -> Result<(), ApiError> {
        let found = self.limits.kept.iter().find(|(_, (n, _))| *n == number);
        let Some((fits, _)) = found else {
            return Err(ApiError::new(Code::NotFound, "no limit has that number")
                .hint("“kith limits” lists them"));
        };
        let fits = fits.clone();
        let (entry, head, log) = self.next_entry(audit::Event::LimitsChanged {
            fits: fits.clone(),
            bars: None,
        })?;
        self.store
            .write(move |tx| {
                rows::remove(tx, number.into())?;
                audit_rows::append(tx, &entry, &head)
            })
            .await?;
        self.audit = log;
        self.limits.kept.remove(&fits);
        self.limits.book.remove(&fits);
        self.tell(Event::Limits(self.limit_infos()));
        Ok(())
    }

    /// What is remembered for a viewer with these applications.
    pub(super) fn remembered_bars(
        &self,
        person: &PersonId,
        device: &DeviceId,
        shared: &AppNames,
    ) -> Bars {
        self.limits.book.bars(person, device, shared)
    }

    /// What limits said with a share bar, and where they are remembered.
    pub(super) fn said_with_a_share(
        &self,
        said: &ShareLimits,
    ) -> Result<(Bars, Remember), ApiError> {
        let bars = bars_of(&said.set)?;
        match (bars.is_empty(), said.remember) {
            (true, Remember::Always) => Err(bad("there is no limit to remember")
                .hint("such as “--no-menus”; “kith limits set --help” names them all")),
            (_, remember) => Ok((bars, remember)),
        }
    }

    /// For whom and with what a remembered limit counts, in words.
    pub(super) fn fits_in_words(&self, fits: &Fits) -> String {
        let who = match fits.person {
            Some(person) => self.named(&person).name,
            None => "everybody".to_owned(),
        };
        let with = match &fits.application {
            Some(name) => format!(" with {}", escape_for_display(name.as_str())),
            None => String::new(),
        };
        let at = match fits.device {
            Some(_) => " on one device",
            None => "",
        };
        format!("{who}{at}{with}")
    }
}

/// Everything that can be barred.
fn everything() -> Bars {
    Bars::new(Barred::ALL, Vec::new(), Some(1)).unwrap_or_default()
}

/// What is barred, in words.
pub(super) fn bars_in_words(bars: &Bars) -> String {
    let mut words: Vec<String> = bars.limits().iter().map(|l| l.name().to_owned()).collect();
    words.extend(bars.keys().iter().map(|k| key_name(*k)));
    words.extend(
        bars.per_second()
            .map(|n| format!("more than {n} inputs a second")),
    );
    match words.is_empty() {
        true => "nothing".to_owned(),
        false => words.join(", "),
    }
}

fn bars_of(set: &LimitSet) -> Result<Bars, ApiError> {
    let limits = set.barred.iter().map(|name| {
        Limit::from_name(name).ok_or_else(|| {
            let all: Vec<&str> = Limit::ALL.iter().map(|l| l.name()).collect();
            bad(format!("“{}” is no limit", escape_for_display(name))).hint(all.join(", "))
        })
    });
    let limits = limits.collect::<Result<Barred, _>>()?;
    let keys = set.keys.iter().map(|name| {
        keysym(name).ok_or_else(|| {
            bad(format!("“{}” is no key", escape_for_display(name)))
                .hint("a character, a name such as Delete, F4 or Page_Up, or a keysym: 0xffff")
        })
    });
    let keys = keys.collect::<Result<Vec<u32>, _>>()?;
    Bars::new(limits, keys, set.per_second)
        .map_err(|_| bad("at most 64 keys, and at least one input a second"))
}

fn set_of(bars: &Bars) -> LimitSet {
    LimitSet {
        barred: bars.limits().iter().map(|l| l.name().to_owned()).collect(),
        keys: bars.keys().iter().map(|k| key_name(*k)).collect(),
        per_second: bars.per_second(),
    }
}

/// Keys that have a name instead of a character, as X calls them.
const NAMED: &[(&str, u32)] = &[
    ("space", 0x20),
    ("BackSpace", 0xff08),
    ("Tab", 0xff09),
    ("Return", 0xff0d),
    ("Escape", 0xff1b),
    ("Home", 0xff50),
    ("Left", 0xff51),
    ("Up", 0xff52),
    ("Right", 0xff53),
    ("Down", 0xff54),
    ("Page_Up", 0xff55),
    ("Page_Down", 0xff56),
    ("End", 0xff57),
    ("Print", 0xff61),
    ("Insert", 0xff63),
    ("Menu", 0xff67),
    ("F1", 0xffbe),
    ("F2", 0xffbf),
    ("F3", 0xffc0),
    ("F4", 0xffc1),
    ("F5", 0xffc2),
    ("F6", 0xffc3),
    ("F7", 0xffc4),
    ("F8", 0xffc5),
    ("F9", 0xffc6),
    ("F10", 0xffc7),
    ("F11", 0xffc8),
    ("F12", 0xffc9),
    ("Shift_L", 0xffe1),
    ("Shift_R", 0xffe2),
    ("Control_L", 0xffe3),
    ("Control_R", 0xffe4),
    ("Alt_L", 0xffe9),
    ("Alt_R", 0xffea),
    ("Delete", 0xffff),
];

/// Of Unicode characters beyond Latin-1, X numbers keys from here.
const UNICODE: u32 = 0x0100_0000;

fn keysym(name: &str) -> Option<u32> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        let code = u32::from(c);
        return match code {
            0x20..=0x7e | 0xa0..=0xff => Some(code),
            0x100.. => Some(UNICODE + code),
            _ => None,
        };
    }
    if let Some(hex) = name.strip_prefix("0x") {
        return u32::from_str_radix(hex, 16).ok().filter(|k| *k > 0);
    }
    let named = NAMED.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
    named.map(|(_, keysym)| *keysym)
}

fn key_name(keysym: u32) -> String {
    if let Some((name, _)) = NAMED.iter().find(|(_, k)| *k == keysym) {
        return (*name).to_owned();
    }
    let code = match keysym {
        0x21..=0x7e | 0xa1..=0xff => Some(keysym),
        UNICODE.. => Some(keysym - UNICODE),
        _ => None,
    };
    match code
        .and_then(char::from_u32)
        .filter(|c| c.is_alphanumeric() || c.is_ascii_graphic())
    {
        Some(c) => c.to_string(),
        None => format!("{keysym:#06x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_names_that_lead_back() {
        for name in ["q", "Delete", "F4", "ß", "ł", "0xfe03", "Page_Up", "space"] {
            let keysym = keysym(name).unwrap();
            assert_eq!(key_name(keysym), name, "{keysym:#x}");
        }
        assert_eq!(keysym("delete"), keysym("Delete"));
        for bad in ["", "\n", "0x", "0x0", "Deleet", "F99"] {
            assert_eq!(keysym(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_set_comes_back_and_what_is_none_is_refused() {
        let set = LimitSet {
            barred: vec!["menus".into(), "borders".into()],
            keys: vec!["q".into(), "Delete".into()],
            per_second: Some(20),
        };
        let bars = bars_of(&set).unwrap();
        assert_eq!(set_of(&bars), set);
        assert_eq!(
            bars_in_words(&bars),
            "menus, borders, q, Delete, more than 20 inputs a second"
        );
        for bad in [
            LimitSet {
                barred: vec!["doors".into()],
                ..LimitSet::default()
            },
            LimitSet {
                keys: vec!["Deleet".into()],
                ..LimitSet::default()
            },
            LimitSet {
                per_second: Some(0),
                ..LimitSet::default()
            },
        ] {
            assert!(bars_of(&bad).is_err(), "{bad:?}");
        }
        assert!(everything().bars_all_of(&bars));
    }
}
