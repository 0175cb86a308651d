//! `StreamReader`: lines, lengths, separators.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;
use glassloop_reactor::Direction;

use super::buffer::Buffer;
use super::connection::{Connection, Lost};
use super::error::ReadError;
use super::lines::Lines;
use super::transport::{Peer, Reads};
use crate::net::Site;

/// asyncio's: lines and the like are at most 64 KiB long.
const DEFAULT_LIMIT: usize = 64 * 1024;

/// The reading side of a stream (asyncio's `StreamReader`). It reads when it is asked to, and so never holds much more than
/// its limit.
///
/// Every read may be dropped while it waits: what has arrived stays in the reader.
///
/// ```
/// use glassloop::{ReadError, StreamReader};
///
/// glassloop::run(async {
///     let mut reader = StreamReader::new(&b"GET /\r\nbody"[..]);
///     assert_eq!(reader.readuntil(b"\r\n").await?, b"GET /\r\n");
///     assert_eq!(reader.readexactly(2).await?, b"bo");
///     let error = reader.readexactly(3).await.unwrap_err();
///     assert!(matches!(error, ReadError::Incomplete { partial, expected: Some(3) } if partial == b"dy"));
///     assert!(reader.at_eof());
///     Ok::<(), ReadError>(())
/// })
/// # .unwrap();
/// ```
pub struct StreamReader {
    connection: Rc<Connection>,
    buffer: Buffer,
    limit: usize,
    eof: bool,
    lost: Option<Lost>,
}

impl StreamReader {
    /// A reader of any stream; its limit is 64 KiB.
    pub fn new(stream: impl AsyncRead + Unpin + 'static) -> StreamReader {
        StreamReader::on(Connection::new(Reads(stream), Peer::Unknown, None))
    }

    pub(crate) fn on(connection: Rc<Connection>) -> StreamReader {
        StreamReader { connection, buffer: Buffer::default(), limit: DEFAULT_LIMIT, eof: false, lost: None }
    }

    /// The longest line, and the longest stretch before a separator, in bytes (asyncio's `limit`). 64 KiB unless this is called.
    ///
    /// # Panics
    /// If it is 0.
    pub fn set_limit(&mut self, bytes: usize) {
        assert!(bytes > 0, "glassloop: a limit of 0 bytes: no line would fit");
        self.limit = bytes;
    }

