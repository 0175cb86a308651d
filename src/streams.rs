//! Streams, as asyncio has them: a reader that finds lines and lengths, a writer that buffers, a server that makes a task of each
//! connection.
//!
//! Read in this order: `transport.rs` is what bytes go over, `connection.rs` what a reader and a writer share of it;
//! `reader.rs` (with `buffer.rs`) and `writer.rs` (with `outgoing.rs`) are the two; `server.rs` hands them out. `steady.rs` is about tasks
//! of the loop's own.

use std::any::Any;
use std::future::Future;
use std::io;
#[cfg(unix)]
use std::path::Path;
use std::rc::Rc;

use futures_io::{AsyncRead, AsyncWrite};

use crate::net::{Address, Family, Stream, Tcp, TcpStream};

mod buffer;
mod connection;
mod error;
mod lines;
mod outgoing;
mod reader;
mod server;
mod steady;
mod transport;
mod writer;

pub(crate) use connection::Connection;
#[cfg(unix)]
pub(crate) use connection::Lost;
pub use error::ReadError;
pub use lines::Lines;
pub use reader::StreamReader;
#[cfg(unix)]
pub use server::start_unix_server;
pub use server::{Server, start_server, start_server_on};
#[cfg(unix)]
pub(crate) use steady::spawn_steady;
use transport::Both;
pub(crate) use transport::Peer;
#[cfg(unix)]
pub(crate) use transport::Transport;
pub use writer::StreamWriter;

/// Connects; gives a reader and a writer (asyncio's `open_connection`).
///
/// ```
/// use glassloop::{StreamReader, StreamWriter, open_connection, start_server};
///
/// async fn echo(mut reader: StreamReader, writer: StreamWriter) {
///     while let Ok(line) = reader.readline().await {
///         if line.is_empty() || writer.write(&line).is_err() || writer.drain().await.is_err() {
///             break;
///         }
///     }
/// }
///
/// glassloop::run(async {
///     let server = start_server("127.0.0.1:0", echo).await?;
///     let (mut reader, writer) = open_connection(*server.local_addr()).await?;
///     writer.write(b"hello\n")?;
///     assert_eq!(reader.readline().await?, b"hello\n");
///     writer.close();
///     writer.wait_closed().await?;
///     Ok::<(), std::io::Error>(())
/// })
/// # .unwrap();
/// ```
///
/// # Errors
/// As [`TcpStream::connect`].
///
/// # Cancel safety
/// Dropping it gives the connection up.
///
/// # Panics
/// With no loop running on this thread.
#[track_caller]
pub fn open_connection(address: impl Into<Address>) -> impl Future<Output = io::Result<(StreamReader, StreamWriter)>> {
    let connecting = TcpStream::connect(address);
    async { Ok(over_socket(connecting.await?, None)) }
}

/// As [`open_connection`], to the Unix domain socket at a path (asyncio's `open_unix_connection`).
///
/// # Errors
/// As [`UnixStream::connect`](Stream::connect), with the path.
///
/// # Cancel safety
/// Dropping it gives the connection up.
///
/// # Panics
/// With no loop running on this thread.
#[cfg(unix)]
#[track_caller]
pub fn open_unix_connection(path: impl AsRef<Path>) -> impl Future<Output = io::Result<(StreamReader, StreamWriter)>> {
    let connecting = crate::net::UnixStream::connect(path);
    async { Ok(over_socket(connecting.await?, None)) }
}

/// A reader and a writer over any stream with the `futures_io` traits, such as one of TLS.
///
/// ```
/// use futures_util::io::Cursor;
///
/// glassloop::run(async {
///     let (mut reader, _writer) = glassloop::streams_over(Cursor::new(b"one\ntwo\n".to_vec()));
///     assert_eq!(reader.readline().await.unwrap(), b"one\n");
/// });
/// ```
pub fn streams_over<S: AsyncRead + AsyncWrite + Unpin + 'static>(stream: S) -> (StreamReader, StreamWriter) {
    let mut stream = Some(stream);
    // One of ours has an address, and can be told where in the program a task waits in it.
    if let Some(socket) = as_socket::<S, Tcp>(&mut stream) {
        return over_socket(socket, None);
    }
    #[cfg(unix)]
    if let Some(socket) = as_socket::<S, crate::net::Unix>(&mut stream) {
        return over_socket(socket, None);
    }
    let stream = stream.expect("it was not taken");
    both(Connection::new(Both(stream), Peer::Unknown, None))
}

/// Takes the stream, if it is a socket of this family.
fn as_socket<S: 'static, F: Family>(stream: &mut Option<S>) -> Option<Stream<F>> {
    (stream as &mut dyn Any).downcast_mut::<Option<Stream<F>>>()?.take()
}

/// `guard` is dropped when the connection is closed.
fn over_socket<F: Family>(stream: Stream<F>, guard: Option<server::Client>) -> (StreamReader, StreamWriter) {
    let peer = Peer::of(&stream);
    both(Connection::new(stream, peer, guard))
}

fn both(connection: Rc<Connection>) -> (StreamReader, StreamWriter) {
    (StreamReader::on(Rc::clone(&connection)), StreamWriter::on(connection))
}
