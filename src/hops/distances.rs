//! How far apart records may lie that belong together: each distance once, with what was seen on the logs of
//! small domains.

use crate::model::window::Window;
use crate::model::{Span, Timestamp};

/// A connection and the logon over it, by corrected clocks. Seen: where clocks show whole seconds, 0 s from the 5th to
/// the 95th percentile, and 11 s at most; where they show milliseconds, −0.23 to +0.02 s.
pub(super) const CONNECTION: Window = Window::seconds(-5, 30);

/// Explicit credentials and the logon that they were used for. Seen: 0 s, where clocks show whole seconds.
pub(super) const EXPLICIT: Window = Window::seconds(-3, 3);

/// The logon of the network and the desktop of Remote Desktop that follows it. Seen: 0.9 to 4 s.
pub(super) const NLA: Window = Window::seconds(0, 5);

/// A check by a domain controller and the logon. Seen: the same second.
pub(super) const NTLM_CHECK: Window = Window::seconds(-1, 1);

/// By how much two clocks may differ if they were not compared and Kerberos was used. Kerberos refuses more.
pub(super) const KERBEROS_SKEW: Span = Span::seconds(300);

/// How long a ticket is used after it was given out: the usual limit of a domain.
pub(super) const TICKET_LIFE: Span = Span::seconds(10 * 3600);

/// A ticket older than this was used before, or was kept. Seen: 0 s at the median, 12 s at the 95th percentile, 52 s
/// at most.
pub(super) const TICKET_FRESH: Span = Span::seconds(60);

/// How long a computer is assumed to keep an address after the last record that shows it: the usual lease of DHCP.
pub(super) const LEASE: Span = Span::seconds(8 * 86_400);

/// Two statements that a computer had an address are close if they are at most this far apart.
pub(super) const CLOSE_STATEMENTS: Span = Span::seconds(86_400);

/// A computer that has two addresses within this time has both at once, and one that was seen with an address has it
/// for so long.
pub(super) const AT_ONCE: Span = Span::seconds(600);

/// So long before a computer goes on to another one, somebody may have come to it over the network to be passed on: the
/// credentials for the computer behind a gateway are typed in after those for the gateway.
pub(super) const PASSED_ON: Window = Window::seconds(-1, 300);

/// If several computers are named at one address within this time, they share the address.
pub(super) const SHARED_ADDRESS: Span = Span::seconds(3600);

/// Logons that follow each other so soon are one burst. Seen: 1 to 9 logons, 2 at the median.
pub(super) const GROUP: Span = Span::seconds(60);

/// The lags of two clocks are close together if they differ by at most this much.
pub(super) const CLOCK_SPREAD: Span = Span::seconds(10);

/// Two records of different computers belong to one moment only if their times are at most this far apart.
pub(super) const CLOCKS_APART: Span = Span::seconds(7200);

/// Smaller steps of a clock are ignored when clocks are compared.
pub(super) const CLOCK_STEP: Span = Span::seconds(2);

/// Some clocks show whole seconds only. So a session may seem to begin this much after a moment at which it existed.
pub(super) const ONE_SECOND: Span = Span::seconds(1);

/// The time before `time` by `span`.
pub(super) fn before(time: Timestamp, span: Span) -> Timestamp {
    time.plus(Span(span.0.saturating_neg()))
}

/// One span less another.
pub(super) fn less(a: Span, b: Span) -> Span {
    Span(a.0.saturating_sub(b.0))
}
