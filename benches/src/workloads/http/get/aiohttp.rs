//! aiohttp on CPython, which measures itself: `aiohttp.py`.

use std::path::PathBuf;
use std::process::Command;

use super::SHORT;
use crate::contender::{Contender, Effort, Peer};
use crate::workloads::http::start_server;
use crate::workloads::per_core::target;

const SCRIPT: &str = include_str!("aiohttp.py");

/// Where it goes if the machine has none: nothing of the machine's is changed.
fn own_packages() -> PathBuf {
    target().join("aiohttp")
}

fn python() -> Command {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", own_packages());
    python
}

/// CPython and aiohttp with their versions; nothing if one of them is not there.
pub(crate) fn version() -> Option<String> {
    let ask = "import aiohttp, sys; print('CPython', sys.version.split()[0], 'with aiohttp', aiohttp.__version__)";
    let output = python().args(["-c", ask]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Gets it with pip, if the machine has none. Done before anything is measured.
pub(crate) fn install() {
    if version().is_none() {
        let mut pip = python();
        pip.args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--disable-pip-version-check"])
            .arg("--target")
            .arg(own_packages());
        // If it fails, pip has said why, and the report says that it is not there.
        let _ = pip.arg("aiohttp==3.14.5").status();
    }
}

fn missing() -> Option<String> {
    version().is_none().then(|| "there is no python3 with aiohttp".to_owned())
}

pub(super) fn contender(concurrency: usize) -> Contender {
    let peer = Peer { missing, ..Peer::new("aiohttp", "") };
    peer.whole(move |effort: Effort| {
        let server = start_server();
        let times = effort.choose(["0.1", "0.2"], ["0.4", "0.75"]);
        let arguments = [format!("http://{server}/"), concurrency.to_string(), SHORT.to_string()];
        let output = python().args(["-c", SCRIPT]).args(arguments).args(times).output().expect("python3 was here");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text.split_whitespace().map(|figure| figure.parse().expect("a number")).collect()
    })
}
