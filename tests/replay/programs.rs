//! Random small programs: each seed is one, always the same (but for what other threads do when).

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use glassloop::{
    Queue, Task, create_task, create_task_named, gather, gather_results, join, sleep, timeout, to_thread, yield_now,
};

#[path = "grouped.rs"]
mod grouped;
#[path = "synced.rs"]
mod synced;
#[path = "timed.rs"]
mod timed;

struct World {
    random: Cell<u64>,
    queues: [Queue<u64>; 2],
    synced: synced::Synced,
    tasks: RefCell<Vec<Task<()>>>,
    /// Steps left: programs are small.
    steps: Cell<u32>,
}

impl World {
    /// Below `bound`, by xorshift.
    fn below(&self, bound: u64) -> u64 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        x % bound
    }

    fn time(&self) -> Duration {
        Duration::from_millis([0, 1, 2, 63, 64, 65, 300, 5000][self.below(8) as usize])
    }

    fn queue(&self) -> &Queue<u64> {
        &self.queues[self.below(2) as usize]
    }

    fn any_task(&self) -> Option<Task<()>> {
        let mut tasks = self.tasks.borrow_mut();
        let count = tasks.len() as u64;
        (count > 0).then(|| tasks.swap_remove(self.below(count) as usize))
    }
}

pub async fn program(seed: u64) {
    let world = Rc::new(World {
        random: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        queues: [Queue::new().named("any"), Queue::bounded(1)],
        synced: synced::Synced::new(),
        tasks: RefCell::default(),
        steps: Cell::new(24),
    });
    body(world, 0).await;
}

fn body(world: Rc<World>, depth: u32) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        let steps = 1 + world.below(6);
        for _ in 0..steps {
            let left = world.steps.get();
            if left == 0 {
                break;
            }
            world.steps.set(left - 1);
            step(&world, depth).await;
        }
    })
}

async fn step(world: &Rc<World>, depth: u32) {
    let deeper = depth < 3;
    match world.below(27) {
        0 => sleep(world.time()).await,
        1 => yield_now().await,
        2 => drop(timeout(world.time(), world.queue().put(world.below(100))).await),
        3 => drop(timeout(world.time(), world.queue().get()).await),
        4 => drop(world.queue().put_nowait(1)),
        5 => drop(world.queue().get_nowait()),
        6 => drop(timeout(world.time(), world.queue().join()).await),
        7 => drop(world.queue().task_done()),
        8 | 9 if deeper => world.tasks.borrow_mut().push(create_task(body(world.clone(), depth + 1))),
        10 if deeper => create_task_named("detached", body(world.clone(), depth + 1)).detach(),
        11 if deeper => {
            let children = 1 + world.below(4);
            let group = gather_results((0..children).map(|_| body(world.clone(), depth + 1)));
            drop(timeout(world.time(), group).await);
        }
        12 if deeper => {
            // Dropped before its children have started, or in the middle.
            let group = gather([body(world.clone(), depth + 1), body(world.clone(), depth + 1)]);
            if world.below(2) == 0 {
                yield_now().await;
            }
            drop(group);
        }
        13 => {
            if let Some(task) = world.any_task() {
                task.cancel();
                if world.below(2) == 0 {
                    drop(task.await);
                }
            }
        }
        14 => {
            if let Some(task) = world.any_task() {
                drop(timeout(world.time(), task).await);
            }
        }
        15 => from_another_thread().await,
        16 => drop(timeout(world.time(), to_thread(|| 1)).await),
        17 if depth > 0 && world.below(4) == 0 => resume_unwind(Box::new("on purpose")),
        18 => timed::step(&|bound| world.below(bound), world.time(), world.queue().get()).await,
        23..=26 if deeper => grouped::step(world, depth).await,
        19..=22 => world.synced.step(&|bound| world.below(bound), world.time()).await,
        _ => drop(join!(sleep(world.time()), timeout(world.time(), world.queue().get())).await),
    }
}

/// Waits for a wake that another thread sends.
async fn from_another_thread() {
    type Request = (Arc<AtomicBool>, Waker);
    static OTHER: LazyLock<Mutex<mpsc::Sender<Request>>> = LazyLock::new(|| {
        let (sender, receiver) = mpsc::channel::<Request>();
        thread::spawn(move || {
            for (done, waker) in receiver {
                done.store(true, Ordering::Release);
                waker.wake_by_ref();
                waker.wake(); // once too often does no harm
            }
        });
        Mutex::new(sender)
    });
    let done = Arc::new(AtomicBool::new(false));
    let mut sent = false;
    poll_fn(|cx| {
        if !std::mem::replace(&mut sent, true) {
            let other = OTHER.lock().expect("nobody panics with it");
            other.send((done.clone(), cx.waker().clone())).expect("the thread lives as long as the process");
        }
        if done.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
