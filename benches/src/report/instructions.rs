//! Instructions instead of time: valgrind counts them, one contender after the other. The count is the same on a busy machine, and it
//! says nothing of caches, of branches that were guessed wrong, and of the system.

use std::env;
use std::process::{Command, Stdio};

use super::child::{self, find};
use super::results::{LIMIT, OURS};
use crate::contender::{Batches, Contender, Work, Workload};
use crate::workloads;

/// The first argument of a program whose instructions are counted.
const ARGUMENT: &str = "__count";

/// What two runs differ in is some batches: so what a process does before and after them is not counted.
const FEW: u64 = 1;
const MORE: u64 = 3;

/// Runs some batches of one contender, if the arguments say so, and prints how many steps a batch has.
pub(super) fn be_counted() -> Option<bool> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [argument, workload, label, batches] = arguments.as_slice() else { return None };
    if argument != ARGUMENT {
        return None;
    }
    let (Some(contender), Ok(batches)) = (find(workload, label), batches.parse::<u64>()) else { return Some(false) };
    let Work::Batches(start) = contender.work else { return Some(false) };
    let Batches { steps, mut run } = start();
    (0..batches).for_each(|_| run());
    println!("{steps}");
    // At once, as when it is measured: the end of a runtime is no part of its batches.
    std::process::exit(0)
}

/// A table for the terminal: for each workload with `filter` in its name or its group's, what a step costs each contender.
///
/// # Errors
/// When there is no such workload, or no valgrind; the text says which.
pub fn table(filter: &str) -> Result<String, String> {
    let mut wanted = workloads::all();
    wanted.retain(|workload| workload.name.contains(filter) || workload.group.contains(filter));
    wanted.retain(|workload| !workload.is_whole());
    if wanted.is_empty() {
        return Err(format!("no workload that runs on one thread has {filter:?} in its name"));
    }
    let valgrind = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !valgrind.is_ok_and(|status| status.success()) {
        return Err("there is no valgrind here: it counts the instructions".into());
    }
    Ok(wanted.iter().map(rows).collect::<Vec<_>>().join("\n"))
}

fn rows(workload: &Workload) -> String {
    let mut text = format!("{}, instructions for {}\n", workload.name, workload.step);
    let counted: Vec<_> = workload.contenders.iter().map(|contender| (contender, count(workload, contender))).collect();
    let ours = counted.iter().find(|(contender, _)| contender.peer.column == OURS);
    let ours = ours.and_then(|(_, counted)| counted.as_ref().ok().copied());
    for (contender, counted) in counted {
        let figure = match (counted, ours) {
            (Err(reason), _) => reason,
            (Ok(count), Some(ours)) if ![OURS, LIMIT].contains(&contender.peer.column) => {
                format!("{count:>9.0}  {:>5.2} times ours", count / ours)
            }
            (Ok(count), _) => format!("{count:>9.0}"),
        };
        text += &format!("    {:<44} {figure}\n", contender.label());
    }
    text
}

fn count(workload: &Workload, contender: &Contender) -> Result<f64, String> {
    if let Some(reason) = (contender.peer.missing)() {
        return Err(reason);
    }
    let (few, steps) = instructions(workload, contender, FEW)?;
    let (more, _) = instructions(workload, contender, MORE)?;
    Ok((more - few) / ((MORE - FEW) as f64 * steps))
}

/// Of a whole process that runs so many batches; and the steps of a batch.
fn instructions(workload: &Workload, contender: &Contender, batches: u64) -> Result<(f64, f64), String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let process = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(program)
        .args([ARGUMENT, &workload.name, &contender.label(), &batches.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let (status, out, err) = child::outcome(process)?;
    let refs = err.lines().find_map(|line| line.split_once("I refs:").or_else(|| line.split_once("I   refs:")));
    let refs = refs.and_then(|(_, number)| number.trim().replace(',', "").parse().ok());
    match (status.success(), refs, out.trim().parse()) {
        (true, Some(refs), Ok(steps)) => Ok((refs, steps)),
        _ => Err("it does not run under valgrind".into()),
    }
}
