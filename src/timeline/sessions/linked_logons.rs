//! Linked logons: when an administrator logs on with User Account Control, Windows makes two
//! sessions, an elevated and a filtered one. Which two sessions are such a pair?
//!
//! Version 2 of 4624 names the other session. For older versions this pass finds the pairs.
//!
//! Example: 4624 for 0x5a000 and, as the next record, 4624 for 0x5a100, with the same time, account
//! and type, and a 4672 for 0x5a000 alone: a pair, in which 0x5a000 is elevated.

use super::builder::SessionBuilder;
use super::list::{SessionIndex, Sessions};
use crate::model::event::Logon;
use crate::model::{Event, EventKind, Flag};
use crate::timeline::boot::context::BootContext;
use crate::timeline::timing::LINKED_RECORD_IDS;

/// Links the two sessions of a linked logon where versions 0 and 1 of 4624 do not.
///
/// The second 4624 follows at once, with the same account, type, logon process, calling process and
/// time. A 4672 refers to the first session only, which is the elevated one, unless 4672 is not
/// audited. Seen: all of 61 such pairs have rising Logon IDs, and in 37 of 37 pairs with a 4647 the
/// 4647 is of the second session.
pub(super) fn link(sessions: &mut Sessions<'_>, _: &BootContext<'_>) {
    let with_4624 = |at: &SessionIndex| sessions.get(*at).start.is_some();
    // A session without a 4624 may be between the two.
    let started: Vec<SessionIndex> = sessions.indices().filter(with_4624).collect();
    for (&one, &other) in started.iter().zip(started.iter().skip(1)) {
        if !is_pair(sessions.get(one), sessions.get(other)) {
            continue;
        }
        let ids = [one, other].map(|at| sessions.get(at).session.logon_id);
        let [first_id, second_id] = ids;
        for (half, linked, is_elevated) in [(one, second_id, true), (other, first_id, false)] {
            let half = sessions.get_mut(half);
            half.session.linked = linked;
            half.session.elevated = Some(is_elevated);
            half.flag(Flag::LinkInferred);
        }
    }
}

/// Are these two sessions of older versions of 4624 one linked logon?
fn is_pair(first: &SessionBuilder<'_>, second: &SessionBuilder<'_>) -> bool {
    let (Some((a, x)), Some((b, y))) = (logon_of(first), logon_of(second)) else { return false };
    first.session.linked.is_none()
        && second.session.linked.is_none()
        && x.version < 2
        && y.version < 2
        && b.record_id.saturating_sub(a.record_id) <= LINKED_RECORD_IDS
        && a.time == b.time
        && x.account.sid == y.account.sid
        && x.logon_type == y.logon_type
        && x.method == y.method
        && x.caller_process_id == y.caller_process_id
        && y.logon_id > x.logon_id
        && !second.is_privileged
        // If 4672 is not audited, two such logons of a desktop are still a pair.
        && (first.is_privileged || first.is_user32())
}

/// The 4624 of a session.
fn logon_of<'a>(session: &SessionBuilder<'a>) -> Option<(&'a Event, &'a Logon)> {
    match session.start.map(|event| (event, &event.kind)) {
        Some((event, EventKind::Logon(logon))) => Some((event, logon)),
        _ => None,
    }
}
