//! Bursts: attempts that are alike and follow each other soon become one row.

use crate::model::event::{ExplicitCredentials, FailedLogon, RefusedCredentials};
use crate::model::{Account, Accounting, AttemptDetail, Event, EventKind, Timestamp};
use crate::timeline::boot::context::BootContext;
use crate::timeline::timing::BETWEEN_ATTEMPTS;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

/// Attempts that are alike, each soon after the one before it.
pub(super) struct Burst<'a> {
    pub(super) detail: AttemptDetail,
    /// The port of all attempts; 0 if they have different ports.
    pub(super) port: u16,
    pub(super) count: u64,
    pub(super) first: &'a Event,
    pub(super) last: &'a Event,
    /// The adjusted time of the last one.
    until: Timestamp,
}

/// The attempt that an event is, and its port; `None` for other events.
pub(super) fn attempt(event: &Event) -> Option<(AttemptDetail, u16)> {
    match &event.kind {
        EventKind::FailedLogon(failed, port) => {
            Some((AttemptDetail::FailedLogon(Arc::clone(failed)), *port))
        }
        EventKind::RefusedCredentials(refused, port) => {
            Some((AttemptDetail::RefusedCredentials(Arc::clone(refused)), *port))
        }
        EventKind::ExplicitCredentials(used, port) if !used.is_of_windows() => {
            Some((AttemptDetail::ExplicitCredentials(Arc::clone(used)), *port))
        }
        _ => None,
    }
}

/// Is this a 4648 with which Windows itself logs somebody on? It may be read fully, or head-only.
fn is_of_windows(event: &Event) -> bool {
    match &event.kind {
        EventKind::ExplicitCredentials(used, _) => used.is_of_windows(),
        EventKind::Boundary => event.is_head_only() && event.event_id == 4648,
        _ => false,
    }
}

/// Finds the bursts of a boot, in the order of their first records, and counts each event in
/// `accounting`.
pub(super) fn find<'a>(
    events: &'a [Event],
    context: &BootContext<'_>,
    accounting: &mut Accounting,
) -> Vec<Burst<'a>> {
    let mut bursts: Vec<Burst<'a>> = Vec::new();
    let mut kinds = Kinds::default();
    let mut latest: Vec<usize> = Vec::new();
    for event in events {
        if is_of_windows(event) {
            accounting.events.entry(event.event_id).or_default().well_known += 1;
            continue;
        }
        let Some((detail, port)) = attempt(event) else { continue };
        accounting.events.entry(event.event_id).or_default().placed += 1;
        let time = context.clock.time(event);
        let kind = kinds.number(event.event_id, &detail);
        let known = latest.get(kind).and_then(|at| bursts.get_mut(*at));
        if let Some(burst) = known.filter(|own| time.since(own.until).abs() <= BETWEEN_ATTEMPTS) {
            burst.count += 1;
            (burst.last, burst.until) = (event, time);
            if burst.port != port {
                burst.port = 0;
            }
            continue;
        }
        match latest.get_mut(kind) {
            Some(latest) => *latest = bursts.len(),
            None => latest.push(bursts.len()),
        }
        bursts.push(Burst { detail, port, count: 1, first: event, last: event, until: time });
    }
    bursts
}

/// The kinds of attempts (an Event ID and its details), each with a number from 0. Equal details
/// mostly share one object in memory, so that their texts need not be compared each time.
#[derive(Default)]
struct Kinds {
    by_detail: HashMap<(u16, AttemptDetail), usize, RandomState>,
    by_address: HashMap<(u16, usize), usize, RandomState>,
}

impl Kinds {
    /// The number of this kind; a new kind gets the next number.
    fn number(&mut self, event_id: u16, detail: &AttemptDetail) -> usize {
        let address = match detail {
            AttemptDetail::FailedLogon(failed) => Arc::as_ptr(failed).addr(),
            AttemptDetail::RefusedCredentials(refused) => Arc::as_ptr(refused).addr(),
            AttemptDetail::ExplicitCredentials(used) => Arc::as_ptr(used).addr(),
        };
        let by_detail = &mut self.by_detail;
        *self.by_address.entry((event_id, address)).or_insert_with(|| {
            let next = by_detail.len();
            *by_detail.entry((event_id, without_case(detail))).or_insert(next)
        })
    }
}

/// The details with the name of the account in lower case: Windows does not distinguish the case, and an attempt
/// repeats the name as somebody typed it.
fn without_case(detail: &AttemptDetail) -> AttemptDetail {
    let lower = |account: &Account| {
        let Account { sid, user, domain } = account;
        let (user, domain) = (user.to_lowercase().into(), domain.to_lowercase().into());
        Arc::new(Account { sid: sid.clone(), user, domain })
    };
    match detail {
        AttemptDetail::FailedLogon(one) => {
            let account = lower(&one.account);
            AttemptDetail::FailedLogon(Arc::new(FailedLogon { account, ..(**one).clone() }))
        }
        AttemptDetail::RefusedCredentials(one) => {
            let account = lower(&one.account);
            let refused = RefusedCredentials { account, ..(**one).clone() };
            AttemptDetail::RefusedCredentials(Arc::new(refused))
        }
        AttemptDetail::ExplicitCredentials(one) => {
            let account = lower(&one.account);
            let used = ExplicitCredentials { account, ..(**one).clone() };
            AttemptDetail::ExplicitCredentials(Arc::new(used))
        }
    }
}
