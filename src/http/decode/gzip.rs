//! gzip (RFC 1952): a header, deflated data, its checksum and length; and perhaps another member behind it.
//!
//! ```text
//!   Fixed ─► [extra field] ─► [name] ─► [comment] ─► [header CRC] ─► Data ─► Trailer ─► Between
//!     ▲                                                                                    │
//!     └────────────────────────────── another member ◄────────────────────────────────────┘
//! ```

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Coding, DecodeError, Progress};

const NAME: &str = "gzip";

/// The bits of the flag byte.
const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const FILE_NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the first ten bytes; how many were seen.
    Fixed(u8),
    /// In the length of the extra field.
    ExtraLow,
    ExtraHigh(u8),
    /// So many bytes are still to be skipped.
    Skip(u16),
    /// In a text that ends with a zero.
    Text,
    Data,
    /// Behind the data; how many bytes were seen.
    Trailer(u8),
    /// Behind a member: zeros may pad it, another member may follow.
    Between,
}

pub(super) struct Gzip {
    state: State,
    /// What of the header is still to come.
    flags: u8,
    inflate: Decompress,
    /// Of the data of this member, with its length.
    crc: Crc,
    /// The trailer, as far as it was read.
    trailer: u64,
}

impl Gzip {
    pub(super) fn new() -> Gzip {
        let inflate = Decompress::new(false);
        Gzip { state: State::Fixed(0), flags: 0, inflate, crc: Crc::new(), trailer: 0 }
    }

    /// The state behind one byte of header or trailer.
    fn after(&mut self, byte: u8) -> Result<State, DecodeError> {
        let broken = DecodeError::Broken(NAME);
        Ok(match (self.state, byte) {
            (State::Fixed(0), 0x1f) => State::Fixed(1),
            (State::Fixed(1), 0x8b) => State::Fixed(2),
            (State::Fixed(2), 8) => State::Fixed(3), // deflate, the only method there is
            (State::Fixed(3), flags) if flags & RESERVED == 0 => {
                self.flags = flags;
                State::Fixed(4)
            }
            (State::Fixed(0..=3), _) => return Err(broken),
            (State::Fixed(9), _) => self.next_field(),
            (State::Fixed(seen), _) => State::Fixed(seen + 1),
            (State::ExtraLow, low) => State::ExtraHigh(low),
            (State::ExtraHigh(low), high) => match u16::from_le_bytes([low, high]) {
                0 => self.next_field(),
                length => State::Skip(length),
            },
            (State::Skip(1), _) | (State::Text, 0) => self.next_field(),
            (State::Skip(left), _) => State::Skip(left - 1),
            (State::Text, _) => State::Text,
            (State::Trailer(seen), byte) => {
                self.trailer |= u64::from(byte) << (8 * seen);
                match seen {
                    7 if self.trailer != self.expected_trailer() => return Err(broken),
                    7 => State::Between,
                    _ => State::Trailer(seen + 1),
                }
            }
            (State::Between, 0) => State::Between,
            (State::Between, 0x1f) => State::Fixed(1),
            (State::Between, _) => return Err(DecodeError::Garbage(NAME)),
            (State::Data, _) => State::Data, // `decode` never asks
        })
    }

    /// What comes next of the header, in the order of the RFC.
    fn next_field(&mut self) -> State {
        let mut take = |flag: u8| {
            let is_set = self.flags & flag != 0;
            self.flags &= !flag;
            is_set
        };
        if take(EXTRA) {
            State::ExtraLow
        } else if take(FILE_NAME) || take(COMMENT) {
            State::Text
        } else if take(HEADER_CRC) {
            State::Skip(2)
        } else {
            self.inflate.reset(false);
            self.crc.reset();
            self.trailer = 0;
            State::Data
        }
    }

    /// The checksum, then the length modulo 2^32.
    fn expected_trailer(&self) -> u64 {
        u64::from(self.crc.amount()) << 32 | u64::from(self.crc.sum())
    }
}

impl Coding for Gzip {
    fn name(&self) -> &'static str {
        NAME
    }

    fn decode(&mut self, input: &[u8], room: &mut [u8]) -> Result<Progress, DecodeError> {
        let mut total = Progress::default();
        loop {
            if self.state == State::Data {
                let (step, is_end) =
                    inflate(&mut self.inflate, &input[total.read..], &mut room[total.written..], NAME)?;
                self.crc.update(&room[total.written..][..step.written]);
                total.read += step.read;
                total.written += step.written;
                if !is_end {
                    return Ok(total);
                }
                self.state = State::Trailer(0);
            }
            let Some(&byte) = input.get(total.read) else { return Ok(total) };
            self.state = self.after(byte)?;
            total.read += 1;
        }
    }

    fn may_end(&self) -> bool {
        self.state == State::Between
    }
}

/// Inflates as much as goes, and says whether the data ended.
pub(super) fn inflate(
    inflate: &mut Decompress,
    input: &[u8],
    room: &mut [u8],
    name: &'static str,
) -> Result<(Progress, bool), DecodeError> {
    let before = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(input, room, FlushDecompress::None).map_err(|_| DecodeError::Broken(name))?;
    let read = (inflate.total_in() - before.0) as usize;
    let written = (inflate.total_out() - before.1) as usize;
    Ok((Progress { read, written, passed: 0 }, status == Status::StreamEnd))
}
