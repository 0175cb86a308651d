//! deflate: RFC 9110 means the zlib format (RFC 1950) by it, but some servers send the bare data (RFC 1951).

use flate2::Decompress;

use super::gzip::inflate;
use super::{Coding, DecodeError, Progress};

const NAME: &str = "deflate";

enum State {
    /// The first two bytes tell the formats apart.
    First,
    Second(u8),
    /// The two bytes, and how many of them the inflater has not seen yet.
    Data {
        inflate: Decompress,
        first: [u8; 2],
        unseen: usize,
    },
    End,
}

pub(super) struct Deflate {
    state: State,
}

impl Deflate {
    pub(super) fn new() -> Deflate {
        Deflate { state: State::First }
    }
}

/// The method is deflate, and the two bytes make a multiple of 31, as every zlib header does and hardly any data.
fn is_zlib(first: [u8; 2]) -> bool {
    first[0] & 0x0f == 8 && u16::from_be_bytes(first).is_multiple_of(31)
}

impl Coding for Deflate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&mut self, input: &[u8], room: &mut [u8]) -> Result<Progress, DecodeError> {
        let mut total = Progress::default();
        loop {
            let rest = &input[total.read..];
            match &mut self.state {
                State::Data { inflate: decompress, first, unseen } => {
                    let kept = *unseen;
                    let source = if kept > 0 { &first[2 - kept..] } else { rest };
                    let (step, is_end) = inflate(decompress, source, &mut room[total.written..], NAME)?;
                    total.written += step.written;
                    if kept > 0 {
                        *unseen -= step.read;
                    } else {
                        total.read += step.read;
                    }
                    if is_end {
                        self.state = State::End;
                    } else if kept == 0 || step.read == 0 {
                        return Ok(total);
                    }
                }
                State::End if !rest.is_empty() => return Err(DecodeError::Garbage(NAME)),
                State::First | State::Second(_) | State::End => {
                    let Some(&byte) = rest.first() else { return Ok(total) };
                    total.read += 1;
                    self.state = match self.state {
                        State::Second(before) => {
                            let first = [before, byte];
                            State::Data { inflate: Decompress::new(is_zlib(first)), first, unseen: 2 }
                        }
                        _ => State::Second(byte),
                    };
                }
            }
        }
    }

    fn may_end(&self) -> bool {
        matches!(self.state, State::End)
    }
}
