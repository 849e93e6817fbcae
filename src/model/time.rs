//! Time as the evidence stores it: 100 ns ticks since 1601-01-01 UTC (FILETIME).

use super::append::{self, AppendText, append, digits};
use std::fmt;

/// The number of ticks of 100 ns in one second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;
/// From 1601-01-01 to 1970-01-01, the epoch of Unix.
pub(crate) const SECONDS_TO_1970: i64 = 11_644_473_600;
const SECONDS_PER_DAY: u64 = 86_400;
/// Days from 0000-03-01 (proleptic Gregorian) to 1601-01-01.
const DAYS_TO_1601: i64 = 584_694;

/// A moment, in 100 ns ticks since 1601-01-01T00:00:00Z: the FILETIME of `System/TimeCreated`.
///
/// It prints as `2015-09-09T03:08:39.1268908Z`, always with seven digits, so that the text sorts as
/// time does. It is what the clock of the computer said, in UTC. Source: MS-DTYP 2.3.3, FILETIME.
///
/// ```
/// use winlast::model::{Span, Timestamp};
///
/// let request = Timestamp::parse("2015-09-09T03:08:39.1268908Z").expect("ISO 8601");
/// let end = Timestamp::parse("2015-09-09T03:08:41.0590714Z").expect("ISO 8601");
///
/// assert_eq!(end.since(request), Span(19_321_806), "1.9321806 s, in ticks of 100 ns");
/// assert_eq!(request.since(end).to_string(), "-1.9321806");
/// assert_eq!(request.plus(end.since(request)), end);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From a FILETIME: ticks of 100 ns since 1601-01-01T00:00:00Z.
    pub const fn from_filetime(ticks: u64) -> Self {
        Timestamp(ticks)
    }

    /// As a FILETIME: ticks of 100 ns since 1601-01-01T00:00:00Z.
    pub const fn filetime(self) -> u64 {
        self.0
    }

    /// Whole microseconds since 1970-01-01T00:00:00Z, the earlier one; negative before.
    pub fn unix_microseconds(self) -> i64 {
        let microseconds = i128::from(self.0 / 10) - i128::from(SECONDS_TO_1970) * 1_000_000;
        // A FILETIME in microseconds has 61 bits.
        microseconds as i64
    }

    /// `2024-05-02 08:11:09`: in UTC, without its fraction, for reading.
    pub(crate) fn to_the_second(self) -> String {
        let ((year, month, day), (hour, minute, second), _) = self.civil();
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    /// The time from `earlier` to `self`; negative when `self` is the earlier one.
    pub fn since(self, earlier: Timestamp) -> Span {
        Span((i128::from(self.0) - i128::from(earlier.0)).clamp(i64::MIN.into(), i64::MAX.into())
            as i64)
    }

    /// `self` moved by `span`, stopping at either end of the range of FILETIME.
    pub fn plus(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add_signed(span.0))
    }

    /// From the parts of a date and time in UTC (year, month, day; hour, minute, second; ticks of
    /// 100 ns); `None` when a part is out of its range or the year is before 1601.
    pub fn from_civil(date: (i64, u32, u32), time: (u32, u32, u32), ticks: u32) -> Option<Self> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let in_range = (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60
            && i64::from(ticks) < TICKS_PER_SECOND;
        if !in_range || !(1601..=60_055).contains(&year) {
            return None;
        }
        let days = u64::try_from(days_from_civil(year, month, day)).ok()?;
        let seconds = days * SECONDS_PER_DAY + u64::from(hour * 3600 + minute * 60 + second);
        let total = seconds.checked_mul(TICKS_PER_SECOND as u64)?.checked_add(ticks.into())?;
        let stamp = Timestamp(total);
        // 31 February and the like come out as another day.
        (stamp.civil().0 == date).then_some(stamp)
    }

    /// From ISO 8601 text in UTC, as the XML of an event has it: `2015-09-09T03:08:39.126890800Z`.
    /// Between date and time stands `T` or a blank, the fraction has any number of digits (those
    /// after the seventh are cut), and `Z`, `+00:00` or nothing stands at the end. `None` for
    /// anything else.
    ///
    /// ```
    /// use winlast::model::Timestamp;
    ///
    /// let full = Timestamp::parse("2015-09-09T03:08:39.126890899Z");
    /// assert_eq!(full, Timestamp::parse("2015-09-09 03:08:39.1268908"));
    /// assert_eq!(Timestamp::parse("2015-02-29T00:00:00Z"), None, "2015 was no leap year");
    /// assert_eq!(Timestamp::parse("2015-09-09T03:08:39+02:00"), None, "not UTC");
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).unwrap_or(text);
        let (date, clock) = text.split_once(['T', ' '])?;
        let mut ymd = date.splitn(3, '-').map(str::parse::<u32>);
        let date = (i64::from(ymd.next()?.ok()?), ymd.next()?.ok()?, ymd.next()?.ok()?);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let mut hms = clock.splitn(3, ':').map(str::parse::<u32>);
        let time = (hms.next()?.ok()?, hms.next()?.ok()?, hms.next()?.ok()?);
        if !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let ticks = fraction
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(7)
            .fold(0, |n, digit| n * 10 + u32::from(digit - b'0'));
        Timestamp::from_civil(date, time, ticks)
    }

    /// The parts of the date and time in UTC: year, month, day; hour, minute, second; ticks of
    /// 100 ns.
    pub fn civil(self) -> ((i64, u32, u32), (u32, u32, u32), u32) {
        let per_second = TICKS_PER_SECOND as u64;
        let (seconds, ticks) = (self.0 / per_second, self.0 % per_second);
        let (days, rest) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
        let time = (rest / 3600, rest / 60 % 60, rest % 60);
        (civil_from_days(days as u32), (time.0 as u32, time.1 as u32, time.2 as u32), ticks as u32)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for Timestamp {
    fn append_to(&self, out: &mut Vec<u8>) {
        let ((year, month, day), (hour, minute, second), ticks) = self.civil();
        let year = year as u32;
        append!(out, (year >= 10_000).then_some(year / 10_000));
        // Millions of times are written: in one piece, this takes a third of the time.
        let ([a, b, c, d], [e, f], [g, h]) = (digits(year), digits(month), digits(day));
        let ([i, j], [k, l], [m, n]) = (digits(hour), digits(minute), digits(second));
        let [o, p, q, r, s, t, u] = digits(ticks);
        out.extend_from_slice(&[
            a, b, c, d, b'-', e, f, b'-', g, h, b'T', i, j, b':', k, l, b':', m, n, b'.', o, p, q,
            r, s, t, u, b'Z',
        ]);
    }
}

/// As it prints: ISO 8601 in UTC with seven digits.
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From the text that it prints as.
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let time = Timestamp::parse(&text);
        time.ok_or_else(|| serde::de::Error::custom(format_args!("{text} is no time")))
    }
}

