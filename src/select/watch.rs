//! The watch list: accounts, security identifiers (SIDs), addresses, networks and computers.

use super::attempts::accounts;
use super::names::NamePattern;
use super::sources::SourcePattern;
use crate::model::{Attempt, Flag, Host, Report, Session};

/// A line that begins with this is a comment.
const COMMENT: char = '#';

/// What to look out for. Sessions that have to do with it are flagged, none is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchList {
    entries: Vec<SourcePattern>,
}

impl WatchList {
    /// Reads one entry from each line; empty lines and those that begin with `#` say nothing. An entry is
    /// an account or a SID as for `--user`, an address, a network, or the name of a client or of a
    /// computer.
    ///
    /// # Errors
    /// A sentence that names the first line that is no entry.
    pub fn parse(text: &str) -> Result<WatchList, String> {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).zip(1..);
        let said = lines.filter(|(line, _)| !line.is_empty() && !line.starts_with(COMMENT));
        let entry = |(line, number): (&str, u64)| {
            line.parse().map_err(|why| format!("line {number}: {line}: {why}"))
        };
        Ok(WatchList { entries: said.map(entry).collect::<Result<_, String>>()? })
    }

    /// Flags the sessions and the attempts of the report that have to do with an entry ([`Flag::Watched`]), and
    /// says how many of the sessions these are.
    pub fn mark(&self, report: &mut Report) -> u64 {
        let mut marked = 0;
        for host in &mut report.hosts {
            let watched: Vec<bool> =
                host.sessions.iter().map(|session| self.has(host, session)).collect();
            let attempts: Vec<bool> =
                host.attempts.iter().map(|attempt| self.has_attempt(host, attempt)).collect();
            for (attempt, _) in host.attempts.iter_mut().zip(attempts).filter(|(_, is)| *is) {
                attempt.flags.push(Flag::Watched);
            }
            for (session, _) in host.sessions.iter_mut().zip(watched).filter(|(_, is)| *is) {
                session.flags.push(Flag::Watched);
                marked += 1;
            }
        }
        marked
    }

    fn has_attempt(&self, host: &Host, attempt: &Attempt) -> bool {
        self.entries.iter().any(|entry| {
            let is_named = |name: &NamePattern| {
                let server = attempt.detail.target_server();
                accounts(attempt).any(|account| name.names_account_of(host, account))
                    || name.names_computer(host)
                    || !server.is_empty() && name.names_label(server)
            };
            entry.matches_attempt(host, attempt) || entry.name().is_some_and(is_named)
        })
    }

    fn has(&self, host: &Host, session: &Session) -> bool {
        self.entries.iter().any(|entry| {
            let is_named = |name: &NamePattern| {
                name.names_account_of(host, &session.account) || name.names_computer(host)
            };
            entry.matches(host, session) || entry.name().is_some_and(is_named)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    /// The sample has two sessions of dadmin, one of them open, one of a service that runs as dadmin, and
    /// one of a hostile name from 10.0.0.5; all of them were attached to CLIENT at 10.0.0.5.
    #[test]
    fn what_is_on_the_list_is_flagged() {
        let marked = |text: &str| {
            let mut report = sample::report();
            for session in report.hosts.iter_mut().flat_map(|host| &mut host.sessions) {
                session.attachments.clear();
            }
            let count = WatchList::parse(text).unwrap().mark(&mut report);
            let has = |session: &&Session| session.flags.contains(&Flag::Watched);
            assert_eq!(report.sessions().filter(|(_, one)| has(one)).count() as u64, count);
            count
        };
        assert_eq!(marked("\u{feff}# nobody\r\n\r\nCONTOSO\\dadmin\r\n"), 3);
        assert_eq!(marked("S-1-5-21-1-2-3-1105"), 1);
        assert_eq!(marked("10.0.0.0/24\n"), 1);
        assert_eq!(marked("client"), 1);
        assert_eq!(marked("win-old"), 4);
        assert_eq!(marked("eve\n10.0.1.0/24\n#dadmin"), 0);
        let wrong = WatchList::parse("dadmin\n10.0.0.0/99\n").unwrap_err();
        assert_eq!(wrong, "line 2: 10.0.0.0/99: not a network; give one such as 10.0.0.0/8");
    }
}
