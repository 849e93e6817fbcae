//! UAC pairs: one logon of an administrator makes two sessions, an elevated and a filtered one.

use crate::model::event::Logon;
use crate::model::{Event, EventKind};
use crate::timeline::sessions::builder::{Draft, Drafts};

/// The second 4624 of a pair follows within so many records.
const DISTANCE: u64 = 2;

/// Links the halves that versions 0 and 1 of 4624 do not link.
///
/// The second follows at once with the same account, type, logon process, calling process and
/// time; a 4672 names the first alone. The first is the elevated one. All of 61 pairs found so
/// had rising Logon IDs, and in 37 of 37 with a 4647 it names the second.
pub(crate) fn infer(drafts: &mut Drafts<'_>) {
    let mut earlier: Option<usize> = None;
    for at in 0..drafts.list.len() {
        if drafts.list.get(at).is_none_or(|draft| draft.start.is_none()) {
            continue;
        }
        // An end without its logon may stand between the two.
        let Some(before) = earlier.replace(at) else { continue };
        let Ok([first, second]) = drafts.list.get_disjoint_mut([before, at]) else { continue };
        if !is_pair(first, second) {
            continue;
        }
        first.session.linked = second.session.logon_id;
        second.session.linked = first.session.logon_id;
        first.session.elevated = Some(true);
        second.session.elevated = Some(false);
        for half in [first, second] {
            half.flag("link-inferred");
        }
    }
}

fn is_pair(first: &Draft<'_>, second: &Draft<'_>) -> bool {
    let (Some((a, x)), Some((b, y))) = (logon_of(first), logon_of(second)) else { return false };
    first.session.linked.is_none()
        && second.session.linked.is_none()
        && x.version < 2
        && y.version < 2
        && b.record_id.saturating_sub(a.record_id) <= DISTANCE
        && a.time == b.time
        && x.account.sid == y.account.sid
        && x.logon_type == y.logon_type
        && x.method == y.method
        && x.caller_process_id == y.caller_process_id
        && y.logon_id > x.logon_id
        && first.privileged
        && !second.privileged
}

fn logon_of<'a>(draft: &Draft<'a>) -> Option<(&'a Event, &'a Logon)> {
    match draft.start.map(|event| (event, &event.kind)) {
        Some((event, EventKind::Logon(logon))) => Some((event, logon)),
        _ => None,
    }
}
