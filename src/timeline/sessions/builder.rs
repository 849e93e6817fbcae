//! A session while it is being built: the row so far, and the records that it comes from.

use crate::model::event::{Client, LogonMethod};
use crate::model::session::{ClockReadings, End, StartCause};
use crate::model::{
    Account, BootIndex, Citation, EndCause, Event, Flag, LogonId, RareList, Session, SessionClass,
    Span, Timestamp,
};
use crate::timeline::limits::CITATIONS_BACK;
use std::sync::Arc;

/// A session while it is built, with the records that it comes from.
pub(crate) struct SessionBuilder<'a> {
    pub(crate) session: Session,
    /// Its 4624.
    pub(crate) start: Option<&'a Event>,
    /// The first record that refers to it.
    pub(crate) first: &'a Event,
    /// The last record that refers to it.
    pub(crate) last: &'a Event,
    /// A 4672 refers to it, so its token is elevated.
    pub(crate) is_privileged: bool,
    /// The index of its Terminal Services session among those of the boot.
    pub(crate) terminal: Option<usize>,
}

impl<'a> SessionBuilder<'a> {
    /// A session of which only the first record that refers to it is known.
    pub(super) fn new(session: Session, first: &'a Event) -> SessionBuilder<'a> {
        SessionBuilder {
            session,
            start: None,
            first,
            last: first,
            is_privileged: false,
            terminal: None,
        }
    }

    /// A session of which nothing is known at all.
    pub(super) fn unknown(boot: BootIndex, event: &'a Event) -> SessionBuilder<'a> {
        SessionBuilder::new(blank(boot, None, Arc::default(), Origin::default()), event)
    }
}

impl SessionBuilder<'_> {
    /// Was it made by the logon process of the desktop (User32)? Only such sessions log a 4647.
    pub(crate) fn is_user32(&self) -> bool {
        self.session.method.is_user32()
    }

    /// Has it neither a 4647 nor a 4634?
    pub(crate) fn is_open(&self) -> bool {
        self.session.initiated.is_none() && self.session.terminated.is_none()
    }

    /// Is it a desktop session, local or remote?
    pub(crate) fn is_desktop(&self) -> bool {
        matches!(self.session.class, SessionClass::Desktop | SessionClass::RemoteDesktop)
    }

    /// Adds a flag, unless the session has it already.
    pub(crate) fn flag(&mut self, flag: Flag) {
        self.session.flag(flag);
    }

    /// Adds a record to the evidence, unless it is there already or is in one of the record
    /// columns.
    pub(crate) fn cite(&mut self, event: &Event) {
        let citation = Citation::from(event);
        let session = &self.session;
        let columns = [&session.start, &session.initiated, &session.terminated];
        let is_in_column = columns.into_iter().flatten().any(|moment| moment.record == citation);
        // Records are cited in order, so a repeated one is near the end.
        let mut latest = session.evidence.iter().rev().take(CITATIONS_BACK);
        if !is_in_column && !latest.any(|known| *known == citation) {
            self.session.evidence.push(citation);
        }
    }
}

/// A session that only channels other than Security show.
pub(super) struct SessionWithoutSecurity {
    pub(super) session: Session,
    /// The index of its Terminal Services session among those of the boot.
    pub(super) terminal: usize,
    /// Its start and its end, by adjusted time.
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

/// Where a logon came from, and how it was made. Both are shared with the event, so that nothing is
/// copied for each session.
#[derive(Default)]
pub(super) struct Origin {
    pub(super) client: Arc<Client>,
    pub(super) method: Arc<LogonMethod>,
}

/// A session of which only the account and the origin are known.
pub(super) fn blank(
    boot: BootIndex,
    id: Option<LogonId>,
    account: Arc<Account>,
    origin: Origin,
) -> Session {
    Session {
        boot_epoch: boot.number(),
        logon_id: id,
        is_repeated: false,
        linked: None,
        account,
        logon_type: None,
        class: SessionClass::Network,
        start: None,
        start_cause: StartCause::Exact,
        initiated: None,
        terminated: None,
        end: End::unknown(EndCause::Open, None),
        clock_correction: Span::default(),
        clock_readings: ClockReadings::default(),
        active: None,
        client: origin.client,
        port: 0,
        method: origin.method,
        elevated: None,
        parent: None,
        revalidated_by: None,
        attachments: RareList::default(),
        incidents: RareList::default(),
        evidence: RareList::default(),
        corroboration: RareList::default(),
        flags: RareList::default(),
    }
}
