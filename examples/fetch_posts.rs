//! Three posts fetched at once by an HTTP client, from a server that this program brings along on a loopback port.

use std::time::Duration;

use clap::Parser;
use glassloop::http::{Client, Error, Reply, Request, Server, StatusCode};
use glassloop::{create_task_named, sleep, try_gather};

#[path = "shared/options.rs"]
mod options;

#[derive(Parser)]
struct Cli {
    /// Fetch URL/posts/1, 2 and 3 from another server (whose time is real)
    #[arg(long, value_name = "URL", conflicts_with = "virtual_time")]
    base: Option<String>,
    #[command(flatten)]
    options: options::Options,
}

/// The server's side: the posts take their time, and not all the same.
async fn serve_post(request: Request) -> Reply {
    let (number, delay) = match request.uri().path() {
        "/posts/1" => (1, 300),
        "/posts/2" => (2, 100),
        "/posts/3" => (3, 200),
        _ => return Reply::new(StatusCode::NOT_FOUND, "no such post"),
    };
    sleep(Duration::from_millis(delay)).await;
    let body =
        format!(r#"{{ "userId": 1, "id": {number}, "title": "the title of post {number}", "body": "its text" }}"#);
    Reply::new(StatusCode::OK, body)
}

/// The client's side.
async fn fetch(client: Client, url: String) -> Result<String, Error> {
    client.get(url).await?.error_for_status()?.text().await
}

async fn fetch_posts(base: &str) -> Result<(), Error> {
    let client = Client::new();
    let posts = try_gather((1..=3).map(|n| fetch(client.clone(), format!("{base}/posts/{n}")))).await?;
    for (number, post) in (1..).zip(posts) {
        println!("response {number}: {}...", post.chars().take(50).collect::<String>());
    }
    Ok(())
}

pub fn main() {
    let Cli { base, options } = Cli::parse();
    let result: Result<(), Box<dyn std::error::Error>> = options.run(&options.clock(), async {
        if let Some(base) = base {
            let fetched = fetch_posts(base.trim_end_matches('/')).await;
            // With its causes: another server may fail in many ways.
            return Ok(fetched.map_err(|error| format!("{}: {}", error.url(), error.what()))?);
        }
        let server = Server::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", server.local_addr());
        let serving = create_task_named("server", server.serve(serve_post));
        fetch_posts(&base).await?;
        serving.cancel();
        let _cancelled = serving.await;
        Ok(())
    });
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
