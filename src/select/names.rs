//! Names as a user gives them: of accounts and of computers.

use super::attempts::accounts;
use crate::model::{Account, Host, Report};
use std::convert::Infallible;
use std::str::FromStr;

/// A name with `*` (any text) and `?` (any character), ignoring case. Nothing else is special:
/// a backslash separates domain and name. It prints as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    given: String,
    lower: Vec<char>,
}

impl FromStr for NamePattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<NamePattern, Infallible> {
        // A list may have a blank after each comma, and no name begins or ends with one.
        let name = text.trim();
        Ok(NamePattern { given: name.to_owned(), lower: name.to_lowercase().chars().collect() })
    }
}

impl std::fmt::Display for NamePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.given)
    }
}

impl NamePattern {
    /// Whether the whole of `name` fits the pattern.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        let (mut pattern, mut rest) = (self.lower.as_slice(), name.as_slice());
        // Where to continue when the text after the last `*` does not fit: one character later.
        let mut retry: Option<(&[char], &[char])> = None;
        loop {
            match (pattern.split_first(), rest.split_first()) {
                (None, None) => return true,
                (Some(('*', after)), _) => {
                    pattern = after;
                    retry = rest.split_first().map(|(_, later)| (after, later));
                }
                (Some((wanted, after)), Some((found, later)))
                    if wanted == found || *wanted == '?' =>
                {
                    (pattern, rest) = (after, later);
                }
                _ => match retry {
                    Some((after, from)) => {
                        (pattern, rest) = (after, from);
                        retry = from.split_first().map(|(_, later)| (after, later));
                    }
                    None => return false,
                },
            }
        }
    }

    /// Whether it names this account: by `name`, `DOMAIN\name`, `name@domain`, `name@domain.suffix` or its SID.
    pub fn names_account(&self, account: &Account) -> bool {
        let Account { sid, user, domain } = account;
        let at_domain = format!("{user}@{domain}");
        let spellings = [&**sid, &**user, &format!("{domain}\\{user}"), &at_domain];
        spellings.iter().any(|name| !name.is_empty() && self.matches(name))
            || self.without_dns_suffix().is_some_and(|short| short.matches(&at_domain))
    }

    /// Whether it names this account of a computer by any name that records of the computer give to its SID. Those of a
    /// Microsoft account give a mail address and a local name.
    pub fn names_account_of(&self, host: &Host, account: &Account) -> bool {
        host.names_of(account).any(|name| self.names_account(name))
    }

    /// `name@contoso` of `name@contoso.local`: logs mostly have the short name of a domain, which is the first label of
    /// its DNS name unless somebody chose another one.
    fn without_dns_suffix(&self) -> Option<NamePattern> {
        let (name, domain) = self.given.split_once('@')?;
        let (label, _) = domain.split_once('.')?;
        format!("{name}@{label}").parse().ok()
    }

    /// Whether it names this computer: by any name that it had, whole or its first label.
    pub fn names_computer(&self, host: &Host) -> bool {
        let mut names = std::iter::once(&*host.computer).chain(host.names());
        names.any(|name| self.names_label(name))
    }

    /// Whether it is the name of a computer or its first label.
    pub(super) fn names_label(&self, name: &str) -> bool {
        self.matches(name) || self.matches(first_label(name))
    }

    fn has_wildcard(&self) -> bool {
        self.lower.iter().any(|c| matches!(c, '*' | '?'))
    }
}

fn first_label(name: &str) -> &str {
    name.split_once('.').map_or(name, |(label, _)| label)
}

/// So many names are said to be near.
const NAMES_SAID: usize = 3;

/// Names that are less alike than this are not near: 1 is equal.
const NEAR: f64 = 0.7;

/// A sentence for each user that no session and no attempt of the report is of: `no such user: alcie; nearest: alice`.
pub(super) fn unknown_users(patterns: &[NamePattern], report: &Report) -> Vec<String> {
    let attempts = || report.hosts.iter().flat_map(|host| &host.attempts);
    let others = || report.hosts.iter().flat_map(|host| host.account_names.all());
    let is_known = |pattern: &NamePattern| {
        report.sessions().any(|(_, session)| pattern.names_account(&session.account))
            || attempts().any(|one| accounts(one).any(|account| pattern.names_account(account)))
            || others().any(|account| pattern.names_account(account))
    };
    let names = report.sessions().map(|(_, session)| match session.account.user.is_empty() {
        true => &*session.account.sid,
        false => &*session.account.user,
    });
    let names = names.chain(others().map(|account| &*account.user));
    unknown("user", patterns, is_known, names)
}

