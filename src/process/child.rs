//! `Process`: a child process that runs, or has ended.

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Output};
use std::rc::{Rc, Weak};
use std::task::Poll;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use super::exit::Exit;
use super::pipe;
use crate::context::Context;
use crate::net::{Site, tried};
use crate::streams::{Lost, StreamReader, StreamWriter, spawn_steady};
use crate::waiters::{Place, Registration, Resource, Seen, Waiters};

/// A child process (asyncio's `asyncio.subprocess.Process`), started by [`Subprocess::spawn`](super::Subprocess::spawn).
///
/// While it runs, a virtual clock stands still. Dropping the `Process` lets it run on, as in asyncio, though its pipes are closed;
/// [`Subprocess::kill_on_drop`](super::Subprocess::kill_on_drop) changes that.
/// Its status is taken as soon as it ends, whether anybody waits or not, also after the loop has ended: it never stays
/// behind as a zombie.
///
/// ```
/// glassloop::run(async {
///     let process = glassloop::create_subprocess_exec("sleep", ["60"]).spawn()?;
///     process.terminate()?;
///     process.wait().await?;
///     assert_eq!(process.returncode(), Some(-15));
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
pub struct Process {
    /// What it reads, if that is a pipe. Too much of it makes [`drain`](StreamWriter::drain) wait; dropping it is its end.
    pub stdin: Option<StreamWriter>,
    /// What it writes, if that is a pipe. Unless somebody reads, it stops in its writing once the pipe is full.
    pub stdout: Option<StreamReader>,
    /// What it complains, if that is a pipe; as `stdout`.
    pub stderr: Option<StreamReader>,
    pub(super) kill_on_drop: Cell<bool>,
    running: Rc<Running>,
}

/// What the process and the task that waits for its end share.
struct Running {
    /// For people: its number and its program.
    name: String,
    pid: u32,
    /// `None` once the loop has ended before it.
    child: RefCell<Option<Child>>,
    /// How it ended; or why that cannot be known.
    ended: RefCell<Option<Result<ExitStatus, Lost>>>,
    registration: Registration,
    waiters: Waiters,
}

impl Process {
    /// Takes the child over; if that fails, it is killed.
    pub(super) fn start(context: &Context, mut child: Child, program: &OsStr, site: Site) -> io::Result<Process> {
        let pid = Pid::from_child(&child);
        let name = format!("process {} ({})", child.id(), program.display());
        let prepared = (|| {
            let (reactor, name) = (&context.reactor, |end: &str| format!("{end} of {name}"));
            let stdin = child.stdin.take().map(|pipe| pipe::writer(reactor, pipe, name("stdin"))).transpose()?;
            let stdout = child.stdout.take().map(|pipe| pipe::reader(reactor, pipe, name("stdout"))).transpose()?;
            let stderr = child.stderr.take().map(|pipe| pipe::reader(reactor, pipe, name("stderr"))).transpose()?;
            Ok((stdin, stdout, stderr, Exit::of(reactor, pid)?))
        })();
        let (stdin, stdout, stderr, exit) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait(); // soon, as it was killed
                return Err(error);
            }
        };
        let running = Rc::new(Running {
            pid: child.id(),
            child: RefCell::new(Some(child)),
            ended: RefCell::new(None),
            registration: Registration::default(),
            waiters: Waiters::default(),
            name,
        });
        let reaper = Reaper { running: Rc::clone(&running), _outside: Rc::clone(&context.outside) };
        spawn_steady(&context.executor, running.name.clone(), site.location, reaper.reap(exit, site));
        Ok(Process { stdin, stdout, stderr, kill_on_drop: Cell::new(false), running })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.running.pid
    }

    /// How it ended: its exit code, or minus the signal that killed it, as in asyncio; `None` while it runs.
    pub fn returncode(&self) -> Option<i32> {
        let ended = self.running.ended.borrow();
        let status = ended.as_ref()?.as_ref().ok()?;
        status.code().or_else(|| status.signal().map(|signal| -signal))
    }

    /// Waits until it has ended. If it writes to a pipe that nobody reads, that may be never:
    /// [`communicate`](Process::communicate) reads.
    ///
    /// # Errors
    /// If its status cannot be had, say because somebody else in this program took it.
    ///
    /// # Cancel safety
    /// May be dropped at any time, and called again.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = io::Result<ExitStatus>> + '_ {
        self.running.wait(Site::caller("wait"))
    }

    /// Sends it SIGKILL, which it cannot refuse.
    ///
    /// # Errors
    /// As [`send_signal`](Process::send_signal).
    pub fn kill(&self) -> io::Result<()> {
        self.running.signal(Signal::KILL)
    }

    /// Sends it SIGTERM: asks it to end.
    ///
    /// # Errors
    /// As [`send_signal`](Process::send_signal).
    pub fn terminate(&self) -> io::Result<()> {
        self.running.signal(Signal::TERM)
    }

    /// Sends it a signal by its number on this system, such as 2 for SIGINT.
    ///
    /// # Errors
    /// `InvalidInput` for a number that has no name; `NotFound` if it has ended (asyncio's `ProcessLookupError`).
    pub fn send_signal(&self, signal: i32) -> io::Result<()> {
        let unknown = || io::Error::new(io::ErrorKind::InvalidInput, format!("there is no signal {signal}"));
        self.running.signal(Signal::from_named_raw(signal).ok_or_else(unknown)?)
    }

    /// Writes `input` to its stdin and closes that, reads all of stdout and stderr, all at the same time, and waits for its end.
    /// A pipe that there is not gives nothing. That it does not want all of the input is no error.
    ///
    /// What it writes is kept in memory, without a limit, as in asyncio.
    ///
    /// # Errors
    /// `InvalidInput` if there is something to write, and stdin is no pipe (or was taken). Those of reading and of
    /// [`wait`](Process::wait).
    ///
    /// # Cancel safety
    /// Dropped, what was read stays in the readers, and the input goes on to be written: call it again, with no input.
    #[track_caller]
    pub fn communicate<'p>(&'p mut self, input: &[u8]) -> impl Future<Output = io::Result<Output>> + use<'p> {
        let fed = self.feed(input);
        let site = Site::caller("communicate");
        let (stdout, stderr) = (read_all(&mut self.stdout, site), read_all(&mut self.stderr, site));
        let ended = self.running.wait(site);
        async move {
            fed?;
            let (stdout, stderr) = crate::join!(stdout, stderr).await;
            let (stdout, stderr) = (stdout?, stderr?);
            Ok(Output { status: ended.await?, stdout, stderr })
        }
    }

    /// Hands the input over: the writer goes on without us, and closes the pipe.
    #[track_caller]
    fn feed(&mut self, input: &[u8]) -> io::Result<()> {
        match self.stdin.take() {
            Some(stdin) => match stdin.write(input) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                _ => Ok(()), // it has what it wanted
            },
            None if input.is_empty() => Ok(()),
            None => {
                let text = format!("there is input for {}, and its stdin is no pipe that we have", self.running.name);
                Err(io::Error::new(io::ErrorKind::InvalidInput, text))
            }
        }
    }
}

