//! What is wrong with a volume: noted, and the reading goes on.

use std::fmt;

/// A structure of a volume that could not be read, and what that costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where the structure lies: bytes from the start of the volume.
    pub offset: u64,
    /// What it is, what is wrong with it, and what is lost by that.
    pub reason: String,
}

impl Fault {
    pub(super) fn new(offset: u64, reason: impl Into<String>) -> Fault {
        Fault { offset, reason: reason.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {:#x} of the volume)", self.reason, self.offset)
    }
}

/// Faults kept of one volume; a damaged one could have millions.
const KEPT: usize = 500;

/// Faults as they are found: the first ones kept, the others counted.
#[derive(Debug, Default)]
pub(super) struct Faults {
    kept: Vec<Fault>,
    others: u64,
}

impl Faults {
    pub(super) fn push(&mut self, fault: Fault) {
        if self.kept.len() < KEPT {
            self.kept.push(fault);
        } else {
            self.others = self.others.saturating_add(1);
        }
    }

    pub(super) fn note(&mut self, offset: u64, reason: impl Into<String>) {
        self.push(Fault::new(offset, reason));
    }

    pub(super) fn extend(&mut self, other: Faults) {
        other.kept.into_iter().for_each(|fault| self.push(fault));
        self.others = self.others.saturating_add(other.others);
    }

    /// The faults in the order found, and one more that counts those not kept.
    pub(super) fn into_vec(mut self) -> Vec<Fault> {
        if self.others > 0 {
            let reason = format!("{} more faults of this volume are not listed", self.others);
            self.kept.push(Fault::new(0, reason));
        }
        self.kept
    }
}
