//! The closed sets of words that fields are made of.

use std::fmt;

/// A closed set of words.
pub trait Word: Copy + Sized + 'static {
    /// All of them, by index.
    const WORDS: &'static [&'static str];

    /// Which of [`Word::WORDS`] it is.
    fn index(self) -> u8;

    /// The word with this index, if there is one.
    fn at(index: u8) -> Option<Self>;
}

macro_rules! words {
    ($($(#[$meta:meta])* $Enum:ident { $($(#[$doc:meta])* $Variant:ident = $word:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $Enum { $($(#[$doc])* $Variant,)+ }

        impl Word for $Enum {
            const WORDS: &'static [&'static str] = &[$($word),+];

            #[inline]
            fn index(self) -> u8 {
                self as u8
            }

            fn at(index: u8) -> Option<$Enum> {
                const ALL: &[$Enum] = &[$($Enum::$Variant),+];
                ALL.get(usize::from(index)).copied()
            }
        }

        impl fmt::Display for $Enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Self::WORDS[usize::from(self.index())])
            }
        }
    )+};
}

words! {
    /// What a wake came from.
    Via {
        /// The task woke itself.
        Itself = "self",
        /// Another task, by a waker it held.
        Task = "task",
        /// A timer; `source` is its number.
        Timer = "timer",
        /// A socket or another source of the reactor; `source` is its number.
        Io = "io",
        /// A queue, a lock or another resource; `source` is its number.
        Resource = "resource",
        /// The end of a task or a gather; `source` is its number.
        Join = "join",
        /// Another thread.
        Thread = "thread",
        /// A cancel.
        Cancel = "cancel",
        /// The loop itself, or code that runs outside of every task.
        Loop = "loop",
    }
    /// What a wake did.
    Effect {
        /// It put the task in the run queue.
        Enqueued = "enqueued",
        /// Nothing: the task was in the run queue already.
        AlreadyQueued = "already_queued",
        /// Nothing: the task was gone.
        Stale = "stale",
    }
    /// How a task ended.
    Ending {
        /// With an output, or by a panic.
        Finished = "finished",
        /// Its future was dropped.
        Cancelled = "cancelled",
        /// A gather as a whole: its children have started.
        Started = "started",
    }
    /// Why a wait is over.
    WaitEnd {
        /// What was waited for has come.
        Woken = "woken",
        /// The waiter went away.
        Dropped = "dropped",
        /// Another waiter took its place.
        Replaced = "replaced",
    }
    /// A direction of a source.
    Direction {
        /// Reading.
        Read = "read",
        /// Writing.
        Write = "write",
    }
    /// What came of a try at input or output.
    Tried {
        /// Some bytes, a connection, a datagram.
        Done = "done",
        /// It would block.
        WouldBlock = "would_block",
        /// The peer has ended its side.
        Eof = "eof",
        /// An error.
        Error = "error",
    }
    /// What is wrong, or may be.
    Finding {
        /// Nothing can ever wake any task: certain.
        Deadlock = "deadlock",
        /// Only a wake from outside of the loop can go on.
        PossibleDeadlock = "possible_deadlock",
        /// One poll held the loop up.
        Stall = "stall",
        /// A pending task of which nobody holds a waker.
        LostWake = "lost_wake",
        /// A task that was created and never polled.
        NeverPolled = "never_polled",
        /// A task that was pending when the loop ended.
        PendingAtEnd = "pending_at_end",
        /// Tasks that await each other.
        AwaitCycle = "await_cycle",
        /// A panic or an error nobody awaited.
        Uncollected = "uncollected",
        /// A callback that panicked.
        CallbackPanicked = "callback_panicked",
        /// Anything else that the loop reports.
        Other = "other",
        /// A task that does nothing but wake itself.
        BusyLoop = "busy_loop",
    }
    /// How a run ended.
    RunEnding {
        /// The future was done.
        Done = "done",
        /// It panicked.
        Panicked = "panicked",
        /// Every task waited, and nothing could wake one.
        Deadlock = "deadlock",
        /// By Ctrl-C.
        Interrupted = "interrupted",
        /// The system refused something.
        Error = "error",
    }
}
