//! Handlers, and clients that write literal bytes.

use std::time::Duration;

use glassloop::http::{self, HeaderValue, Reply, Server, StatusCode};
use glassloop::net::TcpStream;
use glassloop::{Clock, Runtime, Task, create_task, run};

pub(crate) fn run_virtual<T>(future: impl Future<Output = T>) -> T {
    Runtime::builder().clock(Clock::new_virtual()).build().unwrap().block_on(future).unwrap()
}

/// Echoes method, target and body; some paths are special.
pub(crate) async fn echo(request: http::Request) -> Reply {
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

pub(crate) async fn start(server: Server) -> (String, Task<usize>) {
    let address = server.local_addr().to_string();
    (address, create_task(server.serve(echo)))
}

pub(crate) async fn server() -> Server {
    Server::bind("127.0.0.1:0").await.unwrap()
}

/// Sends these bytes at once and reads until the server closes. `Date` lines are taken out.
pub(crate) async fn talk(address: &str, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_ref()).await.unwrap();
    read_all(&mut stream).await
}

pub(crate) async fn read_all(stream: &mut TcpStream) -> String {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return without_date(&received),
            count => received.extend_from_slice(&buffer[..count]),
        }
    }
}

/// Reads exactly one answer with a Content-Length.
pub(crate) async fn read_one(stream: &mut TcpStream) -> String {
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

pub(crate) fn without_date(received: &[u8]) -> String {
    let text = String::from_utf8(received.to_vec()).unwrap();
    text.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect()
}

/// What a fresh server answers to these bytes, until it closes.
pub(crate) fn answer(bytes: impl AsRef<[u8]>) -> String {
    run(async {
        let (address, _task) = start(server().await).await;
        talk(&address, bytes).await
    })
}

pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub(crate) fn ok_close(body: &str) -> String {
    ok(body).replace("OK\r\n", "OK\r\nconnection: close\r\n")
}

pub(crate) fn ok_text(body: &str) -> String {
    ok(body).replace("OK\r\n", "OK\r\ncontent-type: text/plain; charset=utf-8\r\n")
}

/// A connection that has sent these bytes.
pub(crate) async fn sent(address: &str, bytes: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_ref()).await.unwrap();
    stream
}

/// Lets so much of the (virtual) time pass.
pub(crate) async fn pass(milliseconds: u64) {
    glassloop::sleep(Duration::from_millis(milliseconds)).await;
}

/// Runs a test in a process of its own, which this command prepares: for what a whole process has only one of.
#[cfg(unix)]
pub(crate) fn alone(name: &str, prepare: &str, test: impl FnOnce()) {
    const INSIDE: &str = "GLASSLOOP_TEST_ALONE";
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == name) {
        return test();
    }
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("{prepare} && exec \"$0\" --exact \"$1\" --test-threads 1")])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(INSIDE, name)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
