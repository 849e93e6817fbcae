//! Which records say that a computer had an address, and when.

use super::computers::{Computer, ComputerId, Computers};
use super::names::{address, can_be_owned, is_loopback, label, user};
use crate::model::hop::AddressBasis;
use crate::model::{Session, Timestamp};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One record that says that a computer had an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    /// By the clock of the computer that recorded it.
    pub(super) time: Timestamp,
    pub(super) owner: ComputerId,
    pub(super) basis: AddressBasis,
    /// The computer that recorded it, and its record.
    pub(super) observer: ComputerId,
    pub(super) channel: &'static str,
    pub(super) record_id: u64,
}

impl Statement {
    /// Is it more than the name that a Remote Desktop client gave for itself?
    pub(super) fn is_checked(&self) -> bool {
        self.basis != AddressBasis::RdpClient
    }
}

/// The statements about each address, by time.
pub(super) type Statements = BTreeMap<IpAddr, Vec<Statement>>;

const SECURITY: &str = "Security";

/// All statements. Computers that only others name are added to `computers`.
pub(super) fn statements(computers: &mut Computers<'_>) -> Statements {
    let mut named: Vec<(IpAddr, String, Statement)> = Vec::new();
    let mut all = Statements::new();
    for (observer, computer) in computers.iter() {
        for fact in &computer.facts.connections {
            let statement = Statement {
                time: fact.time,
                owner: observer,
                basis: AddressBasis::OwnConnection,
                observer,
                channel: fact.channel.name(),
                record_id: fact.record_id,
            };
            let source = address(&fact.says.source).filter(|own| can_be_owned(*own));
            source.into_iter().for_each(|own| all.entry(own).or_default().push(statement));
        }
        let blank = |time, basis, record_id| Statement {
            time,
            owner: observer,
            basis,
            observer,
            channel: SECURITY,
            record_id,
        };
        for fact in &computer.facts.tickets {
            let name = user(&fact.says.account.user);
            let client = address(&fact.says.client).filter(|own| !is_loopback(*own));
            if let (Some(client), true) = (client, name.ends_with('$')) {
                let statement = blank(fact.time, AddressBasis::MachineTicket, fact.record_id);
                named.push((client, name, statement));
            }
        }
        for session in computer.host.into_iter().flat_map(|host| &host.sessions) {
            let made = |time, basis, record_id| blank(time, basis, record_id);
            named.extend(of_session(session, made));
        }
    }
    for (address, name, statement) in named.into_iter().filter(|(own, ..)| can_be_owned(*own)) {
        // A client that gives the name of the computer that records it is ignored.
        let is_own =
            |computer: &Computer<'_>| computer.names.iter().any(|own| label(own) == label(&name));
        let is_told_itself = statement.basis == AddressBasis::RdpClient
            && computers.get(statement.observer).is_some_and(is_own);
        if !is_told_itself && let Some(owner) = computers.named_or_new(&name) {
            all.entry(address).or_default().push(Statement { owner, ..statement });
        }
    }
    all.values_mut().for_each(|of_address| of_address.sort_unstable());
    all
}

/// What a session says: its machine account, or the clients of a desktop.
fn of_session(
    session: &Session,
    made: impl Fn(Timestamp, AddressBasis, u64) -> Statement,
) -> Vec<(IpAddr, String, Statement)> {
    let mut found = Vec::new();
    let Some(start) = session.start else { return found };
    // With NTLM, somebody else could relay the logon of the computer from another address.
    let is_machine = session.account.is_machine()
        && session.logon_type == Some(3)
        && !session.method.package.eq_ignore_ascii_case("NTLM");
    if let (Some(address), true) = (address(&session.client.ip), is_machine) {
        let statement = made(start.time, AddressBasis::MachineLogon, start.record.record_id);
        found.push((address, session.account.user.to_string(), statement));
    }
    for one in &session.attachments {
        if let (Some(from), Some(address)) = (one.from, address(&one.address))
            && !one.client.is_empty()
        {
            let statement = made(from, AddressBasis::RdpClient, start.record.record_id);
            found.push((address, one.client.clone(), statement));
        }
    }
    found
}
