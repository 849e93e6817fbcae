//! Why no other cause was chosen for the end of a session.

use super::Explanation;
use crate::model::{BootEnd, EndCause, Session};

/// A line for each cause of an end that is looked for before the one that was taken, which says why it was
/// not taken. The order is that of [`EndCause`].
pub(super) fn rejected(one: &Explanation<'_>) -> Vec<String> {
    let taken = one.session.end.cause;
    let before = EndCause::ALL.iter().copied().filter(|cause| match (cause, taken) {
        // A logoff in another channel is looked for once nothing is logged in Security.
        (EndCause::Inherited, EndCause::Initiated) => false,
        // What is missing is looked for before the end of the boot is believed.
        (EndCause::Censored, _) => has_end_of_boot(taken),
        // They are looked for together: the boot has one end.
        (_, EndCause::Censored) => *cause < EndCause::Shutdown,
        _ => *cause < taken,
    });
    let lines: Vec<String> =
        before.map(|cause| format!("{cause}: {}", reason(one, cause))).collect();
    if lines.is_empty() {
        vec!["none: this cause has the highest priority".to_owned()]
    } else {
        lines
    }
}

/// Whether the end is that of the boot.
fn has_end_of_boot(cause: EndCause) -> bool {
    matches!(
        cause,
        EndCause::Shutdown | EndCause::Lost | EndCause::Crash | EndCause::EpochEnd | EndCause::Open
    )
}

/// Why the session is not taken to have ended by `cause`.
fn reason(one: &Explanation<'_>, cause: EndCause) -> String {
    let session = one.session;
    let epoch = session.boot_epoch;
    let id =
        session.logon_id.map_or("its Logon ID, which is not known,".into(), |id| id.to_string());
    match cause {
        EndCause::Terminated => format!("no 4634 of {id} was read in boot {epoch}"),
        EndCause::Initiated => format!(
            "no 4647 of {id} was read in boot {epoch}, and no logoff in another channel (Winlogon 7002, Local \
             Session Manager 23), except by a shutdown"
        ),
        EndCause::Inherited => linked_half(one, session),
        EndCause::Censored => {
            "between its last record and the end of its boot no record is missing that could be its logoff"
                .to_owned()
        }
        _ => end_of_boot(one, cause),
    }
}

fn linked_half(one: &Explanation<'_>, session: &Session) -> String {
    let Some(linked) = session.linked else {
        return "no linked session is known".to_owned();
    };
    let mut of_boot =
        one.host.sessions.iter().filter(|other| other.boot_epoch == session.boot_epoch);
    match of_boot.find(|other| other.logon_id == Some(linked)) {
        Some(other) => {
            format!("no logoff of the linked session {linked} was read ({})", other.end)
        }
        None => format!("no record of the linked session {linked} was read"),
    }
}

/// Why the end of the boot does not say that.
fn end_of_boot(one: &Explanation<'_>, cause: EndCause) -> String {
    let Some(boot) = one.boot else {
        return "no record shows how the time before the first known boot ended".to_owned();
    };
    let (epoch, end) = (boot.epoch, boot.end_cause);
    let is_orderly = matches!(end, BootEnd::Shutdown | BootEnd::Restart | BootEnd::PowerOff);
    match cause {
        EndCause::Shutdown if one.ended_by(&[EndCause::Lost]) => {
            "a record says that an event which may be the logoff was lost".to_owned()
        }
        EndCause::Lost if !is_orderly => format!("boot {epoch} did not end in order ({end})"),
        EndCause::Lost => "no record says that the logoff was lost".to_owned(),
        EndCause::Shutdown if !is_orderly => format!("boot {epoch} did not end in order ({end})"),
        EndCause::Shutdown => {
            format!("boot {epoch} ended in order ({end}), but the session was seen after that")
        }
        EndCause::Crash => format!("no record reports a crash of boot {epoch} ({end})"),
        _ => format!("no boot is known to have followed boot {epoch}"),
    }
}
