//! Which sessions are written. A filter is applied to finished sessions and keeps or drops each as a
//! whole, so it never separates the events of a session.

mod coverage;

use crate::model::session::{Basis, logon_type_name};
use crate::model::{Account, Boot, Host, Report, Session, SessionClass, Timestamp};
use coverage::{Coverage, Uncovered};
use std::convert::Infallible;
use std::str::FromStr;

/// Which sessions to keep. An empty list or `None` keeps all; a list means "one of these", and all
/// conditions must hold.
///
/// ```
/// use winlast::select::{Filter, parse_since, parse_until};
///
/// let mut report = winlast::Analysis::of(["sample-evtx/rdp01"]).run()?;
/// // erin's desktop, 08:00 to 12:40, is still there at ten, disconnected; dave comes at 13:02.
/// let filter = Filter {
///     since: Some(parse_since("2026-04-13T10:00")?),
///     until: Some(parse_until("2026-04-13T10:00")?),
///     logon_types: vec![2, 10],
///     users: vec!["erin".parse()?, "dave".parse()?],
///     ..Filter::default()
/// };
/// filter.apply(&mut report);
/// let left: Vec<_> = report.sessions().map(|(_, session)| session.account.to_string()).collect();
/// assert_eq!(left, [r"CONTOSO\erin"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Sessions that were there at this moment or later.
    pub since: Option<Timestamp>,
    /// Sessions that were there at this moment or earlier.
    pub until: Option<Timestamp>,
    /// Users: `name`, `DOMAIN\name`, `name@domain` or a SID, as the events spell them.
    pub users: Vec<NamePattern>,
    /// Computers: full name or its first label, any name the computer had.
    pub computers: Vec<NamePattern>,
    /// Logon types.
    pub logon_types: Vec<u32>,
    /// Classes.
    pub classes: Vec<SessionClass>,
}

impl Filter {
    /// Whether it keeps everything.
    pub fn is_empty(&self) -> bool {
        !self.selects_sessions() && self.computers.is_empty()
    }

    /// Whether it chooses sessions by more than their computer.
    pub fn selects_sessions(&self) -> bool {
        self.since.is_some()
            || self.until.is_some()
            || !self.users.is_empty()
            || !self.logon_types.is_empty()
            || !self.classes.is_empty()
    }

    /// Drops the sessions that do not match, and the computers that do not match with their boots. The
    /// boots of the other computers, the logs, the findings and the accounting stay complete.
    /// [`Report::uncovered`] then says of which computers no log covers the time asked for.
    pub fn apply(&self, report: &mut Report) {
        report.hosts.retain(|host| self.keeps_computer(host));
        report.uncovered = self.uncovered(report);
        let coverage: Vec<Coverage> =
            report.hosts.iter().map(|host| Coverage::of(host, report)).collect();
        for (host, coverage) in report.hosts.iter_mut().zip(coverage) {
            let boots = &host.boots;
            host.sessions.retain(|session| self.keeps_session(session, boots, &coverage));
        }
    }

    /// The computers of the report of which no log covers the time asked for.
    fn uncovered(&self, report: &Report) -> Vec<String> {
        if self.since.is_none() && self.until.is_none() {
            return Vec::new();
        }
        let of = |host| Uncovered::of(host, report, self.since, self.until);
        report.hosts.iter().filter_map(of).map(|computer| computer.to_string()).collect()
    }

    fn keeps_computer(&self, host: &Host) -> bool {
        self.computers.is_empty()
            || std::iter::once(&*host.computer).chain(host.names()).any(|name| {
                let label = name.split_once('.').map_or(name, |(label, _)| label);
                [name, label].iter().any(|name| matches_any(&self.computers, name))
            })
    }

    fn keeps_session(&self, session: &Session, boots: &[Boot], coverage: &Coverage) -> bool {
        let has_type = self.logon_types.is_empty()
            || session.logon_type.is_some_and(|number| self.logon_types.contains(&number));
        let has_class = self.classes.is_empty() || self.classes.contains(&session.class);
        has_type
            && has_class
            && self.keeps_user(&session.account)
            && self.keeps_time(session, boots, coverage)
    }

