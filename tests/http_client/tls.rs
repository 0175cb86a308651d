//! TLS: who is trusted, and how it ends.

use std::io::{Read, Write};
use std::sync::mpsc::channel;
use std::time::Duration;

use glassloop::http::{Certificates, Client, Error, Identity, InvalidCertificates};
use glassloop::run;

use crate::dropping::at_most;
use crate::raw_server::HELLO;
use crate::text;
use crate::tls_server::{Authority, Script, Tls, TlsServer};

fn hello(mut tls: Tls) {
    if tls.request().is_ok() {
        tls.send(HELLO);
        tls.close_notify();
    }
}

/// What a client makes of one connection to this server.
fn get(
    authority: &Authority,
    names: &[&str],
    host: &str,
    script: impl FnOnce(Tls) + Send + 'static,
) -> Result<String, Error> {
    let server = TlsServer::start(authority.server(names, false), vec![Box::new(script)]);
    let client = authority.client().timeout(Duration::from_secs(10)).build();
    let result = run(text(&client, server.url(host)));
    server.join();
    result
}

#[test]
fn a_good_certificate_is_trusted_by_name_and_by_address() {
    let authority = Authority::new();
    for (name, host) in [("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")] {
        assert_eq!(get(&authority, &[name], host, hello).unwrap(), "hello\n");
    }
}

#[test]
fn pitfall_56_the_server_is_told_names_but_never_addresses() {
    let authority = Authority::new();
    for (host, told) in [("localhost", Some("localhost")), ("LOCALHOST", Some("localhost")), ("127.0.0.1", None)] {
        let script = move |mut tls: Tls| {
            tls.request().unwrap();
            assert_eq!(tls.session.server_name(), told);
            assert_eq!(tls.session.alpn_protocol(), None, "the server did not choose one");
            tls.send(HELLO);
            tls.close_notify();
        };
        assert_eq!(get(&authority, &["localhost", "127.0.0.1"], host, script).unwrap(), "hello\n");
    }
}

#[test]
fn http_1_1_is_what_is_offered() {
    let authority = Authority::new();
    let mut config = authority.server(&["localhost"], false);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let script: Script = Box::new(|mut tls| {
        tls.request().unwrap();
        assert_eq!(tls.session.alpn_protocol(), Some(&b"http/1.1"[..]));
        tls.send(HELLO);
    });
    let server = TlsServer::start(config, vec![script]);
    assert_eq!(run(text(&authority.client().build(), server.url("localhost"))).unwrap(), "hello\n");
    server.join();
}

#[test]
fn rule_15_nobody_is_trusted_without_reason() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let refused = |client: Client, config, host: &str, hint: &str| {
        let server = TlsServer::start(config, vec![Box::new(|mut tls| assert!(tls.request().is_err()))]);
        let error = run(text(&client, server.url(host))).unwrap_err();
        server.join();
        assert!(matches!(error, Error::Tls { .. }), "{error:?}");
        assert!(error.what().contains(hint), "{}", error.what());
    };
    refused(
        authority.client().build(),
        stranger.server(&["localhost"], false),
        "localhost",
        "invalid peer certificate",
    );
    refused(authority.client().build(), authority.server(&["localhost"], true), "localhost", "expired");
    refused(authority.client().build(), authority.server(&["other.test"], false), "localhost", "not valid for name");
    refused(authority.client().build(), authority.server(&["localhost"], false), "127.0.0.1", "not valid for name");
    refused(Client::builder().no_proxy().build(), authority.server(&["localhost"], false), "localhost", "");
    // The subject's common name is nobody's name.
    let by_common_name = authority.server_by_common_name("localhost");
    refused(authority.client().build(), by_common_name, "localhost", "not valid for name");
}

#[test]
fn rule_15_there_is_no_second_try_with_less() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        assert!(socket.read(&mut [0; 4096]).unwrap() > 0);
        socket.write_all(b"\x15\x03\x01\x00\x02\x02\x46").unwrap(); // a fatal alert: protocol_version
        listener
    });
    let client = Authority::new().client().timeout(Duration::from_secs(10)).build();
    let error = run(text(&client, url)).unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    let listener = server.join().unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn consent_makes_any_certificate_do() {
    let server = TlsServer::start(Authority::new().server(&["other.test"], true), vec![Box::new(hello)]);
    let client = Client::builder().no_proxy().danger_accept_invalid_certificates(true).build();
    assert_eq!(run(text(&client, server.url("localhost"))).unwrap(), "hello\n");
    server.join();
}

