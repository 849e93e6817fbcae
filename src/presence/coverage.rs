//! The periods that the logs of a computer cover. About other times, the logs say nothing.

use crate::model::{Host, Report, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// Spans listed of a computer that has many logs.
const SPANS_LISTED: usize = 3;

/// The first and the last clock time of a span of time.
type ReadingSpan = (Timestamp, Timestamp);

/// The first and the last clock time of each log of a computer; logs that overlap make one span. Times that the
/// clock never showed, because it was set, are in no span.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Coverage(Vec<ReadingSpan>);

/// The first and the last clock time of each log, by the names of computers in it, in small letters. It is made
/// once, because otherwise each of ten thousand computers would search as many logs.
pub(crate) struct LogTimes(HashMap<String, Vec<ReadingSpan>>);

impl LogTimes {
    /// Of the logs of a report.
    pub(crate) fn of(report: &Report) -> LogTimes {
        let mut by_name: HashMap<String, Vec<ReadingSpan>> = HashMap::new();
        for log in &report.logs {
            for name in &log.computers {
                by_name.entry(name.to_ascii_lowercase()).or_default().extend(log.times);
            }
        }
        LogTimes(by_name)
    }
}

impl Coverage {
    /// Of the logs that name the computer.
    pub(crate) fn of(host: &Host, times: &LogTimes) -> Coverage {
        let names: BTreeSet<String> = host.names().map(str::to_ascii_lowercase).collect();
        let spans = names.iter().filter_map(|name| times.0.get(name)).flatten().copied();
        Coverage(without(merged(spans.collect()), &never_read(host)))
    }

    /// The first clock time of all.
    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.0.first().map(|span| span.0)
    }

    /// The last clock time of all.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        self.0.last().map(|span| span.1)
    }

    /// Does no log cover any of this time, although there are logs that cover some time?
    fn lacks(&self, since: Option<Timestamp>, until: Option<Timestamp>) -> bool {
        let covers = |(first, last): &(Timestamp, Timestamp)| {
            since.is_none_or(|since| *last >= since) && until.is_none_or(|until| *first <= until)
        };
        !self.0.is_empty() && !self.0.iter().any(covers)
    }
}

/// Spans that overlap as one.
fn merged(mut spans: Vec<ReadingSpan>) -> Vec<ReadingSpan> {
    spans.sort_unstable();
    let mut merged: Vec<ReadingSpan> = Vec::new();
    for (first, last) in spans {
        match merged.last_mut() {
            Some(before) if first <= before.1 => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// What the clock of the computer never showed between the first and the last clock time of its boots, because
/// it was set forward over it, or set back between two boots.
fn never_read(host: &Host) -> Vec<ReadingSpan> {
    let mut read: Vec<ReadingSpan> = Vec::new();
    let mut before: Option<Timestamp> = None;
    for boot in &host.boots {
        let own: Vec<ReadingSpan> = boot.clock_readings().into_iter().flatten().collect();
        // While the computer was off, its clock went on.
        let begun = own.first().map(|(first, _)| *first);
        read.extend(before.zip(begun).filter(|(last, first)| last < first));
        before = own.last().map(|(_, last)| *last).or(before);
        read.extend(own);
    }
    let read = merged(read);
    read.iter().zip(read.iter().skip(1)).map(|(one, next)| (one.1, next.0)).collect()
}

/// The spans without what lies inside of the holes.
fn without(spans: Vec<ReadingSpan>, holes: &[ReadingSpan]) -> Vec<ReadingSpan> {
    let mut left = Vec::new();
    for (begin, last) in spans {
        let within = holes.iter().filter(|hole| begin <= hole.0 && hole.1 <= last);
        let mut first = begin;
        for (hole, end) in within {
            left.push((first, *hole));
            first = *end;
        }
        left.push((first, last));
    }
    left
}

/// A computer of which no log covers the time that was asked for. It prints as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uncovered<'a> {
    computer: &'a str,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    coverage: Coverage,
}

impl<'a> Uncovered<'a> {
    pub(crate) fn of(
        host: &'a Host,
        times: &LogTimes,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Option<Uncovered<'a>> {
        let coverage = Coverage::of(host, times);
        let computer = &*host.computer;
        coverage.lacks(since, until).then_some(Uncovered { computer, since, until, coverage })
    }
}

impl fmt::Display for Uncovered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no log of {} covers ", self.computer)?;
        match (self.since, self.until) {
            (Some(since), Some(until)) if since == until => {
                write!(f, "{}", since.to_the_second())?;
            }
            (Some(since), Some(until)) => {
                write!(f, "{} to {}", since.to_the_second(), until.to_the_second())?;
            }
            (Some(since), None) => write!(f, "{} or later", since.to_the_second())?,
            (None, Some(until)) => write!(f, "{} or earlier", until.to_the_second())?,
            (None, None) => f.write_str("that time")?,
        }
        f.write_str(" (UTC): its logs hold ")?;
        let spans = &self.coverage.0;
        for (at, (first, last)) in spans.iter().take(SPANS_LISTED).enumerate() {
            let and = if at > 0 { ", " } else { "" };
            write!(f, "{and}{} to {}", first.to_the_second(), last.to_the_second())?;
        }
        match spans.len().saturating_sub(SPANS_LISTED) {
            0 => Ok(()),
            more => write!(f, ", and {more} more spans of time"),
        }
    }
}
