//! One boot: facts that its records give, how it ended, and its row in boots.csv.
//!
//! Input: the records of one boot, and what the boots around it say of it. Output: a
//! [`BootContext`](context::BootContext) for the steps after this one, and the row ([`row`]).

pub(crate) mod adjusted_clock;
pub(crate) mod clock_steps;
pub(crate) mod context;
mod coverage;
pub(crate) mod ending;
pub(crate) mod facts;
pub(crate) mod power;
pub(crate) mod row;
pub(crate) mod terminal_sessions;
