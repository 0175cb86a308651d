//! Cookies over the wire. (Which are kept and where they are sent is tested beside the jar itself.)

use glassloop::http::{Client, Url};
use glassloop::run;

use crate::raw_server::{HELLO, Hold, RawServer, Recv, send};
use crate::text;

const SETS: &str = "HTTP/1.1 302 Found\r\nLocation: /next\r\nSet-Cookie: sid=1; Path=/\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_cookie_of_a_redirect_is_sent_behind_it() {
    run(async {
        let script = vec![Recv, send(SETS), Recv, send(HELLO), Recv, send(HELLO), Hold];
        let server = RawServer::start(vec![script]).await;
        let client = Client::builder().cookies(true).build();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        let own = client.get(server.url("/")).header("cookie", "mine=2");
        assert_eq!(own.await.unwrap().text().await.unwrap(), "hello\n");
        assert!(!server.request(0).contains("cookie"));
        assert!(server.request(1).contains("cookie: sid=1\r\n"));
        assert!(server.request(2).contains("cookie: mine=2; sid=1\r\n"));
        let url = Url::parse(&server.url("/")).unwrap();
        assert_eq!(client.cookies(&url), [("sid".to_owned(), "1".to_owned())]);
        client.clear_cookies();
        assert!(client.cookies(&url).is_empty());
    });
}

#[test]
fn rule_17_cookies_do_not_go_to_another_host() {
    run(async {
        let other = RawServer::hello().await;
        let port = other.base.rsplit(':').next().unwrap().parse().unwrap();
        let sets = SETS.replace("/next", &format!("http://other.test:{port}/"));
        let server = RawServer::start(vec![vec![Recv, send(&sets), Hold]]).await;
        let client = Client::builder().cookies(true).resolve("other.test", port, [[127, 0, 0, 1].into()]).build();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert!(!other.request(0).contains("cookie"));
    });
}

#[test]
fn without_being_told_to_a_client_keeps_none() {
    run(async {
        let server = RawServer::start(vec![vec![Recv, send(SETS), Recv, send(HELLO), Hold]]).await;
        let client = Client::new();
        assert_eq!(text(&client, server.url("/")).await.unwrap(), "hello\n");
        assert!(!server.request(1).contains("cookie"));
        let url = Url::parse(&server.url("/")).unwrap();
        assert!(!client.set_cookie(&url, "a=b") && client.cookies(&url).is_empty());
    });
}
