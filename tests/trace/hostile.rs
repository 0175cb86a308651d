//! Files that are no traces, or broken ones: an error that names the file, or the part that is whole; never a panic,
//! nothing without end.

use std::{fs, io};

use glassloop::trace::model::{Causes, Model};
use glassloop::trace::perfetto::TimeAxis;
use glassloop::trace::read::{ReadError, Trace};
use glassloop::trace::{ndjson, perfetto};

use super::recorded::{self, Event};
use super::small;

/// Everything that is done with a trace. Gives its events, and what was wrong with it.
fn go_through(trace: &Trace) -> (Vec<Event>, Option<String>) {
    let (mut events, mut problem) = (Vec::new(), None);
    for run in &trace.runs {
        let (mut model, mut causes) = (Model::default(), Causes::default());
        for record in run.records() {
            match record {
                Err(error) => problem = problem.or(Some(error.to_string())),
                Ok(record) => {
                    causes.note(&record, &model);
                    if let Err(impossible) = model.apply(&record) {
                        problem = problem.or(Some(impossible.to_string()));
                        break;
                    }
                    events.push(record);
                }
            }
        }
        for task in model.past.tasks.keys() {
            assert!(causes.chain(*task).count() <= events.len() + 1, "a chain goes back, and never round");
            let _ = (model.past.title(*task), model.state.doing(*task));
        }
    }
    (events, problem)
}

fn parse(bytes: &[u8]) -> Result<Trace, ReadError> {
    glassloop::trace::parse("bad.glt", bytes.to_vec())
}

/// xorshift
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn what_is_no_trace_is_named_with_the_reason() {
    for (bytes, reason) in [
        (&b""[..], "bad.glt: the file is empty"),
        (b"hello\n", "bad.glt: this is no glassloop trace: it begins neither as .glt nor as .ndjson does"),
        (b"{}\n", "bad.glt: this is no glassloop trace: it begins neither as .glt nor as .ndjson does"),
        (b"GL", "bad.glt: the trace is cut: the header is not complete (at byte 0)"),
        (b"GLT1\x02\0\0\0{}", "bad.glt: the header is not that of a trace: missing field `format` at line 1 column 2"),
        (b"GLT1\xff\xff\xff\xff{}", "bad.glt: the trace is cut: the header is not complete (at byte 8)"),
        (
            b"{\"seq\":0,\"t\":0,\"kind\":\"Header\",\"format\":\"glassloop-trace\",\"version\":2}\n",
            "bad.glt: a trace of version 2; this program reads version 1",
        ),
        (
            b"{\"seq\":0,\"t\":0,\"kind\":\"Header\",\"format\":\"glassloop-trace\",\"version\":1}",
            "bad.glt: the trace is cut: line 1 is not complete",
        ),
    ] {
        assert_eq!(parse(bytes).map(|_| ()).unwrap_err().to_string(), reason, "{bytes:?}");
    }
    let missing = glassloop::trace::read("no/such/file.glt").map(|_| ()).unwrap_err();
    assert!(missing.to_string().starts_with("no/such/file.glt: "), "{missing}");
    let folder = glassloop::trace::read(env!("CARGO_MANIFEST_DIR")).map(|_| ()).unwrap_err();
    assert!(folder.to_string().starts_with(env!("CARGO_MANIFEST_DIR")), "{folder}");
}

/// An endless file is no trace, and nobody waits for its end.
#[cfg(target_os = "linux")]
#[test]
fn an_endless_file_is_refused_by_its_beginning() {
    let endless = glassloop::trace::read("/dev/zero").map(|_| ()).unwrap_err();
    assert!(endless.to_string().contains("no glassloop trace"), "{endless}");
}

#[test]
fn a_file_cut_at_any_byte_gives_what_is_whole() {
    for extension in ["glt", "ndjson"] {
        let bytes = small::record(extension, 50);
        let (whole, problem) = go_through(&parse(&bytes).expect("it is whole"));
        assert_eq!(problem, None);
        for end in 0..bytes.len() {
            let Ok(trace) = parse(&bytes[..end]) else { continue };
            let (events, problem) = go_through(&trace);
            assert_eq!(events, whole[..events.len()], "cut at {end}");
            // Lines do not say how many they are, but the last one is the end of the loop.
            let problem = problem.unwrap_or_else(|| panic!("cut at {end}, and nothing is wrong"));
            assert!(problem.starts_with("bad.glt: the trace is cut: "), "cut at {end}: {problem}");
        }
    }
}

