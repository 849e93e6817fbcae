//! Which session followed an attempt? It is the first session of the same account, from the same
//! source if both give one.

use super::bursts::Burst;
use crate::model::account::same_name;
use crate::model::attempt::{Success, known_address};
use crate::model::event::{Client, RecordLocation};
use crate::model::{Account, AttemptDetail, Event, Moment, Session, Span};
use crate::timeline::boot::context::BootContext;
use crate::timeline::limits::SESSIONS_AFTER_ATTEMPT;
use crate::timeline::sessions::{SessionBuilder, Sessions};
use crate::timeline::timing::{LOGON_AFTER_CREDENTIALS, SUCCESS_AFTER_FAILURE};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::IpAddr;

/// The sessions of the accounts that were tried.
pub(super) struct Successes<'a> {
    /// For each name, in lower case and without the domain: its sessions.
    by_name: HashMap<String, SessionsOfName<'a>, RandomState>,
    context: &'a BootContext<'a>,
}

/// A session with its 4624.
type Started<'a> = (&'a Event, &'a SessionBuilder<'a>);

/// The sessions of one name, in the order of their 4624: all, and by the address that they came from. So many
/// logons from other addresses do not hide the one that followed an attempt.
#[derive(Default)]
struct SessionsOfName<'a> {
    all: Vec<Started<'a>>,
    by_address: HashMap<Option<IpAddr>, Vec<Started<'a>>, RandomState>,
}

impl<'a> SessionsOfName<'a> {
    fn add(&mut self, one: Started<'a>) {
        let address = known_address(&one.1.session.client.ip);
        self.all.push(one);
        self.by_address.entry(address).or_default().push(one);
    }

    fn sort(&mut self) {
        for list in self.by_address.values_mut().chain([&mut self.all]) {
            list.sort_by_key(order);
        }
    }

    /// The first sessions after this record that may have come from this address.
    fn after(
        &self,
        record_id: u64,
        address: Option<IpAddr>,
    ) -> impl Iterator<Item = Started<'a>> + use<'_, 'a> {
        let lists = match address {
            None => [Some(&self.all), None],
            Some(_) => [self.by_address.get(&address), self.by_address.get(&None)],
        };
        let [one, other] = lists.map(|list| {
            let list = list.map_or(&[][..], Vec::as_slice);
            let from = list.partition_point(|(start, _)| start.record_id <= record_id);
            let later = list.get(from..).unwrap_or_default();
            later.get(..SESSIONS_AFTER_ATTEMPT).unwrap_or(later)
        });
        merged(one, other)
    }
}

/// Two lists in one order.
fn merged<'s, 'a>(
    mut one: &'s [Started<'a>],
    mut other: &'s [Started<'a>],
) -> impl Iterator<Item = Started<'a>> + use<'s, 'a> {
    std::iter::from_fn(move || {
        let is_of_one = match (one.first(), other.first()) {
            (Some(first), Some(second)) => order(first) <= order(second),
            (first, _) => first.is_some(),
        };
        let list = if is_of_one { &mut one } else { &mut other };
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    })
}

fn order((start, _): &Started<'_>) -> (u64, bool, RecordLocation) {
    (start.record_id, start.recovered, start.location)
}

impl<'a> Successes<'a> {
    /// Collects the sessions of a boot by account.
    pub(super) fn of(
        bursts: &[Burst<'_>],
        sessions: &'a Sessions<'a>,
        context: &'a BootContext<'a>,
    ) -> Successes<'a> {
        let mut by_name: HashMap<String, SessionsOfName<'_>, RandomState> = bursts
            .iter()
            .map(|burst| (user_of(&burst.detail), SessionsOfName::default()))
            .collect();
        by_name.remove("");
        for (_, builder) in sessions.iter() {
            let own = by_name.get_mut(&builder.session.account.user.to_lowercase());
            if let (Some(own), Some(start)) = (own, builder.start) {
                own.add((start, builder));
            }
        }
        by_name.values_mut().for_each(SessionsOfName::sort);
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
        let address = known_address(&burst.detail.client().ip);
        let clock = &self.context.clock;
        let last = clock.time(burst.last);
        let mut followed = own
            .after(burst.last.record_id, address)
            .take_while(|(start, _)| clock.time(start).since(last) <= longest)
            .filter(|(_, one)| is_same(account, burst.detail.client(), &one.session.account))
            .filter(|(_, one)| sources_agree(&burst.detail, &one.session));
        let first = followed.next()?;
        // The desktop is in the other session of the linked logon.
        let is_desktop = |one: &(_, &SessionBuilder<'_>)| !one.1.session.is_elevated_half();
        let found = if is_desktop(&first) { None } else { followed.find(is_desktop) };
        Some(found.unwrap_or(first))
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
