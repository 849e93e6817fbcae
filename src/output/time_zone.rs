//! The time zone of the table on the terminal. Files are in UTC.

use crate::model::Timestamp;
use jiff::tz::{Offset, TimeZone};
use std::fmt;
use std::str::FromStr;

/// Seconds from 1601 (FILETIME) to 1970 (Unix).
const SECONDS_TO_1970: i64 = 11_644_473_600;

/// A time zone in which the table on the terminal shows its times.
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

    fn civil(&self, moment: Timestamp) -> Option<jiff::civil::DateTime> {
        let ticks = i64::try_from(moment.filetime()).ok()?;
        let seconds = ticks / crate::model::time::TICKS_PER_SECOND - SECONDS_TO_1970;
        let stamp = jiff::Timestamp::from_second(seconds).ok()?;
        Some(self.zone.to_datetime(stamp))
    }
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
