//! The sessions of one computer as columns.

use super::clock::{ClockIntervals, TimeBase};
use super::columns::{Column, Exact, Sparse};
use super::lists::{Accounts, IndexOf, Texts};
use crate::model::append::{AppendText, list};
use crate::model::session::{Incident, MilestoneKind};
use crate::model::{Citation, Host, Moment, Session, SessionClass, Timestamp};
use crate::output::escape::visible;
use crate::output::tables::session_texts;
use crate::output::wording::is_person;
use serde::Serialize;
use std::fmt::Display;

/// One row for each session, in the order of sessions.csv. `docs/report-format.md` describes each column.
#[derive(Debug, Serialize)]
pub(super) struct SessionColumns {
    boot: Column,
    class: Vec<u8>,
    person: Vec<u8>,
    account: Vec<u32>,
    source: Vec<u32>,
    client: Vec<u32>,
    method: Vec<u32>,
    logon_type: Vec<i64>,
    elevated: Vec<u8>,
    start: Column,
    start_record: Column,
    logon_id: Column,
    ending: Vec<u32>,
    end: Column,
    terminated_record: Column,
    sparse: SparseColumns,
}

/// What most sessions do not have.
#[derive(Debug, Default, Serialize)]
struct SparseColumns {
    no_start: Sparse<u8>,
    no_logon_id: Sparse<u8>,
    no_end: Sparse<u8>,
    start_channel: Sparse<usize>,
    start_interval: Sparse<usize>,
    end_interval: Sparse<usize>,
    seen_interval: Sparse<usize>,
    gone_interval: Sparse<usize>,
    initiated: Sparse<(Exact, Exact, usize)>,
    terminated: Sparse<Exact>,
    not_before: Sparse<Exact>,
    not_after: Sparse<Exact>,
    end_record: Sparse<String>,
    linked: Sparse<Exact>,
    incidents: Sparse<Vec<IncidentRow>>,
    port: Sparse<u16>,
    correction: Sparse<Exact>,
    active: Sparse<Exact>,
    repeated: Sparse<u8>,
    parent: Sparse<String>,
    attachments: Sparse<String>,
    evidence: Sparse<String>,
    flags: Sparse<String>,
    inferred_by: Sparse<String>,
}

