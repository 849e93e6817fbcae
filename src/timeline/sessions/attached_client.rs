//! Which client was a desktop attached to at each of its changes? Each row of timeline.csv names it.
//!
//! Example: a logon from 10.0.0.5, a disconnection, a reconnection from 10.0.0.9 and a lock: the lock is of
//! 10.0.0.9.

use crate::model::Session;
use crate::model::event::Client;
use crate::model::session::MilestoneKind;
use std::sync::Arc;

/// The client that a desktop is attached to while its changes are applied one after the other.
pub(super) struct AttachedClient {
    now: Arc<Client>,
    /// No client: the console, or no record says which.
    none: Arc<Client>,
}

impl AttachedClient {
    /// The client of the logon. The 4624 may not name it, although the Local Session Manager does.
    pub(super) fn of_logon(session: &Session) -> AttachedClient {
        let own = &session.client;
        let known = session.attachments.first().map(|first| &*first.address);
        let address = known.filter(|address| own.ip.is_empty() && !address.is_empty());
        let named =
            address.map(|ip| Client { ip: ip.into(), workstation: own.workstation.clone() });
        AttachedClient { now: named.map_or_else(|| own.clone(), Arc::new), none: Arc::default() }
    }

    /// Applies a change, and says which client it is of. `named` is the client that its record names.
    pub(super) fn change(&mut self, kind: MilestoneKind, named: Option<Client>) -> Arc<Client> {
        let named = named.map(Arc::new);
        match kind {
            MilestoneKind::Reconnected => {
                self.now = named.unwrap_or_else(|| Arc::clone(&self.none));
                Arc::clone(&self.now)
            }
            MilestoneKind::Disconnected => {
                let before = std::mem::replace(&mut self.now, Arc::clone(&self.none));
                named.unwrap_or(before)
            }
            _ => Arc::clone(&self.now),
        }
    }
}
