//! `select!` and `race!`: several futures within the current task, the first to be ready wins, the others are dropped.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

#[doc(hidden)]
pub use glassloop_executor::Awaits;

use crate::context;

/// Which arm of a `select!` was ready first. An arm that is not there cannot win.
#[derive(Debug)]
#[doc(hidden)]
#[rustfmt::skip]
pub enum Won<A, B = Infallible, C = Infallible, D = Infallible, E = Infallible, F = Infallible, G = Infallible, H = Infallible> {
    A(A), B(B), C(C), D(D), E(E), F(F), G(G), H(H),
}

/// The arms of a `select!`, pinned where the macro stands.
#[doc(hidden)]
pub trait Arms {
    type Won;
    /// Polls each once, beginning with the one that `first` names, until one is ready.
    fn poll(&mut self, cx: &mut Context<'_>, first: usize) -> Poll<Self::Won>;
}

macro_rules! arms {
    ($($($F:ident $index:tt),+;)+) => {$(
        impl<$($F: Future),+> Arms for ($(Pin<&mut $F>,)+) {
            type Won = Won<$($F::Output),+>;

            fn poll(&mut self, cx: &mut Context<'_>, first: usize) -> Poll<Self::Won> {
                let count = [$($index),+].len();
                for offset in 0..count {
                    match (first + offset) % count {
                        $($index => {
                            if let Poll::Ready(output) = self.$index.as_mut().poll(cx) {
                                return Poll::Ready(Won::$F(output));
                            }
                        })+
                        _ => unreachable!("a number modulo {count}"),
                    }
                }
                Poll::Pending
            }
        }
    )+};
}

arms! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

/// With which arm a fair `select!` begins: another each time, and the same ones in the same program.
#[doc(hidden)]
pub fn first_arm() -> usize {
    // Not the executor's polls: a loop round a `select!` that need not wait is one poll of its task.
    let polls = context::current().map_or(0, |context| context.selects.replace(context.selects.get().wrapping_add(1)));
    // Fibonacci hashing: neighbours among the polls are strangers in the upper bits.
    (polls.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize
}

/// Waits for the first of up to eight futures, and goes on with its arm; the others are dropped before the arm runs.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{Queue, select, sleep};
///
/// glassloop::run(async {
///     let queue = Queue::<u32>::new();
///     let text = select! {
///         item = queue.get() => format!("got {item:?}"),
///         _ = sleep(Duration::from_millis(1)) => "nothing came".to_string(),
///     };
///     assert_eq!(text, "nothing came");
/// });
/// ```
///
/// Each time, the arms are asked one after another, beginning anywhere, so that none is favoured, also by a loop that never has to wait;
/// after `biased;` always from the first. A future given as `&mut future` is kept, and can be selected on again. The patterns must match whatever comes.
///
/// All arms are in the current task: they may borrow, and they run one at a time. asyncio's
/// nearest is [`wait`](crate::wait) with `FIRST_COMPLETED`, which needs tasks.
///
/// # Cancel safety
/// The futures that lose are dropped where they wait: what that loses, each says of itself.
#[macro_export]
macro_rules! select {
    (biased; $($arms:tt)+) => { $crate::__select!([0] [] [A B C D E F G H] $($arms)+) };
    ($($arms:tt)+) => { $crate::__select!([$crate::select::first_arm()] [] [A B C D E F G H] $($arms)+) };
}

/// Waits for the first of up to eight futures of one output, and gives that; the others are dropped.
///
/// ```
/// use std::time::Duration;
/// use glassloop::{race, sleep};
///
/// glassloop::run(async {
///     let after = async |ms| {
///         sleep(Duration::from_millis(ms)).await;
///         ms
///     };
///     assert_eq!(race!(after(5), after(1)).await, 1);
///     assert_eq!(race!(biased; async { "first" }, async { "second" }).await, "first");
/// });
/// ```
///
/// Fair, or biased, as [`select!`](crate::select!) is.
///
/// # Cancel safety
/// As [`select!`](crate::select!).
#[macro_export]
macro_rules! race {
    (biased; $($future:expr),+ $(,)?) => {
        async { $crate::select!(biased; $(output = $future => output,)+) }
    };
    ($($future:expr),+ $(,)?) => {
        async { $crate::select!($(output = $future => output,)+) }
    };
}

/// Takes one arm after another, gives each a letter, and then writes the `match`.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    ([$first:expr] [$($done:tt)*] [$letter:ident $($letters:ident)*] $pattern:pat = $future:expr => $arm:block $(,)? $($rest:tt)*) => {
        $crate::__select!([$first] [$($done)* ($letter, $pattern, $future, $arm)] [$($letters)*] $($rest)*)
    };
    ([$first:expr] [$($done:tt)*] [$letter:ident $($letters:ident)*] $pattern:pat = $future:expr => $arm:expr, $($rest:tt)*) => {
        $crate::__select!([$first] [$($done)* ($letter, $pattern, $future, $arm)] [$($letters)*] $($rest)*)
    };
    ([$first:expr] [$($done:tt)*] [$letter:ident $($letters:ident)*] $pattern:pat = $future:expr => $arm:expr) => {
        $crate::__select!([$first] [$($done)* ($letter, $pattern, $future, $arm)] [$($letters)*])
    };
    ([$first:expr] [$(($letter:ident, $pattern:pat, $future:expr, $arm:expr))+] [$($letters:ident)*]) => {
        match {
            let mut awaits = $crate::select::Awaits::default();
            let mut arms = ($(::core::pin::pin!(::core::future::IntoFuture::into_future($future)),)+);
            ::core::future::poll_fn(|cx| awaits.within(|| $crate::select::Arms::poll(&mut arms, cx, $first))).await
        } {
            $($crate::select::Won::$letter($pattern) => $arm,)+
        }
    };
}
