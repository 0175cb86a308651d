//! What is asked is answered: in order, whole, and by the rules of HTTP/1.1.

use std::cell::{Cell, RefCell};
use std::net::Shutdown;
use std::rc::Rc;

use glassloop::http::{self, Client, Method, Reply};
use glassloop::net::TcpStream;
use glassloop::{create_task, run};

use crate::common::{answer, ok, ok_close, read_all, read_one, run_virtual, server, start, talk};

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
