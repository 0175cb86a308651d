//! The recipes of `docs/asyncio-map.md`: files, and lines of something that blocks, such as stdin.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use glassloop::to_thread;

use crate::common::run;

/// The text of a file.
async fn read_text(path: impl Into<PathBuf>) -> io::Result<String> {
    let path = path.into();
    to_thread(move || std::fs::read_to_string(path)).await
}

/// The next line, or `None` at the end.
async fn next_line(input: &Arc<Mutex<dyn BufRead + Send>>) -> io::Result<Option<String>> {
    let input = input.clone();
    to_thread(move || {
        let mut line = String::new();
        let read = input.lock().expect("no reader panics").read_line(&mut line)?;
        Ok((read > 0).then_some(line))
    })
    .await
}

#[test]
fn d1_d2_a_file_is_read_in_a_thread_and_errors_come_back() {
    run(async {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("recipe-{}", std::process::id()));
        let (written, text) = (path.clone(), "one\ntwo\n");
        to_thread(move || std::fs::File::create(written)?.write_all(text.as_bytes())).await.unwrap();
        assert_eq!(read_text(&path).await.unwrap(), text);

        let input: Arc<Mutex<dyn BufRead + Send>> =
            Arc::new(Mutex::new(io::BufReader::new(std::fs::File::open(&path).unwrap())));
        let mut lines = Vec::new();
        while let Some(line) = next_line(&input).await.unwrap() {
            lines.push(line);
        }
        assert_eq!(lines, ["one\n", "two\n"]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read_text(&path).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    });
}
