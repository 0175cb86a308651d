//! The runs of a file of lines.

use std::rc::Rc;

use super::{Body, Header, ReadProblem, Run};

/// As the recorder writes it: it begins a run.
const HEADER: &[u8] = br#"{"seq":0,"t":0,"kind":"Header""#;

pub(super) fn runs(file: &Rc<str>, bytes: &Rc<Vec<u8>>) -> Result<Vec<Run>, ReadProblem> {
    let mut runs = Vec::<Run>::new();
    let (mut start, mut number) = (0, 1);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        if line.starts_with(HEADER) {
            let json = text(line, number)?;
            let (header, body) = (Header::parse(json)?, Body::Lines(end..end, number + 1));
            runs.push(Run { header, cut: None, file: file.clone(), json: json.into(), bytes: bytes.clone(), body });
        } else {
            match runs.last_mut().map(|run| &mut run.body) {
                Some(Body::Lines(lines, _)) => lines.end = end,
                _ => return Err(ReadProblem::NoTrace),
            }
        }
        (start, number) = (end, number + 1);
    }
    Ok(runs)
}

/// A line, if it is text and complete.
pub(super) fn text(line: &[u8], number: usize) -> Result<&str, ReadProblem> {
    let line = line.strip_suffix(b"\n").ok_or(ReadProblem::CutLine(number))?;
    str::from_utf8(line).map_err(|_| ReadProblem::NotText(number))
}
