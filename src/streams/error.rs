//! What may go wrong in finding a line or a length.

use std::io;

use thiserror::Error;

/// Why [`StreamReader`](super::StreamReader) could not give what was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The stream ended before (asyncio's `IncompleteReadError`).
    #[error("the stream ended after {} bytes{}", partial.len(), expected_text(*expected))]
    Incomplete {
        /// What there was; it is no longer in the reader.
        partial: Vec<u8>,
        /// How many bytes were asked for; `None` if it was a separator.
        expected: Option<usize>,
    },
    /// It would be longer than the limit (asyncio's `LimitOverrunError`).
    #[error("{}, and {consumed} bytes are more than the limit of {limit}", if *found { "the separator comes late" } else { "no separator was found" })]
    LimitOverrun {
        /// How many bytes before the separator, or searched in vain so far.
        consumed: usize,
        /// The reader's limit, in bytes.
        limit: usize,
        /// Whether the separator was found, too far away.
        found: bool,
    },
    /// An empty separator was asked for, or none of any kind.
    #[error("there is no separator, or an empty one: it has at least one byte")]
    EmptySeparator,
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn expected_text(expected: Option<usize>) -> String {
    expected.map_or_else(|| " and no separator".into(), |count| format!(" of {count}"))
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> io::Error {
        let kind = match error {
            ReadError::Io(error) => return error,
            ReadError::Incomplete { .. } => io::ErrorKind::UnexpectedEof,
            ReadError::LimitOverrun { .. } => io::ErrorKind::InvalidData,
            ReadError::EmptySeparator => io::ErrorKind::InvalidInput,
        };
        io::Error::new(kind, error)
    }
}
