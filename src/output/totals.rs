//! Counts over a whole report.

use crate::model::{Host, Report};
use serde::Serialize;

/// How many computers, boots, sessions and attempts a report has; taken before a filter drops some, it says
/// how many there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Computers.
    pub computers: u64,
    /// Boots of all computers.
    pub boots: u64,
    /// Sessions of all computers.
    pub sessions: u64,
    /// Rows of attempts.csv.
    pub attempts: u64,
}

impl Totals {
    /// Counts what `report` has now.
    pub fn of(report: &Report) -> Totals {
        let sum = |count: fn(&Host) -> usize| report.hosts.iter().map(count).sum::<usize>() as u64;
        Totals {
            computers: report.hosts.len() as u64,
            boots: sum(|host| host.boots.len()),
            sessions: sum(|host| host.sessions.len()),
            attempts: sum(|host| host.attempts.len()),
        }
    }
}
