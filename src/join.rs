//! `join!`: polls futures side by side *within* one task, so they may borrow from it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future of a [`join!`](crate::join!), then its output.
#[derive(Debug)]
#[doc(hidden)]
pub struct Arm<'f, F: Future> {
    pub future: Pin<&'f mut F>,
    pub output: Option<F::Output>,
}

impl<F: Future> Arm<'_, F> {
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        if self.output.is_none()
            && let Poll::Ready(output) = self.future.as_mut().poll(cx)
        {
            self.output = Some(output);
        }
        self.output.is_some()
    }
}

#[doc(hidden)]
pub trait Arms {
    type Outputs;
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Self::Outputs>;
}

macro_rules! arms {
    ($($($F:ident $index:tt),+;)+) => {$(
        impl<$($F: Future),+> Arms for ($(Arm<'_, $F>,)+) {
            type Outputs = ($($F::Output,)+);

            fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Self::Outputs> {
                // No short cut: each is polled, in order.
                let ready = [$(self.$index.poll(cx)),+];
                if ready.contains(&false) {
                    return Poll::Pending;
                }
                match ($(self.$index.output.take(),)+) {
                    #[allow(non_snake_case)]
                    ($(Some($F),)+) => Poll::Ready(($($F,)+)),
                    _ => panic!("glassloop: `join!` was polled after it was done"),
                }
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

/// Waits for up to eight futures at once, within the current task; gives a tuple.
///
/// Nothing is spawned: the futures may borrow, and each wake polls those that are not done. For many, or for long ones, use
/// [`gather!`](crate::gather!), which polls only what was woken. asyncio has no counterpart, as it has no borrows.
///
/// ```
/// glassloop::run(async {
///     let words = vec!["to", "be"];
///     let (first, second) = glassloop::join!(async { words[0] }, async { words[1].len() }).await;
///     assert_eq!((first, second), ("to", 2));
/// });
/// ```
///
/// # Cancel safety
/// Dropping it drops the futures.
#[macro_export]
macro_rules! join {
    ($($future:expr),+ $(,)?) => {
        async {
            let mut arms = ($($crate::join::Arm {
                future: ::core::pin::pin!(::core::future::IntoFuture::into_future($future)),
                output: ::core::option::Option::None,
            },)+);
            ::core::future::poll_fn(|cx| $crate::join::Arms::poll(&mut arms, cx)).await
        }
    };
}
