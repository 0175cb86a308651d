//! A server that writes literal bytes.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use glassloop::net::{TcpListener, TcpStream};

/// What a server does on one connection, in order.
#[derive(Clone)]
pub(crate) enum Do {
    /// Reads one request: its head, and as much body as its Content-Length says, or all chunks.
    Recv,
    /// Reads the head of a request.
    RecvHead,
    Send(Vec<u8>),
    /// Waits until the client closes.
    Hold,
    /// Reads one byte of the request and closes: the unread rest makes it a reset.
    Reset,
    /// Waits for so many milliseconds of the (virtual) clock.
    Sleep(u64),
}
pub(crate) use Do::{Hold, Recv, Reset, Sleep};

pub(crate) fn send(text: &str) -> Do {
    Do::Send(text.as_bytes().to_vec())
}

pub(crate) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

/// A server that plays one script a connection, the last one again and again.
pub(crate) struct RawServer {
    pub(crate) base: String,
    /// What was received, one entry a `Recv`.
    pub(crate) requests: Rc<RefCell<Vec<String>>>,
    connections: Rc<Cell<usize>>,
}

impl RawServer {
    pub(crate) async fn start(scripts: Vec<Vec<Do>>) -> RawServer {
        RawServer::start_at("127.0.0.1:0", scripts).await
    }

    /// `@PORT@` in what is sent stands for the server's own.
    pub(crate) async fn start_at(address: &str, mut scripts: Vec<Vec<Do>>) -> RawServer {
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for step in scripts.iter_mut().flatten() {
            if let Do::Send(bytes) = step
                && let Ok(text) = std::str::from_utf8(bytes)
                && text.contains("@PORT@")
            {
                *bytes = text.replace("@PORT@", &port.to_string()).into_bytes();
            }
        }
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = Rc::new(RefCell::new(Vec::new()));
        let connections = Rc::new(Cell::new(0));
        let server = RawServer { base, requests, connections };
        let (requests, connections) = (server.requests.clone(), server.connections.clone());
        glassloop::create_task(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let script = scripts[connections.get().min(scripts.len() - 1)].clone();
                connections.set(connections.get() + 1);
                // A client that goes away ends the script.
                glassloop::create_task(play(stream, script, requests.clone())).detach();
            }
        })
        .detach();
        server
    }

    pub(crate) async fn hello() -> RawServer {
        RawServer::start(vec![vec![[Recv, send(HELLO)]; 8].concat()]).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.get()
    }

    pub(crate) fn request(&self, index: usize) -> String {
        self.requests.borrow()[index].clone()
    }
}

async fn play(mut stream: TcpStream, script: Vec<Do>, requests: Rc<RefCell<Vec<String>>>) -> io::Result<()> {
    for step in script {
        match step {
            Recv | Do::RecvHead => {
                let request = read_request(&mut stream, matches!(step, Recv)).await?;
                requests.borrow_mut().push(request);
            }
            Do::Send(bytes) => stream.write_all(&bytes).await?,
            Hold => while stream.read(&mut [0; 4096]).await? > 0 {},
            Reset => {
                stream.read(&mut [0]).await?;
                return Ok(());
            }
            Sleep(millis) => glassloop::sleep(Duration::from_millis(millis)).await,
        }
    }
    Ok(())
}

async fn read_request(stream: &mut TcpStream, with_body: bool) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let is_complete = match head.contains("transfer-encoding: chunked") {
                true => body.ends_with("0\r\n\r\n"),
                false => body.len() >= length.map_or(0, |length| length.parse().unwrap()),
            };
            if is_complete || !with_body {
                return Ok(text.into_owned());
            }
        }
        match stream.read(&mut buffer).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
