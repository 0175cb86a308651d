//! What a loop has to say besides its results: to stderr, unless `Builder::on_report` says otherwise.

use std::rc::Rc;

use thiserror::Error;

/// Something a person should hear of that no return value tells.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum Report {
    /// The trace could not be written to its end.
    #[error("glassloop: trace file {path}: {problem}; the rest is not recorded")]
    TraceLost {
        /// The file.
        path: String,
        /// What the system said.
        problem: String,
    },
}

/// Where reports go.
pub(crate) type OnReport = Rc<dyn Fn(&Report)>;

pub(crate) fn to_stderr() -> OnReport {
    Rc::new(|report| eprintln!("{report}"))
}
