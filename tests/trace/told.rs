//! The program `glass` tells no more than it knows, and nothing that is not so.

use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use glassloop::{
    Builder, Clock, Event, Lock, Queue, Runtime, call_later, create_task, create_task_named, select, sleep, trace,
    yield_now,
};

use super::program::Folder;

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Runs a future on a loop with a virtual clock.
fn record<F: Future>(setup: impl Fn(Builder) -> Builder, future: F) -> Option<F::Output> {
    let builder = setup(Runtime::builder().clock(Clock::new_virtual()).on_report(|_| {}));
    builder.build().expect("a loop").block_on(future).ok()
}

/// A flight recorder begins in the middle: what was before, it does not know.
#[test]
fn of_what_was_before_the_recording_nothing_is_claimed() {
    let folder = Folder::new("middle");
    let path = folder.0.join("ring.glt");
    record(|builder| builder.trace_last(&path, 100), async {
        let idle = Event::new();
        let theirs = idle.clone();
        create_task_named("old", async move { theirs.wait().await }).detach();
        for _ in 0..10_000 {
            yield_now().await;
        }
        trace::save().expect("it can be written");
    });
    let report = folder.glass("report ring.glt");
    assert!(report.code == 0 && !report.out.contains("Never polled"), "{report:?}");
    assert!(report.out.contains(" events before these were not kept\n"), "{report:?}");
    let why = folder.glass("why ring.glt old");
    assert!(why.out.starts_with("task 2 \"old\" waits for wait of Event "), "{why:?}");
    let tell = folder.glass("tell ring.glt");
    assert!(tell.out.contains("task 1 \"main\" is polled\n") && !tell.out.contains(" time\n"), "{tell:?}");
}

#[test]
fn a_callback_whose_moment_has_not_come_is_no_task_that_was_never_polled() {
    let folder = Folder::new("callback");
    let path = folder.0.join("callback.glt");
    record(|builder| builder.trace(&path), async {
        call_later(ms(1000), || {});
        create_task_named("unborn", async {}).cancel();
        yield_now().await;
    });
    let report = folder.glass("report callback.glt").out;
    let (_, never) = report.split_once("Never polled\n").expect("a section");
    let section: Vec<&str> = never.lines().take_while(|line| !line.is_empty()).collect();
    assert!(section.len() == 2 && section[1].starts_with("  task 3 \"unborn\" "), "{report}");
}

#[test]
fn why_tells_what_was_found_of_the_task() {
    let folder = Folder::new("circle");
    let path = folder.0.join("circle.glt");
    record(|builder| builder.trace(&path), async {
        let (a, b) = (Lock::new().named("A"), Lock::new().named("B"));
        let both = |first: &Lock, second: &Lock| {
            let (first, second) = (first.clone(), second.clone());
            async move {
                let _guard = first.acquire().await;
                sleep(ms(1)).await;
                drop(second.acquire().await);
            }
        };
        let (left, right) = (create_task_named("left", both(&a, &b)), create_task_named("right", both(&b, &a)));
        left.await.unwrap();
        right.await.unwrap();
    });
    let circle = "  deadlock: 3 tasks alive, nothing can wake them; cycle: 2 -> B -> 3 -> A -> 2\n";
    for (task, lock) in [("left", "B"), ("right", "A")] {
        let why = folder.glass(&format!("why circle.glt {task}")).out;
        let left = format!(" its last poll left it waiting for acquire of Lock {lock:?} at tests/trace/told.rs:");
        assert!(why.contains(circle) && why.contains(&left), "{why}");
    }
}

