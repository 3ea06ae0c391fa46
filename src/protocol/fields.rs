//! What is read of an answer and where it goes, whatever its format.
//!
//! Fields are looked up by name while the answer is gone through, and each value is put into its place. Only
//! [`FromText`] is known by its type: what goes through an answer is compiled once for all of them.

use zeroize::Zeroizing;

/// A longer list is refused: the longest that is known has 1,600 items.
const MAX_ITEMS: usize = 10_000;

/// An object that knows its fields.
pub(crate) trait Fields {
    /// Where the field of this name goes.
    fn field(&mut self, name: &str) -> Place<'_>;

    /// Whether a field of it has come, where that can be told.
    fn is_there(&self) -> bool {
        false
    }
}

/// An object is there if it has a field.
impl<T: Fields + Default> Fields for Option<T> {
    fn field(&mut self, name: &str) -> Place<'_> {
        self.get_or_insert_default().field(name)
    }

    fn is_there(&self) -> bool {
        self.is_some()
    }
}

impl dyn Fields + '_ {
    /// Before its first field: halves of two objects are not one.
    pub(super) fn begin(&self) -> Result<(), String> {
        once(!self.is_there())
    }
}

/// Where a value goes. Null goes nowhere: the place stays as it is.
pub(crate) enum Place<'a> {
    /// A text, a number or a truth value, bare or quoted.
    Scalar(&'a mut dyn Slot),
    /// An object, such as `{"Price": …, "Rules": …}`.
    Object(&'a mut dyn Fields),
    /// An object of which only one field is read.
    Only(&'static str, &'a mut dyn Slot),
    /// A list, bare or in an object of one field: `{"Instance": […]}`.
    List(&'a mut dyn Items),
    /// Nobody reads it.
    Unread,
}

/// Takes the text of a scalar, digit for digit. An error is the rest of a sentence that begins with the field's name.
pub(crate) trait Slot {
    fn take(&mut self, text: &str) -> Result<(), String>;
}

/// Takes items.
pub(crate) trait Items {
    fn count(&self) -> usize;

    /// A new item, still empty.
    fn add(&mut self) -> Place<'_>;
}

/// What a scalar stands for.
pub(crate) trait FromText: Sized {
    /// What is expected, with its article.
    const KIND: &'static str;

    fn parse(text: &str) -> Option<Self>;
}

impl FromText for String {
    const KIND: &'static str = "a text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromText for Zeroizing<String> {
    const KIND: &'static str = "a text";

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

/// In any case.
impl FromText for bool {
    const KIND: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

fn parse<T: FromText>(text: &str) -> Result<T, String> {
    T::parse(text)
        .ok_or_else(|| format!("{:?} is not {}", crate::types::shorten(text, 40), T::KIND))
}

fn is_blank(text: &str) -> bool {
    let is_visible = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    !is_visible && text.trim().is_empty()
}

/// Which of two different values to believe is not for us to say.
fn once(is_only: bool) -> Result<(), String> {
    match is_only {
        true => Ok(()),
        false => Err("comes twice".into()),
    }
}

/// An empty text is no value.
impl<T: FromText + PartialEq> Slot for Option<T> {
    fn take(&mut self, text: &str) -> Result<(), String> {
        if !is_blank(text) {
            let value = parse(text)?;
            once(self.as_ref().is_none_or(|known| *known == value))?;
            *self = Some(value);
        }
        Ok(())
    }
}

/// Where an empty text stands for none.
impl Slot for String {
    fn take(&mut self, text: &str) -> Result<(), String> {
        if !is_blank(text) {
            once(self.is_empty() || self == text)?;
            *self = text.to_owned();
        }
        Ok(())
    }
}

/// One more value.
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

    fn add(&mut self) -> Place<'_> {
        let at = self.len();
        self.push(T::default());
        Place::Object(&mut self[at])
    }
}

impl dyn Items + '_ {
    /// Before its first item.
    pub(super) fn begin(&self) -> Result<(), String> {
        once(self.count() == 0)
    }

    pub(super) fn next(&mut self) -> Result<Place<'_>, String> {
        match self.count() {
            0..MAX_ITEMS => Ok(self.add()),
            _ => Err(format!("is a list of more than {MAX_ITEMS} items")),
        }
    }
}

/// The object of [`Place::Only`].
pub(super) struct OneField<'a>(pub(super) &'static str, pub(super) &'a mut dyn Slot);

