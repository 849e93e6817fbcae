//! The clock of the computer that the program runs on. Only what is called from `main` reads it.

use std::time::SystemTime;
use winlast::model::{Span, Timestamp};

/// What the clock reads.
pub(super) fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let ticks = i64::try_from(since_1970.as_nanos() / 100).unwrap_or(i64::MAX);
    Timestamp::from_civil((1970, 1, 1), (0, 0, 0), 0).unwrap_or_default().plus(Span(ticks))
}
