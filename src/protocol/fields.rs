//! Maps the fields of a response to the targets of their values, for both formats.
//!
//! Fields are looked up by name while a response is parsed, and each value is stored in its target. The parsers only
//! use trait objects, so they are compiled once for all responses. [`FromText`] parses the value of each type.

use zeroize::Zeroizing;

/// A longer list is an error: the longest known one has 1,600 items.
const MAX_ITEMS: usize = 10_000;

/// An object that knows its fields.
pub(crate) trait Fields {
    /// The target of the field of this name.
    fn field(&mut self, name: &str) -> Target<'_>;

    /// Whether one of its fields was read. Only some types know this.
    fn is_present(&self) -> bool {
        false
    }
}

/// An object is present if one of its fields was read.
impl<T: Fields + Default> Fields for Option<T> {
    fn field(&mut self, name: &str) -> Target<'_> {
        self.get_or_insert_default().field(name)
    }

    fn is_present(&self) -> bool {
        self.is_some()
    }
}

impl dyn Fields + '_ {
    /// Called before the first field: two objects must not be merged into one.
    pub(super) fn begin(&self) -> Result<(), String> {
        once(!self.is_present())
    }
}

/// Where a value is stored. Null has no effect.
pub(crate) enum Target<'a> {
    /// A string, a number or a boolean, with or without quotes.
    Scalar(&'a mut dyn Slot),
    /// An object, such as `{"Price": …, "Rules": …}`.
    Object(&'a mut dyn Fields),
    /// All scalars of one name, at any depth: `{"LockReason": [{"LockReason": "financial"}]}` as well as
    /// `{"LockReason": "financial"}` and `{"LockReason": ["financial"]}`.
    Only(&'static str, &'a mut dyn Slot),
    /// A list, or an object with one field that is the list: `{"Instance": […]}`.
    List(&'a mut dyn Items),
    /// The value is not read.
    Unread,
}

/// Receives the text of a scalar with all its digits. An error message continues a sentence that begins with the
/// field's name.
pub(crate) trait Slot {
    fn take(&mut self, text: &str) -> Result<(), String>;
}

/// Receives items.
pub(crate) trait Items {
    fn count(&self) -> usize;

    /// Adds an empty item and returns its target.
    fn add(&mut self) -> Target<'_>;
}

/// A type of scalars.
pub(crate) trait FromText: Sized {
    /// What the text should be, with an article, for error messages.
    const KIND: &'static str;

    fn parse(text: &str) -> Option<Self>;
}

impl FromText for String {
    const KIND: &'static str = "a string";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromText for Zeroizing<String> {
    const KIND: &'static str = "a string";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned().into())
    }
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl FromText for $type {
            const KIND: &'static str = "a number";

            fn parse(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
        }
    )*};
}

numbers! { u32 u64 i64 }

/// `true` or `false`, in upper or lower case.
impl FromText for bool {
    const KIND: &'static str = "a boolean";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

fn parse<T: FromText>(text: &str) -> Result<T, String> {
    match T::parse(text) {
        Some(value) => Ok(value),
        None => Err(unexpected(text, T::KIND)),
    }
}

fn unexpected(text: &str, kind: &str) -> String {
    format!("{:?} is not {kind}", crate::types::shorten(text, 40))
}

fn is_blank(text: &str) -> bool {
    let is_visible = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    !is_visible && text.trim().is_empty()
}

/// Two different values for one field are an error: neither can be trusted.
fn once(is_only: bool) -> Result<(), String> {
    match is_only {
        true => Ok(()),
        false => Err("is given twice with different values".into()),
    }
}

/// An empty string is no value.
impl<T: FromText + PartialEq> Slot for Option<T> {
    fn take(&mut self, text: &str) -> Result<(), String> {
        if is_blank(text) {
            return Ok(());
        }
        let value = parse(text)?;
        if let Some(known) = self {
            return once(*known == value);
        }
        *self = Some(value);
        Ok(())
    }
}

/// An empty string stands for no value.
impl Slot for String {
    fn take(&mut self, text: &str) -> Result<(), String> {
        if !is_blank(text) {
            once(self.is_empty() || self == text)?;
            *self = text.to_owned();
        }
        Ok(())
    }
}

/// Adds a value.
impl<T: FromText> Slot for Vec<T> {
    fn take(&mut self, text: &str) -> Result<(), String> {
        if !is_blank(text) {
            self.push(parse(text)?);
        }
        Ok(())
    }
}

impl<T: Fields + Default> Items for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn add(&mut self) -> Target<'_> {
        let at = self.len();
        self.push(T::default());
        Target::Object(&mut self[at])
    }
}

