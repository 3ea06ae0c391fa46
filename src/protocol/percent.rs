//! The RFC 3986 encoder: everything but `A-Z a-z 0-9 - _ . ~` becomes `%XX` in upper case.

/// The bytes that are not encoded.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(byte as u8, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~');
        byte += 1;
    }
    table
};

/// Whether a string needs no encoding.
pub(super) fn is_plain(text: &str) -> bool {
    all_unreserved(text.as_bytes())
}

/// Appends `text`, encoded.
pub(super) fn encode_into(out: &mut Vec<u8>, text: &str) {
    pieces(text, |clean, digits| {
        out.extend_from_slice(clean);
        if let Some([high, low]) = digits {
            out.extend_from_slice(&[b'%', high, low]);
        }
    });
}

/// Appends `text`, encoded once to `once` and encoded twice to `twice`. The two differ only in their percent signs.
pub(super) fn encode_into_both(once: &mut Vec<u8>, twice: &mut Vec<u8>, text: &str) {
    pieces(text, |clean, digits| {
        once.extend_from_slice(clean);
        twice.extend_from_slice(clean);
        if let Some([high, low]) = digits {
            once.extend_from_slice(&[b'%', high, low]);
            twice.extend_from_slice(&[b'%', b'2', b'5', high, low]);
        }
    });
}

/// Splits `text` into pieces: bytes that are not encoded, and the digits of the encoded byte after them.
#[inline]
fn pieces(text: &str, mut put: impl FnMut(&[u8], Option<[u8; 2]>)) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut rest = text.as_bytes();
    // Most strings are one piece.
    if !all_unreserved(rest) {
        while let Some(at) = rest.iter().position(|byte| !is_unreserved(byte)) {
            let byte = usize::from(rest[at]);
            put(&rest[..at], Some([HEX[byte >> 4], HEX[byte & 0xF]]));
            rest = &rest[at + 1..];
        }
    }
    put(rest, None);
}

/// Compares eight bytes at a time without a branch for each; the last eight overlap those before them.
#[inline]
fn all_unreserved(bytes: &[u8]) -> bool {
    let all = |eight: &[u8; 8]| {
        eight
            .iter()
            .fold(true, |all, byte| all & is_unreserved(byte))
    };
    match bytes.last_chunk() {
        Some(last) => all(last) && bytes.as_chunks().0.iter().all(all),
        None => bytes.iter().all(is_unreserved),
    }
}

fn is_unreserved(byte: &u8) -> bool {
    UNRESERVED[usize::from(*byte)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode_into(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn all_but_unreserved_characters_are_encoded() {
        assert_eq!(
            encoded("aZ09-_.~ *+/中%"),
            "aZ09-_.~%20%2A%2B%2F%E4%B8%AD%25"
        );
        assert_eq!(encoded(""), "");
    }

    #[test]
    fn encoding_into_both_equals_encoding_once_and_then_again() {
        for text in [
            "",
            "plain",
            "a=b",
            "%",
            "/中&&==",
            " ",
            "12345678",
            "12345678=/=12345678+1",
        ] {
            let (mut once, mut twice) = (Vec::new(), Vec::new());
            encode_into_both(&mut once, &mut twice, text);
            assert_eq!(once, encoded(text).into_bytes());
            assert_eq!(twice, encoded(&encoded(text)).into_bytes());
        }
    }
}
