//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use glassloop::http::redirect::Policy;
use glassloop::http::{Certificates, Client, HeaderMap, HeaderName, HeaderValue, Method, Proxy, Url, header};

use crate::outcome::Fault;
use crate::upload::{Field, Upload};

/// Gets each URL with one shared session (one connection pool), in the order given, and writes the bodies to stdout.
#[derive(Parser)]
#[command(name = "fetch", version, disable_help_subcommand = true)]
struct Options {
    /// Request method, any token (default: GET; POST with --data, --json, --form)
    #[arg(long, value_name = "M", allow_hyphen_values = true)]
    method: Option<String>,
    /// Add a header; it replaces what would be sent of this name
    #[arg(long = "header", value_name = "K: V", allow_hyphen_values = true)]
    headers: Vec<String>,
    /// Request body: TEXT, @FILE, or - for stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, group = "upload")]
    data: Option<String>,
    /// Request body with Content-Type and Accept: application/json
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, group = "upload")]
    json: Option<String>,
    /// A part of a multipart/form-data body: K=V or K=@FILE
    #[arg(long, value_name = "K=V", allow_hyphen_values = true, conflicts_with = "upload")]
    form: Vec<String>,
    /// Write the body to F, in which n in braces becomes the number of the URL
    #[arg(long, value_name = "F")]
    output: Option<String>,
    /// Write status line and headers in front of the body
    #[arg(long)]
    include: bool,
    /// Write one JSON object a URL to F
    #[arg(long, value_name = "F")]
    report: Option<PathBuf>,
    /// Status 400 and above is a failure
    #[arg(long)]
    fail: bool,
    /// Follow at most N redirects; 0: the redirect is the answer
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = whole::<usize>, allow_negative_numbers = true)]
    max_redirects: usize,
    /// Limit of the whole transfer of one URL, in seconds; 0: none
    #[arg(long, value_name = "S", default_value = "30", value_parser = seconds, allow_negative_numbers = true)]
    timeout: Seconds,
    /// Limit of name look-up, TCP and TLS of one attempt, in seconds; 0: none
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds, allow_negative_numbers = true)]
    connect_timeout: Seconds,
    /// Longest wait for the next byte, in seconds; 0: no limit
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds, allow_negative_numbers = true)]
    read_timeout: Seconds,
    /// Largest body, counted after decoding
    #[arg(long, value_name = "BYTES", value_parser = whole::<u64>, allow_negative_numbers = true)]
    max_body: Option<u64>,
    /// Send no Accept-Encoding, give the bytes as they came
    #[arg(long)]
    no_decompress: bool,
    /// Trust the certificates in this PEM file
    #[arg(long, value_name = "F")]
    cacert: Option<PathBuf>,
    /// Do not verify the certificate
    #[arg(long)]
    insecure: bool,
    /// Authorization: Basic
    #[arg(long, value_name = "U:P", allow_hyphen_values = true, conflicts_with = "bearer")]
    user: Option<String>,
    /// Authorization: Bearer
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    bearer: Option<String>,
    /// Keep cookies in memory for this run
    #[arg(long)]
    cookies: bool,
    /// Addresses for a name, IPv6 in brackets
    #[arg(long, value_name = "HOST:PORT:ADDR[,ADDR]")]
    resolve: Vec<String>,
    /// Proxy for http and https (default: the environment's)
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Connect to this socket whatever the URL's host
    #[arg(long, value_name = "PATH")]
    unix_socket: Option<PathBuf>,
    /// Send `Expect: 100-continue`, wait at most 1 s
    #[arg(long)]
    expect_continue: bool,
    /// Up to N URLs at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<usize>, allow_negative_numbers = true)]
    concurrency: usize,
    /// Up to N connections to one origin; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<usize>, allow_negative_numbers = true)]
    max_per_host: usize,
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
}

/// A limit, if there is one.
type Seconds = Limit;

#[derive(Clone, Copy)]
struct Limit(Option<Duration>);

fn seconds(text: &str) -> Result<Limit, String> {
    let number = text.parse().ok();
    let duration =
        number.and_then(|number| Duration::try_from_secs_f64(number).ok()).ok_or("not a number of seconds")?;
    Ok(Limit(Some(duration).filter(|duration| !duration.is_zero())))
}

fn whole<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "no whole number, or too large".to_owned())
}

/// What is to be done, checked.
pub struct Plan {
    pub client: Client,
    pub method: Method,
    pub headers: HeaderMap,
    pub upload: Upload,
    pub user: Option<(String, String)>,
    pub bearer: Option<String>,
    pub output: Option<String>,
    pub include: bool,
    pub report: Option<PathBuf>,
    pub fail: bool,
    pub timeout: Option<Duration>,
    pub expect_continue: bool,
    pub concurrency: usize,
    pub urls: Vec<String>,
}

/// Reads the command line; for `--help` the program ends here.
pub fn parse() -> Result<Plan, Fault> {
    let options = Options::try_parse().map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.exit(),
        _ => {
            let text = error.render().to_string();
            // The first paragraph: behind it are hints and the usage.
            let said = text.split("\n\n").next().unwrap_or(&text);
            Fault::usage(said.trim_start_matches("error: "))
        }
    })?;
    options.plan()
}

