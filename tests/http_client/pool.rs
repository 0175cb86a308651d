//! How many connections there are at once, who has to wait for one, and what a dropped future leaves.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use glassloop::http::{Client, ClientBuilder, Error, TimeLimit};
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{create_task, gather, sleep};

use crate::dropping::at_most;
use crate::raw_server::HELLO;
use crate::{run_virtual, text};

/// A server that takes 100 ms for every answer, and counts how many requests it has at once.
struct SlowServer {
    base: String,
    now: Cell<usize>,
    most: Cell<usize>,
    connections: Cell<usize>,
    requests: RefCell<Vec<String>>,
}

impl SlowServer {
    async fn start() -> Rc<SlowServer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = Rc::new(SlowServer {
            base,
            now: Cell::new(0),
            most: Cell::new(0),
            connections: Cell::new(0),
            requests: RefCell::default(),
        });
        let this = server.clone();
        create_task(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                this.connections.set(this.connections.get() + 1);
                create_task(this.clone().serve(stream)).detach();
            }
        })
        .detach();
        server
    }

    async fn serve(self: Rc<Self>, mut stream: TcpStream) {
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    let target = String::from_utf8_lossy(&buffer[..count]).split(' ').nth(1).unwrap().to_owned();
                    self.requests.borrow_mut().push(target);
                }
            }
            self.now.set(self.now.get() + 1);
            self.most.set(self.most.get().max(self.now.get()));
            sleep(Duration::from_millis(100)).await;
            self.now.set(self.now.get() - 1);
            if stream.write_all(HELLO.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

fn builder() -> ClientBuilder {
    Client::builder().no_proxy().timeout(Duration::from_secs(10))
}

async fn get_all(client: &Client, urls: Vec<String>) -> Vec<Result<String, Error>> {
    gather(urls.into_iter().map(|url| {
        let client = client.clone();
        async move { text(&client, url).await }
    }))
    .await
}

#[test]
fn requests_over_the_limit_of_a_host_wait_in_their_order() {
    run_virtual(async {
        let server = SlowServer::start().await;
        let client = builder().max_connections_per_host(2).build();
        let urls: Vec<String> = (0..7).map(|index| format!("{}/{index}", server.base)).collect();
        for result in get_all(&client, urls).await {
            assert_eq!(result.unwrap(), "hello\n");
        }
        assert_eq!((server.most.get(), server.connections.get()), (2, 2));
        let targets = server.requests.borrow().clone();
        assert_eq!(targets, (0..7).map(|index| format!("/{index}")).collect::<Vec<_>>());
    });
}

#[test]
fn the_limit_of_the_pool_counts_idle_connections_too() {
    run_virtual(async {
        let servers = [SlowServer::start().await, SlowServer::start().await, SlowServer::start().await];
        let client = builder().max_connections(2).build();
        let urls = |count: usize| servers.iter().map(move |server| server.base.clone()).take(count).collect();
        assert!(get_all(&client, urls(3)).await.iter().all(Result::is_ok));
        // One of the first two idled while the third was opened, and had to make room: it is opened anew.
        assert!(get_all(&client, urls(2)).await.iter().all(Result::is_ok));
        let opened: usize = servers.iter().map(|server| server.connections.get()).sum();
        assert!(opened > 3, "{opened}");
    });
}

#[test]
fn a_busy_host_holds_up_nobody_else() {
    run_virtual(async {
        let (busy, other) = (SlowServer::start().await, SlowServer::start().await);
        let client = builder().max_connections(4).max_connections_per_host(1).build();
        let crowd = create_task({
            let (client, base) = (client.clone(), busy.base.clone());
            async move { get_all(&client, vec![base; 20]).await }
        });
        sleep(Duration::from_millis(10)).await;
        let began = glassloop::now();
        assert_eq!(text(&client, other.base.clone()).await.unwrap(), "hello\n");
        assert_eq!((glassloop::now() - began).as_millis(), 100);
        assert!(crowd.await.unwrap().iter().all(Result::is_ok));
        assert_eq!((busy.most.get(), busy.connections.get()), (1, 1));
    });
}

#[test]
fn rule_14_waiting_for_a_connection_counts_against_the_total_time() {
    run_virtual(async {
        let server = SlowServer::start().await;
        let client = builder().max_connections(1).timeout(Duration::from_millis(250)).build();
        let results = get_all(&client, vec![server.base.clone(); 4]).await;
        assert!(results[..2].iter().all(Result::is_ok));
        for (result, doing) in results[2..].iter().zip(["waiting for the response", "waiting for a free connection"]) {
            let Err(Error::Timeout { which, doing: at, .. }) = result else { panic!("{result:?}") };
            assert_eq!((*which, *at), (TimeLimit::Total, doing));
        }
        // Who gave up waiting has left nothing behind.
        assert_eq!(text(&client, server.base.clone()).await.unwrap(), "hello\n");
    });
}

#[test]
fn pitfall_55_a_request_dropped_at_any_await_leaves_its_place_to_the_next() {
    // Dropped while it connects or waits for its answer, and while it or the one before it waits in line.
    for (limits, ahead) in [((1, 0), 0), ((1, 0), 1), ((1, 1), 1), ((3, 1), 2), ((0, 1), 1)] {
        run_virtual(async move {
            let server = SlowServer::start().await;
            let mut polls = 0;
            loop {
                let client = builder().max_connections(limits.0).max_connections_per_host(limits.1).build();
                let first = create_task({
                    let (client, base) = (client.clone(), server.base.clone());
                    async move { get_all(&client, vec![base; ahead]).await }
                });
                glassloop::yield_now().await;
                let done = at_most(polls, text(&client, server.base.clone())).await;
                let next = glassloop::timeout(Duration::from_secs(1), text(&client, server.base.clone())).await;
                let next =
                    next.unwrap_or_else(|_| panic!("a place was lost after {polls} polls ({limits:?}, {ahead})"));
                assert_eq!(next.unwrap(), "hello\n");
                assert!(first.await.unwrap().iter().all(Result::is_ok));
                if done.is_some() {
                    break;
                }
                polls += 1;
            }
            assert!(polls >= 2, "it was over after {polls} polls");
        });
    }
}

#[test]
fn pitfall_55_a_waiter_dropped_after_its_turn_came_passes_it_on() {
    run_virtual(async {
        let server = SlowServer::start().await;
        let client = builder().max_connections(1).build();
        let response = client.get(&server.base).await.unwrap();
        let spawn = || {
            let (client, base) = (client.clone(), server.base.clone());
            create_task(async move { text(&client, base).await })
        };
        let (second, third) = (spawn(), spawn());
        glassloop::yield_now().await;
        // The place goes to the second, which is woken and never runs again.
        drop(response);
        second.cancel();
        assert_eq!(third.await.unwrap().unwrap(), "hello\n");
    });
}

#[test]
fn a_failed_connection_leaves_its_place() {
    run_virtual(async {
        let nobody = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let client = builder().max_connections(1).max_connections_per_host(1).build();
        for _ in 0..3 {
            let error = text(&client, nobody.clone()).await.unwrap_err();
            assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        }
    });
}

#[test]
fn a_response_that_is_kept_keeps_its_place() {
    run_virtual(async {
        let server = SlowServer::start().await;
        let client = builder().max_connections(1).timeout(Duration::from_secs(1)).build();
        let unread = client.get(&server.base).await.unwrap();
        let error = text(&client, server.base.clone()).await.unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        drop(unread);
        assert_eq!(text(&client, server.base.clone()).await.unwrap(), "hello\n");
        // What was dropped unread is not used again.
        assert_eq!(server.connections.get(), 2);
    });
}
