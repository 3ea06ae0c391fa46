//! Responses in XML: a tree of bounded size.

use std::borrow::Cow;
use std::fmt;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, escape};
use serde::de;

use super::document::names_error;
use super::fields::{Slot, Target};

/// Deeper nesting is an error: responses have six levels.
const MAX_DEPTH: usize = 64;
/// More elements are an error: a response with 100 instances has some 15,000.
const MAX_ELEMENTS: usize = 250_000;

/// An element without namespaces. Attributes are dropped, except those of an error: they become children.
#[derive(Debug, Default)]
pub(super) struct Element<'a> {
    pub(super) name: &'a str,
    text: Cow<'a, str>,
    children: Vec<Element<'a>>,
}

/// Why a document is not a response in XML.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(super) struct XmlError(String);

impl XmlError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl de::Error for XmlError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl<'a> Element<'a> {
    /// The root element of a document.
    pub(super) fn parse(document: &'a str) -> Result<Self, XmlError> {
        let mut reader = Reader::from_str(document);
        let mut open: Vec<Element<'a>> = Vec::new();
        let mut root = None;
        let mut count = 0_usize;
        loop {
            let start = reader.buffer_position();
            let event = reader.read_event().map_err(de::Error::custom)?;
            if let Event::Start(tag) | Event::Empty(tag) = &event {
                count += 1;
                if open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
                    return Err(XmlError::new("too many or too deeply nested elements"));
                }
                let length = tag.name().as_ref().len();
                let mut element = Element::named(name_at(document, start, length));
                if tag.len() > length {
                    element.add_attributes(tag);
                }
                open.push(element);
            }
            match event {
                Event::Text(piece) => push_text(&mut open, piece.into_inner()),
                Event::CData(piece) => push_text(&mut open, piece.into_inner()),
                Event::GeneralRef(reference) => {
                    let c = reference.resolve_char_ref().map_err(de::Error::custom)?;
                    let text = match c {
                        Some(c) => Cow::Owned(c.to_string()),
                        None => escape::resolve_xml_entity(&reference)
                            .ok_or_else(|| XmlError(format!("unknown entity {:?}", &*reference)))?
                            .into(),
                    };
                    push_text(&mut open, text);
                }
                Event::End(_) | Event::Empty(_) => match (open.pop(), open.last_mut()) {
                    (Some(element), Some(parent)) => parent.children.push(element),
                    (Some(element), None) if root.is_none() => root = Some(element),
                    _ => return Err(XmlError::new("more than one root element")),
                },
                Event::DocType(_) => {
                    return Err(XmlError::new("a document type, which no response has"));
                }
                Event::Start(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        match root {
            Some(root) if open.is_empty() => Ok(root),
            _ => Err(XmlError::new("unexpected end of the document")),
        }
    }

    fn named(name: &'a str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// Keeps what may name an error: `<Error code="…"/>`, `<Response errorCode="…">`.
    fn add_attributes(&mut self, tag: &BytesStart<'_>) {
        let is_error = names_error(self.name);
        for attribute in tag.attributes().with_checks(false).flatten() {
            let key = attribute.key.as_ref();
            // Namespaces and schema attributes.
            let is_schema = ["xmlns", "xsi:", "xml:"]
                .iter()
                .any(|it| key.starts_with(it));
            if is_schema || !(is_error || names_error(key)) {
                continue;
            }
            let key = key.to_ascii_lowercase();
            let name = match () {
                () if key.contains("code") => "ErrorCode",
                () if key.contains("message") || key.contains("msg") => "ErrorMessage",
                () if key.contains("success") => "Success",
                () => "Error",
            };
            let mut child = Element::named(name);
            child.text = Cow::Owned(attribute.value.into_owned());
            self.children.push(child);
        }
    }

    pub(super) fn children(&self) -> &[Self] {
        &self.children
    }

    /// The text, unless there is only white space.
    pub(super) fn text(&self) -> Option<&str> {
        (!self.text.trim().is_empty()).then_some(&*self.text)
    }

    /// Stores the content of the element and of its children in their targets.
    pub(super) fn read(&self, target: Target<'_>) -> Result<(), XmlError> {
        let wrong = |problem: String| XmlError(format!("{} {problem}", self.name));
        let fields = match target {
            Target::Unread => return Ok(()),
            Target::Scalar(scalar) if self.children.is_empty() => {
                return scalar.take(self.text.trim()).map_err(wrong);
            }
            Target::Scalar(_) => return Err(wrong("holds elements, not text".into())),
            Target::Only(name, slot) => return self.read_only(name, slot),
            _ if self.is_empty() => return Ok(()),
            _ if self.children.is_empty() => return Err(wrong("holds text, not elements".into())),
            Target::List(list) => {
                list.begin().map_err(wrong)?;
                for item in self.children.iter().filter(|item| !item.is_empty()) {
                    item.read(list.next().map_err(wrong)?)?;
                }
                return Ok(());
            }
            Target::Object(fields) => {
                fields.begin().map_err(wrong)?;
                fields
            }
        };
        for child in &self.children {
            child.read(fields.field(child.name))?;
        }
        Ok(())
    }

    /// Takes the text of every element of this name.
    fn read_only(&self, name: &'static str, slot: &mut dyn Slot) -> Result<(), XmlError> {
        let wrong = |problem: String| XmlError(format!("{name} {problem}"));
        for child in &self.children {
            if child.name == name && child.children.is_empty() {
                slot.take(child.text.trim()).map_err(wrong)?;
            }
            child.read_only(name, slot)?;
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty() && self.text().is_none()
    }
}

/// The local name of the tag that starts at `start`, as a part of the document.
fn name_at(document: &str, start: u64, length: usize) -> &str {
    let start = usize::try_from(start)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let name = document
        .get(start..start.saturating_add(length))
        .unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

fn push_text<'a>(open: &mut [Element<'a>], piece: Cow<'a, str>) {
    if let Some(element) = open.last_mut() {
        if element.text.is_empty() {
            element.text = piece;
        } else {
            element.text.to_mut().push_str(&piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_are_not_responses_are_errors() {
        for document in [
            "",
            "text",
            "<R>",
            "<R></S>",
            "<R/><R/>",
            "<!DOCTYPE html><html/>",
            "<R>&unknown;</R>",
            "<R",
            "</R>",
            "<R>&#x110000;</R>",
        ] {
            assert!(
                Element::parse(document).is_err(),
                "{document:?} was accepted"
            );
        }
        assert!(Element::parse(&"<a>".repeat(100_000)).is_err());
        assert!(Element::parse(&format!("<r>{}</r>", "<a/>".repeat(300_000))).is_err());
    }

    #[test]
    fn attributes_of_an_error_become_children_and_others_are_dropped() {
        let children = |document| {
            let root = Element::parse(document).unwrap();
            let names = root
                .children()
                .iter()
                .map(|child| (child.name.to_owned(), child.text.to_string()));
            names.collect::<Vec<_>>()
        };
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(
            children("<Error code='A' requestId=\"B\" xmlns='u' xsi:nil='true'/>"),
            [pair("ErrorCode", "A"), pair("Error", "B")]
        );
        assert_eq!(
            children("<R xmlns:x='u' version='1' errorMsg='A'/>"),
            [pair("ErrorMessage", "A")]
        );
    }
}
