//! Requests that come together: their answers go together, and none waits for another longer than it must.

use std::cell::RefCell;
use std::io::Write;
use std::net::Shutdown;
use std::rc::Rc;
use std::time::Duration;

use glassloop::http::{Reply, Request, RequestBody, RequestBodyError};
use glassloop::net::TcpStream;
use glassloop::{Event, create_task, run, timeout};

use crate::common::{ok, ok_close, ok_text, pass, read_all, read_one, run_virtual, sent, server, start};

const A: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const CLOSE: &str = "GET /close HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn answers_to_requests_that_came_together_go_together() {
    run(async {
        let server = server().await;
        let mut client = std::net::TcpStream::connect(server.local_addr()).unwrap();
        client.write_all(format!("{A}{A}{A}{CLOSE}").as_bytes()).unwrap();
        client.set_nonblocking(true).unwrap();
        // All is one thread: what the client's socket has when the handler is called was sent before.
        let peeked = client.try_clone().unwrap();
        let has_come = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&has_come);
        create_task(server.serve(async move |request: Request| {
            log.borrow_mut().push(peeked.peek(&mut [0]).is_ok());
            crate::common::echo(request).await
        }))
        .detach();
        let mut client = TcpStream::from_std(client).unwrap();
        let answers = ok("GET /a ").repeat(3)
            + &ok_close("bye").replace("OK\r\n", "OK\r\ncontent-type: text/plain; charset=utf-8\r\n");
        assert_eq!(read_all(&mut client).await, answers);
        assert_eq!(*has_come.borrow(), [false; 4]);
    });
}

#[test]
fn an_answer_does_not_wait_for_a_handler_that_waits() {
    run_virtual(async {
        let server = server().await;
        let address = server.local_addr().to_string();
        let go_on = Rc::new(Event::new());
        let waited_for = Rc::clone(&go_on);
        create_task(server.serve(async move |request: Request| {
            if request.uri().path() == "/wait" {
                waited_for.wait().await;
            }
            Reply::from("done")
        }))
        .detach();
        let mut stream = sent(&address, format!("{A}GET /wait HTTP/1.1\r\nHost: a\r\n\r\n{A}")).await;
        for number in 0..3 {
            let answer = timeout(Duration::from_secs(9), read_one(&mut stream)).await;
            assert_eq!(answer.expect("it waits for the next one"), ok_text("done"), "{number}");
            go_on.set();
        }
    });
}

#[test]
fn an_answer_does_not_wait_for_a_request_that_is_not_whole() {
    run_virtual(async {
        let (address, _task) = start(server().await).await;
        for behind in ["GET /b HT", "\r\n", "\r"] {
            let mut stream = sent(&address, format!("{A}{behind}")).await;
            let answer = timeout(Duration::from_secs(9), read_one(&mut stream)).await;
            assert_eq!(answer.expect("it waits for the next request"), ok("GET /a "));
        }
        // Nor is it lost when that one never comes.
        for behind in ["", "\r\n", "\r"] {
            let mut stream = sent(&address, format!("{A}{behind}")).await;
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(read_all(&mut stream).await.starts_with(&ok("GET /a ")));
        }
        let refused = [A, A, "nonsense\r\n\r\n"].concat();
        let answers = read_all(&mut sent(&address, refused).await).await;
        assert!(answers.starts_with(&(ok("GET /a ").repeat(2) + "HTTP/1.1 400 ")), "{answers}");
    });
}

#[test]
fn what_is_said_in_between_comes_in_order() {
    run(async {
        let server = server().await;
        let address = server.local_addr().to_string();
        async fn echo(request: ::http::Request<RequestBody>) -> Result<Reply, RequestBodyError> {
            Ok(Reply::from(String::from_utf8(request.into_body().bytes().await?).unwrap()))
        }
        create_task(server.serve_streaming(echo)).detach();
        let head = "POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
        let mut stream = sent(&address, format!("{A}{head}")).await;
        assert_eq!(read_one(&mut stream).await, ok_text(""));
        assert_eq!(read_one(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"hi").await.unwrap();
        assert_eq!(read_one(&mut stream).await, ok_text("hi"));
    });
}

#[test]
fn large_answers_are_not_collected() {
    run_virtual(async {
        let server = server().await;
        let address = server.local_addr().to_string();
        create_task(server.serve(async |_: Request| Reply::from(vec![7; 10_000]))).detach();
        let mut stream = sent(&address, A.repeat(100)).await;
        pass(1).await;
        let mut received = 0;
        while received < 1_000_000 {
            received += stream.read(&mut [0; 65536]).await.unwrap();
        }
    });
}
