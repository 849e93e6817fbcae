//! The names that the records of a computer give to the accounts of people.
//!
//! Of a Microsoft account, 4624 gives the mail address (`MicrosoftAccount\sarahb@example.com`), and 4634, 4647, the Local
//! Session Manager and 1074 give the local name (`LAP1\sarah`). The SID is the same.

use super::account::{Account, Text, same_name};
use foldhash::HashSet;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The domain that 4624 gives for a Microsoft account.
const MICROSOFT_ACCOUNT: &str = "MicrosoftAccount";

/// The names of each SID, in the order of the records that give them first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccountNames {
    by_sid: BTreeMap<Text, Vec<Arc<Account>>>,
}

impl AccountNames {
    /// The names of these accounts. Only accounts of people and services have several names: Windows' own have one in
    /// each language, and machine accounts one.
    pub(crate) fn of<'a>(accounts: impl Iterator<Item = &'a Arc<Account>>) -> AccountNames {
        let mut names = AccountNames::default();
        names.add(accounts);
        names
    }

    /// Adds the names of further accounts.
    pub(crate) fn add<'a>(&mut self, accounts: impl Iterator<Item = &'a Arc<Account>>) {
        // Events of one account mostly share it in memory, so that its names are compared once.
        let mut seen: HashSet<usize> = HashSet::default();
        let new = accounts.filter(|account| seen.insert(Arc::as_ptr(account).addr()));
        for account in new.filter(|own| own.is_ordinary() && !own.is_machine()) {
            let names = self.by_sid.entry(account.sid.clone()).or_default();
            let is_known = |known: &Arc<Account>| {
                same_name(&known.user, &account.user) && same_name(&known.domain, &account.domain)
            };
            if !account.user.is_empty() && !names.iter().any(is_known) {
                names.push(Arc::clone(account));
            }
        }
    }

    /// Keeps the accounts that have several names: of the others, each session has the name.
    pub(crate) fn keep_several(&mut self) {
        self.by_sid.retain(|_, names| names.len() > 1);
    }

    /// The names of this SID; none where it has only one.
    pub fn of_sid(&self, sid: &str) -> &[Arc<Account>] {
        self.by_sid.get(sid).map_or(&[], Vec::as_slice)
    }

    /// Every name that one of several is.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Account> {
        self.by_sid.values().flatten().map(|account| &**account)
    }

    /// The SIDs of each name, `domain\name` in small letters.
    pub(crate) fn sids(&self) -> SidsOfNames<'_> {
        let mut sids = SidsOfNames::default();
        for (sid, names) in self.by_sid.iter().filter(|(_, names)| names.len() > 1) {
            for account in names {
                sids.0.entry(account.to_string().to_lowercase()).or_default().push(sid);
            }
        }
        sids
    }

    /// The name under which an account is shown: for one that is named by a mail address, the local name, if records
    /// give it one. `is_local` says of a domain whether it is the computer itself.
    pub(crate) fn shown<'a>(
        &'a self,
        account: &'a Account,
        is_local: impl Fn(&str) -> bool,
    ) -> &'a Account {
        let others = self.of_sid(&account.sid);
        if others.is_empty() || !is_mail_address(account) {
            return account;
        }
        let mut newest = others.iter().rev().filter(|name| !is_mail_address(name));
        let local = newest.clone().find(|name| is_local(&name.domain));
        local.or_else(|| newest.next()).map_or(account, |name| name)
    }
}

/// Is it named by a mail address, as 4624 names Microsoft and Entra accounts?
fn is_mail_address(account: &Account) -> bool {
    account.user.contains('@') || same_name(&account.domain, MICROSOFT_ACCOUNT)
}

/// The SIDs to which records give a name.
#[derive(Debug, Default)]
pub(crate) struct SidsOfNames<'a>(HashMap<String, Vec<&'a str>>);

impl<'a> SidsOfNames<'a> {
    /// Those of a name, which has a domain: `LAP1\sarah`.
    pub(crate) fn of(&self, name: &str) -> Vec<&'a str> {
        if self.0.is_empty() || !name.contains('\\') {
            return Vec::new();
        }
        self.0.get(&name.to_lowercase()).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(domain: &str, user: &str, sid: &str) -> Arc<Account> {
        Arc::new(Account { sid: sid.into(), user: user.into(), domain: domain.into() })
    }

    #[test]
    fn a_mail_address_is_shown_as_the_local_name() {
        let (sarah, bob) = ("S-1-5-21-1-2-3-1001", "S-1-12-1-1-2-3-4");
        let all = [
            account("MicrosoftAccount", "sarahb@example.com", sarah),
            account("OLD", "sara", sarah),
            account("LAP1", "sarah", sarah),
            account("lap1", "SARAH", sarah),
            account("AzureAD", "bob@example.com", bob),
            account("AzureAD", "BobB", bob),
            account("LAP1", "carol", "S-1-5-21-1-2-3-1002"),
            account("NT AUTHORITY", "SYSTEM", "S-1-5-18"),
            account("WORKGROUP", "LAP1$", "S-1-5-18"),
        ];
        let mut names = AccountNames::of(all.iter());
        names.keep_several();
        assert_eq!(names.all().count(), 5);
        let shown = |account: &Account| names.shown(account, |domain| domain == "LAP1").to_string();
        assert_eq!(shown(&all[0]), r"LAP1\sarah");
        assert_eq!(shown(&all[1]), r"OLD\sara");
        assert_eq!(shown(&all[4]), r"AzureAD\BobB");
        assert_eq!(shown(&all[6]), r"LAP1\carol");
        assert_eq!(names.sids().of(r"Lap1\Sarah"), [sarah]);
        assert!(names.sids().of("sarah").is_empty() && names.sids().of(r"CORP\sarah").is_empty());
    }
}
