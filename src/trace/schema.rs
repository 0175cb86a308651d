//! What a trace consists of. From the one list of kinds below come the enum, both encodings, their decoders, and the schema that each
//! binary file carries.

use super::executor::TaskRef;
use super::reactor::Place;

mod words;

pub use words::{Direction, Effect, Ending, Finding, RunEnding, Tried, Via, WaitEnd, Word};

/// One event of a recorded run: when it was, and what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record<S> {
    /// Its number in the run, counted from 1, without gaps; 0 in a description of state.
    pub seq: u64,
    /// Nanoseconds by the loop's clock. Events between two readings of the clock share one.
    pub t: u64,
    /// What happened.
    pub entry: Entry<S>,
}

/// Takes the fields of an entry, in their order.
#[allow(missing_docs, reason = "one method for each type of field")]
pub trait FieldWriter<S> {
    fn number(&mut self, name: &'static str, value: &u64);
    fn maybe(&mut self, name: &'static str, value: &Option<u64>);
    fn flag(&mut self, name: &'static str, value: &bool);
    fn text(&mut self, name: &'static str, value: &S);
    fn maybe_text(&mut self, name: &'static str, value: &Option<S>);
    fn who(&mut self, name: &'static str, value: &Option<TaskRef>);
    fn place(&mut self, name: &'static str, value: &Place);
    fn word<W: Word>(&mut self, name: &'static str, value: &W);
}

/// Gives the fields of an entry, in their order.
#[allow(missing_docs, reason = "one method for each type of field")]
pub trait FieldReader<S> {
    type Error;
    fn number(&mut self, name: &'static str) -> Result<u64, Self::Error>;
    fn maybe(&mut self, name: &'static str) -> Result<Option<u64>, Self::Error>;
    fn flag(&mut self, name: &'static str) -> Result<bool, Self::Error>;
    fn text(&mut self, name: &'static str) -> Result<S, Self::Error>;
    fn maybe_text(&mut self, name: &'static str) -> Result<Option<S>, Self::Error>;
    fn who(&mut self, name: &'static str) -> Result<Option<TaskRef>, Self::Error>;
    fn place(&mut self, name: &'static str) -> Result<Place, Self::Error>;
    fn word<W: Word>(&mut self, name: &'static str) -> Result<W, Self::Error>;
}

/// A kind of event, as data: what a decoder in another language needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its code in the binary format; never used for another kind.
    pub code: u8,
    /// Its name.
    pub name: &'static str,
    /// Its fields, in order.
    pub fields: &'static [FieldKind],
}

/// A field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct FieldKind {
    /// Its name.
    pub name: &'static str,
    /// `number`, `maybe`, `flag`, `text`, `maybe_text`, `who`, `place` or `word`.
    pub ty: &'static str,
    /// Of a `word`, the words by index.
    pub words: &'static [&'static str],
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $code:literal $Kind:ident { $($field:ident: [$($ty:tt)+]),* })+) => {
        /// What happened. `S` is a text: borrowed while it is recorded, owned when it is read.
        ///
        /// `task` is a task, the root of a `block_on`, a gather as a whole or a child of one; `None` if it is gone, or not of this loop.
        /// The numbers of timers, sources, resources, waiters and spans are never used for another of their kind in a run.
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "the fields of a kind say what the kind's own line says")]
        pub enum Entry<S> { $($(#[$doc])* $Kind { $($field: $($ty)+),* },)+ }

        /// Every kind there is, by code.
        pub const KINDS: &[Kind] = &[$(Kind {
            code: $code,
            name: stringify!($Kind),
            fields: &[$(field!(describe stringify!($field), $($ty)+)),*],
        }),+];

        impl<S> Entry<S> {
            /// The kind's code in the binary format.
            #[inline]
            pub fn code(&self) -> u8 {
                match self { $(Entry::$Kind { .. } => $code,)+ }
            }

            /// The kind's name.
            pub fn kind(&self) -> &'static str {
                match self { $(Entry::$Kind { .. } => stringify!($Kind),)+ }
            }

            /// Gives the fields to `writer`, in their order.
            #[inline(always)]
            pub fn write(&self, writer: &mut impl FieldWriter<S>) {
                match self { $(Entry::$Kind { $($field),* } => {
                    $(field!(write writer, stringify!($field), $field, $($ty)+);)*
                })+ }
            }

            /// Takes the fields of the kind with this code from `reader`; `None` if there is no such kind.
            ///
            /// # Errors
            /// Those of `reader`.
            pub fn read<R: FieldReader<S>>(code: u8, reader: &mut R) -> Result<Option<Entry<S>>, R::Error> {
                Ok(Some(match code {
                    $($code => Entry::$Kind { $($field: field!(read reader, stringify!($field), $($ty)+)?),* },)+
                    _ => return Ok(None),
                }))
            }
        }
    };
}

/// From the type of a field to what is done with it.
macro_rules! field {
    (describe $name:expr, u64) => {
        FieldKind { name: $name, ty: "number", words: &[] }
    };
    (describe $name:expr, Option<u64>) => {
        FieldKind { name: $name, ty: "maybe", words: &[] }
    };
    (describe $name:expr, bool) => {
        FieldKind { name: $name, ty: "flag", words: &[] }
    };
    (describe $name:expr, S) => {
        FieldKind { name: $name, ty: "text", words: &[] }
    };
    (describe $name:expr, Option<S>) => {
        FieldKind { name: $name, ty: "maybe_text", words: &[] }
    };
    (describe $name:expr, Option<TaskRef>) => {
        FieldKind { name: $name, ty: "who", words: &[] }
    };
    (describe $name:expr, Place) => {
        FieldKind { name: $name, ty: "place", words: &[] }
    };
    (describe $name:expr, $Word:ident) => {
        FieldKind { name: $name, ty: "word", words: <$Word as Word>::WORDS }
    };

    (write $writer:ident, $name:expr, $value:expr, u64) => {
        $writer.number($name, $value)
    };
    (write $writer:ident, $name:expr, $value:expr, Option<u64>) => {
        $writer.maybe($name, $value)
    };
    (write $writer:ident, $name:expr, $value:expr, bool) => {
        $writer.flag($name, $value)
    };
    (write $writer:ident, $name:expr, $value:expr, S) => {
        $writer.text($name, $value)
    };
    (write $writer:ident, $name:expr, $value:expr, Option<S>) => {
        $writer.maybe_text($name, $value)
    };
    (write $writer:ident, $name:expr, $value:expr, Option<TaskRef>) => {
        $writer.who($name, $value)
    };
    (write $writer:ident, $name:expr, $value:expr, Place) => {
        $writer.place($name, $value)
    };
    (write $writer:ident, $name:expr, $value:expr, $Word:ident) => {
        $writer.word($name, $value)
    };

    (read $reader:ident, $name:expr, u64) => {
        $reader.number($name)
    };
    (read $reader:ident, $name:expr, Option<u64>) => {
        $reader.maybe($name)
    };
    (read $reader:ident, $name:expr, bool) => {
        $reader.flag($name)
    };
    (read $reader:ident, $name:expr, S) => {
        $reader.text($name)
    };
    (read $reader:ident, $name:expr, Option<S>) => {
        $reader.maybe_text($name)
    };
    (read $reader:ident, $name:expr, Option<TaskRef>) => {
        $reader.who($name)
    };
    (read $reader:ident, $name:expr, Place) => {
        $reader.place($name)
    };
    (read $reader:ident, $name:expr, $Word:ident) => {
        $reader.word($name)
    };
}

kinds! {
    /// The loop begins to run a root future.
    1 RunBegin {}
    /// It has ended.
    2 RunEnd { reason: [RunEnding] }
    /// A turn of the loop begins: due timers, then a tick of the executor, then perhaps a look at the sockets.
    3 Turn {}
    /// So many events are missing: in a description of state, all those before it.
    4 Dropped { count: [u64] }
    /// Whoever is being polled has something to say.
    5 Mark { text: [S] }
    /// Output of the program, or its length only if it is redacted.
    6 Out { text: [Option<S>], len: [u64] }
    /// A span of whoever is being polled begins.
    7 SpanBegin { span: [u64], task: [Option<TaskRef>], name: [S] }
    /// And ends.
    8 SpanEnd { span: [u64] }
    /// A report of the loop.
    9 Report { what: [Finding], task: [Option<TaskRef>], text: [S] }
    /// The loop is gone, and its recording is whole: nothing comes after it.
    10 LoopEnd {}

    /// A task, a gather (`children` is how many) or the root came to be; `size` is that of its future in bytes.
    16 Spawn { task: [Option<TaskRef>], parent: [Option<u64>], children: [Option<u64>], name: [Option<S>], loc: [S], size: [u64] }
    /// A task, or a gather with all its children, was given another name.
    17 Rename { task: [Option<TaskRef>], name: [S] }
    /// A child of a gather is about to be polled for the first time.
    18 ChildStart { task: [Option<TaskRef>] }
    /// Somebody woke a task; `by` is who was being polled. An `Enqueue` that follows does what `effect` says.
    19 Wake { task: [Option<TaskRef>], by: [Option<TaskRef>], via: [Via], source: [Option<u64>], effect: [Effect] }
    /// A task went to the back of the run queue.
    20 Enqueue { task: [Option<TaskRef>] }
    /// The front of the run queue was taken; absent if it had ended meanwhile.
    21 Dequeue { task: [Option<TaskRef>] }
    /// A poll begins.
    22 PollBegin { task: [Option<TaskRef>] }
    /// A poll has ended.
    23 PollEnd { task: [Option<TaskRef>], ready: [bool] }
    /// A waker of the task was cloned by somebody unknown, where its drop will not be seen.
    24 Escape { task: [Option<TaskRef>] }
    /// A waker of the task was cloned by somebody unknown; `live` such clones exist now.
    25 WakerClone { task: [Option<TaskRef>], live: [u64] }
    /// One of them was dropped.
    26 WakerDrop { task: [Option<TaskRef>], live: [u64] }
    /// Somebody asked the task to end.
    27 CancelAsk { task: [Option<TaskRef>] }
    /// Its turn came, and its future is about to be dropped.
    28 CancelDeliver { task: [Option<TaskRef>] }
    /// The task has ended.
    29 Done { task: [Option<TaskRef>], ending: [Ending] }
    /// A task waits for the end of the task or gather `target`.
    30 JoinWaitOn { task: [Option<TaskRef>], target: [u64], loc: [S] }
    /// That wait is over.
    31 JoinWaitOff { task: [Option<TaskRef>], target: [u64], why: [WaitEnd] }

    /// A timer was armed.
    48 TimerArm { timer: [u64], task: [Option<TaskRef>], deadline: [u64], place: [Place], loc: [S] }
    /// The wheel turned and moved a timer.
    49 TimerCascade { timer: [u64], from: [Place], to: [Place] }
    /// A timer fired, so late; it is gone.
    50 TimerFire { timer: [u64], late: [u64] }
    /// A timer was disarmed.
    51 TimerCancel { timer: [u64] }
    /// A timer will wake somebody else.
    52 TimerWaker { timer: [u64], task: [Option<TaskRef>] }
    /// The virtual clock moved to the next deadline.
    53 ClockJump { from: [u64], to: [u64] }
    /// A source was registered.
    54 SourceAdd { source: [u64], label: [S] }
    /// A source was deregistered.
    55 SourceDel { source: [u64] }
    /// The system reported readiness: what was not known before.
    56 Ready { source: [u64], readable: [bool], writable: [bool], read_closed: [bool], write_closed: [bool] }
    /// A direction is no longer known to be ready.
    57 NotReady { source: [u64], direction: [Direction] }
    /// A task waits for a source.
    58 SourceWaitOn { source: [u64], direction: [Direction], waiter: [u64], task: [Option<TaskRef>], op: [S], loc: [S] }
    /// That wait is over.
    59 SourceWaitOff { source: [u64], direction: [Direction], waiter: [u64], why: [WaitEnd] }
    /// An operation was tried on a source; of a stream, so many bytes went through.
    60 IoTry { source: [u64], direction: [Direction], result: [Tried], bytes: [Option<u64>] }
    /// The loop asks the system for readiness, and blocks at most so many nanoseconds (absent: without limit).
    61 Park { timeout: [Option<u64>] }
    /// The system answered.
    62 Unpark { ready: [u64], unparked: [bool], slept: [u64] }

    /// A queue, a lock or another resource was made known to the loop. `cap` is its bound, if it has one.
    80 ResNew { resource: [u64], label: [S], name: [Option<S>], loc: [Option<S>], cap: [Option<u64>] }
    /// It is gone.
    81 ResDel { resource: [u64] }
    /// What is in it, and how much is unfinished, after `op`.
    82 ResState { resource: [u64], op: [S], len: [u64], unfinished: [u64] }
    /// A task waits for it.
    83 ResWaitOn { resource: [u64], waiter: [u64], task: [Option<TaskRef>], op: [S], loc: [S] }
    /// The waiter was woken.
    84 ResWoken { resource: [u64], waiter: [u64] }
    /// The waiter waits no longer.
    85 ResWaitOff { resource: [u64], waiter: [u64] }
    /// It was given a name.
    86 ResName { resource: [u64], name: [S] }
}
