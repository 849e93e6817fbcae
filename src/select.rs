//! Which sessions are written. A filter is applied to finished sessions and keeps or drops each as a
//! whole, so it never separates the events of a session.

use crate::model::session::logon_type_name;
use crate::model::{Account, Boot, Host, Report, Session, SessionClass, Timestamp};
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
    pub fn apply(&self, report: &mut Report) {
        report.hosts.retain(|host| self.keeps_computer(host));
        for host in &mut report.hosts {
            host.sessions.retain(|session| self.keeps_session(session));
        }
    }

    fn keeps_computer(&self, host: &Host) -> bool {
        let aliases = host.boots.iter().flat_map(|boot: &Boot| &boot.computer_names);
        self.computers.is_empty()
            || std::iter::once(&host.computer).chain(aliases).any(|name| {
                let full = name.split_once('~').map_or(&**name, |(name, _)| name);
                let label = full.split_once('.').map_or(full, |(label, _)| label);
                [&**name, full, label].iter().any(|name| matches_any(&self.computers, name))
            })
    }

    fn keeps_session(&self, session: &Session) -> bool {
        let has_type = self.logon_types.is_empty()
            || session.logon_type.is_some_and(|number| self.logon_types.contains(&number));
        let has_class = self.classes.is_empty() || self.classes.contains(&session.class);
        self.keeps_time(session) && has_type && has_class && self.keeps_user(&session.account)
    }

    /// An unknown start or end may lie at any time: it excludes no session.
    fn keeps_time(&self, session: &Session) -> bool {
        let start = session.start.as_ref().map(|moment| moment.time);
        let end = session.end.not_after.or(session.end.time);
        self.since.is_none_or(|since| end.is_none_or(|end| end >= since))
            && self.until.is_none_or(|until| start.is_none_or(|start| start <= until))
    }

    fn keeps_user(&self, account: &Account) -> bool {
        let Account { sid, user, domain } = account;
        self.users.is_empty()
            || [&**sid, &**user, &format!("{domain}\\{user}"), &format!("{user}@{domain}")]
                .iter()
                .any(|name| !name.is_empty() && matches_any(&self.users, name))
    }
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
    use crate::model::sample;
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
