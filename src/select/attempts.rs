//! Which attempts are written: the filters of sessions, as far as they apply to attempts.

use super::{Filter, is_any};
use crate::model::{Account, Attempt, Host};

impl Filter {
    /// Whether it keeps an attempt: of an account that was tried or that asked for it, from a source, of a logon
    /// type or the class that it would have given, at a time. None was open or has a length.
    pub(super) fn keeps_attempt(&self, host: &Host, attempt: &Attempt) -> bool {
        let detail = &attempt.detail;
        let (first, last) = (attempt.first.time, attempt.last.time);
        is_any(&self.logon_types, |number| detail.logon_type() == Some(*number))
            && is_any(&self.classes, |class| class.matches_logon_type(detail.logon_type()))
            && is_any(&self.users, |pattern| {
                accounts(attempt).any(|account| pattern.names_account_of(host, account))
            })
            && is_any(&self.sources, |source| source.matches_attempt(host, attempt))
            && !self.open
            && self.min_length.is_none()
            && self.off_hours.as_ref().is_none_or(|off| off.contains(first) || off.contains(last))
            && self.since.is_none_or(|since| since <= last)
            && self.until.is_none_or(|until| first <= until)
    }
}

/// Who was tried, and who asked for it.
pub(super) fn accounts(attempt: &Attempt) -> impl Iterator<Item = &Account> {
    let subject = attempt.detail.subject().map(|(account, _)| account);
    std::iter::once(&**attempt.detail.account()).chain(subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flag;
    use crate::model::{Report, Span, sample};
    use crate::select::{OffHours, WatchList, parse_since, parse_until};

    /// Three logons of the hostile name failed from 02:55 on, over the network from 10.0.0.5; dadmin used the
    /// credentials of eve for FS01 at 03:04.
    fn kept(filter: Filter) -> Vec<String> {
        let mut report = sample::report();
        filter.apply(&mut report);
        names(&report)
    }

    fn names(report: &Report) -> Vec<String> {
        let attempts = report.hosts.iter().flat_map(|host| &host.attempts);
        attempts.map(|attempt| attempt.kind().to_string()).collect()
    }

    #[test]
    fn attempts_are_kept_as_sessions_are() {
        let (failed, explicit) = ("failed-logon", "explicit-credentials");
        let users =
            |text: &str| kept(Filter { users: vec![text.parse().unwrap()], ..Filter::default() });
        assert_eq!(kept(Filter::default()), [failed, explicit]);
        assert_eq!(users("eve"), [explicit]);
        assert_eq!(users("contoso\\dadmin"), [explicit], "who asked for it");
        assert_eq!(users("nobody"), [""; 0]);
        for (source, expected) in
            [("10.0.0.0/24", vec![failed]), ("client", vec![failed]), ("10.1.0.0/16", vec![])]
        {
            let sources = vec![source.parse().unwrap()];
            assert_eq!(kept(Filter { sources, ..Filter::default() }), expected, "{source}");
        }
        let classes =
            |text: &str| kept(Filter { classes: vec![text.parse().unwrap()], ..Filter::default() });
        assert_eq!((classes("network"), classes("rdp")), (vec![failed.to_owned()], vec![]));
        assert_eq!(kept(Filter { logon_types: vec![3], ..Filter::default() }), [failed]);
        assert_eq!(kept(Filter { open: true, ..Filter::default() }), [""; 0]);
        let long = Filter { min_length: Some(Span(1)), ..Filter::default() };
        assert_eq!(kept(long), [""; 0]);
    }

    #[test]
    fn an_attempt_is_there_from_its_first_to_its_last_event() {
        let between = |since: &str, until: &str| {
            let (since, until) = (parse_since(since).unwrap(), parse_until(until).unwrap());
            kept(Filter { since: Some(since), until: Some(until), ..Filter::default() })
        };
        let day = "2015-09-09T";
        assert_eq!(between(&format!("{day}02:55:01"), &format!("{day}02:55:01")), ["failed-logon"]);
        assert_eq!(between(&format!("{day}02:55:03"), &format!("{day}03:03:59")), [""; 0]);
        assert_eq!(
            between(&format!("{day}03:00"), &format!("{day}04:00")),
            ["explicit-credentials"]
        );
        let off = |text: &str| {
            let zone = "UTC".parse().unwrap();
            let off_hours = Some(OffHours::parse(text, zone).unwrap());
            kept(Filter { off_hours, ..Filter::default() })
        };
        assert_eq!(off("02:00-03:00"), ["failed-logon"]);
    }

    #[test]
    fn attempts_of_the_watch_list_are_flagged() {
        let watched = |text: &str| -> Vec<bool> {
            let mut report = sample::report();
            WatchList::parse(text).unwrap().mark(&mut report);
            let attempts = report.hosts.iter().flat_map(|host| &host.attempts);
            attempts.map(|attempt| attempt.flags.contains(&Flag::Watched)).collect()
        };
        assert_eq!(watched("eve"), [false, true]);
        assert_eq!(watched("10.0.0.5"), [true, false]);
        assert_eq!(watched("fs01"), [false, true], "the server that the credentials were for");
        assert_eq!(watched("client\ndadmin"), [true, true]);
        assert_eq!(watched("win-old"), [true, true], "the computer");
        assert_eq!(watched("mallory"), [false, false]);
    }
}