/// A task that the loop's end has dropped: the drop is not all there is to tell.
#[test]
fn why_goes_on_behind_the_end_of_the_loop() {
    let folder = Folder::new("stuck");
    let path = folder.0.join("stuck.glt");
    let stuck = record(|builder| builder.trace(&path), async {
        create_task_named("stuck", async {
            sleep(ms(10)).await;
            Queue::<u8>::new().get().await
        })
        .await
    });
    assert!(stuck.is_none(), "it is a deadlock");
    let why = folder.glass("why stuck.glt stuck").out;
    let links: Vec<&str> =
        why.lines().skip(1).filter_map(|line| line.split_once("ms  ").map(|(_, link)| link)).collect();
    let wanted = [
        "deadlock: 2 tasks alive, nothing can wake them",
        "task 2 \"stuck\" was dropped because the loop ended",
        "task 2 \"stuck\" ran because timer 0 (10 ms) fired (sleep at ",
        "task 2 \"stuck\" ran because it was created by task 1 \"main\" at ",
        "task 1 \"main\" ran because it is the root of the run",
    ];
    assert!(links.len() == 5 && links.iter().zip(wanted).all(|(link, wanted)| link.starts_with(wanted)), "{why}");
    // Where it hangs: what others do as they are dropped may end its wait later.
    assert!(why.contains(" its last poll left it waiting for get of Queue 1 at tests/trace/told.rs:"), "{why}");
    // By then, whoever waited for it is gone.
    let tell = folder.glass("tell stuck.glt").out;
    assert!(tell.contains("nobody waits for the end of task 2 \"stuck\" any more after 10 ms\n"), "{tell}");
    assert!(!tell.contains("somebody unknown"), "{tell}");
}

#[test]
fn of_several_loops_in_a_file_each_has_its_own_events() {
    let folder = Folder::new("loops");
    let path = folder.0.join("loops.glt");
    for naps in [1, 5] {
        record(|builder| builder.trace(&path), async {
            for _ in 0..naps {
                sleep(ms(1)).await;
            }
        });
    }
    let both = folder.glass("why loops.glt main").out;
    let blank_before_heading = both.contains("\n\nloop 2 of 2: ");
    assert!(both.starts_with("loop 1 of 2: ") && blank_before_heading && both.matches("\n\n").count() == 1, "{both}");
    let late = folder.glass("why loops.glt main --at 40");
    assert!(late.code == 0 && late.out.starts_with("loop 2 of 2: "), "{late:?}");
    for event in ["0", "9999"] {
        let none = folder.glass(&format!("why loops.glt main --at {event}"));
        let wanted = format!("glass: loops.glt: there is no event {event}; the last is ");
        assert!(none.code == 2 && none.err.starts_with(&wanted), "{none:?}");
    }
}

#[test]
fn a_recording_is_not_written_over() {
    let folder = Folder::new("over");
    let before = fs::read(folder.0.join("small.glt")).expect("a file");
    for command in ["export --ndjson", "export --perfetto", "export --html", "draw --event 5"] {
        let said = folder.glass(&format!("{command} small.glt -o small.glt"));
        let wanted = "glass: small.glt: this is the recording itself: it would be lost; name another file\n";
        assert_eq!((said.code, said.err.as_str()), (2, wanted), "{command}");
        assert!(fs::read(folder.0.join("small.glt")).expect("a file") == before, "{command}");
    }
}

#[test]
fn who_there_is_is_said_once_however_many_loops_have_it() {
    let folder = Folder::new("names");
    let path = folder.0.join("names.glt");
    for _ in 0..3 {
        record(|builder| builder.trace(&path), yield_now());
    }
    let said = folder.glass("why names.glt nobody");
    assert_eq!(said.err, "glass: names.glt: there is no task \"nobody\"; there are task 1 \"main\"\n");
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let folder = Folder::new("nonsense");
    let said = folder.glass("tell small.glt --from 5 --to 3");
    assert_eq!(said.code, 2);
    assert_eq!(said.err, "glass: --from 5 comes after --to 3: there is nothing between them\n");
    let said = folder.glass("report small.glt --top 0");
    assert!(said.code == 2 && said.err.starts_with("error: invalid value '0' for '--top <TOP>'"), "{said:?}");
    #[cfg(target_os = "linux")]
    {
        let said = folder.glass("export --ndjson small.glt -o /dev/full");
        assert!(said.code == 2 && said.err.starts_with("glass: /dev/full: No space left"), "{said:?}");
    }
}

