//! Lock, Event, Condition, Semaphore, Barrier and oneshot. A name begins with the behaviours it holds to (asyncio's, by the ids of the
//! conformance list), or with `pitfall_NN`, a bug that another runtime had.

mod barriers;
mod combinators;
mod common;
mod conditions;
mod deadlocks;
mod drops;
mod events;
mod locks;
mod observed;
mod promises;
mod schedules;
mod semaphores;
