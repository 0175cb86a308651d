//! Clients that mean ill: every cut, drips, resets, floods.

use std::net::Shutdown;

use glassloop::net::TcpStream;
use glassloop::{create_task, run};

use crate::common::{answer, ok, ok_close, pass, read_all, read_one, run_virtual, sent, server, start, talk};

/// Bytes that have all there is to cut, and what is answered to them.
const MESSAGES: &[&str] = &[
    "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
     5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-T: 1\r\n\r\n",
    "\r\nHEAD /a HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /a HTTP/1.1\nHost: a\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
     GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
];

#[test]
fn an_answer_does_not_depend_on_where_the_bytes_were_cut() {
    for message in MESSAGES {
        let whole = answer(message);
        assert!(!whole.is_empty() && !whole.contains("smuggled"), "{message:?}: {whole}");
        run_virtual(async {
            let (address, _task) = start(server().await).await;
            for cut in 1..message.len() {
                let mut stream = sent(&address, &message[..cut]).await;
                pass(10).await;
                // It may have been refused by now.
                let _ = stream.write_all(&message.as_bytes()[cut..]).await;
                assert_eq!(read_all(&mut stream).await, whole, "{message:?} cut at {cut}");
            }
        });
    }
}

#[test]
fn an_answer_to_a_slow_drip_is_the_same() {
    for message in MESSAGES {
        let whole = answer(message);
        let dripped = run_virtual(async {
            let (address, _task) = start(server().await).await;
            let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
            for byte in message.as_bytes() {
                if stream.write_all(&[*byte]).await.is_err() {
                    break;
                }
                pass(7).await;
            }
            read_all(&mut stream).await
        });
        assert_eq!(dripped, whole, "{message:?}");
    }
}

#[test]
fn a_client_that_goes_at_any_byte_leaves_the_server_well() {
    run_virtual(async {
        let (address, _task) = start(server().await).await;
        for message in MESSAGES {
            for cut in 0..message.len() {
                for half in [false, true] {
                    let mut stream = sent(&address, &message[..cut]).await;
                    if half {
                        stream.shutdown(Shutdown::Write).unwrap();
                        read_all(&mut stream).await;
                    }
                }
            }
        }
        assert_eq!(talk(&address, "GET /a HTTP/1.0\r\n\r\n").await, ok_close("GET /a "));
    });
}

#[cfg(unix)]
#[test]
fn a_reset_at_any_byte_leaves_the_server_well() {
    run_virtual(async {
        let (address, _task) = start(server().await).await;
        for cut in 0..MESSAGES[0].len() {
            let stream = sent(&address, &MESSAGES[0][..cut]).await;
            rustix::net::sockopt::set_socket_linger(&stream, Some(std::time::Duration::ZERO)).unwrap();
            drop(stream);
        }
        let mut stream = sent(&address, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(read_one(&mut stream).await, ok("GET /a "));
    });
}

#[test]
fn floods_end_with_a_refusal() {
    run(async {
        let (address, _task) = start(server().await).await;
        let post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (start, flood, status) in [
            ("GET /", "a", 431),
            ("GET / HTTP/1.1\r\n", "X: y\r\n", 431),
            ("GET / HTTP/1.1\r\nX: ", "y", 431),
            ("", "\r\n", 431),
            (&format!("{post}5"), ";", 400),
            (&format!("{post}0\r\n"), "X: y\r\n", 400),
            (&format!("{post}00000000000000000"), "0", 400),
            (post, "10000\r\n", 413),
        ] {
            let flood = if status == 413 { format!("10000\r\n{}\r\n", "x".repeat(65536)) } else { flood.to_owned() };
            let address = address.clone();
            let mut stream = sent(&address, start).await;
            let block = flood.repeat(64 * 1024 / flood.len().min(64 * 1024));
            for _ in 0..600 {
                if stream.write_all(block.as_bytes()).await.is_err() {
                    break;
                }
                glassloop::yield_now().await;
            }
            let mut said = [0; 12];
            // The flood may have reset the connection before the answer was read.
            if stream.read_exact(&mut said).await.is_ok() {
                assert_eq!(&said[9..], status.to_string().as_bytes(), "{start:?}");
            }
        }
        let mut stream = sent(&address, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(read_one(&mut stream).await, ok("GET /a "));
    });
}

/// Pipelined requests that nobody reads the answers of are not read either.
#[test]
fn a_flood_of_pipelined_requests_waits_for_its_answers_to_be_read() {
    run_virtual(async {
        let (address, _task) = start(server().await).await;
        let mut stream = TcpStream::connect(address.as_str()).await.unwrap();
        let request = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
        let flood = create_task(async move {
            let block = request.repeat(1000);
            let mut blocks = 0;
            while blocks < 5000 && stream.write_all(block.as_bytes()).await.is_ok() {
                blocks += 1;
            }
            blocks
        });
        // 30 s without reading, and the connection is cut.
        let blocks = flood.await.unwrap();
        assert!(blocks < 5000, "all was taken: {blocks}");
    });
}
