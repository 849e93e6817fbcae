//! A list that most of its owners leave empty.

use std::ops::{Deref, DerefMut};

/// A list that takes 8 bytes while it is empty, where a `Vec` takes 24: a report has millions of such lists, most of
/// them empty. It is used as a slice.
///
/// ```
/// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
/// let flagged = report.sessions().filter(|(_, session)| !session.flags.is_empty()).count();
/// assert!(flagged < report.sessions().count());
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::box_collection, reason = "the owner shall be small; a boxed slice has two words")]
pub struct RareList<T>(Option<Box<Vec<T>>>);

impl<T> Default for RareList<T> {
    fn default() -> Self {
        RareList(None)
    }
}

impl<T> RareList<T> {
    /// Adds an entry behind the others.
    pub fn push(&mut self, entry: T) {
        self.0.get_or_insert_default().push(entry);
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    /// Gives back the memory that no entry uses.
    pub fn shrink_to_fit(&mut self) {
        self.0.as_deref_mut().map(Vec::shrink_to_fit);
    }
}

impl<T> Deref for RareList<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T> DerefMut for RareList<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice)
    }
}

impl<T> Extend<T> for RareList<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, entries: I) {
        entries.into_iter().for_each(|entry| self.push(entry));
    }
}

impl<T> FromIterator<T> for RareList<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut list = RareList::default();
        list.extend(entries);
        list
    }
}

impl<T> From<Vec<T>> for RareList<T> {
    fn from(entries: Vec<T>) -> Self {
        RareList((!entries.is_empty()).then(|| Box::new(entries)))
    }
}

impl<T> IntoIterator for RareList<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map_or_else(Vec::new, |entries| *entries).into_iter()
    }
}

impl<'a, T> IntoIterator for &'a RareList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// As a list.
impl<T: serde::Serialize> serde::Serialize for RareList<T> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_list() {
        assert_eq!(size_of::<RareList<[u64; 3]>>(), 8);
        let mut list: RareList<u32> = RareList::default();
        assert!(list.is_empty() && list == Vec::new().into());
        list.extend([3, 1]);
        list.push(2);
        list.sort_unstable();
        assert_eq!(&*list, [1, 2, 3]);
        assert_eq!(list, (1..4).collect());
        assert_eq!(serde_json::to_string(&list).unwrap(), "[1,2,3]");
        list.clear();
        assert_eq!(list, RareList::default());
        assert_eq!(serde_json::to_string(&list).unwrap(), "[]");
    }
}
