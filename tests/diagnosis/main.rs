//! What the loop says is wrong, it says with the right task, place and cause, and never of a program in which nothing
//! is.

mod busy;
mod common;
mod deadlocks;
mod given_up;
mod left;
mod lost;
mod oracle;
#[path = "../replay/programs.rs"]
mod programs;
mod quiet;
mod stalls;
mod strangers;
