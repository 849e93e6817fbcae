//! Sessions that records of Security name before and after a place: no boot began at that place.
//!
//! A Logon ID is unique between two boots. A record that names a session of an account which an
//! earlier 4624 opened, and which no later 4624 opened again, is therefore of the same boot as that
//! 4624. This speaks against every boot that is only inferred between the two.

use crate::model::{Event, EventKind, LogonId};
use foldhash::HashMap;

/// What the records of a channel name on both sides of each record.
#[derive(Debug, Default)]
pub(crate) struct SessionSpans {
    /// For each record the last record that names a session which a record before it opened.
    named_until: Vec<usize>,
    /// For each record the next 4624 of an account, before the next record that proves a boot.
    next_logon: Vec<Option<usize>>,
}

/// A session from the 4624 that opened it to the last record that names it.
struct Span<'a> {
    opened: usize,
    sid: &'a str,
    last: usize,
}

impl SessionSpans {
    /// The sessions that the records of Security name, by record ID.
    pub(crate) fn of(events: &[Event]) -> SessionSpans {
        let starts = sure_starts(events);
        SessionSpans {
            named_until: named_until(events, &starts),
            next_logon: next_logon(events, &starts),
        }
    }

    /// Does this record, or one after it, name a session that a record before it opened?
    pub(crate) fn cross(&self, index: usize) -> bool {
        self.named_until.get(index).is_some_and(|last| *last >= index)
    }

    /// The next 4624 of an account after this record, before the next boot that a record proves.
    pub(crate) fn next_logon(&self, index: usize) -> Option<usize> {
        self.next_logon.get(index).copied().flatten()
    }
}

/// The Logon ID of an account's 4624. The accounts of window managers and font drivers log on in
/// another order than their Logon IDs were allocated, and count for nothing.
pub(crate) fn account_logon(event: &Event) -> Option<LogonId> {
    match &event.kind {
        EventKind::Logon(logon)
            if !logon.logon_id.is_well_known() && logon.account.window_session().is_none() =>
        {
            Some(logon.logon_id)
        }
        _ => None,
    }
}

/// Is this the 4624 of an account that Windows does not bring along?
pub(crate) fn is_ordinary_logon(event: &Event) -> bool {
    matches!(&event.kind, EventKind::Logon(logon) if logon.account.is_ordinary())
}

/// The session that a record of Security names, by its Logon ID, and whose it is.
pub(crate) fn named_session(event: &Event) -> Option<(LogonId, &str)> {
    let (id, account) = match &event.kind {
        EventKind::Logon(logon) => (logon.logon_id, &logon.account),
        EventKind::Terminated(session)
        | EventKind::LogoffInitiated(session)
        | EventKind::SessionReference(session) => (session.logon_id, &session.account),
        EventKind::WindowStation(station) => (station.logon_id, &station.account),
        EventKind::Lock(lock) => (lock.logon_id, &lock.account),
        _ => return None,
    };
    (!id.is_well_known()).then_some((id, &*account.sid))
}

/// Whether each record proves by itself that a boot began: 4608, the type 0 logon of SYSTEM, another
/// process ID of LSASS.
fn sure_starts(events: &[Event]) -> Vec<bool> {
    let mut lsass = None;
    let starts = events.iter().map(|event| {
        let pid = event.lsass_pid().filter(|_| !event.recovered);
        let is_other = pid.is_some() && lsass.is_some() && pid != lsass;
        lsass = pid.or(lsass);
        let is_start = matches!(event.kind, EventKind::LsassStarted) || event.is_system_logon();
        !event.recovered && (is_start || is_other)
    });
    starts.collect()
}

fn named_until(events: &[Event], starts: &[bool]) -> Vec<usize> {
    let mut spans: Vec<Span<'_>> = Vec::new();
    let mut open: HashMap<LogonId, usize> = HashMap::default();
    let name = |spans: &mut Vec<Span<'_>>, open: &HashMap<LogonId, usize>, id, sid, at| {
        let span = open.get(&id).and_then(|span| spans.get_mut(*span));
        if let Some(span) = span.filter(|span| span.sid == sid && !span.sid.is_empty()) {
            span.last = at;
        }
    };
    for (at, (event, starts_boot)) in events.iter().zip(starts).enumerate() {
        if *starts_boot {
            open.clear();
        }
        if event.recovered {
            continue;
        }
        if let EventKind::Logon(logon) = &event.kind {
            name(&mut spans, &open, logon.subject_logon_id, &*logon.subject.sid, at);
            if !logon.logon_id.is_well_known() {
                open.insert(logon.logon_id, spans.len());
                spans.push(Span { opened: at, sid: &logon.account.sid, last: at });
            }
        } else if let Some((id, sid)) = named_session(event) {
            name(&mut spans, &open, id, sid, at);
        }
    }
    let mut spans = spans.iter().peekable();
    let mut last = 0;
    (0..events.len())
        .map(|at| {
            while let Some(span) = spans.next_if(|span| span.opened < at) {
                last = last.max(span.last);
            }
            last
        })
        .collect()
}

fn next_logon(events: &[Event], starts: &[bool]) -> Vec<Option<usize>> {
    let mut next = None;
    let mut all: Vec<Option<usize>> = Vec::with_capacity(events.len());
    for (at, (event, starts_boot)) in events.iter().zip(starts).enumerate().rev() {
        all.push(next);
        if *starts_boot {
            next = None;
        } else if !event.recovered && account_logon(event).is_some() {
            next = Some(at);
        }
    }
    all.reverse();
    all
}
