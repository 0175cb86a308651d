//! Reads as much XML as pictures consist of, and is strict about it.

/// The texts between tags, in order.
pub(crate) fn texts(document: &str) -> Result<Vec<String>, String> {
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    let mut rest = document;
    while let Some(start) = rest.find('<') {
        let text = unescaped(&rest[..start])?;
        if !text.trim().is_empty() && open.last() != Some(&"style") {
            texts.push(text);
        }
        let end = rest.find('>').ok_or("a tag has no end")?;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let opened = open.pop().ok_or_else(|| format!("</{name}> closes nothing"))?;
            if opened != name {
                return Err(format!("</{name}> closes <{opened}>"));
            }
        } else {
            let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let name = opening(tag)?;
            if !is_empty {
                open.push(name);
            }
        }
    }
    match open.pop() {
        None if rest.trim().is_empty() => Ok(texts),
        None => Err(format!("{rest:?} comes after the end")),
        Some(name) => Err(format!("<{name}> is not closed")),
    }
}

/// The name of a tag whose attributes are in order.
fn opening(tag: &str) -> Result<&str, String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    if name.is_empty() || !name.chars().all(char::is_alphanumeric) {
        return Err(format!("<{tag}> has no name"));
    }
    while !rest.is_empty() {
        let (attribute, value) = rest.split_once("=\"").ok_or_else(|| format!("in <{tag}>: {rest:?}"))?;
        if !attribute.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-') {
            return Err(format!("in <{tag}>: {attribute:?}"));
        }
        let (value, others) = value.split_once('"').ok_or_else(|| format!("in <{tag}>: no end of {attribute}"))?;
        unescaped(value)?;
        // A shape at no number is nowhere.
        if value.contains("NaN") || value.contains("inf") {
            return Err(format!("in <{tag}>: {attribute} is {value}"));
        }
        rest = others.trim_start();
    }
    Ok(name)
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').ok_or_else(|| format!("a bare & in {text:?}"))?;
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            _ => return Err(format!("&{entity}; is unknown")),
        });
        plain += rest;
    }
    Ok(plain)
}
