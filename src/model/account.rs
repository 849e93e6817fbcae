//! Accounts as events name them.

use std::sync::Arc;

/// Shared text: names repeat in almost every record.
pub type Text = Arc<str>;

/// An account: SID, name and domain as one event spells them. Empty means not given.
///
/// Two events may spell one account differently: compare [`Account::is`], not the struct.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Account {
    /// `S-1-5-21-…`; empty when the event has none or `S-1-0-0`.
    pub sid: Text,
    /// User name without domain.
    pub user: Text,
    /// NetBIOS or DNS domain, or the computer's name for a local account.
    pub domain: Text,
}

impl Account {
    /// The same account? By SID where both have one, else by name and domain ignoring case.
    pub fn is(&self, other: &Account) -> bool {
        if !self.sid.is_empty() && !other.sid.is_empty() {
            return self.sid == other.sid;
        }
        same_name(&self.user, &other.user) && same_name(&self.domain, &other.domain)
    }

    /// A machine account: its name ends in `$`.
    pub fn is_machine(&self) -> bool {
        self.user.ends_with('$')
    }

    /// `S-1-5-21-…` (domain or local accounts) or `S-1-12-1-…` (Entra ID): a principal that a
    /// person or a service was given, as opposed to one that Windows brings along.
    pub fn is_ordinary(&self) -> bool {
        self.sid.starts_with("S-1-5-21-") || self.sid.starts_with("S-1-12-1-")
    }

    /// The Terminal Services session number of a Desktop Window Manager or font driver account
    /// (S-1-5-90-0-*n*, S-1-5-96-0-*n*; S-1-5-90-*n* on 2012 R2).
    pub fn window_session(&self) -> Option<u32> {
        let rest =
            self.sid.strip_prefix("S-1-5-90-").or_else(|| self.sid.strip_prefix("S-1-5-96-"))?;
        rest.rsplit('-').next()?.parse().ok()
    }
}

/// Are two names of accounts or computers equal? Windows ignores the case of both.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    let is_ascii = a.is_ascii() && b.is_ascii();
    a.eq_ignore_ascii_case(b) || (!is_ascii && a.to_lowercase() == b.to_lowercase())
}
