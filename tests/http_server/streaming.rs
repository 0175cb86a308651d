//! Bodies that are read and sent while they come, with back-pressure both ways.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_core::Stream;
use glassloop::http::{Reply, RequestBody, RequestBodyError, Server, StatusCode};
use glassloop::{Event, Task, create_task, run};

use crate::common::{pass, read_all, read_one, run_virtual, sent, server, talk};

type Streaming = http::Request<RequestBody>;

/// Sends back what comes.
async fn echo(request: Streaming) -> Reply {
    Reply::stream(request.into_body())
}

async fn start<R: Into<Reply> + 'static>(
    server: Server,
    handler: impl AsyncFn(Streaming) -> R + 'static,
) -> (String, Task<usize>) {
    let address = server.local_addr().to_string();
    (address, create_task(server.serve_streaming(handler)))
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A stream of items that are given.
struct Items(Vec<Result<&'static str, &'static str>>);

impl Items {
    fn new(items: &[Result<&'static str, &'static str>]) -> Items {
        Items(items.iter().rev().copied().collect())
    }
}

impl Stream for Items {
    type Item = Result<&'static str, &'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop())
    }
}

/// Gives 64 KiB whenever it is asked, and counts; says when it is dropped.
struct Endless {
    given: Rc<Cell<usize>>,
    dropped: Event,
}

impl Stream for Endless {
    type Item = Result<Vec<u8>, std::io::Error>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.given.set(self.given.get() + 1);
        Poll::Ready(Some(Ok(vec![b'x'; 64 * 1024])))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.dropped.set();
    }
}

