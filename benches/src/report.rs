//! The report: rounds in which the contenders take turns, each in a process of its own, and what is written about them.
//!
//! A contender that panics, hangs or takes memory takes nobody with it, and nobody starts with the memory and the thread-locals of the one
//! before. `measure` is what a child process does, `child` how it is started, `results` what comes back, and `page` the text.

mod chart;
mod child;
mod goals;
mod instructions;
mod measure;
mod page;
mod results;
mod table;
mod versions;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::contender::Effort;
use crate::workloads;

pub use child::be_a_child;
pub use instructions::table as instructions;
pub use results::Results;

/// What the program `report` is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// How often everybody is measured.
    pub rounds: usize,
    /// Only workloads with this in their name or their group's.
    pub filter: String,
    /// Where `bench.md` and the folder `charts` go.
    pub folder: PathBuf,
    /// How long to measure each.
    pub effort: Effort,
}

/// Measures, and writes the page and its charts. Gives what to say on the terminal.
///
/// # Errors
/// When no workload matches the filter, or a file cannot be written; the error names it.
pub fn write(request: &Request) -> io::Result<String> {
    let begin = Instant::now();
    let mut wanted = workloads::all();
    wanted.retain(|workload| workload.name.contains(&request.filter) || workload.group.contains(&request.filter));
    if wanted.is_empty() {
        let names: Vec<_> = workloads::all().into_iter().map(|workload| workload.name).collect();
        let problem = format!("no workload has {:?} in its name; there are {}", request.filter, names.join(", "));
        return Err(io::Error::new(io::ErrorKind::NotFound, problem));
    }
    let results = Results::measure(wanted, request.rounds, request.effort);

    let charts = request.folder.join("charts");
    named(&charts, fs::create_dir_all(&charts))?;
    for group in results.groups() {
        let file = charts.join(format!("{group}.svg"));
        named(&file, fs::write(&file, chart::of(&results, group)))?;
    }
    let file = request.folder.join("bench.md");
    named(&file, fs::write(&file, page::of(&results, request, begin.elapsed())))?;
    Ok(format!("{}\n{}\nwritten: {}", page::losses(&results), page::goals(&results), file.display()))
}

/// An error of the system does not say which file it is about.
fn named<T>(file: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}
