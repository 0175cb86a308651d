//! Another protocol on the same connection: handlers that upgrade, and clients that do.

use std::cell::RefCell;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{AsyncReadExt, AsyncWriteExt};
use glassloop::http::{
    Class, Client, Error, HeaderValue, Reply, Request, RequestBody, RequestBodyError, Server, StatusCode, Upgraded,
};
use glassloop::net::TcpListener;
use glassloop::{Task, create_task, run, timeout};

use crate::common::{pass, read_all, read_one, run_virtual, sent, server, talk};

const UPGRADE: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: Echo\r\n\r\n";
const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n";

/// Sends back what comes, until that ends.
async fn echo(mut stream: Upgraded) {
    let mut buffer = [0; 16];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        stream.write_all(&buffer[..count]).await.unwrap();
    }
}

async fn start(server: Server) -> (String, Task<usize>) {
    let address = server.local_addr().to_string();
    (address, create_task(server.serve(async |_: Request| Reply::upgrade("echo", echo))))
}

#[test]
fn what_lies_behind_the_request_is_the_other_protocols() {
    run(async {
        let (address, _task) = start(server().await).await;
        let early = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut stream = sent(&address, format!("{UPGRADE}{early}")).await;
        stream.write_all(b"more").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(&mut stream).await, format!("{SWITCHED}{early}more"));
    });
}

#[test]
fn both_sides_are_ours() {
    run(async {
        let server = server().await;
        let url = format!("http://{}/", server.local_addr());
        let handler = async |request: Request| {
            assert_eq!((request.headers()["upgrade"].as_bytes(), &request.body()[..]), (&b"echo"[..], &b"first"[..]));
            Reply::upgrade("echo", echo).with_header("x-more", HeaderValue::from_static("yes"))
        };
        create_task(server.serve(handler)).detach();
        let client = Client::builder().max_connections(1).build();
        let response = client.post(&url).upgrade("echo").body("first").await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["x-more"]),
            (101.try_into().unwrap(), &"yes".parse().unwrap())
        );
        let mut stream = response.upgrade().unwrap();
        for word in ["one", "two", "three"] {
            stream.write_all(word.as_bytes()).await.unwrap();
            let mut back = vec![0; word.len()];
            stream.read_exact(&mut back).await.unwrap();
            assert_eq!(back, word.as_bytes());
        }
        // It takes up the pool's only place as long as it lives.
        let next = || client.post(&url).upgrade("echo").body("first").send();
        assert!(timeout(Duration::from_millis(20), next()).await.is_err());
        stream.close().await.unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        drop(stream);
        assert!(!next().await.unwrap().is_reused());
    });
}

#[test]
fn who_has_not_offered_it_is_told_what_is_spoken_here() {
    let refusal = "HTTP/1.1 426 Upgrade Required\r\ncontent-type: text/plain; charset=utf-8\r\nupgrade: echo\r\n\
                   connection: upgrade\r\n";
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo2, ech o\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: upgrade, keep-alive\r\nUpgrade: echo\r\n\r\n",
    ] {
        run(async {
            let (address, _task) = start(server().await).await;
            // The connection goes on.
            let got = talk(&address, format!("{request}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).await;
            let (first, second) = got.split_at(got.rfind("HTTP/1.1").unwrap());
            assert!(first.starts_with(refusal) && !first.contains("close"), "{request:?}: {got}");
            assert!(second.starts_with(refusal) && second.contains("connection: close\r\n"), "{request:?}: {got}");
        });
    }
}

#[test]
fn the_whole_request_comes_before_the_other_protocol() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n";
    run(async {
        let address = server().await;
        let seen = Rc::new(RefCell::new(None));
        let result = seen.clone();
        // The body is not read, and kept beyond the answer.
        let handler = async move |request: http::Request<RequestBody>| {
            let (result, body) = (result.clone(), request.into_body());
            Reply::upgrade("echo", async move |stream| {
                echo(stream).await;
                *result.borrow_mut() = Some(body.bytes().await);
            })
        };
        let (address, _task) = (address.local_addr().to_string(), create_task(address.serve_streaming(handler)));

        let mut stream = sent(&address, format!("{post}Content-Length: 4\r\n\r\nbo")).await;
        glassloop::yield_now().await;
        stream.write_all(b"dyword").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(&mut stream).await, format!("{SWITCHED}word"));
        assert_eq!(seen.take(), Some(Err(RequestBodyError::Over)));

        let mut stream = sent(&address, format!("{post}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")).await;
        assert_eq!(read_one(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"body").await.unwrap();
        assert_eq!(read_one(&mut stream).await, SWITCHED);

        let long = format!("{post}Content-Length: 99999\r\n\r\n{}", "x".repeat(99_999));
        let got = talk(&address, long).await;
        assert!(got.starts_with("HTTP/1.1 413 ") && got.contains("connection: close\r\n"), "{got}");
    });
}

