//! Which computer had an address at a given moment.

use super::computers::ComputerId;
use super::distances::{AT_ONCE, CLOSE_STATEMENTS, LEASE, SHARED_ADDRESS, before};
use super::statements::{Statement, Statements};
use crate::model::hop::AddressBasis;
use crate::model::{Confidence, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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
    /// Is there more evidence than the name that a Remote Desktop client gave for itself?
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

/// What follows of the statements about one address.
struct AddressFacts {
    shared: Vec<SharedTime>,
    /// The index of each statement that has another owner than the statement before it.
    runs: Vec<usize>,
    owners: BTreeSet<ComputerId>,
    /// The owners of which there is more evidence than the name that a client gave.
    checked: BTreeSet<ComputerId>,
}

impl AddressFacts {
    fn of(all: &[Statement]) -> AddressFacts {
        let mut at = 0;
        let starts = all.chunk_by(|a, b| a.owner == b.owner).map(|run| {
            let start = at;
            at += run.len();
            start
        });
        let checked = all.iter().filter(|one| one.is_checked()).map(|one| one.owner);
        AddressFacts {
            runs: starts.collect(),
            shared: shared_times(all),
            owners: all.iter().map(|one| one.owner).collect(),
            checked: checked.collect(),
        }
    }

    /// The nearest statements of another owner than that of the one at this place: before, after.
    fn others(&self, place: usize) -> [Option<usize>; 2] {
        let run = self.runs.partition_point(|start| *start <= place);
        let start = run.checked_sub(1).and_then(|run| self.runs.get(run));
        [start.and_then(|start| start.checked_sub(1)), self.runs.get(run).copied()]
    }
}

/// The times at which a computer had an address, in order.
#[derive(Default)]
struct TimesThere {
    all: Vec<Timestamp>,
    /// By its own log.
    own: Vec<Timestamp>,
}

/// The statements, and what follows of them.
pub(super) struct Owners {
    statements: Statements,
    facts: HashMap<IpAddr, AddressFacts>,
    /// The addresses of each computer with the times at which it had them.
    addresses: HashMap<ComputerId, BTreeMap<IpAddr, TimesThere>>,
    /// The addresses that a computer had together with another one.
    at_once: HashSet<(ComputerId, IpAddr)>,
}

impl Owners {
    pub(super) fn new(statements: Statements) -> Owners {
        let mut addresses: HashMap<ComputerId, BTreeMap<IpAddr, TimesThere>> = HashMap::new();
        let mut facts = HashMap::new();
        for (address, all) in &statements {
            for one in all.iter().filter(|one| one.is_checked()) {
                let times = addresses.entry(one.owner).or_default().entry(*address).or_default();
                times.all.push(one.time);
                if one.basis == AddressBasis::OwnConnection {
                    times.own.push(one.time);
                }
            }
            facts.insert(*address, AddressFacts::of(all));
        }
        let mut owners = Owners { statements, facts, addresses, at_once: HashSet::new() };
        owners.at_once = owners.at_once();
        owners
    }

    /// The computers with two addresses of a family at once, as those with two network cards: between two
    /// statements of one address, which are close to each other, is one of another address.
    fn at_once(&self) -> HashSet<(ComputerId, IpAddr)> {
        let mut found = HashSet::new();
        for (owner, addresses) in self.addresses.iter().filter(|(_, own)| own.len() > 1) {
            for (address, times) in addresses {
                let mut pairs = times.all.iter().zip(times.all.iter().skip(1));
                let is_at_once = pairs.any(|(from, to)| {
                    to.since(*from) <= AT_ONCE && self.is_elsewhere(*owner, *address, (*from, *to))
                });
                found.extend(is_at_once.then_some((*owner, *address)));
            }
        }
        found
    }

    /// Which computer had `address` at `time`? The record `except` (a computer and its record ID) is left
    /// out: it is the one whose source is looked for, so it proves nothing.
    pub(super) fn owner(
        &self,
        address: IpAddr,
        time: Timestamp,
        except: Option<(ComputerId, u64)>,
    ) -> Owner {
        let (Some(all), Some(facts)) = (self.statements.get(&address), self.facts.get(&address))
        else {
            return Owner::Unknown;
        };
        let is_other = |one: &Statement| except != Some((one.observer, one.record_id));
        let at = all.partition_point(|one| one.time <= time);
        let (earlier, later) = all.split_at_checked(at).unwrap_or((all, &[]));
        let last = earlier.iter().rposition(is_other);
        let next = later.iter().position(is_other).map(|place| at + place);
        let (last, next) = (find(all, last), find(all, next));
        let Some((place, _)) = last.or(next) else { return Owner::Unknown };
        if facts.shared.iter().any(|one| one.from <= time && time <= one.to) {
            return Owner::Unsure;
        }
        let others = facts.others(place).into_iter().flatten().filter_map(|place| all.get(place));
        let nearest_other =
            others.filter(|one| is_other(one)).map(|one| one.time.since(time).abs()).min();
        if nearest_other.is_some_and(|apart| apart <= SHARED_ADDRESS) {
            return Owner::Unsure;
        }
        let is_near = |(_, one): &(usize, Statement)| one.time.since(time).abs() <= LEASE;
        match (last.filter(is_near), next.filter(is_near)) {
            (Some((_, last)), Some((_, next))) if last.owner == next.owner => {
                self.inside(address, [last, next], nearest_other)
            }
            (Some((_, one)), None) | (None, Some((_, one))) => self.outside(address, one, time),
            _ => Owner::Unsure,
        }
    }

    /// The owner at a time before the first statement or after the last one: the owner of that statement, as long
    /// as nothing shows that this computer had another address in between. If the next statement
    /// about this computer gives it another address, it gave up this one at an unknown time between the two, and
    /// another computer may have had it at once.
    fn outside(&self, address: IpAddr, one: Statement, time: Timestamp) -> Owner {
        let (from, to) = (one.time.min(time), one.time.max(time));
        if self.is_elsewhere(one.owner, address, (from, to))
            || self.is_translated(one.owner, address, time)
        {
            return Owner::Unsure;
        }
        let reach = if to.since(from) <= AT_ONCE { AT_ONCE } else { LEASE };
        let beyond = match one.time <= time {
            true => (time, time.plus(reach)),
            false => (before(time, reach), time),
        };
        let has_moved = self.has_left(one.owner, address, beyond);
        let confidence = match one.is_checked() && !has_moved {
            true => Confidence::Medium,
            false => Confidence::Low,
        };
        Owner::One(Ownership { computer: one.owner, confidence, by: vec![one] })
    }

    /// The owner at a time between two statements of one owner. `nearest_other` is the distance from that time to the
    /// nearest statement of another owner. If there is one, several computers may share the address.
    fn inside(&self, address: IpAddr, by: [Statement; 2], nearest_other: Option<Span>) -> Owner {
        let [last, next] = by;
        // The computer changed to another address and back, so that others may have had this one in between, or it
        // has two network cards.
        let is_elsewhere = self.is_elsewhere(last.owner, address, (last.time, next.time));
        if is_elsewhere && nearest_other.is_some()
            || self.is_translated(last.owner, address, last.time)
        {
            return Owner::Unsure;
        }
        let is_close = next.time.since(last.time) <= CLOSE_STATEMENTS
            && nearest_other.is_none_or(|apart| apart > CLOSE_STATEMENTS);
        let has_left = self.has_left(last.owner, address, (last.time, next.time));
        let confidence = match (last.is_checked(), next.is_checked()) {
            (true, true) if is_close && !is_elsewhere => Confidence::High,
            _ if has_left => Confidence::Low,
            (false, false) => Confidence::Low,
            _ => Confidence::Medium,
        };
        Owner::One(Ownership { computer: last.owner, confidence, by: by.into() })
    }

    /// Whether the computer was seen with another address of the family between two moments.
    fn is_elsewhere(
        &self,
        owner: ComputerId,
        address: IpAddr,
        (from, to): (Timestamp, Timestamp),
    ) -> bool {
        let mut others = self.others_like(owner, address);
        others.any(|times| {
            let at = times.all.partition_point(|own| *own <= from);
            times.all.get(at).is_some_and(|own| *own <= to)
        })
    }

    /// Was the computer seen with another address, and no longer with this one?
    fn has_left(&self, owner: ComputerId, address: IpAddr, times: (Timestamp, Timestamp)) -> bool {
        !self.at_once.contains(&(owner, address)) && self.is_elsewhere(owner, address, times)
    }

    /// Is this the address of a NAT, behind which the computer was? It is if the computer's own log has another
    /// address about this time, and never this one.
    fn is_translated(&self, owner: ComputerId, address: IpAddr, time: Timestamp) -> bool {
        let own = self.addresses.get(&owner).and_then(|all| all.get(&address));
        let is_own = own.is_some_and(|times| !times.own.is_empty());
        !is_own
            && self
                .others_like(owner, address)
                .any(|times| is_near(&times.own, time, CLOSE_STATEMENTS))
    }

    /// The times of the other addresses of the computer that are of the family of this one.
    fn others_like(&self, owner: ComputerId, address: IpAddr) -> impl Iterator<Item = &TimesThere> {
        let all = self.addresses.get(&owner).into_iter().flatten();
        let others = all
            .filter(move |(other, _)| **other != address && other.is_ipv4() == address.is_ipv4());
        others.map(|(_, times)| times)
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
        let facts = self.facts.get(&address);
        facts.is_some_and(|own| own.checked.iter().any(|owner| *owner != computer))
    }

    /// The computers that the address ever belonged to.
    pub(super) fn of(&self, address: IpAddr) -> impl Iterator<Item = ComputerId> {
        self.facts.get(&address).into_iter().flat_map(|own| own.owners.iter().copied())
    }

    /// Whether the address belonged to several computers.
    pub(super) fn is_reused(&self, address: IpAddr) -> bool {
        self.of(address).nth(1).is_some()
    }

    /// Whether an address of the family of this one is known of the computer about this time.
    pub(super) fn knows_address_of(
        &self,
        computer: ComputerId,
        like: IpAddr,
        time: Timestamp,
    ) -> bool {
        let own = self.addresses.get(&computer).and_then(|all| all.get(&like));
        let others = self.others_like(computer, like).chain(own);
        others.into_iter().any(|times| is_near(&times.all, time, LEASE))
    }

    pub(super) fn statements(&self) -> &Statements {
        &self.statements
    }
}

/// The statement at a place, with its place.
fn find(all: &[Statement], place: Option<usize>) -> Option<(usize, Statement)> {
    Some((place?, *all.get(place?)?))
}

/// Whether one of the times, which are in order, is at most so far away.
fn is_near(times: &[Timestamp], time: Timestamp, distance: Span) -> bool {
    let at = times.partition_point(|own| *own < before(time, distance));
    times.get(at).is_some_and(|own| *own <= time.plus(distance))
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
