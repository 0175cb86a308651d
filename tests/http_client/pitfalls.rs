//! Mistakes that other runtimes made, where a client could make them again; `docs/pitfalls.md` has the list.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glassloop::http::{Body, Client};
use glassloop::{JoinError, create_task, run};

use crate::raw_server::{HELLO, Hold, RawServer, Recv, Sleep, send};
use crate::{run_virtual, text};

/// Waiting for a place, for a redirect's answer, for parts of a body: by the waker that was given.
#[test]
fn pitfall_18_requests_in_futures_unordered() {
    run_virtual(async {
        let moved = "HTTP/1.1 303 See Other\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n";
        let late = HELLO.split_at(HELLO.len() - 3);
        let exchange = [Recv, Sleep(5), send(moved), Recv, Sleep(5), send(late.0), Sleep(5), send(late.1)];
        let server = RawServer::start(vec![vec![exchange; 12].concat()]).await;
        let client = Client::builder().no_proxy().max_connections_per_host(2).build();
        let ask = async |_: usize| {
            let parts = futures_util::stream::iter(["a", "b"]).then(async |part| {
                glassloop::sleep(Duration::from_millis(1)).await;
                Ok::<_, std::io::Error>(part)
            });
            client.post(server.url("/")).body(Body::stream(parts)).await.unwrap().text().await.unwrap()
        };
        let asking: Vec<_> = (0..12).map(ask).collect::<FuturesUnordered<_>>().collect().await;
        assert_eq!((asking, server.connections()), (vec!["hello\n".to_owned(); 12], 2));
    });
}

#[test]
fn pitfall_22_a_body_that_panics_costs_its_own_task_and_connection() {
    run_virtual(async {
        let server = RawServer::start(vec![vec![Recv, send(HELLO), Hold]]).await;
        let client = Client::builder().no_proxy().max_connections(1).build();
        let panics = futures_util::stream::iter(0..3).map(|part| {
            assert!(part < 1, "a body that panics, on purpose");
            Ok::<_, std::io::Error>("a part")
        });
        let (theirs, url) = (client.clone(), server.url("/"));
        let asking = create_task(async move { theirs.post(url).body(Body::stream(panics)).await.map(drop) });
        assert!(matches!(asking.await, Err(JoinError::Panicked(_))));
        let next = glassloop::timeout(Duration::from_secs(5), text(&client, server.url("/"))).await;
        assert_eq!(next.expect("the place is free again").unwrap(), "hello\n");
        assert_eq!(server.connections(), 2);
    });
}

/// It has an idle connection, and goes after all that its loop kept in the thread.
#[test]
fn pitfall_27_a_client_and_a_response_dropped_while_their_thread_exits() {
    thread_local!(static LATE: RefCell<Vec<Box<dyn std::any::Any>>> = const { RefCell::new(Vec::new()) });
    let thread = std::thread::spawn(|| {
        LATE.with(|late| assert!(late.borrow().is_empty())); // registered first, and so dropped last
        let kept = run(async {
            let server = RawServer::start(vec![vec![Recv, send(HELLO), Recv, send(HELLO), Hold]]).await;
            let client = Client::builder().no_proxy().build();
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
            let unread = client.get(server.url("/")).await.unwrap();
            assert!(unread.is_reused());
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
            (client, unread)
        });
        LATE.with(|late| late.borrow_mut().push(Box::new(kept)));
    });
    thread.join().expect("nothing panics at the exit");
}

#[test]
fn pitfall_31_limits_without_end_do_not_overflow() {
    run_virtual(async {
        let server = RawServer::start(vec![vec![[Recv, Sleep(1_000_000), send(HELLO)]; 3].concat()]).await;
        let builder = Client::builder().no_proxy().timeout(Duration::MAX).connect_timeout(Duration::MAX);
        let builder = builder.read_timeout(Duration::MAX).idle_timeout(Duration::MAX).dns_cache_time(Duration::MAX);
        let builder = builder.max_connections(usize::MAX).max_connections_per_host(usize::MAX).max_idle(usize::MAX);
        let client = builder.max_body_bytes(u64::MAX).max_decoded_bytes(u64::MAX).build();
        for _ in 0..2 {
            assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        }
        let asked = client.get(server.url("/")).timeout(Duration::MAX).await.unwrap();
        assert_eq!((asked.text().await.unwrap(), server.connections()), ("hello\n".to_owned(), 1));
    });
}

#[cfg(feature = "trace")]
#[test]
fn pitfall_36_a_request_that_is_over_leaves_no_timer() {
    use glassloop::trace::{reactor, snapshot};

    run_virtual(async {
        let armed = || {
            let snapshot = snapshot().unwrap();
            snapshot.reactor.iter().filter(|event| matches!(event, reactor::Event::TimerArm { .. })).count()
        };
        let second = Duration::from_secs(1);
        // No connection is kept, and so nobody has to look after one.
        let last = HELLO.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let server = RawServer::start(vec![vec![Recv, send(&last)]]).await;
        let client = Client::builder().no_proxy().timeout(second).read_timeout(second).build();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert_eq!(armed(), 0, "answered");
        let server = RawServer::start(vec![vec![Recv, Hold]]).await;
        let (theirs, url) = (client.clone(), server.url("/"));
        let asking = create_task(async move { text(&theirs, url).await.map(drop) });
        glassloop::sleep(second / 2).await;
        assert!(armed() > 0, "it waits");
        asking.cancel();
        assert!(asking.await.unwrap_err().is_cancelled());
        assert_eq!(armed(), 0, "given up");
        assert!(text(&client, server.url("/")).await.unwrap_err().is_timeout());
        assert_eq!(armed(), 0, "too late");
    });
}
