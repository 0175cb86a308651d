//! Other threads, and Ctrl-C.

mod common;
mod handles;
#[cfg(unix)]
mod listening;
mod pools;
mod remote_tasks;
#[cfg(unix)]
mod signals;
