//! Which sessions are written. A filter is applied to finished sessions and keeps or drops each as a
//! whole, so it never separates the events of a session.

mod attempts;
mod classes;
mod lengths;
mod names;
mod off_hours;
mod sessions;
mod sources;
mod times;
mod trail;
mod watch;

pub use classes::ClassPattern;
pub use lengths::parse_length;
pub use names::NamePattern;
pub use off_hours::OffHours;
pub use sessions::SessionPattern;
pub use sources::SourcePattern;
pub use times::{TimeReader, parse_since, parse_until};
pub use trail::TrailPattern;
pub use watch::WatchList;

use crate::model::session::logon_type_name;
use crate::model::{Boot, EndCause, Finding, FindingCode, Host, Report, Session, Span, Timestamp};
use crate::presence::{Coverage, LogTimes, Uncovered, stays};
use std::collections::HashSet;

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
    /// Where sessions came from.
    pub sources: Vec<SourcePattern>,
    /// Logon types.
    pub logon_types: Vec<u32>,
    /// Classes.
    pub classes: Vec<ClassPattern>,
    /// Sessions that were, or may have been, still open at the end of the log.
    pub open: bool,
    /// Sessions that lasted so long, or may have.
    pub min_length: Option<Span>,
    /// Sessions in which somebody logged on, reconnected, unlocked or began to log off at such hours.
    pub off_hours: Option<OffHours>,
}

impl Filter {
    /// Whether it keeps everything.
    pub fn is_empty(&self) -> bool {
        !self.selects_sessions() && self.computers.is_empty()
    }

    /// Whether it chooses sessions by more than their computer.
    pub fn selects_sessions(&self) -> bool {
        self.has_time()
            || !self.users.is_empty()
            || !self.sources.is_empty()
            || !self.logon_types.is_empty()
            || !self.classes.is_empty()
            || self.open
            || self.min_length.is_some()
            || self.off_hours.is_some()
    }

    fn has_time(&self) -> bool {
        self.since.is_some() || self.until.is_some()
    }

    /// A sentence for each user and computer asked for that the report does not have, with those of the
    /// nearest names. It is to be asked before the filter is applied.
    pub fn unknown_names(&self, report: &Report) -> Vec<String> {
        let mut sentences = names::unknown_computers(&self.computers, report);
        sentences.extend(names::unknown_users(&self.users, report));
        sentences
    }

    /// Drops the sessions and the attempts that do not match, and the computers that do not match with their boots. The
    /// boots of the other computers, the logs, the findings and the accounting stay complete.
    /// [`Report::uncovered`] then says of which computers no log covers the time asked for.
    pub fn apply(&self, report: &mut Report) {
        // Nothing is dropped, so the sessions are not even looked at.
        if self.is_empty() {
            report.uncovered = Vec::new();
            return;
        }
        report.hosts.retain(|host| self.keeps_computer(host));
        report.uncovered = self.uncovered(report);
        let times = LogTimes::of(report);
        let coverage: Vec<Coverage> =
            report.hosts.iter().map(|host| Coverage::of(host, &times)).collect();
        for (host, coverage) in report.hosts.iter_mut().zip(coverage) {
            let sessions = std::mem::take(&mut host.sessions);
            let kept = sessions.into_iter().filter(|one| self.keeps_session(host, one, &coverage));
            host.sessions = kept.collect();
            let attempts = std::mem::take(&mut host.attempts);
            let kept = attempts.into_iter().filter(|one| self.keeps_attempt(host, one));
            host.attempts = kept.collect();
        }
        keep_hops_of_sessions(report);
    }

    /// Whether a finding concerns a computer and a time that the filter keeps. A computer is kept if the filter names
    /// it and, where the filter chooses sessions or attempts, keeps one of it: `report` is what the filter left. A
    /// finding that names neither computer nor time concerns all. [`Filter::apply`] drops none: what is only shown may
    /// leave some out.
    pub fn keeps_finding(&self, finding: &Finding, report: &Report) -> bool {
        let is_of_kept = |host: &Host| {
            let has_rows = !host.sessions.is_empty() || !host.attempts.is_empty();
            host.computer == finding.computer && (has_rows || !self.selects_sessions())
        };
        let has_computer =
            finding.computer.is_empty() || self.is_empty() || report.hosts.iter().any(is_of_kept);
        has_computer
            && finding.time.is_none_or(|time| {
                let last = latest_crash(finding, report).unwrap_or(time);
                self.since.is_none_or(|since| since <= last)
                    && self.until.is_none_or(|until| time <= until)
            })
    }

