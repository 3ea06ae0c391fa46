//! Display of untrusted text: on one line, with a maximum length.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;

/// Returns `text` as one line of visible characters.
///
/// A name or a message of the service may hold line breaks, terminal escapes, or characters that are invisible or
/// change the order in which others appear. Each of them could forge a line of a plan or of a log. Characters that
/// break a line or control a terminal become spaces; zero-width characters are removed.
///
/// Every `Display` that shows untrusted text uses this function, by [`OneLine`] or by [`write_line`].
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    let is_harmless = |c: char| !is_break(c) && !is_invisible(c);
    match text.chars().all(is_harmless) {
        true => Cow::Borrowed(text),
        false => text
            .chars()
            .filter(|c| !is_invisible(*c))
            .map(|c| if is_break(c) { ' ' } else { c })
            .collect(),
    }
}

/// Control characters, and the two separators of Unicode that terminals and log viewers treat as line breaks.
fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters without a width: Unicode's `Default_Ignorable_Code_Point` (bidirectional controls, zero-width spaces
/// and joiners, variation selectors, fillers, tags) and the marks of interlinear annotations.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Shows untrusted text as [`one_line`], truncated after 1,000 characters.
#[derive(Clone, Copy)]
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&shorten(self.0, 1_000)))
    }
}

/// Writes one line, regardless of what its parts contain: `write_line(f, format_args!("{name} is {status}"))`.
pub(crate) fn write_line(f: &mut fmt::Formatter<'_>, line: fmt::Arguments<'_>) -> fmt::Result {
    f.write_str(&one_line(&line.to_string()))
}

/// The first `max` characters of `text`, with an ellipsis if it was longer.
pub(crate) fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// What is shown in place of a value that [`may_be_secret`].
pub(crate) const NOT_SHOWN: &str = "(not shown: it may be a secret)";

/// Whether a value may be a secret in the wrong setting, so that an error must not show it.
///
/// That is the case for JSON, an assignment, a URL with a query or a password, a token, or a path segment that looks
/// random.
pub(crate) fn may_be_secret(text: &str) -> bool {
    let has_password = text
        .rsplit_once('@')
        .is_some_and(|(user, _)| user.contains(':'));
    let has_syntax = |c: char| c.is_control() || "{}\"=?&".contains(c);
    let looks_random = |part: &str| {
        let has = |is: fn(&u8) -> bool| part.bytes().any(|b| is(&b));
        let is_mixed =
            has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
        // Random letters change their case more often than words do.
        let pairs = part.chars().zip(part.chars().skip(1));
        let starts =
            pairs.filter(|(one, two)| one.is_ascii_lowercase() && two.is_ascii_uppercase());
        part.len() > 64
            || part.len() >= 20 && (is_mixed || part.starts_with("eyJ"))
            || part.len() >= 16 && starts.count() * 5 >= part.len()
    };
    has_password || text.contains(has_syntax) || text.split(['/', '\\', ' ', ':']).any(looks_random)
}

/// A value as an error shows it: at most 80 characters, and not at all if it may be a secret.
pub(crate) fn shown(value: &str) -> Cow<'_, str> {
    match may_be_secret(value) {
        true => NOT_SHOWN.into(),
        false => shorten(value, 80),
    }
}

/// A setting whose `Debug` does not show a value that may be a secret in the wrong setting.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Setting<T>(pub(crate) T);

impl<T: Clone> Setting<T> {
    pub(crate) fn value(setting: &Option<Self>) -> Option<T> {
        setting.as_ref().map(|it| it.0.clone())
    }
}

impl<T: AsRef<OsStr>> fmt::Debug for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown(&self.0.as_ref().to_string_lossy()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorten_truncates_between_characters_and_adds_an_ellipsis() {
        assert_eq!(shorten("中文文本", 2), "中文…");
        assert_eq!(shorten("中文", 2), "中文");
    }

    #[test]
    fn text_that_is_one_line_is_not_copied() {
        for text in ["", "Zürich 中文 naïve", "🚀 e\u{301} العربية"] {
            assert!(matches!(one_line(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn line_breaks_and_controls_become_spaces() {
        for c in "\n\r\t\0\u{b}\u{c}\u{1b}\u{7f}\u{85}\u{9b}\u{2028}\u{2029}".chars() {
            assert_eq!(one_line(&format!("a{c}b")), "a b", "{c:?}");
        }
    }

    #[test]
    fn invisible_characters_are_removed() {
        // One of each group of the standard, and the first and last of the ranges that matter most.
        for c in "\u{ad}\u{34f}\u{61c}\u{115f}\u{17b4}\u{180e}\u{200b}\u{200d}\u{200e}\u{200f}\u{202a}\u{202e}\
            \u{2060}\u{2066}\u{2069}\u{206f}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{1d173}\u{e0001}\u{e0100}"
            .chars()
        {
            assert_eq!(one_line(&format!("a{c}b")), "ab", "{c:?}");
        }
    }

    #[test]
    fn possible_secrets_are_distinguished_from_paths_and_names() {
        for text in [
            "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
            "{\"AccessKeySecret\":\"x\"}",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET=abc",
            "https://host.example/?Signature=abc",
            "https://user:password@host.example",
            "LTAI5tExampleKeyId0Example",
            "kQ7ZpWxVb3NmLtRyUiOpA9sDfGhJkL",
            "/opt/kQ7ZpWxVb3NmLtRyUiOpA9sDfGhJkL",
            "AbCdEfGhIjKlMnOpQrStUvWx",
            "a\nb",
        ] {
            assert!(may_be_secret(text), "{text}");
        }
        for text in [
            "",
            "/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token",
            "/home/someone/.aliyun/config.json",
            "C:\\Users\\Someone\\.aliyun\\config.json",
            "/var/lib/kubelet/pods/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9/token",
            "prod",
            "CompanyTokenFile",
            "someone@example.com",
            "https://ecs.cn-hangzhou.aliyuncs.com:443",
            "ftp://example.com",
        ] {
            assert!(!may_be_secret(text), "{text}");
        }
    }

    #[test]
    fn lines_are_written_in_full_and_untrusted_text_is_truncated() {
        struct Line<'a>(&'a str);
        impl fmt::Display for Line<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_line(f, format_args!("name: {}", self.0))
            }
        }
        let long = "x".repeat(2_000);
        assert_eq!(Line(&long).to_string().len(), 2_006);
        assert_eq!(OneLine(&long).to_string().chars().count(), 1_001);
        assert_eq!(Line("a\nprice: 0").to_string(), "name: a price: 0");
    }
}
