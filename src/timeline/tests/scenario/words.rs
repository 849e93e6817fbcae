//! The words of a scenario line. Each is used once; a word that is left over is an error.

use crate::model::{Span, Timestamp};
use std::str::FromStr;

/// The moment from which the times of a scenario count.
const START: &str = "2024-05-02T08:00:00Z";

/// The words of a line that have not been used yet.
pub(super) struct Words<'a> {
    /// In reverse order.
    left: Vec<&'a str>,
}

impl<'a> Words<'a> {
    /// Splits a line at its blanks; a blank within single quotes is part of a word.
    pub(super) fn of(line: &'a str) -> Result<Words<'a>, String> {
        let mut quoted = false;
        let blank = |c: char| {
            quoted ^= c == '\'';
            c.is_whitespace() && !quoted
        };
        let mut left: Vec<&str> = line.split(blank).filter(|word| !word.is_empty()).collect();
        left.reverse();
        match quoted {
            true => Err("a quotation mark is not closed".into()),
            false => Ok(Words { left }),
        }
    }

    /// The next word, which has to be there and to be no `key=value`.
    pub(super) fn next(&mut self, what: &str) -> Result<&'a str, String> {
        match self.left.last().copied() {
            Some(word) if !word.contains('=') => {
                self.left.pop();
                Ok(word)
            }
            Some(word) => Err(format!("{word} stands where {what} is expected")),
            None => Err(format!("{what} is missing")),
        }
    }

    /// The next word, if it is one that `is` accepts.
    pub(super) fn next_if(&mut self, is: impl Fn(&str) -> bool) -> Option<&'a str> {
        self.left.pop_if(|word| is(word))
    }

    /// Is this word there?
    pub(super) fn flag(&mut self, word: &str) -> bool {
        let found = self.left.iter().rposition(|own| *own == word);
        found.map(|at| self.left.remove(at)).is_some()
    }

    /// The value of a key, without quotation marks.
    pub(super) fn value(&mut self, key: &str) -> Option<&'a str> {
        let value = |word: &&'a str| word.strip_prefix(key)?.strip_prefix('=');
        let at = self.left.iter().rposition(|word| value(word).is_some())?;
        value(&self.left.remove(at)).map(|value| value.trim_matches('\''))
    }

    /// The value of a key as a number.
    pub(super) fn number<N: FromStr + TryFrom<u64>>(
        &mut self,
        key: &str,
    ) -> Result<Option<N>, String> {
        self.value(key)
            .map(|value| number(value).map_err(|why| format!("{key}: {why}")))
            .transpose()
    }

    /// The value of a key as a number; the key has to be there.
    pub(super) fn needed<N: FromStr + TryFrom<u64>>(&mut self, key: &str) -> Result<N, String> {
        self.number(key)?.ok_or_else(|| format!("{key}= is missing"))
    }

    /// The value of a key as a time.
    pub(super) fn time(&mut self, key: &str) -> Result<Option<Timestamp>, String> {
        self.value(key).map(time).transpose()
    }

    /// The value of a key: `yes` or `no`.
    pub(super) fn yes_no(&mut self, key: &str) -> Result<Option<bool>, String> {
        match self.value(key) {
            None => Ok(None),
            Some("yes") => Ok(Some(true)),
            Some("no") => Ok(Some(false)),
            Some(other) => Err(format!("{key}={other} is neither yes nor no")),
        }
    }

    /// Takes the words that are left, in their order.
    pub(super) fn rest(&mut self) -> Vec<&'a str> {
        std::mem::take(&mut self.left).into_iter().rev().collect()
    }

    /// Nothing may be left over.
    pub(super) fn finish(mut self) -> Result<(), String> {
        match self.rest().join(" ") {
            rest if rest.is_empty() => Ok(()),
            rest => Err(format!("not understood: {rest}")),
        }
    }
}

/// A number, decimal or with `0x`.
pub(super) fn number<N: FromStr + TryFrom<u64>>(text: &str) -> Result<N, String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let value = match text.strip_prefix("0x") {
        Some(hex) if digits(hex) => u64::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None => text.parse().ok(),
    };
    let value = value.and_then(|value| N::try_from(value).ok());
    value.ok_or_else(|| format!("{text} is no number that is expected here"))
}

/// A moment of a scenario: `+61.2s`, `-3s`, `+1d2h`.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    match text.starts_with(['+', '-']) {
        true => Ok(Timestamp::parse(START).unwrap().plus(span(text)?)),
        false => Err(format!("{text} is no time: +61.2s, -3s, +1d2h")),
    }
}

/// A length of time: `61.2s`, `-3s`, `1d2h`. Larger units stand before smaller ones.
pub(super) fn span(text: &str) -> Result<Span, String> {
    let wrong = || format!("{text} is no length of time: 61.2s, -3s, 1d2h3m4s");
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut ticks: i64 = 0;
    let mut rest = unsigned;
    for (unit, length) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        let Some((count, after)) = rest.split_once(unit) else { continue };
        let (whole, fraction) = count.split_once('.').unwrap_or((count, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 7 {
            return Err(wrong());
        }
        let fraction: i64 = format!("{fraction:0<7}").parse().map_err(|_| wrong())?;
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        ticks += (whole * 10_000_000 + fraction) * length;
        rest = after;
    }
    match rest.is_empty() && !unsigned.is_empty() {
        true if text.starts_with('-') => Ok(Span(-ticks)),
        true => Ok(Span(ticks)),
        false => Err(wrong()),
    }
}

/// How a moment is written: `+61.2s`.
pub(super) fn shown(time: Timestamp) -> String {
    let span = time.since(Timestamp::parse(START).unwrap());
    format!("{}{span}s", if span.0 < 0 { "" } else { "+" })
}