/// A length of time in ticks of 100 ns; a negative one goes backwards. It prints as seconds.
///
/// ```
/// use winlast::model::Span;
///
/// assert_eq!(Span::seconds(90), Span(900_000_000));
/// assert_eq!(Span(-15_000_000).to_string(), "-1.5");
/// assert_eq!(Span(-15_000_000).abs().to_string(), "1.5");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(pub i64);

impl Span {
    /// From whole seconds.
    pub const fn seconds(seconds: i64) -> Span {
        Span(seconds.saturating_mul(TICKS_PER_SECOND))
    }

    /// The length without its sign.
    pub const fn abs(self) -> Span {
        Span(self.0.saturating_abs())
    }
}

/// Seconds with as many digits as there are, at most seven: `13525.5`, `-0.0000001`, `3`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for Span {
    fn append_to(&self, out: &mut Vec<u8>) {
        let per_second = TICKS_PER_SECOND.unsigned_abs();
        let (whole, ticks) =
            (self.0.unsigned_abs() / per_second, self.0.unsigned_abs() % per_second);
        append!(out, (self.0 < 0).then_some("-"), whole);
        if ticks > 0 {
            out.push(b'.');
            out.extend_from_slice(&digits::<7>(ticks as u32));
            let used = out.iter().rposition(|digit| *digit != b'0');
            out.truncate(used.map_or(0, |last| last + 1));
        }
    }
}

