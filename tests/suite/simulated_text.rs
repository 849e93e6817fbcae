//! Simulated hosts: logs, boots and sessions as lines of text, for a reader of a failed test.

use evtx_synth::simulate::TrueSession;
use std::path::Path;
use winlast::model::session::Moment;
use winlast::model::{Boot, Session};

/// Prints a log, one line for each record.
pub(crate) fn print_log(path: &Path) {
    let mut log = evtx::EvtxParser::from_path(path).unwrap();
    for record in log.records().flatten() {
        let text = |name: &str| {
            let (_, rest) = record.data.split_once(name)?;
            let end = rest.find(['<', '"'])?;
            Some(rest[..end].to_owned())
        };
        let name = |name: &str| text(&format!("Name=\"{name}\">")).unwrap_or_default();
        let id = text("</EventID>").map(|_| ()).and_then(|()| {
            let (before, _) = record.data.split_once("</EventID>")?;
            before.rsplit('>').next().map(str::to_owned)
        });
        eprintln!(
            "    {} {} {} {} {} {} {}",
            text("<EventRecordID>").unwrap_or_default(),
            id.unwrap_or_default(),
            text("SystemTime=\"").unwrap_or_default(),
            text("<Computer>").unwrap_or_default(),
            name("TargetLogonId"),
            name("TargetUserName"),
            name("LogonType"),
        );
    }
}

/// A boot of the report in one line.
pub(crate) fn show_boot(reported: &Boot) -> String {
    let evidence: Vec<String> = reported.start_evidence.iter().map(ToString::to_string).collect();
    format!(
        "epoch {} {:?}..{:?} {} {:?} [{:?} {:?}] start {evidence:?} end {:?} flags {:?}",
        reported.epoch,
        reported.start.map(|time| time.to_string()),
        reported.end.map(|time| time.to_string()),
        reported.end_cause,
        reported.confidence,
        reported.end_not_before.map(|time| time.to_string()),
        reported.end_not_after.map(|time| time.to_string()),
        reported.end_evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        reported.flags,
    )
}

/// A session of the truth in one line.
pub(crate) fn show_truth(truth: &TrueSession) -> String {
    format!(
        "true: boot {} {:#x} {} type {} {:?} {:?}/{:?}/{:?} other records {:?} ended {:?} {:?} linked {:x?} of {:x?} {:?}",
        truth.boot,
        truth.logon_id,
        truth.account.name,
        truth.logon_type,
        truth.classes,
        truth.start,
        truth.initiated,
        truth.terminated,
        truth.other_records,
        truth.ended.map(|time| time.to_string()),
        truth.end_causes,
        truth.linked,
        truth.revalidates,
        truth.undecided,
    )
}

/// A session of the report in one line.
pub(crate) fn show_reported(reported: &Session) -> String {
    let id = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.record.record_id);
    format!(
        "reported: epoch {} {} {} {} {:?}/{:?}/{:?} {} {:?} [{:?} {:?}] linked {:?} parent {:?} evidence {:?} flags {:?}",
        reported.boot_epoch,
        reported.logon_id.map_or(String::from("-"), |id| id.to_string()),
        reported.account.user,
        reported.class,
        id(&reported.start),
        id(&reported.initiated),
        id(&reported.terminated),
        reported.end.cause,
        reported.end.confidence,
        reported.end.not_before.map(|time| time.to_string()),
        reported.end.not_after.map(|time| time.to_string()),
        reported.linked.map(|id| id.to_string()),
        reported.parent.map(|id| id.to_string()),
        reported.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        reported.flags,
    )
}