    /// A session that may have been there at a moment asked for is kept. An unknown start lies within
    /// the boot, and an unknown end within what the logs cover.
    fn keeps_time(&self, session: &Session, boots: &[Boot], coverage: &Coverage) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let is_asked_for = |from: Option<Timestamp>, to: Option<Timestamp>| {
            // A step of the clock that nothing shows can put the end before the start.
            let (first, last) = (from.min(to.or(from)), to.max(from.filter(|_| to.is_some())));
            self.since.is_none_or(|since| last.is_none_or(|last| last >= since))
                && self.until.is_none_or(|until| first.is_none_or(|first| first <= until))
        };
        let boot = || boots.iter().find(|boot| boot.epoch == session.boot_epoch);
        let known = session.start.map(|moment| moment.time);
        let start = known.or_else(|| boot()?.start).or(coverage.first());
        if let Some(start) = start.filter(|_| !session.clock_readings.steps().is_empty()) {
            let mut intervals = session.clock_readings.intervals(start);
            return intervals.any(|(from, to)| is_asked_for(Some(from), to.or(coverage.last())));
        }
        is_asked_for(start, latest_end(session).or(coverage.last()))
    }

    fn keeps_user(&self, account: &Account) -> bool {
        let Account { sid, user, domain } = account;
        self.users.is_empty()
            || [&**sid, &**user, &format!("{domain}\\{user}"), &format!("{user}@{domain}")]
                .iter()
                .any(|name| !name.is_empty() && matches_any(&self.users, name))
    }
}

/// The latest time that it can have ended; `None` where that is not known.
fn latest_end(session: &Session) -> Option<Timestamp> {
    let known = session.end.time.filter(|_| session.end.basis != Some(Basis::Bounded));
    session.end.not_after.or(known)
}

fn matches_any(patterns: &[NamePattern], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(name))
}

/// A name with `*` (any text) and `?` (any character), ignoring case. Nothing else is special:
/// a backslash separates domain and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(Vec<char>);

impl FromStr for NamePattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<NamePattern, Infallible> {
        Ok(NamePattern(text.to_lowercase().chars().collect()))
    }
}

impl NamePattern {
    /// Whether the whole of `name` fits the pattern.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        let (mut pattern, mut rest) = (self.0.as_slice(), name.as_slice());
        // Where to continue when the text after the last `*` does not fit: one character later.
        let mut retry: Option<(&[char], &[char])> = None;
        loop {
            match (pattern.split_first(), rest.split_first()) {
                (None, None) => return true,
                (Some(('*', after)), _) => {
                    pattern = after;
                    retry = rest.split_first().map(|(_, later)| (after, later));
                }
                (Some((wanted, after)), Some((found, later)))
                    if wanted == found || *wanted == '?' =>
                {
                    (pattern, rest) = (after, later);
                }
                _ => match retry {
                    Some((after, from)) => {
                        (pattern, rest) = (after, from);
                        retry = from.split_first().map(|(_, later)| (after, later));
                    }
                    None => return false,
                },
            }
        }
    }
}

/// Reads a logon type, given as its number or its name.
///
/// # Errors
/// A sentence that says what can be given instead.
pub fn parse_logon_type(text: &str) -> Result<u32, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    (0..=13)
        .find(|&number| logon_type_name(number).eq_ignore_ascii_case(text) && !text.is_empty())
        .ok_or(
            "not a logon type; give a number or a name, such as 10 or RemoteInteractive".to_owned(),
        )
}

/// Reads a time for [`Filter::since`]; a date means its beginning.
///
/// # Errors
/// A sentence that says what can be given instead.
pub fn parse_since(text: &str) -> Result<Timestamp, String> {
    parse_moment(text, Edge::Beginning)
}

