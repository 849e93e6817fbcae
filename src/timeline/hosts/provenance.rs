//! Provenance: which records are only in a shadow copy or in a deleted log, and does a collection
//! have the logs of the host after which it is named?

use crate::model::account::{NETBIOS_LENGTH, same_name};
use crate::model::{
    Citation, Finding, FindingCode, Flag, Host, LogId, LogOrigin, LogSummary, Session, Text,
};
use std::collections::{BTreeMap, BTreeSet};

/// Flags the sessions, boots and attempts whose records are only in a shadow copy or in a deleted
/// log.
pub(crate) fn flag(host: &mut Host, logs: &[LogSummary]) {
    let origin = |log: LogId| logs.get(log.index()).map_or(LogOrigin::Live, |log| log.origin);
    if logs.iter().all(|log| log.origin == LogOrigin::Live) {
        return;
    }
    // Of all logs that have the record, the most direct one counts.
    let best = |record: &Citation| host.logs_of(*record).map(origin).min().unwrap_or_default();
    let sessions: Vec<Vec<Flag>> =
        host.sessions.iter().map(|session| of_session(session, best)).collect();
    let boots: Vec<Option<Flag>> = host
        .boots
        .iter()
        .map(|boot| {
            let records = boot.start_evidence.iter().chain(&boot.end_evidence);
            let records = records.chain(&boot.first_record).chain(&boot.last_record);
            records.map(best).min().and_then(|origin| only(origin, WHOLE))
        })
        .collect();
    let attempts: Vec<Option<Flag>> = host
        .attempts
        .iter()
        .map(|attempt| only(best(&attempt.first.record).min(best(&attempt.last.record)), WHOLE))
        .collect();
    for (attempt, flag) in host.attempts.iter_mut().zip(attempts) {
        attempt.flags.extend(flag);
    }
    for (session, flags) in host.sessions.iter_mut().zip(sessions) {
        session.flags.extend(flags);
    }
    for (boot, flag) in host.boots.iter_mut().zip(boots) {
        boot.flags.extend(flag);
    }
}

/// The flags of a session: one flag if it is true for all its records, otherwise one for each
/// record column.
fn of_session(session: &Session, best: impl Fn(&Citation) -> LogOrigin) -> Vec<Flag> {
    let moments = [
        (session.start, [Flag::StartSnapshotOnly, Flag::StartDeletedOnly]),
        (session.initiated, [Flag::InitiatedSnapshotOnly, Flag::InitiatedDeletedOnly]),
        (session.terminated, [Flag::TerminatedSnapshotOnly, Flag::TerminatedDeletedOnly]),
    ];
    let moments =
        moments.iter().filter_map(|(moment, flags)| Some((best(&moment.as_ref()?.record), *flags)));
    let others = session.evidence.iter().map(&best);
    let origin = moments.clone().map(|(origin, _)| origin).chain(others).min();
    if let Some(flag) = origin.and_then(|origin| only(origin, WHOLE)) {
        return vec![flag];
    }
    moments.filter_map(|(origin, flags)| only(origin, flags)).collect()
}

/// The flags for a session or boot that only a shadow copy, or only a deleted log, shows.
const WHOLE: [Flag; 2] = [Flag::SnapshotOnly, Flag::DeletedOnly];

/// Which of two flags applies to a record whose most direct log has this origin.
fn only(origin: LogOrigin, [snapshot, deleted]: [Flag; 2]) -> Option<Flag> {
    match origin {
        LogOrigin::Live => None,
        LogOrigin::ShadowCopy => Some(snapshot),
        LogOrigin::Deleted => Some(deleted),
    }
}

/// The findings about collections that are named after another host than all their records: the
/// name is wrong, or the computer was renamed.
pub(crate) fn hosts(logs: &[LogSummary]) -> Vec<Finding> {
    let mut collections: BTreeMap<String, Vec<(LogId, &LogSummary)>> = BTreeMap::new();
    for (id, log) in (0..).map(LogId).zip(logs) {
        // Forwarded and exported logs may have records of other computers.
        if let Some(host) = log.collector_host.as_ref().filter(|_| !log.forwarded && !log.exported)
        {
            collections.entry(host.to_lowercase()).or_default().push((id, log));
        }
    }
    let finding = |logs: Vec<(LogId, &LogSummary)>| {
        let (first, log) = logs.first()?;
        let host = log.collector_host.as_deref()?;
        let names: BTreeSet<&Text> = logs.iter().flat_map(|(_, log)| &log.computers).collect();
        if names.is_empty() || names.iter().any(|name| is_same_host(host, name)) {
            return None;
        }
        let names: Vec<&str> = names.into_iter().map(|name| &**name).collect();
        let message = format!(
            "{}: the collection is named after {host}, but all records of its logs ({}) are of {}: \
             the wrong label, or another name of that computer",
            log.path,
            logs.len(),
            names.join(", ")
        );
        Some(Finding { log: Some(*first), ..Finding::new(FindingCode::HostDiffers, message) })
    };
    collections.into_values().filter_map(finding).collect()
}

/// Do the name of a collection and `System/Computer` mean the same host? Each may lack the domain,
/// or be cut to the length of a NetBIOS name.
fn is_same_host(host: &str, computer: &str) -> bool {
    let label = |name: &str| -> String {
        name.split('.').next().unwrap_or_default().chars().take(NETBIOS_LENGTH).collect()
    };
    same_name(&label(host), &label(computer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(host: &str, computers: &[&str]) -> LogSummary {
        LogSummary {
            collector_host: Some(host.into()),
            computers: computers.iter().map(|name| Text::from(*name)).collect(),
            ..LogSummary::default()
        }
    }

    #[test]
    fn a_collection_of_another_host_is_said_once() {
        let found = hosts(&[
            log("WKS02", &["WKS01.corp.example"]),
            log("wks02", &["WKS01"]),
            // Another name in an old log, its own in a newer one.
            log("WKS03", &["37L4247F27-25"]),
            log("WKS03", &["wks03.corp.example"]),
            log("A-VERY-LONG-HOS", &["a-very-long-hostname"]),
            log("EMPTY", &[]),
        ]);
        let [finding] = &found[..] else { panic!("{found:?}") };
        assert_eq!((finding.code, finding.log), (FindingCode::HostDiffers, Some(LogId(0))));
        assert!(finding.message.contains("WKS02, but all records of its logs (2) are of WKS01"));
    }
}
