//! The sessions of every computer, to look them up by Logon ID or by account.

use super::computers::{ComputerId, Computers};
use crate::model::{Account, LogonId, Session};
use std::collections::HashMap;

/// The indices of sessions in the list of their computer.
#[derive(Default)]
pub(super) struct SessionPlaces {
    by_logon_id: HashMap<(ComputerId, LogonId), Vec<usize>>,
    by_user: HashMap<(ComputerId, String), Vec<usize>>,
}

impl SessionPlaces {
    pub(super) fn of(computers: &Computers<'_>) -> SessionPlaces {
        let mut places = SessionPlaces::default();
        for (id, computer) in computers.iter() {
            let sessions = computer.host.into_iter().flat_map(|host| &host.sessions);
            for (at, session) in sessions.enumerate() {
                if let Some(logon_id) = session.logon_id {
                    places.by_logon_id.entry((id, logon_id)).or_default().push(at);
                }
                if can_act(session) {
                    let user = session.account.user.to_lowercase();
                    places.by_user.entry((id, user)).or_default().push(at);
                }
            }
        }
        places
    }

    /// Those with this Logon ID, of every boot.
    pub(super) fn with_logon_id(&self, computer: ComputerId, id: LogonId) -> &[usize] {
        self.by_logon_id.get(&(computer, id)).map_or(&[], Vec::as_slice)
    }

    /// Those of accounts of this name from which somebody can go on to other computers.
    pub(super) fn of_user(&self, computer: ComputerId, account: &Account) -> &[usize] {
        let key = (computer, account.user.to_lowercase());
        self.by_user.get(&key).map_or(&[], Vec::as_slice)
    }
}

impl SessionPlaces {
    /// For each account, by its name in small letters, those of these computers where it has a session from which
    /// somebody can go on.
    pub(super) fn computers_of_users(
        &self,
        is_asked_about: impl Fn(ComputerId) -> bool,
    ) -> HashMap<String, Vec<ComputerId>> {
        let mut computers: HashMap<String, Vec<ComputerId>> = HashMap::new();
        for (computer, user) in self.by_user.keys().filter(|(own, _)| is_asked_about(*own)) {
            computers.entry(user.clone()).or_default().push(*computer);
        }
        computers
    }
}

/// Can a person or a program go on from this session to other computers? Not from a logon over the network, a
/// re-validation, or the session of a window manager.
fn can_act(session: &Session) -> bool {
    use crate::model::SessionClass::{Revalidation, WindowManager};
    session.logon_type != Some(3) && !matches!(session.class, Revalidation | WindowManager)
}
