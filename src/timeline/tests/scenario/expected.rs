//! What must come out, as text, compared with what the builder made.
//!
//! A row begins with its epoch or its Logon ID; the columns after it may be left out, and are
//! compared when given. A line that begins with `key=value` continues the row above it.
//!
//! # Boots
//!
//! `1  +5s..>=+95s<=+3990s  crash  low  clean=no`: the epoch, its times, how it ended, how sure
//! that is, then `key=value`: [`Row::value`] of a boot has every key.
//!
//! # Sessions
//!
//! `1/0x50000  alice  desktop  +60s..+600s  initiated  high  elevated=yes`: the Logon ID (`-` where
//! there is none), with or without the epoch before it, the user, the class, the times, why and how
//! sure the session ended, then `key=value`. Below a session, a line for each attachment:
//! `console  +40s..+100s` and `rdp  LAPTOP@10.0.0.9  +160s..?`; `attachments=none` says that there
//! are none.
//!
//! # Times
//!
//! `START..END`, each of which may be empty (not compared) or `?` (not known); `START` alone says
//! nothing of the end. The end may be followed by its bounds: `..+95s>=+95s<=+3990s` says the end
//! itself, the last moment at which the session was still there or the computer still up, and the
//! first at which that was over.
//!
//! # Values
//!
//! Lists have commas, `none` is an empty list or no value, `yes` and `no` are the two truths.
//!
//! # Findings
//!
//! `crash  boot=1  #12  message='...an 1101 of its own'`: all findings of a code, once the text has
//! one of it; `no crash` where there must be none. Three points stand for the rest of a message.

use super::words::{Words, shown, span, time};
use crate::model::session::{Attachment, AttachmentKind, Confidence, StartCause};
use crate::model::{
    Boot, BootEnd, Citation, EndCause, Finding, FindingCode, Moment, PowerInterval, Session,
    SessionClass, Span, Timestamp,
};
use std::fmt::Display;

/// A row to which an expectation may refer.
pub(super) trait Row {
    /// The first word of the row.
    fn key(&self, with_epoch: bool) -> String;
    /// The columns that are words: what a column may contain, and what it contains here.
    fn columns(&self) -> Vec<(Vec<String>, String)>;
    /// Start, end, and the bounds of the end.
    fn times(&self) -> [Option<Timestamp>; 4];
    /// The value of a key.
    fn value(&self, key: &str) -> Option<String>;
    /// The user, which may be any word.
    fn user(&self) -> Option<&str> {
        None
    }
    /// The attachments of a session.
    fn attachments(&self) -> &[Attachment] {
        &[]
    }
}

impl Row for Boot {
    fn key(&self, _: bool) -> String {
        self.epoch.to_string()
    }

    fn columns(&self) -> Vec<(Vec<String>, String)> {
        vec![
            column(BootEnd::ALL, BootEnd::word, self.end_cause),
            column(Confidence::ALL, Confidence::word, self.confidence),
        ]
    }

    fn times(&self) -> [Option<Timestamp>; 4] {
        [self.start, self.end, self.end_not_before, self.end_not_after]
    }

    fn value(&self, key: &str) -> Option<String> {
        Some(match key {
            "start-basis" => word(self.start_basis),
            "inferred-by" => list(self.inferred_by()),
            "start-confidence" => word(Some(self.start_confidence)),
            "started-by" => list(self.start_evidence.iter().map(|record| record.record_id)),
            "basis" => word(self.end_basis),
            "clean" => yes_no(self.clean),
            "boot-id" => word(self.boot_id),
            "segments" => self.power_segments.to_string(),
            "sleeps" => self.sleeps.to_string(),
            "steps" => self.clock_steps.to_string(),
            "step" => seconds(Some(self.clock_step)),
            "names" => list(&self.computer_names),
            "flags" => list(&self.flags),
            "power" => list(self.power.iter().map(power)),
            "in-use" => word(self.utc_offset_in_use),
            "zone" => self.time_zone.as_ref().map_or_else(
                || "none".to_owned(),
                |zone| format!("{}/{}", zone.utc_offset_minutes, zone.name),
            ),
            _ => return None,
        })
    }
}

