//! The example `fetch`, run as a user runs it: what it prints, how it ends, what it reports.

#![cfg(all(feature = "compression", feature = "cookies", feature = "tls"))]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;

/// `cargo test` builds the examples beside the tests.
fn fetch(arguments: &[&str]) -> Command {
    let mut path = std::env::current_exe().expect("this test is a program");
    path.pop();
    path.pop();
    path.push(format!("examples/fetch{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::null());
    for variable in ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "GLASSLOOP_TRACE", "GLASSLOOP_DEBUG"] {
        command.env_remove(variable);
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    fetch(arguments).output().expect("a plain `cargo test` builds the examples first")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file of this test's own.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("fetch-{}-{name}", std::process::id()))
}

/// Answers each request by its path, on connections that stay open; gives the base of its URLs.
fn server(answer: fn(&str, &str) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(move || serve(stream, answer));
        }
    });
    base
}

fn serve(mut stream: TcpStream, answer: fn(&str, &str) -> String) {
    let mut received = String::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        received += &text(&buffer[..count]);
        let Some((head, body)) = received.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let is_whole = match head.contains("transfer-encoding: chunked") {
            true => body.ends_with("0\r\n\r\n"),
            false => body.len() >= length.map_or(0, |length| length.parse().unwrap()),
        };
        if is_whole {
            let path = head.split(' ').nth(1).unwrap().to_owned();
            if stream.write_all(answer(&path, &received).as_bytes()).is_err() {
                return;
            }
            received.clear();
        }
    }
}

/// `/NUMBER` is answered with that status, `/slow` late, `/echo` with the request.
fn answer(path: &str, request: &str) -> String {
    let ok = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    match path {
        "/echo" => ok(request),
        "/loop" => "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n".into(),
        "/cut" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n".into(),
        "/ssh" => "SSH-2.0-\u{1b}[31m\r\n".into(),
        "/gzip" => "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain".into(),
        path => match path[1..].parse::<u16>() {
            Ok(status) => format!("HTTP/1.1 {status} Odd\r\nContent-Length: 4\r\n\r\nbody"),
            Err(_) => ok(&format!("{path}\n")),
        },
    }
}

