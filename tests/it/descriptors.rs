//! No file descriptors left, in a process of its own: the limit is the process's.

use std::fs::File;
use std::io;
use std::process::Command;

use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Runtime, create_task, sleep, yield_now};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::common::{Log, ms, run};

const CHILD: &str = "GLASSLOOP_TEST_WITHOUT_DESCRIPTORS";

/// Opens files until no more can be had.
fn take_all() -> Vec<File> {
    let mut files = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => files.push(file),
            Err(error) => {
                assert_eq!(rustix::io::Errno::from_io_error(&error), Some(rustix::io::Errno::MFILE));
                return files;
            }
        }
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::MFILE)
}

#[test]
fn pitfall_47_the_error_comes_back_and_the_loop_goes_on() {
    if std::env::var_os(CHILD).is_some() {
        return without_descriptors();
    }
    let name = "descriptors::pitfall_47_the_error_comes_back_and_the_loop_goes_on";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args([name, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

fn without_descriptors() {
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).unwrap();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clients: Vec<_> = (0..3).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        let mut files = take_all();

        let log = Log::default();
        let other = log.clone();
        create_task(async move {
            sleep(ms(1)).await;
            other.say("the loop goes on");
        })
        .detach();
        for _ in 0..3 {
            assert!(is_out_of_descriptors(&listener.accept().await.unwrap_err()), "again, and at once");
            yield_now().await;
        }
        sleep(ms(2)).await;
        assert_eq!(log.take(), "the loop goes on");
        assert!(TcpStream::connect(address).await.is_err());
        assert!(TcpListener::bind("127.0.0.1:0").await.is_err());
        assert!(is_out_of_descriptors(&Runtime::new().unwrap_err()), "no loop can be made, and that is no panic");

        files.truncate(files.len() - clients.len());
        let mut accepted = Vec::new();
        for client in &clients {
            let (stream, from) = listener.accept().await.unwrap();
            assert_eq!(from, client.local_addr().unwrap());
            accepted.push(stream);
        }
        assert_eq!(create_task(async { 5 }).await.unwrap(), 5);
    });
}
