//! Debug mode.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::process::Command;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;

use glassloop::{
    Clock, Report, Runtime, call_later, call_soon, create_task, create_task_named, gather, oneshot, sleep,
    sleep_forever, yield_now,
};

use crate::common::{Reports, ms};

/// What a loop in debug mode reports of a future, in short.
fn reports_of<F: Future>(future: impl FnOnce(Clock) -> F) -> Vec<String> {
    let (reports, clock) = (Reports::default(), Clock::new_virtual());
    let builder = Runtime::builder().clock(clock.clone()).on_report(reports.hear()).debug(true);
    builder.build().unwrap().block_on(future(clock)).unwrap();
    reports.take().iter().map(in_short).collect()
}

fn in_short(report: &Report) -> String {
    match report {
        Report::SlowPoll { name, took, location, .. } => {
            assert_eq!(location.file(), file!());
            format!("slow {name} {took:?}")
        }
        Report::NeverPolled { name, .. } => format!("never polled {name}"),
        Report::PendingAtEnd { name, .. } => format!("pending {name}"),
        other => format!("{other}"),
    }
}

#[test]
fn z01_a_poll_of_100_ms_is_reported_with_task_place_and_duration() {
    let reports = reports_of(|clock| async move {
        let slow = |took| {
            let clock = clock.clone();
            async move { clock.block_for(ms(took)) }
        };
        create_task_named("slowpoke", slow(100)).await.unwrap();
        create_task_named("quick", slow(99)).await.unwrap();
        gather([slow(1), slow(150)]).await;
        let in_callback = clock.clone();
        call_soon(move || in_callback.block_for(ms(300)));
        yield_now().await;
        // Time that passes between polls is nobody's.
        sleep(ms(500)).await;
        clock.block_for(ms(200));
    });
    assert_eq!(reports, ["slow slowpoke 100ms", "slow gather-4[1] 150ms", "slow Task-5 300ms", "slow main 200ms"]);
}

#[test]
fn z01_z03_the_report_reads_well_and_says_where_the_task_was_created() {
    let reports = Reports::default();
    let clock = Clock::new_virtual();
    let builder = Runtime::builder().clock(clock.clone()).on_report(reports.hear()).debug(true).slow_poll(ms(5));
    let runtime = builder.build().unwrap();
    runtime.block_on(async { create_task(async move { clock.block_for(ms(5)) }).await }).unwrap().unwrap();
    let text = reports.take()[0].to_string();
    let start = r#"glassloop: a poll of task 2 "Task-2" took 5 ms (created at tests/time/debugging.rs:"#;
    assert!(text.starts_with(start), "{text}");
}

#[test]
fn whom_the_loop_leaves_behind_is_reported_when_it_ends() {
    let reports = reports_of(|_| async {
        create_task_named("waits", sleep_forever()).detach();
        create_task_named("done", async {}).detach();
        create_task_named("cancelled", pending::<()>()).cancel();
        let group = gather([sleep(ms(1)), sleep(ms(100))]);
        create_task_named("gatherer", group).detach();
        call_later(ms(200), || {});
        sleep(ms(10)).await;
        // In its last round the loop still starts what is there, but not what comes of that.
        create_task(async { create_task_named("unborn", async {}).detach() }).detach();
        call_soon(|| {});
    });
    assert_eq!(reports, ["pending waits", "pending gather-5", "pending gatherer", "never polled unborn"]);
}

#[test]
fn a_callback_of_what_never_ends_is_no_mistake() {
    let kept = Cell::new(None);
    let reports = reports_of(|_| async {
        let (promise, future) = oneshot::<()>();
        future.on_done(|_| {});
        let task = create_task_named("waits", pending::<()>());
        task.add_done_callback(|_| {});
        yield_now().await;
        kept.set(Some((promise, future, task)));
    });
    assert_eq!(reports, ["pending waits"]);
}

#[test]
fn between_two_block_ons_nothing_has_ended() {
    let reports = Reports::default();
    let builder = Runtime::builder().clock(Clock::new_virtual()).on_report(reports.hear()).debug(true);
    let runtime = builder.build().unwrap();
    runtime.block_on(async { create_task(sleep(ms(5))).detach() }).unwrap();
    runtime.block_on(async { sleep(ms(9)).await }).unwrap();
    drop(runtime);
    assert_eq!(reports.take(), []);
}

