//! What a server is reached over: TLS, and Unix sockets.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{AsyncReadExt, AsyncWriteExt};
use glassloop::http::{Certificates, Client, Identity, Peer, Reply, Request, Server, Upgraded};
use glassloop::net::TcpStream;
use glassloop::{create_task, now, run, to_thread};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::common::{echo, ok_text, read_all, run_virtual, sent, server};

/// A server's certificate and key for `localhost`, and that of the authority, in PEM texts.
fn certified() -> (String, String) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    (certificate.pem() + &key.serialize_pem(), authority)
}

/// A server that speaks TLS, at this port, and a client that trusts it.
async fn secure() -> (Server, u16, Client) {
    let (own, authority) = certified();
    let server = server().await.tls(&Identity::from_pem(own.as_bytes()).unwrap());
    let port = server.local_addr().port();
    let trusted = Certificates::from_pem(authority.as_bytes()).unwrap();
    (server, port, Client::builder().no_proxy().root_certificates(trusted).build())
}

#[test]
fn tls_carries_requests_bodies_and_shutdown() {
    run(async {
        let (server, port, client) = secure().await;
        let stop = server.shutdown_token();
        let task = create_task(server.serve(echo));
        let body: Vec<u8> = (0..2_000_000_u32).map(|i| (i % 251) as u8).collect();
        for round in 0..3 {
            let response = client.post(format!("https://localhost:{port}/bytes")).body(body.clone()).await.unwrap();
            assert_eq!(response.is_reused(), round > 0);
            assert!(response.bytes().await.unwrap() == body);
            let chunked = client.get(format!("https://localhost:{port}/chunked")).await.unwrap();
            assert_eq!(chunked.text().await.unwrap(), "hello, world");
        }
        let asked = client.post(format!("https://localhost:{port}/a")).expect_continue().body("hi").await.unwrap();
        assert_eq!(asked.text().await.unwrap(), "POST /a hi");
        // The idle connection is told.
        stop.cancel();
        assert_eq!(task.await.unwrap(), 0);
        assert!(client.get(format!("https://localhost:{port}/a")).await.unwrap_err().is_connect());
    });
}

#[test]
fn an_upgraded_connection_stays_within_tls() {
    run(async {
        let (server, port, client) = secure().await;
        let shout = async |mut stream: Upgraded| {
            let mut buffer = vec![0; 100_000];
            stream.read_exact(&mut buffer).await.unwrap();
            stream.write_all(&buffer.to_ascii_uppercase()).await.unwrap();
            stream.close().await.unwrap();
        };
        create_task(server.serve(async move |_: Request| Reply::upgrade("shouting", shout))).detach();
        let response = client.get(format!("https://localhost:{port}/")).upgrade("shouting").await.unwrap();
        let mut stream = response.upgrade().unwrap();
        stream.write_all("a".repeat(100_000).as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer == "A".repeat(100_000));
    });
}

/// Answers with whom it is asked by.
async fn who(request: Request) -> String {
    format!("{:?}", request.extensions().get::<Peer>().unwrap())
}

#[test]
fn a_handler_knows_whom_a_request_is_from() {
    run(async {
        let server = server().await;
        let address = server.local_addr().to_string();
        create_task(server.serve(who)).detach();
        let mut stream = sent(&address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        let own = stream.local_addr().unwrap();
        let answer = read_all(&mut stream).await;
        assert!(answer.ends_with(&format!("\r\n\r\nPeer {{ address: Some({own}), is_tls: false }}")), "{answer}");

        let (server, port, client) = secure().await;
        create_task(server.serve(who)).detach();
        let secure = client.get(format!("https://localhost:{port}/")).await.unwrap().text().await.unwrap();
        assert!(
            secure.starts_with("Peer { address: Some(127.0.0.1:") && secure.ends_with("is_tls: true }"),
            "{secure}"
        );

        #[cfg(unix)]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("socket");
            create_task(Server::bind_unix(&path).unwrap().serve(who)).detach();
            let client = Client::builder().unix_socket(&path).build();
            let near = client.get("http://anybody/").await.unwrap().text().await.unwrap();
            assert_eq!(near, "Peer { address: None, is_tls: false }");
        }
    });
}

/// The end of an answer that lasts until the close is told by TLS (rule 5: a cut would look the same else).
#[test]
fn rule_05_the_server_says_goodbye() {
    run(async {
        let (own, authority) = certified();
        let server = server().await.tls(&Identity::from_pem(own.as_bytes()).unwrap());
        let port = server.local_addr().port();
        create_task(server.serve(echo)).detach();
        let said = to_thread(move || {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
            let mut config = builder.with_root_certificates(roots).with_no_client_auth();
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            let name = ServerName::try_from("localhost").unwrap();
            let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
            let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mut tls = rustls::Stream::new(&mut session, &mut socket);
            tls.write_all(b"GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
            let mut said = String::new();
            // An end without the goodbye is an error here.
            tls.read_to_string(&mut said).unwrap();
            assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
            said
        });
        assert!(said.await.starts_with("HTTP/1.1 204 No Content\r\n"));
    });
}

#[test]
fn who_speaks_no_tls_or_does_not_go_on_is_closed() {
    run_virtual(async {
        let (server, port, client) = secure().await;
        let server = server.head_timeout(Duration::from_secs(3));
        let address = format!("127.0.0.1:{port}");
        create_task(server.serve(echo)).detach();
        // An alert, which is no HTTP.
        let mut plain = sent(&address, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut answer = Vec::new();
        let _ = plain.read_to_end(&mut answer).await;
        assert_eq!(answer.first(), Some(&21), "{answer:?}");
        let before = now();
        let mut silent = TcpStream::connect(address.as_str()).await.unwrap();
        assert!(read_all(&mut silent).await.starts_with('\x15'), "an alert, which says that this is the end");
        assert_eq!((now() - before).as_secs(), 3);
        // Others are served.
        let response = client.get(format!("https://localhost:{port}/a")).await.unwrap();
        assert_eq!(response.text().await.unwrap(), "GET /a ");
    });
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_as_good_as_tcp() {
    use glassloop::net::UnixStream;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    run(async {
        let server = Server::bind_unix(&path).unwrap();
        assert_eq!(server.local_addr().as_pathname(), Some(path.as_path()));
        let stop = server.shutdown_token();
        let task = create_task(server.serve(echo));
        let client = Client::builder().unix_socket(&path).build();
        let body = vec![7; 1_000_000];
        for round in 0..2 {
            let response = client.post("http://anybody/bytes").body(body.clone()).await.unwrap();
            assert_eq!(response.is_reused(), round > 0);
            assert!(response.bytes().await.unwrap() == body);
        }
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(b"GET /close HTTP/1.0\r\n\r\nmore").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = crate::common::without_date(&answer);
        assert_eq!(answer, ok_text("bye").replace("utf-8\r\n", "utf-8\r\nconnection: close\r\n"));
        assert_eq!(Server::bind_unix(&path).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
        stop.cancel();
        assert_eq!(task.await.unwrap(), 0);
    });
}
