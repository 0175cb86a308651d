//! What only somebody outside of this process can count: its system calls, and how often it is found in user code.
//!
//! `perf` counts without stopping the process, and begins and ends when it is told to. `strace`, which stands in for it, stops the process at
//! each call, so more requests are ready each time it looks, and it waits less often: its figure is a little low.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};

use crate::workloads::opposite::Opposite;

/// System calls for each request, over some time; none if nobody here can count them.
pub(super) fn calls_for_each_request(window: Duration, load: &mut Opposite) -> Option<f64> {
    in_a_folder(|folder| calls_by_perf(folder, window, load).or_else(|_| calls_by_strace(folder, window, load)))
}

/// The part of this process's CPU time that goes to user code, found by looking 10,000 times a second where it is. The system itself looks
/// only some 100 times a second: too few for the small part that a server has of its own.
pub(super) fn user_share(window: Duration) -> Option<f64> {
    in_a_folder(|folder| share_by_perf(folder, window))
}

fn in_a_folder<T>(count: impl FnOnce(&Path) -> io::Result<T>) -> Option<T> {
    let folder = std::env::temp_dir().join(format!("glassloop-outside-{}", std::process::id()));
    fs::create_dir_all(&folder).ok()?;
    let counted = count(&folder);
    let _ = fs::remove_dir_all(&folder);
    counted.ok()
}

/// Somebody who watches this process. Ends at the latest when this is dropped.
struct Watcher(Child);

impl Watcher {
    fn start(command: &mut Command) -> io::Result<Watcher> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map(Watcher)
    }

    /// Lets it write what it has.
    fn finish(mut self) -> io::Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::INT)?;
        self.0.wait().map(|_| ())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs something while `perf` watches, and not before or after.
fn while_perf_watches<T>(folder: &Path, options: &[&str], output: &Path, run: impl FnOnce() -> T) -> io::Result<T> {
    let [control, answer] = ["control", "answer"].map(|name| folder.join(name));
    let (mut orders, mut answers) = (pipe(&control)?, pipe(&answer)?);
    let mut perf = Watcher::start(
        Command::new("perf")
            .args(options)
            .args(["-D", "-1", "-p", &std::process::id().to_string()])
            .arg(format!("--control=fifo:{},{}", control.display(), answer.display()))
            .arg("-o")
            .arg(output),
    )?;
    orders.write_all(b"enable\n")?;
    await_answer(&mut answers, &mut perf)?;
    let ran = run();
    orders.write_all(b"disable\n")?;
    await_answer(&mut answers, &mut perf)?;
    perf.finish()?;
    Ok(ran)
}

/// A named pipe, opened at both ends, so that it never waits for the other side.
fn pipe(path: &PathBuf) -> io::Result<File> {
    rustix::fs::mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR)?;
    let pipe = OpenOptions::new().read(true).write(true).open(path)?;
    rustix::fs::fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
    Ok(pipe)
}

/// perf says `ack`, with a zero.
fn await_answer(answers: &mut File, perf: &mut Watcher) -> io::Result<()> {
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        match answers.read(&mut [0; 16]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            answer => return answer.map(|_| ()),
        }
        if perf.0.try_wait()?.is_some() || Instant::now() > patience {
            return Err(io::Error::other("perf does not answer"));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn requests_during(window: Duration, load: &mut Opposite) -> f64 {
    let requests = load.count();
    thread::sleep(window);
    (load.count() - requests) as f64
}

fn calls_by_perf(folder: &Path, window: Duration, load: &mut Opposite) -> io::Result<f64> {
    let output = folder.join("output");
    let stat = ["stat", "-x,", "-e", "raw_syscalls:sys_enter"];
    let requests = while_perf_watches(folder, &stat, &output, || requests_during(window, load))?;
    let text = fs::read_to_string(output)?;
    let line = text.lines().find(|line| line.contains("raw_syscalls:sys_enter"));
    let calls = line.and_then(|line| line.split(',').next()?.parse::<f64>().ok());
    calls.map(|calls| calls / requests).ok_or_else(|| io::Error::other("perf counted nothing"))
}

fn share_by_perf(folder: &Path, window: Duration) -> io::Result<f64> {
    let samples = folder.join("samples");
    let record = ["record", "--quiet", "-e", "cpu-clock", "-F", "9973"];
    while_perf_watches(folder, &record, &samples, || thread::sleep(window))?;
    // An address a line. No name is asked for, so the symbols of the system, which take long to read, are not needed.
    let script =
        Command::new("perf").args(["script", "-F", "ip", "--kallsyms=/dev/null", "-i"]).arg(samples).output()?;
    let text = String::from_utf8_lossy(&script.stdout);
    let addresses = || text.split_whitespace().filter_map(|address| u64::from_str_radix(address, 16).ok());
    let (user, all) = (addresses().filter(|address| address >> 63 == 0).count(), addresses().count());
    if all < 50 {
        return Err(io::Error::other(format!("perf found it running {all} times only")));
    }
    Ok(user as f64 / all as f64)
}

fn calls_by_strace(folder: &Path, window: Duration, load: &mut Opposite) -> io::Result<f64> {
    let output = folder.join("strace");
    let mut strace = Watcher::start(
        Command::new("strace").args(["-c", "-f", "-p", &std::process::id().to_string()]).arg("-o").arg(&output),
    )?;
    // It says when it is there.
    let mut said = String::new();
    BufReader::new(strace.0.stderr.take().expect("a pipe")).read_line(&mut said)?;
    if !said.contains("attached") {
        return Err(io::Error::other(said));
    }
    let requests = requests_during(window, load);
    strace.finish()?;
    let text = fs::read_to_string(output)?;
    let total = text.lines().rev().find(|line| line.ends_with(" total"));
    // Share, seconds, microseconds a call, calls, perhaps errors, "total".
    let calls = total.and_then(|line| line.split_whitespace().nth(3)?.parse::<f64>().ok());
    calls.map(|calls| calls / requests).ok_or_else(|| io::Error::other("strace counted nothing"))
}
