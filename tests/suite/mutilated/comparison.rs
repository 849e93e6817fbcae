//! What a report of mutilated logs says, held against the report of the whole.

use super::boots;
use super::clock::ClockChange;
use super::sessions;
use std::collections::BTreeMap;
use winlast::model::{
    Boot, Channel, Citation, Confidence, FindingCode, Report, Session, Span, Timestamp,
};

/// How much a contradiction weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// The report of the mutilated logs states it as certain: logged, or with confidence high or
    /// medium.
    Certain,
    /// It is stated with a lower confidence, or rests on records that are missing here.
    Low,
    /// Two ends that a shutdown implies, less than [`NEAR`] apart: of the records that close a boot
    /// (1100, 6006, Kernel-General 13) another is left. Or a logoff that another channel tells.
    Near,
    /// A further boot that is inferred, or of which only bounds are known.
    ExtraLowBoot,
}

/// Something that the report of the mutilated logs says, and the report of the whole denies.
#[derive(Debug)]
pub(super) struct Contradiction {
    pub(super) level: Level,
    pub(super) kind: String,
    pub(super) what: String,
}

/// A boot or session of the whole: the index of its host, and its own.
pub(super) type Place = (usize, usize);

/// A record: its channel and its number.
type Key = (Channel, u64);

/// The report of the whole, by record.
pub(super) struct Whole<'a> {
    pub(super) report: &'a Report,
    pub(super) clock: Option<ClockChange>,
    /// The session whose start, 4647 or 4634 a record is.
    own: BTreeMap<Key, Place>,
    /// The session that cites a record in another way.
    cited: BTreeMap<Key, Place>,
    /// The boot that begins at a record, or to whose session it belongs.
    boot_at: BTreeMap<Key, Place>,
    /// The first record of each boot's start evidence in each channel, by channel and record.
    first_of_boot: BTreeMap<Key, Place>,
}

pub(super) fn key(record: &Citation) -> Key {
    (record.channel, record.record_id)
}

/// The records that are a session's own: start, 4647, 4634.
pub(super) fn own_records(session: &Session) -> impl Iterator<Item = &Citation> {
    [&session.start, &session.initiated, &session.terminated]
        .into_iter()
        .flatten()
        .map(|moment| &moment.record)
}

/// The records that a session cites besides.
fn other_records(session: &Session) -> impl Iterator<Item = &Citation> {
    let incidents = session.incidents.iter().map(|incident| &incident.moment.record);
    let said = session.corroboration.iter().map(|(record, _)| record);
    session.evidence.iter().chain(said).chain(incidents)
}

impl<'a> Whole<'a> {
    pub(super) fn new(report: &'a Report, clock: Option<ClockChange>) -> Whole<'a> {
        let mut whole = Whole {
            report,
            clock,
            own: BTreeMap::new(),
            cited: BTreeMap::new(),
            boot_at: BTreeMap::new(),
            first_of_boot: BTreeMap::new(),
        };
        for (host, of) in report.hosts.iter().enumerate() {
            for (at, boot) in of.boots.iter().enumerate() {
                for record in &boot.start_evidence {
                    whole.boot_at.insert(key(record), (host, at));
                }
                for channel in Channel::ALL {
                    let of_channel = |record: &&Citation| record.channel == channel;
                    let records = boot.start_evidence.iter().filter(of_channel);
                    if let Some(first) = records.map(|record| record.record_id).min() {
                        whole.first_of_boot.insert((channel, first), (host, at));
                    }
                }
            }
            for (at, session) in of.sessions.iter().enumerate() {
                whole.take_session((host, at), session);
            }
        }
        whole
    }

    fn take_session(&mut self, place: Place, session: &Session) {
        let boots = &self.report.hosts[place.0].boots;
        let boot = boots.iter().position(|boot| boot.epoch == session.boot_epoch);
        for record in own_records(session) {
            self.own.insert(key(record), place);
            if let Some(boot) = boot {
                self.boot_at.entry(key(record)).or_insert((place.0, boot));
            }
        }
        for record in other_records(session) {
            self.cited.entry(key(record)).or_insert(place);
        }
    }

    pub(super) fn session(&self, place: Place) -> &'a Session {
        &self.report.hosts[place.0].sessions[place.1]
    }