/// In seconds, as a number.
impl serde::Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / TICKS_PER_SECOND as f64)
    }
}

/// Days since 1601-01-01 of a Gregorian date (the era of 400 years begins on 1 March of year 0,
/// so that the leap day is the last day of a year).
fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, in_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month = i64::from((month + 9) % 12);
    let day_of_year = (153 * month + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - DAYS_TO_1601
}

/// The inverse of [`days_from_civil`]. Millions of dates are written, so each division of the calendar is one
/// multiplication with a constant: the method of C. Neri and L. Schneider, "Euclidean affine functions and their
/// application to calendar algorithms" (2022), for the years of a FILETIME (up to 60056).
fn civil_from_days(days: u32) -> (i64, u32, u32) {
    let quarters = 4 * (days + DAYS_TO_1601 as u32) + 3;
    let (century, in_century) = (quarters / 146_097, quarters % 146_097 / 4);
    let product = 2_939_745 * u64::from(4 * in_century + 3);
    let year_of_century = (product >> 32) as u32;
    let day_of_year = product as u32 / 2_939_745 / 4;
    let months = 2_141 * day_of_year + 197_913;
    let (month, day) = (months >> 16, (months & 0xffff) / 2_141 + 1);
    // The year of the calculation begins on 1 March, so its days from 306 on are in the next January and February.
    let is_next_year = day_of_year >= 306;
    let year = 100 * century + year_of_century + u32::from(is_next_year);
    (i64::from(year), if is_next_year { month - 12 } else { month }, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_counted_from_1970() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2015-09-09T03:08:39.1268908Z", 1_441_768_119_126_890),
            ("1969-12-31T23:59:59.9999999Z", -1),
            ("1601-01-01T00:00:00Z", -11_644_473_600_000_000),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().unix_microseconds(), expected, "{text}");
        }
        let last = Timestamp::from_filetime(u64::MAX).unix_microseconds();
        assert_eq!(last, 1_833_029_933_770_955_161);
    }

    #[test]
    fn prints_and_reads_what_microsoft_documents() {
        // FILETIME by hand: 2015-09-09T03:08:39Z is Unix 1441768119; + 11644473600 s.
        let stamp =
            Timestamp::from_filetime((1_441_768_119 + 11_644_473_600) * 10_000_000 + 1_268_908);
        assert_eq!(stamp.to_string(), "2015-09-09T03:08:39.1268908Z");
        assert_eq!(Timestamp::parse("2015-09-09T03:08:39.126890899Z"), Some(stamp));
        assert_eq!(Timestamp::parse("2015-09-09 03:08:39.1268908"), Some(stamp));
    }

    #[test]
    fn each_day_has_its_date() {
        let last = Timestamp::from_filetime(u64::MAX).0 / TICKS_PER_SECOND as u64 / SECONDS_PER_DAY;
        for days in 0..=u32::try_from(last).unwrap() {
            let (year, month, day) = civil_from_days(days);
            assert!((1..=12).contains(&month) && (1..=31).contains(&day), "{year} {month} {day}");
            assert_eq!(days_from_civil(year, month, day), i64::from(days), "{year} {month} {day}");
        }
    }

    #[test]
    fn ends_of_the_range() {
        assert_eq!(Timestamp::from_filetime(0).to_string(), "1601-01-01T00:00:00.0000000Z");
        assert_eq!(Timestamp::from_filetime(u64::MAX).to_string(), "60056-05-28T05:36:10.9551615Z");
        for bad in [
            "",
            "2015",
            "2015-02-29T00:00:00Z",
            "2015-13-01T00:00:00Z",
            "1600-01-01T00:00:00Z",
            "2015-09-09T24:00:00Z",
            "2015-09-09T03:08:39.12x",
        ] {
            assert_eq!(Timestamp::parse(bad), None, "{bad}");
        }
        assert!(Timestamp::parse("2016-02-29T00:00:00Z").is_some());
    }

    #[test]
    fn spans_keep_their_digits() {
        assert_eq!(Span(15_000_000).to_string(), "1.5");
        assert_eq!(Span(-1).to_string(), "-0.0000001");
        assert_eq!(Span::seconds(3).to_string(), "3");
    }
}
