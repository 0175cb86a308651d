//! A loop that always has something to do still serves sockets, timers and other threads.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;

use glassloop::net::TcpListener;
use glassloop::{Clock, Runtime, create_task, gather, sleep, to_thread, yield_now};

use crate::common::{ms, run};
use crate::sockets::pair;

/// Yields until it is told to stop; how often it had its turn.
async fn spin(stop: Rc<Cell<bool>>) -> u32 {
    let mut turns = 0;
    while !stop.get() {
        turns += 1;
        yield_now().await;
    }
    turns
}

fn with_interval(polls: u32) -> Runtime {
    Runtime::builder().clock(Clock::new_virtual()).event_interval(polls).build().unwrap()
}

#[test]
fn l10_pitfall_15_a_busy_loop_looks_at_its_sockets() {
    for interval in [1, 64, 256] {
        let turns = with_interval(interval).block_on(async {
            let (mut near, mut far) = pair().await;
            let stop = Rc::new(Cell::new(false));
            let told = stop.clone();
            create_task(async move {
                far.read_exact(&mut [0; 1]).await.unwrap();
                told.set(true);
            })
            .detach();
            yield_now().await; // it waits now
            near.write_all(b"x").await.unwrap();
            spin(stop).await
        });
        let turns = turns.unwrap();
        assert!(turns <= interval + 4, "served only after {turns} turns at an interval of {interval}");
    }
}

/// Turns that take long are few: between two looks at the sockets is no more time than one turn of each task takes.
#[test]
fn pitfall_15_a_loop_with_long_turns_looks_at_its_sockets_after_each() {
    let clock = Clock::new_virtual();
    let runtime = Runtime::builder().clock(clock.clone()).build().unwrap();
    let longest = runtime.block_on(async {
        let (mut near, mut far) = pair().await;
        let served = Rc::new(Cell::new(0));
        let count = served.clone();
        let reader = create_task(async move {
            while far.read_exact(&mut [0; 1]).await.is_ok() {
                count.set(count.get() + 1);
            }
        });
        yield_now().await; // it waits now
        let mut longest = 0;
        for n in 1..=10 {
            near.write_all(b"x").await.unwrap();
            let mut turns = 0;
            while served.get() < n {
                turns += 1;
                clock.block_for(ms(5));
                yield_now().await;
            }
            longest = longest.max(turns);
        }
        drop(near);
        reader.await.unwrap();
        longest
    });
    let longest = longest.unwrap();
    // A turn in which the bytes come, one in which that is seen, and one for the reader.
    assert!(longest <= 3, "served only after {longest} turns of 5 ms");
}

#[test]
fn pitfall_15_many_busy_tasks_and_a_chain_of_connections() {
    with_interval(256)
        .block_on(async {
            let stop = Rc::new(Cell::new(false));
            let spinners: Vec<_> = (0..20).map(|_| create_task(spin(stop.clone()))).collect();
            let (mut near, mut far) = pair().await;
            let echo = create_task(async move {
                for _ in 0..20 {
                    let mut byte = [0];
                    far.read_exact(&mut byte).await.unwrap();
                    far.write_all(&byte).await.unwrap();
                }
            });
            for n in 0..20 {
                near.write_all(&[n]).await.unwrap();
                let mut byte = [0];
                near.read_exact(&mut byte).await.unwrap();
                assert_eq!(byte, [n]);
            }
            echo.await.unwrap();
            stop.set(true);
            for spinner in spinners {
                assert!(spinner.await.unwrap() > 20);
            }
        })
        .unwrap();
}

#[test]
fn a_busy_loop_on_a_real_clock_serves_timers_sockets_and_threads() {
    glassloop::run(async {
        let stop = Rc::new(Cell::new(false));
        let spinner = create_task(spin(stop.clone()));
        sleep(ms(1)).await;
        assert_eq!(to_thread(|| 7).await, 7);
        let (mut near, mut far) = pair().await;
        near.write_all(b"x").await.unwrap();
        far.read_exact(&mut [0; 1]).await.unwrap();
        stop.set(true);
        assert!(spinner.await.unwrap() > 0);
    });
}

#[test]
fn pitfall_16_a_socket_that_is_always_readable_starves_nobody() {
    let clock = Clock::new_virtual();
    let runtime = Runtime::builder().clock(clock.clone()).build().unwrap();
    runtime
        .block_on(async {
            const BYTES: usize = 16_384;
            let (mut near, mut far) = pair().await;
            near.write_all(&[1; BYTES]).await.unwrap();
            let done = Rc::new(Cell::new(false));
            let told = done.clone();
            let reader = create_task(async move {
                for _ in 0..BYTES {
                    far.read_exact(&mut [0; 1]).await.unwrap();
                }
                told.set(true);
            });
            let timed = create_task(sleep(ms(3)));
            let mut turns = 0;
            while !done.get() {
                turns += 1;
                clock.advance(ms(1));
                yield_now().await;
                assert!(turns < 5 || timed.is_done(), "the timer was due long ago");
            }
            assert!(turns >= BYTES / 256, "another task had {turns} turns meanwhile");
            reader.await.unwrap();
        })
        .unwrap();
}

#[test]
fn pitfall_16_writing_and_accepting_have_their_budget_too() {
    run(async {
        let stop = Rc::new(Cell::new(false));
        let spinner = create_task(spin(stop.clone()));
        let (mut near, mut far) = pair().await;
        let reader = create_task(async move { while far.read(&mut [0; 65_536]).await.unwrap() > 0 {} });
        for _ in 0..5000 {
            near.write_all(b"x").await.unwrap();
        }
        drop(near);
        reader.await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for _ in 0..3 {
            let clients =
                to_thread(move || (0..100).map(|_| std::net::TcpStream::connect(address)).collect::<Vec<_>>()).await;
            for client in &clients {
                let (stream, from) = listener.accept().await.unwrap();
                assert!(client.is_ok() && from == stream.peer_addr().unwrap());
            }
        }
        stop.set(true);
        assert!(spinner.await.unwrap() >= 5000 / 128 + 300 / 128);
    });
}

#[test]
fn pitfall_20_wakes_from_threads_are_seen_by_a_busy_loop() {
    run(async {
        let stop = Rc::new(Cell::new(false));
        let spinner = create_task(spin(stop.clone()));
        let jobs = gather((0..50).map(|n| {
            to_thread(move || {
                thread::yield_now();
                n
            })
        }))
        .await;
        assert_eq!(jobs, (0..50).collect::<Vec<_>>());
        stop.set(true);
        spinner.await.unwrap();
    });
}
