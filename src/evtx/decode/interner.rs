//! Texts, accounts and the like that many events share, kept once.

use super::Value;
use super::value::is_placeholder;
use crate::model::event::{
    Client, ExplicitCredentials, FailedLogon, Logon, LogonMethod, RefusedCredentials,
};
use crate::model::{Account, Text};
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

/// Logons of Windows' own accounts that are remembered.
const MOST_LOGONS: usize = 8;

type Map<K, V> = HashMap<K, V, RandomState>;

/// What one worker has seen so far. What two workers keep is compared by value, so nothing depends
/// on which of them read a record.
#[derive(Default)]
pub(crate) struct Interner {
    empty: Text,
    texts: HashSet<Text, RandomState>,
    /// The text of each UTF-16 value and of each SID read before, so that it is not made again.
    strings: Map<Box<[u8]>, Text>,
    sids: Map<Box<[u8]>, Text>,
    accounts: Map<[usize; 3], Arc<Account>>,
    methods: Map<[usize; 3], Arc<LogonMethod>>,
    clients: Map<[usize; 2], Arc<Client>>,
    /// The same by the bytes of their values: most records have what an earlier one had.
    stored_accounts: StoredValues<Account>,
    stored_methods: StoredValues<LogonMethod>,
    stored_clients: StoredValues<Client>,
    failed: HashSet<Arc<FailedLogon>, RandomState>,
    refused: HashSet<Arc<RefusedCredentials>, RandomState>,
    explicit: HashSet<Arc<ExplicitCredentials>, RandomState>,
    /// Of well-known Logon IDs, the latest last.
    logons: VecDeque<Arc<Logon>>,
}

