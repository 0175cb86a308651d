//! A TCP server that sends back what it gets, and three clients at once: one loop has both ends of every connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use glassloop::{StreamReader, StreamWriter, create_task_named, open_connection, sleep, start_server};

#[path = "shared/options.rs"]
mod options;

/// The server's side of one connection: it ends when the client does.
async fn echo(mut reader: StreamReader, writer: StreamWriter) {
    while let Ok(line) = reader.readline().await {
        if line.is_empty() || writer.write(&line).is_err() || writer.drain().await.is_err() {
            break;
        }
    }
}

/// The client's side: says a word now and then, and keeps what comes back.
async fn talk(server: SocketAddr, words: &'static [&'static str], pause: Duration) -> io::Result<Vec<String>> {
    let (mut reader, writer) = open_connection(server).await?;
    let mut heard = Vec::new();
    for word in words {
        sleep(pause).await;
        writer.write(format!("{word}\n").as_bytes())?;
        let line = reader.readline().await.map_err(io::Error::other)?;
        heard.push(String::from_utf8_lossy(&line).trim_end().to_owned());
    }
    writer.close();
    writer.wait_closed().await?;
    Ok(heard)
}

async fn serve_and_talk() -> io::Result<()> {
    let server = start_server("127.0.0.1:0", echo).await?;
    let clients: [(&str, &[&str], u64); 3] = [
        ("Ada", &["hello", "is", "there", "an", "echo?"], 30),
        ("Ben", &["one", "two", "three"], 50),
        ("Cleo", &["la", "la"], 70),
    ];
    let tasks = clients.map(|(name, words, pause)| {
        let talking = talk(*server.local_addr(), words, Duration::from_millis(pause));
        (name, create_task_named(name, talking))
    });
    for (name, task) in tasks {
        let heard = task.await.expect("no client panics")?;
        println!("{name} heard: {}", heard.join(" "));
    }
    server.close();
    server.wait_closed().await;
    println!("the server is closed");
    Ok(())
}

pub fn main() {
    let options = options::Options::parse();
    if let Err(error) = options.run(&options.clock(), serve_and_talk()) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
