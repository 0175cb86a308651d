//! WebSocket by way of `http::Server` and `http::Client`: both upgrade a connection of theirs, and `async-tungstenite`
//! speaks the other protocol on it.
//!
//! The same port serves plain requests too, which is why one does this.

use std::error::Error;

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::handshake::client::generate_key;
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use async_tungstenite::tungstenite::protocol::Role;
use futures_util::StreamExt;
use glassloop::http::{Client, HeaderValue, Reply, Request, Server, StatusCode, Upgraded};
use glassloop::{create_task, run};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the server does with a request: with the key of a WebSocket handshake (RFC 6455) it is one, else it is none.
async fn handle(request: Request) -> Reply {
    let Some(key) = request.headers().get("sec-websocket-key") else {
        return Reply::from("this is a WebSocket, not a page");
    };
    match HeaderValue::try_from(derive_accept_key(key.as_bytes())) {
        Ok(accept) => Reply::upgrade("websocket", echo).with_header("sec-websocket-accept", accept),
        Err(_) => Reply::from(StatusCode::BAD_REQUEST),
    }
}

/// Sends back what comes, until the client closes or breaks off.
async fn echo(stream: Upgraded) {
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// The client's side of the handshake.
async fn connect(client: &Client, url: &str) -> Result<WebSocketStream<Upgraded>> {
    let key = generate_key();
    let request = client.get(url).upgrade("websocket");
    let request = request.header("sec-websocket-version", "13").header("sec-websocket-key", &key);
    let response = request.await?;
    let protocol = response.headers().get("upgrade").ok_or("no protocol")?.to_str()?;
    println!("status {}, upgraded to {protocol}", response.status().as_u16());
    let accept = response.headers().get("sec-websocket-accept").ok_or("no answer to the key")?;
    if accept.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes() {
        return Err("the wrong answer to the key".into());
    }
    Ok(WebSocketStream::from_raw_socket(response.upgrade()?, Role::Client, None).await)
}

async fn talk() -> Result<()> {
    let server = Server::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", server.local_addr());
    create_task(server.serve(handle)).detach();

    let client = Client::builder().no_proxy().build();
    println!("plain: {}", client.get(&url).await?.text().await?);
    let mut socket = connect(&client, &url).await?;
    for word in ["one", "two", "three"] {
        socket.send(Message::text(word)).await?;
        println!("echo: {}", socket.next().await.ok_or("closed too early")??);
    }
    socket.close(None).await?;
    while let Some(message) = socket.next().await {
        println!("and then: {}", if message?.is_close() { "closed" } else { "something else" });
    }
    println!("plain again: {}", client.get(&url).await?.text().await?);
    Ok(())
}

fn main() -> Result<()> {
    run(talk())
}
