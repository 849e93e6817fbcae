//! The row of a session, in as much detail as there is room for.

use super::TerminalView;
use super::choice::SortKey;
use super::columns::{Cell, Row, shortened};
use super::tone::Tone;
use crate::model::session::{Basis, Confidence};
use crate::model::{EndCause, Flag, Host, Session, SessionClass, Timestamp};
use crate::output::escape::visible;
use crate::output::wording;

/// How much a row says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Endings as sentences.
    sentences: bool,
    /// Times with seconds, and each with its whole date.
    seconds: bool,
    /// Accounts with their domain.
    domain: bool,
    /// The columns that a name may take.
    name: usize,
    length: bool,
    class: bool,
    source: bool,
}

const EVERYTHING: Detail = Detail {
    sentences: true,
    seconds: true,
    domain: true,
    name: usize::MAX,
    length: true,
    class: true,
    source: true,
};

/// The ways to write a row, by rank: what is left out first is what a reader misses least.
const DETAILS: [Detail; 9] = {
    let short = Detail { sentences: false, ..EVERYTHING };
    let minutes = Detail { seconds: false, ..short };
    let names = Detail { name: 24, ..minutes };
    let users = Detail { domain: false, name: 18, ..names };
    let no_length = Detail { length: false, ..users };
    let shorter = Detail { name: 12, ..no_length };
    let no_class = Detail { class: false, ..shorter };
    let no_source = Detail { source: false, ..no_class };
    [EVERYTHING, short, minutes, names, users, no_length, shorter, no_class, no_source]
};

/// The ways for this view: what the rows are sorted by is left out of none.
pub(super) fn details(view: &TerminalView) -> [Detail; 9] {
    DETAILS.map(|detail| Detail {
        length: detail.length || view.sort == Some(SortKey::Length),
        source: detail.source || view.sort == Some(SortKey::Source),
        ..detail
    })
}

/// The row: who, how, from where, from when to when, how long, and how it ended. With `--flat` it begins
/// with the computer and the boot.
pub(super) fn row(host: &Host, session: &Session, view: &TerminalView, detail: &Detail) -> Row {
    let mut row = Row::new();
    if view.flat {
        row.push(place(host, session, detail));
    }
    row.push(account(host, session, detail));
    if detail.class {
        row.push(class(session));
    }
    if detail.source {
        let from = wording::source(host, session);
        let from = if from.is_empty() { "-".into() } else { visible(from) };
        row.push(Cell::new(shortened(&from, detail.name), Tone::Plain));
    }
    let mark = wording::end_mark(session);
    let times = Times { session, view, detail };
    let bounds = if mark.is_empty() { Tone::Plain } else { Tone::Uncertain };
    row.push(Cell::new(times.span(mark), bounds));
    if detail.length {
        let length = session.corrected_duration();
        let text = length.map_or(String::new(), |span| mark.to_owned() + &wording::duration(span));
        row.push(Cell { right: true, ..Cell::new(text, bounds) });
    }
    row.push(Cell::new(ending(session, &times, detail), ending_tone(session)));
    row
}

/// `WS01/3`: the computer and the boot; without its domain where accounts have none.
fn place(host: &Host, session: &Session, detail: &Detail) -> Cell {
    let name = visible(&host.computer);
    let label = name.split('.').next().filter(|_| !detail.domain).unwrap_or(&name);
    let label = shortened(label, detail.name);
    Cell::new(format!("{label}/{}", session.boot_epoch), Tone::Plain)
}

fn account(host: &Host, session: &Session, detail: &Detail) -> Cell {
    let name = local_name(host, session);
    let name =
        if detail.domain { name.as_str() } else { crate::model::account::without_domain(&name) };
    let is_watched = session.flags.contains(&Flag::Watched);
    let tone = if is_watched { Tone::Alarm } else { Tone::Plain };
    Cell::new(shortened(&visible(name), detail.name), tone)
}

/// The account; `.\name` for one of the computer itself.
pub(super) fn local_name(host: &Host, session: &Session) -> String {
    let account = host.shown_account(&session.account);
    if !account.user.is_empty() && host.has_label(&account.domain) {
        return format!(".\\{}", account.user);
    }
    account.to_string()
}

/// The class in its colour.
pub(super) fn class(session: &Session) -> Cell {
    let is_remote = session.class == SessionClass::RemoteDesktop;
    let tone = if is_remote { Tone::Remote } else { Tone::Plain };
    Cell::new(wording::class_of(session), tone)
}

/// The times of one session.
struct Times<'a> {
    session: &'a Session,
    view: &'a TerminalView,
    detail: &'a Detail,
}

impl Times<'_> {
    fn start(&self) -> Option<Timestamp> {
        self.session.start.map(|moment| moment.time)
    }

    /// `2024-05-02 08:15:22 → ≤12:01:10`
    fn span(&self, mark: &str) -> String {
        let begun = match self.start() {
            Some(start) => {
                let (date, time) = self.date_and_time(start);
                format!("{date} {time}")
            }
            // As wide as the starts above and below it, where there is room.
            None if self.detail.seconds => format!("{:>19}", "?"),
            None => "?".into(),
        };
        let end = self.session.end.time;
        let ended = end.map_or_else(|| "?".into(), |time| mark.to_owned() + &self.later(time));
        format!("{begun} → {ended}")
    }

    /// A time on the day of the start goes without its date, unless the clock was set back meanwhile, or
    /// each row is to say everything.
    fn later(&self, moment: Timestamp) -> String {
        let (date, time) = self.date_and_time(moment);
        let start = self.start().filter(|start| *start <= moment && !self.view.flat);
        let begun = start.map(|start| self.date_and_time(start).0);
        let year = |date: &str| date.split('-').next().map(str::to_owned);
        match begun {
            Some(begun) if begun == date => time,
            Some(begun) if !self.detail.seconds && year(&begun) == year(&date) => {
                let day = date.split_once('-').map_or(&*date, |(_, day)| day);
                format!("{day} {time}")
            }
            _ => format!("{date} {time}"),
        }
    }

    fn date_and_time(&self, moment: Timestamp) -> (String, String) {
        self.view.date_and_time(moment, self.detail.seconds)
    }
}

