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

/// The boots that the numbers of the Terminal Services sessions show, in the order of their records.
#[derive(Debug, Default)]
pub(super) struct HiddenBoots<'a>(Vec<HiddenBoot<'a>>);

impl<'a> HiddenBoots<'a> {
    pub(super) fn of(context: &BootContext<'a>) -> HiddenBoots<'a> {
        let mut holders: BTreeMap<u32, &TerminalSession<'a>> = BTreeMap::new();
        let mut boots = Vec::new();
        for session in &context.terminal_sessions {
            let Some(by) = session.first_of_logon() else { continue };
            let last = holders.insert(session.number, session).and_then(last_if_open);
            boots.extend(
                last.filter(|last| is_next_without_gap(last, by, context))
                    .map(|last| HiddenBoot { before: context.clock.time(last), by }),
            );
        }
        boots.retain(|boot| !is_refuted(boot, context));
        HiddenBoots(boots)
    }

    /// The first record of a later boot than the one in which the user of this session logged on.
    pub(super) fn first_after(
        &self,
        session: &TerminalSession<'_>,
        context: &BootContext<'_>,
    ) -> Option<&'a Event> {
        let began = context.clock.time(session.records.first()?);
        self.0.iter().find(|boot| began <= boot.before).map(|boot| boot.by)
    }

    /// May such a boot have begun after the logon of this session, or before it? Only its own records show that it was
    /// open.
    pub(super) fn may_begin_after(
        &self,
        session: &TerminalSession<'_>,
        context: &BootContext<'_>,
    ) -> bool {
        let Some(first) = session.records.first() else { return false };
        let began = context.clock.time(first);
        self.0.iter().any(|boot| boot.before < began && began < context.clock.time(boot.by))
    }
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

/// Has a session records on both sides? It was open at that time, so no boot began there.
fn is_refuted(boot: &HiddenBoot<'_>, context: &BootContext<'_>) -> bool {
    let until = context.clock.time(boot.by);
    context.terminal_sessions.iter().any(|session| {
        let mut times = session.records.iter().map(|event| context.clock.time(event));
        let began_before = times.next().is_some_and(|first| first <= boot.before);
        began_before && times.any(|time| time >= until)
    })
}
