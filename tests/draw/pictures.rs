//! What is drawn: whole pictures of whatever was recorded, and clear words if there is none.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use glassloop::{Builder, Clock, Lock, Queue, Runtime, create_task_named, gather, sleep};

use super::{cli, xml};

const PANELS: [&str; 9] = ["all", "queue", "wheel", "lanes", "tasks", "sources", "resources", "waits", "why"];

/// A folder for recordings, which goes when the test ends.
struct Folder(PathBuf);

/// What came of a call.
#[derive(Debug)]
struct Said {
    code: u8,
    out: String,
    err: String,
}

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("draw-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }

    fn record(&self, name: &str, setup: impl Fn(Builder) -> Builder, future: impl Future) {
        let builder = Runtime::builder().clock(Clock::new_virtual()).on_report(|_| {}).trace(self.0.join(name));
        let runtime = setup(builder).build().expect("a loop");
        let _may_deadlock = runtime.block_on(future);
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), bytes).expect("a file");
    }

    fn draw(&self, arguments: &[&str]) -> Said {
        let in_here = |word: &&str| {
            let is_file = [".glt", ".ndjson", ".svg"].iter().any(|end| word.ends_with(end));
            if is_file { self.0.join(word).display().to_string() } else { (*word).to_owned() }
        };
        let arguments = ["glass".to_owned(), "draw".to_owned()].into_iter().chain(arguments.iter().map(in_here));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = cli::run(arguments, &mut out, &mut err, false);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8").replace(&format!("{}/", self.0.display()), "");
        Said { code, out: text(out), err: text(err) }
    }

    /// A picture that is whole; its texts, joined by line breaks.
    fn picture(&self, arguments: &[&str]) -> (String, String) {
        let said = self.draw(arguments);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments:?}");
        let texts = xml::texts(&said.out).unwrap_or_else(|problem| panic!("{arguments:?}: {problem}\n{}", said.out));
        (said.out, texts.join("\n"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn same(builder: Builder) -> Builder {
    builder
}

/// A queue that is full, a lock that is wanted, timers on three levels, a gather.
async fn lively() {
    let jobs = Queue::bounded(1).named("jobs");
    let theirs = jobs.clone();
    let worker = create_task_named("worker", async move {
        while theirs.get().await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    });
    let lock = Lock::new().named("door");
    let through = async |lock: &Lock| {
        let _guard = lock.acquire().await;
        sleep(Duration::from_millis(4500)).await;
    };
    let (first, second) = (lock.clone(), lock.clone());
    let doors = create_task_named("doors", async move {
        gather!(async move { through(&first).await }, async move { through(&second).await }).await;
    });
    for job in 1..=3 {
        jobs.put(job).await.expect("nobody shuts it down");
    }
    jobs.shutdown(false);
    worker.await.expect("it does not panic");
    doors.await.expect("it does not panic");
}

/// After each event and for each panel.
#[test]
fn every_moment_can_be_drawn_and_always_the_same() {
    let folder = Folder::new("lively");
    folder.record("run.glt", same, lively());
    folder.record("run.ndjson", same, lively());
    let last = fs::read_to_string(folder.0.join("run.ndjson")).expect("lines").lines().count() - 1;
    assert!(last > 60, "{last} events");
    for event in 1..=last {
        let number = event.to_string();
        let panel = PANELS[event % PANELS.len()];
        let width = if event % 2 == 0 { "360" } else { "760" };
        let wanted = ["--panel", panel, "--event", &number, "--width", width];
        let (picture, _) = folder.picture(&[&["run.glt"], &wanted[..]].concat());
        let (again, _) = folder.picture(&[&["run.ndjson"], &wanted[..]].concat());
        assert!(picture == again, "{panel} after event {event}: two recordings of one run are drawn alike");
        assert!(picture.starts_with(&format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" ")));
        assert!(picture.contains("@media (prefers-color-scheme:dark)"));
        let links = picture.matches("http").count();
        assert!(links == 1 && !picture.contains("<script") && !picture.contains("url("), "it asks nobody for anything");
    }
}

#[test]
fn panels_show_what_there_is() {
    let folder = Folder::new("shown");
    folder.record("run.glt", same, lively());
    let parked = ["run.glt", "--find", "kind:park", "--panel"];
    for (panel, expected) in [
        ("queue", vec!["Run queue", "0 tasks ready", "asks the system", "Nobody is ready."]),
        ("wheel", vec!["2 timers armed", "L2", "timer 0, due at 50 ms", "timer 1 (4.5 s)", "due at 4500 ms, in 4.5 s"]),
        (
            "tasks",
            vec![
                "waiting",
                "put of Queue \"jobs\"",
                "timer 1 (4.5 s) · holds Lock \"door\"",
                "acquire of Lock \"door\"",
            ],
        ),
        ("sources", vec!["No source is registered."]),
        ("resources", vec!["Queue \"jobs\"", "1 of 1 · 2 not done with", "put", "Lock \"door\"", "held by"]),
        ("waits", vec!["Lock \"door\"", "the end of gather 4", "doors"]),
        ("lanes", vec!["1 main", "2 worker", "4[1]", "polled", "a wake"]),
        ("why", vec!["ran because it was created by task 3 \"doors\" at tests/draw/pictures.rs:"]),
    ] {
        let (picture, texts) = folder.picture(&[&parked[..], &[panel]].concat());
        let (_, all) = folder.picture(&[&parked[..], &["all", "--width", "1600"]].concat());
        for text in expected {
            assert!(texts.contains(text), "{panel}: there is no {text:?} in\n{texts}");
            assert!(all.contains(text) || panel == "wheel", "all: there is no {text:?} in\n{all}");
        }
        assert!(picture.contains("<desc id=\"desc\">The loop looks whether a source is ready.</desc>"), "{picture}");
        assert!(texts.contains("The loop looks whether a source is ready."), "{texts}");
    }
    let (_, why) = folder.picture(&["run.glt", "--event", "70", "--panel", "why", "--task", "worker"]);
    assert!(why.contains("task 2 \"worker\""), "{why}");
}

#[test]
fn who_waits_in_a_circle_is_told_so() {
    let folder = Folder::new("circle");
    folder.record("run.glt", same, async {
        let locks = [Lock::new().named("left"), Lock::new().named("right")];
        let both = |first: &Lock, second: &Lock| {
            let (first, second) = (first.clone(), second.clone());
            async move {
                let _one = first.acquire().await;
                sleep(Duration::from_millis(1)).await;
                let _other = second.acquire().await;
            }
        };
        gather!(both(&locks[0], &locks[1]), both(&locks[1], &locks[0])).await;
    });
    for width in ["320", "760"] {
        let wanted = ["run.glt", "--find", "kind:report", "--panel", "waits", "--width", width];
        let (_, texts) = folder.picture(&wanted);
        assert!(texts.contains("a cycle: none of them can go on"), "{texts}");
        assert!(texts.contains("Lock \"left\"") && texts.contains("Lock \"right\""), "{texts}");
    }
}

/// A recording may come from anywhere.
#[test]
fn names_cannot_do_anything() {
    let folder = Folder::new("names");
    let names = ["<script>alert(1)</script>", "\"&lt;'/></svg>", "\u{202e}right\u{0}\u{1b}[31m\u{ffff}", "two\nlines"];
    folder.record("run.glt", same, async move {
        let tasks = names.map(|name| create_task_named(name, async { sleep(Duration::from_millis(1)).await }));
        let long = create_task_named("n".repeat(50_000), async { Queue::<u8>::new().named("<q>&").get().await.ok() });
        sleep(Duration::from_millis(1)).await;
        drop((tasks, long));
    });
    for panel in PANELS {
        let (picture, texts) = folder.picture(&["run.glt", "--find", "kind:clockjump", "--panel", panel]);
        assert!(!picture.contains("<script"), "{panel}");
        assert!(!picture.contains(['\u{202e}', '\u{0}', '\u{1b}', '\u{ffff}']), "{panel}");
        assert!(picture.len() < 100_000, "{panel} has {} bytes", picture.len());
        assert!(panel != "tasks" || texts.contains("<script>"), "names are shown as they are: {texts}");
    }
    // Its sentence names it too.
    let (picture, _) = folder.picture(&["run.glt", "--find", "kind:spawn nnnn", "--panel", "queue"]);
    assert!(picture.len() < 100_000, "{} bytes", picture.len());
}

/// However many there are, the picture stays small, and says how many it leaves out.
#[test]
fn a_crowd_makes_no_large_picture() {
    const CROWD: usize = 10_000;
    let folder = Folder::new("crowd");
    let header = r#"{"seq":0,"t":0,"kind":"Header","format":"glassloop-trace","version":1,"clock":"virtual"}"#;
    let mut lines = format!("{header}\n{{\"seq\":1,\"t\":0,\"kind\":\"RunBegin\"}}\n");
    let mut seq = 1;
    let mut add = |event: String| {
        seq += 1;
        lines += &format!("{{\"seq\":{seq},\"t\":{},{event}}}\n", u64::from(seq > 2));
    };
    for number in 1..=CROWD {
        add(format!(r#""kind":"Spawn","task":{number},"loc":"a.rs:1","size":1"#));
        add(format!(r#""kind":"Enqueue","task":{number}"#));
        add(format!(
            r#""kind":"TimerArm","timer":{number},"task":{number},"deadline":18446744073709551615,"place":"far","loc":"a.rs:2""#
        ));
        add(format!(r#""kind":"SourceAdd","source":{number},"label":"s""#));
        add(format!(r#""kind":"ResNew","resource":{number},"label":"queue","cap":1000000000"#));
    }
    add(r#""kind":"LoopEnd""#.into());
    folder.put("crowd.ndjson", lines);
    for panel in ["all", "lanes"] {
        let (picture, texts) = folder.picture(&["crowd.ndjson", "--find", "kind:loopend", "--panel", panel]);
        assert!(picture.len() < 100_000, "{panel}: {} bytes", picture.len());
        assert!(texts.contains("and 9,9"), "{panel}: it says how many it leaves out:\n{texts}");
    }
}

#[test]
fn an_event_is_found_by_what_it_is() {
    let folder = Folder::new("found");
    folder.record("run.glt", same, lively());
    let lines = |name: &str| fs::read_to_string(folder.0.join(name)).expect("lines");
    folder.record("run.ndjson", same, lively());
    let recorded = lines("run.ndjson");
    let seq = |needle: &str, nth: usize| {
        let line = recorded.lines().filter(|line| line.contains(needle)).nth(nth - 1).expect("such an event");
        line.split([':', ',']).nth(1).expect("its number").to_owned()
    };
    for (query, nth, event) in [
        ("kind:park", 1, seq("\"Park\"", 1)),
        ("kind:timerfire", 2, seq("\"TimerFire\"", 2)),
        ("task:2 kind:pollbegin", 2, seq("\"PollBegin\",\"task\":2", 2)),
        ("TASK:Worker kind:PollBegin", 2, seq("\"PollBegin\",\"task\":2", 2)),
        ("task:4[1] kind:childstart", 1, seq("\"ChildStart\"", 2)),
        ("via:timer", 1, seq("\"via\":\"timer\"", 1)),
        ("timer:1 fire", 1, seq("\"TimerFire\",\"timer\":1", 1)),
        ("jobs", 1, seq("jobs", 1)),
    ] {
        let found = folder.draw(&["run.glt", "--panel", "queue", "--find", query, "--nth", &nth.to_string()]);
        let named = folder.draw(&["run.glt", "--panel", "queue", "--event", &event]);
        assert_eq!(found.code, 0, "{query}: {found:?}");
        assert_eq!(found.out, named.out, "{query}: {event}");
    }
}

#[test]
fn what_cannot_be_drawn_is_said_on_stderr_with_status_2() {
    let folder = Folder::new("wrong");
    folder.record("run.glt", same, lively());
    folder.record("last.glt", same, async {});
    let whole = fs::read(folder.0.join("run.glt")).expect("a file");
    folder.put("cut.glt", &whole[..whole.len() - 40]);
    folder.record("run.ndjson", same, lively());
    let whole = fs::read(folder.0.join("run.ndjson")).expect("a file");
    folder.put("cut.ndjson", &whole[..whole.len() - 40]);
    folder.put("text.glt", "hello");
    for (arguments, problem) in [
        (&["missing.glt", "--event", "1"][..], "glass: missing.glt: No such file"),
        (&["text.glt", "--event", "1"], "glass: text.glt: this is no glassloop trace"),
        (&["run.glt", "--event", "9999"], "glass: run.glt: there is no event 9999; the last is "),
        (&["run.glt", "--event", "0"], "glass: run.glt: there is no event 0; the first is 1"),
        (&["run.glt", "--find", "kind:nothing"], "glass: run.glt: no event fits \"kind:nothing\""),
        (
            &["last.glt", "--find", "kind:runend", "--nth", "3"],
            "glass: last.glt: only 1 of its events fits \"kind:runend\"; there is no match 3",
        ),
        (&["run.glt", "--find", " "], "glass: --find: there is nothing to look for"),
        (&["run.glt", "--event", "9", "--loop", "2"], "glass: run.glt: there is no loop 2; it recorded 1"),
        (
            &["run.glt", "--event", "9", "--task", "who"],
            "glass: run.glt: there is no task \"who\"; there are task 1 \"main\"",
        ),
        (&["cut.glt", "--event", "9999"], "glass: cut.glt: the trace is cut: "),
        (&["run.glt"], "error: the following required arguments were not provided"),
        (&["run.glt", "--event", "1", "--find", "x"], "error: the argument '--event <EVENT>' cannot be used with"),
        (&["run.glt", "--event", "1", "--width", "5"], "error: invalid value '5' for '--width <PX>'"),
        (&["run.glt", "--event", "1", "--panel", "x"], "error: invalid value 'x' for '--panel <PANEL>'"),
        (&["run.glt", "--event", "1", "-o", "no/such/folder.svg"], "glass: no/such/folder.svg: "),
    ] {
        let said = folder.draw(arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}: {said:?}");
        assert!(said.err.starts_with(problem), "{arguments:?}: {said:?}");
    }
    // What is whole of a recording is drawn.
    folder.picture(&["cut.ndjson", "--event", "20"]);
}

/// A flight recorder begins in the middle, and a file may have several loops.
#[test]
fn recordings_without_a_beginning_and_with_two_loops_can_be_drawn() {
    let folder = Folder::new("middle");
    let path = folder.0.join("ring.glt");
    let last = |builder: Builder| builder.trace_last(&path, 100);
    let turns = async {
        for _ in 0..10_000 {
            glassloop::yield_now().await;
        }
        glassloop::trace::save().expect("it can be written");
    };
    folder.record("unused.glt", last, turns);
    let said = folder.draw(&["ring.glt", "--event", "1"]);
    assert!(said.code == 2 && said.err.contains("there is no event 1; the first is "), "{said:?}");
    for panel in PANELS {
        folder.picture(&["ring.glt", "--find", "kind:pollend", "--nth", "3", "--panel", panel]);
    }
    folder.record("two.glt", same, async {});
    folder.record("two.glt", same, lively());
    let (_, texts) = folder.picture(&["two.glt", "--find", "kind:timerarm", "--loop", "2", "--panel", "wheel"]);
    assert!(texts.contains("1 timer armed"), "{texts}");
}

#[test]
fn a_picture_goes_to_a_file_as_well() {
    let folder = Folder::new("file");
    folder.record("run.glt", same, lively());
    let said = folder.draw(&["run.glt", "--event", "9", "--svg"]);
    let written = folder.draw(&["run.glt", "--event", "9", "--output", "out.svg"]);
    assert_eq!((written.code, written.out.as_str(), written.err.as_str()), (0, "", ""));
    assert_eq!(fs::read_to_string(folder.0.join("out.svg")).expect("a file"), said.out);
}

/// One that never fires is in no wheel; the others are a full turn of its highest level away, and nearly two.
#[test]
fn pitfall_31_a_timer_without_end_can_be_drawn_at_each_moment() {
    let folder = Folder::new("endless");
    folder.record("run.glt", same, async {
        let endless = [Duration::MAX, Duration::from_millis(1 << 36), Duration::from_millis((1 << 37) - 1)];
        let naps = endless.map(|time| create_task_named("endless", sleep(time)));
        sleep(Duration::from_millis(70)).await;
        for nap in &naps {
            nap.cancel_with("enough");
        }
    });
    for event in (1..40).step_by(3) {
        folder.picture(&["run.glt", "--event", &event.to_string(), "--panel", "wheel"]);
    }
    let (_, texts) = folder.picture(&["run.glt", "--find", "kind:timerfire", "--panel", "all"]);
    assert!(texts.contains("2 timers armed"), "{texts}");
}
