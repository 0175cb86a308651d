//! Mistakes that other runtimes made, where a server could make them again; `docs/pitfalls.md` has the list.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use glassloop::http::{Client, Reply, Request, Server};
use glassloop::net::TcpStream;
use glassloop::{Task, create_task, yield_now};

use crate::common::{echo, ok, pass, read_all, read_one, run_virtual, sent, server, start};

const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

/// Requests that lie in the buffer need no socket to be read, but each answer needs one to be sent.
#[test]
fn pitfall_16_requests_that_are_all_there_at_once_starve_nobody() {
    const REQUESTS: usize = 2_000;
    run_virtual(async {
        let turns = Rc::new(Cell::new(0));
        let counter = turns.clone();
        let _other = create_task(async move {
            loop {
                counter.set(counter.get() + 1);
                yield_now().await;
            }
        });
        // In which turn of the other task each request was answered.
        let answered = Rc::new(RefCell::new(Vec::new()));
        let (server, log) = (server().await, answered.clone());
        let address = server.local_addr().to_string();
        let _task = create_task(server.serve(async move |_: Request| {
            log.borrow_mut().push(turns.get());
            Reply::from("")
        }));
        let mut client = TcpStream::connect(address.as_str()).await.unwrap();
        let last = GET.replace("Host", "Connection: close\r\nHost");
        client.write_all((GET.repeat(REQUESTS - 1) + &last).as_bytes()).await.unwrap();
        read_all(&mut client).await;
        let answered = answered.borrow();
        assert_eq!(answered.len(), REQUESTS);
        let most = answered.chunk_by(|one, next| one == next).map(<[u32]>::len).max().unwrap();
        assert!((2..=256).contains(&most), "{most} requests in one turn");
    });
}

#[test]
fn pitfall_18_servers_and_their_clients_in_futures_unordered() {
    run_virtual(async {
        let servers = [server().await, server().await, server().await];
        let bases = servers.each_ref().map(|server| format!("http://{}", server.local_addr()));
        let stops = servers.each_ref().map(Server::shutdown_token);
        let client = Client::new();
        let ask = async |number: usize| {
            let slow = client.get(format!("{}/slow", bases[number % 3])).await.unwrap();
            assert_eq!(slow.text().await.unwrap(), "slow");
            1
        };
        let mut serving: FuturesUnordered<_> = servers.into_iter().map(|server| server.serve(echo)).collect();
        let asking = async {
            let answers: Vec<_> = (0..12).map(ask).collect::<FuturesUnordered<_>>().collect().await;
            for stop in &stops {
                stop.cancel();
            }
            answers.len()
        };
        let served = async {
            while let Some(cut_off) = serving.next().await {
                assert_eq!(cut_off, 0);
            }
        };
        assert_eq!(glassloop::join!(asking, served).await.0, 12);
    });
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("a drop that panics, on purpose");
    }
}

#[test]
fn pitfall_22_a_handler_that_panics_when_it_is_cut_off_takes_nothing_with_it() {
    run_virtual(async {
        let server = server().await.grace(Duration::ZERO);
        let (address, stop) = (server.local_addr().to_string(), server.shutdown_token());
        let task = create_task(server.serve(async |_: Request| {
            let _guard = PanicsWhenDropped;
            std::future::pending::<Reply>().await
        }));
        let mut clients = [sent(&address, GET).await, sent(&address, GET).await];
        pass(1).await;
        stop.cancel();
        assert_eq!(task.await.unwrap(), 2, "both were cut off, and the loop goes on");
        for client in &mut clients {
            assert_eq!(read_all(client).await, "");
        }
    });
}

