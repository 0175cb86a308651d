//! A file that fails once, and would take more afterwards.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::Runtime;
use crate::context;
use crate::trace::glt::{decode, encode};

struct Flaky {
    taken: Rc<RefCell<Vec<u8>>>,
    writes: u32,
}

impl Write for Flaky {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        if self.writes == 3 {
            return Err(io::Error::other("no space left"));
        }
        self.taken.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn after_an_error_nothing_follows_what_is_whole() {
    let taken = Rc::new(RefCell::new(encode::beginning("{}").expect("it is short")));
    let reports = Rc::new(RefCell::new(Vec::new()));
    let (file, heard) = (Box::new(Flaky { taken: taken.clone(), writes: 0 }), reports.clone());
    let path = std::env::temp_dir().join(format!("glassloop-flaky-{}.glt", std::process::id()));
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().expect("a loop");
    let recording = async {
        let context = context::current().expect("a loop");
        let on_report: OnReport = Rc::new(move |report: &Report| heard.borrow_mut().push(report.to_string()));
        let recording = Recording { path: path.clone(), ..Recording::default() };
        let recorder = Recorder::create(recording, &context, on_report).expect("a file");
        let blocks = Blocks { file, offset: 0, written: Vec::new() };
        recorder.sink.replace(Sink { block: Block::new(1, 0).with_events(Some(1)), to: To::Blocks(blocks) });
        (0..6).for_each(|_| recorder.of_loop(LoopEvent::Turn));
        recorder.save().expect_err("what came before is lost");
    };
    runtime.block_on(recording).expect("it ends");
    std::fs::remove_file(&path).expect("it was there");
    let bytes = taken.borrow();
    let runs = decode::runs(&bytes).expect("a trace");
    let seqs = runs[0].blocks.iter().flat_map(|block| decode::block(&bytes, block.clone()).expect("whole").events);
    assert_eq!(seqs.map(|record| record.seq).collect::<Vec<_>>(), [1, 2]);
    assert!(runs.len() == 1 && runs[0].cut.is_some());
    assert_eq!(reports.borrow().len(), 1, "{reports:?}");
    assert!(reports.borrow()[0].ends_with(": no space left; the rest is not recorded"), "{reports:?}");
}
