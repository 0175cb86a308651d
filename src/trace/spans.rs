//! What a program has its loop record: marks, spans, and its own output.

use std::io::{self, Write};

use super::LoopEvent;
use crate::context;

/// Records a remark at this moment, of whoever is being polled. Does nothing if the loop is not observed, and outside of a loop.
///
/// ```
/// glassloop::run(async {
///     glassloop::trace::mark("half of it is done");
/// });
/// ```
pub fn mark(text: &str) {
    if let Some(context) = context::current() {
        context.hub.tell_loop(LoopEvent::Mark(text));
    }
}

/// Records that something begins, and with the [`Span`]'s drop that it ends. It may last over many polls.
///
/// ```
/// use std::time::Duration;
///
/// glassloop::run(async {
///     let _span = glassloop::trace::span("a nap");
///     glassloop::sleep(Duration::from_millis(1)).await;
/// });
/// ```
pub fn span(name: &str) -> Span {
    let context = context::current().filter(|context| context.hub.is_observed());
    let number = context.map(|context| {
        let span = context.hub.next_span();
        let task = context.executor.current().map(|task| task.id());
        context.hub.tell_loop(LoopEvent::SpanBegin { span, task, name });
        span
    });
    Span { number }
}

/// Something that lasts until this is dropped; see [`span`].
#[derive(Debug)]
#[must_use = "the span ends as soon as it is dropped"]
pub struct Span {
    /// `None` if nobody observes.
    number: Option<u64>,
}

impl Drop for Span {
    fn drop(&mut self) {
        if let (Some(span), Some(context)) = (self.number, context::current()) {
            context.hub.tell_loop(LoopEvent::SpanEnd { span });
        }
    }
}

/// Prints a line to stdout and records that it was printed. [`println!`](crate::trace::println) is what programs use.
///
/// # Panics
/// If stdout cannot be written, as std's `println!` does.
pub fn out(line: &str) {
    if let Err(error) = writeln!(io::stdout().lock(), "{line}") {
        panic!("failed printing to stdout: {error}");
    }
    if let Some(context) = context::current() {
        context.hub.tell_loop(LoopEvent::Out(line));
    }
}

/// As std's `println!`, and the line stands in a recording at its moment: as its length only, unless
/// [`Builder::trace_output`](crate::Builder::trace_output) says otherwise.
///
/// ```
/// glassloop::run(async {
///     glassloop::trace::println!("{} bytes", 3);
/// });
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __trace_println {
    ($($arg:tt)*) => { $crate::trace::out(&::std::format!($($arg)*)) };
}

#[doc(inline)]
pub use __trace_println as println;
