//! A hyper server and a hyper client on glassloop, over HTTP/1.1 and over HTTP/2, which runs tasks of its own and uses
//! timers.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use glassloop::hyper::{GlassloopExecutor, GlassloopIo, GlassloopTimer};
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{create_task, try_gather};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Version, client, server};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Says what it was asked, after a while.
async fn answer(request: Request<Incoming>) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let (version, path) = (request.version(), request.uri().path().to_owned());
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    glassloop::sleep(Duration::from_millis(100)).await;
    let text = format!("{version:?} {path} {}", String::from_utf8_lossy(&body));
    Ok(Response::new(Full::new(Bytes::from(text))))
}

/// A task for each connection, each with the protocol that the listener is for.
async fn serve(listener: TcpListener, version: Version) -> std::io::Result<()> {
    let timer = GlassloopTimer::new();
    loop {
        let io = GlassloopIo::new(listener.accept().await?.0);
        create_task(async move {
            let ended = if version == Version::HTTP_2 {
                let mut http2 = server::conn::http2::Builder::new(GlassloopExecutor);
                http2.timer(timer).keep_alive_interval(Duration::from_secs(10));
                http2.serve_connection(io, service_fn(answer)).await
            } else {
                let mut http1 = server::conn::http1::Builder::new();
                http1.timer(timer).header_read_timeout(Duration::from_secs(10));
                http1.serve_connection(io, service_fn(answer)).await
            };
            if let Err(error) = ended {
                eprintln!("a connection failed: {error}");
            }
        })
        .detach();
    }
}

/// Three requests, one after the other on one connection.
async fn ask_http1(address: SocketAddr) -> Result<Vec<String>> {
    let io = GlassloopIo::new(TcpStream::connect(address).await?);
    let (mut sender, connection) = client::conn::http1::handshake(io).await?;
    create_task(connection).detach();
    let mut answers = Vec::new();
    for word in ["one", "two", "three"] {
        let request = Request::post("/http1").header("host", address.to_string()).body(Full::new(Bytes::from(word)))?;
        let body = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
        answers.push(String::from_utf8_lossy(&body).into_owned());
    }
    Ok(answers)
}

/// Three requests at once on one connection.
async fn ask_http2(address: SocketAddr) -> Result<Vec<String>> {
    let io = GlassloopIo::new(TcpStream::connect(address).await?);
    let mut http2 = client::conn::http2::Builder::new(GlassloopExecutor);
    http2.timer(GlassloopTimer::new());
    let (sender, connection) = http2.handshake(io).await?;
    create_task(connection).detach();
    let asking = ["one", "two", "three"].map(|word| {
        let mut sender = sender.clone();
        async move {
            let request = Request::post(format!("http://{address}/http2")).body(Full::new(Bytes::from(word)))?;
            let body = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
            Ok::<_, Box<dyn Error>>(String::from_utf8_lossy(&body).into_owned())
        }
    });
    try_gather(asking).await
}

async fn serve_and_ask() -> Result<()> {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = create_task(serve(listener, version));
        let before = glassloop::now();
        let answers = match version {
            Version::HTTP_2 => ask_http2(address).await?,
            _ => ask_http1(address).await?,
        };
        let took = glassloop::now() - before;
        println!("{} in {} ms", answers.join(", "), took.as_millis());
        serving.cancel();
    }
    Ok(())
}

fn main() -> Result<()> {
    // The clock jumps to the next deadline: hyper's timers go by it too.
    let clock = glassloop::Clock::new_virtual();
    glassloop::Runtime::builder().clock(clock).build()?.block_on(serve_and_ask())?
}
