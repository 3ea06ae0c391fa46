//! Redacts secrets that a response may have echoed, in any of several escapings.

use crate::types::{one_line, shorten};

/// Texts are cut to this before they are searched. What is kept of them is much shorter.
const SEARCHED: usize = 64 * 1024;
/// The maximum number of layers of escapes: the string to sign is encoded twice, and then sent in JSON or XML.
const LAYERS: usize = 3;
/// This many consecutive characters of a secret are redacted.
const RUN: usize = 16;
/// At the end of the text this many characters suffice, because the rest of the secret may have been cut off.
const CUT: usize = 4;
const REDACTED: &str = "[redacted]";

/// The secrets of one attempt: its credentials and its signature.
#[derive(Clone, Copy)]
pub(crate) struct Redactor<'a>(&'a [&'a str]);

/// A character, and the part of the original text that encodes it.
#[derive(Clone, Copy)]
struct Glyph {
    character: char,
    start: usize,
    end: usize,
}

impl<'a> Redactor<'a> {
    /// Empty texts among the secrets are ignored.
    pub(crate) fn new(secrets: &'a [&'a str]) -> Self {
        Self(secrets)
    }

    /// The text on one line and without the secrets, at most `max` characters of it.
    ///
    /// A secret is found in plain text, in up to three layers of escapes, in the URL-safe alphabet of base64 and after
    /// form decoding, where `+` has become a space. So is a part of it of 16 or more characters, and a shorter
    /// beginning of it at the end of the text. The copies of the signed request in a `SignatureDoesNotMatch` error are
    /// removed entirely.
    pub(crate) fn redact(&self, text: &str, max: usize) -> String {
        // First, since an invisible character within a secret would hide it from the search only.
        let text = one_line(text);
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
        let secrets: Vec<Secret> = self.0.iter().filter_map(|it| Secret::new(it)).collect();
        let mut found = Vec::new();
        for _ in 0..=LAYERS {
            for secret in &secrets {
                secret.find(&glyphs, &mut found);
            }
            let decoded = unescape(&glyphs);
            if decoded.len() == glyphs.len() {
                break;
            }
            glyphs = decoded;
        }
        let redacted = without_signed_request(replace(text, found));
        shorten(&redacted, max).into_owned()
    }
}

/// A secret, prepared for the search.
struct Secret {
    /// Normalized, and without the base64 padding, which is often omitted.
    characters: Vec<char>,
    /// The number of consecutive characters to search for.
    run: usize,
    /// One bit for each hash of a run: a filter that rules out most positions in a text.
    filter: [u64; 256],
}

impl Secret {
    fn new(secret: &str) -> Option<Self> {
        let trimmed = match secret.trim_end_matches('=') {
            "" => secret,
            trimmed => trimmed,
        };
        let characters: Vec<char> = trimmed.chars().map(fold).collect();
        let run = characters.len().min(RUN);
        let mut filter = [0; 256];
        for hash in Rolling::over(characters.iter().copied(), run) {
            let (word, bit) = filter_bit(hash);
            filter[word] |= bit;
        }
        (run > 0).then_some(Self {
            characters,
            run,
            filter,
        })
    }

    fn has_run(&self, hash: u64, glyphs: &[Glyph]) -> bool {
        let (word, bit) = filter_bit(hash);
        let is_same = |run: &[char]| {
            let mut pairs = run.iter().zip(glyphs);
            pairs.all(|(c, glyph)| fold(glyph.character) == *c)
        };
        self.filter[word] & bit != 0 && self.characters.windows(self.run).any(is_same)
    }

    /// Adds the parts of the original text that spell a run of the secret.
    fn find(&self, glyphs: &[Glyph], found: &mut Vec<(usize, usize)>) {
        let folded = || glyphs.iter().map(|glyph| fold(glyph.character));
        for (at, hash) in Rolling::over(folded(), self.run).enumerate() {
            let Some(run) = glyphs.get(at..at + self.run) else {
                break;
            };
            if self.has_run(hash, run)
                && let (Some(first), Some(last)) = (run.first(), run.last())
            {
                // The padding is also redacted.
                let rest = glyphs.get(at + self.run..).unwrap_or_default();
                let padding = rest.iter().take_while(|glyph| glyph.character == '=');
                found.push((first.start, padding.last().unwrap_or(last).end));
            }
        }
        let whole = without_ending(glyphs);
        let longest = self.run.saturating_sub(1).min(whole);
        let cut = (CUT..=longest).rev().find_map(|length| {
            let end = glyphs.get(whole - length..whole)?;
            let same = end.iter().zip(&self.characters);
            same.clone()
                .all(|(glyph, c)| fold(glyph.character) == *c)
                .then_some(end)
        });
        if let Some([first, .., last]) = cut {
            found.push((first.start, last.end));
        }
    }
}

