//! The sessions of one boot: who was logged on, from when to when, and how each session ended.
//!
//! Input: the [`BootContext`]. Output: the rows of sessions.csv for this boot.
//!
//! [`from_security`] makes a session for each Logon ID in the Security log of the boot. Then the
//! passes in [`PASSES`] run in order. Each adds something that follows from all sessions together,
//! or from other channels. [`without_security`] adds the sessions that only other channels show.
//!
//! Example: a 4624 for 0x5a000 of alice at 09:00, a 4647 for 0x5a000 at 17:00, and no 4634: one
//! session, from 09:00 to 17:00, with the end cause `initiated`.

mod active_time;
mod attached_client;
mod attachments;
mod builder;
mod classes;
mod clock_corrections;
mod corroboration;
mod ends;
mod from_security;
mod linked_logons;
mod list;
mod numbers_given_again;
mod parents;
mod revalidations;
mod takeovers;
mod terminals;
mod without_security;

pub(crate) use builder::SessionBuilder;
pub(crate) use list::Sessions;

use super::boot::context::BootContext;
use crate::model::{Accounting, Session};

/// What a pass fills in, so that later passes can use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Filled {
    /// The sessions with their logons, logoffs and references.
    Records,
    /// The other session of each linked logon.
    LinkedLogons,
    /// The Terminal Services session of each desktop.
    Terminals,
    /// The sessions that only other channels show.
    WithoutSecurity,
    /// The end of each session.
    Ends,
    /// The steps of the clock within each session.
    ClockCorrections,
    /// The re-validations, and the session to which each belongs.
    Revalidations,
    /// The session out of which each secondary logon and each elevation came.
    Parents,
    /// Attachments, locks and time in use.
    Attachments,
    /// The same, and the steps of the clock, of the sessions that only other channels show.
    AttachmentsWithoutSecurity,
    /// The purpose of each re-validation: an unlock or a reconnect.
    Reasons,
    /// The records of other channels that confirm a logon or a logoff.
    Corroboration,
}

/// One pass over the sessions of a boot.
#[cfg_attr(not(test), expect(dead_code, reason = "a test holds the order of the passes to it"))]
struct Pass {
    run: for<'a> fn(&mut Sessions<'a>, &BootContext<'a>),
    needs: &'static [Filled],
    fills: Filled,
}

/// The passes in the order in which they run. A pass needs only what the passes before it filled
/// in.
const PASSES: &[Pass] = &[
    Pass { run: linked_logons::link, needs: &[Filled::Records], fills: Filled::LinkedLogons },
    Pass { run: terminals::assign, needs: &[Filled::LinkedLogons], fills: Filled::Terminals },
    Pass {
        run: without_security::add,
        needs: &[Filled::Terminals],
        fills: Filled::WithoutSecurity,
    },
    Pass {
        run: ends::decide,
        needs: &[Filled::LinkedLogons, Filled::Terminals],
        fills: Filled::Ends,
    },
    Pass {
        run: clock_corrections::correct,
        needs: &[Filled::Ends],
        fills: Filled::ClockCorrections,
    },
    Pass {
        run: revalidations::find,
        needs: &[
            Filled::LinkedLogons,
            Filled::ClockCorrections,
            Filled::Terminals,
            Filled::WithoutSecurity,
        ],
        fills: Filled::Revalidations,
    },
    Pass { run: parents::find, needs: &[Filled::Revalidations], fills: Filled::Parents },
    Pass {
        run: attachments::attach,
        needs: &[Filled::Ends, Filled::ClockCorrections, Filled::Revalidations],
        fills: Filled::Attachments,
    },
    Pass {
        run: without_security::finish,
        needs: &[Filled::WithoutSecurity, Filled::Revalidations],
        fills: Filled::AttachmentsWithoutSecurity,
    },
    Pass {
        run: revalidations::confirm,
        needs: &[Filled::Revalidations, Filled::Attachments, Filled::AttachmentsWithoutSecurity],
        fills: Filled::Reasons,
    },
    Pass {
        run: corroboration::cite,
        needs: &[Filled::LinkedLogons, Filled::Revalidations],
        fills: Filled::Corroboration,
    },
];

/// Builds the sessions of a boot and runs all passes over them.
pub(crate) fn build<'a>(context: &BootContext<'a>) -> Sessions<'a> {
    let mut sessions = from_security::sessions(context);
    for pass in PASSES {
        (pass.run)(&mut sessions, context);
    }
    sessions
}

/// The rows of the sessions: first those that Security does not show, then the others in the order
/// of their first records.
pub(crate) fn into_rows(mut sessions: Sessions<'_>) -> (Vec<Session>, Accounting) {
    let without_security = std::mem::take(&mut sessions.without_security);
    let without_security = without_security.into_iter().map(|one| one.session);
    let (list, accounting) = sessions.into_ordered();
    // The rows reuse the memory of the builders, so that thousands of sessions are not in memory
    // twice.
    let mut rows: Vec<Session> = list.into_iter().map(|builder| builder.session).collect();
    rows.splice(0..0, without_security);
    rows.iter_mut().for_each(Session::shrink);
    (rows, accounting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_needs_only_what_is_filled_in_before_it() {
        let mut filled = vec![Filled::Records];
        for pass in PASSES {
            for needed in pass.needs {
                assert!(filled.contains(needed), "{:?} needs {needed:?}", pass.fills);
            }
            assert!(!filled.contains(&pass.fills), "{:?} is filled in twice", pass.fills);
            filled.push(pass.fills);
        }
    }
}