fn ending(session: &Session, times: &Times<'_>, detail: &Detail) -> String {
    if !detail.sentences {
        return short_ending(session);
    }
    let half = session.linked.is_some() && session.elevated == Some(true);
    wording::ending(session, |time| times.later(time)) + if half { " (elevated half)" } else { "" }
}

/// How it ended in one word, and what makes its times not comparable.
fn short_ending(session: &Session) -> String {
    let marks = [
        (Flag::ClockStepWithin, " +clock"),
        (Flag::PowerOffWithin, " +off"),
        (Flag::Watched, " +watch"),
    ];
    let marks = marks.into_iter().filter(|(flag, _)| session.flags.contains(flag));
    marks.fold(short_cause(session).to_owned(), |text, (_, mark)| text + mark)
}

/// How it ended in one word.
pub(super) fn short_cause(session: &Session) -> &'static str {
    match session.end.cause {
        EndCause::Terminated | EndCause::Initiated => "logoff",
        EndCause::Inherited => "linked",
        EndCause::Shutdown => "shutdown",
        EndCause::Lost => "lost",
        EndCause::Crash => "crash",
        EndCause::EpochEnd => "by boot",
        EndCause::Open => "open",
        EndCause::Censored => "unknown",
    }
}

/// The colour of an ending.
fn ending_tone(session: &Session) -> Tone {
    let end = &session.end;
    match end.cause {
        EndCause::Crash => Tone::Alarm,
        EndCause::Open => Tone::Open,
        _ if end.basis == Some(Basis::Bounded) => Tone::Uncertain,
        _ if matches!(end.confidence, Confidence::High | Confidence::Medium) => Tone::Plain,
        _ => Tone::Uncertain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn accounts_of_the_computer_itself() {
        let mut session = sample::full_session();
        let host = sample::report().hosts.remove(0);
        for (domain, expected) in
            [("dc01", ".\\bob"), ("Win-Old", ".\\bob"), ("CONTOSO", "CONTOSO\\bob"), ("", "bob")]
        {
            session.account = std::sync::Arc::new(crate::model::Account {
                user: "bob".into(),
                domain: domain.into(),
                ..Default::default()
            });
            assert_eq!(local_name(&host, &session), expected);
        }
    }

    #[test]
    fn a_row_says_less_and_less() {
        let mut session = sample::full_session();
        session.flags = vec![Flag::PowerOffWithin, Flag::Watched].into();
        session.end.time = Some(sample::at("2015-09-10T03:08:40Z"));
        let host = sample::report().hosts.remove(0);
        let view = TerminalView::default();
        let texts = DETAILS.map(|detail| {
            let cells = row(&host, &session, &view, &detail);
            cells.into_iter().map(|cell| cell.text).collect::<Vec<_>>().join("|")
        });
        assert_eq!(
            texts,
            [
                r"CONTOSO\dadmin|console|-|2015-09-09 03:00:00 → 2015-09-10 03:08:40|1d 0:08|logged off (initiated 03:08:39); the power was off meanwhile; on the watch list",
                r"CONTOSO\dadmin|console|-|2015-09-09 03:00:00 → 2015-09-10 03:08:40|1d 0:08|logoff +off +watch",
                r"CONTOSO\dadmin|console|-|2015-09-09 03:00 → 09-10 03:08|1d 0:08|logoff +off +watch",
                r"CONTOSO\dadmin|console|-|2015-09-09 03:00 → 09-10 03:08|1d 0:08|logoff +off +watch",
                r"dadmin|console|-|2015-09-09 03:00 → 09-10 03:08|1d 0:08|logoff +off +watch",
                r"dadmin|console|-|2015-09-09 03:00 → 09-10 03:08|logoff +off +watch",
                r"dadmin|console|-|2015-09-09 03:00 → 09-10 03:08|logoff +off +watch",
                r"dadmin|-|2015-09-09 03:00 → 09-10 03:08|logoff +off +watch",
                r"dadmin|2015-09-09 03:00 → 09-10 03:08|logoff +off +watch",
            ]
        );
    }

    #[test]
    fn colours_say_what_an_end_rests_on() {
        let mut session = sample::full_session();
        let tones = |session: &Session| (ending_tone(session), wording::end_mark(session));
        assert_eq!(tones(&session), (Tone::Plain, ""));
        sample::crash(&mut session);
        assert_eq!(tones(&session), (Tone::Alarm, "≥"));
        session.end.cause = EndCause::EpochEnd;
        assert_eq!(tones(&session), (Tone::Uncertain, "≥"));
        sample::open(&mut session);
        assert_eq!(tones(&session), (Tone::Open, ""));
        session.end.cause = EndCause::Censored;
        assert_eq!(tones(&session), (Tone::Uncertain, ""));
    }
}
