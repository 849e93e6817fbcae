//! Lists of what many rows have in common: a row has the number of its entry.

use crate::model::{Account, Host, Session, SessionClass};
use crate::output::escape::visible;
use crate::output::wording;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Distinct values in the order in which they came, each with its number.
#[derive(Debug)]
pub(super) struct IndexOf<T> {
    pub(super) values: Vec<T>,
    numbers: HashMap<T, usize, RandomState>,
}

impl<T> Default for IndexOf<T> {
    fn default() -> IndexOf<T> {
        IndexOf { values: Vec::new(), numbers: HashMap::default() }
    }
}

impl<T: Copy + Eq + Hash> IndexOf<T> {
    /// The number of a value.
    pub(super) fn of(&mut self, value: T) -> usize {
        *self.numbers.entry(value).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }
}

/// The accounts of a computer. Sessions of one account mostly share it in memory, so that its texts need not be
/// compared each time.
#[derive(Debug, Default)]
pub(super) struct Accounts<'a> {
    pub(super) all: IndexOf<&'a Account>,
    by_address: HashMap<usize, usize, RandomState>,
}

impl<'a> Accounts<'a> {
    pub(super) fn of(&mut self, account: &'a Arc<Account>) -> usize {
        let all = &mut self.all;
        let address = Arc::as_ptr(account) as usize;
        *self.by_address.entry(address).or_insert_with(|| all.of(account))
    }
}

/// Where logons came from, as the terminal says it.
#[derive(Debug, Default)]
pub(super) struct Texts<'a> {
    pub(super) all: IndexOf<&'a str>,
    /// By client, by the logon type and the class: these decide what is said of the client.
    of_client: HashMap<(usize, Option<u32>, SessionClass), usize, RandomState>,
}

impl<'a> Texts<'a> {
    /// The source of a session whose client has this number.
    pub(super) fn of_client(&mut self, host: &Host, session: &'a Session, client: usize) -> usize {
        let all = &mut self.all;
        let key = (client, session.logon_type, session.class);
        *self.of_client.entry(key).or_insert_with(|| all.of(wording::source(host, session)))
    }
}

/// As text that does not act.
pub(super) fn shown<'a>(values: &[&'a str]) -> Vec<std::borrow::Cow<'a, str>> {
    values.iter().map(|value| visible(value)).collect()
}
