//! What the runtime promises, one file a situation. A name begins with the behaviours it holds to (asyncio's, by the ids of the
//! conformance list), or with `pitfall_NN`, a bug that another runtime had.

mod common;
mod gathering;
mod reviewed;
mod sleeping;
mod tasks;
mod timeouts;
