//! Whether a self-check tells what is true of the events themselves. Simulated hosts lack records as real ones
//! do, so that the clock goes back without a record of it, or a boot is shown by one channel alone.

use winlast::model::{Channel, Citation, Event, EventKind, Finding, Flag, Host, Report, Session};

/// Says why this self-check is not true of the events.
pub(crate) fn is_true(finding: &Finding, report: &Report, events: &[Event]) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("self-check: {}: {why}", finding.message));
    let is_meant = |(host, session): &(&Host, &Session)| {
        let first = session.start.map(|start| start.record).or(session.evidence.first().copied());
        (&finding.computer, finding.boot_epoch) == (&host.computer, Some(session.boot_epoch))
            && first.map(|record| (record.log, record.record_id))
                == finding.log.zip(finding.record_id)
    };
    let Some((host, session)) = report.sessions().find(is_meant) else {
        return wrong("it is of no session");
    };
    let is_of_host = |event: &&Event| {
        host.boots.iter().any(|boot| boot.computer_names.contains(&event.computer))
    };
    let own: Vec<&Event> = events.iter().filter(is_of_host).collect();
    let is_so = if finding.message.ends_with("ends before it begins") {
        clock_went_back(session, &own)
    } else if finding.message.ends_with("lies outside of its boot") {
        lies_between_boots(session, &own)
    } else {
        false
    };
    if is_so { Ok(()) } else { wrong("the events do not say so") }
}

/// Does the record of the end stand behind that of the start and read an earlier time, without a record of
/// the computer that says that its clock was set back over the two?
fn clock_went_back(session: &Session, events: &[&Event]) -> bool {
    let of = |record: Citation| events.iter().find(|event| Citation::from(**event) == record);
    let start = session.start.and_then(|start| of(start.record));
    let Some((start, end)) = start.zip(session.end.record.and_then(of)) else { return false };
    let is_told = |event: &&Event| match &event.kind {
        EventKind::ClockChanged(change) => {
            let (previous, new) = (change.previous, change.new.unwrap_or(event.time));
            // One that does not say the time before may have been set from any.
            new <= start.time
                && previous.is_none_or(|previous| previous >= end.time && previous > new)
        }
        _ => false,
    };
    start.channel == end.channel
        && start.record_id < end.record_id
        && start.time > end.time
        && !events.iter().any(is_told)
}

/// Does the session begin between the stop of one boot and the start of the next, by the records of Security
/// and System that are nearest to it? It is of a boot that they do not show, and must say that its boot is
/// not certain.
fn lies_between_boots(session: &Session, events: &[&Event]) -> bool {
    let Some(start) = session.start.filter(|_| session.flags.contains(&Flag::BootUncertain)) else {
        return false;
    };
    let both = |event: &&&Event| matches!(event.channel, Channel::Security | Channel::System);
    let (before, behind): (Vec<&Event>, Vec<&Event>) =
        events.iter().filter(both).partition(|event| event.time <= start.time);
    let last = before.iter().max_by_key(|event| event.time).map(|event| &event.kind);
    let next = behind.iter().min_by_key(|event| event.time).map(|event| &event.kind);
    let stop = |kind: &EventKind| {
        use EventKind::{EventLogShutdown, KernelStopped, ServiceStopped};
        matches!(kind, EventLogShutdown | ServiceStopped | KernelStopped(_))
    };
    last.is_some_and(stop)
        && matches!(next, Some(EventKind::LsassStarted | EventKind::KernelStarted(_)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;
    use crate::events::read_host;
    use crate::files::POOL;
    use winlast::fuzzing;
    use winlast::model::FindingCode;

    /// Holds the self-checks of a simulated host against its events, and against events of which one was
    /// changed.
    #[track_caller]
    fn hold(host: u64, message: &str, change: impl Fn(&Session, &mut Event)) {
        let read = read_host(host).unwrap();
        let mut events = read.events.clone();
        let report = fuzzing::build(&POOL, read);
        let found = |finding: &&Finding| {
            finding.code == FindingCode::SelfCheck && finding.message.ends_with(message)
        };
        let finding = report.findings.iter().find(found).unwrap();
        assert_eq!(is_true(finding, &report, &events), Ok(()));
        let (_, session) = report
            .sessions()
            .find(|(_, session)| {
                session.start.is_some_and(|start| {
                    (finding.log, finding.record_id)
                        == (Some(start.record.log), Some(start.record.record_id))
                })
            })
            .unwrap();
        events.iter_mut().for_each(|event| change(session, event));
        assert!(is_true(finding, &report, &events).is_err());
    }

    #[test]
    fn an_end_before_the_start_is_true_where_the_times_of_its_records_fall() {
        hold(3343, "ends before it begins", |session, event| {
            if session.end.record == Some(Citation::from(&*event)) {
                event.time = session.start.unwrap().time;
            }
        });
    }

    #[test]
    fn a_session_lies_outside_of_its_boot_where_no_boot_had_its_time() {
        hold(2500, "lies outside of its boot", |_, event| {
            if event.kind == EventKind::ServiceStopped {
                event.kind = EventKind::Boundary;
            }
        });
    }
}
