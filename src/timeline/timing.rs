//! Distances: how far apart are records that belong together? Each distance is defined once, with
//! what was seen in real logs.
//!
//! A distance is a time, or a number of record IDs where clocks cannot be trusted: around a boot a
//! clock may be wrong by hours, and the event log service writes records late.

use crate::model::Span;
use crate::model::window::Window;

/// How much later the second of two records is, if the clock was set from one time zone to another between the two.
/// `distance` is the time from the first record to the second one, by the clock. The result is what is left of it
/// without whole quarters of an hour. `None`: no two time zones differ by that much.
pub(crate) fn lag_across_time_zones(distance: Span) -> Option<Span> {
    let is_possible = distance.abs() <= ZONES_APART;
    is_possible.then(|| Span(distance.0.rem_euclid(QUARTER_HOUR.0)))
}

// The start of a boot.

/// From the start of the kernel to that of LSASS, and from the start of LSASS to that of the event
/// log service. Seen: 0.5 to 20 s and 54 s; 244 s on a slow host. Their times are taken in
/// different processes, so the order may seem to be reversed by a few seconds.
pub(crate) const BOOT_SEQUENCE: Window = Window::seconds(-5, 300);
/// From the start of the kernel to that of LSASS, if the kernel had to check a disk. One report gives 29 minutes.
pub(crate) const SLOW_START: Window = Window::seconds(-5, 7200);
/// From the start of the kernel to that of the event log service, in the same channel. Legacy
/// records may carry whole seconds.
pub(crate) const SERVICE_AFTER_KERNEL: Window = Window::seconds(-1, 300);
/// The same distance if the record of the service comes after that of the kernel.
pub(crate) const NEXT_SERVICE_AFTER_KERNEL: Window = Window::seconds(0, 300);
/// The first records of the kernel come this long before the start of LSASS. Seen: 20 s.
pub(crate) const KERNEL_BEFORE_LSASS: Span = Span::seconds(20);
/// The time of Kernel-Power 41 is at most this long after the start of the kernel. Seen: 0.5 to
/// 15.8 s.
pub(crate) const KERNEL_RECORDS: Span = Span::seconds(60);
/// Kernel-Boot 20 and 27 have the time at which the kernel started. Seen: at most 1 ms after
/// Kernel-General 12, in 82 of 82.
pub(crate) const SAME_KERNEL_START: Span = Span::seconds(1);
/// The start records of one boot in the System channel are this close to each other, in time or in
/// record IDs.
pub(crate) const START_RECORDS: Span = Span::seconds(600);
/// See [`START_RECORDS`].
pub(crate) const START_RECORD_IDS: u64 = 30;
/// Records with IDs this close have at most a few other records between them.
pub(crate) const NEIGHBOUR_RECORD_IDS: u64 = 3;
/// The records that a boot writes before the first record of LSASS, for example 4826, and 1101 after
/// a crash, have at most this many record IDs. Seen: 14.
pub(crate) const LEADING_RECORDS: u64 = 24;
/// The first logon of an ordinary account comes at least this many record IDs after the 4608 of its
/// boot. Seen: 14 and more in 110 of 110.
pub(crate) const RECORDS_BEFORE_LOGON: u64 = 14;
/// Several 1101 of one boot are this close together.
pub(crate) const ONE_CRASH_REPORT: Span = Span::seconds(60);
/// The time of a 6013 minus its uptime is the start of the kernel, with at most this error. Seen:
/// 3.1 s in 54 of 58.
pub(crate) const UPTIME_IS_EXACT: Span = Span::seconds(5);
/// From 4826, the first record of the kernel in Security, to 4902. Seen: 0.5 to 20 s until 4608,
/// and up to 10.3 s from there.
pub(crate) const FIRST_SECONDS: Span = Span::seconds(40);
/// If records of another channel begin this long after the last record of Security and System, they
/// may be of a boot that neither of the two shows.
pub(crate) const CHANNELS_APART: Span = Span::seconds(3_600);
/// No computer restarts faster: the time from the last record of a boot to the first record of the next one that is no
/// start record. Seen: 2.4 s and more from the stop of a kernel to the start of the next one, and 5 s and more from
/// there to the start of the event log service.
pub(crate) const SHORTEST_RESTART: Span = Span::seconds(7);
/// Two time zones differ by a multiple of this. Seen between the start of a kernel and the uptime
/// that its service recorded: 2 and 3 hours, with an error of 1.4 s, in 3 of 41 boots; 0 in the
/// others.
const QUARTER_HOUR: Span = Span::seconds(900);
/// Two time zones differ by at most this: UTC-12 and UTC+14.
pub(crate) const ZONES_APART: Span = Span::seconds(26 * 3_600);
/// A clock may be wrong by this much at boot, if no record of its correction is left. Seen, with
/// such a record: 16 hours.
pub(crate) const WRONG_CLOCK: Span = Span::seconds(12 * 3_600);
/// A clock that is wrong at boot is corrected within this time, and within this number of records.
pub(crate) const CORRECTED_WITHIN: Window = Window::seconds(-5, 600);
/// See [`CORRECTED_WITHIN`].
pub(crate) const CORRECTED_WITHIN_RECORDS: usize = 60;

