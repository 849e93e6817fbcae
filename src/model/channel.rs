//! The channels that hold events about logons, boots and the clock.

use super::append::AppendText;
use std::fmt;

/// A channel that holds events about logons, boots or the clock. It is named by `System/Channel` of
/// a record, never by the name of a file.
///
/// ```
/// use winlast::model::Channel;
///
/// assert_eq!(Channel::from_name("security"), Some(Channel::Security));
/// assert_eq!(Channel::from_name("Setup"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// `Security`
    Security,
    /// `System`
    System,
    /// `Application`
    Application,
    /// `Microsoft-Windows-TerminalServices-LocalSessionManager/Operational`
    LocalSessionManager,
    /// `Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational`
    RemoteConnectionManager,
    /// `Microsoft-Windows-User Profile Service/Operational`
    UserProfile,
}

impl Channel {
    /// Every channel, in order.
    pub const ALL: [Channel; 6] = [
        Channel::Security,
        Channel::System,
        Channel::Application,
        Channel::LocalSessionManager,
        Channel::RemoteConnectionManager,
        Channel::UserProfile,
    ];

    /// The channel that `System/Channel` names, ignoring case; `None` for any other.
    pub fn from_name(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name().eq_ignore_ascii_case(name))
    }

    /// Its name, as records spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Security => "Security",
            Channel::System => "System",
            Channel::Application => "Application",
            Channel::LocalSessionManager => {
                "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"
            }
            Channel::RemoteConnectionManager => {
                "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"
            }
            Channel::UserProfile => "Microsoft-Windows-User Profile Service/Operational",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AppendText for Channel {
    fn append_to(&self, out: &mut Vec<u8>) {
        self.name().append_to(out);
    }
}

/// As it prints: its name.
impl serde::Serialize for Channel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
