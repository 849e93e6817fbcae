//! Sessions as the Security channel tells them: one draft per Logon ID of an epoch, from 4624,
//! 4647 and 4634 in record order. What they mean is decided by the rooms after this one.

use super::classes;
use super::epochs::BootStart;
use super::records::Records;
use crate::model::event::{Client, Detail, LogonMethod, SessionRef};
use crate::model::session::{End, Moment, StartCause};
use crate::model::{
    Account, Accounting, Channel, Citation, EndCause, Event, EventKind, Finding, FindingCode,
    LogonId, Session, Span, Text,
};
use std::collections::HashMap;
use std::sync::Arc;

/// So many records may be cited between two citations of one.
const NEAR: usize = 16;

/// A session in the making.
pub(super) struct Draft<'a> {
    pub(super) session: Session,
    /// Its 4624.
    pub(super) start: Option<&'a Event>,
    /// The first record that names it.
    pub(super) first: &'a Event,
    /// The last record that names it.
    pub(super) last: &'a Event,
    /// A 4672 names it: an elevated token.
    pub(super) privileged: bool,
}

impl Draft<'_> {
    /// Its 4624 came from the desktop's own logon process: the only kind that logs a 4647.
    pub(super) fn is_user32(&self) -> bool {
        self.session.method.logon_process.eq_ignore_ascii_case("User32")
    }

    pub(super) fn is_open(&self) -> bool {
        self.session.initiated.is_none() && self.session.terminated.is_none()
    }

    pub(super) fn flag(&mut self, word: &str) {
        if !self.session.flags.iter().any(|flag| &**flag == word) {
            self.session.flags.push(word.into());
        }
    }

    /// Cites a record, once, unless it already stands in one of the record columns.
    pub(super) fn cite(&mut self, event: &Event) {
        let citation = Citation::from(event);
        let session = &self.session;
        let columns = [&session.start, &session.initiated, &session.terminated];
        let stands = columns.into_iter().flatten().any(|moment| moment.record == citation);
        // Records are cited in order: a repetition is near the end.
        if !stands && !session.evidence.iter().rev().take(NEAR).any(|known| *known == citation) {
            self.session.evidence.push(citation);
        }
    }
}

/// The drafts of one epoch, and where to find them.
#[derive(Default)]
pub(super) struct Drafts<'a> {
    pub(super) epoch: usize,
    pub(super) list: Vec<Draft<'a>>,
    /// The latest session of each Logon ID.
    keys: HashMap<LogonId, usize>,
    pub(super) findings: Vec<Finding>,
    /// What became of the session events.
    pub(super) accounting: Accounting,
    /// Security holds the beginning of the boot.
    begun: bool,
}

impl<'a> Drafts<'a> {
    /// The index of a session by its key.
    pub(super) fn find(&self, id: LogonId) -> Option<usize> {
        self.keys.get(&id).copied()
    }

    /// A session by its key.
    pub(super) fn get_mut(&mut self, id: LogonId) -> Option<&mut Draft<'a>> {
        let index = self.find(id)?;
        self.list.get_mut(index)
    }

    fn add(&mut self, id: LogonId, draft: Draft<'a>) {
        self.keys.insert(id, self.list.len());
        self.list.push(draft);
    }

    /// A session whose 4624 is not there: it began before the log did, unless the log holds the
    /// beginning of its boot.
    fn without_start(&self, event: &'a Event, ended: &SessionRef) -> Draft<'a> {
        let mut session = blank(self.epoch, Some(ended.logon_id), ended.account.clone());
        session.logon_type = ended.logon_type;
        session.class = classes::of_end(ended);
        session.start_cause =
            if self.begun { StartCause::Missing4624 } else { StartCause::BeforeLog };
        Draft { session, start: None, first: event, last: event, privileged: false }
    }

    fn report(&mut self, code: FindingCode, event: &Event, message: String) {
        self.findings.push(Finding::about(code, Some(number(self.epoch)), event, message));
    }
}

/// An epoch's number as the tables have it.
pub(super) fn number(epoch: usize) -> u32 {
    u32::try_from(epoch).unwrap_or(u32::MAX)
}

/// Builds the drafts of an epoch; `boot` is `None` before the first known one.
pub(super) fn drafts<'a>(records: Records<'a>, boot: Option<&BootStart>) -> Drafts<'a> {
    let begun = boot.is_some_and(|boot| boot.is_audited);
    let mut drafts = Drafts { epoch: records.epoch, begun, ..Drafts::default() };
    let events = records.of(Channel::Security);
    for event in events {
        let id = match &event.kind {
            EventKind::Logon(logon) => logon.logon_id,
            EventKind::LogoffInitiated(ended) | EventKind::Terminated(ended) => ended.logon_id,
            EventKind::Boundary if event.detail == Detail::HeadOnly && event.event_id == 4624 => {
                LogonId::SYSTEM
            }
            _ => continue,
        };
        let tally = drafts.accounting.events.entry(event.event_id).or_default();
        if id.is_well_known() {
            tally.well_known += 1;
            continue;
        }
        tally.placed += 1;
        match &event.kind {
            EventKind::Logon(_) => begin(&mut drafts, event, id),
            EventKind::LogoffInitiated(ended) | EventKind::Terminated(ended) => {
                end(&mut drafts, event, ended);
            }
            _ => {}
        }
    }
    // Records that name a session in passing may stand before its 4624.
    events.iter().for_each(|event| mention(&mut drafts, event));
    drafts
}

