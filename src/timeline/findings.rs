//! What an examiner must know about one computer beside its tables.

use super::coverage::Coverage;
use super::drafts::{Drafts, number};
use super::epochs::{Epoch, Epochs};
use super::facts::{ClockStep, Facts};
use super::lineage::Streams;
use super::security::StartMark;
use crate::model::session::StartCause;
use crate::model::{Boot, BootEnd, Channel, Event, Finding, FindingCode, LogSummary, What};
use std::collections::BTreeMap;

/// A finding about one record of an epoch.
fn about(code: FindingCode, epoch: Option<usize>, event: &Event, message: String) -> Finding {
    Finding::about(code, epoch.map(number), event, message)
}

/// Of the records themselves: cleared, full, archived, dropped, lost, renamed, clock steps.
pub(super) fn of_records(streams: &Streams, epochs: &Epochs, facts: &[Facts<'_>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts
        .iter()
        .enumerate()
        .flat_map(|(epoch, facts)| facts.steps.iter().map(move |step| clock_step(epoch, step)))
        .collect();
    for (channel, events) in streams {
        let Some(numbers) = epochs.assigned.get(channel) else { continue };
        for (event, &epoch) in events.iter().zip(numbers).filter(|(event, _)| !event.recovered) {
            if let Some((code, message)) = of_record(event) {
                findings.push(about(code, Some(epoch), event, message));
            }
        }
    }
    findings
}

fn of_record(event: &Event) -> Option<(FindingCode, String)> {
    let channel = &event.channel;
    Some(match &event.what {
        What::LogCleared(cleared) => {
            let who = match (&*cleared.account.domain, &*cleared.account.user) {
                ("", user) => user.to_owned(),
                (domain, user) => format!("{domain}\\{user}"),
            };
            let log = match &*cleared.channel {
                "" => channel.name(),
                named => named,
            };
            let session =
                cleared.logon_id.map(|id| format!(" in session {id}")).unwrap_or_default();
            (FindingCode::LogCleared, format!("the {log} log was cleared by {who}{session}"))
        }
        What::LogFull => (
            FindingCode::LogFull,
            "the log was full and does not overwrite: what came after was not recorded".to_owned(),
        ),
        What::LogArchived(path) => (
            FindingCode::LogArchived,
            format!("the log was archived to {path}; give that file too, if it was collected"),
        ),
        What::AuditDropped => (
            FindingCode::AuditDropped,
            "audit events were dropped; at boot this marks an unclean shutdown".to_owned(),
        ),
        What::EventLost(id) => (
            FindingCode::EventLost,
            match id {
                0 => "an event could not be written".to_owned(),
                id => format!("an event {id} could not be written: the record of it is lost"),
            },
        ),
        What::Renamed(renamed) => (
            FindingCode::ComputerRenamed,
            format!("the computer was renamed from {} to {}", renamed.old, renamed.new),
        ),
        _ => return None,
    })
}

fn clock_step(epoch: usize, step: &ClockStep<'_>) -> Finding {
    let program = |event: &Event| match &event.what {
        What::ClockChanged(change) if !change.process.is_empty() => {
            Some(format!(" by {}", change.process))
        }
        _ => None,
    };
    let by = program(step.event).or_else(|| program(step.system?)).unwrap_or_default();
    let message =
        format!("the clock was set from {} to {} ({} s){by}", step.old(), step.new, step.by);
    about(FindingCode::ClockStep, Some(epoch), step.event, message)
}

/// Of the boots: crashes, boots that one channel does not show, boots without events, overlaps.
pub(super) fn of_boots(
    streams: &Streams,
    epochs: &Epochs,
    facts: &[Facts<'_>],
    rows: &[Boot],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, boot) in epochs.boots.iter().enumerate() {
        let epoch = at + 1;
        let Some(clock) = boot.clock(streams) else { continue };
        findings.extend(
            in_one_channel(streams, epochs, at, boot)
                .map(|message| about(FindingCode::BootInOneChannel, Some(epoch), clock, message)),
        );
        if let Some(mark) = boot.security.as_ref().map(|start| start.mark)
            && !matches!(mark, StartMark::LsassStarted | StartMark::SystemLog)
        {
            let by = match mark {
                StartMark::SystemLogon => "the logon of SYSTEM (type 0)",
                StartMark::LsassProcess => "a new process ID of LSASS",
                StartMark::LogonIdFell => "Logon IDs that began anew",
                StartMark::PolicyTable => "a second audit policy table (4902)",
                StartMark::Dropped => "an 1101 of its own",
                _ => "the records that are missing before it",
            };
            let message = format!("no 4608 was found for this boot; it is known by {by}");
            findings.push(about(FindingCode::BootInferred, Some(epoch), clock, message));
        }
        if let Some(before) = facts.get(at).and_then(|facts| facts.last)
            && clock.time < before.time
        {
            let message = format!(
                "the clock was set back: this boot begins at {} although the one before it was \
                 still up at {}",
                clock.time, before.time
            );
            findings.push(about(FindingCode::EpochsOverlap, Some(epoch), clock, message));
        }
    }
    findings.extend(rows.iter().filter(|row| row.end_cause == BootEnd::Crash).map(crash));
    // What was before the first known boot may have left no row.
    if let Some(sign) = facts.first().and_then(|facts| facts.crash.first())
        && rows.first().is_some_and(|row| row.epoch > 0)
    {
        let message = "the boot before the first known one ended without a shutdown".to_owned();
        findings.push(about(FindingCode::Crash, Some(0), sign, message));
    }
    findings.extend(without_events(rows));
    findings
}

fn crash(row: &Boot) -> Finding {
    let text = |time: Option<crate::model::Timestamp>| {
        time.map_or_else(|| "an unknown time".to_owned(), |time| time.to_string())
    };
    let message = format!(
        "the computer went down without a shutdown between {} and {}",
        text(row.end_not_before),
        text(row.end_not_after)
    );
    Finding {
        boot_epoch: Some(row.epoch),
        time: row.end_not_before,
        log: row.last_record.as_ref().map(|record| record.log),
        record_id: row.last_record.as_ref().map(|record| record.record_id),
        ..Finding::new(FindingCode::Crash, message)
    }
}

/// Says which channel lacks a boot, where that channel has records both before and after it.
fn in_one_channel(streams: &Streams, epochs: &Epochs, at: usize, boot: &Epoch) -> Option<String> {
    let around = |has: fn(&Epoch) -> bool| {
        epochs.boots.iter().take(at).any(has) && epochs.boots.iter().skip(at + 1).any(has)
    };
    let seen = |epoch: &Epoch| {
        epoch.security.as_ref().is_some_and(|start| start.mark != StartMark::SystemLog)
    };
    let both = streams.contains_key(&Channel::Security) && streams.contains_key(&Channel::System);
    match (both, seen(boot), boot.system.is_some()) {
        (true, true, false) if around(|epoch| epoch.system.is_some()) => Some(
            "the System log does not show this boot: after a crash the records of the last \
             moments are lost"
                .to_owned(),
        ),
        (true, false, true) if around(|epoch| epoch.security.is_some()) => {
            Some("the Security log does not show this boot".to_owned())
        }
        _ => None,
    }
}

/// `LastBootId` counts attempts: more of them than boots means boots without a record.
fn without_events(rows: &[Boot]) -> Vec<Finding> {
    let counted: Vec<(u32, u32)> =
        rows.iter().filter_map(|row| Some((row.epoch, row.boot_id?))).collect();
    let mut findings = Vec::new();
    for pair in counted.windows(2) {
        let [(epoch, id), (next_epoch, next_id)] = pair else { continue };
        let missing = next_id.saturating_sub(*id).saturating_sub(next_epoch - epoch);
        if missing == 0 {
            continue;
        }
        let message = format!(
            "Windows counted {missing} more boot attempt(s) before this boot than the logs show \
             (boot ID {id} in epoch {epoch}, {next_id} here)"
        );
        findings.push(Finding {
            boot_epoch: Some(*next_epoch),
            ..Finding::new(FindingCode::BootsWithoutEvents, message)
        });
    }
    findings
}

/// Of what is missing from a channel.
pub(super) fn of_coverage(
    channel: &Channel,
    coverage: &Coverage,
    events: &[Event],
    logs: &[LogSummary],
) -> Vec<Finding> {
    let Some(first) = events.first() else { return Vec::new() };
    let log = first.place.log;
    if coverage.selection {
        let path = logs.get(log.index()).map_or("", |log| log.path.as_str());
        let message = format!(
            "{path}: the {channel} records are a selection (exported or forwarded): that an event \
             is absent says nothing"
        );
        return vec![Finding {
            log: Some(log),
            ..Finding::new(FindingCode::LogSelection, message)
        }];
    }
    coverage
        .missing
        .iter()
        .map(|(from, to)| {
            let records = match to - from {
                0 => format!("record {from} is"),
                _ => format!("records {from} to {to} are"),
            };
            let message =
                format!("{channel} {records} missing: sessions open then may have ended there");
            Finding {
                log: Some(log),
                record_id: Some(*from),
                ..Finding::new(FindingCode::RecordGap, message)
            }
        })
        .collect()
}

/// Of the sessions: starts that are not there, logoff auditing, self-checks.
pub(super) fn of_sessions(
    drafts: &Drafts<'_>,
    facts: &[Facts<'_>],
    coverage: &Coverage,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut ends = 0_usize;
    let mut starts = 0_usize;
    for draft in &drafts.list {
        ends += usize::from(!draft.is_open());
        starts += usize::from(draft.start.is_some());
        if draft.session.start_cause == StartCause::Missing4624 && !coverage.selection {
            let id = draft.session.logon_id.map_or_else(String::new, |id| id.to_string());
            let message = format!(
                "session {id} of {} has no 4624 although its boot is in the log",
                draft.session.account.user
            );
            findings.push(about(
                FindingCode::LogonMissing,
                Some(draft.session.boot_epoch as usize),
                draft.first,
                message,
            ));
        }
        let session = &draft.session;
        if session.initiated.is_some() && draft.start.is_some() && !draft.is_user32() {
            let process = &session.how.logon_process;
            let message =
                format!("a 4647 for a session of logon process {process:?}: only User32 logs one");
            let epoch = Some(session.boot_epoch as usize);
            findings.push(about(FindingCode::SelfCheck, epoch, draft.first, message));
        }
        if session.initiated.is_some() && session.is_elevated_half() {
            let message = "a 4647 for the elevated half of a pair".to_owned();
            let epoch = Some(session.boot_epoch as usize);
            findings.push(about(FindingCode::SelfCheck, epoch, draft.first, message));
        }
    }
    // A handful of logons may all still be open.
    const MANY: usize = 50;
    if starts >= MANY && ends == 0 && !coverage.selection {
        let message = format!(
            "{starts} logons and not one logoff event: logoff auditing was off, no session is \
             known to have lasted"
        );
        findings.push(Finding::new(FindingCode::LogoffAuditingOff, message));
    }
    findings.extend(self_checks(drafts, facts));
    findings
}

/// Rules that hold in every sound log: one LSASS process ID per boot, Logon IDs that rise, the
/// audit policy table made before the first session.
fn self_checks(drafts: &Drafts<'_>, facts: &[Facts<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (epoch, facts) in facts.iter().enumerate() {
        if let (true, Some((first, _))) = (facts.lsass.len() > 1, facts.security) {
            let message = format!(
                "LSASS has {} process IDs in this boot: records of other boots or computers may \
                 be among them",
                facts.lsass.len()
            );
            findings.push(about(FindingCode::SelfCheck, Some(epoch), first, message));
        }
    }
    for (epoch, facts) in facts.iter().enumerate().skip(1) {
        if let Some(event) = facts.service_again {
            let message =
                "NETWORK SERVICE or LOCAL SERVICE logged on twice in this boot: it may be \
                           two"
                .to_owned();
            findings.push(about(FindingCode::SelfCheck, Some(epoch), event, message));
        }
    }
    let mut highest: BTreeMap<u32, u64> = BTreeMap::new();
    for draft in drafts.list.iter().filter(|draft| draft.start.is_some()) {
        let Some(id) = draft.session.logon_id else { continue };
        let epoch = draft.session.boot_epoch;
        let table = facts.get(epoch as usize).and_then(|facts| facts.policy_table);
        let first = !highest.contains_key(&epoch);
        let highest = highest.entry(epoch).or_default();
        let fault = if id.0.saturating_add(1024) < *highest {
            Some(format!("Logon ID {id} is far below one given earlier in this boot"))
        } else {
            table.filter(|table| first && *table >= id).map(|table| {
                format!("Logon ID {id} is below {table}, which this boot's audit policy table took")
            })
        };
        findings.extend(fault.map(|message| {
            about(FindingCode::SelfCheck, Some(epoch as usize), draft.first, message)
        }));
        *highest = (*highest).max(id.0);
    }
    findings
}
