//! Which bytes are body, and whether it is complete.

use std::ops::Range;

use ::http::HeaderMap;

use super::chunked::ChunkedDecoder;
use super::{Error, Framing, Limits};

/// What a decoder made of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// How many bytes, from the front, are finished with.
    pub consumed: usize,
    /// Where among those the data is; empty if they were framing only.
    pub data: Range<usize>,
}

/// Takes the framing off one body, however its bytes are cut.
#[derive(Debug)]
pub struct BodyDecoder {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// So many bytes are still to come.
    Length(u64),
    /// Boxed: most bodies have a length, and a reader is moved around.
    Chunked(Box<ChunkedDecoder>),
    UntilClose,
    Closed,
}

impl BodyDecoder {
    /// A decoder for a body framed in this way.
    pub fn new(framing: Framing, limits: Limits) -> BodyDecoder {
        let kind = match framing {
            Framing::Empty => Kind::Length(0),
            Framing::Length(length) => Kind::Length(length),
            Framing::Chunked => Kind::Chunked(Box::new(ChunkedDecoder::new(limits))),
            Framing::UntilClose => Kind::UntilClose,
        };
        BodyDecoder { kind }
    }

    /// Looks at the bytes that come next. A piece without data and with nothing consumed means that
    /// more bytes are needed, or that the body is complete.
    ///
    /// # Errors
    /// The chunked framing is malformed or goes over a limit.
    pub fn decode(&mut self, input: &[u8]) -> Result<Piece, Error> {
        let taken = match &mut self.kind {
            Kind::Chunked(chunked) => return chunked.decode(input),
            Kind::Length(remaining) => {
                let taken = (*remaining).min(input.len() as u64);
                *remaining -= taken;
                taken as usize
            }
            Kind::UntilClose => input.len(),
            Kind::Closed => 0,
        };
        Ok(Piece { consumed: taken, data: 0..taken })
    }

    /// The peer closed.
    ///
    /// # Errors
    /// [`Error::ClosedInBody`] if the body says itself where it ends and has not ended.
    pub fn closed(&mut self) -> Result<(), Error> {
        if let Kind::UntilClose = self.kind {
            self.kind = Kind::Closed;
        }
        if self.is_complete() { Ok(()) } else { Err(Error::ClosedInBody) }
    }

    /// Whether the whole body was decoded.
    pub fn is_complete(&self) -> bool {
        match &self.kind {
            Kind::Length(remaining) => *remaining == 0,
            Kind::Chunked(chunked) => chunked.is_complete(),
            Kind::UntilClose => false,
            Kind::Closed => true,
        }
    }

    /// How many bytes are still to come, if the framing says so.
    pub fn remaining(&self) -> Option<u64> {
        match self.kind {
            Kind::Length(remaining) => Some(remaining),
            Kind::Closed => Some(0),
            Kind::Chunked(_) | Kind::UntilClose => None,
        }
    }

    /// The trailer lines of a chunked body, once it is complete.
    pub fn trailers(&self) -> Option<&HeaderMap> {
        match &self.kind {
            Kind::Chunked(chunked) if chunked.is_complete() => Some(chunked.trailers()),
            _ => None,
        }
    }
}
