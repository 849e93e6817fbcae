//! Times as people write them: dates, hours, `yesterday`, `-7d`.

use super::lengths;
use crate::model::{Span, Timestamp};
use crate::time_zone::{Fold, Zone};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

const HELP: &str = "give a date or a time, such as 2024-05-02, 2024-05-02T08, 2024-05-02T08:11, \
                    2024-05-02T08:11:09+02:00, today, 'yesterday 18:30', now, -7d or 2h (ago)";

/// The letters of the shortest word for a day, `today`.
const WORD: usize = 5;

/// Reads times. Those without an offset are of its zone.
///
/// ```
/// use winlast::model::Timestamp;
/// use winlast::select::TimeReader;
///
/// let time = |text| Timestamp::parse(text).expect("ISO 8601");
/// let times = TimeReader::new("Europe/Berlin".parse()?, Some(time("2024-05-02T09:30:00Z")));
///
/// assert_eq!(times.since("2024-05-01")?, time("2024-04-30T22:00:00Z"));
/// assert_eq!(times.until("yesterday 18:30")?, time("2024-05-01T16:30:59.9999999Z"));
/// assert_eq!(times.since("-2h")?, time("2024-05-02T07:30:00Z"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct TimeReader {
    zone: Zone,
    now: Option<Timestamp>,
}

impl TimeReader {
    /// Of a zone, at a moment; without a moment, `today` and the like are errors.
    pub fn new(zone: Zone, now: Option<Timestamp>) -> TimeReader {
        TimeReader { zone, now }
    }

    /// Reads a time for [`Filter::since`](super::Filter::since); a date, an hour or a minute means its
    /// beginning.
    ///
    /// # Errors
    /// A sentence that says what can be given instead.
    pub fn since(&self, text: &str) -> Result<Timestamp, String> {
        Ok(self.read(text).ok_or(HELP)?.0)
    }

    /// Reads a time for [`Filter::until`](super::Filter::until); a date, an hour, a minute or a second
    /// means its end.
    ///
    /// # Errors
    /// As [`TimeReader::since`].
    pub fn until(&self, text: &str) -> Result<Timestamp, String> {
        Ok(self.read(text).ok_or(HELP)?.1)
    }

    /// The first and the last moment of what the text names.
    fn read(&self, text: &str) -> Option<(Timestamp, Timestamp)> {
        if let Some(moment) = self.relative(text) {
            return Some((moment, moment));
        }
        let (local, zone) = self.split_zone(text)?;
        // Only behind a date is a T no letter of a word.
        let behind = if local.starts_with(|c: char| c.is_ascii_digit()) { 0 } else { WORD };
        let found = local.char_indices().skip(behind).find(|(_, c)| matches!(c, 'T' | 't' | ' '));
        let (day, clock) = match found {
            Some((at, _)) => local.split_at_checked(at)?,
            None => (local, ""),
        };
        let (first, last) = clock_span(clock.get(1..).unwrap_or_default())?;
        let day = self.day(day)?;
        let moment = |time, fold| zone.moment(DateTime::from_parts(day, time), fold);
        Some((moment(first, Fold::Earlier)?, moment(last, Fold::Later)?))
    }

    /// `now`, `-7d`, `2h`: so long ago.
    fn relative(&self, text: &str) -> Option<Timestamp> {
        if text.eq_ignore_ascii_case("now") {
            return self.now;
        }
        let length = lengths::read(text.strip_prefix('-').unwrap_or(text))?;
        Some(self.now?.plus(Span(length.0.checked_neg()?)))
    }

    fn day(&self, text: &str) -> Option<Date> {
        let today = || Some(self.zone.civil(self.now?)?.date());
        match text.to_ascii_lowercase().as_str() {
            "today" => today(),
            "yesterday" => today()?.checked_sub(1.day()).ok(),
            _ => {
                let mut parts = text.splitn(3, '-');
                let mut digits = |width| {
                    let part = parts.next()?;
                    let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
                    part.parse::<i16>().ok().filter(|_| is_number && part.len() == width)
                };
                let (year, month, day) = (digits(4)?, digits(2)?, digits(2)?);
                Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
            }
        }
    }

    /// The text before a `Z` or an offset such as `+02:00`, and the zone that this names.
    fn split_zone<'t>(&self, text: &'t str) -> Option<(&'t str, Zone)> {
        if let Some(local) = text.strip_suffix(['Z', 'z']) {
            return Some((local, Zone::default()));
        }
        // A date has dashes too. An offset stands after the clock, which begins behind a T or a blank.
        let clock = text.find(['T', ' ']).unwrap_or(text.len());
        let Some(at) = text.rfind(['+', '-']).filter(|at| *at > clock) else {
            return Some((text, self.zone.clone()));
        };
        let (local, offset) = text.split_at_checked(at)?;
        Some((local, offset.parse().ok()?))
    }
}

