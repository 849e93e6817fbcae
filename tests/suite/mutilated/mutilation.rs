//! What is done to the logs of a host.

use super::cleared;
use super::clock::ClockChange;
use super::dice::Dice;
use super::host::RealHost;
use super::log_file::Log;
use super::values::{self, STRING};
use std::collections::BTreeSet;
use std::path::Path;

/// The logs of one host after what was done to them.
pub(super) struct Mutilated {
    pub(super) logs: Vec<Log>,
    pub(super) clock: Option<ClockChange>,
    /// What was done: the kind, and the details.
    pub(super) done: Vec<(&'static str, String)>,
}

/// Does something to logs, and says what; `None`: it cannot be done here.
type Act = fn(&mut Mutilated, &RealHost, &mut Dice) -> Option<String>;

/// Every kind of mutilation, in the order in which those of one case are done.
const KINDS: [(&str, Act); 12] = [
    ("clock", clock),
    ("translate", translate),
    ("hide-4608", hide_4608),
    ("drop-channel", drop_channel),
    ("cut-start", cut_start),
    ("cut-end", cut_end),
    ("clear", clear),
    ("drop-chunks", drop_chunks),
    ("remove-records", remove_records),
    ("drop-id", drop_id),
    ("select", select),
    ("split", split),
];

const SECOND: i64 = 10_000_000;

impl Mutilated {
    /// Nothing is done yet.
    pub(super) fn untouched(host: &RealHost) -> Mutilated {
        Mutilated { logs: host.logs.clone(), clock: None, done: Vec::new() }
    }

    /// Between one and three mutilations of a host.
    pub(super) fn of(host: &RealHost, dice: &mut Dice) -> Mutilated {
        let mut mutilated = Mutilated::untouched(host);
        while mutilated.done.is_empty() {
            let count = dice.within(1, 3);
            let chosen: BTreeSet<usize> = (0..count).map(|_| dice.below(KINDS.len())).collect();
            for (name, act) in chosen.into_iter().map(|at| KINDS[at]) {
                if let Some(what) = act(&mut mutilated, host, dice) {
                    mutilated.done.push((name, what));
                }
            }
        }
        mutilated
    }

    /// The host without the records of one Event ID; `None`: nothing is left then.
    pub(super) fn without(host: &RealHost, id: u16, exported: bool) -> Option<Mutilated> {
        let mut mutilated = Mutilated::untouched(host);
        let what = mutilated.drop_id(id, exported)?;
        mutilated.done.push(("drop-id", what));
        Some(mutilated)
    }

    /// Takes away the records of one Event ID.
    fn drop_id(&mut self, id: u16, exported: bool) -> Option<String> {
        if event_ids(&self.logs).len() < 2 {
            return None;
        }
        for log in &mut self.logs {
            let count = log.count();
            log.retain(|chunk, record| chunk.event_id(record) != id);
            if exported && log.count() < count {
                log.renumber();
            }
        }
        self.logs.retain(|log| !log.chunks.is_empty());
        Some(format!("{id}{}", if exported { " by an export" } else { "" }))
    }

    /// The host with one log cut into two or three archives, at each of its chunks, or at some
    /// thirty of them where there are more. The names say the contrary of their order.
    pub(super) fn archives(host: &RealHost, log: usize) -> impl Iterator<Item = Mutilated> {
        let count = host.logs[log].chunks.len();
        let cuts = (1..count).step_by(1 + count / 30);
        let cuts =
            cuts.flat_map(move |at| [(at, count), (at, (at + count.div_ceil(3)).min(count))]);
        cuts.map(move |(first, second)| {
            let mut mutilated = Mutilated::untouched(host);
            let whole = mutilated.logs.remove(log);
            let parts = [("z", 0..first), ("m", first..second), ("a", second..count)];
            for (letter, range) in parts.into_iter().filter(|(_, range)| !range.is_empty()) {
                let name = format!("{letter}-{}", whole.name);
                mutilated.logs.push(whole.with(name, &whole.chunks[range]));
            }
            let what = format!("{} before the chunks {first} and {second}", whole.name);
            mutilated.done.push(("split", what));
            mutilated
        })
    }

    /// Does one kind only; used where a test is about it.
    pub(super) fn only(host: &RealHost, kind: &str, dice: &mut Dice) -> Option<Mutilated> {
        let mut mutilated = Mutilated::untouched(host);
        let (name, act) = KINDS.into_iter().find(|(name, _)| *name == kind).unwrap();
        let what = act(&mut mutilated, host, dice)?;
        mutilated.done.push((name, what));
        Some(mutilated)
    }

