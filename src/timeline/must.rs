//! What cannot happen, unless this program is wrong.
//!
//! A branch for such a case must not be silent, because it could cost a record or a session. In every test it panics.
//! In a release it is counted, and becomes a finding of the next result. So the count is the one thing that the timeline
//! keeps between two calls. If a program builds two timelines at once, the finding of one may be in the result of the other.

use crate::model::{Finding, FindingCode};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// How often each of these conditions was not true.
struct Misses(Mutex<BTreeMap<&'static str, u64>>);

static MISSES: Misses = Misses(Mutex::new(BTreeMap::new()));

/// Passes on what must be there; `what` is the condition, as a whole sentence without its full stop.
pub(crate) fn must<T>(found: Option<T>, what: &'static str) -> Option<T> {
    must_hold(found.is_some(), what);
    found
}

/// Notes a condition that must be true; `what` says it, as a whole sentence without its full stop.
pub(crate) fn must_hold(holds: bool, what: &'static str) {
    debug_assert!(holds, "this must be true: {what}");
    if !holds {
        MISSES.note(what);
    }
}

/// The findings about all conditions that were not true since the last call.
pub(super) fn findings() -> Vec<Finding> {
    MISSES.take()
}

impl Misses {
    fn note(&self, what: &'static str) {
        let mut misses = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *misses.entry(what).or_default() += 1;
    }

    fn take(&self) -> Vec<Finding> {
        let mut misses = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let finding = |(what, count): (&str, u64)| {
            let message = format!(
                "this must be true, and it was not, {count} time(s): {what}. It is a fault of this \
                 program, please report it"
            );
            Finding::new(FindingCode::SelfCheck, message)
        };
        std::mem::take(&mut *misses).into_iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "each boot has a first record")]
    fn what_cannot_happen_fails_every_test() {
        must(None::<u8>, "each boot has a first record");
    }

    #[test]
    fn what_cannot_happen_is_a_finding_once() {
        let misses = Misses(Mutex::new(BTreeMap::new()));
        misses.note("each boot has a first record");
        misses.note("each boot has a first record");
        let findings = misses.take();
        assert_eq!(findings.len(), 1);
        assert!(findings[0].message.contains("2 time(s): each boot has a first record."));
        assert!(misses.take().is_empty());
    }
}
