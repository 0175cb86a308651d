//! `glass draw`, and the pictures and steppers of the book, which are made by it.

#[path = "../../src/bin/glass/cli.rs"]
mod cli;
mod fresh;
mod pictures;
mod xml;
