//! Accounts as events name them.

use super::append::{self, AppendText, append};
use std::fmt;
use std::sync::Arc;

/// Text that is shared: names repeat in almost every record.
pub type Text = Arc<str>;

/// An account: SID, name and domain, as one event spells them. Empty means that it was not given.
///
/// Two events may spell one account differently: compare with [`Account::is`], not with `==`. It
/// prints as `DOMAIN\name`. The text is that of the evidence, which may hold control characters:
/// [`output::visible`](crate::output::visible) makes it safe for a terminal.
///
/// ```
/// use winlast::model::Account;
///
/// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
/// let (_, session) = report
///     .sessions()
///     .find(|(_, session)| session.logon_id.is_some_and(|id| id.0 == 0x29b379))
///     .expect("the sample holds this session");
/// assert_eq!(session.account.to_string(), r"CONTOSO\dadmin");
/// assert!(!session.account.is_machine());
///
/// let mut typed = Account::default();
/// (typed.user, typed.domain) = ("DAdmin".into(), "contoso".into());
/// assert!(session.account.is(&typed), "without a SID, names are compared, ignoring case");
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize)]
#[non_exhaustive]
pub struct Account {
    /// The security identifier, `S-1-5-21-…`; empty when the event has none or `S-1-0-0`.
    pub sid: Text,
    /// The user name without the domain.
    pub user: Text,
    /// The NetBIOS or DNS name of the domain; the computer's name for a local account.
    pub domain: Text,
}

/// The user name in `DOMAIN\name`, which may lack the domain.
pub(crate) fn without_domain(name: &str) -> &str {
    name.rsplit('\\').next().unwrap_or(name)
}

impl Account {
    /// Whether both are the same account: by SID where both have one, else by name and domain,
    /// ignoring case.
    pub fn is(&self, other: &Account) -> bool {
        if !self.sid.is_empty() && !other.sid.is_empty() {
            return self.sid == other.sid;
        }
        same_name(&self.user, &other.user) && same_name(&self.domain, &other.domain)
    }

    /// Whether it is the account of a computer: its name ends in `$`.
    pub fn is_machine(&self) -> bool {
        self.user.ends_with('$')
    }

    /// Whether it is an account that somebody made for a person or a service, as opposed to one that
    /// Windows brings along: its SID begins with `S-1-5-21-` (domain and local accounts) or
    /// `S-1-12-1-` (Entra ID).
    pub fn is_ordinary(&self) -> bool {
        self.sid.starts_with("S-1-5-21-") || self.sid.starts_with("S-1-12-1-")
    }

    /// The number of the Terminal Services session whose desktop a Desktop Window Manager or font
    /// driver account draws: *n* of S-1-5-90-0-*n* and S-1-5-96-0-*n* (S-1-5-90-*n* on Windows
    /// Server 2012 R2). `None` for every other account.
    pub fn window_session(&self) -> Option<u32> {
        // Almost no account gets further, and this is asked several times for each logon.
        let rest = self.sid.strip_prefix("S-1-5-9")?;
        let rest = rest.strip_prefix("0-").or_else(|| rest.strip_prefix("6-"))?;
        rest.rsplit('-').next()?.parse().ok()
    }
}

/// `CONTOSO\dadmin`; the name alone without a domain, the SID without a name.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        append::print(self, f)
    }
}

impl AppendText for Account {
    fn append_to(&self, out: &mut Vec<u8>) {
        match (&*self.domain, &*self.user, &*self.sid) {
            ("", "", "") => append!(out, "an unknown account"),
            (_, "", sid) if !sid.is_empty() => append!(out, sid),
            ("", user, _) => append!(out, user),
            (domain, user, _) => append!(out, domain, "\\", user),
        }
    }
}

/// Whether two names of accounts or of computers are equal: Windows ignores the case of both.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    let is_ascii = a.is_ascii() && b.is_ascii();
    a.eq_ignore_ascii_case(b) || (!is_ascii && a.to_lowercase() == b.to_lowercase())
}

/// The most characters of a NetBIOS name of a computer.
pub(crate) const NETBIOS_LENGTH: usize = 15;

/// The first label of a computer's name as NetBIOS has it, in small letters: `Host.contoso.local` → `host`.
pub(crate) fn computer_label(name: &str) -> String {
    let label = name.split('.').next().unwrap_or_default();
    label.to_lowercase().chars().take(NETBIOS_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_by_what_is_known() {
        let account =
            |d: &str, u: &str, s: &str| Account { sid: s.into(), user: u.into(), domain: d.into() };
        let shown = |d: &str, u: &str, s: &str| account(d, u, s).to_string();
        assert_eq!(shown("D", "u", "S-1"), "D\\u");
        assert_eq!(shown("", "u", "S-1"), "u");
        assert_eq!(shown("D", "", "S-1"), "S-1");
        assert_eq!(shown("", "", ""), "an unknown account");
    }
}
