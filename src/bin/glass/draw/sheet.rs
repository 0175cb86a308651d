//! A drawing that grows downwards: rectangles, paths and texts, in SVG.

use std::borrow::Cow;
use std::fmt::Write;

use super::look::Look;
use super::moment::Who;

/// How a text is set.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Font {
    pub(super) size: f64,
    face: Face,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Face {
    Sans,
    Bold,
    Mono,
    BoldMono,
}

pub(super) const HEADING: Font = Font { size: 13.0, face: Face::Bold };
pub(super) const BODY: Font = Font { size: 13.0, face: Face::Sans };
pub(super) const STRONG: Font = Font { size: 13.0, face: Face::Bold };
pub(super) const SMALL: Font = Font { size: 12.0, face: Face::Sans };
pub(super) const TINY: Font = Font { size: 10.5, face: Face::Sans };
pub(super) const CODE: Font = Font { size: 11.5, face: Face::Mono };
const NUMBER: Font = Font { size: 13.0, face: Face::BoldMono };

impl Font {
    /// About how wide a text is. Which fonts the reader has is not known: these are the widths of a wide one, DejaVu.
    pub(super) fn width(self, text: &str) -> f64 {
        let em = |letter: char| match self.face {
            _ if !letter.is_ascii() && letter >= '\u{1100}' => 1.0,
            Face::Mono | Face::BoldMono => 0.603,
            Face::Sans => sans(letter),
            Face::Bold => sans(letter) * 1.1,
        };
        text.chars().map(em).sum::<f64>() * self.size
    }

    /// As much of a text as there is room for.
    pub(super) fn fit(self, text: &str, width: f64) -> Cow<'_, str> {
        if self.width(text) <= width {
            return Cow::Borrowed(text);
        }
        let room = width - self.width("…");
        let mut taken = 0.0;
        let mut letter = [0; 4];
        let fits = |next: &char| {
            taken += self.width(next.encode_utf8(&mut letter));
            taken <= room
        };
        let kept: String = text.chars().take_while(fits).collect();
        Cow::Owned(format!("{}…", kept.trim_end()))
    }

    /// A text in lines of that width; what does not fit in so many lines is cut.
    pub(super) fn wrap(self, text: &str, width: f64, most: usize) -> Vec<String> {
        let (mut lines, mut line) = (Vec::new(), String::new());
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            // The last line takes what is left, and a word that is wider than a line has one: both are cut.
            let is_last = lines.len() + 1 == most;
            if is_last || line.is_empty() || self.width(&longer) <= width {
                line = longer;
            } else {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            }
            if is_last && line.len() > 1_000 {
                break; // nobody will see the rest
            }
        }
        lines.push(line);
        lines.into_iter().map(|line| self.fit(&line, width).into_owned()).collect()
    }
}

fn sans(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        ' ' | '.' | ',' | ':' | ';' | '/' | '!' | 'I' | '-' | 'f' | '[' | ']' => 0.36,
        't' | 'r' | '(' | ')' | '"' | '·' => 0.43,
        'c' | 's' | 'z' | '_' => 0.54,
        'm' | 'M' | 'W' | '@' | '%' | '…' | '→' => 0.98,
        'w' => 0.82,
        'A'..='Z' => 0.72,
        _ => 0.64,
    }
}

pub(super) const CHIP_HEIGHT: f64 = 26.0;
const CHIP_NAME: f64 = 120.0;

/// Part of a picture. `y` is where it goes on.
#[derive(Debug)]
pub(super) struct Sheet {
    body: String,
    pub(super) width: f64,
    pub(super) y: f64,
}

impl Sheet {
    pub(super) fn new(width: f64) -> Sheet {
        Sheet { body: String::new(), width, y: 0.0 }
    }

    pub(super) fn into_body(self) -> String {
        self.body
    }

    pub(super) fn rect(&mut self, [x, y, width, height]: [f64; 4], radius: f64, look: Look) {
        let [x, y, width, height, radius] = [x, y, width, height, radius].map(number);
        let rounded = if radius == "0" { String::new() } else { format!(r#" rx="{radius}""#) };
        let class = look.class();
        self.push(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}"{rounded} class="{class}"/>"#
        ));
    }

