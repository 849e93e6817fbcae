//! Columns of numbers, small for a program that packs them: differences where rows resemble each other, and
//! only the rows that have a value where most have none.

use serde::ser::{Serialize, SerializeSeq, Serializer};

/// The largest whole number that JavaScript holds exactly.
pub(super) const LARGEST_EXACT: u64 = (1 << 53) - 1;

/// One number for each row.
#[derive(Debug)]
pub(super) enum Column {
    /// The difference to the row before.
    Differences { values: Vec<i64>, last: i64 },
    /// The numbers themselves, as text where JavaScript would round them.
    Absolute(Vec<i128>),
}

impl Column {
    pub(super) fn new(differences: bool) -> Column {
        if differences {
            Column::Differences { values: Vec::new(), last: 0 }
        } else {
            Column::Absolute(Vec::new())
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, value: i128) {
        match self {
            Column::Differences { values, last } => {
                // Where differences are written, each value fits.
                let value = i64::try_from(value).unwrap_or(*last);
                values.push(value.wrapping_sub(*last));
                *last = value;
            }
            Column::Absolute(values) => values.push(value),
        }
    }

    /// Adds a row without a value: the one before is in its place.
    pub(super) fn skip(&mut self) {
        match self {
            Column::Differences { values, .. } => values.push(0),
            Column::Absolute(values) => values.push(0),
        }
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Column::Differences { values, .. } => values.serialize(out),
            Column::Absolute(values) => {
                let mut list = out.serialize_seq(Some(values.len()))?;
                for &value in values {
                    list.serialize_element(&Exact(value))?;
                }
                list.end()
            }
        }
    }
}

/// A whole number, as text where JavaScript would round it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Exact(pub(super) i128);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match i64::try_from(self.0) {
            Ok(value) if value.unsigned_abs() <= LARGEST_EXACT => value.serialize(out),
            _ => out.collect_str(&self.0),
        }
    }
}

/// The rows that have a value, and their values.
#[derive(Debug, serde::Serialize)]
pub(super) struct Sparse<T> {
    /// The number of each row less that of the row before in this list.
    rows: Vec<u32>,
    values: Vec<T>,
    #[serde(skip)]
    last: usize,
}

impl<T> Default for Sparse<T> {
    fn default() -> Sparse<T> {
        Sparse { rows: Vec::new(), values: Vec::new(), last: 0 }
    }
}

impl<T> Sparse<T> {
    /// Gives a row its value. Rows come in order.
    pub(super) fn set(&mut self, row: usize, value: T) {
        // There are no more rows: the memory of so many sessions would be too large.
        self.rows.push(u32::try_from(row - self.last).unwrap_or(u32::MAX));
        self.values.push(value);
        self.last = row;
    }

    /// As [`Sparse::set`], where there is a value.
    pub(super) fn set_some(&mut self, row: usize, value: Option<T>) {
        if let Some(value) = value {
            self.set(row, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn rows_are_differences_or_exact_numbers() {
        let (mut near, mut far) = (Column::new(true), Column::new(false));
        for column in [&mut near, &mut far] {
            column.push(5);
            column.push(7);
            column.skip();
            column.push(-1);
        }
        far.push(1 << 60);
        assert_eq!(json(&near), "[5,2,0,-8]");
        assert_eq!(json(&far), r#"[5,7,0,-1,"1152921504606846976"]"#);
    }

    #[test]
    fn only_rows_with_a_value_are_there() {
        let mut sparse = Sparse::default();
        sparse.set(3, "a");
        sparse.set_some(4, None);
        sparse.set_some(9, Some("b"));
        assert_eq!(json(&sparse), r#"{"rows":[3,6],"values":["a","b"]}"#);
    }
}