    /// Writes the logs to a folder.
    pub(super) fn write(&self, folder: &Path) {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).unwrap();
        for log in &self.logs {
            std::fs::write(folder.join(&log.name), log.bytes()).unwrap();
        }
    }

    /// Some log with at least this many records.
    fn any(&mut self, dice: &mut Dice, least: usize) -> Option<&mut Log> {
        let mut logs: Vec<&mut Log> =
            self.logs.iter_mut().filter(|log| log.count() >= least).collect();
        (!logs.is_empty()).then(|| logs.swap_remove(dice.below(logs.len())))
    }
}

fn clock(mutilated: &mut Mutilated, host: &RealHost, dice: &mut Dice) -> Option<String> {
    if host.moments.is_empty() {
        return None;
    }
    let possible = host.moments[dice.below(host.moments.len())];
    let most = if dice.chance(50) { possible.most.min(90) } else { possible.most };
    let minutes = dice.within(1, most) as i64;
    let by = minutes * 60 * SECOND * if dice.chance(50) { 1 } else { -1 };
    let change = possible.by(by);
    mutilated.logs.iter_mut().for_each(|log| change.apply(log));
    mutilated.clock = Some(change);
    Some(format!("before {} by {} s", change.before, by / SECOND))
}

/// Words of Windows, and others of the same length that Windows has or could have in another
/// language.
const WORDS: [(&str, &str); 9] = [
    ("NT AUTHORITY", "NT-AUTORITÄT"),
    ("SYSTEM", "SISTEM"),
    ("LOCAL SERVICE", "LOKALER DNST."),
    ("NETWORK SERVICE", "NETZWERK-DIENST"),
    ("ANONYMOUS LOGON", "ANONYME ANMELD."),
    ("Window Manager", "Fenster-Verwlt"),
    ("Font Driver Host", "Schriftenverwlt."),
    ("LOCAL", "YEREL"),
    ("LOCAL", "LOKAL"),
];

