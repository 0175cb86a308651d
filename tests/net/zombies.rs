//! No child stays behind as a zombie, whoever forgets it.

use std::cell::RefCell;
use std::io;
use std::process::Stdio;

use glassloop::{Process, create_subprocess_exec, create_task};

use crate::common::{ms, run, settle};

fn cat() -> Process {
    create_subprocess_exec("cat", [""; 0]).stdin(Stdio::piped()).spawn().unwrap()
}

/// The state of a process by the system's letter, `Z` for a zombie; `None` if there is none.
fn state(pid: u32) -> Option<char> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text[text.rfind(')')? + 2..].chars().next()
}

#[test]
fn a_child_that_was_waited_for_is_gone() {
    run(async {
        let mut cat = cat();
        assert!(state(cat.pid()).is_some());
        cat.stdin = None;
        cat.wait().await.unwrap();
        assert_eq!(state(cat.pid()), None);
    });
}

#[test]
fn a_child_that_nobody_waits_for_is_reaped_while_its_handle_lives() {
    run(async {
        let mut cat = cat();
        cat.stdin = None;
        while cat.returncode().is_none() {
            glassloop::sleep(ms(1)).await;
        }
        assert_eq!(state(cat.pid()), None);
    });
}

#[test]
fn a_child_that_was_dropped_runs_on_and_is_reaped() {
    run(async {
        let mut cat = cat();
        let (pid, stdin) = (cat.pid(), cat.stdin.take().unwrap());
        drop(cat);
        settle().await;
        assert!(state(pid).is_some_and(|state| state != 'Z'), "it runs on");
        stdin.close();
        while state(pid).is_some() {
            glassloop::sleep(ms(1)).await;
        }
    });
}

#[test]
fn a_wait_that_is_dropped_leaves_the_reaping_to_the_loop() {
    run(async {
        let mut cat = cat();
        let pid = cat.pid();
        let stdin = cat.stdin.take();
        let waiting = create_task(async move { cat.wait().await });
        settle().await;
        waiting.cancel();
        assert!(waiting.await.is_err());
        drop(stdin);
        while state(pid).is_some() {
            glassloop::sleep(ms(1)).await;
        }
    });
}

#[test]
fn a_child_that_outlives_its_loop_is_reaped_all_the_same() {
    let (process, pid) = run(async {
        let cat = cat();
        let pid = cat.pid();
        (cat, pid)
    });
    let error = process.kill().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound, "it is no longer ours: {error}");
    assert_eq!(process.returncode(), None);
    assert!(state(pid).is_some_and(|state| state != 'Z'));
    drop(process); // and with it its stdin
    while state(pid).is_some() {
        std::thread::yield_now();
    }
}

/// With something left to write, and after all that its loop kept in the thread.
#[test]
fn pitfall_27_a_process_dropped_while_its_thread_exits() {
    thread_local!(static LATE: RefCell<Option<Process>> = const { RefCell::new(None) });
    let exit = std::thread::spawn(|| {
        LATE.with(|late| assert!(late.borrow().is_none())); // registered first, and so dropped last
        let process = run(async {
            let cat = cat();
            cat.stdin.as_ref().unwrap().write(b"not read yet").unwrap();
            cat
        });
        let pid = process.pid();
        LATE.set(Some(process));
        pid
    });
    let pid = exit.join().expect("nothing panics at the exit");
    while state(pid).is_some() {
        std::thread::yield_now();
    }
}

/// In a process of its own, as the limit is the process's.
#[test]
fn pitfall_44_a_child_whose_pipes_cannot_be_registered_is_undone() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    use std::fs::File;

    const CHILD: &str = "GLASSLOOP_TEST_SPAWN_WITHOUT_DESCRIPTORS";
    if std::env::var_os(CHILD).is_none() {
        let name = "zombies::pitfall_44_a_child_whose_pipes_cannot_be_registered_is_undone";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let output = child.args([name, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let passed = output.status.success() && text.contains("1 passed");
        assert!(passed, "{text}{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).unwrap();
    run(async {
        let mut taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        let mut failed = 0;
        // With more and more descriptors free, it fails at every place where it can fail, and then works.
        loop {
            let spawned = create_subprocess_exec("cat", [""; 0]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            match spawned {
                Err(error) => {
                    assert!(error.to_string().starts_with("starting \"cat\": "), "{error}");
                    failed += 1;
                }
                Ok(mut process) => {
                    assert_eq!(process.communicate(b"works").await.unwrap().stdout, b"works");
                    break;
                }
            }
            taken.pop().expect("it needs not as many as that");
        }
        assert!(failed > 3, "{failed}");
        let children = format!("/proc/self/task/{}/children", std::process::id());
        assert_eq!(std::fs::read_to_string(children).unwrap_or_default(), "", "nothing is left of those that failed");
    });
}
