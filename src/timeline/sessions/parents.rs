//! The session that a program's logon came out of: runas, NewCredentials, UAC prompts.

use super::list::Sessions;
use crate::model::{EventKind, SessionClass};
use crate::timeline::boot::context::BootContext;

/// Gives secondary logons and elevations the session of their subject.
pub(super) fn find(sessions: &mut Sessions<'_>, _: &BootContext<'_>) {
    for builder in sessions.iter_mut() {
        let is_derived =
            matches!(builder.session.class, SessionClass::Secondary | SessionClass::Elevation);
        if let Some(EventKind::Logon(logon)) = builder.start.map(|event| &event.kind)
            && is_derived
            && !logon.subject_logon_id.is_well_known()
        {
            builder.session.parent = Some(logon.subject_logon_id);
        }
    }
}
