//! What a recording says of itself before its first event.

use std::path::Path;
use std::time::SystemTime;

use glassloop_reactor::Clock;
use serde_json::{Value, json};

use crate::trace::schema::KINDS;

pub(super) fn header(clock: &Clock, with_output: bool, last: Option<u64>) -> Value {
    let mut header = json!({
        "format": "glassloop-trace", "version": 1,
        "program": std::env::args_os().next().map(|path| name_of(Path::new(&path))),
        "clock": if clock.is_virtual() { "virtual" } else { "real" }, "policy": "fifo",
        "wheel": { "tick_ns": 1_000_000, "levels": 6, "slots": 64 },
        "ring": last, "redacted": !with_output,
    });
    // Under virtual time nothing in the file depends on when or where it was made.
    if !clock.is_virtual() {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        header["started_unix_ns"] = json!(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX));
        // A secret may stand there as well as in what is printed.
        if with_output {
            header["args"] = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
        }
        header["os"] = json!(std::env::consts::OS);
    }
    header["schema"] = schema();
    header
}

/// The header of a file of lines: its fields have names, so it needs no schema.
pub(in crate::trace) fn header_line(mut header: Value) -> Value {
    let mut line = json!({ "seq": 0, "t": 0, "kind": "Header" });
    if let (Value::Object(line), Value::Object(header)) = (&mut line, &mut header) {
        header.remove("schema");
        line.append(header);
    }
    line
}

fn schema() -> Value {
    let kinds = KINDS.iter().map(|kind| {
        let fields = kind.fields.iter().map(|field| match field.words {
            [] => json!([field.name, field.ty]),
            words => json!([field.name, field.ty, words]),
        });
        json!([kind.code, kind.name, fields.collect::<Value>()])
    });
    kinds.collect()
}

fn name_of(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