/// How it ends and the one line on stderr, from behind the URL on.
#[track_caller]
fn fails(arguments: &[&str], code: i32, class: &str) -> String {
    let output = run(arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    assert!(stderr.starts_with(&format!("fetch: {class}: ")) && stderr.ends_with('\n'), "{arguments:?}: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(!stderr.trim_end().chars().any(char::is_control), "{stderr:?}");
    stderr
}

#[test]
fn bodies_follow_each_other_in_the_order_of_the_urls() {
    let base = server(answer);
    let urls: Vec<String> = ["a", "b", "c", "d", "e"].iter().map(|name| format!("{base}/{name}")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    for options in [&[][..], &["--concurrency", "3"], &["--concurrency=5", "--max-per-host=1", "--"]] {
        let output = run(&[options, &urls].concat());
        assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "/a\n/b\n/c\n/d\n/e\n", "{options:?}");
    }
}

#[test]
fn errors_in_the_options_are_one_line_and_nothing_is_sent() {
    let base = server(|_, _| panic!("nothing was to be sent"));
    for arguments in [
        &[][..],
        &["--no-such-option", &base],
        &["--header", "nonsense", &base],
        &["--header", "X A: b", &base],
        &["--header", "X-A: b\r\nEvil: 1", &base],
        &["--method", "GET / HTTP/1.1\r\nEvil: 1\r\nX:", &base],
        &["--method", "CONNECT", &base],
        &["--timeout", "soon", &base],
        &["--timeout", "-1", &base],
        &["--concurrency", "0", &base],
        &["--resolve", "h.test:80", &base],
        &["--resolve", "h.test:80:nowhere", &base],
        &["--proxy", "socks5://h.test", &base],
        &["--bearer", "a\nb", &base],
        &["--form", "nothing", &base],
        &["--data", "a", "--json", "b", &base],
        &["--data", "-", &base, &base],
    ] {
        fails(arguments, 2, "usage");
    }
    fails(&["--cacert", "/no/such/file", &base], 23, "io");
    for (option, value, what) in [
        ("--timeout", "-1", "not a number of seconds"),
        ("--read-timeout", "nan", "not a number of seconds"),
        ("--max-redirects", "-1", "no whole number, or too large"),
        ("--max-body", "1e3", "no whole number, or too large"),
    ] {
        let line = fails(&[option, value, &base], 2, "usage");
        assert!(line.contains(value) && line.contains(option) && line.contains(what), "{line}");
    }
}

#[test]
fn each_class_has_its_exit_code() {
    let base = server(answer);
    let at = |path: &str| format!("{base}{path}");
    for (url, code, class) in [
        ("file:///etc/hostname", 2, "usage"),
        ("http://127.0.0.1:99999/", 2, "usage"),
        ("http:///x", 2, "usage"),
        ("http://[::1", 2, "usage"),
        (&at("/a\r\nEvil: 1"), 2, "usage"),
        ("http://127.0.0.1:1/", 7, "connect"),
        (&at("/ssh"), 8, "protocol"),
        (&at("/cut"), 8, "protocol"),
        (&at("/loop"), 47, "redirect"),
        (&at("/gzip"), 61, "encoding"),
    ] {
        fails(&["--timeout", "10", url], code, class);
    }
    fails(&["--fail", &at("/404")], 22, "http");
    fails(&["--max-body", "3", &at("/200")], 63, "too_large");
    fails(&["--data", "@/no/such/file", &at("/200")], 23, "io");
    let unknown = format!("http://{}.test/", "a".repeat(64));
    fails(&[&unknown], 6, "dns");
    let output = run(&[&at("/404")]);
    assert!(output.status.success() && output.stdout == b"body", "{output:?}");
}

#[test]
fn secrets_of_the_url_are_not_shown() {
    let line = fails(&["http://user:sesame@127.0.0.1:1/x"], 7, "connect");
    assert!(line.starts_with("fetch: connect: http://***@127.0.0.1:1/x: cannot connect to 127.0.0.1:1: "), "{line}");
    assert!(!line.contains("sesame"));
}

#[test]
fn the_report_has_a_row_a_url_in_their_order() {
    let base = server(answer);
    let report = scratch("report");
    let urls = [format!("{base}/a"), "nonsense".to_owned(), format!("{base}/404")];
    let output = run(&["--report", report.to_str().unwrap(), "--concurrency", "3", &urls[0], &urls[1], &urls[2]]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "/a\nbody");
    let rows = std::fs::read_to_string(&report).unwrap();
    let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len(), 3);
    let first = serde_json::json!({
        "url": urls[0], "final_url": urls[0], "status": 200, "version": "HTTP/1.1", "bytes": 3, "redirects": 0,
        "reused": false, "error": null, "message": null
    });
    assert_eq!(rows[0], first);
    assert_eq!((&rows[1]["status"], &rows[1]["error"]), (&Value::Null, &"usage".into()));
    assert_eq!((&rows[2]["status"], &rows[2]["error"]), (&404.into(), &Value::Null));
    std::fs::remove_file(&report).unwrap();
}

#[test]
fn uploads_and_headers_arrive() {
    let base = server(answer);
    let echo = format!("{base}/echo");
    let file = scratch("upload.txt");
    std::fs::write(&file, "file text\n").unwrap();
    let path = file.to_str().unwrap();
    let sent = |arguments: &[&str]| {
        let output = run(&[arguments, &[echo.as_str()]].concat());
        assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(sent(&["--data", "a=b"]).ends_with("content-length: 3\r\n\r\na=b"));
    assert!(sent(&["--data", &format!("@{path}")]).ends_with("content-length: 10\r\n\r\nfile text\n"));
    let json = sent(&["--json", "[]", "--method", "PUT", "--header", "User-Agent: me"]);
    assert!(json.starts_with("PUT /echo ") && json.ends_with("\r\n\r\n[]") && json.contains("user-agent: me\r\n"));
    assert!(json.contains("content-type: application/json\r\n") && json.contains("accept: application/json\r\n"));
    let form = sent(&["--form", "a=1", "--form", &format!("f=@{path}")]);
    assert!(
        form.contains("content-type: multipart/form-data; boundary=") && form.contains("\r\n\r\n1\r\n--"),
        "{form}"
    );
    assert!(form.contains("upload.txt\"") && form.contains("file text\n"), "{form}");
    assert!(sent(&["--user", "al:op en:se"]).contains("authorization: Basic YWw6b3AgZW46c2U=\r\n"));
    assert!(sent(&["--bearer=t"]).contains("authorization: Bearer t\r\n"));
    assert!(sent(&["--include"]).starts_with("HTTP/1.1 200 OK\r\ncontent-length: "));
    std::fs::remove_file(&file).unwrap();

    let mut child = fetch(&["--data", "-", &echo]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"from stdin").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stdout).contains("transfer-encoding: chunked\r\n"), "{}", text(&output.stdout));
    assert!(text(&output.stdout).ends_with("a\r\nfrom stdin\r\n0\r\n\r\n"));
}

