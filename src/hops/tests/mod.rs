//! Hand-written domains: each rule with what it needs, and each thing that must never be claimed. The expected
//! sources follow from the scenario.

mod domain;
mod doubts;
mod never;
mod rules;
mod several;
