//! One boot: what its records say of it, how it ended, and its row of boots.csv.

pub(crate) mod adjusted_clock;
pub(crate) mod ending;
pub(crate) mod facts;
pub(crate) mod row;
pub(crate) mod terminal_sessions;
