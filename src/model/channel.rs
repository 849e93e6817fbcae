//! The channels that hold events of ours.

use std::fmt;

/// A channel that holds events of ours, as a record names it in `System/Channel` (not the name of
/// its file).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// All.
    pub const ALL: [Channel; 6] = [
        Channel::Security,
        Channel::System,
        Channel::Application,
        Channel::LocalSessionManager,
        Channel::RemoteConnectionManager,
        Channel::UserProfile,
    ];

    /// From the text of `System/Channel`, ignoring case; `None`: any other.
    pub fn from_name(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name().eq_ignore_ascii_case(name))
    }

    /// The channel's name.
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