/// `off/+601s/+89000.1s/40+42`: what the computer was, from when to when, and by which records.
fn power(interval: &PowerInterval) -> String {
    let time = |own: Option<Moment>| own.map_or_else(|| "?".to_owned(), |own| shown(own.time));
    let records = interval.records.iter().map(|record| record.record_id.to_string());
    let records = records.collect::<Vec<_>>().join("+");
    format!("{}/{}/{}/{records}", interval.kind, time(interval.from), time(interval.to))
}

impl Row for Session {
    fn key(&self, with_epoch: bool) -> String {
        let id = self.logon_id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        if with_epoch { format!("{}/{id}", self.boot_epoch) } else { id }
    }

    fn columns(&self) -> Vec<(Vec<String>, String)> {
        vec![
            column(SessionClass::ALL, class_word, self.class),
            column(EndCause::ALL, EndCause::word, self.end.cause),
            column(Confidence::ALL, Confidence::word, self.end.confidence),
        ]
    }

    fn times(&self) -> [Option<Timestamp>; 4] {
        let start = self.start.map(|start| start.time);
        [start, self.end.time, self.end.not_before, self.end.not_after]
    }

    fn user(&self) -> Option<&str> {
        Some(&self.account.user)
    }

    fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    fn value(&self, key: &str) -> Option<String> {
        let record = |moment: Option<crate::model::session::Moment>| {
            word(moment.map(|moment| moment.record.record_id))
        };
        let cited = |record: &Citation| format!("{}#{}", record.event_id, record.record_id);
        Some(match key {
            "inferred-by" => list(self.inferred_by()),
            "4624" => record(self.start),
            "4647" => record(self.initiated),
            "4634" => record(self.terminated),
            "start" => StartCause::word(self.start_cause).to_owned(),
            "basis" => word(self.end.basis),
            "pair" => word(self.linked),
            "elevated" => yes_no(self.elevated),
            "parent" => word(self.parent),
            "duration" => seconds(self.duration()),
            "corrected" => seconds(self.corrected_duration()),
            "correction" => seconds(Some(self.clock_correction)),
            "active" => seconds(self.active),
            "attachments" if self.attachments.is_empty() => "none".into(),
            "attachments" => "some".into(),
            "incidents" => list(self.incidents.iter().map(|one| one.kind)),
            "incidents-by" => list(self.incidents.iter().map(|one| one.moment.record.record_id)),
            "evidence" => list(self.evidence.iter().map(cited)),
            "confirmed-by" => list(self.corroboration.iter().map(|(record, _)| cited(record))),
            "lags" => list(self.corroboration.iter().map(|(_, lag)| seconds(Some(*lag)))),
            "flags" => list(&self.flags),
            _ => return None,
        })
    }
}

fn class_word(class: SessionClass) -> &'static str {
    if class == SessionClass::Unknown { "unknown" } else { class.word() }
}

fn column<W: Copy>(all: &[W], word: fn(W) -> &'static str, own: W) -> (Vec<String>, String) {
    let word = |value: W| word(value).replace(' ', "-");
    (all.iter().map(|value| word(*value)).collect(), word(own))
}

fn word(value: Option<impl Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn yes_no(value: Option<bool>) -> String {
    word(value.map(|value| if value { "yes" } else { "no" }))
}

fn seconds(span: Option<Span>) -> String {
    word(span.map(|span| format!("{span}s")))
}

fn list(values: impl IntoIterator<Item = impl Display>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if values.is_empty() { "none".into() } else { values.join(",") }
}

/// The rows have to be those of the text, in its order; else the difference.
pub(super) fn rows(what: &str, expected: &str, rows: &[impl Row]) -> Result<(), String> {
    let mut wanted: Vec<String> = Vec::new();
    for line in lines(expected)? {
        match wanted.last_mut() {
            Some(row) if ["console", "rdp"].contains(&first_word(&line)) => {
                row.push('\n');
                row.push_str(&line);
            }
            Some(row) if first_word(&line).contains('=') && !row.contains('\n') => {
                row.push_str("  ");
                row.push_str(&line);
            }
            _ => wanted.push(line),
        }
    }
    let mut unmatched = wanted.clone();
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let keys = [row.key(false), row.key(true)];
        let own = unmatched.iter().position(|line| keys.iter().any(|key| first_word(line) == key));
        found.push(match own.map(|at| unmatched.remove(at)) {
            Some(line) => say(row, &line).map_err(|why| wrong(what, &line, &why))?,
            None => in_full(row),
        });
    }
    compare(what, &wanted, &found)
}

