//! A process on the other side of the sockets: this very program, started again to be clients or a server.
//!
//! Whoever started it may ask it one thing, as often as they want, and gets a line: its clients tell how many requests have
//! been answered, its servers where they listen.

use std::env;
use std::io::{self, BufRead, BufReader, Write, stdin};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use super::{echo, http};

/// What it answers with, whenever it is asked.
pub(crate) type Answer = Box<dyn Fn() -> String>;

/// What a process can be: the first argument of the program, and how it begins.
type Role = (&'static str, fn(&[String]) -> io::Result<Answer>);

const ROLES: [Role; 3] =
    [("__echo_load", echo::load::start), ("__http_load", http::load::start), ("__http_server", http::server::start)];

/// Such a process, seen from the one that started it. It ends with it.
#[derive(Debug)]
pub(super) struct Opposite {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Opposite {
    /// It is ready: it has answered once.
    pub(super) fn start(role: &str, arguments: &[String]) -> Opposite {
        let program = env::current_exe().expect("this is a program");
        let mut process = Command::new(program)
            .arg(role)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process can be started");
        let ask = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut opposite = Opposite { process, ask, answers };
        opposite.ask();
        opposite
    }

    /// What it says now.
    pub(super) fn ask(&mut self) -> String {
        self.ask.write_all(b"?\n").expect("the other process is alive");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the other process is alive");
        line.trim().to_owned()
    }

    /// How many requests have been answered so far, if it is clients.
    pub(super) fn count(&mut self) -> u64 {
        self.ask().parse().expect("clients answer with a number")
    }
}

impl Drop for Opposite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is one, if the arguments of this program say so, until the standard input ends.
///
/// # Errors
/// When it cannot begin; the error says who.
pub(crate) fn be_if_asked() -> io::Result<bool> {
    let mut arguments = env::args().skip(1);
    let first = arguments.next().unwrap_or_default();
    let Some((role, start)) = ROLES.into_iter().find(|(role, _)| *role == first) else { return Ok(false) };
    let answer = start(&arguments.collect::<Vec<_>>()).map_err(|error| io::Error::other(format!("{role}: {error}")))?;
    for line in stdin().lines() {
        line?;
        println!("{}", answer());
    }
    Ok(true)
}

/// Does something on a thread of its own. If it fails, so does the whole process, which says who it was.
pub(super) fn go_on_for_ever(who: &'static str, work: impl FnOnce() -> io::Result<()> + Send + 'static) {
    thread::spawn(move || {
        if let Err(error) = work() {
            eprintln!("{who}: {error}");
            std::process::exit(1);
        }
    });
}
