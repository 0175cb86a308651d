//! `gather`: runs futures side by side and collects what comes of them, in the order of the arguments.
//!
//! Three forms, each for an iterator and, as a macro, for up to twelve futures of different types:
//!
//! | form | ends at once with the first (in time) | asyncio |
//! | --- | --- | --- |
//! | [`gather`] | panic, which goes on in the awaiter | `gather(...)` of what cannot fail |
//! | [`try_gather`] | `Err`, which is the result, or panic | `gather(...)` |
//! | [`gather_results`] | nothing: a panic is a value too | `gather(..., return_exceptions=True)` |
//!
//! When it ends early, the other children *run on*, as in asyncio; what comes of them is dropped. When it is dropped before
//! its end, the children that have not ended are cancelled and dropped with it, in the order of the arguments.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use glassloop_executor::{
    Children, Ended, FutureCell, Group, JoinError, Judge, Never, OnError, OnPanic, Outcome, Outcomes, Spawn, child,
};

use crate::context;

/// Runs the futures of an iterator side by side; gives their outputs in the order of the iterator.
///
/// The children are started by this call, and have their first turn when the caller next waits. A child's panic resumes in whoever awaits this.
///
/// ```
/// glassloop::run(async {
///     let squares = glassloop::gather((1..=3).map(|n| async move { n * n })).await;
///     assert_eq!(squares, [1, 4, 9]);
/// });
/// ```
///
/// # Cancel safety
/// Dropping it cancels the children that have not ended, in their order: inside the loop they are dropped with it.
///
/// # Panics
/// With no loop running on this thread. In whoever awaits it: with a child's panic; when a child was cancelled by itself or
/// through a [`TaskHandle`](crate::TaskHandle); when a child can never end, as it awaits the very task that awaits this.
#[track_caller]
pub fn gather<I>(futures: I) -> Gather<impl Children<Outcomes = Outcomes<Child<I>, OnPanic>>, Values>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture: 'static>>,
{
    start("gather()", boxed::<I, OnPanic>(futures))
}

/// As [`gather`], for futures that give a `Result`: the first `Err` *in time* ends it at once, and the others run on.
///
/// ```
/// glassloop::run(async {
///     let parsed = glassloop::try_gather(["1", "two", "3"].map(|text| async move { text.parse::<u32>() })).await;
///     assert!(parsed.is_err());
/// });
/// ```
///
/// # Errors
/// The first error.
///
/// # Cancel safety
/// As [`gather`].
///
/// # Panics
/// As [`gather`].
#[track_caller]
pub fn try_gather<I, T, E>(futures: I) -> Gather<impl Children<Outcomes = Outcomes<Child<I>, OnError>>, Tried>
where
    I: IntoIterator<Item: IntoFuture<Output = Result<T, E>, IntoFuture: 'static>>,
{
    start("try_gather()", boxed::<I, OnError>(futures))
}

/// As [`gather`], but waits for all, and a child that panicked is a value like any other: `Err(JoinError::Panicked)`.
///
/// ```
/// glassloop::run(async {
///     let ends = glassloop::gather_results([1, 0].map(|n| async move { 6 / n })).await;
///     assert_eq!(*ends[0].as_ref().unwrap(), 6);
///     assert!(ends[1].is_err());
/// });
/// ```
///
/// # Cancel safety
/// As [`gather`].
///
/// # Panics
/// With no loop running on this thread; and in whoever awaits it when a child can never end, as it awaits that very task.
#[track_caller]
pub fn gather_results<I>(futures: I) -> Gather<impl Children<Outcomes = Outcomes<Child<I>, Never>>, Settled>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture: 'static>>,
{
    start("gather_results()", boxed::<I, Never>(futures))
}

type Child<I> = <<I as IntoIterator>::Item as IntoFuture>::IntoFuture;

fn boxed<I, J: Judge<<Child<I> as Future>::Output>>(futures: I) -> Box<[FutureCell<Child<I>, J>]>
where
    I: IntoIterator<Item: IntoFuture<IntoFuture: 'static>>,
{
    futures.into_iter().map(|future| child(future.into_future())).collect()
}

