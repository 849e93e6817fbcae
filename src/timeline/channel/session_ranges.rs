//! Which records of Security are between two records of one session? No boot began there.
//!
//! A Logon ID is unique within a boot. If a 4624 opens a session of an account, and a later record
//! names the same Logon ID and account, and no 4624 in between opened it again, then both records
//! are of the same boot. This is evidence against every boot that is only inferred between the two.
//!
//! Input: the records of Security. Output: [`SessionRanges`].
//!
//! Example: a 4624 for 0x5a000 of alice, a 4902, and a 4634 for 0x5a000 of alice: the 4902 does not
//! begin a boot.

use crate::model::{Event, EventKind, LogonId};
use foldhash::HashMap;

/// The ranges of records of all sessions, in a form that is fast to ask for one record.
#[derive(Debug, Default)]
pub(crate) struct SessionRanges {
    /// For each record, the last record that names a session that was opened before it.
    named_until: Vec<usize>,
    /// For each record, the next 4624 of an account, unless a record that proves a boot comes
    /// first.
    next_logon: Vec<Option<usize>>,
}

/// The records of one session, from the 4624 that opened it to the last one that names it.
struct SessionRange<'a> {
    opened: usize,
    sid: &'a str,
    last: usize,
}

impl SessionRanges {
    /// Finds the ranges of all sessions in the records of Security, which are in the order of
    /// record IDs.
    pub(crate) fn of(events: &[Event]) -> SessionRanges {
        let starts = sure_starts(events);
        let (named_until, next_logon) =
            rayon::join(|| named_until(events, &starts), || next_logon(events, &starts));
        SessionRanges { named_until, next_logon }
    }

    /// Does this record, or a later one, name a session that an earlier record opened?
    pub(crate) fn reach_across(&self, index: usize) -> bool {
        self.named_until.get(index).is_some_and(|last| *last >= index)
    }

    /// The next 4624 of an account after this record, unless a record that proves a boot comes
    /// first.
    pub(crate) fn next_logon(&self, index: usize) -> Option<usize> {
        self.next_logon.get(index).copied().flatten()
    }
}

/// The Logon ID in the 4624 of an account. Window managers and font drivers do not count, because
/// they log on in another order than their Logon IDs were allocated.
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

/// Is this the 4624 of an ordinary account, that is, one that is not built into Windows?
pub(crate) fn is_ordinary_logon(event: &Event) -> bool {
    matches!(&event.kind, EventKind::Logon(logon) if logon.account.is_ordinary())
}

/// The session that a record of Security names, by its Logon ID, and the SID of its account.
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

/// Is this one of the two records that every start of LSASS writes: 4608, or the type 0 logon of SYSTEM?
pub(super) fn logs_start(event: &Event) -> bool {
    matches!(event.kind, EventKind::LsassStarted) || event.is_system_logon()
}

/// For each record, whether it proves by itself that a boot began: 4608, the type 0 logon of
/// SYSTEM, or another process ID of LSASS.
fn sure_starts(events: &[Event]) -> Vec<bool> {
    let mut lsass = None;
    let starts = events.iter().map(|event| {
        let pid = event.lsass_pid().filter(|_| !event.recovered);
        let is_other = pid.is_some() && lsass.is_some() && pid != lsass;
        lsass = pid.or(lsass);
        !event.recovered && (logs_start(event) || is_other)
    });
    starts.collect()
}

/// For each record, the last record that names a session that was opened before it. A record that
/// proves a boot closes all sessions.
fn named_until(events: &[Event], starts: &[bool]) -> Vec<usize> {
    let mut ranges: Vec<SessionRange<'_>> = Vec::new();
    let mut open: HashMap<LogonId, usize> = HashMap::default();
    let name = |ranges: &mut Vec<SessionRange<'_>>, open: &HashMap<LogonId, usize>, id, sid, at| {
        let range = open.get(&id).and_then(|range| ranges.get_mut(*range));
        if let Some(range) = range.filter(|range| range.sid == sid && !range.sid.is_empty()) {
            range.last = at;
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
            name(&mut ranges, &open, logon.subject_logon_id, &*logon.subject.sid, at);
            if !logon.logon_id.is_well_known() {
                open.insert(logon.logon_id, ranges.len());
                ranges.push(SessionRange { opened: at, sid: &logon.account.sid, last: at });
            }
        } else if let Some((id, sid)) = named_session(event) {
            name(&mut ranges, &open, id, sid, at);
        }
    }
    let mut ranges = ranges.iter().peekable();
    let mut last = 0;
    (0..events.len())
        .map(|at| {
            while let Some(range) = ranges.next_if(|range| range.opened < at) {
                last = last.max(range.last);
            }
            last
        })
        .collect()
}

/// For each record, the next 4624 of an account, unless a record that proves a boot comes first.
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
