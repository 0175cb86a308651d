//! asyncio's own programs, ported one to one: each prints, line for line, what CPython 3.13 prints (`expected/`), on the virtual clock
//! and on the real one. Where there is a `python3` of 3.13 or later, the originals (`programs/`) run too, and all three must agree.
//!
//! On a busy machine `CONF_TICK=0.3` makes a tick of the real clock 0.3 s long; the text stays the same.

#![forbid(unsafe_code)]

mod cpython;
mod trace;

mod p01_seed_sync_vs_async;
mod p02_seed_coroutine;
mod p03_seed_gather;
mod p04_seed_http_gather;
mod p05_seed_create_task;
mod p06_seed_queue;
mod p07_create_task_order;
mod p08_sleep_zero_fifo;
mod p09_call_soon_order;
mod p10_timers;
mod p11_gather_results;
mod p12_gather_error_siblings_continue;
mod p13_gather_return_exceptions;
mod p14_gather_cancel_outer;
mod p15_cancel_basics;
mod p16_wait_for;
mod p17_timeout_scopes;
mod p18_queue_backpressure;
mod p19_queue_getters_join;
mod p20_queue_cancelled_getter;
mod p21_queue_shutdown;
mod p22_priority_lifo;
mod p23_lock_event_semaphore;
mod p24_taskgroup;
mod p25_wait_as_completed;
mod p26_future_callbacks;
mod p27_future_cancelled;
mod p28_timeout_ends;
mod p29_queue_cancelled_putter;
mod p30_queue_shutdown_immediate;
mod p31_event_races;
mod p32_lock_passes_on;
mod p33_semaphore_passes_on;
mod p34_condition;
mod p35_barrier_broken;
mod p36_taskgroup_errors;
mod p37_taskgroup_cancelled;
mod p38_context;
mod p39_gather_of_tasks;
mod p40_woken_and_cancelled;

use std::collections::BTreeSet;
use std::fs;

use glassloop::{Clock, Runtime};

use crate::trace::Trace;

fn expected(name: &str) -> String {
    let path = cpython::folder().join("expected").join(name).with_extension("txt");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a program to its end, its leftovers included, and compares.
fn check(name: &str, clock: Clock, program: impl AsyncFnOnce(&Trace)) {
    let out = Trace::new(clock.clone());
    let runtime = Runtime::builder().clock(clock).build().expect("a loop");
    runtime.block_on(program(&out)).expect("no deadlock");
    drop(runtime);
    let (printed, expected) = (out.text(), expected(name));
    assert!(printed == expected, "{name} printed\n{printed}\ninstead of\n{expected}");
}

/// Runs the original, and the port beside it.
fn check_original(name: &str, program: impl AsyncFnOnce(&Trace)) {
    let Some(printed) = cpython::prints(name) else { return };
    let expected = expected(name);
    assert!(printed == expected, "CPython's {name} printed\n{printed}\ninstead of\n{expected}");
    check(name, Clock::new_virtual(), program);
}

macro_rules! programs {
    ($($program:ident)*) => {
        const ALL: &[&str] = &[$(stringify!($program)),*];

        mod on_the_virtual_clock {
            $(#[test]
            fn $program() {
                super::check(stringify!($program), super::Clock::new_virtual(), super::$program::main);
            })*
        }

        mod on_the_real_clock {
            $(#[test]
            fn $program() {
                super::check(stringify!($program), super::Clock::real(), super::$program::main);
            })*
        }

        mod beside_cpython {
            $(#[test]
            fn $program() {
                super::check_original(stringify!($program), super::$program::main);
            })*
        }
    };
}

programs! {
    p01_seed_sync_vs_async
    p02_seed_coroutine
    p03_seed_gather
    p04_seed_http_gather
    p05_seed_create_task
    p06_seed_queue
    p07_create_task_order
    p08_sleep_zero_fifo
    p09_call_soon_order
    p10_timers
    p11_gather_results
    p12_gather_error_siblings_continue
    p13_gather_return_exceptions
    p14_gather_cancel_outer
    p15_cancel_basics
    p16_wait_for
    p17_timeout_scopes
    p18_queue_backpressure
    p19_queue_getters_join
    p20_queue_cancelled_getter
    p21_queue_shutdown
    p22_priority_lifo
    p23_lock_event_semaphore
    p24_taskgroup
    p25_wait_as_completed
    p26_future_callbacks
    p27_future_cancelled
    p28_timeout_ends
    p29_queue_cancelled_putter
    p30_queue_shutdown_immediate
    p31_event_races
    p32_lock_passes_on
    p33_semaphore_passes_on
    p34_condition
    p35_barrier_broken
    p36_taskgroup_errors
    p37_taskgroup_cancelled
    p38_context
    p39_gather_of_tasks
    p40_woken_and_cancelled
}

#[test]
fn every_program_that_is_here_is_run() {
    let stems = |folder: &str, extension: &str| -> BTreeSet<String> {
        let files = fs::read_dir(cpython::folder().join(folder)).expect("the folder is part of the suite");
        let paths = files.map(|file| file.expect("a readable folder").path());
        let wanted = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
        let stems = wanted.map(|path| path.file_stem().expect("it has an extension").to_string_lossy().into_owned());
        stems.filter(|stem| stem != "_trace").collect()
    };
    let run: BTreeSet<String> = ALL.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(stems("expected", "txt"), run);
    assert_eq!(stems("programs", "py"), run);
}
