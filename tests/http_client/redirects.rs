//! Which redirects are followed, and what the next request looks like.

use std::time::Duration;

use glassloop::http::redirect::{Action, Policy};
use glassloop::http::{Body, Client, Error, HeaderName, HeaderValue, Method, RequestBuilder};
use glassloop::run;

use crate::raw_server::{Do, HELLO, Hold, RawServer, Recv, Sleep, send};
use crate::{run_virtual, text};

fn to(status: u16, location: &str) -> Do {
    send(&format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 5\r\n\r\nmoved"))
}

/// A server that redirects once, and then says hello.
async fn once(status: u16, location: &str) -> RawServer {
    RawServer::start(vec![vec![Recv, to(status, location), Recv, send(HELLO), Hold]]).await
}

#[test]
fn rule_09_methods_and_bodies_change_as_in_browsers() {
    for (status, method, next, keeps_body) in [
        (301, "POST", "GET", false),
        (302, "POST", "GET", false),
        (303, "POST", "GET", false),
        (303, "PUT", "GET", false),
        (303, "HEAD", "HEAD", false),
        (301, "PUT", "PUT", true),
        (302, "DELETE", "DELETE", true),
        (307, "POST", "POST", true),
        (308, "PATCH", "PATCH", true),
    ] {
        run(async {
            let server = if method == "HEAD" {
                let moved = "HTTP/1.1 303 See Other\r\nLocation: /next\r\n\r\n";
                let empty = "HTTP/1.1 200 OK\r\n\r\n";
                RawServer::start(vec![vec![Recv, send(moved), Recv, send(empty), Hold]]).await
            } else {
                once(status, "/next").await
            };
            let client = Client::new();
            let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), server.url("/a"));
            if method != "HEAD" {
                request = request.header("content-type", "text/x").header("x-plain", "1").body("secret=1");
            }
            let response = request.await.unwrap();
            assert_eq!((response.status().as_u16(), response.redirects()), (200, 1), "{status} {method}");
            assert_eq!(response.url().path(), "/next");
            response.bytes().await.unwrap();
            let sent = server.request(1);
            assert!(sent.starts_with(&format!("{next} /next HTTP/1.1\r\n")), "{status} {method}: {sent}");
            assert_eq!(sent.ends_with("content-length: 8\r\n\r\nsecret=1"), keeps_body, "{sent}");
            assert_eq!(sent.contains("content-type"), keeps_body, "{sent}");
            assert_eq!(sent.contains("x-plain: 1\r\n"), method != "HEAD", "{sent}");
            assert_eq!(server.connections(), 1, "{status} {method}");
        });
    }
}

#[test]
fn rule_09_secrets_do_not_leave_their_origin() {
    run(async {
        let b = RawServer::start(vec![vec![Recv, to(302, "/second"), Recv, send(HELLO)]]).await;
        let to_b = b.url("/first");
        let a = RawServer::start(vec![vec![Recv, to(302, "/same"), Recv, to(302, &to_b), Hold]]).await;
        let mut marked = HeaderValue::from_static("sesame-4");
        marked.set_sensitive(true);
        let client = Client::builder().secret_header(HeaderName::from_static("x-api-key")).build();
        let url = a.url("/").replace("http://", "http://user:sesame-0@");
        let request = client
            .get(url)
            .header("cookie", "sid=sesame-1")
            .header("proxy-authorization", "sesame-2")
            .header("x-api-key", "sesame-3")
            .header("x-marked", marked)
            .header("host", "example.test")
            .header("x-plain", "yes");
        assert_eq!(request.await.unwrap().text().await.unwrap(), "hello\n");
        for index in 0..2 {
            let sent = a.request(index);
            assert!(sent.contains("authorization: Basic dXNlcjpzZXNhbWUtMA==\r\n"), "{sent}");
            assert!((1..=4).all(|n| sent.contains(&format!("sesame-{n}"))), "{sent}");
            assert!(sent.contains("host: example.test\r\n") && sent.contains("x-plain: yes\r\n"), "{sent}");
        }
        for index in 0..2 {
            let sent = b.request(index);
            assert!(!sent.contains("sesame") && !sent.contains("authorization"), "{sent}");
            let host = b.base.strip_prefix("http://").unwrap();
            assert!(sent.contains(&format!("host: {host}\r\n")) && sent.contains("x-plain: yes\r\n"), "{sent}");
        }
    });
}

