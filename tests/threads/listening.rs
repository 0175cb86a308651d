//! `signal`, in processes of their own.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use glassloop::{create_task, signal, sleep_forever, timeout, yield_now};
use rustix::process::Signal;

use crate::common::OnDrop;
use crate::signals::{Other, block_for_ever, is_child, say};

#[test]
fn who_listens_hears_it_and_afterwards_it_does_what_it_did_before() {
    if is_child() {
        glassloop::run(async {
            let mut terminate = signal(15).unwrap();
            let mut second = signal(15).unwrap();
            let also = create_task(async move { second.recv().await.unwrap() });
            for word in ["one", "two"] {
                let limit = timeout(Duration::from_millis(1), terminate.recv()).await;
                assert!(limit.is_err(), "a wait that is dropped misses nothing");
                say(word);
                terminate.recv().await.unwrap();
            }
            also.await.unwrap();
            drop(terminate);
            say("three");
            sleep_forever().await;
        });
    }
    let mut other = Other::start("listening::who_listens_hears_it_and_afterwards_it_does_what_it_did_before");
    for word in ["one", "two", "three"] {
        assert_eq!(other.hear(), word);
        other.send(Signal::TERM);
    }
    assert_eq!(other.end().0.signal(), Some(15));
}

#[test]
fn who_listens_to_ctrl_c_gets_all_of_them_and_afterwards_it_ends_main() {
    if is_child() {
        glassloop::run(async {
            let _guard = OnDrop(|| say("main"));
            let mut interrupt = signal(2).unwrap();
            for word in ["one", "two", "three"] {
                say(word);
                interrupt.recv().await.unwrap();
            }
            drop(interrupt);
            say("four");
            sleep_forever().await;
        });
    }
    let mut other = Other::start("listening::who_listens_to_ctrl_c_gets_all_of_them_and_afterwards_it_ends_main");
    for word in ["one", "two", "three", "four"] {
        assert_eq!(other.hear(), word);
        other.interrupt();
    }
    let (status, words) = other.end();
    assert_eq!((status.code(), words), (Some(130), vec!["main".to_owned()]));
}

#[test]
fn outside_of_a_loop_nothing_is_left_of_it() {
    if is_child() {
        // Of all kinds: before the first loop that handles Ctrl-C, and after it.
        let runtime = glassloop::Runtime::new().unwrap();
        drop(runtime.block_on(async { [signal(2).unwrap(), signal(2).unwrap()] }).unwrap());
        glassloop::run(yield_now());
        drop(runtime.block_on(async { signal(2).unwrap() }).unwrap());
        say("ready");
        block_for_ever();
    }
    let mut other = Other::start("listening::outside_of_a_loop_nothing_is_left_of_it");
    assert_eq!(other.hear(), "ready");
    other.interrupt();
    assert_eq!(other.end().0.signal(), Some(2));
}

#[test]
fn what_is_no_signal_or_cannot_be_heard_is_a_typed_error() {
    glassloop::run(async {
        for number in [9, 19, 11] {
            let error = signal(number).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), format!("signal {number} cannot be listened to"));
        }
        for number in [0, -1, 1234] {
            let error = signal(number).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
            assert!(error.to_string().starts_with(&format!("listening to signal {number}: ")), "{error}");
        }
    });
}
