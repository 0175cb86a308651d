//! Runs that were recorded, for the other files to look at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use glassloop::trace::read::Trace;
use glassloop::trace::schema::{Entry, Record, Via};
use glassloop::trace::{Observer, model::Model};
use glassloop::{Clock, Runtime};

use super::programs;

pub(crate) type Event = Record<Rc<str>>;

/// A file that nobody else has: tests run side by side.
pub(crate) fn scratch(name: &str) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("trace-{process}-{number}-{name}"))
}

/// The bytes of a file, which is removed: so a later recording of this name begins anew.
pub(crate) fn take(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    fs::remove_file(path).expect("it can be removed");
    bytes
}

pub(crate) fn parse(bytes: Vec<u8>) -> Trace {
    glassloop::trace::parse("test", bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// The records of a trace's only run.
pub(crate) fn records(bytes: Vec<u8>) -> Vec<Event> {
    let trace = parse(bytes);
    assert_eq!(trace.runs.len(), 1);
    trace.runs[0].records().collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a random program under virtual time and records it.
pub(crate) fn record_program(seed: u64, path: &Path, observer: Option<Rc<dyn Observer>>) -> Vec<u8> {
    let builder = Runtime::builder().clock(Clock::new_virtual()).trace(path).on_report(|_| {});
    let builder = observer.into_iter().fold(builder, |builder, observer| builder.observer(observer));
    let runtime = builder.build().expect("a loop");
    let _may_deadlock = runtime.block_on(programs::program(seed));
    drop(runtime); // what is left is cancelled, and that is recorded too
    take(path)
}

/// Whether other threads had a part in it: then no two runs need be the same.
pub(crate) fn has_threads(records: &[Event]) -> bool {
    records.iter().any(|record| match &record.entry {
        Entry::Escape { .. } | Entry::Wake { via: Via::Thread, .. } => true,
        Entry::ResNew { label, .. } => &**label == "threads",
        _ => false,
    })
}

/// The model that all of these records lead to.
pub(crate) fn model_of(records: &[Event]) -> Model {
    let mut model = Model::default();
    records.iter().for_each(|record| model.apply(record).unwrap_or_else(|problem| panic!("{problem}")));
    model
}

/// Runs an example under virtual time, recording it.
pub(crate) fn record_example(name: &str, arguments: &[&str], extension: &str) -> Vec<u8> {
    let path = scratch(&format!("{name}.{extension}"));
    let mut command = example(name);
    command.args(arguments).arg("--virtual-time").arg("--trace").arg(&path).env_remove("GLASSLOOP_TRACE");
    let output = command.output().unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(output.status.code().is_some_and(|code| code < 2), "{name}: {output:?}");
    take(&path)
}

/// Has the example `fetch` get two pages from a server that is here, recording it with so many events to a block.
#[cfg(all(feature = "compression", feature = "cookies", feature = "tls"))]
pub(crate) fn record_fetch(keyframes: u64) -> Vec<u8> {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::process::Stdio;
    use std::thread;

    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a client"));
            // A blank line ends a request, and so the second on this connection.
            thread::spawn(move || {
                let mut line = String::new();
                while stream.read_line(&mut line).is_ok_and(|length| length > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
                    if line == "\r\n" && stream.get_mut().write_all(answer).is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
    });
    let path = scratch("fetch.glt");
    let mut command = example("fetch");
    command.args([format!("{base}/first"), format!("{base}/second")]).stdin(Stdio::null());
    command.env("GLASSLOOP_TRACE", &path).env("GLASSLOOP_TRACE_KEYFRAMES", keyframes.to_string());
    for variable in ["http_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(variable);
    }
    let output = command.output().expect("a plain `cargo test` builds the examples first");
    assert!(output.status.success() && output.stdout == b"hello\nhello\n", "{output:?}");
    take(&path)
}

/// A program that `cargo test` builds beside the tests.
pub(crate) fn example(name: &str) -> Command {
    let mut program = std::env::current_exe().expect("this test is a program");
    program.pop();
    program.pop();
    program.push(format!("examples/{name}{}", std::env::consts::EXE_SUFFIX));
    Command::new(program)
}

/// Every example that takes `--trace`.
pub(crate) fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = fs::read_dir(folder).expect("the examples").map(|entry| entry.expect("an entry").path());
    let programs = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let names = programs.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned());
    // `fetch` has the options of a program like curl, and no others: see `record_fetch`.
    let mut names: Vec<String> = names.filter(|name| name != "fetch").collect();
    names.sort();
    names
}
