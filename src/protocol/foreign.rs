//! Describes bodies that are not responses of the service: a gateway page, compressed bytes, or nothing.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use memchr::memmem;

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
    // UTF-16 has a zero byte in every ASCII character.
    let text: Cow<'_, [u8]> = match examined.contains(&0) {
        true => examined.iter().copied().filter(|it| *it != 0).collect(),
        false => examined.into(),
    };
    let is_mark = |byte: &&u8| matches!(byte, 0xef | 0xbb | 0xbf | 0xfe | 0xff);
    let marks = text.iter().take_while(is_mark).count();
    let mut rest = text.get(marks..).unwrap_or_default();
    loop {
        rest = rest.trim_ascii_start();
        let mut before = [("<!--", "-->"), ("<?", ">")].iter();
        let after = before.find_map(|(open, close)| {
            let inner = rest.strip_prefix(open.as_bytes())?;
            let end = memmem::find(inner, close.as_bytes()).unwrap_or(inner.len());
            Some(inner.get(end + close.len()..).unwrap_or_default())
        });
        match after {
            Some(after) => rest = after,
            None => break,
        }
    }
    let Some(tag) = rest.strip_prefix(b"<") else {
        return false;
    };
    if let Some((name, doctype)) = tag.split_at_checked(8)
        && name.eq_ignore_ascii_case(b"!doctype")
    {
        let doctype = doctype.trim_ascii_start().get(..4);
        return doctype.is_some_and(|it| it.eq_ignore_ascii_case(b"html"));
    }
    let end = tag.iter().position(|it| !it.is_ascii_alphanumeric());
    let name = tag.get(..end.unwrap_or(tag.len())).unwrap_or_default();
    let mut names = FIRST_ELEMENTS.iter();
    names.any(|it| it.as_bytes().eq_ignore_ascii_case(name))
}

/// Whether a document that is not XML has the tags of a page somewhere near its beginning.
pub(super) fn has_html_tags(body: &[u8]) -> bool {
    let examined = body.get(..EXAMINED).unwrap_or(body).to_ascii_lowercase();
    [
        "<html>", "<html ", "<body>", "<body ", "<head>", "<title>", "<script>", "<script ",
        "</p>", "</h1>", "<br>",
    ]
    .iter()
    .any(|tag| memmem::find(&examined, tag.as_bytes()).is_some())
}
