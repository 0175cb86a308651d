//! The cell a future lives in: pinned from its first poll to its drop, then replaced in place by its outcome.
//!
//! One of the two files with `unsafe`. What makes it sound:
//!
//! 1. A `FutureCell` is `!Unpin` and is reached only through `Pin<&Self>`, so it never moves once polled.
//! 2. Its content is touched only inside [`FutureCell::with_stage`], which refuses to nest: the borrow is unique. The
//!    cell is `!Sync`, so no other thread can be inside.
//! 3. The future is never moved out: it is dropped where it lies, by assignment.
//! 4. A task or a group is made inside a `Pin<Rc<_>>`, has no `Drop` of its own, and hands its cells out pinned, by the
//!    projections below and by nothing else.

use std::cell::UnsafeCell;
use std::fmt;
use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::flags::Flags;
use crate::group::{GroupBlock, Never};
use crate::join_error::{Complaint, JoinError};

/// What came of a future: its output, or why there is none.
pub type Outcome<T> = Result<T, JoinError>;

enum Stage<F: Future> {
    Pending(F),
    Finished(Outcome<F::Output>),
    /// Between the drop of the future and its outcome, and after the outcome was taken.
    Empty,
}

/// Which outcomes are failures: that of a child ends the whole `gather` at once, that of a task must not go unseen.
pub trait Judge<T>: 'static {
    #[doc(hidden)]
    fn failed(outcome: &Outcome<T>) -> bool;

    /// What is to be said of an outcome that nobody collects.
    #[doc(hidden)]
    fn complaint(outcome: &Outcome<T>) -> Option<Complaint> {
        match outcome {
            Err(JoinError::Panicked(payload)) => Some(Complaint::Panicked(payload.to_string())),
            _ => None,
        }
    }
}

/// A future, then its outcome, in the same place. `J` says which outcomes count as failures.
pub struct FutureCell<F: Future, J = Never> {
    stage: UnsafeCell<Stage<F>>,
    pub(crate) flags: Flags,
    judge: PhantomData<fn() -> J>,
    _pinned: PhantomPinned,
}

impl<F: Future, J> fmt::Debug for FutureCell<F, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FutureCell {{ done: {} }}", self.flags.is_done())
    }
}

impl<F: Future, J> FutureCell<F, J> {
    pub(crate) fn new(future: F, flags: Flags) -> Self {
        FutureCell { stage: UnsafeCell::new(Stage::Pending(future)), flags, judge: PhantomData, _pinned: PhantomPinned }
    }

    // A call would save and restore registers, which is more than what it does around the poll.
    #[inline(always)]
    fn with_stage<R>(&self, f: impl FnOnce(&mut Stage<F>) -> R) -> R {
        let _busy = self.flags.be_busy().expect("glassloop: a future was polled from inside its own poll");
        // SAFETY: rule 2: BUSY was clear, so no other borrow of the stage exists, and it is set for the life of this one.
        f(unsafe { &mut *self.stage.get() })
    }
}

