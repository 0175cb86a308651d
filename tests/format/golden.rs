//! Two files that say what is written of one tiny run, to the byte. So a format cannot change unnoticed: who changes one on
//! purpose makes them anew, with `GLASSLOOP_BLESS=1 cargo test --test format`, and thinks of those who have files of the former.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use glassloop::trace::glt::decode;

use crate::fresh;
use crate::tiny::record;

const BLESS: &str = "GLASSLOOP_BLESS=1 cargo test --test format";

fn is_expected(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/format/expected").join(name);
    if std::env::var_os("GLASSLOOP_BLESS").is_some_and(|bless| !bless.is_empty()) {
        fs::write(&path, found).expect("the expected file can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(found.lines()).position(|(expected, found)| expected != found);
    let line = differs.unwrap_or(expected.lines().count().min(found.lines().count()));
    assert!(
        expected == found,
        "{name}, line {}:\n  expected {:?}\n  found    {:?}\nIf it is meant to change: {BLESS}",
        line + 1,
        expected.lines().nth(line).unwrap_or_default(),
        found.lines().nth(line).unwrap_or_default()
    );
}

/// The name of a test program has a number in it.
fn without_program(mut header: serde_json::Value) -> serde_json::Value {
    let program = header.as_object_mut().and_then(|header| header.shift_remove("program"));
    assert!(program.is_some_and(|program| program.as_str().is_some_and(|name| name.starts_with("format-"))));
    header
}

#[test]
fn ndjson_is_what_it_was() {
    let path = fresh("golden.ndjson");
    record(&path);
    let text = fs::read_to_string(&path).expect("it was recorded");
    let (header, events) = text.split_once('\n').expect("lines");
    let header = without_program(serde_json::from_str(header).expect("JSON"));
    is_expected("tiny.ndjson.txt", &format!("{header}\n{events}"));
}

#[test]
fn glt_is_what_it_was() {
    let path = fresh("golden.glt");
    record(&path);
    let bytes = fs::read(&path).expect("it was recorded");
    let [run] = decode::runs(&bytes).expect("a trace").try_into().expect("one run");
    let mut found = String::from("The header, without the program's name:\n");
    let header = without_program(serde_json::from_str(&run.header).expect("JSON"));
    for (name, value) in header.as_object().expect("an object") {
        match value.as_array() {
            Some(list) => list.iter().for_each(|value| writeln!(found, "{name}: {value}").expect("a string")),
            None => writeln!(found, "{name}: {value}").expect("a string"),
        }
    }
    let [block] = run.blocks.try_into().expect("one block");
    found.push_str("\nThe block, without its tag and its length:\n");
    for (line, bytes) in bytes[block.clone()].chunks(16).enumerate() {
        let hex: String = bytes.iter().map(|byte| format!(" {byte:02x}")).collect();
        let text: String =
            bytes.iter().map(|byte| if (0x20..0x7f).contains(byte) { *byte as char } else { '.' }).collect();
        writeln!(found, "{:04x} {hex:<48}  {text}", 16 * line).expect("a string");
    }
    is_expected("tiny.glt.txt", &found);

    assert_eq!(&bytes[..4], b"GLT1");
    assert_eq!(bytes[4..8], (run.header.len() as u32).to_le_bytes());
    let start = block.start - 5;
    assert_eq!((8 + run.header.len(), bytes[start]), (start, b'B'));
    assert_eq!(bytes[start + 1..block.start], (block.len() as u32).to_le_bytes());
    // The index: one block, its offset in two bytes, its first event, its time.
    let offset = start as u16;
    let index = [b'I', 5, 0, 0, 0, 1, offset as u8 & 0x7f | 0x80, (offset >> 7) as u8, 1, 0];
    assert!(offset < 1 << 14, "two bytes do");
    assert_eq!(bytes[block.end..], index);
}

#[test]
fn the_same_run_twice_is_the_same_file() {
    for name in ["twice.glt", "twice.ndjson"] {
        let files = [(); 2].map(|()| {
            // The second goes on in the file of the first: the later half is its own.
            let path = fresh(name);
            record(&path);
            fs::read(&path).expect("it was recorded")
        });
        assert!(files[0] == files[1], "{name}");
    }
}
