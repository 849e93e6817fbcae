//! What one boot epoch tells: its row, its sessions, and what an examiner must know of both. No
//! session outlasts its boot, so that epochs are told each on its own and side by side.

use super::boot::{adjusted_clock, row, terminal_sessions};
use super::findings;
use super::sessions::{
    attachments, builder, corroboration, ends, inferred, linked_logons, revalidations,
};
use crate::model::{Accounting, Boot, Finding, Session};
use crate::timeline::boot::ending::{Ahead, Close};
use crate::timeline::boot::facts::Facts;
use crate::timeline::boots::epochs::BootStart;
use crate::timeline::boots::partition::Records;
use crate::timeline::channel::gaps::Coverage;
use crate::timeline::findings::Shown;

/// What is known of a computer before its boots are told.
pub(crate) struct Known {
    /// How each boot began.
    pub(crate) starts: Vec<BootStart>,
    /// Security and System are there.
    pub(crate) both: bool,
    /// Which boots each of these shows.
    pub(crate) shown: Shown,
    /// What is missing from Security.
    pub(crate) coverage: Coverage,
    /// A logoff stands anywhere in it.
    pub(crate) logoffs_audited: bool,
}

/// What an epoch gives.
pub(crate) struct Told {
    /// `None`: nothing lies before the first known boot.
    pub(crate) row: Option<Boot>,
    /// By their first record; those without a record of their own before the others.
    pub(crate) sessions: Vec<Session>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) accounting: Accounting,
}

impl Known {
    /// How an epoch began; `None` before the first known boot.
    pub(crate) fn start(&self, epoch: usize) -> Option<&BootStart> {
        epoch.checked_sub(1).and_then(|at| self.starts.get(at))
    }

    /// What an epoch was like.
    pub(crate) fn facts<'a>(&'a self, records: Records<'a>) -> Facts<'a> {
        Facts::of(records, self.start(records.epoch + 1))
    }

    /// Tells an epoch from its records and what they come to.
    pub(crate) fn tell(&self, records: Records<'_>, facts: &Facts<'_>, ahead: Ahead) -> Told {
        let epoch = records.epoch;
        let boot = self.start(epoch);
        let close = Close::of(facts, self.start(epoch + 1), ahead);
        let mut told = self.sessions(records, boot, facts, &close);
        let is_one = boot.is_some()
            || !told.sessions.is_empty()
            || row::has_history(facts, self.starts.first());
        told.row = is_one.then(|| Boot {
            sessions: told.sessions.len() as u64,
            ..row::row(epoch, boot, self.both, facts, &close)
        });
        let start = boot.map(|boot| findings::of_start(epoch, boot, &self.shown));
        told.findings.extend(start.unwrap_or_default());
        told.findings.extend(findings::of_end(epoch, told.row.as_ref(), facts, &close));
        told
    }

    fn sessions(
        &self,
        records: Records<'_>,
        boot: Option<&BootStart>,
        facts: &Facts<'_>,
        close: &Close<'_>,
    ) -> Told {
        let coverage = &self.coverage;
        let begun = boot.and_then(|boot| boot.clock.as_ref()).map(|event| event.time);
        let mut drafts = builder::drafts(records, boot);
        linked_logons::infer(&mut drafts);
        let clock = adjusted_clock::Clock::of(records, facts, begun);
        let desktops = terminal_sessions::desktops(records, &clock);
        ends::decide(&mut drafts, facts, close, coverage, self.logoffs_audited);
        adjusted_clock::correct(&mut drafts, &clock);
        revalidations::attach(&mut drafts);
        revalidations::parents(&mut drafts);
        attachments::attach(&mut drafts, records, &desktops, &clock);
        revalidations::confirm(&mut drafts, &clock);
        corroboration::cite(&mut drafts, records, &desktops, &clock);
        let inferred = inferred::sessions(records.epoch, boot, &desktops, facts, close, &clock);

        let mut findings = std::mem::take(&mut drafts.findings);
        findings.extend(findings::of_sessions(&drafts, facts, coverage));
        findings.extend(findings::of_records(records, facts));
        let accounting = drafts.accounting;
        let mut list = drafts.list;
        list.sort_unstable_by_key(|draft| {
            let first = draft.first;
            (first.record_id, first.recovered, first.time, first.location)
        });
        // Where the drafts stood: thousands of sessions are not held twice.
        let mut sessions: Vec<Session> = list.into_iter().map(|draft| draft.session).collect();
        sessions.splice(0..0, inferred);
        sessions.iter_mut().for_each(Session::shrink);
        Told { row: None, sessions, findings, accounting }
    }
}
