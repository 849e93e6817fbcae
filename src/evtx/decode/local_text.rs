//! The times before and after a change of the clock, from the text in version 0 of 4616.
//!
//! The text is local time in the format of the system's language, and the record names neither. But
//! the new time is also the time of the record. So a format is possible only if it reads the new
//! time as the time of the record in some time zone. If all possible formats give the same change,
//! the text says by how much the clock was set; otherwise nothing is read from it.
//!
//! Example: `8/24/2015 12:14:49 AM` and `8/23/2015 2:14:52 PM` in a record of 21:14:53 UTC. The
//! zone is 7 hours behind UTC, and the clock was set from 07:14:49 to 21:14:52 of the day before.

use crate::model::{Span, Timestamp};

/// All time zones differ from UTC by whole quarters of an hour: they are at most 14 hours before it
/// and at most 12 hours behind it.
const QUARTER: i64 = Span::seconds(900).0;
const OFFSETS: std::ops::RangeInclusive<i64> =
    Span::seconds(-14 * 3600).0..=Span::seconds(12 * 3600).0;

/// How much later than the new time the record may be. The text has whole seconds. Seen: 0.2 s to
/// 1.3 s.
const LATEST: i64 = Span::seconds(10).0;

/// The places of year, month and day in a date.
const ORDERS: [[usize; 3]; 3] = [[0, 1, 2], [2, 1, 0], [2, 0, 1]];

/// The date and the time of day as text: `PreviousDate` and `PreviousTime`, or `NewDate` and
/// `NewTime`.
type LocalText<'a> = (&'a str, &'a str);

/// The UTC times before and after the change that a record of the time `recorded` reports.
pub(super) fn before_and_after(
    previous: LocalText<'_>,
    new: LocalText<'_>,
    recorded: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    if previous == new {
        return Some((recorded, recorded));
    }
    let (previous, new) = (Numbers::of(previous)?, Numbers::of(new)?);
    let mut found: Option<(Timestamp, Timestamp)> = None;
    for order in ORDERS {
        for clock in CLOCKS {
            let read = |numbers: &Numbers| numbers.read(order, clock, &new.half);
            let Some((before, after)) = read(&previous).zip(read(&new)) else { continue };
            let Some(offset) = offset(after, recorded) else { continue };
            let times = (before.plus(offset), after.plus(offset));
            let is_other =
                |known: &(Timestamp, Timestamp)| known.1.since(known.0) != times.1.since(times.0);
            if found.as_ref().is_some_and(is_other) {
                return None;
            }
            found = Some(times);
        }
    }
    found
}

/// By how much UTC is later than local time, if the record was written right after this local time.
fn offset(local: Timestamp, recorded: Timestamp) -> Option<Span> {
    let distance = recorded.since(local).0;
    let offset = distance.div_euclid(QUARTER) * QUARTER;
    (distance - offset <= LATEST && OFFSETS.contains(&offset)).then_some(Span(offset))
}

/// How the hours are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// From 0 to 23.
    Hours24,
    /// From 1 to 12, and the new time is before noon.
    BeforeNoon,
    /// From 1 to 12, and the new time is after noon.
    AfterNoon,
}

const CLOCKS: [Clock; 3] = [Clock::Hours24, Clock::BeforeNoon, Clock::AfterNoon];

/// The numbers of a date and a time of day, whatever is between them.
struct Numbers {
    date: [u32; 3],
    time: [u32; 3],
    /// The letters at the time in lower case: they may name the half of the day.
    half: String,
}

impl Numbers {
    fn of((date, time): LocalText<'_>) -> Option<Numbers> {
        let letters = time.chars().filter(|c| c.is_alphabetic());
        let half = letters.flat_map(char::to_lowercase).collect();
        Some(Numbers { date: three(date)?, time: three(time)?, half })
    }

