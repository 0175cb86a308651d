//! Child processes: pipes, signals, their end, and time meanwhile.

use std::io;
use std::process::Stdio;

use glassloop::{Process, SpawnError, create_subprocess_exec, create_subprocess_shell, create_task, gather};

use crate::common::{Log, is_ready, ms, run, settle};

fn cat() -> Process {
    create_subprocess_exec("cat", [""; 0]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_program_that_does_not_exist_is_a_typed_error_that_names_it() {
    run(async {
        let error = create_subprocess_exec("no-such-program", ["-x"]).spawn().unwrap_err();
        assert!(matches!(&error, SpawnError::NotFound { program } if program == "no-such-program"));
        assert_eq!(error.to_string(), "no program \"no-such-program\" was found");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);

        let error = create_subprocess_exec("cat", [""; 0]).current_dir("/no/such/directory").spawn().unwrap_err();
        assert_eq!(error.to_string(), "starting \"cat\": there is no directory \"/no/such/directory\"");
        let error = create_subprocess_exec("/etc/passwd", [""; 0]).spawn().unwrap_err();
        assert!(error.to_string().starts_with("starting \"/etc/passwd\": "), "{error}");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::PermissionDenied);
        assert!(create_subprocess_exec("nul\0byte", [""; 0]).spawn().is_err());
    });
}

#[test]
fn lines_go_in_and_come_out() {
    run(async {
        let mut cat = cat();
        let (stdin, mut stdout) = (cat.stdin.take().unwrap(), cat.stdout.take().unwrap());
        for line in ["one\n", "two\n"] {
            stdin.write(line.as_bytes()).unwrap();
            assert_eq!(stdout.readline().await.unwrap(), line.as_bytes());
        }
        assert_eq!(cat.returncode(), None);
        stdin.write(b"last").unwrap();
        stdin.close();
        stdin.wait_closed().await.unwrap();
        assert_eq!(stdout.read_to_end(100).await.unwrap(), b"last");
        assert!(cat.wait().await.unwrap().success());
        assert_eq!(cat.returncode(), Some(0));
        assert!(cat.wait().await.unwrap().success(), "it may be asked again");
    });
}

#[test]
fn communicate_feeds_and_reads_everything_at_once() {
    run(async {
        let input: Vec<u8> = (0..3_000_000_u32).map(|index| (index % 251) as u8).collect();
        let mut both = create_subprocess_shell("tee /dev/stderr")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = both.communicate(&input).await.unwrap();
        assert!(output.status.success());
        assert!(output.stdout == input, "much more than a pipe holds");
        assert!(output.stderr == input);
    });
}

#[test]
fn communicate_is_not_upset_by_a_child_that_does_not_listen() {
    run(async {
        let mut child = create_subprocess_shell("exec <&-; echo done; exit 7");
        child = child.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = child.spawn().unwrap();
        let output = child.communicate(&vec![0; 1_000_000]).await.unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(7), &b"done\n"[..]));
        let error = child.communicate(b"more").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains(&format!("process {} (sh)", child.pid())), "{error}");
        assert_eq!(child.communicate(b"").await.unwrap().status.code(), Some(7));
    });
}

#[test]
fn communicate_that_is_dropped_goes_on_where_it_was() {
    run(async {
        let mut cat = cat();
        let input = vec![3; 2_000_000];
        assert!(is_ready(&mut Box::pin(cat.communicate(&input))).await.is_none());
        let output = cat.communicate(b"").await.unwrap();
        assert!(output.stdout == input);
    });
}

#[test]
fn a_pipe_that_nobody_reads_holds_the_writer_back() {
    run(async {
        let mut cat = cat();
        let (stdin, mut stdout) = (cat.stdin.take().unwrap(), cat.stdout.take().unwrap());
        let log = Log::default();
        let said = log.clone();
        let writing = create_task(async move {
            for _ in 0..1_000 {
                stdin.write(&[1; 4_000]).unwrap();
                stdin.drain().await.unwrap();
            }
            said.say("written");
        });
        for _ in 0..50 {
            settle().await;
        }
        assert_eq!(log.take(), "", "two pipes and a buffer are full");
        assert_eq!(stdout.read_to_end(4_000_000).await.unwrap().len(), 4_000_000);
        writing.await.unwrap();
        assert!(cat.wait().await.unwrap().success());
    });
}

