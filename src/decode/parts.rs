//! Parts that many events share, kept once.

use crate::model::event::{LogonMethod, Origin};
use crate::model::{Account, Channel, Text};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// What one worker has seen so far. Equal parts of two workers are equal by value, so nothing
/// depends on which worker read what.
#[derive(Default)]
pub(crate) struct Parts {
    texts: HashSet<Text>,
    channels: HashMap<Text, Channel>,
    accounts: HashSet<Arc<Account>>,
    methods: HashSet<Arc<LogonMethod>>,
    origins: HashSet<Arc<Origin>>,
}

impl Parts {
    pub(crate) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Text = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    pub(crate) fn channel(&mut self, name: &str) -> Channel {
        if let Some(known) = self.channels.get(name) {
            return known.clone();
        }
        let channel = Channel::from_name(name);
        self.channels.insert(name.into(), channel.clone());
        channel
    }

    pub(crate) fn account(&mut self, sid: &str, user: &str, domain: &str) -> Arc<Account> {
        let account =
            Account { sid: self.text(sid), user: self.text(user), domain: self.text(domain) };
        keep(&mut self.accounts, account)
    }

    pub(crate) fn method(&mut self, method: LogonMethod) -> Arc<LogonMethod> {
        keep(&mut self.methods, method)
    }

    pub(crate) fn origin(&mut self, origin: Origin) -> Arc<Origin> {
        keep(&mut self.origins, origin)
    }
}

fn keep<T: Eq + Hash>(known: &mut HashSet<Arc<T>>, part: T) -> Arc<T> {
    if let Some(same) = known.get(&part) {
        return Arc::clone(same);
    }
    let part = Arc::new(part);
    known.insert(Arc::clone(&part));
    part
}
