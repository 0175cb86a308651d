//! How a transfer ended: the line on stderr, the line of the report, the exit code.

use std::fmt;

use glassloop::http::{self, StatusCode, Version, redact};
use serde::Serialize;

/// The kinds of failures: the client's, and three of this program's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Client(http::Class),
    Usage,
    Io,
    Internal,
}

impl Class {
    fn as_str(self) -> &'static str {
        match self {
            Class::Client(class) => class.as_str(),
            Class::Usage => http::Class::Usage.as_str(),
            Class::Io => http::Class::Io.as_str(),
            Class::Internal => "internal",
        }
    }

    /// Curl's number, where it has one.
    pub fn exit_code(self) -> i32 {
        match self.as_str() {
            "usage" => 2,
            "dns" => 6,
            "connect" => 7,
            "protocol" => 8,
            "incomplete" => 18,
            "http" => 22,
            "io" => 23,
            "timeout" => 28,
            "tls" => 35,
            "redirect" => 47,
            "encoding" => 61,
            "too_large" => 63,
            _ => 1,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why something failed.
#[derive(Debug)]
pub struct Fault {
    pub class: Class,
    pub what: String,
    /// The URL that the client was at: after redirects another one than was asked for.
    pub at: Option<String>,
}

impl Fault {
    pub fn new(class: Class, what: impl fmt::Display) -> Fault {
        Fault { class, what: one_line(&what.to_string()), at: None }
    }

    pub fn usage(what: impl fmt::Display) -> Fault {
        Fault::new(Class::Usage, what)
    }

    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Fault {
        Fault::new(Class::Io, format!("{what}: {error}"))
    }
}

impl From<http::Error> for Fault {
    fn from(error: http::Error) -> Fault {
        Fault { at: Some(error.url().to_owned()), ..Fault::new(Class::Client(error.class()), error.what()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.what)
    }
}

/// Line ends become blanks, other control bytes are shown escaped: whoever chose them.
fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let joined = lines.join(" ");
    let escaped = joined.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() });
    escaped.collect()
}

/// What became of one URL.
#[derive(Debug)]
pub struct Outcome {
    pub url: String,
    pub final_url: String,
    pub status: Option<StatusCode>,
    pub version: Option<Version>,
    pub bytes: u64,
    pub redirects: usize,
    pub is_reused: bool,
    pub fault: Option<Fault>,
}

#[derive(Serialize)]
struct Row<'a> {
    url: &'a str,
    final_url: &'a str,
    status: Option<u16>,
    version: Option<String>,
    bytes: u64,
    redirects: usize,
    reused: bool,
    error: Option<&'static str>,
    message: Option<&'a str>,
}

impl Outcome {
    pub fn new(url: &str) -> Outcome {
        let url = redact(url);
        Outcome {
            final_url: url.clone(),
            url,
            status: None,
            version: None,
            bytes: 0,
            redirects: 0,
            is_reused: false,
            fault: None,
        }
    }

    /// URL and what happened.
    pub fn line(&self) -> String {
        let Some(fault) = &self.fault else { return self.url.clone() };
        let here = |at: &&String| is_same(at, &self.url) || **at == self.final_url;
        match fault.at.as_ref().filter(|at| !here(at)) {
            Some(at) => format!("{}: {} (at {at})", self.url, fault.what),
            None => format!("{}: {}", self.url, fault.what),
        }
    }

    /// The row of the report.
    pub fn report(&self) -> String {
        let row = Row {
            url: &self.url,
            final_url: &self.final_url,
            status: self.status.map(|status| status.as_u16()),
            version: self.version.map(|version| format!("{version:?}")),
            bytes: self.bytes,
            redirects: self.redirects,
            reused: self.is_reused,
            error: self.fault.as_ref().map(|fault| fault.class.as_str()),
            message: self.fault.as_ref().map(|fault| fault.what.as_str()),
        };
        serde_json::to_string(&row).expect("text and numbers")
    }
}

/// `http://h` is `http://h/`.
fn is_same(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}
