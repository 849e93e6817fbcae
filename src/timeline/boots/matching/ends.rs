//! How two boots ended, and how the boots before them ended: what speaks for or against one boot,
//! once a rule has matched the two.

use crate::timeline::boots::boot_times::BootTimes;
use crate::timeline::timing::AFTER_STOP;

/// Both channels say the same of the end of the boot before.
const AGREE: i64 = 6;
/// The channels say different things of the end of the boot before.
const DISAGREE: i64 = -15;
/// One channel shows a shutdown where the other shows a crash.
const CONTRADICT: i64 = 2 * DISAGREE;

/// What the ends weigh; `None`: the two cannot be one boot, since both ended in order and at
/// different times.
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
