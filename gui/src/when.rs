//! Times for people, in the zone of this machine.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::i18n::Words;

fn zoned(ms: u64, zone: &TimeZone) -> Option<Zoned> {
    let ms = i64::try_from(ms).ok()?;
    Some(Timestamp::from_millisecond(ms).ok()?.to_zoned(zone.clone()))
}

/// Hours and minutes.
pub(crate) fn clock(ms: u64, zone: &TimeZone) -> String {
    zoned(ms, zone).map_or_else(String::new, |z| {
        format!("{:02}:{:02}", z.hour(), z.minute())
    })
}

/// Which day it was, so that two days differ.
pub(crate) fn day(ms: u64, zone: &TimeZone) -> Option<jiff::civil::Date> {
    zoned(ms, zone).map(|z| z.date())
}

/// A day in words: today, yesterday, or its date.
pub(crate) fn day_words(ms: u64, now_ms: u64, zone: &TimeZone, words: &Words) -> String {
    let (Some(day), Some(today)) = (day(ms, zone), day(now_ms, zone)) else {
        return String::new();
    };
    if day == today {
        return words.t("today");
    }
    if today.yesterday().is_ok_and(|y| y == day) {
        return words.t("yesterday");
    }
    date(day)
}

fn date(day: jiff::civil::Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// The time if it was today, else the day.
pub(crate) fn short(ms: u64, now_ms: u64, zone: &TimeZone, words: &Words) -> String {
    match (day(ms, zone), day(now_ms, zone)) {
        (Some(day), Some(today)) if day == today => clock(ms, zone),
        (Some(_), Some(_)) => day_words(ms, now_ms, zone, words),
        _ => String::new(),
    }
}

/// Day and time.
pub(crate) fn full(ms: u64, zone: &TimeZone) -> String {
    match day(ms, zone) {
        Some(day) => format!("{} {}", date(day), clock(ms, zone)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_said_as_people_say_them() {
        let words = Words::for_wish("en");
        let (zone, hour) = (TimeZone::UTC, 3_600_000_u64);
        let noon = 20_000 * 24 * hour + 12 * hour;
        assert_eq!(day_words(noon, noon + hour, &zone, &words), "Today");
        assert_eq!(
            day_words(noon, noon + 13 * hour, &zone, &words),
            "Yesterday"
        );
        assert_eq!(
            day_words(noon, noon + 49 * hour, &zone, &words),
            "2024-10-04"
        );
        assert_eq!(short(noon, noon + hour, &zone, &words), "12:00");
        assert_eq!(full(noon, &zone), "2024-10-04 12:00");
        assert_eq!(short(u64::MAX, noon, &zone, &words), "");
    }
}