    /// The local time, if the numbers fit this format. `of_new` are the letters at the new time.
    fn read(&self, order: [usize; 3], clock: Clock, of_new: &str) -> Option<Timestamp> {
        let [year, month, day] = order.map(|place| self.date.get(place).copied());
        let [hour, minute, second] = self.time;
        let is_afternoon = (clock == Clock::AfterNoon) == (self.half == of_new);
        let known = match self.half.as_str() {
            "am" => Some(false),
            "pm" => Some(true),
            _ => None,
        };
        let hour = match clock {
            Clock::Hours24 => Some(hour).filter(|_| known.is_none()),
            _ if self.half.is_empty() || known.is_some_and(|known| known != is_afternoon) => None,
            _ => (1..=12).contains(&hour).then(|| hour % 12 + 12 * u32::from(is_afternoon)),
        };
        Timestamp::from_civil((year?.into(), month?, day?), (hour?, minute, second), 0)
    }
}

/// The three numbers of a text.
fn three(text: &str) -> Option<[u32; 3]> {
    let parts = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let numbers: Vec<u32> = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The change in seconds, and the time before.
    fn read(
        previous: LocalText<'_>,
        new: LocalText<'_>,
        recorded: &str,
    ) -> Option<(i64, Option<Timestamp>)> {
        let recorded = Timestamp::parse(recorded).unwrap();
        let (before, after) = before_and_after(previous, new, recorded)?;
        Some((after.since(before).0 / 10_000_000, Some(before)))
    }

    #[test]
    fn formats_that_the_time_of_the_record_proves() {
        let recorded = "2015-08-23T21:14:53.063125Z";
        let before = Some((-35_997, Timestamp::parse("2015-08-24T07:14:49Z")));
        // Records of a real log: 7 hours behind UTC.
        let new = ("8/23/2015", "2:14:52 PM");
        assert_eq!(read(("8/24/2015", "12:14:49 AM"), new, recorded), before);
        let new = ("9/1/2015", "10:58:47 PM");
        let nine_days = Some((843_046, Timestamp::parse("2015-08-23T11:48:01Z")));
        assert_eq!(read(("8/23/2015", "4:48:01 AM"), new, "2015-09-02T05:58:47.78Z"), nine_days);
        // The same in the formats of other languages; 2 hours before UTC in the second.
        let new = ("\u{200e}2015\u{200e}-08-23", "14:14:52");
        assert_eq!(read(("2015-08-24", "00:14:49"), new, recorded), before);
        let new = ("23.08.2015", "23:14:52");
        assert_eq!(read(("24.08.2015", "9:14:49"), new, recorded), before);
        let new = ("23/08/2015", "02:14:52 p.m.");
        assert_eq!(read(("24/08/2015", "12:14:49 a.m."), new, recorded), before);
        // Both times are in one half of the day, so it does not matter which half it is.
        let new = ("2015-08-23", "오후 2:14:52");
        let twelve_minutes = Some((720, Timestamp::parse("2015-08-23T21:02:52Z")));
        assert_eq!(read(("2015-08-23", "오후 2:02:52"), new, recorded), twelve_minutes);
    }

    #[test]
    fn text_that_has_several_meanings_is_not_read() {
        let recorded = "2015-08-23T21:14:53.063125Z";
        // Half a day forward or back: which word means the afternoon? With the second record, only
        // one of the two answers is a time zone.
        let halves = [("2015-08-23", "오전 2:14:49"), ("2015-08-23", "오후 2:14:52")];
        assert_eq!(read(halves[0], halves[1], "2015-08-23T05:14:53Z"), None);
        let forward = Some((43_203, Timestamp::parse("2015-08-23T09:14:49Z")));
        assert_eq!(read(halves[0], halves[1], recorded), forward);
        // 9 August or 8 September.
        let both = "2015-08-08T21:14:53Z";
        assert_eq!(read(("9/8/2015", "14:14:52"), ("8/8/2015", "14:14:52"), both), None);
        // No format gives the time of the record: another calendar, no seconds, another time.
        for new in [("23/8/2558", "14:14:52"), ("23/8/2015", "14:14"), ("23/8/2015", "14:10:52")] {
            assert_eq!(read(("24/8/2015", "0:14:49"), new, recorded), None, "{new:?}");
        }
    }

    #[test]
    fn equal_text_is_no_change_in_any_format() {
        let text = ("๒๓/๘/๒๕๕๘", "๑๔:๑๔:๕๒");
        let recorded = "2015-08-23T21:14:53Z";
        assert_eq!(read(text, text, recorded), Some((0, Timestamp::parse(recorded))));
    }
}
