//! Tests of the timeline builder: scenarios whose results were derived by hand, and real logs as libevtx
//! reads them.

mod account_names;
mod aligned;
mod attempts;
mod clocks;
mod desktops;
mod gaps;
mod kernels_and_services;
mod many;
mod missing_parts;
mod missing_starts;
mod names;
mod one_rule;
mod oracle;
mod partial_logs;
mod power;
mod presence;
mod presence_use;
mod reported;
mod reported_boots;
mod scenario;
mod scenarios;
mod several_answers;
mod slow_and_unfinished;
mod sources;
mod steps;
mod terminal;
mod terminal_numbers;
mod two_boots;
mod unsure;
