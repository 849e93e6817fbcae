//! Hours in which nobody is expected: `19:00-07:00,weekend`.

use crate::model::session::MilestoneKind;
use crate::model::{Session, Timestamp};
use crate::time_zone::Zone;
use jiff::civil::{Time, Weekday};

const HELP: &str =
    "give hours and days with commas, such as 19:00-07:00,weekend or 20:00-06:00,sun";

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Hours of the day and days of the week, in a time zone.
#[derive(Debug, Clone)]
pub struct OffHours {
    zone: Zone,
    /// From the first time to before the second one; over midnight where that is earlier.
    hours: Vec<(Time, Time)>,
    days: Vec<Weekday>,
}

impl OffHours {
    /// Reads `19:00-07:00,weekend`: hours, `weekend` and days (`fri`) with commas.
    ///
    /// # Errors
    /// A sentence that says what can be given instead.
    pub fn parse(text: &str, zone: Zone) -> Result<OffHours, String> {
        let mut off = OffHours { zone, hours: Vec::new(), days: Vec::new() };
        for part in text.split(',').map(|part| part.trim().to_ascii_lowercase()) {
            let day = DAYS.iter().find(|(name, _)| *name == part);
            if let Some((_, day)) = day {
                off.days.push(*day);
            } else if part == "weekend" {
                off.days.extend([Weekday::Saturday, Weekday::Sunday]);
            } else {
                let (from, to) = part.split_once('-').ok_or(HELP)?;
                off.hours.push((time(from).ok_or(HELP)?, time(to).ok_or(HELP)?));
            }
        }
        Ok(off)
    }

    /// Whether the moment lies in them.
    pub fn contains(&self, moment: Timestamp) -> bool {
        let Some(civil) = self.zone.civil(moment) else { return false };
        let time = civil.time();
        let is_within = |(from, to): &(Time, Time)| match from <= to {
            true => (from..to).contains(&&time),
            false => time >= *from || time < *to,
        };
        self.days.contains(&civil.weekday()) || self.hours.iter().any(is_within)
    }

    /// Whether somebody came or acted in them: logged on, reconnected, unlocked, or asked to log off.
    pub(super) fn has_act_of(&self, session: &Session) -> bool {
        use MilestoneKind::{InitiatedLogoff, Reconnected, Start, Unlocked};
        let mut acts = session
            .milestones()
            .filter(|row| matches!(row.kind, Start | Reconnected | Unlocked | InitiatedLogoff));
        acts.any(|row| self.contains(row.time))
    }
}

/// `19:00`, `7`, `24:00` (the end of the day, which is its beginning)
fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(hour) || !plain(minute) {
        return None;
    }
    match (hour.parse::<i8>().ok()?, minute.parse::<i8>().ok()?) {
        (24, 0) => Some(Time::midnight()),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::{self, at};

    /// 2024-05-03 is a Friday.
    #[test]
    fn hours_and_days() {
        let off = |text: &str, zone: &str| OffHours::parse(text, zone.parse().unwrap()).unwrap();
        let night = off("19:00-07:00,weekend", "UTC");
        for (time, is_off) in [
            ("2024-05-03T07:00:00Z", false),
            ("2024-05-03T18:59:59.9999999Z", false),
            ("2024-05-03T19:00:00Z", true),
            ("2024-05-03T06:59:59Z", true),
            ("2024-05-04T12:00:00Z", true),
            ("2024-05-05T23:59:59Z", true),
            ("2024-05-06T12:00:00Z", false),
        ] {
            assert_eq!(night.contains(at(time)), is_off, "{time}");
        }
        // 06:30 in UTC is 08:30 in Berlin, where Friday ends at 22:00 UTC.
        let berlin = off("19-7,Weekend", "Europe/Berlin");
        assert!(!berlin.contains(at("2024-05-03T06:30:00Z")));
        assert!(berlin.contains(at("2024-05-03T22:00:00Z")));
        assert!(off("12:00-13:00,fri", "UTC").contains(at("2024-05-03T00:00:00Z")));
        assert!(!off("12:00-13:00", "UTC").contains(at("2024-05-03T13:00:00Z")));
        assert!(off("20:00-24:00", "UTC").contains(at("2024-05-03T23:59:00Z")));
        for bad in ["", "night", "19:00", "25:00-07:00", "19:60-7", "19:00-07:00,", "+1-7"] {
            assert!(OffHours::parse(bad, Zone::default()).is_err(), "{bad}");
        }
    }

    /// The session of the sample: logon 03:00:00, logoff begun 03:08:39.
    #[test]
    fn an_act_counts_and_not_that_a_session_lasts() {
        let session = sample::full_session();
        let has_act =
            |text: &str| OffHours::parse(text, Zone::default()).unwrap().has_act_of(&session);
        assert!(has_act("03:00-03:01") && has_act("03:08-03:09"));
        assert!(!has_act("03:01-03:08") && !has_act("03:09-03:00"));
    }
}
