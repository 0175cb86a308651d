//! The reactor from outside, by situation.

#[cfg(feature = "trace")]
mod model;
#[cfg(feature = "trace")]
mod observer;
#[cfg(feature = "trace")]
mod replay;
mod shared;
mod sources;
mod support;
mod timers;
mod turn;
mod wheel;
