//! zstd: Zstandard (RFC 8878), one frame or several.

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::{Coding, DecodeError, Progress};

const NAME: &str = "zstd";

/// Windows up to 8 MiB, the most that RFC 9659 allows on the web.
const WINDOW_LOG: u32 = 23;

pub(super) struct Zstandard {
    /// `None` if the library could not make one: out of memory.
    decoder: Option<Decoder<'static>>,
    /// At the end of a frame: the input may end here, and so may it go on.
    between: bool,
    /// The last step filled its room: there may be more where that came from. Otherwise the library is not to be called
    /// without input: it takes that for an endless loop, and fails.
    was_filled: bool,
}

impl Zstandard {
    pub(super) fn new() -> Zstandard {
        let decoder = Decoder::new().and_then(|mut decoder| {
            decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
            Ok(decoder)
        });
        Zstandard { decoder: decoder.ok(), between: false, was_filled: false }
    }
}

impl Coding for Zstandard {
    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&mut self, input: &[u8], room: &mut [u8]) -> Result<Progress, DecodeError> {
        let decoder = self.decoder.as_mut().ok_or(DecodeError::Broken(NAME))?;
        let mut total = Progress::default();
        loop {
            let (rest, left) = (&input[total.read..], &mut room[total.written..]);
            let may_hold_more = self.was_filled && !self.between;
            if left.is_empty() || rest.is_empty() && !may_hold_more {
                return Ok(total);
            }
            let step = decoder.run_on_buffers(rest, left).map_err(|_| DecodeError::Broken(NAME))?;
            total.read += step.bytes_read;
            total.written += step.bytes_written;
            self.was_filled = total.written == room.len();
            self.between = step.remaining == 0;
        }
    }

    fn may_end(&self) -> bool {
        self.between
    }
}
