//! A server that has no file descriptor left.

use glassloop::net::TcpStream;

use crate::common::{alone, ok, pass, read_one, run_virtual, server, start};

#[test]
fn pitfall_47_a_server_without_descriptors_goes_on_when_there_are_some() {
    let name = "descriptors::pitfall_47_a_server_without_descriptors_goes_on_when_there_are_some";
    alone(name, "ulimit -n 40", || run_virtual(exhaust_descriptors()));
}

/// Connects until no descriptor is left. Those that the server could not accept yet are answered
/// once others are closed.
async fn exhaust_descriptors() {
    let (address, _task) = start(server().await).await;
    let mut streams = Vec::new();
    while let Ok(mut stream) = TcpStream::connect(address.as_str()).await {
        stream.write_all(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        streams.push(stream);
        assert!(streams.len() < 60, "the limit was not reached");
    }
    // The server met its limit too, and pauses.
    pass(1000).await;
    let mut last = streams.pop().unwrap();
    drop(streams);
    assert_eq!(read_one(&mut last).await, ok("GET /a "));
}