#[track_caller]
fn start<M: Children, R>(call: &'static str, children: M) -> Gather<M, R> {
    let location = Location::caller();
    let group = context::expect(call).executor.spawn_group(Spawn { name: None, location }, children);
    Gather { group, location, result: PhantomData }
}

/// The future of the `gather` family: `R` is the form of the result.
#[must_use = "the children run, but a dropped gather cancels them"]
pub struct Gather<M: Children, R> {
    group: Group<M>,
    location: &'static Location<'static>,
    result: PhantomData<fn() -> R>,
}

impl<M: Children, R: Resolve<M::Outcomes>> Future for Gather<M, R> {
    type Output = R::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R::Output> {
        let location = self.location;
        self.group.poll_ended(cx, location).map(R::resolve)
    }
}

impl<M: Children, R> fmt::Debug for Gather<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gather {{ {:?} at {} }}", self.group, self.location)
    }
}

/// How the outcomes of the children become the result of a gather.
pub trait Resolve<O> {
    /// The result.
    type Output;
    /// Makes it.
    fn resolve(ended: Ended<O>) -> Self::Output;
}

/// The outputs ([`gather`]).
#[derive(Debug)]
pub enum Values {}

/// The values, or the first error ([`try_gather`]).
#[derive(Debug)]
pub enum Tried {}

/// For each child a `Result<_, JoinError>` ([`gather_results`]).
#[derive(Debug)]
pub enum Settled {}

/// What came of a child of a gather that ended without a failure.
fn finished<T>(outcome: Option<Outcome<T>>) -> T {
    match outcome {
        Some(Ok(output)) => output,
        Some(Err(error)) => fail(error),
        None => awaited_again(),
    }
}

fn settled<T>(outcome: Option<Outcome<T>>) -> Outcome<T> {
    outcome.unwrap_or_else(|| awaited_again())
}

fn awaited_again() -> ! {
    panic!("glassloop: this gather was awaited again, but its outcomes have been taken")
}

/// A child panicked, and whoever awaits the gather goes on panicking.
fn fail(error: JoinError) -> ! {
    match error {
        JoinError::Panicked(payload) => resume_unwind(payload.into_inner()),
        _ => panic!(
            "glassloop: a child of this gather was cancelled, by itself, through its handle, or as its loop has ended; \
             gather_results() has that as a value"
        ),
    }
}

/// Whose outcomes make the result: all children's, or that of the one which failed. Then the others' go first: one whose drop panics would
/// abort, were it dropped while the failure unwinds.
fn those_that_count<F: Future, J: Judge<F::Output>>(ended: &Ended<Outcomes<F, J>>) -> Range<usize> {
    let all = 0..ended.outcomes.count();
    let Some(failed) = ended.first_failure else { return all };
    all.filter(|child| *child != failed).for_each(|other| drop(ended.outcomes.take(other)));
    failed..failed + 1
}

impl<F: Future, J: Judge<F::Output>> Resolve<Outcomes<F, J>> for Values {
    type Output = Vec<F::Output>;

    fn resolve(ended: Ended<Outcomes<F, J>>) -> Vec<F::Output> {
        those_that_count(&ended).map(|child| finished(ended.outcomes.take(child))).collect()
    }
}

impl<F, T, E, J> Resolve<Outcomes<F, J>> for Tried
where
    F: Future<Output = Result<T, E>>,
    J: Judge<Result<T, E>>,
{
    type Output = Result<Vec<T>, E>;

    fn resolve(ended: Ended<Outcomes<F, J>>) -> Result<Vec<T>, E> {
        // A list of known length first: the second is made in its place.
        let results: Vec<_> = Values::resolve(ended);
        results.into_iter().collect()
    }
}

impl<F: Future, J: Judge<F::Output>> Resolve<Outcomes<F, J>> for Settled {
    type Output = Vec<Outcome<F::Output>>;

    fn resolve(ended: Ended<Outcomes<F, J>>) -> Self::Output {
        those_that_count(&ended).map(|child| settled(ended.outcomes.take(child))).collect()
    }
}

