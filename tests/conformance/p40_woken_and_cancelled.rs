//! A waiter that is woken and cancelled in the same turn, with every primitive; then who is next.

use std::cell::OnceCell;
use std::rc::Rc;

use glassloop::{Lock, Queue, ReturnWhen, Semaphore, TaskHandle, call_later, create_task, gather, sleep, wait};

use crate::trace::{T, Trace};

async fn through<R>(out: Trace, name: &'static str, aw: impl Future<Output = R>) -> R {
    let finally = out.unless_finished(format!("{name} dropped"));
    let r = aw.await;
    finally.finish();
    out.log(format!("{name} through"));
    r
}

/// Two wait for what `make` makes; the first is woken and cancelled in the same turn.
async fn pair<F: Future + 'static>(out: &Trace, make: impl Fn() -> F, release: impl FnOnce()) {
    let ts = ["first", "second"].map(|n| create_task(through(out.clone(), n, make())));
    sleep(T(1)).await;
    release();
    ts[0].cancel();
    gather(ts).await;
}

pub(crate) async fn main(out: &Trace) {
    out.log("lock");
    let lock = Lock::new();
    let guard = lock.acquire().await;
    let l = lock.clone();
    let acquire = || {
        let l = l.clone();
        async move { l.acquire().await }
    };
    pair(out, acquire, || drop(guard)).await;
    out.log(format!("locked: {}", lock.locked()));
    out.log("semaphore");
    let sem = Semaphore::new(0);
    let s = sem.clone();
    let acquire = || {
        let s = s.clone();
        async move { s.acquire().await }
    };
    pair(out, acquire, || sem.add_permits(1)).await;
    out.log(format!("locked: {}", sem.locked()));
    out.log("queue");
    let q = Queue::new();
    let get = || {
        let q = q.clone();
        async move {
            q.get().await.unwrap();
            q.put_nowait(1).unwrap();
        }
    };
    pair(out, get, || q.put_nowait(1).unwrap()).await;
    out.log(format!("size {}", q.len()));
    out.log("sleep");
    let t = create_task(through(out.clone(), "sleeper", async { sleep(T(1)).await }));
    let h = t.handle();
    call_later(T(1), move || {
        h.cancel();
    });
    wait([&t], ReturnWhen::AllCompleted).await;
    out.log(format!("cancelled: {}", t.is_cancelled()));
    out.log("task");
    let inner = create_task(sleep(T(1)));
    let slot = Rc::<OnceCell<TaskHandle>>::default();
    let s = slot.clone();
    inner.add_done_callback(move |_| {
        s.get().unwrap().cancel();
    });
    let t = create_task(through(out.clone(), "awaiter", inner));
    slot.set(t.handle()).unwrap();
    wait([&t], ReturnWhen::AllCompleted).await;
    out.log(format!("cancelled: {}", t.is_cancelled()));
}
