//! What the executor promises, one file a situation. Names that begin with `pitfall_NN` stand for a bug that another runtime had.

mod auto_traits;
mod cancel;
mod common;
mod escapes;
mod gather;
mod gather_ends;
mod handles;
mod nested;
mod order;
mod panics;
mod programs;
mod remote;
mod replay;
mod root;
mod shutdown;
mod strangers;
mod wakers;
