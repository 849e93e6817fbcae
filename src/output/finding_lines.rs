//! What the terminal, the page and standard error say in words about findings.

use super::escape::visible;
use crate::model::{Finding, FindingCode, Severity};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// `1 error, 2 warnings, 3 info`
pub fn count_by_severity<'a>(findings: impl IntoIterator<Item = &'a Finding> + Clone) -> String {
    let counts = [(Severity::Error, "s"), (Severity::Warning, "s"), (Severity::Info, "")];
    let parts: Vec<String> = counts
        .into_iter()
        .filter_map(|(severity, plural)| {
            let all = findings.clone().into_iter();
            let count = all.filter(|finding| finding.severity == severity).count();
            let plural = if count == 1 { "" } else { plural };
            (count > 0).then(|| format!("{count} {severity}{plural}"))
        })
        .collect();
    parts.join(", ")
}

/// So many findings are shown where not all are.
const FINDINGS_SHOWN: usize = 5;

/// The findings that matter most, as lines, the worst first: what somebody may have done to hide
/// something, then guessed passwords and steps of the clock, then errors, then the rest; of each code the first one. A last line
/// says how many more there are, and where. Without errors, warnings and steps of the clock there is no
/// line.
pub fn most_important(findings: &[&Finding], color: bool, more: &MoreFindings) -> Vec<String> {
    let mut by_code: BTreeMap<Importance, (&Finding, u64)> = BTreeMap::new();
    let is_shown = |f: &&&Finding| f.severity > Severity::Info || f.code == FindingCode::ClockStep;
    for finding in findings.iter().filter(is_shown) {
        by_code.entry(importance(finding)).or_insert((finding, 0)).1 += 1;
    }
    let mut lines: Vec<String> = by_code
        .values()
        .take(FINDINGS_SHOWN)
        .map(|(finding, count)| {
            let of = if *count > 1 { format!(" (1 of {count})") } else { String::new() };
            finding_line(finding, color) + &of
        })
        .collect();
    let count = findings.len() - lines.len();
    if count > 0 && !lines.is_empty() {
        lines.push(match more {
            MoreFindings::Verbose => format!("{count} more: -v"),
            MoreFindings::File(file) => format!("{count} more: -v, or see {file}"),
        });
    }
    lines
}

/// Puts the findings that matter most first, as [`most_important`] ranks them; those that matter as much keep their
/// order.
pub fn worst_first(findings: &mut [&Finding]) {
    findings.sort_by_key(|finding| importance(finding));
}

/// What orders findings: the least is the most important.
type Importance = (u8, Reverse<Severity>, FindingCode);

const fn importance(finding: &Finding) -> Importance {
    (rank(finding), Reverse(finding.severity), finding.code)
}

/// Where the findings are that are not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoreFindings {
    /// `-v` shows them.
    Verbose,
    /// They are in this file as well.
    File(String),
}

/// What an examiner must know first: what somebody may have done to hide something, what makes times
/// uncertain, what could not be read, then what makes boots and ends uncertain.
const fn rank(finding: &Finding) -> u8 {
    use FindingCode as F;
    match finding.code {
        F::LogCleared
        | F::RecordConflict
        | F::RecordHidden
        | F::RecordNumberDiffers
        | F::RecordTimeDiffers
        | F::FileHeaderDiffers
        | F::ProviderForeign => 0,
        F::SuccessAfterFailures | F::PasswordGuessing | F::EpochsOverlap | F::ClockStep => 1,
        _ if matches!(finding.severity, Severity::Error) => 2,
        F::EventLost | F::LogFull | F::LogoffAuditingOff | F::LogoffAuditingSuspected => 3,
        // At a boot, dropped audit events are what a crash leaves.
        F::Crash
        | F::AuditDropped
        | F::BootsWithoutEvents
        | F::BootInOneChannel
        | F::BootOrderByClock => 4,
        F::BootSuspected | F::LogonRepeated | F::EndRepeated | F::InitiatedExpected => 5,
        F::HostDiffers | F::RecordGap => 6,
        _ => 7,
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
        let all: Vec<&Finding> = findings.iter().collect();
        let lines = |findings: &[&Finding]| most_important(findings, false, &MoreFindings::Verbose);
        assert_eq!(
            lines(&all),
            [
                "warning log-cleared: number 8",
                "warning epochs-overlap: number 9",
                "info clock-step: number 0",
                "error chunk-damaged: number 5",
                "warning crash: number 2",
                "5 more: -v",
            ]
        );
        let mut sorted = all.clone();
        worst_first(&mut sorted);
        let first: Vec<&str> = sorted.iter().map(|one| one.message.as_str()).take(7).collect();
        let codes =
            "log-cleared epochs-overlap clock-step chunk-damaged crash record-gap record-gap";
        assert_eq!(
            sorted.iter().map(|one| one.code.word()).take(7).collect::<Vec<_>>().join(" "),
            codes
        );
        assert_eq!(
            first,
            ["number 8", "number 9", "number 0", "number 5", "number 2", "number 6", "number 7"]
        );
        let file = MoreFindings::File("findings.csv".into());
        let last = most_important(&all, false, &file).pop();
        assert_eq!(last.unwrap(), "5 more: -v, or see findings.csv");
        // A step of the clock is no warning, and yet worth a line; an archived log is not.
        assert_eq!(lines(&all[..1]), ["info clock-step: number 0"]);
        assert!(lines(&all[4..5]).is_empty());
        assert_eq!(lines(&all[6..8]), ["warning record-gap: number 6 (1 of 2)", "1 more: -v"]);
    }
}
