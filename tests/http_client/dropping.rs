//! Requests that are dropped at each of their awaits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use glassloop::http::{Body, Client, Error};

use crate::raw_server::{HELLO, Hold, RawServer, Recv, Sleep, send};
use crate::run_virtual;

/// Polls a future so many times and then drops it; its output, if it came to that.
pub(crate) async fn at_most<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        let polled = future.as_mut().poll(cx);
        if left == 0 && polled.is_pending() { Poll::Ready(None) } else { polled.map(Some) }
    })
    .await
}

/// With a body that comes in parts, a redirect, cookies, and a response in parts.
async fn long_request(client: &Client, url: String) -> Result<String, Error> {
    let parts = futures_util::stream::unfold(0, |n| async move {
        glassloop::sleep(std::time::Duration::from_millis(1)).await;
        (n < 3).then(|| (Ok::<_, std::io::Error>("part"), n + 1))
    });
    client.post(url).body(Body::stream(parts)).await?.text().await
}

#[test]
fn rule_06_a_request_dropped_at_any_await_leaves_place_and_connection_sound() {
    run_virtual(async {
        let redirect = "HTTP/1.1 303 See Other\r\nLocation: /next\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nmo";
        let script = vec![
            Recv,
            Sleep(5),
            send(redirect),
            Sleep(5),
            send("ved\r\n0\r\n\r\n"),
            Recv,
            send("HTTP/1.1 200 OK\r\nContent-"),
            Sleep(5),
            send("Length: 5\r\n\r\nEV"),
            Sleep(5),
            send("IL!"),
            Hold,
        ];
        let mut polls = 0;
        loop {
            let server = RawServer::start(vec![script.clone(), vec![Recv, send(HELLO), Hold]]).await;
            let client = Client::builder().max_connections(1).max_connections_per_host(1).build();
            if let Some(done) = at_most(polls, long_request(&client, server.url("/"))).await {
                assert_eq!(done.unwrap(), "EVIL!");
                break;
            }
            // The only place is free again, and nothing of the dropped one is left on its connection.
            if polls > 0 {
                let next = client.get(server.url("/"));
                let next = next.timeout(std::time::Duration::from_secs(1)).await.unwrap().text().await.unwrap();
                assert!(next == "hello\n", "after {polls} polls: {next}");
            }
            polls += 1;
        }
        assert!(polls > 8, "the request was over after {polls} polls");
    });
}
