//! The server against clients that write literal bytes, and against our own.

mod common;
#[cfg(unix)]
mod descriptors;
mod exchanges;
mod fooled;
mod hostile;
mod limits;
#[cfg(feature = "tls")]
mod mutual_tls;
mod pipelining;
mod pitfalls;
mod refusals;
mod shutdown;
mod streaming;
mod times;
#[cfg(feature = "tls")]
mod transports;
mod upgrades;
