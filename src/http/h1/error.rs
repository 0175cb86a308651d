//! Everything that can be wrong with a peer's bytes.

/// Why bytes are not a message that this codec accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request line or the status line does not parse.
    #[error("malformed start line")]
    StartLine,
    /// The version is neither HTTP/1.0 nor HTTP/1.1.
    #[error("neither HTTP/1.0 nor HTTP/1.1")]
    Version,
    /// A header line does not parse: no colon, a blank in the name, a folded line, a control byte.
    #[error("malformed header line")]
    Header,
    /// A carriage return without a line feed.
    #[error("a carriage return without a line feed")]
    LineEnd,
    /// No end of the head within the limit.
    #[error("head over {limit} bytes")]
    HeadTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A line feed without a carriage return in the head of a request: others may see no end of the line there.
    #[error("a line feed without a carriage return")]
    BareLineFeed,
    /// More header lines than the limit.
    #[error("more than {limit} header lines")]
    TooManyHeaders {
        /// The limit, in lines.
        limit: usize,
    },
    /// More interim responses than the limit.
    #[error("more than {limit} interim (1xx) responses")]
    TooManyInterim {
        /// The limit, in responses.
        limit: usize,
    },
    /// `101 Switching Protocols` to a request that asked for no other protocol, or not for this one.
    #[error("101 Switching Protocols, which nobody asked for")]
    UnaskedUpgrade,
    /// `101 Switching Protocols` before the whole request was sent.
    #[error("101 Switching Protocols before the whole request was sent")]
    EarlyUpgrade,
    /// A `Content-Length` that is not a number of digits only, or several that differ.
    #[error("Content-Length is not one plain number")]
    ContentLength,
    /// A `Transfer-Encoding` other than exactly `chunked`.
    #[error("Transfer-Encoding is not exactly `chunked`")]
    TransferEncoding,
    /// A request with both `Content-Length` and `Transfer-Encoding`, or with the latter in
    /// HTTP/1.0: two readers could see two different ends.
    #[error("the framing of the request is ambiguous")]
    AmbiguousFraming,
    /// An HTTP/1.1 request without `Host`, any request with several, or one whose value is no host.
    #[error("not exactly one Host header with a host in it")]
    Host,
    /// A chunk size that is not one to sixteen hexadecimal digits.
    #[error("malformed chunk size")]
    ChunkSize,
    /// A forbidden byte in a chunk extension.
    #[error("malformed chunk extension")]
    ChunkExtension,
    /// The chunk extensions of one body go over the limit.
    #[error("chunk extensions over {limit} bytes")]
    ChunkExtensionsTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The data of a chunk is not followed by CR LF.
    #[error("chunk data is not followed by CR LF")]
    ChunkEnd,
    /// The lines behind the last chunk do not parse.
    #[error("malformed trailer line")]
    Trailer,
    /// The lines behind the last chunk go over the limit.
    #[error("trailers over {limit} bytes")]
    TrailersTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The peer closed before the head was complete.
    #[error("closed before the head was complete")]
    ClosedInHead,
    /// The peer closed before the body was complete.
    #[error("closed before the body was complete")]
    ClosedInBody,
}

impl Error {
    /// Whether the bytes so far were right and the peer only closed too early.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Error::ClosedInHead | Error::ClosedInBody)
    }
}