impl<F: Future, J: Judge<F::Output>> FutureCell<F, J> {
    /// Polls the future. `Ready` when it has ended: by then it is dropped and its outcome stored. Never unwinds.
    #[inline(always)]
    pub(crate) fn poll(self: Pin<&Self>, cx: &mut Context<'_>) -> Poll<()> {
        let ended = self.with_stage(|stage| {
            let Stage::Pending(future) = stage else { return true };
            // SAFETY: rules 1 and 3: the cell is pinned, and so is what lies in it until it is dropped in place.
            let future = unsafe { Pin::new_unchecked(future) };
            match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
                Ok(Poll::Pending) => false,
                Ok(Poll::Ready(output)) => self.finish(stage, Ok(output)),
                Err(payload) => self.fail(stage, JoinError::panicked(payload)),
            }
        });
        if ended { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Drops the future where it lies; the outcome is `cancelled`. Does nothing to a future that has ended.
    pub(crate) fn cancel(self: Pin<&Self>, cancelled: JoinError) {
        if !self.flags.is_done() {
            self.with_stage(|stage| self.fail(stage, cancelled));
        }
    }

    /// The outcome, once. `Cancelled` is no value and can be had again and again.
    #[inline]
    pub(crate) fn take(self: Pin<&Self>) -> Option<Outcome<F::Output>> {
        if !self.flags.is_done() {
            return None;
        }
        self.with_stage(|stage| match stage {
            Stage::Finished(Err(JoinError::Cancelled { reason })) => {
                Some(Err(JoinError::Cancelled { reason: reason.clone() }))
            }
            Stage::Finished(_) => match std::mem::replace(stage, Stage::Empty) {
                Stage::Finished(outcome) => {
                    self.flags.mark_collected();
                    Some(outcome)
                }
                _ => None,
            },
            _ => None,
        })
    }

    /// Drops an outcome that nobody will take. If it is one that should have been seen: what is to be said of it.
    pub(crate) fn discard(self: Pin<&Self>) -> Option<Complaint> {
        let outcome = self.take()?;
        let complaint = catch_unwind(AssertUnwindSafe(|| J::complaint(&outcome)));
        drop_quietly(outcome);
        // An error whose text cannot be had is an error still.
        complaint.unwrap_or_else(|payload| Some(Complaint::Panicked(JoinError::panicked(payload).to_string())))
    }

    #[cold]
    #[inline(never)]
    fn fail(&self, stage: &mut Stage<F>, error: JoinError) -> bool {
        self.finish(stage, Err(error))
    }

    /// Always true, so that it can end a closure that says whether the future has ended.
    #[inline(always)]
    fn finish(&self, stage: &mut Stage<F>, outcome: Outcome<F::Output>) -> bool {
        // The future goes before its outcome can be seen. If its drop panics, that is what came of it.
        let outcome = match catch_unwind(AssertUnwindSafe(|| *stage = Stage::Empty)) {
            Ok(()) => outcome,
            Err(payload) => {
                drop_quietly(outcome);
                Err(JoinError::panicked(payload))
            }
        };
        if matches!(outcome, Err(JoinError::Cancelled { .. })) {
            self.flags.mark_cancelled();
        }
        if J::failed(&outcome) {
            self.flags.mark_failed();
        }
        *stage = Stage::Finished(outcome);
        self.flags.mark_done();
        true
    }
}

/// Drops something foreign; a panic of its drop ends here.
pub(crate) fn drop_quietly<T>(value: T) {
    quietly(|| drop(value));
}

/// Calls something foreign whose panic nobody could be told of.
pub(crate) fn quietly(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        // The payload's own drop may panic too: it is leaked rather than let that happen.
        std::mem::forget(payload);
    }
}

/// One child of a `gather`, whatever its type.
pub trait Member {
    fn cancel(self: Pin<&Self>, cancelled: JoinError);
    fn discard(self: Pin<&Self>) -> Option<Complaint>;
}

impl<F: Future, J: Judge<F::Output>> Member for FutureCell<F, J> {
    fn cancel(self: Pin<&Self>, cancelled: JoinError) {
        FutureCell::cancel(self, cancelled);
    }

    fn discard(self: Pin<&Self>) -> Option<Complaint> {
        FutureCell::discard(self)
    }
}

/// The children of a `gather`, side by side in one block: a boxed slice of one type or a tuple of several.
///
/// Implemented here, because to reach a pinned child is a matter of pinning: a child is found only by way of a group's block,
/// which nobody outside can have. (A pinned reference to a `Box` is no promise: it can be had safely, and the box emptied.)
///
/// ```compile_fail,E0308
/// use glassloop_executor::{Children, Never, child};
/// let children: Box<[_]> = Box::new([child::<_, Never>(async {})]);
/// Children::member(std::pin::Pin::new(&children), 0);
/// ```
pub trait Children: Sized + 'static {
    /// What came of each child: `None` where it has not ended.
    type Outcomes;
    #[doc(hidden)]
    fn count(&self) -> usize;
    /// The bytes of the futures.
    #[doc(hidden)]
    fn size(&self) -> usize;
    #[doc(hidden)]
    fn flags(&self, index: usize) -> &Flags;
    #[doc(hidden)]
    fn member(group: Pin<&GroupBlock<Self>>, index: usize) -> Pin<&dyn Member>;
    #[doc(hidden)]
    fn poll(group: Pin<&GroupBlock<Self>>, index: usize, cx: &mut Context<'_>) -> Poll<()>;
    #[doc(hidden)]
    fn take(group: &Pin<Rc<GroupBlock<Self>>>) -> Self::Outcomes;
}

/// What came of the children of one type, where it lies: it is moved once, from there to the result.
#[derive(Debug)]
pub struct Outcomes<F: Future + 'static, J: Judge<F::Output>>(Pin<Rc<BoxedGroup<F, J>>>);
type BoxedGroup<F, J> = GroupBlock<Box<[FutureCell<F, J>]>>;

impl<F: Future, J: Judge<F::Output>> Outcomes<F, J> {
    /// How many children there are.
    pub fn count(&self) -> usize {
        self.0.children.len()
    }