/// 4634 or 4647 of a session that has a row.
pub(super) fn is_logoff(event: &Event) -> bool {
    match &event.kind {
        EventKind::LogoffInitiated(ended) | EventKind::Terminated(ended) => {
            !ended.logon_id.is_well_known()
        }
        _ => false,
    }
}

/// 4624: a session begins. A second one under a living key is a fault of the log or of the
/// epochs: it has its row, and a finding.
fn begin<'a>(drafts: &mut Drafts<'a>, event: &'a Event, id: LogonId) {
    let EventKind::Logon(logon) = &event.kind else { return };
    if let Some(known) = drafts.get_mut(id) {
        known.flag("logon-repeated");
        let message = format!("a second logon with Logon ID {id} in one boot");
        drafts.report(FindingCode::LogonRepeated, event, message);
    }
    let mut session = blank(drafts.epoch, Some(id), logon.account.clone());
    session.linked = logon.linked;
    session.logon_type = Some(logon.logon_type);
    session.class = classes::of_logon(logon);
    session.start = Some(moment(event));
    session.start_cause = StartCause::Exact;
    session.client = logon.client.clone();
    session.port = logon.port;
    session.method = logon.method.clone();
    session.elevated = logon.elevated;
    // The Terminal Services session whose windows or fonts it serves: the joint to other channels.
    session.flags.extend(
        logon.account.window_session().map(|n| Text::from(format!("terminal-session-{n}"))),
    );
    let draft = Draft { session, start: Some(event), first: event, last: event, privileged: false };
    drafts.add(id, draft);
}

/// 4647 or 4634.
fn end<'a>(drafts: &mut Drafts<'a>, event: &'a Event, ended: &SessionRef) {
    let id = ended.logon_id;
    if drafts.find(id).is_none() {
        let draft = drafts.without_start(event, ended);
        drafts.add(id, draft);
    }
    let Some(draft) = drafts.get_mut(id) else { return };
    draft.last = event;
    let session = &mut draft.session;
    if session.logon_type.is_none() {
        session.logon_type = ended.logon_type;
    }
    if !session.account.is(&ended.account) {
        draft.flag("account-differs");
    }
    let session = &mut draft.session;
    let initiated = matches!(event.kind, EventKind::LogoffInitiated(_));
    let slot = if initiated { &mut session.initiated } else { &mut session.terminated };
    let repeated = slot.is_some();
    let spare = match slot {
        // The first 4647 is when the user left; the last 4634 is when the session was gone.
        Some(_) if initiated => Some(Citation::from(event)),
        _ => slot.replace(moment(event)).map(|old| old.record),
    };
    session.evidence.extend(spare);
    if repeated {
        draft.flag("end-repeated");
        let message = format!("a second {} for Logon ID {id} in one boot", event.event_id);
        drafts.report(FindingCode::EndRepeated, event, message);
    }
}

/// Records that name a session in passing become its evidence; they prove a session that has no
/// record of its own, so it gets a row.
fn mention<'a>(drafts: &mut Drafts<'a>, event: &'a Event) {
    let (id, account) = match &event.kind {
        EventKind::SessionReference(ended) => (ended.logon_id, &ended.account),
        EventKind::WindowStation(station) => (station.logon_id, &station.account),
        EventKind::Lock(lock) => (lock.logon_id, &lock.account),
        _ => return,
    };
    if id.is_well_known() {
        return;
    }
    if drafts.find(id).is_none() {
        let ended = SessionRef { logon_id: id, account: account.clone(), logon_type: None };
        let mut draft = drafts.without_start(event, &ended);
        draft.session.class = match &event.kind {
            EventKind::WindowStation(station) => classes::of_window_station(&station.session_name),
            EventKind::SessionReference(_) => classes::of_mention(account),
            _ => draft.session.class,
        };
        drafts.add(id, draft);
    }
    let Some(draft) = drafts.get_mut(id) else { return };
    if event.record_id > draft.last.record_id {
        draft.last = event;
    }
    if event.event_id == 4672 {
        draft.privileged = true;
    }
    draft.cite(event);
}

/// A session of which nothing is known but whose it is.
pub(super) fn blank(epoch: usize, id: Option<LogonId>, account: Arc<Account>) -> Session {
    Session {
        boot_epoch: number(epoch),
        logon_id: id,
        linked: None,
        account,
        logon_type: None,
        class: crate::model::SessionClass::Network,
        start: None,
        start_cause: StartCause::Exact,
        initiated: None,
        terminated: None,
        end: End::unknown(EndCause::Open, None),
        clock_correction: Span::default(),
        active: None,
        client: Arc::new(Client::default()),
        port: 0,
        method: Arc::new(LogonMethod::default()),
        elevated: None,
        parent: None,
        attachments: Vec::new(),
        incidents: Vec::new(),
        evidence: Vec::new(),
        corroboration: Vec::new(),
        flags: Vec::<Text>::new(),
    }
}

/// When, and the record that says so.
pub(super) fn moment(event: &Event) -> Moment {
    Moment { time: event.time, record: Citation::from(event), recovered: event.recovered }
}
