//! A WebSocket server that sends back what it gets, and a client: `async-tungstenite`, which knows nothing of
//! glassloop, on our streams by the `futures_io` traits.

use std::error::Error;

use async_tungstenite::tungstenite::Message;
use async_tungstenite::{accept_async, client_async};
use futures_util::StreamExt;
use glassloop::net::{TcpListener, TcpStream};
use glassloop::{create_task, run};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// One connection, until its client closes.
async fn echo(stream: TcpStream) -> Result<usize> {
    let mut socket = accept_async(stream).await?;
    let mut echoed = 0;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
            echoed += 1;
        }
    }
    Ok(echoed)
}

async fn talk() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = create_task(async move { echo(listener.accept().await?.0).await });

    let stream = TcpStream::connect(address).await?;
    let (mut socket, response) = client_async(format!("ws://{address}/echo"), stream).await?;
    println!("status {}", response.status().as_u16());
    socket.send(Message::text("hello")).await?;
    socket.send(Message::binary(vec![0; 1_000_000])).await?;
    for _ in 0..2 {
        match socket.next().await.ok_or("closed too early")?? {
            Message::Text(text) => println!("text: {text}"),
            Message::Binary(bytes) => println!("binary: {} bytes", bytes.len()),
            other => println!("something else: {other}"),
        }
    }
    socket.close(None).await?;
    while let Some(message) = socket.next().await {
        println!("and then: {}", if message?.is_close() { "closed" } else { "something else" });
    }
    println!("the server echoed {} messages", server.await??);
    Ok(())
}

fn main() -> Result<()> {
    run(talk())
}
