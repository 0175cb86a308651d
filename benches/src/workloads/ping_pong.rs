//! `ping_pong`: two tasks and two queues with room for one item. A step is a number sent there and back.
//!
//! Equal for all: the tasks, the room, that every number comes back. Not equal: the queue. Each runtime has its own, and the fastest
//! one that its users may take instead: local-sync on those whose tasks need not be `Send`.
//!
//! The limit: two cells, and a turn for each side: a number from a queue and one indirect call.

use std::cell::Cell;
use std::rc::Rc;

use crate::contender::{CPU, Contender, LIMIT, Workload};
use crate::peers::*;
use crate::workloads::channels::*;
use crate::workloads::floor::{self, Job, Ready};

const ROUNDS: u64 = 20_000;
const RETURNED: u64 = ROUNDS * (ROUNDS - 1) / 2;

macro_rules! plays {
    ($peer:ident with $channel:ident) => {
        $peer::PEER
            .batches(ROUNDS, || {
                let mut runtime = $peer::Runtime::new();
                Box::new(move || {
                    let (there, mut from) = $channel::bounded::<u64>(1);
                    let (to, mut back) = $channel::bounded::<u64>(1);
                    let ping = async move {
                        let mut returned = 0;
                        for number in 0..ROUNDS {
                            $channel::send(&there, number).await;
                            returned += $channel::receive(&mut back).await;
                        }
                        returned
                    };
                    let pong = async move {
                        for _ in 0..ROUNDS {
                            let number = $channel::receive(&mut from).await;
                            $channel::send(&to, number).await;
                        }
                    };
                    let returned = runtime.block_on(async {
                        let (ping, pong) = ($peer::spawn(ping), $peer::spawn(pong));
                        $peer::join(pong).await;
                        $peer::join(ping).await
                    });
                    assert_eq!(returned, RETURNED);
                })
            })
            .with($channel::NAME)
    };
}

fn limit() -> Contender {
    LIMIT.batches(ROUNDS, || {
        Box::new(|| {
            let (there, back) = (Rc::new(Cell::new(None)), Rc::new(Cell::new(None)));
            let returned = Rc::new(Cell::new(0));
            let (out, from) = (there.clone(), back.clone());
            let (mut next, sum) = (0, returned.clone());
            let ping: Job = Box::new(move |ready: &mut Ready| {
                sum.set(sum.get() + from.take().unwrap_or(0));
                if next < ROUNDS {
                    out.set(Some(next));
                    next += 1;
                    ready.push_back(1);
                }
            });
            let pong: Job = Box::new(move |ready: &mut Ready| {
                back.set(there.take());
                ready.push_back(0);
            });
            floor::run(&mut [ping, pong], &mut Ready::from([0]));
            assert_eq!(returned.get(), RETURNED);
        })
    })
}

pub(super) fn workloads() -> Vec<Workload> {
    let mut contenders = vec![
        plays!(glassloop with queue),
        plays!(tokio with tokio_mpsc),
        plays!(tokio with flumes),
        plays!(tokio_local with tokio_mpsc),
        plays!(tokio_local with local_sync_mpsc),
        plays!(smol with async_channels),
        plays!(smol with flumes),
        plays!(smol with local_sync_mpsc),
        plays!(local_pool with async_channels),
        plays!(local_pool with local_sync_mpsc),
        limit(),
    ];
    #[cfg(target_os = "linux")]
    contenders.extend([
        plays!(monoio with local_sync_mpsc),
        plays!(monoio with async_channels),
        plays!(monoio_epoll with local_sync_mpsc),
        plays!(compio with local_sync_mpsc),
        plays!(compio with flumes),
        plays!(glommio with local_sync_mpsc),
    ]);
    vec![Workload {
        group: "queue",
        name: "ping_pong".into(),
        step: "a number there and back",
        metrics: CPU,
        contenders,
    }]
}
