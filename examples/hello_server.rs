//! An HTTP server and clients of it; or only the server, for other clients, until Ctrl-C or SIGTERM.

use std::error::Error;

use clap::Parser;
use glassloop::http::{Client, HeaderValue, Reply, Request, Server, StatusCode, Url};
use glassloop::{create_task_named, try_gather};

#[path = "shared/options.rs"]
mod options;

#[derive(Parser, Debug)]
#[command(about = "Says hello over HTTP")]
struct Cli {
    /// Serve at this address, such as 127.0.0.1:8080, until Ctrl-C or SIGTERM
    #[arg(long, value_name = "ADDRESS", conflicts_with = "virtual_time")]
    listen: Option<String>,
    #[command(flatten)]
    options: options::Options,
}

/// One request, one answer; each connection has its own task, so a handler may wait as long as it likes.
async fn hello(request: Request) -> Reply {
    match request.uri().path() {
        "/" => Reply::from("hello, world\n"),
        "/slow" => {
            glassloop::sleep(std::time::Duration::from_millis(300)).await;
            Reply::from("hello, and sorry\n")
        }
        "/echo" => Reply::from(request.into_body()).with_header("cache-control", HeaderValue::from_static("no-store")),
        _ => StatusCode::NOT_FOUND.into(),
    }
}

/// Until somebody says that it is enough. Requests that run then are finished first.
async fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let server = Server::bind(address).await?.stop_on_signals()?;
    println!("listening at http://{}", server.local_addr());
    let cut_off = server.serve(hello).await;
    println!("closed; {cut_off} connections had to be cut off");
    Ok(())
}

/// Some clients at once, and then the end of the server in good order, with a request under way.
async fn serve_and_ask() -> Result<(), Box<dyn Error>> {
    let server = Server::bind("127.0.0.1:0").await?;
    let base = Url::parse(&format!("http://{}", server.local_addr()))?;
    let stop = server.shutdown_token();
    let serving = create_task_named("server", server.serve(hello));

    let client = Client::new();
    let ask = async |path: &'static str, client: Client, base: Url| {
        let response = client.post(base.join(path).expect("a path")).body("hello, me\n").await?;
        let (status, text) = (response.status(), response.text().await?);
        Ok::<_, glassloop::http::Error>(format!("{path}: {} {}", status.as_u16(), text.trim_end()))
    };
    let answers = try_gather(["/slow", "/", "/echo", "/nothing"].map(|path| ask(path, client.clone(), base.clone())));
    for answer in answers.await? {
        println!("{answer}");
    }

    let last = create_task_named("last", ask("/slow", client, base));
    glassloop::sleep(std::time::Duration::from_millis(100)).await;
    stop.cancel();
    let cut_off = serving.await?;
    println!("the last one got its answer: {}", last.await??);
    println!("the server has ended; {cut_off} connections had to be cut off");
    Ok(())
}

pub fn main() {
    let Cli { listen, options } = Cli::parse();
    let result = options.run(&options.clock(), async {
        match &listen {
            Some(address) => serve(address).await,
            None => serve_and_ask().await,
        }
    });
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