    pub(super) fn circle(&mut self, x: f64, y: f64, radius: f64, look: Look) {
        let [x, y, radius] = [x, y, radius].map(number);
        self.push(format_args!(r#"<circle cx="{x}" cy="{y}" r="{radius}" class="{}"/>"#, look.class()));
    }

    /// Points that are joined by straight lines.
    pub(super) fn line(&mut self, points: &[[f64; 2]], look: Look) {
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{} {}", number(*x), number(*y))).collect();
        self.push(format_args!(r#"<path d="M{}" class="{}"/>"#, points.join("L"), look.class()));
    }

    /// A path as SVG writes it, moved to a place.
    pub(super) fn path(&mut self, [x, y]: [f64; 2], path: &str, look: Look) {
        let [x, y] = [x, y].map(number);
        self.push(format_args!(r#"<path transform="translate({x} {y})" d="{path}" class="{}"/>"#, look.class()));
    }

    pub(super) fn text(&mut self, x: f64, y: f64, font: Font, look: Look, text: &str) {
        self.anchored(x, y, font, look, text, "");
    }

    /// A text that ends at `x`.
    pub(super) fn text_to(&mut self, x: f64, y: f64, font: Font, look: Look, text: &str) {
        self.anchored(x, y, font, look, text, r#" text-anchor="end""#);
    }

    /// A text around `x`.
    pub(super) fn text_around(&mut self, x: f64, y: f64, font: Font, look: Look, text: &str) {
        self.anchored(x, y, font, look, text, r#" text-anchor="middle""#);
    }

    fn anchored(&mut self, x: f64, y: f64, font: Font, look: Look, text: &str, anchor: &str) {
        let [x, y, size] = [x, y, font.size].map(number);
        let face = match font.face {
            Face::Sans => "",
            Face::Bold => " b",
            Face::Mono => " m",
            Face::BoldMono => " m b",
        };
        let (class, text) = (look.class(), escaped(text));
        self.push(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" class="{class}{face}"{anchor}>{text}</text>"#
        ));
    }

    /// One or more lines below each other, at `y`; it goes on below them.
    pub(super) fn paragraph(&mut self, x: f64, font: Font, look: Look, text: &str, most: usize) {
        for line in font.wrap(text, self.width - x, most) {
            self.y += (font.size * 1.4).round();
            self.text(x, self.y - 4.0, font, look, &line);
        }
    }

    /// A task: its colour, its number and its name. Gives the width.
    pub(super) fn chip(&mut self, x: f64, y: f64, who: &Who, border: Look) -> f64 {
        let width = chip_width(who);
        self.rect([x, y, width, CHIP_HEIGHT], 5.0, border);
        self.rect([x, y, 4.0, CHIP_HEIGHT], 2.0, Look::Task(who.colour));
        self.text(x + 10.0, y + 17.5, NUMBER, Look::Ink, &who.label);
        if let Some(name) = &who.name {
            let after = x + 16.0 + NUMBER.width(&who.label);
            self.text(after, y + 17.5, BODY, Look::Ink, &BODY.fit(name, CHIP_NAME));
        }
        width
    }

    /// Another sheet, at that place.
    pub(super) fn place(&mut self, x: f64, y: f64, sheet: Sheet) {
        let [x, y] = [x, y].map(number);
        self.push(format_args!(r#"<g transform="translate({x} {y})">{}{}</g>"#, "\n", sheet.into_body().trim_end()));
    }

    fn push(&mut self, what: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{what}").expect("a String takes everything");
    }
}

pub(super) fn chip_width(who: &Who) -> f64 {
    let name = who.name.as_ref().map_or(0.0, |name| 6.0 + BODY.width(&BODY.fit(name, CHIP_NAME)));
    (18.0 + NUMBER.width(&who.label) + name).ceil()
}

/// With at most one decimal, as every locale's browser reads it.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".into(),
        Some(whole) => whole.into(),
        None => text,
    }
}

/// As it may stand in XML, between tags and in quotes. A recording may come from anywhere, and names in it may be anything.
pub(super) fn escaped(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// With names for what XML has no way to write, and for what turns the text around it.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let is_hidden = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let shown = |letter| if is_hidden(letter) { letter.escape_default().to_string() } else { letter.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}
