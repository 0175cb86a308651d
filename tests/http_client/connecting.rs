//! Names, addresses, Unix sockets: how a connection comes about, and how it does not.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use glassloop::http::{Client, ClientBuilder, Error, TimeLimit};
use glassloop::net::TcpListener;
use glassloop::run;

use crate::raw_server::{HELLO, RawServer, Recv, send};
use crate::{run_virtual, text};

fn builder() -> ClientBuilder {
    Client::builder().no_proxy().timeout(Duration::from_secs(30))
}

const V6: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// This machine too, but nobody listens there.
#[cfg(target_os = "linux")]
const REFUSES: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
/// For documentation (RFC 5737): nobody answers there, or no way leads there.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn port(server: &RawServer) -> u16 {
    server.base.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn given_addresses_are_tried_in_their_order() {
    run(async {
        let server = RawServer::hello().await;
        let port = port(&server);
        for addresses in [vec![V4], vec![V6, V4], vec![V4, V6]] {
            let client = builder().resolve("HE.test", port, addresses).build();
            assert_eq!(text(&client, format!("http://he.test:{port}/")).await.unwrap(), "hello\n");
        }
        assert!(server.request(0).contains(&format!("host: he.test:{port}\r\n")));
    });
}

#[test]
fn given_addresses_are_for_their_port_alone_and_the_later_ones_count() {
    run(async {
        let server = RawServer::hello().await;
        let port = port(&server);
        let client = builder().resolve("he.test", port, [NOBODY]).resolve("he.test", port, [V4]).build();
        assert_eq!(text(&client, format!("http://he.test:{port}/")).await.unwrap(), "hello\n");
        let client = builder().resolve("localhost", port ^ 1, [NOBODY]).build();
        assert_eq!(text(&client, format!("http://localhost:{port}/")).await.unwrap(), "hello\n");
    });
}

type Asked = Rc<RefCell<Vec<String>>>;

/// A resolver that counts what it is asked, and knows this address.
fn counting(asked: Asked, ip: IpAddr) -> impl AsyncFn(String, u16) -> io::Result<Vec<SocketAddr>> {
    async move |name, port| {
        asked.borrow_mut().push(format!("{name}:{port}"));
        glassloop::yield_now().await;
        Ok(vec![(ip, port).into()])
    }
}