/// The first and the last tick of what a clock says: of a whole day, where it says nothing.
fn clock_span(text: &str) -> Option<(Time, Time)> {
    const LAST: i32 = 999_999_900;
    let mut parts = text.split(':');
    let number = |text: Option<&str>| -> Option<Option<i8>> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Some(None) };
        let is_number = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_number).map(Some)
    };
    let (hour, minute) = (number(parts.next())?, number(parts.next())?);
    let seconds = parts.next().unwrap_or_default();
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let second = number(Some(second))?;
    let is_whole = text.is_empty() || !text.ends_with(':');
    if parts.next().is_some() || !is_whole || hour.is_none() && !text.is_empty() {
        return None;
    }
    let nanosecond = nanoseconds(fraction)?;
    let first = Time::new(
        hour.unwrap_or(0),
        minute.unwrap_or(0),
        second.unwrap_or(0),
        nanosecond.unwrap_or(0),
    );
    let last = Time::new(
        hour.unwrap_or(23),
        minute.unwrap_or(59),
        second.unwrap_or(59),
        nanosecond.unwrap_or(LAST),
    );
    Some((first.ok()?, last.ok()?))
}

/// Of a fraction of a second; `None` within where there is none.
fn nanoseconds(fraction: &str) -> Option<Option<i32>> {
    if fraction.is_empty() {
        return Some(None);
    }
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(Some(digits.fold(0_i32, |number, digit| number * 10 + i32::from(digit - b'0'))))
}

/// Reads a time in UTC for [`Filter::since`](super::Filter::since); a date means its beginning.
///
/// # Errors
/// A sentence that says what can be given instead.
pub fn parse_since(text: &str) -> Result<Timestamp, String> {
    TimeReader::default().since(text)
}

/// Reads a time in UTC for [`Filter::until`](super::Filter::until); a date, an hour, a minute or a second
/// means its end.
///
/// # Errors
/// As [`parse_since`].
pub fn parse_until(text: &str) -> Result<Timestamp, String> {
    TimeReader::default().until(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::at;

    #[test]
    fn moments_as_people_write_them() {
        for (text, since, until) in [
            ("2024-05-02", "2024-05-02T00:00:00Z", "2024-05-02T23:59:59.9999999Z"),
            ("2024-05-02T08", "2024-05-02T08:00:00Z", "2024-05-02T08:59:59.9999999Z"),
            ("2024-05-02T08:11", "2024-05-02T08:11:00Z", "2024-05-02T08:11:59.9999999Z"),
            ("2024-05-02 08:11:09", "2024-05-02T08:11:09Z", "2024-05-02T08:11:09.9999999Z"),
            ("2024-05-02T08:11:09.5Z", "2024-05-02T08:11:09.5Z", "2024-05-02T08:11:09.5Z"),
            ("2024-05-02T08:11:09.5+02:00", "2024-05-02T06:11:09.5Z", "2024-05-02T06:11:09.5Z"),
            ("2024-05-02T08:11:09.5-05:30", "2024-05-02T13:41:09.5Z", "2024-05-02T13:41:09.5Z"),
            ("2024-05-02T08+02:00", "2024-05-02T06:00:00Z", "2024-05-02T06:59:59.9999999Z"),
        ] {
            assert_eq!(parse_since(text), Ok(at(since)), "{text}");
            assert_eq!(parse_until(text), Ok(at(until)), "{text}");
        }
        for bad in [
            "",
            "7d",
            "now",
            "yesterday",
            "2024-13-01",
            "2024-5-2",
            "2024-05-02T25:00",
            "2024-05-02T08:",
            "2024-05-02T08:11:09.x",
            "2024-05-02T08:11+99:00",
            "2024-05-02T:11",
            "1500-01-01",
        ] {
            assert!(parse_since(bad).is_err(), "{bad}");
        }
    }

    /// It is 01:30 on Thursday in Berlin and still Wednesday in UTC.
    #[test]
    fn moments_by_the_clock() {
        let now = at("2024-05-01T23:30:00Z");
        let berlin = TimeReader::new("Europe/Berlin".parse().unwrap(), Some(now));
        let utc = TimeReader::new(Zone::default(), Some(now));
        for (times, text, since, until) in [
            (&berlin, "now", "2024-05-01T23:30:00Z", "2024-05-01T23:30:00Z"),
            (&berlin, "today", "2024-05-01T22:00:00Z", "2024-05-02T21:59:59.9999999Z"),
            (&utc, "today", "2024-05-01T00:00:00Z", "2024-05-01T23:59:59.9999999Z"),
            (&berlin, "Yesterday", "2024-04-30T22:00:00Z", "2024-05-01T21:59:59.9999999Z"),
            (&berlin, "yesterday 18:30", "2024-05-01T16:30:00Z", "2024-05-01T16:30:59.9999999Z"),
            (&utc, "yesterdayT07", "2024-04-30T07:00:00Z", "2024-04-30T07:59:59.9999999Z"),
            (&utc, "-7d", "2024-04-24T23:30:00Z", "2024-04-24T23:30:00Z"),
            (&berlin, "2h", "2024-05-01T21:30:00Z", "2024-05-01T21:30:00Z"),
            (&berlin, "2024-01-02T08:11", "2024-01-02T07:11:00Z", "2024-01-02T07:11:59.9999999Z"),
            (&berlin, "2024-01-02T08:11Z", "2024-01-02T08:11:00Z", "2024-01-02T08:11:59.9999999Z"),
            // Berlin reads 02:30 twice that night: all of both is meant.
            (&berlin, "2024-10-27T02:30", "2024-10-27T00:30:00Z", "2024-10-27T01:30:59.9999999Z"),
        ] {
            assert_eq!(times.since(text), Ok(at(since)), "{text}");
            assert_eq!(times.until(text), Ok(at(until)), "{text}");
        }
        assert!(utc.since("tomorrow").is_err() && utc.since("-7").is_err());
    }
}
