//! The sessions of one boot epoch. No session outlasts its boot, so that epochs are built each on
//! its own and side by side.

use super::close::Close;
use super::coverage::Coverage;
use super::epochs::BootStart;
use super::facts::Facts;
use super::records::Records;
use super::{
    attachments, clock, corroboration, drafts, ends, findings, inferred, pairs, revalidation,
    terminal,
};
use crate::model::{Accounting, Finding, Session};

/// What the sessions of an epoch are made from.
pub(super) struct Sources<'a> {
    pub(super) records: Records<'a>,
    /// `None`: it is what lies before the first known boot.
    pub(super) boot: Option<&'a BootStart>,
    pub(super) facts: &'a Facts<'a>,
    pub(super) close: &'a Close<'a>,
    /// What is missing from the computer's Security log.
    pub(super) coverage: &'a Coverage,
    /// A logoff stands anywhere in that.
    pub(super) logoffs_audited: bool,
}

/// What an epoch gives.
pub(super) struct Told {
    /// By their first record; those without a record of their own before the others.
    pub(super) sessions: Vec<Session>,
    pub(super) findings: Vec<Finding>,
    pub(super) accounting: Accounting,
}

/// Builds the sessions of an epoch.
pub(super) fn sessions(sources: &Sources<'_>) -> Told {
    let Sources { records, boot, facts, close, coverage, logoffs_audited } = *sources;
    let mut drafts = drafts::drafts(records, boot);
    pairs::infer(&mut drafts);
    let begun = boot.and_then(|boot| boot.clock.as_ref()).map(|event| event.time);
    let clock = clock::Clock::of(records, facts, begun);
    let desktops = terminal::desktops(records, &clock);
    ends::decide(&mut drafts, facts, close, coverage, logoffs_audited);
    clock::correct(&mut drafts, &clock);
    revalidation::attach(&mut drafts);
    revalidation::parents(&mut drafts);
    attachments::attach(&mut drafts, records, &desktops, &clock);
    revalidation::confirm(&mut drafts, &clock);
    corroboration::cite(&mut drafts, records, &desktops, &clock);
    let mut sessions = inferred::sessions(records.epoch, &desktops, facts, close, &clock);

    let mut findings = std::mem::take(&mut drafts.findings);
    findings.extend(findings::of_sessions(&drafts, facts, coverage));
    findings.extend(findings::of_records(records, facts));
    let accounting = drafts.accounting;
    let mut list = drafts.list;
    list.sort_unstable_by_key(|draft| {
        let first = draft.first;
        (first.record_id, first.recovered, first.time, first.place)
    });
    sessions.reserve_exact(list.len());
    sessions.extend(list.into_iter().map(|draft| draft.session));
    sessions.iter_mut().for_each(Session::shrink);
    Told { sessions, findings, accounting }
}