#[test]
fn rule_09_what_was_dropped_stays_dropped() {
    run(async {
        // From the number to the name and back: two origins, one server.
        let first = vec![Recv, to(307, "http://b.test:@PORT@/away"), Recv, send(HELLO), Hold];
        let second = vec![Recv, to(307, "http://127.0.0.1:@PORT@/back"), Hold];
        let server = RawServer::start(vec![first, second]).await;
        let port = server.base.rsplit(':').next().unwrap().parse().unwrap();
        let client = Client::builder().resolve("b.test", port, [[127, 0, 0, 1].into()]).build();
        let response = client.get(server.url("/")).bearer_auth("sesame").await.unwrap();
        assert_eq!((response.redirects(), response.text().await.unwrap().as_str()), (2, "hello\n"));
        assert!(server.request(0).contains("authorization: Bearer sesame"));
        assert!(server.request(1).contains("host: b.test"));
        assert!(server.request(2).starts_with("GET /back ") && server.connections() == 2);
        assert!(!server.request(1).contains("sesame") && !server.request(2).contains("sesame"));
    });
}

#[test]
fn rule_09_the_number_is_limited() {
    run(async {
        let endless = || RawServer::start(vec![vec![[Recv, to(302, "/again")]; 40].concat()]);
        for (limit, requests) in [(1, 2), (10, 11)] {
            let server = endless().await;
            let client = Client::builder().redirects(Policy::limited(limit)).build();
            let error = text(&client, server.url("/")).await.unwrap_err();
            assert!(matches!(error, Error::TooManyRedirects { limit: said, .. } if said == limit), "{error:?}");
            assert_eq!(server.requests.borrow().len(), requests);
        }
        for client in [Client::builder().redirects(Policy::none()).build(), Client::new()] {
            let server = endless().await;
            let response = client.get(server.url("/")).follow_redirects(false).await.unwrap();
            assert_eq!((response.status().as_u16(), response.redirects()), (302, 0));
            assert_eq!(response.text().await.unwrap(), "moved");
        }
    });
}

#[test]
fn rule_09_and_14_the_total_time_is_that_of_all_hops() {
    run_virtual(async {
        let server = RawServer::start(vec![vec![[Recv, Sleep(900), to(302, "/again")]; 40].concat()]).await;
        let client = Client::builder().timeout(Duration::from_secs(3)).build();
        assert!(text(&client, server.url("/")).await.unwrap_err().is_timeout());
        assert_eq!(server.requests.borrow().len(), 4);
    });
}

#[test]
fn a_policy_of_ones_own_decides_and_changes_headers() {
    run(async {
        let follow = Policy::custom(|attempt| match attempt.to().path() {
            "/next" => {
                assert_eq!((attempt.status().as_u16(), attempt.count(), attempt.from().path()), (302, 1, "/"));
                attempt.headers_mut().remove("x-plain");
                Action::Follow
            }
            "/stop" => Action::Stop,
            other => Action::Refuse(format!("not to {other}\n")),
        });
        let client = Client::builder().redirects(follow).build();
        let server = once(302, "/next").await;
        let response = client.get(server.url("/")).header("x-plain", "1").await.unwrap();
        assert_eq!(response.text().await.unwrap(), "hello\n");
        assert!(server.request(0).contains("x-plain") && !server.request(1).contains("x-plain"));

        let server = once(302, "/stop").await;
        assert_eq!(client.get(server.url("/")).await.unwrap().status(), 302);
        let server = once(302, "/never").await;
        let error = client.get(server.url("/")).await.unwrap_err();
        assert_eq!(error.what(), "redirect not followed: not to /never\\n");
    });
}

#[test]
fn rule_09_a_body_that_cannot_be_sent_again_is_not_sent_again() {
    run(async {
        let server = once(307, "/next").await;
        let body = Body::reader(&b"streamed"[..]);
        let error = Client::new().post(server.url("/")).body(body).await.unwrap_err();
        assert!(matches!(error, Error::Redirect { .. }), "{error:?}");
        assert_eq!(error.what(), "redirect not followed: the body cannot be sent again");
        assert_eq!(server.requests.borrow().len(), 1);
        // A policy is asked all the same: it may take the redirect for the answer.
        let server = once(307, "/next").await;
        let client = Client::builder().redirects(Policy::custom(|_| Action::Stop)).build();
        let request = client.post(server.url("/")).body(Body::reader(&b"streamed"[..]));
        assert_eq!(request.await.unwrap().status(), 307);
        // A redirect that drops the body does not need it.
        let server = once(303, "/next").await;
        let request = Client::new().post(server.url("/")).body(Body::reader(&b"streamed"[..]));
        assert_eq!(request.await.unwrap().text().await.unwrap(), "hello\n");
        assert!(!server.request(1).contains("transfer-encoding"));
    });
}

