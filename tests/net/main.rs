//! Streams, Unix and UDP sockets, processes: one file a situation. Both ends are on one loop, mostly on a virtual clock. A name that begins
//! with `pitfall_NN` is about a bug that another runtime had.

mod common;
mod dropped;
mod every_await;
mod expected;
mod foreign;
#[cfg(target_os = "linux")]
mod processes;
mod reading;
mod reviewed;
mod schedules;
mod seen;
mod separators;
mod served_schedules;
mod servers;
mod udp;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod unix_datagrams;
mod writing;
#[cfg(target_os = "linux")]
mod zombies;
