//! Requests over a proxy.

use glassloop::http::{Client, Error, Proxy};
use glassloop::run;

use crate::raw_server::{HELLO, Hold, RawServer, Recv, send};
use crate::text;

fn over(server: &RawServer, user_info: &str) -> Client {
    let url = server.base.replace("http://", &format!("http://{user_info}"));
    Client::builder().proxy(Proxy::parse(&url).unwrap()).build()
}

#[test]
fn http_goes_to_the_proxy_in_absolute_form() {
    run(async {
        let proxy = RawServer::hello().await;
        let client = over(&proxy, "");
        assert_eq!(text(&client, "http://origin.test/x?y=1#z".into()).await.unwrap(), "hello\n");
        assert_eq!(text(&client, "http://origin.test:81".into()).await.unwrap(), "hello\n");
        let first = proxy.request(0);
        assert!(first.starts_with("GET http://origin.test/x?y=1 HTTP/1.1\r\nhost: origin.test\r\n"), "{first}");
        let second = proxy.request(1);
        assert!(second.starts_with("GET http://origin.test:81/ HTTP/1.1\r\nhost: origin.test:81\r\n"), "{second}");
    });
}

#[test]
fn rule_16_the_proxy_gets_its_own_credentials_and_each_origin_its_own() {
    run(async {
        let proxy = RawServer::hello().await;
        let client = over(&proxy, "me:secret@");
        text(&client, "http://user:pw@origin.test/".into()).await.unwrap();
        let sent = proxy.request(0);
        assert!(sent.starts_with("GET http://origin.test/ HTTP/1.1\r\n"), "{sent}");
        assert!(sent.contains("proxy-authorization: Basic bWU6c2VjcmV0\r\n"), "{sent}");
        assert!(sent.contains("\r\nauthorization: Basic dXNlcjpwdw==\r\n"), "{sent}");
    });
}

#[test]
fn rule_07_connections_over_a_proxy_are_not_shared_between_origins() {
    run(async {
        let proxy = RawServer::hello().await;
        let client = over(&proxy, "");
        for url in ["http://a.test/", "http://b.test/", "http://a.test/", "http://b.test/"] {
            assert_eq!(text(&client, url.into()).await.unwrap(), "hello\n");
        }
        assert_eq!(proxy.connections(), 2);
    });
}

#[test]
fn no_proxy_goes_straight_to_the_server() {
    run(async {
        let server = RawServer::hello().await;
        let builder = Client::builder().proxy(Proxy::parse("http://127.0.0.1:1").unwrap());
        assert_eq!(text(&builder.no_proxy().build(), server.url("/x")).await.unwrap(), "hello\n");
        assert!(server.request(0).starts_with("GET /x HTTP/1.1\r\n"));
    });
}

#[test]
fn errors_name_the_proxy_that_speaks_for_the_origin() {
    run(async {
        let short = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx";
        for script in [vec![Recv], vec![Recv, send("nonsense\r\n\r\n")], vec![Recv, send(short)]] {
            let proxy = RawServer::start(vec![script]).await;
            let error = text(&over(&proxy, "me:secret@"), "http://origin.test/x".into()).await.unwrap_err();
            let (Error::Incomplete { address, .. } | Error::Protocol { address, .. }) = &error else {
                panic!("{error:?}")
            };
            assert_eq!(format!("http://{address}"), proxy.base);
            assert_eq!(error.url(), "http://origin.test/x");
        }
        let client = Client::builder().proxy(Proxy::parse("127.0.0.1:1").unwrap()).build();
        let error = text(&client, "http://origin.test/".into()).await.unwrap_err();
        assert!(matches!(&error, Error::Connect { address, .. } if address == "127.0.0.1:1"), "{error:?}");
    });
}

#[cfg(feature = "tls")]
mod tunnels {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::ServerConnection;

    use super::*;
    use crate::tls_server::{Authority, Tls, TlsServer};