    /// The computers of the report of which no log covers the time asked for.
    fn uncovered(&self, report: &Report) -> Vec<String> {
        if !self.has_time() {
            return Vec::new();
        }
        let times = LogTimes::of(report);
        let of = |host| Uncovered::of(host, &times, self.since, self.until);
        report.hosts.iter().filter_map(of).map(|computer| computer.to_string()).collect()
    }

    fn keeps_computer(&self, host: &Host) -> bool {
        is_any(&self.computers, |pattern| pattern.names_computer(host))
    }

    fn keeps_session(&self, host: &Host, session: &Session, coverage: &Coverage) -> bool {
        is_any(&self.logon_types, |number| session.logon_type == Some(*number))
            && is_any(&self.classes, |class| class.matches(session))
            && is_any(&self.users, |pattern| pattern.names_account_of(host, &session.account))
            && is_any(&self.sources, |source| source.matches(host, session))
            && (!self.open || may_be_open(session))
            && self.off_hours.as_ref().is_none_or(|off| off.has_act_of(session))
            && self.keeps_stays(host, session, coverage)
    }

    /// A session that may have been there at a moment asked for is kept, and so is one that may have
    /// lasted as long as asked for.
    fn keeps_stays(&self, host: &Host, session: &Session, coverage: &Coverage) -> bool {
        if !self.has_time() && self.min_length.is_none() {
            return true;
        }
        let boot: Option<&Boot> = host.boots.iter().find(|boot| boot.epoch == session.boot_epoch);
        let stays = stays(session, boot, coverage);
        // A stay of unknown length may have been long enough.
        let total =
            stays.iter().try_fold(0_i64, |sum, stay| Some(sum.saturating_add(stay.length()?.0)));
        let is_long =
            self.min_length.is_none_or(|least| total.is_none_or(|total| total >= least.0));
        is_long && stays.iter().any(|stay| stay.meets(self.since, self.until))
    }
}

/// Drops the hops of sessions that were dropped. Which computers had which addresses stays.
fn keep_hops_of_sessions(report: &mut Report) {
    let Some(mut hops) = report.hops.take() else { return };
    let left: HashSet<String> =
        report.sessions().map(|(host, own)| own.id(&host.computer).to_string()).collect();
    hops.hops.retain(|hop| left.contains(&*hop.target_session));
    report.hops = Some(hops);
}

/// Whether one of the list fits; an empty list asks for nothing.
fn is_any<T>(list: &[T], fits: impl Fn(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(fits)
}

/// Whether it was, or may have been, open at the end of the log.
fn may_be_open(session: &Session) -> bool {
    let is_unknown = session.end.cause == EndCause::Censored && session.end.not_after.is_none();
    session.end.cause == EndCause::Open || is_unknown
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

/// The latest time of the crash that a finding is about: its time is the earliest one.
fn latest_crash(finding: &Finding, report: &Report) -> Option<Timestamp> {
    let epoch = finding.boot_epoch.filter(|_| finding.code == FindingCode::Crash)?;
    let host = report.hosts.iter().find(|host| host.computer == finding.computer)?;
    host.boots.iter().find(|boot| boot.epoch == epoch)?.end_not_after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::session::{ClockReadings, StartCause};
    use crate::model::{LogonId, SessionClass, sample};
    use sample::at;

    fn pattern(text: &str) -> NamePattern {
        text.parse().unwrap()
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
            "dadmin@contoso.local",
            "s-1-5-21-3457937927-2839227994-823803824-1104",
            "*-1104",
        ] {
            assert_eq!(kept(users(all_dadmin)), 3, "{all_dadmin}");
        }
        assert_eq!(kept(users("fabrikam\\dadmin")), 0);
        assert_eq!(kept(users("dadmin@fabrikam.contoso")), 0);
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
        let classes = vec![ClassPattern::Class(SessionClass::Service)];
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
}
