//! The clock before a boot is set to another time, in every channel of a host: what Windows does
//! where the clock of the computer was wrong, and was set right while it was off.

use super::host::RealHost;
use super::log_file::{Chunk, Log, put, u16_at, u64_at};
use super::values::{self, BINARY, FILE_TIME};
use winlast::model::Timestamp;

/// A change of the clock while the computer was off.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockChange {
    /// A second before the oldest record. What is older is no time of the clock of this host.
    since: Timestamp,
    /// Every time before this one becomes another.
    pub(super) before: Timestamp,
    /// What is added to its time, in ticks.
    pub(super) by: i64,
}

/// Before a start of Windows, its first records and the last of the boot before are not in the
/// order of their times. None of them is further from the end of that boot.
const AROUND_A_START: u64 = 120 * SECOND;
const SECOND: u64 = 10_000_000;

/// A moment at which the clock may be changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct PossibleChange {
    since: Timestamp,
    pub(super) before: Timestamp,
    /// By how many minutes at most. Where the clock is set back behind the moment within a boot,
    /// that step becomes larger by as much, and no wrong time zone makes one of more than 26 hours.
    pub(super) most: usize,
}

/// From UTC-12 to UTC+14.
const ALL_ZONES: u64 = 26 * 60;

impl PossibleChange {
    pub(super) fn by(&self, ticks: i64) -> ClockChange {
        ClockChange { since: self.since, before: self.before, by: ticks }
    }
}

/// The moments between two boots at which the clock may be changed: in every channel the records
/// with a time before it come first, but for those that are written around a start of Windows.
/// Elsewhere it would not be known which clock a record had.
pub(super) fn moments(host: &RealHost) -> Vec<PossibleChange> {
    let [computer] = host.whole.hosts.as_slice() else { return Vec::new() };
    let boots = computer.boots.windows(2).filter_map(|pair| {
        let down = pair[0].end.max(pair[0].end_not_before)?.filetime();
        let up = pair[1].start?.filetime();
        let far_enough = up.checked_sub(down).is_some_and(|off| off > 4 * SECOND);
        far_enough.then(|| (down, down + up.saturating_sub(down) / 2))
    });
    let times: Vec<Vec<u64>> = host.logs.iter().map(times).collect();
    // A 4616 gives what the clock was set to, which is just before the time of its own record.
    let since = times.iter().flatten().min().map_or(0, |time| time.saturating_sub(SECOND));
    boots
        .filter(|(down, moment)| times.iter().all(|times| divides(times, *down, *moment)))
        .filter_map(|(_, moment)| {
            let ahead = times.iter().map(|times| ahead_of(times, moment)).max().unwrap_or(0);
            Some(PossibleChange {
                since: Timestamp::from_filetime(since),
                before: Timestamp::from_filetime(moment),
                most: ALL_ZONES.checked_sub(ahead / SECOND / 60).filter(|most| *most > 0)? as usize,
            })
        })
        .collect()
}

/// The times of the records of a log, in record order.
fn times(log: &Log) -> Vec<u64> {
    let of_chunk = |chunk: &Chunk| -> Vec<u64> {
        chunk.records.iter().map(|record| chunk.time(record)).collect()
    };
    log.chunks.iter().flat_map(of_chunk).collect()
}

/// By how much the clock is ahead of the moment before the last record with a time before it.
fn ahead_of(times: &[u64], moment: u64) -> u64 {
    let last = times.iter().rposition(|time| *time < moment).unwrap_or(0);
    times[..last].iter().map(|time| time.saturating_sub(moment)).max().unwrap_or(0)
}

fn divides(times: &[u64], down: u64, moment: u64) -> bool {
    let is_before = |time: &u64| *time < moment;
    let first = times.iter().position(|time| !is_before(time)).unwrap_or(times.len());
    let late = times[first..].iter().filter(|time| is_before(time));
    late.into_iter().all(|time| down.abs_diff(*time) < AROUND_A_START)
}

impl ClockChange {
    /// The time that a moment of the whole has after the change.
    pub(super) fn of(&self, time: Timestamp) -> Timestamp {
        if self.since <= time && time < self.before { self.always(time) } else { time }
    }

    /// What the clock before the change would read.
    pub(super) fn always(&self, time: Timestamp) -> Timestamp {
        Timestamp::from_filetime(time.filetime().saturating_add_signed(self.by))
    }

    /// Changes every time of a log: record headers, `TimeCreated`, every FILETIME in the data
    /// (4616, Kernel-General 1, 12, 13), and the stamp of 6008, which the next boot writes.
    pub(super) fn apply(&self, log: &mut Log) {
        for chunk in &mut log.chunks {
            for record in &chunk.records {
                let stamp = chunk.event_id(record) == 6008;
                let bytes = &mut chunk.bytes;
                self.change(bytes, record.at + 16);
                for value in values::all(bytes, record.content()) {
                    match (value.kind, value.at.len()) {
                        (FILE_TIME, 8) => self.change(bytes, value.at.start),
                        (BINARY, 32..) if stamp => {
                            self.change_system_times(bytes, value.at.start);
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    fn change(&self, bytes: &mut [u8], at: usize) {
        let time = Timestamp::from_filetime(u64_at(bytes, at));
        put(bytes, at, &self.of(time).filetime().to_le_bytes());
    }

    /// 6008 has the time of the last sign of life twice: local, and in UTC. Both are SYSTEMTIME.
    fn change_system_times(&self, bytes: &mut [u8], at: usize) {
        let Some(in_utc) = system_time(bytes, at + 16).filter(|time| *time < self.before) else {
            return;
        };
        write_system_time(bytes, at + 16, self.always(in_utc));
        if let Some(local) = system_time(bytes, at) {
            write_system_time(bytes, at, self.always(local));
        }
    }
}

fn system_time(bytes: &[u8], at: usize) -> Option<Timestamp> {
    let field = |number: usize| u32::from(u16_at(bytes, at + 2 * number));
    // The third field is the day of the week.
    let date = (i64::from(field(0)), field(1), field(3));
    Timestamp::from_civil(date, (field(4), field(5), field(6)), field(7) * 10_000)
}

fn write_system_time(bytes: &mut [u8], at: usize, time: Timestamp) {
    let ((year, month, day), (hour, minute, second), ticks) = time.civil();
    // 1601-01-01 was a Monday.
    let weekday = (time.filetime() / (86_400 * SECOND) + 1) % 7;
    let fields = [year as u32, month, weekday as u32, day, hour, minute, second, ticks / 10_000];
    for (number, field) in fields.into_iter().enumerate() {
        put(bytes, at + 2 * number, &(field as u16).to_le_bytes());
    }
}
