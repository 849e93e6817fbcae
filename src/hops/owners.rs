//! Whose an address was at a moment.

use super::computers::ComputerId;
use super::distances::{CLOSE_STATEMENTS, LEASE, SHARED_ADDRESS, before};
use super::statements::{Statement, Statements};
use crate::model::hop::AddressBasis;
use crate::model::{Confidence, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// Who had an address at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Owner {
    /// Nothing was ever said of it.
    Unknown,
    /// It belonged to this computer.
    One(Ownership),
    /// Several had it, at once or one after the other, and nothing says which had it then; or the time is
    /// too far from every statement.
    Unsure,
}

/// That a computer had an address, and what says so.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ownership {
    pub(super) computer: ComputerId,
    pub(super) confidence: Confidence,
    /// The nearest statements: before, after.
    pub(super) by: Vec<Statement>,
}

impl Ownership {
    /// Whether more than a client's own word stands behind it.
    pub(super) fn is_checked(&self) -> bool {
        self.by.iter().any(Statement::is_checked)
    }
}

/// A time in which several computers had an address.
#[derive(Debug, Clone, Copy)]
struct SharedTime {
    from: Timestamp,
    to: Timestamp,
}

/// The statements, and what follows of them.
pub(super) struct Owners {
    statements: Statements,
    shared: HashMap<IpAddr, Vec<SharedTime>>,
    /// The addresses of each computer with the times at which it had them.
    addresses: HashMap<ComputerId, BTreeMap<IpAddr, Vec<Timestamp>>>,
}

impl Owners {
    pub(super) fn new(statements: Statements) -> Owners {
        let mut addresses: HashMap<ComputerId, BTreeMap<IpAddr, Vec<Timestamp>>> = HashMap::new();
        let mut shared = HashMap::new();
        for (address, all) in &statements {
            for one in all.iter().filter(|one| one.is_checked()) {
                let of_owner = addresses.entry(one.owner).or_default();
                of_owner.entry(*address).or_default().push(one.time);
            }
            shared.insert(*address, shared_times(all));
        }
        Owners { statements, shared, addresses }
    }

    /// Whose `address` was at `time`, by all records but `except` (a computer and its record): what is
    /// asked about proves nothing of itself.
    pub(super) fn owner(
        &self,
        address: IpAddr,
        time: Timestamp,
        except: Option<(ComputerId, u64)>,
    ) -> Owner {
        let Some(all) = self.statements.get(&address) else { return Owner::Unknown };
        let is_other = |one: &&Statement| except != Some((one.observer, one.record_id));
        let at = all.partition_point(|one| one.time <= time);
        let (earlier, later) = all.split_at_checked(at).unwrap_or((all, &[]));
        let last = earlier.iter().rev().find(is_other);
        let next = later.iter().find(is_other);
        if last.is_none() && next.is_none() {
            return Owner::Unknown;
        }
        if self.is_shared(address, time) {
            return Owner::Unsure;
        }
        let last = last.filter(|one| time.since(one.time) <= LEASE);
        let next = next.filter(|one| one.time.since(time) <= LEASE);
        let nearest_other = |owner: ComputerId| {
            let others = all.iter().filter(|one| is_other(one) && one.owner != owner);
            others.map(|one| one.time.since(time).abs()).min()
        };
        match (last, next) {
            (Some(last), Some(next)) if last.owner == next.owner => {
                self.inside(address, *last, *next, nearest_other(last.owner))
            }
            (Some(one), None) | (None, Some(one)) => {
                match nearest_other(one.owner).is_some_and(|apart| apart <= SHARED_ADDRESS) {
                    true => Owner::Unsure,
                    false => self.outside(address, *one, time),
                }
            }
            _ => Owner::Unsure,
        }
    }

    /// Before the first statement or behind the last one: as long as nothing shows that the computer had
    /// another address meanwhile.
    fn outside(&self, address: IpAddr, one: Statement, time: Timestamp) -> Owner {
        if self.is_elsewhere(one.owner, address, (one.time.min(time), one.time.max(time))) {
            return Owner::Unsure;
        }
        let confidence = if one.is_checked() { Confidence::Medium } else { Confidence::Low };
        Owner::One(Ownership { computer: one.owner, confidence, by: vec![one] })
    }

    /// Between two statements of one owner. `nearest_other`: how far from the moment another one was said to have
    /// the address; several may stand behind it.
    fn inside(
        &self,
        address: IpAddr,
        last: Statement,
        next: Statement,
        nearest_other: Option<Span>,
    ) -> Owner {
        // It went to and fro, or it has two network cards.
        let is_elsewhere = self.is_elsewhere(last.owner, address, (last.time, next.time));
        let is_shared = nearest_other.is_some_and(|apart| apart <= SHARED_ADDRESS);
        if is_shared || is_elsewhere && nearest_other.is_some() {
            return Owner::Unsure;
        }
        let is_close = next.time.since(last.time) <= CLOSE_STATEMENTS
            && nearest_other.is_none_or(|apart| apart > CLOSE_STATEMENTS);
        let confidence = match (last.is_checked(), next.is_checked()) {
            (true, true) if is_close && !is_elsewhere => Confidence::High,
            (false, false) => Confidence::Low,
            _ => Confidence::Medium,
        };
        Owner::One(Ownership { computer: last.owner, confidence, by: vec![last, next] })
    }

