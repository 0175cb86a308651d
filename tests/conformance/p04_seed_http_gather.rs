//! Seed 4: a client fetches three posts under `gather`. To stay deterministic and offline the program brings its own HTTP/1.1 server on a
//! loopback port; the posts answer after 300, 100 and 200 ms.

use std::time::Duration;

use glassloop::http::{Client, Error, Request, Server};
use glassloop::{create_task, gather, sleep};

use crate::trace::Trace;

async fn serve(request: Request) -> String {
    let (delay, number) = match request.uri().path() {
        "/posts/1" => (300, 1),
        "/posts/2" => (100, 2),
        "/posts/3" => (200, 3),
        path => panic!("nobody asks for {path}"),
    };
    sleep(Duration::from_millis(delay)).await;
    format!(r#"{{ "userId": 1, "id": {number}, "title": "the title of post {number}", "body": "its text" }}"#)
}

async fn fetch(client: Client, url: String) -> Result<String, Error> {
    let response = client.get(url).await?;
    response.text().await
}

pub(crate) async fn main(out: &Trace) {
    let server = Server::bind("127.0.0.1:0").await.unwrap();
    let port = server.local_addr().port();
    let serving = create_task(server.serve(serve));
    let client = Client::new();
    let responses =
        gather([1, 2, 3].map(|n| fetch(client.clone(), format!("http://127.0.0.1:{port}/posts/{n}")))).await;
    for (i, data) in (1..).zip(responses) {
        out.print(format!("response {i}: {}...", &data.unwrap()[..50]));
    }
    serving.cancel();
}
