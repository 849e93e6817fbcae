//! Out of which session did the logon of a program come (runas, NewCredentials, a prompt of User
//! Account Control)?

use super::classes;
use super::list::Sessions;
use crate::model::EventKind;
use crate::timeline::boot::context::BootContext;

/// Gives each secondary logon and each elevation its parent: the session of its subject. That
/// session always has a row, if only because of this logon.
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
        let parent = sessions.find_at(logon.subject_logon_id, builder.first.record_id);
        let parent = parent.filter(|parent| *parent != at);
        let key = parent.and_then(|parent| sessions.get(parent).session.key());
        sessions.get_mut(at).session.parent = key;
    }
}