/// The findings of each code of the text have to be those of the text; else the difference.
pub(super) fn findings(expected: &str, findings: &[Finding]) -> Result<(), String> {
    let mut codes: Vec<(FindingCode, Vec<String>)> = Vec::new();
    for line in lines(expected)? {
        let none = first_word(&line) == "no";
        let code = if none { line.trim_start_matches("no  ") } else { first_word(&line) };
        let Some(code) = FindingCode::ALL.iter().copied().find(|known| known.word() == code) else {
            return Err(wrong("findings", &line, &format!("no such code: {code}")));
        };
        match codes.iter_mut().find(|(known, _)| *known == code) {
            None if none => codes.push((code, Vec::new())),
            None => codes.push((code, vec![line])),
            Some((_, wanted)) if !none && !wanted.is_empty() => wanted.push(line),
            Some(_) => return Err(wrong("findings", &line, "another line says the opposite")),
        }
    }
    if codes.is_empty() {
        return Err("an expectation of findings names a code".into());
    }
    for (code, wanted) in codes {
        let mut found = Vec::new();
        for finding in findings.iter().filter(|finding| finding.code == code) {
            let in_full = format!("{code}  boot=  #  message=");
            let line = wanted.get(found.len()).unwrap_or(&in_full);
            found.push(say_finding(finding, line).map_err(|why| wrong("findings", line, &why))?);
        }
        compare("findings", &wanted, &found)?;
    }
    Ok(())
}

/// The lines that say something, with two blanks between their words.
fn lines(text: &str) -> Result<Vec<String>, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| match Words::of(line) {
            Ok(mut words) => Ok(words.rest().join("  ")),
            Err(why) => Err(wrong("an expectation", line, &why)),
        })
        .collect()
}

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or("")
}

fn wrong(what: &str, line: &str, why: &str) -> String {
    format!("in {what}\n    {line}\n{why}")
}

fn compare(what: &str, wanted: &[String], found: &[String]) -> Result<(), String> {
    if wanted == found {
        return Ok(());
    }
    let same = wanted.iter().zip(found).take_while(|(a, b)| a == b).count();
    let mut text = format!("{what} differ: - expected, + found\n");
    for (mark, lines) in [(' ', &wanted[..same]), ('-', &wanted[same..]), ('+', &found[same..])] {
        for line in lines.iter().flat_map(|row| row.lines()) {
            text.push_str(&format!("  {mark} {line}\n"));
        }
    }
    Err(text)
}

/// Each part of the expected row, with the value that this row has.
fn say(row: &impl Row, expected: &str) -> Result<String, String> {
    let (line, attached) = expected.split_once('\n').unwrap_or((expected, ""));
    let mut said = Vec::new();
    let columns = row.columns();
    for (at, word) in line.split("  ").enumerate() {
        let column = columns.iter().find(|(all, _)| all.iter().any(|known| known == word));
        said.push(if at == 0 {
            word.to_owned()
        } else if let Some((key, value)) = word.split_once('=').filter(|_| !word.contains("..")) {
            let own = row.value(key).ok_or_else(|| format!("no such key: {key}"))?;
            format!("{key}={}", if same(value, &own) { value } else { &own })
        } else if word.contains("..") || word.starts_with(['+', '-', '?']) {
            times(word, row.times())?
        } else if let Some((_, own)) = column {
            own.clone()
        } else if let Some(user) = row.user().filter(|_| at == 1) {
            user.to_owned()
        } else {
            return Err(format!("not understood: {word}"));
        });
    }
    let mut said = said.join("  ");
    let mut wanted = attached.lines();
    for own in row.attachments().iter().filter(|_| !attached.is_empty()) {
        said.push('\n');
        said.push_str(&attachment(wanted.next().unwrap_or(""), own)?);
    }
    Ok(said)
}

