//! Learning that a child process has ended: from a file descriptor that becomes readable then, or else from a thread that waits.
//!
//! Only the loop's thread reaps (takes the status, which frees the number for another process). So as long as it has not,
//! the number is the child's, and a signal cannot hit a stranger.

#[cfg(target_os = "linux")]
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use glassloop_executor::own_waker;
#[cfg(target_os = "linux")]
use glassloop_reactor::Direction;
use glassloop_reactor::{Reactor, Source};
#[cfg(target_os = "linux")]
use mio::{Interest, Registry, Token, unix::SourceFd};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::net::Site;

/// Who tells of the end.
pub(super) enum Exit {
    #[cfg(target_os = "linux")]
    Descriptor(Source<PidFd>),
    Thread(Arc<Mutex<Handover>>),
}

/// Linux's descriptor of a process: readable once it has ended.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct PidFd(OwnedFd);

#[derive(Default)]
pub(super) struct Handover {
    ended: bool,
    waker: Option<Waker>,
}

impl Exit {
    /// # Errors
    /// If there is neither a descriptor nor a thread to be had.
    pub(super) fn of(reactor: &Reactor, pid: Pid) -> std::io::Result<Exit> {
        // Kernels before 5.3 have none, and some sandboxes forbid it.
        #[cfg(target_os = "linux")]
        if let Ok(fd) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())
            && let Ok(source) = Source::new_readable(reactor, PidFd(fd), "process")
        {
            return Ok(Exit::Descriptor(source));
        }
        #[cfg(not(target_os = "linux"))]
        let _ = reactor;
        Exit::by_thread(pid)
    }

    fn by_thread(pid: Pid) -> std::io::Result<Exit> {
        let handover = Arc::new(Mutex::new(Handover::default()));
        let theirs = Arc::clone(&handover);
        let wait = move || {
            // It looks, and leaves the reaping to the loop's thread.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {}
            let mut handover = lock(&theirs);
            handover.ended = true;
            let waker = handover.waker.take();
            drop(handover);
            if let Some(waker) = waker {
                waker.wake();
            }
        };
        thread::Builder::new().name(format!("process {}", pid.as_raw_nonzero())).spawn(wait)?;
        Ok(Exit::Thread(handover))
    }

    /// Reaps the child once it has ended: then `reap` gives `Some`.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        site: Site,
        reap: impl Fn() -> std::io::Result<Option<T>>,
    ) -> Poll<std::io::Result<T>> {
        match self {
            #[cfg(target_os = "linux")]
            Exit::Descriptor(source) => source.poll_io(
                Direction::Read,
                || site.wait(cx),
                |_| reap().and_then(|status| status.ok_or(io::ErrorKind::WouldBlock.into())),
            ),
            Exit::Thread(handover) => {
                let mine = own_waker(cx);
                let mut handover = lock(handover);
                if !handover.ended {
                    let former = handover.waker.replace(mine);
                    drop(handover);
                    drop(former); // it may be a stranger's
                    return Poll::Pending;
                }
                drop(handover);
                let none = || std::io::Error::other("it has ended, and there is no status");
                Poll::Ready(reap().and_then(|status| status.ok_or_else(none)))
            }
        }
    }
}

fn lock(handover: &Mutex<Handover>) -> MutexGuard<'_, Handover> {
    handover.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(target_os = "linux")]
impl mio::event::Source for PidFd {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::process::{Command, Stdio};

    use super::*;

    /// The way that other systems than Linux go.
    #[test]
    fn a_thread_tells_of_the_end_and_the_loop_reaps() {
        let child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let child = RefCell::new(child);
        let status = crate::run(async {
            let exit = Exit::by_thread(pid).unwrap();
            let closing = crate::create_task({
                let stdin = child.borrow_mut().stdin.take();
                async move { drop(stdin) }
            });
            let site = Site::caller("process");
            // A thread of ours keeps the loop from being sure that nothing can wake it.
            let _outside = std::rc::Rc::clone(&crate::context::expect("a test").outside);
            let status = poll_fn(|cx| exit.poll(cx, site, || child.borrow_mut().try_wait())).await;
            closing.await.unwrap();
            status
        });
        assert!(status.unwrap().success());
    }
}
