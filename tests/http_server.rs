//! The server against clients that write literal bytes, and against our own.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use glassloop::http::{self, Client, HeaderValue, Method, Reply, Server, StatusCode};
use glassloop::net::TcpStream;
use glassloop::{Clock, Runtime, Task, create_task, run};

fn run_virtual<T>(future: impl Future<Output = T>) -> T {
    Runtime::builder().clock(Clock::new_virtual()).build().unwrap().block_on(future).unwrap()
}

/// Echoes method, target and body; some paths are special.
async fn echo(request: http::Request) -> Reply {
    let (parts, body) = request.into_parts();
    match parts.uri.path() {
        "/bytes" => Reply::from(body),
        "/chunked" => Reply::from("hello, world").chunked(5),
        "/close" => Reply::from("bye").with_header("connection", HeaderValue::from_static("close")),
        "/none" => Reply::new(StatusCode::NO_CONTENT, "not sent"),
        "/panic" => panic!("a handler that panics, on purpose"),
        "/slow" => {
            glassloop::sleep(Duration::from_secs(1)).await;
            Reply::from("slow")
        }
        path => Reply::new(StatusCode::OK, format!("{} {path} {}", parts.method, String::from_utf8_lossy(&body))),
    }
}

async fn start(server: Server) -> (String, Task<Infallible>) {
    let address = server.local_addr().to_string();
    (address, create_task(server.serve(echo)))
}

async fn server() -> Server {
    Server::bind("127.0.0.1:0").await.unwrap()
}

/// Sends these bytes at once and reads until the server closes. `Date` lines are taken out.
async fn talk(address: &str, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_ref()).await.unwrap();
    read_all(&mut stream).await
}

async fn read_all(stream: &mut TcpStream) -> String {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return without_date(&received),
            count => received.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Reads exactly one answer with a Content-Length.
async fn read_one(stream: &mut TcpStream) -> String {
    let (mut received, mut byte) = (String::new(), [0]);
    loop {
        assert_eq!(stream.read(&mut byte).await.unwrap(), 1, "closed after {received:?}");
        received.push(char::from(byte[0]));
        if let Some((head, body)) = received.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() == length.map_or(0, |length| length.parse().unwrap()) {
                return without_date(received.as_bytes());
            }
        }
    }
}

fn without_date(received: &[u8]) -> String {
    let text = String::from_utf8(received.to_vec()).unwrap();
    text.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect()
}

/// What a fresh server answers to these bytes, until it closes.
fn answer(bytes: impl AsRef<[u8]>) -> String {
    run(async {
        let (address, _task) = start(server().await).await;
        talk(&address, bytes).await
    })
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn ok_close(body: &str) -> String {
    ok(body).replace("OK\r\n", "OK\r\nconnection: close\r\n")
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    run_virtual(async {
        let (address, _task) = start(server().await).await;
        let requests = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n\
             \r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\
             GET /close HTTP/1.1\r\nHost: a\r\n\r\nGET /not-answered HTTP/1.1\r\nHost: a\r\n\r\n";
        let slow = ok("slow").replace("OK\r\n", "OK\r\ncontent-type: text/plain; charset=utf-8\r\n");
        let bye = ok_close("bye").replace("OK\r\n", "OK\r\ncontent-type: text/plain; charset=utf-8\r\n");
        assert_eq!(talk(&address, requests).await, slow + &ok("POST /b hi") + &bye);
    });
}

#[test]
fn a_connection_closes_when_either_side_says_so() {
    let close = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(answer(close), ok_close("GET /a "));
    assert_eq!(answer("GET /a HTTP/1.0\r\n\r\n"), ok_close("GET /a "));
    let kept = "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n";
    let first = ok("GET /a ").replace("OK\r\n", "OK\r\nconnection: keep-alive\r\n");
    assert_eq!(answer(kept), first + &ok_close("GET /b "));
}

#[test]
fn a_client_that_half_closes_still_gets_its_answer() {
    run(async {
        let (address, _task) = start(server().await).await;
        let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(&mut stream).await, ok("GET /a "));
    });
}

#[test]
fn what_follows_the_last_request_does_not_reset_its_answer() {
    let ignored = "x".repeat(500_000);
    let got = answer(format!("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n{ignored}"));
    assert_eq!(got, ok_close("GET /a "));
}

