//! The server against clients that write literal bytes, and against our own.

mod common;
#[cfg(unix)]
mod descriptors;
mod exchanges;
mod fooled;
mod hostile;
mod limits;
mod pipelining;
mod pitfalls;
mod refusals;
mod shutdown;
mod streaming;
mod times;
#[cfg(feature = "tls")]
mod transports;
mod upgrades;