#[test]
fn rule_05_a_body_without_length_needs_the_goodbye() {
    let authority = Authority::new();
    let open_ended = "HTTP/1.1 200 OK\r\n\r\nhello\n";
    let script = |says_goodbye: bool, answer: &'static str| {
        move |mut tls: Tls| {
            tls.request().unwrap();
            tls.send(answer);
            if says_goodbye {
                tls.close_notify();
            }
        }
    };
    assert_eq!(get(&authority, &["localhost"], "localhost", script(true, open_ended)).unwrap(), "hello\n");
    for cut in [open_ended, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello\n", "HTTP/1.1 200 OK\r\nContent-Le", ""]
    {
        let error = get(&authority, &["localhost"], "localhost", script(false, cut)).unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }), "{cut:?}: {error:?}");
    }
    // A body that says where it ends does not need it.
    assert_eq!(get(&authority, &["localhost"], "localhost", script(false, HELLO)).unwrap(), "hello\n");
}

#[test]
fn three_requests_use_one_connection_and_the_client_takes_its_leave() {
    let authority = Authority::new();
    let script: Script = Box::new(|mut tls| {
        for _ in 0..3 {
            tls.request().unwrap();
            tls.send(HELLO);
        }
        assert!(tls.client_says_goodbye());
    });
    let server = TlsServer::start(authority.server(&["localhost"], false), vec![script]);
    run(async {
        let client = authority.client().build();
        for _ in 0..3 {
            assert_eq!(text(&client, server.url("localhost")).await.unwrap(), "hello\n");
            glassloop::yield_now().await; // so that the idle connection is looked at
        }
    });
    server.join();
}

#[test]
fn rule_06_an_idle_connection_that_said_goodbye_or_more_is_not_used_again() {
    let authority = Authority::new();
    for unasked in ["", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 5\r\n\r\nEVIL!"] {
        let (idle, is_idle) = channel();
        let (sent, is_sent) = channel();
        let first: Script = Box::new(move |mut tls| {
            tls.request().unwrap();
            tls.send(HELLO);
            is_idle.recv().unwrap();
            if unasked.is_empty() {
                tls.close_notify();
            } else {
                tls.send(unasked);
            }
            sent.send(()).unwrap();
            tls.client_says_goodbye();
        });
        let server = TlsServer::start(authority.server(&["localhost"], false), vec![first, Box::new(hello)]);
        run(async {
            let client = authority.client().build();
            assert_eq!(text(&client, server.url("localhost")).await.unwrap(), "hello\n");
            idle.send(()).unwrap();
            glassloop::to_thread(move || is_sent.recv().unwrap()).await;
            // This one is not sent twice: it has to find out before.
            let post = client.post(server.url("localhost")).send().await.unwrap();
            assert_eq!(post.text().await.unwrap(), "hello\n");
        });
        server.join();
    }
}

#[cfg(unix)]
#[test]
fn pitfall_51_what_the_socket_did_not_take_goes_out_when_it_does() {
    use std::os::unix::net::UnixListener;
    use std::sync::Arc;

    use rustls::ServerConnection;

    let authority = Authority::new();
    let config = Arc::new(authority.server(&["localhost"], false));
    let folder = tempfile::tempdir().unwrap();
    // The socket holds some 200 KB. One of these bodies ends when it is full and rustls has taken the rest.
    for size in (1..=8).map(|parts| parts * 64 * 1024) {
        let path = folder.path().join(size.to_string());
        let listener = UnixListener::bind(&path).unwrap();
        let session = ServerConnection::new(config.clone()).unwrap();
        let (stuck, is_stuck) = channel();
        let server = std::thread::spawn(move || {
            let mut tls = Tls { session, socket: listener.accept().unwrap().0 };
            tls.request().unwrap();
            tls.send(HELLO);
            is_stuck.recv().unwrap();
            tls.request().unwrap();
            let mut received = vec![0; size];
            rustls::Stream::new(&mut tls.session, &mut tls.socket).read_exact(&mut received).unwrap();
            tls.send(HELLO);
        });
        let client = authority.client().unix_socket(&path).timeout(Duration::from_secs(20)).build();
        run(async {
            assert_eq!(text(&client, "https://localhost/".into()).await.unwrap(), "hello\n");
            // The head goes alone, so that the body begins with a record of its own.
            let upload = client.post("https://localhost/").body(vec![b'x'; size]);
            let upload = glassloop::create_task(async move { upload.send().await?.text().await });
            glassloop::yield_now().await;
            stuck.send(()).unwrap();
            assert_eq!(upload.await.unwrap().unwrap(), "hello\n", "{size}");
        });
        server.join().unwrap();
    }
}

#[test]
fn pitfall_51_a_change_of_keys_is_answered() {
    let authority = Authority::new();
    let script: Script = Box::new(|mut tls| {
        tls.request().unwrap();
        tls.session.refresh_traffic_keys().unwrap();
        tls.send(HELLO);
        tls.request().unwrap();
        tls.send(HELLO);
    });
    let server = TlsServer::start(authority.server(&["localhost"], false), vec![script]);
    run(async {
        let client = authority.client().build();
        for _ in 0..2 {
            assert_eq!(text(&client, server.url("localhost")).await.unwrap(), "hello\n");
        }
    });
    server.join();
}

