//! Of programs in which nothing is wrong, nothing is said.

use std::fs;
use std::future::pending;

use glassloop::{Clock, Queue, Report, RunError, Runtime, all_tasks, create_task, sleep, yield_now};

use crate::common::{Reports, ms, scratch};
use crate::programs;

/// Random programs of everything there is: they may panic on purpose, leave tasks behind and wait for other threads, but
/// nothing in them hangs, spins or is lost.
#[test]
fn of_10_000_random_programs_none_is_accused() {
    let file = scratch("quiet.glt");
    for seed in 1..=10_000 {
        let (reports, clock) = (Reports::default(), Clock::new_virtual());
        let recorded = seed % 10 == 0;
        let runtime = if recorded { reports.recording_runtime(&clock, &file) } else { reports.runtime(&clock) };
        let result = runtime.block_on(programs::program(seed));
        assert!(!matches!(result, Err(RunError::Deadlock(_))), "program {seed}: {result:?}");
        drop(runtime);
        for report in reports.take() {
            let wrong = matches!(
                report,
                Report::LostWake { .. } | Report::BusyLoop { .. } | Report::SlowPoll { .. } | Report::Deadlock(_)
            );
            assert!(!wrong, "program {seed}: {report}");
        }
    }
    fs::remove_file(&file).expect("it was written");
}

/// What is found stands in a recording too, at its moment.
#[test]
fn findings_are_events() {
    let path = scratch("findings.ndjson");
    let builder = Runtime::builder().clock(Clock::new_virtual()).debug(true).on_report(|_| {}).trace(&path);
    let result = builder.build().expect("a loop").block_on(async {
        let spin = create_task(async {
            for _ in 0..100_000 {
                yield_now().await;
            }
        });
        spin.await.expect("it ends");
        create_task(pending::<()>()).detach();
        sleep(ms(1)).await;
        let all = all_tasks();
        all[1].cancel();
        Queue::<u8>::new().get().await
    });
    assert!(matches!(result, Err(RunError::Deadlock(_))));
    let lines = fs::read_to_string(&path).expect("it was written");
    fs::remove_file(&path).expect("it can be removed");
    let after_kind = |line: &str| line.split_once(r#""kind":"#).map(|(_, rest)| rest.to_owned());
    let wanted = |line: &String| line.starts_with(r#""Report""#) || line.starts_with(r#""RunEnd""#);
    let found: Vec<String> = lines.lines().filter_map(after_kind).filter(wanted).collect();
    let heads = [
        r#""Report","what":"busy_loop","task":2,"text":"glassloop: task 2 "#,
        r#""Report","what":"lost_wake","task":3,"text":"glassloop: nothing can wake task 3 "#,
        r#""Report","what":"deadlock","text":"glassloop: deadlock: 1 task alive, "#,
        r#""RunEnd","reason":"deadlock"}"#,
    ];
    assert_eq!(found.len(), heads.len(), "{found:#?}");
    assert!(found.iter().zip(heads).all(|(line, head)| line.starts_with(head)), "{found:#?}");
}
