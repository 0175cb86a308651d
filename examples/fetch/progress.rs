//! What is shown while bodies arrive: a bar a URL, on a terminal only.

use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::options::Plan;

pub struct Progress {
    bars: Option<MultiProgress>,
}

impl Progress {
    /// Bars are for the eyes: stderr has to be a terminal, and stdout must not be where the bodies go to one.
    pub fn new(plan: &Plan) -> Progress {
        let is_wanted = io::stderr().is_terminal() && (plan.output.is_some() || !io::stdout().is_terminal());
        Progress { bars: is_wanted.then(MultiProgress::new) }
    }

    /// Does something that may write to stderr: the bars make room for it.
    pub fn aside(&self, write: impl FnOnce()) {
        match &self.bars {
            Some(bars) => bars.suspend(write),
            None => write(),
        }
    }

    /// A bar for a body, perhaps of a known length.
    pub fn begin(&self, url: &str, length: Option<u64>) -> Bar {
        let bar = self.bars.as_ref().map(|bars| {
            let (bar, template) = match length {
                Some(length) => (ProgressBar::new(length), "{bytes} of {total_bytes} {bytes_per_sec} {wide_bar} {msg}"),
                None => (ProgressBar::new_spinner(), "{bytes} {bytes_per_sec} {spinner} {msg}"),
            };
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = bars.add(bar.with_style(style).with_message(url.to_owned()));
            bar.tick(); // it is there before the first part is
            bar
        });
        Bar(bar)
    }
}

/// The bar of one body; it goes when it is dropped.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    pub fn add(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