/// With a small header, which is faster to read: it is not what is tested.
fn without_schema(bytes: Vec<u8>) -> Vec<u8> {
    let Some(rest) = bytes.strip_prefix(b"GLT1") else { return bytes };
    let length = u32::from_le_bytes(rest[..4].try_into().expect("four bytes")) as usize;
    let header = br#"{"format":"glassloop-trace","version":1}"#;
    [&b"GLT1"[..], &(header.len() as u32).to_le_bytes(), header, &rest[4 + length..]].concat()
}

#[test]
fn two_hundred_thousand_mutations_are_refused_or_read() {
    let originals = ["glt", "ndjson"].map(|extension| small::record(extension, 50)).map(without_schema);
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut refused, mut read) = (0, 0);
    for round in 0..200_000 {
        // Lines are slower to read and have less that can be wrong.
        let mut bytes = originals[usize::from(round % 100 == 0)].clone();
        // The decoder's work comes after the header.
        let header = bytes.iter().position(|byte| *byte == b'}').expect("a header");
        let from = if random.below(50) == 0 { 0 } else { header };
        for _ in 0..=random.below(3) {
            let at = from + random.below(bytes.len() - from);
            match random.below(4) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random.below(256) as u8),
            }
        }
        let parsed = parse(&bytes);
        // Slower than to read it, by far.
        if let (Ok(trace), true) = (&parsed, round % 200 == 0) {
            for axis in [TimeAxis::Clock, TimeAxis::Step] {
                let _ = perfetto::write(trace, Some(axis), &mut io::sink());
            }
            let _ = ndjson::export(trace, &mut io::sink());
        }
        match parsed.map(|trace| go_through(&trace)) {
            Ok((_, None)) => read += 1,
            Ok((_, Some(_))) | Err(_) => refused += 1,
        }
    }
    println!("{refused} refused, {read} read");
    assert!(refused > 100_000 && read > 1000, "{refused} refused, {read} read");
}

/// Times that no clock has: they run backwards, and to the end of all numbers in one loop after the other.
#[test]
fn impossible_times_are_drawn_without_an_overflow() {
    let lines = String::from_utf8(small::record("ndjson", 50)).expect("text");
    let last = lines.rfind("\"t\":").expect("a time") + 4;
    let end = last + lines[last..].find(',').expect("more fields");
    let latest = format!("{}{}{}", &lines[..last], u64::MAX, &lines[end..]);
    let poll = lines.find("\"kind\":\"PollBegin\"").expect("a poll");
    let (before, after) = lines.split_at(poll);
    let backwards = format!("{}{}", before.replace(":0,\"kind\":\"T", ":7000,\"kind\":\"T"), after);
    for bytes in [format!("{latest}{lines}{latest}"), backwards] {
        let trace = parse(bytes.as_bytes()).expect("headers are all that is looked at");
        for axis in [TimeAxis::Clock, TimeAxis::Step] {
            let mut out = Vec::new();
            let _ = perfetto::write(&trace, Some(axis), &mut out);
            serde_json::from_slice::<serde_json::Value>(&out).expect("JSON");
        }
    }
}

#[test]
fn what_is_wrong_is_told_by_the_exports_too() {
    let bytes = small::record("glt", 50);
    let index = bytes.len() - 30;
    let trace = parse(&bytes[..index]).expect("its header is whole");
    let mut out = Vec::new();
    let error = perfetto::write(&trace, None, &mut out).unwrap_err().to_string();
    assert!(error.starts_with("bad.glt: the trace is cut"), "{error}");
    serde_json::from_slice::<serde_json::Value>(&out).expect("what is written is JSON nevertheless");
    let path = recorded::scratch("full");
    fs::write(&path, &bytes).expect("a file");
    let full = glassloop::trace::read(&path).expect("it is whole");
    fs::remove_file(&path).expect("it can be removed");
    let error = perfetto::write(&full, None, &mut &mut [0; 40][..]).unwrap_err().to_string();
    assert!(error.starts_with("writing failed"), "{error}");
}