/// Reads a time for [`Filter::until`]; a date, a minute or a second means its end.
///
/// # Errors
/// A sentence that says what can be given instead.
pub fn parse_until(text: &str) -> Result<Timestamp, String> {
    parse_moment(text, Edge::End)
}

/// Which end of the day, minute or second that was given.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Beginning,
    End,
}

/// `2024-05-02`, `2024-05-02T08:11`, `2024-05-02 08:11:09.5`, with `Z` or an offset; UTC without.
fn parse_moment(text: &str, edge: Edge) -> Result<Timestamp, String> {
    const HELP: &str = "give a date or a time in UTC, such as 2024-05-02, 2024-05-02T08:11 or 2024-05-02T08:11:09+02:00";
    let (local, offset) = split_offset(text).ok_or(HELP)?;
    let (date, clock) = local.split_once(['T', 't', ' ']).unwrap_or((local, ""));
    let end = edge == Edge::End;
    let full = match clock.matches(':').count() {
        0 if clock.is_empty() && end => format!("{date}T23:59:59.9999999Z"),
        0 if clock.is_empty() => format!("{date}T00:00:00Z"),
        1 if end => format!("{date}T{clock}:59.9999999Z"),
        1 => format!("{date}T{clock}:00Z"),
        2 if end && !clock.contains('.') => format!("{date}T{clock}.9999999Z"),
        2 => format!("{date}T{clock}Z"),
        _ => return Err(HELP.into()),
    };
    let moment = Timestamp::parse(&full).ok_or(HELP)?;
    Ok(moment.plus(crate::model::Span::seconds(-offset)))
}

