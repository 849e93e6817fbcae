//! Boots that only the numbers of Terminal Services sessions show. Where neither Security nor System
//! reaches, such a boot is not in the table, but it bounds the end of the sessions before it.
//!
//! A number is never given again while its session is open. If it is, and no record is missing in
//! between, the computer was restarted.
//!
//! Example: on Monday, 21 of bob with number 1, then 21 of carol with number 2, then 24 of bob, and no 23. On Tuesday, 41 of
//! alice with number 1: the sessions of bob and carol ended before that. Had carol come after the last record of bob, it
//! would not be known whether she came before or after the restart.

use crate::model::{Channel, Event, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::boot::terminal_sessions::TerminalSession;
use std::collections::BTreeMap;

/// A boot that began between two records of the Local Session Manager.
#[derive(Debug)]
struct HiddenBoot<'a> {
    /// The last record of the session that had the number. It is of an earlier boot.
    before: Timestamp,
    /// The logon that was given the number. It is of this boot or of a later one.
    by: &'a Event,
}

/// The numbers of the Terminal Services sessions of a boot, and the boots that they show.
#[derive(Debug, Default)]
pub(super) struct NumbersGivenAgain<'a> {
    /// In the order of their records.
    boots: Vec<HiddenBoot<'a>>,
    /// For each boot, the latest `before` of the boots up to it.
    latest_before: Vec<Timestamp>,
    /// The times of `before` and of `by`, in the order of `before`; of `by`, the latest one up to there.
    spans: Vec<(Timestamp, Timestamp)>,
    /// The earliest first record of the sessions with each number.
    first_of_number: BTreeMap<u32, Timestamp>,
}

impl<'a> NumbersGivenAgain<'a> {
    pub(super) fn of(context: &BootContext<'a>) -> NumbersGivenAgain<'a> {
        let clock = &context.clock;
        let mut holders: BTreeMap<u32, &TerminalSession<'a>> = BTreeMap::new();
        let mut boots = Vec::new();
        for session in &context.terminal_sessions {
            let Some(by) = session.first_of_logon() else { continue };
            let last = holders.insert(session.number, session).and_then(last_if_open);
            boots.extend(
                last.filter(|last| is_next_without_gap(last, by, context))
                    .map(|last| HiddenBoot { before: clock.time(last), by }),
            );
        }
        if !boots.is_empty() {
            let open = with_latest_until(times_of_sessions(context));
            boots.retain(|boot| !is_within(&open, boot.before, clock.time(boot.by), Timestamp::le));
        }
        let spans = boots.iter().map(|boot| (boot.before, clock.time(boot.by))).collect();
        let latest_before = boots.iter().scan(None, |latest: &mut Option<Timestamp>, boot| {
            *latest = Some(latest.map_or(boot.before, |latest| latest.max(boot.before)));
            *latest
        });
        NumbersGivenAgain {
            latest_before: latest_before.collect(),
            spans: with_latest_until(spans),
            first_of_number: first_of_number(context),
            boots,
        }
    }

    /// Has an earlier session the same number? Within a boot, no number was seen to be given to two sessions.
    pub(super) fn is_given_again(
        &self,
        session: &TerminalSession<'_>,
        context: &BootContext<'_>,
    ) -> bool {
        let first = session.records.first().map(|event| context.clock.time(event));
        let earliest = self.first_of_number.get(&session.number);
        first.zip(earliest).is_some_and(|(first, earliest)| *earliest < first)
    }

    /// The first record of a later boot than the one in which the user of this session logged on.
    pub(super) fn hidden_boot_after(
        &self,
        session: &TerminalSession<'_>,
        context: &BootContext<'_>,
    ) -> Option<&'a Event> {
        let began = context.clock.time(session.records.first()?);
        let at = self.latest_before.partition_point(|before| *before < began);
        self.boots.get(at).map(|boot| boot.by)
    }

    /// May such a boot have begun after the logon of this session, or before it? Only its own records show that it was
    /// open.
    pub(super) fn hidden_boot_may_begin_after(
        &self,
        session: &TerminalSession<'_>,
        context: &BootContext<'_>,
    ) -> bool {
        let Some(first) = session.records.first() else { return false };
        let began = context.clock.time(first);
        is_within(&self.spans, began, began, Timestamp::lt)
    }
}

/// The earliest first record of the sessions with each number.
fn first_of_number(context: &BootContext<'_>) -> BTreeMap<u32, Timestamp> {
    let mut first_of: BTreeMap<u32, Timestamp> = BTreeMap::new();
    for session in &context.terminal_sessions {
        if let Some(first) = session.records.first().map(|event| context.clock.time(event)) {
            let known = first_of.entry(session.number).or_insert(first);
            *known = first.min(*known);
        }
    }
    first_of
}

/// The first time and the last one of each Terminal Services session that has several records. A session that has
/// records on both sides of a moment was open then, so no boot began there.
fn times_of_sessions(context: &BootContext<'_>) -> Vec<(Timestamp, Timestamp)> {
    let times = |session: &TerminalSession<'_>| {
        let mut times = session.records.iter().map(|event| context.clock.time(event));
        Some((times.next()?, times.max()?))
    };
    context.terminal_sessions.iter().filter_map(times).collect()
}

/// Sorts spans by their beginnings, and gives each the latest end of the spans up to it.
fn with_latest_until(mut spans: Vec<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    spans.sort_unstable();
    let mut latest = None;
    for (_, until) in &mut spans {
        *until = latest.map_or(*until, |latest: Timestamp| latest.max(*until));
        latest = Some(*until);
    }
    spans
}

/// Does one of these spans reach from before `from` until after `until`? `is_before` compares two times.
fn is_within(
    spans: &[(Timestamp, Timestamp)],
    from: Timestamp,
    until: Timestamp,
    is_before: fn(&Timestamp, &Timestamp) -> bool,
) -> bool {
    let begun = spans.partition_point(|(first, _)| is_before(first, &from));
    let latest = begun.checked_sub(1).and_then(|at| spans.get(at));
    latest.is_some_and(|(_, last)| is_before(&until, last))
}

/// The last record of a session of which the Local Session Manager has the logon and no logoff.
fn last_if_open<'a>(session: &TerminalSession<'a>) -> Option<&'a Event> {
    let is_open = session.end.is_none()
        && session.start.is_some_and(|start| start.channel == Channel::LocalSessionManager);
    session.records.last().copied().filter(|_| is_open)
}

/// Are both records of the Local Session Manager, and is no record of it missing between them? The logoff may be among
/// missing records.
fn is_next_without_gap(last: &Event, logon: &Event, context: &BootContext<'_>) -> bool {
    [last, logon].iter().all(|event| event.channel == Channel::LocalSessionManager)
        && last.record_id < logon.record_id
        && !context
            .host
            .session_manager_gaps
            .may_lack_records_between(last.record_id, logon.record_id)
}