// The end of a boot.

/// From a request for a shutdown (1074) to the second 1074 in which Winlogon repeats it. Seen: 1 to
/// 2 s.
pub(crate) const REPEATED_REQUEST: Window = Window::seconds(0, 5);
/// The last records of Security may come this long after the event log service reported its stop.
pub(crate) const AFTER_STOP: Span = Span::seconds(60);
/// Records of Security after an 1100 that are this close to it are the last ones of the old boot:
/// no computer starts again so soon.
pub(crate) const LATE_FLUSH: Window = Window::seconds(-60, 5);
/// 1100 and 6006 report the same stop. Legacy records may carry whole seconds.
pub(crate) const SAME_STOP: Window = Window::seconds(-2, 2);
/// From the stop of the event log service to that of the kernel.
pub(crate) const KERNEL_STOP: Window = Window::seconds(-2, 30);
/// The next boot writes the last records of the old boot within this many record IDs after its own
/// first record. Seen: 28, and 53 after those of a boot of Setup without its 6005.
pub(crate) const LATE_RECORD_IDS: u64 = 120;
/// A kernel records the stop of the kernel before it right before its own start. Seen:
/// Kernel-General 13 one record before Kernel-General 12 in 37 of 37, Kernel-Power 109 two or three
/// before it in 49 of 51, Kernel-Boot 20 at most seven after it.
pub(crate) const STOP_BEFORE_KERNEL_IDS: u64 = 10;
/// From the stop of a kernel to the start of the next one, if the computer restarts. Seen: 2.4 to
/// 17.4 s in 21 of 24 restarts.
pub(crate) const RESTART: Window = Window::seconds(0, 20);
/// 6008 gives the start of the boot that crashed, to the second.
pub(crate) const SAME_CRASHED_START: Span = Span::seconds(2);
/// The last-alive time in a 6008 is at most this much older than the crash. Seen: 59.6 minutes.
pub(crate) const LAST_ALIVE_DELAY: Span = Span::seconds(7_200);
/// If a 6008 gives an uptime, in seconds, that is not longer than this, its last-alive time shows
/// nothing. Seen: 19 minutes after such a time it was still the same.
pub(crate) const LAST_ALIVE_RELIABLE_AFTER: u32 = 60;

// The clock.

/// A change of the clock by at most this much corrects a drift and is no step.
pub(crate) const CLOCK_DRIFT: Span = Span::seconds(1);
/// 4616 and Kernel-General 1 report the same change if their clock times differ by at most this
/// much.
pub(crate) const SAME_CLOCK_CHANGE: Span = Span::seconds(2);
/// The same, if only the clock times after the change are compared, to match two boots.
pub(crate) const SAME_CLOCK_STEP: Window = Window::seconds(-1, 1);
/// If a channel has no record of a step that is smaller than this, the order of its records does
/// not show between which of them the step happened.
pub(crate) const SMALL_STEP: Span = Span::seconds(60);
/// Legacy records may carry whole seconds.
pub(crate) const WHOLE_SECOND: Span = Span::seconds(1);
/// The times of the records of one channel usually go back by at most this much.
pub(crate) const JITTER: Span = Span::seconds(1);
/// The times of the records of one channel never go back by more than this, unless the clock is
/// set.
pub(crate) const MOST_JITTER: Span = Span::seconds(6);
/// The times of a channel without boot records go back by at most this much, and they lie at most
/// this far before the first and after the last record that Security and System have of the boot.
pub(crate) const OTHER_CHANNEL: Span = Span::seconds(60);
/// Two logs of one computer may follow each other although the clock was set back between them, by
/// at most a day.
pub(crate) const BACK_BETWEEN_LOGS: Span = Span::seconds(86_400);

/// The records of one sleep agree on its beginning and its end with at most this difference. Seen:
/// 9.2 s from Kernel-Power 42 to the last clock time before the sleep, 13.6 s from the moment at
/// which a computer woke while it went to sleep to the sleep itself, 1.5 s from Kernel-General 1 to
/// the time in Power-Troubleshooter 1.
pub(crate) const SAME_SLEEP: Span = Span::seconds(60);

