//! The formats of traces: what stands in the files, and what becomes of a file that cannot be written.

#![cfg(feature = "trace")]

mod chat;
mod ends;
mod files;
mod flight_recorder;
mod golden;
mod loops;
mod tiny;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use glassloop::trace::glt::decode;
use glassloop::trace::schema::{Entry, Record};

/// A path for a test of its own; nothing is there.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

/// A run out of a `.glt` file: what the header says, and the blocks.
struct Run {
    header: serde_json::Value,
    blocks: Vec<decode::Block>,
}

impl Run {
    fn events(&self) -> impl Iterator<Item = &Record<Rc<str>>> {
        self.blocks.iter().flat_map(|block| &block.events)
    }

    fn has(&self, is_it: impl Fn(&Entry<Rc<str>>) -> bool) -> bool {
        self.events().any(|record| is_it(&record.entry))
    }
}

/// All runs in a file, which has to be whole.
fn runs(path: &Path) -> Vec<Run> {
    let bytes = fs::read(path).expect("the file is there");
    let runs = decode::runs(&bytes).expect("it is a trace");
    let whole = runs.into_iter().map(|run| {
        assert_eq!(run.cut, None, "{path:?}");
        let blocks = run.blocks.into_iter().map(|block| decode::block(&bytes, block).expect("a block that is whole"));
        Run { header: serde_json::from_str(&run.header).expect("JSON"), blocks: blocks.collect() }
    });
    whole.collect()
}

/// The only run in a file.
fn run(path: &Path) -> Run {
    let mut runs = runs(path);
    assert_eq!(runs.len(), 1, "{path:?}");
    runs.remove(0)
}
