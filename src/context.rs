//! The loop that runs on this thread, found by every call that needs one: the root crate's only thread-local.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use glassloop_executor::{Executor, ExecutorId};
use glassloop_reactor::{Instant, Reactor};

use crate::blocking::Pool;
use crate::handle::{Door, RemoteTasks};
use crate::report::{OnReport, Report};
use crate::waiters::{Change, Resource, Seen};

/// All that belongs to one loop.
pub(crate) struct Context {
    pub(crate) executor: Executor,
    pub(crate) reactor: Reactor,
    pub(crate) pool: Pool,
    /// Cloned by each piece of work that goes on outside of the loop, such as a child process.
    pub(crate) outside: Rc<()>,
    /// Where other threads come in, and the tasks they have started.
    pub(crate) door: Arc<Door>,
    pub(crate) remote_tasks: RemoteTasks,
    on_report: OnReport,
    /// In debug mode, its observer.
    #[cfg(feature = "trace")]
    pub(crate) debug: std::cell::OnceCell<Rc<crate::debug::Debug>>,
    /// In debug mode, and while a trace is recorded: what knows of each task what came before.
    #[cfg(feature = "trace")]
    pub(crate) watch: std::cell::OnceCell<Rc<crate::diagnosis::watch::Watch>>,
    /// What tasks may wait for besides time and sockets, for whoever looks.
    resources: RefCell<BTreeMap<u64, Weak<dyn Resource>>>,
    next_resource: Cell<u64>,
    /// Socket operations done in the poll with this number.
    budget: Cell<(u64, u32)>,
    /// Counts the polls of fair `select!`s.
    pub(crate) selects: Cell<u64>,
    #[cfg(feature = "trace")]
    pub(crate) hub: Rc<crate::trace::Hub>,
}

/// Socket operations in one poll before the task has to let others run (pitfall: a socket that is always ready).
const BUDGET: u32 = 128;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Context>>> = const { RefCell::new(None) };
}

/// The loop that runs on this thread, if one does; also `None` late in a thread's exit.
#[inline]
pub(crate) fn current() -> Option<Rc<Context>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// The loop that runs on this thread.
///
/// # Panics
/// If none does: says which call needed it, and what to write.
#[inline]
#[track_caller]
pub(crate) fn expect(call: &'static str) -> Rc<Context> {
    // No closure: the panic is to name the caller's line.
    match current() {
        Some(context) => context,
        None => panic_without_loop(call),
    }
}

/// A look at the loop that runs on this thread, if one does: cheaper than [`current`]. `look` must call nothing foreign, as nobody can enter
/// another loop meanwhile.
#[inline]
pub(crate) fn try_look<R>(look: impl FnOnce(&Context) -> R) -> Option<R> {
    CURRENT.try_with(|current| current.borrow().as_deref().map(look)).ok().flatten()
}

/// As [`try_look`], where a loop is needed.
///
/// # Panics
/// As [`expect`].
#[inline]
#[track_caller]
pub(crate) fn look<R>(call: &'static str, look: impl FnOnce(&Context) -> R) -> R {
    match try_look(look) {
        Some(seen) => seen,
        None => panic_without_loop(call),
    }
}

/// The time by the clock of the loop that runs on this thread, and which loop that is.
///
/// # Panics
/// As [`expect`].
#[inline]
#[track_caller]
pub(crate) fn now(call: &'static str) -> (Instant, ExecutorId) {
    look(call, |context| (context.reactor.clock().now(), context.executor.id()))
}

#[cold]
#[track_caller]
fn panic_without_loop(call: &'static str) -> ! {
    let thread = std::thread::current();
    panic!(
        "glassloop: {call} needs a running loop, and none runs on thread {:?}. Write:\n    \
         fn main() {{ glassloop::run(start()) }}\n    \
         async fn start() {{ /* {call} goes here */ }}",
        thread.name().unwrap_or("(unnamed)")
    )
}

/// Makes `context` the loop of this thread while `f` runs; then, also on a panic, the former one again.
pub(crate) fn enter<R>(context: &Rc<Context>, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<Rc<Context>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let former = self.0.take();
            let _ = CURRENT.try_with(|current| current.replace(former));
        }
    }
    // Late in a thread's exit there is nobody left to find it; the executor needs nothing of this.
    let former = CURRENT.try_with(|current| current.replace(Some(context.clone())));
    let _restore = Restore(former.ok().flatten());
    context.executor.enter(f)
}