#[test]
fn large_bodies_go_both_ways() {
    const SIZE: usize = 3 << 20;
    let authority = Authority::new();
    let script: Script = Box::new(|mut tls| {
        let mut received = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        while received.len() < SIZE {
            let count = rustls::Stream::new(&mut tls.session, &mut tls.socket).read(&mut buffer).unwrap();
            received.extend_from_slice(&buffer[..count]);
        }
        assert!(received.ends_with(b"xyz"));
        tls.send(&format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"));
        tls.send(&"y".repeat(SIZE));
    });
    let server = TlsServer::start(authority.server(&["localhost"], false), vec![script]);
    let mut upload = vec![b'x'; SIZE];
    upload.extend_from_slice(b"yz");
    let client = authority.client().timeout(Duration::from_secs(60)).build();
    let body = run(async {
        let response = client.post(server.url("localhost")).body(upload).send().await?;
        response.bytes().await
    });
    assert_eq!(body.unwrap(), "y".repeat(SIZE).as_bytes());
    server.join();
}

#[test]
fn a_server_without_tls_is_an_error_of_tls() {
    for answer in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
        let server = TlsServer::plain([Box::new(move |mut socket: std::net::TcpStream| {
            let _ = socket.read(&mut [0; 1000]);
            socket.write_all(answer.as_bytes()).unwrap();
        }) as Box<dyn FnOnce(_) + Send>]);
        let error = run(text(&Authority::new().client().build(), server.url("localhost"))).unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{answer:?}: {error:?}");
        server.join();
    }
}

#[test]
fn certificates_that_cannot_be_used_say_why() {
    let pem = |text: &str| format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    let error = |text: &str| Certificates::from_pem(text.as_bytes()).unwrap_err();
    assert!(matches!(error(""), InvalidCertificates::None));
    assert!(matches!(
        error("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        InvalidCertificates::None
    ));
    assert!(matches!(error(&pem("§§")), InvalidCertificates::Pem { .. }));
    assert!(matches!(error(&pem("AAAA")), InvalidCertificates::Certificate { number: 1, .. }));
    assert!(matches!(error("-----BEGIN CERTIFICATE-----\nAAAA\n"), InvalidCertificates::Pem { .. }));
}

#[test]
fn a_server_that_asks_is_shown_a_certificate() {
    let authority = Authority::new();
    let identity = Identity::from_pem(authority.identity().as_bytes()).unwrap();
    let server = TlsServer::start(authority.server_that_asks(&["localhost"]), vec![Box::new(hello), Box::new(hello)]);
    run(async {
        let known = authority.client().identity(identity).build();
        assert_eq!(text(&known, server.url("localhost")).await.unwrap(), "hello\n");
        // Our handshake is done when the server refuses: its alert is the first that is read.
        let error = text(&authority.client().build(), server.url("localhost")).await.unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{error:?}");
        assert!(error.what().contains("CertificateRequired"), "{}", error.what());
    });
    server.join();

    let other = Authority::new().identity();
    let (certificate, _) = other.split_once("-----BEGIN PRIVATE KEY").unwrap();
    let mine = authority.identity();
    let key = &mine[mine.find("-----BEGIN PRIVATE KEY").unwrap()..];
    let problem = |pem: &str| Identity::from_pem(pem.as_bytes()).unwrap_err().to_string();
    assert!(problem(&format!("{certificate}{key}")).contains("keys may not be consistent"));
    assert!(problem(certificate).contains("the private key: "));
    assert!(problem(key).contains("there is no certificate"));
}

#[test]
fn pitfall_55_a_request_over_tls_dropped_at_any_await_leaves_its_place() {
    let authority = Authority::new();
    // The name, the socket, the handshake, the answer: at most some polls each, two connections for every try.
    let scripts = (0..200).map(|_| -> Script {
        Box::new(|mut tls| {
            if tls.request().is_ok() {
                // It may be gone already.
                let _ = rustls::Stream::new(&mut tls.session, &mut tls.socket).write_all(HELLO.as_bytes());
            }
        })
    });
    let server = TlsServer::start(authority.server(&["localhost"], false), scripts.collect());
    let url = server.url("localhost");
    run(async {
        let mut polls = 0;
        loop {
            let client = authority.client().max_connections(1).timeout(Duration::from_secs(20)).build();
            let done = at_most(polls, text(&client, url.clone())).await;
            assert_eq!(text(&client, url.clone()).await.unwrap(), "hello\n", "after {polls} polls");
            if done.is_some() {
                break;
            }
            polls += 1;
        }
        // How many there are depends on how fast the other thread is.
        assert!(polls > 1, "it was over after {polls} polls");
    });
}
