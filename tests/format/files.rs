//! Files: what they are called, who shares one, what does not stand in them, and what if they cannot be written.

use std::cell::RefCell;
use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::rc::Rc;

use glassloop::trace::FileError;
use glassloop::trace::schema::{Entry, RunEnding};
use glassloop::{Builder, Clock, Runtime, trace, yield_now};

use crate::{fresh, run, runs};

fn builder() -> Builder {
    Runtime::builder().clock(Clock::new_virtual())
}

fn file_error(builder: Builder) -> (ErrorKind, FileError) {
    let error = builder.build().expect_err("no file, no loop");
    let kind = error.kind();
    (kind, *error.into_inner().expect("it says more").downcast::<FileError>().expect("typed"))
}

#[test]
fn a_name_that_says_no_format_is_an_error_with_the_name() {
    for name in ["run.txt", "run", "run.GLT", ".glt"] {
        let (kind, error) = file_error(builder().trace(name));
        assert_eq!(kind, ErrorKind::InvalidInput);
        let begins =
            format!("trace file {name:?}: a name that ends in .html (a page), .glt (compact), .ndjson (readable), ");
        assert!(error.to_string().starts_with(&begins), "{error}");
        assert!(matches!(error, FileError::Name { path, .. } if path == Path::new(name)));
        assert!(!Path::new(name).exists());
    }
    // A flight recorder cannot keep the end of a file of lines.
    let (_, error) = file_error(builder().trace_last("run.ndjson", 10));
    assert_eq!(error.to_string(), r#"trace file "run.ndjson": a name that ends in .glt is wanted"#);
}

#[test]
fn a_file_that_cannot_be_begun_is_an_error_with_the_name() {
    let path = fresh("no such folder").join("run.glt");
    let (kind, error) = file_error(builder().trace(&path));
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(error.to_string().contains("no such folder/run.glt"), "{error}");
    assert!(error.source().is_none() && matches!(error, FileError::Open { .. }));
}

#[test]
fn two_loops_in_one_file_follow_each_other() {
    let path = fresh("two.glt");
    for yields in [1, 3] {
        let runtime = builder().trace(&path).build().expect("a loop");
        let work = async {
            for _ in 0..yields {
                yield_now().await;
            }
        };
        runtime.block_on(work).expect("it ends");
    }
    let runs = runs(&path);
    assert_eq!(runs.len(), 2);
    let begins = |entry: &Entry<Rc<str>>| matches!(entry, Entry::PollBegin { .. });
    let polls = runs.iter().map(|run| run.events().filter(|record| begins(&record.entry)).count());
    assert_eq!(polls.collect::<Vec<_>>(), [2, 4]);
    for run in &runs {
        assert_eq!(run.events().next().expect("some").seq, 1);
        assert!(run.has(|entry| *entry == Entry::RunEnd { reason: RunEnding::Done }));
    }
}

#[test]
fn a_file_of_an_earlier_process_is_replaced() {
    let path = fresh("old.glt");
    fs::write(&path, "what was there before").expect("a file");
    builder().trace(&path).build().expect("a loop").block_on(async {}).expect("it ends");
    assert_eq!(run(&path).header["format"], "glassloop-trace");
}

#[test]
fn what_the_program_prints_is_recorded_only_on_request() {
    for shown in [false, true] {
        let (glt, ndjson) = (fresh(&format!("output-{shown}.glt")), fresh(&format!("output-{shown}.ndjson")));
        for path in [&glt, &ndjson] {
            let runtime = if shown { builder().trace_output(true) } else { builder() };
            let runtime = runtime.trace(path).build().expect("a loop");
            runtime.block_on(async { trace::println!("password: {}", "hunter2") }).expect("it ends");
        }
        let text = shown.then(|| "password: hunter2".into());
        assert!(run(&glt).has(|entry| *entry == Entry::Out { text: text.clone(), len: 17 }));
        assert_eq!(run(&glt).header["redacted"], !shown);
        for path in [glt, ndjson] {
            let bytes = fs::read(path).expect("it was recorded");
            assert_eq!(bytes.windows(7).any(|bytes| bytes == b"hunter2"), shown);
        }
    }
}

/// Everything that is written to it is refused: the disk is full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_once_and_the_loop_goes_on() {
    for name in ["full.glt", "full.ndjson"] {
        let path = fresh(name);
        std::os::unix::fs::symlink("/dev/full", &path).expect("a link");
        let reports = Rc::new(RefCell::new(Vec::new()));
        let heard = reports.clone();
        let loud = builder().on_report(move |report| heard.borrow_mut().push(report.to_string()));
        let runtime = loud.trace(&path).build().expect("the file can be opened");
        let work = async {
            for _ in 0..20_000 {
                yield_now().await;
            }
            "all of it"
        };
        assert_eq!(runtime.block_on(work).expect("it ends"), "all of it");
        drop(runtime);
        let reports = reports.borrow();
        assert_eq!(reports.len(), 1, "{reports:?}");
        let begins = format!("glassloop: trace file {}: ", path.display());
        assert!(
            reports[0].starts_with(&begins) && reports[0].ends_with("; the rest is not recorded"),
            "{}",
            reports[0]
        );
    }
}

/// Whoever remarks a whole file, again and again, makes neither a block without end nor one that cannot be written.
#[test]
fn long_texts_are_cut_and_blocks_that_have_many_are_short() {
    for name in ["long.glt", "long.ndjson"] {
        let path = fresh(name);
        let work = async {
            for number in 0..100 {
                trace::mark(&format!("{number:03}{}", "é".repeat(50_000)));
            }
        };
        builder().trace(&path).build().expect("a loop").block_on(work).expect("it ends");
        let read = trace::read(&path).expect("it was recorded");
        let marks = read.runs[0].records().map(|record| record.expect("whole").entry).filter_map(|entry| match entry {
            Entry::Mark { text } => Some(text.len()),
            _ => None,
        });
        // A letter is not cut in two.
        assert_eq!(marks.collect::<Vec<_>>(), [65_535; 100], "{name}");
        if name == "long.glt" {
            let bytes = fs::read(&path).expect("a file");
            let blocks = glassloop::trace::glt::decode::runs(&bytes).expect("a trace").remove(0).blocks;
            assert!(blocks.len() > 3 && blocks.iter().all(|block| block.len() < 2_000_000), "{blocks:?}");
        }
    }
}
