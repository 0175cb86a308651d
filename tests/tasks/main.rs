//! asyncio's task surface. A name begins with the behaviours it holds to, by the ids of the conformance list, or with `pitfall_NN`, a bug
//! that another runtime had.

mod callbacks;
mod cancelling;
mod combinators;
mod common;
mod cycles;
mod dropped;
mod groups;
mod locals;
mod reports;
mod reviewed;
mod schedules;
mod schedules_of_gathers;
mod schedules_of_waits;
mod selecting;
mod shields;
mod tokens;
mod waiting;
