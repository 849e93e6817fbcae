//! Which sessions the table on the terminal shows, and in which order.

use super::TerminalView;
use crate::model::{Host, Report, Session, Span, Timestamp};
use crate::output::wording;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// By what the rows are sorted: the newest and the longest come first, names in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The start.
    Start,
    /// The end.
    End,
    /// How long it lasted.
    Length,
    /// The account.
    User,
    /// The computer.
    Computer,
    /// Where it came from.
    Source,
}

impl SortKey {
    /// Every key.
    pub const ALL: &[SortKey] = &[
        SortKey::Start,
        SortKey::End,
        SortKey::Length,
        SortKey::User,
        SortKey::Computer,
        SortKey::Source,
    ];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            SortKey::Start => "start",
            SortKey::End => "end",
            SortKey::Length => "length",
            SortKey::User => "user",
            SortKey::Computer => "computer",
            SortKey::Source => "source",
        }
    }
}

/// Its name.
impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From its name.
impl FromStr for SortKey {
    type Err = String;

    fn from_str(name: &str) -> Result<SortKey, String> {
        let key = SortKey::ALL.iter().copied().find(|key| key.name() == name);
        key.ok_or_else(|| format!("{name} is no order"))
    }
}

/// A session with its computer.
pub(super) type Chosen<'a> = (&'a Host, &'a Session);

/// The sessions to show, in their order: as asked for, else by computer, the newest boot first, and within
/// it by start.
pub(super) fn chosen<'a>(report: &'a Report, view: &TerminalView) -> Vec<Chosen<'a>> {
    let is_shown = |session: &Session| view.all || is_shown(session);
    let mut all: Vec<Chosen<'a>> = report.sessions().filter(|(_, one)| is_shown(one)).collect();
    if view.sort.is_some() || view.limit.is_some() {
        sort(&mut all, view.sort.unwrap_or(SortKey::Start));
        all.truncate(view.limit.unwrap_or(usize::MAX));
    }
    if view.sort.is_none() {
        // The order of the computers is that of the report, which does not regard the case of letters.
        let places: HashMap<&str, usize> =
            report.hosts.iter().enumerate().map(|(at, host)| (&*host.computer, at)).collect();
        all.sort_by_cached_key(|(host, session)| {
            (places.get(&*host.computer), Reverse(session.boot_epoch), begin(session))
        });
    }
    all
}

/// One line for the two halves of a logon: the elevated half says nothing that the other does not.
fn is_shown(session: &Session) -> bool {
    session.is_of_person() && !session.is_elevated_half()
}

/// Where a session stands among those of its boot: its start, else the first thing known of it.
fn begin(session: &Session) -> Option<Timestamp> {
    let first = |session: &Session| session.milestones().next().map(|milestone| milestone.time);
    session.start.as_ref().map(|moment| moment.time).or_else(|| first(session))
}

fn sort(all: &mut [Chosen<'_>], key: SortKey) {
    let end = |session: &Session| session.end.time.or(session.end.not_before);
    let text = |text: &str| text.to_lowercase();
    match key {
        SortKey::Start => all.sort_by_key(|(_, session)| Reverse(begin(session))),
        SortKey::End => all.sort_by_key(|(_, session)| Reverse(end(session))),
        SortKey::Length => {
            let length = |session: &Session| session.corrected_duration().unwrap_or(Span(i64::MIN));
            all.sort_by_key(|(_, session)| Reverse(length(session)));
        }
        SortKey::User => all
            .sort_by_cached_key(|(host, one)| text(&host.shown_account(&one.account).to_string())),
        SortKey::Computer => all.sort_by_cached_key(|(host, _)| text(&host.computer)),
        SortKey::Source => {
            // Addresses are compared as numbers; sessions without a source come last.
            all.sort_by_cached_key(|(host, session)| {
                let source = wording::source(host, session);
                let address = source.parse::<std::net::IpAddr>().ok();
                (source.is_empty(), address.is_none(), address, text(source))
            });
        }
    }
}