    /// What came of the child with this index: once, and `None` where it had not ended by then.
    pub fn take(&self, index: usize) -> Option<Outcome<F::Output>> {
        project(self.0.as_ref(), |group| &group.children[index]).take()
    }
}

impl<F: Future + 'static, J: Judge<F::Output>> Children for Box<[FutureCell<F, J>]> {
    type Outcomes = Outcomes<F, J>;

    fn count(&self) -> usize {
        self.len()
    }

    fn size(&self) -> usize {
        self.len() * size_of::<F>()
    }

    fn flags(&self, index: usize) -> &Flags {
        &self[index].flags
    }

    fn member(group: Pin<&GroupBlock<Self>>, index: usize) -> Pin<&dyn Member> {
        let child: Pin<&FutureCell<F, J>> = project(group, |group| &group.children[index]);
        child
    }

    #[inline(always)]
    fn poll(group: Pin<&GroupBlock<Self>>, index: usize, cx: &mut Context<'_>) -> Poll<()> {
        project(group, |group| &group.children[index]).poll(cx)
    }

    fn take(group: &Pin<Rc<GroupBlock<Self>>>) -> Outcomes<F, J> {
        Outcomes(group.clone())
    }
}

macro_rules! cells_of_a_tuple {
    ($count:literal: $($F:ident $J:ident $index:tt),+) => {
        impl<$($F: Future + 'static, $J: Judge<$F::Output>),+> Children for ($(FutureCell<$F, $J>,)+) {
            type Outcomes = ($(Option<Outcome<$F::Output>>,)+);

            fn count(&self) -> usize {
                $count
            }

            fn size(&self) -> usize {
                0 $(+ size_of::<$F>())+
            }

            fn flags(&self, index: usize) -> &Flags {
                match index {
                    $($index => &self.$index.flags,)+
                    _ => unreachable!("a group of {} has no child {index}", $count),
                }
            }

            fn member(group: Pin<&GroupBlock<Self>>, index: usize) -> Pin<&dyn Member> {
                match index {
                    $($index => {
                        let child: Pin<&FutureCell<$F, $J>> = project(group, |group| &group.children.$index);
                        child
                    })+
                    _ => unreachable!("a group of {} has no child {index}", $count),
                }
            }

            fn poll(group: Pin<&GroupBlock<Self>>, index: usize, cx: &mut Context<'_>) -> Poll<()> {
                match index {
                    $($index => project(group, |group| &group.children.$index).poll(cx),)+
                    _ => unreachable!("a group of {} has no child {index}", $count),
                }
            }

            fn take(group: &Pin<Rc<GroupBlock<Self>>>) -> Self::Outcomes {
                ($(project(group.as_ref(), |group| &group.children.$index).take(),)+)
            }
        }
    };
}

/// From something pinned to a part of it. Private to this file: `part` must stay within the block, or in a box that the
/// block owns and never replaces.
fn project<W, C>(whole: Pin<&W>, part: impl FnOnce(&W) -> &C) -> Pin<&C> {
    // SAFETY: rule 4: the block is pinned and never moved out of, so neither is a part of it.
    unsafe { whole.map_unchecked(part) }
}

/// From a pinned task to the cell in it.
pub(crate) fn project_task<F: Future, J>(task: Pin<&crate::task::TaskBlock<F, J>>) -> Pin<&FutureCell<F, J>> {
    project(task, |task| &task.cell)
}

cells_of_a_tuple!(1: A JA 0);
cells_of_a_tuple!(2: A JA 0, B JB 1);
cells_of_a_tuple!(3: A JA 0, B JB 1, C JC 2);
cells_of_a_tuple!(4: A JA 0, B JB 1, C JC 2, D JD 3);
cells_of_a_tuple!(5: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4);
cells_of_a_tuple!(6: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4, F JF 5);
cells_of_a_tuple!(7: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4, F JF 5, G JG 6);
cells_of_a_tuple!(8: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4, F JF 5, G JG 6, H JH 7);
cells_of_a_tuple!(9: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4, F JF 5, G JG 6, H JH 7, I JI 8);
cells_of_a_tuple!(10: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4, F JF 5, G JG 6, H JH 7, I JI 8, K JK 9);
cells_of_a_tuple!(11: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4, F JF 5, G JG 6, H JH 7, I JI 8, K JK 9, L JL 10);
cells_of_a_tuple!(12: A JA 0, B JB 1, C JC 2, D JD 3, E JE 4, F JF 5, G JG 6, H JH 7, I JI 8, K JK 9, L JL 10, M JM 11);