/// Its own task is dropped while it is polled, and so is that of the server.
#[test]
fn pitfall_24_a_handler_may_cancel_the_server_that_runs_it() {
    run_virtual(async {
        let server = server().await;
        let address = server.local_addr().to_string();
        let own: Rc<RefCell<Option<Task<usize>>>> = Rc::default();
        let theirs = own.clone();
        let task = create_task(server.serve(async move |request: Request| {
            if request.uri().path() == "/cancel" {
                assert!(theirs.borrow().as_ref().unwrap().cancel());
                yield_now().await;
            }
            Reply::from("still here")
        }));
        *own.borrow_mut() = Some(task);
        let mut other = sent(&address, GET).await;
        read_one(&mut other).await;
        let mut client = sent(&address, GET.replace("/a", "/cancel")).await;
        for client in [&mut client, &mut other] {
            let left = glassloop::timeout(Duration::from_secs(5), read_all(client)).await;
            assert_eq!(left.expect("it is closed"), "");
        }
        let task = own.take().unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(TcpStream::connect(address.as_str()).await.is_err());
    });
}

#[test]
fn pitfall_31_limits_without_end_do_not_overflow() {
    run_virtual(async {
        let endless = |server: Server| {
            let server = server.head_timeout(Duration::MAX).idle_timeout(Duration::MAX).body_timeout(Duration::MAX);
            let server = server.write_timeout(Duration::MAX).grace(Duration::MAX).max_requests(u64::MAX);
            server.max_connections(usize::MAX).max_body_bytes(u64::MAX).max_headers(usize::MAX)
        };
        let server = endless(server().await);
        let stop = server.shutdown_token();
        let (address, task) = start(server).await;
        let mut client = sent(&address, "").await;
        for _ in 0..2 {
            // Each part waits for the next, and so for a timer without end.
            for part in ["POST /a HTTP/1.1\r\n", "Host: a\r\nContent-Length: 2\r\n\r\n", "h", "i"] {
                pass(1_000_000).await;
                client.write_all(part.as_bytes()).await.unwrap();
            }
            assert_eq!(read_one(&mut client).await, ok("POST /a hi"));
        }
        client.write_all(GET.replace("/a", "/slow").as_bytes()).await.unwrap();
        pass(1).await;
        stop.cancel();
        assert!(read_all(&mut client).await.ends_with("slow"));
        drop(client);
        assert_eq!(task.await.unwrap(), 0);
    });
}

#[cfg(feature = "trace")]
#[test]
fn pitfall_36_a_server_that_has_ended_leaves_no_timer() {
    use glassloop::trace::{reactor, snapshot};

    run_virtual(async {
        let armed = || {
            let snapshot = snapshot().unwrap();
            snapshot.reactor.iter().filter(|event| matches!(event, reactor::Event::TimerArm { .. })).count()
        };
        let server = server().await;
        let stop = server.shutdown_token();
        let (address, task) = start(server).await;
        // One waits for its next request, one for the rest of a head, one for a body, and one is in line.
        let begun = [GET, "GET /a HT", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh", ""];
        let mut clients = Vec::new();
        for bytes in begun {
            clients.push(sent(&address, bytes).await);
        }
        pass(1).await;
        assert_eq!(armed(), 4);
        drop(clients);
        pass(1).await;
        assert_eq!(armed(), 0, "connections that are gone");
        let client = sent(&address, GET).await;
        pass(1).await;
        stop.cancel();
        assert_eq!((task.await.unwrap(), armed()), (0, 0));
        drop(client);
    });
}

#[test]
fn pitfall_55_a_connection_leaves_its_place_however_it_ends() {
    run_virtual(async {
        let (address, _task) = start(server().await.max_connections(1)).await;
        for ending in [
            "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /close HTTP/1.1\r\nHost: a\r\n\r\n",
            "no request\r\n\r\n",
            "GET /a HTTP",
            "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nh",
            GET, // its answer is not read: a reset
            "",
        ] {
            let gone = sent(&address, ending).await;
            pass(1).await;
            drop(gone);
            let mut next = sent(&address, GET).await;
            let answer = glassloop::timeout(Duration::from_secs(5), read_one(&mut next)).await;
            assert_eq!(answer.expect("the place is free again"), ok("GET /a "), "{ending:?}");
        }
    });
}
