//! Findings: what an examiner must know about a computer besides its tables.

use super::boot::clock_steps::ClockStep;
use super::boot::context::{BootContext, ExpectedBoots};
use super::boots::logoff_auditing::LogoffAuditing;
use super::boots::{BootStart, SuspectedStart};
use super::channel::gaps::Gaps;
use super::channel::security_start::StartIndicator;
use super::sessions::{SessionBuilder, Sessions};
use crate::model::account::same_name;
use crate::model::session::StartCause;
use crate::model::{
    Boot, BootEnd, BootIncident, BootIndex, Channel, Event, EventKind, Finding, FindingCode,
    LogSummary, MilestoneKind, Moment, Text, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// A finding about one record of a boot.
fn about(code: FindingCode, boot: BootIndex, event: &Event, message: String) -> Finding {
    Finding::about(code, Some(boot.number()), event, message)
}

/// The findings about single records of a boot: logs that were cleared, full or archived, events
/// that were dropped or lost, computers that were renamed, and clock steps. Also those of them that
/// are rows of the timeline.
pub(crate) fn of_records(context: &BootContext<'_>) -> (Vec<Finding>, Vec<BootIncident>) {
    let boot = context.boot;
    let (mut findings, mut incidents) = (Vec::new(), Vec::new());
    let mut note = |event: &Event, finding: Finding| {
        let kind = match finding.code {
            FindingCode::LogCleared => Some(MilestoneKind::LogCleared),
            FindingCode::ClockStep => Some(MilestoneKind::ClockStep),
            _ => None,
        };
        incidents.extend(kind.map(|kind| BootIncident {
            kind,
            moment: Moment::from(event),
            message: finding.message.clone(),
        }));
        findings.push(finding);
    };
    let all = context.records.channels().flat_map(|(_, events)| events.iter());
    for event in all.filter(|event| !event.recovered) {
        if let Some((code, message)) = of_record(event) {
            note(event, about(code, boot, event, message));
        }
    }
    context.facts.steps.iter().for_each(|step| note(step.event, clock_step(boot, step)));
    findings.extend(recovered_desktops(context));
    (findings, incidents)
}

/// The finding that recovered records of desktops are in no row.
fn recovered_desktops(context: &BootContext<'_>) -> Option<Finding> {
    let is_of_desktop =
        |event: &Event| matches!(event.kind, EventKind::Terminal(_) | EventKind::Winlogon(_));
    let all = context.records.channels().flat_map(|(_, events)| events.iter());
    let mut recovered = all.filter(|event| event.recovered && is_of_desktop(event));
    let first = recovered.next()?;
    let message = format!(
        "recovered records of desktops (Local Session Manager, Winlogon 7001 and 7002): {}, the first one is {} \
         {} at {}. No row uses them; events.jsonl.gz has them",
        recovered.count() + 1,
        first.channel,
        first.record_id,
        first.time
    );
    Some(about(FindingCode::RecoveredDesktops, context.boot, first, message))
}

/// The finding about a single record, if it needs one.
fn of_record(event: &Event) -> Option<(FindingCode, String)> {
    let channel = &event.channel;
    Some(match &event.kind {
        EventKind::LogCleared(cleared) => {
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
        EventKind::LogFull => (
            FindingCode::LogFull,
            "the log was full, and Windows was set not to overwrite it: later events were not \
             recorded"
                .to_owned(),
        ),
        EventKind::LogArchived(path) => (
            FindingCode::LogArchived,
            format!("the log was archived to {path}; give that file too, if it was collected"),
        ),
        EventKind::AuditDropped => (
            FindingCode::AuditDropped,
            "audit events were dropped; if this is the first record of a boot, the boot before did \
             not end in order"
                .to_owned(),
        ),
        EventKind::EventLost(id) => (
            FindingCode::EventLost,
            match id {
                0 => "Windows could not write an event (reported by 1108): its record is lost".to_owned(),
                id => format!(
                    "Windows could not write an event {id} (reported by 1108): that record is lost"
                ),
            },
        ),
        EventKind::Renamed(renamed) => (
            FindingCode::ComputerRenamed,
            format!("the computer was renamed from {} to {}", renamed.old, renamed.new),
        ),
        _ => return None,
    })
}

/// The finding about a clock step.
fn clock_step(boot: BootIndex, step: &ClockStep<'_>) -> Finding {
    let program = |event: &Event| match &event.kind {
        EventKind::ClockChanged(change) if !change.process.is_empty() => {
            Some(format!(" by {}", change.process))
        }
        _ => None,
    };
    let by = program(step.event).or_else(|| program(step.system?)).unwrap_or_default();
    let message = if step.is_known {
        format!("the clock was set from {} to {} ({} s){by}", step.old, step.new, step.by)
    } else {
        format!(
            "the clock was set to {}{by}; by how much is not known, because the record gives the \
             time before only as local text that has no certain meaning",
            step.new
        )
    };
    about(FindingCode::ClockStep, boot, step.event, message)
}

/// The findings about the beginning of a boot: one channel does not show it, or its 4608 is
/// missing.
pub(crate) fn of_start(context: &BootContext<'_>) -> Vec<Finding> {
    let start = context.start.and_then(|start| Some((start, start.time_record.as_ref()?)));
    let Some((boot, clock)) = start else { return Vec::new() };
    let mut findings = Vec::new();
    let mut report = |code, message| findings.push(about(code, context.boot, clock, message));
    if let Some(message) = missing_channel(&context.host.expected, context.boot, boot) {
        report(FindingCode::BootInOneChannel, message.to_owned());
    }
    if boot.by_clock {
        let (own, other) = if boot.in_security() {
            (Channel::Security, Channel::System)
        } else {
            (Channel::System, Channel::Security)
        };
        let message = format!(
            "only {own} shows this boot and only {other} shows the next one. Only their times say \
             that this one came first: the order may be the reverse, or they may be one boot"
        );
        report(FindingCode::BootOrderByClock, message);
    }
    if boot.has_no_start_record {
        let message = "no record of this boot's start was found: what System has of it comes after \
                       the end of the boot before";
        report(FindingCode::BootInferred, message.to_owned());
    }
    if let Some(indicator) = boot.indicator
        && !matches!(indicator, StartIndicator::LsassStarted | StartIndicator::SystemOnly)
    {
        let by = match indicator {
            StartIndicator::SystemLogon => "the logon of SYSTEM (type 0)",
            StartIndicator::LsassProcess => "a new process ID of LSASS",
            StartIndicator::LogonIdRepeated => "a Logon ID that an earlier logon has, too",
            StartIndicator::LogonIdFell => "Logon IDs that start again from a lower value",
            StartIndicator::PolicyTable => "a second audit policy table (4902)",
            StartIndicator::FontDriver => "another logon of the font driver of session 0",
            StartIndicator::AuditDropped => "an 1101 of its own",
            _ => "the records that are missing before it",
        };
        let message = format!("this boot has no 4608; it is shown by {by}");
        report(FindingCode::BootInferred, message);
    }
    findings
}

/// The finding about a position at which another boot may have begun, with evidence that is too
/// weak.
pub(crate) fn suspected_boot(suspected: &SuspectedStart) -> Finding {
    let message = format!(
        "another boot may have begun before this record: {}. The evidence is too weak, so the \
         tables have no such boot",
        suspected.why
    );
    Finding::about(FindingCode::BootSuspected, None, &suspected.event, message)
}

/// The findings about the end of a boot: a crash, or a clock that was set back. The time before the
/// first known boot may have no row.
pub(crate) fn of_end(context: &BootContext<'_>, row: Option<&Boot>) -> Vec<Finding> {
    let facts = context.facts;
    let mut findings = Vec::new();
    match row {
        Some(row) => findings.extend((row.end_cause == BootEnd::Crash).then(|| crash(row))),
        None => findings.extend(facts.crash.first().map(|sign| {
            let message = "the boot before the first known one did not end in order";
            about(FindingCode::Crash, context.boot, sign, message.to_owned())
        })),
    }
    if let (Some(last), Some(next)) = (facts.last, context.ending.next)
        && next.time < last.time
    {
        let message = format!(
            "the clock was set back: this boot began at {}, and the last record of the boot before \
             it has the later time {}",
            next.time, last.time
        );
        findings.push(about(FindingCode::EpochsOverlap, context.boot.next(), next, message));
    }
    findings
}

/// The finding about a crash, with the bounds in the row of the boot.
fn crash(row: &Boot) -> Finding {
    let text = |time: Option<Timestamp>| {
        time.map_or_else(|| "an unknown time".to_owned(), |time| time.to_string())
    };
    let message = format!(
        "the computer stopped without a shutdown between {} and {}",
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

/// The channel that does not show this boot although it should, as a message.
fn missing_channel(
    expected: &ExpectedBoots,
    boot: BootIndex,
    start: &BootStart,
) -> Option<&'static str> {
    match (start.in_security(), start.in_system()) {
        (true, false) if expected.in_system.contains(&boot.number()) => Some(
            "the System log does not show this boot: Windows may have lost the last records \
             before a crash",
        ),
        (false, true) if expected.in_security.contains(&boot.number()) => {
            Some("the Security log does not show this boot")
        }
        _ => None,
    }
}

/// The findings about a computer name that changes at a boot without a 6011: System is missing, or
/// the computer joined a domain. `known` are the findings so far. `names` has the name in the first
/// record of each boot in any channel, because a boot may be known from other channels only, and
/// the time before the first boot may have no row.
pub(crate) fn of_names(
    rows: &[Boot],
    names: &BTreeMap<usize, Text>,
    known: &[Finding],
) -> Vec<Finding> {
    let row_of = |boot: usize| {
        let index = rows.binary_search_by_key(&boot, |row| row.epoch as usize).ok()?;
        rows.get(index)
    };
    let named: Vec<(Option<&Boot>, &str)> = names
        .iter()
        .map(|(boot, name)| {
            let row = row_of(*boot);
            (row, &**row.and_then(|row| row.computer_names.first()).unwrap_or(name))
        })
        .collect();
    let renamed: BTreeSet<Option<u32>> = known
        .iter()
        .filter(|finding| finding.code == FindingCode::ComputerRenamed)
        .map(|finding| finding.boot_epoch)
        .collect();
    let pairs = named.windows(2).filter_map(|pair| match pair {
        [(_, old), (Some(row), new)] if !same_name(old, new) => Some((*old, *row, *new)),
        _ => None,
    });
    let pairs = pairs.filter(|(_, row, _)| !renamed.contains(&Some(row.epoch)));
    let finding = |(old, row, new): (&str, &Boot, &str)| Finding {
        boot_epoch: Some(row.epoch),
        time: row.start,
        log: row.first_record.map(|record| record.log),
        record_id: row.first_record.map(|record| record.record_id),
        ..Finding::new(
            FindingCode::ComputerRenamed,
            format!(
                "the records have the computer name {old} before this boot, and {new} from this boot on"
            ),
        )
    };
    pairs.map(finding).collect()
}

/// The findings about boots without records: Windows counts the attempts to boot, and there were
/// more of them than boots.
pub(crate) fn without_events(rows: &[Boot]) -> Vec<Finding> {
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
            "Windows counted {missing} boot{} before this one that no log shows: its boot counter \
             was {id} in boot {epoch}, and is {next_id} in this boot",
            if missing == 1 { "" } else { "s" }
        );
        findings.push(Finding {
            boot_epoch: Some(*next_epoch),
            ..Finding::new(FindingCode::BootsWithoutEvents, message)
        });
    }
    findings
}

/// The findings about what is missing from a channel.
pub(crate) fn of_gaps(
    channel: Channel,
    gaps: &Gaps,
    events: &[Event],
    logs: &[LogSummary],
) -> Vec<Finding> {
    let Some(first) = events.first() else { return Vec::new() };
    let log = first.location.log;
    let mut findings = Vec::new();
    if gaps.selection {
        let path = logs.get(log.index()).map_or("", |log| log.path.as_str());
        let message = format!(
            "{path}: the {channel} records are a selection (exported or forwarded): that an event \
             is absent says nothing"
        );
        findings
            .push(Finding { log: Some(log), ..Finding::new(FindingCode::LogSelection, message) });
    }
    findings.extend(gaps.to_report().map(|(from, to)| {
        let records = match to - from {
            0 => format!("record {from} is"),
            _ => format!("records {from} to {to} are"),
        };
        let message = format!(
            "{channel} {records} missing: the end of a session that was open then may be among them"
        );
        Finding {
            log: Some(log),
            record_id: Some(from),
            ..Finding::new(FindingCode::RecordGap, message)
        }
    }));
    findings
}

/// The finding that logoffs were not audited, or probably not.
pub(crate) fn of_auditing(auditing: &LogoffAuditing) -> Option<Finding> {
    let consequence = "so the ends of its sessions are not known";
    match auditing {
        LogoffAuditing::On { .. } | LogoffAuditing::Unknown => None,
        LogoffAuditing::Off(proof) => {
            let message = format!(
                "logoff auditing was off: {} {} records a logoff at a time that the Security log \
                 covers, but the Security log has no logoff event at all; {consequence}",
                proof.channel, proof.event_id
            );
            Some(Finding::about(FindingCode::LogoffAuditingOff, None, proof, message))
        }
        LogoffAuditing::OffSuspected(why) => {
            let message = format!("logoff auditing was probably off: {why}; {consequence}");
            Some(Finding::new(FindingCode::LogoffAuditingSuspected, message))
        }
    }
}

/// The findings about the sessions of a boot that have no start although they should.
pub(crate) fn of_sessions(sessions: &Sessions<'_>, context: &BootContext<'_>) -> Vec<Finding> {
    if context.host.security_gaps.selection {
        return Vec::new();
    }
    let all = sessions.iter().map(|(_, builder)| builder);
    let without_start =
        all.filter(|builder| builder.session.start_cause == StartCause::Missing4624);
    let finding = |builder: &SessionBuilder<'_>| {
        let id = builder.session.logon_id.map_or_else(String::new, |id| id.to_string());
        let user = &builder.session.account.user;
        let message = format!(
            "session {id} of {user} has no 4624, although the log has the start of its boot"
        );
        about(FindingCode::LogonMissing, context.boot, builder.first, message)
    };
    without_start.map(finding).collect()
}
