//! The reactor from outside, by situation.

mod replay;
mod shared;
mod sources;
mod support;
mod timers;
mod turn;
mod wheel;
