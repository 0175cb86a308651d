//! Each program runs offline, ends by itself, and says what it is to say.

use std::process::Command;

fn printed_by(program: &str) -> String {
    let output = Command::new(program).output().expect("it was built with this test");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// One after the other takes three times as long as all at once: 300 ms and 100 ms of the virtual clock.
#[test]
fn hyper_serves_and_asks_on_our_loop() {
    let expected = "HTTP/1.1 /http1 one, HTTP/1.1 /http1 two, HTTP/1.1 /http1 three in 300 ms\n\
                    HTTP/2.0 /http2 one, HTTP/2.0 /http2 two, HTTP/2.0 /http2 three in 100 ms\n";
    assert_eq!(printed_by(env!("CARGO_BIN_EXE_hyper")), expected);
}

#[test]
fn a_websocket_goes_over_our_server_and_our_client() {
    let expected = "plain: this is a WebSocket, not a page\n\
                    status 101, upgraded to websocket\n\
                    echo: one\necho: two\necho: three\nand then: closed\n\
                    plain again: this is a WebSocket, not a page\n";
    assert_eq!(printed_by(env!("CARGO_BIN_EXE_upgrade")), expected);
}

#[test]
fn a_websocket_echoes_on_our_loop() {
    let expected = "status 101\ntext: hello\nbinary: 1000000 bytes\nand then: closed\nthe server echoed 2 messages\n";
    assert_eq!(printed_by(env!("CARGO_BIN_EXE_websocket")), expected);
}
