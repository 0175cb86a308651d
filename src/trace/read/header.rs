//! What a run says of itself before its first event.

use std::fmt;

use serde::Deserialize;

use super::ReadProblem;

/// The header of a run.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// Always `"glassloop-trace"`.
    pub format: String,
    /// Of the format: 1.
    pub version: u64,
    /// The program's name.
    pub program: Option<String>,
    /// Its arguments; not recorded under virtual time.
    #[serde(default)]
    pub args: Vec<String>,
    /// `"real"` or `"virtual"`.
    #[serde(default)]
    pub clock: String,
    /// The order in which tasks run: `"fifo"`.
    #[serde(default)]
    pub policy: String,
    /// The timer wheel's measures.
    pub wheel: Option<Wheel>,
    /// Of a flight recorder: how many events it keeps.
    pub ring: Option<u64>,
    /// The program's output is left out.
    #[serde(default)]
    pub redacted: bool,
    /// When it began, in nanoseconds since 1970; not recorded under virtual time.
    pub started_unix_ns: Option<u64>,
    /// The system it ran on; not recorded under virtual time.
    pub os: Option<String>,
}

/// The timer wheel's measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct Wheel {
    /// One tick, in nanoseconds.
    pub tick_ns: u64,
    /// How many levels there are.
    pub levels: u64,
    /// How many slots each has.
    pub slots: u64,
}

impl Header {
    pub(super) fn parse(json: &str) -> Result<Header, ReadProblem> {
        let header: Header = serde_json::from_str(json).map_err(|error| ReadProblem::Header(error.to_string()))?;
        if header.format != "glassloop-trace" {
            return Err(ReadProblem::Header(format!("its format is {:?}", header.format)));
        }
        if header.version == 1 { Ok(header) } else { Err(ReadProblem::Version(header.version)) }
    }

    /// Whether time was virtual.
    pub fn is_virtual(&self) -> bool {
        self.clock == "virtual"
    }
}

/// In a line, for people.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.as_deref().unwrap_or("a program"))?;
        for arg in &self.args {
            write!(f, " {arg}")?;
        }
        write!(f, " ({} time", if self.is_virtual() { "virtual" } else { "real" })?;
        if let Some(os) = &self.os {
            write!(f, ", {os}")?;
        }
        if let Some(ring) = self.ring {
            write!(f, ", the last {ring} events or some more")?;
        }
        if self.redacted {
            write!(f, ", without its output")?;
        }
        f.write_str(")")
    }
}