impl dyn Items + '_ {
    /// Called before the first item.
    pub(super) fn begin(&self) -> Result<(), String> {
        once(self.count() == 0)
    }

    pub(super) fn next(&mut self) -> Result<Target<'_>, String> {
        match self.count() {
            0..MAX_ITEMS => Ok(self.add()),
            _ => Err(format!("is a list of more than {MAX_ITEMS} items")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::super::xml::Element;
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Sample {
        id: String,
        name: Option<String>,
        words: Vec<String>,
        parts: Vec<Sample>,
        half: Option<Half>,
    }

    #[derive(Debug, Default, PartialEq)]
    struct Half {
        id: String,
    }

    impl Fields for Half {
        fn field(&mut self, name: &str) -> Target<'_> {
            match name {
                "Id" => Target::Scalar(&mut self.id),
                _ => Target::Unread,
            }
        }
    }

    impl Fields for Sample {
        fn field(&mut self, name: &str) -> Target<'_> {
            match name {
                "Id" => Target::Scalar(&mut self.id),
                "Name" => Target::Scalar(&mut self.name),
                "Word" => Target::Only("Text", &mut self.words),
                "Parts" => Target::List(&mut self.parts),
                "Half" => Target::Object(&mut self.half),
                "Inner" => Target::Object(self),
                _ => Target::Unread,
            }
        }
    }

    fn from_json(json: &str) -> Result<Sample, String> {
        let mut response = Sample::default();
        let read = json::read(json, &mut response);
        read.map(|()| response).map_err(|error| error.to_string())
    }

    fn from_xml(xml: &str) -> Result<Sample, String> {
        let mut response = Sample::default();
        let root = Element::parse(xml).unwrap();
        let read = root.read(Target::Object(&mut response));
        read.map(|()| response).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_keep_all_digits() {
        let id = "1234567890123456789012345.10";
        let expected = Sample {
            id: id.into(),
            name: Some("a\"b".into()),
            words: vec!["x".into()],
            parts: vec![Sample::default(), Sample::default()],
            half: Some(Half { id: "2".into() }),
        };
        let json = format!(
            r#"{{"Id":{id},"Inner":{{"N\u0061me":"a\"b"}},"Half":null,"Half":{{}},"Half":{{"Id":2}},"Parts":{{"Any":[{{}},null,{{"Other":[{{}}]}}]}},"Word":{{"Text":"x"}}}}"#
        );
        assert_eq!(from_json(&json).as_ref(), Ok(&expected));
        let xml = format!(
            "<R><Id>{id}</Id><Inner><Name>a&quot;b</Name></Inner><Half/><Half><Id>2</Id></Half><Half/><Word><Text>x</Text></Word>\
             <Parts><Any><O>1</O></Any><Any/><Any><Other><I/></Other></Any></Parts></R>"
        );
        assert_eq!(from_xml(&xml), Ok(expected));
    }

    #[test]
    fn booleans_are_read_in_any_case() {
        for (text, expected) in [
            ("true", Some(true)),
            (" TRUE", Some(true)),
            ("False", Some(false)),
            ("yes", None),
            ("0", None),
        ] {
            assert_eq!(bool::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_string_that_begins_with_a_space_is_a_value() {
        for json in [r#"{"Id":" a"}"#, r#"{"Id":"\ta","Name":null}"#] {
            assert_eq!(from_json(json).unwrap().id.trim(), "a", "{json}");
        }
    }

    #[test]
    fn the_same_value_twice_is_accepted() {
        let expected = Sample {
            id: "1".into(),
            name: Some("a".into()),
            ..Sample::default()
        };
        let json = r#"{"Id":1,"Id":"1","Name":"a","Name":"\u0061"}"#;
        assert_eq!(from_json(json).as_ref(), Ok(&expected));
        let xml = "<R><Id>1</Id><Id>1</Id><Name>a</Name><Name>&#97;</Name></R>";
        assert_eq!(from_xml(xml), Ok(expected));
    }

    #[test]
    fn null_empty_and_missing_values_are_equivalent() {
        for json in [
            "{}",
            r#"{"Id":null,"Name":null,"Word":null,"Parts":null}"#,
            r#"{"Id":"","Name":"  ","Word":{},"Parts":{}}"#,
            r#"{"Word":{"Text":""},"Parts":{"X":null}}"#,
            r#"{"Word":{"Text":null},"Parts":{"X":[]}}"#,
            r#"{"Parts":{"X":[null,null]}}"#,
            r#"{"Parts":[null]}"#,
        ] {
            assert_eq!(from_json(json), Ok(Sample::default()), "{json}");
        }
        for xml in [
            "<R/>",
            "<R><Id/><Name> </Name><Word/><Parts/></R>",
            "<R><Parts><X/><X> </X></Parts></R>",
        ] {
            assert_eq!(from_xml(xml), Ok(Sample::default()), "{xml}");
        }
    }

    #[test]
    fn errors_name_the_field_of_an_unexpected_value() {
        for (json, problem) in [
            (
                r#"{"Id":[]}"#,
                "Id is not a string, a number or a boolean at",
            ),
            (r#"{"Parts":"x"}"#, "expected a list at"),
            (r#"{"Parts":{"X":{}}}"#, "expected a list at"),
            (r#"{"Parts":{"X":["x"]}}"#, "expected an object at"),
            (r#"{"Inner":1}"#, "expected an object at"),
            (
                r#"{"Id":"1","Id":"2"}"#,
                "Id is given twice with different values at",
            ),
            (
                r#"{"Parts":{"X":[{}]},"Parts":{}}"#,
                "Parts is given twice with different values at",
            ),
            (
                r#"{"Half":{"Id":1},"Half":{"X":2}}"#,
                "Half is given twice with different values at",
            ),
            (r#"{"Id":"1"} x"#, "trailing characters at"),
        ] {
            let error = from_json(json).unwrap_err();
            assert!(error.contains(problem), "{json}: {error}");
        }
        for (xml, problem) in [
            ("<R><Id><X/></Id></R>", "Id holds elements, not text"),
            ("<R><Parts>x</Parts></R>", "Parts holds text, not elements"),
            ("<R><Inner>x</Inner></R>", "Inner holds text, not elements"),
            ("<R>x</R>", "R holds text, not elements"),
            (
                "<R><Id>1</Id><Id>2</Id></R>",
                "Id is given twice with different values",
            ),
            (
                "<R><Half><Id>1</Id></Half><Half><X>1</X></Half></R>",
                "Half is given twice with different values",
            ),
            (
                "<R><Parts><X><Id>1</Id></X></Parts><Parts><X/></Parts></R>",
                "Parts is given twice with different values",
            ),
        ] {
            assert_eq!(from_xml(xml).unwrap_err(), problem, "{xml}");
        }
    }

    #[test]
    fn unread_values_may_have_any_shape_and_encoding() {
        for (body, is_read) in [
            (
                &b"{\"Other\":[\"\xFF\",{\"\\\\\xFF\":0}],\"Id\":\"1\"}"[..],
                true,
            ),
            (b"{\"Id\":\"1\xFF\"}", false),
            (b"{\"Id\":\"1\\\xFF\"}", false),
            (b"{\"Id\":\"1\\\\\xFF\"}", false),
            (b"{\"\xFF\":0,\"Id\":\"1\"}", false),
            (b"{\"Id\":\"1\"}\xFF", false),
        ] {
            let mut response = Sample::default();
            let read = json::read(&json::from_bytes(body), &mut response);
            assert_eq!(read.is_ok(), is_read, "{}: {read:?}", body.escape_ascii());
            assert!(read.is_err() || response.id == "1");
        }
    }

    #[test]
    fn a_list_that_is_too_long_is_an_error() {
        let list = |count| format!(r#"{{"Parts":{{"X":[{}{{}}]}}}}"#, "{},".repeat(count - 1));
        assert_eq!(from_json(&list(MAX_ITEMS)).unwrap().parts.len(), MAX_ITEMS);
        let error = from_json(&list(MAX_ITEMS + 1)).unwrap_err();
        assert!(
            error.starts_with("Parts is a list of more than 10000 items"),
            "{error}"
        );
    }
}
