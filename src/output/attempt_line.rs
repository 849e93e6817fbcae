//! The line about failed logons below the table of sessions, which does not show them.

use crate::model::{AttemptKind, Report};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many logons failed, of how many accounts, and of which most: `46 logons failed, of 5 accounts (23 of
/// anit.ghosh)`. `None` where none did. The name is that of the evidence.
pub fn failed_logons(report: &Report) -> Option<String> {
    let attempts = report.hosts.iter().flat_map(|host| &host.attempts);
    let mut of_each: BTreeMap<String, (&str, u64)> = BTreeMap::new();
    for attempt in attempts.filter(|attempt| attempt.kind() == AttemptKind::FailedLogon) {
        let user = &*attempt.detail.account().user;
        let (_, count) = of_each.entry(user.to_lowercase()).or_insert((user, 0));
        *count = count.saturating_add(attempt.count);
    }
    let all = of_each.values().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
    let (user, most) = of_each.values().max_by_key(|(user, count)| (*count, Reverse(*user)))?;
    let logons = if all == 1 { "1 logon" } else { &format!("{all} logons") };
    let user = if user.is_empty() { "an account without a name" } else { user };
    Some(match of_each.len() {
        1 => format!("{logons} of {user} failed"),
        many => format!("{logons} of {many} accounts failed, {most} of {user}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn the_line_names_the_account_that_failed_most() {
        let mut report = sample::report();
        report.hosts[0].attempts = vec![];
        assert_eq!(failed_logons(&report), None);
        report.hosts[0].attempts = vec![sample::failed_logons("bob", 1)];
        assert_eq!(failed_logons(&report).unwrap(), "1 logon of bob failed");
        report.hosts[0].attempts.push(sample::failed_logons("BOB", 2));
        report.hosts[0].attempts.push(sample::failed_logons("alice", 3));
        report.hosts[0].attempts.push(sample::explicit_credentials());
        assert_eq!(failed_logons(&report).unwrap(), "6 logons of 2 accounts failed, 3 of alice");
    }
}
