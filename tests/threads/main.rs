//! Other threads, and Ctrl-C.

mod common;
mod handles;
mod remote_tasks;
#[cfg(unix)]
mod signals;
