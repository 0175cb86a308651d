//! What a review of the sources found, and must stay mended.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures_util::AsyncWrite;
use glassloop::{StreamReader, StreamWriter, all_tasks, current_task, open_connection, start_server};

use crate::common::{Gate, is_ready, run, settle};

/// As programs of asyncio do in their cleanup.
fn cancel_all_others() {
    let me = current_task().expect("a task").id;
    all_tasks().iter().filter(|task| task.id() != me).for_each(|task| assert!(task.cancel()));
}

#[test]
fn what_is_kept_is_sent_in_order_also_after_a_cancel_of_all_tasks() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        writer.write(b"one ").unwrap();
        cancel_all_others();
        settle().await;
        gate.allow(100);
        writer.write(b"two").unwrap();
        settle().await;
        assert_eq!(gate.taken(), b"one two");
    });
}

#[test]
fn a_cancel_of_all_tasks_strands_nobody_who_drains_or_waits_for_the_close() {
    run(async {
        let gate = Gate::default();
        let writer = StreamWriter::new(gate.clone());
        writer.write(&[1; 200_000]).unwrap();
        let mut draining = Box::pin(writer.drain());
        assert!(is_ready(&mut draining).await.is_none());
        cancel_all_others();
        settle().await;
        gate.allow(200_000);
        settle().await;
        assert!(is_ready(&mut draining).await.unwrap().is_ok());
        assert_eq!(gate.taken().len(), 200_000);

        writer.write(b"the end").unwrap();
        writer.close();
        cancel_all_others();
        settle().await;
        gate.allow(100);
        writer.wait_closed().await.unwrap();
        assert!(gate.is_closed());
    });
}

