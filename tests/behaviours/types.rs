//! What is different by design: mistakes that types forbid (that they do not compile is shown by the doctests of `create_task`), and ends that
//! no exception brings about.

use std::cell::Cell;
use std::future::{IntoFuture, Ready, pending, ready};
use std::process::Command;
use std::rc::Rc;

use glassloop::{JoinError, create_task, gather, join, sleep, timeout, yield_now};

use crate::common::{Log, at, boom, ms, run};

/// Counts the rounds of the loop, for as long as it lives.
fn rounds() -> Rc<Cell<u32>> {
    let rounds = Rc::new(Cell::new(0));
    let counter = Rc::downgrade(&rounds);
    create_task(async move {
        while let Some(rounds) = counter.upgrade() {
            rounds.set(rounds.get() + 1);
            drop(rounds);
            yield_now().await;
        }
    })
    .detach();
    rounds
}

#[test]
fn l14_who_awaits_a_task_or_a_gather_goes_on_one_turn_after_its_end() {
    run(async {
        let rounds = rounds();
        let ended = |rounds: &Rc<Cell<u32>>| {
            let rounds = rounds.clone();
            async move {
                yield_now().await;
                rounds.get()
            }
        };
        let end = create_task(ended(&rounds)).await.unwrap();
        assert_eq!(rounds.get(), end + 1);
        // asyncio needs one more for a gather.
        let ends = gather([ended(&rounds), ended(&rounds)]).await;
        assert_eq!((rounds.get(), ends[0]), (ends[1] + 1, ends[1]));
    });
}

async fn says(log: Log, word: &'static str) {
    log.say(word);
}

struct Seven;

impl IntoFuture for Seven {
    type Output = u32;
    type IntoFuture = Ready<u32>;

    fn into_future(self) -> Ready<u32> {
        ready(7)
    }
}

#[test]
fn t22_a_task_is_made_of_a_future_and_of_what_becomes_one_by_await() {
    run(async {
        let log = Log::default();
        create_task(says(log.clone(), "ran")).await.unwrap();
        // What is a future only by `IntoFuture` is awaited inside of one.
        assert_eq!(create_task(async { Seven.await }).await.unwrap(), 7);
        assert_eq!(log.take(), "ran");
    });
}

#[test]
fn t25_t26_what_is_never_awaited_never_runs_and_what_is_runs_once() {
    run(async {
        let log = Log::default();
        let (never, once) = (says(log.clone(), "never"), says(log.clone(), "once"));
        drop(never);
        once.await;
        yield_now().await;
        assert_eq!(log.take(), "once");
    });
}

#[test]
fn t27_no_task_runs_inside_its_creation_but_an_await_and_a_join_run_at_once() {
    run(async {
        let log = Log::default();
        let task = create_task(says(log.clone(), "task"));
        assert!(!task.is_done(), "it could have ended by now, were it eager");
        log.say("main");
        let inline = async {
            log.say("inline");
            sleep(ms(1)).await;
            log.say("later");
        };
        join!(inline, async { log.say("beside it") }).await;
        assert_eq!(log.take(), "main inline beside it task later");
    });
}

/// A process of its own, as it ends.
#[test]
fn t28_a_task_can_end_the_program_but_its_panic_is_its_own() {
    if std::env::var_os("GLASSLOOP_TEST_CHILD").is_some() {
        glassloop::run(async {
            let panics = create_task(async { boom("its own") }).await;
            assert!(panics.is_err());
            create_task(async { std::process::exit(3) }).detach();
            pending::<()>().await;
        });
        unreachable!("the process has ended");
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "types::t28_a_task_can_end_the_program_but_its_panic_is_its_own"]);
    assert_eq!(child.env("GLASSLOOP_TEST_CHILD", "1").output().unwrap().status.code(), Some(3));
}

#[test]
fn g10_a_gather_that_is_cancelled_waits_for_no_cleanup_but_drops_all_at_once() {
    run(async {
        let log = Log::default();
        let children = ["A", "B"].map(|name| {
            let (guard, log) = (log.on_drop(name), log.clone());
            async move {
                let _guard = guard;
                sleep(ms(10)).await;
                log.say("never");
            }
        });
        let mut children = Box::pin(gather(children));
        assert!(timeout(ms(1), &mut children).await.is_err());
        log.say("first");
        drop(children);
        log.say("last");
        assert_eq!((log.take().as_str(), at()), ("first A B last", 1));
    });
}

struct BoomOnDrop;

impl Drop for BoomOnDrop {
    fn drop(&mut self) {
        boom("in the cleanup");
    }
}

#[test]
fn w17_work_that_is_out_of_time_makes_no_other_error_of_it_and_its_panic_is_the_tasks() {
    run(async {
        let task = create_task(timeout(ms(1), async {
            let _cleanup = BoomOnDrop;
            pending::<Result<(), &str>>().await
        }));
        let ended = task.await;
        assert!(matches!(ended, Err(JoinError::Panicked(payload)) if payload.to_string() == "in the cleanup"));
    });
}
