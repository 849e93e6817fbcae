//! How far apart records lie that belong together: each distance once, with what was seen on real
//! logs.
//!
//! Distances are in time, or in record IDs where clocks cannot be trusted: around a boot a clock may
//! be hours off, and the event log service writes records late.

use crate::model::{Span, Timestamp};

/// A distance in time between two bounds, both of which belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    low: Span,
    high: Span,
}

impl Window {
    /// In seconds.
    const fn seconds(low: i64, high: i64) -> Window {
        Window { low: Span::seconds(low), high: Span::seconds(high) }
    }

    /// Does this distance lie in it?
    pub(crate) fn contains(self, distance: Span) -> bool {
        self.low <= distance && distance <= self.high
    }

    /// The first and the last moment that lie this far after `time`.
    pub(crate) fn after(self, time: Timestamp) -> (Timestamp, Timestamp) {
        (time.plus(self.low), time.plus(self.high))
    }

    /// The first and the last moment that `time` lies this far after.
    pub(crate) fn before(self, time: Timestamp) -> (Timestamp, Timestamp) {
        (time.plus(negative(self.high)), time.plus(negative(self.low)))
    }

    /// The greatest distance.
    pub(crate) const fn longest(self) -> Span {
        self.high
    }

    /// The earliest moment that lies this far after `time`.
    pub(crate) fn earliest_after(self, time: Timestamp) -> Timestamp {
        time.plus(self.low)
    }

    /// How much earlier the second of the two may seem to be.
    pub(crate) const fn tolerance(self) -> Span {
        negative(self.low)
    }
}

const fn negative(span: Span) -> Span {
    Span(span.0.saturating_neg())
}

// The start of a boot.

/// From the start of the kernel to that of LSASS, and from the start of LSASS to that of the event
/// log service. Seen: 0.5 to 20 s and 54 s; 244 s on a slow host. The kernel and LSASS read the
/// clock in different processes, so that the order may seem to be reversed by a little.
pub(crate) const BOOT_SEQUENCE: Window = Window::seconds(-5, 300);
/// From the start of the kernel to that of the event log service, in the same channel. Legacy
/// records may carry whole seconds.
pub(crate) const SERVICE_AFTER_KERNEL: Window = Window::seconds(-1, 300);
/// The same where the service's record comes after the kernel's.
pub(crate) const NEXT_SERVICE_AFTER_KERNEL: Window = Window::seconds(0, 300);
/// The first records of the kernel lie this long before the start of LSASS. Seen: 20 s.
pub(crate) const KERNEL_BEFORE_LSASS: Span = Span::seconds(20);
/// Kernel-Power 41 is stamped this long after the start of the kernel. Seen: 0.5 to 15.8 s.
pub(crate) const KERNEL_RECORDS: Span = Span::seconds(60);
/// Kernel-Boot 20 and 27 are stamped with the start of the kernel. Seen: 1 ms after Kernel-General 12 at most, in
/// 82 of 82.
pub(crate) const SAME_KERNEL_START: Span = Span::seconds(1);
/// The start records of one boot in the System channel lie this close, in time or in record IDs.
pub(crate) const START_RECORDS: Span = Span::seconds(600);
/// See [`START_RECORDS`].
pub(crate) const START_RECORD_IDS: u64 = 30;
/// Record IDs this close follow each other with at most a few other records in between.
pub(crate) const NEIGHBOUR_RECORD_IDS: u64 = 3;
/// A boot's own records before its first start record: 4826, and 1101 after a crash. Seen: 14.
pub(crate) const PRELUDE_RECORDS: u64 = 24;
/// The record ID of the first logon of an account lies at least this much above that of the 4608 of its boot. Seen:
/// 14 and more in 110 of 110, for the accounts that Windows does not bring along.
pub(crate) const RECORDS_BEFORE_LOGON: u64 = 14;
/// Several 1101 records of one boot lie this close together.
pub(crate) const ONE_CRASH_REPORT: Span = Span::seconds(60);
/// The time of a 6013 less the uptime that it gives is the start of the kernel, this exactly. Seen: 3.1 s
/// in 54 of 58.
pub(crate) const UPTIME_IS_EXACT: Span = Span::seconds(5);
/// From 4826, the first record that the kernel writes into Security, to 4902: seen 0.5 to 20 s to 4608, and up
/// to 10.3 s from there.
pub(crate) const FIRST_SECONDS: Span = Span::seconds(40);
/// Records of another channel that begin this long after the last record of Security and System may be of
/// a boot that neither of them shows.
pub(crate) const CHANNELS_APART: Span = Span::seconds(3_600);
/// A computer does not restart faster: from the last record of a boot to the first record of the next one that does
/// not belong to its start. Seen: 2.4 s and more from the stop of a kernel to the start of the next one, and 5 s and
/// more from there to the start of the event log service.
pub(crate) const SHORTEST_RESTART: Span = Span::seconds(8);
/// Two time zones differ by a multiple of this. Seen between the start of a kernel and the uptime that its
/// service recorded: 2 and 3 hours, to 1.4 s, in 3 of 41 boots; 0 in the others.
pub(crate) const QUARTER_HOUR: Span = Span::seconds(900);
/// Two time zones differ by at most this: UTC-12 and UTC+14.
pub(crate) const ZONES_APART: Span = Span::seconds(26 * 3_600);
/// A clock may be wrong by this much at boot, where no record of its correction is left. Seen, with
/// that record: 16 hours.
pub(crate) const WRONG_CLOCK: Span = Span::seconds(12 * 3_600);
/// A clock that is wrong at boot is corrected within this time, and within so many records.
pub(crate) const CORRECTED_WITHIN: Window = Window::seconds(-5, 600);
/// See [`CORRECTED_WITHIN`].
pub(crate) const CORRECTED_WITHIN_RECORDS: usize = 60;

