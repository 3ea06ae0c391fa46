//! The one RFC 3986 encoder: everything but `A-Z a-z 0-9 - _ . ~` becomes `%XX`, upper case.

/// Which bytes stand for themselves.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(byte as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    table
};

/// Appends `text`, encoded.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !UNRESERVED[usize::from(byte)]) {
        let (clean, tail) = rest.split_at(at);
        out.push_str(clean);
        // Unreserved bytes are characters of their own, so this is the start of one.
        let Some(c) = tail.chars().next() else { return };
        for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 0xF)]);
        }
        rest = &tail[c.len_utf8()..];
    }
    out.push_str(rest);
}

/// Appends a canonical query, encoded: it holds nothing to encode but `%`, `&` and `=`.
pub(crate) fn encode_canonical_into(out: &mut String, query: &str) {
    let mut start = 0;
    for at in memchr::memchr3_iter(b'%', b'&', b'=', query.as_bytes()) {
        out.push_str(&query[start..at]);
        out.push_str(match query.as_bytes()[at] {
            b'%' => "%25",
            b'&' => "%26",
            _ => "%3D",
        });
        start = at + 1;
    }
    out.push_str(&query[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = String::new();
        encode_into(&mut out, text);
        out
    }

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(
            encoded("aZ09-_.~ *+/中%"),
            "aZ09-_.~%20%2A%2B%2F%E4%B8%AD%25"
        );
        assert_eq!(encoded(""), "");
    }

    #[test]
    fn a_canonical_query_is_encoded_as_any_other_text() {
        for query in ["", "a=b", "a=%2F&b=%E4%B8%AD&c=", "&&=="] {
            let mut out = String::new();
            encode_canonical_into(&mut out, query);
            assert_eq!(out, encoded(query));
        }
    }
}
