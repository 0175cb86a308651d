//! What a client tells of its requests.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use glassloop::http::{Client, ClientBuilder, EventKind};
use glassloop::{Runtime, gather, run};

use crate::raw_server::{HELLO, Hold, RawServer, Recv, send};
use crate::{run_virtual, text};

type Told = Rc<RefCell<Vec<(u64, String)>>>;

/// A client that writes down what happens, and what it has written.
fn telling(builder: ClientBuilder) -> (Client, Told) {
    let told = Told::default();
    let hook = told.clone();
    let client = builder.no_proxy().on_event(move |event| {
        hook.borrow_mut().push((event.request, event.kind.to_string()));
    });
    (client.build(), told)
}

fn of(told: &Told, request: u64) -> Vec<String> {
    told.borrow().iter().filter(|(number, _)| *number == request).map(|(_, what)| what.clone()).collect()
}

#[test]
fn the_way_of_a_request_is_told_step_by_step() {
    run(async {
        let server = RawServer::hello().await;
        let (client, told) = telling(Client::builder());
        for _ in 0..2 {
            text(&client, server.url("/")).await.unwrap();
        }
        let address = server.base.strip_prefix("http://").unwrap();
        let (connects, connected) = (format!("connects to {address}"), format!("connected to {address}"));
        let begin = format!("GET {}/", server.base);
        let rest = ["request sent", "first byte of the response", "status 200 OK", "end of the body"];
        assert_eq!(of(&told, 1), [&[begin.as_str(), &connects, &connected][..], &rest[..]].concat());
        assert_eq!(of(&told, 2), [&[begin.as_str(), "reuses a connection"][..], &rest[..]].concat());
    });
}

#[test]
fn queues_redirects_and_errors_are_told() {
    run(async {
        let moved = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
        let server = RawServer::start(vec![vec![Recv, send(moved), Recv, send(HELLO), Recv, Hold]]).await;
        let (client, told) = telling(Client::builder().max_connections(1));
        gather((0..2).map(|_| {
            let (client, url) = (client.clone(), server.url("/").replace("//", "//me:secret@"));
            async move {
                let get = client.get(url).timeout(Duration::from_millis(200));
                let _ = async { get.send().await?.text().await }.await;
            }
        }))
        .await;
        let there = format!("redirected to {}", server.url("/there"));
        assert!(of(&told, 1).contains(&there), "{told:?}");
        let second = of(&told, 2);
        assert_eq!(second[1..4], ["waits for a connection", "its turn to have a connection", "reuses a connection"]);
        // Redirected, the first one had to get in line again, and came when the server had fallen silent.
        let last = of(&told, 1).pop().unwrap();
        assert!(last.starts_with("failed: timed out after 200ms while waiting for the response"), "{last}");
        assert!(!format!("{told:?}").contains("secret"));
    });
}

#[test]
fn a_request_whose_time_ends_in_line_has_had_no_turn() {
    run_virtual(async {
        let server = RawServer::hello().await;
        let (client, told) = telling(Client::builder().max_connections(1));
        let has_the_place = client.get(server.url("/")).await.unwrap();
        let waits = client.get(server.url("/")).timeout(Duration::from_secs(1));
        assert!(waits.await.unwrap_err().is_timeout());
        let told = of(&told, 2);
        assert_eq!((told[1].as_str(), told.len()), ("waits for a connection", 3));
        assert!(told[2].starts_with("failed: timed out after 1s while waiting for a free connection"), "{told:?}");
        drop(has_the_place);
    });
}

#[test]
fn what_is_given_up_is_told_once_and_last() {
    run_virtual(async {
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello";
        let silent = vec![vec![Recv, Hold], vec![Recv, send(long), Hold], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(silent).await;
        let (client, told) = telling(Client::builder());
        let waits = glassloop::timeout(Duration::from_secs(1), client.get(server.url("/")).send());
        assert!(waits.await.is_err());
        let response = client.get(server.url("/")).await.unwrap();
        assert_eq!(of(&told, 2).last().unwrap(), "status 200 OK");
        drop(response);
        text(&client, server.url("/")).await.unwrap();
        let ends = |request| of(&told, request).split_off(3);
        assert_eq!(ends(1), ["request sent", "given up"]);
        assert_eq!(ends(2)[1..], ["first byte of the response", "status 200 OK", "given up"]);
        assert_eq!(ends(3)[1..], ["first byte of the response", "status 200 OK", "end of the body"]);
        // What was never sent has not begun.
        drop(client.get(server.url("/")).send());
        assert!(of(&told, 4).is_empty());
    });
}

#[test]
fn addresses_are_counted() {
    let found = ["127.0.0.1:1", "127.0.0.2:1"].map(|address| address.parse().unwrap());
    let told = |addresses| EventKind::DnsEnd { addresses }.to_string();
    assert_eq!([told(&[]), told(&found[..1])], ["found 0 addresses", "found 1 address"]);
    assert_eq!(told(&found), "found 2 addresses");
}

#[cfg(feature = "tls")]
#[test]
fn a_handshake_is_told() {
    use crate::tls_server::{Authority, TlsServer};

    let authority = Authority::new();
    let script = |mut tls: crate::tls_server::Tls| {
        tls.request().unwrap();
        tls.send(HELLO);
        tls.close_notify();
    };
    let server = TlsServer::start(authority.server(&["localhost"], false), vec![Box::new(script)]);
    run(async {
        let (client, told) = telling(authority.client());
        text(&client, server.url("localhost")).await.unwrap();
        let told = of(&told, 1);
        let connected = told.iter().position(|what| what.starts_with("connected to ")).unwrap();
        let expected = ["TLS handshake with localhost", "TLS handshake done", "request sent"];
        assert_eq!(told[connected + 1..connected + 4], expected);
    });
    server.join();
}

#[test]
fn names_are_told() {
    run(async {
        let server = RawServer::hello().await;
        let (client, told) = telling(Client::builder());
        text(&client, server.url("/").replace("127.0.0.1", "localhost")).await.unwrap();
        let told = of(&told, 1);
        assert_eq!(told[1], "looks up localhost");
        assert!(told[2].starts_with("found "), "{told:?}");
    });
}

#[cfg(feature = "trace")]
#[test]
fn the_same_stands_in_a_recording_of_the_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.ndjson");
    let runtime = Runtime::builder().trace(&path).build().unwrap();
    let url = runtime
        .block_on(async {
            let server = RawServer::hello().await;
            text(&Client::builder().no_proxy().build(), server.url("/x")).await.unwrap();
            server.url("/x")
        })
        .unwrap();
    drop(runtime);
    let recording = std::fs::read_to_string(&path).unwrap();
    for what in
        [format!("http 1: GET {url}"), "http 1: connected to 127.0.0.1".into(), "http 1: end of the body".into()]
    {
        assert!(recording.contains(&what), "{what}");
    }
}
