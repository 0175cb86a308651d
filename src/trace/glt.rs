//! The compact binary format, `.glt`: `encode` writes it, [`decode`] reads it.
//!
//! ```text
//! file    = run*                                   loops of one process that record in one file follow each other
//! run     = "GLT1" header block* [index]           without an index, the recording was cut short
//! header  = length(4) JSON                         what was run, and the schema: every kind, its code and its fields
//! block   = "B" length(4) payload                  readable by itself: it has its own strings, and begins with a state
//! payload = first_seq t0 strings states events     varints, but for what is in the strings
//! strings = count (length bytes)*
//! states  = count record*                          events that lead from nothing to the state before the first event
//! events  = count record*
//! record  = code [dt] field*                       dt only if the highest bit of the code is set: nanoseconds since the last
//! index   = "I" length(4) count (offset first_seq t0)*    offsets are counted from the run's first byte
//! ```
//!
//! Lengths are little-endian, and a varint is LEB128, at most 64 bits. Fields by their type in the schema:
//!
//! | type | bytes |
//! | --- | --- |
//! | `number` | a varint |
//! | `maybe` | 0, or the number + 1 |
//! | `flag` | 0 or 1 |
//! | `text` | a varint: which of the block's strings |
//! | `maybe_text` | 0, or that + 1 |
//! | `who` | 0, or task × 2, or task × 2 + 1 and then which child |
//! | `place` | 0 (due), 1 (far), or level × 64 + slot + 2 |
//! | `word` | a varint: which of the schema's words |

pub mod decode;
pub(crate) mod encode;

pub(crate) const MAGIC: &[u8; 4] = b"GLT1";
pub(crate) const BLOCK: u8 = b'B';
pub(crate) const INDEX: u8 = b'I';
/// Of a record's code: the time has changed, and follows.
pub(crate) const TIMED: u8 = 0x80;
