//! Every future of ours under combinators that are not: those that poll with the task's waker (`select!`), and one
//! that has a waker of its own for each future (`FuturesUnordered`).

use std::future::{Future, pending};
use std::pin::{Pin, pin};

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{AsyncReadExt, FutureExt};
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Queue, create_task, gather, sleep, timeout, to_thread, yield_now};

use crate::common::{ms, run};

type Leaf = Pin<Box<dyn Future<Output = &'static str>>>;

fn leaf(name: &'static str, future: impl Future<Output = ()> + 'static) -> Leaf {
    Box::pin(future.map(move |()| name))
}

/// One future of each kind; each has to wait, and somebody sees to it that it ends.
async fn leaves() -> Vec<Leaf> {
    let (empty, full, busy) = (Queue::<u8>::new(), Queue::bounded(1), Queue::new());
    full.put(1).await.unwrap();
    busy.put(1).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let idle = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, idle_address) = (listener.local_addr().unwrap(), idle.local_addr().unwrap());
    let mut reader = TcpStream::connect(address).await.unwrap();
    let (mut peer, _) = listener.accept().await.unwrap();
    let mut writer = TcpStream::connect(address).await.unwrap();
    let (mut sink, _) = listener.accept().await.unwrap();
    let chunk = vec![7; 1 << 20];
    while timeout(ms(1), writer.write_all(&chunk)).await.is_ok() {}

    let (items, room, work) = (empty.clone(), full.clone(), busy.clone());
    create_task(async move {
        sleep(ms(10)).await;
        items.put(1).await.unwrap();
        room.get().await.unwrap();
        work.task_done().unwrap();
        peer.write_all(b"x").await.unwrap();
        let _connection = TcpStream::connect(idle_address).await.unwrap();
        let mut drained = [0; 1 << 16];
        while sink.read(&mut drained).await.is_ok_and(|count| count > 0) {}
    })
    .detach();
    vec![
        leaf("sleep", sleep(ms(5))),
        leaf("yield_now", yield_now()),
        leaf("timeout", timeout(ms(5), pending::<()>()).map(|end| assert!(end.is_err()))),
        leaf("get", async move { assert_eq!(empty.get().await.unwrap(), 1) }),
        leaf("put", async move { full.put(2).await.unwrap() }),
        leaf("join", async move { busy.join().await }),
        leaf("task", create_task(sleep(ms(5))).map(Result::unwrap)),
        leaf("gather", gather([sleep(ms(4)), sleep(ms(5))]).map(drop)),
        leaf("to_thread", to_thread(|| ())),
        leaf("read", async move { assert_eq!(reader.read(&mut [0; 8]).await.unwrap(), 1) }),
        leaf("write", async move { writer.write_all(b"x").await.unwrap() }),
        leaf("accept", async move { drop(idle.accept().await.unwrap()) }),
    ]
}

const NAMES: [&str; 12] =
    ["accept", "gather", "get", "join", "put", "read", "sleep", "task", "timeout", "to_thread", "write", "yield_now"];

#[test]
fn pitfall_18_every_leaf_in_a_futures_unordered() {
    run(async {
        let unordered: FuturesUnordered<Leaf> = leaves().await.into_iter().collect();
        let mut names: Vec<_> = unordered.collect().await;
        names.sort_unstable();
        assert_eq!(names, NAMES);
    });
}

#[test]
fn every_leaf_in_a_select() {
    run(async {
        let mut names = Vec::new();
        for leaf in leaves().await {
            match select(leaf, pin!(pending::<()>())).await {
                Either::Left((name, _)) => names.push(name),
                Either::Right(_) => unreachable!("that one never ends"),
            }
        }
        names.sort_unstable();
        assert_eq!(names, NAMES);
    });
}

#[test]
fn every_leaf_that_lost_in_a_select_leaves_nothing_behind() {
    run(async {
        for leaf in leaves().await {
            let mut leaf = leaf.fuse();
            futures_util::select_biased! {
                _ = leaf => {}
                () = async {}.fuse() => {}
            }
        }
        sleep(ms(20)).await;
        let snapshot = glassloop::trace::snapshot().unwrap();
        let waits: Vec<_> = snapshot.resources.iter().flat_map(|(_, seen)| &seen.waits).collect();
        assert!(waits.is_empty(), "{waits:?}");
        assert!(snapshot.executor.joins.is_empty(), "{:?}", snapshot.executor.joins);
    });
}

#[test]
fn select_between_two_of_ours() {
    run(async {
        let queue = Queue::<u8>::new();
        let mut got = false;
        for _ in 0..2 {
            let (mut get, mut limit) = (pin!(queue.get().fuse()), pin!(sleep(ms(5)).fuse()));
            futures_util::select! {
                item = get => got = item == Ok(1),
                () = limit => queue.put(1).await.unwrap(),
            }
        }
        assert!(got);
    });
}

#[test]
fn the_futures_io_traits_under_foreign_helpers() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        let echo = create_task(async move {
            let (mut read, mut write) = far.split();
            futures_util::io::copy(&mut read, &mut write).await.unwrap()
        });
        let (mut read, mut write) = near.split();
        futures_util::AsyncWriteExt::write_all(&mut write, &[5; 100_000]).await.unwrap();
        drop(write);
        let mut back = Vec::new();
        read.read_to_end(&mut back).await.unwrap();
        assert_eq!((back.len(), echo.await.unwrap()), (100_000, 100_000));
    });
}
