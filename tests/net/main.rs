//! Streams, Unix and UDP sockets, processes: one file a situation. Both ends are on one loop, mostly on a virtual clock. A name that begins
//! with `pitfall_NN` is about a bug that another runtime had.

mod common;
mod dropped;
mod foreign;
#[cfg(target_os = "linux")]
mod processes;
mod reading;
mod seen;
mod servers;
mod udp;
#[cfg(unix)]
mod unix;
mod writing;
#[cfg(target_os = "linux")]
mod zombies;