#[test]
fn a_gather_that_was_cancelled_before_it_began_is_forgotten() {
    let reports = reports_of(|_| async {
        drop(gather([sleep(ms(1)), sleep(ms(2))]));
        let task = create_task(gather([pending::<()>(), pending()]));
        yield_now().await;
        task.cancel();
        assert!(task.await.is_err());
        yield_now().await;
        yield_now().await;
    });
    assert_eq!(reports, [""; 0]);
}

/// Waits until a waker, kept where the loop does not know of it, is woken by whoever hears of the possible deadlock.
#[test]
fn a_possible_deadlock_is_said_once() {
    let kept: Rc<RefCell<Option<Waker>>> = Rc::default();
    let reports: Rc<RefCell<Vec<String>>> = Rc::default();
    let (waker, heard) = (kept.clone(), reports.clone());
    let clock = Clock::new_virtual();
    let builder = Runtime::builder().clock(clock).debug(true).on_report(move |report| {
        heard.borrow_mut().push(report.to_string());
        if let Some(waker) = waker.borrow_mut().take() {
            waker.wake();
        }
    });
    let wait = |mut times: u32| {
        let kept = kept.clone();
        poll_fn(move |cx| {
            if times == 0 {
                return Poll::Ready(());
            }
            times -= 1;
            *kept.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
    };
    let runtime = builder.build().unwrap();
    runtime.block_on(async { create_task_named("outside", wait(1)).await.unwrap() }).unwrap();
    {
        let reports = reports.borrow();
        let [report] = &reports[..] else { panic!("{reports:?}") };
        assert!(
            report.starts_with("glassloop: possible deadlock: every task waits, and only somebody outside"),
            "{report}"
        );
        assert!(report.contains(r#"task 1 "main""#) && report.contains("strangers hold a waker of it"), "{report}");
    }
    // The second time nobody is told, however long it takes: another thread has to help.
    let (_open, never) = mpsc::channel::<()>();
    let mut helper = Some(move || never.recv_timeout(ms(1500)));
    runtime
        .block_on(async {
            let mut waits = Box::pin(wait(1));
            poll_fn(|cx| {
                let polled = waits.as_mut().poll(cx);
                if let (Some(waker), Some(a_while)) = (kept.take(), helper.take()) {
                    thread::spawn(move || a_while().map_err(|_| waker.wake()));
                }
                polled
            })
            .await;
        })
        .unwrap();
    assert_eq!(reports.borrow().len(), 1);
}

#[test]
fn out_of_debug_mode_nothing_is_reported() {
    let (reports, clock) = (Reports::default(), Clock::new_virtual());
    let builder = Runtime::builder().clock(clock.clone()).on_report(reports.hear()).debug(false).debug_from_env();
    builder
        .build()
        .unwrap()
        .block_on(async move {
            create_task(pending::<()>()).detach();
            clock.block_for(ms(1000));
        })
        .unwrap();
    assert_eq!(reports.take(), []);
}

/// The environment belongs to the process, so this test runs itself in others.
#[test]
fn glassloop_debug_in_the_environment_turns_it_on() {
    if std::env::var_os("GLASSLOOP_TEST_CHILD").is_some() {
        glassloop::run(async { create_task(async { create_task_named("unborn", async {}).detach() }).detach() });
        return;
    }
    for (value, on) in [(Some("1"), true), (Some("0"), false), (Some(""), false), (None, false)] {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "debugging::glassloop_debug_in_the_environment_turns_it_on", "--nocapture"]);
        child.env("GLASSLOOP_TEST_CHILD", "1").env_remove("GLASSLOOP_DEBUG");
        if let Some(value) = value {
            child.env("GLASSLOOP_DEBUG", value);
        }
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr)
            .contains(r#""unborn" was never polled: it was ready, and the loop ended first"#);
        assert!(output.status.success() && said == on, "{value:?}: {output:?}");
    }
}