/// All columns of a row that no line expects.
fn in_full(row: &impl Row) -> String {
    let [start, end, before, after] = row.times().map(moment);
    let mut words = vec![row.key(true)];
    words.extend(row.user().map(str::to_owned));
    words.push(format!("{start}..{end}>={before}<={after}"));
    words.extend(row.columns().into_iter().map(|(_, own)| own));
    words.join("  ")
}

fn moment(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "?".to_owned(), shown)
}

/// The expected text of a time if it is right, else the actual one.
fn said(expected: &str, own: Option<Timestamp>) -> Result<String, String> {
    let known = if expected == "?" { None } else { Some(time(expected)?) };
    Ok(if known == own { expected.to_owned() } else { moment(own) })
}

/// `START..END>=BOUND<=BOUND`, of which each may be missing.
fn times(expected: &str, own: [Option<Timestamp>; 4]) -> Result<String, String> {
    let (start, rest) = expected.split_once("..").unwrap_or((expected, ""));
    let (rest, after) = rest.split_once("<=").map_or((rest, None), |(a, b)| (a, Some(b)));
    let (end, before) = rest.split_once(">=").map_or((rest, None), |(a, b)| (a, Some(b)));
    let given = |text: &'static str, word: Option<_>| word.map(|word| (text, word));
    let words = [
        given("", Some(start).filter(|word| !word.is_empty())),
        given("", Some(end).filter(|word| !word.is_empty())),
        given(">=", before),
        given("<=", after),
    ];
    if words.iter().all(Option::is_none) {
        return Err(format!("{expected} says nothing"));
    }
    let mut text = String::new();
    for (at, (word, own)) in words.into_iter().zip(own).enumerate() {
        if at == 1 && expected.contains("..") {
            text.push_str("..");
        }
        if let Some((sign, word)) = word {
            text.push_str(sign);
            text.push_str(&said(word, own)?);
        }
    }
    Ok(text)
}

/// `console  +40s..+100s`, `rdp  LAPTOP@10.0.0.9  +160s..?`
fn attachment(expected: &str, own: &Attachment) -> Result<String, String> {
    let times = expected.split("  ").find(|word| word.contains("..")).unwrap_or("?..?");
    let times = self::times(times, [own.from, own.to, None, None])?;
    Ok(match own.kind {
        AttachmentKind::Console => format!("console  {times}"),
        AttachmentKind::Rdp => format!("rdp  {}@{}  {times}", own.client, own.address),
    })
}

/// Do both texts mean the same? Lengths of time may be written in several ways.
fn same(expected: &str, own: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        let words = text.split(',');
        words.map(|word| span(word).map_or(word.to_owned(), |span| seconds(Some(span)))).collect()
    };
    plain(expected) == plain(own)
}

fn say_finding(finding: &Finding, expected: &str) -> Result<String, String> {
    let mut words = Words::of(expected)?;
    let mut said = vec![words.next("a code")?.to_owned()];
    for word in words.rest() {
        if word.starts_with("boot=") {
            said.push(format!("boot={}", self::word(finding.boot_epoch)));
        } else if word.starts_with('#') {
            said.push(format!("#{}", self::word(finding.record_id)));
        } else if let Some(message) = word.strip_prefix("message=") {
            let text = message.trim_matches('\'');
            let (text, open_end) = text.strip_suffix("...").map_or((text, false), |t| (t, true));
            let (text, open_start) = text.strip_prefix("...").map_or((text, false), |t| (t, true));
            let own = &finding.message;
            let right = match (open_start, open_end) {
                (false, false) => own == text,
                (false, true) => own.starts_with(text),
                (true, false) => own.ends_with(text),
                (true, true) => own.contains(text),
            };
            said.push(format!("message={}", if right { message } else { own }));
        } else {
            return Err(format!("not understood: {word}"));
        }
    }
    Ok(said.join("  "))
}
