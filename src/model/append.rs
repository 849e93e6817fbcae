//! Text appended to bytes. Tables have millions of cells, and [`Display`](fmt::Display) would take several
//! times as long for each.

use std::fmt;
use std::sync::Arc;

/// What a value prints as, appended to the UTF-8 text in `out`.
pub(crate) trait AppendText {
    fn append_to(&self, out: &mut Vec<u8>);
}

/// Appends several values, one behind the other.
macro_rules! append {
    ($out:expr, $($value:expr),+) => {{
        $($crate::model::append::AppendText::append_to(&$value, $out);)+
    }};
}
pub(crate) use append;

/// Prints what [`AppendText`] appends.
pub(crate) fn print(value: &(impl AppendText + ?Sized), f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = Vec::with_capacity(32);
    value.append_to(&mut text);
    // All that is appended is text.
    f.write_str(str::from_utf8(&text).unwrap_or_default())
}

impl AppendText for str {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl AppendText for String {
    fn append_to(&self, out: &mut Vec<u8>) {
        self.as_str().append_to(out);
    }
}

impl<T: AppendText + ?Sized> AppendText for Arc<T> {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        (**self).append_to(out);
    }
}

impl<T: AppendText + ?Sized> AppendText for &T {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        (**self).append_to(out);
    }
}

/// Nothing for no value.
impl<T: AppendText> AppendText for Option<T> {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.append_to(out);
        }
    }
}

impl AppendText for u64 {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        let mut digits = [0; 20];
        let (mut rest, mut count) = (*self, 0);
        for pair in digits.as_chunks_mut().0.iter_mut().rev() {
            *pair = self::pair(rest);
            count += if rest < 10 { 1 } else { 2 };
            rest /= 100;
            if rest == 0 {
                break;
            }
        }
        out.extend_from_slice(digits.get(digits.len() - count..).unwrap_or_default());
    }
}

impl AppendText for u32 {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        u64::from(*self).append_to(out);
    }
}

impl AppendText for i64 {
    fn append_to(&self, out: &mut Vec<u8>) {
        if *self < 0 {
            out.push(b'-');
        }
        self.unsigned_abs().append_to(out);
    }
}

/// The last two digits of a number.
#[inline]
fn pair(number: u64) -> [u8; 2] {
    PAIRS.get((number % 100) as usize).copied().unwrap_or_default()
}

/// `00` to `99`.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        // An index out of range would not compile.
        #[expect(clippy::indexing_slicing)]
        {
            pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        }
        number += 1;
    }
    pairs
};

/// The last digits of a number, with zeros before them.
#[inline]
pub(super) fn digits<const COUNT: usize>(number: u32) -> [u8; COUNT] {
    let (mut digits, mut rest) = ([b'0'; COUNT], number);
    for place in digits.rchunks_mut(2) {
        match place {
            [a, b] => [*a, *b] = pair(rest.into()),
            last => last.iter_mut().for_each(|digit| *digit += (rest % 10) as u8),
        }
        rest /= 100;
    }
    digits
}

/// A number in hexadecimal: `0x29b379`.
pub(super) struct Hexadecimal(pub(super) u64);

impl AppendText for Hexadecimal {
    fn append_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"0x");
        let mut digits = [0; 16];
        let (mut rest, mut count) = (self.0, 0);
        for digit in digits.iter_mut().rev() {
            let value = (rest % 16) as u8;
            *digit = if value < 10 { b'0' + value } else { b'a' - 10 + value };
            (rest, count) = (rest / 16, count + 1);
            if rest == 0 {
                break;
            }
        }
        out.extend_from_slice(digits.get(digits.len() - count..).unwrap_or_default());
    }
}

/// Text that a function appends.
pub(crate) struct LazyText<F>(pub(crate) F);

impl<F: Fn(&mut Vec<u8>)> AppendText for LazyText<F> {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        (self.0)(out);
    }
}

impl<F: Fn(&mut Vec<u8>)> fmt::Display for LazyText<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, f)
    }
}

/// Several values in one cell: `a; b`.
pub(crate) fn list(
    values: impl IntoIterator<Item = impl AppendText> + Clone,
) -> LazyText<impl Fn(&mut Vec<u8>)> {
    LazyText(move |out: &mut Vec<u8>| {
        for (index, value) in values.clone().into_iter().enumerate() {
            append!(out, (index > 0).then_some("; "), value);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard library says what numbers look like.
    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let text = |value: &dyn AppendText| {
            let mut out = b"|".to_vec();
            value.append_to(&mut out);
            String::from_utf8(out).unwrap()
        };
        for number in [0, 7, 10, 42, 99, 100, 4_294_967_296, 18_446_744_073_709_551_615] {
            assert_eq!(text(&number), format!("|{number}"));
            assert_eq!(text(&Hexadecimal(number)), format!("|{number:#x}"));
            assert_eq!(text(&number.cast_signed()), format!("|{}", number.cast_signed()));
        }
        assert_eq!(text(&i64::MIN), "|-9223372036854775808");
        assert_eq!(text(&Some("ä")), "|ä");
        assert_eq!(text(&None::<u32>), "|");
    }
}