/// The kind, the time, the interval, the channel and the record of an incident.
type IncidentRow = (&'static str, Exact, usize, usize, Exact);

/// The lists that columns refer to.
#[derive(Debug, Default)]
pub(super) struct SessionLists<'a> {
    pub(super) accounts: Accounts<'a>,
    pub(super) sources: Texts<'a>,
    pub(super) clients: IndexOf<(&'a str, &'a str)>,
    pub(super) methods: IndexOf<(&'a str, &'a str, &'a str)>,
    pub(super) endings: IndexOf<(&'static str, &'static str, &'static str)>,
    pub(super) channels: IndexOf<&'static str>,
}

/// Makes the columns.
pub(super) struct SessionWriter<'a> {
    host: &'a Host,
    base: TimeBase,
    pub(super) lists: SessionLists<'a>,
    pub(super) columns: SessionColumns,
    rows: usize,
}

impl<'a> SessionWriter<'a> {
    pub(super) fn new(host: &'a Host, base: TimeBase) -> SessionWriter<'a> {
        let column = || Column::new(base.differences);
        let columns = SessionColumns {
            boot: column(),
            class: Vec::new(),
            person: Vec::new(),
            account: Vec::new(),
            source: Vec::new(),
            client: Vec::new(),
            method: Vec::new(),
            logon_type: Vec::new(),
            elevated: Vec::new(),
            start: column(),
            start_record: column(),
            logon_id: column(),
            ending: Vec::new(),
            end: column(),
            terminated_record: column(),
            sparse: SparseColumns::default(),
        };
        let mut lists = SessionLists::default();
        // Almost every record is of Security: its number is 0.
        lists.channels.of(crate::model::Channel::Security.name());
        SessionWriter { host, base, lists, columns, rows: 0 }
    }

    /// Adds a session of the boot with this index.
    pub(super) fn add(&mut self, session: &'a Session, boot: usize, clock: &ClockIntervals<'_>) {
        let row = self.rows;
        self.rows += 1;
        self.add_kind(session, boot);
        let start_interval = self.add_start(session, clock);
        self.add_end(session, clock, start_interval);
        let columns = &mut self.columns.sparse;
        let incidents: Vec<IncidentRow> = session
            .incidents
            .iter()
            .map(|incident| incident_row(incident, self.base, clock, &mut self.lists.channels))
            .collect();
        columns.incidents.set_some(row, Some(incidents).filter(|list| !list.is_empty()));
        columns.port.set_some(row, Some(session.port).filter(|port| *port > 0));
        let correction = Exact(session.clock_correction.0.into());
        columns.correction.set_some(row, Some(correction).filter(|span| span.0 != 0));
        columns.active.set_some(row, session.active.map(|span| Exact(span.0.into())));
        columns.repeated.set_some(row, session.is_repeated.then_some(1));
        columns.linked.set_some(row, session.linked.map(|id| Exact(id.0.into())));
        columns.parent.set_some(row, session.parent.map(text));
        // Most lists are empty.
        let mut bytes = Vec::new();
        let mut listed = |items: &dyn AppendText| {
            bytes.clear();
            items.append_to(&mut bytes);
            // All that is appended is text.
            let text = str::from_utf8(&bytes).ok().filter(|text| !text.is_empty());
            text.map(|text| visible(text).into_owned())
        };
        columns.attachments.set_some(row, listed(&session_texts::attachments(session)));
        columns.evidence.set_some(row, listed(&session_texts::other_evidence(session)));
        columns.flags.set_some(row, listed(&session_texts::flags(session)));
        columns.inferred_by.set_some(row, listed(&list(session.inferred_by())));
    }

    fn add_kind(&mut self, session: &'a Session, boot: usize) {
        let (columns, lists) = (&mut self.columns, &mut self.lists);
        columns.boot.push(boot as i128);
        let class = SessionClass::ALL.iter().position(|class| *class == session.class);
        columns.class.push(u8::try_from(class.unwrap_or_default()).unwrap_or_default());
        columns.person.push(is_person(session).into());
        columns.account.push(number(lists.accounts.of(&session.account)));
        let (client, method) = (&session.client, &session.method);
        let at = lists.clients.of((&*client.ip, &*client.workstation));
        columns.client.push(number(at));
        columns.source.push(number(lists.sources.of_client(self.host, session, at)));
        let method = (&*method.logon_process, &*method.package, &*method.process_name);
        columns.method.push(number(lists.methods.of(method)));
        columns.logon_type.push(session.logon_type.map_or(-1, i64::from));
        columns.elevated.push(session.elevated.map_or(0, |elevated| 1 + u8::from(elevated)));
        match session.logon_id {
            Some(id) => columns.logon_id.push(id.0.into()),
            None => {
                columns.logon_id.skip();
                columns.sparse.no_logon_id.set(self.rows - 1, 1);
            }
        }
    }

    /// Gives the interval of the start.
    fn add_start(&mut self, session: &Session, clock: &ClockIntervals<'_>) -> usize {
        let (columns, row) = (&mut self.columns, self.rows - 1);
        let Some(start) = &session.start else {
            columns.start.skip();
            columns.start_record.skip();
            columns.sparse.no_start.set(row, 1);
            return 0;
        };
        columns.start.push(self.base.ticks(start.time));
        columns.start_record.push(start.record.record_id.into());
        let channel = self.lists.channels.of(start.record.channel.name());
        columns.sparse.start_channel.set_some(row, Some(channel).filter(|channel| *channel > 0));
        let interval = clock.at_record(&start.record);
        columns.sparse.start_interval.set_some(row, some_interval(interval));
        interval
    }

    fn add_end(&mut self, session: &Session, clock: &ClockIntervals<'_>, from: usize) {
        let (columns, row, base) = (&mut self.columns, self.rows - 1, self.base);
        let end = &session.end;
        let words = (end.cause.word(), end.basis.map_or("", |b| b.word()), end.confidence.word());
        columns.ending.push(number(self.lists.endings.of(words)));
        match end.time {
            Some(time) => columns.end.push(base.ticks(time)),
            None => {
                columns.end.skip();
                columns.sparse.no_end.set(row, 1);
            }
        }
        match &session.terminated {
            Some(moment) => {
                columns.terminated_record.push(moment.record.record_id.into());
                if end.time != Some(moment.time) {
                    columns.sparse.terminated.set(row, base.exact(moment.time));
                }
            }
            None => {
                columns.terminated_record.skip();
                // A record that no column cites: that of the linked half, or of another channel.
                let own = session.initiated.as_ref().map(|moment| moment.record);
                let other = end.record.filter(|record| Some(*record) != own);
                columns.sparse.end_record.set_some(row, other.map(text));
            }
        }
        let of = |moment: &Moment| {
            let record = Exact(moment.record.record_id.into());
            (base.exact(moment.time), record, clock.at_record(&moment.record))
        };
        columns.sparse.initiated.set_some(row, session.initiated.as_ref().map(of));
        columns.sparse.not_before.set_some(row, end.not_before.map(|time| base.exact(time)));
        columns.sparse.not_after.set_some(row, end.not_after.map(|time| base.exact(time)));
        let at = |record: Option<&Citation>, time: Option<Timestamp>| {
            let by_record = record.map(|record| clock.at_record(record));
            by_record.or(time.map(|time| clock.at_reading(from, time))).and_then(some_interval)
        };
        columns.sparse.end_interval.set_some(row, at(end.record.as_ref(), end.time));
        columns.sparse.seen_interval.set_some(row, at(None, end.not_before));
        columns.sparse.gone_interval.set_some(row, at(None, end.not_after));
    }
}

/// The number of an entry of a list, in as few bytes as it needs: it is in each row.
fn number(entry: usize) -> u32 {
    u32::try_from(entry).unwrap_or(u32::MAX)
}

/// The first interval needs no value.
fn some_interval(interval: usize) -> Option<usize> {
    Some(interval).filter(|interval| *interval > 0)
}

fn incident_row(
    incident: &Incident,
    base: TimeBase,
    clock: &ClockIntervals<'_>,
    channels: &mut IndexOf<&'static str>,
) -> IncidentRow {
    let Moment { time, record, .. } = incident.moment;
    let kind: MilestoneKind = incident.kind;
    let channel = channels.of(record.channel.name());
    let number = Exact(record.record_id.into());
    (kind.word(), base.exact(time), clock.at_record(&record), channel, number)
}

fn text(value: impl Display) -> String {
    visible(&value.to_string()).into_owned()
}
