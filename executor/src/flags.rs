//! The scheduling state of a task or a child of a `gather`: a slot and some bits.

use std::cell::Cell;

/// The scheduling state of one future, small and shared by tasks and children of a `gather`.
#[derive(Debug, Default)]
pub struct Flags {
    /// The slot it occupies while it is alive.
    pub(crate) slot: Cell<u32>,
    bits: Cell<u16>,
    /// Of a task, or of a `gather` as a whole: which of those with its profile it is. See [`Header::id`](crate::profile::Header::id).
    nth: u16,
}

const _: () = assert!(size_of::<Flags>() == 8);

impl Flags {
    pub(crate) fn numbered(nth: u16) -> Flags {
        Flags { nth, ..Flags::default() }
    }

    #[inline]
    pub(crate) fn nth(&self) -> u16 {
        self.nth
    }

    /// The stage is borrowed: the future is being polled or dropped right now.
    const BUSY: u16 = 1;
    /// To be dropped at its next turn.
    const CANCEL: u16 = 2;
    /// The outcome is there (or was taken).
    const DONE: u16 = 4;
    /// The outcome is, or was, `Cancelled`.
    const CANCELLED: u16 = 8;
    /// A clone of its waker was handed out to somebody unknown; never cleared.
    const ESCAPED: u16 = 16;
    /// The observer has heard of the request to cancel.
    const CANCEL_TOLD: u16 = 32;
    /// The outcome is, or was, a failure in the eyes of the judge.
    const FAILED: u16 = 64;
    /// The handle is gone: nobody will ask for the outcome.
    const DETACHED: u16 = 128;
    /// There was a `TaskHandle` of it.
    const SHARED: u16 = 256;
    /// The outcome was taken; there is nothing left.
    const COLLECTED: u16 = 512;
    /// Of a `gather` as a whole: some child has task-locals of its own.
    const OWN_LOCALS: u16 = 1024;

    pub(crate) fn is_busy(&self) -> bool {
        self.has(Flags::BUSY)
    }

    /// Marks the stage as borrowed until the guard goes; `None` if it is already.
    #[inline]
    pub(crate) fn be_busy(&self) -> Option<Busy<'_>> {
        if self.has(Flags::BUSY) {
            return None;
        }
        self.set(Flags::BUSY);
        Some(Busy(self))
    }

    #[inline]
    fn has(&self, bit: u16) -> bool {
        self.bits.get() & bit != 0
    }

    #[inline]
    fn set(&self, bit: u16) {
        self.bits.set(self.bits.get() | bit);
    }

    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.has(Flags::DONE)
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.has(Flags::CANCELLED)
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.has(Flags::FAILED)
    }

    /// It failed, and not for having been cancelled.
    pub(crate) fn has_failed_by_itself(&self) -> bool {
        self.has_failed() && !self.is_cancelled()
    }

    /// Nothing has happened to it, but that it may be busy: a group is while it starts its children.
    #[inline]
    pub(crate) fn is_untouched(&self) -> bool {
        self.bits.get() & !Flags::BUSY == 0
    }

    /// It has ended with a value that is no failure, nobody asked it to end, and no stranger had a waker of it.
    #[inline]
    pub(crate) fn has_ended_plainly(&self) -> bool {
        self.bits.get() & !(Flags::DETACHED | Flags::SHARED) == Flags::DONE
    }

    /// It was asked to end, and has not.
    pub(crate) fn is_cancelling(&self) -> bool {
        self.cancel_asked() && !self.is_done()
    }

    /// The state in a word, for people.
    pub(crate) fn word(&self) -> &'static str {
        match (self.is_done(), self.is_cancelled(), self.cancel_asked()) {
            (true, true, _) => "cancelled",
            (true, false, _) => "done",
            (false, _, true) => "cancelling",
            (false, _, false) => "pending",
        }
    }

    #[inline]
    pub(crate) fn is_detached(&self) -> bool {
        self.has(Flags::DETACHED)
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.has(Flags::SHARED)
    }

    pub(crate) fn mark_shared(&self) {
        self.set(Flags::SHARED);
    }

    pub(crate) fn mark_detached(&self) {
        self.set(Flags::DETACHED);
    }

    #[inline]
    pub(crate) fn is_collected(&self) -> bool {
        self.has(Flags::COLLECTED)
    }

    pub(crate) fn mark_collected(&self) {
        self.set(Flags::COLLECTED);
    }

    pub(crate) fn mark_own_locals(&self) {
        self.set(Flags::OWN_LOCALS);
    }

    pub(crate) fn mark_failed(&self) {
        self.set(Flags::FAILED);
    }

    pub(crate) fn mark_cancelled(&self) {
        self.set(Flags::CANCELLED);
    }

    pub(crate) fn mark_done(&self) {
        self.set(Flags::DONE);
    }

    #[inline]
    pub(crate) fn cancel_asked(&self) -> bool {
        self.has(Flags::CANCEL)
    }

    pub(crate) fn ask_cancel(&self) {
        self.set(Flags::CANCEL);
    }

    pub(crate) fn cancel_told(&self) -> bool {
        self.has(Flags::CANCEL_TOLD)
    }

    /// Says whether it was marked before.
    pub(crate) fn mark_cancel_told(&self) -> bool {
        let before = self.cancel_told();
        self.set(Flags::CANCEL_TOLD);
        before
    }

    #[inline]
    pub(crate) fn has_escaped(&self) -> bool {
        self.has(Flags::ESCAPED)
    }

    /// Says whether it was marked before.
    pub(crate) fn mark_escaped(&self) -> bool {
        let before = self.has_escaped();
        self.set(Flags::ESCAPED);
        before
    }
}

/// The stage is borrowed while this lives.
pub(crate) struct Busy<'a>(&'a Flags);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.bits.set(self.0.bits.get() & !Flags::BUSY);
    }
}
