//! The originals, run by the machine's own `python3` if it is 3.13 or later (`Queue.shutdown` is that young).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::trace::TICK;

/// Whether the originals can run here. If not, that is said once, past the test harness, which would swallow it.
static FOUND: LazyLock<bool> = LazyLock::new(|| {
    let is_new = "import sys; sys.exit(sys.version_info < (3, 13))";
    let found = Command::new("python3").args(["-c", is_new]).output().is_ok_and(|output| output.status.success());
    if !found {
        let said = writeln!(std::io::stderr(), "no python3 of 3.13 or later: the original programs were not run");
        said.expect("stderr can be written to");
    }
    found
});

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// What the original prints here and now, or nothing if CPython is missing or too old.
pub(crate) fn prints(name: &str) -> Option<String> {
    if !*FOUND {
        return None;
    }
    let original = folder().join("programs").join(name).with_extension("py");
    let tick = TICK.as_secs_f64().to_string();
    let run = Command::new("python3").arg("-B").arg(&original).env("CONF_TICK", tick).output();
    let output = run.expect("python3 was there before");
    assert!(output.status.success(), "{}: {}", original.display(), String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).expect("the programs print text").replace("\r\n", "\n"))
}
