//! One loop a core: each thread has its own loop and listener, all on one port (`SO_REUSEPORT`), and its own clients.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::num::NonZeroUsize;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{Runtime, create_task, gather, to_thread};

#[path = "shared/options.rs"]
mod options;

#[derive(Parser)]
struct Cli {
    /// How many threads, each with a loop [default: one for each core]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// How many clients each thread has
    #[arg(long, default_value_t = 50)]
    clients: usize,
    /// How long they ask
    #[arg(long, default_value_t = 1000)]
    millis: u64,
    #[command(flatten)]
    options: options::Options,
}

/// Several sockets may listen at one address, if each says so first: the system shares the connections out among them.
fn listener(address: SocketAddr) -> io::Result<StdListener> {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    #[cfg(unix)] // elsewhere one loop is all there can be
    sockopt::set_socket_reuseport(&listener, true)?;
    bind(&listener, &address)?;
    listen(&listener, 1024)?;
    Ok(listener.into())
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        create_task(echo(stream)).detach();
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            length => stream.write_all(&buffer[..length]).await?,
        }
    }
}

/// A client that always has one message of 64 bytes under way. Whose server it talks to, the system decides.
async fn ask(server: SocketAddr, until: Instant) -> io::Result<u64> {
    let (mut stream, mut answer, mut answers) = (TcpStream::connect(server).await?, [0; 64], 0);
    while Instant::now() < until {
        stream.write_all(&[7; 64]).await?;
        stream.read_exact(&mut answer).await?;
        answers += 1;
    }
    Ok(answers)
}

/// What one core does. Nothing in it is shared with another thread, so nothing in it is locked.
async fn one_core(listener: StdListener, clients: usize, until: Instant, all_done: Arc<Barrier>) -> io::Result<u64> {
    let server = listener.local_addr()?;
    create_task(serve(TcpListener::from_std(listener)?)).detach();
    let answers = gather((0..clients).map(|_| ask(server, until))).await;
    to_thread(move || all_done.wait()).await; // others may still talk to our server
    answers.into_iter().sum()
}

pub fn main() -> io::Result<()> {
    let Cli { threads, clients, millis, options } = Cli::parse();
    let threads = threads.or(thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let mut listeners = vec![listener(([127, 0, 0, 1], 0).into())?];
    for _ in 1..threads {
        listeners.push(listener(listeners[0].local_addr()?)?);
    }
    let (until, all_done) = (Instant::now() + Duration::from_millis(millis), Arc::new(Barrier::new(threads)));
    let start = |(number, listener)| {
        let (all_done, options) = (all_done.clone(), options.clone());
        thread::spawn(move || match one_core(listener, clients, until, all_done) {
            work if number == 0 => options.run(&options.clock(), work), // a trace is of one loop: the first
            work => Runtime::new()?.block_on(work).map_err(io::Error::other)?,
        })
    };
    let loops: Vec<_> = listeners.into_iter().enumerate().map(start).collect();
    let answers: io::Result<u64> = loops.into_iter().map(|thread| thread.join().expect("it does not panic")).sum();
    let loops = if threads == 1 { "loop" } else { "loops" };
    println!("{threads} {loops}: {:.0} requests a second", answers? as f64 * 1000.0 / millis.max(1) as f64);
    Ok(())
}
