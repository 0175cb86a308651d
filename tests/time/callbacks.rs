//! `call_soon`, `call_later`, `call_at`.

use std::cell::{Cell, RefCell};
use std::panic::{Location, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use glassloop::{
    CallbackHandle, Clock, Report, Runtime, TaskLocal, all_tasks, call_at, call_later, call_soon, create_task,
    current_task, now, sleep, yield_now,
};

use crate::common::{Log, OnDrop, Reports, armed, at, ms, panic_text, run, run_with};

#[test]
fn l01_l03_callbacks_and_task_steps_are_in_one_line() {
    run(async {
        let log = Log::default();
        let task = log.clone();
        call_soon(log.sayer("a"));
        create_task(async move {
            task.say("t");
            yield_now().await;
            task.say("t2");
        })
        .detach();
        call_soon(log.sayer("b"));
        assert_eq!(log.take(), "", "nothing runs inside the calls");
        yield_now().await;
        assert_eq!(log.take(), "a t b");
        call_soon(log.sayer("c"));
        yield_now().await;
        assert_eq!(log.take(), "t2 c");
    });
}

#[test]
fn l02_what_a_callback_schedules_runs_in_the_next_turn() {
    run(async {
        let log = Log::default();
        fn chain(log: Log, from: u32) -> Box<dyn FnOnce()> {
            Box::new(move || {
                log.say(from.to_string());
                if from < 3 {
                    call_soon(chain(log, from + 1));
                }
            })
        }
        call_soon(chain(log.clone(), 1));
        for turn in ["main", "main", "main"] {
            yield_now().await;
            log.say(turn);
        }
        assert_eq!(log.take(), "1 main 2 main 3 main");
    });
}

#[test]
fn l04_a_cancelled_callback_is_never_called_and_dropped_at_the_next_turn() {
    run(async {
        let log = Log::default();
        let guard = OnDrop(log.sayer_mut("dropped"));
        let handle = call_soon(move || {
            let _guard = guard;
            unreachable!("it was cancelled");
        });
        assert!(handle.cancel() && handle.cancelled());
        assert!(!handle.cancel(), "that was done before");
        yield_now().await;
        assert_eq!(log.take(), "dropped");
        assert_eq!(handle.when(), None);
    });
}

#[test]
fn l05_l09_by_deadline_then_in_the_order_of_the_calls() {
    run(async {
        let log = Log::default();
        let when = now() + ms(3);
        for nth in 0..8 {
            call_at(when, log.sayer(nth.to_string()));
        }
        call_later(ms(1), log.sayer("first"));
        call_later(ms(5), log.sayer("last"));
        sleep(ms(9)).await;
        assert_eq!(log.take(), "first 0 1 2 3 4 5 6 7 last");
    });
}

#[test]
fn l06_due_timers_join_behind_what_is_ready() {
    run(async {
        let log = Log::default();
        call_later(Duration::ZERO, log.sayer("timer"));
        call_soon(log.sayer("soon"));
        yield_now().await;
        log.say("main");
        yield_now().await;
        assert_eq!((log.take().as_str(), at()), ("soon main timer", 0));
    });
}

#[test]
fn l07_a_cancelled_timer_never_fires_and_is_disarmed_at_once() {
    run(async {
        let handle = call_later(ms(5), || unreachable!("it was cancelled"));
        assert_eq!(armed(), 1);
        assert!(handle.cancel());
        assert_eq!((armed(), handle.cancelled()), (0, true));
        sleep(ms(9)).await;
    });
}

#[test]
fn a_callback_whose_task_is_cancelled_takes_its_timer_with_it() {
    run(async {
        let main = current_task().unwrap().id;
        call_later(ms(5), || unreachable!("its task was cancelled"));
        assert_eq!(armed(), 1);
        let callback = all_tasks().into_iter().find(|task| task.id() != main).unwrap();
        assert!(callback.cancel());
        yield_now().await;
        assert_eq!(armed(), 0);
    });
}

#[test]
fn l08_call_at_is_absolute_call_later_relative() {
    run(async {
        let times = Rc::new(RefCell::new(Vec::new()));
        let note = || {
            let times = times.clone();
            move || times.borrow_mut().push(at())
        };
        sleep(ms(10)).await;
        let handle = call_at(glassloop::Instant::from_nanos(25_000_000), note());
        assert_eq!(handle.when().unwrap().as_nanos(), 25_000_000);
        assert_eq!(call_later(ms(10), note()).when().unwrap().as_nanos(), 20_000_000);
        call_at(glassloop::Instant::default(), note());
        sleep(ms(50)).await;
        assert_eq!(*times.borrow(), [10, 20, 25]);
    });
}

#[test]
fn l10_callbacks_without_end_starve_no_timer() {
    run_with(|clock| async move {
        fn spin(clock: Clock, turns: Rc<Cell<u32>>) -> Box<dyn FnOnce()> {
            Box::new(move || {
                turns.set(turns.get() + 1);
                clock.advance(ms(1));
                call_soon(spin(clock, turns));
            })
        }
        let turns = Rc::new(Cell::new(0));
        call_soon(spin(clock, turns.clone()));
        sleep(ms(5)).await;
        assert_eq!(turns.get(), 6, "five milliseconds, and one turn before the sleeper's own");
    });
}

#[test]
fn l11_a_panic_is_reported_and_the_loop_goes_on() {
    let reports = Reports::default();
    let builder = Runtime::builder().clock(Clock::new_virtual()).on_report(reports.hear());
    let lines = builder.build().unwrap().block_on(async {
        let log = Log::default();
        let first = Location::caller().line();
        call_soon(|| resume_unwind(Box::new("a str")));
        call_later(ms(1), || resume_unwind(Box::new(String::from("a String"))));
        call_at(now() + ms(2), || resume_unwind(Box::new(7)));
        call_soon(log.sayer("soon"));
        call_later(ms(3), log.sayer("later"));
        sleep(ms(5)).await;
        assert_eq!(log.take(), "soon later");
        first
    });
    let (heard, first) = (reports.take(), lines.unwrap());
    let expected = [("call_soon", "a str"), ("call_later", "a String"), ("call_at", "(a payload that is no text)")];
    assert_eq!(heard.len(), expected.len());
    for (nth, (report, (name, text))) in (1..).zip(heard.iter().zip(expected)) {
        let Report::CallbackPanicked { callback, panic, location } = report else { panic!("{report:?}") };
        assert_eq!((*callback, panic.as_str(), location.line()), (name, text, first + nth));
        assert_eq!(location.file(), file!());
    }
    assert!(heard[0].to_string().starts_with("glassloop: a callback panicked: a str (call_soon at tests/time/"));
}

#[test]
fn l12_timers_that_are_due_together_are_taken_in_one_turn() {
    run_with(|clock| async move {
        let log = Log::default();
        call_later(ms(2), log.sayer("2"));
        call_later(ms(1), log.sayer("1"));
        clock.advance(ms(5));
        call_soon(log.sayer("soon"));
        yield_now().await;
        log.say("main");
        yield_now().await;
        assert_eq!(log.take(), "soon main 1 2", "in the one turn that began with both due");
    });
}

#[test]
fn l13_z02_without_a_loop_on_this_thread_the_call_panics_with_advice() {
    for (text, call) in [
        ("call_soon()", (|| drop(call_soon(|| {}))) as fn()),
        ("call_later()", || drop(call_later(ms(1), || {}))),
        ("call_at()", || drop(call_at(glassloop::Instant::default(), || {}))),
    ] {
        let panic = panic_text(call);
        assert!(panic.contains(text) && panic.contains("glassloop::run"), "{panic}");
    }
}

#[test]
fn v04_a_callback_has_the_context_of_whoever_scheduled_it_at_that_moment() {
    static NAME: TaskLocal<&str> = TaskLocal::new();
    run(async {
        let log = Log::default();
        let say = || {
            let log = log.clone();
            move || log.say(NAME.get().unwrap_or("unset"))
        };
        call_later(ms(2), say());
        NAME.set("early");
        call_later(ms(3), say());
        call_soon(say());
        NAME.set("late");
        sleep(ms(5)).await;
        assert_eq!(log.take(), "early unset early");
    });
}

#[test]
fn a_handle_may_be_dropped() {
    run(async {
        let log = Log::default();
        drop(call_soon(log.sayer("soon")));
        drop(call_later(ms(1), log.sayer("later")));
        sleep(ms(2)).await;
        assert_eq!(log.take(), "soon later");
    });
}

#[test]
fn a_callback_cannot_cancel_itself_but_the_next_one() {
    run(async {
        let log = Log::default();
        let own: Rc<RefCell<Option<CallbackHandle>>> = Rc::default();
        let next: Rc<RefCell<Option<CallbackHandle>>> = Rc::default();
        let (handles, inside) = ((own.clone(), next.clone()), log.clone());
        let handle = call_later(ms(1), move || {
            let own = handles.0.borrow();
            inside.say(own.as_ref().unwrap().cancel().to_string());
            inside.say(handles.1.borrow().as_ref().unwrap().cancel().to_string());
        });
        own.replace(Some(handle));
        next.replace(Some(call_later(ms(1), || unreachable!("it was cancelled"))));
        sleep(ms(2)).await;
        assert_eq!(log.take(), "false true");
        let own = own.borrow();
        assert!(!own.as_ref().unwrap().cancel() && !own.as_ref().unwrap().cancelled(), "it has been called");
    });
}

#[test]
fn what_is_left_at_the_end_is_dropped_uncalled() {
    let log = Log::default();
    let (soon, later) = (log.sayer_mut("soon"), log.sayer_mut("later"));
    let handle = run(async move {
        let (soon, later, at_the_end) = (OnDrop(soon), OnDrop(later), OnDrop(|| drop(call_soon(|| unreachable!()))));
        call_soon(move || drop((soon, at_the_end)));
        call_later(ms(5), move || drop(later))
    });
    assert_eq!(log.take(), "soon later");
    assert!(!handle.cancel() && !handle.cancelled());
}

#[test]
fn a_handle_cancelled_outside_of_its_loop_or_in_another() {
    let runtime = Runtime::builder().clock(Clock::new_virtual()).build().unwrap();
    let later = || call_later(ms(5), || unreachable!("it was cancelled"));
    let (one, two) = runtime.block_on(async { (later(), later()) }).unwrap();
    assert!(one.cancel());
    run(async { assert!(two.cancel()) });
    runtime
        .block_on(async {
            yield_now().await;
            assert_eq!(armed(), 0);
            sleep(ms(9)).await;
        })
        .unwrap();
}

#[test]
fn the_end_of_time_never_comes() {
    run(async {
        let handle = call_later(Duration::MAX, || unreachable!());
        sleep(ms(5)).await;
        assert_eq!((armed(), at()), (0, 5));
        assert!(handle.cancel());
    });
}

#[test]
fn a_handle_shows_how_its_callback_stands() {
    run(async {
        let handle = call_soon(|| {});
        assert_eq!(format!("{handle:?}"), "CallbackHandle { when: None, cancelled: false, done: false }");
        yield_now().await;
        assert_eq!(format!("{handle:?}"), "CallbackHandle { when: None, cancelled: false, done: true }");
    });
}
