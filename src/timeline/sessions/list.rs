//! The list of the sessions of one boot while they are built. Sessions are reached by typed
//! indices.

use super::builder::{SessionBuilder, SessionWithoutSecurity};
use crate::model::session::SessionKey;
use crate::model::{Accounting, BootIndex, Event, Finding, FindingCode, LogonId};
use crate::timeline::boot::context::BootContext;
use crate::timeline::timing::LINKED_RECORD_IDS;
use foldhash::fast::RandomState;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};

/// The index of a session of a boot. Only [`Sessions`] makes one, so that it always refers to a
/// session of that list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionIndex(usize);

/// The sessions of one boot in record order, and an index of them by Logon ID.
pub(crate) struct Sessions<'a> {
    pub(crate) boot: BootIndex,
    list: Vec<SessionBuilder<'a>>,
    /// The latest session of each Logon ID.
    by_logon_id: HashMap<LogonId, SessionIndex, RandomState>,
    /// The earlier sessions of a Logon ID that has several, in record order.
    earlier: BTreeMap<LogonId, Vec<SessionIndex>>,
    /// The sessions that only other channels show.
    pub(super) without_security: Vec<SessionWithoutSecurity>,
    pub(crate) findings: Vec<Finding>,
    /// What became of each event that starts or ends a session.
    pub(crate) accounting: Accounting,
    /// The session that is returned for an index without a session. That cannot happen: it fails
    /// every test, and it is a finding in a release.
    spare: SessionBuilder<'a>,
    wrong_indices: Cell<u64>,
}

impl<'a> Sessions<'a> {
    /// Makes an empty list that has memory for the sessions of this number of logons.
    pub(super) fn new(context: &BootContext<'a>, logons: usize) -> Sessions<'a> {
        Sessions {
            boot: context.boot,
            list: Vec::with_capacity(logons),
            by_logon_id: HashMap::with_capacity_and_hasher(logons, RandomState::default()),
            earlier: BTreeMap::new(),
            without_security: Vec::new(),
            findings: Vec::new(),
            accounting: Accounting::default(),
            spare: SessionBuilder::unknown(context.boot, &context.host.blank_event),
            wrong_indices: Cell::new(0),
        }
    }

    /// Every index, in record order.
    pub(crate) fn indices(&self) -> impl Iterator<Item = SessionIndex> + use<> {
        (0..self.list.len()).map(SessionIndex)
    }

    /// Every session with its index.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionIndex, &SessionBuilder<'a>)> {
        self.list.iter().enumerate().map(|(at, session)| (SessionIndex(at), session))
    }

    /// Every session, to change it.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut SessionBuilder<'a>> {
        self.list.iter_mut()
    }

    /// A session.
    pub(crate) fn get(&self, at: SessionIndex) -> &SessionBuilder<'a> {
        self.list.get(at.0).unwrap_or_else(|| {
            self.note_wrong_index(at);
            &self.spare
        })
    }

    /// A session, to change it.
    pub(crate) fn get_mut(&mut self, at: SessionIndex) -> &mut SessionBuilder<'a> {
        if at.0 >= self.list.len() {
            self.note_wrong_index(at);
        }
        self.list.get_mut(at.0).unwrap_or(&mut self.spare)
    }

    /// The latest session of a Logon ID.
    pub(super) fn latest(&self, id: LogonId) -> Option<SessionIndex> {
        self.by_logon_id.get(&id).copied()
    }

    /// The session of a Logon ID to which a record of Security belongs: the latest one that had begun at this
    /// record. If none had begun, it is the first one, because a record that refers to a session may come before its 4624.
    pub(crate) fn find_at(&self, id: LogonId, record_id: u64) -> Option<SessionIndex> {
        let latest = self.latest(id)?;
        let earlier = self.earlier.get(&id).map_or(&[][..], Vec::as_slice);
        let had_begun = |at: &SessionIndex| self.get(*at).first.record_id <= record_id;
        let first = earlier.first().copied().unwrap_or(latest);
        if had_begun(&latest) {
            return Some(latest);
        }
        let begun = earlier.partition_point(had_begun);
        Some(begun.checked_sub(1).and_then(|at| earlier.get(at)).copied().unwrap_or(first))
    }

    /// The other session of a linked logon.
    pub(super) fn other_half(&self, half: &SessionBuilder<'_>) -> Option<SessionIndex> {
        let last = half.first.record_id.saturating_add(LINKED_RECORD_IDS);
        self.find_at(half.session.linked?, last)
    }

    /// The session of Security with this key.
    pub(super) fn of_key(&self, key: SessionKey) -> Option<SessionIndex> {
        match key {
            SessionKey::LogonId(id) => self.find_at(id, 0),
            SessionKey::Repeated(id, record_id) => self.find_at(id, record_id),
            SessionKey::Record(_) => None,
        }
    }

    /// Adds a session.
    pub(super) fn add(&mut self, id: LogonId, session: SessionBuilder<'a>) -> SessionIndex {
        let at = SessionIndex(self.list.len());
        if let Some(earlier) = self.by_logon_id.insert(id, at) {
            self.earlier.entry(id).or_default().push(earlier);
        }
        self.list.push(session);
        at
    }

    /// Reports something about a record of the boot.
    pub(super) fn report(&mut self, code: FindingCode, event: &Event, message: String) {
        self.findings.push(Finding::about(code, Some(self.boot.number()), event, message));
    }

    /// The sessions in the order of their first records.
    pub(super) fn into_ordered(mut self) -> (Vec<SessionBuilder<'a>>, Accounting) {
        self.list.sort_unstable_by_key(|session| {
            let first = session.first;
            (first.record_id, first.recovered, first.time, first.location)
        });
        (self.list, self.accounting)
    }

    /// How often an index referred to no session.
    pub(crate) fn wrong_indices(&self) -> u64 {
        self.wrong_indices.get()
    }

    fn note_wrong_index(&self, at: SessionIndex) {
        debug_assert!(false, "{at:?} of {} sessions", self.list.len());
        self.wrong_indices.set(self.wrong_indices.get().saturating_add(1));
    }
}
