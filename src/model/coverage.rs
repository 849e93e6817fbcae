//! What the logs cover of each boot, channel by channel.

use super::{Channel, Citation, Moment};
use crate::model::session::ClockStepReadings;
use std::sync::Arc;

/// What is there of one channel in one boot: the events that mean something to boots and sessions.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct ChannelCoverage {
    /// The channel.
    pub channel: Channel,
    /// Its first event of this boot.
    pub first: Moment,
    /// Its last event of this boot.
    pub last: Moment,
    /// Where records are missing, in record order. It is known of Security and System alone.
    pub gaps: Vec<CoverageGap>,
}

/// Records of a channel that no log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct CoverageGap {
    /// The first and the last missing `EventRecordID`.
    pub records: (u64, u64),
    /// The last event before them in the same boot; `None` where they are before its first one.
    pub after: Option<Moment>,
    /// The first event after them.
    pub before: Moment,
}

/// The steps of the clock within one boot, and between which of them each record stands. Readings on
/// both sides of a step cannot be compared, so that the time alone does not say when something was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BootClock {
    steps: Arc<[ClockStepReadings]>,
    /// For each channel the first record after each step, ascending.
    placed: Vec<(Channel, Vec<u64>)>,
}

impl BootClock {
    /// Of a boot with these steps, and the first record of each channel after each of them.
    pub(crate) fn new(
        steps: &Arc<[ClockStepReadings]>,
        placed: impl Iterator<Item = (Channel, Vec<u64>)>,
    ) -> BootClock {
        BootClock { steps: Arc::clone(steps), placed: placed.collect() }
    }

    /// The last time that was shown before each step and the first one after it, in order.
    pub fn steps(&self) -> &[ClockStepReadings] {
        &self.steps
    }

    /// How many steps came before this record of the boot.
    pub fn steps_before(&self, record: &Citation) -> usize {
        let of_channel = self.placed.iter().find(|(channel, _)| *channel == record.channel);
        of_channel.map_or(0, |(_, first)| first.partition_point(|id| *id <= record.record_id))
    }
}

/// As the list of its steps.
impl serde::Serialize for BootClock {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.steps())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample::{at, cite};

    #[test]
    fn a_record_stands_between_two_steps() {
        let steps: Arc<[ClockStepReadings]> = [
            (at("2020-01-01T01:00:00Z"), at("2021-01-01T00:00:00Z")),
            (at("2021-01-01T02:00:00Z"), at("2020-01-01T03:00:00Z")),
        ]
        .into();
        let clock = BootClock::new(&steps, [(Channel::Security, vec![10, 20])].into_iter());
        let before = |channel, record| clock.steps_before(&cite(channel, record, 4624));
        assert_eq!([9, 10, 19, 20].map(|record| before(Channel::Security, record)), [0, 1, 1, 2]);
        assert_eq!(before(Channel::System, 99), 0);
    }
}
