//! Reads one section of an ini file in the same way as the official Go and Python SDKs. Where the two differ, a line
//! that only one of them accepts has the meaning that it has there.

use std::collections::HashMap;

use zeroize::Zeroizing;

/// The values of a section by their keys, which are in lower case.
pub(super) type Section = HashMap<String, Zeroizing<String>>;

/// Reads the section called `name`, if the file has it and it is not disabled.
///
/// The error is the number of a line of this section that is not an entry. Other sections can be malformed.
pub(super) fn section(text: &str, name: &str) -> Result<Option<Section>, usize> {
    let mut found: Option<Section> = None;
    let mut is_inside = false;
    // The indentation and the key of the last entry: lines that are indented deeper continue its value.
    let mut last: Option<(usize, String)> = None;
    let mut lines = text.trim_start_matches('\u{FEFF}').lines().enumerate();
    while let Some((index, raw)) = lines.next() {
        let line = raw.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let indent = raw.len() - raw.trim_start().len();
        let is_deeper = |(base, _): &&(usize, String)| indent > *base && !begins_entry(line);
        if let Some((_, key)) = last.as_ref().filter(is_deeper) {
            let section = found.as_mut().filter(|_| is_inside);
            if let Some(value) = section.and_then(|section| section.get_mut(key)) {
                value.push('\n');
                value.push_str(without_comment(line, true));
            }
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let title = rest.split_once(']').map(|(title, _)| title);
            is_inside = title.unwrap_or(rest).trim() == name;
            last = None;
            if is_inside {
                title.ok_or(index + 1)?;
                found.get_or_insert_default();
            }
            continue;
        }
        let entry = line.split_once(['=', ':']);
        let Some((key, value)) = entry.filter(|(key, _)| !key.trim().is_empty()) else {
            if is_inside {
                return Err(index + 1);
            }
            continue;
        };
        let mut value = Zeroizing::new(value.trim().to_owned());
        while value.ends_with('\\') {
            value.pop();
            let next = lines.next().map(|(_, next)| next.trim());
            value.push_str(next.unwrap_or_default());
            if next.is_none_or(str::is_empty) {
                break;
            }
        }
        let key = key.trim().to_ascii_lowercase();
        if let Some(section) = found.as_mut().filter(|_| is_inside) {
            section.insert(key.clone(), Zeroizing::new(unquote(&value).to_owned()));
        }
        last = Some((indent, key));
    }
    let is_disabled = |section: &Section| {
        let enable = section.get("enable");
        enable.is_some_and(|value| value.eq_ignore_ascii_case("false"))
    };
    Ok(found.filter(|section| !is_disabled(section)))
}

/// Whether the line begins a section or an entry although it is indented deeper, as in Go. In Python it continues the
/// value, which makes sense for the lines of a JSON value only: these have no plain name before the delimiter.
fn begins_entry(line: &str) -> bool {
    let is_name = |name: &str| {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !name.is_empty() && name.chars().all(is_letter)
    };
    let title = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let entry = line.split_once(['=', ':']);
    title.is_some_and(|(title, _)| is_name(title))
        || entry.is_some_and(|(key, _)| is_name(key.trim_end()))
}

/// The value without its quotes, or without the comment after it.
fn unquote(value: &str) -> &str {
    for quote in ['"', '\'', '`'] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|v| v.split_once(quote)) {
            return inner;
        }
    }
    without_comment(value, value.starts_with('{'))
}

/// In both, a comment starts at any `#`, in Go also at any `;`. JSON can contain both characters, so here a comment
/// must follow white space.
fn without_comment(value: &str, is_json: bool) -> &str {
    let is_comment =
        |(at, _): &(usize, &str)| !is_json || value[..*at].ends_with(char::is_whitespace);
    let comment = value.match_indices(['#', ';']).find(is_comment);
    value[..comment.map_or(value.len(), |(at, _)| at)].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, key: &str) -> String {
        let text = format!("[s]\n{text}");
        section(&text, "s").unwrap().unwrap()[key].to_string()
    }

    #[test]
    fn a_section_is_found_by_name_and_merged_and_can_be_disabled() {
        let text = "\u{FEFF}# top\nstray = 1\n[default]   # the usual one\r\nenable = true  # on\nType=access_key\n\
                    \n[off]\nenable = False\n[ default ]\npolicy = p\n";
        let found = section(text, "default").unwrap().unwrap();
        let get = |key: &str| found[key].as_str();
        assert_eq!(get("enable"), "true");
        assert_eq!(get("type"), "access_key");
        assert_eq!(get("policy"), "p");
        assert!(section(text, "off").unwrap().is_none());
        assert!(section(text, "other").unwrap().is_none());
    }

    #[test]
    fn delimiters_comments_and_quotes_are_those_of_both_readers() {
        for (line, expected) in [
            ("k = a=b ; id", "a=b"),
            ("k: v", "v"),
            ("k : a=b", "a=b"),
            ("k = a:b", "a:b"),
            ("k=v#comment", "v"),
            ("k=v;comment", "v"),
            ("k = # comment", ""),
            ("k = \"x # y\" # z", "x # y"),
            ("k = 'x;y'", "x;y"),
            ("k = `x;y`", "x;y"),
            (r#"k = {"a": "b;c#d"} # e"#, r#"{"a": "b;c#d"}"#),
        ] {
            assert_eq!(value(line, "k"), expected, "{line}");
        }
    }

    #[test]
    fn a_value_continues_on_deeper_lines_and_after_a_backslash() {
        let policy = "policy = {\n    \"Version\": \"1\",\n\n    # why\n    \"Statement\": [\n    [],\n  ]\n  }\nk = v";
        let expected = "{\n\"Version\": \"1\",\n\"Statement\": [\n[],\n]\n}";
        assert_eq!(value(policy, "policy"), expected);
        assert_eq!(value(policy, "k"), "v");
        assert_eq!(value("k =\n  v\nl = w", "k"), "\nv");
        assert_eq!(value("k = a\\\n   b\\\nc\nl = d", "k"), "abc");
        assert_eq!(value("k = a\\\n   b\\\nc\nl = d", "l"), "d");
        assert_eq!(value("k = a\\\n\nl = d", "l"), "d");
    }

    #[test]
    fn an_entry_can_have_any_indentation() {
        let text = "type = sts\n  access_key_id = i\n    region = r\n  security_token: t\n  [other]\n  type = x";
        assert_eq!(value(text, "type"), "sts");
        assert_eq!(value(text, "access_key_id"), "i");
        assert_eq!(value(text, "security_token"), "t");
    }

    #[test]
    fn a_malformed_section_does_not_affect_the_others() {
        let text = "[good]\nk = v\n[bad]\nk = v\nno entry\n= v\n[open\nk = w\n[last]\nk = x\n";
        assert_eq!(section(text, "good").unwrap().unwrap().len(), 1);
        assert_eq!(&*section(text, "last").unwrap().unwrap()["k"], "x");
        assert_eq!(section(text, "bad").err(), Some(5));
        assert_eq!(section(text, "open").err(), Some(7));
        assert_eq!(section("[s]\n= v\n", "s").err(), Some(2));
    }
}
