//! Simulated hosts: the findings. Each finding that the files require is reported, and no finding
//! of these codes is reported without a cause.

use evtx_synth::simulate::{TrueComputer, TrueFinding};
use std::collections::BTreeMap;
use winlast::model::{Finding, Report};

use super::simulated::Disagreement;

/// The finding codes that the truth knows.
const COMPARED: [&str; 12] = [
    "log-cleared",
    "log-full",
    "log-archived",
    "audit-dropped",
    "event-lost",
    "clock-step",
    "crash",
    "boot-in-one-channel",
    "boots-without-events",
    "computer-renamed",
    "initiated-expected",
    "logoff-auditing-off",
];

/// Compares the findings of one computer. `numbers` holds the true boot of each boot epoch.
pub(crate) fn compare(
    truth: &TrueComputer,
    computer: &str,
    report: &Report,
    numbers: &BTreeMap<u32, u32>,
    disagreements: &mut Vec<Disagreement>,
) {
    let decided = truth.boots.iter().all(|boot| boot.undecided.is_none());
    let of_computer = report.findings.iter().filter(|finding| {
        &*finding.computer == computer && COMPARED.contains(&finding.code.word())
    });
    let mut reported: Vec<&Finding> = of_computer.collect();
    let (required, possible): (Vec<_>, Vec<_>) =
        truth.findings.iter().partition(|one| one.required);
    for expected in required.into_iter().chain(possible) {
        let is_it =
            |finding: &&Finding| matches_finding(expected, finding, report, numbers, decided);
        match reported.iter().position(is_it) {
            Some(at) => drop(reported.remove(at)),
            // If the files do not separate two boots, they do not say which of them crashed.
            None if !expected.required || (!decided && expected.records.is_empty()) => {}
            None => disagreements.push(("finding missing", format!("{computer}: {expected:?}"))),
        }
    }
    // The computer joined a domain, or the record of its renaming was not collected: the records before
    // and after have two names that it really had.
    let is_of_names = |finding: &&Finding| {
        let has = |name: &&String| finding.message.contains(name.as_str());
        finding.code.word() == "computer-renamed"
            && finding.message.starts_with("the records have the computer name")
            && truth.names.iter().filter(has).count() >= 2
    };
    reported.retain(|finding| !is_of_names(finding));
    for finding in reported.into_iter().filter(|finding| decided || finding.record_id.is_some()) {
        let code = finding.code.word();
        let by_boot = matches!(code, "crash" | "boot-in-one-channel" | "boots-without-events");
        if decided || !(by_boot || code == "initiated-expected") {
            let what = format!(
                "{computer}: {finding:?} {:?}",
                numbers.get(&finding.boot_epoch.unwrap_or(0))
            );
            disagreements.push(("finding without cause", what));
        }
    }
}

/// Whether a reported finding is the expected one.
fn matches_finding(
    expected: &TrueFinding,
    finding: &Finding,
    report: &Report,
    numbers: &BTreeMap<u32, u32>,
    decided: bool,
) -> bool {
    if finding.code.word() != expected.code {
        return false;
    }
    let boot = finding.boot_epoch.and_then(|epoch| numbers.get(&epoch)).copied();
    if !expected.records.is_empty() {
        let channels = finding.log.map(|log| &report.logs[log.index()].channels);
        return expected.records.iter().any(|(channel, id)| {
            finding.record_id == Some(*id)
                && channels.is_some_and(|channels| channels.contains(*channel))
        });
    }
    // Boot epoch 0 is the time before the first known boot.
    let before =
        finding.boot_epoch == Some(0) && numbers.values().all(|known| Some(*known) > expected.boot);
    expected.boot.is_none() || !decided || boot == expected.boot || before
}