    /// What a request to `https://localhost:4433/x` comes to, over a proxy that answers CONNECT with this.
    fn connect_answered_with(answer: &'static str) -> (Error, String) {
        let answered = run(async move {
            let proxy = RawServer::start(vec![vec![Recv, send(answer), Hold]]).await;
            let client = over(&proxy, "me:secret@");
            let get = client.get("https://user:pw@localhost:4433/x").timeout(Duration::from_secs(5));
            (get.send().await.unwrap_err(), proxy.request(0))
        });
        assert_eq!(
            answered.1,
            "CONNECT localhost:4433 HTTP/1.1\r\nhost: localhost:4433\r\nproxy-authorization: Basic bWU6c2VjcmV0\r\n\r\n"
        );
        answered
    }

    #[test]
    fn a_proxy_that_does_not_connect_says_why() {
        let head = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(70_000));
        for (answer, what) in [
            ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "403 Forbidden"),
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required"),
            ("HTTP/1.1 301 Moved\r\nLocation: http://evil.test/\r\n\r\n", "301 Moved Permanently"),
            ("nonsense\r\n\r\n", "neither HTTP/1.0 nor HTTP/1.1"),
            (head.leak(), "head over 65536 bytes"),
        ] {
            let (error, _) = connect_answered_with(answer);
            assert!(matches!(&error, Error::Proxy { what: said, .. } if said == what), "{error:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn errors_name_the_origin_that_speaks_through_a_tunnel() {
        let error = run(async {
            let proxy = RawServer::start(vec![vec![Recv, send("HTTP/1.1 200 OK\r\n\r\n")]]).await;
            text(&over(&proxy, ""), "https://localhost:4433/x".into()).await.unwrap_err()
        });
        assert!(matches!(&error, Error::Tls { address, .. } if address == "localhost:4433"), "{error:?}");
    }

    #[test]
    fn rule_15_nothing_that_comes_before_the_handshake_is_used() {
        let early = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nEVIL!";
        let (error, _) = connect_answered_with(early);
        assert!(matches!(error, Error::Proxy { .. }), "{error:?}");
    }

    #[test]
    fn rule_16_what_goes_through_the_tunnel_is_for_the_origin_alone() {
        let authority = Authority::new();
        let config = Arc::new(authority.server(&["localhost"], false));
        let script = move |mut socket: TcpStream| {
            let mut buffer = [0; 4096];
            let count = socket.read(&mut buffer).unwrap();
            assert!(buffer[..count].starts_with(b"CONNECT localhost:4433 HTTP/1.1\r\n"));
            socket.write_all(b"HTTP/1.1 200 Connection established\r\nContent-Length: 99\r\n\r\n").unwrap();
            let mut tls = Tls { session: ServerConnection::new(config).unwrap(), socket };
            for _ in 0..2 {
                let request = tls.request().unwrap();
                assert!(request.starts_with("GET /x HTTP/1.1\r\nhost: localhost:4433\r\n"), "{request}");
                assert!(request.contains("\r\nauthorization: Basic dXNlcjpwdw==\r\n"), "{request}");
                assert!(!request.contains("proxy-"), "{request}");
                tls.send(HELLO);
            }
        };
        let proxy = TlsServer::plain([Box::new(script) as Box<dyn FnOnce(TcpStream) + Send>]);
        let url = format!("http://me:secret@127.0.0.1:{}", proxy.port);
        let client = authority.client().proxy(Proxy::parse(&url).unwrap()).build();
        run(async {
            for _ in 0..2 {
                assert_eq!(text(&client, "https://user:pw@localhost:4433/x".into()).await.unwrap(), "hello\n");
            }
        });
        proxy.join();
    }

    #[test]
    fn a_proxy_that_is_silent_runs_into_the_limit_for_connecting() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::parse(&format!("http://{}", silent.local_addr().unwrap())).unwrap();
        let client = Client::builder().proxy(proxy).connect_timeout(Duration::from_millis(50)).build();
        let error = run(text(&client, "https://localhost:4433/".into())).unwrap_err();
        assert!(matches!(error, Error::Timeout { doing: "asking the proxy for a tunnel", .. }), "{error:?}");
    }
}
