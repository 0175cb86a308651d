//! A contender in a process of its own: this very program, started again with other arguments.

use std::env;
use std::fmt;
use std::io::Read;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{instructions, measure};
use crate::contender::{Contender, Effort, Workload};
use crate::workloads::{self, opposite};

/// The first argument of a program that is to measure one contender.
const ARGUMENT: &str = "__measure";

/// However slow it is: who takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(40);

/// Does what a child process is for, if the arguments say that this is one. Every program that measures has to begin with this.
pub fn be_a_child() -> Option<ExitCode> {
    match opposite::be_if_asked() {
        Ok(false) => {}
        Ok(true) => return Some(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("{error}");
            return Some(ExitCode::FAILURE);
        }
    }
    if let Some(counted) = instructions::be_counted() {
        return Some(if counted { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [argument, workload, label, effort] = arguments.as_slice() else { return None };
    if argument != ARGUMENT {
        return None;
    }
    let effort = if effort == "quick" { Effort::Quick } else { Effort::Full };
    let Some(contender) = find(workload, label) else {
        eprintln!("there is no {label} in {workload}");
        return Some(ExitCode::FAILURE);
    };
    let figures: Vec<String> =
        measure::measure(&contender, effort).into_iter().map(|figure| figure.to_string()).collect();
    println!("{}", figures.join(" "));
    // At once: nobody has to wait for the end of a runtime with threads, or with 200,000 tasks.
    std::process::exit(0)
}

pub(super) fn find(workload: &str, label: &str) -> Option<Contender> {
    let workload = workloads::all().into_iter().find(|candidate| candidate.name == workload)?;
    workload.contenders.into_iter().find(|contender| contender.label() == label)
}

/// Why there are no figures, with a reason for the reader of the report.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// It is not on this machine.
    NotRun(String),
    /// It was run.
    Failed(String),
}

impl From<String> for Trouble {
    fn from(reason: String) -> Trouble {
        Trouble::Failed(reason)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NotRun(reason) => write!(f, "was not run: {reason}"),
            Trouble::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// Measures one contender in a process of its own.
pub(super) fn figures(workload: &Workload, contender: &Contender, effort: Effort) -> Result<Vec<f64>, Trouble> {
    if let Some(reason) = (contender.peer.missing)() {
        return Err(Trouble::NotRun(reason));
    }
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let process = Command::new(program)
        .args([ARGUMENT, &workload.name, &contender.label(), effort.choose("quick", "full")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let (status, out, err) = outcome(process)?;
    if !status.success() {
        return Err(Trouble::Failed(reason_in(&err).unwrap_or_else(|| status.to_string())));
    }
    let figures: Result<Vec<f64>, _> = out.split_whitespace().map(str::parse).collect();
    match figures {
        Ok(figures) if figures.len() == workload.metrics.len() => Ok(figures),
        _ => Err(format!("it printed {out:?} instead of {} numbers", workload.metrics.len()).into()),
    }
}

/// Its end, and what it said on both pipes until then; or that it had to be ended.
pub(super) fn outcome(mut process: Child) -> Result<(std::process::ExitStatus, String, String), String> {
    let read = |mut pipe: Box<dyn Read + Send>| {
        let (sender, text) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            sender.send(String::from_utf8_lossy(&bytes).into_owned())
        });
        text
    };
    let out = read(Box::new(process.stdout.take().expect("a pipe")));
    let err = read(Box::new(process.stderr.take().expect("a pipe")));
    let Ok(out) = out.recv_timeout(PATIENCE) else {
        let _ = process.kill();
        let _ = process.wait();
        return Err(format!("it did not end within {} s", PATIENCE.as_secs()));
    };
    let status = process.wait().map_err(|error| error.to_string())?;
    Ok((status, out, err.recv_timeout(Duration::from_secs(1)).unwrap_or_default()))
}

/// The line after `thread ... panicked at ...`, or the last one.
fn reason_in(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("note: "));
    let after_panic = lines.clone().skip_while(|line| !line.contains("panicked at")).nth(1);
    after_panic.or_else(|| lines.next_back()).map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_found_in_what_a_panic_prints() {
        let panic = "\nthread 'main' (7) panicked at benches/src/x.rs:1:2:\nno luck\nnote: run with more\n";
        assert_eq!(reason_in(panic).as_deref(), Some("no luck"));
        assert_eq!(reason_in("Killed\n").as_deref(), Some("Killed"));
        assert_eq!(reason_in("\n"), None);
    }

    #[test]
    fn every_contender_is_found_by_its_label() {
        for workload in workloads::all() {
            for contender in &workload.contenders {
                let found = find(&workload.name, &contender.label()).expect("it is there");
                assert_eq!(found.label(), contender.label());
            }
            let labels: std::collections::BTreeSet<_> = workload.contenders.iter().map(Contender::label).collect();
            assert_eq!(labels.len(), workload.contenders.len(), "{}: two contenders have one name", workload.name);
        }
    }
}
