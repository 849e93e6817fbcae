//! The table on a terminal: boots newest first, and who was logged on in each.

mod choice;
mod columns;
mod heading;
mod people;
mod session_row;
mod tone;
mod trail;

pub use choice::SortKey;
pub use people::write_people;
pub use trail::write_trail;

use crate::model::{Report, Session, Timestamp};
use crate::output::escape::visible;
use crate::time_zone::Zone;
use choice::{Chosen, chosen};
use columns::{Columns, Row};
use session_row::{details, row};
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
    /// In which time zone the times are, as a sentence; `None` for UTC.
    pub fn zone_in_words(&self) -> Option<String> {
        let zone = self.zone.to_string();
        (!self.zone.is_utc())
            .then(|| format!("Times in {}. Files and findings are in UTC.", visible(&zone)))
    }

    /// Whether each line has its computer and boot, so that the rows have neither headings nor a line that names the
    /// zone.
    pub fn is_flat(&self) -> bool {
        self.flat || self.sort.is_some()
    }
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
    let view = &TerminalView { flat: view.is_flat(), ..view.clone() };
    let chosen = chosen(report, view);
    let rows = |detail: &_| {
        chosen.iter().map(|(host, session)| row(host, session, view, detail)).collect()
    };
    let columns = Columns::fit(&details(view), rows, view.width, view.color);
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
    view.zone_in_words().map_or(Ok(()), |text| writeln!(out, "{text}\n"))
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
        let detail = heading::detail(host, &boots, view);
        let mut own = own.into_iter().peekable();
        for number in boots.into_iter().rev() {
            heading::write(host, number, view, detail, out)?;
            while let Some((_, row)) = own.next_if(|(session, _)| session.boot_epoch == number) {
                columns.write(row, out)?;
            }
            writeln!(out)?;
        }
    }
    debug_assert!(rest.next().is_none(), "a session is of no computer of the report");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;
    use unicode_width::UnicodeWidthStr;

    fn shown(report: &Report, view: &TerminalView) -> String {
        let mut bytes = Vec::new();
        write_terminal(report, view, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_table() {
        let expected = r#"DC01.contoso.local  boot 3  2015-09-09 06:10:00 → the log ends (Kernel-Power 109, 1074)
  CONTOSO\dadmin  console  -         2015-09-09 03:00:00 → ?                 still open at the end of the log

DC01.contoso.local  boot 2  2015-09-09 02:00:00 → 06:00:00  restart by CONTOSO\alice (Kernel-Power 109, 1074)
  CONTOSO\dadmin  console  -         2015-09-09 03:00:00 → 03:08:40    0:08  logged off (initiated 03:08:39)
  CONTOSO\=cmd|' /C calc'!A0\n"quoted",\u{202e}gnp  RDP      10.0.0.5  2015-09-09 03:00:00 → ≥04:00:00  ≥0:59  crash, by 05:00:00

"#;
        assert_eq!(shown(&sample::report(), &TerminalView::default()), expected);
    }

    /// The report orders computers without regard to the case of their names, and every session has its row.
    #[test]
    fn computers_whose_names_differ_in_case() {
        let mut report = sample::report();
        let first = report.hosts[0].clone();
        let named = |name: &str| crate::model::Host { computer: name.into(), ..first.clone() };
        report.hosts = ["alpha", "Beta", "gamma"].map(named).to_vec();
        let lines = |limit| {
            let view = TerminalView { limit, ..TerminalView::default() };
            shown(&report, &view).lines().filter(|line| line.starts_with("  ")).count()
        };
        let rows = lines(None);
        assert_eq!(rows % 3, 0, "each computer has the same rows");
        assert!(rows > 0);
        assert_eq!(lines(Some(100)), rows);
        let of_one = {
            let mut one = report.clone();
            one.hosts.truncate(1);
            shown(&one, &TerminalView::default())
                .lines()
                .filter(|line| line.starts_with("  "))
                .count()
        };
        assert_eq!(rows, 3 * of_one);
    }

    /// The headings of one computer name it alike, and no bound of a crash is cut: it has a line of its own.
    #[test]
    fn headings_that_do_not_fit() {
        let mut report = sample::report();
        let host = &mut report.hosts[0];
        host.sessions.clear();
        host.boots.retain(|boot| boot.epoch == 2);
        host.boots[0].clock_steps = 1;
        let mut crashed = host.boots[0].clone();
        crashed.epoch = 3;
        crashed.end_cause = crate::model::BootEnd::Crash;
        crashed.end_not_before = Some(sample::at("2015-09-10T01:00:00Z"));
        crashed.end_not_after = Some(sample::at("2015-09-11T01:30:00Z"));
        crashed.clock_steps = 0;
        host.boots.push(crashed);
        let of =
            |width| shown(&report, &TerminalView { width: Some(width), ..TerminalView::default() });
        assert_eq!(
            of(84),
            "\
DC01  boot 3  2015-09-09 02:00 → crash between 2015-09-10 01:00 and 2015-09-11 01:30

DC01  boot 2  2015-09-09 02:00 → 06:00  restart by alice +clock

"
        );
        assert_eq!(
            of(83),
            "\
DC01.contoso.local  boot 3
    2015-09-09 02:00:00 → crash between 2015-09-10 01:00:00 and 2015-09-11 01:30:00

DC01.contoso.local  boot 2  2015-09-09 02:00:00 → 06:00:00  restart by alice +clock

"
        );
        assert_eq!(
            of(76),
            "\
DC01  boot 3
    2015-09-09 02:00 → crash between 2015-09-10 01:00 and 2015-09-11 01:30

DC01  boot 2  2015-09-09 02:00 → 06:00  restart by alice +clock

"
        );
    }

    #[test]
    fn one_line_says_everything() {
        let view = TerminalView { flat: true, limit: Some(1), ..TerminalView::default() };
        let expected = "  DC01.contoso.local/2  CONTOSO\\dadmin  console  -  2015-09-09 03:00:00 → \
                        2015-09-09 03:08:40  0:08  logged off (initiated 2015-09-09 03:08:39)\n";
        assert_eq!(shown(&sample::report(), &view), expected);
    }

    #[test]
    fn rows_in_an_order() {
        let first = |sort| {
            let view = TerminalView { sort: Some(sort), ..TerminalView::default() };
            shown(&sample::report(), &view).lines().map(|line| line.contains("=cmd")).collect()
        };
        let orders: [Vec<bool>; 4] =
            [SortKey::Length, SortKey::User, SortKey::Source, SortKey::End].map(first);
        // The hostile one is the longest, has the first name and the only address, and ended last.
        assert_eq!(orders, [[true, false, false]; 4].map(Vec::from));
    }

    /// However narrow the terminal is: a list of the longest sessions shows their length, and one by source the
    /// source.
    #[test]
    fn what_the_rows_are_sorted_by_is_shown() {
        for width in 70..100 {
            let sorted = |sort| {
                let sort = Some(sort);
                shown(
                    &sample::report(),
                    &TerminalView { sort, width: Some(width), ..TerminalView::default() },
                )
            };
            let text = sorted(SortKey::Length);
            assert!(text.contains("≥0:59") && text.contains(" 0:08"), "{width}: {text}");
            let text = sorted(SortKey::Source);
            assert!(text.contains("10.0.0.5"), "{width}: {text}");
        }
    }

    /// 03:00 to 02:10 of the same day, by a clock that was set back: the date says that this is no slip,
    /// and the mark says why.
    #[test]
    fn an_end_before_its_start_shows_its_date() {
        let mut report = sample::report();
        let host = &mut report.hosts[0];
        host.sessions.truncate(1);
        let session = &mut host.sessions[0];
        session.initiated = None;
        session.end.time = Some(sample::at("2015-09-09T02:10:00Z"));
        session.clock_correction = crate::model::Span::seconds(-3600);
        session.flags = vec![crate::model::Flag::ClockStepWithin].into();
        let text = shown(&report, &TerminalView::default());
        let line = "2015-09-09 03:00:00 → 2015-09-09 02:10:00  0:10  logged off; the clock was set meanwhile";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn all_classes_other_zones_and_colours() {
        let view = TerminalView {
            all: true,
            color: true,
            zone: "Europe/Berlin".parse().unwrap(),
            ..TerminalView::default()
        };
        let text = shown(&sample::report(), &view);
        assert!(text.starts_with("Times in Europe/Berlin."), "{text}");
        assert!(text.contains("2015-09-09 05:00:00 → 05:08:40") && text.contains("service"));
        for colored in
            ["\u{1b}[31mcrash, by 07:00:00\u{1b}[0m", "\u{1b}[36mRDP\u{1b}[0m", "\u{1b}[33m≥0:59"]
        {
            assert!(text.contains(colored), "{text}");
        }
        let plain = shown(&sample::report(), &TerminalView { color: false, ..view });
        assert!(!plain.contains('\u{1b}'));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for flat in [false, true] {
            for width in 1..150 {
                let view = TerminalView { flat, width: Some(width), ..TerminalView::default() };
                let text = shown(&sample::report(), &view);
                let widest = text.lines().map(UnicodeWidthStr::width).max().unwrap();
                assert!(widest <= width.max(2), "{widest} in {width}: {text}");
            }
        }
    }

    #[test]
    fn nothing_acts_on_the_terminal() {
        let mut report = sample::report();
        report.hosts[0].computer = "\u{1b}]0;title\u{7}\u{202e}".into();
        for flat in [false, true] {
            let text = shown(&report, &TerminalView { all: true, flat, ..TerminalView::default() });
            assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'));
        }
    }
}
