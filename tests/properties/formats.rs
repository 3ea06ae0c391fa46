//! JSON and XML with the same content decode to the same response or the same error.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::support::{Memory, call, config};

/// The type of a field.
enum Shape {
    Text,
    Number,
    Flag,
    Time,
    Money,
    Object(&'static [Field]),
    /// A list, inside an object with one field of this name.
    List(&'static str, &'static Shape),
}

use Shape::{Flag, List, Money, Number, Object, Text, Time};

/// A field; a leading `!` marks a required one.
type Field = (&'static str, Shape);

const INSTANCE: Shape = Object(&[
    ("!InstanceId", Text),
    ("InstanceName", Text),
    ("Status", Text),
    ("InstanceType", Text),
    ("Cpu", Number),
    ("Memory", Number),
    ("InstanceChargeType", Text),
    ("CreationTime", Time),
    ("ExpiredTime", Time),
    ("IoOptimized", Flag),
    ("OSType", Text),
    ("ImageOptions", Object(&[("!CurrentOSNVMeSupported", Flag)])),
    ("DeletionProtection", Flag),
    (
        "OperationLocks",
        List("LockReason", &Object(&[("!LockReason", Text)])),
    ),
    (
        "Tags",
        List("Tag", &Object(&[("!TagKey", Text), ("TagValue", Text)])),
    ),
    ("UnknownToThisVersion", Text),
]);

const TYPE: Shape = Object(&[
    ("!InstanceTypeId", Text),
    ("InstanceTypeFamily", Text),
    ("CpuCoreCount", Number),
    ("MemorySize", Money),
    ("NvmeSupport", Text),
    ("LocalStorageCapacity", Number),
    ("GPUSpec", Text),
    ("InstancePpsRx", Number),
]);

const RESOURCE: Shape = Object(&[
    ("!Value", Text),
    ("Status", Text),
    ("StatusCategory", Text),
    ("Min", Number),
    ("Max", Number),
    ("Unit", Text),
]);

const ZONE: Shape = Object(&[
    ("!ZoneId", Text),
    ("RegionId", Text),
    ("Status", Text),
    (
        "AvailableResources",
        List(
            "AvailableResource",
            &Object(&[
                ("!Type", Text),
                ("SupportedResources", List("SupportedResource", &RESOURCE)),
            ]),
        ),
    ),
]);

/// The response of each operation.
const RESPONSES: [(&str, &[Field]); 9] = [
    (
        "ModifyPrepayInstanceSpec",
        &[("!RequestId", Text), ("OrderId", Number)],
    ),
    (
        "DescribeInstances",
        &[
            ("!RequestId", Text),
            ("NextToken", Text),
            ("TotalCount", Number),
            ("Instances", List("Instance", &INSTANCE)),
        ],
    ),
    (
        "DescribeInstanceTypes",
        &[
            ("!RequestId", Text),
            ("NextToken", Text),
            ("InstanceTypes", List("InstanceType", &TYPE)),
        ],
    ),
    (
        "DescribeResourcesModification",
        &[
            ("!RequestId", Text),
            ("AvailableZones", List("AvailableZone", &ZONE)),
        ],
    ),
    (
        "DescribeInstanceModificationPrice",
        &[
            ("!RequestId", Text),
            (
                "!PriceInfo",
                Object(&[
                    (
                        "!Price",
                        Object(&[
                            ("!Currency", Text),
                            ("OriginalPrice", Money),
                            ("DiscountPrice", Money),
                            ("TradePrice", Money),
                        ]),
                    ),
                    (
                        "Rules",
                        List(
                            "Rule",
                            &Object(&[("!RuleId", Number), ("Description", Text)]),
                        ),
                    ),
                ]),
            ),
        ],
    ),
    (
        "DescribeRegions",
        &[
            ("!RequestId", Text),
            (
                "Regions",
                List(
                    "Region",
                    &Object(&[
                        ("!RegionId", Text),
                        ("RegionEndpoint", Text),
                        ("LocalName", Text),
                        ("Status", Text),
                    ]),
                ),
            ),
        ],
    ),
    ("StartInstance", &[("!RequestId", Text)]),
    ("StopInstance", &[("!RequestId", Text)]),
    ("RebootInstance", &[("!RequestId", Text)]),
];

/// The fields of an error response.
const ERROR: &[Field] = &[
    ("!Code", Text),
    ("Message", Text),
    ("RequestId", Text),
    ("HostId", Text),
    ("Recommend", Text),
    (
        "AccessDeniedDetail",
        Object(&[
            ("!AuthAction", Text),
            ("AuthPrincipalOwnerId", Number),
            ("NoPermissionType", Text),
        ]),
    ),
];

/// Text without surrounding white space, which XML does not preserve.
fn words() -> BoxedStrategy<Value> {
    let character = prop_oneof![
        4 => prop::char::range('!', '~'),
        1 => prop::char::range('\u{a1}', '\u{2fff}').prop_filter("no white space", |c| !c.is_whitespace()),
        1 => prop::char::range('\u{4e00}', '\u{4eff}'),
        1 => prop::char::range('\u{1f300}', '\u{1f5ff}'),
    ];
    let word = prop::collection::vec(character, 1..12).prop_map(String::from_iter);
    prop::collection::vec(word, 1..4)
        .prop_map(|words| json!(words.join(" ")))
        .boxed()
}

/// A value with or without quotes; the service uses both.
fn bare_or_quoted(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    (value, any::<bool>())
        .prop_map(|(value, quoted)| match quoted {
            true => json!(value.as_str().map_or(value.to_string(), str::to_owned)),
            false => value,
        })
        .boxed()
}

fn value(shape: &'static Shape) -> BoxedStrategy<Value> {
    match shape {
        Text => words(),
        // Small enough for every numeric field.
        Number => bare_or_quoted((0..=u32::MAX).prop_map(|number| json!(number))),
        Flag => bare_or_quoted(any::<bool>().prop_map(|flag| json!(flag))),
        Time => (2000..2100, 1..=12, 1..=28, 0..24, 0..60)
            .prop_map(|(y, m, d, h, min)| json!(format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}Z")))
            .boxed(),
        Money => bare_or_quoted(
            (-1_000_000_i64..1_000_000, 0..1000).prop_map(|(whole, part)| {
                serde_json::from_str(&format!("{whole}.{part:03}")).unwrap()
            }),
        ),
        Object(fields) => object(fields),
        List(name, item) => {
            let item = prop_oneof![9 => value(item), 1 => Just(Value::Null)];
            let items = prop::collection::vec(item, 0..4).prop_map(Value::from);
            prop_oneof![
                8 => items.prop_map(move |items| json!({ *name: items })),
                1 => Just(json!({})),
                1 => Just(Value::Null),
            ]
            .boxed()
        }
    }
}

fn object(fields: &'static [Field]) -> BoxedStrategy<Value> {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, shape)| {
            let (name, percent) = match name.strip_prefix('!') {
                Some(name) => (name, 100),
                None => (*name, 70),
            };
            // A missing value is omitted, null or, for text, empty.
            let nothing = select(vec![None, Some(Value::Null)]);
            prop_oneof![
                percent => value(shape).prop_map(Some),
                100 - percent => nothing,
            ]
            .prop_map(move |value| Some((name.to_owned(), value?)))
        })
        .collect();
    fields
        .prop_map(|fields| Value::Object(fields.into_iter().flatten().collect::<Map<_, _>>()))
        .boxed()
}

/// Writes a value as XML: the items of a list repeat its name, and null is an empty element.
fn write(name: &str, value: &Value, style: u8, out: &mut String) {
    let text = match value {
        Value::Array(items) => return items.iter().for_each(|item| write(name, item, style, out)),
        Value::Object(fields) => {
            out.push_str(&format!("<{name}>\n  "));
            fields
                .iter()
                .for_each(|(name, value)| write(name, value, style, out));
            return out.push_str(&format!("</{name}>\n"));
        }
        Value::Null => return out.push_str(&format!("<{name}/>")),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = match style {
        0 => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;"),
        1 => text
            .chars()
            .map(|c| format!("&#{};", u32::from(c)))
            .collect(),
        2 => text
            .chars()
            .map(|c| format!("&#x{:x};", u32::from(c)))
            .collect(),
        _ => format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")),
    };
    out.push_str(&format!("<{name}>{text}</{name}>"));
}

fn xml(root: &str, value: &Value, style: u8) -> String {
    let mut out = "<?xml version='1.0' encoding='UTF-8'?>\n".to_owned();
    write(root, value, style, &mut out);
    out
}

fn response() -> impl Strategy<Value = (&'static str, Value)> {
    let of_each: Vec<_> = RESPONSES
        .iter()
        .map(|(action, fields)| {
            object(fields)
                .prop_map(|response| (*action, response))
                .boxed()
        })
        .collect();
    prop::strategy::Union::new(of_each)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn json_and_xml_decode_to_the_same_response((action, response) in response(), style in 0..4_u8) {
        let memory = Memory::default();
        let client = memory.builder().build().unwrap();
        memory.response(200, response.to_string());
        let from_json = call(&client, action);
        let xml = xml(&format!("{action}Response"), &response, style);
        memory.response(200, xml.clone());
        let from_xml = call(&client, action);
        match (from_json, from_xml) {
            (Ok(json), Ok(xml)) => prop_assert_eq!(json, xml),
            (json, xml_result) => prop_assert!(false, "{response}\n{json:?}\n{xml}\n{xml_result:?}"),
        }
    }

    #[test]
    fn json_and_xml_decode_to_the_same_error(
        error in object(ERROR),
        status in select(&[200, 400, 403, 404, 500, 503][..]),
        style in 0..4_u8,
    ) {
        let memory = Memory::default();
        memory.request_id("of-the-header");
        let client = memory.builder().build().unwrap();
        let read = |body: String| {
            memory.response(status, body);
            let error = call(&client, "DescribeRegions").unwrap_err();
            let service = error.service().unwrap_or_else(|| panic!("{error:?}"));
            format!(
                "{error} {:?} {:?} {:?} {:?} {:?} {:?}",
                service.code(),
                service.message(),
                service.request_id(),
                service.host_id(),
                service.recommend(),
                service.access_denied_detail(),
            )
        };
        // A random code is never one that means success.
        let from_json = read(error.to_string());
        prop_assert_eq!(from_json, read(xml("Error", &error, style)));
    }
}
