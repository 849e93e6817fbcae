//! Which session followed an attempt? It is the first session of the same account, from the same
//! source if both give one.

use super::bursts::Burst;
use crate::model::account::same_name;
use crate::model::attempt::{Success, known_address};
use crate::model::event::Client;
use crate::model::{Account, AttemptDetail, Event, Moment, Session, Span};
use crate::timeline::boot::context::BootContext;
use crate::timeline::limits::SESSIONS_AFTER_ATTEMPT;
use crate::timeline::sessions::{SessionBuilder, Sessions};
use crate::timeline::timing::{LOGON_AFTER_CREDENTIALS, SUCCESS_AFTER_FAILURE};
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// The sessions of the accounts that were tried.
pub(super) struct Successes<'a> {
    /// For each name, in lower case and without the domain: the sessions, each with its 4624, in
    /// the order of the 4624.
    by_name: HashMap<String, Vec<(&'a Event, &'a SessionBuilder<'a>)>, RandomState>,
    context: &'a BootContext<'a>,
}

impl<'a> Successes<'a> {
    /// Collects the sessions of a boot by account.
    pub(super) fn of(
        bursts: &[Burst<'_>],
        sessions: &'a Sessions<'a>,
        context: &'a BootContext<'a>,
    ) -> Successes<'a> {
        let mut by_name: HashMap<String, Vec<(&Event, &SessionBuilder<'_>)>, RandomState> =
            bursts.iter().map(|burst| (user_of(&burst.detail), Vec::new())).collect();
        by_name.remove("");
        for (_, builder) in sessions.iter() {
            let own = by_name.get_mut(&builder.session.account.user.to_lowercase());
            if let (Some(own), Some(start)) = (own, builder.start) {
                own.push((start, builder));
            }
        }
        for own in by_name.values_mut() {
            own.sort_by_key(|(start, _)| (start.record_id, start.recovered, start.location));
        }
        Successes { by_name, context }
    }

    /// The session that followed the attempts; `None` if there is none.
    pub(super) fn after(&self, burst: &Burst<'_>) -> Option<Success> {
        let (start, builder) = self.session_after(burst)?;
        Some(Success { session: builder.session.key()?, start: Moment::from(start) })
    }

    /// The session that followed the attempts, with its 4624.
    pub(super) fn session_after(
        &self,
        burst: &Burst<'_>,
    ) -> Option<(&'a Event, &'a SessionBuilder<'a>)> {
        let longest = longest(&burst.detail)?;
        let account = burst.detail.account();
        let own = self.by_name.get(&user_of(&burst.detail))?;
        let from = own.partition_point(|(start, _)| start.record_id <= burst.last.record_id);
        let clock = &self.context.clock;
        let last = clock.time(burst.last);
        let mut followed = own
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take(SESSIONS_AFTER_ATTEMPT)
            .take_while(|(start, _)| clock.time(start).since(last) <= longest)
            .filter(|(_, one)| is_same(account, burst.detail.client(), &one.session.account))
            .filter(|(_, one)| sources_agree(&burst.detail, &one.session));
        let first = followed.next()?;
        // The desktop is in the other session of the linked logon.
        let is_desktop = |one: &&(_, &SessionBuilder<'_>)| !one.1.session.is_elevated_half();
        let found = if is_desktop(&first) { None } else { followed.find(is_desktop) };
        Some(*found.unwrap_or(first))
    }
}

/// How long after an attempt the session may begin. `None`: the session is on another computer.
fn longest(detail: &AttemptDetail) -> Option<Span> {
    match detail {
        AttemptDetail::ExplicitCredentials(used) => {
            used.is_for_this_computer().then_some(LOGON_AFTER_CREDENTIALS)
        }
        _ => Some(SUCCESS_AFTER_FAILURE),
    }
}

/// The name of the account that was tried, without its domain, in lower case.
pub(super) fn user_of(detail: &AttemptDetail) -> String {
    user_and_domain(detail.account()).0.to_lowercase()
}

/// The name and the domain of an account; `name@domain` has both in one.
fn user_and_domain(account: &Account) -> (&str, &str) {
    match account.user.split_once('@') {
        Some((user, domain)) if account.domain.is_empty() => (user, domain),
        _ => (&account.user, &account.domain),
    }
}

/// Is the account of an attempt from this client the account of the session? A failed logon usually
/// has no SID, and its domain is as somebody typed it: empty, in its long or short form, or the
/// name of the client, which means an account of this computer.
fn is_same(tried: &Account, client: &Client, logged_on: &Account) -> bool {
    if !tried.sid.is_empty() && !logged_on.sid.is_empty() {
        return tried.sid == logged_on.sid;
    }
    let (user, domain) = user_and_domain(tried);
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    let is_of_domain = domain.is_empty()
        || logged_on.domain.is_empty()
        || label(domain) == label(&logged_on.domain)
        || same_name(domain, &client.workstation);
    same_name(user, &logged_on.user) && is_of_domain
}

/// May an attempt and a session have come from the same source?
fn sources_agree(detail: &AttemptDetail, session: &Session) -> bool {
    let tried = detail.client();
    match (known_address(&tried.ip), known_address(&session.client.ip)) {
        (Some(tried), Some(session)) => tried == session,
        _ => {
            // Logons of other types name the computer itself.
            let names_client = matches!(session.logon_type, Some(3 | 8)) && detail.names_client();
            let names = [&tried.workstation, &session.client.workstation];
            !names_client
                || names.iter().any(|name| name.is_empty())
                || same_name(&tried.workstation, &session.client.workstation)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(user: &str, domain: &str) -> Account {
        Account { user: user.into(), domain: domain.into(), ..Account::default() }
    }

    #[test]
    fn a_name_as_it_was_typed_is_that_of_the_session() {
        let session = Account { sid: "S-1-5-21-1-2-3-1104".into(), ..account("alice", "CONTOSO") };
        let client = |name: &str| Client { ip: "".into(), workstation: name.into() };
        for (user, domain, workstation, expected) in [
            ("ALICE", "contoso", "", true),
            ("alice", "", "", true),
            ("alice@contoso.local", "", "", true),
            ("alice@fabrikam.com", "", "", false),
            ("alice", "contoso.local", "", true),
            ("alice", "WS7", "ws7", true),
            ("alice", "WS7", "WS8", false),
            ("alicia", "CONTOSO", "", false),
        ] {
            let tried = account(user, domain);
            assert_eq!(is_same(&tried, &client(workstation), &session), expected, "{tried}");
        }
        let other = Account { sid: "S-1-5-21-1-2-3-1105".into(), ..account("alice", "CONTOSO") };
        assert!(!is_same(&other, &client(""), &session), "the SID decides");
    }
}
