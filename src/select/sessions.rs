//! Single sessions as a user names them.

use super::NamePattern;
use crate::model::{Host, Session};
use std::str::FromStr;

/// Names a session as the tables do, `COMPUTER/BOOT/LOGONID`, or all sessions of a user in a boot,
/// `COMPUTER/BOOT/USER`, as the lines of the terminal begin. The computer may be its first label alone,
/// and letters of either case are the same.
///
/// ```
/// use winlast::select::SessionPattern;
///
/// let report = winlast::Analysis::of(["sample-evtx/dc01"]).run()?;
/// let count = |name: &str| {
///     let pattern: SessionPattern = name.parse().expect("the name has three parts");
///     report.sessions().filter(|(host, session)| pattern.matches(host, session)).count()
/// };
/// assert_eq!(count("DC01.contoso.local/0/0x29b379"), 1);
/// assert_eq!(count("dc01/0/DADMIN"), 1);
/// assert_eq!(count("dc01/1/dadmin"), 0);
/// # Ok::<(), winlast::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPattern {
    computer: NamePattern,
    epoch: u32,
    key: String,
    user: NamePattern,
}

impl FromStr for SessionPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<SessionPattern, String> {
        let wrong = || {
            "give COMPUTER/BOOT/LOGONID, as in the column session_id, or COMPUTER/BOOT/USER"
                .to_owned()
        };
        let (computer, rest) = text.split_once('/').ok_or_else(wrong)?;
        let (epoch, key) = rest.split_once('/').ok_or_else(wrong)?;
        let epoch = epoch.parse().map_err(|_| wrong())?;
        let Ok(computer) = computer.parse();
        let Ok(user) = key.parse();
        Ok(SessionPattern { computer, epoch, key: key.to_owned(), user })
    }
}

impl SessionPattern {
    /// Whether the session has this name, or is of this user.
    pub fn matches(&self, host: &Host, session: &Session) -> bool {
        let has_key =
            || session.key().is_some_and(|key| key.to_string().eq_ignore_ascii_case(&self.key));
        session.boot_epoch == self.epoch
            && self.computer.names_computer(host)
            && (has_key() || self.user.names_account_of(host, &session.account))
    }
}
