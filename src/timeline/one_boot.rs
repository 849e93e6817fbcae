//! One boot: runs all steps from its records to its row, its sessions, its attempts and its
//! findings. No session outlasts its boot, so boots are independent of each other and are built in
//! parallel.

use super::attempts;
use super::boot::context::{BootContext, HostContext};
use super::boot::ending::NextBoot;
use super::boot::facts::BootFacts;
use super::boot::row;
use super::boots::partition::BootEvents;
use super::findings;
use super::self_checks;
use super::sessions;
use crate::model::{Accounting, Attempt, Boot, Finding, Session};

/// The result for one boot.
pub(crate) struct BootResult {
    /// `None`: this is boot 0, and there are no records before the first known boot.
    pub(crate) row: Option<Boot>,
    /// In the order of their first records; the sessions that Security does not show come first.
    pub(crate) sessions: Vec<Session>,
    /// In the order of their first records.
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) accounting: Accounting,
}

/// Reconstructs a boot from its records and facts; `later` is what later boots say of its end.
pub(crate) fn reconstruct<'a>(
    host: &'a HostContext,
    records: BootEvents<'a>,
    facts: &'a BootFacts<'a>,
    later: NextBoot,
) -> BootResult {
    let context = BootContext::of(host, records, facts, later);
    let mut built = sessions::build(&context);
    let mut findings = std::mem::take(&mut built.findings);
    findings.extend(findings::of_sessions(&built, &context));
    findings.extend(self_checks::of_sessions(&built, &context));
    let (of_records, incidents) = findings::of_records(&context);
    findings.extend(of_records);
    let attempts = attempts::of_boot(&context, &built);
    findings.extend(attempts.findings);
    let (sessions, mut accounting) = sessions::into_rows(built);
    accounting.add(&attempts.accounting);
    // Attempts that were recovered give a boot no extent in time. They are shown all the same.
    let has_row = context.start.is_some()
        || !sessions.is_empty()
        || !attempts.rows.is_empty()
        || facts.has_history(host.starts.first());
    let row = has_row.then(|| Boot { incidents, ..row::row(&context, sessions.len()) });
    findings.extend(findings::of_start(&context));
    findings.extend(findings::of_end(&context, row.as_ref()));
    findings.extend(self_checks::of_boot(&sessions, row.as_ref(), &context));
    BootResult { row, sessions, attempts: attempts.rows, findings, accounting }
}
