//! br: Brotli (RFC 7932), without the "large window" that only its own tools know.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{Coding, DecodeError, Progress};

const NAME: &str = "br";

pub(super) struct Brotli {
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    is_over: bool,
}

impl Brotli {
    pub(super) fn new() -> Brotli {
        let alloc = StandardAlloc::default;
        Brotli { state: BrotliState::new_strict(alloc(), alloc(), alloc()), is_over: false }
    }
}

impl Coding for Brotli {
    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&mut self, input: &[u8], room: &mut [u8]) -> Result<Progress, DecodeError> {
        if self.is_over {
            return if input.is_empty() { Ok(Progress::default()) } else { Err(DecodeError::Garbage(NAME)) };
        }
        let mut step = Progress::default();
        let (mut input_left, mut room_left, mut total) = (input.len(), room.len(), 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut step.read,
            input,
            &mut room_left,
            &mut step.written,
            room,
            &mut total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => return Err(DecodeError::Broken(NAME)),
            BrotliResult::ResultSuccess if input_left > 0 => return Err(DecodeError::Garbage(NAME)),
            BrotliResult::ResultSuccess => self.is_over = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(step)
    }

    fn may_end(&self) -> bool {
        self.is_over
    }
}