#[test]
fn the_connection_ends_with_what_was_to_be_done_on_it() {
    run(async {
        let server = server().await;
        let address = server.local_addr().to_string();
        let kept = Rc::new(RefCell::new(None));
        let store = kept.clone();
        let handler = async move |_: Request| {
            let store = store.clone();
            Reply::upgrade("echo", async move |mut stream| {
                stream.write_all(b"bye").await.unwrap();
                *store.borrow_mut() = Some(stream);
            })
        };
        create_task(server.serve(handler)).detach();
        assert_eq!(talk(&address, UPGRADE).await, format!("{SWITCHED}bye"));
        // Who kept it has nothing of it.
        let mut stream: Upgraded = kept.take().unwrap();
        assert!(matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)));
        assert!(stream.write_all(b"more").await.is_err());
    });
}

#[test]
fn no_time_limit_holds_but_the_grace_of_a_shutdown() {
    run_virtual(async {
        let server = server().await.grace(Duration::from_secs(2));
        let stop = server.shutdown_token();
        let (address, task) = start(server).await;
        let mut stream = sent(&address, UPGRADE).await;
        assert_eq!(read_one(&mut stream).await, SWITCHED);
        pass(3_600_000).await;
        stream.write_all(b"still here").await.unwrap();
        let mut back = [0; 10];
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"still here");
        stop.cancel();
        assert_eq!(task.await.unwrap(), 1);
        assert_eq!(stream.read(&mut back).await.unwrap(), 0);
    });
}

/// What our client makes of this answer to a request that offers `echo` and `h2c`.
async fn answered_with(answer: &'static str) -> Result<Upgraded, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serving = create_task(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1000];
        let count = stream.read(&mut head).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        String::from_utf8_lossy(&head[..count]).into_owned()
    });
    let result = Client::builder().no_proxy().build().get(url).upgrade("echo, h2c").await;
    let asked = serving.await.unwrap();
    assert!(asked.contains("\r\nconnection: upgrade\r\n") && asked.contains("\r\nupgrade: echo, h2c\r\n"), "{asked}");
    result?.upgrade()
}

#[test]
fn what_the_server_says_first_is_not_lost() {
    run(async {
        let answer =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: ECHO\r\n\r\nhello";
        let mut stream = answered_with(answer).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "hello");
    });
}

#[test]
fn rule_04_only_what_was_offered_can_be_chosen() {
    run(async {
        for answer in [
            "HTTP/1.1 101 Sure\r\n\r\n",
            "HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\n\r\n",
            "HTTP/1.1 101 Sure\r\nUpgrade: echo\r\n\r\n",
            "HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: irc\r\n\r\n",
            "HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: echo, irc\r\n\r\n",
            "HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: ,\r\n\r\n",
            "HTTP/1.0 101 Sure\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
        ] {
            let error = answered_with(answer).await.unwrap_err();
            assert_eq!(error.class(), Class::Protocol, "{answer:?}");
            assert!(error.what().ends_with("101 Switching Protocols, which nobody asked for"), "{}", error.what());
        }
        let error = answered_with("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap_err();
        assert!(matches!(error, Error::NotUpgraded { status: StatusCode::OK, .. }), "{error}");
        assert!(error.to_string().starts_with("not upgraded: status 200 OK: http://127.0.0.1:"), "{error}");
    });
}

#[test]
fn a_server_that_switches_before_it_has_the_request_is_not_believed() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        create_task(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read(&mut [0; 1000]).await.unwrap();
            let answer = b"HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            stream.read(&mut [0; 1000]).await.unwrap();
        })
        .detach();
        let asking = Client::new().post(url).upgrade("echo").body("all of it").expect_continue();
        let error = asking.await.unwrap_err();
        assert!(error.what().ends_with("before the whole request was sent"), "{}", error.what());
    });
}
