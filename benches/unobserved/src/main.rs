//! A little work, to be built with the feature `trace` and without: `benches/unobserved/check` counts the instructions of both.
//!
//! `unobserved yield|yields|echo STEPS`

#![forbid(unsafe_code)]

use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::{ExitCode, exit};

use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Runtime, create_task, yield_now};

const TASKS: u32 = 100;
const CLIENTS: u32 = 50;
const MESSAGE: usize = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [work, steps] => match steps.parse() {
            Ok(steps) => run(work, steps),
            Err(_) => Err(io::Error::other(format!("{steps:?} is no number of steps"))),
        },
        _ => Err(io::Error::other("the arguments are a work and a number of steps")),
    };
    match done {
        // At once: the end of a loop is no part of its work.
        Ok(()) => exit(0),
        Err(error) => {
            eprintln!("unobserved: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(work: &str, steps: u32) -> io::Result<()> {
    let runtime = Runtime::new()?;
    let done = runtime.block_on(async {
        match work {
            "yield" => yields(1, steps).await,
            "yields" => yields(TASKS, steps).await,
            "echo" => echo(steps).await?,
            _ => return Err(io::Error::other(format!("the work is yield, yields or echo, not {work:?}"))),
        }
        Ok(())
    });
    done.map_err(io::Error::other)?
}

/// So many tasks that yield in turn.
async fn yields(tasks: u32, steps: u32) {
    let task = |_| {
        create_task(async move {
            for _ in 0..steps / tasks {
                yield_now().await;
            }
        })
    };
    let tasks: Vec<_> = (0..tasks).map(task).collect();
    for task in tasks {
        task.await.expect("it does not panic");
    }
}

/// A server, and its clients on the same loop, each with one message under way.
async fn echo(messages: u32) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    create_task(async move {
        loop {
            create_task(serve(listener.accept().await?.0)).detach();
        }
        #[expect(unreachable_code, reason = "it says what the task gives")]
        io::Result::Ok(())
    })
    .detach();
    let clients: Vec<_> = (0..CLIENTS).map(|_| create_task(client(address, messages / CLIENTS))).collect();
    for client in clients {
        client.await.map_err(io::Error::other)??;
    }
    Ok(())
}

async fn client(server: SocketAddr, messages: u32) -> io::Result<()> {
    let mut stream = TcpStream::connect(server).await?;
    let mut reply = [0; MESSAGE];
    for _ in 0..messages {
        stream.write_all(&[7; MESSAGE]).await?;
        stream.read_exact(&mut reply).await?;
    }
    Ok(())
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
}
