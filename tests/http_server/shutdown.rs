//! A server ends in good order.

use std::time::Duration;

use glassloop::http::Server;
use glassloop::net::TcpStream;
use glassloop::{Event, create_task, now, run};

use crate::common::{ok, ok_text, pass, read_all, read_one, run_virtual, sent, server, start, talk};

const SLOW: &str = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn running_requests_are_finished_idle_connections_closed_and_no_new_ones_taken() {
    run_virtual(async {
        let server = server().await;
        let stop = server.shutdown_token();
        let (address, task) = start(server).await;
        let mut idle = sent(&address, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(read_one(&mut idle).await, ok("GET /a "));
        let mut fresh = sent(&address, "").await;
        let mut running = sent(&address, SLOW.repeat(2)).await;
        let mut begun = sent(&address, "GET /a HTTP/1.1\r\n").await;
        pass(500).await;
        let before = now();
        stop.cancel();
        assert_eq!(read_all(&mut idle).await, "");
        assert_eq!(read_all(&mut fresh).await, "");
        assert!(TcpStream::connect(address.as_str()).await.is_err());
        begun.write_all(b"Host: a\r\n\r\n").await.unwrap();
        assert_eq!(read_all(&mut begun).await, ok("GET /a ").replace("OK\r\n", "OK\r\nconnection: close\r\n"));
        let slow = ok_text("slow").replace("utf-8\r\n", "utf-8\r\nconnection: close\r\n");
        assert_eq!(read_all(&mut running).await, slow, "the second is not begun any more");
        drop((idle, fresh, begun, running));
        assert_eq!(task.await.unwrap(), 0);
        assert!(now() - before < Duration::from_secs(3), "it does not wait for the grace to be over");
    });
}

#[test]
fn what_is_left_after_the_grace_is_cut_off_and_counted() {
    run_virtual(async {
        let server = server().await.grace(Duration::from_millis(200));
        let stop = server.shutdown_token();
        let (address, task) = start(server).await;
        let mut running = sent(&address, SLOW).await;
        pass(500).await;
        stop.cancel();
        assert_eq!(task.await.unwrap(), 1);
        assert_eq!(read_all(&mut running).await, "");
    });
}

#[test]
fn a_future_stops_the_server_and_goes_with_it() {
    run_virtual(async {
        let server = server().await.stop_when(pass(5000));
        let before = now();
        let (_, task) = start(server).await;
        assert_eq!(task.await.unwrap(), 0);
        assert_eq!((now() - before).as_secs(), 5);
        let before = glassloop::all_tasks().len();
        let unused = Server::bind("127.0.0.1:0").await.unwrap().stop_when(pass(5000));
        assert_eq!(glassloop::all_tasks().len(), before + 1);
        drop(unused);
        assert_eq!(glassloop::all_tasks().len(), before);
    });
}

#[test]
fn a_busy_connection_ends_with_its_next_answer() {
    run(async {
        let server = server().await;
        let stop = server.shutdown_token();
        let (address, task) = start(server).await;
        let busy = Event::new();
        let answered = busy.clone();
        let client = create_task(async move {
            let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
            let mut received = String::new();
            // Always the next request, as soon as the last one is answered.
            while stream.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.is_ok() {
                let mut buffer = [0; 1000];
                match stream.read(&mut buffer).await {
                    Ok(count @ 1..) => received += &String::from_utf8_lossy(&buffer[..count]),
                    Ok(0) | Err(_) => break,
                }
                if received.matches("GET /a ").count() == 20 {
                    answered.set();
                }
            }
            received
        });
        busy.wait().await;
        stop.cancel();
        assert_eq!(task.await.unwrap(), 0);
        let received = client.await.unwrap();
        assert!(received.matches("connection: close").count() <= 1, "{received}");
    });
}

#[cfg(unix)]
#[test]
fn sigterm_shuts_down() {
    run(async {
        let server = server().await.stop_on_signals().unwrap();
        let (address, task) = start(server).await;
        assert_eq!(talk(&address, "GET /a HTTP/1.0\r\n\r\n").await.split_once(' ').unwrap().0, "HTTP/1.1");
        let process = rustix::process::getpid();
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        assert_eq!(task.await.unwrap(), 0);
    });
}
