//! Describes bodies that are not responses of the service: a gateway page, compressed bytes, or nothing.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// How many bytes of a body are examined.
const EXAMINED: usize = 4_096;

/// Elements that a page may begin with if it leaves out `<html>`.
const FIRST_ELEMENTS: [&str; 28] = [
    "html", "head", "body", "title", "meta", "link", "script", "style", "base", "noscript",
    "iframe", "frameset", "center", "h1", "h2", "h3", "h4", "hr", "br", "div", "span", "table",
    "font", "form", "pre", "img", "main", "section",
];

/// Why a body that does not begin like JSON or like a response in XML is not a response.
pub(super) fn describe(headers: &HeaderMap, body: &[u8]) -> String {
    if body.is_empty() {
        return "the body is empty".into();
    }
    if let Some(encoding) = compression(headers, body) {
        return format!(
            "the body is compressed ({encoding}), although the request asked for identity encoding"
        );
    }
    match is_html(body) || says_html(headers) {
        true => "the body is an HTML page".into(),
        false => "the body is neither JSON nor XML".into(),
    }
}

/// The compression of a body that is not plain text.
pub(super) fn compression<'a>(headers: &'a HeaderMap, body: &[u8]) -> Option<&'a str> {
    let header = headers
        .get(CONTENT_ENCODING)
        .and_then(|it| it.to_str().ok());
    let header = header
        .map(str::trim)
        .filter(|it| !it.is_empty() && !it.eq_ignore_ascii_case("identity"));
    header.or(match body {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => Some("deflate"),
        _ => None,
    })
}

/// Whether the content type is that of a page. It only serves to describe a body that is not a response.
pub(super) fn says_html(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .map(|it| it.as_bytes().to_ascii_lowercase());
    content_type
        .is_some_and(|it| it.starts_with(b"text/html") || it.starts_with(b"application/xhtml"))
}

/// Whether the body is an HTML page, in any encoding that keeps ASCII, or in UTF-16.
///
/// Byte order marks, white space, comments and an XML declaration may come before it. A page need not be well-formed
/// XML: most are not.
pub(super) fn is_html(body: &[u8]) -> bool {
    let examined = body.get(..EXAMINED).unwrap_or(body);
    let text: String = examined
        .iter()
        .filter(|byte| **byte != 0)
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    // The byte order marks of UTF-8 and UTF-16, read as Latin-1.
    let mut rest = text.trim_start_matches(['\u{ef}', '\u{bb}', '\u{bf}', '\u{fe}', '\u{ff}']);
    loop {
        rest = rest.trim_start();
        let after = ["<!--", "<?"]
            .iter()
            .zip(["-->", ">"])
            .find_map(|(open, close)| {
                let inner = rest.strip_prefix(open)?;
                Some(inner.split_once(close).map_or("", |(_, after)| after))
            });
        match after {
            Some(after) => rest = after,
            None => break,
        }
    }
    let Some(tag) = rest.strip_prefix('<') else {
        return false;
    };
    if let Some(doctype) = tag.strip_prefix("!doctype") {
        return doctype.trim_start().starts_with("html");
    }
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric());
    FIRST_ELEMENTS.contains(&tag.get(..end.unwrap_or(tag.len())).unwrap_or_default())
}

/// Whether a document that is not XML has the tags of a page somewhere near its beginning.
pub(super) fn has_html_tags(body: &[u8]) -> bool {
    let examined = body.get(..EXAMINED).unwrap_or(body).to_ascii_lowercase();
    [
        "<html>", "<html ", "<body>", "<body ", "<head>", "<title>", "<script>", "<script ",
        "</p>", "</h1>", "<br>",
    ]
    .iter()
    .any(|tag| memchr::memmem::find(&examined, tag.as_bytes()).is_some())
}