/// The same for computers.
pub(super) fn unknown_computers(patterns: &[NamePattern], report: &Report) -> Vec<String> {
    let is_known =
        |pattern: &NamePattern| report.hosts.iter().any(|host| pattern.names_computer(host));
    let names = report.hosts.iter().map(|host| first_label(&host.computer));
    unknown("computer", patterns, is_known, names)
}

pub(super) fn unknown<'a>(
    what: &str,
    patterns: &[NamePattern],
    is_known: impl Fn(&NamePattern) -> bool,
    names: impl Iterator<Item = &'a str>,
) -> Vec<String> {
    let missing: Vec<&NamePattern> = patterns.iter().filter(|pattern| !is_known(pattern)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    let sentence = |pattern: &NamePattern| {
        let near = nearest(pattern, &names);
        let near = if near.is_empty() { String::new() } else { format!("; nearest: {near}") };
        format!("no such {what}: {pattern}{near}")
    };
    missing.into_iter().map(sentence).collect()
}

/// The names that are most alike, with commas.
fn nearest(pattern: &NamePattern, names: &[&str]) -> String {
    if pattern.has_wildcard() {
        return String::new();
    }
    // `DOMAIN\name` and `name@domain`: the domain says little.
    let wanted = pattern.given.to_lowercase();
    let wanted = wanted.rsplit('\\').next().unwrap_or(&wanted);
    let wanted = wanted.split('@').next().unwrap_or(wanted);
    let likeness = |name: &str| strsim::jaro_winkler(wanted, &name.to_lowercase());
    let mut near: Vec<(f64, &str)> = names
        .iter()
        .map(|name| (likeness(name), *name))
        .filter(|(near, _)| *near >= NEAR)
        .collect();
    near.sort_by(|(one, a), (other, b)| other.total_cmp(one).then(a.cmp(b)));
    let said: Vec<&str> = near.iter().take(NAMES_SAID).map(|(_, name)| *name).collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    fn pattern(text: &str) -> NamePattern {
        text.parse().unwrap()
    }

    #[test]
    fn patterns() {
        for (text, name, fits) in [
            ("bob", "BOB", true),
            ("bob", "bobby", false),
            ("CONTOSO\\b*", "contoso\\bob", true),
            ("*\\bob", "CONTOSO\\bob", true),
            ("b?b", "bob", true),
            ("b?b", "bb", false),
            ("*", "", true),
            ("", "", true),
            ("*a*b", "xaxbxab", true),
            ("*a*b", "xaxbxa", false),
            ("j?RGEN", "Jürgen", true),
            ("МАРИЯ", "мария", true),
            ("[b]ob", "bob", false),
        ] {
            assert_eq!(pattern(text).matches(name), fits, "{text} {name}");
        }
    }

    #[test]
    fn many_stars_do_not_take_forever() {
        let name = "a".repeat(20_000);
        assert!(!pattern(&format!("{}b", "*a".repeat(20))).matches(&name));
    }

    #[test]
    fn a_name_that_nobody_has_is_said_with_the_nearest() {
        let report = sample::report();
        let users = |names: &[&str]| {
            let patterns: Vec<_> = names.iter().map(|name| pattern(name)).collect();
            unknown_users(&patterns, &report)
        };
        assert!(users(&["dadmin", "contoso\\DADMIN", "d*"]).is_empty());
        assert_eq!(users(&["dadmn"]), ["no such user: dadmn; nearest: dadmin"]);
        assert_eq!(
            users(&["FABRIKAM\\dadimn"]),
            ["no such user: FABRIKAM\\dadimn; nearest: dadmin"]
        );
        assert_eq!(users(&["xyz", "x*"]), ["no such user: xyz", "no such user: x*"]);
        let computers = unknown_computers(&[pattern("DC02"), pattern("win-old")], &report);
        assert_eq!(computers, ["no such computer: DC02; nearest: DC01"]);
    }
}