#[test]
fn a_server_serves_on_after_a_cancel_of_all_tasks() {
    run(async {
        let server = start_server("127.0.0.1:0", async |mut reader: StreamReader, writer: StreamWriter| {
            let _ = writer.write(&reader.readline().await.unwrap_or_default());
        });
        let server = server.await.unwrap();
        settle().await;
        for _ in 0..2 {
            cancel_all_others();
            settle().await;
        }
        assert!(server.is_serving());
        let (mut reader, writer) = open_connection(*server.local_addr()).await.unwrap();
        writer.write(b"x\n").unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"x\n");
        server.close();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn who_waits_for_a_child_hears_of_its_end_after_a_cancel_of_all_tasks() {
    run(async {
        let mut cat =
            glassloop::create_subprocess_exec("cat", [""; 0]).stdin(std::process::Stdio::piped()).spawn().unwrap();
        settle().await;
        cancel_all_others();
        settle().await;
        cat.stdin = None;
        assert!(cat.wait().await.unwrap().success());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn who_waits_for_a_child_whose_loop_has_ended_is_told() {
    let process = run(async { glassloop::create_subprocess_exec("sleep", ["0.01"]).spawn().unwrap() });
    let error = run(async { process.wait().await.unwrap_err() });
    assert!(error.to_string().contains("loop has ended"), "{error}");
    assert_eq!(process.returncode(), None);
}

#[test]
fn what_was_written_without_a_loop_is_sent_by_the_next_drain() {
    let gate = Gate::default();
    let writer = StreamWriter::new(gate.clone());
    writer.write(&[1; 100_000]).unwrap();
    gate.allow(100_000);
    run(async { writer.drain().await.unwrap() });
    assert_eq!(gate.taken().len(), 100_000);
}

/// Calls back into the writer, in the middle of a write.
#[derive(Clone, Default)]
struct CallsBack {
    writer: Rc<RefCell<Option<Rc<StreamWriter>>>>,
    taken: Rc<RefCell<Vec<u8>>>,
    called: Rc<Cell<bool>>,
}

impl AsyncWrite for CallsBack {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if !self.called.replace(true) {
            let writer = self.writer.borrow().clone().expect("a writer");
            writer.write(b" inner").unwrap();
        }
        self.taken.borrow_mut().extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_stream_that_writes_to_its_own_writer_loses_nothing() {
    run(async {
        let stream = CallsBack::default();
        let writer = Rc::new(StreamWriter::new(stream.clone()));
        *stream.writer.borrow_mut() = Some(writer.clone());
        writer.write(b"outer").unwrap();
        settle().await;
        writer.drain().await.unwrap();
        assert_eq!(&*stream.taken.borrow(), b"outer inner");
        stream.writer.take();
    });
}

/// A read that crosses the place of a descriptor in the stream comes up short, though there is more behind it.
#[cfg(target_os = "linux")]
#[test]
fn pitfall_41_bytes_behind_a_descriptor_are_read_without_another_edge() {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    use std::io::{IoSlice, Write};
    use std::os::fd::AsFd;

    run(async {
        let path = std::env::temp_dir().join(format!("glassloop-{}-scm", std::process::id()));
        let listener = glassloop::net::UnixListener::bind(&path).unwrap();
        let mut peer = std::os::unix::net::UnixStream::connect(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let descriptor = std::fs::File::open("/dev/null").unwrap();
        let descriptors = [descriptor.as_fd()];
        let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut extra = SendAncillaryBuffer::new(&mut space);
        assert!(extra.push(SendAncillaryMessage::ScmRights(&descriptors)));
        let mut buf = [0; 16];
        assert!(is_ready(&mut Box::pin(stream.read(&mut buf))).await.is_none());
        sendmsg(&peer, &[IoSlice::new(b"one")], &mut extra, SendFlags::empty()).unwrap();
        peer.write_all(b"two").unwrap();
        let mut read = Vec::new();
        while read.len() < 6 {
            glassloop::sleep(crate::common::ms(1)).await; // no event is left in the system
            let count =
                glassloop::timeout(crate::common::ms(1000), stream.read(&mut buf)).await.expect("more").unwrap();
            read.extend_from_slice(&buf[..count]);
        }
        assert_eq!(read, b"onetwo");
    });
}

/// A read stops at the place of urgent data, though there is more behind it.
#[cfg(target_os = "linux")]
#[test]
fn pitfall_41_bytes_behind_urgent_data_are_read_without_another_edge() {
    use rustix::net::{SendFlags, send};

    run(async {
        let listener = glassloop::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buf = [0; 16];
        assert!(is_ready(&mut Box::pin(stream.read(&mut buf))).await.is_none());
        send(&peer, b"one", SendFlags::empty()).unwrap();
        send(&peer, b"!", SendFlags::OOB).unwrap();
        send(&peer, b"two", SendFlags::empty()).unwrap();
        let mut read = Vec::new();
        while read.len() < 6 {
            glassloop::sleep(crate::common::ms(1)).await; // no event is left in the system
            let count =
                glassloop::timeout(crate::common::ms(1000), stream.read(&mut buf)).await.expect("more").unwrap();
            read.extend_from_slice(&buf[..count]);
        }
        assert_eq!(read, b"onetwo");
    });
}

/// A stream that panics when a task asks it to write: after the two tries of `write` itself.
#[derive(Default)]
struct Panics(usize);

impl AsyncWrite for Panics {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        self.0 += 1;
        if self.0 > 2 {
            cx.waker().wake_by_ref();
            std::panic::resume_unwind(Box::new("in a stranger's write"));
        }
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_stream_that_panics_in_the_background_strands_nobody() {
    let runtime = glassloop::Runtime::builder().on_report(|_| {}).build().unwrap();
    let test = async {
        let writer = StreamWriter::new(Panics::default());
        writer.write(&[1; 100_000]).unwrap();
        let error = writer.drain().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        assert!(writer.write(b"more").is_err() && writer.is_closing());
    };
    runtime.block_on(test).unwrap();
}

#[cfg(unix)]
#[test]
fn a_reset_that_the_reader_has_heard_of_is_told_to_who_writes() {
    run(async {
        let (near, far) = crate::common::pair().await;
        let (mut reader, writer) = glassloop::streams_over(near);
        rustix::net::sockopt::set_socket_linger(&far, Some(std::time::Duration::ZERO)).unwrap();
        drop(far); // which is a reset
        let error = reader.read(1).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        for told in [writer.write(b"x"), writer.drain().await] {
            assert_eq!(told.unwrap_err().kind(), io::ErrorKind::ConnectionReset, "asyncio raises it from drain, too");
        }
    });
}
