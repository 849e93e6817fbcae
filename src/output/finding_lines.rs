//! What the terminal, the page and standard error say in words about findings.

use super::escape::visible;
use crate::model::{Finding, FindingCode, Severity};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// `1 error, 2 warnings, 3 info`
pub fn count_by_severity(findings: &[Finding]) -> String {
    let counts = [(Severity::Error, "s"), (Severity::Warning, "s"), (Severity::Info, "")];
    let parts: Vec<String> = counts
        .into_iter()
        .filter_map(|(severity, plural)| {
            let count = findings.iter().filter(|f| f.severity == severity).count();
            let plural = if count == 1 { "" } else { plural };
            (count > 0).then(|| format!("{count} {severity}{plural}"))
        })
        .collect();
    parts.join(", ")
}

/// So many findings are shown where not all are.
const FINDINGS_SHOWN: usize = 5;

/// The findings that matter most, as lines: errors first, then warnings and steps of the clock, the first
/// one of each code. A last line says how many more there are, and where: `place` names a file or an
/// option. Without errors, warnings and steps of the clock there is no line.
pub fn most_important(findings: &[Finding], color: bool, place: &str) -> Vec<String> {
    let mut by_code: BTreeMap<(Reverse<Severity>, u8, FindingCode), (&Finding, u64)> =
        BTreeMap::new();
    let is_shown = |f: &&Finding| f.severity > Severity::Info || f.code == FindingCode::ClockStep;
    for finding in findings.iter().filter(is_shown) {
        let key = (Reverse(finding.severity), rank(finding.code), finding.code);
        by_code.entry(key).or_insert((finding, 0)).1 += 1;
    }
    let mut lines: Vec<String> = by_code
        .values()
        .take(FINDINGS_SHOWN)
        .map(|(finding, count)| {
            let of = if *count > 1 { format!(" (1 of {count})") } else { String::new() };
            finding_line(finding, color) + &of
        })
        .collect();
    let more = findings.len() - lines.len();
    if more > 0 && !lines.is_empty() {
        lines.push(format!("and {more} more: see {place}, or -v"));
    }
    lines
}

/// What an examiner must know first, among findings of one severity: what somebody may have done to hide
/// something, then what makes boots and ends uncertain, then how well logs were read.
const fn rank(code: FindingCode) -> u8 {
    use FindingCode as F;
    match code {
        F::LogCleared | F::RecordConflict => 0,
        F::EpochsOverlap | F::ClockStep => 1,
        F::EventLost | F::LogFull | F::LogoffAuditingOff | F::LogoffAuditingSuspected => 2,
        // At a boot, dropped audit events are what a crash leaves.
        F::Crash
        | F::AuditDropped
        | F::BootsWithoutEvents
        | F::BootInOneChannel
        | F::BootOrderByClock => 3,
        F::BootSuspected | F::LogonRepeated | F::EndRepeated | F::InitiatedExpected => 4,
        F::HostDiffers | F::RecordGap => 5,
        _ => 6,
    }
}

/// `error chunk-damaged DC01: message`, safe to show.
pub fn finding_line(finding: &Finding, color: bool) -> String {
    let severity = finding.severity;
    let (on, off) = match (color, severity) {
        (true, Severity::Error) => ("\u{1b}[31m", "\u{1b}[0m"),
        (true, Severity::Warning) => ("\u{1b}[33m", "\u{1b}[0m"),
        _ => ("", ""),
    };
    let computer = if finding.computer.is_empty() { "" } else { " " };
    format!(
        "{on}{severity}{off} {}{computer}{}: {}",
        finding.code,
        visible(&finding.computer),
        visible(&finding.message)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_findings_come_first_and_one_of_each_kind() {
        use FindingCode as F;
        let findings: Vec<Finding> = [
            F::ClockStep,
            F::FieldMissing,
            F::Crash,
            F::FieldMissing,
            F::LogArchived,
            F::ChunkDamaged,
            F::RecordGap,
            F::RecordGap,
            F::LogCleared,
            F::EpochsOverlap,
        ]
        .into_iter()
        .enumerate()
        .map(|(number, code)| Finding::new(code, format!("number {number}")))
        .collect();
        assert_eq!(
            most_important(&findings, false, "findings.csv"),
            [
                "error chunk-damaged: number 5",
                "warning log-cleared: number 8",
                "warning epochs-overlap: number 9",
                "warning crash: number 2",
                "warning record-gap: number 6 (1 of 2)",
                "and 5 more: see findings.csv, or -v",
            ]
        );
        // A step of the clock is no warning, and yet worth a line; an archived log is not.
        assert_eq!(
            most_important(&findings[..1], false, "findings.csv"),
            ["info clock-step: number 0"]
        );
        assert!(most_important(&findings[4..5], false, "findings.csv").is_empty());
    }
}
