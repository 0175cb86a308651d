//! What things look like, on a light ground and on a dark one. These are the stepper's colours.

use std::fmt::Write;

/// The kinds of things, and the list of them: the style sheet has a rule for each.
macro_rules! looks {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {
        /// What a shape or a text is drawn as.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Look {
            $($(#[$about])* $name,)*
            /// The colour of a task; there are eight, and its number always stands beside.
            Task(usize),
        }

        const LOOKS: &[Look] = &[$(Look::$name),*];
    };
}

looks! {
    // Texts.
    Ink,
    Muted,
    Bad,
    OnPolling,
    OnQueued,
    // Grounds.
    Ground,
    Card,
    /// The ground of a card, to write on.
    Paper,
    Chip,
    Track,
    /// Where a clock or a reader is.
    Here,
    Hand,
    // What a task does.
    Polling,
    Queued,
    Waiting,
    // Borders and lines.
    Now,
    Nothing,
    QueuedChip,
    QueuedTrack,
    Rule,
    Outline,
    Arrow,
    ArrowNow,
    Origin,
    OriginNow,
}

/// Okabe and Ito's colours, told apart by nearly everybody; then the same for a dark ground.
const TASKS: [(&str, &str); COLOURS] = [
    ("#0072b2", "#56a3dc"),
    ("#d55e00", "#f08a3c"),
    ("#009e73", "#35c79b"),
    ("#cc79a7", "#e29cc4"),
    ("#e69f00", "#f0b545"),
    ("#56b4e9", "#7cc8f2"),
    ("#8a7a00", "#c9b83a"),
    ("#7a5195", "#b393d3"),
];
const COLOURS: usize = 8;

/// In order: what is filled, what is a line, and what else there is to say; each colour for light and for dark.
type Style = (Option<(&'static str, &'static str)>, Option<(&'static str, &'static str)>, &'static str);

impl Look {
    pub(super) fn class(self) -> String {
        match self {
            Look::Task(number) => format!("t{}", number % COLOURS),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    fn style(self) -> Style {
        const INK: (&str, &str) = ("#1b1f23", "#e7eaec");
        const MUTED: (&str, &str) = ("#5b636b", "#a2abb3");
        const PANEL: (&str, &str) = ("#ffffff", "#1a1e22");
        const RAISED: (&str, &str) = ("#f7f8f8", "#20252a");
        const LINE: (&str, &str) = ("#dfe1e0", "#2e353b");
        const ACCENT: (&str, &str) = ("#0a5ea8", "#7bb8ee");
        const SOFT: (&str, &str) = ("#e3eef8", "#1c3042");
        const QUEUED: (&str, &str) = ("#f0b545", "#e5ac3c");
        const WAITING: (&str, &str) = ("#c3c8cd", "#4d565e");
        const BAD: (&str, &str) = ("#b3261e", "#ff8a80");
        match self {
            Look::Ink => (Some(INK), None, ""),
            Look::Muted | Look::Origin => (Some(MUTED), None, ""),
            Look::Bad | Look::OriginNow => (Some(BAD), None, ""),
            Look::OnPolling => (Some(("#ffffff", "#06131f")), None, ""),
            Look::OnQueued => (Some(("#2a1e00", "#1d1500")), None, ""),
            Look::Ground => (Some(("#f4f4f1", "#121518")), None, ""),
            Look::Card => (Some(PANEL), Some(LINE), ""),
            Look::Paper => (Some(PANEL), None, ""),
            Look::Chip => (Some(RAISED), Some(LINE), ""),
            Look::Track => (Some(RAISED), Some(LINE), ""),
            Look::Here => (Some(("#fff3cf", "#3a3212")), Some(QUEUED), ""),
            Look::Hand => (Some(ACCENT), None, "fill-opacity:.35"),
            Look::Polling => (Some(ACCENT), None, ""),
            Look::Queued => (Some(QUEUED), None, ""),
            Look::Waiting => (Some(WAITING), None, ""),
            Look::Now => (Some(SOFT), Some(ACCENT), "stroke-width:2"),
            Look::Nothing => (None, Some(WAITING), "stroke-width:1.5;stroke-dasharray:4 3"),
            Look::QueuedChip => (Some(RAISED), Some(QUEUED), ""),
            Look::QueuedTrack => (Some(RAISED), Some(QUEUED), ""),
            Look::Rule => (None, Some(LINE), ""),
            Look::Outline => (None, Some(WAITING), ""),
            Look::Arrow => (None, Some(MUTED), "stroke-width:1.3"),
            Look::ArrowNow => (None, Some(BAD), "stroke-width:2"),
            Look::Task(number) => (Some(TASKS[number % COLOURS]), None, ""),
        }
    }
}

/// The style sheet of a picture.
pub(super) fn style() -> String {
    let mut css = String::from(
        "text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\",sans-serif;\
         white-space:pre;font-variant-numeric:tabular-nums}\n\
         .m{font-family:ui-monospace,\"SF Mono\",\"Cascadia Mono\",\"DejaVu Sans Mono\",Menlo,Consolas,monospace}\n\
         .b{font-weight:600}\n",
    );
    let looks = || LOOKS.iter().copied().chain((0..COLOURS).map(Look::Task));
    for look in looks() {
        let (fill, stroke, more) = look.style();
        let fill = fill.map_or("none", |(light, _)| light);
        let stroke = stroke.map_or_else(String::new, |(light, _)| format!(";stroke:{light}"));
        let more = if more.is_empty() { String::new() } else { format!(";{more}") };
        writeln!(css, ".{}{{fill:{fill}{stroke}{more}}}", look.class()).expect("a String takes everything");
    }
    css += "@media (prefers-color-scheme:dark){\n";
    for look in looks() {
        let (fill, stroke, _) = look.style();
        let dark = [fill.map(|(_, dark)| format!("fill:{dark}")), stroke.map(|(_, dark)| format!("stroke:{dark}"))];
        let dark: Vec<String> = dark.into_iter().flatten().collect();
        writeln!(css, ".{}{{{}}}", look.class(), dark.join(";")).expect("a String takes everything");
    }
    css + "}\n"
}