impl Interner {
    pub(crate) fn text(&mut self, text: &str) -> Text {
        if text.is_empty() {
            return Arc::clone(&self.empty);
        }
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Text = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    /// The text of a value; empty where it is a placeholder.
    pub(super) fn plain(&mut self, value: Option<Value<'_>>) -> Text {
        let stored = match value {
            Some(Value::Utf16(bytes)) => self.strings.get(bytes),
            Some(Value::Sid(bytes)) => self.sids.get(bytes),
            _ => None,
        };
        if let Some(known) = stored {
            return Arc::clone(known);
        }
        let text = value.map(Value::text).unwrap_or_default();
        let text = self.text(if is_placeholder(&text) { "" } else { &text });
        match value {
            Some(Value::Utf16(bytes)) => self.strings.insert(bytes.into(), Arc::clone(&text)),
            Some(Value::Sid(bytes)) => self.sids.insert(bytes.into(), Arc::clone(&text)),
            _ => None,
        };
        text
    }

    /// The logon, shared with an equal one where its Logon ID is well known: a server's log is full
    /// of the logons with which SYSTEM starts services, and in one boot they are equal.
    pub(super) fn logon(&mut self, logon: Logon) -> Arc<Logon> {
        if !logon.logon_id.is_well_known() {
            return Arc::new(logon);
        }
        if let Some(same) = self.logons.iter().find(|known| ***known == logon) {
            return Arc::clone(same);
        }
        let logon = Arc::new(logon);
        if self.logons.len() == MOST_LOGONS {
            self.logons.pop_front();
        }
        self.logons.push_back(Arc::clone(&logon));
        logon
    }

    pub(super) fn failed_logon(&mut self, failed: FailedLogon) -> Arc<FailedLogon> {
        shared(&mut self.failed, failed)
    }

    pub(super) fn refused_credentials(
        &mut self,
        refused: RefusedCredentials,
    ) -> Arc<RefusedCredentials> {
        shared(&mut self.refused, refused)
    }

    pub(super) fn explicit_credentials(
        &mut self,
        used: ExplicitCredentials,
    ) -> Arc<ExplicitCredentials> {
        shared(&mut self.explicit, used)
    }

    /// The account of these values: SID, user name, domain.
    pub(super) fn account_of(&mut self, values: [Option<Value<'_>>; 3]) -> Arc<Account> {
        self.stored_accounts.find(&values).unwrap_or_else(|| {
            let [sid, user, domain] = values.map(|value| self.plain(value));
            let account = self.account(Account { sid, user, domain });
            self.stored_accounts.add(&values, &account);
            account
        })
    }

    /// The method of these values: logon process, package, process name.
    pub(super) fn method_of(&mut self, values: [Option<Value<'_>>; 3]) -> Arc<LogonMethod> {
        self.stored_methods.find(&values).unwrap_or_else(|| {
            let [logon_process, package, process_name] = values.map(|value| self.plain(value));
            // Padded with blanks: `User32 `.
            let logon_process = self.text(logon_process.trim_end());
            let method = self.method(LogonMethod { logon_process, package, process_name });
            self.stored_methods.add(&values, &method);
            method
        })
    }

    /// The client of these values: address, name.
    pub(super) fn client_of(&mut self, values: [Option<Value<'_>>; 2]) -> Arc<Client> {
        self.stored_clients.find(&values).unwrap_or_else(|| {
            let [ip, workstation] = values.map(|value| self.plain(value));
            let client = self.client(Client { ip, workstation });
            self.stored_clients.add(&values, &client);
            client
        })
    }

    /// The three texts must come from here.
    pub(super) fn account(&mut self, account: Account) -> Arc<Account> {
        let key = [&account.sid, &account.user, &account.domain].map(address);
        Arc::clone(self.accounts.entry(key).or_insert_with(|| Arc::new(account)))
    }

    /// The three texts must come from here.
    fn method(&mut self, method: LogonMethod) -> Arc<LogonMethod> {
        let key = [&method.logon_process, &method.package, &method.process_name].map(address);
        Arc::clone(self.methods.entry(key).or_insert_with(|| Arc::new(method)))
    }

    /// The two texts must come from here.
    pub(super) fn client(&mut self, client: Client) -> Arc<Client> {
        let key = [&client.ip, &client.workstation].map(address);
        Arc::clone(self.clients.entry(key).or_insert_with(|| Arc::new(client)))
    }
}

/// What was made of some values, by their bytes.
struct StoredValues<T> {
    known: Map<Box<[u8]>, Arc<T>>,
    /// Where the bytes are put together: for each value its length, and its bytes.
    key: Vec<u8>,
}

impl<T> Default for StoredValues<T> {
    fn default() -> Self {
        StoredValues { known: Map::default(), key: Vec::new() }
    }
}

impl<T> StoredValues<T> {
    fn find(&mut self, values: &[Option<Value<'_>>]) -> Option<Arc<T>> {
        self.set_key(values)?;
        self.known.get(self.key.as_slice()).map(Arc::clone)
    }

    fn add(&mut self, values: &[Option<Value<'_>>], made: &Arc<T>) {
        if self.set_key(values).is_some() {
            self.known.insert(self.key.as_slice().into(), Arc::clone(made));
        }
    }

    /// `None`: a value is stored in another way, as hardly any is.
    fn set_key(&mut self, values: &[Option<Value<'_>>]) -> Option<()> {
        self.key.clear();
        for value in values {
            let (kind, bytes) = match value {
                Some(Value::Utf16(bytes)) => (0, *bytes),
                Some(Value::Sid(bytes)) => (1, *bytes),
                Some(Value::Text(text)) => (2, text.as_bytes()),
                None => (3, &[][..]),
                _ => return None,
            };
            let length = u16::try_from(bytes.len()).ok()?.to_le_bytes();
            self.key.extend_from_slice(&[kind, length[0], length[1]]);
            self.key.extend_from_slice(bytes);
        }
        Some(())
    }
}

/// Keeps equal values once.
fn shared<T: Hash + Eq>(known: &mut HashSet<Arc<T>, RandomState>, value: T) -> Arc<T> {
    if let Some(known) = known.get(&value) {
        return Arc::clone(known);
    }
    let value = Arc::new(value);
    known.insert(Arc::clone(&value));
    value
}

/// One [`Interner`] keeps equal texts once and never drops one, so that a text's address identifies
/// it.
fn address(text: &Text) -> usize {
    text.as_ptr().addr()
}
