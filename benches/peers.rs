//! The peers, each on one thread, and each as its own documentation says to run it.

use std::pin::Pin;
use std::task::{Context, Poll};

pub fn tokio_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a tokio runtime")
}

pub fn glassloop_runtime() -> glassloop::Runtime {
    glassloop::Runtime::new().expect("a glassloop runtime")
}

/// Runs two kinds of tasks to their ends, `first` created before `then`; gives the sum of what they give.
pub fn sum_on_glassloop<A, B>(
    runtime: &glassloop::Runtime,
    first: impl IntoIterator<Item = A>,
    then: impl IntoIterator<Item = B>,
) -> u64
where
    A: Future<Output = u64> + 'static,
    B: Future<Output = u64> + 'static,
{
    let all = async {
        let mut tasks: Vec<_> = first.into_iter().map(glassloop::create_task).collect();
        tasks.extend(then.into_iter().map(glassloop::create_task));
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("no task panics");
        }
        sum
    };
    runtime.block_on(all).expect("no deadlock")
}

/// The same on tokio, by `tokio::spawn`.
pub fn sum_on_tokio<A, B>(
    runtime: &tokio::runtime::Runtime,
    first: impl IntoIterator<Item = A>,
    then: impl IntoIterator<Item = B>,
) -> u64
where
    A: Future<Output = u64> + Send + 'static,
    B: Future<Output = u64> + Send + 'static,
{
    runtime.block_on(async {
        let mut tasks: Vec<_> = first.into_iter().map(tokio::spawn).collect();
        tasks.extend(then.into_iter().map(tokio::spawn));
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("no task panics");
        }
        sum
    })
}

/// The same on async-executor.
pub fn sum_on_async_executor<A, B>(
    executor: &async_executor::LocalExecutor<'static>,
    first: impl IntoIterator<Item = A>,
    then: impl IntoIterator<Item = B>,
) -> u64
where
    A: Future<Output = u64> + 'static,
    B: Future<Output = u64> + 'static,
{
    let all = async {
        let mut tasks: Vec<_> = first.into_iter().map(|future| executor.spawn(future)).collect();
        tasks.extend(then.into_iter().map(|future| executor.spawn(future)));
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    };
    futures_lite::future::block_on(executor.run(all))
}

/// One turn given up: the same future on every runtime (their own `yield_now`s differ in what they promise).
pub struct SelfWake(pub bool);

pub fn self_wake() -> SelfWake {
    SelfWake(false)
}

impl Future for SelfWake {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
