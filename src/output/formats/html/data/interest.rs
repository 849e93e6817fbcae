//! Which computers an examiner should look at first, and why, in words.

use crate::model::{AttemptKind, Finding, FindingCode, Host, SessionClass};
use crate::output::wording::is_person;
use serde::Serialize;
use std::collections::BTreeMap;

/// A kind of finding, its weight, and what one and several of it are called.
type Reason = (FindingCode, u32, &'static str, &'static str);

/// What speaks for a computer. A weight counts once for each doubling of the number.
const REASONS: &[Reason] = &[
    (FindingCode::LogCleared, 9, "log cleared", "logs cleared"),
    (FindingCode::SuccessAfterFailures, 9, "success after failures", "successes after failures"),
    (FindingCode::PasswordGuessing, 6, "password guessing", "password guessings"),
    (FindingCode::EpochsOverlap, 6, "overlap of boots", "overlaps of boots"),
    (FindingCode::RecordUnreadable, 6, "unreadable record", "unreadable records"),
    (FindingCode::ChunkDamaged, 6, "damaged chunk", "damaged chunks"),
    (FindingCode::ChunkChecksum, 6, "wrong checksum", "wrong checksums"),
    (FindingCode::RecordHidden, 9, "hidden record", "hidden records"),
    (FindingCode::RecordGap, 4, "record gap", "record gaps"),
    (FindingCode::EventLost, 4, "lost event", "lost events"),
    (FindingCode::InitiatedExpected, 3, "logoff without 4647", "logoffs without 4647"),
    (FindingCode::ClockStep, 3, "clock step", "clock steps"),
    (FindingCode::Crash, 3, "crash", "crashes"),
];

/// The weight of a session over Remote Desktop, and of a failed logon.
const REMOTE_DESKTOP: u32 = 3;
const FAILED_LOGON: u32 = 4;

/// How much a computer matters, and why.
#[derive(Debug, Default, Serialize)]
pub(in super::super) struct Interest {
    /// The sum of the weights, each times one and the whole binary logarithm of its number.
    pub(in super::super) score: u32,
    /// The reasons in words, the heaviest first: `2 crashes`.
    pub(in super::super) reasons: Vec<String>,
}

/// Of a computer with these findings.
pub(in super::super) fn of<'a>(
    host: &Host,
    findings: impl Iterator<Item = &'a Finding>,
) -> Interest {
    let mut counts: BTreeMap<FindingCode, u64> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.code).or_default() += 1;
    }
    let of_findings = REASONS.iter().filter_map(|(code, weight, one, several)| {
        let count = counts.get(code).copied()?;
        Some((weight * (1 + count.ilog2()), count, if count == 1 { *one } else { *several }))
    });
    let remote = host.sessions.iter().filter(|session| {
        session.class == SessionClass::RemoteDesktop && !session.is_elevated_half()
    });
    let remote = remote.count() as u64;
    let failed = host.attempts.iter().filter(|own| own.kind() == AttemptKind::FailedLogon);
    let failed = failed.fold(0_u64, |sum, own| sum.saturating_add(own.count));
    let counted = [
        (FAILED_LOGON, failed, "failed logon", "failed logons"),
        (REMOTE_DESKTOP, remote, "RDP session", "RDP sessions"),
    ];
    let of_counts = counted.into_iter().filter(|(_, count, ..)| *count > 0);
    let of_counts = of_counts.map(|(weight, count, one, several)| {
        (weight * (1 + count.ilog2()), count, if count == 1 { one } else { several })
    });
    let mut all: Vec<(u32, u64, &str)> = of_findings.chain(of_counts).collect();
    all.sort_by_key(|(weight, ..)| std::cmp::Reverse(*weight));
    Interest {
        score: all.iter().map(|(weight, ..)| weight).sum(),
        reasons: all.iter().map(|(_, count, name)| format!("{count} {name}")).collect(),
    }
}

/// How many sessions of people a computer has; a linked pair counts once.
pub(in super::super) fn people_sessions(host: &Host) -> usize {
    let people = host.sessions.iter().filter(|session| is_person(session));
    people.filter(|session| !session.is_elevated_half()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    /// A cleared log weighs 9, three failed logons 4 and one doubling, two crashes 3 and one doubling, one
    /// session over Remote Desktop 3.
    #[test]
    fn reasons_are_words_and_the_heaviest_comes_first() {
        let host = sample::report().hosts.remove(0);
        let finding = |code| Finding::new(code, "");
        let findings =
            [FindingCode::Crash, FindingCode::LogCleared, FindingCode::Crash].map(finding);
        let interest = of(&host, findings.iter());
        let reasons = ["1 log cleared", "3 failed logons", "2 crashes", "1 RDP session"];
        assert_eq!(interest.reasons, reasons);
        assert_eq!(interest.score, 9 + 8 + 6 + 3);
        assert_eq!(people_sessions(&host), 3);
    }
}