    /// Whether the computer was seen with another address of the family between two moments.
    fn is_elsewhere(
        &self,
        owner: ComputerId,
        address: IpAddr,
        (from, to): (Timestamp, Timestamp),
    ) -> bool {
        let mut all = self.addresses.get(&owner).into_iter().flatten();
        all.any(|(other, times)| {
            let at = times.partition_point(|own| *own <= from);
            *other != address
                && other.is_ipv4() == address.is_ipv4()
                && times.get(at).is_some_and(|own| *own <= to)
        })
    }

    fn is_shared(&self, address: IpAddr, time: Timestamp) -> bool {
        let times = self.shared.get(&address).map_or(&[][..], Vec::as_slice);
        times.iter().any(|one| one.from <= time && time <= one.to)
    }

    /// Whether the computer had this address at any time.
    pub(super) fn had(&self, computer: ComputerId, address: IpAddr) -> bool {
        self.addresses.get(&computer).is_some_and(|all| all.contains_key(&address))
    }

    /// Whether any address of the computer is known.
    pub(super) fn has_address(&self, computer: ComputerId) -> bool {
        self.addresses.contains_key(&computer)
    }

    /// Whether another computer than this one had the address at any time.
    pub(super) fn others_had(&self, computer: ComputerId, address: IpAddr) -> bool {
        let all = self.statements.get(&address).map_or(&[][..], Vec::as_slice);
        all.iter().any(|one| one.is_checked() && one.owner != computer)
    }

    /// Whether an address of the family of this one is known of the computer about this time.
    pub(super) fn knows_address_of(
        &self,
        computer: ComputerId,
        like: IpAddr,
        time: Timestamp,
    ) -> bool {
        let all = self.addresses.get(&computer).into_iter().flatten();
        let is_near = |own: &Timestamp| own.since(time).abs() <= LEASE;
        all.into_iter().any(|(address, times)| {
            address.is_ipv4() == like.is_ipv4() && times.iter().any(is_near)
        })
    }

    pub(super) fn statements(&self) -> &Statements {
        &self.statements
    }
}

/// The times in which several computers had an address: one came back after another one had it.
fn shared_times(all: &[Statement]) -> Vec<SharedTime> {
    let mut spans: BTreeMap<ComputerId, Vec<SharedTime>> = BTreeMap::new();
    for one in all {
        let own = spans.entry(one.owner).or_default();
        match own.last_mut() {
            Some(last) if one.time.since(last.to) <= LEASE => last.to = one.time,
            _ => own.push(SharedTime { from: one.time, to: one.time }),
        }
    }
    let flat: Vec<(ComputerId, SharedTime)> =
        spans.into_iter().flat_map(|(id, own)| own.into_iter().map(move |one| (id, one))).collect();
    let mut sorted = flat;
    sorted.sort_by_key(|(id, one)| (one.from, one.to, *id));
    let mut shared: Vec<SharedTime> = Vec::new();
    let mut reach: Option<(ComputerId, SharedTime)> = None;
    for (id, one) in sorted {
        match &mut reach {
            Some((owner, known)) if one.from <= known.to && *owner != id => {
                let both = SharedTime { from: known.from, to: known.to.max(one.to) };
                match shared.last_mut() {
                    Some(last) if last.to >= both.from => last.to = last.to.max(both.to),
                    _ => shared.push(both),
                }
                known.to = both.to;
            }
            Some((_, known)) if one.from <= known.to => known.to = known.to.max(one.to),
            _ => reach = Some((id, one)),
        }
    }
    shared
}

/// Whether three or more machine accounts came from the address within an hour of each other.
pub(super) fn is_nat(all: &[Statement]) -> bool {
    let is_machine = |one: &Statement| {
        matches!(one.basis, AddressBasis::MachineLogon | AddressBasis::MachineTicket)
    };
    owners_within_an_hour(all, is_machine) >= 3
}

/// Whether Remote Desktop clients of different names came from the address within an hour.
pub(super) fn is_gateway(all: &[Statement]) -> bool {
    owners_within_an_hour(all, |one| one.basis == AddressBasis::RdpClient) >= 2
}

/// The most owners that statements of a kind name within one hour.
fn owners_within_an_hour(all: &[Statement], is_of_kind: impl Fn(&Statement) -> bool) -> usize {
    let kind: Vec<&Statement> = all.iter().filter(|one| is_of_kind(one)).collect();
    let mut most = 0;
    let mut start = 0;
    let mut owners: BTreeMap<ComputerId, u64> = BTreeMap::new();
    for one in &kind {
        *owners.entry(one.owner).or_default() += 1;
        while let Some(first) = kind.get(start)
            && first.time < before(one.time, SHARED_ADDRESS)
        {
            if let Some(count) = owners.get_mut(&first.owner) {
                *count -= 1;
            }
            owners.retain(|_, count| *count > 0);
            start += 1;
        }
        most = most.max(owners.len());
    }
    most
}

/// The owners that an address ever had.
pub(super) fn all_owners(all: &[Statement]) -> BTreeSet<ComputerId> {
    all.iter().map(|one| one.owner).collect()
}
