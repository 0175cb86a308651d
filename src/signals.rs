//! Ctrl-C as asyncio has it: the first ends main in good order, the second ends the process.
//!
//! One flag of the process says what a Ctrl-C does: what it always does, if the flag is up. Whoever listens takes it down; the signal's
//! handler puts it up again, so the second Ctrl-C gets through even to a loop that a task blocks. That the flag is up is how the listener
//! knows of the first. Because a loop that sleeps looks at no flag, a thread of the process waits for signals too, and wakes it.
//!
//! `signals/signal.rs` listens to signals of any number; whoever listens to Ctrl-C there suspends what is done here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

#[cfg(unix)]
mod signal;

#[cfg(unix)]
pub use signal::{Signal, signal};
#[cfg(unix)]
use {
    signal_hook::consts::SIGINT,
    signal_hook::low_level::{pipe, unregister},
    signal_hook::{SigId, flag},
    std::io::{self, Read},
    std::os::unix::net::UnixStream,
};

/// Wakes the loop that listens: one at a time.
static LISTENER: Mutex<Option<Waker>> = Mutex::new(None);

/// As long as it lives, a Ctrl-C is for the loop that made it.
#[derive(Debug)]
pub(crate) struct CtrlC {
    up: Arc<AtomicBool>,
}

impl CtrlC {
    /// `None` if another loop listens, if Ctrl-C is not to be had here, or if it is ignored or somebody else's.
    pub(crate) fn listen(unparker: Waker) -> Option<CtrlC> {
        let up = the_flag()?;
        let mut listener = listener();
        if listener.is_some() {
            return None;
        }
        *listener = Some(unparker);
        up.store(false, Ordering::SeqCst);
        Some(CtrlC { up })
    }

    /// Whether it was pressed.
    pub(crate) fn came(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }
}

impl Drop for CtrlC {
    fn drop(&mut self) {
        let mut listener = listener();
        self.up.store(true, Ordering::SeqCst);
        *listener = None;
    }
}

fn listener() -> MutexGuard<'static, Option<Waker>> {
    LISTENER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The flag that says what a Ctrl-C does, with all that belongs to it; made once, as a signal's handler stays for the life of the process.
#[cfg(unix)]
fn hook() -> Option<&'static Hook> {
    static HOOK: std::sync::OnceLock<Option<Hook>> = std::sync::OnceLock::new();
    HOOK.get_or_init(|| if is_taken(SIGINT) { None } else { Hook::install().ok() }).as_ref()
}

#[cfg(unix)]
fn the_flag() -> Option<Arc<AtomicBool>> {
    hook().map(|hook| hook.up.clone())
}

#[cfg(not(unix))]
fn the_flag() -> Option<Arc<AtomicBool>> {
    None
}

#[cfg(unix)]
struct Hook {
    up: Arc<AtomicBool>,
    /// A byte wakes the thread that wakes the loop.
    wake: UnixStream,
    /// What the signal's handler does for us; nothing while somebody listens to the signal itself.
    actions: Mutex<Option<[SigId; 3]>>,
}

#[cfg(unix)]
impl Hook {
    fn install() -> io::Result<Hook> {
        let (wake, mut woken) = UnixStream::pair()?;
        let hook = Hook { up: Arc::new(AtomicBool::new(true)), wake, actions: Mutex::new(None) };
        hook.resume()?;
        let watch = move || {
            let mut bytes = [0; 64];
            loop {
                match woken.read(&mut bytes) {
                    Ok(0) => return,
                    Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
                    _ => {}
                }
                if let Some(unparker) = &*listener() {
                    unparker.wake_by_ref();
                }
            }
        };
        // Should this fail, the flag stays up, and all is as without us.
        std::thread::Builder::new().name("glassloop-signals".into()).spawn(watch)?;
        Ok(hook)
    }

    /// From now on a Ctrl-C is for whoever listens to the signal itself.
    fn suspend(&self) {
        let actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner).take();
        for action in actions.into_iter().flatten() {
            unregister(action);
        }
    }

    /// It is ours, again.
    fn resume(&self) -> io::Result<()> {
        let mut actions = self.actions.lock().unwrap_or_else(PoisonError::into_inner);
        if actions.is_none() {
            // In this order: the first Ctrl-C finds the flag down, and puts it up; and who is woken finds it up.
            let default = flag::register_conditional_default(SIGINT, self.up.clone())?;
            let put_up = flag::register(SIGINT, self.up.clone())?;
            *actions = Some([default, put_up, pipe::register(SIGINT, self.wake.try_clone()?)?]);
        }
        Ok(())
    }
}

/// Whether a signal is ignored, as Ctrl-C is by what a shell starts with `&`, or the program has a handler of its own; asyncio leaves both alone.
#[cfg(target_os = "linux")]
fn is_taken(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let masks = status.lines().filter_map(|line| line.strip_prefix("SigIgn:").or(line.strip_prefix("SigCgt:")));
    let mut masks = masks.filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    (1..=64).contains(&signal) && masks.any(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Other systems have no safe way to ask.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_taken(_: i32) -> bool {
    false
}