fn translate(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let unwanted = if dice.chance(50) { 7 } else { 8 };
    let words = WORDS.iter().enumerate().filter(|(at, _)| *at != unwanted).map(|(_, pair)| pair);
    let utf16 =
        |word: &str| -> Vec<u8> { word.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let words: Vec<(Vec<u8>, Vec<u8>)> = words.map(|(from, to)| (utf16(from), utf16(to))).collect();
    assert!(words.iter().all(|(from, to)| from.len() == to.len()));
    let mut count = 0;
    for chunk in mutilated.logs.iter_mut().flat_map(|log| &mut log.chunks) {
        for record in &chunk.records {
            for value in values::all(&chunk.bytes, record.content()) {
                let bytes = &mut chunk.bytes[value.at];
                let text = bytes.strip_suffix(&[0, 0]).map_or(bytes.len(), |text| {
                    if text.len() % 2 == 0 { text.len() } else { bytes.len() }
                });
                let word = words.iter().find(|(from, _)| *from == bytes[..text]);
                if let Some((_, to)) = word.filter(|_| value.kind == STRING) {
                    bytes[..text].copy_from_slice(to);
                    count += 1;
                }
            }
        }
    }
    (count > 0).then(|| format!("{count} words"))
}

/// As where the audit of the subcategory Security State Change is off: the records are of another
/// event, and none is missing.
fn hide_4608(mutilated: &mut Mutilated, _: &RealHost, _: &mut Dice) -> Option<String> {
    let mut count = 0;
    for chunk in mutilated.logs.iter_mut().flat_map(|log| &mut log.chunks) {
        for record in chunk.records.clone() {
            if chunk.event_id(&record) == 4608 {
                chunk.hide(record);
                count += 1;
            }
        }
    }
    (count > 0).then(|| format!("{count} of them"))
}

fn drop_channel(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    if mutilated.logs.len() < 2 {
        return None;
    }
    let log = mutilated.logs.remove(dice.below(mutilated.logs.len()));
    Some(log.name)
}

/// A log that has wrapped: its oldest chunks are gone.
fn cut_start(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let log = mutilated.any(dice, 2)?;
    if log.chunks.len() < 2 {
        return None;
    }
    let gone = dice.within(1, log.chunks.len() - 1);
    log.chunks.drain(..gone);
    Some(format!("{gone} chunks of {}, first {}", log.name, log.chunks[0].records[0].number))
}

fn cut_end(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let log = mutilated.any(dice, 2)?;
    let (chunk, record) = log.place(dice.within(1, log.count() - 1) - 1);
    log.chunks.truncate(chunk + 1);
    log.chunks[chunk].records.truncate(record + 1);
    Some(format!("{} behind {}", log.name, log.chunks[chunk].records[record].number))
}

/// What is before a record is gone. In half the cases there is a record that says so.
fn clear(mutilated: &mut Mutilated, host: &RealHost, dice: &mut Dice) -> Option<String> {
    let log = mutilated.any(dice, 2)?;
    let (chunk, record) = log.place(dice.within(1, log.count() - 1));
    let first = log.chunks[chunk].records[record].number;
    log.chunks.drain(..chunk);
    log.retain(|_, record| record.number >= first);
    let marked = dice.chance(50) && cleared::mark(log, host).is_some();
    Some(format!("{} before {first}{}", log.name, if marked { ", marked" } else { "" }))
}

fn drop_chunks(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let log = mutilated.any(dice, 2)?;
    let inner = log.chunks.len().checked_sub(2).filter(|inner| *inner > 0)?;
    let from = dice.within(1, inner);
    let to = dice.within(from, inner.min(from + 3));
    let gone = (log.chunks[from].records[0].number, log.chunks[to + 1].records[0].number - 1);
    log.chunks.drain(from..=to);
    Some(format!("{} {} to {}", log.name, gone.0, gone.1))
}

fn remove_records(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let log = mutilated.any(dice, 4)?;
    let mut ranges = Vec::new();
    for _ in 0..dice.within(1, 3) {
        let (chunk, record) = log.place(dice.within(1, log.count() - 2));
        let first = log.chunks[chunk].records[record].number;
        ranges.push((first, first + dice.within(0, 40) as u64));
    }
    log.retain(|_, record| !ranges.iter().any(|(a, b)| (*a..=*b).contains(&record.number)));
    if log.count() == 0 {
        mutilated.logs.retain(|log| log.count() > 0);
        return Some("all of a log".into());
    }
    Some(format!("{} {ranges:?}", log.name))
}

/// One Event ID is not there, as if somebody had filtered it out, with or without an export.
fn drop_id(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let ids: Vec<u16> = event_ids(&mutilated.logs).into_iter().collect();
    let id = ids[dice.below(ids.len())];
    mutilated.drop_id(id, dice.chance(50))
}

/// The Event IDs in logs.
pub(super) fn event_ids(logs: &[Log]) -> BTreeSet<u16> {
    let chunks = logs.iter().flat_map(|log| &log.chunks);
    chunks.flat_map(|chunk| chunk.records.iter().map(|record| chunk.event_id(record))).collect()
}

/// An export of a selection: only some Event IDs are left, and the record headers are numbered
/// anew.
fn select(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let log = mutilated.any(dice, 4)?;
    let present = event_ids(std::slice::from_ref(log));
    let known: [&[u16]; 4] =
        [&[4624, 4634, 4647, 4672], &[4624, 4634, 4647], &[4624], &[4634, 4647]];
    let mut wanted: BTreeSet<u16> = known[dice.below(known.len())].iter().copied().collect();
    if dice.chance(50) || wanted.is_disjoint(&present) {
        wanted = present.iter().copied().filter(|_| dice.chance(70)).collect();
    }
    if wanted.is_disjoint(&present) {
        return None;
    }
    log.retain(|chunk, record| wanted.contains(&chunk.event_id(record)));
    log.renumber();
    let gone: Vec<u16> = present.difference(&wanted).copied().collect();
    Some(if gone.len() > wanted.len() {
        format!("{}: {wanted:?}", log.name)
    } else {
        format!("{}: all but {gone:?}", log.name)
    })
}

/// Archives of one log, whose names say nothing of their order.
fn split(mutilated: &mut Mutilated, _: &RealHost, dice: &mut Dice) -> Option<String> {
    let several: Vec<usize> =
        (0..mutilated.logs.len()).filter(|at| mutilated.logs[*at].chunks.len() > 1).collect();
    if several.is_empty() {
        return None;
    }
    let log = mutilated.logs.remove(several[dice.below(several.len())]);
    let mut ends = BTreeSet::from([log.chunks.len()]);
    for _ in 0..dice.within(1, 2) {
        ends.insert(dice.within(1, log.chunks.len() - 1));
    }
    let (mut from, mut letters) = (0, vec!['a', 'b', 'c']);
    let mut parts = Vec::new();
    for end in ends {
        let letter = letters.remove(dice.below(letters.len()));
        parts.push(log.with(format!("{letter}-{}", log.name), &log.chunks[from..end]));
        from = end;
    }
    let names: Vec<String> =
        parts.iter().map(|part| format!("{}: {}", part.name, part.count())).collect();
    mutilated.logs.extend(parts);
    Some(names.join(", "))
}
