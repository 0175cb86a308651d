//! What the executor promises, one file a situation. Names that begin with `pitfall_NN` stand for a bug that another runtime had.

mod auto_traits;
mod cancel;
mod common;
mod escapes;
mod gather;
mod gather_ends;
mod handles;
#[cfg(feature = "trace")]
mod model;
mod nested;
mod order;
mod panics;
#[cfg(feature = "trace")]
mod programs;
mod remote;
#[cfg(feature = "trace")]
mod replay;
mod root;
#[cfg(feature = "trace")]
mod seats;
mod shutdown;
#[cfg(feature = "trace")]
mod starts;
#[cfg(feature = "trace")]
mod starts_model;
mod strangers;
mod wakers;
#[cfg(feature = "trace")]
mod watching;
