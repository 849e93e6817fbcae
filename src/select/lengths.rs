//! Lengths of time as people write them: `90s`, `30m`, `2h`, `7d`, `1h30m`.

use crate::model::Span;

const SECONDS: [(&str, i64); 5] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];

/// Reads a length of time: numbers with s, m, h, d or w behind them.
///
/// ```
/// use winlast::model::Span;
/// use winlast::select::parse_length;
///
/// assert_eq!(parse_length("1h30m"), Ok(Span::seconds(5400)));
/// assert!(parse_length("90").is_err());
/// ```
///
/// # Errors
/// A sentence that says what can be given instead.
pub fn parse_length(text: &str) -> Result<Span, String> {
    read(text).ok_or_else(|| "give a length of time, such as 90s, 30m, 2h, 7d or 1h30m".to_owned())
}

/// The length that the whole text says.
pub(super) fn read(text: &str) -> Option<Span> {
    let mut rest = text;
    let mut seconds = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at_checked(digits)?;
        let (unit, length) = SECONDS.iter().find(|(unit, _)| behind.starts_with(unit))?;
        let more = number.parse::<i64>().ok()?.checked_mul(*length)?;
        seconds = seconds.checked_add(more)?;
        rest = behind.strip_prefix(unit)?;
    }
    (!text.is_empty()).then_some(Span::seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_as_people_write_them() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("2h", Some(7200)),
            ("7d", Some(604_800)),
            ("1w", Some(604_800)),
            ("1d2h3m4s", Some(93_784)),
            ("", None),
            ("7", None),
            ("h", None),
            ("-7d", None),
            ("7days", None),
            ("99999999999999999999d", None),
            ("9999999999999999w", None),
        ] {
            assert_eq!(read(text), seconds.map(Span::seconds), "{text}");
        }
    }
}
