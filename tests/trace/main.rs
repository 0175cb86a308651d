//! Recorded traces: what is read is what was, whatever the format; what is hostile is refused; and what is made of
//! them.

#[path = "../../src/bin/glass/cli.rs"]
mod cli;
mod ended;
mod hostile;
mod kinds;
mod packets;
mod perfetto;
mod program;
#[path = "../replay/programs.rs"]
mod programs;
mod rebuilt;
mod recorded;
mod small;
mod told;
mod viewer;
