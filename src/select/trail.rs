//! The steps of one account, one computer or one session from computer to computer.

use super::NamePattern;
use super::names::unknown;
use crate::model::{Account, Hop, Hops, Report};
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::str::FromStr;

/// Whose steps are asked for: an account (`name`, `DOMAIN\name`, `name@domain` or its SID), a computer (its
/// full name or first label), or a session (`COMPUTER/BOOT/LOGONID`).
///
/// ```
/// use winlast::select::TrailPattern;
///
/// let report = winlast::Analysis::of(["sample-evtx/rdp01"]).hops(true).run()?;
/// let steps = |whose: &str| {
///     let Ok(pattern) = whose.parse::<TrailPattern>();
///     pattern.steps(&report).len()
/// };
/// assert!(steps("erin") > 0 && steps("rdp01") >= steps("erin"));
/// assert_eq!(steps("nobody"), 0);
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailPattern(NamePattern);

impl FromStr for TrailPattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<TrailPattern, Infallible> {
        text.parse().map(TrailPattern)
    }
}

impl TrailPattern {
    /// The hops of whom is asked for, those by which their sessions came about, and those that went on from
    /// there, by time. Logons of machine accounts are left out unless they are asked for.
    pub fn steps<'r>(&self, report: &'r Report) -> Vec<&'r Hop> {
        let Some(Hops { hops, .. }) = &report.hops else { return Vec::new() };
        let by_target: HashMap<&str, usize> =
            hops.iter().enumerate().map(|(at, hop)| (&*hop.target_session, at)).collect();
        let mut by_source: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, hop) in hops.iter().enumerate().filter(|(_, hop)| !hop.source_session.is_empty()) {
            by_source.entry(&hop.source_session).or_default().push(at);
        }
        let asked = hops.iter().enumerate().filter(|(_, hop)| self.means(hop)).map(|(at, _)| at);
        let asked: Vec<usize> = asked.collect();
        let mut wanted: BTreeSet<usize> = asked.iter().copied().collect();
        // Backwards, then forwards; each hop is looked at once.
        let mut left = asked.clone();
        while let Some(hop) = left.pop().and_then(|at| hops.get(at)) {
            let before = by_target.get(&*hop.source_session).copied();
            left.extend(before.filter(|at| wanted.insert(*at)));
        }
        left = asked;
        let mut seen: BTreeSet<usize> = left.iter().copied().collect();
        while let Some(hop) = left.pop().and_then(|at| hops.get(at)) {
            let after = by_source.get(&*hop.target_session).into_iter().flatten().copied();
            let new: Vec<usize> = after.filter(|at| seen.insert(*at)).collect();
            wanted.extend(&new);
            left.extend(new);
        }
        wanted.into_iter().filter_map(|at| hops.get(at)).collect()
    }

    fn means(&self, hop: &Hop) -> bool {
        let is_session = |id: &str| self.names_session(id);
        let is_computer = |name: &str| !name.is_empty() && self.0.names_label(name);
        let by_computer = (is_computer(&hop.target_computer) || is_computer(&hop.source_computer))
            && !hop.account.is_machine();
        self.0.names_account(&hop.account)
            || self.0.names_account(&account(&hop.source_user))
            || by_computer
            || is_session(&hop.target_session)
            || is_session(&hop.source_session)
    }

    /// `COMPUTER/BOOT/LOGONID`, with the whole name of the computer or its first label.
    fn names_session(&self, id: &str) -> bool {
        let Some((computer, rest)) = id.split_once('/') else { return false };
        let label = computer.split('.').next().unwrap_or(computer);
        self.0.matches(id) || self.0.matches(&format!("{label}/{rest}"))
    }

    /// A sentence where the report has nobody of this name, with the nearest names. No session that begins from
    /// elsewhere is needed for a name to be known.
    pub fn unknown_name(&self, report: &Report) -> Option<String> {
        let hops = report.hops.as_ref().map_or(&[][..], |own| &own.hops);
        let mut names: Vec<String> = Vec::new();
        for (host, session) in report.sessions() {
            let is_it = self.0.names_account(&session.account)
                || self.names_session(&session.id(&host.computer).to_string());
            if is_it {
                return None;
            }
            names.push(session.account.user.to_string());
        }
        let is_known = report.hosts.iter().any(|host| self.0.names_computer(host))
            || hops.iter().any(|hop| self.means(hop));
        let labels = report.hosts.iter().filter_map(|host| host.computer.split('.').next());
        names.extend(labels.map(str::to_owned));
        let names = names.iter().map(String::as_str);
        let what = "account, computer or session";
        let sentences = unknown(what, std::slice::from_ref(&self.0), |_| is_known, names);
        sentences.into_iter().next()
    }
}

/// The account that prints like this.
fn account(printed: &str) -> Account {
    let (domain, user) = printed.split_once('\\').unwrap_or(("", printed));
    Account { sid: "".into(), user: user.into(), domain: domain.into() }
}

/// As it was given.
impl std::fmt::Display for TrailPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