#[test]
fn bodies_are_chunked_both_ways() {
    let request = "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n\
         5\r\nhello\r\n1;x\r\n!\r\n0\r\nX-T: 1\r\n\r\n";
    assert_eq!(answer(request), ok_close("POST /a hello!"));
    let chunked = answer("GET /chunked HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let (head, body) = chunked.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"));
    assert_eq!(body, "5\r\nhello\r\n5\r\n, wor\r\n2\r\nld\r\n0\r\n\r\n");
    let old = answer("GET /chunked HTTP/1.0\r\n\r\n");
    assert!(old.contains("content-length: 12\r\n") && old.ends_with("\r\n\r\nhello, world"));
}

#[test]
fn head_and_204_have_no_body() {
    let requests = "HEAD /abc HTTP/1.1\r\nHost: a\r\n\r\n\
         GET /none HTTP/1.1\r\nHost: a\r\n\r\n\
         HEAD /chunked HTTP/1.0\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";
    let none = "HTTP/1.1 204 No Content\r\n\r\n";
    let last =
        "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: 12\r\n\r\n";
    assert_eq!(answer(requests), format!("{head}{none}{last}"));
}

#[test]
fn a_client_that_waits_is_told_to_continue() {
    run(async {
        let (address, _task) = start(server().await).await;
        let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
        let head = b"POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        stream.write_all(head).await.unwrap();
        assert_eq!(read_one(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"hi").await.unwrap();
        assert_eq!(read_one(&mut stream).await, ok("POST /a hi"));
        // One that does not wait is not told.
        let impatient = [&head[..], b"hi"].concat();
        stream.write_all(&impatient).await.unwrap();
        assert_eq!(read_one(&mut stream).await, ok("POST /a hi"));
    });
}

#[test]
fn bad_requests_are_refused_and_the_connection_closed() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\n";
    for (request, status) in [
        ("garbage\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n".into(), 400),
        (format!("{post}Content-Length: +1\r\n\r\nx"), 400),
        (format!("{post}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"), 400),
        (format!("{post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{post}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400),
        (format!("{post}Transfer-Encoding: gzip, chunked\r\n\r\n"), 501),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n".into(), 501),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n".into(), 505),
        (format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(70_000)), 431),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(257)), 431),
        (format!("{post}Content-Length: 99999999\r\n\r\n"), 413),
        (format!("{post}Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"), 413),
    ] {
        let sent = format!("{request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        let got = answer(&sent);
        let shown = &request[..request.len().min(80)];
        assert!(got.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {got:?}");
        assert!(got.contains("connection: close\r\n"), "{shown:?}");
        assert!(!got.contains("smuggled"), "{shown:?}");
    }
}

#[test]
fn a_chunked_body_over_the_limit_is_refused_though_it_goes_on() {
    run(async {
        let (address, _task) = start(server().await.max_body_bytes(100)).await;
        let chunks = "a\r\n0123456789\r\n".repeat(10_000);
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let got = talk(&address, format!("{head}{chunks}")).await;
        assert!(got.starts_with("HTTP/1.1 413 "), "{got:?}");
    });
}

#[test]
fn a_request_that_breaks_off_is_refused() {
    run(async {
        let (address, _task) = start(server().await).await;
        for bytes in ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nshort"] {
            let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
            stream.write_all(bytes.as_bytes()).await.unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 400 "), "{bytes:?}");
        }
        // Closing between requests is no error, and gets no answer.
        let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_all(&mut stream).await, "");
    });
}