/// How many glyphs are left without what may follow a text that was cut off: dots, quotes, brackets, closing tags.
fn without_ending(glyphs: &[Glyph]) -> usize {
    let mut end = glyphs.len();
    while let Some(last) = end.checked_sub(1).and_then(|at| glyphs.get(at)) {
        let tag = match last.character {
            '>' => glyphs[..end].iter().rposition(|it| it.character == '<'),
            _ => None,
        };
        end = match tag {
            Some(start) if end - start <= 20 => start,
            _ if ".…\"'>)]} ".contains(last.character) => end - 1,
            _ => break,
        };
    }
    end
}

/// The bit of a hash in the filter.
fn filter_bit(hash: u64) -> (usize, u64) {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 56) as usize, 1 << ((mixed >> 50) & 63))
}

/// Maps characters that represent the same character of a secret to one: base64 has two alphabets, and form decoding
/// turns `+` into a space.
fn fold(c: char) -> char {
    match c {
        '-' | '+' => '+',
        '_' | '/' => '/',
        c if c.is_whitespace() => '+',
        c => c,
    }
}

/// The hashes of all runs of `length` characters, each computed in constant time from the one before.
struct Rolling<I: Iterator<Item = char> + Clone> {
    first: I,
    last: I,
    hash: u64,
    /// The weight of the character that leaves the run.
    weight: u64,
    is_started: bool,
    length: usize,
}

impl<I: Iterator<Item = char> + Clone> Rolling<I> {
    const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

    fn over(characters: I, length: usize) -> Self {
        let weight = (1..length).fold(1_u64, |weight, _| weight.wrapping_mul(Self::BASE));
        Self {
            first: characters.clone(),
            last: characters,
            hash: 0,
            weight,
            is_started: false,
            length,
        }
    }

    fn add(&mut self) -> Option<()> {
        let next = u64::from(u32::from(self.last.next()?));
        self.hash = self.hash.wrapping_mul(Self::BASE).wrapping_add(next);
        Some(())
    }
}

impl<I: Iterator<Item = char> + Clone> Iterator for Rolling<I> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.is_started {
            let leaving = u64::from(u32::from(self.first.next()?));
            self.hash = self.hash.wrapping_sub(leaving.wrapping_mul(self.weight));
            self.add()?;
        } else {
            self.is_started = true;
            for _ in 0..self.length {
                self.add()?;
            }
        }
        Some(self.hash)
    }
}

