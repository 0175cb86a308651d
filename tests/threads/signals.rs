//! Ctrl-C, in processes of their own: each test runs itself again, as a child that it sends the signal to.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;

use glassloop::{RunError, Runtime, create_task, sleep_forever, to_thread, yield_now};
use rustix::process::{Pid, Signal, kill_process};

use crate::common::{OnDrop, wait_in_vain};

const CHILD: &str = "GLASSLOOP_TEST_CTRL_C";

pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// In the child: a line for the parent, apart from what the test harness writes.
pub(crate) fn say(word: &str) {
    println!("\n>{word}");
}

fn say_when_dropped(word: &'static str) -> impl Sized {
    OnDrop(move || say(word))
}

/// In the child: until the parent kills it.
pub(crate) fn block_for_ever() -> ! {
    loop {
        thread::park();
    }
}

/// Whether this process ignores the signal; told on Linux only.
fn is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 0b10 != 0)
}

/// In the parent: the child.
pub(crate) struct Other {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
}

impl Other {
    /// Runs the test with this name again, by a command that runs what follows it.
    fn start_by(command: &[&str], test: &str) -> Other {
        let itself = std::env::current_exe().unwrap();
        let words = command.iter().map(OsStr::new).chain([itself.as_os_str()]);
        let mut words = words.chain([test, "--exact", "--nocapture"].map(OsStr::new));
        let mut command = Command::new(words.next().unwrap());
        command.args(words).env(CHILD, "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Other { child, lines }
    }

    pub(crate) fn start(test: &str) -> Other {
        // What a shell starts with `&` ignores the signal, and so would its children.
        let command: &[&str] = if is_ignored() { &["env", "--default-signal=INT"] } else { &[] };
        Other::start_by(command, test)
    }

    /// Waits for the next word of the child.
    pub(crate) fn hear(&mut self) -> String {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if let Some(word) = line.trim_end().strip_prefix('>') {
                return word.into();
            }
            line.clear();
        }
        panic!("the child has said all");
    }

    pub(crate) fn interrupt(&self) {
        self.send(Signal::INT);
    }

    pub(crate) fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// How the child ended, and what else it said.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        let words = rest.lines().filter_map(|line| line.strip_prefix('>')).map(String::from).collect();
        (self.child.wait().unwrap(), words)
    }
}

fn is_killed_by_it(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::INT.as_raw())
}

#[test]
fn r5_r6_the_first_ends_main_then_the_others_and_run_exits_with_130() {
    if is_child() {
        glassloop::run(async {
            for word in ["first task", "second task"] {
                create_task(async move {
                    let _guard = say_when_dropped(word);
                    sleep_forever().await;
                })
                .detach();
            }
            yield_now().await;
            let _guard = say_when_dropped("main");
            say("ready");
            sleep_forever().await;
        });
        unreachable!("run does not return");
    }
    let mut other = Other::start("signals::r5_r6_the_first_ends_main_then_the_others_and_run_exits_with_130");
    assert_eq!(other.hear(), "ready");
    other.interrupt();
    let (status, words) = other.end();
    assert_eq!(words, ["main", "first task", "second task"]);
    assert_eq!(status.code(), Some(130));
}

#[test]
fn r5_block_on_says_interrupted_and_the_loop_can_go_on() {
    if is_child() {
        let runtime = Runtime::builder().handle_ctrl_c(true).build().unwrap();
        for word in ["once", "twice"] {
            let outcome = runtime.block_on(async {
                say(word);
                // A loop that is never idle hears of it too.
                loop {
                    yield_now().await;
                }
            });
            let _: () = match outcome {
                Err(RunError::Interrupted) => say("interrupted"),
                other => panic!("{other:?}"),
            };
        }
        return;
    }
    let mut other = Other::start("signals::r5_block_on_says_interrupted_and_the_loop_can_go_on");
    for word in ["once", "twice"] {
        assert_eq!(other.hear(), word);
        other.interrupt();
        assert_eq!(other.hear(), "interrupted");
    }
    assert!(other.end().0.success());
}

#[test]
fn r8_the_second_ends_the_process_during_the_cleanup() {
    if is_child() {
        glassloop::run(async {
            let _guard = OnDrop(|| {
                say("cleanup");
                block_for_ever();
            });
            say("ready");
            sleep_forever().await;
        });
    }
    let mut other = Other::start("signals::r8_the_second_ends_the_process_during_the_cleanup");
    for word in ["ready", "cleanup"] {
        assert_eq!(other.hear(), word);
        other.interrupt();
    }
    assert!(is_killed_by_it(other.end().0));
}

#[test]
fn r8_the_second_gets_through_to_a_loop_that_is_blocked() {
    if is_child() {
        glassloop::run(async {
            say("ready");
            block_for_ever();
        });
    }
    let mut other = Other::start("signals::r8_the_second_gets_through_to_a_loop_that_is_blocked");
    assert_eq!(other.hear(), "ready");
    // Two that come close together may count as one.
    let status = loop {
        other.interrupt();
        thread::yield_now();
        if let Some(status) = other.child.try_wait().unwrap() {
            break status;
        }
    };
    assert!(is_killed_by_it(status));
}

#[test]
fn without_the_opt_in_and_after_a_run_it_does_what_it_always_does() {
    if is_child() {
        glassloop::run(async {});
        Runtime::new().unwrap().block_on(async { say("ready") }).unwrap();
        block_for_ever();
    }
    let mut other = Other::start("signals::without_the_opt_in_and_after_a_run_it_does_what_it_always_does");
    assert_eq!(other.hear(), "ready");
    other.interrupt();
    assert!(is_killed_by_it(other.end().0));
}

#[test]
fn one_loop_at_a_time_has_it() {
    if is_child() {
        let runtime = Runtime::builder().handle_ctrl_c(true).build().unwrap();
        let outcome = runtime.block_on(async {
            // The loop of another thread leaves it to the first.
            let inner = || glassloop::run(async { "undisturbed" });
            say(to_thread(inner).await);
            sleep_forever().await;
        });
        assert!(matches!(outcome, Err(RunError::Interrupted)));
        return;
    }
    let mut other = Other::start("signals::one_loop_at_a_time_has_it");
    assert_eq!(other.hear(), "undisturbed");
    other.interrupt();
    assert!(other.end().0.success());
}

#[test]
fn the_signal_counts_for_no_deadlock() {
    let runtime = Runtime::builder().handle_ctrl_c(true).build().unwrap();
    assert!(matches!(runtime.block_on(wait_in_vain()), Err(RunError::Deadlock(_))));
}

#[cfg(target_os = "linux")]
#[test]
fn it_stays_ignored_where_it_is_ignored() {
    if is_child() {
        let line = glassloop::run(async {
            say("ready");
            to_thread(|| std::io::stdin().lines().next().unwrap().unwrap()).await
        });
        say(&line);
        return;
    }
    let mut other = Other::start_by(
        &["sh", "-c", "trap '' INT; exec \"$0\" \"$@\""],
        "signals::it_stays_ignored_where_it_is_ignored",
    );
    assert_eq!(other.hear(), "ready");
    other.interrupt();
    other.child.stdin.take().unwrap().write_all(b"undisturbed\n").unwrap();
    let (status, words) = other.end();
    assert!(status.success());
    assert_eq!(words, ["undisturbed"]);
}