#[test]
fn a_handler_that_panics_costs_one_connection() {
    run(async {
        let (address, _task) = start(server().await).await;
        let mut other = TcpStream::connect(address.as_str()).await.unwrap();
        other.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(read_one(&mut other).await, ok("GET /a "));
        let got = talk(&address, "GET /panic HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(got.starts_with("HTTP/1.1 500 ") && got.contains("connection: close\r\n"));
        other.write_all(b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(read_one(&mut other).await, ok("GET /b "));
    });
}

#[test]
fn dropping_the_server_closes_its_connections() {
    run(async {
        let (address, task) = start(server().await).await;
        let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(read_one(&mut stream).await, ok("GET /a "));
        assert!(task.cancel());
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        assert!(TcpStream::connect(address.as_str()).await.is_err());
    });
}

#[test]
fn a_handler_may_borrow_and_keep_state() {
    run(async {
        let server = server().await;
        let base = format!("http://{}", server.local_addr());
        let seen = Rc::new(RefCell::new(Vec::new()));
        let count = Cell::new(0);
        let log = Rc::clone(&seen);
        create_task(server.serve(async move |request: http::Request| {
            count.set(count.get() + 1);
            log.borrow_mut().push(request.uri().path().to_owned());
            glassloop::yield_now().await;
            Reply::json(&count.get())
        }))
        .detach();
        let client = Client::new();
        for path in ["/a", "/b"] {
            client.get(format!("{base}{path}")).await.unwrap().bytes().await.unwrap();
        }
        let third = client.get(format!("{base}/c")).await.unwrap();
        assert_eq!(third.headers()["content-type"], "application/json");
        assert!(third.headers().contains_key("date"));
        assert_eq!(third.json::<u32>().await.unwrap(), 3);
        assert_eq!(*seen.borrow(), ["/a", "/b", "/c"]);
    });
}

#[test]
fn many_clients_are_served_at_once() {
    run_virtual(async {
        let (address, _task) = start(server().await).await;
        let base = format!("http://{address}");
        let client = Client::new();
        let mut tasks = Vec::new();
        for number in 0..64 {
            let (client, base) = (client.clone(), base.clone());
            tasks.push(create_task(async move {
                let slow = client.get(format!("{base}/slow")).await.unwrap();
                assert_eq!(slow.text().await.unwrap(), "slow");
                let body = vec![number; 1 + 5000 * usize::from(number)];
                let url = format!("{base}/bytes");
                let echoed = client.request(Method::PUT, url).body(body.clone()).await.unwrap();
                assert_eq!(echoed.bytes().await.unwrap(), body);
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn a_large_body_goes_both_ways() {
    run(async {
        let (address, _task) = start(server().await).await;
        let body: Vec<u8> = (0..4_000_000_u32).map(|i| (i % 251) as u8).collect();
        let url = format!("http://{address}/bytes");
        let echoed = Client::new().post(url).body(body.clone()).await.unwrap();
        assert!(echoed.bytes().await.unwrap() == body);
    });
}

#[test]
fn a_client_that_resets_costs_the_others_nothing() {
    run(async {
        let (address, _task) = start(server().await).await;
        let mut other = TcpStream::connect(address.as_str()).await.unwrap();
        let mut rude = TcpStream::connect(address.as_str()).await.unwrap();
        rude.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTT").await.unwrap();
        // One byte of the answer is read; closing with the rest unread is a reset.
        rude.read(&mut [0]).await.unwrap();
        drop(rude);
        other.write_all(b"GET /c HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert_eq!(read_one(&mut other).await, ok("GET /c "));
    });
}

/// Set in the child process of the test below, which has few descriptors.
#[cfg(unix)]
const FEW_DESCRIPTORS: &str = "GLASSLOOP_TEST_FEW_DESCRIPTORS";

#[cfg(unix)]
#[test]
fn pitfall_47_a_server_without_descriptors_goes_on_when_there_are_some() {
    const NAME: &str = "pitfall_47_a_server_without_descriptors_goes_on_when_there_are_some";
    if std::env::var_os(FEW_DESCRIPTORS).is_some() {
        return run_virtual(exhaust_descriptors());
    }
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 40 && exec \"$0\" --exact \"$1\" --test-threads 1"])
        .arg(std::env::current_exe().unwrap())
        .arg(NAME)
        .env(FEW_DESCRIPTORS, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Connects until no descriptor is left. Those that the server could not accept yet are answered
/// once others are closed.
#[cfg(unix)]
async fn exhaust_descriptors() {
    let (address, _task) = start(server().await).await;
    let mut streams = Vec::new();
    while let Ok(mut stream) = TcpStream::connect(address.as_str()).await {
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        streams.push(stream);
        assert!(streams.len() < 60, "the limit was not reached");
    }
    // The server met its limit too, and pauses.
    glassloop::sleep(Duration::from_secs(1)).await;
    let mut last = streams.pop().unwrap();
    drop(streams);
    assert_eq!(read_one(&mut last).await, ok("GET /a "));
}