fn replace(text: &str, mut found: Vec<(usize, usize)>) -> String {
    found.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end) in found {
        if end <= at {
            continue;
        }
        // Adjacent and overlapping parts are merged.
        if start > at || out.is_empty() {
            out.push_str(&text[at..start]);
            out.push_str(REDACTED);
        }
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

/// `SignatureDoesNotMatch` repeats the request after these words, which differ between the signature versions.
fn without_signed_request(text: String) -> String {
    const WORDS: [&str; 4] = [
        "string to sign is",
        "stringtosign is",
        "canonical request is",
        "canonicalrequest is",
    ];
    let lower = text.to_ascii_lowercase();
    let found = WORDS
        .iter()
        .filter_map(|it| Some(lower.find(it)? + it.len()));
    match found.min().and_then(|end| text.get(..end)) {
        Some(start) => format!("{start}: {REDACTED}"),
        None => text,
    }
}

/// Removes one layer of escapes: `%2B`, `\u002b`, `\x2b`, `\/`, `\n`, `&#43;`, `&#x2b;`, `&amp;`. ASCII only, as
/// secrets are.
fn unescape(glyphs: &[Glyph]) -> Vec<Glyph> {
    let mut out = Vec::with_capacity(glyphs.len());
    let mut rest = glyphs;
    while let Some(first) = rest.first() {
        let (character, length) = match first.character {
            '%' => number(rest, 1, 2, 16).map(|c| (c, 3)),
            '\\' => match rest.get(1).map(|glyph| glyph.character) {
                Some('u') => number(rest, 2, 4, 16).map(|c| (c, 6)),
                Some('x') => number(rest, 2, 2, 16).map(|c| (c, 4)),
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
        "plus" => '+',
        "sol" => '/',
        "equals" => '=',
        name if name.starts_with("#x") || name.starts_with("#X") => number(glyphs, 3, end - 3, 16)?,
        name if name.starts_with('#') => number(glyphs, 2, end - 2, 10)?,
        _ => return None,
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "Abcdefgh+jklmnop/rstuvwxyz012345=";

    fn redact(secrets: &[&str], text: &str) -> String {
        Redactor::new(secrets).redact(text, 1_000)
    }

    #[test]
    fn a_secret_is_found_in_every_escape() {
        for written in [
            "a+b/c=",
            "a%2Bb%2Fc%3D",
            "a%2bb%2fc%3d",
            "a%252Bb%252Fc%253D",
            "a\\u002bb\\/c\\u003D",
            "a\\x2bb\\x2fc\\x3d",
            "a&#43;b&#x2F;c&#61;",
            "a&plus;b&sol;c&equals;",
            "a%26%2343;b/c=",
        ] {
            let text = format!("<{written}> and {written}");
            assert_eq!(
                redact(&["a+b/c=", ""], &text),
                "<[redacted]> and [redacted]"
            );
        }
    }

    #[test]
    fn a_secret_is_found_in_the_other_alphabet_of_base64_without_padding_and_after_form_decoding() {
        for written in ["a-b_c", "a-b_c=", "a b/c=", "a b/c", "a%20b%2Fc", "a-b%5fc"] {
            assert_eq!(
                redact(&["a+b/c="], &format!("<{written}>")),
                "<[redacted]>",
                "{written}"
            );
            assert_eq!(
                redact(&["a-b_c"], &format!("<{written}>")),
                "<[redacted]>",
                "{written}"
            );
        }
    }

    #[test]
    fn sixteen_characters_of_a_secret_in_a_row_are_redacted_and_fifteen_are_not() {
        for start in 0..LONG.len() - 17 {
            for length in [16, 17, LONG.len() - 1 - start] {
                let part = &LONG[start..start + length];
                assert_eq!(redact(&[LONG], &format!("<{part}> x")), "<[redacted]> x");
            }
            let part = &LONG[start..start + 15];
            // Unless it is the beginning of the secret at the end of the text.
            assert_eq!(
                redact(&[LONG], &format!("<{part}> x")),
                format!("<{part}> x")
            );
        }
        assert_eq!(
            redact(&[LONG], &LONG.replace('+', "%2B")[4..24]),
            "[redacted]"
        );
    }

    #[test]
    fn a_secret_that_is_cut_off_at_the_end_is_redacted() {
        for length in CUT..LONG.len() {
            for after in ["", "…", "...\"}", "</p>"] {
                let text = format!("key {}{after}", &LONG[..length]);
                let redacted = redact(&[LONG], &text);
                assert!(!redacted.contains(&LONG[..CUT]), "{redacted}");
                assert!(redacted.starts_with("key [redacted]"), "{redacted}");
            }
        }
        assert_eq!(redact(&["secret"], "12 secr"), "12 [redacted]");
        assert_eq!(redact(&["secret"], "12 sec"), "12 sec");
        assert_eq!(redact(&["secret"], "12 secr, or"), "12 secr, or");
    }

    #[test]
    fn a_secret_that_invisible_characters_interrupt_is_found() {
        assert_eq!(
            redact(&["secret"], "<se\u{200b}cr\u{202e}et>"),
            "<[redacted]>"
        );
    }

    #[test]
    fn a_secret_with_a_line_break_is_found_in_json() {
        assert_eq!(redact(&["a\r\n\tb"], r"<a\r\n\tb>"), "<[redacted]>");
        assert_eq!(redact(&["a\r\n\tb"], "<a\r\n\tb>"), "<[redacted]>");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in [
            "",
            "100% \\u00 &amp &; 中文 %",
            "%zz\\",
            "&#x;&#;",
            "a-b_c d+e",
        ] {
            assert_eq!(redact(&["secret", LONG], text), text);
        }
        assert_eq!(Redactor::new(&[]).redact("12345", 3), "123…");
    }

    #[test]
    fn the_text_is_one_line() {
        assert_eq!(redact(&[], "a\nb\u{200b}c"), "a bc");
    }

    #[test]
    fn a_secret_across_the_cut_is_not_shown_in_part() {
        assert_eq!(Redactor::new(&["secret"]).redact("12secret", 4), "12[r…");
    }

    #[test]
    fn secrets_that_overlap_are_redacted_together() {
        assert_eq!(redact(&["abcd", "cdef"], "-abcdef-"), "-[redacted]-");
    }

    #[test]
    fn the_copy_of_the_signed_request_is_removed_in_both_wordings() {
        let start = "Specified signature is not matched with our calculation. server";
        for (words, copy) in [
            ("string to sign is", ":POST&%2F&AccessKeyId%3Did"),
            (
                "StringToSign is",
                " [ACS3-HMAC-SHA256\n0a1b] server CanonicalRequest is [POST\n/\nInstanceId=i-1\nhost:h]",
            ),
            (
                "CanonicalRequest is",
                " [POST\n/\n] server StringToSign is [x]",
            ),
        ] {
            assert_eq!(
                redact(&[], &format!("{start} {words}{copy}")),
                format!("{start} {words}: [redacted]")
            );
        }
    }
}
