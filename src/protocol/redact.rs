//! Blots secrets out of texts that an answer may have echoed, in whatever way it had escaped them.

/// Texts are cut to this before they are searched; what is kept of them is shorter by far.
const SEARCHED: usize = 64 * 1024;
/// How often a text may have been escaped: the string to sign is encoded twice, and then sent in JSON or XML.
const LAYERS: usize = 3;
const REDACTED: &str = "[redacted]";

/// The secrets of one attempt: its keys and its signature.
#[derive(Clone, Copy)]
pub(crate) struct Redactor<'a>(&'a [&'a str]);

/// A character, and the part of the original text that it was written as.
#[derive(Clone, Copy)]
struct Glyph {
    character: char,
    start: usize,
    end: usize,
}

impl<'a> Redactor<'a> {
    /// Empty texts among the secrets are none.
    pub(crate) fn new(secrets: &'a [&'a str]) -> Self {
        Self(secrets)
    }

    /// The text without the secrets, at most `limit` characters of it.
    pub(crate) fn clean(&self, text: &str, limit: usize) -> String {
        let mut glyphs: Vec<Glyph> = text
            .char_indices()
            .map(|(start, character)| Glyph {
                character,
                start,
                end: start + character.len_utf8(),
            })
            .take_while(|glyph| glyph.end <= SEARCHED)
            .collect();
        let text = &text[..glyphs.last().map_or(0, |last| last.end)];
        let mut found = Vec::new();
        for _ in 0..=LAYERS {
            self.find(&glyphs, &mut found);
            let decoded = unescape(&glyphs);
            if decoded.len() == glyphs.len() {
                break;
            }
            glyphs = decoded;
        }
        crate::types::shorten(&redact_text(text, found), limit).into_owned()
    }

    /// The parts of the original text that spell a secret.
    fn find(&self, glyphs: &[Glyph], found: &mut Vec<(usize, usize)>) {
        for secret in self.0.iter().filter(|secret| !secret.is_empty()) {
            let secret: Vec<char> = secret.chars().collect();
            for window in glyphs.windows(secret.len()) {
                let same = window
                    .iter()
                    .zip(&secret)
                    .all(|(glyph, c)| glyph.character == *c);
                if let (true, Some(first), Some(last)) = (same, window.first(), window.last()) {
                    found.push((first.start, last.end));
                }
            }
        }
    }
}

fn redact_text(text: &str, mut found: Vec<(usize, usize)>) -> String {
    found.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in found {
        if end <= at {
            continue;
        }
        if start >= at {
            out.push_str(&text[at..start]);
            out.push_str(REDACTED);
        }
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

/// Takes off one layer: `%2B`, `\u002b`, `\/`, `\n`, `&#43;`, `&#x2b;`, `&amp;`; ASCII only, as secrets are.
fn unescape(glyphs: &[Glyph]) -> Vec<Glyph> {
    let mut out = Vec::with_capacity(glyphs.len());
    let mut rest = glyphs;
    while let Some(first) = rest.first() {
        let (character, length) = match first.character {
            '%' => number(rest, 1, 2, 16).map(|c| (c, 3)),
            '\\' => match rest.get(1).map(|glyph| glyph.character) {
                Some('u') => number(rest, 2, 4, 16).map(|c| (c, 6)),
                Some(c @ ('/' | '"' | '\\')) => Some((c, 2)),
                Some('n') => Some(('\n', 2)),
                Some('r') => Some(('\r', 2)),
                Some('t') => Some(('\t', 2)),
                _ => None,
            },
            '&' => entity(rest),
            _ => None,
        }
        .unwrap_or((first.character, 1));
        let (taken, remaining) = rest.split_at(length.min(rest.len()));
        out.push(Glyph {
            character,
            start: first.start,
            end: taken.last().map_or(first.end, |last| last.end),
        });
        rest = remaining;
    }
    out
}

/// The ASCII character of `length` digits from `start` on.
fn number(glyphs: &[Glyph], start: usize, length: usize, radix: u32) -> Option<char> {
    let digits = glyphs.get(start..start + length)?;
    let code = digits.iter().try_fold(0_u32, |code, digit| {
        code.checked_mul(radix)?
            .checked_add(digit.character.to_digit(radix)?)
    })?;
    char::from_u32(code).filter(char::is_ascii)
}

fn entity(glyphs: &[Glyph]) -> Option<(char, usize)> {
    let end = glyphs
        .iter()
        .take(10)
        .position(|glyph| glyph.character == ';')?;
    let name: String = glyphs
        .get(1..end)?
        .iter()
        .map(|glyph| glyph.character)
        .collect();
    let character = match &*name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        name if name.starts_with("#x") || name.starts_with("#X") => number(glyphs, 3, end - 3, 16)?,
        name if name.starts_with('#') => number(glyphs, 2, end - 2, 10)?,
        _ => return None,
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_however_it_was_escaped() {
        let redactor = Redactor::new(&["a+b/c=", ""]);
        for written in [
            "a+b/c=",
            "a%2Bb%2Fc%3D",
            "a%2bb%2fc%3d",
            "a%252Bb%252Fc%253D",
            "a\\u002bb\\/c\\u003D",
            "a&#43;b&#x2F;c&#61;",
            "a%26%2343;b/c=",
        ] {
            let text = format!("<{written}> and {written}");
            assert_eq!(redactor.clean(&text, 100), "<[redacted]> and [redacted]");
        }
    }

    #[test]
    fn a_secret_with_a_line_break_is_found_in_json() {
        let redactor = Redactor::new(&["a\r\n\tb"]);
        assert_eq!(redactor.clean(r"<a\r\n\tb>", 100), "<[redacted]>");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        let redactor = Redactor::new(&["secret"]);
        for text in ["", "100% \\u00 &amp &; 中文 %", "secre", "%zz\\", "&#x;&#;"] {
            assert_eq!(redactor.clean(text, 100), text);
        }
        assert_eq!(redactor.clean("12345", 3), "123…");
    }

    #[test]
    fn a_secret_across_the_cut_is_not_shown_in_part() {
        let redactor = Redactor::new(&["secret"]);
        assert_eq!(redactor.clean("12secret", 4), "12[r…");
    }

    #[test]
    fn secrets_that_overlap_are_blotted_together() {
        let redactor = Redactor::new(&["abcd", "cdef"]);
        assert_eq!(redactor.clean("-abcdef-", 100), "-[redacted]-");
    }
}
