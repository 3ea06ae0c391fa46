//! Responses of the service, of any size, in JSON and in XML.

use serde_json::Value;

const EXAMPLES: &str = include_str!("../../tests/data/companion_examples.json");

/// The documented example response of an operation, in JSON.
pub(crate) fn json(action: &str) -> Value {
    let examples: Value = serde_json::from_str(EXAMPLES).expect("valid examples");
    examples[action]["json"][0].clone()
}

/// `DescribeInstances` with this many instances of about thirty fields each.
pub(crate) fn instances(count: usize) -> Value {
    let mut response = json("DescribeInstances");
    let list = &mut response["Instances"]["Instance"];
    *list = vec![list[0].clone(); count].into();
    response
}

/// The same response in XML, as the service writes it: the items of a list are elements of one name.
pub(crate) fn xml(action: &str, response: &Value) -> String {
    let mut out = String::from("<?xml version='1.0' encoding='UTF-8'?>");
    push(&mut out, &format!("{action}Response"), response);
    out
}

fn push(out: &mut String, name: &str, value: &Value) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| push(out, name, item));
    }
    out.push_str(&format!("<{name}>"));
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| push(out, name, value)),
        Value::String(text) => out.push_str(&quick_xml::escape::escape(text.as_str())),
        Value::Null => {}
        value => out.push_str(&value.to_string()),
    }
    out.push_str(&format!("</{name}>"));
}