// The end of a boot.

/// From a request for a shutdown (1074) to Winlogon's echo of it. Seen: 1 to 2 s.
pub(crate) const REQUEST_ECHO: Window = Window::seconds(0, 5);
/// Security's last records may come this long after the event log service reported its stop.
pub(crate) const AFTER_STOP: Span = Span::seconds(60);
/// Security's records behind an 1100 that lie this far from it are the last of the old boot: no computer
/// starts again so soon.
pub(crate) const LATE_FLUSH: Window = Window::seconds(-60, 5);
/// 1100 and 6006 report the same stop. Legacy records may carry whole seconds.
pub(crate) const SAME_STOP: Window = Window::seconds(-2, 2);
/// From the stop of the event log service to that of the kernel.
pub(crate) const KERNEL_STOP: Window = Window::seconds(-2, 30);
/// Records of the old boot that the next boot writes stand at most so many record IDs behind the
/// first record of the next boot. Seen: 28, and 53 behind those of a boot of Setup without its 6005.
pub(crate) const LATE_RECORD_IDS: u64 = 120;
/// The kernel that starts records the stop of the one before it right before its own start. Seen: Kernel-General
/// 13 one record before Kernel-General 12 in 37 of 37, Kernel-Power 109 two or three in 49 of 51, Kernel-Boot 20 at
/// most seven behind.
pub(crate) const STOP_BEFORE_KERNEL_IDS: u64 = 10;
/// From the stop of a kernel to the start of the next one, where the computer restarts. Seen: 2.4 to 17.4 s in 21 of
/// 24 restarts.
pub(crate) const RESTART: Window = Window::seconds(0, 20);
/// 6008 gives the start of the boot that crashed to the second.
pub(crate) const SAME_DEAD_START: Span = Span::seconds(2);
/// The last sign of life in a 6008 is older than the crash by at most this. Seen: 59.6 minutes.
pub(crate) const STALE_SIGN_OF_LIFE: Span = Span::seconds(7_200);
/// A sign of life of the first minute of a boot says nothing: 19 minutes later it was the same.
pub(crate) const FIRST_SIGN_OF_LIFE: u32 = 60;

// The clock.

/// A change of the clock of at most this much corrects a drift and is no step.
pub(crate) const CLOCK_DRIFT: Span = Span::seconds(1);
/// 4616 and Kernel-General 1 report the same change when their readings agree to this precision.
pub(crate) const SAME_CLOCK_CHANGE: Span = Span::seconds(2);
/// The same, where only the readings after the change are compared to match two boots.
pub(crate) const SAME_CLOCK_STEP: Window = Window::seconds(-1, 1);
/// Where a channel has no record of a step of the clock that is smaller than this, the order of its
/// records does not show where the step lies among them.
pub(crate) const SMALL_STEP: Span = Span::seconds(60);
/// Legacy records may carry whole seconds.
pub(crate) const WHOLE_SECOND: Span = Span::seconds(1);
/// Records of one channel are mostly stamped in order to this precision.
pub(crate) const JITTER: Span = Span::seconds(1);
/// Records of one channel are always stamped in order to this precision, unless the clock is set.
pub(crate) const MOST_JITTER: Span = Span::seconds(6);
/// Records of a channel without boot records are stamped in order to this precision, and they reach
/// this far beyond the first and the last record that Security and System have of the boot.
pub(crate) const OTHER_CHANNEL: Span = Span::seconds(60);
/// Two logs of one computer follow each other although the clock was set back, by at most a day.
pub(crate) const BACK_BETWEEN_LOGS: Span = Span::seconds(86_400);

