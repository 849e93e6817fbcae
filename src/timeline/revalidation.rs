//! Unlocks and reconnects log on anew for a moment: such a logon is no session of its own, but
//! something that happened to the session that is open.

use super::drafts::{Draft, Drafts};
use crate::model::session::{Incident, MilestoneKind};
use crate::model::{LogonId, SessionClass, Span};
use std::collections::BTreeMap;

/// Longer than this a logon is a session (44 s of an RDP session that failed is the next longest).
const LONGEST: Span = Span::seconds(15);

/// Turns short logons of somebody whose session is open into re-validations of that session.
///
/// The rule: an interactive logon that ends with a 4634 and no 4647, within 15 s, while another
/// interactive session of the same SID is open in the same boot.
pub(super) fn attach(drafts: &mut Drafts<'_>) {
    // Sessions that may be the parent, by epoch and SID, in record order.
    let mut lasting: BTreeMap<(u32, String), Vec<usize>> = BTreeMap::new();
    for (at, draft) in drafts.list.iter().enumerate() {
        if is_desktop(draft) && !is_short(draft) {
            let key = (draft.session.boot_epoch, draft.session.account.sid.to_string());
            lasting.entry(key).or_default().push(at);
        }
    }
    for at in 0..drafts.list.len() {
        let Some(draft) = drafts.list.get(at).filter(|draft| is_candidate(draft)) else { continue };
        let key = (draft.session.boot_epoch, draft.session.account.sid.to_string());
        let moment = draft.first.record_id;
        let open =
            lasting.get(&key).into_iter().flatten().rev().copied().filter(|&other| {
                drafts.list.get(other).is_some_and(|other| is_open_at(other, moment))
            });
        // Of a pair, the filtered half is the one that the user works in.
        let Some(parent) =
            open.min_by_key(|&other| drafts.list.get(other).map(|d| d.session.is_elevated_half()))
        else {
            continue;
        };
        let parent_id = drafts.list.get(parent).and_then(|draft| draft.session.logon_id);
        let Some(draft) = drafts.list.get_mut(at) else { continue };
        draft.session.class = SessionClass::Revalidation;
        draft.session.parent = parent_id;
        // The elevated half of the check says nothing new.
        let second_half = draft.session.is_elevated_half();
        let start = draft.session.start.filter(|_| !second_half);
        if let (Some(moment), Some(parent)) = (start, drafts.list.get_mut(parent)) {
            let kind = MilestoneKind::Revalidated;
            parent.session.incidents.push(Incident { kind, moment });
        }
    }
}

/// A session at a desktop, local or remote.
pub(super) fn is_desktop(draft: &Draft<'_>) -> bool {
    matches!(draft.session.class, SessionClass::Desktop | SessionClass::RemoteDesktop)
}

fn is_candidate(draft: &Draft<'_>) -> bool {
    let process = &draft.session.how.logon_process;
    let by_winlogon =
        ["User32", "Negotiat", "Negotiate"].iter().any(|name| process.eq_ignore_ascii_case(name));
    matches!(draft.session.logon_type, Some(2 | 7 | 10 | 11 | 12 | 13))
        && by_winlogon
        && draft.start.is_some()
        && is_short(draft)
}

fn is_short(draft: &Draft<'_>) -> bool {
    let session = &draft.session;
    match (&session.start, &session.terminated, &session.initiated) {
        (Some(start), Some(end), None) => {
            let lasted = Span(end.time.since(start.time).0 - session.clock_correction.0);
            Span(0) <= lasted && lasted < LONGEST
        }
        _ => false,
    }
}

/// Had begun before this record and had not ended, nor been asked to end.
fn is_open_at(draft: &Draft<'_>, record_id: u64) -> bool {
    let session = &draft.session;
    let begun = match &session.start {
        Some(start) => start.record.record_id < record_id,
        None => true,
    };
    let ends = [&session.initiated, &session.terminated];
    begun && ends.into_iter().flatten().all(|moment| moment.record.record_id > record_id)
}

/// The session that a program's logon came out of: runas, NewCredentials, UAC prompts.
pub(super) fn parents(drafts: &mut Drafts<'_>) {
    for draft in &mut drafts.list {
        let subject = match draft.start.map(|event| &event.what) {
            Some(crate::model::What::Logon(logon)) => logon.subject_logon_id,
            _ => LogonId(0),
        };
        let derived =
            matches!(draft.session.class, SessionClass::Secondary | SessionClass::Elevation);
        if derived && !subject.is_well_known() {
            draft.session.parent = Some(subject);
        }
    }
}
