//! Simulated hosts: what an examiner is told beside the tables. Each finding that the files call
//! for is there, and none of these codes without cause.

use evtx_synth::simulate::{TrueComputer, TrueFinding};
use std::collections::BTreeMap;
use winlast::model::{Finding, Report};

use super::simulated::Wrong;

/// The codes that the truth knows.
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

/// `numbers` are the true boots of the epochs.
pub(crate) fn differ(
    truth: &TrueComputer,
    computer: &str,
    report: &Report,
    numbers: &BTreeMap<u32, u32>,
    wrong: &mut Vec<Wrong>,
) {
    let decided = truth.boots.iter().all(|boot| boot.undecided.is_none());
    let of_it = report.findings.iter().filter(|finding| {
        &*finding.computer == computer && COMPARED.contains(&finding.code.word())
    });
    let mut told: Vec<&Finding> = of_it.collect();
    let (sure, possible): (Vec<_>, Vec<_>) = truth.findings.iter().partition(|one| one.sure);
    for expected in sure.into_iter().chain(possible) {
        let is_it = |finding: &&Finding| is(expected, finding, report, numbers, decided);
        match told.iter().position(is_it) {
            Some(at) => drop(told.remove(at)),
            // Which boot a crash is of depends on where the boots are told apart.
            None if !expected.sure || (!decided && expected.records.is_empty()) => {}
            None => wrong.push(("finding missing", format!("{computer}: {expected:?}"))),
        }
    }
    for finding in told.into_iter().filter(|finding| decided || finding.record_id.is_some()) {
        let code = finding.code.word();
        let by_boot = matches!(code, "crash" | "boot-in-one-channel" | "boots-without-events");
        if decided || !(by_boot || code == "initiated-expected") {
            let what = format!(
                "{computer}: {finding:?} {:?}",
                numbers.get(&finding.boot_epoch.unwrap_or(0))
            );
            wrong.push(("finding without cause", what));
        }
    }
}

fn is(
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
    // Epoch 0 is whatever was before the first known boot.
    let before =
        finding.boot_epoch == Some(0) && numbers.values().all(|known| Some(*known) > expected.boot);
    expected.boot.is_none() || !decided || boot == expected.boot || before
}
