//! Times as Windows counts them.

use std::fmt;

/// 100 ns units in a second.
const TICKS_PER_SECOND: u64 = 10_000_000;
/// 100 ns units in a millisecond.
const TICKS_PER_MILLISECOND: u64 = 10_000;
/// Days from 1601-01-01 to 1970-01-01.
const DAYS_1601_TO_1970: i64 = 134_774;

/// A moment: 100 ns units since 1601-01-01T00:00:00Z (Windows' `FILETIME`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileTime(pub u64);

impl FileTime {
    /// Reads `2015-09-09T03:08:39.1268908Z`; the fraction has up to seven digits, or is missing.
    ///
    /// # Panics
    /// If the text is no such time: the crate's times are written in its source.
    pub fn parse(text: &str) -> Self {
        let numbers: Vec<&str> = text.trim_end_matches('Z').split(['-', 'T', ':', '.']).collect();
        assert!(matches!(numbers.len(), 6 | 7), "not a time: {text}");
        let number = |at: usize| numbers[at].parse::<u64>().expect("a number in a time");
        let signed = |at: usize| i64::try_from(number(at)).expect("a small number");
        let days = days_from_civil(signed(0), signed(1), signed(2)) + DAYS_1601_TO_1970;
        let days = u64::try_from(days).expect("a day since 1601");
        let seconds = ((days * 24 + number(3)) * 60 + number(4)) * 60 + number(5);
        let fraction = numbers.get(6).map_or(0, |digits| {
            format!("{digits:0<7}").parse::<u64>().expect("at most seven digits")
        });
        Self(seconds * TICKS_PER_SECOND + fraction)
    }

    /// The moment `milliseconds` later.
    #[must_use]
    pub fn plus_ms(self, milliseconds: u64) -> Self {
        Self(self.0 + milliseconds * TICKS_PER_MILLISECOND)
    }

    /// The moment `milliseconds` earlier.
    #[must_use]
    pub fn minus_ms(self, milliseconds: u64) -> Self {
        Self(self.0 - milliseconds * TICKS_PER_MILLISECOND)
    }

    /// The moment `ticks` units of 100 ns later.
    #[must_use]
    pub fn plus_ticks(self, ticks: u64) -> Self {
        Self(self.0 + ticks)
    }

    /// Text with nine fractional digits, as forwarded events hold it.
    pub fn nine_digits(self) -> String {
        self.to_string().replace('Z', "00Z")
    }

    /// Windows' `SYSTEMTIME`: eight 16-bit numbers, to the millisecond.
    pub fn system_time(self) -> [u8; 16] {
        let parts = self.parts();
        let days = i64::try_from(self.0 / TICKS_PER_SECOND / 86_400).expect("a small number");
        // 1601-01-01 was a Monday.
        let weekday = (days + 1) % 7;
        let milliseconds =
            i64::try_from(self.0 % TICKS_PER_SECOND / TICKS_PER_MILLISECOND).expect("below 1000");
        let [year, month, day, hour, minute, second] = parts;
        let mut out = [0; 16];
        let numbers = [year, month, weekday, day, hour, minute, second, milliseconds];
        for (slot, number) in out.chunks_exact_mut(2).zip(numbers) {
            slot.copy_from_slice(&u16::try_from(number).expect("16 bits").to_le_bytes());
        }
        out
    }

    /// Year, month, day, hour, minute, second.
    pub fn parts(self) -> [i64; 6] {
        let seconds = i64::try_from(self.0 / TICKS_PER_SECOND).expect("a small number");
        let [year, month, day] = civil_from_days(seconds.div_euclid(86_400) - DAYS_1601_TO_1970);
        let of_day = seconds.rem_euclid(86_400);
        [year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60]
    }
}

impl fmt::Display for FileTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = self.parts();
        let fraction = self.0 % TICKS_PER_SECOND;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
    }
}

/// Days since 1970-01-01 of a Gregorian date.
///
/// Counts from 1 March, so that the leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// The Gregorian date of a day counted from 1970-01-01.
fn civil_from_days(days: i64) -> [i64; 3] {
    // Begin with an estimate that is never too late, then count up: simple, and never wrong.
    let mut year = 1601 + (days + DAYS_1601_TO_1970) / 366;
    while days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_from_civil(year, month + 1, 1) <= days {
        month += 1;
    }
    [year, month, days - days_from_civil(year, month, 1) + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_ticks_agree() {
        let time = FileTime::parse("2015-09-09T03:08:39.1268908Z");
        assert_eq!(time.0, 130_862_417_191_268_908);
        assert_eq!(time.to_string(), "2015-09-09T03:08:39.1268908Z");
        assert_eq!(FileTime::parse("1970-01-01T00:00:00Z").0, 116_444_736_000_000_000);
    }

    #[test]
    fn every_day_of_eight_centuries_returns() {
        for day in 0..292_000 {
            let days = day - DAYS_1601_TO_1970;
            let [year, month, date] = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, date), days);
        }
    }

    #[test]
    fn system_time_has_the_weekday() {
        // 2020-08-07 was a Friday.
        let bytes = FileTime::parse("2020-08-07T18:50:29.225Z").system_time();
        let numbers: Vec<u16> = bytes.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
        assert_eq!(numbers, [2020, 8, 5, 7, 18, 50, 29, 225]);
    }
}
