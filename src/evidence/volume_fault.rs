//! What is wrong with a volume: it is noted, and the reading goes on.

use super::limits;
use crate::model::FindingCode;
use std::fmt;

/// A structure of a volume that could not be read, and what is lost by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeFault {
    /// Where the structure lies, in bytes from the start of the volume.
    pub offset: u64,
    /// What the structure is, what is wrong with it, and what is lost by that.
    pub reason: String,
    /// The code of the finding that it becomes.
    pub code: FindingCode,
    /// The path of the log of which nothing can be read because of it.
    pub lost_log: Option<String>,
}

impl VolumeFault {
    /// A fault of the structure at `offset` of the volume: something of the volume is damaged.
    pub(super) fn new(offset: u64, reason: impl Into<String>) -> VolumeFault {
        let code = FindingCode::VolumeDamaged;
        VolumeFault { offset, reason: reason.into(), code, lost_log: None }
    }

    /// A fault that becomes the finding `code`.
    pub(super) fn with_code(self, code: FindingCode) -> VolumeFault {
        VolumeFault { code, ..self }
    }

    /// A fault by which nothing of the log with this path can be read. It keeps a code that says why.
    pub(super) fn of_lost_log(self, path: &str) -> VolumeFault {
        let code = match self.code {
            FindingCode::VolumeDamaged => FindingCode::LogUnreadable,
            code => code,
        };
        VolumeFault { lost_log: Some(path.to_owned()), ..self.of_file(path).with_code(code) }
    }

    /// The same fault, with the path of the file that it concerns before the reason.
    pub(super) fn of_file(self, path: &str) -> VolumeFault {
        VolumeFault { reason: format!("{path}: {}", self.reason), ..self }
    }
}

impl fmt::Display for VolumeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {:#x} of the volume)", self.reason, self.offset)
    }
}

/// Faults in the order in which they are found: the first ones are kept, the others counted.
#[derive(Debug, Default)]
pub(super) struct VolumeFaults {
    kept: Vec<VolumeFault>,
    others: u64,
}

impl VolumeFaults {
    /// Adds a fault.
    pub(super) fn push(&mut self, fault: VolumeFault) {
        if self.kept.len() < limits::VOLUME_FAULTS {
            self.kept.push(fault);
        } else {
            self.others = self.others.saturating_add(1);
        }
    }

    /// Adds a fault of the structure at `offset` of the volume.
    pub(super) fn note(&mut self, offset: u64, reason: impl Into<String>) {
        self.push(VolumeFault::new(offset, reason));
    }

    /// Adds the faults of `other`.
    pub(super) fn extend(&mut self, other: VolumeFaults) {
        other.kept.into_iter().for_each(|fault| self.push(fault));
        self.others = self.others.saturating_add(other.others);
    }

    /// The faults that were kept, and one more that counts the others.
    pub(super) fn into_vec(mut self) -> Vec<VolumeFault> {
        if self.others > 0 {
            let reason = format!("{} more faults of this volume are not listed", self.others);
            self.kept.push(VolumeFault::new(0, reason));
        }
        self.kept
    }
}
