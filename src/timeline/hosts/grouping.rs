//! Groups the records of all logs by computer.
//!
//! A computer name does not identify a computer: computers are renamed and join domains, and
//! computers that were installed from one image have the same name at first. One native log is of
//! one computer. Two logs are joined if they share a name and no record contradicts that they are
//! of one computer.

use super::fragments::{LogFragment, fragments};
use super::joining::{JoinScope, Joining};
use crate::model::{Event, Finding, FindingCode, LogSummary, Text};
use crate::timeline::must::{must, must_hold};

pub(crate) use super::fragments::{EventsByChannel, events_of, newest_name, newest_record};

/// The fragments of one computer.
pub(crate) type HostLogs = Vec<LogFragment>;

/// Groups events by computer, and reports the logs that were not compared. The order of the result
/// depends on the evidence alone, not on arguments or threads.
pub(crate) fn group(events: Vec<Event>, logs: &[LogSummary]) -> (Vec<HostLogs>, Vec<Finding>) {
    let fragments = fragments(events, logs);
    let mut joining = Joining::of(&fragments);
    // First the logs in the same folder are joined, then logs from all folders.
    let groups = (0..fragments.len()).map(|fragment| vec![fragment]).collect();
    let groups = joining.join(groups, JoinScope::SameFolder);
    let groups = joining.join(groups, JoinScope::Anywhere);
    let findings = joining.not_compared.iter().map(not_joined).collect();
    let mut slots: Vec<Option<LogFragment>> = fragments.into_iter().map(Some).collect();
    let mut take = |fragment: usize| {
        let own = slots.get_mut(fragment).and_then(Option::take);
        must(own, "a fragment is in one group only")
    };
    let groups = groups.into_iter().map(|group| group.into_iter().filter_map(&mut take).collect());
    let groups: Vec<HostLogs> = groups.collect();
    must_hold(slots.iter().all(Option::is_none), "each fragment is in a group");
    (groups, findings)
}

/// The finding about logs that share a name and are too many to be compared.
fn not_joined((name, logs): (&&str, &usize)) -> Finding {
    let message = format!(
        "{logs} logs have the name {name} and record IDs in common, more than are compared: those of one \
         computer may stand as several here. Give the logs of one computer at a time"
    );
    Finding { computer: Text::from(*name), ..Finding::new(FindingCode::LogsNotJoined, message) }
}
