//! Steps of the clock between two records are no elapsed time, where they corrected an error.

use super::drafts::Drafts;
use super::facts::Facts;
use crate::model::{Channel, Span};

/// Sums, for every session, the steps recorded between its start and its end. Raw times are never
/// changed; the tables show both durations.
pub(super) fn correct(drafts: &mut Drafts<'_>, facts: &[Facts<'_>]) {
    for draft in &mut drafts.list {
        let session = &mut draft.session;
        let Some(start) = &session.start else { continue };
        let Some(facts) = facts.get(session.boot_epoch as usize) else { continue };
        let end = session.end.record.as_ref().filter(|record| record.channel == Channel::Security);
        // A session that lasts as long as its boot has all later steps in it.
        let (from, to) = (start.record.record_id, end.map_or(u64::MAX, |record| record.record_id));
        let between = facts.steps.iter().filter(|step| {
            let id = step.event.record_id;
            step.event.channel == Channel::Security && from < id && id < to
        });
        session.clock_correction = Span(between.fold(0, |sum, step| step.by.0.saturating_add(sum)));
    }
}