/// The text before a `Z` or an offset such as `+02:00`, and the offset in seconds.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return Some((local, 0));
    }
    // A date has dashes too. An offset stands after the first colon.
    let colon = text.find(':').unwrap_or(text.len());
    let Some(at) = text.rfind(['+', '-']).filter(|at| *at > colon) else {
        return Some((text, 0));
    };
    let (local, offset) = text.split_at_checked(at)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.strip_prefix(['+', '-'])?.split_once(':')?;
    let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
    (hours < 24 && minutes < 60)
        .then(|| (local, sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::session::{ClockReadings, StartCause};
    use crate::model::{LogonId, sample};
    use sample::at;

    fn pattern(text: &str) -> NamePattern {
        text.parse().unwrap()
    }

    #[test]
    fn patterns() {
        for (text, name, fits) in [
            ("bob", "BOB", true),
            ("bob", "bobby", false),
            ("CONTOSO\\b*", "contoso\\bob", true),
            ("*\\bob", "CONTOSO\\bob", true),
            ("b?b", "bob", true),
            ("b?b", "bb", false),
            ("*", "", true),
            ("", "", true),
            ("*a*b", "xaxbxab", true),
            ("*a*b", "xaxbxa", false),
            ("j?RGEN", "Jürgen", true),
            ("МАРИЯ", "мария", true),
            ("[b]ob", "bob", false),
        ] {
            assert_eq!(pattern(text).matches(name), fits, "{text} {name}");
        }
    }

    #[test]
    fn many_stars_do_not_take_forever() {
        let name = "a".repeat(20_000);
        assert!(!pattern(&format!("{}b", "*a".repeat(20))).matches(&name));
    }

    fn kept(filter: Filter) -> usize {
        let mut report = sample::report();
        filter.apply(&mut report);
        report.hosts.iter().map(|host| host.sessions.len()).sum()
    }

    #[test]
    fn users_in_every_spelling() {
        let users = |text: &str| Filter { users: vec![pattern(text)], ..Filter::default() };
        for all_dadmin in [
            "DADMIN",
            "contoso\\dadmin",
            "dadmin@contoso",
            "s-1-5-21-3457937927-2839227994-823803824-1104",
            "*-1104",
        ] {
            assert_eq!(kept(users(all_dadmin)), 3, "{all_dadmin}");
        }
        assert_eq!(kept(users("fabrikam\\dadmin")), 0);
        assert_eq!(kept(users("*")), 4);
    }

    #[test]
    fn computers_by_full_name_label_and_former_name() {
        for (name, count) in
            [("dc01", 4), ("DC01.CONTOSO.LOCAL", 4), ("win-*", 4), ("contoso", 0), ("dc0", 0)]
        {
            let filter = Filter { computers: vec![pattern(name)], ..Filter::default() };
            assert_eq!(kept(filter), count, "{name}");
        }
    }

    #[test]
    fn types_and_classes() {
        let types = |logon_types| Filter { logon_types, ..Filter::default() };
        assert_eq!(kept(types(vec![10])), 1);
        assert_eq!(kept(types(vec![10, 5])), 2);
        let classes = vec![SessionClass::Service];
        assert_eq!(kept(Filter { classes, ..Filter::default() }), 1);
        assert_eq!(parse_logon_type("remoteinteractive"), Ok(10));
        assert_eq!(parse_logon_type("3"), Ok(3));
        assert!(parse_logon_type("").is_err() && parse_logon_type("rdp").is_err());
    }

    #[test]
    fn times_keep_what_overlaps() {
        // Sessions: two from 03:00 to 03:08:40, one from 03:00 to a crash before 05:00, one from
        // 03:00 on and open.
        let since = |text| Filter { since: Some(at(text)), ..Filter::default() };
        let until = |text| Filter { until: Some(at(text)), ..Filter::default() };
        assert_eq!(kept(since("2015-09-09T03:08:40Z")), 4);
        assert_eq!(kept(since("2015-09-09T03:08:41Z")), 2);
        assert_eq!(kept(since("2015-09-09T05:00:01Z")), 1);
        assert_eq!(kept(until("2015-09-09T03:00:00Z")), 4);
        assert_eq!(kept(until("2015-09-09T02:59:59Z")), 0);
    }

    fn kept_of(report: &Report, since: &str, until: &str) -> Vec<u64> {
        let (since, until) = (parse_since(since).unwrap(), parse_until(until).unwrap());
        let mut report = report.clone();
        let filter = Filter { since: Some(since), until: Some(until), ..Filter::default() };
        filter.apply(&mut report);
        report.sessions().map(|(_, session)| session.logon_id.unwrap().0).collect()
    }

    /// The clock was set forward by a year at 03:02 and back an hour later, and 0x29b379 ended three
    /// minutes after that.
    #[test]
    fn a_session_was_there_in_the_intervals_between_steps() {
        let mut report = sample::report();
        let host = &mut report.hosts[0];
        host.sessions.truncate(1);
        let session = &mut host.sessions[0];
        let steps = [
            (at("2015-09-09T03:02:00Z"), at("2016-09-09T03:02:00Z")),
            (at("2016-09-09T04:02:00Z"), at("2015-09-09T03:05:40Z")),
        ];
        let end = session.end.time;
        session.clock_readings = ClockReadings::new(&steps.into(), 0..2, end);
        for day in ["2015-09-09", "2016-09-09"] {
            assert_eq!(kept_of(&report, day, day), [0x29b379], "{day}");
        }
        assert!(kept_of(&report, "2015-12-01", "2015-12-01").is_empty());
        // Back from 04:02 to 03:05:40: the clock never read what is between 03:02 and 03:05:40.
        assert!(kept_of(&report, "2015-09-09T03:03", "2015-09-09T03:04").is_empty());
        assert_eq!(kept_of(&report, "2015-09-09T03:06", "2015-09-09T03:06"), [0x29b379]);
    }

    /// 0x29b379 of the third boot is open, 0x5 has no start: they can have been there while the boot
    /// lasted and the logs go on, and not before or after that.
    #[test]
    fn what_is_not_known_lies_within_the_logs() {
        let mut report = sample::report();
        let (mut open, mut early) = (sample::full_session(), sample::full_session());
        open.boot_epoch = 3;
        sample::open(&mut open);
        early.logon_id = Some(LogonId(0x5));
        (early.start, early.start_cause, early.boot_epoch) = (None, StartCause::BeforeLog, 0);
        report.hosts[0].sessions = vec![open, early];
        report.logs[0].times = Some((at("2015-09-01T00:00:00Z"), at("2015-09-30T00:00:00Z")));
        assert_eq!(kept_of(&report, "2015-09-02", "2015-09-03"), [0x5]);
        assert_eq!(kept_of(&report, "2015-09-20", "2015-09-21"), [0x29b379]);
        assert!(kept_of(&report, "2014-01-01", "2014-12-31").is_empty());
        assert!(kept_of(&report, "2026-01-01", "2026-12-31").is_empty());
        // No session can have begun before its boot did, at 02:00.
        report.hosts[0].sessions[1].boot_epoch = 2;
        assert!(kept_of(&report, "2015-09-02", "2015-09-03").is_empty());
    }

    #[test]
    fn computers_without_a_log_of_the_time() {
        let mut report = sample::report();
        let uncovered = |report: &Report, since: &str| {
            let (since, until) = (parse_since(since).unwrap(), parse_until(since).unwrap());
            let filter = Filter { since: Some(since), until: Some(until), ..Filter::default() };
            let mut report = report.clone();
            filter.apply(&mut report);
            report.uncovered
        };
        assert!(uncovered(&report, "2014-01-01").is_empty(), "no log says when it begins");
        report.logs[0].times = Some((at("2015-09-01T00:00:00Z"), at("2015-09-30T01:02:03Z")));
        assert!(uncovered(&report, "2015-09-30").is_empty());
        assert_eq!(
            uncovered(&report, "2014-01-01"),
            [
                "no log of DC01.contoso.local covers 2014-01-01 00:00:00 to 2014-01-01 23:59:59 (UTC): \
              its logs hold 2015-09-01 00:00:00 to 2015-09-30 01:02:03"
            ]
        );
        // A log of another computer does not count; one of the same computer under its former name does.
        for (name, count) in [("OTHER", 1), ("win-old", 0)] {
            let mut log = report.logs[0].clone();
            log.computers = [name.into()].into();
            log.times = Some((at("2013-01-01T00:00:00Z"), at("2014-06-01T00:00:00Z")));
            let mut report = report.clone();
            report.logs.push(log);
            assert_eq!(uncovered(&report, "2014-01-01").len(), count, "{name}");
        }
    }

    #[test]
    fn moments_as_people_write_them() {
        for (text, since, until) in [
            ("2024-05-02", "2024-05-02T00:00:00Z", "2024-05-02T23:59:59.9999999Z"),
            ("2024-05-02T08:11", "2024-05-02T08:11:00Z", "2024-05-02T08:11:59.9999999Z"),
            ("2024-05-02 08:11:09", "2024-05-02T08:11:09Z", "2024-05-02T08:11:09.9999999Z"),
            ("2024-05-02T08:11:09.5Z", "2024-05-02T08:11:09.5Z", "2024-05-02T08:11:09.5Z"),
            ("2024-05-02T08:11:09.5+02:00", "2024-05-02T06:11:09.5Z", "2024-05-02T06:11:09.5Z"),
            ("2024-05-02T08:11:09.5-05:30", "2024-05-02T13:41:09.5Z", "2024-05-02T13:41:09.5Z"),
        ] {
            assert_eq!(parse_since(text), Ok(at(since)), "{text}");
            assert_eq!(parse_until(text), Ok(at(until)), "{text}");
        }
        for bad in [
            "",
            "7d",
            "yesterday",
            "2024-13-01",
            "2024-05-02T25:00",
            "2024-05-02T08",
            "2024-05-02T08:11+99:00",
        ] {
            assert!(parse_since(bad).is_err(), "{bad}");
        }
    }
}