#[test]
fn rule_10_redirect_bodies_are_drained_by_a_small_limit_and_not_decoded() {
    run_virtual(async {
        let head = |rest: &str| format!("HTTP/1.1 302 Found\r\nLocation: /next\r\n{rest}");
        let chunks = format!("{}0\r\n\r\n", "400\r\n".to_owned() + &"x".repeat(1024) + "\r\n");
        for (first, connections) in [
            (send(&head("Content-Length: 5\r\n\r\nmoved")), 1),
            (send(&head("Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nmoved")), 1),
            (send(&head("Content-Encoding: klingon\r\nContent-Length: 5\r\n\r\nmoved")), 1),
            (send(&head(&format!("Transfer-Encoding: chunked\r\n\r\n{chunks}"))), 1),
            (send(&head(&format!("Content-Length: 100000\r\n\r\n{}", "x".repeat(100_000)))), 2),
            (send(&head("Content-Length: 1000000\r\n\r\nmoved")), 2),
            (send(&head("Content-Length: 9\r\n\r\nand never more")), 2),
            (send(&head("Content-Length: 100\r\n\r\nand never more")), 2),
            (send(&head(&format!("Transfer-Encoding: chunked\r\n\r\n20000\r\n{}", "x".repeat(0x20000)))), 2),
            (send(&head("\r\nuntil the end")), 2),
            (send(&head("Transfer-Encoding: chunked\r\n\r\nbad")), 2),
        ] {
            let scripts = vec![vec![Recv, first.clone(), Recv, send(HELLO), Hold], vec![Recv, send(HELLO), Hold]];
            let server = RawServer::start(scripts).await;
            assert_eq!(text(&Client::new(), server.url("/")).await.unwrap(), "hello\n");
            assert_eq!(server.connections(), connections);
        }
    });
}

#[test]
fn what_is_no_redirect_is_the_answer() {
    for head in [
        "300 Multiple Choices\r\nLocation: /next",
        "304 Not Modified\r\nLocation: /next",
        "305 Use Proxy\r\nLocation: /next",
        "306 Unused\r\nLocation: /next",
        "302 Found",
        "201 Created\r\nLocation: /next",
    ] {
        run(async {
            let reply = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n");
            let server = RawServer::start(vec![vec![Recv, send(&reply), Hold]]).await;
            let response = Client::new().get(server.url("/")).await.unwrap();
            assert_eq!(response.status().as_str(), &head[..3]);
            assert_eq!(server.requests.borrow().len(), 1);
        });
    }
}

#[test]
fn rule_09_and_18_unusable_locations_are_errors_of_one_line() {
    for location in [
        "file:///etc/passwd",
        "ftp://h.test/",
        "http://[::bad",
        "http://h.test:99999/",
        "/\\evil.test",
        "http://a@b\\@c/",
        "/a\tb",
        "//",
        "http://user:sesame@[bad/",
        "/a\r\nLocation: /b",
    ] {
        run(async {
            let server = once(302, location).await;
            let error = text(&Client::new(), server.url("/")).await.unwrap_err();
            assert!(matches!(error, Error::Redirect { .. }), "{location}: {error:?}");
            let shown = format!("{error} {}", error.what());
            assert!(!shown.chars().any(char::is_control) && !shown.contains("sesame"), "{shown}");
            assert_eq!(server.requests.borrow().len(), 1);
        });
    }
}

#[test]
fn user_info_of_a_location_is_not_used() {
    run(async {
        let b = RawServer::hello().await;
        let location = b.url("/x").replace("http://", "http://u:p@");
        let a = once(302, &location).await;
        let response = Client::new().get(a.url("/#top")).await.unwrap();
        assert_eq!(response.url().as_str(), format!("{}#top", b.url("/x")));
        assert!(!b.request(0).contains("authorization"));
    });
}

#[test]
fn a_dead_connection_on_the_way_is_replaced() {
    run(async {
        // The server closes behind its redirect, without saying so.
        let scripts = vec![vec![Recv, to(302, "/next")], vec![Recv, send(HELLO), Hold]];
        let server = RawServer::start(scripts).await;
        let request: RequestBuilder = Client::new().get(server.url("/"));
        assert_eq!(request.await.unwrap().text().await.unwrap(), "hello\n");
        assert_eq!(server.connections(), 2);
    });
}