fn read_all(pipe: &mut Option<StreamReader>, site: Site) -> impl Future<Output = io::Result<Vec<u8>>> + '_ {
    let reading = pipe.as_mut().map(|pipe| pipe.read_to_end_at(usize::MAX, site));
    async {
        match reading {
            Some(reading) => Ok(reading.await?),
            None => Ok(Vec::new()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.kill_on_drop.get() {
            let _ = self.kill(); // it may have ended
        }
    }
}

impl Running {
    async fn wait(self: &Rc<Self>, site: Site) -> io::Result<ExitStatus> {
        struct Leave<'r>(&'r Running, Place);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.waiters.leave(&self.0.registration, &mut self.1);
            }
        }
        let mut line = Leave(self, None);
        poll_fn(|cx| {
            if let Some(ended) = &*self.ended.borrow() {
                return Poll::Ready(ended.as_ref().copied().map_err(Lost::error));
            }
            self.registration.register("process", || {
                let this: Weak<dyn Resource> = Rc::downgrade(self) as Weak<Running>;
                this
            });
            self.waiters.wait(&self.registration, &mut line.1, cx, site.operation, site.location);
            Poll::Pending
        })
        .await
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        // As long as nobody has taken its status, the number is its own, even if it has ended just now.
        match &*self.child.borrow() {
            Some(child) => kill_process(Pid::from_child(child), signal)
                .map_err(|error| tried(|| format!("sending {signal:?} to {}", self.name))(error.into())),
            None => Err(io::Error::new(io::ErrorKind::NotFound, format!("{} has ended", self.name))),
        }
    }

    /// Takes the status, if it has ended.
    fn reap(&self) -> io::Result<Option<ExitStatus>> {
        self.child.borrow_mut().as_mut().map_or(Ok(None), Child::try_wait)
    }
}

/// The task that waits for the end. It is a task of its own so that the process is reaped whoever waits for it.
struct Reaper {
    running: Rc<Running>,
    /// Virtual time waits for it.
    _outside: Rc<()>,
}

impl Reaper {
    async fn reap(self, exit: Exit, site: Site) {
        let running = &self.running;
        let ended = poll_fn(|cx| exit.poll(cx, site, || running.reap())).await;
        let why = |error| tried(|| format!("waiting for {}", running.name))(error);
        *running.ended.borrow_mut() = Some(ended.map_err(|error| Lost::new(&why(error))));
        running.child.take();
        running.waiters.wake_all(&running.registration);
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        let Running { child, ended, waiters, registration, name, .. } = &*self.running;
        let Some(mut child) = child.take() else { return };
        // The loop ends before the child. Somebody has to stay, or it would remain as a zombie.
        if !matches!(child.try_wait(), Ok(Some(_))) {
            let stay = move || drop(child.wait());
            let _ = thread::Builder::new().name(name.clone()).spawn(stay);
        }
        let gone = io::Error::other(format!("waiting for {name}: its loop has ended before it"));
        ended.borrow_mut().get_or_insert_with(|| Err(Lost::new(&gone)));
        waiters.wake_all(registration);
    }
}

impl Resource for Running {
    fn look(&self) -> Seen {
        self.registration.seen("process", 0, 0, &self.waiters)
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut process = f.debug_struct("Process");
        process.field("name", &self.running.name).field("returncode", &self.returncode()).finish_non_exhaustive()
    }
}
