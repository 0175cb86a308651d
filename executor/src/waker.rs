//! From a waker to its executor: the table of functions behind every waker, and who polls on this thread.
//!
//! One of the two files with `unsafe`: once to build a `Waker` from a table of safe functions, once to follow
//! the thread's pointer to the executor that runs on it.

use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::task::{Context, RawWaker, RawWakerVTable, Waker};

use crate::core::Core;
use crate::observer::{Event, Via};
use crate::remote::{self, ExecutorId};
use crate::task::TaskRef;
use crate::ticket::Ticket;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("glassloop packs a ticket into the data word of a waker: it needs a 64-bit target");

/// All that a waker can do. The data word is a ticket, not a pointer: there is nothing to count and nothing to free.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, drop_nothing);

/// The same, and it tells of clones and drops: for polls that somebody observes. So it is known who holds a waker of a task.
static WATCHED: RawWakerVTable = RawWakerVTable::new(clone_watched, wake_watched, wake, drop_watched);

/// The waker of whoever holds `ticket`.
#[inline]
pub(crate) fn of_ticket(ticket: Ticket) -> Waker {
    with_table(ticket, &VTABLE)
}

/// One of the two.
#[derive(Clone, Copy)]
pub(crate) struct Table(&'static RawWakerVTable);

impl Table {
    pub(crate) fn plain() -> Table {
        Table(&VTABLE)
    }

    #[cfg(feature = "trace")]
    pub(crate) fn watched() -> Table {
        Table(&WATCHED)
    }
}

/// The waker that a poll is given.
#[inline]
pub(crate) fn for_poll(ticket: Ticket, table: Table) -> Waker {
    with_table(ticket, table.0)
}

/// `table` must be one of the two above.
#[inline]
fn with_table(ticket: Ticket, table: &'static RawWakerVTable) -> Waker {
    // SAFETY: the functions of both tables are safe for *any* data word on any thread: none of them follows it as a pointer. So the
    // contract of `RawWaker` (clone, wake and drop may be called from anywhere, once or never) holds trivially.
    unsafe { Waker::new(ptr::without_provenance(ticket.0 as usize), table) }
}

#[inline]
fn ticket_of(data: *const (), vtable: &'static RawWakerVTable) -> Option<Ticket> {
    (ptr::eq(vtable, &VTABLE) || ptr::eq(vtable, &WATCHED)).then(|| Ticket(data.addr() as u64))
}

/// A waker for a primitive of this project to keep: for a task of ours a plain copy of the ticket, which is not an *escape*
/// (see `clone` below); for a combinator that polls with a waker of its own, a clone of that.
#[inline]
pub fn own_waker(cx: &Context<'_>) -> Waker {
    let waker = cx.waker();
    let Some(ticket) = ticket_of(waker.data(), waker.vtable()) else { return waker.clone() };
    if ptr::eq(waker.vtable(), &WATCHED) {
        with_current(|core| core.tickets_taken.set(core.tickets_taken.get() + 1));
    }
    of_ticket(ticket)
}

/// The ticket of whoever is being polled on this thread; a word to keep, for reports. See [`task_of_ticket`].
#[inline]
pub fn own_ticket() -> Option<Ticket> {
    with_current(|core| core.polling.get())?
}

/// Whose ticket it is; `None` if that task is gone, or is none of the executor that runs on this thread.
pub fn task_of_ticket(ticket: Ticket) -> Option<TaskRef> {
    with_current(|core| core.task_ref(ticket))?
}

/// Which task a waker wakes; `None` if it is no task of the executor that runs on this thread, or is gone.
pub fn task_of(waker: &Waker) -> Option<TaskRef> {
    task_of_parts(waker.data(), waker.vtable())
}

/// The ticket in a waker of ours, of whichever executor.
#[inline]
pub(crate) fn ticket_of_waker(waker: &Waker) -> Option<Ticket> {
    ticket_of(waker.data(), waker.vtable())
}

/// As [`task_of`], of a waker known by its two words.
pub fn task_of_parts(data: *const (), vtable: &'static RawWakerVTable) -> Option<TaskRef> {
    let ticket = ticket_of(data, vtable)?;
    with_current(|core| core.task_ref(ticket))?
}

/// A stranger keeps a waker: nobody knows any more who may wake the task, so no deadlock involving it is ever certain.
fn clone(data: *const ()) -> RawWaker {
    let ticket = Ticket(data.addr() as u64);
    if !with_current(|core| core.mark_escaped(ticket)).unwrap_or(false) {
        remote::mark_escaped(ticket);
    }
    RawWaker::new(data, &VTABLE)
}

fn wake(data: *const ()) {
    let ticket = Ticket(data.addr() as u64);
    if with_current(|core| core.wake_untold(ticket)) != Some(true) {
        wake_the_long_way(ticket);
    }
}

/// The executor does not run on this thread, or somebody observes it, or its run queue has to grow.
#[cold]
#[inline(never)]
fn wake_the_long_way(ticket: Ticket) {
    let local = with_current(|core| {
        let local = core.id.index == ticket.executor();
        if local {
            core.wake(ticket, Via::Local);
        }
        local
    });
    if local != Some(true) {
        remote::wake(ticket);
    }
}

fn drop_nothing(_: *const ()) {}

fn clone_watched(data: *const ()) -> RawWaker {
    let ticket = Ticket(data.addr() as u64);
    let plain = clone(data);
    // Where its executor does not run, its drop cannot be told either.
    if with_current(|core| core.waker_cloned(ticket)) == Some(true) { RawWaker::new(data, &WATCHED) } else { plain }
}

fn wake_watched(data: *const ()) {
    wake(data);
    drop_watched(data);
}

fn drop_watched(data: *const ()) {
    with_current(|core| core.waker_dropped(Ticket(data.addr() as u64)));
}

thread_local! {
    /// Who polls on this thread. `const` and without a destructor: a plain load, usable during thread exit too.
    static CURRENT: Cell<Option<NonNull<Core>>> = const { Cell::new(None) };
}

/// Makes `core` the executor of this thread while `f` runs; then, also on a panic, the former one again.
pub(crate) fn enter<R>(core: &Core, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<NonNull<Core>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = CURRENT.try_with(|current| current.set(self.0));
        }
    }
    let _restore = Restore(CURRENT.replace(Some(NonNull::from(core))));
    f()
}

/// Calls `f` with the executor that runs on this thread, if one does.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(&Core) -> R) -> Option<R> {
    let core = CURRENT.try_with(Cell::get).ok().flatten()?;
    // SAFETY: only `enter` sets the pointer, from a reference that lives until `enter` returns, and puts the former one back on
    // every way out. So what is found here lives at least as long as this call. The cell is this thread's own.
    Some(f(unsafe { core.as_ref() }))
}

/// Tells the observer of `executor`, if that is the one that runs on this thread: numbers of its tasks say nothing to another.
pub(crate) fn emit<'e>(executor: ExecutorId, event: impl FnOnce() -> Event<'e>) {
    if cfg!(feature = "trace") {
        with_current(|core| {
            if core.id == executor {
                core.emit(event);
            }
        });
    }
}
