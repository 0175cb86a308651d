//! Time as asyncio has it: callbacks, limits, repetition, debug mode. A name begins with the behaviours it holds to, by the ids of the
//! conformance list. Time passes on virtual clocks only.

mod callbacks;
mod common;
mod debugging;
mod intervals;
mod limits;

mod schedules;
mod scopes;
mod seconds;