impl Fields for OneField<'_> {
    fn field(&mut self, name: &str) -> Place<'_> {
        match name == self.0 {
            true => Place::Scalar(self.1),
            false => Place::Unread,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::super::xml::Element;
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct RawAnswer {
        id: String,
        name: Option<String>,
        words: Vec<String>,
        parts: Vec<RawAnswer>,
        half: Option<Half>,
    }

    #[derive(Debug, Default, PartialEq)]
    struct Half {
        id: String,
    }

    impl Fields for Half {
        fn field(&mut self, name: &str) -> Place<'_> {
            match name {
                "Id" => Place::Scalar(&mut self.id),
                _ => Place::Unread,
            }
        }
    }

    impl Fields for RawAnswer {
        fn field(&mut self, name: &str) -> Place<'_> {
            match name {
                "Id" => Place::Scalar(&mut self.id),
                "Name" => Place::Scalar(&mut self.name),
                "Word" => Place::Only("Text", &mut self.words),
                "Parts" => Place::List(&mut self.parts),
                "Half" => Place::Object(&mut self.half),
                "Inner" => Place::Object(self),
                _ => Place::Unread,
            }
        }
    }

    fn from_json(json: &str) -> Result<RawAnswer, String> {
        let mut response = RawAnswer::default();
        let read = json::read(json, &mut response);
        read.map(|()| response).map_err(|error| error.to_string())
    }

    fn from_xml(xml: &str) -> Result<RawAnswer, String> {
        let mut response = RawAnswer::default();
        let root = Element::parse(xml).unwrap();
        let read = root.read(Place::Object(&mut response));
        read.map(|()| response).map_err(|error| error.to_string())
    }

    #[test]
    fn values_go_to_their_places_digit_for_digit() {
        let id = "1234567890123456789012345.10";
        let expected = RawAnswer {
            id: id.into(),
            name: Some("a\"b".into()),
            words: vec!["x".into()],
            parts: vec![RawAnswer::default(), RawAnswer::default()],
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
    fn truth_values_are_read_in_any_case_and_nothing_else_is_one() {
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
    fn a_text_that_begins_with_a_space_is_one() {
        for json in [r#"{"Id":" a"}"#, r#"{"Id":"\ta","Name":null}"#] {
            assert_eq!(from_json(json).unwrap().id.trim(), "a", "{json}");
        }
    }

    #[test]
    fn the_same_value_twice_is_one() {
        let expected = RawAnswer {
            id: "1".into(),
            name: Some("a".into()),
            ..RawAnswer::default()
        };
        let json = r#"{"Id":1,"Id":"1","Name":"a","Name":"\u0061"}"#;
        assert_eq!(from_json(json).as_ref(), Ok(&expected));
        let xml = "<R><Id>1</Id><Id>1</Id><Name>a</Name><Name>&#97;</Name></R>";
        assert_eq!(from_xml(xml), Ok(expected));
    }

    #[test]
    fn nothing_is_an_empty_list_and_an_absent_text_in_every_way_of_writing_it() {
        for json in [
            "{}",
            r#"{"Id":null,"Name":null,"Word":null,"Parts":null}"#,
            r#"{"Id":"","Name":"  ","Word":{},"Parts":{}}"#,
            r#"{"Word":{"Text":""},"Parts":{"X":null}}"#,
            r#"{"Word":{"Text":null},"Parts":{"X":[]}}"#,
            r#"{"Parts":{"X":[null,null]}}"#,
            r#"{"Parts":[null]}"#,
        ] {
            assert_eq!(from_json(json), Ok(RawAnswer::default()), "{json}");
        }
        for xml in [
            "<R/>",
            "<R><Id/><Name> </Name><Word/><Parts/></R>",
            "<R><Parts><X/><X> </X></Parts></R>",
        ] {
            assert_eq!(from_xml(xml), Ok(RawAnswer::default()), "{xml}");
        }
    }

    #[test]
    fn a_value_of_another_shape_is_told_by_its_field() {
        for (json, problem) in [
            (r#"{"Id":[]}"#, "Id is not a text, a number or a boolean at"),
            (r#"{"Parts":"x"}"#, "expected a list at"),
            (r#"{"Parts":{"X":{}}}"#, "expected a list at"),
            (r#"{"Parts":{"X":["x"]}}"#, "expected an object at"),
            (r#"{"Inner":1}"#, "expected an object at"),
            (r#"{"Id":"1","Id":"2"}"#, "Id comes twice at"),
            (r#"{"Parts":{"X":[{}]},"Parts":{}}"#, "Parts comes twice at"),
            (r#"{"Half":{"Id":1},"Half":{"X":2}}"#, "Half comes twice at"),
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
            ("<R><Id>1</Id><Id>2</Id></R>", "Id comes twice"),
            (
                "<R><Half><Id>1</Id></Half><Half><X>1</X></Half></R>",
                "Half comes twice",
            ),
            (
                "<R><Parts><X><Id>1</Id></X></Parts><Parts><X/></Parts></R>",
                "Parts comes twice",
            ),
        ] {
            assert_eq!(from_xml(xml).unwrap_err(), problem, "{xml}");
        }
    }

    #[test]
    fn what_nobody_reads_may_be_of_any_shape_and_encoding() {
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
            let mut response = RawAnswer::default();
            let read = json::read(&json::from_bytes(body), &mut response);
            assert_eq!(read.is_ok(), is_read, "{}: {read:?}", body.escape_ascii());
            assert!(read.is_err() || response.id == "1");
        }
    }

    #[test]
    fn a_list_without_end_is_refused() {
        let list = |count| format!(r#"{{"Parts":{{"X":[{}{{}}]}}}}"#, "{},".repeat(count - 1));
        assert_eq!(from_json(&list(MAX_ITEMS)).unwrap().parts.len(), MAX_ITEMS);
        let error = from_json(&list(MAX_ITEMS + 1)).unwrap_err();
        assert!(
            error.starts_with("Parts is a list of more than 10000 items"),
            "{error}"
        );
    }
}