impl Context {
    pub(crate) fn new(executor: Executor, reactor: Reactor, on_report: OnReport) -> Context {
        let report = on_report.clone();
        executor.on_uncollected(Rc::new(move |uncollected| report(&uncollected.into())));
        Context {
            door: Door::new(executor.id(), reactor.unparker()),
            remote_tasks: RemoteTasks::default(),
            executor,
            on_report,
            #[cfg(feature = "trace")]
            debug: Default::default(),
            #[cfg(feature = "trace")]
            watch: Default::default(),
            pool: Pool::new(reactor.unparker()),
            reactor,
            outside: Rc::default(),
            resources: RefCell::default(),
            next_resource: Cell::new(1),
            budget: Cell::new((0, 0)),
            selects: Cell::new(0),
            #[cfg(feature = "trace")]
            hub: Rc::default(),
        }
    }

    /// Tells whoever the reports go to. Not to be called inside a borrow: what they do is theirs.
    pub(crate) fn report(&self, report: &Report) {
        (self.on_report)(report);
    }

    /// In debug mode, and while a trace is recorded, reports tasks that nothing can wake. To be asked when the loop is about to wait; `idle`: and nobody will ever run.
    #[cold]
    #[inline(never)]
    pub(crate) fn report_lost_wakes(&self, idle: bool) {
        #[cfg(feature = "trace")]
        if let Some(watch) = self.watch.get() {
            watch.report_lost_wakes(self, idle);
        }
        #[cfg(not(feature = "trace"))]
        let _ = idle;
    }

    /// Whether anything goes on outside of the loop, on other threads or in child processes: virtual time waits for it, and no
    /// deadlock is certain.
    pub(crate) fn works_outside(&self) -> bool {
        self.pool.is_busy() || Rc::strong_count(&self.outside) > 1
    }

    /// Takes a resource into the register, under a number never used again.
    pub(crate) fn add_resource(&self, resource: Weak<dyn Resource>) -> u64 {
        let id = self.next_resource.get();
        self.next_resource.set(id + 1);
        self.resources.borrow_mut().insert(id, resource);
        id
    }

    pub(crate) fn remove_resource(&self, id: u64) {
        self.resources.borrow_mut().remove(&id);
    }

    /// Shows every resource and who waits for it.
    pub(crate) fn visit_resources(&self, see: &mut dyn FnMut(u64, Seen)) {
        let resources: Vec<_> =
            self.resources.borrow().iter().filter_map(|(id, weak)| Some((*id, weak.upgrade()?))).collect();
        for (id, resource) in resources {
            see(id, resource.look());
        }
    }

    /// Whether anybody listens to this loop.
    pub(crate) fn is_observed(&self) -> bool {
        #[cfg(feature = "trace")]
        return self.hub.is_observed();
        #[cfg(not(feature = "trace"))]
        false
    }

    /// That a turn of the loop begins.
    #[inline]
    pub(crate) fn tell_turn(&self) {
        #[cfg(feature = "trace")]
        self.hub.tell_loop(crate::trace::LoopEvent::Turn);
    }

    /// The time, if a recorder has just read the clock.
    pub(crate) fn just_read(&self) -> Option<Instant> {
        #[cfg(feature = "trace")]
        return self.hub.just_read();
        #[cfg(not(feature = "trace"))]
        None
    }

    /// Tells who listens of a change of a resource.
    pub(crate) fn tell(&self, resource: u64, change: Change) {
        #[cfg(feature = "trace")]
        self.hub.resource(resource, &change);
        #[cfg(not(feature = "trace"))]
        let _ = (resource, change);
    }

    /// Counts one socket operation of the running poll. False when its task has had enough.
    pub(crate) fn spend_budget(&self) -> bool {
        let poll = self.executor.polls();
        let (of, spent) = self.budget.get();
        let spent = if of == poll { spent + 1 } else { 1 };
        self.budget.set((poll, spent));
        spent <= BUDGET
    }
}
