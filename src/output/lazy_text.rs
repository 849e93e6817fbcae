//! Text that is put together where it is written, without memory of its own.

use std::fmt::{self, Display, Formatter};

/// Text that a function writes.
pub(crate) struct LazyText<F>(pub(crate) F);

impl<F: Fn(&mut Formatter<'_>) -> fmt::Result> Display for LazyText<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// Several values in one cell: `a; b`.
pub(crate) fn list(values: impl IntoIterator<Item = impl Display> + Clone) -> impl Display {
    LazyText(move |f: &mut Formatter<'_>| {
        for (index, value) in values.clone().into_iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{value}")?;
        }
        Ok(())
    })
}

/// A value, if there is one.
pub(crate) fn optional<T: Display>(value: Option<T>) -> impl Display {
    LazyText(move |f: &mut Formatter<'_>| value.as_ref().map_or(Ok(()), |value| value.fmt(f)))
}
