//! The session that a program's logon came out of: runas, NewCredentials, UAC prompts.

use super::list::Sessions;
use crate::model::{EventKind, SessionClass};
use crate::timeline::boot::context::BootContext;

/// Gives secondary logons and elevations the session of their subject, if that session has a row: it may
/// have begun before the log.
pub(super) fn find(sessions: &mut Sessions<'_>, _: &BootContext<'_>) {
    for at in sessions.indices() {
        let builder = sessions.get(at);
        let is_derived =
            matches!(builder.session.class, SessionClass::Secondary | SessionClass::Elevation);
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
