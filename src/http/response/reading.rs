//! A body on its way: off the wire, decoded, within its limits.

use ::http::{HeaderMap, header};

use crate::http::Error;
use crate::http::client::{Options, failed};
use crate::http::decode::{ContentDecoder, DecodeError, Progress};
use crate::http::events::{EventKind, Watch};
use crate::http::h1::{HeaderLines, Headers};
use crate::http::origin::Destination;
use crate::http::pool::Lease;

const READING: &str = "reading the body";

/// How much is decoded at once.
const ROOM: usize = 64 * 1024;

/// After so many steps out of what was received at once, others have their turn: a few bytes can decode to very many.
const STEPS_IN_A_ROW: usize = 16;

/// What it takes to read the rest of a body.
pub(super) struct Reading {
    lease: Lease,
    watch: Watch,
    decoding: Option<Box<Decoding>>,
    /// Of the bytes on the wire.
    wire: Limit,
    /// Of the bytes given out.
    decoded: Limit,
}

/// An encoded body.
struct Decoding {
    decoder: ContentDecoder,
    /// What was received last; before `at` it is decoded.
    received: Vec<u8>,
    at: usize,
    /// Steps since the loop last went round.
    in_a_row: usize,
}

/// A number of bytes, and how much of it is left.
struct Limit {
    limit: u64,
    left: u64,
}

impl Reading {
    pub(super) fn new(
        lease: Lease,
        watch: Watch,
        lines: &HeaderLines,
        options: &Options,
        from: &Destination,
    ) -> Result<Reading, Error> {
        // What has no body (HEAD, 204, 304) needs no decoder, whatever its headers say.
        let is_encoded = options.decompress && lines.has(&header::CONTENT_ENCODING) && !lease.reader().is_complete();
        let decoder = match is_encoded {
            true => ContentDecoder::with_layers(lines.map(), options.max_layers).map_err(|what| broken(&what, from))?,
            false => None,
        };
        let decoding = decoder.map(|decoder| Box::new(Decoding { decoder, received: Vec::new(), at: 0, in_a_row: 0 }));
        let reading = Reading {
            wire: Limit::new(options.max_body_bytes),
            decoded: Limit::new(options.max_decoded_bytes.unwrap_or(options.max_body_bytes)),
            lease,
            watch,
            decoding,
        };
        reading.check_declared(from)?;
        Ok(reading)
    }

    /// A length that goes over a limit is refused before a byte of it is read.
    fn check_declared(&self, from: &Destination) -> Result<(), Error> {
        let Some(declared) = self.lease.reader().remaining() else { return Ok(()) };
        self.wire.allow(declared, from)?;
        if self.decoding.is_none() { self.decoded.allow(declared, from) } else { Ok(()) }
    }

    /// How much will be given out, if the framing says so.
    pub(super) fn expected(&self) -> Option<u64> {
        if self.decoding.is_none() { self.lease.reader().remaining() } else { None }
    }

    /// Appends what comes next, and says whether there may be more.
    ///
    /// Cancel-safe: what was received is kept.
    pub(super) async fn read(&mut self, sink: &mut Vec<u8>, from: &Destination) -> Result<bool, Box<Error>> {
        let Some(decoding) = &mut self.decoding else {
            let before = sink.len();
            let read = self.lease.read_body(sink).await;
            read.map_err(|failure| failed(failure, from, self.lease.route(), READING))?;
            let received = (sink.len() - before) as u64;
            self.wire.take(received, from)?;
            self.decoded.take(received, from)?;
            return Ok(!self.lease.reader().is_complete());
        };
        loop {
            if decoding.in_a_row == STEPS_IN_A_ROW {
                crate::yield_now().await;
                decoding.in_a_row = 0;
                let in_time = self.lease.check_time();
                in_time.map_err(|failure| failed(failure, from, self.lease.route(), READING))?;
            }
            let step = decoding.decode(sink).map_err(|what| broken(&what, from))?;
            self.decoded.take(step.written as u64, from)?;
            if !step.is_idle() {
                decoding.in_a_row += 1;
                match step.written {
                    0 => continue,
                    _ => return Ok(true),
                }
            }
            if self.lease.reader().is_complete() {
                decoding.decoder.finish().map_err(|what| broken(&what, from))?;
                return Ok(false);
            }
            let before = decoding.make_room();
            decoding.in_a_row = 0;
            let read = self.lease.read_body(&mut decoding.received).await;
            read.map_err(|failure| failed(failure, from, self.lease.route(), READING))?;
            self.wire.take((decoding.received.len() - before) as u64, from)?;
        }
    }

    /// The body is complete: gives its trailers, and the connection back.
    pub(super) fn finish(self) -> Option<HeaderMap> {
        self.watch.tell(EventKind::End);
        self.lease.reader().trailers().cloned()
    }

    /// Gives the connection to whoever goes on with another protocol.
    pub(super) fn into_lease(self) -> Lease {
        self.watch.tell(EventKind::End);
        self.lease
    }

    pub(super) fn failed(&self, error: &Error) {
        self.watch.tell(EventKind::Error { error });
    }
}

impl Decoding {
    /// Decodes one room full at most.
    fn decode(&mut self, sink: &mut Vec<u8>) -> Result<Progress, DecodeError> {
        let before = sink.len();
        sink.resize(before + ROOM, 0);
        let result = self.decoder.decode(&self.received[self.at..], &mut sink[before..]);
        let step = result.as_ref().copied().unwrap_or_default();
        sink.truncate(before + step.written);
        self.at += step.read;
        result
    }

    /// Drops what was decoded; the length of what is left.
    fn make_room(&mut self) -> usize {
        self.received.drain(..self.at);
        self.at = 0;
        self.received.len()
    }
}

impl Limit {
    fn new(limit: u64) -> Limit {
        Limit { limit, left: limit }
    }

    fn allow(&self, bytes: u64, from: &Destination) -> Result<(), Error> {
        match bytes <= self.left {
            true => Ok(()),
            false => Err(Error::BodyTooLarge { url: from.shown(), limit: self.limit }),
        }
    }

    fn take(&mut self, bytes: u64, from: &Destination) -> Result<(), Error> {
        self.allow(bytes, from)?;
        self.left -= bytes;
        Ok(())
    }
}

fn broken(what: &DecodeError, from: &Destination) -> Error {
    Error::Encoding { url: from.shown(), what: what.to_string() }
}
