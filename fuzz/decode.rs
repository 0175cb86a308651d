//! Whatever the bytes of a file are: the decoders give records or an error, in time and memory in proportion to them; so does
//! all that is made of the records.
//!
//! `fuzz/run` builds this with the coverage that libFuzzer goes by, and runs it.

#![no_main]

use std::io;

use libfuzzer_sys::fuzz_target;

use glassloop::trace::model::{Causes, Model};
use glassloop::trace::perfetto::TimeAxis;
use glassloop::trace::{self, glt::decode, ndjson, perfetto};

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
    if let Ok(trace) = trace::parse("fuzz", bytes.to_vec()) {
        go_through(&trace);
    }
});

fn go_through(trace: &trace::read::Trace) {
    for run in &trace.runs {
        let (mut model, mut causes) = (Model::default(), Causes::default());
        for record in run.records().map_while(Result::ok) {
            causes.note(&record, &model);
            if model.apply(&record).is_err() {
                break;
            }
        }
    }
    let _ = perfetto::write(trace, Some(TimeAxis::Clock), &mut io::sink());
    let _ = perfetto::write_packets(trace, Some(TimeAxis::Step), &mut io::sink());
    let _ = ndjson::export(trace, &mut io::sink());
}
