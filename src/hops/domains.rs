//! Domains of accounts, which records write as a NetBIOS name (`CONTOSO`) or as a DNS name (`CONTOSO.LOCAL`).

use super::joined::Joined;
use super::names::label;
use std::collections::HashMap;

/// The SID of each domain, by its name in small letters; `None` where several have the name.
pub(super) struct Domains(HashMap<String, Option<String>>);

impl Domains {
    /// What the accounts of sessions and tickets say.
    pub(super) fn of(joined: &Joined<'_>) -> Domains {
        let sessions = joined.targets.iter().map(|target| target.account());
        let tickets = joined.computers.iter().flat_map(|(_, own)| &own.facts.tickets);
        let mut domains: HashMap<String, Option<String>> = HashMap::new();
        for account in sessions.chain(tickets.map(|one| &*one.says.account)) {
            let sid = account.sid.rsplit_once('-').map(|(domain, _)| domain);
            let Some(sid) = sid.filter(|_| account.is_ordinary() && !account.domain.is_empty())
            else {
                continue;
            };
            let known = domains.entry(account.domain.to_lowercase());
            let known = known.or_insert_with(|| Some(sid.to_owned()));
            if known.as_deref() != Some(sid) {
                *known = None;
            }
        }
        Domains(domains)
    }

    /// Whether two names are those of one domain; `None`: that is not known. An empty name says nothing against
    /// the other.
    pub(super) fn are_one(&self, a: &str, b: &str) -> Option<bool> {
        let (a, b) = (a.to_lowercase(), b.to_lowercase());
        if a == b || a.is_empty() || b.is_empty() {
            return Some(true);
        }
        let sid = |name: &String| self.0.get(name).and_then(Option::as_deref);
        match (sid(&a), sid(&b)) {
            (Some(a), Some(b)) => Some(a == b),
            // Both are DNS names, or both are NetBIOS names.
            _ if a.contains('.') == b.contains('.') => Some(false),
            // The NetBIOS name is the first label of the DNS name, unless somebody chose another one.
            _ => (label(&a) == label(&b)).then_some(true),
        }
    }
}
