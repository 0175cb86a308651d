//! What a program has its loop record: marks, spans, and its own output.

use std::fmt;
use std::io::{self, Write};
use std::rc::{Rc, Weak};

use super::LoopEvent;
use crate::context::{self, Context};

/// Records a remark at this moment, of whoever is being polled. Does nothing if the loop is not observed, and outside of a loop.
/// Of a text, here as elsewhere, a recording has the first 64 KiB.
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
    let of = context.map(|context| {
        let span = context.hub.next_span();
        let task = context.executor.current().map(|task| task.id());
        context.hub.tell_loop(LoopEvent::SpanBegin { span, task, name });
        (Rc::downgrade(&context), span)
    });
    Span { of }
}

/// Something that lasts until this is dropped; see [`span`].
#[must_use = "the span ends as soon as it is dropped"]
pub struct Span {
    /// Of which loop, and its number there; `None` if nobody observes.
    of: Option<(Weak<Context>, u64)>,
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some((context, span)) = self.of.take()
            && let Some(context) = context.upgrade()
        {
            context.hub.tell_loop(LoopEvent::SpanEnd { span });
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.of.as_ref().map(|(_, span)| span)).finish()
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
