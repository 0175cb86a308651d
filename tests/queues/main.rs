//! asyncio's three queues, one file a situation. A name begins with the behaviour it holds to, by the ids of the conformance
//! list, or with `pitfall_NN`, a bug that another runtime had. (The Python programs about queues are in `tests/conformance/`.)

mod common;
mod foreign;
mod guards;
mod mirror;
mod order;
mod schedules;
mod shutdown;
