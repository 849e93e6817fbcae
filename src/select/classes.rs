//! Classes as a user gives them.

use crate::model::session::AttachmentKind;
use crate::model::{Session, SessionClass};
use std::str::FromStr;

/// What kind of session to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassPattern {
    /// Those of one class.
    Class(SessionClass),
    /// Those that Remote Desktop was used for: of that class, or attached to such a client for a time;
    /// and desktops of which no record says where they were used.
    Rdp,
    /// Desktops that were used at the console, the whole time or for a time; and desktops of which no record
    /// says where they were used.
    Console,
}

impl ClassPattern {
    /// Whether the session is of this kind.
    pub fn matches(self, session: &Session) -> bool {
        let was_attached = |kind| session.attachments.iter().any(|one| one.kind == kind);
        match self {
            ClassPattern::Class(class) => session.class == class,
            ClassPattern::Rdp => {
                session.class == SessionClass::RemoteDesktop
                    || was_attached(AttachmentKind::Rdp)
                    || session.is_of_unknown_desktop()
            }
            ClassPattern::Console => {
                let is_desktop = session.class == SessionClass::Desktop;
                was_attached(AttachmentKind::Console)
                    || is_desktop && !was_attached(AttachmentKind::Rdp)
            }
        }
    }
}

impl ClassPattern {
    /// Every word that is read as one.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let classes = SessionClass::ALL.iter().map(|class| class.word());
        ["rdp", "console"].into_iter().chain(classes.filter(|word| !word.is_empty()))
    }

    /// Whether a logon of this type would have made such a session; never where the type is not known.
    pub(super) fn matches_logon_type(self, logon_type: Option<u32>) -> bool {
        let Some(class) = logon_type.and_then(class_of) else { return false };
        match self {
            ClassPattern::Class(wanted) => wanted == class,
            ClassPattern::Rdp => class == SessionClass::RemoteDesktop,
            ClassPattern::Console => class == SessionClass::Desktop,
        }
    }
}

/// What kind of session a logon of this type makes in most cases.
const fn class_of(logon_type: u32) -> Option<SessionClass> {
    match logon_type {
        2 | 7 | 11 | 13 => Some(SessionClass::Desktop),
        3 | 8 => Some(SessionClass::Network),
        4 => Some(SessionClass::Batch),
        5 => Some(SessionClass::Service),
        9 => Some(SessionClass::Secondary),
        10 | 12 => Some(SessionClass::RemoteDesktop),
        _ => None,
    }
}

impl FromStr for ClassPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<ClassPattern, String> {
        let is_given = |word: &str| word.eq_ignore_ascii_case(text) && !text.is_empty();
        if is_given("rdp") {
            return Ok(ClassPattern::Rdp);
        }
        if is_given("console") {
            return Ok(ClassPattern::Console);
        }
        let class = SessionClass::ALL.iter().copied().find(|class| is_given(class.word()));
        class.map(ClassPattern::Class).ok_or_else(|| {
            let words: Vec<&str> = ClassPattern::words().collect();
            format!("not a class; the classes are {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::sample;

    #[test]
    fn a_desktop_that_a_client_took_over_is_both() {
        let mut session = sample::full_session();
        let kinds = |session: &Session| {
            let is = |text: &str| text.parse::<ClassPattern>().unwrap().matches(session);
            [is("RDP"), is("console"), is("desktop"), is("remote-desktop")]
        };
        // At a client, then at the console.
        assert_eq!(kinds(&session), [true, true, true, false]);
        session.attachments = session.attachments.iter().take(1).cloned().collect();
        assert_eq!(kinds(&session), [true, false, true, false]);
        session.attachments.clear();
        assert_eq!(kinds(&session), [false, true, true, false]);
        session.class = SessionClass::RemoteDesktop;
        assert_eq!(kinds(&session), [true, false, false, true]);
        assert!("".parse::<ClassPattern>().is_err() && "person".parse::<ClassPattern>().is_err());
    }
}