#[test]
fn what_was_sent_comes_back_before_the_rest_is_sent() {
    run(async {
        let (address, _task) = start(server().await, echo).await;
        let mut stream = sent(&address, CHUNKED).await;
        let mut head = vec![0; 1];
        for word in ["one", "two", "three"] {
            stream.write_all(format!("{:x}\r\n{word}\r\n", word.len()).as_bytes()).await.unwrap();
            let mut received = Vec::new();
            while !received.ends_with(format!("{word}\r\n").as_bytes()) {
                assert_eq!(stream.read(&mut head).await.unwrap(), 1);
                received.extend_from_slice(&head);
            }
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        let mut end = [0; 5];
        stream.read_exact(&mut end).await.unwrap();
        assert_eq!(&end, b"0\r\n\r\n");
        // And the connection goes on.
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 200 OK\r\n"));
    });
}

#[test]
fn what_is_ready_at_once_is_one_write_in_chunks() {
    let handler = async |_: Streaming| Reply::stream(Items::new(&[Ok("hello"), Ok(""), Ok(", world")]));
    run(async {
        let (address, _task) = start(server().await, handler).await;
        let chunked = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n\
             5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n";
        assert_eq!(talk(&address, GET).await, chunked);
        let old = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello, world";
        assert_eq!(talk(&address, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").await, old);
        let head = GET.replace("GET", "HEAD");
        assert_eq!(talk(&address, head).await, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
    });
}

#[test]
fn a_stream_of_another_length_than_announced_ends_the_connection_early() {
    run(async {
        for (length, expected) in [(5, "hello"), (4, ""), (6, "hello")] {
            let handler =
                async move |_: Streaming| Reply::stream(Items::new(&[Ok("hel"), Ok("lo")])).with_length(length);
            let (address, _task) = start(server().await, handler).await;
            let got = talk(&address, GET).await;
            // What breaks off at once is not begun.
            let whole = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{expected}");
            assert_eq!(got, if length == 5 { whole } else { String::new() }, "{length}");
        }
    });
}

#[test]
fn a_stream_that_fails_or_panics_is_not_taken_for_complete() {
    run(async {
        let failing = async |_: Streaming| Reply::stream(Items::new(&[Ok("hello"), Err("no more, on purpose")]));
        let (address, _task) = start(server().await, failing).await;
        assert!(!talk(&address, GET).await.contains("0\r\n\r\n"));

        struct Panics;
        impl Stream for Panics {
            type Item = Result<Vec<u8>, std::io::Error>;
            fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                panic!("a stream that panics, on purpose")
            }
        }
        let (address, _task) = start(server().await, async |_: Streaming| Reply::stream(Panics)).await;
        assert!(!talk(&address, GET).await.contains("0\r\n\r\n"));
    });
}

#[test]
fn a_client_that_does_not_read_costs_no_memory_and_then_its_connection() {
    run_virtual(async {
        let (given, dropped) = (Rc::new(Cell::new(0)), Event::new());
        let (count, end) = (given.clone(), dropped.clone());
        let handler = async move |_: Streaming| Reply::stream(Endless { given: count.clone(), dropped: end.clone() });
        let (address, _task) = start(server().await, handler).await;
        let _stream = sent(&address, GET).await;
        pass(1000).await;
        let first = given.get();
        assert!(first > 0 && first < 1000, "{first}");
        pass(20_000).await;
        assert_eq!(given.get(), first, "nothing more was asked of the stream");
        assert!(!dropped.is_set());
        pass(20_000).await;
        assert!(dropped.is_set(), "30 s without a byte taken are too long");
    });
}

#[test]
fn a_handler_that_takes_its_time_makes_the_client_wait() {
    run_virtual(async {
        let (go, read) = (Event::new(), Rc::new(Cell::new(0)));
        let (gate, count) = (go.clone(), read.clone());
        let handler = async move |request: Streaming| -> Result<&'static str, RequestBodyError> {
            gate.wait().await;
            let mut body = request.into_body();
            while let Some(chunk) = body.chunk().await? {
                count.set(count.get() + chunk.len());
            }
            Ok("read")
        };
        let (address, _task) = start(server().await.max_body_bytes(u64::MAX), handler).await;
        let size = 64 * 1024 * 1024;
        let head = format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n");
        let mut stream = sent(&address, head).await;
        let written = Rc::new(Cell::new(0));
        let progress = written.clone();
        let writing = create_task(async move {
            let block = vec![b'x'; 64 * 1024];
            while progress.get() < size {
                let count = stream.write(&block[..block.len().min(size - progress.get())]).await.unwrap();
                progress.set(progress.get() + count);
            }
            read_all(&mut stream).await
        });
        // A minute of the handler's own is not the client's slowness.
        pass(60_000).await;
        assert!(written.get() < size && read.get() == 0, "{} went into the system's buffers", written.get());
        go.set();
        assert!(writing.await.unwrap().ends_with("\r\n\r\nread"));
        assert_eq!(read.get(), size);
    });
}

#[test]
fn a_client_is_told_to_continue_only_if_its_body_is_wanted() {
    run(async {
        let seen = Rc::new(RefCell::new(Vec::new()));
        let log = seen.clone();
        let handler = async move |request: Streaming| {
            log.borrow_mut().push(request.body().remaining());
            match request.uri().path() {
                "/refuse" => Reply::from(StatusCode::FORBIDDEN),
                "/echo" => Reply::stream(request.into_body()).with_length(2),
                _ => Reply::from(request.into_body().bytes().await),
            }
        };
        let (address, _task) = start(server().await, handler).await;
        let request =
            |path| format!("POST {path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        let mut refused = sent(&address, request("/refuse")).await;
        let answer = read_all(&mut refused).await;
        assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("connection: close"), "{answer}");
        for path in ["/read", "/echo"] {
            let mut stream = sent(&address, request(path)).await;
            assert_eq!(read_one(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n", "{path}");
            stream.write_all(b"hi").await.unwrap();
            assert!(read_one(&mut stream).await.ends_with("hi"), "{path}");
        }
        assert_eq!(*seen.borrow(), [Some(2), Some(2), Some(2)]);
    });
}

#[test]
fn a_body_that_nobody_reads_is_skipped_if_it_is_short_else_the_connection_closes() {
    run(async {
        let (address, _task) = start(server().await, async |_: Streaming| "seen").await;
        let short = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
        let chunked = format!("{CHUNKED}5\r\nhello\r\n0\r\n\r\n");
        let got = talk(&address, format!("{short}{chunked}{GET}")).await;
        assert_eq!(got.matches("\r\n\r\nseen").count(), 3, "{got}");
        let long = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n{}", "x".repeat(99_999));
        let got = talk(&address, format!("{long}{GET}")).await;
        assert_eq!(got.matches("HTTP/1.1 ").count(), 1, "{got}");
        assert!(got.contains("connection: close\r\n"), "{got}");
        let endless = format!("{CHUNKED}{}", "5\r\nhello\r\n".repeat(50_000));
        assert_eq!(talk(&address, endless).await.matches("HTTP/1.1 ").count(), 1);
    });
}

#[test]
fn trailers_are_told_at_the_end_of_the_body() {
    run(async {
        let handler = async |mut request: Streaming| {
            let mut seen = vec![request.body().trailers().len()];
            while let Some(chunk) = request.body_mut().chunk().await? {
                seen.push(chunk.len());
                seen.push(request.body().trailers().len());
            }
            let trailers = request.body().trailers();
            assert!(trailers.is_empty() || trailers["x-sum"] == "42");
            seen.push(trailers.len());
            Ok::<_, RequestBodyError>(format!("{seen:?}"))
        };
        let (address, _task) = start(server().await, handler).await;
        let got = talk(&address, format!("{CHUNKED}5\r\nhello\r\n0\r\nX-Sum: 42\r\nX-T: 1\r\n\r\n{GET}")).await;
        assert!(got.contains("\r\n\r\n[0, 5, 0, 2]HTTP/1.1") && got.ends_with("\r\n\r\n[0, 0]"), "{got}");
    });
}

#[test]
fn a_body_kept_behind_the_answer_is_over() {
    run(async {
        let kept = Rc::new(RefCell::new(None));
        let store = kept.clone();
        let handler = async move |request: Streaming| {
            *store.borrow_mut() = Some(request.into_body());
            "kept"
        };
        let (address, _task) = start(server().await, handler).await;
        let mut stream = sent(&address, format!("{CHUNKED}5\r\nhello\r\n")).await;
        assert!(read_one(&mut stream).await.ends_with("kept"));
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert!(read_all(&mut stream).await.ends_with("kept"));
        let body: Option<RequestBody> = kept.borrow_mut().take();
        assert_eq!(body.unwrap().bytes().await, Err(RequestBodyError::Over));
    });
}

#[test]
fn a_body_read_in_another_task_does_not_hang_when_its_connection_ends() {
    run_virtual(async {
        let task = Rc::new(RefCell::new(None));
        let store = task.clone();
        let handler = async move |request: Streaming| {
            *store.borrow_mut() = Some(create_task(request.into_body().bytes()));
            glassloop::yield_now().await;
            Reply::from("gone").with_header("connection", "close".parse().unwrap())
        };
        let (address, _task) = start(server().await, handler).await;
        let mut stream = sent(&address, CHUNKED).await;
        read_all(&mut stream).await;
        let reading: Task<_> = task.borrow_mut().take().unwrap();
        let result = glassloop::timeout(std::time::Duration::from_secs(5), reading).await;
        assert!(result.expect("it ends").unwrap().is_err());
    });
}

#[test]
fn an_interim_status_is_no_answer() {
    run(async {
        let (address, _task) = start(server().await, async |_: Streaming| StatusCode::CONTINUE).await;
        assert!(talk(&address, GET).await.starts_with("HTTP/1.1 500 "));
    });
}
