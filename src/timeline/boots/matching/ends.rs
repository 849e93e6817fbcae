//! What the ends of two boots say about whether they are one boot.
//!
//! Input: the times of a boot in Security and of one in System that a rule has matched. Output: a
//! number that is added to their score, or `None` if they cannot be one boot.

use crate::timeline::boots::boot_times::BootTimes;
use crate::timeline::timing::AFTER_STOP;

/// Both channels say that the boot before ended in the same way.
const AGREE: i64 = 6;
/// The channels say that the boot before ended in different ways.
const DISAGREE: i64 = -15;
/// One channel shows a shutdown where the other shows a crash.
const CONTRADICT: i64 = 2 * DISAGREE;

/// Compares how two boots ended, and how the boots before them ended. `None` means that the two
/// cannot be one boot, because both ended in order and at different times.
pub(in crate::timeline::boots) fn weigh(security: &BootTimes, system: &BootTimes) -> Option<i64> {
    if let (Some(one), Some(other)) = (security.stop, system.end())
        && one.since(other).abs() > AFTER_STOP
    {
        return None;
    }
    let before = match (security.before, system.before) {
        (Some(one), Some(other)) if one == other => AGREE,
        (Some(_), Some(_)) => DISAGREE,
        _ => 0,
    };
    let contradict =
        security.stop.is_some() && system.crashed || system.end().is_some() && security.crashed;
    Some(before + if contradict { CONTRADICT } else { 0 })
}
