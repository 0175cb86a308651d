//! Ctrl-C as asyncio has it: the first ends main in good order, the second ends the process.
//!
//! One flag of the process says what a Ctrl-C does: what it always does, if the flag is up. Whoever listens takes it down; the signal's
//! handler puts it up again, so the second Ctrl-C gets through even to a loop that a task blocks. That the flag is up is how the listener
//! knows of the first. Because a loop that sleeps looks at no flag, a thread of the process waits for signals too, and wakes it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

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
fn the_flag() -> Option<Arc<AtomicBool>> {
    static FLAG: std::sync::OnceLock<Option<Arc<AtomicBool>>> = std::sync::OnceLock::new();
    FLAG.get_or_init(|| if is_taken() { None } else { install().ok() }).clone()
}

#[cfg(not(unix))]
fn the_flag() -> Option<Arc<AtomicBool>> {
    None
}

#[cfg(unix)]
fn install() -> std::io::Result<Arc<AtomicBool>> {
    use signal_hook::consts::SIGINT;

    let up = Arc::new(AtomicBool::new(true));
    // In this order: the first Ctrl-C finds the flag down, and puts it up.
    signal_hook::flag::register_conditional_default(SIGINT, up.clone())?;
    signal_hook::flag::register(SIGINT, up.clone())?;
    let mut signals = signal_hook::iterator::Signals::new([SIGINT])?;
    let wake = move || {
        for _ in signals.forever() {
            if let Some(unparker) = &*listener() {
                unparker.wake_by_ref();
            }
        }
    };
    // Should this fail, the flag stays up, and all is as without us.
    std::thread::Builder::new().name("glassloop-signals".into()).spawn(wake)?;
    Ok(up)
}

/// Whether Ctrl-C is ignored, as a shell does for what it starts with `&`, or the program has a handler of its own; asyncio leaves both alone.
#[cfg(target_os = "linux")]
fn is_taken() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let masks = status.lines().filter_map(|line| line.strip_prefix("SigIgn:").or(line.strip_prefix("SigCgt:")));
    let mut masks = masks.filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    masks.any(|mask| mask >> (signal_hook::consts::SIGINT - 1) & 1 == 1)
}

/// Other systems have no safe way to ask.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_taken() -> bool {
    false
}