#[test]
fn a_name_is_looked_up_once_as_long_as_it_is_remembered() {
    for (seconds, lookups) in [(0, 3), (10, 2), (60, 1)] {
        run_virtual(async {
            let server = RawServer::start(vec![vec![Recv, send(HELLO)]]).await;
            let port = port(&server);
            let asked = Asked::default();
            let resolver = counting(asked.clone(), V4);
            let client = builder().resolver(resolver).dns_cache_time(Duration::from_secs(seconds)).build();
            for pause in [9, 9, 0] {
                assert_eq!(text(&client, format!("http://a.test:{port}/")).await.unwrap(), "hello\n");
                glassloop::sleep(Duration::from_secs(pause)).await;
            }
            assert_eq!(asked.take(), vec![format!("a.test:{port}"); lookups], "{seconds}");
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_at_which_nobody_answers_is_looked_up_anew() {
    run(async {
        let asked = Asked::default();
        let client = builder().resolver(counting(asked.clone(), REFUSES)).build();
        for _ in 0..2 {
            let error = text(&client, "http://a.test:1/".to_owned()).await.unwrap_err();
            assert!(matches!(error, Error::Connect { .. }), "{error}");
        }
        assert_eq!(asked.take(), ["a.test:1", "a.test:1"]);
        let unknown = async |_, _| Err(io::Error::other("no such name here"));
        let client = builder().resolver(unknown).build();
        let error = text(&client, "http://a.test:1/".to_owned()).await.unwrap_err();
        assert_eq!(error.what(), "cannot look up a.test: no such name here");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn an_address_that_does_not_answer_has_a_quarter_of_a_second() {
    run_virtual(async {
        let server = RawServer::hello().await;
        let port = port(&server);
        let deaf: Vec<_> = [[127, 0, 0, 2], [127, 0, 0, 3]].map(|ip| DeafListener::new(ip.into(), port)).into();
        for (addresses, milliseconds) in [
            (vec![deaf[0].ip, V4], 250),
            (vec![deaf[0].ip, deaf[1].ip, V4], 500),
            (vec![REFUSES, V4], 0),
            (vec![deaf[0].ip, REFUSES, V4], 250),
        ] {
            let client = builder().resolve("he.test", port, addresses.clone()).build();
            let began = glassloop::now();
            assert_eq!(text(&client, format!("http://he.test:{port}/")).await.unwrap(), "hello\n");
            assert_eq!((glassloop::now() - began).as_millis(), milliseconds, "{addresses:?}");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_answering_runs_into_the_limit_for_connecting() {
    run_virtual(async {
        let deaf = DeafListener::new([127, 0, 0, 4].into(), 0);
        let client = builder().connect_timeout(Duration::from_secs(3)).build();
        let began = glassloop::now();
        let error = text(&client, format!("http://{}:{}/", deaf.ip, deaf.port)).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { which: TimeLimit::Connect, doing: "connecting", .. }), "{error:?}");
        assert_eq!((glassloop::now() - began).as_secs(), 3);
    });
}

/// An address of this machine at which nobody answers: the line of those who want to connect is full.
#[cfg(target_os = "linux")]
struct DeafListener {
    ip: IpAddr,
    port: u16,
    _listener: std::net::TcpListener,
    _line: Vec<std::net::TcpStream>,
}

#[cfg(target_os = "linux")]
impl DeafListener {
    fn new(ip: IpAddr, port: u16) -> DeafListener {
        let listener = std::net::TcpListener::bind((ip, port)).unwrap();
        let address = listener.local_addr().unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let mut line = Vec::new();
        while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            line.push(stream);
        }
        DeafListener { ip, port: address.port(), _listener: listener, _line: line }
    }
}

#[test]
fn all_errors_are_told_when_no_address_answers() {
    run(async {
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let client = builder().resolve("he.test", port, [V4, V6]).build();
        let error = text(&client, format!("http://he.test:{port}/")).await.unwrap_err();
        assert!(matches!(&error, Error::Connect { address, .. } if *address == format!("he.test:{port}")), "{error:?}");
        let what = error.what();
        for tried in [format!("127.0.0.1:{port}"), format!("[::1]:{port}")] {
            assert_eq!(what.matches(&format!("connecting to {tried}: ")).count(), 1, "{what}");
        }
        let nothing = builder().resolve("he.test", port, []).build();
        let error = text(&nothing, format!("http://he.test:{port}/")).await.unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    });
}

#[test]
fn a_name_that_is_not_found_is_an_error_of_its_own() {
    run(async {
        let label = "a".repeat(64);
        let error = text(&builder().build(), format!("http://{label}.test/")).await.unwrap_err();
        assert!(matches!(error, Error::Resolve { .. } | Error::InvalidUrl { .. }), "{error:?}");
        let error = text(&builder().build(), "http://127.0.0.1:1/".into()).await.unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        #[cfg(target_os = "linux")]
        assert_eq!(error.what(), "cannot connect to 127.0.0.1:1: Connection refused (os error 111)");
    });
}

#[cfg(unix)]
#[test]
fn a_unix_socket_is_connected_to_whatever_the_host() {
    use glassloop::net::UnixListener;

    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let client = builder().unix_socket(&path).build();
        let error = text(&client, "http://sock.test/x".into()).await.unwrap_err();
        let shown = path.display().to_string();
        assert!(matches!(&error, Error::Connect { address, .. } if *address == shown), "{error:?}");

        let listener = UnixListener::bind(&path).unwrap();
        let server = glassloop::create_task(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut requests = Vec::new();
            for _ in 0..2 {
                let mut buffer = [0; 1000];
                let count = stream.read(&mut buffer).await.unwrap();
                requests.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
                stream.write_all(HELLO.as_bytes()).await.unwrap();
            }
            requests
        });
        for _ in 0..2 {
            assert_eq!(text(&client, "http://sock.test/x".into()).await.unwrap(), "hello\n");
        }
        for request in server.await.unwrap() {
            assert!(request.starts_with("GET /x HTTP/1.1\r\nhost: sock.test\r\n"), "{request}");
        }
    });
}

#[cfg(feature = "tls")]
#[test]
fn the_limit_for_connecting_covers_the_tls_handshake() {
    use crate::raw_server::Hold;

    run_virtual(async {
        let silent = RawServer::start(vec![vec![Hold]]).await;
        let client = builder().connect_timeout(Duration::from_secs(2)).build();
        let began = glassloop::now();
        let error = text(&client, silent.url("/").replace("http:", "https:")).await.unwrap_err();
        assert!(
            matches!(error, Error::Timeout { which: TimeLimit::Connect, doing: "in the TLS handshake", .. }),
            "{error:?}"
        );
        assert_eq!((glassloop::now() - began).as_secs(), 2);
    });
}

#[test]
fn the_limit_for_connecting_does_not_count_what_comes_after() {
    run_virtual(async {
        use crate::raw_server::Sleep;

        let slow = RawServer::start(vec![vec![Recv, Sleep(5000), send(HELLO)]]).await;
        let client = builder().connect_timeout(Duration::from_secs(2)).build();
        assert_eq!(text(&client, slow.url("/")).await.unwrap(), "hello\n");
    });
}