/// Bytes and the end of a pipe come as one edge, if nobody reads before; or as two.
#[test]
fn pitfall_41_the_end_of_a_pipe_behind_a_short_read_is_seen() {
    run(async {
        for script in ["printf x", "printf x; exec >&-; read line", "printf x; sleep 0.05; exec >&-; read line"] {
            let shell = create_subprocess_shell(script).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = shell.spawn().unwrap();
            if script == "printf x" {
                child.wait().await.unwrap();
                settle().await;
            }
            let mut stdout = child.stdout.take().unwrap();
            assert_eq!(stdout.read(8).await.unwrap(), b"x", "{script}");
            assert_eq!(stdout.read(8).await.unwrap(), b"", "{script}");
            drop(child.stdin.take());
            child.wait().await.unwrap();
        }
    });
}

#[test]
fn writing_to_a_child_that_is_gone_is_an_error() {
    run(async {
        let mut child = create_subprocess_shell("exit 0").stdin(Stdio::piped()).spawn().unwrap();
        child.wait().await.unwrap();
        let stdin = child.stdin.take().unwrap();
        assert_eq!(stdin.write(b"anybody?").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(stdin.drain().await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(stdin.is_closing());
    });
}

#[test]
fn signals_end_a_child_and_the_code_says_which() {
    run(async {
        for (send, code) in [
            (Process::kill as fn(&Process) -> io::Result<()>, -9),
            (Process::terminate, -15),
            (|process| process.send_signal(14), -14), // not 2: who runs this in the background may have Ctrl-C ignored
        ] {
            let process = cat();
            send(&process).unwrap();
            assert!(!process.wait().await.unwrap().success());
            assert_eq!(process.returncode(), Some(code));
            let error = process.kill().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert_eq!(error.to_string(), format!("process {} (cat) has ended", process.pid()));
        }
        let process = cat();
        assert_eq!(process.send_signal(1234).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        process.kill().unwrap();
        process.wait().await.unwrap();
    });
}

#[test]
fn several_may_wait_for_one_child() {
    run(async {
        let mut cat = cat();
        let stdin = cat.stdin.take();
        let close = async {
            settle().await;
            drop(stdin);
        };
        let waits = async {
            glassloop::join!(cat.wait(), cat.wait(), async {
                assert!(glassloop::timeout(ms(0), cat.wait()).await.is_err(), "one gives up");
            })
            .await
        };
        let ((first, second, ()), ()) = glassloop::join!(waits, close).await;
        assert!(first.unwrap().success() && second.unwrap().success());
    });
}

#[test]
fn virtual_time_waits_for_a_child() {
    run(async {
        let log = Log::default();
        let (hour, child) = (log.clone(), log.clone());
        let hour = async move {
            glassloop::sleep(ms(3_600_000)).await;
            hour.say("hour");
        };
        let child = async move {
            create_subprocess_exec("sleep", ["0.05"]).spawn().unwrap().wait().await.unwrap();
            child.say("child");
        };
        glassloop::join!(hour, child).await;
        assert_eq!(log.take(), "child hour");
    });
}

#[test]
fn virtual_time_also_waits_for_a_child_that_was_let_go() {
    run(async {
        let log = Log::default();
        let mut cat = cat();
        let (stdin, mut stdout) = (cat.stdin.take(), cat.stdout.take().unwrap());
        drop(cat);
        let said = log.clone();
        let later = create_task(async move {
            glassloop::sleep(ms(1_000)).await;
            said.say("later");
        });
        drop(stdin);
        assert_eq!(stdout.read(1).await.unwrap(), b"");
        log.say("child");
        later.await.unwrap();
        assert_eq!(log.take(), "child later");
    });
}

#[test]
fn many_children_at_once() {
    run(async {
        let children = (0..40).map(|number| async move {
            let mut cat = cat();
            let text = format!("child {number}");
            let output = cat.communicate(text.as_bytes()).await.unwrap();
            assert_eq!(output.stdout, text.as_bytes());
            output.status.success()
        });
        assert!(gather(children).await.into_iter().all(|success| success));
    });
}

#[test]
fn environment_and_directory_are_those_that_were_set() {
    run(async {
        let mut shell = create_subprocess_exec("/bin/sh", ["-c", "echo $GREETING $HOME; pwd"])
            .env_clear()
            .env("GREETING", "hello")
            .current_dir("/")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        assert_eq!(shell.communicate(b"").await.unwrap().stdout, b"hello\n/\n");
    });
}
