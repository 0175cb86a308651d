//! A tunnel through a proxy: CONNECT.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::ready;

use ::http::{HeaderMap, Method, StatusCode, header};
use futures_io::AsyncWrite;

use super::Proxy;
use crate::http::buffer::ReadBuffer;
use crate::http::connect::transport::Socket;
use crate::http::h1::{
    self, Framing, Limits, ReadyLine, ResponseEvent, ResponseHead, ResponseReader, encode_request_head,
};
use crate::http::origin::Origin;

/// Why there is no tunnel.
#[derive(Debug, thiserror::Error)]
pub(in crate::http::connect) enum NoTunnel {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Protocol(#[from] h1::Error),
    #[error("{0}")]
    Refused(StatusCode),
    #[error("something came in front of the server's own bytes")]
    Early,
    #[error("its user info is no header value")]
    Credentials,
}

/// Asks the proxy at the other end of the socket to lead on to the origin.
///
/// Nothing that comes before the tunnel stands is ever taken for something that came through it.
pub(in crate::http::connect) async fn open_tunnel(
    socket: &mut Socket,
    proxy: &Proxy,
    origin: &Origin,
    limits: Limits,
) -> Result<(), NoTunnel> {
    let request = request(proxy, origin)?;
    write_all(socket, &request).await?;
    let mut received = ReadBuffer::default();
    let head = read_head(socket, &mut received, limits).await?;
    if !head.status.is_success() {
        return Err(NoTunnel::Refused(head.status));
    }
    if received.is_empty() { Ok(()) } else { Err(NoTunnel::Early) }
}

fn request(proxy: &Proxy, origin: &Origin) -> Result<Vec<u8>, NoTunnel> {
    let target = origin.to_string();
    let mut headers = HeaderMap::new();
    if let Some(authorization) = proxy.authorization() {
        headers.insert(header::PROXY_AUTHORIZATION, authorization.clone());
    }
    let mut head = Vec::new();
    ReadyLine::new(header::HOST, target.as_bytes())
        .and_then(|host| encode_request_head(&mut head, &Method::CONNECT, &target, &host, &headers, [], Framing::Empty))
        .map_err(|_| NoTunnel::Credentials)?;
    Ok(head)
}

async fn write_all(socket: &mut Socket, bytes: &[u8]) -> io::Result<()> {
    let mut sent = 0;
    poll_fn(|cx| {
        while sent < bytes.len() {
            match ready!(Pin::new(&mut *socket).poll_write(cx, &bytes[sent..]))? {
                0 => return Err(io::ErrorKind::WriteZero.into()).into(),
                count => sent += count,
            }
        }
        Ok(()).into()
    })
    .await
}

async fn read_head(socket: &mut Socket, received: &mut ReadBuffer, limits: Limits) -> Result<ResponseHead, NoTunnel> {
    let mut reader = ResponseReader::new(&Method::CONNECT, limits);
    loop {
        let step = reader.next(received.unread())?;
        received.consume(step.consumed);
        match step.event {
            ResponseEvent::Head(head) => return Ok(head),
            ResponseEvent::NeedMore => {
                if poll_fn(|cx| received.poll_fill(cx, socket)).await? == 0 {
                    reader.closed(received.unread())?;
                }
            }
            ResponseEvent::Interim(_) => {}
            ResponseEvent::Data(_) | ResponseEvent::End => unreachable!("the head comes before the body"),
        }
    }
}