// Logons and logoffs.

/// Windows allocates Logon IDs before it audits them, so within a boot one may be this much lower
/// than an earlier one. Seen: 79, 2,688 and 3,251.
pub(crate) const LOGON_ID_TOLERANCE: u64 = 4096;
/// The second 4624 of a linked logon comes at most this many record IDs after the first.
pub(crate) const LINKED_RECORD_IDS: u64 = 2;
/// Another channel records a logon or a logoff this long after Security. Seen: 3.7 s at a console.
pub(crate) const SAME_LOGON: Span = Span::seconds(5);
/// Local Session Manager 21 follows the 4624 within this time. Seen: 49 s over Remote Desktop.
pub(crate) const SESSION_MANAGER_LOGON: Window = Window::seconds(-1, 60);
/// Local Session Manager 21 follows the other records of the logon (41, 7001) of its session within this time. It
/// waits until the profile is loaded, and the first logon of a user makes a profile. Seen: 49 s; the time for a new
/// profile on a slow disk was not seen.
pub(crate) const FIRST_LOGON: Span = Span::seconds(600);
/// Records of other channels that confirm a logon follow it within this time.
pub(crate) const CONFIRMS_LOGON: Window = Window::seconds(-1, 60);
/// Records of other channels that confirm a logoff follow it within this time. Seen: 15 s.
pub(crate) const CONFIRMS_LOGOFF: Window = Window::seconds(-1, 20);
/// The records of one logoff in Security and in another channel are at most this far apart.
pub(crate) const SAME_LOGOFF: Span = Span::seconds(60);
/// A session is terminated at most this long after its user logged off. Seen: 4.4, 69 and 157 s.
pub(crate) const TERMINATED_AFTER_LOGOFF: Window = Window::seconds(-1, 180);
/// Two records of one disconnection or reconnection are at most this far apart.
pub(crate) const SAME_ATTACHMENT_CHANGE: Span = Span::seconds(5);
/// A boot that crashed longer than this after a 1074 did not crash while it shut down.
pub(crate) const CRASH_AFTER_REQUEST: Span = Span::seconds(600);
/// A logon that lasts this long is a session and no re-validation, unless another record says so.
/// Seen: the shortest session above this lasted 44 s, a Remote Desktop session that failed.
pub(crate) const REVALIDATION: Span = Span::seconds(15);
/// The same, if the records of Winlogon show which logons are desktops. Seen: 54.8 s on Windows 7.
pub(crate) const LONG_REVALIDATION: Span = Span::seconds(120);
/// The record of a takeover comes this long after the logon that re-validates its user, or after
/// the end of that logon. Seen: 2.8 to 3.2 s after the logon.
pub(crate) const TAKEOVER: Window = Window::seconds(-5, 10);
/// The record that confirms a re-validation follows it within this time. Seen: 2 s over Remote
/// Desktop.
pub(crate) const CONFIRMS_REVALIDATION: Span = Span::seconds(10);

// Attempts.

/// Attempts that are alike become one row if each is at most this long after the one before.
pub(crate) const BETWEEN_ATTEMPTS: Span = Span::seconds(60);
/// A logon of the same account at most this long after a failed one counts as the success that
/// followed. Windows suggests the same time to administrators for counting failed logons before it
/// locks an account.
pub(crate) const SUCCESS_AFTER_FAILURE: Span = Span::seconds(30 * 60);
/// From a 4648 for the computer itself to its 4624. Seen: 0.1 s.
pub(crate) const LOGON_AFTER_CREDENTIALS: Span = Span::seconds(5);
/// This many wrong names or passwords within [`GUESSES_WITHIN`] are a finding. Windows 11 and
/// Windows Server 2025 lock an account by these numbers unless they are configured otherwise.
pub(crate) const GUESSES: usize = 10;
/// See [`GUESSES`].
pub(crate) const GUESSES_WITHIN: Span = Span::seconds(10 * 60);
/// A success after this many failures is a finding. People mistype a password only a few times: in
/// real logs at most 3 times before one logon.
pub(crate) const GUESSES_BEFORE_SUCCESS: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// What was seen of a restart: from the stop of a kernel to the start of the next one, and from there to the start of
    /// the event log service, in units of 100 ns.
    #[test]
    fn no_restart_that_was_seen_is_shorter_than_the_shortest_one() {
        let seen = Span::seconds(7).0 + 4_000_000;
        assert!(SHORTEST_RESTART.0 < seen);
    }
}