/// An await that loses a `select!` ends with it, also if it was of a `&mut Task`.
#[test]
fn an_await_that_was_given_up_is_told_as_over() {
    let folder = Folder::new("given-up");
    let path = folder.0.join("given-up.glt");
    record(|builder| builder.trace(&path), async {
        let mut task = create_task_named("slow", sleep(ms(50)));
        select! { _ = &mut task => {} () = sleep(ms(10)) => {} }
        sleep(ms(100)).await;
    });
    let tell = folder.glass("tell given-up.glt");
    assert_eq!((tell.code, tell.err.as_str()), (0, ""));
    let over = "task 1 \"main\" no longer waits for the end of task 2 \"slow\" after 10 ms\n";
    assert!(tell.out.contains(over), "{}", tell.out);
    assert!(!tell.out.contains("the end of task 2 wakes"), "{}", tell.out);
}

/// Names and remarks in a recording may be anything, also commands to a terminal.
#[test]
fn what_a_terminal_would_obey_is_shown_instead() {
    let folder = Folder::new("terminal");
    let path = folder.0.join("rude.ndjson");
    record(|builder| builder.trace(&path), async {
        trace::mark("\x1b[2Jgone\r");
        create_task(async {}).set_name("\x1b]0;title\x07");
    });
    for arguments in ["tell rude.ndjson", "report rude.ndjson", "why rude.ndjson 2", "why rude.ndjson \x1b[31m"] {
        let said = folder.glass(arguments);
        let obeyed = |letter: char| letter.is_control() && letter != '\n';
        assert!(!said.out.contains(obeyed) && !said.err.contains(obeyed), "{said:?}");
    }
    assert!(folder.glass("tell rude.ndjson").out.contains("remarks: \\u{1b}[2Jgone\\r\n"));
}

#[test]
fn a_state_that_a_recording_begins_with_is_no_event() {
    let folder = Folder::new("states");
    let save = |name: &str, rounds: u32| {
        let path = folder.0.join(name);
        let before = Rc::new(Event::new());
        record(|builder| builder.trace_last(&path, 100), async {
            let theirs = before.clone();
            create_task(async move { theirs.wait().await }).detach();
            for _ in 0..rounds {
                yield_now().await;
            }
            trace::save().expect("it can be written");
        });
        events_of(&path)
    };
    let (a, b) = (save("a.glt", 5000), save("b.glt", 5000));
    let said = folder.glass("diff a.glt b.glt");
    assert_eq!(said.out, format!("equal: {a} events\n"));
    assert_eq!(a, b);
}

fn events_of(path: &Path) -> String {
    let trace = trace::parse("a file", fs::read(path).expect("it was written")).expect("a trace");
    let events = trace.runs[0].records().filter(|record| record.as_ref().is_ok_and(|record| record.seq > 0)).count();
    if events < 1000 { events.to_string() } else { format!("{},{:03}", events / 1000, events % 1000) }
}

#[test]
fn pitfall_31_a_timer_without_end_can_be_told_of() {
    let folder = Folder::new("endless");
    let paths = ["endless.glt", "endless.ndjson"].map(|name| folder.0.join(name));
    for path in &paths {
        record(|builder| builder.trace(path), async {
            let nap = create_task_named("endless", sleep(Duration::MAX));
            sleep(ms(10)).await;
            nap.cancel();
        });
    }
    for command in ["report", "tell", "why * endless", "export --perfetto", "export --ndjson"] {
        let said = paths.each_ref().map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("text");
            let call = if command.contains('*') { command.replace('*', name) } else { format!("{command} {name}") };
            let said = folder.glass(&call);
            assert_eq!((said.code, said.err.as_str()), (0, ""), "{call}");
            said.out.replace(name, "endless")
        });
        assert_eq!(said[0], said[1], "{command}: the formats are alike");
    }
}