macro_rules! resolve_tuples {
    ($($($T:ident $index:tt),+;)+) => {$(
        impl<$($T),+> Resolve<($(Option<Outcome<$T>>,)+)> for Values {
            type Output = ($($T,)+);

            fn resolve(mut ended: Ended<($(Option<Outcome<$T>>,)+)>) -> Self::Output {
                $(if ended.first_failure == Some($index) {
                    let failure = ended.outcomes.$index.take();
                    drop(ended.outcomes);
                    finished(failure);
                    unreachable!()
                })+
                ($(finished(ended.outcomes.$index),)+)
            }
        }

        impl<$($T,)+ Error> Resolve<($(Option<Outcome<Result<$T, Error>>>,)+)> for Tried {
            type Output = Result<($($T,)+), Error>;

            fn resolve(mut ended: Ended<($(Option<Outcome<Result<$T, Error>>>,)+)>) -> Self::Output {
                $(if ended.first_failure == Some($index) {
                    let failure = ended.outcomes.$index.take();
                    drop(ended.outcomes);
                    finished(failure)?;
                    unreachable!()
                })+
                Ok(($(finished(ended.outcomes.$index)?,)+))
            }
        }

        impl<$($T),+> Resolve<($(Option<Outcome<$T>>,)+)> for Settled {
            type Output = ($(Outcome<$T>,)+);

            fn resolve(ended: Ended<($(Option<Outcome<$T>>,)+)>) -> Self::Output {
                ($(settled(ended.outcomes.$index),)+)
            }
        }
    )+};
}

resolve_tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}

/// What the macros call.
#[doc(hidden)]
pub mod macros {
    pub use glassloop_executor::{Never, OnError, OnPanic, child};

    use super::{Children, Gather};

    #[doc(hidden)]
    #[track_caller]
    pub fn gather_tuple<M: Children, R>(call: &'static str, children: M) -> Gather<M, R> {
        super::start(call, children)
    }
}

/// [`gather`](fn@gather) of up to twelve futures of different types: gives a tuple.
///
/// ```
/// glassloop::run(async {
///     let (number, text) = glassloop::gather!(async { 1 }, async { "one" }).await;
///     assert_eq!((number, text), (1, "one"));
/// });
/// ```
#[macro_export]
macro_rules! gather {
    ($($future:expr),+ $(,)?) => {
        $crate::gather::macros::gather_tuple::<_, $crate::gather::Values>("gather!()",
            ($($crate::gather::macros::child::<_, $crate::gather::macros::OnPanic>(::core::future::IntoFuture::into_future($future)),)+))
    };
}

/// [`try_gather`](fn@try_gather) of up to twelve futures: gives `Result<(..), E>`; they share the error type.
///
/// ```
/// glassloop::run(async {
///     let both = glassloop::try_gather!(async { Ok::<_, String>(1) }, async { Err::<(), _>("no".to_string()) }).await;
///     assert_eq!(both, Err("no".to_string()));
/// });
/// ```
#[macro_export]
macro_rules! try_gather {
    ($($future:expr),+ $(,)?) => {
        $crate::gather::macros::gather_tuple::<_, $crate::gather::Tried>("try_gather!()",
            ($($crate::gather::macros::child::<_, $crate::gather::macros::OnError>(::core::future::IntoFuture::into_future($future)),)+))
    };
}

/// [`gather_results`](fn@gather_results) of up to twelve futures: gives a tuple of `Result<_, JoinError>`.
///
/// ```
/// glassloop::run(async {
///     let (one, none) = glassloop::gather_results!(async { 1 }, async { panic!("none") }).await;
///     assert_eq!(one.unwrap(), 1);
///     let _: () = none.unwrap_or_default();
/// });
/// ```
#[macro_export]
macro_rules! gather_results {
    ($($future:expr),+ $(,)?) => {
        $crate::gather::macros::gather_tuple::<_, $crate::gather::Settled>("gather_results!()",
            ($($crate::gather::macros::child::<_, $crate::gather::macros::Never>(::core::future::IntoFuture::into_future($future)),)+))
    };
}
