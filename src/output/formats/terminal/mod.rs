//! The table on a terminal: boots newest first, and who was logged on in each.

mod choice;
mod columns;
mod heading;
mod people;
mod session_row;
mod tone;

pub use choice::SortKey;
pub use people::write_people;

use crate::model::{Report, Session, Timestamp};
use crate::output::escape::visible;
use crate::time_zone::Zone;
use choice::{Chosen, chosen};
use columns::{Columns, Row};
use session_row::{DETAILS, row};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// How the table is shown.
#[derive(Debug, Clone, Default)]
pub struct TerminalView {
    /// Every class of session, not only people's.
    pub all: bool,
    /// One line for each session, with its computer and boot, and no headings.
    pub flat: bool,
    /// The order of the rows; any but the usual one is shown flat.
    pub sort: Option<SortKey>,
    /// So many sessions at most: the first ones in the order asked for, else the newest.
    pub limit: Option<usize>,
    /// Time zone of the times.
    pub zone: Zone,
    /// Colours that say what is sure, open, remote, or a crash.
    pub color: bool,
    /// The columns of the terminal. Rows are shortened until they fit; `None`: they may have any width.
    pub width: Option<usize>,
    /// Boots without a session to show are left out, as after a filter.
    pub only_boots_with_sessions: bool,
}

impl TerminalView {
    /// `2024-05-02` and `08:11:09`; without seconds `08:11`.
    fn date_and_time(&self, moment: Timestamp, seconds: bool) -> (String, String) {
        let (date, time) = self.zone.date_and_time(moment);
        let minutes = time.rsplit_once(':').map(|(minutes, _)| minutes.to_owned());
        (date, if seconds { time } else { minutes.unwrap_or(time) })
    }

    fn moment(&self, moment: Timestamp) -> String {
        let (date, time) = self.date_and_time(moment, true);
        format!("{date} {time}")
    }
}

/// Writes the table, and says how many sessions are in it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_terminal(
    report: &Report,
    view: &TerminalView,
    out: &mut dyn Write,
) -> io::Result<u64> {
    let view = &TerminalView { flat: view.flat || view.sort.is_some(), ..view.clone() };
    let chosen = chosen(report, view);
    let rows = |detail: &_| {
        chosen.iter().map(|(host, session)| row(host, session, view, detail)).collect()
    };
    let columns = Columns::fit(&DETAILS, rows, view.width, view.color);
    if view.flat {
        columns.rows.iter().try_for_each(|row| columns.write(row, out))?;
    } else {
        write_zone(view, out)?;
        write_by_boot(report, &chosen, &columns, view, out)?;
    }
    out.flush()?;
    Ok(chosen.len() as u64)
}

fn write_zone(view: &TerminalView, out: &mut dyn Write) -> io::Result<()> {
    if view.zone.is_utc() {
        return Ok(());
    }
    let zone = view.zone.to_string();
    writeln!(out, "Times in {}. Files and findings are in UTC.\n", visible(&zone))
}

/// Each computer's boots, the newest first, and the rows of their sessions.
fn write_by_boot(
    report: &Report,
    chosen: &[Chosen<'_>],
    columns: &Columns,
    view: &TerminalView,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rest = chosen.iter().zip(&columns.rows).peekable();
    for host in &report.hosts {
        let mut own: Vec<(&Session, &Row)> = Vec::new();
        while let Some(((_, session), row)) = rest.next_if(|(one, _)| std::ptr::eq(one.0, host)) {
            own.push((session, row));
        }
        // A session of a boot that has no row of its own is shown too.
        let mut boots: BTreeSet<u32> = own.iter().map(|(session, _)| session.boot_epoch).collect();
        if !view.only_boots_with_sessions && view.limit.is_none() {
            boots.extend(host.boots.iter().map(|boot| boot.epoch));
        }
        let mut own = own.into_iter().peekable();
        for number in boots.into_iter().rev() {
            heading::write(host, number, view, out)?;
            while let Some((_, row)) = own.next_if(|(session, _)| session.boot_epoch == number) {
                columns.write(row, out)?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}
