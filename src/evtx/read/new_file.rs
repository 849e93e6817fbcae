//! Why the file of a log begins with another record than the first one: the log was cleared, or archived when
//! it was full, and says so itself.

use std::collections::BTreeMap;

/// Event IDs by which a log says that its file is a new one, by the channel: the log was cleared, and it was
/// archived because it was full.
const NEW_FILE: [(&str, [u16; 2]); 2] = [("Security", [1102, 1105]), ("System", [104, 105])];

/// Records in front of the one that says it, at most: those that waited while the file was exchanged.
const MOST_BEFORE: u64 = 64;

/// The records by which a log may say that its file is a new one.
#[derive(Debug, Default)]
pub(super) struct NewFile {
    /// The lowest number of a record with each of their Event IDs.
    lowest: BTreeMap<u16, u64>,
}

impl NewFile {
    /// Notes the record of this number if it may be one.
    pub(super) fn note(&mut self, event_id: u16, number: u64) {
        if matches!(event_id, 104 | 105 | 1102 | 1105) {
            let lowest = self.lowest.entry(event_id).or_insert(number);
            *lowest = number.min(*lowest);
        }
    }

    /// Adds those further on in the log.
    pub(super) fn add(&mut self, other: NewFile) {
        other.lowest.into_iter().for_each(|(event_id, number)| self.note(event_id, number));
    }

    /// That nothing explains why the file of a log of this channel begins with the record of this number, in
    /// words. Other channels are not known to say when they are cleared.
    pub(super) fn unexplained(&self, channel: &str, first: u64) -> Option<String> {
        let (_, event_ids) = NEW_FILE.iter().find(|(known, _)| *known == channel)?;
        let latest = first.saturating_add(MOST_BEFORE);
        let is_said = |id: &u16| self.lowest.get(id).is_some_and(|number| *number <= latest);
        let [cleared, archived] = event_ids;
        (!event_ids.iter().any(is_said)).then(|| {
            format!(
                "it begins with record {first}, which its chunk counts as the first of the file, and no event \
                 {cleared} or {archived} near it says that the log was cleared or archived there"
            )
        })
    }
}