    /// The other half of a linked logon.
    pub(super) fn linked(&self, place: Place) -> Option<&'a Session> {
        let of = self.session(place);
        let mut sessions = self.report.hosts[place.0].sessions.iter();
        sessions.find(|other| {
            other.boot_epoch == of.boot_epoch && other.logon_id == of.linked && of.linked.is_some()
        })
    }

    pub(super) fn boot(&self, place: Place) -> &'a Boot {
        &self.report.hosts[place.0].boots[place.1]
    }

    pub(super) fn boot_of(&self, place: Place) -> Option<Place> {
        let epoch = self.session(place).boot_epoch;
        let boots = &self.report.hosts[place.0].boots;
        boots.iter().position(|boot| boot.epoch == epoch).map(|at| (place.0, at))
    }

    /// The session whose own record this is.
    pub(super) fn owner(&self, record: &Citation) -> Option<Place> {
        self.own.get(&key(record)).copied()
    }

    /// The session that cites the record in any way.
    pub(super) fn citing(&self, record: &Citation) -> Option<Place> {
        self.owner(record).or_else(|| self.cited.get(&key(record)).copied())
    }

    /// The boot that a record surely belongs to.
    pub(super) fn boot_at(&self, record: &Citation) -> Option<Place> {
        self.boot_at.get(&key(record)).copied()
    }

    /// The boot that a record of Security or System belongs to, by its number.
    pub(super) fn boot_around(&self, record: &Citation) -> Option<Place> {
        let (channel, number) = key(record);
        let before = self.first_of_boot.range((channel, 0)..=(channel, number)).next_back();
        before.map(|(_, place)| *place)
    }

    /// By how much the clock was changed in a boot, at most. Where its end is on the other side of
    /// such a step than the last record that is left, they do not compare any better.
    pub(super) fn uncertain(&self, boot: &Boot) -> Span {
        let steps = self.report.findings.iter().filter(|finding| {
            finding.code == FindingCode::ClockStep && finding.boot_epoch == Some(boot.epoch)
        });
        let by_clock = self.clock.map_or(0, |clock| clock.by.abs());
        match steps.count() {
            0 => Span(0),
            1 => Span(boot.clock_step.abs().0 + by_clock),
            // Steps forward and back add up to less than each.
            _ => Span::seconds(400 * 86_400),
        }
    }

    /// What a time of the whole is in the mutilated logs.
    pub(super) fn time(&self, time: Timestamp) -> Timestamp {
        self.clock.map_or(time, |clock| clock.of(time))
    }

    /// An interval of the whole, read from the clock that its beginning was read from.
    pub(super) fn interval(&self, interval: Interval) -> Interval {
        let Some(clock) = self.clock else { return interval };
        let (from, to) = interval;
        let on_old_clock = from.or(to).is_some_and(|time| time < clock.before);
        let map = |time| if on_old_clock { clock.always(time) } else { time };
        (from.map(map), to.map(map))
    }
}

/// From when to when something may have happened; `None` is no bound.
pub(super) type Interval = (Option<Timestamp>, Option<Timestamp>);

/// The longest time between the first and the last record of one shutdown, or between the records
/// of one logoff in two channels.
pub(super) const NEAR: Span = Span::seconds(60);

/// Have the two intervals a time in common? One that ends before it begins lies on both sides of a
/// change of the clock; it says nothing here.
pub(super) fn overlap(a: Interval, b: Interval) -> bool {
    let crosses_a_change = |(from, to): Interval| from.zip(to).is_some_and(|(from, to)| to < from);
    if a == b || crosses_a_change(a) || crosses_a_change(b) {
        return true;
    }
    let before = |to: Option<Timestamp>, from: Option<Timestamp>| {
        to.zip(from).is_some_and(|(to, from)| to < from)
    };
    !before(a.1, b.0) && !before(b.1, a.0)
}

/// The interval with some time more on both sides.
pub(super) fn widened((from, to): Interval, by: Span) -> Interval {
    (from.map(|from| from.plus(Span(-by.0))), to.map(|to| to.plus(by)))
}

pub(super) fn is_certain(confidence: Confidence) -> bool {
    matches!(confidence, Confidence::High | Confidence::Medium)
}

/// Everything that the report of the mutilated logs says against the whole.
pub(super) fn contradictions(
    whole: &Report,
    clock: Option<ClockChange>,
    mutilated: &Report,
) -> Vec<Contradiction> {
    let whole = Whole::new(whole, clock);
    let mut found = Vec::new();
    if !mutilated.accounting.events.values().all(|tally| tally.balances()) {
        found.push(Contradiction {
            level: Level::Certain,
            kind: "accounting".into(),
            what: format!("{:?}", mutilated.accounting),
        });
    }
    for host in &mutilated.hosts {
        boots::compare(&whole, host, &mut found);
        sessions::compare(&whole, host, &mut found);
    }
    found
}
