//! Whatever the bytes of a file are: the decoders give records or an error, in time and memory in proportion to them.
//!
//! `fuzz/run` builds this with the coverage that libFuzzer goes by, and runs it.

#![no_main]

use libfuzzer_sys::fuzz_target;

use glassloop::trace::{glt::decode, ndjson};

/// A record takes at least one byte of a file, and this much memory at most.
const PER_BYTE: usize = 1;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(runs) = decode::runs(bytes) {
        for run in runs {
            for payload in run.blocks {
                let length = payload.len();
                if let Ok(block) = decode::block(bytes, payload) {
                    assert!(block.states.len() + block.events.len() <= PER_BYTE * length);
                }
            }
        }
    }
    // And as if all of it were one block, which no header has to come before.
    let _ = decode::block(bytes, 0..bytes.len());
    if let Ok(text) = str::from_utf8(bytes) {
        for line in text.lines() {
            let _ = ndjson::read(line);
        }
    }
});