impl Options {
    fn plan(mut self) -> Result<Plan, Fault> {
        let client = self.client()?;
        let upload = self.upload()?;
        if matches!(upload, Upload::Stdin) && self.urls.len() > 1 {
            return Err(Fault::usage("--data -: stdin can be sent to one URL only"));
        }
        let method = match &self.method {
            None if matches!(upload, Upload::None) => Method::GET,
            None => Method::POST,
            Some(text) => method(text)?,
        };
        let mut headers = headers(&self.headers)?;
        upload.add_headers(&mut headers);
        let user = self.user.map(|user| match user.split_once(':') {
            Some((user, password)) => (user.to_owned(), password.to_owned()),
            None => (user, String::new()),
        });
        if self.bearer.as_deref().is_some_and(|token| HeaderValue::from_str(token).is_err()) {
            return Err(Fault::usage("--bearer: a byte that no header can have"));
        }
        if self.concurrency == 0 {
            return Err(Fault::usage("--concurrency: at least 1"));
        }
        Ok(Plan {
            client,
            method,
            headers,
            upload,
            user,
            bearer: self.bearer,
            output: self.output,
            include: self.include,
            report: self.report,
            fail: self.fail,
            timeout: self.timeout.0,
            expect_continue: self.expect_continue,
            concurrency: self.concurrency,
            urls: self.urls,
        })
    }

    fn client(&self) -> Result<Client, Fault> {
        let mut client = Client::builder()
            .timeout(self.timeout.0)
            .connect_timeout(self.connect_timeout.0)
            .read_timeout(self.read_timeout.0)
            .redirects(Policy::limited(self.max_redirects))
            .max_body_bytes(u64::MAX)
            .max_decoded_bytes(self.max_body.unwrap_or(u64::MAX))
            .max_connections(0)
            .max_connections_per_host(self.max_per_host)
            .cookies(self.cookies)
            .danger_accept_invalid_certificates(self.insecure);
        if self.no_decompress {
            client = client.no_decompress();
        }
        if let Some(path) = &self.cacert {
            let shown = format!("--cacert {}", path.display());
            let pem = std::fs::read(path).map_err(|error| Fault::io(&shown, &error))?;
            let certificates = Certificates::from_pem(&pem);
            client = client.root_certificates(certificates.map_err(|error| Fault::usage(format!("{shown}: {error}")))?);
        }
        // What was said first is to count, as in a file of hosts; the builder takes the last.
        for text in self.resolve.iter().rev() {
            let (host, port, addresses) =
                addresses(text).ok_or_else(|| Fault::usage(format!("--resolve {text}: not HOST:PORT:ADDR[,ADDR]")))?;
            client = client.resolve(host, port, addresses);
        }
        client = match self.proxy.as_deref() {
            None => client,
            Some("") => client.no_proxy(),
            Some(url) => client.proxy(Proxy::parse(url).map_err(|error| Fault::usage(format!("--proxy: {error}")))?),
        };
        match &self.unix_socket {
            None => Ok(client.build()),
            #[cfg(unix)]
            Some(path) => Ok(client.unix_socket(path).build()),
            #[cfg(not(unix))]
            Some(_) => Err(Fault::usage("--unix-socket: not on this system")),
        }
    }

    fn upload(&mut self) -> Result<Upload, Fault> {
        if let Some(json) = self.json.take() {
            return Ok(Upload::Json(json));
        }
        if let Some(data) = self.data.take() {
            return Ok(match data.strip_prefix('@') {
                Some(path) => Upload::File(path.into()),
                None if data == "-" => Upload::Stdin,
                None => Upload::Text(data),
            });
        }
        if self.form.is_empty() {
            return Ok(Upload::None);
        }
        let field = |text: &String| {
            let (name, value) = text.split_once('=').ok_or_else(|| Fault::usage(format!("--form {text}: not K=V")))?;
            let name = name.to_owned();
            Ok(match value.strip_prefix('@') {
                Some(path) => Field::File { name, path: path.into() },
                None => Field::Text { name, value: value.to_owned() },
            })
        };
        Ok(Upload::Form(self.form.iter().map(field).collect::<Result<_, Fault>>()?))
    }
}

fn method(text: &str) -> Result<Method, Fault> {
    let method =
        Method::from_bytes(text.as_bytes()).map_err(|_| Fault::usage(format!("--method {text}: not a token")))?;
    if method == Method::CONNECT {
        return Err(Fault::usage("--method CONNECT: that would be a tunnel"));
    }
    Ok(method)
}

fn headers(lines: &[String]) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let bad = |why: &str| Fault::usage(format!("--header: {why}: {line:?}"));
        let (name, value) = line.split_once(':').ok_or_else(|| bad("no colon"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("not a header name"))?;
        let value = value.trim_matches([' ', '\t']);
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad("a forbidden byte in the value"))?;
        value.set_sensitive([header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION].contains(&name));
        headers.try_append(name, value).map_err(|_| bad("too many headers"))?;
    }
    Ok(headers)
}

/// `HOST:PORT:ADDR[,ADDR]`, the host as URLs have it.
fn addresses(text: &str) -> Option<(String, u16, Vec<IpAddr>)> {
    let end_of_host = if text.starts_with('[') { text.find("]:")? + 1 } else { text.find(':')? };
    let (host, rest) = text.split_at(end_of_host);
    let (port, addresses) = rest[1..].split_once(':')?;
    let url = Url::parse(&format!("http://{host}/")).ok()?;
    let address = |text: &str| {
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        inner.parse().ok()
    };
    let addresses = addresses.split(',').map(address).collect::<Option<Vec<IpAddr>>>()?;
    Some((url.host_str()?.to_owned(), port.parse().ok()?, addresses))
}