#[test]
fn output_files_have_the_number_of_their_url() {
    let base = server(answer);
    let pattern = scratch("out-{n}");
    let output = run(&["--output", pattern.to_str().unwrap(), &format!("{base}/a"), &format!("{base}/b")]);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", text(&output.stderr));
    for (number, expected) in [("1", "/a\n"), ("2", "/b\n")] {
        let file = scratch(&format!("out-{number}"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), expected);
        std::fs::remove_file(file).unwrap();
    }
    fails(&["--output", "/no/such/folder/x", &format!("{base}/a")], 23, "io");
}

/// What a terminal is shown, up to this text, or to its end.
#[cfg(target_os = "linux")]
fn shown(terminal: &mut std::fs::File, until: Option<&str>) -> String {
    let (mut shown, mut byte) = (Vec::new(), [0]);
    while until.is_none_or(|until| !text(&shown).ends_with(until)) && matches!(terminal.read(&mut byte), Ok(1)) {
        shown.push(byte[0]);
    }
    text(&shown)
}

/// Kills the program after so long, and calls at the listener for it, so that nobody waits for it any more; unless this is dropped before.
#[cfg(target_os = "linux")]
fn limited(child: &std::process::Child, listener: &TcpListener) -> std::sync::mpsc::Sender<()> {
    use std::sync::mpsc::{RecvTimeoutError, channel};

    use rustix::process::{Pid, Signal, kill_process};

    const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

    let (in_time, ends) = channel();
    let (pid, address) = (Pid::from_child(child), listener.local_addr().unwrap());
    thread::spawn(move || {
        if ends.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            eprintln!("fetch is killed: it has not ended after {LIMIT:?}");
            let _ = kill_process(pid, Signal::KILL);
            for _ in 0..2 {
                drop(TcpStream::connect(address));
            }
        }
    });
    in_time
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_shown_bars_and_errors_on_lines_of_their_own() {
    use std::fs::File;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let stderr = File::options().read(true).write(true).open(name).unwrap();
    let mut terminal = File::from(terminal);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let urls = [format!("{base}/fails"), format!("{base}/goes-on")];
    let mut child =
        fetch(&["--concurrency", "2", "--output", "/dev/null", &urls[0], &urls[1]]).stderr(stderr).spawn().unwrap();
    let in_time = limited(&child, &listener);
    // Which connection is whose.
    let mut streams = [0, 1].map(|_| {
        let mut stream = listener.accept().unwrap().0;
        let mut request = [0; 4096];
        let count = stream.read(&mut request).unwrap();
        (!text(&request[..count]).contains("/fails"), stream)
    });
    streams.sort_by_key(|(goes_on, _)| *goes_on);
    let [(_, fails), (_, mut goes_on)] = streams;

    // A write fails where fetch is gone: what it printed says more.
    let _ = goes_on.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    let bar = shown(&mut terminal, Some(&urls[1]));
    assert!(bar.contains("of 10 B"), "{bar:?}");
    drop(fails);
    let up_to_error = shown(&mut terminal, Some("fetch: incomplete: "));
    let before = up_to_error.strip_suffix("fetch: incomplete: ");
    let before = before.unwrap_or_else(|| panic!("the error is not shown while the bar is: {bar:?}{up_to_error:?}"));
    assert!(before.ends_with(['\n', '\r']) || before.ends_with("\u{1b}[2K"), "{before:?}");
    let _ = goes_on.write_all(b"hello");
    let end = shown(&mut terminal, None);
    assert!(end.ends_with(['\n', '\r']) || end.ends_with("\u{1b}[2K"), "nothing is left of the bar: {end:?}");
    assert_eq!(child.wait().unwrap().code(), Some(18), "{bar:?}{up_to_error:?}{end:?}");
    drop(in_time);
}