/// The records of one sleep agree on its begin and on its end this closely. Seen: 9.2 s from Kernel-Power
/// 42 to the last reading of the clock, 13.6 s from a first waking to the sleep proper, 1.5 s from
/// Kernel-General 1 to what Power-Troubleshooter 1 says.
pub(crate) const SAME_SLEEP: Span = Span::seconds(60);

// Logons and logoffs.

/// Logon IDs are allocated before they are audited: within a boot one may be this much lower than
/// an earlier one. Seen: 79, 2,688 and 3,251.
pub(crate) const LOGON_ID_TOLERANCE: u64 = 4096;
/// The second 4624 of a linked pair stands at most so many record IDs behind the first.
pub(crate) const LINKED_RECORD_IDS: u64 = 2;
/// Another channel records a logon or a logoff this long after Security. Seen: 3.7 s at a console.
pub(crate) const SAME_LOGON: Span = Span::seconds(5);
/// Local Session Manager 21 follows the 4624 within this time. Seen: 49 s over Remote Desktop.
pub(crate) const SESSION_MANAGER_LOGON: Window = Window::seconds(-1, 60);
/// Records of other channels that confirm a logon follow it within this time.
pub(crate) const CONFIRMS_LOGON: Window = Window::seconds(-1, 60);
/// Records of other channels that confirm a logoff follow it within this time. Seen: 15 s.
pub(crate) const CONFIRMS_LOGOFF: Window = Window::seconds(-1, 20);
/// What Security and another channel record of one logoff lies this close together.
pub(crate) const SAME_LOGOFF: Span = Span::seconds(60);
/// A session is terminated so long after its user logged off. Seen: 4.4, 69 and 157 s.
pub(crate) const TERMINATED_AFTER_LOGOFF: Window = Window::seconds(-1, 180);
/// Two records of one disconnection or reconnection lie this close together.
pub(crate) const SAME_ATTACHMENT_CHANGE: Span = Span::seconds(5);
/// A logon that lasts as long as this is a session and no re-validation, unless another record says so.
/// Seen: 44 s, of a Remote Desktop session that failed, is the next longest.
pub(crate) const REVALIDATION: Span = Span::seconds(15);
/// The same where Winlogon's records say which logons are desktops. Seen: 54.8 s on Windows 7.
pub(crate) const LONG_REVALIDATION: Span = Span::seconds(120);
/// The record of a takeover of a desktop lies this long after the logon that re-validates its user, or
/// after the end of that logon. Seen: 2.8 to 3.2 s after the logon.
pub(crate) const TAKEOVER: Window = Window::seconds(-5, 10);
/// The record that confirms a re-validation follows it within this time. Seen: 2 s over Remote
/// Desktop.
pub(crate) const CONFIRMS_REVALIDATION: Span = Span::seconds(10);

// Attempts.

/// Attempts that are alike, each at most this long after the one before, are one row.
pub(crate) const BETWEEN_ATTEMPTS: Span = Span::seconds(60);
/// A logon of the same account this long after a failed one counts as the success that followed. Windows
/// proposes the same time where an administrator lets it count failures before it locks an account.
pub(crate) const SUCCESS_AFTER_FAILURE: Span = Span::seconds(30 * 60);
/// From a 4648 for the computer itself to its 4624. Seen: 0.1 s.
pub(crate) const LOGON_AFTER_CREDENTIALS: Span = Span::seconds(5);
/// So many wrong names or passwords within [`GUESSES_WITHIN`] are a finding: Windows 11 and Windows Server
/// 2025 lock an account by these numbers unless they are told otherwise.
pub(crate) const GUESSES: usize = 10;
/// See [`GUESSES`].
pub(crate) const GUESSES_WITHIN: Span = Span::seconds(10 * 60);
/// A success after so many failures is a finding. Who mistypes does so a few times: seen on real logs, 3 at most
/// before one logon.
pub(crate) const GUESSES_BEFORE_SUCCESS: u64 = 5;
