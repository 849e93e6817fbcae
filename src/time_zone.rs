//! The time zone of the table on the terminal and of the times that a user gives. Files are in UTC.

use crate::model::Timestamp;
use crate::model::time::{SECONDS_TO_1970, TICKS_PER_SECOND};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::fmt;
use std::str::FromStr;

/// Nanoseconds in one tick of FILETIME.
const NANOSECONDS_PER_TICK: i128 = 100;

/// Which of two moments is meant where a clock that was set back for winter time read a time twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// The first one.
    Earlier,
    /// The second one.
    Later,
}

/// A time zone in which the table on the terminal shows its times, and in which times are given.
#[derive(Debug, Clone)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone { name: "UTC".into(), zone: TimeZone::UTC }
    }
}

impl Zone {
    /// Whether a table in this zone needs no heading that names it.
    pub fn is_utc(&self) -> bool {
        self.zone == TimeZone::UTC
    }

    /// `2024-05-02` and `08:11:09` in this zone. A moment that the zone's rules do not reach
    /// (after the year 9999) is given in UTC with a `Z`.
    pub(crate) fn date_and_time(&self, moment: Timestamp) -> (String, String) {
        match self.civil(moment) {
            Some(civil) => {
                (civil.strftime("%Y-%m-%d").to_string(), civil.strftime("%T").to_string())
            }
            None => {
                let (date, (hour, minute, second), _) = moment.civil();
                let (year, month, day) = date;
                (
                    format!("{year:04}-{month:02}-{day:02}"),
                    format!("{hour:02}:{minute:02}:{second:02}Z"),
                )
            }
        }
    }

    /// What a clock in this zone showed; `None` after the year 9999.
    pub(crate) fn civil(&self, moment: Timestamp) -> Option<DateTime> {
        let ticks = i128::from(moment.filetime());
        let nanoseconds = (ticks - ticks_to_1970()) * NANOSECONDS_PER_TICK;
        let stamp = jiff::Timestamp::from_nanosecond(nanoseconds).ok()?;
        Some(self.zone.to_datetime(stamp))
    }

    /// When a clock in this zone showed this; `None` before the year 1601.
    pub(crate) fn moment(&self, civil: DateTime, fold: Fold) -> Option<Timestamp> {
        let both = self.zone.to_ambiguous_timestamp(civil);
        let stamp = match fold {
            Fold::Earlier => both.earlier(),
            Fold::Later => both.later(),
        };
        let ticks = stamp.ok()?.as_nanosecond().div_euclid(NANOSECONDS_PER_TICK) + ticks_to_1970();
        u64::try_from(ticks).ok().map(Timestamp::from_filetime)
    }
}

fn ticks_to_1970() -> i128 {
    i128::from(SECONDS_TO_1970) * i128::from(TICKS_PER_SECOND)
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl FromStr for Zone {
    type Err = String;

    /// `UTC`, `local`, an IANA name (`Europe/Berlin`) or an offset (`+02:00`).
    fn from_str(text: &str) -> Result<Zone, String> {
        let zone = match text {
            _ if text.eq_ignore_ascii_case("utc") => return Ok(Zone::default()),
            _ if text.eq_ignore_ascii_case("local") => TimeZone::try_system()
                .map_err(|why| format!("this system's time zone is not known ({why}); name it"))?,
            _ if text.starts_with(['+', '-']) => {
                let offset = offset(text).ok_or("an offset is written +02:00 or -05:30")?;
                TimeZone::fixed(offset)
            }
            _ => TimeZone::get(text)
                .map_err(|_| "not known; give UTC, local, +02:00 or a name like Europe/Berlin")?,
        };
        let name = zone.iana_name().map_or_else(|| text.to_owned(), str::to_owned);
        Ok(Zone { name, zone })
    }
}

/// `+02:00`, `-0530`, `+2`
fn offset(text: &str) -> Option<Offset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let plain = |part: &str| {
        let all_digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        all_digits.then(|| part.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = (plain(hours)?, plain(minutes)?);
    if hours > 24 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::at;

    fn shown(zone: &str, moment: &str) -> String {
        let (date, time) = zone.parse::<Zone>().unwrap().date_and_time(at(moment));
        format!("{date} {time}")
    }

    #[test]
    fn moments_in_zones() {
        assert_eq!(shown("utc", "2024-05-02T08:11:09.9Z"), "2024-05-02 08:11:09");
        assert_eq!(shown("+02:00", "2024-05-02T22:11:09Z"), "2024-05-03 00:11:09");
        assert_eq!(shown("-0530", "2024-05-02T08:11:09Z"), "2024-05-02 02:41:09");
        // Summer time in Berlin is UTC+2, winter time UTC+1.
        assert_eq!(shown("Europe/Berlin", "2024-05-02T08:11:09Z"), "2024-05-02 10:11:09");
        assert_eq!(shown("europe/berlin", "2024-01-02T08:11:09Z"), "2024-01-02 09:11:09");
        assert_eq!(shown("+02:00", "1601-01-01T00:00:00Z"), "1601-01-01 02:00:00");
    }

    /// Berlin goes from 02:00 to 03:00 on 2024-03-31, and reads 02:00 to 03:00 twice on 2024-10-27.
    #[test]
    fn times_of_a_zone() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        for (civil, earlier, later) in [
            ("2024-05-02T08:11:09.5", "2024-05-02T06:11:09.5Z", "2024-05-02T06:11:09.5Z"),
            ("2024-10-27T02:30:00", "2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z"),
            ("2024-03-31T02:30:00", "2024-03-31T00:30:00Z", "2024-03-31T01:30:00Z"),
        ] {
            let civil: DateTime = civil.parse().unwrap();
            assert_eq!(berlin.moment(civil, Fold::Earlier), Some(at(earlier)), "{civil}");
            assert_eq!(berlin.moment(civil, Fold::Later), Some(at(later)), "{civil}");
        }
        let before = "1600-12-31T23:59:59".parse().unwrap();
        assert_eq!(Zone::default().moment(before, Fold::Earlier), None);
    }

    #[test]
    fn a_moment_past_the_rules_is_shown_in_utc() {
        let (_, time) = Zone::default().date_and_time(Timestamp::from_filetime(u64::MAX));
        assert_eq!(time, "05:36:10Z");
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "Mars/Olympus", "+", "+25:00", "+02:60", "+1:2:3", "+ 2", "2"] {
            assert!(bad.parse::<Zone>().is_err(), "{bad}");
        }
    }
}
