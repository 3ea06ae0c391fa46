//! The one RFC 3986 encoder: everything but `A-Z a-z 0-9 - _ . ~` becomes `%XX`, upper case.

/// Appends `text`, encoded.
pub(crate) fn encode_into(out: &mut String, text: &str) {
    encode_with(out, text, "%");
}

/// Appends `text`, encoded and encoded again, as the values of a V1 string to sign are.
pub(crate) fn encode_twice_into(out: &mut String, text: &str) {
    encode_with(out, text, "%25");
}

/// Encoding twice only turns each `%` of the first pass into `%25`.
fn encode_with(out: &mut String, text: &str, percent: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_unreserved(byte)) {
        let (clean, tail) = rest.split_at(at);
        out.push_str(clean);
        let Some(c) = tail.chars().next() else { return };
        for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
            out.push_str(percent);
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 0xF)]));
        }
        rest = &tail[c.len_utf8()..];
    }
    out.push_str(rest);
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        let mut out = String::new();
        encode_into(&mut out, "aZ09-_.~ *+/中%");
        assert_eq!(out, "aZ09-_.~%20%2A%2B%2F%E4%B8%AD%25");
    }

    #[test]
    fn encoding_twice_is_encoding_the_encoded() {
        let text = "a b*c~中%2F";
        let (mut once, mut twice, mut direct) = Default::default();
        encode_into(&mut once, text);
        encode_into(&mut twice, &once);
        encode_twice_into(&mut direct, text);
        assert_eq!(direct, twice);
    }
}
