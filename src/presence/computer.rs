//! Whether a computer was on at a moment.

use super::place::Place;
use crate::model::session::Basis;
use crate::model::{
    Boot, BootEnd, Channel, ChannelCoverage, CoverageGap, Flag, Host, Moment, PowerInterval,
    Timestamp,
};

/// What a computer was when its clock showed some time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum ComputerState<'a> {
    /// It was on, in this boot.
    On(&'a Boot),
    /// It was off or asleep within this boot.
    Away(&'a Boot, &'a PowerInterval),
    /// It was on in this boot, or off or asleep: no record says when this interval ended.
    PerhapsAway(&'a Boot, &'a PowerInterval),
    /// It was on in this boot, or it was off already: the end of the boot has bounds only.
    Ending(&'a Boot),
    /// It was off: between the ends of this boot and the start of the next.
    Off(&'a Boot, &'a Boot),
    /// It was off, or it was on in a boot that no log shows: Windows counted more boots between these two.
    Between(&'a Boot, &'a Boot),
}

/// What the computer was when its clock showed `time`. Where the clock was set back, it showed it more than
/// once. Empty: no record says.
pub(super) fn states(host: &Host, time: Timestamp) -> Vec<ComputerState<'_>> {
    let mut states: Vec<ComputerState<'_>> = Vec::new();
    for boot in &host.boots {
        let mut known: Vec<ComputerState<'_>> = Vec::new();
        for place in Place::shown(boot, time) {
            let state = match power_at(boot, place) {
                Some(last) if lasted_to_the_end(boot, last) => ComputerState::Away(boot, last),
                _ if is_doubtful(boot, place) => ComputerState::Ending(boot),
                Some(own) if own.to.is_none() => ComputerState::PerhapsAway(boot, own),
                Some(interval) => ComputerState::Away(boot, interval),
                None => ComputerState::On(boot),
            };
            // The clock may have shown the time twice.
            if !known.contains(&state) {
                known.push(state);
            }
        }
        if known.is_empty() && may_be_on(boot, time) {
            let begun = |own: &&PowerInterval| own.from.is_some_and(|from| from.time <= time);
            let last = boot.power.iter().filter(|own| lasted_to_the_end(boot, own)).find(begun);
            let away = last.map(|last| ComputerState::Away(boot, last));
            known.push(away.unwrap_or(ComputerState::Ending(boot)));
        }
        states.extend(known);
    }
    let pairs = host.boots.iter().zip(host.boots.iter().skip(1));
    let is_between = |(one, next): &(&Boot, &Boot)| {
        let down = one.end_not_after.or(one.end);
        one.end_cause != BootEnd::LogEnd
            && down.is_some_and(|down| down < time)
            && next.start.is_some_and(|start| time < start)
    };
    let state = |(one, next)| match may_hide_a_boot(one, next) {
        true => ComputerState::Between(one, next),
        false => ComputerState::Off(one, next),
    };
    states.extend(pairs.filter(is_between).map(state));
    states
}

/// Did Windows count a boot between these two, of which no log has a record?
fn may_hide_a_boot(one: &Boot, next: &Boot) -> bool {
    one.boot_id.zip(next.boot_id).is_some_and(|(id, next)| next.saturating_sub(id) > 1)
}

/// The interval within the boot in which it was off or asleep at this place. Where its end is not known, it is at the
/// latest at the end of the boot, and it may be as early as the next record.
fn power_at(boot: &Boot, place: Place) -> Option<&PowerInterval> {
    let of = |moment: &Moment| Place::of(Some(boot), moment);
    let is_here = |own: &&PowerInterval| {
        let end = own.to.or(own.next);
        own.from.is_some_and(|from| of(&from) <= place) && end.is_none_or(|end| place < of(&end))
    };
    let mut here = boot.power.iter().filter(is_here);
    here.clone().find(|own| own.to.is_some()).or_else(|| here.next())
}

/// Was the computer off or asleep from this interval on, until the boot ended? Not for certain if the interval may be
/// of another boot.
fn lasted_to_the_end(boot: &Boot, interval: &PowerInterval) -> bool {
    interval.is_last && !boot.flags.contains(&Flag::BootUncertain)
}

/// May this place be in another boot, or at a time when the computer was off? That is so after the last certain
/// record of Security and System, if another boot may have begun there or both logs end there: a log of another
/// channel that goes on shows no boots. Before the first known boot there may have been several boots: then it
/// was certainly on only where Security or System has records, without missing ones.
fn is_doubtful(boot: &Boot, place: Place) -> bool {
    if boot.epoch == 0 {
        let mut shown = boot.coverage.iter();
        return !shown.any(|own| shows_that_it_was_on(own, boot, place));
    }
    let is_later = |last: &Moment| Place::of(Some(boot), last) < place;
    let is_last = boot.end_cause == BootEnd::LogEnd;
    (is_last || boot.flags.contains(&Flag::BootUncertain))
        && boot.last_certain.is_some_and(|last| is_later(&last))
}

/// Would this channel have a record of a start of the computer between its first record of the boot and this
/// place?
fn shows_that_it_was_on(own: &ChannelCoverage, boot: &Boot, place: Place) -> bool {
    let of = |moment: &Moment| Place::of(Some(boot), moment);
    let is_missing = |gap: &CoverageGap| {
        gap.after.is_none_or(|after| of(&after) <= place) && place <= of(&gap.before)
    };
    matches!(own.channel, Channel::Security | Channel::System)
        && of(&own.first) <= place
        && place <= of(&own.last)
        && !own.gaps.iter().any(is_missing)
}

/// May the boot have lasted at this clock time? That is so between the bounds of its end, and for the boot
/// in which the log ends.
fn may_be_on(boot: &Boot, time: Timestamp) -> bool {
    let is_open = boot.end_basis != Some(Basis::Logged);
    let (seen, down) = (boot.end_not_before.or(boot.end), boot.end_not_after);
    is_open && seen.is_some_and(|seen| seen < time) && down.is_none_or(|down| time < down)
}

/// Does the Security log lack records of this boot at this clock time? Then a session of the time may be
/// among them.
pub(super) fn lacks_security(boot: &Boot, time: Timestamp) -> bool {
    let Some(own) = boot.coverage.iter().find(|own| own.channel == Channel::Security) else {
        return true;
    };
    let is_missing = own
        .gaps
        .iter()
        .any(|gap| gap.after.is_none_or(|after| after.time <= time) && time <= gap.before.time);
    let begins_later = time < own.first.time && boot.start.is_none_or(|start| start <= time);
    // If Security has records of the start of the boot, it lacks nothing before its first record.
    let has_start = boot.start_evidence.iter().any(|record| record.channel == Channel::Security);
    is_missing || begins_later && !has_start
}
