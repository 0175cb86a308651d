//! Random programs that lose wakers: reported are those tasks, and only those, that an oracle knows to be lost.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::future::{pending, poll_fn};
use std::path::Path;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glassloop::{
    Clock, Queue, Report, create_task_named, join, sleep, sleep_forever, timeout, timeout_scope, yield_now,
};

use crate::common::{Reports, ms, scratch};

/// Which task left a waker, whether it was rung for, and the waker; no task, if the waker is that of a combinator.
type Left = (Option<usize>, Rc<Cell<bool>>, Waker);

/// Places for one waker each: whoever comes later takes the place, and who stood there hears nothing.
struct World {
    random: Cell<u64>,
    bells: [RefCell<Option<Left>>; 3],
    queue: Queue<u8>,
    doing: RefCell<BTreeMap<usize, Doing>>,
}

/// What a task is in the middle of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Doing {
    /// Waits for wakers that it left in the places, and for nothing else.
    Bells,
    /// Waits for something of the loop's too, or in a way that nobody can see through.
    More,
    /// Waits without a waker, and nobody has its handle.
    Nothing,
}

impl World {
    fn below(&self, bound: u64) -> u64 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        x % bound
    }

    fn time(&self) -> Duration {
        ms([0, 1, 2, 5, 40][self.below(5) as usize])
    }

    fn bell(&self) -> &RefCell<Option<Left>> {
        &self.bells[self.below(3) as usize]
    }

    async fn listen(&self, me: Option<usize>) {
        let bell = self.bell();
        let rung = Rc::new(Cell::new(false));
        let mut left = false;
        poll_fn(|cx| {
            if !left {
                left = true;
                let former = bell.replace(Some((me, rung.clone(), cx.waker().clone())));
                drop(former);
            }
            if rung.get() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    async fn step(&self, me: usize) {
        let doing = |doing| {
            self.doing.borrow_mut().insert(me, doing);
        };
        doing(Doing::More);
        match self.below(14) {
            0 | 1 => sleep(self.time()).await,
            2..=4 => {
                doing(Doing::Bells);
                self.listen(Some(me)).await;
            }
            5 => {
                doing(Doing::Bells);
                join!(self.listen(Some(me)), self.listen(Some(me))).await;
            }
            6 => drop(timeout(self.time(), self.listen(Some(me))).await),
            7 | 8 => {
                let left = self.bell().take();
                if let Some((_, rung, waker)) = left {
                    rung.set(true);
                    waker.wake();
                }
            }
            9 => drop(self.bell().take()), // the mistake
            10 => drop(timeout(self.time(), self.queue.get()).await),
            11 => yield_now().await,
            12 => match self.below(4) {
                0 => {
                    doing(Doing::Nothing);
                    pending().await
                }
                1 => sleep_forever().await,
                2 => drop(timeout_scope(None, async |_| self.listen(Some(me)).await).await),
                _ => {
                    let mut both: FuturesUnordered<_> = [self.listen(None), self.listen(None)].into_iter().collect();
                    both.next().await;
                }
            },
            _ => drop(self.queue.put_nowait(1)),
        }
        doing(Doing::More);
    }

    /// Those that nothing can wake.
    fn lost(&self) -> BTreeSet<usize> {
        let left: BTreeSet<usize> = self.bells.iter().filter_map(|bell| bell.borrow().as_ref()?.0).collect();
        let doing = self.doing.borrow();
        doing.iter().filter(|(me, doing)| **doing != Doing::More && !left.contains(me)).map(|(me, _)| *me).collect()
    }
}

/// In debug mode, or recording in that file.
fn run(seed: u64, file: Option<&Path>) -> usize {
    let world = Rc::new(World {
        random: Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
        bells: Default::default(),
        queue: Queue::new(),
        doing: RefCell::default(),
    });
    let reports = Reports::default();
    let clock = Clock::new_virtual();
    let runtime = file.map_or_else(|| reports.runtime(&clock), |file| reports.recording_runtime(&clock, file));
    let lost = runtime
        .block_on(async {
            for me in 0..8 {
                let world = world.clone();
                let task = async move {
                    for _ in 0..1 + world.below(5) {
                        world.step(me).await;
                    }
                    world.doing.borrow_mut().remove(&me);
                };
                create_task_named(me.to_string(), task).detach();
            }
            sleep(ms(60_000)).await; // by now, all timers of the tasks are over
            world.lost()
        })
        .expect("no deadlock");
    let reported = reports.take();
    let said = reported.iter().filter_map(|report| match report {
        Report::LostWake { name, .. } => Some(name.parse().expect("a number")),
        Report::NeverPolled { .. } | Report::PendingAtEnd { .. } => None,
        other => panic!("program {seed}: {other}"),
    });
    let said: Vec<usize> = said.collect();
    let set: BTreeSet<usize> = said.iter().copied().collect();
    assert_eq!(said.len(), set.len(), "program {seed}: said twice");
    assert_eq!(set, lost, "program {seed}: {:?}", world.doing);
    lost.len()
}

#[test]
fn reported_are_the_lost_and_only_they() {
    let file = scratch("oracle.glt");
    let lost: usize = (1..=5000).map(|seed| run(seed, (seed % 10 == 0).then_some(&file))).sum();
    fs::remove_file(&file).expect("it was written");
    println!("{lost} lost tasks");
    assert!(lost > 2000, "the programs lose too little: {lost}");
}
