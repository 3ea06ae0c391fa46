//! The values, and the checks of every error.

use std::error::Error as StdError;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

pub(crate) const DURATIONS: [Duration; 3] =
    [Duration::ZERO, Duration::from_nanos(1), Duration::MAX];
pub(crate) const TIMES: [DateTime<Utc>; 3] = [
    DateTime::<Utc>::MIN_UTC,
    DateTime::UNIX_EPOCH,
    DateTime::<Utc>::MAX_UTC,
];
pub(crate) const DECIMALS: [Decimal; 3] = [Decimal::MIN, Decimal::ZERO, Decimal::MAX];

/// An empty string, very long strings, and strings of every class of Unicode.
pub(crate) fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "\0",
        "\n",
        "\r\n",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{ad}",
        "é",
        "e\u{301}",
        "ß",
        "ǅ",
        "中文",
        "\u{200d}",
        "\u{2028}",
        "\u{202e}",
        "٣",
        "Ⅷ",
        "€",
        "\u{e000}",
        "\u{feff}",
        "\u{fffd}",
        "\u{ffff}",
        "𝒳",
        "👩‍💻",
        "\u{10ffff}",
        "\"'<>&;",
        "%",
        "%zz&=+ ",
        "../..",
        "{}",
        "a:b@c",
        "-",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("a".repeat(65_536));
    texts.push("中".repeat(21_846));
    texts
}

/// Checks that the error and each of its causes are one line of a readable length.
#[track_caller]
pub(crate) fn check(error: &(dyn StdError + 'static), of: &str) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        assert!(!text.is_empty() && !text.contains(breaks), "{of}: {text:?}");
        assert!(text.chars().count() < 4_000, "{of}: {text}");
        cause = error.source();
    }
}
