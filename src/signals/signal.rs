//! `signal`: any signal of the system, awaited.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::net;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::ready;

use glassloop_reactor::Direction;
use signal_hook::consts::{FORBIDDEN, SIGINT};
use signal_hook::low_level::{pipe, unregister};
use signal_hook::{SigId, flag};

use super::{hook, is_taken};
use crate::context;
use crate::net::{Site, UnixStream, tried};

/// Listens to a signal, by its number on this system, such as 15 for SIGTERM (asyncio's `loop.add_signal_handler`: a task that awaits
/// [`recv`](Signal::recv) is the handler). As long as somebody listens, the signal does nothing else; after that, it does what it did
/// before (`remove_signal_handler`).
///
/// Who listens to SIGINT gets every Ctrl-C, which then [interrupts](crate::RunError::Interrupted) no loop.
///
/// ```
/// use glassloop::{create_task, signal};
///
/// glassloop::run(async {
///     let mut terminate = signal(15)?;
///     let task = create_task(async move { terminate.recv().await });
///     # glassloop::yield_now().await;
///     # let mut kill = glassloop::create_subprocess_exec("kill", [std::process::id().to_string()]).spawn()?;
///     # kill.wait().await?;
///     task.await.unwrap()?; // somebody has asked us to end
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
///
/// # Errors
/// `InvalidInput` for a number that is no signal, and for one that cannot be listened to, such as SIGKILL. When the system has no file
/// descriptors left.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn signal(number: i32) -> io::Result<Signal> {
    context::expect("signal()");
    if FORBIDDEN.contains(&number) {
        let text = format!("signal {number} cannot be listened to");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    let (ours, handlers) = net::UnixStream::pair()?;
    let socket = UnixStream::from_std(ours)?;
    let mut watched = watched();
    // Asked before anything is registered, as that is what it asks for.
    let fresh = (!watched.contains_key(&number)).then(|| Watched::new(number));
    let id = pipe::register(number, handlers).map_err(tried(|| format!("listening to signal {number}")))?;
    let standing = watched.entry(number).or_insert_with(|| fresh.unwrap_or_default());
    standing.listeners += 1;
    if standing.listeners == 1 {
        standing.set_default(number, false);
    }
    drop(watched);
    Ok(Signal { socket, number, id })
}

/// Hears of a signal; see [`signal()`].
#[must_use = "dropped, it listens no longer"]
pub struct Signal {
    /// The signal's handler writes to the other end.
    socket: UnixStream,
    number: i32,
    id: SigId,
}

/// How a signal stands with this process.
#[derive(Default)]
struct Watched {
    listeners: usize,
    /// Up: it does what it does by default. None if it was ignored or somebody else's before; for SIGINT, Ctrl-C's part sees to it.
    default: Option<Arc<AtomicBool>>,
}

static WATCHED: Mutex<BTreeMap<i32, Watched>> = Mutex::new(BTreeMap::new());

fn watched() -> MutexGuard<'static, BTreeMap<i32, Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watched {
    fn new(number: i32) -> Watched {
        if number == SIGINT {
            hook(); // first of all, as it asks the same
        }
        let default = (number != SIGINT && !is_taken(number)).then(|| Arc::new(AtomicBool::new(true)));
        let default = default.filter(|default| flag::register_conditional_default(number, default.clone()).is_ok());
        Watched { listeners: 0, default }
    }

    fn set_default(&self, number: i32, on: bool) {
        match &self.default {
            Some(default) => default.store(on, Ordering::SeqCst),
            None => match hook().filter(|_| number == SIGINT) {
                // If it cannot be had back, what is lost is the good order of the next Ctrl-C.
                Some(ctrl_c) if on => drop(ctrl_c.resume()),
                Some(ctrl_c) => ctrl_c.suspend(),
                None => {}
            },
        }
    }
}

impl Signal {
    /// Waits for the signal. Those that came before, since the last call, count as one.
    ///
    /// # Errors
    /// In another loop than the one where it was made.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has missed nothing.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = io::Result<()>> + '_ {
        struct StopWaiting<'s>(&'s mut UnixStream);
        impl Drop for StopWaiting<'_> {
            fn drop(&mut self) {
                self.0.stop_waiting(Direction::Read);
            }
        }
        let site = Site::caller("signal");
        async move {
            let guard = StopWaiting(&mut self.socket);
            let mut buf = [0; 64];
            poll_fn(|cx| {
                ready!(guard.0.poll_read_at(cx, &mut buf, site))?;
                while guard.0.try_read(&mut buf).is_ok_and(|count| count > 0) {}
                std::task::Poll::Ready(Ok(()))
            })
            .await
        }
    }
}

impl Drop for Signal {
    fn drop(&mut self) {
        let mut watched = watched();
        if let Some(standing) = watched.get_mut(&self.number) {
            standing.listeners -= 1;
            if standing.listeners == 0 {
                standing.set_default(self.number, true);
            }
        }
        unregister(self.id);
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal({})", self.number)
    }
}
