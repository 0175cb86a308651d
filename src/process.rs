//! Child processes. This file sets one up; `process/child.rs` is the process that runs, `process/exit.rs` waits for its end, and
//! `process/pipe.rs` is what it reads and writes.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use thiserror::Error;

use crate::context;
use crate::net::Site;

mod child;
mod exit;
mod pipe;

pub use child::Process;

/// Sets up a program to run, with its arguments (asyncio's `create_subprocess_exec`). Nothing starts before
/// [`spawn`](Subprocess::spawn).
///
/// ```
/// use std::process::Stdio;
///
/// glassloop::run(async {
///     let mut cat = glassloop::create_subprocess_exec("cat", ["-"])
///         .stdin(Stdio::piped())
///         .stdout(Stdio::piped())
///         .spawn()?;
///     let output = cat.communicate(b"hello").await?;
///     assert!(output.status.success());
///     assert_eq!(output.stdout, b"hello");
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
pub fn create_subprocess_exec(program: impl AsRef<OsStr>, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Subprocess {
    let mut command = Command::new(&program);
    command.args(args);
    Subprocess::from(command)
}

/// Sets up a command line for the shell, `sh -c` (asyncio's `create_subprocess_shell`). Nothing of it is quoted: it is not for
/// text from strangers.
///
/// ```
/// use std::process::Stdio;
///
/// glassloop::run(async {
///     let mut shell = glassloop::create_subprocess_shell("echo one; exit 3").stdout(Stdio::piped()).spawn()?;
///     assert_eq!(shell.communicate(b"").await?.stdout, b"one\n");
///     assert_eq!(shell.returncode(), Some(3));
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
pub fn create_subprocess_shell(command_line: impl AsRef<OsStr>) -> Subprocess {
    create_subprocess_exec("sh", [OsStr::new("-c"), command_line.as_ref()])
}

/// A program to run. Like asyncio's, it shares stdin, stdout and stderr with this process unless told otherwise.
#[derive(Debug)]
#[must_use = "nothing starts before `spawn`"]
pub struct Subprocess {
    command: Command,
    program: OsString,
    directory: Option<PathBuf>,
    kill_on_drop: bool,
}

/// For what [`Subprocess`] itself has no word, such as a process group or another user: see `std::os::unix::process::CommandExt`.
///
/// ```
/// use std::os::unix::process::CommandExt;
/// use std::process::Command;
///
/// glassloop::run(async {
///     let mut command = Command::new("true");
///     command.process_group(0); // asyncio's `start_new_session` and the like
///     let status = glassloop::Subprocess::from(command).spawn()?.wait().await?;
///     assert!(status.success());
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
impl From<Command> for Subprocess {
    fn from(command: Command) -> Subprocess {
        let (program, directory) = (command.get_program().into(), command.get_current_dir().map(PathBuf::from));
        Subprocess { command, program, directory, kill_on_drop: false }
    }
}

/// Why a process could not be started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// There is no such program.
    #[error("no program {program:?} was found")]
    NotFound {
        /// What was to be run.
        program: OsString,
    },
    /// There is no such directory to run it in.
    #[error("starting {program:?}: there is no directory {directory:?}")]
    NoDirectory {
        /// What was to be run.
        program: OsString,
        /// Where.
        directory: PathBuf,
    },
    /// The system refused.
    #[error("starting {program:?}: {source}")]
    Io {
        /// What was to be run.
        program: OsString,
        /// What it said.
        source: io::Error,
    },
}

impl From<SpawnError> for io::Error {
    fn from(error: SpawnError) -> io::Error {
        let kind = match &error {
            SpawnError::NotFound { .. } | SpawnError::NoDirectory { .. } => io::ErrorKind::NotFound,
            SpawnError::Io { source, .. } => source.kind(),
        };
        io::Error::new(kind, error)
    }
}

impl Subprocess {
    /// What it reads: `Stdio::piped()` makes it [`Process::stdin`].
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Subprocess {
        self.command.stdin(stdin);
        self
    }

    /// Where it writes: `Stdio::piped()` makes it [`Process::stdout`].
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Subprocess {
        self.command.stdout(stdout);
        self
    }

    /// Where it complains: `Stdio::piped()` makes it [`Process::stderr`].
    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Subprocess {
        self.command.stderr(stderr);
        self
    }

    /// Sets a variable of its environment, which is otherwise ours.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Subprocess {
        self.command.env(name, value);
        self
    }

    /// Begins with an empty environment.
    pub fn env_clear(mut self) -> Subprocess {
        self.command.env_clear();
        self
    }

    /// The directory it runs in (asyncio's `cwd`).
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Subprocess {
        let directory = directory.into();
        self.command.current_dir(&directory);
        self.directory = Some(directory);
        self
    }

    /// Whether dropping the [`Process`] kills it, so that it cannot outlive whoever started it: not so unless this is called.
    pub fn kill_on_drop(mut self, kill: bool) -> Subprocess {
        self.kill_on_drop = kill;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// [`SpawnError`], which names the program. Nothing runs then.
    ///
    /// # Panics
    /// With no loop running on this thread.
    #[track_caller]
    pub fn spawn(mut self) -> Result<Process, SpawnError> {
        let context = context::expect("Subprocess::spawn()");
        let site = Site::caller("process");
        let started = match self.command.spawn() {
            Ok(child) => Process::start(&context, child, &self.program, site).inspect(|process| {
                process.kill_on_drop.set(self.kill_on_drop);
            }),
            Err(error) => Err(error),
        };
        let Subprocess { program, directory, .. } = self;
        started.map_err(|source| match directory {
            Some(directory) if !directory.is_dir() => SpawnError::NoDirectory { program, directory },
            _ if source.kind() == io::ErrorKind::NotFound => SpawnError::NotFound { program },
            _ => SpawnError::Io { program, source },
        })
    }
}
