//! The session that a program's logon came out of: runas, NewCredentials, UAC prompts.

use super::classes;
use super::list::Sessions;
use crate::model::EventKind;
use crate::timeline::boot::context::BootContext;

/// Gives secondary logons and elevations the session of their subject. That session has a row, if only
/// because of this logon.
pub(super) fn find(sessions: &mut Sessions<'_>, _: &BootContext<'_>) {
    for at in sessions.indices() {
        let builder = sessions.get(at);
        let is_derived = classes::is_derived(builder.session.class);
        let Some(EventKind::Logon(logon)) = builder.start.map(|event| &event.kind) else {
            continue;
        };
        if !is_derived || logon.subject_logon_id.is_well_known() {
            continue;
        }
        let parent = sessions.find(logon.subject_logon_id).filter(|parent| *parent != at);
        let key = parent.and_then(|parent| sessions.get(parent).session.key());
        sessions.get_mut(at).session.parent = key;
    }
}
