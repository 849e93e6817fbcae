//! What happened to a session between its start and its end, and to which client it was attached.

use super::{MilestoneKind, Moment};
use crate::model::event::Client;
use crate::model::words::words;
use crate::model::{Citation, Timestamp};
use std::sync::Arc;

/// A time during which a session was attached to a console or to a Remote Desktop client. Sources:
/// 4778 and 4779, else the Local Session Manager's 21, 24 and 25.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Attachment {
    /// To what it was attached.
    pub kind: AttachmentKind,
    /// The name of the client; empty for the console and where no record gives it.
    pub client: String,
    /// The address of the client; empty for the console and where no record gives it.
    pub address: String,
    /// When it was attached; `None` when no record says so.
    pub from: Option<Timestamp>,
    /// The record of that, which gives the order where the clock was set.
    #[serde(skip)]
    pub from_record: Option<Citation>,
    /// When it was detached; `None` when it still was attached, or when no record says so.
    pub to: Option<Timestamp>,
}

words! {
    /// To what a session was attached.
    AttachmentKind {
        /// Keyboard and screen of the computer, or a virtual machine's console.
        Console = "console",
        /// Remote Desktop.
        Rdp = "rdp",
    }
}

/// Something that happened to a session between its start and its end: a lock, an unlock, a
/// reconnect, a disconnect or a re-validation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Incident {
    /// What happened.
    pub kind: MilestoneKind,
    /// When it happened, and the record that says so.
    pub moment: Moment,
    /// The client that was attached, detached or checked, or that the session was attached to: as that
    /// record names it, else the last record before it. Empty for the console, while the session was
    /// disconnected, and where no record says.
    #[serde(skip)]
    pub client: Arc<Client>,
}

/// The unlocks before which no record says how the desktop came to be locked, each with what came before it: the
/// beginning of that lock is not known. A disconnection and a reconnection lock a desktop too.
///
/// Example: an unlock, a lock, an unlock: only the first one has no lock before it.
pub(crate) fn locks_without_a_begin(
    incidents: &[Incident],
) -> impl Iterator<Item = (Option<&Incident>, &Incident)> {
    use MilestoneKind::{Disconnected, Locked, Reconnected, Unlocked};
    let is_lock =
        |one: &&Incident| matches!(one.kind, Locked | Unlocked | Disconnected | Reconnected);
    let mut before: Option<&Incident> = None;
    incidents.iter().filter(is_lock).filter_map(move |one| {
        let earlier = before.replace(one);
        let was_open = earlier.is_none_or(|earlier| earlier.kind == Unlocked);
        (one.kind == Unlocked && was_open).then_some((earlier, one))
    })
}
