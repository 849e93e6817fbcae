//! Which records belong to one computer: the records of all logs, grouped by computer.
//!
//! A computer is not a name: it is renamed, it joins domains, and it shares the name inside its
//! install image with other computers. One native log is one computer. Logs are joined where they
//! share a name and no record contradicts that they are of one computer.

use super::fragments::{LogFragment, fragments};
use super::joining::{Joining, Place};
use crate::model::{Event, Finding, FindingCode, LogSummary, Text};

pub(crate) use super::fragments::{EventsByChannel, events_of, newest_name, newest_record};

/// The fragments of one computer.
pub(crate) type HostLogs = Vec<LogFragment>;

/// Groups events by computer, and says which logs were not compared. The order of the result depends on the evidence alone, not on
/// arguments or threads.
pub(crate) fn group(events: Vec<Event>, logs: &[LogSummary]) -> (Vec<HostLogs>, Vec<Finding>) {
    let fragments = fragments(events, logs);
    let mut joining = Joining::of(&fragments);
    // First logs that lie in one folder, then logs from anywhere.
    let nodes = (0..fragments.len()).map(|fragment| vec![fragment]).collect();
    let nodes = joining.join(nodes, Place::OneFolder);
    let nodes = joining.join(nodes, Place::Anywhere);
    let findings = joining.not_compared.iter().map(not_joined).collect();
    let mut slots: Vec<Option<LogFragment>> = fragments.into_iter().map(Some).collect();
    let mut take = |fragment: usize| slots.get_mut(fragment).and_then(Option::take);
    let groups = nodes.into_iter().map(|node| node.into_iter().filter_map(&mut take).collect());
    (groups.collect(), findings)
}

/// So many logs that share a name are too many to be compared.
fn not_joined((name, logs): (&&str, &usize)) -> Finding {
    let message = format!(
        "{logs} logs have the name {name} and record IDs in common, more than are compared: those of one \
         computer may stand as several here. Give the logs of one computer at a time"
    );
    Finding { computer: Text::from(*name), ..Finding::new(FindingCode::LogsNotJoined, message) }
}