    /// Reads what there is, at least one byte, at most `n`; nothing is the end of the stream (or an `n` of 0).
    ///
    /// # Errors
    /// What the system says, such as a connection reset; then each time again.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has read nothing.
    #[track_caller]
    pub fn read(&mut self, n: usize) -> impl Future<Output = io::Result<Vec<u8>>> + '_ {
        self.find(Site::caller("read"), move |buffer, eof, _| {
            let enough = n == 0 || eof || !buffer.is_empty();
            enough.then(|| Ok(buffer.take(n.min(buffer.len()))))
        })
    }

    /// Reads all until the end of the stream, up to `limit` bytes (asyncio's `read(-1)`, which has no limit).
    ///
    /// # Errors
    /// [`ReadError::LimitOverrun`] if there is more: nothing is lost, and it can be read in another way. What the system says.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it leaves what has arrived in the reader.
    #[track_caller]
    pub fn read_to_end(&mut self, limit: usize) -> impl Future<Output = Result<Vec<u8>, ReadError>> + '_ {
        self.read_to_end_at(limit, Site::caller("read_to_end"))
    }

    pub(crate) fn read_to_end_at(
        &mut self,
        limit: usize,
        site: Site,
    ) -> impl Future<Output = Result<Vec<u8>, ReadError>> + '_ {
        self.find(site, move |buffer, eof, _| match buffer.len() {
            consumed if consumed > limit => Some(Err(ReadError::LimitOverrun { consumed, limit, found: false })),
            _ => eof.then(|| Ok(buffer.take_all())),
        })
    }

    /// Reads `n` bytes.
    ///
    /// # Errors
    /// [`ReadError::Incomplete`] with what there was, if the stream ends before; what the system says.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it leaves what has arrived in the reader.
    #[track_caller]
    pub fn readexactly(&mut self, n: usize) -> impl Future<Output = Result<Vec<u8>, ReadError>> + '_ {
        self.find(Site::caller("readexactly"), move |buffer, eof, _| {
            if buffer.len() >= n {
                return Some(Ok(buffer.take(n)));
            }
            eof.then(|| Err(ReadError::Incomplete { partial: buffer.take_all(), expected: Some(n) }))
        })
    }

    /// Reads up to and with a separator.
    ///
    /// # Errors
    /// [`ReadError::Incomplete`] with what there was, if the stream ends before. [`ReadError::LimitOverrun`] if there are more
    /// bytes than the limit before the separator: they stay in the reader, and can be read in another way.
    /// [`ReadError::EmptySeparator`]. What the system says.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it leaves what has arrived in the reader.
    #[track_caller]
    pub fn readuntil<'a>(&'a mut self, separator: &'a [u8]) -> impl Future<Output = Result<Vec<u8>, ReadError>> + 'a {
        self.readuntil_at([separator], Site::caller("readuntil"))
    }

    /// Reads up to and with the first of several separators: the one that ends first, and of those that end together the
    /// shortest (asyncio: a tuple of separators).
    ///
    /// ```
    /// use glassloop::{ReadError, StreamReader};
    ///
    /// glassloop::run(async {
    ///     let mut reader = StreamReader::new(&b"one\r\ntwo;three"[..]);
    ///     for part in [&b"one\r\n"[..], b"two;"] {
    ///         assert_eq!(reader.readuntil_any(&[b";", b"\r\n"]).await?, part);
    ///     }
    ///     Ok::<(), ReadError>(())
    /// })
    /// # .unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`readuntil`](StreamReader::readuntil); [`ReadError::EmptySeparator`] also if there is no separator at all.
    ///
    /// # Cancel safety
    /// As [`readuntil`](StreamReader::readuntil).
    #[track_caller]
    pub fn readuntil_any<'a>(
        &'a mut self,
        separators: &'a [&'a [u8]],
    ) -> impl Future<Output = Result<Vec<u8>, ReadError>> + 'a {
        self.readuntil_at(separators, Site::caller("readuntil"))
    }

    fn readuntil_at<'a>(
        &'a mut self,
        separators: impl AsRef<[&'a [u8]]> + 'a,
        site: Site,
    ) -> impl Future<Output = Result<Vec<u8>, ReadError>> + 'a {
        let mut searched = 0;
        self.find(site, move |buffer, eof, limit| {
            let count = match find(buffer.as_slice(), separators.as_ref(), &mut searched, limit) {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            };
            match count {
                Some(count) => Some(Ok(buffer.take(count))),
                None => eof.then(|| Err(ReadError::Incomplete { partial: buffer.take_all(), expected: None })),
            }
        })
    }

    /// Reads a line, with its `\n`; the last one may have none. Nothing is the end of the stream.
    ///
    /// # Errors
    /// [`ReadError::LimitOverrun`] if the line is longer than the limit. Unlike `readuntil`, and as in asyncio, what there is of it is
    /// dropped, so that the next call goes on behind it. What the system says.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it leaves what has arrived in the reader.
    #[track_caller]
    pub fn readline(&mut self) -> impl Future<Output = Result<Vec<u8>, ReadError>> + '_ {
        let mut searched = 0;
        self.find(Site::caller("readline"), move |buffer, eof, limit| line(buffer, eof, limit, &mut searched))
    }

    /// The lines to come, as a stream that ends with this one (asyncio's `async for line in reader`). Each is as from
    /// [`readline`](StreamReader::readline): one over the limit is an error, and the next comes behind it; after a failure of the stream
    /// itself it ends.
    ///
    /// ```
    /// use futures_util::StreamExt;
    ///
    /// glassloop::run(async {
    ///     let mut reader = glassloop::StreamReader::new(&b"one\ntwo\nlast"[..]);
    ///     let lines: Vec<_> = reader.lines().map(Result::unwrap).collect().await;
    ///     assert_eq!(lines, [&b"one\n"[..], b"two\n", b"last"]);
    /// });
    /// ```
    ///
    /// # Cancel safety
    /// What has arrived stays in the reader, also when the `Lines` are dropped.
    #[track_caller]
    pub fn lines(&mut self) -> Lines<'_> {
        Lines::new(self, Site::caller("readline"))
    }

    /// Whether all was read: the end was seen, and nothing is left in the reader. It is seen by a read, not by this call.
    pub fn at_eof(&self) -> bool {
        self.eof && self.buffer.is_empty()
    }

    /// Reads until `answer`, given what there is, whether that is all, and the limit, has one.
    fn find<'r, T, E: From<io::Error>>(
        &'r mut self,
        site: Site,
        mut answer: impl FnMut(&mut Buffer, bool, usize) -> Option<Result<T, E>> + 'r,
    ) -> impl Future<Output = Result<T, E>> + 'r {
        struct StopWaiting<'r>(&'r mut StreamReader);
        impl Drop for StopWaiting<'_> {
            fn drop(&mut self) {
                self.0.stop_waiting(Direction::Read);
            }
        }
        async move {
            let guard = StopWaiting(self);
            poll_fn(|cx| {
                let reader = &mut *guard.0;
                loop {
                    if let Some(answer) = reader.answer(&mut answer) {
                        return Poll::Ready(answer);
                    }
                    ready!(reader.poll_fill(cx, site))?;
                }
            })
            .await
        }
    }

    pub(super) fn answer<R>(&mut self, answer: impl FnOnce(&mut Buffer, bool, usize) -> Option<R>) -> Option<R> {
        answer(&mut self.buffer, self.eof, self.limit)
    }

    pub(super) fn stop_waiting(&self, direction: Direction) {
        self.connection.stop_waiting(direction);
    }

    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>, site: Site) -> Poll<io::Result<()>> {
        if let Some(lost) = &self.lost {
            return Poll::Ready(Err(lost.error()));
        }
        let room = self.buffer.room();
        // A connection that we have closed ourselves reads as ended.
        let read = self.connection.with(|transport| transport.poll_read(cx, room, site)).unwrap_or(Poll::Ready(Ok(0)));
        // What looks like the end after a reset that the writer has heard of is none.
        let read = match ready!(read) {
            Ok(0) => self.connection.check().map(|()| 0),
            read => read,
        };
        match read {
            Ok(0) => self.eof = true,
            Ok(count) => self.buffer.filled(count),
            Err(error) => {
                self.connection.note_error(&error);
                self.lost = Some(Lost::new(&error));
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The next line, if it is there, or can be no longer.
pub(super) fn line(
    buffer: &mut Buffer,
    eof: bool,
    limit: usize,
    searched: &mut usize,
) -> Option<Result<Vec<u8>, ReadError>> {
    match find(buffer.as_slice(), &[b"\n"], searched, limit) {
        Ok(Some(count)) => Some(Ok(buffer.take(count))),
        Ok(None) => eof.then(|| Ok(buffer.take_all())),
        Err(error) => {
            if let ReadError::LimitOverrun { consumed, found, .. } = error {
                buffer.discard(if found { consumed + 1 } else { buffer.len() });
            }
            Some(Err(error))
        }
    }
}

/// How many bytes there are up to and with the separator that ends first, searching on from where the last search ended.
fn find(bytes: &[u8], separators: &[&[u8]], searched: &mut usize, limit: usize) -> Result<Option<usize>, ReadError> {
    if separators.is_empty() || separators.contains(&&[][..]) {
        return Err(ReadError::EmptySeparator);
    }
    let begins = |separator: &[u8]| match separator {
        [byte] => bytes[*searched..].iter().position(|other| other == byte),
        _ => bytes[*searched..].windows(separator.len()).position(|window| window == separator),
    };
    let found = separators.iter().filter_map(|separator| Some((begins(separator)? + separator.len(), separator.len())));
    let first = found.min().map(|(end, length)| (*searched + end, length));
    let consumed = match first {
        Some((end, length)) => end - length,
        None => {
            // The beginning of the longest may be there already.
            let longest = separators.iter().map(|separator| separator.len()).max().unwrap_or(1);
            (bytes.len() + 1).saturating_sub(longest).max(*searched)
        }
    };
    *searched = consumed;
    if consumed > limit {
        return Err(ReadError::LimitOverrun { consumed, limit, found: first.is_some() });
    }
    Ok(first.map(|(end, _)| end))
}

impl fmt::Debug for StreamReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StreamReader { buffer, limit, eof, .. } = self;
        let mut reader = f.debug_struct("StreamReader");
        reader.field("peer", &self.connection.peer.name()).field("buffer", buffer);
        reader.field("limit", limit).field("eof", eof).finish_non_exhaustive()
    }
}
